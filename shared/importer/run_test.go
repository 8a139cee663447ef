package importer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// list makes a file of n people, some of whom cannot go in.
func list(n int) []byte {
	var b strings.Builder
	b.WriteString("Voornaam;Naam;E-mail;GSM;Geboren;Tags\r\n")
	for i := range n {
		mail, mobile, born := fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("0471%06d", 200000+i), fmt.Sprintf("%02d/06/19%02d", 1+i%28, 30+i%60)
		switch {
		case i%13 == 5:
			mobile = "0471200000" // somebody's already
		case i%13 == 7:
			mail = "no address"
		case i%13 == 9:
			mail = "family@example.org" // shared: said, not refused
		}
		fmt.Fprintf(&b, "Person%d;Tester;%s;%s;%s;t%d\r\n", i, mail, mobile, born, i%3)
	}
	b.WriteString("Totaal;;;;;\r\n")
	return []byte(b.String())
}

// end is what an import leaves behind: the same for every way to the same end.
type end struct {
	State    job.State
	Failure  string
	Counts   map[string]int64
	Rows     []string
	Contacts []string
	Errors   string
}

func (h *house) end(id string) end {
	h.t.Helper()
	imp, err := h.imports.Get(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	e := end{State: imp.State, Failure: imp.Failure, Counts: imp.Counts}
	rows := h.rows(id, "", 50)
	for _, r := range rows {
		line := fmt.Sprintf("%d %s %s", r.Line, r.Result, r.Title)
		for _, why := range r.Reasons {
			line += " " + why.Column + "/" + why.Code
		}
		e.Rows = append(e.Rows, line)
	}
	for _, c := range h.contacts(rows) {
		e.Contacts = append(e.Contacts, fmt.Sprintf("%d %s %s %s %s v%d", c.Number, c.Title(), c.MainEmail(), c.Mobile(), c.BirthDate, c.Version))
	}
	listed, err := h.kernel.Records.List(h.t.Context(), h.grant, contact.Name, repository.Question{Count: true})
	if err != nil {
		h.t.Fatal(err)
	}
	if listed.Total != len(e.Contacts) {
		e.Contacts = append(e.Contacts, fmt.Sprintf("and %d contacts that no row tells of", listed.Total-len(e.Contacts)))
	}
	if imp.Counts["reject"] > 0 && imp.State == job.Done {
		e.Errors = strings.ReplaceAll(string(h.errorFile(id)), id, "imp")
	}
	return e
}

func TestPreviewIsWhatTheRunDoes(t *testing.T) {
	h := open(t, nil)
	imp := h.upload("people.csv", list(700))
	before := h.preview(imp.ID)
	if before.State != job.Previewed {
		t.Fatal(before.State, before.Failure)
	}
	seen := h.end(imp.ID)
	if len(seen.Contacts) != 0 {
		t.Fatalf("a preview wrote %d contacts", len(seen.Contacts))
	}
	after := h.run(imp.ID)
	// Who rows are alike is said before they are written, and by the inbox of duplicates afterwards.
	if before.Counts[importer.Alike] == 0 {
		t.Error("nobody is alike")
	}
	delete(before.Counts, importer.Alike)
	for i, row := range seen.Rows {
		seen.Rows[i] = strings.TrimSuffix(row, " /"+importer.AlikeRow)
	}
	if diff := cmp.Diff(before.Counts, after.Counts); diff != "" {
		t.Error(diff)
	}
	ran := h.end(imp.ID)
	if diff := cmp.Diff(seen.Rows, ran.Rows); diff != "" {
		t.Error(diff)
	}
	if ran.Counts["create"] != int64(len(ran.Contacts)) || ran.Counts["reject"] == 0 {
		t.Errorf("counts %v, %d contacts", ran.Counts, len(ran.Contacts))
	}
}

// The rows come in the order of the file, each once, however they are asked for.
func TestRowsPageByPage(t *testing.T) {
	h := open(t, nil)
	imp := h.run(h.upload("people.csv", list(300)).ID)
	for _, result := range []string{"", importer.Create, importer.Refused, importer.Skip} {
		all := h.rows(imp.ID, result, 100_000)
		want := imp.Counts[result]
		if result == "" {
			want = imp.Counts["done"]
		}
		if int64(len(all)) != want {
			t.Errorf("%q: %d rows, counted %d", result, len(all), want)
		}
		if !slices.IsSortedFunc(all, func(a, b importer.RowResult) int { return a.Line - b.Line }) {
			t.Errorf("%q: out of order", result)
		}
		for _, page := range []int{1, 2, 7, 50} {
			if diff := cmp.Diff(all, h.rows(imp.ID, result, page)); diff != "" {
				t.Fatalf("%q in pages of %d: %s", result, page, diff)
			}
		}
	}
}

// A worker that is stopped between any two chunks leaves whole ones, and the next goes on behind them; a preview too.
func TestStoppedBetweenChunks(t *testing.T) {
	for _, phase := range []string{"preview", "run"} {
		clean := open(t, nil)
		id := clean.upload("people.csv", list(1200)).ID
		begin := map[string]func(*house, string) (importer.Import, error){
			"preview": func(h *house, id string) (importer.Import, error) {
				return h.imports.Preview(t.Context(), h.grant, id)
			},
			"run": func(h *house, id string) (importer.Import, error) { return h.imports.Run(t.Context(), h.grant, id) },
		}[phase]
		if _, err := begin(clean, id); err != nil {
			t.Fatal(err)
		}
		clean.work(id)
		want := clean.end(id)

		h := open(t, nil)
		id = h.upload("people.csv", list(1200)).ID
		if _, err := begin(h, id); err != nil {
			t.Fatal(err)
		}
		// A budget of nothing passes the job on after every chunk.
		hops := 0
		for state := job.Queued; !state.Ended() && state != job.Previewed; hops++ {
			runner := job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, map[string]job.Worker{importer.Kind: h.imports}, 0)
			if err := runner.Run(t.Context(), h.grant.Tenant(), id, 0); err != nil {
				t.Fatal(err)
			}
			imp, err := h.imports.Get(t.Context(), h.grant, id)
			if err != nil {
				t.Fatal(err)
			}
			state = imp.State
		}
		if hops < 3 {
			t.Errorf("%s: %d hops prove nothing", phase, hops)
		}
		if diff := cmp.Diff(want, h.end(id)); diff != "" {
			t.Errorf("%s: %s", phase, diff)
		}
	}
}

