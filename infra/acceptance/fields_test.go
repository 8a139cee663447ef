package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// REC-13: the gender is one of the organisation's list; where none is told it is "not stated", as the form has it at first.
func TestREC13_Gender(t *testing.T) {
	c := begin(t)
	for _, code := range []string{"female", "male", "other", "unstated"} {
		if got := c.get(c.contact(with("gender", code))).text("gender"); got != code {
			t.Errorf("%q, want %q", got, code)
		}
	}
	if got := c.get(c.contact(with())).text("gender"); got != "unstated" {
		t.Errorf("told nothing: %q", got)
	}
	c.refused(with("gender", "none"), "gender", "bad_choice")
	t.Run("the organisation adds its own", func(t *testing.T) {
		c.t = t
		value := c.call("POST", "/v1/lists/gender/values", map[string]any{"label": "Non-binary"}).want(201)
		c.contact(with("gender", value.text("code")))
	})
	t.Run("not stated is preselected", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/new")
		if got := b.value("[name=gender]"); got != "unstated" {
			t.Errorf("the form begins with %q", got)
		}
	})
}

// REC-14: the language is one of those the organisation works in, its own unless another is told.
func TestREC14_Language(t *testing.T) {
	c := begin(t)
	settings := c.call("GET", "/v1/settings", nil)
	c.call("PATCH", "/v1/settings", `{"language":"nl","languages":["nl","fr"]}`, "If-Match", settings.header.Get("ETag")).want(200)
	if got := c.get(c.contact(with())).text("language"); got != "nl" {
		t.Errorf("told nothing: %q", got)
	}
	id := c.contact(with("language", "fr"))
	if got := c.get(id).text("language"); got != "fr" {
		t.Errorf("%q, want fr", got)
	}
	c.refused(with("language", "es"), "language", "bad_choice")
	t.Run("a language given up stays with those who have it", func(t *testing.T) {
		c.t = t
		settings := c.call("GET", "/v1/settings", nil)
		c.call("PATCH", "/v1/settings", `{"languages":["nl"]}`, "If-Match", settings.header.Get("ETag")).want(200)
		if got := c.patch(id, map[string]any{"occupation": "Baker"}).want(200).text("language"); got != "fr" {
			t.Errorf("%q after another field was changed", got)
		}
		c.refused(with("language", "fr"), "language", "bad_choice")
	})
	t.Run("the form offers those alone", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/new")
		if got := b.value("form#contact [name=language]"); got != "nl" {
			t.Errorf("the form begins with %q", got)
		}
		if n := b.count("form#contact [name=language] option[value=es], form#contact [name=language] option[value=fr]"); n != 0 {
			t.Errorf("it offers %d more", n)
		}
	})
}

// REC-15: the occupation is free text of 100 characters.
func TestREC15_Occupation(t *testing.T) {
	c := begin(t)
	if got := c.get(c.contact(with("occupation", strings.Repeat("é", 100)))).text("occupation"); got != strings.Repeat("é", 100) {
		t.Errorf("occupation %q", got)
	}
	c.refused(with("occupation", strings.Repeat("é", 101)), "occupation", "too_long")
}

// REC-16: one nationality or more, countries that there are.
func TestREC16_Nationality(t *testing.T) {
	c := begin(t)
	id := c.contact(with("nationalities", []any{"be", "NL", "BE"}))
	if diff := cmp.Diff([]any{"BE", "NL"}, c.get(id).list("nationalities")); diff != "" {
		t.Error(diff)
	}
	c.refused(with("nationalities", []any{"BE", "XX"}), "nationalities[1]", "bad_choice")
	t.Run("on the page", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal")
		b.holds("#block-person", "Belgium, Netherlands")
		b.open("/contacts/" + id + "/personal?edit=person")
		b.choose(`[name="nationalities[1].country"]`, "FR")
		b.saveHere("#edit-person")
		b.holds("#block-person", "Belgium, France")
	})
}

// REC-17: the marital status is one of the organisation's list, empty unless it is told.
func TestREC17_MaritalStatus(t *testing.T) {
	c := begin(t)
	if got := c.get(c.contact(with())).at("maritalStatus"); got != nil {
		t.Errorf("told as %v", got)
	}
	if got := c.get(c.contact(with("maritalStatus", "widowed"))).text("maritalStatus"); got != "widowed" {
		t.Errorf("%q", got)
	}
	c.refused(with("maritalStatus", "happy"), "maritalStatus", "bad_choice")
	t.Run("the organisation adds its own", func(t *testing.T) {
		c.t = t
		value := c.call("POST", "/v1/lists/maritalStatus/values", map[string]any{"label": "Living apart together"}).want(201)
		c.contact(with("maritalStatus", value.text("code")))
	})
}

