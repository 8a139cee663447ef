package contact_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
)

// What a contact may say beside how it is reached, and what is refused of it (REC-15 to REC-22, REC-26).
func TestRulesOfTheRest(t *testing.T) {
	for body, want := range map[string][]string{
		`{"occupation":"Nurse","maritalStatus":"married","category":"board","kitSize":"xl","nationalities":["BE","fr"]}`: nil,
		`{"maritalStatus":"bored","category":"x","kitSize":"huge","nationalities":["BE","XX"]}`: {"category bad_choice", "kitSize bad_choice",
			"maritalStatus bad_choice", "nationalities[1] bad_choice"},
		`{"shirtNumber":0}`:     nil,
		`{"shirtNumber":999}`:   nil,
		`{"shirtNumber":1000}`:  {"shirtNumber too_large"},
		`{"shirtNumber":-1}`:    {"shirtNumber too_small"},
		`{"discount":10000}`:    nil,
		`{"discount":10001}`:    {"discount too_large"},
		`{"discount":-1}`:       {"discount too_small"},
		`{"paymentTermDays":0}`: nil,
		`{"work":[{"employer":"A","role":"b","from":"2020-01-01","to":"2020-01-01"},{"employer":"B","from":"2020-01-01"},{"to":"2019-01-01"}]}`: nil,
		`{"work":[{"employer":"A","from":"2020-01-02","to":"2020-01-01"}]}`:                                                                     {"work[0].to ends_before_start"},
		`{"work":[{"employer":"A"},{"employer":"B","from":"soon"}]}`:                                                                            {"work[1].from bad_date"},
		`{"work":[` + times(51, `{"employer":"a%"}`) + `]}`:                                                                                     {"work too_many"},
		`{"iban":"be68 5390 0754 7034","ibanHolder":"Jan"}`:                                                                                     nil,
		`{"iban":"BE69 5390 0754 7034"}`:                                                                                                        {"iban iban_bad_digits"},
		`{"iban":"BE68 5390 0754 703"}`:                                                                                                         {"iban iban_length"},
		`{"iban":"ZZ68 5390 0754 7034"}`:                                                                                                        {"iban iban_country"},
		`{"iban":"539-0075470-34"}`:                                                                                                             {"iban iban_invalid"},
		`{"nationalNumber":{"number":"85.07.30-033.28"}}`:                                                                                       nil,
		`{"nationalNumber":{"number":"85.07.30-033.29"}}`:                                                                                       {"nationalNumber.number national_number_bad_digits"},
		`{"nationalNumber":{"country":"es","number":"12345678-Z"}}`:                                                                             nil,
		`{"nationalNumber":{"country":"NL","number":"12345678Z"}}`:                                                                              {"nationalNumber.number national_number_invalid"},
		`{"nationalNumber":{"country":"XX","number":"1"}}`:                                                                                      {"nationalNumber.country bad_choice"},
		`{"nationalNumber":{"country":"PT","number":"anything at all"}}`:                                                                        nil,
		`{"identityDocument":{"number":"592-1234567-32","issuedBy":"Tervuren"}}`:                                                                nil,
		`{"identityDocument":{"number":"1234567890123456789012345678901"}}`:                                                                     {"identityDocument.number too_long"},
	} {
		whole := `{"firstName":"a",` + body[1:]
		if _, err := tried(t, whole); !cmp.Equal(want, codes(err)) {
			t.Errorf("%.90s: %q, want %q", body, codes(err), want)
		}
	}
	for _, body := range []string{`{"firstName":"a","loginBlocked":{"reason":"x"}}`, `{"firstName":"a","photo":"fil_1"}`} {
		if _, err := kind.Create([]byte(body)); err == nil {
			t.Errorf("a request set what is the system's: %s", body)
		}
	}
}

// Papers are kept in one form, however they are written.
func TestPapersAreKeptInOneForm(t *testing.T) {
	c := made(t, `{"firstName":"a","iban":"iban be68-5390 0754 7034","nationalNumber":{"number":"85.07.30-033.28"},"nationalities":["be","FR","BE"]}`)
	if c.IBAN != "BE68539007547034" || c.NationalNumber != (contact.NationalNumber{Country: "BE", Number: "85073003328"}) ||
		!cmp.Equal(c.Nationalities, []string{"BE", "FR"}) {
		t.Errorf("%s %+v %v", c.IBAN, c.NationalNumber, c.Nationalities)
	}
	c, err := edited(t, c, `{"nationalNumber":{"number":null},"iban":null,"nationalities":[]}`)
	if err != nil || c.IBAN != "" || c.NationalNumber != (contact.NationalNumber{}) || c.Nationalities != nil {
		t.Errorf("emptied, there is left %s %+v %v, %v", c.IBAN, c.NationalNumber, c.Nationalities, err)
	}
}

// A new contact is in the entity of whoever makes it, and is never in none.
func TestEntity(t *testing.T) {
	in := func(e *record.Env) { e.Entity = "ent_root" }
	c := made(t, `{"firstName":"a"}`, in)
	if c.Entity != "ent_root" {
		t.Errorf("it is in %q", c.Entity)
	}
	if c = made(t, `{"firstName":"a","entity":"ent_hockey"}`, in); c.Entity != "ent_hockey" {
		t.Errorf("it is in %q", c.Entity)
	}
	if c, err := edited(t, c, `{"entity":null}`, in); err != nil || c.Entity != "ent_root" {
		t.Errorf("it is in %q, %v", c.Entity, err)
	}
}

// Text messages are presumed of nobody, and have a record of their own in the same list (REC-26).
func TestConsentOfTextMessages(t *testing.T) {
	c := made(t, `{"firstName":"a"}`)
	if c.PromotionalSMS == nil || *c.PromotionalSMS || len(c.Consents) != 1 {
		t.Fatalf("%v, %+v", c.PromotionalSMS, c.Consents)
	}
	c, err := edited(t, c, `{"promotionalSms":true,"newsletter":false}`, func(e *record.Env) { e.Now, e.Channel = noon.Add(time.Hour), "form" })
	if err != nil {
		t.Fatal(err)
	}
	want := []contact.Consent{
		{Purpose: "newsletter", Channel: "email", Given: true, Basis: "telephone", Wording: "consent.newsletter", At: noon, Actor: "usr_1"},
		{Purpose: "newsletter", Channel: "email", Basis: "form", Wording: "consent.newsletter", At: noon.Add(time.Hour), Actor: "usr_1"},
		{Purpose: "promotion", Channel: "sms", Given: true, Basis: "form", Wording: "consent.promotion", At: noon.Add(time.Hour), Actor: "usr_1"},
	}
	if diff := cmp.Diff(want, c.Consents); diff != "" {
		t.Error(diff)
	}
}
