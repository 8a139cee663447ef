// Package units holds what each operation of the API costs on DynamoDB: items and request units, counted by our own meter
// and kept in a golden file. A change that makes an operation dearer shows up as a diff; an operation that is not measured
// fails the test.
package units

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/wire"
	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/meter"
)

var update = flag.Bool("update", false, "write the golden file anew")

// golden is where the figures are kept.
const golden = "testdata/units.txt"

// office is a metered Muster with one organisation, its caches warm.
type office struct {
	t     *testing.T
	parts *wire.Office
	meter *meter.Meter
	token string
	made  int
}

const password = "correct horse battery"

func open(t *testing.T) *office {
	dir, err := datadir.Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	now := clock.At(time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC))
	bolt, err := boltstore.Open(dir.Store(), now)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, meter: &meter.Meter{}}
	o.parts, err = wire.On(meter.Metered(bolt, o.meter), dir, emulator.Site{URL: "http://localhost:3000"}, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.parts.Close() })
	_, err = o.parts.Accounts.Found(t.Context(), account.Founding{Name: "Units", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Una", OwnerEmail: "una@example.org", Password: password}, "page")
	if err != nil {
		t.Fatal(err)
	}
	o.token = o.signIn("una@example.org")
	return o
}

func (o *office) signIn(login string) string {
	return o.send("POST /v1/sessions", map[string]any{"login": login, "password": password}).text("token")
}

// answer is a response's JSON.
type answer struct {
	status int
	body   any
}

func (a answer) text(path string) string {
	value := a.body
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			value = v[0]
		}
	}
	s, _ := value.(string)
	return s
}

// router leads requests to functions as the template says.
var router = sync.OnceValue(func() *template.Router {
	document, _, err := template.Find(need.Root())
	if err != nil {
		panic(err)
	}
	model, err := document.Resolve(template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"})
	if err != nil {
		panic(err)
	}
	return model.Router()
})

// function names the function that serves a request.
func (o *office) function(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	to, ok := router().Match(method, path)
	if !ok {
		o.t.Fatalf("no route for %s %s", method, path)
	}
	return to.Function.Name
}

// send sends a request, "METHOD /path"; headers are pairs.
func (o *office) send(request string, body any, headers ...string) answer {
	o.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			o.t.Fatal(err)
		}
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	if o.token != "" {
		r.Header.Set("Authorization", "Bearer "+o.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.parts.Parts.Functions[o.function(method, path)].HTTP.ServeHTTP(w, r)
	a := answer{status: w.Code}
	if w.Code >= 400 {
		o.t.Fatalf("%s: %d %s", request, w.Code, w.Body)
	}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			o.t.Fatal(err)
		}
	}
	return a
}

// person makes a contact as usual ones are: with an address, an e-mail address and a mobile.
// person is somebody new, who is not taken for another.
func (o *office) person() map[string]any {
	o.made++
	heads, tails := []string{"Peet", "Claes", "Vermo", "Dier", "Wout", "Goos", "Lamb"}, []string{"ers", "inckx", "oot", "aux", "mans"}
	return map[string]any{"firstName": "Ann", "lastName": heads[o.made%7] + tails[o.made/7%5], "birthDate": fmt.Sprintf("%d-%02d-%02d", 1940+o.made%70, 1+o.made*5%12, 1+o.made*11%28),
		"emails":    []any{map[string]any{"address": fmt.Sprintf("ann%d@example.org", o.made)}},
		"phones":    []any{map[string]any{"line": "mobile", "number": fmt.Sprintf("+3247100%04d", o.made)}},
		"addresses": []any{map[string]any{"street": heads[o.made%7] + "straat", "number": fmt.Sprint(o.made), "postcode": "9000", "town": "Gent", "country": "BE"}}}
}

func (o *office) contact() string { return o.send("POST /v1/contacts", o.person()).text("id") }
func (o *office) user() string {
	o.made++
	return o.send("POST /v1/users", map[string]any{"email": fmt.Sprintf("user%d@example.org", o.made), "name": "Ulla", "role": "editor", "language": "en"}).text("id")
}
func (o *office) field() string {
	o.made++
	return o.send("POST /v1/fields", map[string]any{"for": "contact", "name": fmt.Sprintf("own%s", string(rune('a'+o.made))), "label": "Own", "type": "text"}).text("id")
}