// REC-18 (who else wears the number in the team comes with teams): a shirt number from 0 to 999 and a kit size.
func TestREC18_ShirtNumberAndKit(t *testing.T) {
	c := begin(t)
	for _, n := range []int{0, 7, 999} {
		id := c.contact(with("shirtNumber", n, "kitSize", "m"))
		if got := c.get(id); got.at("shirtNumber") != float64(n) || got.text("kitSize") != "m" {
			t.Errorf("number %v, size %q", got.at("shirtNumber"), got.text("kitSize"))
		}
	}
	c.refused(with("shirtNumber", -1), "shirtNumber", "too_small")
	c.refused(with("shirtNumber", 1000), "shirtNumber", "too_large")
	c.refused(with("kitSize", "gigantic"), "kitSize", "bad_choice")
	t.Run("what is no number stays in the form", func(t *testing.T) {
		id := c.contact(with())
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal?edit=kit")
		b.set("[name=shirtNumber]", "seven")
		b.Click(`#edit-kit [data-key="s"]`)
		b.Until(`document.querySelector('#edit-kit .field-error')`)
		b.Excuse("status of 422")
		if got := b.value("[name=shirtNumber]"); got != "seven" {
			t.Errorf("shows %q", got)
		}
		b.Audit("a number refused")
		b.set("[name=shirtNumber]", "0")
		b.saveHere("#edit-kit")
		b.holds("#block-kit", "Shirt number", "0")
	})
}

// REC-19: up to 50 jobs; none ends before it began.
func TestREC19_WorkExperience(t *testing.T) {
	c := begin(t)
	job := func(from, to string) map[string]any {
		return map[string]any{"employer": "Shipyard", "role": "Welder", "from": from, "to": to}
	}
	var jobs []any
	for range 50 {
		jobs = append(jobs, job("2001-02-03", "2004-05-06"))
	}
	id := c.contact(with("work", jobs))
	if n := len(c.get(id).list("work")); n != 50 {
		t.Errorf("%d jobs", n)
	}
	c.refused(with("work", append(jobs, job("", ""))), "work", "too_many")
	c.refused(with("work", list(job("2001-02-03", "2001-02-03"), job("2001-02-03", "2001-02-02"))), "work[1].to", "ends_before_start")
	t.Run("on the page", func(t *testing.T) {
		id := c.contact(with())
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal?edit=work")
		b.Click(`#edit-work [name="_add"]`)
		b.Type(`[name="work[0].employer"]`, "Shipyard")
		b.choose(`[name="work[0].from"]`, "2004-05-06")
		b.choose(`[name="work[0].to"]`, "2004-05-05")
		b.Click(`#edit-work [data-key="s"]`)
		b.Until(`document.querySelector('#edit-work .field-error')`)
		b.Excuse("status of 422")
		b.choose(`[name="work[0].to"]`, "")
		b.saveHere("#edit-work")
		b.holds("#block-work", "Shipyard", "since")
	})
}

// papers are sensitive values that pass their checks.
func papers() map[string]any {
	return with("iban", "be68 5390 0754 7034", "ibanHolder", "Test Holder", "nationalNumber", map[string]any{"country": "BE", "number": "85.07.30-033 28"},
		"identityDocument", map[string]any{"number": "592-1234567-89", "issuedBy": "Gent"})
}

// revealed reads sensitive values in full.
func (c *client) revealed(id string, fields ...string) *answer {
	c.t.Helper()
	return c.call("POST", "/v1/contacts/"+id+"/reveal", map[string]any{"fields": fields}).want(http.StatusOK)
}

// REC-20: an IBAN with check digits that match, with or without a holder, shown masked.
func TestREC20_BankAccount(t *testing.T) {
	c := begin(t)
	for number, code := range map[string]string{"BE68539007547034": "", "NL91 ABNA 0417 1643 00": "", "ES9121000418450200051332": "", "FR1420041010050500013M02606": "",
		"BE68539007547035": "iban_bad_digits", "BE6853900754703": "iban_length", "ZZ68539007547034": "iban_country", "hello": "iban_invalid"} {
		t.Run(number, func(t *testing.T) {
			c.t = t
			if code != "" {
				c.refused(with("iban", number), "iban", code)
				return
			}
			id := c.contact(with("iban", number, "ibanHolder", "Test Holder"))
			whole := strings.ReplaceAll(number, " ", "")
			if got := c.get(id).text("iban"); got != "•••"+whole[len(whole)-3:] {
				t.Errorf("shown as %q", got)
			}
			values := c.revealed(id, "iban", "ibanHolder")
			if got, _ := dig(values.at("values"), "iban").(string); got != whole || dig(values.at("values"), "ibanHolder") != "Test Holder" {
				t.Errorf("revealed %s", values.raw)
			}
		})
	}
}

