package acceptance

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/clock"
)

// begun begins a file of an owner ("contacts/con_...") and sends its bytes.
func (c *client) begun(owner, name, purpose string, content []byte) string {
	c.t.Helper()
	a := c.call("POST", "/v1/"+owner+"/files", map[string]any{"name": name, "size": len(content), "purpose": purpose}).want(http.StatusCreated)
	if a.text("state") != "pending" {
		c.t.Errorf("a file that is not there yet is %s", a.text("state"))
	}
	c.sendForm(a, content)
	return a.text("id")
}

// document is begun and ready.
func (c *client) document(owner, name string, content []byte) string {
	c.t.Helper()
	id := c.begun(owner, name, "document", content)
	c.call("POST", "/v1/files/"+id+"/ready", nil).want(http.StatusOK)
	return id
}

// fetch gets what lies at an address, without signing in.
func fetch(t *testing.T, address string) (int, http.Header, []byte) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, raw
}

func office(t *testing.T, main, part string, more ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range [][2]string{{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/` + part +
		`" ContentType="application/vnd.` + main + `.main+xml"/></Types>`}, {part, "<x/>"}} {
		w, err := z.Create(e[0])
		if err == nil {
			_, err = io.WriteString(w, e[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range more {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func painted(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), 90, 255})
		}
	}
	return img
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdf = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"

const ooxml = "openxmlformats-officedocument."

func TestDOC01_AttachedDocuments(t *testing.T) {
	now := clock.At(time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC))
	s := start(t, now)
	c := s.found(t, "Testers")
	ann := "contacts/" + c.contact(map[string]any{"firstName": "Ann"})
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, painted(30, 20), nil); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"a.pdf": []byte(pdf), "a.jpg": picture.Bytes(), "a.png": asPNG(t, painted(30, 20)),
		"a.docx": office(t, ooxml+"wordprocessingml.document", "word/document.xml"), "a.xlsx": office(t, ooxml+"spreadsheetml.sheet", "xl/workbook.xml"),
		"a.pptx": office(t, ooxml+"presentationml.presentation", "ppt/presentation.xml"),
	} {
		id := c.document(ann, "harmless.txt", content) // what a file is called counts for nothing
		want := "harmless.txt" + filepath.Ext(name)
		if got := c.call("GET", "/v1/files/"+id, nil).want(http.StatusOK); got.text("name") != want || got.number("size") != len(content) {
			t.Errorf("%s: %v", name, got.body)
		}
		at := c.call("GET", "/v1/files/"+id+"/download", nil).want(http.StatusOK).text("url")
		status, header, raw := fetch(t, at)
		if status != http.StatusOK || !bytes.Equal(raw, content) || header.Get("Content-Disposition") != `attachment; filename="`+want+`"` {
			t.Errorf("%s: %d %v", name, status, header)
		}
	}
	real, err := os.ReadFile(need.TestData(t, "contacts/members-export.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	c.document(ann, "members.xlsx", real)

	for name, content := range map[string]string{
		"page.pdf": "<!DOCTYPE html><script>alert(1)</script>", "old.doc": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "list.csv": "a,b\n1,2\n",
		"drawing.png": `<svg xmlns="http://www.w3.org/2000/svg"/>`, "film.jpg": "GIF89a000000", "program.pdf": "MZ\x90\x00000000", "archive.docx": "PK\x03\x04rubbish",
		"macros.docx": string(office(t, "ms-word.document.macroEnabled", "word/document.xml")), "cut.pdf": pdf[:50],
		"hidden.docx": string(office(t, ooxml+"wordprocessingml.document", "word/document.xml", "word/vbaProject.bin")),
	} {
		id := c.begun(ann, name, "document", []byte(content))
		if a := c.call("POST", "/v1/files/"+id+"/ready", nil).want(http.StatusUnprocessableEntity); a.codes()["file"] == "" {
			t.Errorf("%s: %s", name, a.raw)
		}
		c.call("POST", "/v1/files/"+id+"/ready", nil).want(http.StatusConflict) // it is gone
		c.call("GET", "/v1/files/"+id+"/download", nil).want(http.StatusConflict)
	}

	t.Run("to 25 MB", func(t *testing.T) {
		c := &client{t: t, site: s, token: c.token}
		large := append([]byte(pdf), bytes.Repeat([]byte(" "), 25<<20-2*len(pdf))...)
		large = append(large, pdf...)
		c.document(ann, "large.pdf", large)
		a := c.call("POST", "/v1/"+ann+"/files", map[string]any{"name": "larger.pdf", "size": 25<<20 + 1}).want(http.StatusUnprocessableEntity)
		if a.codes()["size"] != "file_too_large" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("links live five minutes", func(t *testing.T) {
		at := c.call("GET", "/v1/files/"+c.document(ann, "a.pdf", []byte(pdf))+"/download", nil).want(http.StatusOK).text("url")
		now.Advance(4*time.Minute + 59*time.Second)
		if status, _, _ := fetch(t, at); status != http.StatusOK {
			t.Errorf("within five minutes: %d", status)
		}
		now.Advance(2 * time.Second)
		if status, _, _ := fetch(t, at); status != http.StatusForbidden {
			t.Errorf("after five minutes: %d", status)
		}
	})
	t.Run("deleted and restored, with their owner too", func(t *testing.T) {
		c := &client{t: t, site: s, token: c.token}
		id := c.document(ann, "a.pdf", []byte(pdf))
		download := func() int { return c.call("GET", "/v1/files/"+id+"/download", nil).status }
		c.call("DELETE", "/v1/files/"+id, nil, "If-Match", "*").want(http.StatusOK)
		c.call("POST", "/v1/files/"+id+"/restore", nil).want(http.StatusOK)
		c.trash(strings.TrimPrefix(ann, "contacts/"))
		if got := download(); got != http.StatusNotFound {
			t.Errorf("a file of somebody in the trash: %d", got)
		}
		c.call("POST", "/v1/"+ann+"/restore", nil).want(http.StatusOK)
		if got := download(); got != http.StatusOK {
			t.Errorf("a file of somebody restored: %d", got)
		}
		other := s.found(t, "Others")
		other.call("GET", "/v1/files/"+id+"/download", nil).want(http.StatusNotFound)
		other.call("GET", "/v1/"+ann+"/files", nil).want(http.StatusNotFound)
	})
	t.Run("uploads that never come are put away", func(t *testing.T) {
		a := c.call("POST", "/v1/"+ann+"/files", map[string]any{"name": "lost.pdf", "size": 10}).want(http.StatusCreated)
		now.Advance(25 * time.Hour)
		again := s.signIn(t, loginOf("Testers"), password)
		due, err := s.Directory.DueBy(t.Context(), now.Now(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range due {
			if err := s.Files.Expire(t.Context(), d.Tenant, d.Ref); err != nil {
				t.Error(err)
			}
		}
		if got := again.call("GET", "/v1/files/"+a.text("id"), nil).want(http.StatusOK); got.text("deletedAt") == "" {
			t.Errorf("%s", got.raw)
		}
	})
}

// A document is sent from the pages without script too: straight to where it is kept, and back.
func TestDOC01_InTheBrowser(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Ann", "lastName": "Maes"})
	at := filepath.Join(t.TempDir(), "Medical certificate.pdf")
	if err := os.WriteFile(at, []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
	b := c.tab(t)
	b.open("/contacts/" + id + "/notes")
	b.File("#upload input[type=file]", at)
	b.save("form#upload")
	b.holds("#files", "Medical certificate.pdf", "Olga Testers")
	b.Audit("notes and files")
	b.Scripts(false)
	b.open("/contacts/" + id + "/notes")
	b.File("#upload input[type=file]", at)
	b.save("form#upload")
	b.set("#rename [name=name]", "By hand")
	b.save("form#rename")
	b.holds("#files", "Medical certificate.pdf", "By hand.pdf")
}

func TestDOC04_NotesWithFiles(t *testing.T) {
	c := begin(t)
	ann := "contacts/" + c.contact(map[string]any{"firstName": "Ann"})
	bob := "contacts/" + c.contact(map[string]any{"firstName": "Bob"})
	var files []any
	for i := range 11 {
		files = append(files, c.document(ann, fmt.Sprint("file ", i), []byte(pdf)))
	}
	notes := "/v1/" + ann + "/notes"
	longest := strings.Repeat("é", 10_000)
	first := c.call("POST", notes, map[string]any{"text": longest, "files": files[:10]}).want(http.StatusCreated)
	if first.text("text") != longest || len(first.list("files")) != 10 || first.at("shared") != nil || first.text("createdBy") == "" || first.text("createdAt") == "" {
		t.Errorf("%.300s", first.raw)
	}
	for path, body := range map[string]map[string]any{
		"text":     {"text": longest + "é"},
		"files":    {"text": "x", "files": files},
		"files[0]": {"text": "x", "files": []any{c.document(bob, "his", []byte(pdf))}},
		"files[1]": {"text": "x", "files": []any{files[0], strings.Replace(files[0].(string), "fil_", "fil_0", 1)}},
	} {
		if a := c.call("POST", notes, body).want(http.StatusUnprocessableEntity); a.codes()[path] == "" {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	if a := c.call("POST", notes, map[string]any{"text": " \n "}).want(http.StatusUnprocessableEntity); a.codes()["text"] != "required" {
		t.Errorf("%s", a.raw)
	}
	second := c.call("POST", notes, map[string]any{"text": "Second", "shared": true}).want(http.StatusCreated)
	list := c.call("GET", notes, nil).want(http.StatusOK)
	if list.text("items.0.id") != second.text("id") && list.text("items.0.createdAt") > list.text("items.1.createdAt") {
		t.Errorf("not newest first: %.300s", list.raw)
	}

	// Earlier versions are kept and can be brought back.
	id := first.text("id")
	c.call("PATCH", "/v1/notes/"+id, map[string]any{"text": "Shorter"}, "If-Match", first.header.Get("ETag")).want(http.StatusOK)
	c.call("PATCH", "/v1/notes/"+id, map[string]any{"text": "Late"}, "If-Match", first.header.Get("ETag")).want(http.StatusPreconditionFailed)
	history := c.call("GET", "/v1/notes/"+id+"/history", nil).want(http.StatusOK)
	if history.text("items.0.changes.0.from") != longest || history.text("items.0.changes.0.to") != "Shorter" {
		t.Errorf("%.300s", history.raw)
	}
	c.call("POST", fmt.Sprintf("/v1/notes/%s/history/%d/revert", id, history.number("items.0.seq")), nil).want(http.StatusOK)
	if c.call("GET", "/v1/notes/"+id, nil).want(http.StatusOK).text("text") != longest {
		t.Error("an earlier version does not come back")
	}
	// A file that goes to the trash stays with its note and comes back with it.
	c.call("DELETE", "/v1/files/"+files[0].(string), nil, "If-Match", "*").want(http.StatusOK)
	if n := len(c.call("GET", "/v1/notes/"+id, nil).want(http.StatusOK).list("files")); n != 10 {
		t.Errorf("%d files", n)
	}
	b := c.tab(t)
	b.open("/" + ann + "/notes")
	b.holds("#notes", "Second", "Olga Testers", "Shared", "A file that is in the trash", "file 3")
	b.Type("#note textarea", "From the page")
	b.save("form#note")
	b.holds("#notes", "From the page")
}

// located is a JPEG that says where it was taken, and that it was taken with the camera held upright.
func located(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x88\x25\x00\x02\x00\x00\x00\x0c\x00\x00\x00\x26\x00\x00\x00\x0051.05N 3.71E")
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(out, exif...), b.Bytes()[2:]...)
}

func TestREC24_ProfilePhoto(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Ann", "lastName": "Maes"})
	ann := "contacts/" + id
	photo := func(name string, content []byte) *answer {
		file := c.begun(ann, name, "photo", content)
		return c.call("PUT", "/v1/"+ann+"/photo", map[string]any{"file": file})
	}
	given := located(t, painted(640, 480))
	if !bytes.Contains(given, []byte("51.05N")) {
		t.Fatal("the picture does not say where it was taken")
	}
	set := photo("me.jpg", given).want(http.StatusOK)
	if set.text("photo") == "" || set.number("version") != 2 {
		t.Errorf("%s", set.raw)
	}
	whole := func() []byte {
		at := c.call("GET", "/v1/files/"+c.get(id).text("photo")+"/download", nil).want(http.StatusOK).text("url")
		_, header, raw := fetch(t, at)
		if !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%v", header)
		}
		return raw
	}
	if raw := whole(); bytes.Contains(raw, []byte("51.05N")) || bytes.Contains(raw, []byte("Exif")) {
		t.Error("the photo says where it was taken")
	} else if shape, _, err := image.DecodeConfig(bytes.NewReader(raw)); err != nil || shape.Width != 480 || shape.Height != 640 {
		t.Errorf("it does not stand upright: %d x %d, %v", shape.Width, shape.Height, err)
	}
	for _, size := range []int{96, 320} {
		a := c.call("GET", fmt.Sprintf("/v1/%s/photo/%d", ann, size), nil).want(http.StatusOK)
		shape, _, err := image.DecodeConfig(bytes.NewReader(a.raw))
		if err != nil || shape.Width != size || shape.Height != size || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d: %v %v %v", size, shape, a.header, err)
		}
	}
	b := c.tab(t)
	b.open("/contacts")
	b.Until(`document.querySelector('#results img.avatar')?.naturalWidth === 96`)
	b.open("/" + ann)
	b.Until(`document.querySelector('.page-head img.avatar')?.naturalWidth === 320`)

	// Replaced by PNG and WebP; what the content is not, the name does not make it.
	webp, err := os.ReadFile(filepath.Join(need.Root(), "shared/photo/testdata/lossy.webp"))
	if err != nil {
		t.Fatal(err)
	}
	photo("me.gif", asPNG(t, painted(50, 50))).want(http.StatusOK)
	photo("me.webp", webp).want(http.StatusOK)
	current := c.get(id).text("photo")
	for name, content := range map[string]string{"film.jpg": "GIF89a000000", "page.png": "<html>", "drawing.jpg": `<svg xmlns="http://www.w3.org/2000/svg"/>`, "paper.jpg": pdf} {
		if a := photo(name, []byte(content)).want(http.StatusUnprocessableEntity); a.codes()["file"] != "photo_type" {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	if a := c.call("POST", "/v1/"+ann+"/files", map[string]any{"name": "large.jpg", "size": 10<<20 + 1, "purpose": "photo"}).want(http.StatusUnprocessableEntity); a.codes()["size"] != "file_too_large" {
		t.Errorf("%s", a.raw)
	}
	if c.get(id).text("photo") != current {
		t.Error("a refused picture replaced the photo")
	}
	c.call("DELETE", "/v1/"+ann+"/photo", nil).want(http.StatusOK)
	c.call("GET", "/v1/"+ann+"/photo/96", nil).want(http.StatusNotFound)
	history := c.call("GET", "/v1/"+ann+"/history", nil).want(http.StatusOK)
	c.call("POST", fmt.Sprintf("/v1/%s/history/%d/revert", ann, history.number("items.0.seq")), nil).want(http.StatusOK)
	if c.get(id).text("photo") != current {
		t.Error("a removed photo does not come back")
	}

	// All of it from the pages, without script.
	at := filepath.Join(t.TempDir(), "me.png")
	if err := os.WriteFile(at, asPNG(t, painted(400, 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Scripts(false)
	b.open("/" + ann)
	b.Follow(".page-head a.avatar-link")
	b.File("#upload input[type=file]", at)
	b.save("form#upload")
	if b.count(".page-head img.avatar") != 1 {
		t.Error("the photo is not beside the name")
	}
	b.Follow(".page-head a.avatar-link")
	b.Follow(`form[action$="/photo/remove"] button`)
	if b.count(".page-head img.avatar") != 0 {
		t.Error("the photo is still beside the name")
	}
}

func TestCOM04_Logo(t *testing.T) {
	c := begin(t)
	acme := "companies/" + c.call("POST", "/v1/companies", map[string]any{"name": "Acme"}).want(http.StatusCreated).text("id")
	logo := func(content []byte) *answer {
		return c.call("PUT", "/v1/"+acme+"/logo", map[string]any{"file": c.begun(acme, "logo", "logo", content)})
	}
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, painted(300, 100), nil); err != nil {
		t.Fatal(err)
	}
	for media, content := range map[string][]byte{"image/png": asPNG(t, painted(300, 100)), "image/jpeg": picture.Bytes()} {
		if logo(content).want(http.StatusOK).text("logo") == "" {
			t.Errorf("%s is not kept", media)
		}
		a := c.call("GET", "/v1/"+acme+"/logo/96", nil).want(http.StatusOK)
		if shape, _, err := image.DecodeConfig(bytes.NewReader(a.raw)); err != nil || shape.Width != 96 || shape.Height != 32 || a.header.Get("Content-Type") != media {
			t.Errorf("%s: %v %v", media, a.header, err)
		}
	}

	// A drawing keeps its shapes and loses everything else.
	const hostile = `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
		<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10" onload="document.title='acting'">
		<script>document.title='acting'</script><style>@import url(https://evil.example/x.css); .a{fill:#c00;background:url(https://evil.example)}</style>
		<a xlink:href="javascript:document.title='acting'"><rect width="10" height="10"/></a><image href="https://evil.example/x.png"/>
		<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="document.title='acting'"/></body></foreignObject>
		<circle class="a" cx="5" cy="5" r="4" onclick="document.title='acting'"/></svg>`
	logo([]byte(hostile)).want(http.StatusOK)
	a := c.call("GET", "/v1/"+acme+"/logo/320", nil).want(http.StatusOK)
	if a.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", a.header)
	}
	if want := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><style>.a{fill:#c00}</style><circle class="a" cx="5" cy="5" r="4"/></svg>`; string(a.raw) != want {
		t.Errorf("%s", a.raw)
	}
	// Opened by itself, in the pages' own origin, it does nothing.
	file := c.call("GET", "/v1/"+acme, nil).want(http.StatusOK).text("logo")
	b := c.tab(t)
	b.open("/pictures/" + file + "/320")
	if got := b.Eval(`document.title + document.querySelectorAll('circle').length + self.origin`); got != "1null" {
		t.Errorf("opened by itself: %s", got)
	}
	for content, code := range map[string]string{
		`<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>`: "svg_entities",
		`<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><use href="#a"/></g></svg>`:                   "svg_complex",
		`<html><svg xmlns="http://www.w3.org/2000/svg"/></html>`:                                         "svg_type",
		pdf: "logo_type", "GIF89a00000": "logo_type",
	} {
		if got := logo([]byte(content)).want(http.StatusUnprocessableEntity).codes()["file"]; got != code {
			t.Errorf("%.40s: %s, want %s", content, got, code)
		}
	}
	a = c.call("POST", "/v1/"+acme+"/files", map[string]any{"name": "large.png", "size": 5<<20 + 1, "purpose": "logo"}).want(http.StatusUnprocessableEntity)
	if a.codes()["size"] != "file_too_large" {
		t.Errorf("%s", a.raw)
	}
	c.call("DELETE", "/v1/"+acme+"/logo", nil).want(http.StatusOK)
	c.call("GET", "/v1/"+acme+"/logo/96", nil).want(http.StatusNotFound)
}

// The organisation's own logo (SET-06).
func TestSET06_Logo(t *testing.T) {
	c := begin(t)
	a := c.call("POST", "/v1/settings/logo", nil).want(http.StatusCreated)
	c.sendForm(a, asPNG(t, painted(200, 200)))
	if c.call("PUT", "/v1/settings/logo", map[string]any{"file": a.text("file")}).want(http.StatusOK).text("logo") == "" {
		t.Error("the settings do not name it")
	}
	got := c.call("GET", "/v1/settings/logo/96", nil).want(http.StatusOK)
	if shape, _, err := image.DecodeConfig(bytes.NewReader(got.raw)); err != nil || shape.Width != 96 {
		t.Errorf("%v", err)
	}
	b := c.tab(t)
	b.open("/contacts")
	b.Until(`document.querySelector('img.brand-logo')?.naturalWidth === 96`)
	c.call("DELETE", "/v1/settings/logo", nil).want(http.StatusOK)
	c.call("GET", "/v1/settings/logo/96", nil).want(http.StatusNotFound)
}
