package account

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Receive takes in a user who comes from another place with their id and revision, without password or sessions: they
// come in by an invitation or a reset. here is the id they have in this place: their own, or that of the user who has
// their login in this organisation already. When somebody of another organisation has it, they arrive in the trash.
// Calling it again changes nothing. Faults: Denied for anybody but an owner.
func (a *Accounts) Receive(ctx context.Context, w repository.Write, value []byte, revision int64) (here string, err error) {
	if w.Grant.Role() != policy.Owner {
		return "", fault.New(fault.Denied, "denied")
	}
	rec, err := kind.Decode(value, revision)
	if err != nil {
		return "", err
	}
	u, t := rec.(*User), w.Grant.Tenant()
	for range rounds {
		there, err := a.load(ctx, t, u.ID)
		if err != nil || there.user != nil {
			return u.ID, err
		}
		login, err := a.Directory.Resolve(ctx, org.Login, loginHash(FoldLogin(u.Email)))
		switch {
		case errors.Is(err, fault.NotFound):
		case err != nil:
			return "", store.Fault(err)
		case login.Tenant == t && u.DeletedAt == nil:
			return login.Ref, nil
		}
		arrived := person{tenant: t, user: u, revision: store.Absent}
		elsewhere := err == nil && u.DeletedAt == nil
		_, err = a.Log.Commit(ctx, t, func(head log.Head) (log.Proposal, error) {
			p := log.Proposal{Action: "organisation.restore", Actor: w.Grant.Actor(), Batch: w.Batch, Number: head.Number}
			if err := arrive(&p, t, head, &arrived, value, elsewhere); err != nil {
				return p, err
			}
			blank := person{tenant: t}
			ops, err := entryOps(&blank, &arrived, head.At)
			p.Ops = append(p.Ops, ops...)
			return p, err
		})
		if failed := (*store.Failed)(nil); errors.As(err, &failed) {
			continue // somebody was quicker: look again
		}
		return u.ID, store.Fault(err)
	}
	return "", fault.New(fault.Unavailable, "busy")
}

// arrive adds a user to a proposal as they were stored elsewhere; or, when their login is somebody else's here, as put
// into the trash one revision later.
func arrive(p *log.Proposal, t org.Tenant, head log.Head, arrived *person, value []byte, trashed bool) error {
	u := arrived.user
	revision := u.Version
	if trashed {
		before := *u
		revision++
		at := head.At
		u.DeletedAt, u.DeletedBy = &at, p.Actor.ID
		fields, err := kind.Diff(&before, u)
		if err != nil {
			return err
		}
		happened, err := json.Marshal(record.Change{Seq: head.Seq + 1, At: head.At, Actor: p.Actor.ID, Name: p.Actor.Name,
			Channel: p.Actor.Source, Batch: p.Batch, Action: Name + ".trash", Fields: fields})
		if err != nil {
			return err
		}
		if value, err = kind.Encode(u, value); err != nil {
			return err
		}
		p.Ops = append(p.Ops, store.Op{Kind: store.Put, Key: t.Change(u.ID, revision), Expect: store.Absent, Value: happened})
	}
	ref := log.Ref{Owner: usersOwner, Kind: Name, ID: u.ID, Revision: revision}
	p.Refs, p.Values = append(p.Refs, ref), append(p.Values, nil)
	p.Ops = append(p.Ops, store.Op{Kind: store.Put, Key: ref.Key(t), Expect: store.Absent, Revision: revision, Value: value})
	return nil
}
