package app

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// make makes a record of a kind straight in the repository; a child under an owner.
func (r *reader) make(kind, owner, body string) record.Record {
	r.t.Helper()
	w := repository.Write{Grant: r.grant.Via("telephone")}
	var res repository.Result
	var err error
	if owner != "" {
		res, err = r.kernel.Records.CreateUnder(r.t.Context(), w, kind, owner, []byte(body))
	} else {
		res, err = r.kernel.Records.Create(r.t.Context(), w, kind, []byte(body))
	}
	if err != nil {
		r.t.Fatalf("%s %s: %v", kind, body, err)
	}
	return res.Record
}

// read reads a record as JSON.
func (r *reader) read(kind, id string) document {
	r.t.Helper()
	rec, err := r.kernel.Records.Get(r.t.Context(), r.grant, kind, id)
	if err != nil {
		r.t.Fatal(err)
	}
	doc, err := documentOf(rec)
	if err != nil {
		r.t.Fatal(err)
	}
	return doc
}

// household is an organisation with a record of every kind, by kind.
func household(h *house) (*reader, map[string]string) {
	owner := h.found("Harbour Choir", "olga@example.org")
	for _, kind := range []string{"family", "company"} {
		owner.customField(`{"for":"` + kind + `","name":"size","label":"Kit size","type":"choice","options":["S","M"]}`)
		owner.customField(`{"for":"` + kind + `","name":"dues","label":"Dues","type":"amount"}`)
		owner.customField(`{"for":"` + kind + `","name":"extra","label":"Extra","type":"text","optional":true}`)
	}
	greta := owner.contact(greet)
	jan := owner.contact(`{"firstName":"Jan","lastName":"Peeters"}`)
	ids := map[string]string{"contact": greta.ID, "other": jan.ID}
	ids["family"] = owner.make("family", "", fmt.Sprintf(`{"name":"Peeters","address":{"street":"Kerkstraat","number":"12","postcode":"9000","town":"Gent"},"members":[{"contact":%q,"role":"parent","head":true},{"contact":%q,"role":"child"}],"custom":{"size":"M","dues":{"amount":1250,"currency":"EUR"}}}`, greta.ID, jan.ID)).Base().ID
	ids["company"] = owner.make("company", "", fmt.Sprintf(`{"name":"Acme & Sons","taxNumber":"BE0123456749","emails":[{"address":"info@example.com"}],"phones":[{"number":"02 512 34 56"}],"addresses":[{"town":"Gent"}],"website":"example.com","contacts":[{"contact":%q,"function":"director","from":"2020-01-01"}]}`, greta.ID)).Base().ID
	me := owner.grant.Actor().ID
	ids["reminder"] = owner.make("reminder", greta.ID, `{"text":"Call about the key","dueAt":"2026-11-21T13:00:00Z","assignee":"`+me+`"}`).Base().ID
	ids["ticket"] = owner.make("ticket", greta.ID, `{"subject":"Lost key","text":"At the door","answers":[{"text":"We look for it"}]}`).Base().ID
	ids["call"] = owner.make("call", ids["company"], `{"direction":"incoming","number":"0471 12 34 56","startedAt":"2026-11-20T09:30:00Z","minutes":4,"outcome":"reached","note":"Asked for a key"}`).Base().ID
	ids["service"] = owner.make("service", greta.ID, `{"item":"Trumpet","fault":"Valve","in":"2026-11-01","cost":{"amount":4550,"currency":"EUR"}}`).Base().ID
	ids["satisfaction"] = owner.make("satisfaction", greta.ID, `{"score":4,"date":"2026-11-01","comment":"Fine"}`).Base().ID
	owner.make("satisfaction", greta.ID, `{"score":5,"date":"2026-11-11"}`)
	return owner, ids
}

// A look names a kind there is, in words there are, and every kind that stands alone or beside one that has pages has a
// look or is shown with its owner.
func TestLooks(t *testing.T) {
	kinds := product.Kinds()
	for _, l := range looks {
		k, ok := kinds.Kind(l.kind)
		if !ok || k.Plural != l.plural {
			t.Errorf("%s: no such kind, or of another plural", l.kind)
			continue
		}
		for _, language := range i18n.Languages() {
			p := i18n.New(language, nil)
			for _, key := range []string{l.title(), l.one(), l.says("add"), l.says("none"), l.says("filter"), l.count()} {
				if !p.Has(key) {
					t.Errorf("%s: no words for %s", language, key)
				}
			}
		}
		for _, path := range append(l.pills, l.apart...) {
			if _, ok := k.Field(path); !ok {
				t.Errorf("%s has no field %s", l.kind, path)
			}
		}
	}
}