// REC-21: a national number with its country; where the country defines check digits they match.
func TestREC21_NationalRegisterNumber(t *testing.T) {
	c := begin(t)
	for _, tt := range []struct{ country, number, code string }{
		{"BE", "85.07.30-033 28", ""}, {"BE", "85.07.30-033 29", "national_number_bad_digits"}, {"NL", "111222333", ""}, {"NL", "111222334", "national_number_bad_digits"},
		{"ES", "12345678Z", ""}, {"ES", "12345678A", "national_number_bad_digits"}, {"FR", "255081416802538", ""}, {"FR", "255081416802539", "national_number_bad_digits"}, {"DE", "what they like", ""},
	} {
		t.Run(tt.country+" "+tt.number, func(t *testing.T) {
			c.t = t
			members := with("nationalNumber", map[string]any{"country": tt.country, "number": tt.number})
			if tt.code != "" {
				c.refused(members, "nationalNumber.number", tt.code)
				return
			}
			if got := c.get(c.contact(members)).text("nationalNumber.number"); !strings.HasPrefix(got, "•••") || len([]rune(got)) != 6 {
				t.Errorf("shown as %q", got)
			}
		})
	}
}

// REC-22: an identity document has a number of 30 characters and was issued by somebody of 100.
func TestREC22_IdentityDocument(t *testing.T) {
	c := begin(t)
	document := func(number, by string) map[string]any {
		return with("identityDocument", map[string]any{"number": number, "issuedBy": by})
	}
	id := c.contact(document(strings.Repeat("9", 30), strings.Repeat("é", 100)))
	if got := c.get(id).text("identityDocument.number"); got != "•••999" {
		t.Errorf("shown as %q", got)
	}
	c.refused(document(strings.Repeat("9", 31), ""), "identityDocument.number", "too_long")
	c.refused(document("1", strings.Repeat("é", 101)), "identityDocument.issuedBy", "too_long")
}

// REC-23 (export and documents come with exports and templates): sensitive fields show their last characters; the value
// needs its right and is noted.
func TestREC23_SensitiveFieldClass(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "medical", "label": "Medical note", "type": "text", "class": "sensitive"}).want(201)
	members := papers()
	members["custom"] = map[string]any{"medical": "Peanut allergy"}
	id := c.contact(members)
	editor := c.user("ed@example.org", "editor", another)
	shown := map[string]string{"iban": "•••034", "ibanHolder": "•••der", "nationalNumber.number": "•••328", "identityDocument.number": "•••-89", "custom.medical": "•••rgy"}
	t.Run("masked in the API, for everybody", func(t *testing.T) {
		for _, who := range []*client{c, editor} {
			who.t = t
			a := who.get(id)
			for path, mask := range shown {
				if got := a.text(path); got != mask {
					t.Errorf("%s: %q, want %q", path, got, mask)
				}
			}
		}
	})
	t.Run("masked in lists, search and history", func(t *testing.T) {
		c.t = t
		c.patch(id, map[string]any{"iban": "NL91ABNA0417164300"}).want(200)
		for _, path := range []string{"/v1/contacts", "/v1/contacts/" + id + "/history"} {
			if said := string(c.call("GET", path, nil).want(200).raw); strings.Contains(said, "5390075") || strings.Contains(said, "Peanut") || strings.Contains(said, "0417164") {
				t.Errorf("%s tells: %s", path, said)
			}
		}
		if c.total("0417164300") != 0 || c.total("peanut") != 0 {
			t.Error("found by a sensitive value")
		}
		if c.total("iban:*") != 1 || c.total("-iban:*") != 0 {
			t.Error("not found by its being filled")
		}
	})
	t.Run("the value by right alone", func(t *testing.T) {
		c.t = t
		if got := dig(c.revealed(id, "custom.medical").at("values"), "custom.medical"); got != nil {
			t.Errorf("dug %v", got) // a path with a point is one name
		}
		values, _ := c.revealed(id, "custom.medical").at("values").(map[string]any)
		if values["custom.medical"] != "Peanut allergy" {
			t.Errorf("%v", values)
		}
		editor.t = t
		editor.call("POST", "/v1/contacts/"+id+"/reveal", map[string]any{"fields": []string{"iban"}}).want(http.StatusForbidden)
		editor.call("PATCH", "/v1/contacts/"+id, map[string]any{"iban": "BE68539007547034"}, "If-Match", "*").want(http.StatusForbidden)
	})
	t.Run("a mask that comes back leaves the value", func(t *testing.T) {
		c.t = t
		c.patch(id, map[string]any{"iban": "•••300", "nickname": "G"}).want(200)
		values, _ := c.revealed(id, "iban").at("values").(map[string]any)
		if values["iban"] != "NL91ABNA0417164300" {
			t.Errorf("%v", values)
		}
	})
	t.Run("on the page", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + id + "/personal")
		b.holds("#block-papers", "•••300", "•••328")
		b.holds("#block-custom", "•••rgy")
		b.Audit("masked")
		b.Click(`#block-papers form.inline button`)
		b.until("#block-papers", "NL91ABNA0417164300")
		b.Audit("revealed")
		b.open("/contacts/" + id + "/personal")
		if strings.Contains(b.text("main"), "NL91ABNA0417164300") {
			t.Error("still there on the next look")
		}
		b.open("/contacts/" + id + "/personal?edit=papers")
		b.set("[name=ibanHolder]", "Somebody Else")
		b.saveHere("#edit-papers")
		b.holds("#block-papers", "•••300", "•••lse")
		e := editor.tab(t)
		e.open("/contacts/" + id + "/personal")
		e.holds("#block-papers", "•••300")
		if e.count("#block-papers button, #block-papers a, #own-medical a, #own-medical button") != 0 {
			t.Error("an editor is offered the value")
		}
		e.open("/contacts/" + id + "/edit")
		if e.count("[name=iban]") != 0 {
			t.Error("an editor is asked for it")
		}
	})
}

