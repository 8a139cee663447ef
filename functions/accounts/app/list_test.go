package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
)

// each lists what the items of an answer have under a path.
func (a answer) each(path string) (all []any) {
	items, _ := a.at("items").([]any)
	for i := range items {
		all = append(all, a.at(fmt.Sprintf("items.%d.%s", i, path)))
	}
	return all
}

// item finds the item that has a value under a path.
func (a answer) item(path string, value any) map[string]any {
	a.t.Helper()
	for i, v := range a.each(path) {
		if v == value {
			return a.at(fmt.Sprintf("items.%d", i)).(map[string]any)
		}
	}
	a.t.Fatalf("no %s %v in %v", path, value, a.body)
	return nil
}

func (h *house) person(body string) {
	h.t.Helper()
	if _, err := h.records.Create(h.t.Context(), repository.Write{Grant: h.owner.Via("telephone")}, contact.Name, []byte(body)); err != nil {
		h.t.Fatal(err)
	}
}

func TestLists(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	lists := h.call(token, "GET", "/v1/lists", "", "Accept-Language", "nl").want(200)
	if types := lists.item("list", "type"); types["label"] != "Contacttypes" || types["values"] != float64(8) || types["used"] != true {
		t.Errorf("got %v", types)
	}
	h.person(`{"firstName":"An","type":"donor"}`)
	values := h.call(token, "GET", "/v1/lists/type/values", "").want(200)
	if donor := values.item("code", "donor"); donor["label"] != "Donor" || donor["uses"] != float64(1) || donor["builtIn"] != true || donor["id"] != nil {
		t.Errorf("got %v", donor)
	}
	if member := values.item("code", "member"); member["needed"] != true {
		t.Errorf("got %v", member)
	}
	made := h.call(token, "POST", "/v1/lists/type/values", `{"label":"Sponsor"}`, "Idempotency-Key", "k").want(201)
	if made.text("code") != "sponsor" || made.text("list") != "type" || made.header.Get("Location") != "/v1/values/"+made.text("id") {
		t.Errorf("got %v %v", made.body, made.header)
	}
	if again := h.call(token, "POST", "/v1/lists/type/values", `{"label":"Sponsor"}`, "Idempotency-Key", "k").want(201); again.text("id") != made.text("id") {
		t.Errorf("made twice: %v", again.body)
	}
	h.call(token, "POST", "/v1/lists/type/values", `{"label":"SPONSOR"}`).want(422)
	h.call(token, "POST", "/v1/lists/country/values", `{"label":"Atlantis"}`).want(404)
	h.call(token, "GET", "/v1/lists/country/values", "").want(404)
	h.call(token, "POST", "/v1/lists/type/values", `[]`).want(400)
	h.call(token, "POST", "/v1/lists/type/values", `{"code":"donor","label":"Schenker"}`).want(201)
	values = h.call(token, "GET", "/v1/lists/type/values", "").want(200)
	if donor := values.item("code", "donor"); donor["label"] != "Schenker" || donor["id"] == nil {
		t.Errorf("got %v", donor)
	}
	if codes := values.each("code"); codes[len(codes)-1] != "sponsor" {
		t.Errorf("a new value does not come last: %v", codes)
	}
	tags := h.call(token, "GET", "/v1/tags", "").want(200)
	if len(tags.each("tag")) != 0 {
		t.Errorf("got %v", tags.body)
	}
}

func TestRewrites(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	h.person(`{"firstName":"An","tags":["Bestuur","u12"]}`)
	h.person(`{"firstName":"Bo","tags":["bestuur","Élan"]}`)
	h.person(`{"firstName":"Cis","tags":["board"]}`)
	tags := h.call(token, "GET", "/v1/tags", "").want(200)
	if diff := cmp.Diff([]any{"Bestuur", "board", "Élan", "u12"}, tags.each("tag")); diff != "" {
		t.Error(diff)
	}
	const merge = `"of":"tags","from":["bestuur","board"],"to":"Committee"`
	dry := h.call(token, "POST", "/v1/rewrites", `{`+merge+`,"dryRun":true}`).want(200)
	if dry.text("state") != "previewed" || dry.at("total") != float64(3) || dry.text("uses.0.kind") != "contact" || dry.at("id") != nil {
		t.Errorf("got %v", dry.body)
	}
	h.call(token, "POST", "/v1/rewrites", `{"of":"colours","from":["x"],"to":"y"}`).want(422)
	begun := h.call(token, "POST", "/v1/rewrites", `{`+merge+`}`).want(202)
	id := begun.text("id")
	if begun.text("state") != "queued" || begun.header.Get("Location") != "/v1/rewrites/"+id {
		t.Errorf("got %v", begun.body)
	}
	h.call(token, "POST", "/v1/rewrites/"+id+"/undo", "").want(409, "job_running")
	h.work(id)
	done := h.call(token, "GET", "/v1/rewrites/"+id, "").want(200)
	if done.text("state") != "done" || done.at("counts.done") != float64(3) || done.text("endedAt") == "" {
		t.Errorf("got %v", done.body)
	}
	if tags := h.call(token, "GET", "/v1/tags", "").each("tag"); !slices.Equal(tags, []any{"Committee", "Élan", "u12"}) {
		t.Errorf("got %v", tags)
	}
	h.call(token, "POST", "/v1/rewrites/"+id+"/cancel", "").want(409, "job_ended")
	h.call(token, "POST", "/v1/rewrites/"+id+"/undo", "").want(202)
	h.work(id)
	if undone := h.call(token, "GET", "/v1/rewrites/"+id, "").want(200); undone.text("state") != "undone" {
		t.Errorf("got %v", undone.body)
	}
	h.call(token, "POST", "/v1/rewrites/"+id+"/undo", "").want(409, "not_undoable")
	h.call(token, "GET", "/v1/rewrites/rew_none", "").want(404)
}