// upload begins an import and sends its file.
func (o *office) upload() string {
	content := []byte("First name,Last name,E-mail\nIlse,Import,ilse@example.org\nImre,Import,imre@example.org\n")
	a := o.send("POST /v1/imports", map[string]any{"kind": "contact", "fileName": "x.csv", "size": len(content)})
	o.post(a, "x.csv", content)
	return a.text("id")
}

// post sends a file by the form of an answer.
func (o *office) post(a answer, name string, content []byte) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	fields, _ := a.body.(map[string]any)["upload"].(map[string]any)["fields"].(map[string]any)
	for name, value := range fields {
		_ = w.WriteField(name, fmt.Sprint(value))
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		o.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	url := a.text("upload.url")
	r := httptest.NewRequest("POST", url, &form)
	r.Header.Set("Content-Type", w.FormDataContentType())
	got := httptest.NewRecorder()
	o.parts.Parts.Mounts["/_blob/"].ServeHTTP(got, r)
	if got.Code/100 != 2 {
		o.t.Fatalf("upload: %d %s", got.Code, got.Body)
	}
}

// operation is one operation made ready: what is set up before stands in prepare, only what it returns is measured.
type operation func(o *office) (measured func())

// reading measures a request without preparation.
func reading(request string) operation {
	return func(o *office) func() { return func() { o.send(request, nil) } }
}

// of measures a request about something made before; {id} in it is its id.
func of(made func(*office) string, request string, body any, headers ...string) operation {
	return func(o *office) func() {
		id := made(o)
		return func() { o.send(strings.ReplaceAll(request, "{id}", id), body, headers...) }
	}
}

// trashed makes something and puts it into the trash.
func trashed(made func(*office) string, path string) func(*office) string {
	return func(o *office) string {
		id := made(o)
		o.send("DELETE "+path+"/"+id, nil, "If-Match", "*")
		return id
	}
}

// reverted makes something and edits it, and gives the path that takes the edit back.
func reverting(made func(*office) string, path string, patch any) operation {
	return func(o *office) func() {
		id := made(o)
		o.send("PATCH "+path+"/"+id, patch, "If-Match", "*")
		history := o.send("GET "+path+"/"+id+"/history", nil)
		seq := history.body.(map[string]any)["items"].([]any)[0].(map[string]any)["seq"]
		return func() { o.send(fmt.Sprintf("POST %s/%s/history/%v/revert", path, id, seq), nil) }
	}
}

func contact(o *office) string { return o.contact() }
func user(o *office) string    { return o.user() }
func field(o *office) string   { return o.field() }
func upload(o *office) string  { return o.upload() }

var exportOf = map[string]any{"kind": "contact", "format": "csv"}

func export(o *office) string { return o.send("POST /v1/exports", exportOf).text("id") }

// bulkOf gives a tag to one contact.
func bulkOf(o *office) map[string]any {
	return map[string]any{"action": "tag.add", "target": map[string]any{"ids": []any{o.contact()}}, "params": map[string]any{"tag": "x"}}
}

func bulk(o *office) string { return o.send("POST /v1/bulks", bulkOf(o)).text("id") }

// mergeOf merges two families.
func mergeOf(o *office) map[string]any {
	family := func(name string) string { return o.send("POST /v1/families", map[string]any{"name": name}).text("id") }
	return map[string]any{"kind": "family", "main": family("Stays"), "others": []any{family("Goes")}}
}

func merged(o *office) string { return o.send("POST /v1/merges", mergeOf(o)).text("id") }
func backup(o *office) string { return o.send("POST /v1/backups", nil).text("id") }
func restore(o *office) string {
	return o.send("POST /v1/restores", map[string]any{"fileName": "x.tar.gz", "size": 9}).text("id")
}

func family(o *office) string { return o.family(o.contact()) }
func season(o *office) string { return o.season() }

func (o *office) family(member string) string {
	return o.send("POST /v1/families", map[string]any{"name": "Peeters", "members": []any{map[string]any{"contact": member, "head": true}}}).text("id")
}

func (o *office) season() string {
	o.made++
	return o.send("POST /v1/seasons", map[string]any{"name": fmt.Sprintf("Season %d", o.made), "from": fmt.Sprintf("%d-09-01", 2026+o.made),
		"to": fmt.Sprintf("%d-06-30", 2027+o.made)}).text("id")
}

// note is a note of a contact, noted the contact.
func note(o *office) string {
	return o.send("POST /v1/contacts/"+o.contact()+"/notes", map[string]any{"text": "He sings."}).text("id")
}

