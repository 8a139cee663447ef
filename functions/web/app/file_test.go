package app

import (
	"bytes"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

const certificate = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"

func dot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 500, 400))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// named tells the name of the file to be sent, as the script does.
func (r *reader) named(name string) *reader {
	r.cookies[uploadCookie] = url.PathEscape(name)
	return r
}

// link finds the address behind a text.
func (p page) link(text string) string {
	p.t.Helper()
	m := regexp.MustCompile(`<a [^>]*href="([^"]*)"[^>]*>(?:<i [^>]*></i>)?(?:<span>)?` + regexp.QuoteMeta(text)).FindStringSubmatch(p.Body)
	if m == nil {
		p.t.Fatalf("%s: nothing leads to %q\n%s", p.Path, text, p.words())
	}
	return html.UnescapeString(m[1])
}

// fetched gets what lies at an address of the bucket.
func (r *reader) fetched(address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.bucket().Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

func TestDocumentsThroughThePages(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	c := r.contact(`{"firstName":"Ann","lastName":"Maes"}`)
	tab := contactPath(c.ID, notesTab)
	p := r.get(tab).want(http.StatusOK, "No files yet", "No notes yet", "up to 25 MB", `enctype="multipart/form-data"`)

	// Without script nobody tells the name: it is asked for.
	p = r.uploadFrom(p, "ignored.pdf", []byte(certificate)).want(http.StatusOK, "Document of 21 November 2026.pdf")
	at := strings.TrimSuffix(p.Path, "/name")
	form := p.form(at + "/name")
	form.Set("name", "")
	r.post(at+"/name", form).want(http.StatusUnprocessableEntity, "Fill this in")
	form = r.get(at + "/name").form(at + "/name")
	form.Set("name", `Medical <b>certificate</b>`)
	p = r.post(at+"/name", form).want(http.StatusOK, "The file is now called", "Olga Maes").without("<b>certificate")
	if got := p.link("b_.pdf"); got != at {
		t.Errorf("the file is at %s, not %s", got, at)
	}

	// With script it comes along.
	p = r.named("../Season plan.PDF").uploadFrom(p, "x", []byte(certificate)).want(http.StatusOK, "Season plan.PDF was added.", "89 bytes")
	address := r.send(http.MethodGet, p.link("Season plan.PDF"), nil)
	if got := r.fetched(address.Header.Get("Location")); address.Status != http.StatusSeeOther || got.Body.String() != certificate ||
		got.Header().Get("Content-Disposition") != `attachment; filename="Season plan.PDF"` {
		t.Errorf("%d to %v", address.Status, got.Header())
	}

	// What is no document is refused in words, and nothing of it stays.
	p = r.named("evil.pdf").uploadFrom(p, "x", []byte("<script>alert(1)</script>")).want(http.StatusOK, "This kind of file is not taken").without("evil.pdf", "<script>alert")

	// Deleting and taking it back.
	form = p.form(at + "/delete")
	p = r.post(at+"/delete", form).want(http.StatusOK, "Undo", at+"/restore")
	if strings.Contains(p.Body, `href="`+at+`"`) {
		t.Error("a deleted file is still listed")
	}
	r.post(at+"/restore", url.Values{}).want(http.StatusOK, `href="`+at+`"`)

	other := r.contact(`{"firstName":"Bob"}`)
	elsewhere := strings.Replace(at, c.ID, other.ID, 1)
	for _, path := range []string{elsewhere, elsewhere + "/name", contactPath(c.ID, "files", "fil_x"), contactPath(c.ID, "files", "sent") + "?id=fil_x",
		contactPath(other.ID, "files", "sent") + "?id=" + url.QueryEscape(at[strings.LastIndex(at, "/")+1:])} {
		r.get(path).want(http.StatusNotFound)
	}
	stranger := h.found("Others", "otto@example.org")
	stranger.get(at).want(http.StatusNotFound)

	reader := h.colleague(r, "rita@example.org", policy.Reader)
	reader.get(tab).want(http.StatusOK, "Season plan.PDF").without("Add a file", "Rename", "/delete")
	if got := reader.send(http.MethodGet, at, nil); got.Status != http.StatusSeeOther {
		t.Errorf("a reader fetches: %d", got.Status)
	}
	reader.post(at+"/delete", url.Values{}).want(http.StatusForbidden)
	reader.get(contactPath(c.ID, "files", "sent") + "?id=fil_x").want(http.StatusForbidden)
}

func TestNotesThroughThePages(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	c := r.contact(`{"firstName":"Ann"}`)
	tab := contactPath(c.ID, notesTab)
	p := r.named("plan.pdf").uploadFrom(r.get(tab), "x", []byte(certificate))
	m := regexp.MustCompile(`name="files" value="([^"]+)"`).FindStringSubmatch(strings.ReplaceAll(p.Body, `name="files" value=""`, ""))
	if m == nil {
		t.Fatal("no file to choose")
	}
	form := p.form(tab)
	form.Set("text", "  ")
	r.post(tab, form).want(http.StatusUnprocessableEntity, "Fill this in")
	form = r.get(tab).form(tab)
	form.Set("text", strings.Repeat("é", 10_001))
	r.post(tab, form).want(http.StatusUnprocessableEntity, "At most 10,000 characters", "éééé")
	form = r.get(tab).form(tab)
	form.Set("text", "First <script>x</script>\nline two")
	form["files"] = []string{"", m[1]}
	form.Set("shared", "true")
	p = r.post(tab, form).want(http.StatusOK, "First &lt;script&gt;x&lt;/script&gt;\nline two", "Olga Maes", "Shared", "plan.pdf").without("changed just now")
	if r.post(tab, form); strings.Count(r.get(tab).Body, "line two") != 1 {
		t.Error("a double click wrote two notes")
	}
	h.clock.Advance(time.Second)
	form = r.get(tab).form(tab)
	form.Set("text", "Second")
	p = r.post(tab, form).want(http.StatusOK)
	if strings.Index(p.Body, `note-text">Second`) > strings.Index(p.Body, `note-text">First`) {
		t.Error("the newest note is not first")
	}

	edit := p.link("Edit")
	for !strings.Contains(edit, "/notes/") || !strings.Contains(r.get(edit).Body, "First") {
		_, rest, ok := strings.Cut(p.Body, html.EscapeString(edit)+`"`)
		if !ok {
			t.Fatal("the first note cannot be edited")
		}
		p.Body = rest
		edit = p.link("Edit")
	}
	form = r.get(edit).form(edit)
	stale := r.get(edit).form(edit)
	form.Set("text", "First, corrected")
	form.Set("files", m[1])
	p = r.post(edit, form).want(http.StatusOK, "First, corrected", "changed just now")
	stale.Set("text", "First, otherwise")
	p2 := r.post(edit, stale).want(http.StatusPreconditionFailed, "First, corrected", "First, otherwise")
	again := p2.form(edit)
	again.Set("text", "First, both")
	again.Set("files", m[1])
	p = r.post(edit, again).want(http.StatusOK, "First, both")
	r.get(p.link("changed just now")).want(http.StatusOK, "First, both", "First, corrected", "line two", "Olga Maes")

	// A file in the trash is shown as absent and comes back.
	file := contactPath(c.ID, "files", m[1])
	r.post(file+"/delete", r.get(tab).form(file+"/delete")).want(http.StatusOK, "A file that is in the trash")
	r.post(file+"/restore", url.Values{}).want(http.StatusOK).without("A file that is in the trash")

	note := strings.TrimSuffix(edit, "/edit")
	r.post(note+"/delete", r.get(tab).form(note+"/delete")).want(http.StatusOK, "Undo").without("note-text\">First")
	r.get(edit).want(http.StatusConflict)
	r.post(note+"/restore", url.Values{}).want(http.StatusOK, "note-text\">First")
	reader := h.colleague(r, "rita@example.org", policy.Reader)
	reader.get(tab).want(http.StatusOK, "First, both").without("Add note", "/edit")
	reader.get(edit).want(http.StatusForbidden)
}

func TestPhotoThroughThePages(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	c := r.contact(`{"firstName":"Ann","lastName":"Maes"}`)
	at := contactPath(c.ID, "photo")
	r.get(contactPath(c.ID)).want(http.StatusOK, `href="`+at+`"`, "Add a photo").without("<img")
	p := r.get(at).want(http.StatusOK, "up to 10 MB").without("<img", "Download")
	p = r.named("me.png").uploadFrom(p, "x", dot(t)).want(http.StatusOK, "Undo", "<img")
	src := regexp.MustCompile(`<img class="avatar large" src="([^"]+)"`).FindStringSubmatch(p.Body)
	if src == nil {
		t.Fatalf("no photo in the head: %s", p.words())
	}
	r.get(HomePath).want(http.StatusOK, strings.Replace(src[1], "/320", "/96", 1))
	r.get(contactPath(c.ID, "panel")).want(http.StatusOK, "/96")

	img := r.get(src[1])
	for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=31536000, immutable",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"} {
		if got := img.Header.Get(name); img.Status != http.StatusOK || got != want {
			t.Errorf("%d %s: %q, want %q", img.Status, name, got, want)
		}
	}
	if head := r.send(http.MethodHead, src[1], nil); head.Status != http.StatusOK || head.Body != "" {
		t.Errorf("HEAD: %d, %d bytes", head.Status, len(head.Body))
	}
	for _, path := range []string{strings.Replace(src[1], "/320", "/319", 1), strings.Replace(src[1], "/320", "/whole", 1), "/pictures/fil_x/96", "/pictures/" + c.ID + "/96"} {
		r.get(path).want(http.StatusNotFound)
	}
	h.found("Others", "otto@example.org").get(src[1]).want(http.StatusNotFound)
	if p := h.stranger().send(http.MethodGet, src[1], nil); p.Status == http.StatusOK {
		t.Error("strangers see it")
	}

	p = r.get(at).want(http.StatusOK, "Replace by", "Remove", "Picture of Ann Maes")
	if got := r.fetched(r.send(http.MethodGet, at+"/download", nil).Header.Get("Location")); got.Header().Get("Content-Disposition") != `attachment; filename="me.png.jpg"` {
		t.Errorf("%v", got.Header())
	}
	r.uploadFrom(p, "x", []byte(certificate)).want(http.StatusOK, "This is no JPEG, PNG or WebP picture")
	p = r.post(at+"/remove", r.get(at).form(at+"/remove")).want(http.StatusOK, "Undo").without(`<img class="avatar large"`)
	undo := contactPath(c.ID, "undo")
	r.post(undo, p.form(undo)).want(http.StatusOK, `<img class="avatar large"`)
	r.get(contactPath(c.ID, "history")).want(http.StatusOK, "Photo")

	reader := h.colleague(r, "rita@example.org", policy.Reader)
	reader.get(at).want(http.StatusOK, "Download").without("Replace by", "/remove")
	reader.post(at+"/remove", url.Values{}).want(http.StatusForbidden)
	r.post(contactPath(c.ID, "delete"), url.Values{}).want(http.StatusOK)
	r.get(at).want(http.StatusConflict)
	r.get(contactPath(c.ID)).want(http.StatusOK).without(`<img class="avatar`)
}