// Workers who meet on one job, because the lease of the first ran out while it was still alive, do every row once.
func TestWorkersMeet(t *testing.T) {
	clean := open(t, nil)
	want := clean.end(clean.run(clean.upload("people.csv", list(400)).ID).ID)

	var h *house
	h = open(t, func(s store.Store) store.Store {
		return impatient{s, func() {
			if h != nil {
				h.clock.Advance(3 * time.Minute)
			}
		}}
	})
	id := h.upload("people.csv", list(400)).ID
	if _, err := h.imports.Run(t.Context(), h.grant, id); err != nil {
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	failures := make(chan error, 100)
	for range 3 {
		workers.Go(func() {
			for range 50 {
				if err := h.runner().Run(t.Context(), h.grant.Tenant(), id, 0); err != nil && !errors.Is(err, fault.Unavailable) {
					failures <- err
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if diff := cmp.Diff(want, h.end(id)); diff != "" {
		t.Error(diff)
	}
}

// impatient is a store whose clock runs past every lease with every commit.
type impatient struct {
	store.Store
	tick func()
}

func (i impatient) Apply(ctx context.Context, b store.Batch) error {
	err := i.Store.Apply(ctx, b)
	i.tick()
	return err
}

// counting lets something happen after a number of commits.
type counting struct {
	store.Store
	at   *int
	then func()
}

func (c counting) Apply(ctx context.Context, b store.Batch) error {
	*c.at--
	return c.Store.Apply(ctx, b)
}

// Query asks, after what was to happen has happened: between two chunks, since a commit asks for nothing.
func (c counting) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if *c.at <= 0 && *c.at > -100 {
		*c.at = -100
		c.then()
	}
	return c.Store.Query(ctx, q)
}

func TestCancelledInTheMiddle(t *testing.T) {
	var h *house
	var id string
	at := 1 << 30
	h = open(t, func(s store.Store) store.Store {
		return counting{s, &at, func() {
			if _, err := h.imports.Cancel(t.Context(), h.grant, id); err != nil {
				t.Error(err)
			}
		}}
	})
	id = h.upload("people.csv", list(800)).ID
	if _, err := h.imports.Run(t.Context(), h.grant, id); err != nil {
		t.Fatal(err)
	}
	at = 4
	h.work(id)
	got := h.end(id)
	if got.State != job.Cancelled || len(got.Contacts) == 0 || len(got.Contacts) > 400 || got.Counts["create"] != int64(len(got.Contacts)) {
		t.Errorf("%s with %d contacts, counted %v", got.State, len(got.Contacts), got.Counts)
	}
	if _, err := h.imports.Run(t.Context(), h.grant, id); !errors.Is(err, fault.Conflict) {
		t.Errorf("a cancelled import runs again: %v", err)
	}
}

// Who loses the right to import while an import runs stops it at the next chunk.
func TestRightsLostInTheMiddle(t *testing.T) {
	for name, take := range map[string]func(h *house, editor *account.User) error{
		"role": func(h *house, u *account.User) error {
			_, err := h.access.Update(t.Context(), repository.Write{Grant: h.grant}, u.ID, repository.AnyVersion, []byte(`{"role":"reader"}`))
			return err
		},
		"blocked": func(h *house, u *account.User) error {
			_, err := h.access.Block(t.Context(), repository.Write{Grant: h.grant}, u.ID, "left")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h *house
			var editor *account.User
			at := 1 << 30
			h = open(t, func(s store.Store) store.Store {
				return counting{s, &at, func() {
					if err := take(h, editor); err != nil {
						t.Error(err)
					}
				}}
			})
			res, err := h.access.Create(t.Context(), repository.Write{Grant: h.grant}, account.NewUser{Name: "Ed", Email: "ed@example.org", Role: string(policy.Editor)}, account.Visit{})
			if err != nil {
				t.Fatal(err)
			}
			editor = res.Record.(*account.User)
			owner := h.grant
			if h.grant, err = (account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}).GrantOf(t.Context(), owner.Tenant(), editor.ID); err != nil {
				t.Fatal(err)
			}
			id := h.upload("people.csv", list(800)).ID
			if _, err := h.imports.Run(t.Context(), h.grant, id); err != nil {
				t.Fatal(err)
			}
			h.grant = owner
			at = 4
			h.work(id)
			got := h.end(id)
			if got.State != job.Failed || got.Failure != "denied" || len(got.Contacts) == 0 || len(got.Contacts) > 400 {
				t.Errorf("%s (%s) with %d contacts", got.State, got.Failure, len(got.Contacts))
			}
		})
	}
}

// The file of rejected rows, corrected and sent in again, brings in exactly what was missing.
func TestErrorFileRoundTrip(t *testing.T) {
	for name, content := range map[string][]byte{
		"people.csv":       []byte("Ledenlijst\n\nVoornaam;Naam;E-mail;Geboren\nAn;Maes;an@example.org;1/2/1980\nBo;\"Claes;\";geen adres;3/4/1981\nCis;Roels;cis@example.org;31/2/1982\n=1+1;Dhondt;no mail;1/1/1990\n"),
		"no header.csv":    []byte("An;Maes;an@example.org;12/02/1980\nBo;Claes;bo@;23/04/1981\nCis;Roels;cis@example.org;31/02/1982\nDirk;Dhondt;dirk@example.org;14/05/1983\n"),
		"people.xlsx":      workbook(t, false, []any{"Voornaam", "Naam", "E-mail", "Postcode"}, []any{"An", "Maes", "an@example.org", "01234"}, []any{"Bo", "Claes", "geen adres", "00042"}),
		"tabs and tab.tsv": []byte("Voornaam\tNaam\tE-mail\nAn\tMaes\tan@example.org\nBo\tClaes\tgeen adres\n"),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, nil)
			imp := h.run(h.upload(name, content).ID)
			if imp.Counts["reject"] == 0 || imp.Counts["create"] == 0 {
				t.Fatalf("%s: %v", imp.Failure, imp.Counts)
			}
			rejected := h.errorFile(imp.ID)
			if strings.HasSuffix(name, ".xlsx") {
				again := h.upload("again "+name, rejected)
				if again.Guess == nil {
					t.Fatal(again.Failure)
				}
				again = h.plan(again.ID, importer.Plan{BadCell: importer.Drop})
				again = h.run(again.ID)
				if again.Counts["create"] != imp.Counts["reject"] || again.Counts["reject"] != 0 {
					t.Errorf("again: %v", again.Counts)
				}
				return
			}
			if strings.Contains(string(rejected), "\n=1") || strings.Contains(string(rejected), ";=1") {
				t.Errorf("a formula is handed out: %q", rejected)
			}
			same := h.run(h.upload("same "+name, rejected).ID)
			if same.Counts["create"] != 0 || same.Counts["reject"] != imp.Counts["reject"] {
				t.Errorf("uncorrected: %v, %s", same.Counts, rejected)
			}
			corrected := strings.NewReplacer("geen adres", "bo@example.org", "bo@;", "bo@example.org;", "no mail", "d@example.org", "31/2/1982", "28/2/1982", "31/02/1982", "28/02/1982").Replace(string(rejected))
			again := h.run(h.upload("again "+name, []byte(corrected)).ID)
			if again.Counts["create"] != imp.Counts["reject"] || again.Counts["reject"] != 0 {
				t.Errorf("corrected: %v %s\n%s", again.Counts, again.Failure, corrected)
			}
			people, err := h.kernel.Records.List(t.Context(), h.grant, contact.Name, repository.Question{Count: true})
			if err != nil {
				t.Fatal(err)
			}
			if want := imp.Counts["rows"]; int64(people.Total) != want {
				t.Errorf("%d contacts, the file has %d people", people.Total, want)
			}
		})
	}
}

