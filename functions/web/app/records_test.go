package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// A record of any kind is made, edited whole or block by block, put away and brought back, and every step can be undone.
func TestRecordsOfAKind(t *testing.T) {
	owner, ids := household(open(t))
	at := "/companies/" + ids["company"]
	p := owner.post("/companies/new", owner.opened("/companies/new", "/companies/new", "name", "  Bakery  ", "taxNumber", "be 0123.456.749", "emails[0].address", "info@bakery.example", "website", "bakery.example",
		"custom.size", "S", "custom.dues.amount", "12,50", "custom.dues.currency", "EUR"))
	p.want(http.StatusOK, "Bakery added.", "Link a contact", "Another record has this too.", "Acme &amp; Sons", "https://bakery.example", "€12.50")
	owner.post("/companies/new", owner.opened("/companies/new", "/companies/new", "taxNumber", "!!", "emails[0].address", "no address", "custom.dues.amount", "much", "custom.dues.currency", "EUR")).
		want(http.StatusUnprocessableEntity, `id="f-name-error"`, `id="f-taxNumber-error"`, `id="f-emails-0-address-error"`, `value="no address"`, `value="much"`)
	// One block, in its place.
	owner.get(at+"?edit=reach").want(http.StatusOK, `id="edit-reach"`, `value="info@example.com"`)
	owner.get(at + "?edit=nonsense").want(http.StatusNotFound)
	form := owner.opened(at+"?edit=reach", at+"/edit", "emails[0].address", "new@example.com", "emails[0].kind", "work", "emails.main", "0", "website", "")
	owner.post(at+"/edit", form).want(http.StatusOK, "Acme &amp; Sons saved.", "new@example.com").without("mailto:info@example.com", `href="https://example.com"`)
	if doc := owner.read("company", ids["company"]); doc["taxNumber"] != "BE0123456749" || doc["phones"] != nil {
		t.Errorf("the other blocks: %v", doc)
	}
	// Undone by the quiet line.
	undo := owner.read("company", ids["company"])["version"]
	owner.post(at+"/undo", url.Values{"version": {fmt.Sprint(undo)}, "back": {at}}).want(http.StatusOK, "Undone", "info@example.com", "02 512 34 56")
	// A form that was opened before shows both versions; what both typed is chosen by field.
	form = owner.opened(at+"?edit=main", at+"/edit", "name", "Acme mine", "taxNumber", "BE0123456749", "companyKind", "customer")
	owner.patch("company", ids["company"], `{"name":"Acme theirs"}`)
	both := owner.post(at+"/edit", form).want(http.StatusPreconditionFailed, "Acme mine", "Acme theirs", "Olga Maes")
	again := both.form(at + "/edit")
	again.Set(keepPrefix+"name", "theirs")
	again.Set(keepPrefix+"companyKind", "yours")
	owner.post(at+"/edit", again).want(http.StatusOK, "Acme theirs", "Customer")
	owner.post(at+"/edit", owner.opened(at+"?edit=main", at+"/edit", "name", "Acme theirs", "taxNumber", "BE0123456749", "companyKind", "customer")).want(http.StatusOK, "Nothing was changed.")
	// History, preview, revert.
	owner.get(at+"/history").want(http.StatusOK, "Acme theirs", "Customer", "Greet Van den Peeters").without("con_")
	owner.get(at+"/history?field=name").want(http.StatusOK, "Acme theirs")
	owner.post(at+"/history/4", owner.opened(at+"/history/4", at+"/history/4", keepPrefix+"name", "yours")).want(http.StatusOK, "taken back", "Acme &amp; Sons")
	// Away and back.
	owner.post(at+"/delete", url.Values{"back": {"/companies"}}).want(http.StatusOK, "moved to the trash", "Undo").without(`data-href="` + at + `"`)
	owner.get(at).want(http.StatusOK, "In the trash", "Restore").without(at + "/edit")
	owner.get(at + "/edit").want(http.StatusConflict)
	owner.get("/trash/companies?q=acme").want(http.StatusOK, "Acme")
	owner.post(at+"/restore", url.Values{}).want(http.StatusOK, "restored")
	// Addresses of ticked ones.
	owner.post("/companies/addresses", url.Values{"id": {ids["company"]}}).want(http.StatusOK, "info@example.com")
}

