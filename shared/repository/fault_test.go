package repository_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// request is one write of a client that sends it again until it is answered.
type request func(h house, w repository.Write) (repository.Result, error)

// requests are the writes, each made ready in a house: tag is part of every value that must be unique.
var requests = map[string]func(h house, tag string) request{
	"create": func(_ house, tag string) request {
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Repository.Create(h.T.Context(), w, "contact", []byte(body(`{"firstName":"Jan","lastName":%q,"emails":[{"address":"%s@example.org"}],"externalIds":{"shop":%q}}`, tag, tag, tag)))
		}
	},
	"patch": func(h house, tag string) request {
		c := h.contact(body(`{"firstName":"Jan","emails":[{"address":"%s@example.org"}]}`, tag))
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Patch(h.T.Context(), w, "contact", c.ID, 1, []byte(body(`{"lastName":%q,"emails":[{"address":"%s@example.com"}]}`, tag, tag)))
		}
	},
	"trash": func(h house, tag string) request {
		c := h.contact(body(`{"firstName":"Jan","lastName":%q,"emails":[{"address":"%s@example.org"}]}`, tag, tag))
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Trash(h.T.Context(), w, "contact", c.ID, 1)
		}
	},
	"restore": func(h house, tag string) request {
		c := h.contact(body(`{"firstName":"Jan","lastName":%q,"emails":[{"address":"%s@example.org"}]}`, tag, tag))
		h.trash(c.ID)
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Restore(h.T.Context(), w, "contact", c.ID, 2, repository.DropNone)
		}
	},
	"restore, the holder drops its key": func(h house, tag string) request {
		c := h.contact(body(`{"firstName":"Jan","lastName":%q,"externalIds":{"shop":%q}}`, tag, tag))
		h.trash(c.ID)
		h.contact(body(`{"firstName":"Piet","lastName":%q,"externalIds":{"shop":%q}}`, tag, tag))
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Restore(h.T.Context(), w, "contact", c.ID, 2, repository.DropHolder)
		}
	},
	"revert": func(h house, tag string) request {
		c := h.contact(body(`{"firstName":"Jan","lastName":%q,"emails":[{"address":"%s@example.org"}]}`, tag, tag))
		h.mustPatch(c.ID, `{"firstName":"Piet","emails":null}`)
		seq := h.history(c.ID)[0].Seq
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Revert(h.T.Context(), w, "contact", c.ID, 2, seq, nil)
		}
	},
	"upsert of a new one": func(_ house, tag string) request {
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Upsert(h.T.Context(), w, "contact", "shop", tag, anyVersion, []byte(body(`{"firstName":"Jan","lastName":%q}`, tag)))
		}
	},
	"upsert of an old one": func(h house, tag string) request {
		h.contact(body(`{"firstName":"Jan","externalIds":{"shop":%q}}`, tag))
		return func(h house, w repository.Write) (repository.Result, error) {
			return h.Upsert(h.T.Context(), w, "contact", "shop", tag, anyVersion, []byte(body(`{"firstName":"Piet","lastName":%q}`, tag)))
		}
	},
}

// TestEveryCallOfAWriteMayFail makes every call of the store go wrong in every way, sends the request again as its client
// would, and compares what there is then with a run without faults.
func TestEveryCallOfAWriteMayFail(t *testing.T) {
	for name, ready := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			plan := func(int) storefault.Kind { return storefault.None }
			faults := storefault.New(h.Below, func(call int) storefault.Kind { return plan(call) })
			process := house{h.Through(faults)}

			clean, calls := "", 0
			trial := func(n int, kind storefault.Kind) string {
				tag := fmt.Sprintf("t%dk%d", n, kind)
				do := ready(h, tag)
				if _, err := process.Seq(t.Context(), h.Grant(policy.Owner)); err != nil { // in step, as a warm function is
					t.Fatal(err)
				}
				start := faults.Calls()
				plan = func(call int) storefault.Kind {
					if call == start+n {
						return kind
					}
					return storefault.None
				}
				res := process.deliver(t, faults, h.keyed(tag, "b"), do, func() { process = house{h.Through(faults)} })
				calls = faults.Calls() - start
				c := res.Record.(*contact.Contact)
				again, err := do(h, h.keyed(tag, "b"))
				if err != nil || !again.Replayed || again.Record.Base().ID != c.ID {
					t.Errorf("call %d %v: once more: %+v, %v", n, kind, again, err)
				}
				if diff := cmp.Diff(h.get(c.ID), c); diff != "" {
					t.Errorf("call %d %v: the answer is not what is there: %s", n, kind, diff)
				}
				return strings.NewReplacer(c.ID, "ID", tag, "TAG", fmt.Sprintf(`"number":%d`, c.Number), `"number":0`).Replace(mustJSON(t, c)) + actions(h.history(c.ID))
			}
			clean = trial(0, storefault.None)
			for n := range calls {
				for _, kind := range storefault.Kinds {
					if diff := cmp.Diff(clean, trial(n+1, kind)); diff != "" {
						t.Errorf("call %d %v: %s", n+1, kind, diff)
					}
				}
			}
		})
	}
}

