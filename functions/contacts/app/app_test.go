package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/functions/contacts/app"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/meter"
)

// desk is the app over a store of its own, with one organisation in it.
type desk struct {
	t       testing.TB
	handler http.Handler
	clock   *clock.Manual
	meter   *meter.Meter
}

// door lets in whoever says what role they have.
type door struct{ tenant org.Tenant }

func (d door) Authenticate(_ context.Context, token string) (httpapi.Identity, error) {
	if !slices.Contains(policy.Roles(), policy.Role(token)) {
		return httpapi.Identity{}, fault.New(fault.Unauthenticated, "unauthenticated")
	}
	return httpapi.Identity{Grant: policy.For(policy.Actor{ID: "usr_" + token, Name: "Somebody", Source: "api"}, policy.Role(token)).In(d.tenant)}, nil
}

func open(t testing.TB) *desk {
	t.Helper()
	clk := clock.At(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	d := &desk{t: t, clock: clk, meter: &meter.Meter{}}
	var s store.Store = meter.Metered(bolt, d.meter)
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Phones: phone.Plan{}, Clock: clk})
	tenant, err := k.Directory.Found(t.Context(), "org_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range policy.Roles() {
		u := &account.User{Meta: record.Meta{ID: "usr_" + string(role), Kind: account.Name}, Name: string(role), Email: string(role) + "@example.org",
			Role: string(role), Language: "en"}
		w := repository.Write{Grant: policy.For(policy.Actor{ID: "system"}, policy.Owner).In(tenant)}
		if outcomes, err := k.Records.CreateMany(t.Context(), w, account.Name, []record.Record{u}, nil); err != nil || outcomes[0].Err != nil {
			t.Fatalf("%v, %v", err, outcomes)
		}
	}
	d.handler = app.New(app.Ports{Records: k.Records, Auth: door{tenant}, Cursors: k.Cursors})
	return d
}

// answer is what a request got.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// ask sends "METHOD /path" as an owner; headers are pairs.
func (d *desk) ask(request, body string, headers ...string) answer {
	d.t.Helper()
	return d.as("owner", request, body, headers...)
}

func (d *desk) as(role, request, body string, headers ...string) answer {
	d.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+role)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	a := answer{t: d.t, status: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			d.t.Fatalf("%s: %v", request, err)
		}
	}
	return a
}

// made sends a request that must answer 201, and gives the id.
func (d *desk) made(request, body string) string {
	d.t.Helper()
	return d.ask(request, body).want(http.StatusCreated).text("id")
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

// text gives what is under a path of names and places, "" for nothing.
func (a answer) text(path string) string {
	var value any = a.body
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i := 0
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return ""
			}
			value = v[i]
		}
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// column gives one member of every item.
func (a answer) column(list, member string) []string {
	var all []string
	items, _ := a.body[list].([]any)
	for _, item := range items {
		all = append(all, fmt.Sprint(item.(map[string]any)[member]))
	}
	return all
}

// children are small bodies of every kind that belongs to others.
var children = map[string]string{
	"notes": `{"text":"He sings."}`, "reminders": `{"text":"Call back","dueAt":"2027-01-01T10:00:00Z"}`, "calls": `{"number":"0471123456"}`,
	"tickets": `{"subject":"No chair"}`, "services": `{"item":"Organ"}`, "satisfactions": `{"score":4}`,
}

// owners are small bodies of every kind that owns them.
var owners = map[string]string{"contacts": `{"firstName":"Jan"}`, "families": `{"name":"Peeters"}`, "companies": `{"name":"Acme"}`}

