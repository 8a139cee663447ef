// Package acceptance holds the end-to-end tests, named after the rows of the feature catalogue. Each starts a whole site,
// the one `make run` serves, on a data directory of its own and works through the public API or the browser.
package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/wire"
	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
)

// site is a running Muster with one organisation.
type site struct {
	*wire.Office
	server *emulator.Server
	url    string
}

// password is every test user's.
const password = "correct horse battery"

// start runs a site. c, when given, is its clock.
func start(t *testing.T, c clock.Clock) *site {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(need.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := template.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{}
	s.server, err = emulator.Start(t.Context(), emulator.Config{Template: doc, Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
		Build: func(_ context.Context, at emulator.Site) (emulator.Parts, error) {
			var err error
			if s.Office, err = wire.Open(dir, at, c); err != nil {
				return emulator.Parts{}, err
			}
			return s.Office.Parts, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.server.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.Office.Close(); err != nil {
			t.Error(err)
		}
	})
	s.url = s.server.URL()
	return s
}

// client speaks to the API as one user.
type client struct {
	t     *testing.T
	site  *site
	token string
}

// found makes an organisation and gives its owner's client.
func (s *site) found(t *testing.T, name string) *client {
	t.Helper()
	if _, err := s.Accounts.Found(t.Context(), founding(name, "BE"), "page"); err != nil {
		t.Fatal(err)
	}
	return s.signIn(t, loginOf(name), password)
}

// founding describes an organisation and its owner.
func founding(name, country string) account.Founding {
	return account.Founding{Name: name, Language: "en", Country: country, TimeZone: "Europe/Brussels",
		OwnerName: "Olga " + name, OwnerEmail: loginOf(name), Password: password}
}

// loginOf is the login of an organisation's owner.
func loginOf(name string) string { return strings.ToLower(name) + "@example.org" }

// signIn gives the client of a login.
func (s *site) signIn(t *testing.T, login, password string) *client {
	t.Helper()
	c := &client{t: t, site: s}
	a := c.call("POST", "/v1/sessions", map[string]any{"login": login, "password": password})
	a.want(http.StatusCreated)
	c.token = a.text("token")
	return c
}

// begin starts a site with one organisation and gives its owner's client.
func begin(t *testing.T) *client {
	t.Helper()
	return start(t, nil).found(t, "Testers")
}

// answer is what the API answered.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	raw    []byte
	body   any
}

// call sends a request; headers are pairs of name and value.
func (c *client) call(method, path string, body any, headers ...string) *answer {
	c.t.Helper()
	a, err := c.send(method, path, body, headers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// send is call for other goroutines than the test's.
func (c *client) send(method, path string, body any, headers ...string) (*answer, error) {
	var r io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(body)
	case []byte:
		r = bytes.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, c.site.url+path, r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{t: c.t, what: method + " " + path, status: resp.StatusCode, header: resp.Header, raw: raw}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			return nil, fmt.Errorf("%s: %w in %s", a.what, err, raw)
		}
	}
	return a, nil
}

// want fails the test unless the status is the given one.
func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.raw)
	}
	return a
}

// at gives the value under a path such as "items.0.emails.1.address", nil when there is none.
func (a *answer) at(path string) any { return dig(a.body, path) }

func dig(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text gives a string, "" when there is none.
func (a *answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// number gives a number, 0 when there is none.
func (a *answer) number(path string) int {
	n, _ := a.at(path).(float64)
	return int(n)
}

// list gives a list, nil when there is none.
func (a *answer) list(path string) []any {
	l, _ := a.at(path).([]any)
	return l
}

// codes gives the codes of a problem's fields by path.
func (a *answer) codes() map[string]string {
	codes := map[string]string{}
	for _, e := range a.list("errors") {
		codes[fmt.Sprint(dig(e, "path"))] = fmt.Sprint(dig(e, "code"))
	}
	return codes
}

// contact makes a contact and gives its id.
func (c *client) contact(members map[string]any) string {
	c.t.Helper()
	return c.call("POST", "/v1/contacts", members).want(http.StatusCreated).text("id")
}

// upload begins an import of a file, sends it and gives the import's id.
func (c *client) upload(name string, content []byte) string {
	c.t.Helper()
	a := c.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": name, "size": len(content)}).want(http.StatusCreated)
	c.sendForm(a, content)
	return a.text("id")
}

// await asks for an import until it is in none of the passing states.
func (c *client) await(id string) *answer {
	c.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		a := c.call("GET", "/v1/imports/"+id, nil).want(http.StatusOK)
		if state := a.text("state"); state != "queued" && state != "running" {
			return a
		}
		select {
		case <-c.t.Context().Done():
			c.t.Fatal(c.t.Context().Err())
		case <-again.C:
		}
	}
}

// pageOf reads a page as the client's browser would get it.
func (c *client) pageOf(path string) string {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.site.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "muster", Value: c.token})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: status %d, %v", path, resp.StatusCode, err)
	}
	return string(raw)
}