// made makes a record of any kind and gives its address.
func (r *reader) made(kind, plural, body string) string {
	r.t.Helper()
	res, err := r.kernel.Records.Create(r.t.Context(), repository.Write{Grant: r.grant.Via("telephone")}, kind, []byte(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return "/" + plural + "/" + res.Record.Base().ID
}

// Families and companies have notes and files as contacts have, and companies a logo.
func TestFilesOfOtherKinds(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	for _, at := range []string{r.made("family", "families", `{"name":"Peeters"}`), r.made("company", "companies", `{"name":"Acme"}`)} {
		tab := at + "/" + notesTab
		p := r.named("plan.pdf").uploadFrom(r.get(tab).want(http.StatusOK, "No files yet"), "x", []byte(certificate)).want(http.StatusOK, "plan.pdf")
		form := p.form(tab)
		form.Set("text", "Wants a plan")
		r.post(tab, form).want(http.StatusOK, "Wants a plan", "Olga Maes")
		if strings.HasPrefix(at, "/families") {
			r.get(at + "/photo").want(http.StatusNotFound)
			continue
		}
		logo := at + "/logo"
		r.uploadFrom(r.get(logo).want(http.StatusOK, "up to 5 MB"), "x", dot(t)).want(http.StatusOK, `<img class="avatar large square"`)
		r.get("/companies").want(http.StatusOK, `<img class="avatar square"`)
		r.uploadFrom(r.get(logo), "x", []byte("GIF89a")).want(http.StatusOK, "This is no PNG, JPEG or SVG picture")
		r.post(logo+"/remove", r.get(logo).form(logo+"/remove")).want(http.StatusOK).without("<img class=\"avatar")
	}
}

func TestOwnLogoThroughThePages(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	p := r.get(logoSettings).want(http.StatusOK, "up to 5 MB")
	p = r.uploadFrom(p, "x", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script><rect width="1" height="1"/></svg>`))
	p.want(http.StatusOK, "The logo is set.")
	src := regexp.MustCompile(`<img class="brand-mark brand-logo" src="([^"]+)"`).FindStringSubmatch(p.Body)
	if src == nil {
		t.Fatal("the logo is not beside the name")
	}
	if img := r.get(src[1]); img.Header.Get("Content-Type") != "image/svg+xml" || strings.Contains(img.Body, "script") {
		t.Errorf("%s %s", img.Header.Get("Content-Type"), img.Body)
	}
	r.get("/logo/x/96").want(http.StatusNotFound)
	h.found("Others", "otto@example.org").get(src[1]).want(http.StatusNotFound)
	r.uploadFrom(p, "x", []byte("GIF89a")).want(http.StatusOK, "This is no PNG, JPEG or SVG picture")
	r.post(logoSettings+"/remove", p.form(logoSettings+"/remove")).want(http.StatusOK, "The logo was removed.").without("brand-logo")
	h.colleague(r, "rita@example.org", policy.Editor).get(logoSettings).want(http.StatusForbidden)
}

func TestFilePagesSpeakEveryLanguage(t *testing.T) {
	h := open(t)
	r := h.found("Choir", "olga@example.org")
	c := r.contact(`{"firstName":"Ann"}`)
	tab := contactPath(c.ID, notesTab)
	r.named("a.pdf").uploadFrom(r.get(tab), "x", []byte(certificate))
	r.uploadFrom(r.get(contactPath(c.ID, "photo")), "x", dot(t))
	form := r.get(tab).form(tab)
	form.Set("text", "Words")
	p := r.post(tab, form)
	edit := p.link("Edit")
	for !strings.Contains(edit, "/notes/") {
		_, p.Body, _ = strings.Cut(p.Body, html.EscapeString(edit)+`"`)
		edit = p.link("Edit")
	}
	file := r.get(tab).link("a.pdf")
	for _, l := range i18n.Languages() {
		r.cookies["language"] = string(l)
		r.post("/preferences", url.Values{"language": {string(l)}})
		for _, path := range []string{tab, edit, strings.TrimSuffix(edit, "/edit"), file + "/name", contactPath(c.ID, "photo"), logoSettings} {
			r.get(path).want(http.StatusOK)
		}
	}
}
