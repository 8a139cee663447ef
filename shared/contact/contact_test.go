package contact_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/record"
)

var kind = contact.Kind()

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func env() *record.Env {
	return &record.Env{Now: noon, Channel: "telephone", Actor: "usr_1", Phones: phone.Plan{},
		Defaults: record.Defaults{Country: "BE", Language: "nl", Languages: []string{"nl", "fr"}, Newsletter: true}}
}

// made is a new contact as it would be stored.
func made(t *testing.T, body string, alter ...func(*record.Env)) *contact.Contact {
	t.Helper()
	c, err := tried(t, body, alter...)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return c
}

func tried(t *testing.T, body string, alter ...func(*record.Env)) (*contact.Contact, error) {
	t.Helper()
	r, err := kind.Create([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	e := env()
	for _, f := range alter {
		f(e)
	}
	return r.(*contact.Contact), kind.Check(r, e)
}

// edited is a contact after a patch.
func edited(t *testing.T, before *contact.Contact, patch string, alter ...func(*record.Env)) (*contact.Contact, error) {
	t.Helper()
	r, err := kind.Patch(before, []byte(patch))
	if err != nil {
		t.Fatalf("%s: %v", patch, err)
	}
	e := env()
	e.Before = before
	for _, f := range alter {
		f(e)
	}
	return r.(*contact.Contact), kind.Check(r, e)
}

// codes lists a refusal as "path code".
func codes(err error) []string {
	var all []string
	if err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	slices.Sort(all)
	return all
}

func TestNewContactIsComplete(t *testing.T) {
	c := made(t, `{"firstName":" Jan ","emails":[{"address":"Jan@Example.ORG"}],"phones":[{"number":"0471 12 34 56"}],"addresses":[{"town":"Gent"}]}`)
	yes, no := true, false
	want := &contact.Contact{Meta: record.Meta{Kind: "contact"}, Type: "member", Status: "active", FirstName: "Jan", Gender: "unstated", Language: "nl",
		Emails:     []contact.Email{{Kind: "personal", Address: "Jan@example.org", Main: true}},
		Phones:     []contact.Phone{{Line: "mobile", Kind: "personal", Number: "+32471123456", Main: true}},
		Addresses:  []contact.Address{{Kind: "home", Town: "Gent", Country: "BE", Main: true, Delivery: true}},
		Newsletter: &yes, PromotionalSMS: &no, Source: "telephone",
		Consents: []contact.Consent{{Purpose: "newsletter", Channel: "email", Given: true, Basis: "telephone", Wording: "consent.newsletter", At: noon, Actor: "usr_1"}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestGivenValuesStay(t *testing.T) {
	c := made(t, `{"firstName":"Jan","type":"donor","status":"pending","gender":"male","language":"fr","source":"form","newsletter":false,
		"emails":[{"kind":"work","address":"a@example.org"},{"address":"b@example.org","main":true}],"addresses":[{"kind":"other","country":"nl"}]}`)
	if c.Type != "donor" || c.Status != "pending" || c.Gender != "male" || c.Language != "fr" || c.Source != "form" || *c.Newsletter || len(c.Consents) != 0 ||
		c.MainEmail() != "b@example.org" || c.Emails[0].Kind != "work" || c.Addresses[0].Kind != "other" || c.Addresses[0].Country != "NL" {
		t.Errorf("%+v", c)
	}
}

// A language the organisation has given up stays with whoever has it.
func TestRetiredLanguageStays(t *testing.T) {
	before := made(t, `{"firstName":"Jan","language":"fr"}`)
	for patch, want := range map[string][]string{`{"lastName":"x"}`: nil, `{"language":"en"}`: {"language bad_choice"}, `{"language":"nl"}`: nil} {
		if _, err := edited(t, before, patch, func(e *record.Env) { e.Defaults.Languages = []string{"nl"} }); !cmp.Equal(want, codes(err)) {
			t.Errorf("%s: %q", patch, codes(err))
		}
	}
}

// What every contact has is never empty (CLS-01, CLS-03).
func TestClearedClassificationIsTheDefault(t *testing.T) {
	before := made(t, `{"firstName":"Jan","type":"donor","status":"withdrawn","gender":"male","language":"fr"}`)
	c, err := edited(t, before, `{"type":null,"status":null,"gender":null,"language":null,"source":null}`)
	if err != nil || c.Type != "member" || c.Status != "active" || c.Gender != "unstated" || c.Language != "nl" || c.Source != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestTitle(t *testing.T) {
	for want, c := range map[string]contact.Contact{
		"Jan van den Berghe": {FirstName: "Jan", Prefix: "van den", LastName: "Berghe"},
		"Jan Peeters":        {FirstName: "Jan", LastName: "Peeters"},
		"Jan":                {FirstName: "Jan"},
		"con_1":              {Meta: record.Meta{ID: "con_1"}},
	} {
		if got := record.Title(&c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Belgians look for "Van den Berghe" under V, everybody else under B (REC-36).
func TestSortName(t *testing.T) {
	for body, want := range map[string][2]string{ // in BE, in NL
		`{"firstName":"Jan","prefix":"van den","lastName":"Berghe"}`: {"van den Berghe", "Berghe, van den"},
		`{"firstName":"Jan","lastName":"Peeters"}`:                   {"Peeters", "Peeters"},
		`{"firstName":"Jan","prefix":"van"}`:                         {"van", "van"},
		`{"firstName":"Jan"}`:                                        {"", ""},
	} {
		for i, country := range []string{"BE", "NL"} {
			c := made(t, body, func(e *record.Env) { e.Defaults.Country = country })
			if c.SortName != want[i] {
				t.Errorf("%s in %s is sorted under %q, want %q", body, country, c.SortName, want[i])
			}
		}
	}
	long := made(t, `{"firstName":"J","prefix":"`+strings.Repeat("x", 30)+`","lastName":"`+strings.Repeat("y", 100)+`"}`, func(e *record.Env) { e.Defaults.Country = "NL" })
	if len(long.SortName) != 132 {
		t.Errorf("the longest name is sorted under %d characters", len(long.SortName))
	}
}

func TestRules(t *testing.T) {
	for body, want := range map[string][]string{
		`{"lastName":"Peeters"}`: {"firstName required"},
		`{"firstName":"` + strings.Repeat("é", 100) + `","lastName":"` + strings.Repeat("x", 100) + `"}`:               nil,
		`{"firstName":"` + strings.Repeat("x", 101) + `","lastName":"` + strings.Repeat("x", 101) + `"}`:               {"firstName too_long", "lastName too_long"},
		`{"firstName":"a","birthDate":"2026-11-21"}`:                                                                   nil,
		`{"firstName":"a","birthDate":"2026-11-22"}`:                                                                   {"birthDate date_future"},
		`{"firstName":"a","birthDate":"1900-01-01"}`:                                                                   nil,
		`{"firstName":"a","birthDate":"1899-12-31"}`:                                                                   {"birthDate date_too_early"},
		`{"firstName":"a","birthDate":"2023-02-29"}`:                                                                   {"birthDate bad_date"},
		`{"firstName":"a","birthDate":"2024-02-29"}`:                                                                   nil,
		`{"firstName":"a","emails":[{"address":"nobody"}]}`:                                                            {"emails[0].address email_invalid"},
		`{"firstName":"a","emails":[{"address":"a@localhost"}]}`:                                                       {"emails[0].address email_bad_domain"},
		`{"firstName":"a","emails":[{"address":"` + strings.Repeat("x", 65) + `@example.org"}]}`:                       {"emails[0].address email_too_long"},
		`{"firstName":"a","emails":[{"address":"a@example.org"},{"address":"A@EXAMPLE.org"}]}`:                         {"emails[1].address twice"},
		`{"firstName":"a","emails":[{"address":"a@example.org","main":true},{"address":"b@example.org","main":true}]}`: {"emails[1].main one_main"},
		`{"firstName":"a","emails":[{"kind":"work"}]}`:                                                                 {"emails[0].address required"},
		`{"firstName":"a","emails":[{"kind":"uncle","address":"a@example.org"}]}`:                                      {"emails[0].kind bad_choice"},
		`{"firstName":"a","emails":[` + times(11, `{"address":"a%@example.org"}`) + `]}`:                               {"emails too_many"},
		`{"firstName":"a","phones":[` + times(11, `{"number":"0471 12 34 %"}`) + `]}`:                                  {"phones too_many"},
		`{"firstName":"a","addresses":[` + times(21, `{"town":"a%"}`) + `]}`:                                           {"addresses too_many"},
		`{"firstName":"a","tags":[` + times(50, `"t%"`) + `]}`:                                                         nil,
		`{"firstName":"a","tags":[` + times(51, `"t%"`) + `]}`:                                                         {"tags too_many"},
		`{"firstName":"a","tags":["` + strings.Repeat("x", 51) + `"]}`:                                                 {"tags[0] too_long"},
		`{"firstName":"a","phones":[{"number":"012"}]}`:                                                                {"phones[0].number phone_impossible"},
		`{"firstName":"a","phones":[{"number":"abc"}]}`:                                                                {"phones[0].number phone_invalid"},
		`{"firstName":"a","phones":[{"line":"satellite","number":"0471123456"}]}`:                                      {"phones[0].line bad_choice"},
		`{"firstName":"a","phones":[{"number":"0471123456"},{"number":"+32 471 12.34.56"}]}`:                           {"phones[1].number twice"},
		`{"firstName":"a","phones":[{"number":"0471123456"},{"line":"fixed","number":"0471123456"}]}`:                  nil,
		`{"firstName":"a","addresses":[{"town":"a","main":true},{"town":"b","main":true,"delivery":true}]}`:            {"addresses[1].main one_main"},
		`{"firstName":"a","addresses":[{"town":"a","country":"XX"}]}`:                                                  {"addresses[0].country bad_choice"},
		`{"firstName":"a","language":"en"}`:                                                                            {"language bad_choice"},
		`{"firstName":"a","language":"tlh"}`:                                                                           {"language bad_choice"},
		`{"firstName":"a","website":"example.org/a"}`:                                                                  nil,
		`{"firstName":"a","website":"ftp://example.org"}`:                                                              {"website bad_url"},
		`{"firstName":"a","website":"javascript:alert(1)"}`:                                                            {"website bad_url"},
		`{"firstName":"a","website":"javascript://example.org/%0aalert(1)"}`:                                           {"website bad_url"},
		`{"firstName":"a","website":"https://"}`:                                                                       {"website bad_url"},
		`{"firstName":"a","externalIds":{"shop":"1","s.h-o_p":"2"}}`:                                                   nil,
		`{"firstName":"a","externalIds":{"-":"1","a b":"2","":"3","a:b":"4"}}`:                                         {"externalIds. bad_name", "externalIds.- bad_name", "externalIds.a b bad_name", "externalIds.a:b bad_name"},
		`{"firstName":"a","externalIds":{"shop":"` + strings.Repeat("x", 101) + `"}}`:                                  {"externalIds.shop too_long"},
		`{"firstName":"a","source":"television","gender":"m","status":"gone","type":"boss"}`:                           {"gender bad_choice", "source bad_choice", "status bad_choice", "type bad_choice"},
	} {
		if _, err := tried(t, body); !cmp.Equal(want, codes(err)) {
			t.Errorf("%.90s: %q, want %q", body, codes(err), want)
		}
	}
}

// times repeats a piece of JSON, each time with another number of two digits for the %.
func times(n int, s string) string {
	var all []string
	for i := range n {
		all = append(all, strings.ReplaceAll(s, "%", fmt.Sprintf("%02d", i)))
	}
	return strings.Join(all, ",")
}

func TestTags(t *testing.T) {
	used := map[string]string{"bestuur": "Bestuur", "Bestuur": "Bestuur", "élite": "Elite"}
	spell := func(e *record.Env) {
		e.Spelling = func(path, value string) string {
			if s, ok := used[value]; ok && path == "tags" {
				return s
			}
			return value
		}
	}
	c := made(t, `{"firstName":"a","tags":["bestuur","BESTUUR"," Bestuur ","élite","new"]}`, spell)
	if diff := cmp.Diff([]string{"Bestuur", "Elite", "new"}, c.Tags); diff != "" {
		t.Error(diff)
	}
	// What the contact had keeps its spelling when something else is edited.
	before := made(t, `{"firstName":"a","tags":["bestuur"]}`)
	c, err := edited(t, before, `{"lastName":"b","tags":["bestuur","élite"]}`, spell)
	if diff := cmp.Diff([]string{"bestuur", "Elite"}, c.Tags); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if !contact.SameTag("Élite", "ELITE") || contact.SameTag("elite", "elites") {
		t.Error("tags are told apart wrongly")
	}
}

// Removing the main one asks for the next (REC-08).
func TestMains(t *testing.T) {
	two := `{"firstName":"a","emails":[{"address":"a@example.org"},{"address":"b@example.org"}],"addresses":[{"town":"a"},{"town":"b"}]}`
	before := made(t, two)
	if !before.Emails[0].Main || before.Emails[1].Main || !before.Addresses[0].Main || !before.Addresses[0].Delivery || before.Addresses[1].Delivery {
		t.Errorf("of the first ones the first is the main one: %+v", before)
	}
	for patch, want := range map[string][]string{
		`{"emails":[{"address":"b@example.org"}]}`:                                         nil,
		`{"emails":[{"address":"b@example.org"},{"address":"c@example.org"}]}`:             {"emails choose_main"},
		`{"emails":[{"address":"b@example.org"},{"address":"c@example.org","main":true}]}`: nil,
		`{"emails":[]}`: nil,
		`{"addresses":[{"town":"a","main":true},{"town":"b"}]}`:        {"addresses choose_delivery"},
		`{"addresses":[{"town":"a","delivery":true},{"town":"b"}]}`:    {"addresses choose_main"},
		`{"phones":[{"number":"0471123456"},{"number":"0471123457"}]}`: nil, // the first ones
	} {
		if _, err := edited(t, before, patch); !cmp.Equal(want, codes(err)) {
			t.Errorf("%s: %q, want %q", patch, codes(err), want)
		}
	}
	if c, err := edited(t, before, `{"emails":[{"address":"b@example.org"}]}`); err != nil || c.MainEmail() != "b@example.org" {
		t.Errorf("the only one left is the main one: %+v, %v", c.Emails, err)
	}
}

func TestMainOnes(t *testing.T) {
	c := made(t, `{"firstName":"a","phones":[{"number":"09 233 44 55"},{"number":"0471123456"},{"number":"0471123457","main":true}],"addresses":[{"town":"a"},{"town":"b","main":true}]}`)
	if a, ok := c.MainAddress(); !ok || a.Town != "b" {
		t.Errorf("%+v", a)
	}
	if c.Mobile() != "+32471123457" {
		t.Errorf("the main mobile is %s", c.Mobile())
	}
	c.Phones[2].Main, c.Phones[0].Main = false, true
	if c.Mobile() != "+32471123456" {
		t.Errorf("the first mobile is %s", c.Mobile())
	}
	var none contact.Contact
	if _, ok := none.MainAddress(); ok || none.Mobile() != "" || none.MainEmail() != "" {
		t.Error("nothing has a main one")
	}
}

func TestPhoneLines(t *testing.T) {
	c := made(t, `{"firstName":"a","phones":[{"number":"09 233 44 55"},{"number":"0471123456"},{"number":"+1 212 555 2368"},{"line":"fixed","number":"0471123457"}]}`)
	var lines []string
	for _, p := range c.Phones {
		lines = append(lines, p.Line+" "+p.Number)
	}
	if diff := cmp.Diff([]string{"fixed +3292334455", "mobile +32471123456", "mobile +12125552368", "fixed +32471123457"}, lines); diff != "" {
		t.Error(diff)
	}
	plain := made(t, `{"firstName":"a","phones":[{"line":"mobile","number":"0471 12 34 56"}]}`, func(e *record.Env) { e.Phones = nil })
	if plain.Phones[0].Number != "0471 12 34 56" {
		t.Errorf("without number plans a number is changed to %q", plain.Phones[0].Number)
	}
}

// Every change of the newsletter is noted, with how it came about (REC-25).
func TestConsent(t *testing.T) {
	c := made(t, `{"firstName":"a"}`, func(e *record.Env) { e.Channel = "import" })
	if *c.Newsletter || len(c.Consents) != 0 {
		t.Errorf("a file says nothing of the newsletter, and the contact has %v, %+v", *c.Newsletter, c.Consents)
	}
	c = made(t, `{"firstName":"a"}`, func(e *record.Env) { e.Defaults.Newsletter = false })
	if *c.Newsletter {
		t.Error("an organisation that presumes nothing")
	}
	c = made(t, `{"firstName":"a","newsletter":true}`, func(e *record.Env) { e.Channel = "api" })
	var given []bool
	for n, patch := range []string{`{"newsletter":false}`, `{"lastName":"b"}`, `{"newsletter":false}`, `{"newsletter":true}`, `{"newsletter":null}`} {
		next, err := edited(t, c, patch, func(e *record.Env) { e.Now, e.Channel = noon.Add(time.Duration(n)*time.Hour), "form" })
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(next.Consents[:len(c.Consents)], c.Consents) {
			t.Errorf("%s changed what was noted before: %+v", patch, next.Consents)
		}
		c = next
	}
	for _, consent := range c.Consents {
		given = append(given, consent.Given)
	}
	if diff := cmp.Diff([]bool{true, false, true, false}, given); diff != "" {
		t.Error(diff)
	}
	if last := c.Consents[3]; last.Basis != "form" || last.Actor != "usr_1" || !last.At.Equal(noon.Add(4*time.Hour)) {
		t.Errorf("%+v", last)
	}
	if _, err := kind.Create([]byte(`{"firstName":"a","consents":[]}`)); err == nil {
		t.Error("a request wrote the record of consents")
	}
}

// A program that sets the record of consents itself is not believed.
func TestConsentsAreOurs(t *testing.T) {
	c := &contact.Contact{Meta: record.Meta{Kind: "contact"}, FirstName: "a", Consents: []contact.Consent{{Purpose: "newsletter", Given: true}}}
	if err := kind.Check(c, env()); err != nil || len(c.Consents) != 1 || c.Consents[0].Basis != "telephone" {
		t.Errorf("%+v, %v", c.Consents, err)
	}
}

func TestKeys(t *testing.T) {
	c := made(t, `{"firstName":"a","emails":[{"address":"B@Example.org"},{"address":"a@exämple.org"}],
		"phones":[{"number":"09 233 44 55"},{"number":"0471123456"}],"externalIds":{"shop":"7","club":"A:1"}}`)
	want := []record.Key{
		{Name: "email", Path: "emails[0].address", Value: "b@example.org"},
		{Name: "email", Path: "emails[1].address", Value: "a@xn--exmple-cua.org"},
		{Name: "externalId", Path: "externalIds.club", Value: "club:A:1"},
		{Name: "externalId", Path: "externalIds.shop", Value: "shop:7"},
		{Name: "mobile", Path: "phones[1].number", Value: "+32471123456"},
	}
	if diff := cmp.Diff(want, c.Keys()); diff != "" {
		t.Error(diff)
	}
}

func TestDrop(t *testing.T) {
	body := `{"firstName":"a","emails":[{"address":"A@example.org"},{"address":"b@example.org"},{"address":"c@example.org"}],
		"phones":[{"number":"0471123456"},{"line":"fixed","number":"0471123456"}],"externalIds":{"shop":"7"}}`
	for i, key := range made(t, body).Keys() {
		c := made(t, body)
		c.Drop(key)
		left := c.Keys()
		if slices.ContainsFunc(left, func(k record.Key) bool { return k.Name == key.Name && k.Value == key.Value }) || len(left) != len(made(t, body).Keys())-1 {
			t.Errorf("%d: without %s there is left %+v", i, key.Value, left)
		}
		if err := kind.Check(c, env()); err != nil {
			t.Errorf("%d: without %s the contact is refused: %v", i, key.Value, err)
		}
	}
	c := made(t, body)
	c.Drop(record.Key{Name: "email", Value: "a@example.org"})
	if c.MainEmail() != "b@example.org" {
		t.Errorf("the main one is gone, the next is %q", c.MainEmail())
	}
	c.Drop(record.Key{Name: "mobile", Value: "+32471123456"})
	if len(c.Phones) != 1 || c.Phones[0].Line != "fixed" || !c.Phones[0].Main {
		t.Errorf("%+v", c.Phones)
	}
	c.Drop(record.Key{Name: "colour", Value: "red"})
	raw, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(raw), `"shop":"7"`) {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestNumber(t *testing.T) {
	c := made(t, `{"firstName":"a"}`)
	c.SetSystemNumber(41)
	if c.SystemNumber() != 41 || c.Number != 41 {
		t.Errorf("%d", c.SystemNumber())
	}
}
