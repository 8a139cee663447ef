package log_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// desk is an organisation on a store of its own. No key outside the organisation may be touched.
type desk struct {
	t      testing.TB
	clock  *clock.Manual
	below  store.Store // without a fault
	store  store.Store
	tenant org.Tenant
}

func open(t testing.TB) *desk {
	t.Helper()
	clk := clock.At(noon)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return over(t, s, clk)
}

func over(t testing.TB, s store.Store, clk *clock.Manual) *desk {
	t.Helper()
	tenant, err := org.NewDirectory(s, clk).Found(t.Context(), clock.NewIDs(clk, nil).New("org"))
	if err != nil {
		t.Fatal(err)
	}
	recorder := storefault.NewRecorder(t, s)
	recorder.AllowPrefix(tenant.ID() + "#")
	return &desk{t: t, clock: clk, below: recorder, store: recorder, tenant: tenant}
}

// log gives a log as one more process would have it.
func (d *desk) log() *log.Log { return log.New(d.store, d.clock, clock.NewIDs(d.clock, nil)) }

// note proposes to write down something that is not there yet.
func (d *desk) note(id string) func(log.Head) (log.Proposal, error) {
	return func(log.Head) (log.Proposal, error) {
		ref := log.Ref{Kind: "note", ID: id, Revision: 1}
		value := fmt.Appendf(nil, `{"id":%q}`, id)
		return log.Proposal{
			Ops:    []store.Op{{Kind: store.Put, Key: ref.Key(d.tenant), Expect: store.Absent, Value: value}},
			Refs:   []log.Ref{ref},
			Values: [][]byte{value},
			Action: "note.create",
			Actor:  policy.Actor{ID: "usr_1", Name: "Olga", Source: "page"},
		}, nil
	}
}

func (d *desk) commit(l *log.Log, id string) log.Entry {
	d.t.Helper()
	entry, err := l.Commit(d.t.Context(), d.tenant, d.note(id))
	if err != nil {
		d.t.Fatal(err)
	}
	return entry
}

// entries reads the whole log in small pages, and holds it against what the head says.
func (d *desk) entries() []log.Entry {
	d.t.Helper()
	l := log.New(d.below, d.clock, nil)
	var all []log.Entry
	for {
		page, err := l.After(d.t.Context(), d.tenant, int64(len(all)), 7)
		if err != nil {
			d.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	d.ordered(all)
	head, err := l.Head(d.t.Context(), d.tenant)
	if err != nil {
		d.t.Fatal(err)
	}
	if head.Seq != int64(len(all)) {
		d.t.Errorf("the head stands at %d, there are %d entries", head.Seq, len(all))
	}
	return all
}

// ordered says what is wrong with the order of entries from the first.
func (d *desk) ordered(all []log.Entry) {
	d.t.Helper()
	commits := map[string]bool{}
	for i, e := range all {
		if e.Seq != int64(i)+1 {
			d.t.Fatalf("entry %d has the sequence number %d", i, e.Seq)
		}
		if commits[e.Commit] {
			d.t.Errorf("commit %s twice", e.Commit)
		}
		commits[e.Commit] = true
		if i > 0 && e.At.Before(all[i-1].At) {
			d.t.Errorf("entry %d at %v, the one before at %v", e.Seq, e.At, all[i-1].At)
		}
	}
}

// noted tells which of the notes are in the store, and complains of entries without a note.
func (d *desk) noted(all []log.Entry) map[string]int {
	d.t.Helper()
	times := map[string]int{}
	for _, e := range all {
		for _, ref := range e.Refs {
			times[ref.ID]++
			items, err := d.below.Get(context.Background(), store.Each, ref.Key(d.tenant))
			if err != nil {
				d.t.Fatal(err)
			}
			if items[0] == nil || items[0].Revision != ref.Revision {
				d.t.Errorf("entry %d names %s, in the store there is %v", e.Seq, ref.ID, items[0])
			}
		}
	}
	return times
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
