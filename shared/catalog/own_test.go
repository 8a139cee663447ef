package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// Fields of an organisation's own, of every type, are asked for, sorted by, counted and added up as standard ones are; of
// sensitive ones it is only known that they are filled.
func TestOwnFieldsOfEveryType(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.Settings(repositorytest.Block)
	for _, f := range []string{"number", "amount", "date", "flag", "choices", "link", "text"} {
		more := ""
		switch f {
		case "choices":
			more = `,"options":["red","green"]`
		case "text":
			more = `,"class":"sensitive"`
		}
		h.Create("field", fmt.Sprintf(`{"for":"contact","name":"my%s","label":"My %s","type":"%s"%s}`, f, f, f, more))
	}
	jan := h.contact(`{"firstName":"Jan","iban":"BE68539007547034","custom":{"mynumber":2.5,"myamount":{"amount":1250,"currency":"EUR"},"mydate":"2027-01-31",
		"myflag":true,"mychoices":["red","green"],"mylink":"https://example.org/a","mytext":"0123456"}}`).ID
	an := h.contact(`{"firstName":"An","custom":{"mynumber":-0.125,"myamount":{"amount":900,"currency":"EUR"},"mychoices":["green"],"myflag":false}}`).ID
	g := h.Grant(policy.Reader)
	for q, want := range map[string][]string{
		"mynumber>=2.5": {jan}, "mynumber:-0.125": {an}, "custom.mynumber:-1..2.4": {an}, "mynumber:*": {jan, an},
		"myamount>=12.50": {jan}, "myamount:9": {an}, "myamount.currency:EUR": {jan, an}, "mydate<2027-02-01": {jan}, "myflag:yes": {jan},
		"myflag:no": {an}, "mychoices:green": {jan, an}, "mychoices:red": {jan}, "mylink~example": {jan}, "mytext:*": {jan}, "-mytext:*": {an}, "iban:*": {jan},
		"0123456": nil, "BE68539007547034": nil,
	} {
		for name, p := range map[string]house{"warm": h, "cold": h.again()} {
			list, err := p.List(t.Context(), g, "contact", repository.Question{Text: q, Limit: 10, Sort: []repository.Sort{{Path: "custom.mynumber", Down: true}}})
			if err != nil || !slices.Equal(list.IDs, want) {
				t.Errorf("%s: %s finds %v, %v; want %v", name, q, list.IDs, err, want)
			}
			if all := fmt.Sprintf("%s", list.Items); strings.Contains(all, "0123456") || strings.Contains(all, "7034") {
				t.Errorf("%s: %s shows what is sensitive: %s", name, q, all)
			}
		}
	}
	list, err := h.List(t.Context(), g, "contact", repository.Question{Facets: [][]string{{"custom.mynumber"}, {"custom.myflag"}, {"iban"}},
		Sums: []string{"custom.mynumber", "custom.myamount.amount"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(list.Facets), "[[{[-0.125] 1 [-125000 900]} {[2.5] 1 [2500000 1250]}] [{[false] 1 [-125000 900]} {[true] 1 [2500000 1250]}] "+
		"[{[] 1 [-125000 900]} {[true] 1 [2500000 1250]}]]"; got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
	if fmt.Sprint(list.Sums, list.Places) != "[2375000 2150] [6 0]" {
		t.Errorf("added up %v with %v decimals", list.Sums, list.Places)
	}
	for _, q := range []string{"mytext:0123456", "iban=BE68539007547034", "mynumber:2.0000001", "myamount:1.005"} {
		if _, err := h.List(t.Context(), g, "contact", repository.Question{Text: q}); err == nil {
			t.Errorf("%s is answered", q)
		}
	}
}
