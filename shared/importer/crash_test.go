package importer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// mishap is an import, or the undo of one, in which everything goes wrong that can.
type mishap struct {
	state job.State
	begin func(h *house) (id string) // all that comes before
	start func(h *house, id string) error
	end   func(h *house, id string) any // what it leaves behind
}

// apart is a store that takes no series, as DynamoDB does not.
type apart struct{ store.Store }

var mishaps = map[string]mishap{
	"creating": {job.Done, func(h *house) string { return h.upload("people.csv", list(15)).ID }, runs,
		func(h *house, id string) any { return h.end(id) }},
	"merging": {job.Done, acquainted, runs,
		func(h *house, id string) any { return [][]string{h.told(), h.fates(id)} }},
	"undoing": {job.Undone, func(h *house) string {
		id := acquainted(h)
		h.before = h.dump()
		h.run(id)
		return id
	}, undoes,
		func(h *house, id string) any {
			if imp, err := h.imports.Get(h.t.Context(), h.grant, id); err != nil || imp.Counts["back"] != imp.Written() {
				h.t.Errorf("%v %v", imp.Counts, err)
			}
			if diff := cmp.Diff(h.before, h.dump()); diff != "" {
				h.t.Error(diff)
			}
			return h.told()
		}},
}

// acquainted plans an import of rows of which some find contacts that are there.
func acquainted(h *house) (id string) {
	h.known(3)
	return h.merging(mixed(9))
}

func undoes(h *house, id string) error {
	_, err := h.imports.Undo(h.t.Context(), h.grant, id)
	return err
}

func runs(h *house, id string) error {
	_, err := h.imports.Run(h.t.Context(), h.grant, id)
	return err
}

// Whatever goes wrong with whichever call of the store, and with whichever commit of those that are written together, an
// import, one that changes and links, and an undo end as if nothing had.
func TestEveryCallMayFail(t *testing.T) {
	for name, m := range mishaps {
		for _, way := range []string{"together", "one by one"} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				m.enumerate(t, way == "together")
			})
		}
	}
}

func (m mishap) enumerate(t *testing.T, together bool) {
	var plan storefault.Plan
	var faults *storefault.Faults
	series := 0
	ready := open(t, nil)
	ready.imports.SetSizes(8, 2, 3)
	id := m.begin(ready)
	if err := m.start(ready, id); err != nil {
		t.Fatal(err)
	}
	begin := func() *house {
		h := ready.fork(func(s store.Store) store.Store {
			faults = storefault.New(s, func(call int) storefault.Kind {
				if plan == nil {
					return storefault.None
				}
				return plan(call)
			})
			if !together {
				return apart{faults}
			}
			return noting{faults, &series}
		})
		h.imports.SetSizes(8, 2, 3)
		return h
	}
	h := begin()
	if imp := h.work(id); imp.State != m.state {
		t.Fatal(imp.State, imp.Failure)
	}
	calls := faults.Calls() - 1 // the last one reads the import for the test
	if together && m.state == job.Done && series < 4 {
		t.Errorf("the longest series has %d commits", series)
	}
	want := m.end(h, id)
	kinds := slices.DeleteFunc(slices.Clone(storefault.Kinds), func(k storefault.Kind) bool { return k == storefault.Outage })
	if !together {
		kinds = []storefault.Kind{storefault.After, storefault.Lost, storefault.KilledAfter}
	}
	for call := 1; call <= calls; call++ {
		for _, kind := range kinds {
			plan = nil
			h := begin()
			plan = storefault.At(call, kind)
			for range 8 {
				_ = h.runner().Run(t.Context(), h.grant.Tenant(), id, 0) // what it says does not matter: it is called again
				faults.Revive()
				h.clock.Advance(3 * time.Minute) // the lease of a dead worker runs out
				if imp, err := h.imports.Get(t.Context(), h.grant, id); err == nil && imp.State.Ended() {
					break
				}
			}
			if imp, err := h.imports.Get(t.Context(), h.grant, id); err != nil || imp.State != m.state {
				t.Fatalf("call %d of %d %s: %s %s %v", call, calls, kind, imp.State, imp.Failure, err)
			}
			if diff := cmp.Diff(want, m.end(h, id)); diff != "" {
				t.Fatalf("call %d of %d %s:\n%s", call, calls, kind, diff)
			}
		}
	}
	t.Logf("%d points", calls*len(kinds))
}

// noting remembers how long the longest series is.
type noting struct {
	*storefault.Faults
	longest *int
}

func (n noting) ApplyAll(ctx context.Context, batches []store.Batch) (int, error) {
	*n.longest = max(*n.longest, len(batches))
	return n.Faults.ApplyAll(ctx, batches)
}

// told lists what the organisation holds, without what differs from run to run.
func (h *house) told() (all []string) {
	for key, raw := range h.dump() {
		kind, id, _ := strings.Cut(key, "/")
		if kind != contact.Name && kind != "family" {
			continue
		}
		found, err := h.kernel.Records.Get(h.t.Context(), h.grant, kind, id)
		if err != nil {
			h.t.Fatal(err)
		}
		var rec struct {
			FirstName, Name, Occupation string
			Number                      int64
			Newsletter                  bool
			Consents                    []struct{ Given bool }
			Tags                        []string
			Emails                      []struct{ Address string }
			Members                     []struct{ Role string }
		}
		if err := json.Unmarshal([]byte(raw), &rec); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s v%d %+v", kind, found.Base().Version, rec))
	}
	slices.Sort(all)
	return all
}