func TestAdopt(t *testing.T) {
	h := open(t, nil)
	ctx := t.Context()
	var id string
	form, err := h.imports.Offer(ctx, h.grant, func(made string) string {
		id = made
		return "https://muster.example.org/back?id=" + made
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.imports.Adopt(ctx, h.grant, id, "x.csv", i18n.Dutch, ""); !errors.Is(err, fault.NotFound) {
		t.Errorf("adopted before it came: %v", err)
	}
	h.post(form, "x.csv", list(3))
	first, err := h.imports.Adopt(ctx, h.grant, id, strings.Repeat("x", 300)+"\x00.csv", i18n.Dutch, "")
	if err != nil || first.Guess == nil || len([]rune(first.FileName)) != 255 {
		t.Fatalf("%v %d", err, len([]rune(first.FileName)))
	}
	again, err := h.imports.Adopt(ctx, h.grant, id, "other.csv", i18n.Dutch, "")
	if err != nil || again.FileName != first.FileName {
		t.Errorf("adopted twice: %v, %q", err, again.FileName)
	}
	for _, bad := range []string{"", "imp_", "x" + id, id + "x", "imp_../../../../../../etc/passw", strings.ToUpper(id)} {
		if _, err := h.imports.Adopt(ctx, h.grant, bad, "x.csv", i18n.Dutch, ""); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	reader := policy.For(policy.Actor{ID: "usr_x"}, policy.Reader).In(h.grant.Tenant())
	if _, err := h.imports.Offer(ctx, reader, func(string) string { return "https://x.example.org/" }); !errors.Is(err, fault.Denied) {
		t.Errorf("a reader is offered an upload: %v", err)
	}
	if _, err := h.imports.Adopt(ctx, reader, id, "x.csv", i18n.Dutch, ""); !errors.Is(err, fault.Denied) {
		t.Errorf("a reader adopts: %v", err)
	}
}

// A plan is held against the file, and never harms what was found out about it.
func TestPlans(t *testing.T) {
	h := open(t, nil)
	imp, err := h.imports.Get(t.Context(), h.grant, h.upload("people.csv", list(5)).ID)
	if err != nil {
		t.Fatal(err)
	}
	guess := *imp.Guess
	two := 2
	for name, plan := range map[string]importer.Plan{
		"columns":  {Columns: guess.Columns[:3]},
		"field":    {Columns: with(guess.Columns, 1, importer.Column{Field: "shoeSize"})},
		"twice":    {Columns: with(guess.Columns, 1, importer.Column{Field: "firstName"})},
		"no name":  {Columns: with(guess.Columns, 0, importer.Column{Ignore: true})},
		"country":  {DefaultCountry: "XX"},
		"bad cell": {BadCell: "perhaps"},
		"mode":     {Mode: "merge"},
		"encoding": {Encoding: "klingon"},
		"sheet":    {Sheet: "Elsewhere"},
		"order":    {Columns: with(guess.Columns, 4, importer.Column{Field: "birthDate", DateFormat: "ydm"})},
	} {
		if _, err := h.imports.SetPlan(t.Context(), repository.Write{Grant: h.grant}, imp.ID, plan); fault.From(err) == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		now, err := h.imports.Get(t.Context(), h.grant, imp.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(guess, *now.Guess); diff != "" || now.State != job.Draft {
			t.Fatalf("%s: a refused plan changed the import: %s\n%s", name, now.State, diff)
		}
	}
	imp = h.plan(imp.ID, importer.Plan{})
	if diff := cmp.Diff(guess, *imp.Guess); diff != "" {
		t.Errorf("a plan changed what was found out: %s", diff)
	}
	imp = h.plan(h.upload("two.csv", []byte("Voornaam;Naam\nFirst name;Last name\nAn;Maes\nBo;Claes\n")).ID, importer.Plan{HeaderRow: &two})
	if imp.Guess.HeaderRow != 2 || imp.Guess.Columns[0].Header != "First name" {
		t.Errorf("read with the header in line %d: %v", imp.Guess.HeaderRow, imp.Guess.Columns[0].Header)
	}
	if imp = h.run(imp.ID); imp.Counts["create"] != 2 || imp.Counts["skip"] != 1 {
		t.Errorf("%v", imp.Counts)
	}
}

func with(columns []importer.Column, at int, c importer.Column) []importer.Column {
	all := slices.Clone(columns)
	c.Header = all[at].Header
	all[at] = c
	return all
}

// A new field is made for a column, once; a choice takes its values whatever their case, and refuses others.
func TestOwnFields(t *testing.T) {
	h := open(t, nil)
	w := repository.Write{Grant: h.grant}
	if _, err := h.kernel.Records.Create(t.Context(), w, setting.FieldName, []byte(`{"for":"contact","name":"size","label":"Maat","type":"choice","options":["S","M"]}`)); err != nil {
		t.Fatal(err)
	}
	file := []byte("Voornaam;Maat;Lid sinds\nAn;s;2019\nBo;M;2020\nCis;m;2021\nDirk;S;2022\nEls;XL;2023\n")
	imp := h.upload("x.csv", file)
	if imp.Guess.Columns[1].Field != "custom.size" {
		t.Fatalf("Maat becomes %q", imp.Guess.Columns[1].Field)
	}
	columns := with(imp.Guess.Columns, 2, importer.Column{NewCustomField: "text"})
	for range 2 {
		imp = h.plan(imp.ID, importer.Plan{Columns: columns})
	}
	imp = h.run(imp.ID)
	if imp.Counts["create"] != 4 || imp.Counts["reject"] != 1 {
		t.Fatalf("%v: %v", imp.Counts, h.end(imp.ID).Rows)
	}
	first := h.contacts(h.rows(imp.ID, importer.Create, 10))[0]
	if first.Custom["size"] != "S" || first.Custom["lidSinds"] != "2019" {
		t.Errorf("%v", first.Custom)
	}
	cfg, err := h.kernel.Records.Config(t.Context(), h.grant)
	if err != nil || len(cfg.Fields) != 2 {
		t.Errorf("%v: %d fields", err, len(cfg.Fields))
	}
	other := h.upload("y.csv", []byte("Voornaam;Maat\nAn;groot\nBo;klein\n"))
	if other.Guess.Columns[1].Field != "" {
		t.Errorf("values that are no sizes become %q", other.Guess.Columns[1].Field)
	}
}
