package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
)

// make makes a record of the settings, such as a season, and gives its id.
func (c *client) make(plural string, members map[string]any) string {
	c.t.Helper()
	return c.call("POST", "/v1/"+plural, members).want(201).text("id")
}

// refusedAs posts what must be refused for one field, with a code.
func (c *client) refusedAs(path string, members map[string]any, field, code string) {
	c.t.Helper()
	a := c.call("POST", path, members).want(422)
	if got := a.codes()[field]; got != code {
		c.t.Errorf("%s: %q, want %q in %s", field, got, code, a.raw)
	}
}

// settings changes the organisation's settings as they are now.
func (c *client) settings(members map[string]any) *answer {
	c.t.Helper()
	return c.call("PATCH", "/v1/settings", members, "If-Match", "*")
}

// value finds a value of a list as the API shows it.
func (c *client) value(list, code string) map[string]any {
	c.t.Helper()
	for _, v := range c.call("GET", "/v1/lists/"+list+"/values", nil).want(200).list("items") {
		if v := v.(map[string]any); v["code"] == code {
			return v
		}
	}
	return nil
}

// offered lists the codes a list offers.
func (c *client) offered(list string) (codes []string) {
	c.t.Helper()
	for _, v := range c.call("GET", "/v1/lists/"+list+"/values", nil).want(200).list("items") {
		if dig(v, "retired") != true {
			codes = append(codes, dig(v, "code").(string))
		}
	}
	return codes
}

// rewrite puts values in the place of others, to the end, and gives what became of it.
func (c *client) rewrite(members map[string]any) *answer {
	c.t.Helper()
	return c.waitFor("/v1/rewrites/" + c.call("POST", "/v1/rewrites", members).want(202).text("id"))
}

// field finds the description of a field for the caller.
func (c *client) field(kind, name string) map[string]any {
	c.t.Helper()
	for _, k := range c.call("GET", "/v1/kinds", nil).want(200).list("items") {
		if dig(k, "kind") != kind {
			continue
		}
		for _, f := range dig(k, "fields").([]any) {
			if f := f.(map[string]any); f["name"] == name {
				return f
			}
		}
	}
	return nil
}

