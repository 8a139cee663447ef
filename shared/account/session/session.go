// Package session tells who a request comes from. It is the small part of package account that every function links.
//
// A session's token is 256 random bits; the table holds a pointer under its hash, written by package account, that
// tells all there is to know of the caller. Whatever ends or changes a session, blocking, another role, a new password,
// removes or rewrites the pointer in the same commit, so there is nothing to ask beside it and nothing to cache.
//
// Keys used: pointers of kind session (package org).
//
// Guarantees. Authenticate is one read of one item. What it answers was true at the time of that read.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// Data is what a session's pointer tells.
type Data struct {
	Role     string    `json:"role"`
	Name     string    `json:"name"`
	Language string    `json:"language,omitempty"`
	Entity   string    `json:"entity,omitempty"`
	Made     time.Time `json:"made"`
}

// Identity is who is calling.
type Identity struct {
	Grant    policy.Grant // its actor is the user
	Language i18n.Language
	Zone     *time.Location // of the organisation; nil when the reader does not know it
	Session  string         // names the session: its pointer's hash
	Expires  time.Time
}

// Reader authenticates the tokens of one door.
type Reader struct {
	Directory *org.Directory
	Source    string // the channel that history names: "api" or "page"
	// Zone, when given, tells an organisation's time zone. It is asked once a request.
	Zone func(context.Context, org.Tenant) (*time.Location, error)
}

// maxToken is longer than any token there is.
const maxToken = 128

// Authenticate tells who holds a token. The fault is Unauthenticated for a token nobody holds, or no longer.
func (r Reader) Authenticate(ctx context.Context, token string) (Identity, error) {
	if token == "" || len(token) > maxToken {
		return Identity{}, fault.New(fault.Unauthenticated, "unauthenticated")
	}
	hash := org.PointerHash(org.Session, token)
	p, err := r.Directory.Resolve(ctx, org.Session, hash)
	switch {
	case errors.Is(err, fault.NotFound):
		return Identity{}, fault.New(fault.Unauthenticated, "session_expired")
	case err != nil:
		return Identity{}, store.Fault(err)
	}
	var d Data
	if err := json.Unmarshal(p.Data, &d); err != nil {
		return Identity{}, fmt.Errorf("session: stored session: %w", err)
	}
	actor := policy.Actor{ID: p.Ref, Name: d.Name, Source: r.Source}
	who := Identity{Grant: policy.For(actor, policy.Role(d.Role)).In(p.Tenant).At(d.Entity), Language: i18n.Language(d.Language), Session: hash, Expires: p.Expires}
	if r.Zone != nil {
		who.Zone, err = r.Zone(ctx, p.Tenant)
	}
	return who, err
}
