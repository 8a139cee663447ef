package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
)

// API-03: a repeated request with the same Idempotency-Key is one request.
func TestAPI03_IdempotencyKey(t *testing.T) {
	c := begin(t)
	body := `{"firstName":"Once","lastName":"Only"}`
	t.Run("same key and body gives the first answer", func(t *testing.T) {
		first := c.call("POST", "/v1/contacts", body, "Idempotency-Key", "k-1").want(http.StatusCreated)
		again := c.call("POST", "/v1/contacts", body, "Idempotency-Key", "k-1").want(http.StatusCreated)
		if !bytes.Equal(first.raw, again.raw) || first.header.Get("ETag") != again.header.Get("ETag") {
			t.Errorf("answers differ:\n%s\n%s", first.raw, again.raw)
		}
	})
	t.Run("quoted is the same key", func(t *testing.T) {
		again := c.call("POST", "/v1/contacts", body, "Idempotency-Key", `"k-1"`).want(http.StatusCreated)
		if n := c.call("GET", "/v1/contacts?count=true&q=once", nil).number("total"); n != 1 || again.text("firstName") != "Once" {
			t.Errorf("%d contacts", n)
		}
	})
	t.Run("another body is refused", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", `{"firstName":"Twice"}`, "Idempotency-Key", "k-1").want(http.StatusUnprocessableEntity)
		if a.text("code") != "idempotency_mismatch" {
			t.Errorf("code %s", a.text("code"))
		}
	})
	t.Run("20 at once make one contact", func(t *testing.T) {
		counts, answers := c.parallel(20, func(int) (*answer, error) {
			return c.send("POST", "/v1/contacts", `{"firstName":"Crowd"}`, "Idempotency-Key", "k-2")
		})
		if counts[http.StatusCreated] != 20 {
			t.Errorf("answers %v", counts)
		}
		for _, a := range answers {
			if a.text("id") != answers[0].text("id") {
				t.Errorf("ids %s and %s", a.text("id"), answers[0].text("id"))
			}
		}
		if n := c.call("GET", "/v1/contacts?count=true&q=crowd", nil).number("total"); n != 1 {
			t.Errorf("%d contacts", n)
		}
	})
	t.Run("accepted on every write", func(t *testing.T) {
		id := c.contact(map[string]any{"firstName": "Patchy"})
		for range 2 {
			a := c.call("PATCH", "/v1/contacts/"+id, `{"nickname":"P"}`, "If-Match", `"1"`, "Idempotency-Key", "k-3").want(http.StatusOK)
			if a.number("version") != 2 {
				t.Errorf("version %d", a.number("version"))
			}
		}
		for range 2 {
			c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", `"2"`, "Idempotency-Key", "k-4").want(http.StatusOK)
		}
		for range 2 {
			c.call("POST", "/v1/contacts/"+id+"/restore", nil, "Idempotency-Key", "k-5").want(http.StatusOK)
		}
		if n := len(c.call("GET", "/v1/contacts/"+id+"/history", nil).list("items")); n != 4 {
			t.Errorf("%d history entries, want 4", n)
		}
	})
	t.Run("kept 24 hours", func(t *testing.T) {
		now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
		s := start(t, now)
		s.found(t, "Patient")
		send := func() string {
			c := s.signIn(t, "patient@example.org", password) // a session does not last that long
			return c.call("POST", "/v1/contacts", body, "Idempotency-Key", "k-7").want(http.StatusCreated).text("id")
		}
		first := send()
		now.Advance(24*time.Hour - time.Minute)
		if send() != first {
			t.Error("forgotten early")
		}
		now.Advance(2 * time.Minute)
		if send() == first {
			t.Error("still kept")
		}
	})
	t.Run("a refusal is not kept", func(t *testing.T) {
		c.call("POST", "/v1/contacts", `{"lastName":"Nobody"}`, "Idempotency-Key", "k-6").want(http.StatusUnprocessableEntity)
		c.call("POST", "/v1/contacts", `{"firstName":"Some","lastName":"Body"}`, "Idempotency-Key", "k-6").want(http.StatusCreated)
	})
}