// patch changes a record straight in the repository.
func (r *reader) patch(kind, id, body string) {
	r.t.Helper()
	if _, err := r.kernel.Records.Patch(r.t.Context(), repository.Write{Grant: r.grant.Via("telephone")}, kind, id, repository.AnyVersion, []byte(body)); err != nil {
		r.t.Fatal(err)
	}
}

// The organisation's own fields are in forms, facts, columns and history of every kind that can have them; an optional one
// is carried where somebody chose so (REC-31, REC-32).
func TestOwnFieldsOfAKind(t *testing.T) {
	owner, ids := household(open(t))
	at := "/families/" + ids["family"]
	owner.get(at).want(http.StatusOK, "Kit size", "€12.50").without(">Extra<")
	owner.get("/families?cols=custom.size,custom.dues").want(http.StatusOK, "€12.50", "Kit size")
	owner.get("/families?q=size:M&sort=custom.dues").want(http.StatusOK, "Peeters")
	form := func(typed ...string) url.Values {
		return owner.opened(at+"?edit=custom", at+"/edit", append([]string{"custom.size", "M", "custom.dues.amount", "12.50", "custom.dues.currency", "EUR"}, typed...)...)
	}
	owner.post(at+"/edit", form("on:custom", "extra")).want(http.StatusOK, "saved")
	owner.get(at+"?edit=custom").want(http.StatusOK, `name="custom.extra"`, "Take Extra off this profile")
	owner.post(at+"/edit", form("custom.extra", "more", "custom.dues.amount", "")).want(http.StatusOK, "Extra", "more").without("€12.50</span>")
	owner.post(at+"/edit", form("custom.extra", "more", "custom.size", "XL", "off:custom.extra", "true")).want(http.StatusUnprocessableEntity, `id="f-custom-size-error"`)
	owner.post(at+"/edit", form("custom.extra", "more", "off:custom.extra", "true")).want(http.StatusOK)
	if own := owner.read("family", ids["family"])["custom"].(document); fmt.Sprint(own) != "map[dues:map[amount:1250 currency:EUR] size:M]" {
		t.Errorf("own fields %v", own)
	}
	owner.get(at+"/history").want(http.StatusOK, "Kit size", "Extra")
}

// Amounts, times and numbers are typed as people write them and kept exact; what cannot be read is refused where it stands.
func TestValuesAsTyped(t *testing.T) {
	owner, ids := household(open(t))
	greta := ids["contact"]
	service := func(typed ...string) page {
		return owner.post("/services/new", owner.opened("/services/new?owner="+greta, "/services/new", append([]string{"item", "Drum", "state", "received", "in", "2026-11-20"}, typed...)...))
	}
	service("cost.amount", "1.234,50", "cost.currency", "EUR").want(http.StatusOK, "Drum added.", "€1,234.50")
	service("cost.amount", "12.505", "cost.currency", "EUR", "out", "2026-11-01").want(http.StatusUnprocessableEntity, `value="12.505"`, `id="f-cost-amount-error"`)
	service("cost.amount", "lots", "cost.currency", "EUR").want(http.StatusUnprocessableEntity, `value="lots"`)
	call := func(typed ...string) page {
		return owner.post("/calls/new", owner.opened("/calls/new?owner="+greta, "/calls/new", append([]string{"direction", "outgoing"}, typed...)...))
	}
	call("startedAt", "2026-11-20T10:30", "minutes", "4", "number", "0471 12 34 56").want(http.StatusOK, "added.")
	id := owner.newest("call")
	if doc := owner.read("call", id); doc["startedAt"] != "2026-11-20T09:30:00Z" || fmt.Sprint(doc["minutes"]) != "4" || doc["number"] != "+32471123456" {
		t.Errorf("call %v", doc)
	}
	owner.get("/calls/"+id+"/edit").want(http.StatusOK, `value="2026-11-20T10:30"`, `value="0471 12 34 56"`)
	call("startedAt", "2026-11-20T10:30", "minutes", "a few").want(http.StatusUnprocessableEntity, `value="a few"`, `id="f-minutes-error"`)
	call("startedAt", "2099-01-01T10:30").want(http.StatusUnprocessableEntity, "This time is still to come.")
	// A child belongs to somebody: who it is may be typed.
	owner.post("/calls/new", owner.opened("/calls/new", "/calls/new", "direction", "incoming")).want(http.StatusUnprocessableEntity, `id="f-owner"`)
	owner.post("/calls/new", owner.opened("/calls/new", "/calls/new", "direction", "incoming", "find:owner", "acme & sons", "startedAt", "2026-11-20T10:30")).want(http.StatusOK, "added.", "/companies/"+ids["company"])
	owner.get("/calls/new?owner=con_nobody").want(http.StatusNotFound)
	owner.get("/calls/new?owner=" + ids["ticket"]).want(http.StatusNotFound)
}