// work runs a queued job.
func (h *house) work(id string) {
	h.t.Helper()
	runner := job.NewRunner(h.jobs, account.Rights{Store: h.records.Store, Kinds: h.records.Kinds},
		map[string]job.Worker{rewrite.Kind: rewrite.New(rewrite.Ports{Records: h.records, Jobs: h.jobs})}, time.Minute)
	if err := runner.Run(h.t.Context(), h.owner.Tenant(), id, 0); err != nil {
		h.t.Fatal(err)
	}
}

func TestTree(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	root := h.call(token, "GET", "/v1/entities/ent_root", "").want(200)
	if root.text("name") != "Harbour Choir" || root.text("kind") != "entity" {
		t.Errorf("got %v", root.body)
	}
	h.call(token, "PATCH", "/v1/entities/ent_root", `{"name":"x"}`, "If-Match", "*").want(404)
	youth := h.call(token, "POST", "/v1/entities", `{"name":"Youth"}`).want(201)
	under := h.call(token, "POST", "/v1/entities", fmt.Sprintf(`{"name":"Under twelve","parent":%q}`, youth.text("id"))).want(201)
	h.call(token, "POST", "/v1/entities", `{"name":"Adults"}`).want(201)
	if youth.text("parent") != "ent_root" {
		t.Errorf("got %v", youth.body)
	}
	list := h.call(token, "GET", "/v1/entities", "").want(200)
	if diff := cmp.Diff([]any{"Harbour Choir", "Adults", "Youth", "Under twelve"}, list.each("name")); diff != "" {
		t.Error(diff)
	}
	below := h.call(token, "PATCH", "/v1/entities/"+youth.text("id"), fmt.Sprintf(`{"parent":%q}`, under.text("id")), "If-Match", `"1"`).want(422)
	if below.text("errors.0.code") != "below_itself" {
		t.Errorf("got %v", below.body)
	}
	h.call(token, "DELETE", "/v1/entities/"+youth.text("id"), "", "If-Match", `"1"`).want(409, "in_use")
}

func TestSelections(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	one := h.call(token, "POST", "/v1/seasons", `{"name":"2025-26","from":"2025-09-01","to":"2026-08-31","current":true}`).want(201)
	two := h.call(token, "POST", "/v1/seasons", `{"name":"2026-27","from":"2026-09-01","to":"2027-08-31"}`).want(201)
	overlap := h.call(token, "POST", "/v1/seasons", `{"name":"Spring","from":"2026-03-01","to":"2026-05-31"}`).want(422)
	if overlap.text("errors.0.code") != "season_overlaps" {
		t.Errorf("got %v", overlap.body)
	}
	second := h.call(token, "PATCH", "/v1/seasons/"+two.text("id"), `{"current":true}`, "If-Match", `"1"`).want(422)
	if second.text("errors.0.code") != "season_current" {
		t.Errorf("got %v", second.body)
	}
	if a := h.call(token, "POST", "/v1/seasons/"+two.text("id")+"/current", "", "If-Match", `"1"`, "Idempotency-Key", "k").want(200); a.at("current") != true || a.header.Get("ETag") != `"2"` {
		t.Errorf("got %v", a.body)
	}
	h.call(token, "POST", "/v1/seasons/"+two.text("id")+"/current", "", "If-Match", `"1"`, "Idempotency-Key", "k").want(200)
	h.call(token, "POST", "/v1/seasons/"+one.text("id")+"/current", "", "If-Match", `"1"`).want(412)
	list := h.call(token, "GET", "/v1/seasons", "").want(200)
	if diff := cmp.Diff([]any{"2026-27", "2025-26"}, list.each("name")); diff != "" || list.at("items.0.current") != true || list.at("items.1.current") != nil {
		t.Errorf("%v %s", list.body, diff)
	}
	h.call(token, "POST", "/v1/stores", `{"name":"North","default":true}`).want(201)
	south := h.call(token, "POST", "/v1/stores", `{"name":"South","address":{"town":"Gent"}}`).want(201)
	h.call(token, "POST", "/v1/stores/"+south.text("id")+"/default", "").want(200)
	stores := h.call(token, "GET", "/v1/stores", "").want(200)
	if stores.at("items.0.default") != nil || stores.at("items.1.default") != true || stores.text("items.1.address.country") != "BE" {
		t.Errorf("got %v", stores.body)
	}
	h.call(token, "POST", "/v1/client-groups", `{"name":"Trade","discount":1250,"paymentTermDays":0}`).want(201)
	if groups := h.call(token, "GET", "/v1/client-groups", "").want(200); groups.at("items.0.discount") != float64(1250) || groups.at("items.0.paymentTermDays") != float64(0) {
		t.Errorf("got %v", groups.body)
	}
	h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"rita@example.org","role":"reader"}`).want(201)
	reader := h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, h.link("rita@example.org"), password)).want(201).text("token")
	if groups := h.call(reader, "GET", "/v1/client-groups", "").want(200); groups.at("items.0.discount") != nil || groups.text("items.0.name") != "Trade" {
		t.Errorf("a reader sees %v", groups.body)
	}
}
