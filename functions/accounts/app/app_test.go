package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/functions/accounts/app"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

const (
	ownerMail = "olga@example.org"
	password  = "grey pebbles, blue kettle"
	other     = "seven quiet lanterns hum"
)

// house is an installation with one organisation, served over HTTP.
type house struct {
	t       *testing.T
	handler http.Handler
	clock   *clock.Manual
	box     *dirmail.Box
	records *repository.Repository
	jobs    *job.Jobs
	owner   policy.Grant
}

func open(t *testing.T) *house {
	t.Helper()
	clk := clock.At(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), clk)
	if err != nil {
		t.Fatal(err)
	}
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Clock: clk, Log: slog.New(slog.NewTextHandler(testLog{t}, nil))})
	accounts := account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: clk, IDs: k.IDs,
		Mail: box, From: mail.Address{Address: "muster@example.org"}, Diary: k.Log})
	founded, err := accounts.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: ownerMail, Password: password}, "console")
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, clock: clk, box: box, records: k.Records, jobs: k.Jobs, owner: founded.Grant, handler: app.New(app.Ports{Accounts: accounts, Rewrites: rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs}),
		Auth: k.Sessions("api"), Cursors: k.Cursors, Log: k.Log})}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}

// answer is what a request got.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   map[string]any
}

// call sends a request; headers are names and values in pairs.
func (h *house) call(token, method, path, body string, headers ...string) answer {
	h.t.Helper()
	r := httptest.NewRequest(method, "https://muster.example.org"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	a := answer{t: h.t, status: w.Code, header: w.Header()}
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			h.t.Fatalf("%s %s answers %q: %v", method, path, raw, err)
		}
	}
	return a
}

// want holds the answer against a status and, of a problem, its code.
func (a answer) want(status int, code ...string) answer {
	a.t.Helper()
	if a.status != status || len(code) > 0 && a.body["code"] != code[0] {
		a.t.Errorf("got %d %v, want %d %v", a.status, a.body, status, code)
	}
	return a
}

// at reads a value of the body: "user.name", "items.0.id".
func (a answer) at(path string) any {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// signIn gives a token.
func (h *house) signIn(login, password string) string {
	h.t.Helper()
	return h.call("", "POST", "/v1/sessions", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password)).want(201).text("token")
}

// link takes the token out of the newest mail to an address.
func (h *house) link(to string) string {
	h.t.Helper()
	all, err := h.box.List(h.t.Context(), "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range all {
		if m.To[0].Address == to {
			_, rest, ok := strings.Cut(m.Text, "https://muster.example.org/welcome/")
			if !ok {
				h.t.Fatalf("no link to the pages in %q", m.Text)
			}
			token, _, _ := strings.Cut(rest, "\n")
			return token
		}
	}
	h.t.Fatal("no mail")
	return ""
}

func TestSessions(t *testing.T) {
	h := open(t)
	in := h.call("", "POST", "/v1/sessions", `{"login":"olga@example.org","password":"grey pebbles, blue kettle"}`, "User-Agent", "Probe/1").want(201)
	if in.text("expiresAt") != "2026-03-03T00:00:00Z" {
		t.Errorf("got %v", in.body)
	}
	token := in.text("token")
	second := h.signIn(ownerMail, password)
	list := h.call(token, "GET", "/v1/sessions", "").want(200)
	if len(list.at("items").([]any)) != 2 || list.at("items.0.current") != false || list.at("items.1.current") != true || list.text("items.1.device") != "Probe/1" {
		t.Errorf("got %v", list.body)
	}
	h.call(token, "DELETE", "/v1/sessions/"+list.text("items.0.id"), "").want(204)
	h.call(second, "GET", "/v1/me", "").want(401, "session_expired")
	h.call(token, "DELETE", "/v1/sessions/current", "").want(204)
	h.call(token, "GET", "/v1/me", "").want(401, "session_expired")
	h.call("", "GET", "/v1/me", "").want(401, "unauthenticated")
	one, two, three := h.signIn(ownerMail, password), h.signIn(ownerMail, password), h.signIn(ownerMail, password)
	h.call(one, "DELETE", "/v1/sessions?keep=current", "").want(204)
	h.call(two, "GET", "/v1/me", "").want(401)
	h.call(one, "DELETE", "/v1/sessions", "").want(204)
	for _, token := range []string{one, three} {
		h.call(token, "GET", "/v1/me", "").want(401)
	}
}

