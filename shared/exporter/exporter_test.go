package exporter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/target"
	"github.com/muster-crm/muster/shared/vcard"
)

// An export holds the records a question finds, in the order of lists, with the columns that were chosen.
func TestColumns(t *testing.T) {
	h := open(t)
	h.make("field", `{"for":"contact","name":"fee","label":"Fee","type":"amount"}`)
	h.make("field", `{"for":"contact","name":"story","label":"Story","type":"long"}`)
	h.make("contact", `{"firstName":"Zoë","lastName":"Maes","type":"member","birthDate":"1985-02-28","newsletter":true,"tags":["a;b","c"],
		"emails":[{"address":"two@example.org"},{"address":"one@example.org","main":true},{"kind":"work","address":"w@example.org"}],
		"phones":[{"number":"0471 12 34 56"},{"number":"02 512 34 56"}],"addresses":[{"street":"Kerkstraat","number":"1","town":"Gent","postcode":"9000"}],
		"custom":{"fee":{"amount":1250,"currency":"EUR"},"story":"long\ntext"},"discount":1250}`)
	h.make("contact", `{"firstName":"=1+1","lastName":"Aerts","type":"donor","tags":["x"]}`)
	fields := strings.Fields("firstName lastName type birthDate newsletter tags emails.address emails.address:work phones.number:mobile phones.number:fixed " +
		"addresses.street addresses.number addresses.country custom.fee custom.story discount entity createdAt")
	for format, want := range map[exporter.Format][][]string{
		exporter.XLSX: {{"First name", "Last name", "Type", "Date of birth", "Newsletter", "Tags", "E-mail", "E-mail (work)", "Mobile", "Phone", "Street", "House number", "Country",
			"Fee", "Story", "Discount", "Entity", "Created"},
			{"=1+1", "Aerts", "Donor", "", "No", "x", "", "", "", "", "", "", "", "", "", "", "Harbour Choir", "2026-11-21T13:00:00"},
			{"Zoë", "Maes", "Member", "1985-02-28", "Yes", `"a;b"; c`, "one@example.org; two@example.org", "w@example.org", "+32471123456", "+3225123456", "Kerkstraat", "1",
				"Belgium", "12.5", "long\ntext", "12.5", "Harbour Choir", "2026-11-21T13:00:00"}},
		exporter.CSV: {{"First name"}, {"=1+1", "Aerts"}, {"Zoë", "Maes", "Member", "1985-02-28", "Yes", `"a;b"; c`, "one@example.org; two@example.org", "w@example.org", "+32471123456",
			"+3225123456", "Kerkstraat", "1", "Belgium", "12.50", "long\ntext", "12.5"}},
	} {
		x, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: fields, Format: format}, nil)
		got := rows(t, file)
		if format == exporter.CSV {
			if !bytes.Contains(file, []byte("\r\n'=1+1,")) {
				t.Errorf("a formula is let through: %q", file)
			}
			for i := range got {
				got[i] = got[i][:min(len(got[i]), len(want[i]))]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || x.Counts["done"] != 2 || x.Total != 2 || x.Title != "Contacts" {
			t.Errorf("%s: %s%+v", format, diff, x.Job)
		}
		if name := exporter.FileName(x); name != "contacts-2026-11-21."+string(format) {
			t.Error(name)
		}
	}
	_, file := h.export(exporter.Order{Kind: "contact", Target: target.Target{Q: "type:donor"}, Format: exporter.CSV, Language: i18n.Dutch}, nil)
	if got := rows(t, file); len(got) != 2 || got[0][0] != "Record-ID" || got[0][1] != "Systeemnummer" || got[1][2] != "=1+1" {
		t.Errorf("%q", got)
	}
	found, err := h.Records.List(t.Context(), h.grant, "contact", repository.Question{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	_, file = h.export(exporter.Order{Kind: "contact", Target: target.Target{IDs: found.IDs[1:]}, Fields: []string{"firstName"}, Format: exporter.CSV}, nil)
	if got := rows(t, file); len(got) != 2 || got[1][0] != "Zoë" {
		t.Errorf("%q", got)
	}
	donors := h.make("search", `{"for":"contact","name":"Donors","query":"type:donor"}`).Base().ID
	_, file = h.export(exporter.Order{Kind: "contact", Target: target.Target{Search: donors}, Fields: []string{"type"}, Format: exporter.CSV}, nil)
	if got := rows(t, file); len(got) != 2 || got[1][0] != "Donor" {
		t.Errorf("%q", got)
	}
	many := make([]string, target.MaxIDs) // the longest selection goes into a job
	for i := range many {
		many[i] = h.Records.IDs.New("con")
	}
	many[0] = found.IDs[0]
	_, file = h.export(exporter.Order{Kind: "contact", Target: target.Target{IDs: many}, Fields: []string{"firstName"}, Format: exporter.CSV}, nil)
	if got := rows(t, file); len(got) != 2 {
		t.Errorf("%q", got)
	}
	_, file = h.export(exporter.Order{Kind: "contact", Target: everything, Sort: []string{"-lastName"}, Fields: []string{"lastName"}, Format: exporter.CSV}, nil)
	if got := rows(t, file); len(got) != 3 || got[1][0] != "Maes" {
		t.Errorf("%q", got)
	}
}

// Families and companies come one a row, or one row for each of their contacts.
func TestLinked(t *testing.T) {
	h := open(t)
	an := h.make("contact", `{"firstName":"An","lastName":"Peeters"}`).Base().ID
	bo := h.make("contact", `{"firstName":"Bo","lastName":"Peeters","emails":[{"address":"bo@example.org"}]}`).Base().ID
	h.make("family", `{"name":"Peeters","address":{"street":"Kerkstraat","number":"1","town":"Gent"},"members":[{"contact":"`+an+`","role":"parent"},{"contact":"`+bo+`","role":"child"}]}`)
	h.make("family", `{"name":"Nobody"}`)
	h.make("company", `{"name":"ACME","taxNumber":"BE0123456749","contacts":[{"contact":"`+bo+`","function":"director"}]}`)
	_, file := h.export(exporter.Order{Kind: "family", Target: everything, Fields: []string{"name", "address.town", "members.contact", "members.role"}, Format: exporter.XLSX}, nil)
	want := [][]string{{"Name", "Town", "Contact", "Role"}, {"Nobody"}, {"Peeters", "Gent", "An Peeters; Bo Peeters", "Parent; Child"}}
	if diff := cmp.Diff(want, rows(t, file)); diff != "" {
		t.Error(diff)
	}
	per := exporter.Order{Kind: "family", Target: everything, Rows: exporter.PerContact, Fields: []string{"name", "members.role", "contact.firstName", "contact.emails.address"}, Format: exporter.XLSX}
	_, file = h.export(per, nil)
	want = [][]string{{"Name", "Role", "First name", "E-mail"}, {"Peeters", "Parent", "An"}, {"Peeters", "Child", "Bo", "bo@example.org"}}
	if diff := cmp.Diff(want, rows(t, file)); diff != "" {
		t.Error(diff)
	}
	_, file = h.export(exporter.Order{Kind: "company", Target: everything, Rows: exporter.PerContact, Format: exporter.CSV}, nil)
	if got := rows(t, file); len(got) != 2 || got[1][1] != "ACME" || !strings.Contains(strings.Join(got[1], "|"), "|Bo|") {
		t.Errorf("%q", got)
	}
	// Whoever is in the trash is linked no more.
	if _, err := h.Records.Trash(t.Context(), repository.Write{Grant: h.grant}, "contact", an, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	_, file = h.export(per, nil)
	if got := rows(t, file); len(got) != 2 || got[1][2] != "Bo" {
		t.Errorf("%q", got)
	}
}

// Nobody gets by an export what they may not read, and what is sensitive is noted.
func TestRights(t *testing.T) {
	h := open(t)
	h.make("contact", `{"firstName":"An","lastName":"Peeters","iban":"BE68539007547034","discount":500}`)
	h.make("contact", `{"firstName":"Bo","lastName":"Peeters"}`)
	ctx := t.Context()
	reader, editor := h.in(policy.Reader), h.in(policy.Editor)
	for _, ask := range []struct {
		g    policy.Grant
		o    exporter.Order
		want string
	}{
		{reader, exporter.Order{Kind: "contact", Target: everything, Format: exporter.CSV}, "denied"},
		{editor, exporter.Order{Kind: "contact", Target: everything, Format: exporter.CSV, Fields: []string{"firstName", "iban"}}, "fields[1] denied"},
		{editor, exporter.Order{Kind: "contact", Target: everything, Format: exporter.CSV, Fields: []string{"firstName", "firstName", "none"}}, "fields[1] twice fields[2] unknown_field"},
		{editor, exporter.Order{Kind: "user", Target: everything, Format: exporter.CSV}, "kind bad_choice"},
		{editor, exporter.Order{Kind: "family", Target: everything, Format: exporter.VCard}, "format bad_choice"},
		{editor, exporter.Order{Kind: "contact", Target: everything, Format: "doc", Rows: "contact"}, "format bad_choice rows bad_choice"},
		{editor, exporter.Order{Kind: "contact", Format: exporter.CSV, Target: target.Target{Q: "nothing:1"}}, "target.q unknown_field"},
		{editor, exporter.Order{Kind: "contact", Target: everything, Format: exporter.CSV, Sort: []string{"nothing"}}, "sort unknown_field"},
		{editor, exporter.Order{Kind: "contact", Format: exporter.CSV}, "target empty_target"},
		{editor, exporter.Order{Kind: "contact", Format: exporter.CSV, Target: target.Target{Search: "sch_none"}}, "target.search bad_value"},
		{editor, exporter.Order{Kind: "contact", Format: exporter.CSV, Target: target.Target{Q: "x", IDs: []string{"con_1"}}}, "target one_target"},
	} {
		_, err := h.exports.Create(ctx, ask.g, ask.o)
		f := fault.From(err)
		var got []string
		for _, field := range f.Fields {
			got = append(got, field.Path+" "+field.Code)
		}
		if said := strings.Join(got, " "); err == nil || said != ask.want && f.Code != ask.want {
			t.Errorf("%+v: %+v", ask.o, f)
		}
	}
	columns, err := h.exports.Columns(ctx, editor, "contact", false, i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columns {
		if c.Sensitive() {
			t.Errorf("an editor is offered %s", c.Path)
		}
	}
	x, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: []string{"firstName", "iban", "nationalNumber.number"}, Format: exporter.XLSX}, nil)
	if got := rows(t, file); got[1][1] != "BE68539007547034" {
		t.Errorf("%q", got)
	}
	entries, _, err := h.Records.Accesses(ctx, h.grant, repository.AccessFilter{}, "", 10)
	if err != nil || len(entries) != 1 || entries[0].Act != "export" || !cmp.Equal(entries[0].Fields, []string{"iban"}) {
		t.Errorf("%+v, %v", entries, err)
	}
	if logged, err := h.Commits.After(ctx, h.grant.Tenant(), 0, 100); err != nil || logged[len(logged)-2].Action != "contact.export" || logged[len(logged)-2].Batch != x.ID {
		t.Errorf("the log does not say so: %+v, %v", logged, err)
	}
	// The file is its maker's, and for a week; others that manage see that it was made.
	admin := h.in(policy.Admin)
	if _, err := h.exports.Get(ctx, admin, x.ID); err != nil {
		t.Error(err)
	}
	for _, g := range []policy.Grant{admin, editor} {
		if _, err := h.exports.Download(ctx, g, x.ID); fault.From(err).Code != "not_found" {
			t.Errorf("%v", err)
		}
	}
	h.clock.Advance(exporter.Kept)
	if _, err := h.exports.Download(ctx, h.grant, x.ID); fault.From(err).Code != "not_found" {
		t.Errorf("%v", err)
	}
	mine, next, err := h.exports.List(ctx, editor, "", 10)
	if err != nil || len(mine) != 0 || next != "" {
		t.Errorf("%d, %v", len(mine), err)
	}
}

// Every row is as it was when the export began, whatever is written while it is made part by part.
func TestOneMoment(t *testing.T) {
	h := open(t)
	h.make("field", `{"for":"contact","name":"story","label":"Story","type":"long"}`)
	var ids []string
	for n := range 1600 {
		raw, err := json.Marshal(map[string]any{"firstName": fmt.Sprintf("Name%04d", n), "lastName": "Before", "custom": map[string]any{"story": strings.Repeat(fmt.Sprintf("%04d ", n), 1900)}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.make("contact", string(raw)).Base().ID)
	}
	meanwhile := 0
	x, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: []string{"firstName", "lastName", "custom.story"}, Format: exporter.CSV}, func() {
		id := ids[len(ids)-1-meanwhile]
		meanwhile++
		if _, err := h.Records.Patch(t.Context(), repository.Write{Grant: h.grant}, "contact", id, repository.AnyVersion, []byte(`{"lastName":"After","custom":{"story":"After"}}`)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Records.Trash(t.Context(), repository.Write{Grant: h.grant}, "contact", id, repository.AnyVersion); err != nil {
			t.Fatal(err)
		}
		h.make("contact", `{"firstName":"Later"}`)
	})
	if meanwhile < 3 {
		t.Fatalf("it was made in %d pieces", meanwhile)
	}
	got := rows(t, file)
	if len(got) != 1601 || x.Counts["done"] != 1600 {
		t.Fatalf("%d rows", len(got))
	}
	for i, row := range got[1:] {
		if row[0] != fmt.Sprintf("Name%04d", i) || row[1] != "Before" || len(row[2]) != 9499 {
			t.Fatalf("row %d: %.40q %d", i, row, len(row[2]))
		}
	}
	left, err := h.bucket.List(t.Context(), h.grant.Tenant().Blob("exports", ""), "", 10)
	if err != nil || len(left) != 1 {
		t.Errorf("%d objects are left, %v", len(left), err)
	}
}

// Whoever loses the right to what an export holds does not get it.
func TestRightsAreThoseOfTheMoment(t *testing.T) {
	h := open(t)
	h.make("contact", `{"firstName":"An"}`)
	admin := h.in(policy.Admin)
	x, err := h.exports.Create(t.Context(), admin, exporter.Order{Kind: "contact", Target: everything, Fields: []string{"iban"}, Format: exporter.CSV})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.exports.Download(t.Context(), admin, x.ID); fault.From(err).Code != "job_running" {
		t.Error(err)
	}
	if _, err := h.users.Update(t.Context(), repository.Write{Grant: h.grant}, admin.Actor().ID, repository.AnyVersion, []byte(`{"role":"editor"}`)); err != nil {
		t.Fatal(err)
	}
	if j := h.run(h.grant, x.ID, nil); j.State != job.Failed || j.Failure != "denied" {
		t.Errorf("%s %s", j.State, j.Failure)
	}
}

func TestCards(t *testing.T) {
	h := open(t)
	h.make("contact", `{"firstName":"Jan","prefix":"van den","lastName":"Berghe","gender":"male","birthDate":"1985-02-28","language":"en","tags":["a,b"],
		"emails":[{"kind":"father","address":"dad@example.org"},{"kind":"work","address":"w@example.org","main":true}],"phones":[{"number":"0471 12 34 56"}],
		"addresses":[{"street":"Kerkstraat","number":"1","box":"3","town":"Gent","postcode":"9000"}],"work":[{"employer":"ACME","role":"Clerk"}],"website":"example.org"}`)
	_, file := h.export(exporter.Order{Kind: "contact", Target: everything, Format: exporter.VCard, Fields: strings.Fields("birthDate gender language tags emails.address:work emails.address:father phones.number:mobile addresses.street work.employer")}, nil)
	r := vcard.NewReader(bytes.NewReader(file))
	if !r.Next() {
		t.Fatal(r.Err())
	}
	got := r.Card().Person()
	got.UID = ""
	want := vcard.Person{FullName: "Jan van den Berghe", FirstName: "Jan", Prefix: "van den", LastName: "Berghe", Gender: "male", BirthDate: "1985-02-28", Languages: []string{"en"},
		Categories: []string{"a,b"}, Emails: []vcard.Way{{Value: "dad@example.org", Label: "Father"}, {Value: "w@example.org", Types: []string{"work"}, Main: true}},
		Phones:    []vcard.Way{{Value: "+32471123456", Types: []string{"home", "cell"}, Main: true}},
		Addresses: []vcard.Address{{Types: []string{"home"}, Street: "Kerkstraat", Number: "1", Box: "3", Postcode: "9000", Town: "Gent", Country: "Belgium", Code: "BE", Main: true}},
		Employer:  "ACME", JobTitle: "Clerk"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// every is a contact with a value in each field an export has a column for that the importer reads.
const every = `{"title":"Dr.","firstName":"Zoë","prefix":"van den","lastName":"Maes","suffix":"Jr.","nickname":"Zo","type":"volunteer","category":"board","status":"active",
	"birthDate":"1985-02-28","gender":"female","language":"en","nationalities":["BE","CD"],"maritalStatus":"cohabiting","occupation":"Nurse","newsletter":true,"promotionalSms":false,
	"emails":[{"kind":"personal","address":"a@example.org","main":true},{"kind":"work","address":"b@example.org"},{"kind":"mother","address":"c@example.org"}],
	"phones":[{"kind":"personal","number":"+32471123456","main":true},{"kind":"work","number":"+3225123456"},{"kind":"father","number":"+32471123457"}],
	"addresses":[{"kind":"home","street":"Kerkstraat","number":"1","box":"3","postcode":"9000","town":"Gent","region":"Oost-Vlaanderen","country":"BE"}],
	"website":"https://example.org","tags":["a, b","c \"d\"","e"],"work":[{"employer":"ACME","role":"Clerk"}],"shirtNumber":7,"kitSize":"xl","iban":"BE68539007547034","ibanHolder":"Z. Maes",
	"nationalNumber":{"country":"BE","number":"85073003328"},"identityDocument":{"number":"592123456732","issuedBy":"Gent"},"discount":1250,"paymentTermDays":30,
	"externalIds":{"import":"X1","shop":"77"},
	"custom":{"fee":{"amount":1250,"currency":"USD"},"story":"long\ntext","since":"2020-02-29","sizes":["L; XL","S"],"size":"L; XL","points":-12.5,"ok":true,"page":"https://example.org/x"}}`

// An export imported elsewhere makes the same contacts, in every language and format: headers and values are those the
// importer understands.
func TestRoundTrip(t *testing.T) {
	for _, l := range i18n.Languages() {
		for _, format := range []exporter.Format{exporter.XLSX, exporter.CSV} {
			t.Run(string(l)+" "+string(format), func(t *testing.T) {
				h := open(t)
				prepare := func() {
					for name, body := range map[string]string{"fee": `"type":"amount"`, "story": `"type":"long"`, "since": `"type":"date"`, "points": `"type":"number"`, "ok": `"type":"flag"`,
						"page": `"type":"link"`, "size": `"type":"choice","options":["S","L; XL"]`, "sizes": `"type":"choices","options":["S","L; XL"]`} {
						h.make("field", fmt.Sprintf(`{"for":"contact","name":%q,"label":%q,%s}`, name, "Our "+name, body))
					}
					h.make("value", `{"list":"category","code":"board","label":"Board, and more"}`)
				}
				prepare()
				sent := doc(t, h.make("contact", every))
				var fields []string
				columns, err := h.exports.Columns(t.Context(), h.grant, "contact", false, l)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range columns {
					fields = append(fields, c.Path)
				}
				_, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: append(fields, "externalIds.shop"), Format: format, Language: l}, nil)
				h.again("contacts."+string(format), file, "unchanged")
				h.found("Harbour Choir", "other@example.org")
				prepare()
				imp := h.bring("contacts."+string(format), file)
				guessed := map[string]string{}
				for _, c := range imp.Guess.Columns {
					guessed[c.Header] = c.Field
				}
				for _, c := range columns {
					readable := false
					for _, target := range importer.Targets(nil) {
						readable = readable || target == c.Path && target != "name:full"
					}
					if (readable || strings.HasPrefix(c.Path, "custom.")) && guessed[c.Label] != c.Path {
						t.Errorf("the header %q of %s is guessed as %q", c.Label, c.Path, guessed[c.Label])
					}
				}
				if _, err := h.imports.Run(t.Context(), h.grant, imp.ID); err != nil {
					t.Fatalf("%+v", fault.From(err))
				}
				h.run(h.grant, imp.ID, nil)
				made, _, err := h.imports.Rows(t.Context(), h.grant, imp.ID, "", 0, 10)
				if err != nil || len(made) != 1 || made[0].RecordID == "" {
					t.Fatalf("%+v, %v", made, err)
				}
				got, err := h.Records.Get(t.Context(), h.grant, "contact", made[0].RecordID)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(sent, doc(t, got)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// The words of every list, in every language, are read back as the codes they stand for.
func TestWordsComeBack(t *testing.T) {
	h := open(t)
	cfg, err := h.Records.Config(t.Context(), h.grant)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	add := func(member, code string) {
		body := fmt.Sprintf(`{"firstName":"A%d",%q:%q}`, len(want), member, code)
		if member == "nationalities" {
			body = fmt.Sprintf(`{"firstName":"A%d","nationalities":[%q,"BE"]}`, len(want), code)
		}
		c := h.make("contact", body)
		want[doc(t, c)["firstName"].(string)] = code
	}
	for list, member := range map[string]string{"gender": "gender", "status": "status", "type": "type", "maritalStatus": "maritalStatus", "kitSize": "kitSize", "source": "source",
		"category": "category", "language": "language"} {
		for _, code := range cfg.Lists.Codes(list) {
			if list == "language" && len(cfg.Settings.Languages) > 0 && !strings.Contains(strings.Join(cfg.Settings.Languages, " "), code) {
				continue
			}
			add(member, code)
		}
	}
	for _, code := range cfg.Lists.Codes("country") {
		add("nationalities", code)
	}
	before := h.grant
	for _, l := range i18n.Languages() {
		h.grant = before
		_, file := h.export(exporter.Order{Kind: "contact", Target: everything, Fields: strings.Fields("firstName gender status type maritalStatus kitSize source category language nationalities"),
			Format: exporter.XLSX, Language: l}, nil)
		h.found(string(l), string(l)+"@example.org")
		imp := h.bring("c.xlsx", file)
		if _, err := h.imports.Run(t.Context(), h.grant, imp.ID); err != nil {
			t.Fatalf("%+v", fault.From(err))
		}
		h.run(h.grant, imp.ID, nil)
		for after := 0; ; {
			results, next, err := h.imports.Rows(t.Context(), h.grant, imp.ID, "", after, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Result == importer.Refused {
					t.Errorf("%s: %s %v: %+v", l, want[r.Title], r.Values, r.Reasons)
					continue
				}
				rec, err := h.Records.Get(t.Context(), h.grant, "contact", r.RecordID)
				if err != nil {
					t.Fatal(err)
				}
				if raw, _ := json.Marshal(doc(t, rec)); !strings.Contains(string(raw), `"`+want[r.Title]+`"`) {
					t.Errorf("%s: %s came back as %s", l, want[r.Title], raw)
				}
			}
			if after = next; next == 0 {
				break
			}
		}
		h.clock.Advance(time.Second)
	}
}

// A profile on paper holds what its maker reads, in their language, and masks what is sensitive.
func TestProfile(t *testing.T) {
	h := open(t)
	c := h.make("contact", `{"firstName":"Žluťoučký","lastName":"Łódź","type":"member","birthDate":"1985-02-28","iban":"BE68539007547034","discount":1250}`).Base().ID
	if _, err := h.Records.CreateUnder(t.Context(), repository.Write{Grant: h.grant}, "note", c, []byte(`{"text":"`+strings.Repeat("A long note. ", 700)+`"}`)); err != nil {
		t.Fatal(err)
	}
	h.make("family", `{"name":"Novák","members":[{"contact":"`+c+`","role":"parent"}]}`)
	x, file := h.export(exporter.Order{Kind: "contact", Target: target.Target{IDs: []string{c}}, Format: exporter.PDF, Language: i18n.Dutch}, nil)
	if !bytes.HasPrefix(file, []byte("%PDF-")) || bytes.Count(file, []byte("/Type /Page\n")) < 2 || exporter.FileName(x) != "žluťoučký-łódź-2026-11-21.pdf" {
		t.Errorf("%q %s", file[:20], exporter.FileName(x))
	}
	said := fmt.Sprintf("%+v", h.printed.Sections)
	for _, want := range []string{"Žluťoučký", "Type Value:Lid", "28", "•••034", "Novák", "A long note."} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not printed: %.600s", want, said)
		}
	}
	if strings.Contains(said, "BE68539007547034") || h.printed.Title != "Žluťoučký Łódź" {
		t.Errorf("%s: %.600s", h.printed.Title, said)
	}
	for _, bad := range []exporter.Order{{Kind: "contact", Target: everything, Format: exporter.PDF}, {Kind: "contact", Format: exporter.PDF, Target: target.Target{IDs: []string{c}, Q: "x"}}, {Kind: "contact", Format: exporter.PDF, Target: target.Target{IDs: []string{"con_none"}}},
		{Kind: "family", Format: exporter.PDF, Target: target.Target{IDs: []string{c}}}} {
		if _, err := h.exports.Create(t.Context(), h.grant, bad); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}
