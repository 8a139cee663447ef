package account

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// access is the item beside a user that lets them in. It holds no secret, only hashes.
type access struct {
	Password string     `json:"password,omitempty"` // argon2id hash with its parameters
	Sessions []seat     `json:"sessions,omitempty"` // oldest first
	Links    []link     `json:"links,omitempty"`
	First    *time.Time `json:"first,omitempty"` // sign-in
	Last     *time.Time `json:"last,omitempty"`
}

// seat is one sign-in.
type seat struct {
	Hash     string    `json:"hash"` // names its pointer
	Made     time.Time `json:"made"`
	Expires  time.Time `json:"expires"`
	Device   string    `json:"device,omitempty"`
	Revision int64     `json:"revision"` // of its pointer
}

// id names a session to its owner. It is part of the hash of a 256-bit random token and tells nothing of it.
func (s seat) id() string { return "ses_" + s.Hash[:24] }

// Purpose says what a link is for.
type Purpose string

// The purposes of links.
const (
	Invite  Purpose = "invite"  // sets the first password and signs in
	Reset   Purpose = "reset"   // sets a new password and signs in
	Confirm Purpose = "confirm" // makes a new e-mail address the user's
	Enter   Purpose = "enter"   // signs in; a new password may be set with it
	Setup   Purpose = "setup"   // founds an organisation
)

// link is a one-time link that is still open.
type link struct {
	Hash    string    `json:"hash"` // names its pointer
	For     Purpose   `json:"for"`
	Expires time.Time `json:"expires"`
	Email   string    `json:"email,omitempty"` // the new address of Confirm
}

func accessKey(t org.Tenant, user string) store.Key { return t.Record(user, "access", user) }

func userKey(t org.Tenant, user string) store.Key { return t.Record(usersOwner, Name, user) }

// loginHash names the pointer of a folded login.
func loginHash(folded string) string { return org.PointerHash(org.Login, folded) }

// newToken makes a session's or link's token: 256 random bits in the alphabet of base32, and the name of its pointer.
func newToken(kind org.PointerKind) (token, hash string) {
	token = rand.Text() + rand.Text()
	return token, org.PointerHash(kind, token)
}

// person is a user with what lets them in, as read together.
type person struct {
	tenant   org.Tenant
	user     *User // nil: there is none
	raw      []byte
	access   access
	revision int64 // of the access item
}

// load reads a user and their access item as of one moment.
func (a *Accounts) load(ctx context.Context, t org.Tenant, id string) (person, error) {
	p := person{tenant: t, revision: store.Absent}
	if !record.WellFormed(id) {
		return p, nil
	}
	items, err := a.Store.Get(ctx, store.Together, userKey(t, id), accessKey(t, id))
	if err != nil {
		return p, store.Fault(err)
	}
	if items[0] != nil {
		rec, err := kind.Decode(items[0].Value, items[0].Revision)
		if err != nil {
			return p, err
		}
		p.user, p.raw = rec.(*User), items[0].Value
	}
	return p, p.open(items[1])
}

// open reads the access item.
func (p *person) open(item *store.Item) error {
	if item == nil {
		return nil
	}
	p.revision = item.Revision
	if err := json.Unmarshal(item.Value, &p.access); err != nil {
		return fmt.Errorf("account: access item: %w", err)
	}
	if p.user != nil {
		p.user.FirstLoginAt, p.user.LastLoginAt = p.access.First, p.access.Last
	}
	return nil
}

// until gives the end of a span from now, to the second, as the table keeps expiries.
func until(now time.Time, span time.Duration) time.Time { return now.Add(span).Truncate(time.Second) }

// copied gives a person whose user and lists can be changed without changing p's.
func (p person) copied() (person, error) {
	c := p
	c.access.Sessions, c.access.Links = slices.Clone(p.access.Sessions), slices.Clone(p.access.Links)
	if p.user == nil {
		return c, nil
	}
	rec, err := kind.Copy(p.user)
	if err != nil {
		return c, err
	}
	c.user = rec.(*User)
	return c, nil
}

// addSession signs a person in under a session of hash; the oldest sessions give way.
func (p *person) addSession(hash, device string, now time.Time, span time.Duration) {
	p.access.Sessions = append(p.access.Sessions, seat{Hash: hash, Made: now, Expires: until(now, span), Device: device})
	if extra := len(p.access.Sessions) - MaxSessions; extra > 0 {
		p.access.Sessions = p.access.Sessions[extra:]
	}
	p.access.Last = &now
	if p.access.First == nil {
		p.access.First = &now
	}
	p.user.FirstLoginAt, p.user.LastLoginAt = p.access.First, p.access.Last
}