// API-04: every record has an ETag; a write names the version it means.
func TestAPI04_Versions(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Vera"})
	path := "/v1/contacts/" + id
	t.Run("every record has an ETag", func(t *testing.T) {
		if tag := c.call("GET", path, nil).want(http.StatusOK).header.Get("ETag"); tag != `"1"` {
			t.Errorf("ETag %s", tag)
		}
	})
	t.Run("without If-Match 428", func(t *testing.T) {
		c.call("PATCH", path, `{"nickname":"V"}`).want(http.StatusPreconditionRequired)
		c.call("DELETE", path, nil).want(http.StatusPreconditionRequired)
	})
	t.Run("stale 412 with current", func(t *testing.T) {
		c.call("PATCH", path, `{"nickname":"V"}`, "If-Match", `"1"`).want(http.StatusOK)
		a := c.call("PATCH", path, `{"nickname":"W"}`, "If-Match", `"1"`).want(http.StatusPreconditionFailed)
		if a.text("current.nickname") != "V" || a.number("current.version") != 2 {
			t.Errorf("current %v", a.at("current"))
		}
	})
	t.Run("of 50 patches of one version one succeeds", func(t *testing.T) {
		counts, _ := c.parallel(50, func(i int) (*answer, error) {
			return c.send("PATCH", path, map[string]any{"nickname": fmt.Sprint("n", i)}, "If-Match", `"2"`)
		})
		if counts[http.StatusOK] != 1 || counts[http.StatusPreconditionFailed] != 49 {
			t.Errorf("answers %v, want one 200 and 49 412", counts)
		}
	})
	t.Run("merge patch removes with null and takes both media types", func(t *testing.T) {
		a := c.call("PATCH", path, `{"nickname":null,"custom":null}`, "If-Match", `"3"`, "Content-Type", "application/merge-patch+json").want(http.StatusOK)
		if a.at("nickname") != nil {
			t.Errorf("nickname %v", a.at("nickname"))
		}
		c.call("PATCH", path, `{}`, "If-Match", `"4"`, "Content-Type", "text/plain").want(http.StatusUnsupportedMediaType)
	})
}

// API-05: another system names a record by its own id.
func TestAPI05_ExternalIDs(t *testing.T) {
	c := begin(t)
	path := "/v1/contacts/ext:shop:A-17"
	t.Run("PUT creates, then updates", func(t *testing.T) {
		made := c.call("PUT", path, `{"firstName":"Xavi"}`).want(http.StatusCreated)
		if made.text("externalIds.shop") != "A-17" {
			t.Errorf("made %s", made.raw)
		}
		again := c.call("PUT", path, `{"firstName":"Xavier"}`).want(http.StatusOK)
		if again.text("id") != made.text("id") || again.text("firstName") != "Xavier" {
			t.Errorf("updated %s", again.raw)
		}
	})
	t.Run("the id works wherever a path takes one", func(t *testing.T) {
		got := c.call("GET", path, nil).want(http.StatusOK)
		if got.header.Get("Content-Location") != "/v1/contacts/"+got.text("id") {
			t.Errorf("Content-Location %q", got.header.Get("Content-Location"))
		}
		c.call("GET", path+"/history", nil).want(http.StatusOK)
	})
	t.Run("If-Match is optional and holds", func(t *testing.T) {
		c.call("PUT", path, `{"firstName":"Late"}`, "If-Match", `"1"`).want(http.StatusPreconditionFailed)
		c.call("PUT", path, `{"firstName":"Right"}`, "If-Match", `"2"`).want(http.StatusOK)
	})
	t.Run("parallel PUTs make one record", func(t *testing.T) {
		counts, answers := c.parallel(20, func(i int) (*answer, error) {
			return c.send("PUT", "/v1/contacts/ext:shop:B-1", map[string]any{"firstName": "Pat", "nickname": fmt.Sprint(i)})
		})
		if counts[http.StatusCreated] != 1 || counts[http.StatusOK] != 19 {
			t.Errorf("answers %v", counts)
		}
		for _, a := range answers {
			if a.text("id") != answers[0].text("id") {
				t.Error("two records")
			}
		}
	})
	t.Run("an unknown id is not found", func(t *testing.T) {
		c.call("GET", "/v1/contacts/ext:shop:none", nil).want(http.StatusNotFound)
	})
}

