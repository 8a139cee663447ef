package catalog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// Whatever was acknowledged is in the next view, of this process and of any other.
func TestAcknowledgedIsSeen(t *testing.T) {
	a := open(t, repositorytest.Options{})
	b := a.again()
	b.shelf()
	for n := range 10 {
		c := a.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
		x := b.Create("memo", fmt.Sprintf(`{"text":"memo %d"}`, n))
		b.patch(c.ID, `{"lastName":"Peeters"}`)
		for name, h := range map[string]house{"the writer": a, "another": b, "a new one": a.again()} {
			if h.version("contact", c.ID) != 2 || h.version("memo", x.Base().ID) != 1 {
				t.Errorf("%s holds versions %d and %d", name, h.version("contact", c.ID), h.version("memo", x.Base().ID))
			}
		}
	}
}

func TestAcknowledgedIsSeenInParallel(t *testing.T) {
	first := open(t, repositorytest.Options{})
	houses := []house{first, first.again(), first.again()}
	var all sync.WaitGroup
	for w := range 6 {
		all.Go(func() {
			for n := range 15 {
				c := houses[w%3].contact(fmt.Sprintf(`{"firstName":"W%dN%d"}`, w, n))
				if v := houses[(w+n)%3].version("contact", c.ID); v != 1 {
					t.Errorf("another process holds version %d", v)
				}
			}
		})
	}
	all.Wait()
	want := dump(t, first.again().shelf(), "contact")
	for i, h := range houses {
		if got := dump(t, h.shelf(), "contact"); got != want {
			t.Errorf("process %d and a rebuild differ: %s", i, cmp.Diff(want, got))
		}
	}
	if strings.Count(want, "\n") != 89 {
		t.Errorf("%d records of 90", strings.Count(want, "\n")+1)
	}
}

// A shelf somebody holds does not change.
func TestShelvesDoNotChange(t *testing.T) {
	h := open(t, repositorytest.Options{})
	c := h.contact(`{"firstName":"Jan"}`)
	old := h.shelf()
	before := dump(t, old, "contact")
	h.patch(c.ID, `{"firstName":"Piet"}`)
	h.contact(`{"firstName":"Mia"}`)
	if h.shelf().Seq() != 3 || old.Seq() != 1 || dump(t, old, "contact") != before {
		t.Errorf("the shelf at %d became %s", old.Seq(), dump(t, old, "contact"))
	}
}

