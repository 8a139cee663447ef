package repository_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

// memo is a child of contacts and clubs.
type memo struct {
	record.Meta
	Owner  string `json:"owner,omitempty" field:"ref=contact|club,system"`
	Text   string `json:"text,omitempty" field:"required,max=20000,find=words"`
	About  string `json:"about,omitempty" field:"ref=club"`
	Secret string `json:"secret,omitempty" field:"class=sensitive"`
}

func (m *memo) Title() string { return m.Text }

// letter is a child of clubs that is not indexed.
type letter struct {
	record.Meta
	Owner string `json:"owner,omitempty" field:"ref=club,system"`
	Text  string `json:"text,omitempty" field:"required"`
}

// club has members.
type club struct {
	record.Meta
	Name    string     `json:"name,omitempty" field:"required,find=words"`
	Chair   string     `json:"chair,omitempty" field:"ref=contact"`
	Members []clubbing `json:"members,omitempty" field:"items=100"`
	Patron  string     `json:"patron,omitempty" field:"ref=contact|club"`
	Keeper  string     `json:"keeper,omitempty" field:"ref=user"`
}

type clubbing struct {
	Contact string `json:"contact,omitempty" field:"ref=contact"`
	Role    string `json:"role,omitempty"`
}

func (c *club) Title() string { return c.Name }

// household is the kind that says who are of one family.
type household struct {
	record.Meta
	Name    string     `json:"name,omitempty" field:"required,find=words"`
	Members []clubbing `json:"members,omitempty" field:"items=50"`
}

func (f *household) Title() string { return f.Name }