// Every page of every kind is shown in every language to every role; a text that is missing panics. What is asked for
// without the right is refused, and what belongs to nobody is not there.
func TestEveryPageOfEveryKind(t *testing.T) {
	h := open(t)
	owner, ids := household(h)
	gone := map[string]string{}
	for _, l := range looks {
		if k, _ := product.Kinds().Kind(l.kind); len(k.Under) == 0 && l.kind != "contact" {
			gone[l.kind] = owner.make(l.kind, "", `{"name":"Gone"}`).Base().ID
			owner.post(l.at(gone[l.kind], "delete"), url.Values{})
		}
	}
	owner.post("/families/"+ids["family"]+"/edit", owner.opened("/families/"+ids["family"]+"?edit=address", "/families/"+ids["family"]+"/edit", "address.street", "Nieuwstraat")).want(http.StatusOK)
	for i, role := range []policy.Role{policy.Owner, policy.Editor, policy.Reader} {
		r := owner
		if role != policy.Owner {
			r = h.colleague(owner, fmt.Sprintf("user%d@example.org", i), role)
		}
		for _, language := range i18n.Languages() {
			r.post(ui.PreferencesPath, url.Values{"language": {string(language)}, "back": {"/contacts"}})
			for _, route := range kindRoutes() {
				if route.Method != http.MethodGet || strings.Contains(route.Path, "{action}") {
					continue
				}
				for _, id := range slices.DeleteFunc([]string{ids[route.look.kind], gone[route.look.kind], "con_nobody"}, func(id string) bool { return id == "" }) {
					p := r.send(http.MethodGet, fillPath(route.Path, id, 2), nil)
					switch {
					case p.Status >= 500:
						t.Errorf("%s %s: %d", language, p.Path, p.Status)
					case id == ids[route.look.kind] && p.Status >= 400 && (route.Need == "" || r.grant.Can(route.Need)) && !strings.Contains(route.Path, "{revision}"):
						t.Errorf("%s %s: %d", language, p.Path, p.Status)
					case route.Need != "" && !r.grant.Can(route.Need) && p.Status != http.StatusForbidden:
						t.Errorf("%s may not %s, and %s answers %d", role, route.Need, p.Path, p.Status)
					case strings.Contains(route.Path, "{id}") && id == "con_nobody" && p.Status == http.StatusOK:
						t.Errorf("%s is there", p.Path)
					}
				}
			}
			for _, l := range looks {
				for _, q := range []string{"zzz nothing", "colour:red", "is:trashed"} {
					if p := r.send(http.MethodGet, l.home()+"?"+url.Values{"q": {q}}.Encode(), nil); p.Status >= 500 {
						t.Errorf("%s %s: %d", language, p.Path, p.Status)
					}
				}
				for _, column := range append(r.columnsOf(l), "updated") {
					for _, sort := range []string{column, "-" + column} {
						if p := r.send(http.MethodGet, l.home()+"?cols="+column+"&sort="+sort, nil); p.Status >= 500 {
							t.Errorf("%s: %d", p.Path, p.Status)
						}
					}
				}
			}
		}
	}
}

// columnsOf lists the columns a reader can choose.
func (r *reader) columnsOf(l *look) []string {
	var ids []string
	for _, part := range strings.Split(r.send(http.MethodGet, l.home()+"/columns", nil).Body, `name="cols" value="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		ids = append(ids, id)
	}
	return ids
}

// opened gives the hidden values of a form on a page, with others typed: pairs of name and value.
func (r *reader) opened(page, action string, typed ...string) url.Values {
	r.t.Helper()
	form := r.get(page).form(action)
	for i := 0; i+1 < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	return form
}

// Every view of every kind is a question that can be asked, and is marked when it is the one shown.
func TestViewsOfEveryKind(t *testing.T) {
	owner, _ := household(open(t))
	for _, l := range looks {
		for _, v := range l.views {
			values := url.Values{"q": {strings.ReplaceAll(v.q, "@me", owner.grant.Actor().ID)}}
			if v.sort != "" {
				values.Set("sort", v.sort)
			}
			p := owner.get(l.home() + "?" + values.Encode()).want(http.StatusOK)
			if strings.Count(p.Body, `aria-current="page"`) < 2 {
				t.Errorf("%s %s: its tab is not marked", l.kind, v.key)
			}
		}
	}
	owner.get("/reminders").want(http.StatusOK, "Call about the key")
}