// TestChildrenOfEveryKind walks each kind of child under each kind of owner through its life.
func TestChildrenOfEveryKind(t *testing.T) {
	d := open(t)
	for _, k := range product.Kinds().Kinds() {
		if len(k.Under) > 0 && k.Name != "file" && children[k.Plural] == "" {
			t.Errorf("%s is not tried", k.Plural)
		}
	}
	for plural, ownerBody := range owners {
		owner := d.made("POST /v1/"+plural, ownerBody)
		for child, body := range children {
			under, alone := "/v1/"+plural+"/"+owner+"/"+child, "/v1/"+child
			a := d.ask("POST "+under, body).want(http.StatusCreated)
			id := a.text("id")
			if a.header.Get("Location") != alone+"/"+id || a.text("owner") != owner || a.header.Get("ETag") != `"1"` {
				t.Errorf("%s: %v %s", under, a.header, a.raw)
			}
			if got := d.as("reader", "GET "+alone+"/"+id, "").want(http.StatusOK); got.raw != a.raw {
				t.Errorf("%s, and then %s", a.raw, got.raw)
			}
			d.clock.Advance(time.Second)
			second := d.made("POST "+under, body)
			if got := d.ask("GET "+under, ""); !slices.Equal(got.column("items", "id"), []string{second, id}) || got.body["items"].([]any)[1] == nil {
				t.Errorf("%s lists %s", under, got.raw)
			}
			// A list under the owner reads whole records unless it is told otherwise.
			for fields, want := range map[string]string{"": d.ask("GET "+alone+"/"+second, "").raw, "?fields=id": fmt.Sprintf(`{"id":%q}`, second)} {
				got := d.ask("GET "+under+fields, "").body["items"].([]any)[0]
				var whole any
				if err := json.Unmarshal([]byte(want), &whole); err != nil || cmp.Diff(whole, got) != "" {
					t.Errorf("%s%s: %s", under, fields, cmp.Diff(whole, got))
				}
			}
			d.as("reader", "POST "+under, body).want(http.StatusForbidden)
			d.ask("DELETE "+alone+"/"+id, "", "If-Match", `"1"`).want(http.StatusOK)
			if got := d.ask("GET "+under, "").column("items", "id"); !slices.Equal(got, []string{second}) {
				t.Errorf("%s lists %v", under, got)
			}
			d.ask("POST "+alone+"/"+id+"/restore", "").want(http.StatusOK)
			history := d.ask("GET "+alone+"/"+id+"/history", "").want(http.StatusOK)
			if got := history.column("items", "version"); !slices.Equal(got, []string{"3", "2", "1"}) {
				t.Errorf("history of %s: %v", alone, got)
			}
			d.ask("POST "+alone+"/"+id+"/history/"+history.text("items.0.seq")+"/revert", "").want(http.StatusOK)
			d.ask("POST "+alone, body).want(http.StatusMethodNotAllowed)
			d.ask("POST "+alone+"/batch", `{"items":[{}]}`).want(http.StatusMethodNotAllowed)
		}
	}
	for child := range children {
		if got := d.ask("GET /v1/"+child+"?count=true", ""); got.text("total") != "3" {
			t.Errorf("there are %s %s", got.text("total"), child)
		}
	}
}

