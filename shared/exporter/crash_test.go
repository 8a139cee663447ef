package exporter_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
	"github.com/muster-crm/muster/shared/target"
)

// brittle is a bucket of which one call goes wrong.
type brittle struct {
	blob.Bucket
	calls int
	at    int // the call, counted from 1; 0: none
	how   string
}

// The ways a call of a bucket goes wrong: it cannot be had, did what it should and says it did not, or the process dies
// before it or behind it.
var brittleWays = []string{"before", "after", "killed before", "killed after"}

func (b *brittle) around(call func() error) error {
	b.calls++
	if b.at == 0 || b.calls != b.at {
		return call()
	}
	unavailable := fault.New(fault.Unavailable, "unavailable")
	switch b.how {
	case "before":
		return unavailable
	case "killed before":
		return context.Canceled
	}
	if err := call(); err != nil {
		return err
	}
	if b.how == "after" {
		return unavailable
	}
	return context.Canceled
}

func (b *brittle) Put(ctx context.Context, key string, r io.Reader, o blob.Options) (info blob.Info, err error) {
	err = b.around(func() error { info, err = b.Bucket.Put(ctx, key, r, o); return err })
	return info, err
}

func (b *brittle) Compose(ctx context.Context, key string, parts []string, o blob.Options) (info blob.Info, err error) {
	err = b.around(func() error { info, err = b.Bucket.Compose(ctx, key, parts, o); return err })
	return info, err
}

func (b *brittle) Open(ctx context.Context, key string) (object blob.Object, err error) {
	err = b.around(func() error { object, err = b.Bucket.Open(ctx, key); return err })
	return object, err
}

func (b *brittle) Stat(ctx context.Context, key string) (info blob.Info, err error) {
	err = b.around(func() error { info, err = b.Bucket.Stat(ctx, key); return err })
	return info, err
}

func (b *brittle) Delete(ctx context.Context, key string) error {
	return b.around(func() error { return b.Bucket.Delete(ctx, key) })
}

// Whatever goes wrong with any call of the store or the bucket while an export is made, what comes out is what a clean run
// leaves: one file, each record noted once in the action log, nothing left over.
func TestCrashes(t *testing.T) {
	for name, order := range map[string]exporter.Order{
		"table":       {Kind: contact.Name, Target: everything, Fields: []string{"firstName", "iban"}, Format: exporter.CSV},
		"per contact": {Kind: "company", Target: everything, Rows: exporter.PerContact, Fields: []string{"name", "contact.firstName"}, Format: exporter.XLSX},
		"profile":     {Kind: contact.Name, Target: everything, Format: exporter.PDF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crashes(t, order)
		})
	}
}

type crashed struct {
	h      *house
	faults *storefault.Faults
	blobs  *brittle
	plan   storefault.Plan
	ids    []string
	export string
}

func beginCrash(t *testing.T, order exporter.Order) *crashed {
	c := &crashed{}
	c.h = over(t, func(s store.Store) store.Store {
		c.faults = storefault.New(s, func(call int) storefault.Kind {
			if c.plan == nil {
				return storefault.None
			}
			return c.plan(call)
		})
		return c.faults
	}, func(b blob.Bucket) blob.Bucket {
		c.blobs = &brittle{Bucket: b}
		return c.blobs
	})
	c.h.exports.SetNoted(2)
	for i := range 3 {
		c.ids = append(c.ids, c.h.make(contact.Name, fmt.Sprintf(`{"firstName":"P%d","iban":"BE68539007547034"}`, i)).Base().ID)
	}
	for _, name := range []string{"Anchor", "Buoy"} {
		c.ids = append(c.ids, c.h.make("company", fmt.Sprintf(`{"name":%q,"contacts":[{"contact":%q},{"contact":%q}]}`, name, c.ids[0], c.ids[1])).Base().ID)
	}
	if order.Format == exporter.PDF {
		order.Target = target.Target{IDs: c.ids[:1]}
	}
	order.Language = i18n.English
	x, err := c.h.exports.Create(t.Context(), c.h.grant, order)
	if err != nil {
		t.Fatal(err)
	}
	c.export = x.ID
	return c
}

// work runs the export once.
func (c *crashed) work(t *testing.T) error {
	runner := job.NewRunner(c.h.Jobs, account.Rights{Store: c.h.Store, Kinds: c.h.Kinds}, map[string]job.Worker{exporter.Kind: c.h.exports}, time.Hour)
	return runner.Run(t.Context(), c.h.grant.Tenant(), c.export, 0)
}

// end tells what the export left behind.
func (c *crashed) end(t *testing.T) string {
	x, err := c.h.exports.Get(t.Context(), c.h.grant, c.export)
	if err != nil {
		t.Fatal(err)
	}
	text := []string{fmt.Sprint(x.State, x.Failure, x.Counts, x.Total)}
	if x.State == job.Done {
		file := c.h.fetch(c.h.grant, c.export)
		if x.Order.Format == exporter.PDF {
			text = append(text, c.h.printed.Title)
		} else {
			text = append(text, fmt.Sprint(rows(t, file)))
		}
	}
	for i, id := range c.ids {
		noted, _, err := deed.List(t.Context(), c.h.Store, c.h.grant, id, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range noted {
			text = append(text, fmt.Sprint(i, n.Act, n.Detail, n.Name, n.Ref == c.export))
		}
	}
	left, err := c.h.bucket.List(t.Context(), c.h.grant.Tenant().Blob("exports", ""), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, l := range left {
		if strings.HasSuffix(l.Key, "/file") {
			files++
		}
	}
	return strings.Join(append(text, fmt.Sprint(files, " files")), "\n")
}

func crashes(t *testing.T, order exporter.Order) {
	clean := beginCrash(t, order)
	calls, puts := clean.faults.Calls(), clean.blobs.calls
	if err := clean.work(t); err != nil {
		t.Fatal(err)
	}
	calls, puts = clean.faults.Calls()-calls, clean.blobs.calls-puts
	want := clean.end(t)
	if !strings.HasPrefix(want, "done") || strings.Count(want, "true") < 1 {
		t.Fatal(want)
	}
	try := func(what string, arrange func(c *crashed)) {
		c := beginCrash(t, order)
		arrange(c)
		for range 8 {
			_ = c.work(t) // what it says does not matter: it is called again
			c.faults.Revive()
			c.h.clock.Advance(3 * time.Minute) // the lease of a dead worker runs out
			if x, err := c.h.exports.Get(t.Context(), c.h.grant, c.export); err == nil && x.State.Ended() {
				break
			}
		}
		c.plan, c.blobs.at = nil, 0
		if diff := cmp.Diff(want, c.end(t)); diff != "" {
			t.Fatalf("%s:\n%s", what, diff)
		}
	}
	points := 0
	for call := 1; call <= calls; call++ {
		for _, kind := range []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost, storefault.Cancelled, storefault.KilledBefore, storefault.KilledAfter} {
			points++
			try(fmt.Sprintf("call %d of %d of the store %s", call, calls, kind), func(c *crashed) { c.plan = storefault.At(c.faults.Calls()+call, kind) })
		}
	}
	for call := 1; call <= puts; call++ {
		for _, how := range brittleWays {
			points++
			try(fmt.Sprintf("call %d of %d of the bucket %s", call, puts, how), func(c *crashed) { c.blobs.at, c.blobs.how = c.blobs.calls+call, how })
		}
	}
	t.Logf("%d calls of the store, %d of the bucket, %d points", calls, puts, points)
}