func TestSignInRefusals(t *testing.T) {
	h := open(t)
	for body, want := range map[string]struct {
		status int
		code   string
	}{
		`{"login":"olga@example.org","password":"wrong"}`:          {401, "sign_in_failed"},
		`{"login":"nobody@example.org","password":"wrong"}`:        {401, "sign_in_failed"},
		`{"login":"olga@example.org"}`:                             {422, "invalid"},
		`{"login":"olga@example.org","password":"x","admin":true}`: {422, "invalid"},
		`{"login":["olga@example.org"],"password":"x"}`:            {422, "invalid"},
		`{"login":`: {400, "malformed"},
		``:          {400, "malformed"},
	} {
		a := h.call("", "POST", "/v1/sessions", body).want(want.status, want.code)
		if a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", body, a.header.Get("Content-Type"))
		}
	}
	for range account.Attempts {
		h.call("", "POST", "/v1/sessions", `{"login":"someone@example.org","password":"wrong"}`).want(401)
	}
	a := h.call("", "POST", "/v1/sessions", `{"login":"someone@example.org","password":"wrong"}`).want(429, "too_many_attempts")
	if a.header.Get("Retry-After") != "900" {
		t.Errorf("Retry-After: %s", a.header.Get("Retry-After"))
	}
}

func TestMe(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	me := h.call(token, "GET", "/v1/me", "").want(200)
	if me.text("user.name") != "Olga" || me.text("user.kind") != "user" || me.text("role") != "owner" || me.text("organisation.timeZone") != "Europe/Brussels" ||
		me.at("grants.manage.scope") != "all" || me.text("user.lastLoginAt") == "" || me.header.Get("ETag") != `"1"` {
		t.Errorf("got %v", me.body)
	}
	h.call(token, "PATCH", "/v1/me", `{"name":"O."}`).want(428)
	p := h.call(token, "PATCH", "/v1/me", `{"name":"Olga V.","language":"nl"}`, "If-Match", `"1"`, "Content-Type", "application/merge-patch+json").want(200)
	if p.text("user.name") != "Olga V." || p.header.Get("ETag") != `"2"` {
		t.Errorf("got %v", p.body)
	}
	stale := h.call(token, "PATCH", "/v1/me", `{"name":"O."}`, "If-Match", `"1"`).want(412, "stale")
	if stale.text("current.name") != "Olga V." {
		t.Errorf("got %v", stale.body)
	}
	h.call(token, "PATCH", "/v1/me", `{"role":"reader"}`, "If-Match", `"2"`).want(422)
	dutch := h.call(token, "PATCH", "/v1/me", `{"name":""}`, "If-Match", `"2"`).want(422)
	if dutch.text("errors.0.path") != "name" || !strings.Contains(dutch.text("detail"), "kloppen") {
		t.Errorf("got %v", dutch.body)
	}
	wrong := h.call(token, "POST", "/v1/me/password", `{"current":"wrong","password":"seven quiet lanterns hum"}`).want(422)
	if wrong.text("errors.0.code") != "password_wrong" {
		t.Errorf("got %v", wrong.body)
	}
	h.call(token, "POST", "/v1/me/password", fmt.Sprintf(`{"current":%q,"password":%q}`, password, other)).want(204)
	h.call(token, "GET", "/v1/me", "").want(200)
	h.signIn(ownerMail, other)
	h.call(token, "POST", "/v1/me/email", fmt.Sprintf(`{"password":%q,"email":"o.new@example.com"}`, other)).want(202)
	h.call("", "POST", "/v1/sessions/confirm", fmt.Sprintf(`{"token":%q}`, h.link("o.new@example.com"))).want(204)
	h.signIn("o.new@example.com", other)
}

