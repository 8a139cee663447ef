package contact_test

import (
	"bytes"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// FuzzContact holds whatever a request may send against what every stored contact promises.
func FuzzContact(f *testing.F) {
	for _, s := range []string{
		`{"firstName":"Jan","emails":[{"address":"Jan@Example.ORG"}],"phones":[{"number":"0471 12 34 56"}],"addresses":[{"town":"Gent"}]}`,
		`{"firstName":"Jan","prefix":"van den","lastName":"Berghe","tags":["a","A","á"],"website":"example.org","externalIds":{"a ":"1"," a":"2"}}`,
		`{"firstName":"J","phones":[{"number":"+1 (212) 555-2368 ext 5"},{"line":"fixed","number":"00"}],"birthDate":"2024-02-29","newsletter":true}`,
		`{"firstName":"J","emails":[{"address":"<mailto:a@exämple.org>"},{"address":"\u200b"},{"main":true}],"custom":{"x":"y"}}`,
		`{"firstName":"J","iban":"iban be68 5390 0754 7034","nationalNumber":{"country":"es","number":"1234567-l"},"nationalities":["be","BE"]}`,
		`{"firstName":"J","work":[{"employer":"a","from":"2020-01-01"},{}],"shirtNumber":7,"promotionalSms":true,"nationalNumber":{"country":"BE"}}`,
	} {
		f.Add([]byte(s), []byte(`{"lastName":"x","emails":[{"address":"b@example.org"}]}`))
	}
	f.Fuzz(func(t *testing.T, first, patch []byte) {
		r, err := kind.Create(first)
		if err != nil {
			return
		}
		e := env()
		if kind.Check(r, e) != nil {
			return
		}
		c := r.(*contact.Contact)
		settled(t, c, e)
		next, err := kind.Patch(c, patch)
		if err != nil {
			return
		}
		e.Before = c
		if kind.Check(next, e) == nil {
			settled(t, next.(*contact.Contact), e)
		}
	})
}

// settled holds an accepted contact against its own rules.
func settled(t *testing.T, c *contact.Contact, e *record.Env) {
	t.Helper()
	value, err := kind.Encode(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := kind.Decode(value, 1)
	if err != nil {
		t.Fatal(err)
	}
	again := *e
	again.Before = c
	if err := kind.Check(back, &again); err != nil {
		t.Fatalf("%s was accepted and is refused: %v", value, fault.From(err))
	}
	if now, err := kind.Encode(back, nil); err != nil || !bytes.Equal(value, now) {
		t.Fatalf("checking again changed %s to %s, %v", value, now, err)
	}
	keys := map[[2]string]bool{}
	for _, k := range c.Keys() {
		if keys[[2]string{k.Name, k.Value}] || k.Value == "" {
			t.Fatalf("%s has the key %s %q twice, or none", value, k.Name, k.Value)
		}
		keys[[2]string{k.Name, k.Value}] = true
	}
	if c.Title() == "" || c.Type == "" || c.Status == "" {
		t.Fatalf("%s lacks what every contact has", value)
	}
}