// API-06: up to 100 items in one call, each for itself.
func TestAPI06_Batch(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Old"})
	t.Run("each succeeds or fails by itself, in order", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts/batch", map[string]any{"items": []any{
			map[string]any{"firstName": "New"},
			map[string]any{"lastName": "Nameless"},
			map[string]any{"id": id, "version": 1, "nickname": "patched"},
			map[string]any{"id": id, "version": 1, "nickname": "stale"},
			map[string]any{"id": id, "nickname": "unversioned"},
		}}).want(http.StatusOK)
		var statuses []int
		for i := range a.list("results") {
			statuses = append(statuses, a.number(fmt.Sprintf("results.%d.status", i)))
		}
		if diff := cmp.Diff([]int{201, 422, 200, 412, 428}, statuses); diff != "" {
			t.Error(diff)
		}
		if a.text("results.1.problem.errors.0.path") != "firstName" || a.text("results.2.record.nickname") != "patched" {
			t.Errorf("results %s", a.raw)
		}
	})
	t.Run("101 are refused", func(t *testing.T) {
		var items []any
		for range 101 {
			items = append(items, map[string]any{"firstName": "Many"})
		}
		c.call("POST", "/v1/contacts/batch", map[string]any{"items": items}).want(http.StatusUnprocessableEntity)
		if n := c.call("GET", "/v1/contacts?count=true&q=many", nil).number("total"); n != 0 {
			t.Errorf("%d made", n)
		}
	})
	t.Run("a key makes a repeated batch one", func(t *testing.T) {
		body := map[string]any{"items": []any{map[string]any{"firstName": "Bee"}, map[string]any{"firstName": "Cee"}}}
		first := c.call("POST", "/v1/contacts/batch", body, "Idempotency-Key", "b").want(http.StatusOK)
		again := c.call("POST", "/v1/contacts/batch", body, "Idempotency-Key", "b").want(http.StatusOK)
		if !bytes.Equal(first.raw, again.raw) {
			t.Errorf("answers differ:\n%s\n%s", first.raw, again.raw)
		}
	})
}

