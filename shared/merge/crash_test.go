package merge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// process gives the house as another process has it whose store fails as planned.
func (h house) through(faults *storefault.Faults) house {
	other := h.Through(faults)
	return house{other, merge.New(other.Repository)}
}

func (h house) keyed(route, name string) repository.Write {
	w := h.Write()
	w.Key = idem.Key{Caller: "usr_owner", Route: route, Name: name, Body: name}
	return w
}

func (h house) seq() int64 {
	h.T.Helper()
	n, err := h.Seq(h.T.Context(), h.Grant(policy.Owner))
	if err != nil {
		h.T.Fatal(err)
	}
	return n
}

// TestEveryCallMayFail lets every call of a merge and of its undoing fail in every way, sends the request again until it is
// answered, and finds it done once: one commit, and in the end the records as they were.
func TestEveryCallMayFail(t *testing.T) {
	points, diverged := 0, 0
	h := open(t)
	plan := func(int) storefault.Kind { return storefault.None }
	faults := storefault.New(h.Below, func(call int) storefault.Kind { return plan(call) })
	working := h.through(faults)
	deliver := func(do func(house) error) {
		t.Helper()
		for range 6 {
			switch err := do(working); {
			case err == nil:
				return
			case errors.Is(err, storefault.ErrKilled):
				faults.Revive()
				working = h.through(faults)
			case errors.Is(err, fault.Unavailable), errors.Is(err, storefault.ErrOutage), errors.Is(err, context.Canceled):
			default:
				t.Fatalf("a fault of the store is told as %v", err)
			}
		}
		t.Fatal("never answered")
	}
	n := 0
	trial := func(undo bool, at int, kind storefault.Kind) (calls int) {
		n++
		a := h.person(fmt.Sprintf(`{"firstName":"A%d","emails":[{"address":"a%d@example.org"}],"tags":["x"]}`, n, n)).ID
		b := h.person(fmt.Sprintf(`{"firstName":"B%d","lastName":"C","emails":[{"address":"b%d@example.org"}],"tags":["y"]}`, n, n)).ID
		before := [2]string{h.dump()[a], h.dump()[b]}
		var told *merge.Merge
		fail := func(on bool) {
			start := faults.Calls()
			plan = func(call int) storefault.Kind {
				if on && call == start+at {
					return kind
				}
				return storefault.None
			}
		}
		once := func(on bool, do func(house) error) {
			t.Helper()
			working.seq()
			was, start := h.seq(), 0
			fail(on)
			start = faults.Calls()
			deliver(do)
			calls = faults.Calls() - start
			if h.seq() != was+1 {
				t.Errorf("call %d %v: %d commits", at, kind, h.seq()-was)
				diverged++
			}
		}
		once(!undo, func(p house) (err error) {
			told, _, err = p.merges.Do(t.Context(), p.keyed("POST /v1/merges", fmt.Sprint(n)), merge.Request{Kind: "contact", Main: a, Others: []string{b}})
			return err
		})
		if got := h.get(b); got.ID != a || len(got.Emails) != 2 || got.LastName != "C" {
			t.Errorf("call %d %v: %+v", at, kind, got)
			diverged++
		}
		merged := calls
		once(undo, func(p house) (err error) {
			_, _, err = p.merges.Undo(t.Context(), p.keyed("POST /v1/merges/"+told.ID+"/undo", fmt.Sprint(n)), told.ID, repository.DropNone)
			return err
		})
		if diff := cmp.Diff(before, [2]string{h.dump()[a], h.dump()[b]}); diff != "" {
			t.Errorf("call %d %v: %s", at, kind, diff)
			diverged++
		}
		if undo {
			return calls
		}
		return merged
	}
	for _, undo := range []bool{false, true} {
		calls := trial(undo, 0, storefault.None)
		for at := range calls {
			for _, kind := range storefault.Kinds {
				trial(undo, at+1, kind)
				points++
			}
		}
	}
	t.Logf("%d points tried, %d divergences", points, diverged)
}

// TestParallel lets writers merge, undo, edit and add to the same few records at once, in several processes: every answer is
// the deed itself or a refusal that says why, nothing is lost, and once all merges are undone and the edits with them the
// records are there again, each with its own address.
func TestParallel(t *testing.T) {
	h := open(t)
	var ids []string
	for i := range 4 {
		ids = append(ids, h.person(fmt.Sprintf(`{"firstName":"P%d","emails":[{"address":"p%d@example.org"}]}`, i, i)).ID)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	made := map[string]bool{}
	notes := 0
	count := map[string]int{}
	noting := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			count[what]++
		case errors.Is(err, fault.Conflict), errors.Is(err, fault.Stale), errors.Is(err, fault.Invalid), errors.Is(err, fault.Unavailable), errors.Is(err, fault.NotFound):
			count[what+" refused"]++
		default:
			t.Errorf("%s: %v", what, err)
		}
	}
	for p := range 3 {
		own := house{h.Again(), nil}
		own.merges = merge.New(own.Repository)
		all.Go(func() {
			for i := range 12 {
				main, other := ids[(p+i)%len(ids)], ids[(p*2+i*3+1)%len(ids)]
				switch i % 4 {
				case 0, 2:
					told, _, err := own.merges.Do(t.Context(), own.Write(), merge.Request{Kind: "contact", Main: main, Others: []string{other}})
					noting("merge", err)
					if err == nil {
						mu.Lock()
						made[told.ID] = true
						mu.Unlock()
					}
				case 1:
					_, err := own.Patch(t.Context(), own.Write(), "contact", other, repository.AnyVersion, []byte(fmt.Sprintf(`{"nickname":"n%d.%d"}`, p, i)))
					noting("edit", err)
					_, err = own.CreateUnder(t.Context(), own.Write(), "note", other, []byte(`{"text":"x"}`))
					noting("note", err)
					if err == nil {
						mu.Lock()
						notes++
						mu.Unlock()
					}
				default:
					mu.Lock()
					id := ""
					for id = range made {
						break
					}
					delete(made, id)
					mu.Unlock()
					if id != "" {
						_, _, err := own.merges.Undo(t.Context(), own.Write(), id, repository.DropNone)
						noting("undo", err)
						if errors.Is(err, fault.Unavailable) {
							mu.Lock()
							made[id] = true
							mu.Unlock()
						}
					}
				}
			}
		})
	}
	all.Wait()
	if got := len(h.found("note", "")); got != notes {
		t.Errorf("%d notes were made, %d are found", notes, got)
	}
	for id := range made {
		if _, _, err := h.merges.Undo(t.Context(), h.Write(), id, repository.DropNone); err != nil {
			t.Error(err)
		}
	}
	for i, id := range ids {
		got := h.get(id)
		if got.ID != id || len(got.Emails) != 1 || got.Emails[0].Address != fmt.Sprintf("p%d@example.org", i) {
			t.Errorf("in the end %s is %+v", id, got)
		}
	}
	if got := len(h.found("note", "")); got != notes {
		t.Errorf("%d notes were made, %d are found in the end", notes, got)
	}
	t.Log(count)
}