// keepSession ends all sessions but the one of hash.
func (p *person) keepSession(hash string) {
	p.access.Sessions = slices.DeleteFunc(p.access.Sessions, func(s seat) bool { return s.Hash != hash })
}

// addLink opens a link; an older one for the same purpose is void.
func (p *person) addLink(l link) {
	p.access.Links = slices.DeleteFunc(p.access.Links, func(old link) bool { return old.For == l.For })
	p.access.Links = append(p.access.Links, l)
}

// dropLink voids a link.
func (p *person) dropLink(hash string) {
	p.access.Links = slices.DeleteFunc(p.access.Links, func(l link) bool { return l.Hash == hash })
}

// link finds the open link of hash.
func (p *person) link(hash string, now time.Time) (link, bool) {
	i := slices.IndexFunc(p.access.Links, func(l link) bool { return l.Hash == hash && l.Expires.After(now) })
	if i < 0 {
		return link{}, false
	}
	return p.access.Links[i], true
}

// shut ends all sessions and voids all links.
func (p *person) shut() { p.access.Sessions, p.access.Links = nil, nil }

// entryOps gives the operations that follow from what is different between a person before and after a change: access
// item and pointers. It drops what has run out and fills in the sessions' revisions.
func entryOps(before, after *person, now time.Time) ([]store.Op, error) {
	after.access.Sessions = slices.DeleteFunc(after.access.Sessions, func(s seat) bool { return !s.Expires.After(now) })
	after.access.Links = slices.DeleteFunc(after.access.Links, func(l link) bool { return !l.Expires.After(now) })
	ops, err := loginOps(before, after)
	if err != nil {
		return nil, err
	}
	sessions, err := sessionOps(before, after)
	if err != nil {
		return nil, err
	}
	links, err := linkOps(before, after)
	if err != nil {
		return nil, err
	}
	ops = append(append(ops, sessions...), links...)
	was, err := json.Marshal(before.access)
	if err != nil {
		return nil, err
	}
	is, err := json.Marshal(after.access)
	if err != nil {
		return nil, err
	}
	op := store.Op{Kind: store.Put, Key: accessKey(after.tenant, after.user.ID), Expect: after.revision, Value: is}
	if after.revision != store.Absent && string(was) == string(is) {
		op.Kind, op.Value = store.Check, nil
	}
	return append(ops, op), nil
}

// loginOps moves the pointer of the login name.
func loginOps(before, after *person) ([]store.Op, error) {
	had, has := before.login(), after.login()
	if had == has {
		return nil, nil
	}
	var ops []store.Op
	if had != "" {
		ops = append(ops, after.tenant.DropPointer(org.Login, loginHash(had), store.Any))
	}
	if has != "" {
		op, err := after.tenant.PutPointer(org.Login, loginHash(has), after.user.ID, nil, time.Time{}, store.Absent)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// login gives the login name a person holds; in the trash they hold none.
func (p *person) login() string {
	if p.user == nil || p.user.DeletedAt != nil {
		return ""
	}
	return p.user.Login
}

// sessionOps removes the pointers of ended sessions, writes those of new ones, and those of all others when what they
// tell of the user has changed.
func sessionOps(before, after *person) ([]store.Op, error) {
	var ops []store.Op
	for _, s := range before.access.Sessions {
		if !slices.ContainsFunc(after.access.Sessions, func(o seat) bool { return o.Hash == s.Hash }) {
			ops = append(ops, after.tenant.DropPointer(org.Session, s.Hash, store.Any))
		}
	}
	for i := range after.access.Sessions {
		s := &after.access.Sessions[i]
		data := session.Data{Role: after.user.Role, Name: after.user.Name, Language: after.user.Language, Entity: after.user.Entity, Made: s.Made}
		if s.Revision != 0 && before.user.Role == data.Role && before.user.Name == data.Name && before.user.Language == data.Language && before.user.Entity == data.Entity {
			continue
		}
		op, err := after.tenant.PutPointer(org.Session, s.Hash, after.user.ID, data, s.Expires, s.Revision)
		if err != nil {
			return nil, err
		}
		s.Revision++
		ops = append(ops, op)
	}
	return ops, nil
}

// linkOps removes the pointers of void links and writes those of new ones.
func linkOps(before, after *person) ([]store.Op, error) {
	var ops []store.Op
	for _, l := range before.access.Links {
		if !slices.ContainsFunc(after.access.Links, func(o link) bool { return o.Hash == l.Hash }) {
			ops = append(ops, after.tenant.DropPointer(org.Link, l.Hash, store.Any))
		}
	}
	for _, l := range after.access.Links {
		if slices.ContainsFunc(before.access.Links, func(o link) bool { return o.Hash == l.Hash }) {
			continue
		}
		op, err := after.tenant.PutPointer(org.Link, l.Hash, after.user.ID, nil, l.Expires, store.Absent)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}