// API-12: the published document describes the running server.
func TestAPI12_OpenAPI(t *testing.T) {
	c := begin(t)
	doc := c.call("GET", "/v1/openapi.json", nil).want(http.StatusOK)
	t.Run("it is OpenAPI 3.1", func(t *testing.T) {
		if !strings.HasPrefix(doc.text("openapi"), "3.1") {
			t.Errorf("openapi %q", doc.text("openapi"))
		}
	})
	paths, _ := doc.at("paths").(map[string]any)
	t.Run("every operation of it answers", func(t *testing.T) {
		operations := 0
		for path, item := range paths {
			for method := range item.(map[string]any) {
				if method == "parameters" {
					continue
				}
				operations++
				concrete := strings.NewReplacer("{id}", "con_00000000000000000000000000", "{kind}", "contact", "{entry}", "1").Replace(path)
				a, err := c.send(strings.ToUpper(method), concrete, nil)
				if err != nil {
					t.Fatal(err)
				}
				if a.status == http.StatusMethodNotAllowed || a.status >= 500 ||
					a.status == http.StatusNotFound && a.text("code") == "not_found" && !strings.Contains(path, "{") {
					t.Errorf("%s %s: %d %s", method, path, a.status, a.raw)
				}
			}
		}
		if operations < 30 {
			t.Errorf("only %d operations", operations)
		}
	})
	t.Run("answers have the documented members", func(t *testing.T) {
		c := c.site.signIn(t, "testers@example.org", password) // one of the operations signs out
		h := furnish(t, c, "Doc")
		ids := h.one(c)
		checked := 0
		for path, item := range paths {
			schema := dig(item, "get.responses.200.content.application/json.schema")
			if schema == nil {
				continue
			}
			plural, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
			id := ids[plural]
			if plural == "restores" && strings.Contains(path, "{id}") {
				continue // there are none where there are contacts
			}
			if strings.Contains(path, "{id}") && id == "" {
				t.Errorf("GET %s is not tried: there is none of the %s", path, plural)
				continue
			}
			concrete := strings.NewReplacer("{id}", id, "{kind}", "contact", "{list}", "status", "{size}", "96").Replace(path)
			if path == "/v1/search" {
				concrete += "?q=doc"
			}
			a := c.call("GET", concrete, nil).want(http.StatusOK)
			for _, name := range undocumented(doc.body, schema, a.body, "") {
				t.Errorf("GET %s answers %s, which is not in the document", path, name)
			}
			checked++
		}
		if checked < 12 {
			t.Errorf("only %d operations", checked)
		}
		if items := dig(doc.body, "paths./v1/contacts.get.responses.200.content.application/json.schema.properties.items.items.$ref"); items != "#/components/schemas/Contact" {
			t.Errorf("the items of the list of contacts are %v", items)
		}
		if known, _ := dig(doc.body, "components.schemas.Contact.properties").(map[string]any); len(known) < 20 {
			t.Errorf("the schema of contacts has %d members", len(known))
		}
	})
}

// one gives the id of one record or process of every collection.
func (h *house) one(c *client) map[string]string {
	c.t.Helper()
	made := func(path string, body map[string]any) string {
		c.t.Helper()
		a := c.call("POST", path, body)
		if a.status/100 != 2 {
			c.t.Fatalf("POST %s: %d %s", path, a.status, a.raw)
		}
		return a.text("id")
	}
	ids := map[string]string{"contacts": h.contact, "users": h.user, "fields": h.field, "imports": h.imports["done"],
		"families":      made("/v1/families", map[string]any{"name": "Doc", "members": []any{map[string]any{"contact": h.contact, "head": true}}}),
		"companies":     made("/v1/companies", map[string]any{"name": "Doc"}),
		"groups":        made("/v1/groups", map[string]any{"name": "Doc", "category": "team", "capacity": 3}),
		"seasons":       made("/v1/seasons", map[string]any{"name": "Documented", "from": "2090-09-01", "to": "2091-06-30"}),
		"entities":      made("/v1/entities", map[string]any{"name": "Documented"}),
		"stores":        made("/v1/stores", map[string]any{"name": "Documented", "senderEmail": "doc@example.org"}),
		"client-groups": made("/v1/client-groups", map[string]any{"name": "Documented"}),
		"searches":      made("/v1/searches", map[string]any{"name": "Documented", "for": "contact", "query": "tag:doc"}),
		"mappings":      made("/v1/mappings", map[string]any{"name": "Documented", "columns": []any{map[string]any{"header": "Voornaam", "field": "firstName"}}}),
		"values":        made("/v1/values", map[string]any{"list": "category", "label": "Documented"}),
		"rewrites":      made("/v1/rewrites", map[string]any{"of": "tags", "from": []any{"doc"}, "to": "docs"}),
		"backups":       made("/v1/backups", nil),
		"exports":       made("/v1/exports", map[string]any{"kind": "contact", "format": "csv"}),
		"merges": made("/v1/merges", map[string]any{"kind": "company", "main": made("/v1/companies", map[string]any{"name": "Stays"}),
			"others": []any{made("/v1/companies", map[string]any{"name": "Goes"})}}),
		"bulks": made("/v1/bulks", map[string]any{"action": "tag.add", "target": map[string]any{"ids": []any{h.contact}}, "params": map[string]any{"tag": "doc"}}),
	}
	for _, plural := range []string{"backups", "exports", "bulks"} {
		c.waitFor("/v1/" + plural + "/" + ids[plural])
	}
	const paper = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
	sent := c.call("POST", "/v1/contacts/"+h.contact+"/files", map[string]any{"name": "doc.pdf", "size": len(paper)}).want(http.StatusCreated)
	c.sendForm(sent, []byte(paper))
	ids["files"] = sent.text("id")
	c.call("POST", "/v1/files/"+ids["files"]+"/ready", nil).want(http.StatusOK)
	for plural, body := range map[string]map[string]any{"notes": {"text": "Doc"}, "reminders": {"text": "Doc", "dueAt": "2090-01-01T10:00:00Z"},
		"calls": {"number": "+32471000000"}, "tickets": {"subject": "Doc"}, "services": {"item": "Doc"}, "satisfactions": {"score": 4}} {
		ids[plural] = made("/v1/contacts/"+h.contact+"/"+plural, body)
	}
	return ids
}

