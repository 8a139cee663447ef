package repository_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore/dynamotest"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// race does something n times at once, spread over processes, and counts what was answered.
func (h house) race(n, processes int, do func(h house, n int) error) map[string]int {
	h.T.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for p := range processes {
		own := h.again()
		for i := p; i < n; i += processes {
			all.Go(func() {
				err := do(own, i)
				mu.Lock()
				defer mu.Unlock()
				answers[told(err)]++
			})
		}
	}
	all.Wait()
	return answers
}

func TestParallelCreatesOfOneKey(t *testing.T) {
	h := blocking(t)
	answers := h.race(100, 5, func(h house, n int) error {
		_, err := h.Repository.Create(h.T.Context(), h.Write(), "contact", []byte(body(`{"firstName":"N%d","emails":[{"address":"a@example.org"}]}`, n)))
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict && len(f.Clashes) != 1 {
			h.T.Errorf("the refusal names %d holders", len(f.Clashes))
		}
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
			return fault.New(fault.Conflict, f.Code)
		}
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 1, "conflict, email_taken": 99}, answers); diff != "" {
		t.Error(diff)
	}
}

func TestParallelPatchesOfOneVersion(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	answers := h.race(50, 5, func(h house, n int) error {
		_, err := h.patch(c.ID, 1, body(`{"lastName":"N%d"}`, n))
		if errors.Is(err, fault.Stale) {
			if now, ok := fault.From(err).Current.(*contact.Contact); !ok || now.Version != 2 {
				h.T.Errorf("the refusal shows %+v", fault.From(err).Current)
			}
		}
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 1, "stale, stale": 49}, answers); diff != "" {
		t.Error(diff)
	}
}

// Writers that take whatever version there is all succeed, one after the other.
func TestParallelPatchesOfAnyVersion(t *testing.T) {
	h := open(t)
	c := h.contact(`{"firstName":"Jan"}`)
	answers := h.race(16, 4, func(h house, n int) error {
		_, err := h.patch(c.ID, anyVersion, body(`{"externalIds":{"s%d":"%d"}}`, n, n))
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 16}, answers); diff != "" {
		t.Error(diff)
	}
	if now := h.get(c.ID); len(now.ExternalIDs) != 16 || now.Version != 17 {
		t.Errorf("%+v", now)
	}
}

