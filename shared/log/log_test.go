package log_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

func TestCommitIsRead(t *testing.T) {
	d := open(t)
	l := d.log()
	first := d.commit(l, "a")
	d.clock.Advance(time.Minute)
	second, err := l.Commit(t.Context(), d.tenant, func(h log.Head) (log.Proposal, error) {
		if diff := cmp.Diff(log.Head{Seq: 1, At: noon.Add(time.Minute), Number: 1}, h); diff != "" {
			t.Errorf("head: %s", diff)
		}
		p, err := d.note("b")(h)
		p.Number, p.Batch = 41, "imp_1"
		return p, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]log.Entry{first, second}, d.entries()); diff != "" {
		t.Errorf("the log is not what the commits answered: %s", diff)
	}
	if string(first.Docs[0]) != `{"id":"a"}` || second.Batch != "imp_1" || second.Actor.Name != "Olga" || second.Action != "note.create" {
		t.Errorf("entries: %s", mustJSON(t, []log.Entry{first, second}))
	}
	d.commit(l, "c")
	if head, err := l.Head(t.Context(), d.tenant); err != nil || head.Number != 41 || head.Seq != 3 {
		t.Errorf("head: %+v, %v: the next number stays unless a commit moves it", head, err)
	}
}

func TestHeadOfNewOrganisation(t *testing.T) {
	d := open(t)
	head, err := d.log().Head(t.Context(), d.tenant)
	if diff := cmp.Diff(log.Head{Number: 1}, head); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	if entries, err := d.log().After(t.Context(), d.tenant, 0, 10); len(entries) != 0 || err != nil {
		t.Errorf("entries %v, %v", entries, err)
	}
}

// An entry carries its records as long as it stays small; a reader fetches the others.
func TestDocsFitOrAreFetched(t *testing.T) {
	d := open(t)
	for name, c := range map[string]struct {
		values [][]byte
		want   int
	}{
		"small":   {[][]byte{[]byte(`{"a":1}`), []byte(`{"b":2}`)}, 2},
		"large":   {[][]byte{[]byte(`{"a":1}`), []byte(`"` + strings.Repeat("x", 700) + `"`)}, 2},
		"larger":  {[][]byte{[]byte(`{"a":1}`), []byte(`"` + strings.Repeat("x", 1000) + `"`)}, 0},
		"unsaid":  {[][]byte{[]byte(`{"a":1}`), nil}, 0},
		"missing": {[][]byte{[]byte(`{"a":1}`)}, 0},
		"none":    {nil, 0},
	} {
		entry, err := d.log().Commit(t.Context(), d.tenant, func(log.Head) (log.Proposal, error) {
			return log.Proposal{Refs: []log.Ref{{Kind: "note", ID: "a", Revision: 1}, {Owner: "a", Kind: "note", ID: "b", Revision: 1}}, Values: c.values}, nil
		})
		if err != nil || len(entry.Docs) != c.want {
			t.Errorf("%s: %d documents, %v", name, len(entry.Docs), err)
		}
	}
	d.entries()
}