// SET-01: an organisation makes the lists its own. A new name holds everywhere; what is used is retired or replaced.
func TestSET01_ManagedLists(t *testing.T) {
	c := begin(t)
	t.Run("every list", func(t *testing.T) {
		var names []string
		for _, l := range c.call("GET", "/v1/lists", nil).want(200).list("items") {
			names = append(names, dig(l, "list").(string))
		}
		for _, want := range []string{"type", "category", "status", "emailKind", "phoneKind", "addressKind", "functions", "groupCategory", "activitySubtype", "attendance",
			"resourceCategory", "contractType", "kitSize", "newsCategory", "gender", "maritalStatus", "source"} {
			if !slices.Contains(names, want) {
				t.Errorf("no list %s", want)
				continue
			}
			made := c.call("POST", "/v1/lists/"+want+"/values", map[string]any{"label": "Our own"}).want(201)
			if !slices.Contains(c.offered(want), made.text("code")) {
				t.Errorf("%s does not offer its new value", want)
			}
		}
	})
	t.Run("a value of one's own is used like any other", func(t *testing.T) {
		c.call("POST", "/v1/lists/type/values", map[string]any{"label": "Sponsor"}).want(201)
		c.call("POST", "/v1/lists/emailKind/values", map[string]any{"label": "Club"}).want(201)
		id := c.contact(map[string]any{"firstName": "Ann", "type": "sponsor", "emails": list(map[string]any{"kind": "club", "address": "ann@example.org"})})
		if a := c.get(id); a.text("type") != "sponsor" || a.text("emails.0.kind") != "club" {
			t.Errorf("stored %s", a.raw)
		}
		c.finds("type:sponsor", "Ann")
		c.refused(map[string]any{"firstName": "Bo", "type": "mascot"}, "type", "bad_choice")
	})
	t.Run("renaming applies everywhere", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Cis", "type": "donor"})
		c.call("POST", "/v1/lists/type/values", map[string]any{"code": "donor", "label": "Benefactor"}).want(201)
		if v := c.value("type", "donor"); v["label"] != "Benefactor" || v["uses"] != float64(1) {
			t.Errorf("%v", v)
		}
		c.finds("type:Benefactor", "Cis")
		c.finds("type:donor", "Cis")
		if got := c.get(id).text("type"); got != "donor" {
			t.Errorf("records hold %q", got)
		}
		c.patch(id, map[string]any{"type": "member"}).want(200)
		if text := c.call("GET", "/v1/contacts/"+id+"/history", nil).want(200).text("items.0.text"); !strings.Contains(text, "Benefactor") {
			t.Errorf("the history says %q", text)
		}
		c.patch(id, map[string]any{"type": "donor"}).want(200)
	})
	t.Run("in an order of one's own", func(t *testing.T) {
		sponsor := c.value("type", "sponsor")
		c.call("PATCH", fmt.Sprint("/v1/values/", sponsor["id"]), map[string]any{"order": 1}, "If-Match", "*").want(200)
		if codes := c.offered("type"); codes[0] != "sponsor" || codes[1] != "member" {
			t.Errorf("%v", codes)
		}
	})
	t.Run("retired: offered no more, kept by who has it", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Dan", "type": "partner"})
		c.call("POST", "/v1/lists/type/values", map[string]any{"code": "partner", "retired": true}).want(201)
		if slices.Contains(c.offered("type"), "partner") {
			t.Error("still offered")
		}
		c.refused(map[string]any{"firstName": "Eva", "type": "partner"}, "type", "bad_choice")
		if a := c.patch(id, map[string]any{"nickname": "D"}).want(200); a.text("type") != "partner" {
			t.Errorf("type %q", a.text("type"))
		}
		c.patch(id, map[string]any{"type": "member"}).want(200)
		if a := c.patch(id, map[string]any{"type": "partner"}).want(422); a.codes()["type"] != "bad_choice" {
			t.Errorf("%v", a.codes())
		}
	})
	t.Run("a used one is not deleted", func(t *testing.T) {
		sponsor := c.value("type", "sponsor")
		at := fmt.Sprint("/v1/values/", sponsor["id"])
		a := c.call("DELETE", at, nil, "If-Match", "*").want(409)
		if a.text("code") != "in_use" || !strings.Contains(a.text("detail"), "1") {
			t.Errorf("%s", a.raw)
		}
		unused := c.call("POST", "/v1/lists/type/values", map[string]any{"label": "Mascot"}).want(201).text("id")
		c.call("DELETE", "/v1/values/"+unused, nil, "If-Match", "*").want(200)
		if slices.Contains(c.offered("type"), "mascot") {
			t.Error("still offered")
		}
		c.call("POST", "/v1/values/"+unused+"/restore", nil).want(200)
	})
	t.Run("but replaced, everywhere, and that is undone", func(t *testing.T) {
		trashed := c.contact(map[string]any{"firstName": "Fay", "type": "sponsor"})
		c.trash(trashed)
		q := map[string]any{"of": "type", "from": []any{"sponsor"}, "to": "donor", "remove": true}
		dry := c.call("POST", "/v1/rewrites", map[string]any{"of": "type", "from": []any{"sponsor"}, "to": "donor", "dryRun": true}).want(200)
		if dry.number("total") != 1 {
			t.Errorf("%s", dry.raw)
		}
		done := c.rewrite(q)
		if done.text("state") != "done" || done.number("counts.done") != 2 {
			t.Fatalf("%s", done.raw)
		}
		if c.total("type:sponsor") != 0 || c.value("type", "sponsor") != nil {
			t.Error("it is still there")
		}
		if got := c.get(trashed).text("type"); got != "donor" {
			t.Errorf("in the trash: %q", got)
		}
		batch := c.call("GET", "/v1/contacts/"+trashed+"/history", nil).want(200).text("items.0.batch")
		if batch != done.text("id") {
			t.Errorf("the history names batch %q", batch)
		}
		c.call("POST", "/v1/rewrites/"+done.text("id")+"/undo", nil).want(202)
		if a := c.waitFor("/v1/rewrites/" + done.text("id")); a.text("state") != "undone" {
			t.Errorf("%s", a.raw)
		}
		if c.total("type:sponsor") != 1 || c.value("type", "sponsor") == nil {
			t.Error("it did not come back")
		}
	})
	t.Run("what the program itself writes stays", func(t *testing.T) {
		for _, code := range []string{"pending", "active", "withdrawn"} {
			c.refusedAs("/v1/lists/status/values", map[string]any{"code": code, "retired": true}, "retired", "value_needed")
			c.call("POST", "/v1/lists/status/values", map[string]any{"code": code, "label": "Our " + code}).want(201)
		}
		c.refusedAs("/v1/rewrites", map[string]any{"of": "status", "from": []any{"active"}, "to": "pending", "remove": true}, "from", "value_needed")
	})
	t.Run("each change is in the history", func(t *testing.T) {
		donor := c.value("type", "donor")
		c.call("PATCH", fmt.Sprint("/v1/values/", donor["id"]), map[string]any{"label": "Giver"}, "If-Match", "*").want(200)
		a := c.call("GET", fmt.Sprint("/v1/values/", donor["id"], "/history"), nil).want(200)
		if text := a.text("items.0.text"); !strings.Contains(text, "Benefactor") || !strings.Contains(text, "Giver") {
			t.Errorf("%q", text)
		}
	})
}