// deliver sends a request until it is answered. reborn is called when the process has died.
func (h house) deliver(t *testing.T, faults *storefault.Faults, w repository.Write, do request, reborn func()) repository.Result {
	t.Helper()
	for range 5 {
		res, err := do(h, w)
		switch {
		case err == nil:
			return res
		case errors.Is(err, storefault.ErrKilled):
			faults.Revive()
			reborn()
		case errors.Is(err, fault.Unavailable), errors.Is(err, storefault.ErrOutage), errors.Is(err, context.Canceled):
		default:
			t.Fatalf("a fault of the store is told as %s", told(err))
		}
	}
	t.Fatal("never answered")
	return repository.Result{}
}

// Refusals write nothing and are judged anew each time (API-03).
func TestRefusalsAreNotKept(t *testing.T) {
	h := blocking(t)
	holder := h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	const wanted = `{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`
	w := h.keyed("k", "b")
	for range 2 {
		if _, err := h.Repository.Create(t.Context(), w, "contact", []byte(wanted)); told(err) != "conflict, emails[0].address email_taken, (Jan)" {
			t.Errorf("%s", told(err))
		}
	}
	if _, err := h.Repository.Create(t.Context(), w, "contact", []byte(`{}`)); told(err) != "invalid, firstName required" {
		t.Errorf("%s", told(err))
	}
	if _, err := h.Patch(t.Context(), w, "contact", holder.ID, 7, []byte(`{}`)); told(err) != "stale, stale" {
		t.Errorf("%s", told(err))
	}
	h.trash(holder.ID)
	res, err := h.Repository.Create(t.Context(), w, "contact", []byte(wanted))
	if err != nil || res.Replayed {
		t.Errorf("when nothing stands in the way any more: %+v, %s", res, told(err))
	}
	if res, err = h.Repository.Create(t.Context(), w, "contact", []byte(wanted)); err != nil || !res.Replayed || !res.Created {
		t.Errorf("once more: %+v, %s", res, told(err))
	}
}

// A write that turns out to change nothing keeps no answer either.
func TestNothingDoneIsNotKept(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	w := h.keyed("k", "b")
	for range 2 {
		if res, err := h.Patch(t.Context(), w, "contact", c.ID, 1, []byte(`{"firstName":"Jan"}`)); err != nil || res.Replayed {
			t.Errorf("%+v, %v", res, err)
		}
	}
}

// Warnings are part of the answer that is kept.
func TestKeptAnswerWarns(t *testing.T) {
	h := open(t)
	h.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	for n := range 2 {
		res, err := h.Repository.Create(t.Context(), h.keyed("k", "b"), "contact", []byte(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`))
		if err != nil || res.Replayed != (n == 1) || len(res.Warnings) != 1 || res.Warnings[0].Conflicts[0].Title != "Jan" {
			t.Errorf("answer %d: %+v, %v", n, res, err)
		}
	}
}

// A busy store is said to be unavailable, by whatever read it is met.
func TestBusyStoreIsUnavailable(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan","externalIds":{"shop":"7"}}`)
	faults := storefault.New(h.Below, func(int) storefault.Kind { return storefault.Before })
	p := house{h.Through(faults)}
	g := h.Grant(policy.Owner)
	for name, err := range map[string]error{
		"get":     second(p.Get(t.Context(), g, "contact", c.ID)),
		"ext":     second(p.Get(t.Context(), g, "contact", "ext:shop:7")),
		"history": third(p.History(t.Context(), g, "contact", c.ID, 0, 1)),
		"list":    second(p.List(t.Context(), g, "contact", repository.Question{Limit: 1})),
		"config":  second(p.Config(t.Context(), g)),
		"read":    second(p.Read(t.Context(), g, "contact", []string{c.ID})),
		"patch":   second(p.Patch(t.Context(), h.keyed("k", "b"), "contact", c.ID, 1, []byte(`{}`))),
		"create":  second(p.Repository.Create(t.Context(), h.Write(), "contact", []byte(`{"firstName":"a"}`))),
		"under":   second(p.CreateUnder(t.Context(), h.Write(), "note", c.ID, []byte(`{"text":"a"}`))),
		"around":  second(p.Around(t.Context(), g, "contact", c.ID)),
		"titles":  second(p.Titles(t.Context(), g, c.ID)),
		"linked":  second(p.Linked(t.Context(), g, "contact", c.ID)),
		"reveal":  second(p.Reveal(t.Context(), h.Write(), "contact", c.ID, []string{"iban"})),
		"access":  third(p.Accesses(t.Context(), g, repository.AccessFilter{}, "", 1)),
		"season":  second(p.Repository.Create(t.Context(), h.Write(), "season", []byte(`{"name":"a","from":"2026-09-01","to":"2027-06-30"}`))),
	} {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }
