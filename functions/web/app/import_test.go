package app

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

// upload sends a file as a browser without script does, from the form of the first page, and opens where that leads.
func (r *reader) upload(name string, content []byte) page {
	r.t.Helper()
	return r.uploadFrom(r.get(importsPath+"/new?mode=create").is(http.StatusOK, "multipart/form-data"), name, content)
}

// uploadFrom is upload from a page with a form for it.
func (r *reader) uploadFrom(p page, name string, content []byte) page {
	r.t.Helper()
	m := regexp.MustCompile(`<form id="upload"[^>]* action="([^"]*)"`).FindStringSubmatch(p.Body)
	if m == nil {
		r.t.Fatal("no form to upload with")
	}
	address := html.UnescapeString(m[1])
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, values := range p.form(m[1]) {
		w.WriteField(field, values[0])
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		r.t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	req := httptest.NewRequest(http.MethodPost, address, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	answer := httptest.NewRecorder()
	r.bucket().Handler().ServeHTTP(answer, req)
	if answer.Code != http.StatusSeeOther {
		r.t.Fatalf("upload: %d %s", answer.Code, answer.Body)
	}
	back, err := url.Parse(answer.Header().Get("Location"))
	if err != nil || back.Host != "localhost:3000" {
		r.t.Fatalf("the bucket sends the browser to %s", answer.Header().Get("Location"))
	}
	return r.get(back.RequestURI())
}

func (h *house) bucket() *dirblob.Bucket { return h.imports.Blobs.(*dirblob.Bucket) }

// work does the work of the import of a page.
func (r *reader) work(id string) {
	r.t.Helper()
	runner := job.NewRunner(r.kernel.Jobs, account.Rights{Store: r.kernel.Store, Kinds: r.kernel.Kinds}, map[string]job.Worker{importer.Kind: r.imports}, time.Hour)
	if err := runner.Run(r.t.Context(), r.grant.Tenant(), id, 0); err != nil {
		r.t.Fatal(err)
	}
}

// importID is the import a page is about.
func (p page) importID() string {
	p.t.Helper()
	id := regexp.MustCompile(`imp_[0-9a-z]{26}`).FindString(p.Path + p.Body)
	if id == "" {
		p.t.Fatalf("%s: no import", p.Path)
	}
	return id
}

var selects = regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)".*?</select>`)
var selected = regexp.MustCompile(`<option value="([^"]*)" selected>`)
var inputs = regexp.MustCompile(`<input [^>]*name="([^"]*)"[^>]* value="([^"]*)"[^>]*>`)

// filled gives a page's form with an action as a browser would send it untouched.
func (p page) filled(action string) url.Values {
	p.t.Helper()
	_, rest, ok := strings.Cut(p.Body, `action="`+action+`"`)
	if !ok {
		p.t.Fatalf("%s: no form for %s", p.Path, action)
	}
	form, _, _ := strings.Cut(rest, "</form>")
	values := url.Values{}
	for _, m := range selects.FindAllStringSubmatch(form, -1) {
		v := ""
		if s := selected.FindStringSubmatch(m[0]); s != nil {
			v = html.UnescapeString(s[1])
		}
		values.Set(html.UnescapeString(m[1]), v)
	}
	for _, m := range inputs.FindAllStringSubmatch(form, -1) {
		if strings.Contains(m[0], `type="radio"`) || strings.Contains(m[0], `type="checkbox"`) {
			if !strings.Contains(m[0], " checked") {
				continue
			}
		}
		values.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return values
}

func lists(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(need.TestData(t, "contacts/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every list goes through the pages as a person without script would take it, taking the mapping as it is offered.
func TestImportThroughThePages(t *testing.T) {
	for _, file := range []struct {
		name                  string
		create, reject, lines int
		texts                 []string // of the result
	}{
		{"ledenlijst-2026.csv", 486, 6, 494, []string{"GSM", "Thijs Janssens", "A line of totals", "Stands above the table"}},
		{"adherents.csv", 300, 0, 300, nil},
		{"socios.tsv", 350, 0, 350, nil},
		{"basic_csv_addressbook.csv", 2, 0, 2, nil},
		{"csv_semicolon.csv", 2, 0, 2, nil},
		{"utf16_addressbook.csv", 1, 0, 1, nil},
		{"tab_comma_mixed.csv", 4, 0, 4, nil},
	} {
		t.Run(file.name, func(t *testing.T) {
			h := open(t)
			r := h.found("Harbour Choir", "olga@example.org")
			p := r.upload(file.name, lists(t, file.name)).is(http.StatusOK, "Columns of the file", "First values")
			id := p.importID()
			at := importPath(id)
			r.get(at).is(http.StatusOK, "Columns of the file") // it can be left and taken up again
			r.post(at+"/map", p.filled(at+"/map")).is(http.StatusOK, "Looking at every row", "data-poll")
			r.get(jobsPath+"/"+id+"/progress").is(http.StatusOK, "data-poll")
			r.work(id)
			r.get(jobsPath+"/"+id+"/progress").is(http.StatusOK, `data-then="`+at+`"`).without("data-poll")
			p = r.get(at).is(http.StatusOK, "Nothing is written yet", fmt.Sprintf("Import %d contact", file.create))
			if n := r.count(""); n != 0 {
				t.Fatalf("a preview wrote %d contacts", n)
			}
			r.get(at + "/preview?fate=create&after=2").is(http.StatusOK)
			run := p.form(at + "/run")
			r.post(at+"/run", run).is(http.StatusOK, "data-poll", "Cancel")
			r.post(at+"/run", run).is(http.StatusOK, "data-poll") // a double click
			r.get(jobsPath).is(http.StatusOK, "data-poll")
			r.work(id)
			r.work(id) // delivered twice
			p = r.get(at).is(http.StatusOK, file.texts...)
			if n := r.count(""); n != file.create {
				t.Errorf("%d contacts, not %d", n, file.create)
			}
			imp, err := h.imports.Get(t.Context(), r.grant, id)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(imp.Counts["create"], imp.Counts["reject"], imp.Counts["done"]); got != fmt.Sprint(file.create, file.reject, file.lines) {
				t.Errorf("create, reject, done: %s", got)
			}
			r.post(at+"/run", run).is(http.StatusOK, "contact") // it has run
			if n := r.count(""); n != file.create {
				t.Errorf("%d contacts after another double click", n)
			}
			// "See who came in" leads to all of them.
			link := regexp.MustCompile(`href="(/contacts\?q=[^"]*)"`).FindStringSubmatch(p.Body)
			if link == nil {
				t.Fatal("no way to those who came in")
			}
			u, err := url.Parse(html.UnescapeString(link[1]))
			if err != nil {
				t.Fatal(err)
			}
			if n := r.count(u.Query().Get("q")); n != file.create {
				t.Errorf("%q finds %d", u.Query().Get("q"), n)
			}
			errors := r.send(http.MethodGet, at+"/errors", nil)
			if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusNotFound}[file.reject > 0]; errors.Status != want {
				t.Errorf("error file: %d, not %d", errors.Status, want)
			}
			r.get(importsPath).is(http.StatusOK, "Done")
			r.get(jobsPath).is(http.StatusOK, "Done")
		})
	}
}

const small = "Voornaam;Naam;E-mail;Geboren;Lid sinds\r\nGreet;Peeters;greet@example.org;1-2-1980;2019\r\nJan;;geen adres;3-4-1975;2020\r\nPiet;Maes;piet@example.org;5-6-1990;2021\r\n"

func TestImportIsMappedByHand(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	p := r.upload("leden.csv", []byte(small)).is(http.StatusOK, "Day or month first", "A new field of our own")
	id := p.importID()
	at := importPath(id)
	form := p.filled(at + "/map")
	form.Set("columns[0].field", "")
	r.post(at+"/map", form).is(http.StatusUnprocessableEntity, "No column becomes the first name")
	form.Set("columns[0].field", "lastName")
	r.post(at+"/map", form).is(http.StatusUnprocessableEntity, `href="#f-columns-`, "aria-invalid")
	form.Set("columns[0].field", "shoeSize")
	r.post(at+"/map", form).is(http.StatusUnprocessableEntity)
	form.Set("columns[0].field", "firstName")
	form.Set("defaultCountry", "XX")
	r.post(at+"/map", form).is(http.StatusUnprocessableEntity, `href="#f-defaultCountry"`)
	form.Set("defaultCountry", "BE")
	form.Set("columns[3].dateFormat", "mdy")
	form.Set("columns[4].field", newColumnField+"text")
	r.post(at+"/map", form).is(http.StatusOK, "Looking at every row")
	r.work(id)
	r.get(at+"/preview").is(http.StatusOK, "geen adres", "not an e-mail address", "Import 2 contacts")
	back := r.get(at+"/map").is(http.StatusOK, `<option value="custom.lidSinds" selected>`, `<option value="mdy" selected>`)
	form = back.filled(at + "/map")
	form.Set("badCell", "drop")
	r.post(at+"/map", form).is(http.StatusOK)
	r.work(id)
	p = r.get(at+"/preview").is(http.StatusOK, "Import 3 contacts", "not an e-mail address")
	r.post(at+"/run", p.form(at+"/run")).is(http.StatusOK)
	r.work(id)
	r.get(at).is(http.StatusOK, "3 contacts were imported")
	if n := r.count("birthDate:1980-01-02 custom.lidSinds:2019"); n != 1 {
		t.Errorf("%d contacts have the values of the first row", n)
	}
	r.get(at+"/map").is(http.StatusOK, "3 contacts were imported") // it cannot be mapped any more
	r.post(at+"/map", form).is(http.StatusOK, "3 contacts were imported")
}

func TestImportIsReadInAnotherWay(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	p := r.upload("leden.csv", []byte("Ledenlijst van onze club\n"+strings.ReplaceAll(small, "Greet", "Grét"))).is(http.StatusOK, `value="2"`)
	id := p.importID()
	at := importPath(id)
	form := p.filled(at + "/map")
	form.Set("headerRow", "0")
	p = r.post(at+"/map", form).is(http.StatusOK, "no row of headings")
	form = p.filled(at + "/map")
	form.Set("headerRow", "2")
	form.Set("encoding", "windows-1252")
	p = r.post(at+"/map", form).is(http.StatusOK, "GrÃ©t", "read again")
	form = p.filled(at + "/map")
	form.Set("encoding", "utf-8")
	p = r.post(at+"/map", form).is(http.StatusOK, "Grét", "Voornaam")
	form = p.filled(at + "/map")
	for _, bad := range []string{"-1", "two", "99999999999999999999"} {
		form.Set("headerRow", bad)
		r.post(at+"/map", form).is(http.StatusUnprocessableEntity, `href="#f-headerRow"`)
	}
	form.Set("headerRow", "2")
	form.Set("encoding", "klingon")
	r.post(at+"/map", form).is(http.StatusUnprocessableEntity)
}

func TestImportIsCancelled(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	p := r.upload("leden.csv", []byte(small))
	id := p.importID()
	at := importPath(id)
	r.post(at+"/map", p.filled(at+"/map"))
	r.work(id)
	r.post(at+"/run", url.Values{})
	r.post(at+"/cancel", url.Values{}).is(http.StatusOK, "It stops at the next rows")
	r.work(id)
	r.get(at).is(http.StatusOK, "was cancelled", "Nothing was written")
	r.post(at+"/cancel", url.Values{}).is(http.StatusOK, "was cancelled")
	if n := r.count(""); n != 0 {
		t.Errorf("%d contacts", n)
	}
	other := r.upload("leden.csv", []byte(small)).importID()
	r.post(importPath(other)+"/cancel", url.Values{}).is(http.StatusOK, "Nothing was written")
}

func TestRefusedFilesSayWhatToDo(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	for name, file := range map[string]struct {
		content string
		text    string
	}{
		"empty.csv":   {"", "This file is empty"},
		"blank.csv":   {"\n \n;;\n", "This file is empty"},
		"photo.xlsx":  {"\x89PNG\r\n\x1a\n" + strings.Repeat("x", 600), "holds no table"},
		"report.pdf":  {"%PDF-1.7\n" + strings.Repeat("obj ", 300), "holds no table"},
		"old.xls":     {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 512) + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00" + strings.Repeat("\x00", 4096), "Save it as .xlsx"},
		"broken.xlsx": {"PK\x03\x04" + strings.Repeat("\x00", 200), "damaged"},
	} {
		p := r.upload(name, []byte(file.content)).is(http.StatusOK, "cannot be read", "Choose another file")
		if !strings.Contains(p.Body, file.text) {
			_, alert, _ := strings.Cut(p.Body, "alert-title")
			t.Errorf("%s: does not say %q: %.300s", name, file.text, alert)
		}
		at := importPath(p.importID())
		r.get(at+"/map").is(http.StatusOK, "cannot be read")
		r.get(at+"/preview").is(http.StatusOK, "cannot be read")
		r.post(at+"/map", url.Values{}).is(http.StatusOK, "cannot be read")
		r.post(at+"/run", url.Values{}).is(http.StatusOK, "cannot be read")
	}
}

func TestHostileFileNames(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	for _, name := range []string{`<script>alert(1)</script>.csv`, `../../etc/passwd`, "a\r\nSet-Cookie: x=y.csv", `"; filename="b.csv`, strings.Repeat("é", 900) + ".csv", "%00.csv", "%zz", "\u202egnp.csv", " "} {
		r.cookies[uploadCookie] = url.PathEscape(name)
		if name == "%zz" {
			r.cookies[uploadCookie] = name
		}
		p := r.upload("x.csv", []byte(small)).is(http.StatusOK, "Columns of the file")
		p.inert()
		if p.Header.Get("Set-Cookie") != "" && strings.Contains(p.Header.Get("Set-Cookie"), "x=y") {
			t.Error("a name made a header")
		}
		if _, ok := r.cookies[uploadCookie]; ok {
			t.Error("the name is kept for the next file")
		}
		at := importPath(p.importID())
		r.post(at+"/map", p.filled(at+"/map"))
		r.work(p.importID())
		r.post(at+"/run", url.Values{})
		r.work(p.importID())
		r.get(at).is(http.StatusOK).inert()
		r.get(importsPath).inert()
		r.get(jobsPath).inert()
		answer := httptest.NewRecorder()
		to := r.send(http.MethodGet, at+"/errors", nil).Header.Get("Location")
		r.bucket().Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, to, nil))
		if answer.Code != http.StatusOK || len(answer.Header().Values("Content-Disposition")) != 1 {
			t.Errorf("%q: error file: %d", name, answer.Code)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Error(err)
		}
	}
}

func TestUploadsAreAdoptedOnceAndByTheirOwn(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	other := h.found("Rowing Club", "rita@example.org")
	id := r.upload("x.csv", []byte(small)).importID()
	r.get(importsPath+"/uploaded?id="+id).is(http.StatusOK, "Columns of the file")
	for _, bad := range []string{"", "imp_", "usr_" + id[4:], "../" + id, id + "/file", strings.Repeat("a", 5000)} {
		r.get(importsPath + "/uploaded?" + url.Values{"id": {bad}}.Encode()).is(http.StatusNotFound)
	}
	other.get(importsPath + "/uploaded?id=" + id).is(http.StatusNotFound)
	for _, path := range []string{"", "/map", "/preview", "/errors"} {
		other.get(importPath(id) + path).is(http.StatusNotFound)
	}
	for _, path := range []string{"/map", "/run", "/cancel"} {
		other.post(importPath(id)+path, url.Values{}).is(http.StatusNotFound)
	}
	editor := h.colleague(r, "ed@example.org", policy.Editor)
	editor.get(importPath(id)).is(http.StatusNotFound) // another's, and they do not manage
	mine := editor.upload("mine.csv", []byte(small)).is(http.StatusOK).without("A new field of our own").importID()
	r.get(importPath(mine)).is(http.StatusOK, "Columns of the file")
}

func TestImportPagesSpeakEveryLanguage(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	draft := r.upload("a.csv", []byte(small)).importID()
	p := r.upload("b.csv", []byte(small))
	previewed := p.importID()
	r.post(importPath(previewed)+"/map", p.filled(importPath(previewed)+"/map"))
	r.work(previewed)
	p = r.upload("c.csv", []byte(small))
	done := p.importID()
	r.post(importPath(done)+"/map", p.filled(importPath(done)+"/map"))
	r.work(done)
	r.post(importPath(done)+"/run", url.Values{})
	r.work(done)
	refused := r.upload("d.csv", nil).importID()
	p = r.upload("e.csv", []byte(small))
	waiting := p.importID()
	r.post(importPath(waiting)+"/map", p.filled(importPath(waiting)+"/map"))
	for _, l := range i18n.Languages() {
		r.post("/preferences", url.Values{"language": {string(l)}, "back": {"/jobs"}}).is(http.StatusOK, `<html lang="`+string(l)+`"`)
		for _, path := range []string{importsPath, importsPath + "/new", jobsPath, importPath(draft), importPath(previewed), importPath(previewed) + "/preview?fate=reject",
			importPath(previewed) + "/preview?fate=skip", importPath(done), importPath(done) + "?fate=create", importPath(refused), importPath(waiting)} {
			r.get(path).is(http.StatusOK).inert()
		}
	}
}

// Rows that go into the contacts they match: what the page offers untouched changes what the cells say and nothing else, and it
// is taken back from the same page.
func TestMergeThroughThePages(t *testing.T) {
	r := open(t).found("Harbour Choir", "olga@example.org")
	r.contact(`{"firstName":"Ann","nickname":"Annie","tags":["vip"],"emails":[{"address":"ann@example.org"}]}`)
	p := r.uploadFrom(r.get(importsPath+"/new?mode=merge"), "b.csv", []byte("Voornaam;E-mail;Bijnaam;Etiketten;Beroep\nAnn;ann@example.org;;;baker\n"))
	p.is(http.StatusOK, `name="mode" value="merge" checked`, `<option value="email" selected>`)
	id := p.importID()
	at := importPath(id)
	form := p.filled(at + "/map")
	form.Set("rule", importer.Overwrite)
	r.post(at+"/map", form)
	r.work(id)
	r.get(at+"/preview").is(http.StatusOK, "Changed", "Occupation", "baker").without("Nickname", "vip")
	r.post(at+"/run", url.Values{})
	r.work(id)
	r.get(at).is(http.StatusOK, "See what changed", at+"/undo")
	r.post(at+"/undo", url.Values{})
	r.work(id)
	r.get(at).is(http.StatusOK, "1 row was taken back").without(at + "/undo")
}