func TestChildrenOfNobody(t *testing.T) {
	d := open(t)
	c := d.made("POST /v1/contacts", `{"firstName":"Jan","externalIds":{"shop":"7"}}`)
	company := d.made("POST /v1/companies", `{"name":"Acme"}`)
	note := d.made("POST /v1/contacts/ext:shop:7/notes", `{"text":"x"}`)
	if !strings.HasSuffix(note, c) {
		t.Errorf("%s is not of %s", note, c)
	}
	if got := d.ask("GET /v1/contacts/ext:shop:7/notes", "").column("items", "id"); !slices.Equal(got, []string{note}) {
		t.Errorf("%v", got)
	}
	for request, status := range map[string]int{
		"GET /v1/contacts/con_none/notes": 404, "POST /v1/contacts/con_none/notes": 404,
		"GET /v1/companies/" + c + "/notes": 404, "GET /v1/contacts/" + company + "/notes": 404,
		"GET /v1/notes/" + c: 404, "GET /v1/contacts/" + note: 404, "POST /v1/contacts/ext:shop:8/notes": 404,
	} {
		if a := d.ask(request, `{"text":"x"}`); a.status != status {
			t.Errorf("%s: %d %s", request, a.status, a.raw)
		}
	}
	path := "/v1/contacts/" + c + "/notes"
	once := d.ask("POST "+path, `{"text":"once"}`, "Idempotency-Key", "k").want(http.StatusCreated)
	if again := d.ask("POST "+path, `{"text":"once"}`, "Idempotency-Key", "k").want(http.StatusCreated); again.text("id") != once.text("id") {
		t.Errorf("%s and %s", once.raw, again.raw)
	}
	d.ask("POST "+path, `{"text":"twice"}`, "Idempotency-Key", "k").want(http.StatusUnprocessableEntity)
	d.ask("POST "+path, `{"text":"x"}`, "Content-Type", "text/plain").want(http.StatusUnsupportedMediaType)
	d.ask("DELETE /v1/contacts/"+c, "", "If-Match", "*").want(http.StatusOK)
	for request, status := range map[string]int{"GET /v1/notes/" + note: 404, "POST /v1/contacts/" + c + "/notes": 409, "GET /v1/contacts/" + c + "/notes": 200} {
		if a := d.ask(request, `{"text":"x"}`); a.status != status || strings.Contains(a.raw, note) {
			t.Errorf("%s: %d %s", request, a.status, a.raw)
		}
	}
	if got := d.ask("GET /v1/notes?count=true", ""); got.text("total") != "0" {
		t.Error(got.raw)
	}
	d.ask("POST /v1/contacts/"+c+"/restore", "").want(http.StatusOK)
	d.ask("GET /v1/notes/"+note, "").want(http.StatusOK)
}

