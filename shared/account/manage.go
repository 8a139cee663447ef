package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Get reads a user: the caller's own, or, for those who manage users, anybody's of the organisation.
func (a *Accounts) Get(ctx context.Context, g policy.Grant, id string) (*User, error) {
	if id != g.Actor().ID {
		if err := g.Allow(policy.Manage); err != nil {
			return nil, err
		}
	}
	p, err := a.load(ctx, g.Tenant(), id)
	if err == nil && p.user == nil {
		err = fault.New(fault.NotFound, "not_found")
	}
	return p.user, err
}

// List reads a page of the organisation's users in the order they were made, behind the user after ("" from the first);
// with trashed, those in the trash instead. next is "" at the end; a page may hold fewer than limit.
func (a *Accounts) List(ctx context.Context, g policy.Grant, trashed bool, after string, limit int) (users []*User, next string, err error) {
	if err := g.Allow(policy.Manage); err != nil {
		return nil, "", err
	}
	users, next, err = a.page(ctx, g.Tenant(), after, min(limit, store.MaxGet))
	if err != nil {
		return nil, "", err
	}
	users = slices.DeleteFunc(users, func(u *User) bool { return trashed != (u.DeletedAt != nil) })
	if len(users) == 0 {
		return users, next, nil
	}
	keys := make([]store.Key, len(users))
	for i, u := range users {
		keys[i] = accessKey(g.Tenant(), u.ID)
	}
	items, err := a.Store.Get(ctx, store.Each, keys...)
	if err != nil {
		return nil, "", store.Fault(err)
	}
	for i, item := range items {
		if err := (&person{user: users[i]}).open(item); err != nil {
			return nil, "", err
		}
	}
	return users, next, nil
}

// History reads a user's changes, newest first, as repository.History does; own ones, or with the right to manage users.
func (a *Accounts) History(ctx context.Context, g policy.Grant, id string, before int64, limit int) ([]record.Change, int64, error) {
	if _, err := a.Get(ctx, g, id); err != nil {
		return nil, 0, err
	}
	return a.Records.History(ctx, g, Name, id, before, limit)
}

// NewUser is a user to be made. Language is the organisation's when empty.
type NewUser struct {
	Name, Email, Role, Language string
	Entity                      string // where what they make begins; "": the root
	Invite                      bool   // mail an invitation at once; without one the user comes in by a reset of the password
}

// Create makes a user. The result's record is a *User; when the invitation could not be mailed, a warning (mail_unsent)
// says so. Faults: Denied, also for a role with more rights than the caller's; Invalid; Conflict (login_taken).
func (a *Accounts) Create(ctx context.Context, w repository.Write, n NewUser, v Visit) (repository.Result, error) {
	if err := mayGrant(w.Grant, n.Role); err != nil {
		return repository.Result{}, err
	}
	cfg, err := setting.Load(ctx, a.Store, w.Grant.Tenant())
	if err != nil {
		return repository.Result{}, store.Fault(err)
	}
	if n.Language == "" {
		n.Language = cfg.Settings.Language
	}
	if err := entityThere(cfg, n.Entity); err != nil {
		return repository.Result{}, err
	}
	good := spansOf(cfg.Settings)
	id := a.IDs.New(kind.Prefix)
	token, name := newToken(org.Link)
	u, replayed, err := a.alter(ctx, deed{write: w, id: id, version: repository.AnyVersion, action: "create", do: func(p *person, now time.Time) error {
		p.user = kind.New().(*User)
		p.user.ID, p.user.Name, p.user.Email, p.user.Role, p.user.Language, p.user.Entity = id, n.Name, n.Email, n.Role, n.Language, n.Entity
		if n.Invite {
			p.user.InvitedAt = &now
			p.addLink(link{Hash: name, For: Invite, Expires: until(now, good.of(Invite))})
		}
		return a.check(p.user)
	}})
	if err != nil {
		return repository.Result{}, err
	}
	res := repository.Result{Record: u, Created: true, Replayed: replayed}
	if n.Invite && !replayed {
		err := a.send(ctx, w.Grant.Tenant(), letter{to: addressOf(u), language: i18n.Language(u.Language), about: Invite, name: u.Name,
			url: WelcomeURL(a.base(v), token), span: good.of(Invite)})
		if err != nil {
			a.Diary.ErrorContext(ctx, "invitation not sent", "error", err.Error())
			res.Warnings = []repository.Warning{{Path: "email", Code: "mail_unsent"}}
		}
	}
	return res, nil
}

