package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui/uitest"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
)

// online puts the pages of a house and its bucket on a port of this machine, as a browser wants them.
func (h *house) online() string {
	h.t.Helper()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	h.t.Cleanup(site.Close)
	bucket, err := dirblob.Open(filepath.Join(h.t.TempDir(), "online"), dirblob.Options{Base: site.URL + "/_blob", Ring: h.kernel.Ring, Clock: h.clock})
	if err != nil {
		h.t.Fatal(err)
	}
	h.imports = importer.New(importer.Ports{Records: h.kernel.Records, Jobs: h.kernel.Jobs, Blobs: bucket})
	mux.Handle("/_blob/", bucket.Handler())
	h.ports.Imports, h.ports.Log, h.ports.Public = h.imports, slog.New(slog.NewTextHandler(io.Discard, nil)), site.URL
	mux.Handle("/", New(h.ports))
	return site.URL
}

// enterBy signs a tab in by a one-time link, as its reader would.
func (h *house) enterBy(tab *uitest.Tab, site, email string) {
	h.t.Helper()
	token, err := h.accounts.Link(h.t.Context(), email)
	if err != nil {
		h.t.Fatal(err)
	}
	tab.Open(site + "/welcome/" + token)
	tab.Follow("#welcome .form-actions button")
}

// drop puts a file into the upload form of the page and sends it.
func drop(tab *uitest.Tab, name, content string) {
	tab.Eval(`(() => { const files = new DataTransfer(); files.items.add(new File([` + quote(content) + `], ` + quote(name) + `));
		const input = document.querySelector('input[type=file]'); input.files = files.files; input.dispatchEvent(new Event('change', { bubbles: true })); return 1 })()`)
	tab.Follow("#upload .form-actions button")
}

func quote(s string) string {
	return `"` + strings.NewReplacer("\\", `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`).Replace(s) + `"`
}

