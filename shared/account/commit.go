package account

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// kind describes users to this package.
var kind = Kind()

// deed is one change of one user.
type deed struct {
	write   repository.Write // who does it
	id      string           // the user
	version int64            // the caller has seen, or repository.AnyVersion
	action  string           // as history names it, after "user."
	quiet   bool             // what lets the user in changes, not the user: in the log, not in the user's history
	// do changes the person. It is called once for each head the commit is tried at, with what is stored then.
	do func(p *person, now time.Time) error
}

// rounds is how often a deed is done anew when what it rests on moves between reading and committing.
const rounds = 20

// alter does a deed in one commit and gives the user as they are afterwards; replayed tells that it was done before
// under the same idempotency key. Faults: those of the deed; Stale when the user has moved on; Conflict (login_taken,
// last_owner).
func (a *Accounts) alter(ctx context.Context, d deed) (u *User, replayed bool, err error) {
	t := d.write.Grant.Tenant()
	if raw, err := d.write.Key.Answer(ctx, a.Store, t); err != nil || raw != nil {
		u, err := replay(raw, store.Fault(err))
		return u, true, err
	}
	for range rounds {
		var after person
		_, err := a.Log.Commit(ctx, t, func(head log.Head) (p log.Proposal, err error) {
			p, after, err = a.propose(ctx, d, head)
			return p, err
		})
		failed := (*store.Failed)(nil)
		if !errors.As(err, &failed) {
			return after.user, false, store.Fault(err)
		}
		for _, f := range failed.Failures {
			if !d.write.Key.IsZero() && f.Key == d.write.Key.Item(t) {
				raw, err := d.write.Key.Read(f.Current)
				u, err := replay(raw, err)
				return u, true, err
			}
		}
		if err := a.loginFree(ctx, &after); err != nil {
			return nil, false, err
		}
	}
	return nil, false, fault.New(fault.Unavailable, "busy")
}

// propose does a deed on the person as stored and gives the commit of it. What it reads is what the organisation's log
// at head has led to, since the commit fails when the log has moved on by then.
func (a *Accounts) propose(ctx context.Context, d deed, head log.Head) (p log.Proposal, after person, err error) {
	t := d.write.Grant.Tenant()
	before, err := a.load(ctx, t, d.id)
	if err != nil {
		return p, after, err
	}
	if err := current(before.user, d.version); err != nil {
		return p, after, err
	}
	if after, err = before.copied(); err != nil {
		return p, after, err
	}
	if err := d.do(&after, head.At); err != nil {
		return p, after, err
	}
	if before.user.owns() && !after.user.owns() {
		if n, err := a.otherOwners(ctx, t, d.id); err != nil || n == 0 {
			return p, after, cmp.Or(err, error(fault.New(fault.Conflict, "last_owner")))
		}
	}
	p = log.Proposal{Action: Name + "." + d.action, Actor: d.write.Grant.Actor(), Batch: d.write.Batch, Number: head.Number}
	if d.quiet {
		p.Ops = append(p.Ops, store.Op{Kind: store.Check, Key: userKey(t, d.id), Expect: before.user.Version})
	} else if err := writeUser(&p, t, head, d.action, before, &after); err != nil {
		return p, after, err
	}
	ops, err := entryOps(&before, &after, head.At)
	if err != nil {
		return p, after, err
	}
	p.Ops = append(p.Ops, ops...)
	return p, after, keep(&p, t, d.write, after.user, head.At)
}

// writeUser adds a changed or new user to a proposal. The times of their sign-ins lie in the access item.
func writeUser(p *log.Proposal, t org.Tenant, head log.Head, action string, before person, after *person) error {
	var old record.Record
	if before.user != nil {
		old = before.user
	}
	first, last := after.user.FirstLoginAt, after.user.LastLoginAt
	after.user.FirstLoginAt, after.user.LastLoginAt = nil, nil
	err := writeRecord(p, t, head, kind, action, old, before.raw, after.user)
	after.user.FirstLoginAt, after.user.LastLoginAt = first, last
	return err
}