func TestUsers(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	made := h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"rita@example.org","role":"editor"}`, "Idempotency-Key", "k1").want(201)
	id := made.text("id")
	if made.header.Get("Location") != "/v1/users/"+id || made.header.Get("ETag") != `"1"` || made.text("language") != "en" || made.text("invitedAt") == "" {
		t.Errorf("got %v %v", made.header, made.body)
	}
	again := h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"rita@example.org","role":"editor"}`, "Idempotency-Key", `"k1"`).want(201)
	if again.text("id") != id {
		t.Errorf("got %v", again.body)
	}
	h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"rita@example.com","role":"editor"}`, "Idempotency-Key", "k1").want(422, "idempotency_mismatch")
	h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"RITA@example.org","role":"editor"}`).want(409, "login_taken")
	bad := h.call(token, "POST", "/v1/users", `{"name":" ","email":"rita","role":"editor","language":"tlh"}`).want(422)
	if len(bad.at("errors").([]any)) != 3 {
		t.Errorf("got %v", bad.body)
	}
	in := h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, h.link("rita@example.org"), password)).want(201)
	rita := in.text("token")
	for _, path := range []string{"/v1/users", "/v1/users/" + h.call(token, "GET", "/v1/me", "").text("user.id")} {
		h.call(rita, "GET", path, "").want(403, "denied")
	}
	h.call(rita, "GET", "/v1/users/"+id, "").want(200)
	h.call(token, "PATCH", "/v1/users/"+id, `{"role":"reader"}`).want(428)
	h.call(token, "PATCH", "/v1/users/"+id, `{"role":"reader"}`, "If-Match", `"2"`).want(200)
	if me := h.call(rita, "GET", "/v1/me", ""); me.text("role") != "reader" {
		t.Errorf("got %v", me.body)
	}
	h.call(token, "POST", "/v1/users/"+id+"/reset", "").want(200)
	blocked := h.call(token, "POST", "/v1/users/"+id+"/block", `{"reason":"left"}`).want(200)
	if blocked.text("blocked.reason") != "left" {
		t.Errorf("got %v", blocked.body)
	}
	h.call(rita, "GET", "/v1/me", "").want(401)
	h.call(token, "POST", "/v1/users/"+id+"/invite", "").want(409, "user_blocked")
	h.call(token, "POST", "/v1/users/"+id+"/unblock", "").want(200)
	h.call(token, "POST", "/v1/users/"+id+"/block", "").want(200)
	h.call(token, "POST", "/v1/users/"+id+"/unblock", "").want(200)
	h.call(token, "POST", "/v1/users/"+id+"/invite", "").want(200)
	history := h.call(token, "GET", "/v1/users/"+id+"/history?limit=3", "").want(200)
	if history.text("items.0.text") != "Invited by mail" || history.text("next") == "" {
		t.Errorf("got %v", history.body)
	}
	rest := h.call(token, "GET", "/v1/users/"+id+"/history?cursor="+history.text("next"), "").want(200)
	if items := rest.at("items").([]any); rest.text(fmt.Sprintf("items.%d.action", len(items)-1)) != "user.create" {
		t.Errorf("got %v", rest.body)
	}
	var role string
	for i := range 9 {
		if text := rest.text(fmt.Sprintf("items.%d.text", i)); strings.HasPrefix(text, "Role") {
			role = text
		}
	}
	if !strings.Contains(role, "Editor") || !strings.Contains(role, "Reader") {
		t.Errorf("got %q", role)
	}
	h.call(token, "DELETE", "/v1/users/"+id, "", "If-Match", `*`).want(200)
	list := h.call(token, "GET", "/v1/users", "").want(200)
	if len(list.at("items").([]any)) != 1 {
		t.Errorf("got %v", list.body)
	}
	trash := h.call(token, "GET", "/v1/users?q=is:trashed", "").want(200)
	if trash.text("items.0.id") != id || trash.text("items.0.deletedAt") == "" {
		t.Errorf("got %v", trash.body)
	}
	h.call(token, "POST", "/v1/users/"+id+"/restore", "").want(200)
	h.call(token, "DELETE", "/v1/users/"+h.call(token, "GET", "/v1/me", "").text("user.id"), "", "If-Match", "*").want(403, "own_rights")
	h.call(token, "GET", "/v1/users/usr_nobody", "").want(404)
	h.call(token, "GET", "/v1/users?cursor=garbage", "").want(422)
	h.call(token, "GET", "/v1/users?colour=red", "").want(422)
}

func TestUserPages(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	for i := range 4 {
		h.clock.Advance(time.Second)
		h.call(token, "POST", "/v1/users", fmt.Sprintf(`{"name":"U%d","email":"u%d@example.org","role":"reader","invite":false}`, i, i)).want(201)
	}
	var names []string
	for path := "/v1/users?limit=2"; path != ""; {
		page := h.call(token, "GET", path, "").want(200)
		for i := range page.at("items").([]any) {
			names = append(names, page.text(fmt.Sprintf("items.%d.name", i)))
		}
		path = ""
		if next := page.text("next"); next != "" {
			path = "/v1/users?limit=2&cursor=" + next
		}
	}
	if strings.Join(names, " ") != "Olga U0 U1 U2 U3" {
		t.Errorf("got %v", names)
	}
}

func TestReset(t *testing.T) {
	h := open(t)
	for _, login := range []string{ownerMail, "nobody@example.org"} {
		a := h.call("", "POST", "/v1/sessions/reset", fmt.Sprintf(`{"login":%q}`, login)).want(202)
		if len(a.body) != 0 {
			t.Errorf("%s: %v", login, a.body)
		}
	}
	link := h.link(ownerMail)
	h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":"password123"}`, link)).want(422)
	h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, link, other)).want(201)
	h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, link, other)).want(404, "link_expired")
	h.signIn(ownerMail, other)
}