func noted(o *office) string {
	id := o.contact()
	o.send("POST /v1/contacts/"+id+"/notes", map[string]any{"text": "He sings."})
	return id
}

// paper is a small document.
const paper = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"

// sent is a file whose bytes are there and not yet judged, filed one that is.
func sent(o *office) string {
	a := o.send("POST /v1/contacts/"+o.contact()+"/files", map[string]any{"name": "x.pdf", "size": len(paper)})
	o.post(a, "x.pdf", []byte(paper))
	return a.text("id")
}

func filed(o *office) string {
	id := sent(o)
	o.send("POST /v1/files/"+id+"/ready", nil)
	return id
}

// linked gives a one-time link of a user.
func linked(o *office) string {
	id := o.user()
	login := o.send("GET /v1/users/"+id, nil).text("login")
	token, err := o.parts.Accounts.Link(o.t.Context(), login)
	if err != nil {
		o.t.Fatal(err)
	}
	return token
}

// seen is an import whose file has been looked at.
func seen(o *office) string {
	id := o.upload()
	o.send("GET /v1/imports/"+id, nil)
	return id
}

var any1 = []string{"If-Match", "*"}

// operations are the measured ones, by operation id; those of unmeasured cost nothing worth keeping.
var operations = map[string]operation{
	"create-contact": func(o *office) func() {
		p := o.person()
		return func() { o.send("POST /v1/contacts", p, "Idempotency-Key", "create") }
	},
	"list-contact":       reading("GET /v1/contacts?count=true"),
	"get-contact":        of(contact, "GET /v1/contacts/{id}", nil),
	"patch-contact":      of(contact, "PATCH /v1/contacts/{id}", map[string]any{"nickname": "A"}, any1...),
	"trash-contact":      of(contact, "DELETE /v1/contacts/{id}", nil, any1...),
	"restore-contact":    of(trashed(contact, "/v1/contacts"), "POST /v1/contacts/{id}/restore", nil),
	"history-of-contact": of(contact, "GET /v1/contacts/{id}/history", nil),
	"revert-contact":     reverting(contact, "/v1/contacts", map[string]any{"nickname": "A"}),
	"profile-contact":    of(contact, "GET /v1/contacts/{id}/profile", nil),
	"upsert-contact":     func(o *office) func() { p := o.person(); return func() { o.send("PUT /v1/contacts/ext:erp:1", p) } },
	"batch-contact": func(o *office) func() {
		items := []any{o.person(), o.person(), o.person(), o.person(), o.person()}
		return func() { o.send("POST /v1/contacts/batch", map[string]any{"items": items}) }
	},
	"reveal-contact":          of(contact, "POST /v1/contacts/{id}/reveal", map[string]any{"fields": []string{"iban"}}),
	"list-accesses":           reading("GET /v1/accesses"),
	"create-family":           func(o *office) func() { id := o.contact(); return func() { o.family(id) } },
	"list-family":             reading("GET /v1/families?count=true"),
	"get-family":              of(family, "GET /v1/families/{id}", nil),
	"patch-family":            of(family, "PATCH /v1/families/{id}", map[string]any{"name": "Maes"}, any1...),
	"trash-family":            of(family, "DELETE /v1/families/{id}", nil, any1...),
	"restore-family":          of(trashed(family, "/v1/families"), "POST /v1/families/{id}/restore", nil),
	"history-of-family":       of(family, "GET /v1/families/{id}/history", nil),
	"revert-family":           reverting(family, "/v1/families", map[string]any{"name": "Maes"}),
	"profile-family":          of(family, "GET /v1/families/{id}/profile", nil),
	"reveal-family":           nil, // as reveal-contact
	"batch-family":            nil, // as batch-contact
	"create-note-of-contact":  of(contact, "POST /v1/contacts/{id}/notes", map[string]any{"text": "He sings."}),
	"list-note-of-contact":    of(noted, "GET /v1/contacts/{id}/notes", nil),
	"list-note":               reading("GET /v1/notes?count=true"),
	"get-note":                of(note, "GET /v1/notes/{id}", nil),
	"patch-note":              of(note, "PATCH /v1/notes/{id}", map[string]any{"text": "She sings."}, any1...),
	"trash-note":              of(note, "DELETE /v1/notes/{id}", nil, any1...),
	"restore-note":            of(trashed(note, "/v1/notes"), "POST /v1/notes/{id}/restore", nil),
	"history-of-note":         of(note, "GET /v1/notes/{id}/history", nil),
	"revert-note":             reverting(note, "/v1/notes", map[string]any{"text": "She sings."}),
	"create-file-of-contact":  of(contact, "POST /v1/contacts/{id}/files", map[string]any{"name": "x.pdf", "size": len(paper)}),
	"ready-file":              of(sent, "POST /v1/files/{id}/ready", nil),
	"download-file":           of(filed, "GET /v1/files/{id}/download", nil),
	"set-photo-of-contact":    nil, // the pictures are the bucket's; the same writes as ready-file
	"remove-photo-of-contact": nil, // as patch-contact and trash-file
	"photo-of-contact":        nil, // answers from the bucket, as get-contact
	"set-logo-of-company":     nil, // as set-photo-of-contact
	"remove-logo-of-company":  nil,
	"logo-of-company":         nil,
	"create-logo":             nil, // an upload alone
	"set-logo":                nil, // as patch-settings
	"remove-logo":             nil,
	"logo":                    nil,
	"list-season":             reading("GET /v1/seasons"),
	"create-season":           func(o *office) func() { return func() { o.season() } },
	"get-season":              of(season, "GET /v1/seasons/{id}", nil),
	"patch-season":            of(season, "PATCH /v1/seasons/{id}", map[string]any{"name": "Other"}, any1...),
	"trash-season":            of(season, "DELETE /v1/seasons/{id}", nil, any1...),
	"restore-season":          of(trashed(season, "/v1/seasons"), "POST /v1/seasons/{id}/restore", nil),
	"history-of-season":       of(season, "GET /v1/seasons/{id}/history", nil),
	"revert-season":           nil, // as revert-field
	"set-current-season":      of(season, "POST /v1/seasons/{id}/current", nil),
	"set-default-store":       nil, // as set-current-season
	"batch-season":            nil, // as batch-contact
	"get-root-entity":         reading("GET /v1/entities/ent_root"),
	"list-lists":              reading("GET /v1/lists"),
	"values-of-list":          reading("GET /v1/lists/status/values"),
	"create-value-of-list":    nil, // as create-season
	"list-tags":               reading("GET /v1/tags"),
	"create-rewrite": func(o *office) func() {
		o.send("POST /v1/contacts", map[string]any{"firstName": "Ann", "tags": []string{"red"}})
		return func() {
			o.send("POST /v1/rewrites", map[string]any{"of": "tags", "from": []string{"red"}, "to": "blue"})
		}
	},
	"get-rewrite":    nil, // as get-import
	"cancel-rewrite": nil, // as cancel-import
	"undo-rewrite":   nil, // as create-rewrite
	"check-contact": func(o *office) func() {
		return func() { o.send("POST /v1/contacts/check", map[string]any{"email": "ann1@example.org"}) }
	},
	"search-all":      reading("GET /v1/search?q=ann"),
	"list-duplicates": reading("GET /v1/duplicates"),
	"dismiss-duplicates": func(o *office) func() {
		ids := []string{o.contact(), o.contact()}
		return func() { o.send("POST /v1/duplicates/dismiss", map[string]any{"ids": ids}) }
	},
	"statistics-of-kind": reading("GET /v1/statistics/contact?q=ann&by=type,age"),
	"results-of-search":  nil, // as get-season and list-contact
	"search-kind": func(o *office) func() {
		return func() { o.send("POST /v1/search/contact", map[string]any{"q": "ann"}) }
	},
	"create-import": func(o *office) func() {
		return func() { o.send("POST /v1/imports", map[string]any{"kind": "contact", "fileName": "y.csv", "size": 9}) }
	},
	"list-imports":   reading("GET /v1/imports"),
	"get-import":     of(seen, "GET /v1/imports/{id}", nil),
	"plan-import":    of(seen, "PUT /v1/imports/{id}/plan", map[string]any{}),
	"preview-import": of(seen, "POST /v1/imports/{id}/preview", nil),
	"run-import":     of(seen, "POST /v1/imports/{id}/run", nil),
	"cancel-import":  of(upload, "POST /v1/imports/{id}/cancel", nil),
	"rows-of-import": of(seen, "GET /v1/imports/{id}/rows", nil),
	"undo-import":    nil, // as run-import
	"keep-mapping": func(o *office) func() {
		id := seen(o)
		o.send("PUT /v1/imports/"+id+"/plan", map[string]any{})
		return func() { o.send("POST /v1/imports/"+id+"/keep", map[string]any{"name": "Kept"}) }
	},
	"errors-of-import": nil, // answers from the bucket alone
	"create-export":    func(o *office) func() { return func() { o.send("POST /v1/exports", exportOf) } },
	"list-exports":     reading("GET /v1/exports"),
	"get-export":       of(export, "GET /v1/exports/{id}", nil),
	"cancel-export":    of(export, "POST /v1/exports/{id}/cancel", nil),
	"file-of-export":   nil, // answers from the bucket alone
	"create-bulk": func(o *office) func() {
		q := bulkOf(o)
		return func() { o.send("POST /v1/bulks", q) }
	},
	"preview-merge": func(o *office) func() {
		q := mergeOf(o)
		return func() { o.send("POST /v1/merges/preview", q) }
	},
	"create-merge": func(o *office) func() {
		q := mergeOf(o)
		return func() { o.send("POST /v1/merges", q) }
	},
	"list-merges":    reading("GET /v1/merges"),
	"get-merge":      of(merged, "GET /v1/merges/{id}", nil),
	"undo-merge":     of(merged, "POST /v1/merges/{id}/undo", nil),
	"list-bulks":     reading("GET /v1/bulks"),
	"get-bulk":       of(bulk, "GET /v1/bulks/{id}", nil),
	"items-of-bulk":  of(bulk, "GET /v1/bulks/{id}/items", nil),
	"cancel-bulk":    of(bulk, "POST /v1/bulks/{id}/cancel", nil),
	"undo-bulk":      nil, // starts the job, as create-bulk
	"create-backup":  func(o *office) func() { return func() { o.send("POST /v1/backups", nil) } },
	"list-backups":   reading("GET /v1/backups"),
	"get-backup":     of(backup, "GET /v1/backups/{id}", nil),
	"cancel-backup":  of(backup, "POST /v1/backups/{id}/cancel", nil),
	"file-of-backup": nil, // answers from the bucket alone
	"create-restore": func(o *office) func() {
		return func() { o.send("POST /v1/restores", map[string]any{"fileName": "x.tar.gz", "size": 9}) }
	},
	"list-restores":  reading("GET /v1/restores"),
	"get-restore":    of(restore, "GET /v1/restores/{id}", nil),
	"cancel-restore": of(restore, "POST /v1/restores/{id}/cancel", nil),
	"check-restore":  nil, // starts the job, as create-backup
	"run-restore":    nil, // starts the job, as create-backup
	"sign-in":        func(o *office) func() { return func() { o.signIn("una@example.org") } },
	"list-sessions":  reading("GET /v1/sessions"),
	"sign-out": func(o *office) func() {
		o.token = o.signIn("una@example.org")
		return func() { o.send("DELETE /v1/sessions/current", nil) }
	},
	"request-reset": func(o *office) func() {
		return func() { o.send("POST /v1/sessions/reset", map[string]any{"login": "una@example.org"}) }
	},
	"redeem-link": func(o *office) func() {
		token := linked(o)
		return func() {
			o.send("POST /v1/sessions/link", map[string]any{"token": token, "password": "another long secret"})
		}
	},
	"confirm-email": nil, // follows a mail; the same writes as change-email
	"get-me":        reading("GET /v1/me"),
	"patch-me": func(o *office) func() {
		return func() { o.send("PATCH /v1/me", map[string]any{"name": "Una Bis"}, any1...) }
	},
	"change-password": func(o *office) func() {
		return func() {
			o.send("POST /v1/me/password", map[string]any{"current": password, "password": "yet another secret"})
		}
	},
	"change-email":    nil, // sends a mail and keeps one link, as request-reset
	"create-user":     func(o *office) func() { return func() { o.user() } },
	"list-users":      reading("GET /v1/users"),
	"get-user":        of(user, "GET /v1/users/{id}", nil),
	"patch-user":      of(user, "PATCH /v1/users/{id}", map[string]any{"role": "reader"}, any1...),
	"trash-user":      of(user, "DELETE /v1/users/{id}", nil, any1...),
	"restore-user":    of(trashed(user, "/v1/users"), "POST /v1/users/{id}/restore", nil),
	"history-of-user": of(user, "GET /v1/users/{id}/history", nil),
	"invite-user":     of(user, "POST /v1/users/{id}/invite", nil),
	"reset-user":      of(user, "POST /v1/users/{id}/reset", nil),
	"block-user":      of(user, "POST /v1/users/{id}/block", map[string]any{"reason": "left"}),
	"unblock-user": of(func(o *office) string {
		id := o.user()
		o.send("POST /v1/users/"+id+"/block", map[string]any{"reason": "left"})
		return id
	}, "POST /v1/users/{id}/unblock", nil),
	"get-settings": reading("GET /v1/settings"),
	"patch-settings": func(o *office) func() {
		return func() { o.send("PATCH /v1/settings", map[string]any{"name": "More Units"}, any1...) }
	},
	"list-field":       reading("GET /v1/fields"),
	"create-field":     func(o *office) func() { return func() { o.field() } },
	"get-field":        of(field, "GET /v1/fields/{id}", nil),
	"patch-field":      of(field, "PATCH /v1/fields/{id}", map[string]any{"label": "Other"}, any1...),
	"trash-field":      of(field, "DELETE /v1/fields/{id}", nil, any1...),
	"restore-field":    of(trashed(field, "/v1/fields"), "POST /v1/fields/{id}/restore", nil),
	"history-of-field": of(field, "GET /v1/fields/{id}/history", nil),
	"revert-field":     reverting(field, "/v1/fields", map[string]any{"label": "Other"}),
	"batch-field":      nil, // as batch-contact
	"list-kinds":       reading("GET /v1/kinds"),
	"health":           reading("GET /v1/health"),
	"openapi":          reading("GET /v1/openapi.json"),
	"sign-out-everywhere": func(o *office) func() {
		o.token = o.signIn("una@example.org")
		return func() { o.send("DELETE /v1/sessions", nil) }
	},
}