// TestRebuildEqualsIncremental: an index that has followed every change is what the table alone makes of it.
func TestRebuildEqualsIncremental(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.shelf()
	var ids []string
	for n := range 60 {
		c := h.contact(fmt.Sprintf(`{"firstName":"N%d","tags":["t%d"],"emails":[{"address":"a%d@example.org"}],"externalIds":{"shop":"%d"}}`, n, n%3, n, n))
		ids = append(ids, c.ID)
		if n%5 == 0 {
			h.Create("memo", fmt.Sprintf(`{"text":"%s"}`, strings.Repeat("word ", 300))) // larger than an entry carries
		}
		if n%7 == 0 {
			h.shelf()
		}
	}
	ctx := t.Context()
	for n, id := range ids {
		switch n % 4 {
		case 0:
			h.patch(id, `{"lastName":"Peeters","tags":["x"],"externalIds":{"shop":null}}`)
		case 1:
			if _, err := h.Trash(ctx, h.Write(), "contact", id, 1); err != nil {
				t.Fatal(err)
			}
		case 2:
			if _, err := h.Trash(ctx, h.Write(), "contact", id, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Restore(ctx, h.Write(), "contact", id, 2, repository.DropNone); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, kind := range []string{"contact", "memo"} {
		if diff := cmp.Diff(dump(t, h.again().shelf(), kind), dump(t, h.shelf(), kind)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	if s := h.shelf(); s.Seq() != h.again().shelf().Seq() {
		t.Errorf("the shelves stand at %d and %d", s.Seq(), h.again().shelf().Seq())
	}
}

// A query beside a committing transaction may see a part of it; no shelf made meanwhile lacks what was committed.
func TestTornReads(t *testing.T) {
	h := open(t, repositorytest.Options{})
	torn := storefault.NewTorn(h.Below)
	h.Settings(repositorytest.Block)
	writer, follower := h.through(torn), h.through(torn)
	follower.shelf()
	var built []house
	torn.Beside(func() {
		next := h.through(torn)
		for _, reader := range []house{next, follower} {
			if _, err := reader.Catalog.Shelf(t.Context(), h.Tenant); err != nil && !errors.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		}
		built = append(built, next)
	})
	check := func(id string, version int64) {
		t.Helper()
		for i, reader := range append(built, follower) {
			if v := reader.version("contact", id); v != version {
				t.Errorf("reader %d of %d holds version %d, want %d", i, len(built), v, version)
			}
		}
		built = nil
	}
	large := strings.Repeat("é", 90)
	for n := range 4 {
		c := writer.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
		check(c.ID, 1)
		writer.patch(c.ID, fmt.Sprintf(`{"lastName":%q,"nickname":%q,"suffix":"x","website":"https://example.org/%s","externalIds":{"a":"%d%s","b":"%d%s","c":"%d%s"}}`, large, large, strings.Repeat("x", 200), n, large, n, large, n, large))
		check(c.ID, 2) // too large for its entry: fetched
	}
}

// The same for what the organisation has decided: settings and own fields.
func TestTornSettings(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.Settings(repositorytest.Block)
	torn := storefault.NewTorn(h.Below)
	writer := h.through(torn)
	follower := impatient{Store: torn, settings: 1}
	reader := h.through(&follower)
	reader.shelf()
	var readers []house
	torn.Beside(func() {
		// What is half visible is asked for again. These readers give up on the second time, as what they ask for stays
		// half visible until they do; the first question of a new one is the building.
		fresh := impatient{Store: torn, settings: 2}
		next := h.through(&fresh)
		for s, r := range map[*impatient]house{&fresh: next, &follower: reader} {
			ctx, cancel := context.WithCancel(t.Context())
			s.start(cancel)
			r.Catalog.Shelf(ctx, h.Tenant)
			s.start(nil)
		}
		readers = append(readers, next)
	})
	for n := range 3 {
		name := fmt.Sprintf("Choir %d", n)
		writer.Settings(fmt.Sprintf(`{"name":%q}`, name))
		field := writer.Create("field", fmt.Sprintf(`{"for":"contact","name":"f%s","label":"F","type":"text"}`, strings.Repeat("x", n)))
		for i, reader := range append(readers, reader) {
			cfg := reader.shelf().Config()
			if cfg.Settings.Name != name || len(cfg.Fields) != n+1 || !cfg.Holds(field.Base().ID, 1) {
				t.Errorf("round %d, reader %d: %q with %d fields", n, i, cfg.Settings.Name, len(cfg.Fields))
			}
		}
		readers = nil
	}
}

// impatient is a store whose reader gives up when the settings are asked for more often than it may.
type impatient struct {
	store.Store
	settings int

	mu     sync.Mutex
	asked  int
	giveUp func()
}

// start counts from now on; with nil there is no end.
func (i *impatient) start(giveUp func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked, i.giveUp = 0, giveUp
}

func (i *impatient) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if q.Prefix == "settings/" {
		i.mu.Lock()
		if i.asked++; i.giveUp != nil && i.asked > i.settings {
			i.giveUp()
		}
		i.mu.Unlock()
	}
	return i.Store.Query(ctx, q)
}

// A change of the settings is in force at once, everywhere.
func TestSettingsAreSeenAtOnce(t *testing.T) {
	a := open(t, repositorytest.Options{})
	b := a.again()
	b.shelf()
	a.Settings(repositorytest.Block)
	if cfg := b.shelf().Config(); cfg.Settings.Name != "Harbour Choir" || cfg.Settings.KeyPolicy["email"] != "block" {
		t.Errorf("%+v", cfg.Settings)
	}
	b.contact(`{"firstName":"Jan","emails":[{"address":"a@example.org"}]}`)
	if _, err := a.Repository.Create(t.Context(), a.Write(), "contact", []byte(`{"firstName":"Piet","emails":[{"address":"a@example.org"}]}`)); !errors.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
}

// A new field of the organisation's own is a column of every index from then on, for what is there already too.
func TestOwnFieldsAreColumns(t *testing.T) {
	a := open(t, repositorytest.Options{})
	b := a.again()
	f := a.Create("field", `{"for":"contact","name":"size","label":"Size","type":"choice","options":["S","M"]}`)
	c := a.contact(`{"firstName":"Jan","custom":{"size":"S"}}`)
	b.shelf()
	g := a.Create("field", `{"for":"contact","name":"note","label":"Note","type":"text"}`)
	a.patch(c.ID, `{"custom":{"note":"left-handed"}}`)
	find := func(h house, text string) int {
		t.Helper()
		list, err := h.List(t.Context(), h.Write().Grant, "contact", repository.Question{Text: text, Limit: 10})
		if err != nil {
			if errors.Is(err, fault.Invalid) {
				return -1
			}
			t.Fatal(err)
		}
		return len(list.IDs)
	}
	for text, want := range map[string]int{"size:S": 1, "note:left-handed": 1, "left-handed": 1, "shoe:1": -1} {
		for i, h := range []house{a, b, a.again()} {
			if got := find(h, text); got != want {
				t.Errorf("process %d finds %d by %s", i, got, text)
			}
		}
	}
	for _, field := range []string{f.Base().ID, g.Base().ID} {
		if _, err := b.Trash(t.Context(), b.Write(), "field", field, 1); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range []house{a, b} {
		if find(h, "size:S") != -1 || find(h, "left-handed") != 0 {
			t.Errorf("process %d still knows a field that is gone", i)
		}
	}
}

func TestViewOfNoIndex(t *testing.T) {
	h := open(t, repositorytest.Options{})
	for _, kind := range []string{"settings", "field", "nothing"} {
		if _, err := h.shelf().View(kind); err == nil {
			t.Errorf("%s is indexed", kind)
		}
	}
}

func TestTaken(t *testing.T) {
	h := open(t, repositorytest.Options{})
	c := h.contact(`{"firstName":"Jan"}`)
	if _, err := h.Trash(t.Context(), h.Write(), "contact", c.ID, 1); err != nil {
		t.Fatal(err)
	}
	v, err := h.shelf().View("contact")
	if err != nil || !v.Taken("number", 1) || v.Taken("number", 2) {
		t.Errorf("%v", err)
	}
}

// ShelfAt waits for a commit that its caller has seen, and says so when it does not come.
func TestShelfAtWaits(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.contact(`{"firstName":"Jan"}`)
	if s, err := h.Catalog.ShelfAt(t.Context(), h.Tenant, 1); err != nil || s.Seq() != 1 {
		t.Errorf("%v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		if _, err := h.Catalog.ShelfAt(t.Context(), h.Tenant, 7); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Catalog.ShelfAt(ctx, h.Tenant, 7); err == nil {
		t.Error("a shelf there is not")
	}
}

// A busy store is said to be unavailable, and the next question is answered.
func TestEveryCallMayFail(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.Settings(repositorytest.Block)
	for n := range 5 {
		h.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
	}
	want := dump(t, h.shelf(), "contact")
	counted := storefault.New(h.Below, nil)
	h.through(counted).shelf()
	for n := range counted.Calls() {
		for _, kind := range []storefault.Kind{storefault.Before, storefault.Outage} {
			p := h.through(storefault.New(h.Below, storefault.At(n+1, kind)))
			_, err := p.Catalog.Shelf(t.Context(), h.Tenant)
			if kind == storefault.Before && !errors.Is(err, fault.Unavailable) || kind == storefault.Outage && !errors.Is(err, storefault.ErrOutage) {
				t.Errorf("call %d %v: %v", n+1, kind, err)
			}
			if got := dump(t, p.shelf(), "contact"); got != want {
				t.Errorf("call %d %v: then there is %s", n+1, kind, cmp.Diff(want, got))
			}
		}
	}
}

// Records a log entry does not carry are fetched, and those of a commit half seen are fetched again.
func TestFetchWaitsForBusyReads(t *testing.T) {
	h := open(t, repositorytest.Options{})
	torn := storefault.NewTorn(h.Below)
	writer := h.through(torn)
	busy := &busyTogether{Store: torn, times: 2}
	reader := h.through(busy)
	reader.shelf()
	torn.Beside(func() { reader.shelf() })
	x := writer.Create("memo", fmt.Sprintf(`{"text":"%s"}`, strings.Repeat("word ", 300)))
	if v := reader.version("memo", x.Base().ID); v != 1 || busy.times != 0 {
		t.Errorf("version %d, %d busy answers left", v, busy.times)
	}
}

// busyTogether is a store that is too busy for the first reads of items as of one moment.
type busyTogether struct {
	store.Store
	times int
}

func (b *busyTogether) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	if mode == store.Together && b.times > 0 {
		b.times--
		return nil, store.ErrBusy
	}
	return b.Store.Get(ctx, mode, keys...)
}

// Memory stays below the limit: the organisations not asked for longest are forgotten and built again when asked for.
func TestEviction(t *testing.T) {
	first := open(t, repositorytest.Options{})
	for n := range 20 {
		first.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
	}
	houses := []house{first}
	for range 2 {
		h := house{first.Organisation()}
		for n := range 20 {
			h.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
		}
		houses = append(houses, h)
	}
	// One catalog for all three, with room for about two.
	everything := storefault.NewRecorder(t, unwrapped{houses})
	everything.AllowPrefix("org_")
	w := &watch{Store: everything}
	limit := 2*bytesOf(t, first) + bytesOf(t, first)/2
	c := repositorytest.Over(w, first.Clock, first.Kinds, nil, limit).Catalog
	ask := func(i int) {
		t.Helper()
		s, err := c.Shelf(t.Context(), houses[i].Tenant)
		if err != nil || strings.Count(dump(t, s, "contact"), "\n") != 19 {
			t.Fatalf("organisation %d: %v", i, err)
		}
	}
	for _, step := range []struct{ ask, builds int }{{0, 1}, {1, 1}, {0, 0}, {1, 0}, {0, 0}, {2, 1}, {0, 0}, {2, 0}, {1, 1}, {2, 0}, {0, 1}} {
		ask(step.ask)
		if n := w.builds(); n != step.builds {
			t.Errorf("asking for organisation %d took %d builds, want %d", step.ask, n, step.builds)
		}
	}
}

func bytesOf(t *testing.T, h house) int64 {
	t.Helper()
	total := int64(0)
	for _, kind := range []string{"contact", "memo"} {
		v, err := h.again().shelf().View(kind)
		if err != nil {
			t.Fatal(err)
		}
		total += v.Bytes()
	}
	return total
}

// unwrapped sends each call to the house whose organisation it is about.
type unwrapped struct{ houses []house }

func (u unwrapped) of(partition string) store.Store {
	for _, h := range u.houses {
		if h.Tenant.Owns(partition) {
			return h.Below
		}
	}
	panic("nobody's partition: " + partition)
}

func (u unwrapped) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	return u.of(keys[0].Partition).Get(ctx, mode, keys...)
}

func (u unwrapped) Query(ctx context.Context, q store.Query) (store.Page, error) {
	return u.of(q.Partition).Query(ctx, q)
}

func (u unwrapped) Apply(ctx context.Context, b store.Batch) error {
	return u.of(b.Ops[0].Key.Partition).Apply(ctx, b)
}

func (u unwrapped) Close() error { return nil }

// EachRecord gives every record once, and ends with the first error.
func TestEachRecord(t *testing.T) {
	h := open(t, repositorytest.Options{})
	for n := range 150 {
		h.contact(fmt.Sprintf(`{"firstName":"N%d"}`, n))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	err := catalog.EachRecord(t.Context(), h.Below, h.Tenant, func(item store.Item) error {
		_, _, id, _ := org.ParseRecord(item.Sort)
		mu.Lock()
		defer mu.Unlock()
		seen[id]++
		return nil
	})
	if err != nil || len(seen) != 150 {
		t.Errorf("%d records, %v", len(seen), err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s %d times", id, n)
		}
	}
	enough := errors.New("enough")
	if err := catalog.EachRecord(t.Context(), h.Below, h.Tenant, func(store.Item) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := catalog.EachRecord(ctx, h.Below, h.Tenant, func(store.Item) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// entries makes the log n entries longer, of commits that wrote no record.
func (h house) entries(n int) {
	h.T.Helper()
	head, err := h.Log.Head(h.T.Context(), h.Tenant)
	if err != nil {
		h.T.Fatal(err)
	}
	for n > 0 {
		lot := min(n, 90)
		var ops []store.Op
		for range lot {
			head.Seq++
			raw, err := json.Marshal(log.Entry{At: head.At, Commit: fmt.Sprint("cm_", head.Seq)})
			if err != nil {
				h.T.Fatal(err)
			}
			ops = append(ops, store.Op{Kind: store.Put, Key: h.Tenant.Entry(head.Seq), Expect: store.Absent, Value: raw})
		}
		items, err := h.Below.Get(h.T.Context(), store.Each, h.Tenant.Head())
		if err != nil {
			h.T.Fatal(err)
		}
		raw, err := json.Marshal(head)
		if err != nil {
			h.T.Fatal(err)
		}
		ops = append(ops, store.Op{Kind: store.Put, Key: h.Tenant.Head(), Expect: items[0].Revision, Value: raw})
		if err := h.Below.Apply(h.T.Context(), store.Batch{Token: fmt.Sprint("e", head.Seq), Ops: ops}); err != nil {
			h.T.Fatal(err)
		}
		n -= lot
	}
}