// entityThere refuses an entity there is not.
func entityThere(cfg *setting.Config, id string) error {
	if there, _ := cfg.Has(setting.EntityName, id); id != "" && !there {
		return fault.Bad("entity", "bad_reference")
	}
	return nil
}

// Update changes a user's name, e-mail address, language, entity and role by a JSON Merge Patch. Sessions go on with the new
// role at once. Faults: Denied for a role the caller does not hold, before or after, and (own_rights) for one's own;
// Conflict (last_owner, login_taken); Stale; Invalid.
func (a *Accounts) Update(ctx context.Context, w repository.Write, id string, version int64, body []byte) (*User, error) {
	if err := w.Grant.Allow(policy.Manage); err != nil {
		return nil, err
	}
	u, _, err := a.alter(ctx, deed{write: w, id: id, version: version, action: "edit", do: func(p *person, _ time.Time) error {
		if err := manageable(p, w.Grant, true); err != nil {
			return err
		}
		role, email := p.user.Role, p.user.Email
		entity := p.user.Entity
		fields := []string{"name", "language", "email", "role", "entity"}
		if id == w.Grant.Actor().ID {
			fields = []string{"name", "language", "role", "entity"}
		}
		if err := a.patch(p, body, fields); err != nil {
			return err
		}
		if p.user.Entity != entity {
			cfg, err := setting.Load(ctx, a.Store, p.tenant)
			if err != nil {
				return store.Fault(err)
			}
			if err := entityThere(cfg, p.user.Entity); err != nil {
				return err
			}
		}
		if p.user.Email != email {
			p.access.Links = nil // they went to the old address
		}
		if p.user.Role == role {
			return nil
		}
		if id == w.Grant.Actor().ID {
			return fault.New(fault.Denied, "own_rights")
		}
		return mayGrant(w.Grant, p.user.Role)
	}})
	return u, err
}

// Invite mails a user a link, good for as long as the organisation says, to set a password and come in; an older one is void.
func (a *Accounts) Invite(ctx context.Context, w repository.Write, id string, v Visit) (*User, error) {
	return a.linkFor(ctx, w, id, Invite, v)
}

// Reset mails a user a link, good for as long as the organisation says, to set a new password.
func (a *Accounts) Reset(ctx context.Context, w repository.Write, id string, v Visit) (*User, error) {
	return a.linkFor(ctx, w, id, Reset, v)
}

func (a *Accounts) linkFor(ctx context.Context, w repository.Write, id string, purpose Purpose, v Visit) (*User, error) {
	if err := w.Grant.Allow(policy.Manage); err != nil {
		return nil, err
	}
	return a.mailLink(ctx, w, id, purpose, v, func(p *person) error {
		if err := manageable(p, w.Grant, true); err != nil {
			return err
		}
		return p.reachable()
	})
}

// Block keeps a user out: sessions end and links are void in the same commit. Faults: Denied (own_rights) for oneself;
// Conflict (last_owner).
func (a *Accounts) Block(ctx context.Context, w repository.Write, id, reason string) (*User, error) {
	reason = record.Clean(reason, false)
	return a.manage(ctx, w, id, repository.AnyVersion, "block", func(p *person, now time.Time) error {
		if p.user.Blocked == nil || p.user.Blocked.Reason != reason {
			p.user.Blocked = &Block{At: now, Reason: reason, By: w.Grant.Actor().ID}
		}
		p.shut()
		return a.check(p.user)
	})
}