// bare are the operations that want an organisation without contacts.
var bare = []string{"create-restore", "get-restore", "cancel-restore"}

// alike names the kind whose operations cost what another's do.
var alike = map[string]string{"company": "family", "group": "family", "reminder": "note", "call": "note", "ticket": "note", "service": "note", "satisfaction": "note",
	"file": "note", "entity": "season", "store": "season", "clientGroup": "season", "value": "season", "search": "season", "mapping": "season"}

// measured gives the operation that is measured for another: of the kind that is alike, and of children under a contact.
func measured(id string) string {
	if _, ok := operations[id]; ok {
		return id
	}
	verb, kind, _ := strings.Cut(id, "-")
	rest, of, child := strings.Cut(kind, "-of-")
	switch {
	case child && (of == "family" || of == "company" || of == "group" || of == "contact"):
		if _, ok := operations[verb+"-"+rest+"-of-contact"]; ok {
			return verb + "-" + rest + "-of-contact"
		}
		return verb + "-" + alike[rest] + "-of-contact"
	case verb == "history":
		of, ok := strings.CutPrefix(kind, "of-")
		if ok {
			return "history-of-" + alike[of]
		}
	}
	return verb + "-" + alike[kind]
}

// TestUnits measures every operation of the published document.
func TestUnits(t *testing.T) {
	var lines []string
	for _, id := range published(t) {
		op, known := operations[measured(id)]
		switch {
		case !known:
			t.Errorf("%s is not measured: add it to operations", id)
			continue
		case op == nil, measured(id) != id:
			continue
		}
		t.Run(id, func(t *testing.T) {
			o := open(t)
			if !slices.Contains(bare, id) {
				o.contact()
			}
			o.send("GET /v1/contacts", nil) // warms index and keys
			do := op(o)
			if o.token != "" {
				o.send("GET /v1/contacts", nil)
			}
			before := o.meter.Read()
			do()
			after := o.meter.Read()
			lines = append(lines, fmt.Sprintf("%-22s %s", id, line(before, after)))
		})
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("units changed; if that is meant, run with -update (-want +got):\n%s", diff)
	}
}

// published lists the operations of the document.
func published(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(need.Root(), "functions/accounts/app/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, methods := range doc.Paths {
		for _, op := range methods {
			if op.ID != "" {
				ids[op.ID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// line tells what was consumed between two readings: requests, items and units of each sort.
func line(before, after meter.Tally) string {
	sort := func(name string, a, b meter.Counted) string {
		if b.Requests == a.Requests {
			return ""
		}
		return fmt.Sprintf("%s %d requests %d items %d units", name, b.Requests-a.Requests, b.Items-a.Items, b.Units-a.Units)
	}
	parts := slices.DeleteFunc([]string{
		sort("get", before.Get, after.Get), sort("query", before.Query, after.Query), sort("apply", before.Apply, after.Apply),
	}, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}
