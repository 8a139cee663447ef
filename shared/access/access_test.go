package access_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// diary is the access log of one organisation, and what was written into it, newest first.
type diary struct {
	t       *testing.T
	store   store.Store
	clock   *clock.Manual
	commits *log.Log
	tenant  org.Tenant
	written []access.Entry
}

func open(t *testing.T) *diary {
	clk := clock.At(noon)
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	tenant, _ := org.Founding("org_1", false)
	recorder := storefault.NewRecorder(t, bolt)
	recorder.AllowPrefix("org_1#")
	return &diary{t: t, store: recorder, clock: clk, commits: log.New(recorder, clk, clock.NewIDs(clk, nil)), tenant: tenant}
}

func (d *diary) grant(role policy.Role) policy.Grant {
	return policy.For(policy.Actor{ID: "usr_1"}, role).In(d.tenant)
}

// note writes accesses of one commit.
func (d *diary) note(actor policy.Actor, entries ...access.Entry) {
	d.t.Helper()
	entry, err := d.commits.Commit(d.t.Context(), d.tenant, func(head log.Head) (log.Proposal, error) {
		ops, err := access.Put(d.tenant, head, actor, entries...)
		return log.Proposal{Action: "contact.reveal", Actor: actor, Ops: ops}, err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		e.Seq, e.At, e.Actor, e.Name, e.For, e.Channel = entry.Seq, entry.At, actor.ID, actor.Name, actor.For, actor.Source
		d.written = slices.Insert(d.written, 0, e)
	}
}

// all reads everything a filter keeps, in pages.
func (d *diary) all(f access.Filter, limit int) []access.Entry {
	d.t.Helper()
	var all []access.Entry
	after := ""
	for {
		page, next, err := access.List(d.t.Context(), d.store, d.grant(policy.Admin), f, after, limit)
		if err != nil {
			d.t.Fatal(err)
		}
		if len(page) > limit || next != "" && next == after {
			d.t.Fatalf("%d entries of %d, next %q after %q", len(page), limit, next, after)
		}
		if all = append(all, page...); next == "" {
			return all
		}
		after = next
	}
}

// TestList holds lists against what was written, with filters and page sizes of all sorts.
func TestList(t *testing.T) {
	d := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	for range 150 {
		var entries []access.Entry
		for range 1 + r.IntN(3) {
			entries = append(entries, access.Entry{Act: access.Reveal, Kind: "contact", Record: pick("con_1", "con_11", "con_2"),
				Fields: []string{pick("iban", "nationalNumber.number", "custom.secret")}})
		}
		d.note(policy.Actor{ID: pick("usr_1", "usr_2"), Name: "Somebody", Source: "page"}, entries...)
		d.clock.Advance(time.Duration(r.IntN(3)) * time.Hour)
	}
	moment := func() time.Time {
		if r.IntN(2) == 0 {
			return time.Time{}
		}
		return noon.Add(time.Duration(r.IntN(200)) * time.Hour)
	}
	kept := 0
	for range 300 {
		f := access.Filter{Records: [][]string{nil, {"con_1"}, {"con_11"}, {"con_3"}, {"con_2", "con_11"}, {"con_3", "con_1", "con_2"}}[r.IntN(6)], Actor: pick("", "usr_1", "usr_9"),
			Field: pick("", "iban", "custom", "nationalNumber", "custom.secret", "cust"), From: moment(), To: moment()}
		var want []access.Entry
		for _, e := range d.written {
			named := f.Field == "" || e.Fields[0] == f.Field || len(e.Fields[0]) > len(f.Field) && e.Fields[0][:len(f.Field)+1] == f.Field+"."
			if (f.Records == nil || slices.Contains(f.Records, e.Record)) && (f.Actor == "" || e.Actor == f.Actor) && named &&
				(f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To)) {
				want = append(want, e)
			}
		}
		kept += len(want)
		if diff := cmp.Diff(want, d.all(f, 1+r.IntN(40))); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", f, diff)
		}
	}
	if kept < 1000 {
		t.Errorf("the filters kept only %d entries", kept)
	}
}

// A commit notes as many as fit it, in their order.
func TestManyInOneCommit(t *testing.T) {
	d := open(t)
	var entries []access.Entry
	for i := range access.MaxNoted {
		entries = append(entries, access.Entry{Act: access.Export, Kind: "contact", Record: fmt.Sprintf("con_%d", i), Fields: []string{"iban"}})
	}
	d.note(policy.Actor{ID: "usr_1"}, entries...)
	if diff := cmp.Diff(d.written, d.all(access.Filter{}, 7)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyManagersRead(t *testing.T) {
	d := open(t)
	for _, role := range policy.Roles() {
		_, _, err := access.List(t.Context(), d.store, d.grant(role), access.Filter{}, "", 10)
		if denied := errors.Is(err, fault.Denied); denied != (role != policy.Owner && role != policy.Admin) {
			t.Errorf("%s: %v", role, err)
		}
	}
}