// SET-02: an organisation says which standard fields it uses and which a new record must have; an old record without is
// saved all the same. (On the pages: TestSET02_ProfileFields.)
func TestSET02_Rules(t *testing.T) {
	c := begin(t)
	old := c.contact(map[string]any{"firstName": "Old", "lastName": "Timer"})
	dated := c.contact(map[string]any{"firstName": "Dated", "birthDate": "1980-05-01"})
	c.settings(map[string]any{"profile": map[string]any{"contact.birthDate": "mandatory", "contact.emails": "mandatory", "contact.website": "unused"}}).want(200)
	t.Run("mandatory for a new record", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "New"}).want(422)
		if diff := cmp.Diff(map[string]string{"birthDate": "required", "emails": "required"}, a.codes()); diff != "" {
			t.Error(diff)
		}
		c.contact(map[string]any{"firstName": "New", "birthDate": "1990-01-01", "emails": list(email("new@example.org"))})
		if f := c.field("contact", "birthDate"); f["required"] != true {
			t.Errorf("%v", f)
		}
	})
	t.Run("an unrelated edit of an old one is saved", func(t *testing.T) {
		c.patch(old, map[string]any{"nickname": "Oldie"}).want(200)
		c.patch(dated, map[string]any{"nickname": "D"}).want(200)
	})
	t.Run("nobody empties it again", func(t *testing.T) {
		if a := c.patch(dated, map[string]any{"birthDate": nil}).want(422); a.codes()["birthDate"] != "required" {
			t.Errorf("%v", a.codes())
		}
	})
	t.Run("in a file too", func(t *testing.T) {
		a := c.run(c.upload("x.csv", []byte("First name,Birth date,E-mail\nIn,1980-01-02,in@example.org\nOut,,out@example.org\n")))
		if a.number("counts.create") != 1 || a.number("counts.reject") != 1 {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("unused: said to programs and left out of pages", func(t *testing.T) {
		if f := c.field("contact", "website"); f["unused"] != true {
			t.Errorf("%v", f)
		}
	})
	t.Run("custom fields are defined beside them", func(t *testing.T) {
		c.make("fields", map[string]any{"for": "contact", "name": "locker", "label": "Locker", "type": "number", "required": true, "max": "250"})
		base := map[string]any{"firstName": "Keys", "birthDate": "1990-01-01", "emails": list(email("keys@example.org"))}
		c.refused(base, "custom.locker", "required")
		base["custom"] = map[string]any{"locker": 300}
		c.refused(base, "custom.locker", "too_large")
		base["custom"] = map[string]any{"locker": 12}
		c.contact(base)
		c.patch(old, map[string]any{"nickname": "Oldest"}).want(200)
	})
	t.Run("refused for what there is not, or is always needed", func(t *testing.T) {
		for key, code := range map[string]string{"contact.shoeSize": "unknown_field", "contact.firstName": "unknown_field", "dragon.name": "unknown_field", "contact.newsletter": "field_flag"} {
			if a := c.settings(map[string]any{"profile": map[string]any{key: "mandatory"}}).want(422); a.codes()["profile."+key] != code {
				t.Errorf("%s: %v", key, a.codes())
			}
		}
		if a := c.settings(map[string]any{"profile": map[string]any{"contact.birthDate": "perhaps"}}).want(422); a.codes()["profile.contact.birthDate"] != "bad_choice" {
			t.Errorf("%v", a.codes())
		}
	})
}

// SET-03: client groups have a name, a discount and a payment term.
func TestSET03_ClientGroups(t *testing.T) {
	c := begin(t)
	id := c.make("client-groups", map[string]any{"name": "Trade", "discount": 1250, "paymentTermDays": 30})
	t.Run("listed by name", func(t *testing.T) {
		c.make("client-groups", map[string]any{"name": "Schools"})
		a := c.call("GET", "/v1/client-groups", nil).want(200)
		if a.text("items.0.name") != "Schools" || a.number("items.1.discount") != 1250 || a.number("items.1.paymentTermDays") != 30 {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("checked", func(t *testing.T) {
		c.refusedAs("/v1/client-groups", map[string]any{}, "name", "required")
		c.refusedAs("/v1/client-groups", map[string]any{"name": "trade"}, "name", "name_taken")
		c.refusedAs("/v1/client-groups", map[string]any{"name": "Much", "discount": 10001}, "discount", "too_large")
		c.refusedAs("/v1/client-groups", map[string]any{"name": "Long", "paymentTermDays": 366}, "paymentTermDays", "too_large")
	})
	t.Run("changed, and that is in the history", func(t *testing.T) {
		c.call("PATCH", "/v1/client-groups/"+id, map[string]any{"discount": 1500}, "If-Match", `"1"`).want(200)
		c.call("PATCH", "/v1/client-groups/"+id, map[string]any{"discount": 1600}, "If-Match", `"1"`).want(412)
		if n := len(c.call("GET", "/v1/client-groups/"+id+"/history", nil).want(200).list("items")); n != 2 {
			t.Errorf("%d changes", n)
		}
	})
	t.Run("one that contacts are in is not deleted", func(t *testing.T) {
		c.contact(map[string]any{"firstName": "Ann", "clientGroup": id})
		if a := c.call("DELETE", "/v1/client-groups/"+id, nil, "If-Match", "*").want(409); a.text("code") != "in_use" {
			t.Errorf("%s", a.raw)
		}
	})
}

// SET-04: stores that share one administration have a name and a sender address; one is the default of new contacts.
func TestSET04_Stores(t *testing.T) {
	c := begin(t)
	north := c.make("stores", map[string]any{"name": "North", "senderEmail": "North@Example.org", "address": map[string]any{"street": "Kaai", "number": "1", "town": "Gent"}, "default": true})
	south := c.make("stores", map[string]any{"name": "South"})
	t.Run("name, sender and address", func(t *testing.T) {
		a := c.call("GET", "/v1/stores", nil).want(200)
		if a.text("items.0.name") != "North" || a.text("items.0.address.country") != "BE" || !strings.EqualFold(a.text("items.0.senderEmail"), "north@example.org") {
			t.Errorf("%s", a.raw)
		}
		c.refusedAs("/v1/stores", map[string]any{"name": "West", "senderEmail": "west"}, "senderEmail", "email_invalid")
		c.refusedAs("/v1/stores", map[string]any{"name": "NORTH"}, "name", "name_taken")
	})
	t.Run("one is the default", func(t *testing.T) {
		c.refusedAs("/v1/stores", map[string]any{"name": "West", "default": true}, "default", "store_default")
		c.call("POST", "/v1/stores/"+south+"/default", nil).want(200)
		a := c.call("GET", "/v1/stores", nil).want(200)
		if a.at("items.0.default") == true || a.at("items.1.default") != true {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("of two made the default at once, one is", func(t *testing.T) {
		c.parallel(10, func(i int) (*answer, error) {
			return c.send("POST", "/v1/stores/"+[]string{north, south}[i%2]+"/default", nil)
		})
		defaults := 0
		for _, s := range c.call("GET", "/v1/stores", nil).want(200).list("items") {
			if dig(s, "default") == true {
				defaults++
			}
		}
		if defaults != 1 {
			t.Errorf("%d default stores", defaults)
		}
	})
}

// SET-05: seasons are created, made current and closed; an overlap is refused.
func TestSET05_Seasons(t *testing.T) {
	c := begin(t)
	one := c.make("seasons", map[string]any{"name": "2025-26", "from": "2025-09-01", "to": "2026-08-31"})
	two := c.make("seasons", map[string]any{"name": "2026-27", "from": "2026-09-01", "to": "2027-08-31"})
	current := func() (names []string) {
		for _, s := range c.call("GET", "/v1/seasons", nil).want(200).list("items") {
			if dig(s, "current") == true {
				names = append(names, dig(s, "name").(string))
			}
		}
		return names
	}
	t.Run("made current, one at a time", func(t *testing.T) {
		for _, id := range []string{one, two} {
			c.call("POST", "/v1/seasons/"+id+"/current", nil).want(200)
		}
		if got := current(); !slices.Equal(got, []string{"2026-27"}) {
			t.Errorf("current: %v", got)
		}
	})
	t.Run("closed", func(t *testing.T) {
		c.call("PATCH", "/v1/seasons/"+one, map[string]any{"closed": true}, "If-Match", "*").want(200)
		if a := c.call("POST", "/v1/seasons/"+one+"/current", nil).want(422); a.codes()["current"] != "season_closed" {
			t.Errorf("%v", a.codes())
		}
		if got := current(); !slices.Equal(got, []string{"2026-27"}) {
			t.Errorf("current: %v", got)
		}
	})
	t.Run("an overlap is refused", func(t *testing.T) {
		for name, span := range map[string][2]string{"inside": {"2026-01-01", "2026-02-01"}, "around": {"2020-01-01", "2030-01-01"}, "one day": {"2027-08-31", "2028-08-30"}} {
			a := c.call("POST", "/v1/seasons", map[string]any{"name": name, "from": span[0], "to": span[1]}).want(422)
			if a.codes()["from"] != "season_overlaps" {
				t.Errorf("%s: %v", name, a.codes())
			}
		}
		c.make("seasons", map[string]any{"name": "next", "from": "2027-09-01", "to": "2028-08-31"})
		c.refusedAs("/v1/seasons", map[string]any{"name": "back", "from": "2030-02-01", "to": "2030-01-01"}, "to", "ends_before")
	})
	t.Run("of overlapping ones made at once, one is", func(t *testing.T) {
		counts, _ := c.parallel(10, func(i int) (*answer, error) {
			return c.send("POST", "/v1/seasons", map[string]any{"name": fmt.Sprint("race ", i), "from": "2040-01-01", "to": "2040-12-31"})
		})
		if counts[201] != 1 || counts[422] != 9 {
			t.Errorf("answers %v", counts)
		}
	})
}

// SET-06: what an organisation says of itself. (The logo is a file: DOC-01.)
func TestSET06_Organisation(t *testing.T) {
	c := begin(t)
	t.Run("name, colour, languages, time zone, country, accounts, sign-in page, federation", func(t *testing.T) {
		c.settings(map[string]any{"name": "Harbour Choir", "colour": "#B4540A", "language": "nl", "languages": []any{"nl", "fr"}, "timeZone": "Europe/Amsterdam", "country": "NL",
			"bankAccounts": list(map[string]any{"iban": "be71 0961 2345 6769", "holder": "Harbour Choir"}), "loginText": "Welcome to rehearsal.",
			"federation": map[string]any{"name": "Choirs United", "number": "17"}}).want(200)
		a := c.call("GET", "/v1/settings", nil).want(200)
		for path, want := range map[string]string{"name": "Harbour Choir", "colour": "#b4540a", "timeZone": "Europe/Amsterdam", "country": "NL", "bankAccounts.0.iban": "BE71096123456769",
			"loginText": "Welcome to rehearsal.", "federation.number": "17"} {
			if a.text(path) != want {
				t.Errorf("%s: %q, want %q", path, a.text(path), want)
			}
		}
	})
	t.Run("it is used", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Ann", "phones": list(mobile("06 12345678"))}).want(201)
		if a.text("language") != "nl" || a.text("phones.0.number") != "+31612345678" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("checked", func(t *testing.T) {
		for body, want := range map[string][2]string{
			`{"colour":"blue"}`: {"colour", "bad_colour"}, `{"timeZone":"Mars/Base"}`: {"timeZone", "bad_time_zone"}, `{"name":""}`: {"name", "required"},
			`{"bankAccounts":[{"iban":"BE71 0961 2345 6760"}]}`: {"bankAccounts[0].iban", "iban_bad_digits"}, `{"logo":"x"}`: {"logo", "read_only"},
		} {
			if a := c.call("PATCH", "/v1/settings", body, "If-Match", "*").want(422); a.codes()[want[0]] != want[1] {
				t.Errorf("%s: %v", body, a.codes())
			}
		}
	})
}

// SET-07: the rules an organisation works by, each change of which is in the history.
func TestSET07_PolicyDefaults(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	s := start(t, now)
	c := s.found(t, "Testers")
	t.Run("key policy", func(t *testing.T) {
		c.contact(map[string]any{"firstName": "An", "emails": list(email("one@example.org"))})
		c.policy("email", "block")
		c.call("POST", "/v1/contacts", map[string]any{"firstName": "Bo", "emails": list(email("one@example.org"))}).want(409)
	})
	t.Run("newsletter of contacts an operator makes", func(t *testing.T) {
		c.settings(map[string]any{"newsletterDefault": false}).want(200)
		if a := c.call("GET", "/v1/settings", nil).want(200); a.at("newsletterDefault") != false {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("how long sessions and links last", func(t *testing.T) {
		c.settings(map[string]any{"lifetimes": map[string]any{"sessionHours": 2, "inviteDays": 3, "resetMinutes": 20}}).want(200)
		fresh := s.signIn(t, "testers@example.org", password)
		c.call("POST", "/v1/users", map[string]any{"email": "ed@example.org", "name": "Ed", "role": "editor"}).want(201)
		invitation := s.token(t, "ed@example.org")
		s.stranger(t).call("POST", "/v1/sessions/reset", `{"login":"testers@example.org"}`).want(202)
		reset := s.token(t, "testers@example.org")
		now.Advance(20 * time.Minute)
		s.stranger(t).redeem(reset, another).want(404)
		now.Advance(100 * time.Minute)
		if fresh.alive() {
			t.Error("a session outlived its time")
		}
		now.Advance(3*24*time.Hour - 2*time.Hour - time.Second)
		s.stranger(t).redeem(invitation, password).want(201)
		c.token = s.signIn(t, "testers@example.org", password).token
		for _, wrong := range []map[string]any{{"sessionHours": 721}, {"inviteDays": 0.5}, {"resetMinutes": 5}} {
			c.settings(map[string]any{"lifetimes": wrong}).want(422)
		}
	})
	t.Run("portal and retention are kept", func(t *testing.T) {
		c.settings(map[string]any{"portal": []any{"profile", "family"}, "retention": map[string]any{"withdrawnMonths": 84, "trashMonths": 12}, "operatorDefault": "creator"}).want(200)
		a := c.call("GET", "/v1/settings", nil).want(200)
		if a.number("retention.withdrawnMonths") != 84 || a.text("portal.1") != "family" || a.text("operatorDefault") != "creator" {
			t.Errorf("%s", a.raw)
		}
		c.settings(map[string]any{"portal": []any{"secrets"}}).want(422)
		c.settings(map[string]any{"retention": map[string]any{"trashMonths": 601}}).want(422)
	})
	t.Run("each change is in the history", func(t *testing.T) {
		page := c.pageOf("/settings/policies")
		for _, want := range []string{"Olga Testers", "The same e-mail address twice", "How long access lasts", "What members see"} {
			if !strings.Contains(page, want) {
				t.Errorf("the history does not say %q", want)
			}
		}
	})
}

// CLS-02: a contact is in one category of the organisation's list, or in none.
func TestCLS02_Category(t *testing.T) {
	c := begin(t)
	t.Run("none, or one", func(t *testing.T) {
		if a := c.call("POST", "/v1/contacts", with()).want(201); a.at("category") != nil {
			t.Errorf("category %v where none is said", a.at("category"))
		}
		c.contact(map[string]any{"firstName": "Ann", "category": "board"})
		c.finds("category:board", "Ann")
		c.refused(with("category", []any{"board", "supervisor"}), "category", "bad_type")
		c.refused(with("category", "king"), "category", "bad_choice")
	})
	t.Run("the list is the organisation's", func(t *testing.T) {
		c.call("POST", "/v1/lists/category/values", map[string]any{"label": "Trainer"}).want(201)
		id := c.contact(map[string]any{"firstName": "Bo", "category": "trainer"})
		c.finds("category:Trainer", "Bo")
		c.patch(id, map[string]any{"category": nil}).want(200)
		c.finds("category:trainer")
	})
}

// CLS-04: a tag is renamed, and several made one, everywhere. (Making them: TestCLS04_Tags.)
func TestCLS04_RenameAndMergeTags(t *testing.T) {
	c := begin(t)
	var old []string
	for i := range 45 { // more than one commit takes
		old = append(old, c.contact(map[string]any{"firstName": fmt.Sprint("Old ", i), "tags": []any{"Bestuur", "u12"}}))
	}
	trashed := c.contact(map[string]any{"firstName": "Gone", "tags": []any{"bestuur"}})
	c.trash(trashed)
	both := c.contact(map[string]any{"firstName": "Both", "tags": []any{"Bestuur", "Committee"}})
	t.Run("renamed", func(t *testing.T) {
		if a := c.rewrite(map[string]any{"of": "tags", "from": []any{"bestuur"}, "to": "Board"}); a.number("counts.done") != 47 {
			t.Errorf("%s", a.raw)
		}
		if c.total("tag:bestuur") != 0 || c.total("tag:board") != 46 {
			t.Error("not everywhere")
		}
		if got := c.get(trashed).text("tags.0"); got != "Board" {
			t.Errorf("in the trash: %q", got)
		}
	})
	t.Run("merged: nobody has it twice", func(t *testing.T) {
		c.rewrite(map[string]any{"of": "tags", "from": []any{"board"}, "to": "COMMITTEE"})
		if diff := cmp.Diff([]any{"Committee"}, c.get(both).at("tags")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]any{"Committee", "u12"}, c.get(old[0]).at("tags")); diff != "" {
			t.Error(diff)
		}
		var tags []string
		for _, tag := range c.call("GET", "/v1/tags", nil).want(200).list("items") {
			tags = append(tags, fmt.Sprint(dig(tag, "tag"), " ", dig(tag, "uses")))
		}
		if diff := cmp.Diff([]string{"Committee 46", "u12 45"}, tags); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("by those who manage the organisation", func(t *testing.T) {
		c.colleague("editor").call("POST", "/v1/rewrites", map[string]any{"of": "tags", "from": []any{"u12"}, "to": "x"}).want(403)
	})
}

// CLS-05: entities are a tree of any depth; every contact belongs to one, and what a user makes begins in the user's.
func TestCLS05_Entity(t *testing.T) {
	c := begin(t)
	var chain []string
	t.Run("a tree of any depth", func(t *testing.T) {
		parent := "ent_root"
		for i := range 12 {
			parent = c.make("entities", map[string]any{"name": fmt.Sprint("Level ", i), "parent": parent})
			chain = append(chain, parent)
		}
		items := c.call("GET", "/v1/entities", nil).want(200).list("items")
		if len(items) != 13 || dig(items[0], "id") != "ent_root" || dig(items[0], "name") != "Testers" {
			t.Errorf("%v", items)
		}
		c.refusedAs("/v1/entities", map[string]any{"name": "level 0"}, "name", "name_taken")
		c.refusedAs("/v1/entities", map[string]any{"name": "Lost", "parent": "ent_none"}, "parent", "bad_reference")
	})
	t.Run("not below itself", func(t *testing.T) {
		for _, below := range []string{chain[3], chain[4], chain[11]} {
			if a := c.call("PATCH", "/v1/entities/"+chain[3], map[string]any{"parent": below}, "If-Match", "*").want(422); a.codes()["parent"] != "below_itself" {
				t.Errorf("%v", a.codes())
			}
		}
		c.call("PATCH", "/v1/entities/"+chain[5], map[string]any{"parent": chain[0]}, "If-Match", "*").want(200)
	})
	t.Run("two that would each lie below the other", func(t *testing.T) {
		a, b := c.make("entities", map[string]any{"name": "A"}), c.make("entities", map[string]any{"name": "B"})
		counts, _ := c.parallel(2, func(i int) (*answer, error) {
			return c.send("PATCH", "/v1/entities/"+[]string{a, b}[i], map[string]any{"parent": []string{b, a}[i]}, "If-Match", `"1"`)
		})
		if counts[200] != 1 || counts[422] != 1 {
			t.Errorf("answers %v", counts)
		}
	})
	t.Run("every contact belongs to one", func(t *testing.T) {
		id := c.contact(with("firstName", "Ann"))
		if got := c.get(id).text("entity"); got != "ent_root" {
			t.Errorf("entity %q where none is said", got)
		}
		c.patch(id, map[string]any{"entity": chain[2]}).want(200)
		c.finds("entity:"+chain[2], "Ann")
		if a := c.patch(id, map[string]any{"entity": "ent_none"}).want(422); a.codes()["entity"] != "bad_reference" {
			t.Errorf("%v", a.codes())
		}
		if a := c.patch(id, map[string]any{"entity": nil}).want(200); a.text("entity") != "ent_root" {
			t.Errorf("entity %q once it is taken away", a.text("entity"))
		}
	})
	t.Run("what a user makes begins in the user's", func(t *testing.T) {
		c.call("POST", "/v1/users", map[string]any{"email": "ed@example.org", "name": "Ed", "role": "editor", "entity": chain[1]}).want(201)
		ed := c.site.stranger(t)
		ed.token = ed.redeem(c.site.token(t, "ed@example.org"), password).want(201).text("token")
		if got := ed.call("POST", "/v1/contacts", with("firstName", "Bo")).want(201).text("entity"); got != chain[1] {
			t.Errorf("entity %q", got)
		}
		if got := ed.call("POST", "/v1/contacts", with("firstName", "Cis", "entity", chain[7])).want(201).text("entity"); got != chain[7] {
			t.Errorf("entity %q though another was said", got)
		}
	})
	t.Run("one with contacts or others below it stays", func(t *testing.T) {
		for _, id := range []string{chain[0], chain[1]} {
			if a := c.call("DELETE", "/v1/entities/"+id, nil, "If-Match", "*").want(409); a.text("code") != "in_use" {
				t.Errorf("%s", a.raw)
			}
		}
	})
}

// CLS-06: a season is a named range of dates; one is current, and within an entity none overlaps another.
func TestCLS06_Season(t *testing.T) {
	c := begin(t)
	youth := c.make("entities", map[string]any{"name": "Youth"})
	whole := c.make("seasons", map[string]any{"name": "2026", "from": "2026-01-01", "to": "2026-12-31", "current": true})
	t.Run("a named range", func(t *testing.T) {
		for field, body := range map[string]map[string]any{"name": {"from": "2030-01-01", "to": "2030-12-31"}, "from": {"name": "x", "to": "2030-12-31"}, "to": {"name": "x", "from": "2030-01-01"}} {
			c.refusedAs("/v1/seasons", body, field, "required")
		}
		if a := c.call("GET", "/v1/seasons/"+whole, nil).want(200); a.text("entity") != "ent_root" || a.text("from") != "2026-01-01" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("no overlap within an entity", func(t *testing.T) {
		c.make("seasons", map[string]any{"name": "School year", "from": "2026-09-01", "to": "2027-06-30", "entity": youth, "current": true})
		c.refusedAs("/v1/seasons", map[string]any{"name": "Summer", "from": "2027-06-30", "to": "2027-08-31", "entity": youth}, "from", "season_overlaps")
	})
	t.Run("one current each", func(t *testing.T) {
		next := c.make("seasons", map[string]any{"name": "2027", "from": "2027-01-01", "to": "2027-12-31"})
		c.refusedAs("/v1/seasons", map[string]any{"name": "2028", "from": "2028-01-01", "to": "2028-12-31", "current": true}, "current", "season_current")
		c.call("POST", "/v1/seasons/"+next+"/current", nil).want(200)
		current := []string{}
		for _, s := range c.call("GET", "/v1/seasons", nil).want(200).list("items") {
			if dig(s, "current") == true {
				current = append(current, dig(s, "name").(string))
			}
		}
		slices.Sort(current)
		if diff := cmp.Diff([]string{"2027", "School year"}, current); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("moved to where another is", func(t *testing.T) {
		if a := c.call("PATCH", "/v1/seasons/"+whole, map[string]any{"to": "2027-01-01"}, "If-Match", "*").want(422); a.codes()["from"] != "season_overlaps" {
			t.Errorf("%v", a.codes())
		}
	})
}

// CLS-07: a contact is in one client group of the organisation's, or in none.
func TestCLS07_ClientGroup(t *testing.T) {
	c := begin(t)
	trade := c.make("client-groups", map[string]any{"name": "Trade", "discount": 1000, "paymentTermDays": 30})
	t.Run("none, or one", func(t *testing.T) {
		id := c.contact(with("firstName", "Ann"))
		if got := c.get(id).at("clientGroup"); got != nil {
			t.Errorf("client group %v where none is said", got)
		}
		c.patch(id, map[string]any{"clientGroup": trade}).want(200)
		c.finds("clientGroup:"+trade, "Ann")
		c.refused(with("clientGroup", []any{trade}), "clientGroup", "bad_type")
		c.refused(with("clientGroup", "cgr_none"), "clientGroup", "bad_reference")
	})
	t.Run("its terms, where the contact has none", func(t *testing.T) {
		own := c.contact(with("firstName", "Bo", "clientGroup", trade, "discount", 0, "paymentTermDays", 14))
		if page := c.pageOf("/contacts/" + own + "/personal"); !strings.Contains(page, ">14<") || strings.Contains(page, ">30<") || strings.Contains(page, ">10\u00a0%<") {
			t.Error("the contact's own terms do not stand on the page")
		}
		of := c.contact(with("firstName", "Cis", "clientGroup", trade))
		if page := c.pageOf("/contacts/" + of + "/personal"); !strings.Contains(page, ">30<") || !strings.Contains(page, ">10\u00a0%<") {
			t.Error("the group's terms do not stand on the page")
		}
	})
	t.Run("one whose people move to another goes", func(t *testing.T) {
		other := c.make("client-groups", map[string]any{"name": "Retail"})
		a := c.rewrite(map[string]any{"of": "clientGroup", "from": []any{trade}, "to": other, "remove": true})
		if a.text("state") != "done" || a.number("counts.done") != 3 {
			t.Errorf("%s", a.raw)
		}
		if a := c.call("GET", "/v1/client-groups/"+trade, nil).want(200); a.at("deletedAt") == nil {
			t.Errorf("%s", a.raw)
		}
	})
}
