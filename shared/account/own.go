package account

import (
	"context"
	"time"

	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Me reads the caller's own user.
func (a *Accounts) Me(ctx context.Context, g policy.Grant) (*User, error) {
	p, err := a.load(ctx, g.Tenant(), g.Actor().ID)
	if err == nil && p.user == nil {
		err = fault.New(fault.NotFound, "not_found")
	}
	return p.user, err
}

// ownFields are what users change of themselves without further ado.
var ownFields = []string{"name", "language"}

// UpdateMe changes the caller's own name and language by a JSON Merge Patch. Every session knows at once. Faults: Stale;
// Invalid; everything else of a user is read_only here.
func (a *Accounts) UpdateMe(ctx context.Context, w repository.Write, version int64, body []byte) (*User, error) {
	u, _, err := a.alter(ctx, deed{write: w, id: w.Grant.Actor().ID, version: version, action: "edit", do: func(p *person, _ time.Time) error {
		if p.user == nil {
			return fault.New(fault.NotFound, "not_found")
		}
		return a.patch(p, body, ownFields)
	}})
	return u, err
}

// ChangePassword sets the caller's password, given the present one. Every other session ends and every open link is
// void. Faults: Invalid at "current" (password_wrong) or "password"; Exhausted after too many wrong ones.
func (a *Accounts) ChangePassword(ctx context.Context, who session.Identity, present, next string, v Visit) error {
	p, err := a.proven(ctx, who, "current", present)
	if err != nil {
		return err
	}
	hashed, err := newPassword("password", next, p.user)
	if err != nil {
		return err
	}
	_, _, err = a.alter(ctx, deed{
		write: repository.Write{Grant: who.Grant}, id: p.user.ID, version: repository.AnyVersion, action: "setPassword",
		do: func(now *person, _ time.Time) error {
			if err := unmoved(now, p); err != nil {
				return err
			}
			now.access.Password = hashed
			now.access.Links = nil
			now.keepSession(who.Session)
			return nil
		},
	})
	return err
}

// ChangeEmail mails a link to a new address that makes it the caller's once it is opened, given the password. Nothing
// changes before. Faults: Invalid at "password" (password_wrong) or "email"; Exhausted.
func (a *Accounts) ChangeEmail(ctx context.Context, who session.Identity, password, email string, v Visit) error {
	if _, err := mail.ASCII(email); err != nil {
		return fault.Bad("email", "email_invalid")
	}
	p, err := a.proven(ctx, who, "password", password)
	if err != nil {
		return err
	}
	if err := a.within(ctx, org.Limit{Most: mailLimit, In: time.Hour}, "too_many_attempts", "confirm", p.user.ID); err != nil {
		return err
	}
	spans, err := a.spans(ctx, p.tenant)
	if err != nil {
		return err
	}
	token, name := newToken(org.Link)
	_, _, err = a.alter(ctx, deed{
		write: repository.Write{Grant: who.Grant}, id: p.user.ID, version: repository.AnyVersion, action: "confirmLink", quiet: true,
		do: func(now *person, at time.Time) error {
			if err := unmoved(now, p); err != nil {
				return err
			}
			now.addLink(link{Hash: name, For: Confirm, Expires: until(at, spans.of(Confirm)), Email: email})
			return nil
		},
	})
	if err != nil {
		return err
	}
	return a.send(ctx, p.tenant, letter{to: mail.Address{Name: p.user.Name, Address: email}, language: i18n.Language(p.user.Language),
		about: Confirm, name: p.user.Name, url: WelcomeURL(a.base(v), token), span: spans.of(Confirm)})
}

// ConfirmEmail uses the link that ChangeEmail mailed: the new address is the user's, to sign in and for mail; links that
// went to the old one are void, and the old one is told. Faults: NotFound (link_expired); Conflict (login_taken).
func (a *Accounts) ConfirmEmail(ctx context.Context, token string, v Visit) (*User, error) {
	p, l, err := a.byLink(ctx, token)
	if err != nil {
		return nil, err
	}
	if l.For != Confirm {
		return nil, linkExpired()
	}
	old := addressOf(p.user)
	u, _, err := a.alter(ctx, deed{
		write: repository.Write{Grant: grantOf(p.tenant, p.user, v.Source)}, id: p.user.ID, version: repository.AnyVersion, action: "edit",
		do: func(p *person, now time.Time) error {
			if _, ok := p.link(l.Hash, now); !ok || !p.user.active() {
				return linkExpired()
			}
			p.user.Email = l.Email
			p.access.Links = nil
			return a.check(p.user)
		},
	})
	if err != nil {
		return nil, err
	}
	err = a.send(ctx, p.tenant, letter{to: old, language: i18n.Language(u.Language), about: moved, name: u.Name})
	if err != nil {
		a.Diary.ErrorContext(ctx, "notice of a changed address not sent", "error", err.Error())
	}
	return u, nil
}

// proven reads the caller after holding the password they give against theirs. Wrong ones count as failed sign-ins.
func (a *Accounts) proven(ctx context.Context, who session.Identity, path, password string) (person, error) {
	p, err := a.load(ctx, who.Grant.Tenant(), who.Grant.Actor().ID)
	if err != nil {
		return p, err
	}
	if !p.user.active() {
		return p, fault.New(fault.NotFound, "not_found")
	}
	if err := a.within(ctx, signInLimit, "too_many_attempts", signInTry, p.user.Login); err != nil {
		return p, err
	}
	ok, _, err := matches(password, p.access.Password)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, fault.Bad(path, "password_wrong")
	}
	return p, store.Fault(a.Directory.Forgive(ctx, signInTry, p.user.Login))
}

// unmoved refuses to go on when the password a deed was proven with is no longer the user's.
func unmoved(now *person, proven person) error {
	if !now.user.active() || now.access.Password != proven.access.Password {
		return fault.New(fault.Stale, "stale")
	}
	return nil
}