// writeRecord adds a record to a proposal, with the change beside it.
func writeRecord(p *log.Proposal, t org.Tenant, head log.Head, k *record.Kind, action string, before record.Record, raw []byte, after record.Record) error {
	base, was := after.Base(), int64(0)
	if before != nil {
		was = before.Base().Version
	} else {
		base.CreatedAt, base.CreatedBy = head.At, p.Actor.ID
	}
	base.Version, base.UpdatedAt, base.UpdatedBy = was+1, head.At, p.Actor.ID
	value, err := k.Encode(after, raw)
	if err != nil {
		return err
	}
	fields, err := k.Diff(before, after)
	if err != nil {
		return err
	}
	change, err := json.Marshal(record.Change{Seq: head.Seq + 1, At: head.At, Actor: p.Actor.ID, Name: p.Actor.Name, For: p.Actor.For,
		Channel: p.Actor.Source, Batch: p.Batch, Action: k.Name + "." + action, Fields: fields})
	if err != nil {
		return err
	}
	ref := log.Ref{Kind: k.Name, ID: base.ID, Revision: base.Version}
	if owner := k.Owner(base.ID); owner != base.ID {
		ref.Owner = owner
	}
	p.Refs = append(p.Refs, ref)
	p.Values = append(p.Values, nil) // not indexed, so the log need not carry it
	p.Ops = append(p.Ops,
		store.Op{Kind: store.Put, Key: ref.Key(t), Expect: was, Value: value},
		store.Op{Kind: store.Put, Key: t.Change(base.ID, base.Version), Expect: store.Absent, Value: change})
	return nil
}

// answer is a user as an idempotency record keeps it.
type answer struct {
	Version int64           `json:"version"`
	User    json.RawMessage `json:"user"`
}

// keep adds the idempotency record of a write, if it has a key.
func keep(p *log.Proposal, t org.Tenant, w repository.Write, u *User, now time.Time) error {
	if w.Key.IsZero() {
		return nil
	}
	value, err := json.Marshal(u)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(answer{Version: u.Version, User: value})
	if err != nil {
		return err
	}
	op, err := w.Key.Put(t, raw, now)
	p.Ops = append(p.Ops, op)
	return err
}

func replay(raw []byte, err error) (*User, error) {
	if err != nil {
		return nil, err
	}
	var kept answer
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, err
	}
	rec, err := kind.Decode(kept.User, kept.Version)
	if err != nil {
		return nil, err
	}
	return rec.(*User), nil
}

// current holds a user against the version the caller has seen.
func current(u *User, version int64) error {
	if u == nil || version == repository.AnyVersion || version == u.Version {
		return nil
	}
	stale := fault.New(fault.Stale, "stale")
	stale.Current = u
	return stale
}

// loginFree gives a Conflict when somebody else has the login that a person is to get.
func (a *Accounts) loginFree(ctx context.Context, p *person) error {
	login := p.login()
	if login == "" {
		return nil
	}
	there, err := a.Directory.Resolve(ctx, org.Login, loginHash(login))
	switch {
	case errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return store.Fault(err)
	case there.Tenant == p.tenant && there.Ref == p.user.ID:
		return nil
	}
	taken := fault.New(fault.Conflict, "login_taken")
	taken.Fields = []fault.Field{fault.At("email", "login_taken")}
	return taken
}

// otherOwners counts the owners beside one user who can sign in.
func (a *Accounts) otherOwners(ctx context.Context, t org.Tenant, but string) (n int, err error) {
	for after, more := "", true; more; more = after != "" {
		var users []*User
		if users, after, err = a.page(ctx, t, after, store.MaxQuery); err != nil {
			return 0, err
		}
		for _, u := range users {
			if u.ID != but && u.owns() {
				n++
			}
		}
	}
	return n, nil
}

// page reads a page of users in the order they were made, trashed ones too.
func (a *Accounts) page(ctx context.Context, t org.Tenant, after string, limit int) (users []*User, next string, err error) {
	q := t.Owned(usersOwner, Name)
	q.Limit = limit
	if after != "" {
		q.After = userKey(t, after).Sort
	}
	page, err := a.Store.Query(ctx, q)
	if err != nil {
		return nil, "", store.Fault(err)
	}
	for _, item := range page.Items {
		rec, err := kind.Decode(item.Value, item.Revision)
		if err != nil {
			return nil, "", err
		}
		users = append(users, rec.(*User))
	}
	if page.Next != "" && len(users) > 0 {
		next = users[len(users)-1].ID
	}
	return users, next, nil
}