// newest gives the id of the record of a kind that was made last.
func (r *reader) newest(kind string) string {
	r.t.Helper()
	found, err := r.kernel.Records.List(r.t.Context(), r.grant, kind, repository.Question{Sort: []repository.Sort{{Path: "createdAt", Down: true}}, Limit: 1})
	if err != nil || len(found.IDs) == 0 {
		r.t.Fatal("none", err)
	}
	return found.IDs[0]
}

// Reminders are due at a time, for oneself or a colleague; they are done, not done, put off, and listed in the bell
// (MSG-06).
func TestReminders(t *testing.T) {
	h := open(t)
	owner, ids := household(h)
	colleague := h.colleague(owner, "col@example.org", policy.Editor)
	add := "/reminders/new?owner=" + ids["contact"]
	owner.post("/reminders/new", owner.opened(add, "/reminders/new", "text", "Late", "dueAt", "2026-11-20T09:00", "assignee", owner.grant.Actor().ID)).want(http.StatusUnprocessableEntity, "This time has passed.", `value="Late"`)
	owner.post("/reminders/new", owner.opened(add, "/reminders/new", "text", "For you", "dueAt", "2026-11-21T15:00", "assignee", colleague.grant.Actor().ID)).want(http.StatusOK, "For you added.", "/contacts/"+ids["contact"]+"/reminders")
	id := ids["reminder"]
	due := "/reminders?" + url.Values{"q": {strings.ReplaceAll(dueForMe, "@me", owner.grant.Actor().ID)}}.Encode()
	owner.get(due).want(http.StatusOK).without("Call about the key")
	h.clock.Advance(3 * time.Hour)
	owner.get(due).want(http.StatusOK, "Call about the key").without("For you")
	owner.get("/contacts").want(http.StatusOK, "Call about the key", `href="/reminders/`+id+`"`)
	colleague.get("/contacts").want(http.StatusOK, "For you").without("Call about the key")
	owner.post("/reminders/"+id+"/snooze", url.Values{"back": {due}}).want(http.StatusOK, "Undo").without("data-href=\"/reminders/" + id)
	if at := owner.read("reminder", id)["remindAt"]; at != "2026-11-22T08:00:00Z" {
		t.Errorf("put off until %v", at)
	}
	owner.post("/reminders/"+id+"/done", url.Values{"done": {"true"}, "back": {"/reminders"}}).want(http.StatusOK)
	owner.get("/contacts").want(http.StatusOK).without("Call about the key")
	owner.post("/reminders/"+id+"/done", url.Values{"done": {"false"}, "back": {"/reminders/" + id}}).want(http.StatusOK, "Call about the key", `action="/reminders/`+id+`/done"`)
	reader := h.colleague(owner, "reader@example.org", policy.Reader)
	reader.send(http.MethodPost, "/reminders/"+id+"/done", url.Values{"done": {"true"}}).want(http.StatusForbidden)
	reader.get("/reminders").want(http.StatusOK, "For you").without("/done")
}