// With the records it carries an entry is one block of the table's, to the byte.
func TestEntriesAreOneBlock(t *testing.T) {
	d := open(t)
	carried, fetched := 0, 0
	for n := range 300 {
		entry, err := d.log().Commit(t.Context(), d.tenant, func(log.Head) (log.Proposal, error) {
			return log.Proposal{Refs: []log.Ref{{Kind: "note", ID: "a", Revision: 1}}, Values: [][]byte{[]byte(`"` + strings.Repeat("x", 650+n) + `"`)}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		items, err := d.store.Get(t.Context(), store.Each, d.tenant.Entry(entry.Seq))
		if err != nil {
			t.Fatal(err)
		}
		size := len(items[0].Partition) + len(items[0].Sort) + len("pkskrevval") + 4 + len(items[0].Value)
		if size > 1024 {
			t.Fatalf("entry %d is of %d bytes", entry.Seq, size)
		}
		if len(entry.Docs) > 0 {
			carried++
			if fetched > 0 {
				t.Fatal("a larger record is carried, a smaller one is not")
			}
		} else {
			fetched++
		}
	}
	if carried < 50 || fetched < 50 {
		t.Errorf("%d are carried and %d are not", carried, fetched)
	}
}

func TestRefKey(t *testing.T) {
	d := open(t)
	own, owned := log.Ref{Kind: "contact", ID: "con_1"}, log.Ref{Owner: "con_1", Kind: "note", ID: "not_1"}
	if own.Key(d.tenant) != d.tenant.Record("con_1", "contact", "con_1") || owned.Key(d.tenant) != d.tenant.Record("con_1", "note", "not_1") {
		t.Error("a reference does not lead to its record")
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	d := open(t)
	l := d.log()
	d.commit(l, "a")
	d.clock.Advance(-time.Hour)
	if e := d.commit(l, "b"); !e.At.Equal(noon) {
		t.Errorf("after the clock went back the entry is at %v", e.At)
	}
	d.clock.Set(noon.Add(time.Second))
	if e := d.commit(l, "c"); !e.At.Equal(noon.Add(time.Second)) {
		t.Errorf("when the clock has caught up the entry is at %v", e.At)
	}
	d.entries()
}

func TestErrorOfProposalIsTheAnswer(t *testing.T) {
	d := open(t)
	refused := errors.New("no")
	calls := 0
	_, err := d.log().Commit(t.Context(), d.tenant, func(log.Head) (log.Proposal, error) {
		calls++
		return log.Proposal{}, refused
	})
	if err != refused || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if _, err := d.log().Commit(t.Context(), d.tenant, func(log.Head) (log.Proposal, error) {
		return log.Proposal{Ops: make([]store.Op, log.MaxOps+1)}, nil
	}); err == nil {
		t.Error("a proposal larger than a batch was committed")
	}
	if all := d.entries(); len(all) != 0 {
		t.Errorf("refused proposals left %d entries", len(all))
	}
}

func TestFullProposal(t *testing.T) {
	d := open(t)
	_, err := d.log().Commit(t.Context(), d.tenant, func(log.Head) (log.Proposal, error) {
		var p log.Proposal
		for i := range log.MaxOps {
			p.Ops = append(p.Ops, store.Op{Kind: store.Put, Key: d.tenant.Change("a", int64(i)), Expect: store.Absent, Value: []byte("{}")})
		}
		return p, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFailedExpectationIsTheAnswer(t *testing.T) {
	d := open(t)
	l := d.log()
	d.commit(l, "a")
	free := store.Op{Kind: store.Put, Key: d.tenant.Change("free", 1), Expect: store.Absent, Value: []byte("x")}
	for name, interfere := range map[string]bool{"alone": false, "while the head moves": true} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			_, err := l.Commit(t.Context(), d.tenant, func(h log.Head) (log.Proposal, error) {
				if calls++; interfere {
					d.commit(d.log(), "moved")
				}
				p, err := d.note("a")(h)
				p.Ops = append([]store.Op{free}, p.Ops...)
				return p, err
			})
			failed, ok := errors.AsType[*store.Failed](err)
			if !ok || calls != 1 || len(failed.Failures) != 1 {
				t.Fatalf("%v after %d calls", err, calls)
			}
			f := failed.Failures[0]
			if f.Index != 1 || f.Key != d.tenant.Record("a", "note", "a") || f.Current == nil || string(f.Current.Value) != `{"id":"a"}` {
				t.Errorf("failure %+v: it is not about the proposal's second operation", f)
			}
		})
	}
	if items, err := d.store.Get(t.Context(), store.Each, free.Key); err != nil || items[0] != nil {
		t.Errorf("a refused commit wrote %v, %v", items, err)
	}
}

func TestLostRaceIsProposedAgain(t *testing.T) {
	d := open(t)
	l := d.log()
	var seen []int64
	entry, err := l.Commit(t.Context(), d.tenant, func(h log.Head) (log.Proposal, error) {
		if seen = append(seen, h.Seq); len(seen) <= 3 {
			d.commit(d.log(), strings.Repeat("x", len(seen)))
		}
		return d.note("a")(h)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{0, 1, 2, 3}, seen); diff != "" || entry.Seq != 4 {
		t.Errorf("proposed at %v, committed as %d", seen, entry.Seq)
	}
	if times := d.noted(d.entries()); len(times) != 4 || times["a"] != 1 {
		t.Errorf("noted %v", times)
	}
}

// always makes every call go wrong in one way.
func always(kind storefault.Kind) storefault.Plan { return func(int) storefault.Kind { return kind } }

func TestDeadlineIsUnavailable(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		kind storefault.Kind
		ctx  context.Context
	}{
		"busy for ever":             {storefault.Before, nil},
		"no answer, never done":     {storefault.Lost, nil},
		"throttled for ever":        {storefault.Throttled, nil},
		"the caller has gone":       {storefault.None, ended},
		"the caller goes meanwhile": {storefault.Before, ended},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.store = storefault.New(d.below, always(c.kind))
			synctest.Test(t, func(t *testing.T) {
				ctx := c.ctx
				if ctx == nil {
					ctx = context.Background()
				}
				_, err := d.log().Commit(ctx, d.tenant, d.note("a"))
				if f := fault.From(err); !errors.Is(err, fault.Unavailable) || f.Code != "busy" || f.Retry == 0 {
					t.Errorf("%v", err)
				}
			})
			if all := d.entries(); len(all) != 0 {
				t.Errorf("%d entries of a commit that never was", len(all))
			}
		})
	}
}

// Whoever waits for a turn waits no longer than they would for the table.
func TestDeadlineHoldsInTheQueue(t *testing.T) {
	d := open(t)
	l := d.log()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := l.Commit(t.Context(), d.tenant, func(h log.Head) (log.Proposal, error) {
		answer := make(chan error)
		go func() {
			_, err := l.Commit(ctx, d.tenant, d.note("b"))
			answer <- err
		}()
		cancel()
		if err := <-answer; !errors.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
		return d.note("a")(h)
	})
	if err != nil {
		t.Fatal(err)
	}
	if times := d.noted(d.entries()); times["a"] != 1 || times["b"] != 0 {
		t.Errorf("noted %v", times)
	}
}

// Organisations do not wait for each other.
func TestOrganisationsCommitSideBySide(t *testing.T) {
	d := open(t)
	l := log.New(d.store, d.clock, clock.NewIDs(d.clock, nil))
	id := clock.NewIDs(d.clock, nil).New("org")
	d.store.(*storefault.Recorder).AllowPrefix("dir")
	d.store.(*storefault.Recorder).AllowPrefix(id + "#")
	other, err := org.NewDirectory(d.store, d.clock).Found(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Commit(t.Context(), d.tenant, func(h log.Head) (log.Proposal, error) {
		if _, err := l.Commit(t.Context(), other, func(log.Head) (log.Proposal, error) { return log.Proposal{}, nil }); err != nil {
			t.Error(err)
		}
		return d.note("a")(h)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.entries()) != 1 {
		t.Error("one organisation's commit is in another's log")
	}
}

// A reader stops before an entry it cannot see yet.
func TestAfterEndsBeforeGap(t *testing.T) {
	d := open(t)
	var ops []store.Op
	for _, seq := range []int64{1, 2, 4, 5} {
		raw, err := json.Marshal(log.Entry{At: noon, Commit: "cm"})
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, store.Op{Kind: store.Put, Key: d.tenant.Entry(seq), Expect: store.Absent, Value: raw})
	}
	if err := d.store.Apply(t.Context(), store.Batch{Token: "t", Ops: ops}); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[int64]int{0: 2, 1: 1, 2: 0, 3: 2, 5: 0} {
		if entries, err := d.log().After(t.Context(), d.tenant, after, 10); err != nil || len(entries) != want {
			t.Errorf("after %d: %d entries, %v", after, len(entries), err)
		}
	}
}
