// Package group is the kind of record for teams, workgroups and classes: contacts who do something together (GRP-01).
//
// Who is in a group is written on the contact ("groups": the group, a function in it, from and to), so that whatever is
// done to contacts, by a form, a file, in bulk, or taken back, is done to that too; a group's members are asked of the
// index ("groups.group"). So putting a group away takes nobody out of it for good, and restoring it brings its members back.
package group

import (
	"cmp"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "group"

// Kind describes groups.
func Kind() *record.Kind {
	return record.Define[Group](Name, "groups", "grp", record.Order("name"))
}

// Group is a team, a workgroup or a class.
type Group struct {
	record.Meta
	Name        string        `json:"name,omitempty" field:"required,max=100,find=words"`
	Category    string        `json:"category,omitempty" field:"list=groupCategory"`
	Entity      string        `json:"entity,omitempty" field:"ref=entity"`
	Season      string        `json:"season,omitempty" field:"ref=season"`
	Capacity    *int          `json:"capacity,omitempty" field:"min=1,max=100000"` // how many it has room for; nil: any number
	Description string        `json:"description,omitempty" field:"long"`
	Custom      record.Custom `json:"custom,omitempty"`
}

// Title gives the name.
func (g *Group) Title() string { return g.Name }

// Normalize puts a group into its maker's entity where nothing is said.
func (g *Group) Normalize(env *record.Env) { g.Entity = cmp.Or(g.Entity, env.Entity) }

// Room is how many the group has room for, 0 for any number.
func (g *Group) Room() int {
	if g.Capacity == nil {
		return 0
	}
	return *g.Capacity
}

// Full tells whether a group has no room for one more beside so many.
func (g *Group) Full(members int) bool { return g.Capacity != nil && members >= *g.Capacity }
