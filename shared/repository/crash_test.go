package repository_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// TestEveryCallOfOtherWritesMayFail does as TestEveryCallOfAWriteMayFail does for records of other kinds: children, records
// with references, and those of a serial kind.
func TestEveryCallOfOtherWritesMayFail(t *testing.T) {
	for name, ready := range map[string]func(h house, n int) request{
		"create under": func(h house, n int) request {
			owner := h.Create("club", body(`{"name":"c%d"}`, n)).Base().ID
			return func(h house, w repository.Write) (repository.Result, error) {
				return h.CreateUnder(h.T.Context(), w, "memo", owner, []byte(`{"text":"x","secret":"BE00000123"}`))
			}
		},
		"trash of a child": func(h house, n int) request {
			m := h.under("memo", h.Create("club", body(`{"name":"c%d"}`, n)).Base().ID, `{"text":"x"}`).Base().ID
			return func(h house, w repository.Write) (repository.Result, error) {
				return h.Trash(h.T.Context(), w, "memo", m, 1)
			}
		},
		"reference": func(h house, n int) request {
			c, jan := h.Create("club", body(`{"name":"c%d"}`, n)).Base().ID, h.contact(`{"firstName":"Jan"}`).ID
			return func(h house, w repository.Write) (repository.Result, error) {
				return h.Patch(h.T.Context(), w, "club", c, 1, []byte(fmt.Sprintf(`{"chair":%q}`, jan)))
			}
		},
		"serial": func(h house, n int) request {
			if n == 0 {
				h.mustSlot(1)
			}
			next := len(h.slots()) + 1
			return func(h house, w repository.Write) (repository.Result, error) {
				return h.Repository.Create(h.T.Context(), w, "slot", []byte(body(`{"number":%d}`, next)))
			}
		},
		"restore of a serial one": func(h house, n int) request {
			s := h.mustSlot(len(h.slots()) + 1)
			h.away(s)
			return func(h house, w repository.Write) (repository.Result, error) {
				return h.Restore(h.T.Context(), w, "slot", s.Base().ID, 2, repository.DropNone)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := clubhouse(t, repositorytest.Options{})
			plan := func(int) storefault.Kind { return storefault.None }
			faults := storefault.New(h.Below, func(call int) storefault.Kind { return plan(call) })
			process := house{h.Through(faults)}
			trials, calls := 0, 0
			trial := func(n int, kind storefault.Kind) {
				w := h.keyed(fmt.Sprintf("t%d", trials), "b")
				do := ready(h, trials)
				trials++
				if _, err := process.Seq(t.Context(), h.Grant(policy.Owner)); err != nil {
					t.Fatal(err)
				}
				start := faults.Calls()
				plan = func(call int) storefault.Kind {
					if call == start+n {
						return kind
					}
					return storefault.None
				}
				before := entries(h)
				res := process.deliver(t, faults, w, do, func() { process = house{h.Through(faults)} })
				calls = faults.Calls() - start
				if written := entries(h) - before; written != 1 {
					t.Errorf("call %d %v: written %d times", n, kind, written)
				}
				again, err := do(h, w)
				if err != nil || !again.Replayed || cmp.Diff(res.Record, again.Record) != "" {
					t.Errorf("call %d %v: once more: %+v, %v", n, kind, again, err)
				}
				if now := h.read(res.Record); cmp.Diff(now, res.Record) != "" {
					t.Errorf("call %d %v: the answer is not what is there: %s", n, kind, cmp.Diff(now, res.Record))
				}
			}
			trial(0, storefault.None)
			for n := range calls {
				for _, kind := range storefault.Kinds {
					trial(n+1, kind)
				}
			}
		})
	}
}

// entries counts the commits there are.
func entries(h house) int64 {
	h.T.Helper()
	seq, err := h.Seq(h.T.Context(), h.Grant(policy.Owner))
	if err != nil {
		h.T.Fatal(err)
	}
	return seq
}

func (h house) read(r record.Record) record.Record {
	h.T.Helper()
	now, err := h.Get(h.T.Context(), h.Grant(policy.Owner), r.Base().Kind, r.Base().ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return now
}
