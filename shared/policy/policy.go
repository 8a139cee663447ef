// Package policy decides who may do what. It is an allow-list: a Grant says what a role may do, to which records
// (scope) and with which classes of fields; what is not granted is denied.
//
// Every read of a record or an index and every operation takes a Grant as an argument, so no path can forget it. A
// grant is made once a request, from the session's role as it is at that moment, and cannot be altered.
package policy

import (
	"maps"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
)

// Class groups fields by how private they are.
type Class string

// The classes of fields.
const (
	Public    Class = "public"    // names, numbers, classification
	Contact   Class = "contact"   // ways to reach a person, birth date
	Finance   Class = "finance"   // money
	Sensitive Class = "sensitive" // bank account, national number, identity document
)

// Classes lists every class.
func Classes() []Class { return []Class{Public, Contact, Finance, Sensitive} }

// Action is what somebody wants to do.
type Action string

// The actions.
const (
	Read    Action = "read"
	Create  Action = "create"
	Edit    Action = "edit"
	Trash   Action = "trash"
	Restore Action = "restore"
	Import  Action = "import"
	Export  Action = "export"
	Reveal  Action = "reveal" // sensitive values in full, each time noted in the access log
	Manage  Action = "manage" // users and settings
)

// Actions lists every action.
func Actions() []Action {
	return []Action{Read, Create, Edit, Trash, Restore, Import, Export, Reveal, Manage}
}

// Scope is the set of records a right extends to.
type Scope string

// The scopes. Narrower ones join here when records carry what they need.
const (
	Nothing Scope = ""
	All     Scope = "all"
)

// Role names a set of rights.
type Role string

// The built-in roles.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Editor Role = "editor"
	Reader Role = "reader"
)

// Roles lists the built-in roles, strongest first.
func Roles() []Role { return []Role{Owner, Admin, Editor, Reader} }

// right is one row of the allow-list.
type right struct {
	scope  Scope
	fields []Class
}

var rights = map[Role]map[Action]right{
	Owner:  everything(),
	Admin:  everything(),
	Editor: each(right{All, []Class{Public, Contact, Finance}}, Read, Create, Edit, Trash, Restore, Import, Export),
	Reader: each(right{All, []Class{Public, Contact}}, Read),
}

func everything() map[Action]right {
	return each(right{All, Classes()}, Actions()...)
}

func each(r right, actions ...Action) map[Action]right {
	m := make(map[Action]right, len(actions))
	for _, a := range actions {
		m[a] = r
	}
	return m
}

// Actor is who does something, as history names it.
type Actor struct {
	ID     string `json:"id"`               // user, or "system"
	Name   string `json:"name,omitempty"`   // as shown in history
	For    string `json:"for,omitempty"`    // the record acted for, if not oneself
	Source string `json:"source,omitempty"` // the channel: one of the list "source", as records keep it
}

// Grant is what one caller may do, and in which organisation. The zero Grant may do nothing.
type Grant struct {
	tenant org.Tenant
	actor  Actor
	role   Role
	entity string
	rights map[Action]right
}

// For makes the grant of an actor in a role. An unknown role grants nothing.
func For(actor Actor, role Role) Grant {
	return Grant{actor: actor, role: role, rights: rights[role]}
}

// In gives the grant in an organisation. Whoever makes grants for requests calls it once; a grant of no organisation
// reaches no item.
func (g Grant) In(t org.Tenant) Grant {
	g.tenant = t
	return g
}

// Tenant says in which organisation the grant holds.
func (g Grant) Tenant() org.Tenant { return g.tenant }

// Via gives the grant for writes that come through a channel: one of the list "source".
func (g Grant) Via(channel string) Grant {
	g.actor.Source = channel
	return g
}

// At gives the grant of somebody who belongs to an entity: what they make begins there.
func (g Grant) At(entity string) Grant {
	g.entity = entity
	return g
}

// Entity gives the holder's entity, "" when nothing is said of one.
func (g Grant) Entity() string { return g.entity }

// Actor says who holds the grant.
func (g Grant) Actor() Actor { return g.actor }

// Role says which role the grant comes from.
func (g Grant) Role() Role { return g.role }

// Scope gives the records the grant allows an action on.
func (g Grant) Scope(a Action) Scope { return g.rights[a].scope }

// Can reports whether the grant allows an action on any record.
func (g Grant) Can(a Action) bool { return g.rights[a].scope != Nothing }

// Fields reports whether the grant allows an action to touch fields of a class.
func (g Grant) Fields(a Action, c Class) bool {
	return slices.Contains(g.rights[a].fields, c)
}

// Allow gives a Denied fault unless the grant allows the action.
func (g Grant) Allow(a Action) error {
	if g.Can(a) {
		return nil
	}
	return fault.New(fault.Denied, "denied", "action", string(a))
}

// Covers reports whether other may do nothing that g may not: nobody grants more than they hold.
func (g Grant) Covers(other Role) bool {
	for a, r := range rights[other] {
		own, ok := g.rights[a]
		if !ok || (r.scope == All && own.scope != All) {
			return false
		}
		for _, c := range r.fields {
			if !slices.Contains(own.fields, c) {
				return false
			}
		}
	}
	return other != Owner || g.role == Owner
}

// Digest names what the grant may read, the same for equal rights: cursors and caches are bound to it.
func (g Grant) Digest() string {
	var b []byte
	for _, a := range slices.Sorted(maps.Keys(g.rights)) {
		b = append(b, a...)
		b = append(b, '=')
		b = append(b, g.rights[a].scope...)
		for _, c := range g.rights[a].fields {
			b = append(b, ',')
			b = append(b, c...)
		}
		b = append(b, ';')
	}
	return string(b)
}
