package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// An own field that holds a file offers the documents of its record and leads to the one it holds (REC-31).
func TestOwnFieldThatHoldsAFile(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	for _, kind := range []string{"contact", "family"} {
		r.customField(`{"for":"` + kind + `","name":"waiver","label":"Signed waiver","type":"file"}`)
	}
	c, other := r.contact(`{"firstName":"Ann"}`), r.contact(`{"firstName":"Bob"}`)
	family := r.make("family", "", `{"name":"Maes"}`).Base().ID
	send := func(at, name string) string {
		p := r.named(name).uploadFrom(r.get(at).want(http.StatusOK), "x", []byte(certificate)).want(http.StatusOK, name)
		address := p.link(name)
		return address[strings.LastIndex(address, "/")+1:]
	}
	file := send("/contacts/"+c.ID+"/notes", "waiver.pdf")
	send("/contacts/"+other.ID+"/notes", "foreign.pdf")
	at := "/contacts/" + c.ID
	form := r.get(at+"/personal?edit=custom.waiver").want(http.StatusOK, ">waiver.pdf</option>").without("foreign.pdf").form(at + "/edit")
	form.Set("custom.waiver", file)
	r.post(at+"/edit", form).want(http.StatusOK, `href="`+at+"/files/"+file+`">waiver.pdf<`)
	r.get("/contacts/new").want(http.StatusOK).without("custom.waiver")
	form = r.get(at + "/personal?edit=custom.waiver").form(at + "/edit")
	form.Set("custom.waiver", "fil_nothing")
	r.post(at+"/edit", form).want(http.StatusUnprocessableEntity)

	owned := send("/families/"+family+"/notes", "family.pdf")
	at = "/families/" + family
	form = r.get(at+"?edit=custom").want(http.StatusOK, ">family.pdf</option>").form(at + "/edit")
	form.Set("custom.waiver", owned)
	r.post(at+"/edit", form).want(http.StatusOK, `href="`+at+"/files/"+owned+`">family.pdf<`)
}

// The login tab tells that somebody is kept out, since when and why (PROF-27).
func TestLoginTellsABlock(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	c := r.contact(`{"firstName":"Ann"}`)
	r.get("/contacts/" + c.ID + "/login").want(http.StatusOK).without("Blocked since")
	_, err := h.kernel.Records.Alter(t.Context(), repository.Write{Grant: r.grant}, contact.Name, c.ID, repository.AnyVersion, func(rec record.Record) error {
		rec.(*contact.Contact).LoginBlocked = contact.Block{Reason: "Lost the card", At: noon.Add(-24 * time.Hour)}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.get("/contacts/"+c.ID+"/login").want(http.StatusOK, "Blocked since 20/11/2026", "Lost the card")
}

// Numbers are read as people of any language write them; what could be two is what it is in the reader's.
func TestPlainNumbers(t *testing.T) {
	for text, want := range map[string][2]string{ // in English, elsewhere
		"12": {"12", "12"}, "12.5": {"12.5", "12.5"}, "12,5": {"12.5", "12.5"}, "1,234": {"1234", "1.234"}, "1.234": {"1.234", "1234"}, "1,234.5": {"1234.5", "1234.5"}, "1.234,5": {"1234.5", "1234.5"},
		"1 234,5": {"1234.5", "1234.5"}, "1\u202f234\u202f567,25": {"1234567.25", "1234567.25"}, "-3,5": {"-3.5", "-3.5"}, "1,234,567": {"1234567", "1234567"}, "1.2.3": {"1.2.3", "1.2.3"},
		"12,34,5": {"12,34,5", "12,34,5"}, "tall": {"tall", "tall"}, "": {"", ""}, "5.": {"5", "5"}, "1,2.3,4": {"1,2.3,4", "1,2.3,4"},
	} {
		for i, l := range []i18n.Language{i18n.English, i18n.Dutch} {
			x := &exchange{p: i18n.New(l, nil)}
			if got := x.plain(text); got != want[i] {
				t.Errorf("%q in %s: %q, want %q", text, l, got, want[i])
			}
		}
	}
}

// A number typed in one's own language is kept exactly and shown in it again.
func TestOwnNumbersInTheReadersLanguage(t *testing.T) {
	r := open(t).found("Choir", "olga@example.org")
	r.customField(`{"for":"contact","name":"height","label":"Height","type":"number"}`)
	r.customField(`{"for":"contact","name":"dues","label":"Dues","type":"amount"}`)
	c := r.contact(`{"firstName":"Ann"}`)
	r.post("/preferences", url.Values{"language": {"nl"}})
	at := "/contacts/" + c.ID
	for name, typed := range map[string]url.Values{"height": {"custom.height": {"1.234,56"}}, "dues": {"custom.dues.amount": {"1.234,5"}, "custom.dues.currency": {"EUR"}}} {
		form := r.get(at + "/personal?edit=custom." + name).want(http.StatusOK).form(at + "/edit")
		for field, values := range typed {
			form[field] = values
		}
		r.post(at+"/edit", form).want(http.StatusOK)
	}
	r.get(at+"/personal").want(http.StatusOK, "1.234,56", "1.234,50")
	r.get(at+"/edit").want(http.StatusOK, `value="1234,56"`, `value="1234,50"`)
	form := r.get(at + "/personal?edit=custom.dues").form(at + "/edit")
	form.Set("custom.dues.amount", "veel")
	form.Set("custom.dues.currency", "EUR")
	r.post(at+"/edit", form).want(http.StatusUnprocessableEntity, `value="veel"`)
}