// undocumented lists the members of a value that its schema does not name.
func undocumented(doc, schema, value any, at string) []string {
	if ref, ok := dig(schema, "$ref").(string); ok {
		schema = dig(doc, strings.ReplaceAll(strings.TrimPrefix(ref, "#/"), "/", "."))
	}
	var names []string
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			names = append(names, undocumented(doc, dig(schema, "items"), element, at+"[]")...)
		}
	case map[string]any:
		properties, _ := dig(schema, "properties").(map[string]any)
		rest := dig(schema, "additionalProperties")
		for name, member := range value {
			switch described, ok := properties[name]; {
			case ok:
				names = append(names, undocumented(doc, described, member, at+"."+name)...)
			case rest == false, rest == nil && properties != nil:
				names = append(names, at+"."+name)
			case rest != nil && rest != true:
				names = append(names, undocumented(doc, rest, member, at+"."+name)...)
			}
		}
	}
	return names
}

// API-13: one form of problems, with code, fields and request id.
func TestAPI13_ErrorsAndLimits(t *testing.T) {
	c := begin(t)
	stranger := &client{t: t, site: c.site}
	for _, tt := range []struct {
		name   string
		by     *client
		method string
		path   string
		body   any
		status int
		code   string
	}{
		{"malformed", c, "POST", "/v1/contacts", `{"firstName":`, 400, "malformed"},
		{"not an object", c, "POST", "/v1/contacts", `[]`, 400, "malformed"},
		{"two objects", c, "POST", "/v1/contacts", `{"firstName":"A"}{}`, 400, "malformed"},
		{"nobody", stranger, "GET", "/v1/contacts", nil, 401, "unauthenticated"},
		{"unknown token", &client{t: t, site: c.site, token: "nonsense"}, "GET", "/v1/contacts", nil, 401, "session_expired"},
		{"unknown path", c, "GET", "/v1/nothing", nil, 404, "not_found"},
		{"unknown record", c, "GET", "/v1/contacts/con_x", nil, 404, "not_found"},
		{"unknown member", c, "POST", "/v1/contacts", `{"firstName":"A","colour":"red"}`, 422, "invalid"},
		{"wrong type", c, "POST", "/v1/contacts", `{"firstName":1,"emails":{}}`, 422, "invalid"},
		{"unknown query parameter", c, "GET", "/v1/contacts?colour=red", nil, 422, "invalid"},
		{"limit out of range", c, "GET", "/v1/contacts?limit=201", nil, 422, "invalid"},
		{"garbage cursor", c, "GET", "/v1/contacts?cursor=garbage", nil, 422, "invalid"},
		{"unknown field in a query", c, "GET", "/v1/contacts?q=colour:red", nil, 422, "invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.by.call(tt.method, tt.path, tt.body).want(tt.status)
			if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
				t.Errorf("content type %q", got)
			}
			if a.text("code") != tt.code || a.text("requestId") == "" || a.number("status") != tt.status || a.text("title") == "" || a.text("detail") == "" {
				t.Errorf("problem %s", a.raw)
			}
			if tt.status == 422 && len(a.list("errors")) == 0 {
				t.Errorf("no field is named: %s", a.raw)
			}
		})
	}
	t.Run("every wrong field is named at once", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"birthDate": "2020-02-30", "gender": "x", "emails": []any{
			map[string]any{"address": "fine@example.org"}, map[string]any{"address": "not an address"}}}).want(422)
		want := map[string]string{"firstName": "required", "birthDate": "bad_date", "gender": "bad_choice", "emails[1].address": "email_invalid"}
		if diff := cmp.Diff(want, a.codes()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("in the caller's language", func(t *testing.T) {
		en := c.call("POST", "/v1/contacts", `{}`, "Accept-Language", "en").text("errors.0.message")
		fr := c.call("POST", "/v1/contacts", `{}`, "Accept-Language", "fr").text("errors.0.message")
		if en == "" || fr == "" || en == fr {
			t.Errorf("messages %q and %q", en, fr)
		}
	})
	t.Run("another organisation's things do not exist", func(t *testing.T) {
		other := c.site.found(t, "Others")
		id := other.contact(map[string]any{"firstName": "Far"})
		for _, path := range []string{"", "/history", "/profile"} {
			c.call("GET", "/v1/contacts/"+id+path, nil).want(404)
		}
		c.call("PATCH", "/v1/contacts/"+id, `{"nickname":"x"}`, "If-Match", "*").want(404)
		c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", "*").want(404)
		for range 3 {
			other.contact(map[string]any{"firstName": "More"})
		}
		cursor := other.call("GET", "/v1/contacts?limit=1", nil).want(200).text("next")
		if cursor == "" {
			t.Fatal("no cursor")
		}
		c.call("GET", "/v1/contacts?limit=1&cursor="+cursor, nil).want(422)
	})
}