// TestParallelEqualRequests sends each kind of request twenty times with one idempotency key: it is done once, and
// every answer is that of the one that did it.
func TestParallelEqualRequests(t *testing.T) {
	create := `{"firstName":"Jan","emails":[{"address":"a@example.org"}],"phones":[{"number":"0471123456"}],"externalIds":{"shop":"7"}}`
	for name, c := range map[string]struct {
		before func(h house, c *contact.Contact)
		do     func(h house, w repository.Write, c *contact.Contact) (repository.Result, error)
	}{
		"create": {nil, func(h house, w repository.Write, _ *contact.Contact) (repository.Result, error) {
			return h.Repository.Create(h.T.Context(), w, "contact", []byte(strings.NewReplacer("a@", "b@", "0471123456", "0471123457", `"7"`, `"8"`).Replace(create)))
		}},
		"patch": {nil, func(h house, w repository.Write, c *contact.Contact) (repository.Result, error) {
			return h.Patch(h.T.Context(), w, "contact", c.ID, 1, []byte(`{"lastName":"Peeters","emails":[{"address":"c@example.org"}]}`))
		}},
		"trash": {nil, func(h house, w repository.Write, c *contact.Contact) (repository.Result, error) {
			return h.Trash(h.T.Context(), w, "contact", c.ID, 1)
		}},
		"restore": {func(h house, c *contact.Contact) { h.trash(c.ID) }, func(h house, w repository.Write, c *contact.Contact) (repository.Result, error) {
			return h.Restore(h.T.Context(), w, "contact", c.ID, anyVersion, repository.DropNone)
		}},
		"restore, dropping": {func(h house, c *contact.Contact) {
			h.trash(c.ID)
			h.contact(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`)
		}, func(h house, w repository.Write, c *contact.Contact) (repository.Result, error) {
			return h.Restore(h.T.Context(), w, "contact", c.ID, 2, repository.DropHolder)
		}},
		"revert": {func(h house, c *contact.Contact) { h.mustPatch(c.ID, `{"lastName":"x"}`) }, func(h house, w repository.Write, c *contact.Contact) (repository.Result, error) {
			changes, _, err := h.History(h.T.Context(), w.Grant, "contact", c.ID, 3, 1)
			if err != nil {
				return repository.Result{}, err
			}
			return h.Revert(h.T.Context(), w, "contact", c.ID, 2, changes[0].Seq, nil)
		}},
		"upsert of a new one": {nil, func(h house, w repository.Write, _ *contact.Contact) (repository.Result, error) {
			return h.Upsert(h.T.Context(), w, "contact", "shop", "9", anyVersion, []byte(`{"firstName":"Mia","emails":[{"address":"d@example.org"}]}`))
		}},
		"upsert of an old one": {nil, func(h house, w repository.Write, _ *contact.Contact) (repository.Result, error) {
			return h.Upsert(h.T.Context(), w, "contact", "shop", "7", anyVersion, []byte(`{"firstName":"Mia"}`))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := blocking(t)
			jan := h.contact(create)
			if c.before != nil {
				c.before(h, jan)
			}
			var mu sync.Mutex
			results := map[string]int{}
			first := 0
			answers := h.race(20, 4, func(h house, _ int) error {
				res, err := c.do(h, h.keyed("k", "b"), jan)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				if !res.Replayed {
					first++
				}
				res.Replayed = false
				results[mustJSON(t, res)]++
				return nil
			})
			if diff := cmp.Diff(map[string]int{"done": 20}, answers); diff != "" {
				t.Error(diff)
			}
			if len(results) != 1 || first != 1 {
				t.Errorf("%d did it, %d different answers: %v", first, len(results), results)
			}
			seq, err := h.Seq(t.Context(), h.Grant("owner"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.do(h.again(), h.keyed("k", "b"), jan); err != nil {
				t.Errorf("once more: %s", told(err))
			}
			if _, err := c.do(h.again(), h.keyed("k", "other"), jan); told(err) != "invalid, idempotency_mismatch" {
				t.Errorf("with another body: %s", told(err))
			}
			if now, err := h.Seq(t.Context(), h.Grant("owner")); err != nil || now != seq {
				t.Errorf("repeating wrote something: %d after %d, %v", now, seq, err)
			}
		})
	}
}

func TestParallelUpsertsMakeOneRecord(t *testing.T) {
	for name, keys := range map[string]string{"one key": "", "two keys that clash": `,"emails":[{"address":"a@example.org"}]`} {
		t.Run(name, func(t *testing.T) {
			h := blocking(t)
			var mu sync.Mutex
			made := 0
			answers := h.race(30, 5, func(h house, n int) error {
				res, err := h.Upsert(h.T.Context(), h.Write(), "contact", "shop", "7", anyVersion, []byte(body(`{"firstName":"N%d"%s}`, n, keys)))
				mu.Lock()
				defer mu.Unlock()
				if res.Created {
					made++
				}
				return err
			})
			if diff := cmp.Diff(map[string]int{"done": 30}, answers); diff != "" || made != 1 {
				t.Errorf("%d were made: %s", made, diff)
			}
			if now := h.get("ext:shop:7"); now.Version != 30 {
				t.Errorf("version %d", now.Version)
			}
		})
	}
}

// Numbers are given without a gap, each once.
func TestParallelNumbers(t *testing.T) {
	h := open(t)
	var mu sync.Mutex
	var numbers []int64
	answers := h.race(60, 5, func(h house, n int) error {
		res, err := h.Repository.Create(h.T.Context(), h.Write(), "contact", []byte(body(`{"firstName":"N%d"}`, n)))
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			numbers = append(numbers, res.Record.(*contact.Contact).Number)
		}
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 60}, answers); diff != "" {
		t.Error(diff)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != int64(i)+1 {
			t.Fatalf("the numbers are %v", numbers)
		}
	}
}

// Numbers that records bring and numbers that are given never meet.
func TestParallelPresetNumbers(t *testing.T) {
	h := open(t)
	answers := h.race(60, 4, func(h house, n int) error {
		rec := &contact.Contact{Meta: record.Meta{Kind: "contact"}, FirstName: fmt.Sprint("N", n)}
		if n%3 == 0 {
			rec.Number = int64(1 + n/6) // twice each
		}
		outcomes, err := h.CreateMany(h.T.Context(), h.Write(), "contact", []record.Record{rec}, nil)
		if err != nil {
			return err
		}
		return outcomes[0].Err
	})
	refused := answers["conflict, number number_taken"]
	if answers["done"]+refused != 60 || refused < 10 || refused > 20 {
		t.Errorf("%v", answers)
	}
}

// A query beside a committing transaction may see a part of it: nothing is lost by that, and no number given twice.
func TestParallelWritesTorn(t *testing.T) {
	torn := func(s store.Store) store.Store { return s }
	h := house{repositorytest.Open(t, repositorytest.Options{Wrap: func(s store.Store) store.Store { return torn(s) }})}
	shared := storefault.NewTorn(h.Below) // of all processes
	torn = func(store.Store) store.Store { return shared }
	h.Settings(repositorytest.Block)
	answers := h.race(40, 4, func(h house, n int) error {
		rec := &contact.Contact{Meta: record.Meta{Kind: "contact"}, FirstName: fmt.Sprint("N", n), Emails: []contact.Email{{Address: fmt.Sprintf("a%d@example.org", n%10)}}}
		if n%4 == 0 {
			rec.Number = int64(1 + n/2)
		}
		outcomes, err := h.CreateMany(h.T.Context(), h.Write(), "contact", []record.Record{rec}, nil)
		if err != nil {
			return err
		}
		if f := fault.From(outcomes[0].Err); f != nil && f.Kind == fault.Conflict {
			return fault.New(fault.Conflict, f.Code)
		}
		return outcomes[0].Err
	})
	if answers["done"] == 0 || answers["done"] > 10 || answers["done"]+answers["conflict, email_taken"]+answers["conflict, number_taken"] != 40 {
		t.Errorf("%v", answers)
	}
}

func TestParallelOnDynamoDB(t *testing.T) {
	clk := clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC))
	h := house{repositorytest.Open(t, repositorytest.Options{Store: dynamotest.Open(t, clk), Clock: clk})}
	h.Settings(repositorytest.Block)
	answers := h.race(20, 4, func(h house, n int) error {
		_, err := h.Repository.Create(h.T.Context(), h.Write(), "contact", []byte(body(`{"firstName":"N%d","emails":[{"address":"a%d@example.org"}]}`, n, n%4)))
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
			return fault.New(fault.Conflict, f.Code)
		}
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 4, "conflict, email_taken": 16}, answers); diff != "" {
		t.Error(diff)
	}
	c := h.contact(`{"firstName":"Jan"}`)
	answers = h.race(8, 4, func(h house, n int) error {
		_, err := h.patch(c.ID, 1, body(`{"lastName":"N%d"}`, n))
		return err
	})
	if diff := cmp.Diff(map[string]int{"done": 1, "stale, stale": 7}, answers); diff != "" {
		t.Error(diff)
	}
}