// Tickets are answered, calls remind, entries have a receipt, scores make a course (MSG-07 to 10).
func TestAroundAContact(t *testing.T) {
	owner, ids := household(open(t))
	at := "/tickets/" + ids["ticket"]
	owner.post(at+"/answer", owner.opened(at, at+"/answer", "text", "Found it\nunder the stage", "state", "solved")).want(http.StatusOK, "Found it", "Solved", "Olga Maes")
	owner.send(http.MethodPost, at+"/answer", owner.opened(at, at+"/answer", "text", "  ", "state", "closed")).want(http.StatusUnprocessableEntity, `id="f-text-error"`, `value="closed" selected`)
	owner.send(http.MethodPost, at+"/answer", owner.opened(at, at+"/answer", "text", strings.Repeat("long ", 2001), "state", "closed")).want(http.StatusUnprocessableEntity, "long long", `id="f-text-error"`)
	owner.get("/tickets/"+ids["ticket"]+"/panel").want(http.StatusOK, "Found it").without("/answer")
	owner.get("/contacts/"+ids["contact"]+"/panel").want(http.StatusOK, "/reminders/new?", "owner="+ids["contact"])
	if n := len(owner.elements("ticket", ids["ticket"], "answers")); n != 2 {
		t.Errorf("%d answers", n)
	}
	p := owner.get("/calls/"+ids["call"]).want(http.StatusOK, "Asked for a key", "/companies/"+ids["company"]+"/calls")
	if !strings.Contains(p.Body, "/reminders/new?") || !strings.Contains(p.Body, "owner="+ids["company"]) {
		t.Error("a call offers no reminder")
	}
	owner.get("/services/"+ids["service"]+"/receipt").want(http.StatusOK, "Trumpet", "Valve", "€45.50", "Greet Van den Peeters", "Harbour Choir")
	owner.get("/contacts/"+ids["contact"]+"/satisfactions").want(http.StatusOK, "5/5", "4.5", "Over time")
	for _, tab := range []string{"reminders", "tickets", "calls", "services", "satisfactions", "families", "companies", "notes"} {
		at := "/contacts/" + ids["contact"]
		inner := map[string]string{"calls": "reminders", "services": "tickets", "satisfactions": "tickets"}[tab] // below the tab of another
		owner.get(strings.TrimSuffix(at+"/"+inner, "/")).want(http.StatusOK, `href="`+at+"/"+tab+`"`)
		owner.get(at+"/"+tab).want(http.StatusOK, `href="`+at+"/"+tab+`" aria-current="page"`)
	}
	owner.get("/contacts/"+ids["other"]+"/satisfactions").want(http.StatusOK, "No scores yet").without("Over time")
}

// "+ Add" offers what stands alone, and what was made is in its list at once (REC-02).
func TestAddOffers(t *testing.T) {
	h := open(t)
	owner, _ := household(h)
	p := owner.get("/contacts").want(http.StatusOK, `href="/contacts/new"`, `href="/families/new"`, `href="/companies/new"`).without(`href="/calls/new"`)
	x := &exchange{who: session.Identity{Grant: owner.grant}}
	for _, l := range looks {
		if !strings.Contains(p.Body, `href="`+strings.ReplaceAll(l.door(x), "&", "&amp;")+`"`) {
			t.Errorf("%s is not in the navigation", l.plural)
		}
	}
	owner.post("/families/new", owner.opened("/families/new", "/families/new", "name", "Brand new", ui.KeyName, "once")).want(http.StatusOK, "Brand new added.", "Link a contact")
	owner.get("/families").want(http.StatusOK, "Brand new")
	owner.get("/families?q=zz+nobody").want(http.StatusOK, `href="/families/new?name=zz+nobody"`)
	owner.get("/families/new?name=zz+nobody").want(http.StatusOK, `value="zz nobody"`)
	owner.get("/suggest?q=brand").want(http.StatusOK, "Brand new", "Family")
	owner.get("/suggest?q=acme").want(http.StatusOK, "Acme &amp; Sons", "Company")
	reader := h.colleague(owner, "reader@example.org", policy.Reader)
	reader.get("/families").want(http.StatusOK, "Brand new").without("/families/new")
}

// Sensitive own fields are masked on the pages of every kind, and shown on demand to who may see them; a mask that is sent
// back leaves the value as it is (REC-23).
func TestSensitiveOwnFields(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.customField(`{"for":"family","name":"account","label":"Account","type":"text","class":"sensitive"}`)
	id := owner.make("family", "", `{"name":"Peeters","custom":{"account":"BE68539007547034"}}`).Base().ID
	at := "/families/" + id
	owner.get(at).want(http.StatusOK, "•••034", `action="`+at+`/reveal"`).without("BE68539007547034")
	owner.post(at+"/reveal", url.Values{"field": {"custom.account"}, ui.KeyName: {"k1"}}).want(http.StatusOK, "BE68539007547034")
	form := owner.opened(at+"?edit=custom", at+"/edit", "custom.account", "•••034")
	owner.post(at+"/edit", form).want(http.StatusOK, "Nothing was changed.")
	owner.get(at + "/history").want(http.StatusOK).without("BE68539007547034")
	owner.get("/families?cols=town").want(http.StatusOK).without("BE68539007547034")
	editor := h.colleague(owner, "ed@example.org", policy.Editor)
	editor.get(at).want(http.StatusOK, "•••034").without(at + "/reveal")
	editor.send(http.MethodPost, at+"/reveal", url.Values{"field": {"custom.account"}}).want(http.StatusForbidden)
	owner.send(http.MethodPost, "/families/fam_nobody/reveal", url.Values{"field": {"custom.account"}}).want(http.StatusNotFound)
}