// API-01: what the back office does is available as JSON under the same rights.
func TestAPI01_SamePower(t *testing.T) {
	c := begin(t)
	reader := c.colleague("reader")
	id := c.contact(map[string]any{"firstName": "Seen"})
	t.Run("a reader reads", func(t *testing.T) {
		reader.call("GET", "/v1/contacts/"+id, nil).want(200)
		reader.call("GET", "/v1/contacts", nil).want(200)
	})
	t.Run("and may do nothing else", func(t *testing.T) {
		reader.call("POST", "/v1/contacts", `{"firstName":"No"}`).want(403)
		reader.call("PATCH", "/v1/contacts/"+id, `{"nickname":"No"}`, "If-Match", "*").want(403)
		reader.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", "*").want(403)
		reader.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": "x.csv", "size": 10}).want(403)
		reader.call("POST", "/v1/users", map[string]any{"email": "x@example.org", "name": "X", "role": "reader", "language": "en"}).want(403)
		settings := reader.call("GET", "/v1/settings", nil)
		reader.call("PATCH", "/v1/settings", `{"name":"Mine"}`, "If-Match", settings.header.Get("ETag")).want(403)
	})
	t.Run("a trashed record is not there for who may not restore", func(t *testing.T) {
		c.call("DELETE", "/v1/contacts/"+id, nil, "If-Match", `"1"`).want(200)
		reader.call("GET", "/v1/contacts/"+id, nil).want(404)
		if a := c.call("GET", "/v1/contacts/"+id, nil).want(200); a.text("deletedAt") == "" {
			t.Errorf("no deletedAt: %s", a.raw)
		}
	})
}

// pages walks a list to its end and gives the ids.
func (c *client) pages(path string) []string {
	c.t.Helper()
	var ids []string
	cursor := ""
	for {
		a := c.call("GET", path+"&cursor="+cursor, nil).want(200)
		for _, item := range a.list("items") {
			ids = append(ids, fmt.Sprint(dig(item, "id")))
		}
		if cursor = a.text("next"); cursor == "" {
			return ids
		}
	}
}

// raw shows a part of an answer.
func raw(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
