// Package account holds who may come in: users, their passwords, sessions and one-time links, and how an organisation
// and its first owner come to be.
//
// A user is a record like any other, with history. Everything that lets a user in lies in one item beside it, the
// access item: the password's argon2id hash, the sessions, the links that are still open. It holds hashes only and is
// never part of a record, a change, a log entry or an answer. Each session and each link has a pointer (package org),
// so that a token leads to its user with one read.
//
// Every change of a user is one commit in the organisation's log, made by alter: it reads record and access item, lets
// the operation change both, and derives what else has to be written from what is different: a session that left the
// list loses its pointer, a login that changed moves its own, a new role or name is written into every session. So
// blocking somebody ends their sessions in the very commit that blocks them, and none of it can be forgotten.
//
// Keys used. Records of kind user under the owner "users", their changes; o#r#bb user/access/user; pointers of kinds
// login, session and link; attempt counters ("try#xx").
//
// Guarantees. A login name is one user's, over all organisations. A password is stored as a hash alone. Signing in
// does the same work and gives the same answer whether the login is unknown, the password wrong or the user blocked,
// and at most Attempts tries a login are judged in AttemptSpan, however many come at once. Of two uses of one link, one
// wins. At least one owner who is not blocked remains in every organisation.
package account

import (
	"context"
	"log/slog"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/store"
)

// How long things last, where an organisation has not said otherwise.
const (
	SessionSpan = 12 * time.Hour
	InviteSpan  = 7 * 24 * time.Hour
	ResetSpan   = time.Hour
	SignInSpan  = time.Hour // of a link that signs in by itself
	SetupSpan   = 7 * 24 * time.Hour
	AttemptSpan = 15 * time.Minute
)

// How much there may be of things.
const (
	Attempts    = 10 // failed sign-ins of one login in AttemptSpan
	MaxSessions = 20 // of one user; the oldest gives way
	mailLimit   = 5  // mails to one address in an hour that somebody not signed in can cause
)

// resetPace is how long every request to reset a password takes, so that its answer does not tell whether there was
// something to do.
const resetPace = time.Second

// Ports are what the accounts stand on.
type Ports struct {
	Store     store.Store
	Log       *log.Log
	Directory *org.Directory
	Records   *repository.Repository // with the kinds user, settings and field
	Ring      *seal.Ring
	Clock     clock.Clock
	IDs       *clock.IDs
	Mail      mail.Sender
	From      mail.Address // of every mail
	Base      string       // address of the pages, "https://muster.example.org"; "" to take the visit's
	Diary     *slog.Logger // for what goes wrong where the caller must not see it; nil: the default logger
}

// Accounts is the one way to users, sessions and organisations. It is safe for concurrent use.
type Accounts struct {
	Ports
	pace time.Duration
}

// New makes the accounts of an installation.
func New(p Ports) *Accounts {
	if p.Diary == nil {
		p.Diary = slog.Default()
	}
	return &Accounts{Ports: p, pace: resetPace}
}

// Visit is what is known of the browser or program a request comes from.
type Visit struct {
	Source   string        // the channel that history names: "api" or "page"
	Device   string        // such as its User-Agent; shown in the list of sessions
	Base     string        // address it reached the pages under; links in mails begin with it when Ports say nothing
	Language i18n.Language // of whoever has not chosen one yet
}

// System is the actor of what nobody signed in for.
func System(source string) policy.Actor { return policy.Actor{ID: systemID, Source: source} }

const systemID = "system"

// actorOf gives a user as history names it.
func actorOf(u *User, source string) policy.Actor {
	return policy.Actor{ID: u.ID, Name: u.Name, Source: source}
}

// grantOf gives what a user may do.
func grantOf(t org.Tenant, u *User, source string) policy.Grant {
	return policy.For(actorOf(u, source), policy.Role(u.Role)).In(t).At(u.Entity)
}

// within counts a try of what; the fault is Exhausted (code) while there were too many.
func (a *Accounts) within(ctx context.Context, limit org.Limit, code string, what ...string) error {
	wait, err := a.Directory.Attempt(ctx, limit, what...)
	if err != nil {
		return store.Fault(err)
	}
	if wait > 0 {
		f := fault.New(fault.Exhausted, code)
		f.Retry = wait
		return f
	}
	return nil
}
