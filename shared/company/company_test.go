package company_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
)

var kind = company.Kind()

func TestRules(t *testing.T) {
	var crowd []string
	for i := range 201 {
		crowd = append(crowd, fmt.Sprintf(`{"contact":"con_%d"}`, i))
	}
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"name required"},
		`{"name":"Acme","companyKind":"sponsor","taxNumber":"BE 0123.456.749","website":"acme.example"}`: nil,
		`{"name":"Acme","companyKind":"bank"}`:                                                                                              {"companyKind bad_choice"},
		`{"name":"Acme","taxNumber":"---"}`:                                                                                                 {"taxNumber bad_value"},
		`{"name":"Acme","website":"ftp://acme.example"}`:                                                                                    {"website bad_url"},
		`{"name":"Acme","emails":[{"address":"nobody"}],"phones":[{"number":"abc"}]}`:                                                       {"emails[0].address email_invalid", "phones[0].number phone_invalid"},
		`{"name":"Acme","addresses":[{"town":"a","main":true},{"town":"b","main":true}]}`:                                                   {"addresses[1].main one_main"},
		`{"name":"Acme","contacts":[{"contact":"con_1","function":"sales","from":"2020-01-01","to":"2020-01-01"}]}`:                         nil,
		`{"name":"Acme","contacts":[{"contact":"con_1","from":"2020-01-02","to":"2020-01-01"}]}`:                                            {"contacts[0].to ends_before_start"},
		`{"name":"Acme","contacts":[{"contact":"con_1","to":"2020-01-01"}]}`:                                                                nil,
		`{"name":"Acme","contacts":[{"function":"sales"}]}`:                                                                                 {"contacts[0].contact required"},
		`{"name":"Acme","contacts":[{"contact":"con_1","function":"pope"}]}`:                                                                {"contacts[0].function bad_choice"},
		`{"name":"Acme","contacts":[{"contact":"con_1","function":"sales"},{"contact":"con_1","function":"director"},{"contact":"con_1"}]}`: nil,
		`{"name":"Acme","contacts":[{"contact":"con_1","function":"sales"},{"contact":"con_1","function":"sales","to":"2021-01-01"}]}`:      {"contacts[1].contact twice"},
		`{"name":"Acme","contacts":[` + strings.Join(crowd[:200], ",") + `]}`:                                                               nil,
		`{"name":"Acme","contacts":[` + strings.Join(crowd, ",") + `]}`:                                                                     {"contacts too_many"},
		`{"name":"Acme","logo":"fil_1"}`:                                                                                                    {"logo read_only"},
	})
}

func TestNewCompanyIsComplete(t *testing.T) {
	c, problems := kindtest.Make[*company.Company](t, kind, `{"name":" Acme ","taxNumber":"be 0123.456.749","website":"acme.example",
		"emails":[{"address":"Info@ACME.example"}],"phones":[{"number":"0471 12 34 56"},{"number":"02 767 01 00"}],"addresses":[{"town":"Gent"}]}`)
	want := &company.Company{Meta: record.Meta{Kind: "company"}, Name: "Acme", TaxNumber: "BE 0123.456.749",
		Website: "https://acme.example",
		Emails:  []reach.Email{{Kind: "work", Address: "Info@acme.example", Main: true}},
		Phones: []reach.Phone{{Line: "mobile", Kind: "work", Number: "+32471123456", Main: true},
			{Line: "fixed", Kind: "work", Number: "+3227670100"}},
		Addresses: []reach.Address{{Kind: "billing", Town: "Gent", Country: "BE", Main: true, Delivery: true}}}
	if diff := cmp.Diff(want, c); diff != "" || problems != nil {
		t.Errorf("%q %s", problems, diff)
	}
	kindtest.Settled(t, kind, c)
}

// One tax number is one, however it is written; the numbers of its phones and its addresses are nobody's keys.
func TestKeys(t *testing.T) {
	for number, want := range map[string][]record.Key{
		"be 0123.456.749": {{Name: "taxNumber", Path: "taxNumber", Value: "BE0123456749"}},
		"BE0123456749":    {{Name: "taxNumber", Path: "taxNumber", Value: "BE0123456749"}},
		"":                nil,
	} {
		c, _ := kindtest.Make[*company.Company](t, kind, `{"name":"a","taxNumber":"`+number+`","phones":[{"number":"0471123456"}]}`)
		if diff := cmp.Diff(want, c.Keys()); diff != "" {
			t.Errorf("%q: %s", number, diff)
		}
		c.Drop(record.Key{Name: "taxNumber"})
		if c.Keys() != nil || c.Title() != "a" {
			t.Errorf("dropped, there is %+v", c.Keys())
		}
	}
}

func TestOn(t *testing.T) {
	for day, want := range map[record.Date]bool{"2019-12-31": false, "2020-01-01": true, "2020-06-30": true, "2020-07-01": false} {
		if got := (company.Contact{From: "2020-01-01", To: "2020-06-30"}).On(day); got != want {
			t.Errorf("on %s: %v", day, got)
		}
		if !(company.Contact{}).On(day) {
			t.Errorf("a period without ends does not hold on %s", day)
		}
	}
}

func FuzzCompany(f *testing.F) {
	f.Add([]byte(`{"name":"Acme","taxNumber":"be 0123.456.749","website":"acme.example","phones":[{"number":"02 767 01 00"}],"contacts":[{"contact":"con_1"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if made, problems := kindtest.Make[*company.Company](t, kind, string(body)); problems == nil && made != nil {
			kindtest.Settled(t, kind, made)
		}
	})
}