// REC-25 (what is ticked on web forms comes with them): the newsletter is on for those an operator enters unless the
// organisation says otherwise, and every change tells its ground.
func TestREC25_NewsletterFlag(t *testing.T) {
	c := begin(t)
	b := c.tab(t)
	enter := func(name string) string {
		b.open("/contacts/new")
		b.Type("[name=firstName]", name)
		b.save("#contact")
		return strings.TrimPrefix(b.Where(), "/contacts/")
	}
	t.Run("on by default, with its ground", func(t *testing.T) {
		c.t = t
		a := c.get(enter("Ann"))
		if a.at("newsletter") != true || a.text("consents.0.purpose") != "newsletter" || a.text("consents.0.basis") != "telephone" || a.text("consents.0.wording") == "" ||
			a.text("consents.0.at") == "" || a.text("consents.0.actor") == "" {
			t.Errorf("%v %v", a.at("newsletter"), a.at("consents"))
		}
	})
	t.Run("never of a program", func(t *testing.T) {
		c.t = t
		if got := c.get(c.contact(with())).at("newsletter"); got != false {
			t.Errorf("%v", got)
		}
	})
	t.Run("the organisation's default", func(t *testing.T) {
		c.t = t
		settings := c.call("GET", "/v1/settings", nil).want(200)
		c.call("PATCH", "/v1/settings", map[string]any{"newsletterDefault": false}, "If-Match", settings.header.Get("ETag")).want(200)
		if got := c.get(enter("Bea")).at("newsletter"); got != false {
			t.Errorf("%v", got)
		}
	})
	t.Run("a change is noted", func(t *testing.T) {
		c.t = t
		id := c.contact(with("newsletter", true))
		c.patch(id, map[string]any{"newsletter": false}).want(200)
		if a := c.get(id); len(a.list("consents")) < 2 || dig(a.at("consents"), "1.given") == true {
			t.Errorf("%v", a.at("consents"))
		}
	})
}

// REC-26: promotional text messages are a flag of their own, off unless somebody agreed.
func TestREC26_PromotionalSMSFlag(t *testing.T) {
	c := begin(t)
	id := c.contact(with("newsletter", true))
	if a := c.get(id); a.at("promotionalSms") != false {
		t.Errorf("presumed: %v", a.at("promotionalSms"))
	}
	b := c.tab(t)
	b.open("/contacts/" + id + "/personal?edit=class")
	b.Click(`[name=promotionalSms][type=checkbox]`)
	b.saveHere("#edit-class")
	b.holds("#block-class", "Promotional text messages", "Yes")
	a := c.get(id)
	last := fmt.Sprint(len(a.list("consents")) - 1)
	if a.at("promotionalSms") != true || a.text("consents."+last+".purpose") != "promotion" || a.text("consents."+last+".channel") != "sms" || a.at("newsletter") != true {
		t.Errorf("%s", a.raw)
	}
}

