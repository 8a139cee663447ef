package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
)

// fates gives what became of the rows of an import: line, fate, fields that change, code of the first reason.
func (c *client) fates(id, query string) []string {
	c.t.Helper()
	var all []string
	for cursor := ""; ; {
		a := c.call("GET", "/v1/imports/"+id+"/rows?limit=200"+query+"&cursor="+cursor, nil).want(200)
		for _, row := range a.list("items") {
			text := fmt.Sprint(dig(row, "line"), " ", dig(row, "result"))
			changes, _ := dig(row, "changes").([]any)
			for _, change := range changes {
				text += fmt.Sprint(" ", dig(change, "field"))
			}
			if code := dig(row, "reasons.0.code"); code != nil {
				text += fmt.Sprint(" ", code)
			}
			all = append(all, text)
		}
		if cursor = a.text("next"); cursor == "" {
			return all
		}
	}
}

// merging brings a file into the contacts that a key matches and gives the import when it has run.
func (c *client) merging(name, content string, plan map[string]any) *answer {
	c.t.Helper()
	plan["mode"] = "merge"
	return c.run(c.preview(name, []byte(content), plan).text("id"))
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Business cards of every version are rows like others (IMP-01).
func TestIMP01_BusinessCards(t *testing.T) {
	c := begin(t)
	for name, people := range map[string]int{"gmail-list.vcf": 3, "basic_vcard_addressbook.vcf": 2, "outlook-2003.vcf": 1, "John_Doe_IPHONE.vcf": 1, "rfc6350-example.vcf": 1} {
		t.Run(name, func(t *testing.T) {
			c := c.site.found(t, "Org"+strings.NewReplacer(".", "", "-", "", "_", "").Replace(name))
			content, err := os.ReadFile(need.TestData(t, "contacts/"+name))
			if err != nil {
				t.Fatal(err)
			}
			done := c.run(c.preview(name, content, nil).text("id"))
			if done.text("state") != "done" || done.number("counts.create")+done.number("counts.reject") != people || done.number("counts.create") == 0 {
				t.Errorf("%v %s", done.at("counts"), c.call("GET", "/v1/imports/"+done.text("id")+"/rows", nil).raw)
			}
		})
	}
	t.Run("what a card says", func(t *testing.T) {
		card := "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Nys;Zo=C3=AB\r\nTEL;CELL:+32 471 00 00 01\r\nEMAIL;INTERNET:zoe@example.org\r\nADR;HOME:;;Kerkstraat 1;Gent;;9000;Belgium\r\nBDAY:1980-02-01\r\nEND:VCARD\r\n" +
			"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nFN:ACME\r\nEND:VCARD\r\n"
		c.run(c.preview("zoe.vcf", []byte(card), nil).text("id"))
		a := c.call("GET", "/v1/contacts?count=true&q=zoe", nil).want(200)
		if a.text("items.0.lastName") != "Nys" || a.text("items.0.birthDate") != "1980-02-01" || a.text("items.0.emails.0.address") != "zoe@example.org" ||
			a.text("items.0.phones.0.number") != "+32471000001" || a.text("items.0.addresses.0.town") != "Gent" || c.total("acme") != 0 {
			t.Errorf("found %s", a.raw)
		}
	})
}

// IMP-02: whether rows become new contacts or go into those they match is asked before the upload; nobody has chosen before
// the reader does. Without a word the API makes new ones. The key policy holds either way.
func TestIMP02_MergeOrNot(t *testing.T) {
	c := begin(t)
	c.contact(map[string]any{"firstName": "Ann", "lastName": "Nys", "emails": []any{map[string]any{"address": "ann@example.org"}}, "phones": []any{map[string]any{"line": "mobile", "number": "0471000001"}}})
	file := "Voornaam;Naam;E-mail;GSM;Beroep\nAnn;Nys;ann@example.org;0471000001;baker\nBob;Bos;bob@example.org;0471000002;smith\n"
	t.Run("asked before the upload, nothing chosen", func(t *testing.T) {
		page := c.pageOf("/imports/new")
		for _, want := range []string{`href="/imports/new?mode=create"`, `href="/imports/new?mode=merge"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not hold %s", want)
			}
		}
		if strings.Contains(page, `type="file"`) || strings.Contains(page, `name="mode"`) {
			t.Error("a file is asked for before the choice, or a choice is made")
		}
		id := c.upload("x.csv", []byte(file))
		c.call("GET", "/v1/imports/"+id, nil).want(200)
		if page := c.pageOf("/imports/" + id + "/map"); strings.Contains(page, `name="mode" value="create" checked`) || strings.Contains(page, `name="mode" value="merge" checked`) {
			t.Error("a mode is chosen")
		}
	})
	t.Run("every row new", func(t *testing.T) {
		id := c.preview("x.csv", []byte(file), nil).text("id")
		equal(t, c.fates(id, ""), "2 reject mobile_taken", "3 create")
	})
	t.Run("merged into the contacts they match", func(t *testing.T) {
		done := c.merging("x.csv", file, map[string]any{"matchKey": "email"})
		equal(t, c.fates(done.text("id"), ""), "2 update occupation", "3 create")
	})
	t.Run("rows that break the key policy are rejected either way", func(t *testing.T) {
		done := c.merging("x.csv", "Voornaam;E-mail;GSM\nBob;bob@example.org;0471000001\n", map[string]any{"matchKey": "email", "rule": "overwrite"})
		equal(t, c.fates(done.text("id"), ""), "2 reject mobile_taken")
	})
}

// IMP-04: the preview tells update and merge apart from create and reject; what has changed since is judged again.
func TestIMP04_TargetsThatChanged(t *testing.T) {
	c := begin(t)
	ann := c.contact(map[string]any{"firstName": "Ann", "emails": []any{map[string]any{"address": "ann@example.org"}}})
	bob := c.contact(map[string]any{"firstName": "Bob", "emails": []any{map[string]any{"address": "bob@example.org"}}})
	file := "Voornaam;E-mail;Beroep\nAnn;ann@example.org;baker\nBob;bob@example.org;smith\nCas;cas@example.org;clerk\nCas;cas@example.org;\n;;nobody\n"
	id := c.preview("x.csv", []byte(file), map[string]any{"mode": "merge", "matchKey": "email"}).text("id")
	equal(t, c.fates(id, ""), "2 update occupation", "3 update occupation", "4 create", "5 unchanged", "6 reject required")
	c.call("PATCH", "/v1/contacts/"+ann, map[string]any{"occupation": "judge"}, "If-Match", "*").want(200)
	c.call("DELETE", "/v1/contacts/"+bob, nil, "If-Match", "*").want(200)
	c.run(id)
	equal(t, c.fates(id, ""), "2 unchanged", "3 create", "4 create", "5 unchanged", "6 reject required")
	if a := c.call("GET", "/v1/contacts/"+ann, nil); a.text("occupation") != "judge" {
		t.Errorf("Ann is %s", a.text("occupation"))
	}
}

// IMP-05: each key finds its contact; a row with several is rejected with the candidates.
func TestIMP05_MatchKeys(t *testing.T) {
	c := begin(t)
	a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Ann", "lastName": "Nys", "birthDate": "1980-02-01", "externalIds": map[string]any{"old": "A1"},
		"emails": []any{map[string]any{"address": "ann@example.org"}}, "phones": []any{map[string]any{"line": "mobile", "number": "0471000001"}}}).want(201)
	file := fmt.Sprintf("ID;Nr;Oud;Voornaam;Naam;Geboren;E-mail;GSM;Bijnaam\n%s;%d;A1;Ann;Nys;1/2/1980;ann@example.org;0471 00 00 01;%%s\n", a.text("id"), a.number("number"))
	columns := []any{}
	for _, field := range []string{"id", "number", "externalIds.old", "firstName", "lastName", "birthDate", "emails.address", "phones.number:mobile", "nickname"} {
		columns = append(columns, map[string]any{"header": field, "field": field})
	}
	for _, key := range []string{"id", "number", "externalId", "email", "mobile", "nameBirthDate"} {
		t.Run(key, func(t *testing.T) {
			done := c.merging("x.csv", fmt.Sprintf(file, key), map[string]any{"matchKey": key, "rule": "overwrite", "columns": columns})
			equal(t, c.fates(done.text("id"), ""), "2 update nickname")
		})
	}
	t.Run("several", func(t *testing.T) {
		twin := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Ann", "lastName": "Nys", "birthDate": "1980-02-01"}, "Muster-Allow-Duplicate", "true").want(201).text("id")
		done := c.merging("x.csv", "Voornaam;Naam;Geboren\nAnn;Nys;1/2/1980\n", map[string]any{"matchKey": "nameBirthDate"})
		rows := c.call("GET", "/v1/imports/"+done.text("id")+"/rows", nil).want(200)
		if rows.text("items.0.reasons.0.code") != "several_matches" || !strings.Contains(string(rows.raw), twin) || !strings.Contains(string(rows.raw), a.text("id")) {
			t.Errorf("%s", rows.raw)
		}
	})
	t.Run("a key without a column", func(t *testing.T) {
		id := c.upload("x.csv", []byte("Voornaam\nAnn\n"))
		c.call("GET", "/v1/imports/"+id, nil).want(200)
		if b := c.call("PUT", "/v1/imports/"+id+"/plan", map[string]any{"mode": "merge", "matchKey": "email"}).want(422); b.codes()["matchKey"] != "no_key_column" {
			t.Errorf("%v", b.codes())
		}
		if b := c.call("PUT", "/v1/imports/"+id+"/plan", map[string]any{"mode": "merge"}).want(422); b.codes()["matchKey"] != "required" {
			t.Errorf("%v", b.codes())
		}
	})
}

// IMP-06: a rule for all columns and one for each; an empty cell clears only where that was chosen.
func TestIMP06_Rules(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Ann", "nickname": "Annie", "website": "https://example.org", "externalIds": map[string]any{"import": "1"}})
	column := func(field, rule string, clear bool) map[string]any {
		members := map[string]any{"header": field, "field": field, "clear": clear}
		if rule != "" {
			members["rule"] = rule
		}
		return members
	}
	got := func() string {
		a := c.call("GET", "/v1/contacts/"+id, nil).want(200)
		return a.text("nickname") + "|" + a.text("occupation") + "|" + a.text("website")
	}
	columns := func(nickname, occupation, website map[string]any) []any {
		return []any{column("externalIds.import", "", false), nickname, occupation, website}
	}
	file := "Extern;Bijnaam;Beroep;Site\n1;Anne;baker;\n"
	for _, step := range []struct {
		name    string
		columns []any
		want    string
	}{
		{"fill", columns(column("nickname", "", false), column("occupation", "", false), column("website", "", false)), "Annie|baker|https://example.org"},
		{"skip", columns(column("nickname", "skip", false), column("occupation", "", false), column("website", "", false)), "Annie|baker|https://example.org"},
		{"overwrite one", columns(column("nickname", "overwrite", false), column("occupation", "", false), column("website", "overwrite", false)), "Anne|baker|https://example.org"},
		{"clear one", columns(column("nickname", "", false), column("occupation", "", false), column("website", "overwrite", true)), "Anne|baker|"},
	} {
		c.merging("x.csv", file, map[string]any{"matchKey": "externalId", "columns": step.columns})
		if got() != step.want {
			t.Errorf("%s: %s, want %s", step.name, got(), step.want)
		}
	}
}

// IMP-07: group, tags, family and company of each row; names nobody has are made or reject the row.
func TestIMP07_Links(t *testing.T) {
	c := begin(t)
	file := "Voornaam;E-mail;Groep;Gezin;Rol in het gezin;Bedrijf (gekoppeld);Etiketten\nAnn;ann@example.org;U15;Peeters;ouder;ACME;vip\nBob;bob@example.org;u15;PEETERS;kind;;\n"
	id := c.preview("x.csv", []byte(file), map[string]any{"links": map[string]any{"group": "reject", "family": "reject", "company": "reject", "tags": "reject"}}).text("id")
	equal(t, c.fates(id, ""), "2 reject unknown_name", "3 reject unknown_name")
	c.call("PUT", "/v1/imports/"+id+"/plan", map[string]any{}).want(200)
	c.run(id)
	equal(t, c.fates(id, ""), "2 create", "3 create")
	for q, n := range map[string]int{"/v1/families": 1, "/v1/companies": 1, "/v1/groups": 1, "/v1/contacts": 2} {
		if got := c.call("GET", q+"?count=true", nil).want(200).number("total"); got != n {
			t.Errorf("%d of %s", got, q)
		}
	}
	f := c.call("GET", "/v1/families?q=peeters", nil).want(200)
	if len(f.list("items.0.members")) != 2 || f.text("items.0.members.0.role") != "parent" {
		t.Errorf("%s", f.raw)
	}
	group := c.call("GET", "/v1/groups", nil).text("items.0.id")
	if c.total("groups.group:"+group) != 2 || c.total("tags:vip") != 1 {
		t.Errorf("%d in the group, %d with the tag", c.total("groups.group:"+group), c.total("tags:vip"))
	}
}

// records is every contact, family and company that is there, without what each write moves.
func (c *client) records() map[string]string {
	c.t.Helper()
	all := map[string]string{}
	for _, kind := range []string{"contacts", "families", "companies"} {
		for cursor := ""; ; {
			a := c.call("GET", "/v1/"+kind+"?limit=200&fields=*&cursor="+cursor, nil).want(200)
			for _, item := range a.list("items") {
				rec := item.(map[string]any)
				for _, moving := range []string{"version", "updatedAt", "updatedBy"} {
					delete(rec, moving)
				}
				encoded, err := json.Marshal(rec)
				if err != nil {
					c.t.Fatal(err)
				}
				all[fmt.Sprint(rec["id"])] = string(encoded)
			}
			if cursor = a.text("next"); cursor == "" {
				break
			}
		}
	}
	return all
}

// IMP-11: 10,000 rows that make and change contacts, the program killed in the middle of writing and of taking back: the
// organisation is as it was, and later edits are kept and listed.
func TestIMP11_UndoAnImport(t *testing.T) {
	t.Parallel()
	const rows = 10_000
	binary := filepath.Join(t.TempDir(), "muster")
	build := exec.Command("go", "build", "-o", binary, "./infra/local")
	build.Dir = need.Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	p := launch(t, binary, data)
	var known, file strings.Builder
	agreed := func(i int) string { return []string{"ja", "nee", ""}[i%3] } // to be written to
	known.WriteString("Voornaam;Naam;E-mail;Beroep;Nieuwsbrief;Sms-reclame\n")
	for i := range 2000 {
		fmt.Fprintf(&known, "Old%d;Nys;p%d@example.org;;%s;%s\n", i, i*4, agreed(i), agreed(i/3))
	}
	p.run(p.preview("known.csv", []byte(known.String()), nil).text("id"))
	before := p.records()
	file.WriteString("Voornaam;Naam;E-mail;Beroep;Etiketten;Nieuwsbrief;Sms-reclame\n")
	for i := range rows {
		fmt.Fprintf(&file, "Voor%d;Achter;p%d@example.org;job%d;t%d;%s;%s\n", i%83, i, i%7, i%3, agreed(i/2), agreed(i/5))
	}
	id := p.preview("crowd.csv", []byte(file.String()), map[string]any{"mode": "merge", "matchKey": "email", "rule": "overwrite"}).text("id")
	p.call("POST", "/v1/imports/"+id+"/run", nil).want(200)
	at := p.awaitRows(id, rows/2)
	p.kill()
	p = launch(t, binary, data)
	done := p.await(id)
	if done.text("state") != "done" || done.number("counts.create") != 8000 || done.number("counts.update") != 2000 || done.text("undoUntil") == "" {
		t.Fatalf("%s", done.raw)
	}
	p.call("POST", "/v1/imports/"+id+"/undo", nil).want(200)
	back := p.awaitRows(id, rows/3)
	p.kill()
	p = launch(t, binary, data)
	undone := p.await(id)
	t.Logf("killed at %d rows written and %d taken back", at, back)
	t.Run("it ends undone", func(t *testing.T) {
		if undone.text("state") != "undone" || undone.number("counts.back") != rows || undone.number("counts.kept") != 0 {
			t.Errorf("%s", undone.raw)
		}
	})
	t.Run("everything is as before", func(t *testing.T) {
		after := p.records()
		if diff := cmp.Diff(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after))); diff != "" {
			t.Error(diff[:min(len(diff), 2000)])
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff[:min(len(diff), 2000)])
		}
	})
	t.Run("what it made lies in the trash", func(t *testing.T) {
		if n := p.total("is:trashed"); n != 8000 {
			t.Errorf("%d in the trash", n)
		}
	})
	t.Run("once", func(t *testing.T) {
		p.call("POST", "/v1/imports/"+id+"/undo", nil).want(409)
	})
	t.Run("later edits are kept and listed", func(t *testing.T) {
		id := p.merging("few.csv", "Voornaam;E-mail;Bijnaam;Beroep\nOld0;p0@example.org;Zero;baker\nOld1;p4@example.org;One;smith\n", map[string]any{"matchKey": "email"}).text("id")
		edited := p.call("GET", "/v1/contacts?q=emails.address:p0@example.org", nil).text("items.0.id")
		p.call("PATCH", "/v1/contacts/"+edited, map[string]any{"nickname": "Nought"}, "If-Match", "*").want(200)
		p.call("POST", "/v1/imports/"+id+"/undo", nil).want(200)
		if a := p.await(id); a.number("counts.back") != 1 || a.number("counts.kept") != 1 {
			t.Errorf("%s", a.raw)
		}
		equal(t, p.fates(id, "&result=kept"), "2 kept edited_since")
		if a := p.call("GET", "/v1/contacts/"+edited, nil).want(200); a.text("nickname") != "Nought" || a.text("occupation") != "" {
			t.Errorf("%s", a.raw)
		}
	})
}

// HIST-13: after an import, the page of it offers to take it back in a quiet line.
func TestHIST13_UndoOfAnImport(t *testing.T) {
	c := begin(t)
	id := c.run(c.preview("x.csv", []byte("Voornaam\nAnn\nBob\n"), nil).text("id")).text("id")
	if page := c.pageOf("/imports/" + id); strings.Count(page, `action="/imports/`+id+`/undo"`) != 2 {
		t.Errorf("the result offers it %d times", strings.Count(page, `action="/imports/`+id+`/undo"`))
	}
	c.call("POST", "/v1/imports/"+id+"/undo", nil).want(200)
	if a := c.await(id); a.text("state") != "undone" || c.total("") != 0 {
		t.Errorf("%s, %d contacts", a.raw, c.total(""))
	}
	if page := c.pageOf("/imports/" + id); strings.Contains(page, "/undo") {
		t.Error("it is offered again")
	}
}

// IMP-09: a file of rejected rows knows which rows they are: corrected and sent in twice, it makes no duplicates.
func TestIMP09_CorrectedTwice(t *testing.T) {
	c := begin(t)
	done := c.run(c.preview("x.csv", []byte("Voornaam;E-mail\nAnn;ann@example.org\nBob;geen adres\n"), nil).text("id"))
	resp, err := http.Get(c.call("GET", "/v1/imports/"+done.text("id")+"/errors", nil).want(200).text("url"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	file, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	corrected := strings.Replace(string(file), "geen adres", "", 1)
	for i, want := range []string{"2 create", "2 unchanged already_in"} {
		again := c.run(c.preview("again.csv", []byte(corrected), nil).text("id"))
		equal(t, c.fates(again.text("id"), ""), want)
		if c.total("") != 2 {
			t.Errorf("time %d: %d contacts", i+1, c.total(""))
		}
	}
}