func TestSettings(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	got := h.call(token, "GET", "/v1/settings", "").want(200)
	if got.text("name") != "Harbour Choir" || got.header.Get("ETag") != `"1"` {
		t.Errorf("got %v", got.body)
	}
	h.call(token, "PATCH", "/v1/settings", `{"keyPolicy":{"email":"block"}}`).want(428)
	patched := h.call(token, "PATCH", "/v1/settings", `{"keyPolicy":{"email":"block"}}`, "If-Match", `"1"`).want(200)
	if patched.text("keyPolicy.email") != "block" || patched.header.Get("ETag") != `"2"` {
		t.Errorf("got %v", patched.body)
	}
	h.call(token, "PATCH", "/v1/settings", `{"timeZone":"Mars/Base"}`, "If-Match", `"2"`).want(422)
	h.call(token, "PATCH", "/v1/settings", `{"colour":"red"}`, "If-Match", `"2"`).want(422)
	h.call(token, "POST", "/v1/users", `{"name":"Ed","email":"ed@example.org","role":"editor"}`).want(201)
	editor := h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, h.link("ed@example.org"), password)).want(201).text("token")
	h.call(editor, "GET", "/v1/settings", "").want(200)
	h.call(editor, "PATCH", "/v1/settings", `{"name":"Ed's"}`, "If-Match", `"2"`).want(403, "denied")
}

func TestFieldsAndKinds(t *testing.T) {
	h := open(t)
	token := h.signIn(ownerMail, password)
	made, err := h.records.Create(t.Context(), repository.Write{Grant: h.owner}, setting.FieldName,
		[]byte(`{"for":"contact","name":"voice","label":"Voice","type":"choice","options":["alto","bass"]}`))
	if err != nil {
		t.Fatal(err)
	}
	list := h.call(token, "GET", "/v1/fields", "").want(200)
	if list.text("items.0.id") != made.Record.Base().ID || list.text("items.0.label") != "Voice" {
		t.Errorf("got %v", list.body)
	}
	kinds := h.call(token, "GET", "/v1/kinds", "", "Accept-Language", "nl").want(200)
	field := func(kind, name string) map[string]any {
		for _, k := range kinds.at("items").([]any) {
			if k := k.(map[string]any); k["kind"] == kind {
				for _, f := range k["fields"].([]any) {
					if f := f.(map[string]any); f["name"] == name {
						return f
					}
				}
			}
		}
		return nil
	}
	if f := field("contact", "gender"); f == nil || f["type"] != "code" || len(f["values"].([]any)) != 4 || f["label"] != "Geslacht" {
		t.Errorf("got %v", f)
	}
	if f := field("contact", "emails"); f == nil || f["list"] != true || f["type"] != "object" || len(f["fields"].([]any)) < 3 {
		t.Errorf("got %v", f)
	}
	if f := field("contact", "custom"); f == nil || fmt.Sprint(f["fields"]) != "[map[class:public label:Voice name:voice type:code values:[alto bass]]]" {
		t.Errorf("got %v", f)
	}
	if f := field("user", "login"); f == nil || f["readOnly"] != true {
		t.Errorf("got %v", f)
	}
	h.call(token, "POST", "/v1/users", `{"name":"Rita","email":"rita@example.org","role":"reader"}`).want(201)
	reader := h.call("", "POST", "/v1/sessions/link", fmt.Sprintf(`{"token":%q,"password":%q}`, h.link("rita@example.org"), password)).want(201).text("token")
	kinds = h.call(reader, "GET", "/v1/kinds", "").want(200)
	if f := field("contact", "iban"); f == nil || f["readOnly"] != true || f["class"] != "sensitive" {
		t.Errorf("got %v", f)
	}
	if f := field("contact", "discount"); f != nil {
		t.Errorf("a reader is told of %v", f)
	}
	if f := field("contact", "lastName"); f == nil || f["readOnly"] != true {
		t.Errorf("got %v", f)
	}
}

func TestAbout(t *testing.T) {
	h := open(t)
	if a := h.call("", "GET", "/v1/health", "").want(200); a.text("status") != "ok" {
		t.Errorf("got %v", a.body)
	}
	if a := h.call("", "GET", "/v1/openapi.json", "").want(200); a.text("openapi") == "" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", a.header)
	}
}
