package account

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Founding says how an organisation comes to be. What is empty of the organisation gets a default, and the first run
// asks for it (FirstRun).
type Founding struct {
	Name, Language, Country, TimeZone string
	OwnerName, OwnerEmail             string
	Password                          string // "": the owner gets a link to set one
}

// Founded is a new organisation.
type Founded struct {
	Grant policy.Grant // of its owner
	Owner *User
	Link  string // token that sets the owner's password, when none was given
}

// settings are the kind of an organisation's settings, to this package.
var settings = setting.Kind()

// Found makes an organisation with its settings and its owner, in one commit: it is there as a whole or not at all.
// Called again it founds nothing twice, since the owner's login is taken. Faults: Invalid; Conflict (login_taken).
func (a *Accounts) Found(ctx context.Context, f Founding, source string) (Founded, error) {
	return a.found(ctx, a.IDs.New("org"), false, f, source, nil)
}

// found makes the organisation of an id; first, if it is to be the only one so far. also is done to the owner in the
// same commit.
func (a *Accounts) found(ctx context.Context, id string, first bool, f Founding, source string, also func(p *person, now time.Time)) (Founded, error) {
	t, directory := org.Founding(id, first)
	owner := &User{Name: cmp.Or(f.OwnerName, local(f.OwnerEmail)), Email: f.OwnerEmail, Role: string(policy.Owner), Language: cmp.Or(f.Language, string(i18n.English))}
	owner.ID, owner.Kind = a.IDs.New(kind.Prefix), kind.Name
	s := &setting.Settings{Name: cmp.Or(f.Name, defaultName), Language: owner.Language, Country: cmp.Or(f.Country, "BE"), TimeZone: cmp.Or(f.TimeZone, "UTC")}
	s.ID, s.Kind = setting.Owner, settings.Name
	actor := System(source)
	if f.Name != "" {
		actor = actorOf(owner, source)
	}
	if err := errors.Join(settings.Check(s, &record.Env{Now: a.Clock.Now()}), a.check(owner)); err != nil {
		return Founded{}, merged(err)
	}
	var p person
	var token, name string
	if f.Password != "" {
		hashed, err := newPassword("password", f.Password, owner)
		if err != nil {
			return Founded{}, err
		}
		p.access.Password = hashed
	} else {
		token, name = newToken(org.Link)
	}
	_, err := a.Log.Commit(ctx, t, func(head log.Head) (log.Proposal, error) {
		made, blank := person{tenant: t, user: owner, access: p.access, revision: store.Absent}, person{tenant: t}
		if token != "" {
			made.addLink(link{Hash: name, For: Invite, Expires: until(head.At, InviteSpan)})
			owner.InvitedAt = &head.At
		}
		if also != nil {
			also(&made, head.At)
		}
		proposal := log.Proposal{Action: "organisation.found", Actor: actor, Number: head.Number, Ops: directory}
		if err := writeRecord(&proposal, t, head, settings, "create", nil, nil, s); err != nil {
			return proposal, err
		}
		if err := writeUser(&proposal, t, head, "create", blank, &made); err != nil {
			return proposal, err
		}
		ops, err := entryOps(&blank, &made, head.At)
		proposal.Ops = append(proposal.Ops, ops...)
		return proposal, err
	})
	if failed := (*store.Failed)(nil); errors.As(err, &failed) {
		if err := a.loginFree(ctx, &person{tenant: t, user: owner}); err != nil {
			return Founded{}, err
		}
		return Founded{}, fault.New(fault.Conflict, "already_founded")
	}
	if err != nil {
		return Founded{}, store.Fault(err)
	}
	return Founded{Grant: grantOf(t, owner, source), Owner: owner, Link: token}, nil
}

// defaultName is the name of an organisation until the first run asks for it.
const defaultName = "Muster"

// local gives the part of an address before the @.
func local(email string) string {
	name, _, _ := strings.Cut(email, "@")
	return name
}

// merged makes one Invalid fault of several.
func merged(err error) error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var fields []fault.Field
	for _, e := range all.Unwrap() {
		f := fault.From(e)
		if f.Kind != fault.Invalid {
			return f
		}
		fields = append(fields, f.Fields...)
	}
	return fault.Fields(fields)
}

// FirstRun reports whether an organisation still has the settings it was founded with because nobody was asked: the
// owner's first page asks for name, language, country and time zone (SET-09).
func FirstRun(s *setting.Settings) bool { return s.Version == 1 && s.CreatedBy == systemID }