// Unblock lets a user in again, with the password they had.
func (a *Accounts) Unblock(ctx context.Context, w repository.Write, id string) (*User, error) {
	return a.manage(ctx, w, id, repository.AnyVersion, "unblock", func(p *person, _ time.Time) error {
		p.user.Blocked = nil
		return nil
	})
}

// Trash puts a user into the trash: they are out at once, and their login is free. Faults as Block's.
func (a *Accounts) Trash(ctx context.Context, w repository.Write, id string, version int64) (*User, error) {
	return a.manage(ctx, w, id, version, "trash", func(p *person, now time.Time) error {
		p.user.DeletedAt, p.user.DeletedBy = &now, w.Grant.Actor().ID
		p.shut()
		return nil
	})
}

// Restore takes a user out of the trash, with the password they had. The fault is Conflict (login_taken) when somebody
// has their login by now.
func (a *Accounts) Restore(ctx context.Context, w repository.Write, id string, version int64) (*User, error) {
	if err := w.Grant.Allow(policy.Manage); err != nil {
		return nil, err
	}
	u, _, err := a.alter(ctx, deed{write: w, id: id, version: version, action: "restore", do: func(p *person, _ time.Time) error {
		switch {
		case p.user == nil:
			return fault.New(fault.NotFound, "not_found")
		case p.user.DeletedAt == nil:
			return fault.New(fault.Conflict, "not_trashed")
		}
		p.user.DeletedAt, p.user.DeletedBy = nil, ""
		return mayGrant(w.Grant, p.user.Role)
	}})
	return u, err
}

// manage does to another user what only those may who hold all of their rights.
func (a *Accounts) manage(ctx context.Context, w repository.Write, id string, version int64, action string, do func(*person, time.Time) error) (*User, error) {
	if err := w.Grant.Allow(policy.Manage); err != nil {
		return nil, err
	}
	u, _, err := a.alter(ctx, deed{write: w, id: id, version: version, action: action, do: func(p *person, now time.Time) error {
		if err := manageable(p, w.Grant, false); err != nil {
			return err
		}
		return do(p, now)
	}})
	return u, err
}

// manageable refuses users who are not there, who hold more than the caller, or who are the caller.
func manageable(p *person, g policy.Grant, self bool) error {
	switch {
	case p.user == nil:
		return fault.New(fault.NotFound, "not_found")
	case p.user.DeletedAt != nil:
		return fault.New(fault.Conflict, "trashed")
	case !self && p.user.ID == g.Actor().ID:
		return fault.New(fault.Denied, "own_rights")
	case !g.Covers(policy.Role(p.user.Role)):
		return fault.New(fault.Denied, "denied")
	}
	return nil
}

// mayGrant refuses to give a role with more rights than the giver's. An unknown role is the checks' to refuse.
func mayGrant(g policy.Grant, role string) error {
	if err := g.Allow(policy.Manage); err != nil {
		return err
	}
	if slices.Contains(policy.Roles(), policy.Role(role)) && !g.Covers(policy.Role(role)) {
		denied := fault.New(fault.Denied, "denied")
		denied.Fields = []fault.Field{fault.At("role", "denied")}
		return denied
	}
	return nil
}

// patch applies a merge patch to a person's user, of which only the named fields may change, and checks the result.
func (a *Accounts) patch(p *person, body []byte, fields []string) error {
	rec, err := kind.Patch(p.user, body)
	if err != nil {
		return err
	}
	changes, err := kind.Diff(p.user, rec)
	if err != nil {
		return err
	}
	var faults []fault.Field
	for _, c := range changes {
		name, _, _ := strings.Cut(c.Field, ".")
		if !slices.Contains(fields, name) {
			faults = append(faults, fault.At(name, "read_only"))
		}
	}
	if err := fault.Fields(faults); err != nil {
		return err
	}
	after := rec.(*User)
	after.FirstLoginAt, after.LastLoginAt = p.user.FirstLoginAt, p.user.LastLoginAt
	p.user = after
	return a.check(after)
}

// check holds a user against the rules of the kind.
func (a *Accounts) check(u *User) error { return kind.Check(u, &record.Env{Now: a.Clock.Now()}) }
