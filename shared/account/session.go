package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Session is a sign-in that has just been made. The token is told once, here.
type Session struct {
	Token   string
	Expires time.Time
	User    *User
}

// signInLimit is how often one login may be tried.
var signInLimit = org.Limit{Most: Attempts, In: AttemptSpan}

const signInTry = "sign-in"

// maxDevice is how much of a device's name is kept, in bytes.
const maxDevice = 200

// SignIn lets a user in by login and password. Faults: Unauthenticated (sign_in_failed) for an unknown login, a wrong
// password and a blocked user alike; Exhausted (too_many_attempts) while the login is paused.
func (a *Accounts) SignIn(ctx context.Context, login, password string, v Visit) (Session, error) {
	folded := FoldLogin(login)
	if err := a.within(ctx, signInLimit, "too_many_attempts", signInTry, folded); err != nil {
		return Session{}, err
	}
	p, err := a.byLogin(ctx, folded)
	if err != nil {
		return Session{}, err
	}
	stored := ""
	if p.user.active() {
		stored = p.access.Password
	}
	ok, old, err := matches(password, stored)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, signInFailed()
	}
	fresh := stored
	if old {
		if fresh, err = hash(password); err != nil {
			return Session{}, err
		}
	}
	s, err := a.enter(ctx, p, v, "signIn", true, func(p *person, _ time.Time) error {
		if !p.user.active() || p.access.Password != stored {
			return signInFailed()
		}
		p.access.Password = fresh
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	return s, store.Fault(a.Directory.Forgive(ctx, signInTry, folded))
}

func signInFailed() error { return fault.New(fault.Unauthenticated, "sign_in_failed") }

// enter signs a person in, in one commit with what do changes.
func (a *Accounts) enter(ctx context.Context, who person, v Visit, action string, quiet bool, do func(*person, time.Time) error) (Session, error) {
	spans, err := a.spans(ctx, who.tenant)
	if err != nil {
		return Session{}, err
	}
	token, name := newToken(org.Session)
	s := Session{Token: token}
	s.User, _, err = a.alter(ctx, deed{
		write: repository.Write{Grant: grantOf(who.tenant, who.user, v.Source)}, id: who.user.ID, version: repository.AnyVersion,
		action: action, quiet: quiet,
		do: func(p *person, now time.Time) error {
			if err := do(p, now); err != nil {
				return err
			}
			p.addSession(name, device(v.Device), now, spans.session)
			s.Expires = until(now, spans.session)
			return nil
		},
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// device makes what a browser says of itself fit to be kept and shown.
func device(s string) string {
	s = record.Clean(strings.ToValidUTF8(s, ""), false)
	if len(s) > maxDevice {
		s = strings.ToValidUTF8(s[:maxDevice], "")
	}
	return s
}

// byLogin finds whose login it is; the person has no user when it is nobody's. It reads as often either way.
func (a *Accounts) byLogin(ctx context.Context, folded string) (person, error) {
	there, err := a.Directory.Resolve(ctx, org.Login, loginHash(folded))
	if errors.Is(err, fault.NotFound) {
		_, err = a.Directory.Resolve(ctx, org.Login, loginHash(folded+"\n"))
		if errors.Is(err, fault.NotFound) {
			return person{}, nil
		}
	}
	if err != nil {
		return person{}, store.Fault(err)
	}
	return a.load(ctx, there.Tenant, there.Ref)
}

// OpenSession is a session as its owner sees it.
type OpenSession struct {
	ID      string
	Made    time.Time
	Expires time.Time
	Device  string
	Current bool // the one that asks
}

// Sessions lists the caller's sessions, newest first.
func (a *Accounts) Sessions(ctx context.Context, who session.Identity) ([]OpenSession, error) {
	p, err := a.load(ctx, who.Grant.Tenant(), who.Grant.Actor().ID)
	if err != nil {
		return nil, err
	}
	now := a.Clock.Now()
	open := []OpenSession{}
	for _, s := range slices.Backward(p.access.Sessions) {
		if s.Expires.After(now) {
			open = append(open, OpenSession{ID: s.id(), Made: s.Made, Expires: s.Expires, Device: s.Device, Current: s.Hash == who.Session})
		}
	}
	return open, nil
}

// SignOut ends one of the caller's sessions: the one of an id, or with "current" the one that asks. The fault is NotFound
// when there is none.
func (a *Accounts) SignOut(ctx context.Context, who session.Identity, id string) error {
	return a.endSessions(ctx, who, func(s seat) bool { return s.id() == id || id == "current" && s.Hash == who.Session }, true)
}

// SignOutEverywhere ends all the caller's sessions, the one that asks too unless it is to stay.
func (a *Accounts) SignOutEverywhere(ctx context.Context, who session.Identity, stay bool) error {
	return a.endSessions(ctx, who, func(s seat) bool { return !stay || s.Hash != who.Session }, false)
}

func (a *Accounts) endSessions(ctx context.Context, who session.Identity, which func(seat) bool, some bool) error {
	_, _, err := a.alter(ctx, deed{
		write: repository.Write{Grant: who.Grant}, id: who.Grant.Actor().ID, version: repository.AnyVersion, action: "signOut", quiet: true,
		do: func(p *person, _ time.Time) error {
			had := len(p.access.Sessions)
			p.access.Sessions = slices.DeleteFunc(p.access.Sessions, which)
			if p.user == nil || some && len(p.access.Sessions) == had {
				return fault.New(fault.NotFound, "not_found")
			}
			return nil
		},
	})
	return err
}