// FirstOwner sees to it that somebody can come in while there is no organisation: with a login and password that
// somebody gave the program it founds one, otherwise it gives the token of a link that does. With an organisation there
// already it does nothing. It may be called at every start.
func (a *Accounts) FirstOwner(ctx context.Context, email, password string) (link string, err error) {
	empty, err := a.Directory.Empty(ctx)
	if err != nil || !empty {
		return "", store.Fault(err)
	}
	if email == "" || password == "" {
		return a.SetupLink(ctx, Pending{Email: email, First: true})
	}
	_, err = a.found(ctx, a.IDs.New("org"), true, Founding{OwnerEmail: email, Password: password}, "console", nil)
	if errors.Is(err, fault.Conflict) {
		return "", nil // another process was quicker
	}
	return "", err
}

// Pending is an organisation that a set-up link would found.
type Pending struct {
	ID       string        `json:"id"` // chosen when the link is made: so one link founds one organisation
	Name     string        `json:"name,omitempty"`
	Email    string        `json:"email,omitempty"` // of the owner; "": whoever opens the link says
	Language i18n.Language `json:"language,omitempty"`
	First    bool          `json:"first,omitempty"` // void as soon as there is any organisation
	Expires  time.Time     `json:"expires"`
}

const setupPurpose seal.Purpose = "setup"

// SetupLink gives the token of a link that founds an organisation. Nothing is stored: the token is sealed.
func (a *Accounts) SetupLink(ctx context.Context, p Pending) (token string, err error) {
	p.ID, p.Expires = a.IDs.New("org"), until(a.Clock.Now(), SetupSpan)
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return a.Ring.Seal(ctx, setupPurpose, plain)
}

func (a *Accounts) openSetup(ctx context.Context, token string) (Pending, error) {
	plain, err := a.Ring.Open(ctx, setupPurpose, token)
	if errors.Is(err, seal.ErrOpen) {
		return Pending{}, linkExpired()
	}
	if err != nil {
		return Pending{}, store.Fault(err)
	}
	var p Pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return Pending{}, err
	}
	if !p.Expires.After(a.Clock.Now()) {
		return Pending{}, linkExpired()
	}
	if p.First {
		empty, err := a.Directory.Empty(ctx)
		if err != nil {
			return Pending{}, store.Fault(err)
		}
		if !empty {
			return Pending{}, linkExpired()
		}
	}
	return p, nil
}

// Setup uses a set-up link: it founds the organisation, with the owner's address from the link when that has one, and
// signs the owner in. Faults: NotFound (link_expired); Invalid, also without a password; Conflict (login_taken).
func (a *Accounts) Setup(ctx context.Context, token string, f Founding, v Visit) (Session, error) {
	p, err := a.openSetup(ctx, token)
	if err != nil {
		return Session{}, err
	}
	f.OwnerEmail = cmp.Or(p.Email, f.OwnerEmail)
	f.Language = cmp.Or(f.Language, string(p.Language), string(v.Language))
	if f.Password == "" {
		return Session{}, fault.Bad("password", "required")
	}
	token, name := newToken(org.Session)
	s := Session{Token: token}
	founded, err := a.found(ctx, p.ID, p.First, f, v.Source, func(p *person, now time.Time) {
		p.addSession(name, device(v.Device), now, SessionSpan)
		s.Expires = until(now, SessionSpan)
	})
	if errors.Is(err, fault.Conflict) && fault.From(err).Code == "already_founded" {
		err = linkExpired()
	}
	s.User = founded.Owner
	return s, err
}

// OfferSetup mails the set-up link of the first organisation to the address of who is to own it, at most as often as
// limit says, and only while there is no organisation. sent tells whether a mail left now.
func (a *Accounts) OfferSetup(ctx context.Context, email string, limit org.Limit, v Visit) (sent bool, err error) {
	empty, err := a.Directory.Empty(ctx)
	if err != nil || !empty {
		return false, store.Fault(err)
	}
	wait, err := a.Directory.Attempt(ctx, limit, "setup", FoldLogin(email))
	if err != nil || wait > 0 {
		return false, store.Fault(err)
	}
	language := cmp.Or(v.Language, i18n.English)
	token, err := a.SetupLink(ctx, Pending{Email: email, Language: language, First: true})
	if err != nil {
		return false, err
	}
	err = a.send(ctx, org.Tenant{}, letter{to: mail.Address{Address: email}, language: language, about: Setup,
		url: WelcomeURL(a.base(v), token), span: SetupSpan})
	if err != nil {
		return false, errors.Join(err, a.Directory.Forgive(ctx, "setup", FoldLogin(email)))
	}
	return true, nil
}

// SetupOffered tells whether an installation waits for its first organisation, and to which address, masked, the link
// would go.
func (a *Accounts) SetupOffered(ctx context.Context, email string) (masked string, waiting bool, err error) {
	empty, err := a.Directory.Empty(ctx)
	return mask(email), empty, store.Fault(err)
}

// mask shows of an address what its owner knows it by and nobody else can send to: "j•••@e•••.org".
func mask(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok {
		return ""
	}
	end := domain[strings.LastIndexByte(domain, '.')+1:]
	return head(name) + "•••@" + head(domain) + "•••." + end
}

func head(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