// REC-27 (requests and web forms come with registration): the source tells the channel; an operator may correct it.
func TestREC27_Source(t *testing.T) {
	c := begin(t)
	b := c.tab(t)
	b.open("/contacts/new")
	b.Type("[name=firstName]", "Ann")
	b.save("#contact")
	entered := strings.TrimPrefix(b.Where(), "/contacts/")
	programmed := c.contact(with())
	imported := c.run(c.preview("list.csv", []byte("Voornaam;E-mail\r\nIms;ims@example.org\r\n"), nil).text("id"))
	if imported.text("state") != "done" {
		t.Fatal(string(imported.raw))
	}
	for source, q := range map[string]string{"telephone": "ann", "import": "ims"} {
		if c.total(q+"+source:"+source) != 1 {
			t.Errorf("not from %s", source)
		}
	}
	if got := c.get(programmed).text("source"); got != "api" {
		t.Errorf("a program's: %q", got)
	}
	t.Run("corrected, also to a value of the organisation's own", func(t *testing.T) {
		c.t = t
		c.patch(entered, map[string]any{"source": "request"}).want(200)
		fair := c.call("POST", "/v1/lists/source/values", map[string]any{"label": "Spring fair"}).want(201).text("code")
		c.patch(entered, map[string]any{"source": fair}).want(200)
		c.refused(with("source", "rumour"), "source", "bad_choice")
		b.open("/contacts/" + entered + "/personal")
		b.holds("#block-class", "Spring fair")
	})
}

// REC-28 (orders come with them): the dedicated operator is an active user; the contacts of one who left are found.
func TestREC28_DedicatedOperator(t *testing.T) {
	c := begin(t)
	c.user("ed@example.org", "editor", another)
	users := c.call("GET", "/v1/users", nil).want(200)
	ed := ""
	for i := range users.list("items") {
		if at := fmt.Sprintf("items.%d.", i); users.text(at+"email") == "ed@example.org" {
			ed = users.text(at + "id")
		}
	}
	id := c.contact(with("operator", ed))
	c.refused(with("operator", "usr_00000000000000000000000000"), "operator", "bad_reference")
	b := c.tab(t)
	b.open("/contacts/" + id + "/personal")
	b.holds("#block-terms", "User ed@example.org")
	b.open("/contacts/" + id + "/personal?edit=terms")
	if b.count(`[name=operator] option[value="`+ed+`"]`) != 1 {
		t.Error("not offered")
	}
	c.call("POST", "/v1/users/"+ed+"/block", map[string]any{"reason": "Left"}).want(200)
	b.open("/contacts/new")
	if b.count(`[name=operator] option[value="`+ed+`"]`) != 0 {
		t.Error("somebody who left is offered")
	}
	if c.total("operator:"+ed) != 1 {
		t.Error("whose contacts are to be given to somebody else is not found")
	}
	b.open("/settings/users/" + ed)
	b.holds("main", "1 contact still has this person as dedicated operator.")
	b.Follow(`main a[href^="/contacts?q=operator"]`)
	if b.count(`table a[href="/contacts/`+id+`"]`) == 0 {
		t.Error("not listed for reassignment")
	}
}

// REC-29 (the operator's current store comes with shops): the store is asked for where there are two.
func TestREC29_StoreOfOrigin(t *testing.T) {
	c := begin(t)
	b := c.tab(t)
	store := func(name string, main bool) string {
		return c.call("POST", "/v1/stores", map[string]any{"name": name, "senderEmail": strings.ToLower(name) + "@example.org", "default": main}).want(201).text("id")
	}
	asked := func() int { b.open("/contacts/new"); return b.count("[name=store]") }
	if asked() != 0 {
		t.Error("asked for without a store")
	}
	one := store("Harbour", true)
	if asked() != 0 {
		t.Error("asked for though there is but one")
	}
	two := store("Station", false)
	if asked() != 1 || b.value("[name=store]") != one {
		t.Errorf("asked %d times, preset to %q", asked(), b.value("[name=store]"))
	}
	id := c.contact(with("store", two))
	b.open("/contacts/" + id + "/personal")
	b.holds("#block-terms", "Station")
	c.refused(with("store", "sto_00000000000000000000000000"), "store", "bad_reference")
}
