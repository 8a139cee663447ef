package preference_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// open gives a store that tells of keys of other organisations than the first.
func open(t *testing.T) store.Store {
	t.Helper()
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clock.At(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	recorder := storefault.NewRecorder(t, bolt)
	recorder.AllowPrefix("org_1#p")
	return recorder
}

func user(id string) policy.Grant {
	tenant, _ := org.Founding("org_1", false)
	return policy.For(policy.Actor{ID: id}, policy.Reader).In(tenant)
}

func TestKeep(t *testing.T) {
	b := preference.New(open(t))
	of := func(id string) preference.Preferences {
		t.Helper()
		p, err := b.Of(t.Context(), user(id))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	keep := func(id string, change func(*preference.Preferences)) {
		t.Helper()
		if err := b.Keep(t.Context(), user(id), change); err != nil {
			t.Fatal(err)
		}
	}
	if got := of("usr_1"); got.RowsOr() != preference.UsualRows || got.Columns != nil {
		t.Errorf("somebody who has not chosen likes %+v", got)
	}
	keep("usr_1", func(p *preference.Preferences) { p.Rows = 200 })
	keep("usr_1", func(p *preference.Preferences) { p.Columns["contact"] = []string{"custom.size", "town"} })
	want := preference.Preferences{Rows: 200, Columns: map[string][]string{"contact": {"custom.size", "town"}}}
	if diff := cmp.Diff(want, of("usr_1")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(preference.Preferences{}, of("usr_2")); diff != "" {
		t.Errorf("somebody else's: %s", diff)
	}
	keep("usr_1", func(p *preference.Preferences) { delete(p.Columns, "contact") })
	if diff := cmp.Diff(preference.Preferences{Rows: 200}, of("usr_1")); diff != "" {
		t.Error(diff)
	}
}

func TestKeepRefuses(t *testing.T) {
	b := preference.New(open(t))
	for name, tt := range map[string]struct {
		path, code string
		change     func(*preference.Preferences)
	}{
		"rows nobody offers": {"rows", "choice", func(p *preference.Preferences) { p.Rows = 60 }},
		"fewer than none":    {"rows", "choice", func(p *preference.Preferences) { p.Rows = -25 }},
		"no column":          {"columns", "bad_choice", func(p *preference.Preferences) { p.Columns["contact"] = []string{"a,b"} }},
		"no list":            {"columns", "bad_choice", func(p *preference.Preferences) { p.Columns[""] = nil }},
		"too many columns":   {"columns", "too_many", func(p *preference.Preferences) { p.Columns["contact"] = make([]string, preference.MaxColumns+1) }},
		"too many lists": {"columns", "too_many", func(p *preference.Preferences) {
			for i := range preference.MaxLists + 1 {
				p.Columns[strings.Repeat("a", i+1)] = []string{"b"}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := b.Keep(t.Context(), user("usr_1"), tt.change)
			f := fault.From(err)
			if f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != tt.path || f.Fields[0].Code != tt.code {
				t.Errorf("%v", err)
			}
			if got, err := b.Of(t.Context(), user("usr_1")); err != nil || got.Rows != 0 || got.Columns != nil {
				t.Errorf("kept %+v, %v", got, err)
			}
		})
	}
}

// What is chosen in two windows at once is kept, both of it.
func TestKeepAtOnce(t *testing.T) {
	b := preference.New(open(t))
	var all sync.WaitGroup
	for _, list := range []string{"contact", "family", "company"} {
		all.Go(func() {
			if err := b.Keep(t.Context(), user("usr_1"), func(p *preference.Preferences) { p.Columns[list] = []string{"name"} }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := b.Of(t.Context(), user("usr_1"))
	if err != nil || len(got.Columns) != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// counting counts what is written.
type counting struct {
	store.Store
	writes int
}

func (c *counting) Apply(ctx context.Context, b store.Batch) error {
	c.writes++
	return c.Store.Apply(ctx, b)
}

func TestKeepWritesChangesAlone(t *testing.T) {
	s := &counting{Store: open(t)}
	b := preference.New(s)
	for range 3 {
		if err := b.Keep(t.Context(), user("usr_1"), func(p *preference.Preferences) { p.Rows = 100 }); err != nil {
			t.Fatal(err)
		}
	}
	if s.writes != 1 {
		t.Errorf("%d writes of one choice", s.writes)
	}
}

// A store that is busy is said to be, whatever it was asked.
func TestBusy(t *testing.T) {
	for _, kind := range storefault.Kinds {
		for call := 1; call <= 2; call++ {
			b := preference.New(storefault.New(open(t), storefault.At(call, kind)))
			err := b.Keep(t.Context(), user("usr_1"), func(p *preference.Preferences) { p.Rows = 100 })
			if err == nil {
				t.Errorf("call %d, fault %v: no error", call, kind)
			}
			if f := fault.From(err); f.Kind != fault.Unavailable && f.Kind != fault.Internal || errors.Is(err, fault.Invalid) {
				t.Errorf("call %d, fault %v: %v", call, kind, err)
			}
		}
	}
}
