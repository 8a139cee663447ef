package app

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is an installation in a folder of its own, with its pages.
type house struct {
	t        testing.TB
	clock    *clock.Manual
	kernel   *kernel.Kernel
	accounts *account.Accounts
	imports  *importer.Importer
	files    *file.Files
	box      *dirmail.Box
	ports    Ports
	pages    http.Handler
}

func open(t testing.TB, wraps ...func(store.Store) store.Store) *house {
	t.Helper()
	clk := clock.At(noon)
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	var s store.Store = bolt
	for _, wrap := range wraps {
		s = wrap(s)
	}
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), clk)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Phones: phone.Plan{}, Clock: clk, Log: quiet})
	bucket, err := dirblob.Open(filepath.Join(t.TempDir(), "blobs"), dirblob.Options{Base: "http://localhost:3000/_blob", Ring: k.Ring, Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, clock: clk, kernel: k, box: box, imports: importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: bucket})}
	h.accounts = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: clk,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "http://localhost:3000", Diary: quiet})
	h.files = file.New(file.Ports{Records: k.Records, Blobs: bucket})
	h.ports = Ports{Records: k.Records, Accounts: h.accounts, Sessions: k.Sessions("page"), Imports: h.imports, Bulks: bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: h.accounts}), Files: h.files, Jobs: k.Jobs, Rewrites: rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs}),
		Exports: exporter.New(exporter.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: bucket}),
		Backups: backup.New(backup.Ports{Records: k.Records, Accounts: h.accounts, Jobs: k.Jobs, Blobs: bucket}),
		Likes:   preference.New(s), Cursors: k.Cursors, Ring: k.Ring, Log: quiet, Public: "http://localhost:3000", OwnerEmail: "owner@example.org"}
	h.pages = New(h.ports)
	return h
}

// testLog shows what goes wrong with the test it goes wrong in.
type testLog struct{ t testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Helper()
	l.t.Log(string(line))
	return len(line), nil
}

// found makes an organisation and signs its owner in.
func (h *house) found(name, email string) *reader {
	h.t.Helper()
	f, err := h.accounts.Found(h.t.Context(), account.Founding{Name: name, Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga Maes", OwnerEmail: email}, "console")
	if err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(email, f.Grant)
}

// colleague makes another user of an organisation and signs them in.
func (h *house) colleague(of *reader, email string, role policy.Role) *reader {
	h.t.Helper()
	if _, err := h.accounts.Create(h.t.Context(), repository.Write{Grant: of.grant}, account.NewUser{Name: "Colleague", Email: email, Role: string(role)}, account.Visit{Source: "page"}); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(email, policy.Grant{})
}

// signIn signs a user in by a one-time link, which costs no password hash.
func (h *house) signIn(email string, g policy.Grant) *reader {
	h.t.Helper()
	token, err := h.accounts.Link(h.t.Context(), email)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := h.accounts.Redeem(h.t.Context(), token, "", account.Visit{Source: "page", Device: "Test browser"})
	if err != nil {
		h.t.Fatal(err)
	}
	if g.Tenant().IsZero() {
		who, err := h.kernel.Sessions("page").Authenticate(h.t.Context(), s.Token)
		if err != nil {
			h.t.Fatal(err)
		}
		g = who.Grant
	}
	return &reader{house: h, grant: g, cookies: map[string]string{"muster": s.Token}}
}

// contact makes a contact straight in the repository.
func (r *reader) contact(body string) *contact.Contact {
	r.t.Helper()
	res, err := r.kernel.Records.Create(context.Background(), repository.Write{Grant: r.grant.Via("telephone")}, contact.Name, []byte(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return res.Record.(*contact.Contact)
}

// reader is somebody with a browser: they keep cookies and follow redirects.
type reader struct {
	*house
	grant   policy.Grant
	cookies map[string]string
	headers map[string]string
}

// stranger is a reader nobody knows.
func (h *house) stranger() *reader { return &reader{house: h, cookies: map[string]string{}} }

// page is an answer.
type page struct {
	t      testing.TB
	Status int
	Path   string // where it was found in the end
	Header http.Header
	Body   string
}

func (r *reader) send(method, path string, form url.Values) page {
	r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req := httptest.NewRequestWithContext(r.t.Context(), method, "http://localhost:3000"+path, body)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	for name, value := range r.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	r.pages.ServeHTTP(w, req)
	res := w.Result()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(r.cookies, c.Name)
		} else {
			r.cookies[c.Name] = c.Value
		}
	}
	return page{t: r.t, Status: res.StatusCode, Path: path, Header: res.Header, Body: w.Body.String()}
}

// get opens a page, following redirects.
func (r *reader) get(path string) page {
	r.t.Helper()
	p := r.send(http.MethodGet, path, nil)
	for i := 0; p.Status == http.StatusSeeOther && i < 5; i++ {
		p = r.send(http.MethodGet, p.Header.Get("Location"), nil)
	}
	return p
}

// post sends a form and follows where it leads.
func (r *reader) post(path string, form url.Values) page {
	r.t.Helper()
	p := r.send(http.MethodPost, path, form)
	if p.Status == http.StatusSeeOther {
		return r.get(p.Header.Get("Location"))
	}
	return p
}

// want fails the test unless the page has the status and holds the texts.
func (p page) want(status int, texts ...string) page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, not %d\n%s", p.Path, p.Status, status, p.words())
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			p.t.Fatalf("%s: does not hold %q\n%s", p.Path, text, p.words())
		}
	}
	return p
}

var markup = regexp.MustCompile(`(?s)<(?:head|nav|header|dialog|select|datalist|template)\b.*?</(?:head|nav|header|dialog|select|datalist|template)>|<[^>]*>`)

// words is what the page says, for failures.
func (p page) words() string {
	text := strings.Join(strings.Fields(markup.ReplaceAllString(p.Body, " ")), " ")
	if len(text) > 1500 {
		text = text[:1500] + " ..."
	}
	return text
}

// without fails the test if the page holds one of the texts.
func (p page) without(texts ...string) page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			p.t.Fatalf("%s: holds %q\n%s", p.Path, text, p.words())
		}
	}
	return p
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// form collects the hidden values of a page's form with an action.
func (p page) form(action string) url.Values {
	p.t.Helper()
	_, rest, ok := strings.Cut(p.Body, `action="`+action+`"`)
	if !ok {
		p.t.Fatalf("%s: no form for %s\n%s", p.Path, action, p.words())
	}
	form, _, _ := strings.Cut(rest, "</form>")
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		if !values.Has(m[1]) {
			values.Add(m[1], html.UnescapeString(m[2]))
		}
	}
	return values
}
