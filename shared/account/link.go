package account

import (
	"context"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Opened is what a link says before it is used.
type Opened struct {
	For          Purpose
	Organisation string
	Name         string // of the user
	Login        string
	Email        string // of Confirm: the new address; of Setup: the owner's, masked, or "" when it is to be asked
	Language     i18n.Language
	Expires      time.Time
}

// WelcomeURL gives the address a link's token is opened under.
func WelcomeURL(base, token string) string { return base + "/welcome/" + token }

func linkExpired() error { return fault.New(fault.NotFound, "link_expired") }

// Open tells what a link is for and leaves it as it is: programs that look into mails open links too. The fault is
// NotFound (link_expired) for one that is void, used, too old or was never made.
func (a *Accounts) Open(ctx context.Context, token string) (Opened, error) {
	if setup, err := a.openSetup(ctx, token); err == nil {
		return Opened{For: Setup, Organisation: setup.Name, Email: mask(setup.Email), Language: setup.Language, Expires: setup.Expires}, nil
	} else if !errors.Is(err, fault.NotFound) {
		return Opened{}, err
	}
	p, l, err := a.byLink(ctx, token)
	if err != nil {
		return Opened{}, err
	}
	cfg, err := setting.Load(ctx, a.Store, p.tenant)
	if err != nil {
		return Opened{}, store.Fault(err)
	}
	return Opened{For: l.For, Organisation: cfg.Settings.Name, Name: p.user.Name, Login: p.user.Login, Email: l.Email,
		Language: i18n.Language(p.user.Language), Expires: l.Expires}, nil
}

// byLink finds the link a token opens, and whose it is.
func (a *Accounts) byLink(ctx context.Context, token string) (person, link, error) {
	name := org.PointerHash(org.Link, token)
	there, err := a.Directory.Resolve(ctx, org.Link, name)
	if errors.Is(err, fault.NotFound) {
		return person{}, link{}, linkExpired()
	}
	if err != nil {
		return person{}, link{}, store.Fault(err)
	}
	p, err := a.load(ctx, there.Tenant, there.Ref)
	if err != nil {
		return person{}, link{}, err
	}
	l, ok := p.link(name, a.Clock.Now())
	if !ok || !p.user.active() {
		return person{}, link{}, linkExpired()
	}
	return p, l, nil
}

// Redeem uses a link that sets a password: the new one replaces the old, every session ends, every other link is void,
// and the user is signed in. A link that signs in takes a password or none. Of two at once one wins. Faults: NotFound
// (link_expired); Invalid at "password", after which the link is still good.
func (a *Accounts) Redeem(ctx context.Context, token, password string, v Visit) (Session, error) {
	p, l, err := a.byLink(ctx, token)
	if err != nil {
		return Session{}, err
	}
	if l.For == Confirm {
		return Session{}, linkExpired()
	}
	if l.For == Enter && password == "" {
		return a.enter(ctx, p, v, "signIn", true, func(p *person, now time.Time) error {
			if _, ok := p.link(l.Hash, now); !ok || !p.user.active() {
				return linkExpired()
			}
			p.dropLink(l.Hash)
			return nil
		})
	}
	hashed, err := newPassword("password", password, p.user)
	if err != nil {
		return Session{}, err
	}
	s, err := a.enter(ctx, p, v, "setPassword", false, func(p *person, now time.Time) error {
		if _, ok := p.link(l.Hash, now); !ok || !p.user.active() {
			return linkExpired()
		}
		p.access.Password = hashed
		p.shut()
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	return s, store.Fault(a.Directory.Forgive(ctx, signInTry, s.User.Login))
}

// newPassword checks a new password and gives its hash.
func newPassword(path, password string, u *User) (string, error) {
	if password == "" {
		return "", fault.Bad(path, "required")
	}
	if err := CheckPassword(path, password, u.Login, u.Email); err != nil {
		return "", err
	}
	return hash(password)
}

// RequestReset mails whoever has a login a link to set a new password. It answers the same, and takes as long, for a
// login that nobody has or that is blocked. The fault is Exhausted (too_many_attempts) after too many requests for one.
func (a *Accounts) RequestReset(ctx context.Context, login string, v Visit) error {
	pace := time.NewTimer(a.pace)
	defer pace.Stop()
	folded := FoldLogin(login)
	if err := a.within(ctx, org.Limit{Most: mailLimit, In: time.Hour}, "too_many_attempts", "reset", folded); err != nil {
		return err
	}
	if err := a.resetByLogin(ctx, folded, v); err != nil {
		a.Diary.ErrorContext(ctx, "reset mail not sent", "error", fault.From(err).Error())
	}
	select {
	case <-pace.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, "busy", ctx.Err())
	}
}

func (a *Accounts) resetByLogin(ctx context.Context, folded string, v Visit) error {
	p, err := a.byLogin(ctx, folded)
	if err != nil || !p.user.active() {
		return err
	}
	w := repository.Write{Grant: policy.For(actorOf(p.user, v.Source), "").In(p.tenant)}
	_, err = a.mailLink(ctx, w, p.user.ID, Reset, v, func(p *person) error {
		if !p.user.active() {
			return fault.New(fault.NotFound, "not_found")
		}
		return nil
	})
	return err
}

// Link gives a one-time link that signs a user in: the way back of somebody who has lost everything else, for whoever
// runs the program. The fault is NotFound when nobody has the login; Conflict (user_blocked).
func (a *Accounts) Link(ctx context.Context, login string) (token string, err error) {
	p, err := a.byLogin(ctx, FoldLogin(login))
	if err != nil {
		return "", err
	}
	if p.user == nil {
		return "", fault.New(fault.NotFound, "not_found")
	}
	token, name := newToken(org.Link)
	_, _, err = a.alter(ctx, deed{
		write: repository.Write{Grant: policy.For(System("console"), "").In(p.tenant)}, id: p.user.ID, version: repository.AnyVersion, action: "enterLink",
		do: func(p *person, now time.Time) error {
			if err := p.reachable(); err != nil {
				return err
			}
			p.addLink(link{Hash: name, For: Enter, Expires: until(now, SignInSpan)})
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// reachable refuses people who get no links.
func (p *person) reachable() error {
	switch {
	case p.user == nil || p.user.DeletedAt != nil:
		return fault.New(fault.NotFound, "not_found")
	case p.user.Blocked != nil:
		return fault.New(fault.Conflict, "user_blocked")
	}
	return nil
}

// mailLink opens a link for a user and mails it. When the mail does not leave, the fault says so and the same request
// may be sent again.
func (a *Accounts) mailLink(ctx context.Context, w repository.Write, id string, purpose Purpose, v Visit, may func(*person) error) (*User, error) {
	spans, err := a.spans(ctx, w.Grant.Tenant())
	if err != nil {
		return nil, err
	}
	token, name := newToken(org.Link)
	u, replayed, err := a.alter(ctx, deed{
		write: w, id: id, version: repository.AnyVersion, action: string(purpose),
		do: func(p *person, now time.Time) error {
			if err := may(p); err != nil {
				return err
			}
			if purpose == Invite {
				p.user.InvitedAt = &now
			}
			p.addLink(link{Hash: name, For: purpose, Expires: until(now, spans.of(purpose))})
			return nil
		},
	})
	if err != nil || replayed {
		return u, err
	}
	err = a.send(ctx, w.Grant.Tenant(), letter{to: addressOf(u), language: i18n.Language(u.Language), about: purpose,
		name: u.Name, url: WelcomeURL(a.base(v), token), span: spans.of(purpose)})
	if err != nil {
		// Whoever sends the request again must not be told that it was done.
		return nil, errors.Join(err, a.forget(ctx, w))
	}
	return u, nil
}

func addressOf(u *User) mail.Address { return mail.Address{Name: u.Name, Address: u.Email} }