// Pages of a list under an owner are sealed to it.
func TestPagesOfChildren(t *testing.T) {
	d := open(t)
	one, two := d.made("POST /v1/contacts", `{"firstName":"Jan"}`), d.made("POST /v1/contacts", `{"firstName":"Mia"}`)
	var want []string
	for n := range 5 {
		d.clock.Advance(time.Second)
		want = slices.Insert(want, 0, d.made("POST /v1/contacts/"+one+"/notes", fmt.Sprintf(`{"text":"%d"}`, n)))
		d.made("POST /v1/contacts/"+two+"/notes", `{"text":"x"}`)
	}
	var got []string
	cursor := ""
	for {
		a := d.ask("GET /v1/contacts/"+one+"/notes?limit=2"+cursor, "").want(http.StatusOK)
		if got = append(got, a.column("items", "id")...); a.text("next") == "" {
			break
		}
		cursor = "&cursor=" + a.text("next")
		d.ask("GET /v1/contacts/"+two+"/notes?limit=2"+cursor, "").want(http.StatusUnprocessableEntity)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProfile(t *testing.T) {
	d := open(t)
	jan := d.made("POST /v1/contacts", `{"firstName":"Jan","lastName":"Peeters","birthDate":"1980-11-21"}`)
	mia := d.made("POST /v1/contacts", `{"firstName":"Mia"}`)
	family := d.made("POST /v1/families", fmt.Sprintf(`{"name":"Peeters","members":[{"contact":%q,"head":true},{"contact":%q}]}`, jan, mia))
	company := d.made("POST /v1/companies", fmt.Sprintf(`{"name":"Acme","contacts":[{"contact":%q}]}`, jan))
	for plural, body := range children {
		d.made("POST /v1/contacts/"+jan+"/"+plural, body)
	}
	a := d.as("reader", "GET /v1/contacts/"+jan+"/profile", "").want(http.StatusOK)
	if a.text("contact.id") != jan || a.text("title") != "Jan Peeters" || a.text("age") != "46" || a.header.Get("ETag") != `"1"` {
		t.Error(a.raw)
	}
	for plural := range children {
		if a.text("children."+plural+".0.owner") != jan || a.text("totals."+plural) != "1" {
			t.Errorf("%s: %s", plural, a.raw)
		}
	}
	if a.text("children.files") != "[]" || a.text("totals.files") != "0" {
		t.Error("files are not named")
	}
	links := []string{a.text("links.0.kind"), a.text("links.0.id"), a.text("links.0.title"), a.text("links.0.field"), a.text("links.1.id")}
	if diff := cmp.Diff([]string{"family", family, "Peeters", "members.contact", company}, links); diff != "" {
		t.Error(diff)
	}
	if a.text("history.0.action") != "contact.create" {
		t.Errorf("%v", a.body["history"])
	}
	a = d.ask("GET /v1/families/"+family+"/profile", "").want(http.StatusOK)
	if a.text("family.name") != "Peeters" || a.text("names."+mia+".title") != "Mia" || a.text("names."+jan+".title") != "Jan Peeters" || a.text("age") != "" {
		t.Error(a.raw)
	}
	d.ask("DELETE /v1/contacts/"+mia, "", "If-Match", "*").want(http.StatusOK)
	if a = d.ask("GET /v1/families/"+family+"/profile", ""); a.text("names."+mia+".trashed") != "true" || a.text("family.members.1.contact") != mia {
		t.Error(a.raw)
	}
	d.ask("GET /v1/contacts/con_none/profile", "").want(http.StatusNotFound)
	d.ask("GET /v1/companies/"+jan+"/profile", "").want(http.StatusNotFound)
}

func TestReveal(t *testing.T) {
	d := open(t)
	id := d.made("POST /v1/contacts", `{"firstName":"Jan","iban":"BE71096123456769","nationalNumber":{"country":"BE","number":"85.07.30-033.28"}}`)
	a := d.ask("GET /v1/contacts/"+id, "").want(http.StatusOK)
	if a.text("iban") != "•••769" || !strings.HasPrefix(a.text("nationalNumber.number"), "•••") {
		t.Error(a.raw)
	}
	for role, status := range map[string]int{"owner": 200, "admin": 200, "editor": 403, "reader": 403} {
		a := d.as(role, "POST /v1/contacts/"+id+"/reveal", `{"fields":["iban"]}`).want(status)
		if (a.text("values.iban") == "BE71096123456769") != (status == 200) {
			t.Errorf("%s: %s", role, a.raw)
		}
	}
	d.ask("POST /v1/contacts/"+id+"/reveal", `{"fields":["firstName"]}`).want(http.StatusUnprocessableEntity)
	d.ask("POST /v1/contacts/"+id+"/reveal", `{"fields":[]}`).want(http.StatusUnprocessableEntity)
	d.ask("POST /v1/contacts/con_none/reveal", `{"fields":["iban"]}`).want(http.StatusNotFound)
	d.clock.Advance(24 * time.Hour)
	d.ask("POST /v1/contacts/"+id+"/reveal", `{"fields":["nationalNumber"]}`).want(http.StatusOK)
	for query, want := range map[string][]string{
		"": {"usr_owner", "usr_admin", "usr_owner"}, "?actor=usr_admin": {"usr_admin"}, "?record=" + id + "&field=nationalNumber": {"usr_owner"},
		"?from=2026-11-22": {"usr_owner"}, "?to=2026-11-21&field=iban": nil, "?record=con_none": nil,
	} {
		got := d.ask("GET /v1/accesses"+query, "").want(http.StatusOK).column("items", "actor")
		if slices.Sort(got); query == "?to=2026-11-21&field=iban" {
			want = []string{"usr_admin", "usr_owner"}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	first := d.ask("GET /v1/accesses?limit=2", "").want(http.StatusOK)
	if rest := d.ask("GET /v1/accesses?limit=2&cursor="+first.text("next"), "").want(http.StatusOK); len(rest.column("items", "actor")) != 1 || rest.text("next") != "" {
		t.Error(rest.raw)
	}
	d.as("editor", "GET /v1/accesses", "").want(http.StatusForbidden)
	d.ask("GET /v1/accesses?from=2026-02-30", "").want(http.StatusUnprocessableEntity)
	if strings.Contains(d.ask("GET /v1/accesses", "").raw, "769") {
		t.Error("the access log holds values")
	}
	// Kinds without anything sensitive reveal nothing.
	d.ask("POST /v1/notes/not_none/reveal", `{"fields":["text"]}`).want(http.StatusNotFound)
}

// What a sentence of the history speaks of goes by its name.
func TestHistoryNamesRecords(t *testing.T) {
	d := open(t)
	jan := d.made("POST /v1/contacts", `{"firstName":"Jan"}`)
	family := d.made("POST /v1/families", `{"name":"Peeters"}`)
	d.ask("PATCH /v1/families/"+family, fmt.Sprintf(`{"members":[{"contact":%q,"role":"parent"}]}`, jan), "If-Match", "*").want(http.StatusOK)
	a := d.ask("GET /v1/families/"+family+"/history", "").want(http.StatusOK)
	if text := a.text("items.0.text"); !strings.Contains(text, "Jan") || strings.Contains(text, jan) {
		t.Error(text)
	}
}

// TestProfileOf500 measures what one request for a profile with 500 children asks of the store: its partition, its history,
// the record that goes with it, and the tail of the log, each once.
func TestProfileOf500(t *testing.T) {
	d := open(t)
	id := crowded(d)
	d.ask("GET /v1/contacts/"+id+"/profile", "")
	before := d.meter.Read()
	a := d.ask("GET /v1/contacts/"+id+"/profile", "").want(http.StatusOK)
	after := d.meter.Read()
	if n := len(a.body["children"].(map[string]any)["notes"].([]any)); n != 500 {
		t.Errorf("%d notes", n)
	}
	queries, gets := after.Query.Requests-before.Query.Requests, after.Get.Requests-before.Get.Requests
	if queries != 3 || gets != 1 {
		t.Errorf("%d queries and %d gets", queries, gets)
	}
}

// crowded makes a contact with 500 notes.
func crowded(d *desk) string {
	id := d.made("POST /v1/contacts", `{"firstName":"Jan","lastName":"Peeters","emails":[{"address":"jan@example.org"}]}`)
	for n := range 500 {
		d.made("POST /v1/contacts/"+id+"/notes", fmt.Sprintf(`{"text":"Note %d: he sings tenor, plays the organ and looks after the scores of the choir."}`, n))
	}
	return id
}

func BenchmarkProfileOf500(b *testing.B) {
	d := open(b)
	id := crowded(d)
	d.ask("GET /v1/contacts/"+id+"/profile", "").want(http.StatusOK)
	for b.Loop() {
		r := httptest.NewRequest("GET", "/v1/contacts/"+id+"/profile", nil)
		r.Header.Set("Authorization", "Bearer owner")
		d.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		app.New(app.Ports{})
	}
}

// What the document says there is, is served, whoever asks first; nothing else is.
func TestEveryOperationIsServed(t *testing.T) {
	d := open(t)
	var all sync.WaitGroup
	operations := 0
	for path, item := range app.API(app.Ports{}).OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete, "PATCH": item.Patch} {
			if op == nil {
				continue
			}
			operations++
			all.Go(func() {
				at := strings.NewReplacer("{id}", "con_none", "{entry}", "1").Replace(path)
				r := httptest.NewRequest(method, at, nil) // a stranger's: strangers learn nothing but that it is not for them
				w := httptest.NewRecorder()
				d.handler.ServeHTTP(w, r)
				if w.Code != http.StatusUnauthorized {
					t.Errorf("%s %s: %d %s", method, at, w.Code, w.Body)
				}
			})
		}
	}
	all.Wait()
	if operations < 100 {
		t.Errorf("%d operations", operations)
	}
	for request, status := range map[string]int{"GET /v1/none": 404, "GET /": 404, "GET /v1/": 404, "GET /v1": 404, "PUT /v1/notes": 405, "GET /v1/contacts/con_1/none": 404} {
		if a := d.ask(request, ""); a.status != status || a.text("code") == "" {
			t.Errorf("%s: %d %s", request, a.status, a.raw)
		}
	}
}