// The pages of the way in, own account, settings and imports pass the audit: wide and narrow, light and dark, in every
// language.
func TestSettingsAndImportsInABrowser(t *testing.T) {
	browser := uitest.Start(t)
	h := open(t)
	site := h.online()
	fresh := open(t).online()
	owner := h.found("Harbour Choir", "olga@example.org")
	owner.post(usersPath+"/new", url.Values{"name": {"Ada Brandt"}, "email": {"ada@example.org"}, "role": {"admin"}, "language": {"en"}})
	owner.post(usersPath+"/new", url.Values{"name": {"Ed van den Broeck-Vanderlinden"}, "email": {"ed.van.den.broeck@example.org"}, "role": {"reader"}, "language": {"nl"}})
	blocked := owner.userAt("ed.van.den.broeck@example.org")
	owner.post(blocked+"/block", url.Values{"reason": {"Left the board in spring"}})
	for _, label := range []string{"Locker", "Kit size"} {
		owner.post(fieldsPath+"/new", url.Values{"label": {label}, "type": {"choice"}, "options": {"S\nM\nL"}})
	}
	field, _ := owner.fieldAt("Kit size")
	form := owner.get(organisationPath).form(organisationPath)
	for name, value := range map[string]string{"name": "Harbour Choir", "language": "en", "country": "NL", "timeZone": "Europe/Amsterdam"} {
		form.Set(name, value)
	}
	owner.post(organisationPath, form)
	invitation := h.link("ada@example.org")

	tab := browser.Tab(t)
	h.enterBy(tab, site, "olga@example.org")
	tab.Open(site + importsPath + "/new?mode=create")
	drop(tab, "ledenlijst 2026.csv", string(lists(t, "ledenlijst-2026.csv")))
	if at := tab.Where(); !strings.HasSuffix(at, "/map") || tab.Eval(`document.querySelector("h1").textContent`) != "ledenlijst 2026.csv" {
		t.Fatalf("the upload leads to %s", at)
	}
	imports := map[string]string{"map": strings.TrimSuffix(tab.Where(), "/map")}
	for _, stage := range []string{"previewing", "preview", "running", "done"} {
		tab.Open(site + importsPath + "/new?mode=create")
		drop(tab, "ledenlijst 2026.csv", string(lists(t, "ledenlijst-2026.csv")))
		at := strings.TrimSuffix(tab.Where(), "/map")
		imports[stage] = at
		tab.Follow("#map > .form-actions button")
		if stage == "previewing" {
			continue
		}
		owner.work(strings.TrimPrefix(at, importsPath+"/"))
		tab.Until(`location.pathname.endsWith("/preview") && document.querySelector(".tiles a")`)
		if stage == "preview" {
			continue
		}
		tab.Follow(".wizard-actions .primary")
		if stage == "done" {
			owner.work(strings.TrimPrefix(at, importsPath+"/"))
			tab.Until(`document.querySelector(".tiles a")`)
		}
	}
	tab.Open(site + importsPath + "/new?mode=create")
	drop(tab, "holiday.pdf", "%PDF-1.7\n"+strings.Repeat("obj ", 300))
	imports["refused"] = tab.Where()

	pages := []struct{ name, path string }{
		{"account", ownPath}, {"organisation", organisationPath}, {"policies", policiesPath}, {"fields", fieldsPath}, {"field-new", fieldsPath + "/new"}, {"field", field},
		{"users", usersPath}, {"user-new", usersPath + "/new"}, {"user-blocked", blocked}, {"user", owner.userAt("ada@example.org")}, {"myself", owner.userAt("olga@example.org")},
		{"block", owner.userAt("ada@example.org") + "/block"},
		{"imports", importsPath}, {"import-new", importsPath + "/new"}, {"import-map", imports["map"] + "/map"}, {"import-previewing", imports["previewing"] + "/preview"},
		{"import-preview", imports["preview"] + "/preview"}, {"import-rejected", imports["preview"] + "/preview?fate=reject"}, {"import-running", imports["running"]},
		{"import-done", imports["done"]}, {"import-refused", imports["refused"]}, {"jobs", jobsPath},
	}
	outside := []struct{ name, address string }{
		{"sign-in", site + SignInPath}, {"reset", site + resetPath}, {"invited", site + invitation}, {"offer", fresh + SignInPath},
		{"set-up", site + "/welcome/" + setupToken(t, h)}, {"expired", site + "/welcome/used-or-invented"},
	}
	for _, size := range []struct {
		name          string
		width, height int64
		dark          bool
		languages     []i18n.Language
	}{
		{"wide-light", 1440, 900, false, i18n.Languages()[:1]},
		{"phone-dark", 390, 844, true, []i18n.Language{i18n.French}},
		{"narrow-light", 320, 640, false, i18n.Languages()},
	} {
		t.Run(size.name, func(t *testing.T) {
			for i, l := range size.languages {
				audit := func(tab *uitest.Tab, name string) {
					name = size.name + "-" + string(l) + "-" + name
					tab.Shot(name)
					if i == 0 {
						tab.Audit(name)
					} else { // other words in the same markup
						tab.Fits(name)
					}
				}
				tab := browser.Tab(t)
				tab.Size(size.width, size.height)
				tab.Dark(size.dark)
				tab.Open(site + SignInPath)
				tab.Follow(`.languages button[value=` + string(l) + `]`)
				for _, page := range outside {
					tab.Open(page.address)
					tab.Excuse("status of 410")
					audit(tab, page.name)
				}
				tab.Open(site + SignInPath)
				tab.Type("[name=login]", "olga@example.org")
				tab.Type("[name=password]", "not the password")
				tab.Follow("#sign-in .form-actions button")
				tab.Excuse("status of 401")
				if tab.Eval(`document.querySelectorAll('[role=alert]').length`) == "0" {
					t.Errorf("%s: nothing says that the sign-in failed", l)
				}
				audit(tab, "sign-in-failed")
				h.clock.Advance(account.AttemptSpan) // not too many at once
				h.enterBy(tab, site, "olga@example.org")
				tab.Open(site + ownPath)
				tab.Click(`.top-menus details:last-of-type summary`)
				tab.Follow(`.top-menus .languages button[value=` + string(l) + `]`)
				for _, page := range pages {
					tab.Open(site + page.path)
					audit(tab, page.name)
				}
			}
		})
	}
}

// setupToken gives the token of a link that founds one more organisation.
func setupToken(t *testing.T, h *house) string {
	t.Helper()
	token, err := h.accounts.SetupLink(t.Context(), account.Pending{Email: "owner@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