// slot is a serial kind: of each number there is one, and it says which it follows.
type slot struct {
	record.Meta
	Number int    `json:"number,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Validate refuses a number that another slot has, and one that follows nothing.
func (s *slot) Validate(env *record.Env) []record.Problem {
	follows := s.Number <= 1
	for _, other := range env.Others {
		switch other.(*slot).Number {
		case s.Number:
			return []record.Problem{{Path: "number", Code: "twice"}}
		case s.Number - 1:
			follows = true
		}
	}
	if !follows {
		return []record.Problem{{Path: "number", Code: "gap"}}
	}
	return nil
}

// clubhouse opens a house with those kinds.
func clubhouse(t testing.TB, o repositorytest.Options) house {
	o.Kinds = record.NewRegistry(append([]*record.Kind{
		contact.Kind(), account.Kind(),
		record.Define[club]("club", "clubs", "clu", record.Order("name")),
		record.Define[memo]("memo", "memos", "mem", record.Under("contact", "club")),
		record.Define[letter]("letter", "letters", "let", record.Under("club"), record.Unindexed()),
		record.Define[household]("family", "families", "fam"),
		record.Define[slot]("slot", "slots", "slo", record.Unindexed(), record.OwnedBy("slots"), record.Serial()),
	}, setting.Kinds()...)...)
	return house{repositorytest.Open(t, o)}
}

func (h house) under(kind, owner, body string) record.Record {
	h.T.Helper()
	res, err := h.CreateUnder(h.T.Context(), h.Write(), kind, owner, []byte(body))
	if err != nil {
		h.T.Fatalf("create %s under %s: %v", body, owner, err)
	}
	return res.Record
}

// away puts a record into the trash, back takes it out.
func (h house) away(r record.Record) {
	h.T.Helper()
	if _, err := h.Trash(h.T.Context(), h.Write(), r.Base().Kind, r.Base().ID, anyVersion); err != nil {
		h.T.Fatal(err)
	}
}

func (h house) back(r record.Record) {
	h.T.Helper()
	if _, err := h.Restore(h.T.Context(), h.Write(), r.Base().Kind, r.Base().ID, anyVersion, repository.DropNone); err != nil {
		h.T.Fatal(err)
	}
}

// ids lists what a question about a kind finds, in order.
func (h house) ids(kind, text string) []string {
	h.T.Helper()
	list, err := h.List(h.T.Context(), h.Grant(policy.Owner), kind, repository.Question{Text: text, Limit: repository.MaxPage, Count: true})
	if err != nil {
		h.T.Fatal(err)
	}
	if list.Total != len(list.IDs) {
		h.T.Errorf("%s %q: %d of %d", kind, text, len(list.IDs), list.Total)
	}
	slices.Sort(list.IDs)
	return list.IDs
}

func TestChild(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	c := h.contact(`{"firstName":"Jan","externalIds":{"shop":"7"}}`)
	m := h.under("memo", c.ID, `{"text":"He sings."}`).(*memo)
	if m.Owner != c.ID || !strings.HasSuffix(m.ID, "_"+c.ID) || len(m.ID) > 64 {
		t.Errorf("%+v", m)
	}
	if got, err := h.Get(ctx, h.Grant(policy.Reader), "memo", m.ID); err != nil || cmp.Diff(m, got) != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{m.ID}, h.ids("memo", "owner:"+c.ID)); diff != "" {
		t.Error(diff)
	}
	for owner, want := range map[string]string{"clu_01jd00000000000000000000aa": "not_found, not_found", "con_nobody": "not_found, not_found",
		"settings": "not_found, not_found", "": "not_found, not_found", "ext:shop:7": "not_found, not_found", // of which kind is it?
		"fam_01jd00000000000000000000aa": "not_found, not_found", m.ID: "not_found, not_found"} {
		if _, err := h.CreateUnder(ctx, h.Write(), "memo", owner, []byte(`{"text":"x"}`)); told(err) != want {
			t.Errorf("under %q: %s, want %s", owner, told(err), want)
		}
	}
	if _, err := h.CreateUnder(ctx, h.Write(), "contact", c.ID, []byte(`{"firstName":"x"}`)); told(err) != "not_found, not_found" {
		t.Errorf("a contact under a contact: %s", told(err))
	}
	if _, err := h.Repository.Create(ctx, h.Write(), "memo", []byte(`{"text":"x"}`)); told(err) != "invalid, owner required" {
		t.Errorf("without an owner: %s", told(err))
	}
	for _, body := range []string{`{"text":"x","owner":"con_1"}`, `{"text":"x","id":"mem_1"}`} {
		if _, err := h.CreateUnder(ctx, h.Write(), "memo", c.ID, []byte(body)); !strings.HasPrefix(told(err), "invalid, ") {
			t.Errorf("%s: %s", body, told(err))
		}
	}
	if _, err := h.CreateUnder(ctx, h.as(policy.Reader), "memo", c.ID, []byte(`{"text":"x"}`)); told(err) != "denied, denied" {
		t.Errorf("a reader: %s", told(err))
	}
	// An external id names the owner where one kind alone can be meant.
	if id, err := h.Resolve(ctx, h.Grant(policy.Reader), "contact", "ext:shop:7"); err != nil || id != c.ID {
		t.Errorf("%q, %v", id, err)
	}
	w := h.keyed("k", "b")
	first, err := h.CreateUnder(ctx, w, "memo", c.ID, []byte(`{"text":"once"}`))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.CreateUnder(ctx, w, "memo", c.ID, []byte(`{"text":"once"}`)); err != nil || !again.Replayed || again.Record.Base().ID != first.Record.Base().ID {
		t.Errorf("%+v, %v", again, err)
	}
}

// A child is hidden while its owner is in the trash, whatever is asked, and comes back with it.
func TestChildrenGoWithTheirOwner(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	owner := h.Create("club", `{"name":"Chess"}`)
	other := h.Create("club", `{"name":"Go"}`)
	m := h.under("memo", owner.Base().ID, `{"text":"open on Friday"}`)
	gone := h.under("memo", owner.Base().ID, `{"text":"old"}`)
	l := h.under("letter", owner.Base().ID, `{"text":"Dear all"}`)
	h.Clock.Advance(time.Second) // ids of one moment have no order
	kept := h.under("memo", other.Base().ID, `{"text":"open on Monday"}`)
	h.away(gone)
	h.away(owner)
	id := m.Base().ID
	g := h.Grant(policy.Owner)
	for name, do := range map[string]func() error{
		"get":         func() error { _, err := h.Get(ctx, g, "memo", id); return err },
		"history":     func() error { _, _, err := h.History(ctx, g, "memo", id, 0, 10); return err },
		"patch":       func() error { _, err := h.Patch(ctx, h.Write(), "memo", id, 1, []byte(`{"text":"x"}`)); return err },
		"trash":       func() error { _, err := h.Trash(ctx, h.Write(), "memo", id, 1); return err },
		"revert":      func() error { _, err := h.Revert(ctx, h.Write(), "memo", id, 1, 3, nil); return err },
		"reveal":      func() error { _, err := h.Reveal(ctx, h.Write(), "memo", id, []string{"secret"}); return err },
		"get letter":  func() error { _, err := h.Get(ctx, g, "letter", l.Base().ID); return err },
		"get trashed": func() error { _, err := h.Get(ctx, g, "memo", gone.Base().ID); return err },
		"restore": func() error {
			_, err := h.Restore(ctx, h.Write(), "memo", gone.Base().ID, anyVersion, repository.DropNone)
			return err
		},
	} {
		if err := do(); told(err) != "not_found, not_found" {
			t.Errorf("%s: %s", name, told(err))
		}
	}
	if _, err := h.CreateUnder(ctx, h.Write(), "memo", owner.Base().ID, []byte(`{"text":"x"}`)); told(err) != "conflict, trashed" {
		t.Errorf("one more: %s", told(err))
	}
	if diff := cmp.Diff([]string{kept.Base().ID}, h.ids("memo", "open")); diff != "" {
		t.Error(diff)
	}
	if got := h.ids("memo", "is:trashed"); len(got) != 0 {
		t.Errorf("the trash holds %v", got)
	}
	if list, err := h.Read(ctx, g, "memo", []string{id, kept.Base().ID, gone.Base().ID}); err != nil || len(list) != 1 || list[0].Base().ID != kept.Base().ID {
		t.Errorf("%v, %v", list, err)
	}
	around, err := h.Around(ctx, g, "club", owner.Base().ID)
	if err != nil || around.Record.Base().DeletedAt == nil || len(around.Children) != 0 {
		t.Errorf("%+v, %v", around, err)
	}
	if _, err := h.Around(ctx, h.Grant(policy.Reader), "club", owner.Base().ID); told(err) != "not_found, not_found" {
		t.Errorf("a reader sees the trash: %s", told(err))
	}
	titles, err := h.Titles(ctx, g, id, kept.Base().ID)
	if want := map[string]repository.Ref{id: {ID: id, Kind: "memo", Title: "open on Friday", Trashed: true},
		kept.Base().ID: {ID: kept.Base().ID, Kind: "memo", Title: "open on Monday"}}; err != nil || cmp.Diff(want, titles) != "" {
		t.Errorf("%v, %v", titles, err)
	}
	h.back(owner)
	if got, err := h.Get(ctx, g, "memo", id); err != nil || cmp.Diff(m, got) != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{id, kept.Base().ID}, h.ids("memo", "open")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{gone.Base().ID}, h.ids("memo", "is:trashed")); diff != "" {
		t.Error(diff)
	}
}

// TestChildrenModel does whatever comes to owners and children, and compares every view with a plain account of them: a
// warm process, a cold one and what lies in the table agree.
func TestChildrenModel(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	h := clubhouse(t, repositorytest.Options{})
	ctx := t.Context()
	type state struct {
		owner string
		gone  bool
	}
	owners, children := map[string]*state{}, map[string]*state{}
	kindOf := map[string]string{"con": "contact", "clu": "club", "mem": "memo", "let": "letter"}
	pick := func(from map[string]*state) (string, *state) {
		var ids []string
		for id := range from {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		id := ids[r.IntN(len(ids))]
		return id, from[id]
	}
	toggle := func(id string, s *state, hidden bool) {
		kind := kindOf[id[:3]]
		var err error
		if s.gone {
			_, err = h.Restore(ctx, h.Write(), kind, id, anyVersion, repository.DropNone)
		} else {
			_, err = h.Trash(ctx, h.Write(), kind, id, anyVersion)
		}
		if (told(err) == "not_found, not_found") != hidden || err != nil && !hidden {
			t.Fatalf("%s, gone %v, hidden %v: %v", id, s.gone, hidden, err)
		}
		if err == nil {
			s.gone = !s.gone
		}
	}
	for step := range 250 {
		switch n := r.IntN(10); {
		case n == 0 || len(owners) < 2:
			if step%2 == 0 {
				owners[h.contact(`{"firstName":"Jan"}`).ID] = &state{}
			} else {
				owners[h.Create("club", `{"name":"Chess"}`).Base().ID] = &state{}
			}
		case n < 5 || len(children) == 0:
			id, s := pick(owners)
			kind := "memo"
			if strings.HasPrefix(id, "clu") && r.IntN(2) == 0 {
				kind = "letter"
			}
			res, err := h.CreateUnder(ctx, h.Write(), kind, id, []byte(body(`{"text":"t%d"}`, step)))
			if (told(err) == "conflict, trashed") != s.gone {
				t.Fatalf("under %s, gone %v: %v", id, s.gone, err)
			}
			if err == nil {
				children[res.Record.Base().ID] = &state{owner: id}
			}
		case n < 7:
			id, s := pick(owners)
			toggle(id, s, false)
		default:
			id, s := pick(children)
			toggle(id, s, owners[s.owner].gone)
		}
	}
	live, trashed := []string{}, []string{}
	around := map[string][]string{}
	for id, s := range children {
		switch {
		case owners[s.owner].gone:
		case s.gone && id[:3] == "mem":
			trashed = append(trashed, id)
		case !s.gone:
			around[s.owner] = append(around[s.owner], id)
			if id[:3] == "mem" {
				live = append(live, id)
			}
		}
	}
	slices.Sort(live)
	slices.Sort(trashed)
	if len(live) < 5 || len(trashed) < 2 {
		t.Fatalf("%d and %d of %d children are left", len(live), len(trashed), len(children))
	}
	for name, process := range map[string]house{"warm": h, "cold": h.again()} {
		if diff := cmp.Diff(live, process.ids("memo", "")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(trashed, process.ids("memo", "is:trashed")); diff != "" {
			t.Errorf("%s, trash: %s", name, diff)
		}
		for owner, s := range owners {
			got, err := process.Around(ctx, h.Grant(policy.Owner), kindOf[owner[:3]], owner)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for kind, records := range got.Children {
				var before string
				for _, rec := range records {
					id := rec.Base().ID
					if all = append(all, id); before != "" && id[:30] > before[:30] {
						t.Errorf("%s stands behind %s", id, before)
					}
					before = id
				}
				if got.Totals[kind] != len(records) {
					t.Errorf("%d of %d %s", len(records), got.Totals[kind], kind)
				}
			}
			slices.Sort(all)
			slices.Sort(around[owner])
			if diff := cmp.Diff(around[owner], all); diff != "" {
				t.Errorf("%s: around %s, gone %v: %s", name, owner, s.gone, diff)
			}
		}
	}
}

// Everything around a record with 500 children is one query of one partition, besides the tail of the log.
func TestAroundIsOnePartitionRead(t *testing.T) {
	counted := &meter.Meter{}
	h := clubhouse(t, repositorytest.Options{Wrap: func(s store.Store) store.Store { return meter.Metered(s, counted) }})
	c := h.contact(`{"firstName":"Jan"}`)
	k, _ := h.Kinds.Kind("memo")
	for range 10 {
		var lot []record.Record
		for n := range 48 {
			rec, err := k.Create([]byte(body(`{"text":"memo %d: he sings, and he plays the organ on Sundays"}`, n)))
			if err != nil {
				t.Fatal(err)
			}
			h.Adopt(k, rec, c.ID)
			lot = append(lot, rec)
		}
		outcomes, err := h.CreateMany(t.Context(), h.Write(), "memo", lot, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range outcomes {
			if out.Err != nil {
				t.Fatal(told(out.Err))
			}
		}
	}
	if _, err := h.Seq(t.Context(), h.Grant(policy.Owner)); err != nil {
		t.Fatal(err)
	}
	before := counted.Read()
	around, err := h.Around(t.Context(), h.Grant(policy.Owner), "contact", c.ID)
	after := counted.Read()
	if err != nil || len(around.Children["memo"]) != 480 || around.Totals["memo"] != 480 {
		t.Fatalf("%d of %d children, %v", len(around.Children["memo"]), around.Totals["memo"], err)
	}
	if n := after.Query.Requests - before.Query.Requests; n != 2 || after.Get.Requests != before.Get.Requests {
		t.Errorf("%d queries, %d gets", n, after.Get.Requests-before.Get.Requests)
	}
}

// A record with more than one answer should hold shows the newest of each kind and tells how many there are.
func TestAroundHasAnEnd(t *testing.T) {
	h := clubhouse(t, repositorytest.Options{})
	id := h.Create("club", `{"name":"Chess"}`).Base().ID
	long := strings.Repeat("x", 15000)
	var last record.Record
	for range 150 { // 2.2 MB of memos: more than the half that is theirs beside letters
		last = h.under("memo", id, body(`{"text":%q}`, long))
	}
	h.under("letter", id, `{"text":"Dear all"}`)
	around, err := h.Around(t.Context(), h.Grant(policy.Owner), "club", id)
	if err != nil {
		t.Fatal(err)
	}
	memos := around.Children["memo"]
	if around.Totals["memo"] != 150 || len(memos) >= 150 || len(memos) < 100 || around.Totals["letter"] != 1 || len(around.Children["letter"]) != 1 {
		t.Errorf("%d of %v", len(memos), around.Totals)
	}
	if !slices.ContainsFunc(memos, func(r record.Record) bool { return r.Base().ID == last.Base().ID }) {
		t.Error("the newest is not among them")
	}
}
