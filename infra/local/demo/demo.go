// Package demo fills an empty store with an invented organisation, so that every page of a first look has life: a club
// for sports and culture near Brussels with some four hundred people and four years of history.
//
// Everything is made through the product's own operations, by a clock that is moved through the years, with ids and
// choices that come from a fixed seed: the same moment gives the same organisation. Nothing here knows how records are
// kept. The people, their addresses and their numbers are nobody's.
package demo

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/store"
)

// Name is the name of the organisation.
const Name = "Lindenhof Sport & Cultuur"

// OwnerEmail is the login of the owner when none is given.
const OwnerEmail = "olivia@demo.example"

// years is how long the organisation has been using the program.
const years = 4

// Ports are what the organisation is made in.
type Ports struct {
	Store store.Store // holds no organisation yet
	Blobs blob.Bucket
	Now   time.Time // when the history ends; zero: the machine's time
}

// Owner is whoever is to sign in.
type Owner struct {
	Email    string // "": OwnerEmail
	Password string // "": a link that signs in once
}

// Made says how to come in.
type Made struct {
	Email string
	Link  string // token of a link that signs in once and may set a password; "" with a password
}

// Fill makes the organisation. Nothing else may use the store meanwhile, schedules least of all: what is due in a past
// year would be done now. Faults: Invalid for a password that is too weak or an address that is none.
func Fill(ctx context.Context, p Ports, o Owner) (Made, error) {
	if p.Now.IsZero() {
		p.Now = clock.System{}.Now()
	}
	s, err := begin(ctx, p, Owner{Email: cmp.Or(o.Email, OwnerEmail), Password: o.Password})
	if err != nil {
		return Made{}, err
	}
	s.plan()
	if err := s.tell(ctx); err != nil {
		return Made{}, err
	}
	made := Made{Email: s.owner.Email}
	if o.Password == "" {
		if made.Link, err = s.accounts.Link(ctx, s.owner.Login); err != nil {
			return Made{}, err
		}
	}
	return made, s.Records.Snapshot(ctx, s.users[olivia].grant)
}

// seed makes every choice repeat. Another seed is another club.
var seed = [32]byte{'l', 'i', 'n', 'd', 'e', 'n', 'h', 'o', 'f'}

// beside makes every choice of what stands beside people repeat.
var beside = [32]byte{'b', 'e', 's', 'i', 'd', 'e'}

// begin puts the product together on a clock that stands years ago.
func begin(ctx context.Context, p Ports, o Owner) (*story, error) {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		return nil, err
	}
	s := &story{now: p.Now.In(zone), rand: rand.New(rand.NewChaCha8(seed)), more: rand.New(rand.NewChaCha8(beside))}
	s.start = time.Date(s.now.Year()-years, s.now.Month(), s.now.Day(), 10, 0, 0, 0, zone).AddDate(0, 0, -9)
	s.clock = clock.At(s.start)
	s.Kernel = kernel.New(kernel.Ports{Store: p.Store, Kinds: product.Kinds(), Blobs: p.Blobs, Phones: phone.Plan{}, Clock: s.clock,
		IDs: clock.NewIDs(s.clock, rand.NewChaCha8(seed))})
	s.accounts = account.New(account.Ports{Store: p.Store, Log: s.Commits, Directory: s.Directory, Records: s.Records, Ring: s.Ring,
		Clock: s.clock, IDs: s.IDs})
	s.imports = importer.New(importer.Ports{Records: s.Records, Jobs: s.Jobs, Blobs: p.Blobs})
	s.files = file.New(file.Ports{Records: s.Records, Blobs: p.Blobs})
	s.runner = job.NewRunner(s.Jobs, account.Rights{Store: p.Store, Kinds: s.Kinds}, map[string]job.Worker{importer.Kind: s.imports}, time.Minute)
	return s, s.found(ctx, o)
}
