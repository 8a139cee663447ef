package file_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
)

const (
	wordMain  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	sheetMain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	slideMain = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	slideType = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)

// entry is one entry of an archive.
type entry struct{ name, text string }

func types(main, part string, more ...string) entry {
	return entry{"[Content_Types].xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/` + part + `" ContentType="` + main + `"/>` + strings.Join(more, "") + `</Types>`}
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.text == "" {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, e.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func word(t testing.TB, more ...entry) []byte {
	return archive(t, append([]entry{types(wordMain, "word/document.xml"), {"_rels/.rels", "<Relationships/>"},
		{"word/document.xml", "<w:document/>"}}, more...)...)
}

func jpg(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pic(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	img.Set(3, 4, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdf = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"

func judge(data []byte) (string, error) {
	form, err := file.Judge(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	return form.Media, nil
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "file" {
		return err.Error()
	}
	return f.Fields[0].Code
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"PDF":                                    {[]byte(pdf), "application/pdf"},
		"PDF behind an empty line":               {[]byte("\ufeff\r\n" + pdf), "application/pdf"},
		"PDF with something behind":              {[]byte(pdf + strings.Repeat("\x00", 5000)), "application/pdf"},
		"JPEG":                                   {jpg(t), "image/jpeg"},
		"PNG":                                    {pic(t), "image/png"},
		"Word":                                   {word(t), wordType},
		"Excel":                                  {archive(t, types(sheetMain, "xl/workbook.xml"), entry{"xl/workbook.xml", "<workbook/>"}), sheetType},
		"PowerPoint":                             {archive(t, types(slideMain, "ppt/presentation.xml"), entry{"ppt/presentation.xml", "<p/>"}), slideType},
		"parts in another case":                  {archive(t, types(wordMain, "WORD/Document.xml"), entry{`word\document.xml`, "<w/>"}), wordType},
		"media twenty times as big":              {word(t, entry{"word/media/a.bin", strings.Repeat("a", 4<<20)}), wordType},
		"an entry that climbs is none we unpack": {word(t, entry{"../../etc/passwd", "x"}), wordType},
	} {
		if got, err := judge(c.data); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestJudgeRefuses(t *testing.T) {
	var movie bytes.Buffer
	if err := gif.Encode(&movie, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.White}), nil); err != nil {
		t.Fatal(err)
	}
	whole := word(t)
	encrypted := bytes.Clone(whole)
	at := bytes.Index(encrypted, []byte("PK\x01\x02"))
	encrypted[at+8] |= 1
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(flipped, []byte("word/document.xml"))+len("word/document.xml")+1] ^= 0xff
	override := func(media string) string { return `<Override PartName="/x" ContentType="` + media + `"/>` }
	var many []entry
	for i := range 10_001 {
		many = append(many, entry{fmt.Sprint(i), ""})
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                 {nil, "file_empty"},
		"one byte":                {[]byte("%"), "file_type"},
		"text":                    {[]byte("name,mail\nann,ann@example.org\n"), "file_type"},
		"HTML":                    {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "file_type"},
		"HTML before PDF":         {[]byte("<script>alert(1)</script>" + pdf), "file_type"},
		"SVG":                     {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "file_type"},
		"GIF":                     {movie.Bytes(), "file_type"},
		"old Word":                {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), "file_type"},
		"a program":               {append([]byte("MZ\x90\x00"), make([]byte, 600)...), "file_type"},
		"a script":                {[]byte("#!/bin/sh\nrm -rf /\n"), "file_type"},
		"a program before zip":    {append([]byte("MZ"), whole...), "file_type"},
		"PDF cut off":             {[]byte(pdf)[:60], "file_damaged"},
		"JPEG cut off":            {jpg(t)[:len(jpg(t))-20], "file_damaged"},
		"only the JPEG's mark":    {[]byte("\xff\xd8\xff\xd9"), "file_damaged"},
		"JPEG without header":     {[]byte("\xff\xd8\xff\xe0\x00\x02\xff\xd9"), "file_damaged"},
		"PNG cut off":             {pic(t)[:50], "file_damaged"},
		"only the PNG's mark":     {[]byte("\x89PNG\r\n\x1a\nIEND"), "file_damaged"},
		"zip":                     {archive(t, entry{"a.txt", "x"}), "file_type"},
		"empty zip":               {archive(t), "file_type"},
		"Java":                    {archive(t, entry{"META-INF/MANIFEST.MF", "x"}, entry{"A.class", "x"}), "file_type"},
		"OpenDocument":            {archive(t, entry{"mimetype", "application/vnd.oasis.opendocument.text"}, entry{"content.xml", "x"}), "file_type"},
		"zip cut off":             {whole[:len(whole)-30], "file_damaged"},
		"zip with a flipped byte": {flipped, "file_damaged"},
		"encrypted":               {encrypted, "file_encrypted"},
		"no main part":            {archive(t, types(wordMain, "word/document.xml")), "file_damaged"},
		"types without a main":    {archive(t, types("application/xml", "a.xml"), entry{"a.xml", "x"}), "file_type"},
		"types twice":             {archive(t, types(wordMain, "a.xml"), entry{"a.xml", "x"}, types(wordMain, "a.xml")), "file_damaged"},
		"types that are no XML":   {archive(t, entry{"[Content_Types].xml", "<Types><"}), "file_damaged"},
		"two documents in one":    {archive(t, types(wordMain, "a.xml", override(sheetMain)), entry{"a.xml", "x"}, entry{"x", "x"}), "file_type"},
		"template":                {archive(t, types("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "a.xml"), entry{"a.xml", "x"}), "file_type"},
		"macros by their type":    {archive(t, types("application/vnd.ms-word.document.macroEnabled.main+xml", "a.xml"), entry{"a.xml", "x"}), "file_macros"},
		"macros beside":           {word(t, entry{"word/vbaProject.bin", "x"}), "file_macros"},
		"macros in capitals":      {word(t, entry{"Word/VBAPROJECT.BIN", "x"}), "file_macros"},
		"too many entries":        {archive(t, append([]entry{types(wordMain, "a.xml"), {"a.xml", "x"}}, many...)...), "file_damaged"},
		"a directory of 5 MB":     {archive(t, types(wordMain, "a.xml"), entry{"a.xml", "x"}, entry{strings.Repeat("n", 60_000), "x"}), ""},
	} {
		if got, err := judge(c.data); refusal(err) != c.want {
			t.Errorf("%s: %q, %v, want %s", name, got, err, c.want)
		}
	}
}

// bomb is a Word document with entries that unpack to a size each, whose bytes are in the file once.
func bomb(t testing.TB, entries int, unpacked int64, stated uint64) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(io.MultiWriter(w, sum), zeros{}, unpacked); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range []entry{types(wordMain, "word/document.xml"), {"word/document.xml", "<w/>"}} {
		w, _ := z.Create(e.name)
		_, _ = io.WriteString(w, e.text)
	}
	for i := range entries {
		w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("word/media/%d", i), Method: zip.Deflate, CRC32: sum.Sum32(),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: stated})
		if err == nil {
			_, err = w.Write(packed.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBombs unpacks what would fill any disk, in the memory of a small program.
func TestBombs(t *testing.T) {
	const mega = 1 << 20
	file.Unpacking(t, 20*mega)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"ten of 3 MB":              {bomb(t, 10, 3*mega, 3*mega), "file_unzips_too_large"},
		"one of 4 MB that says 10": {bomb(t, 1, 4*mega, 10), "file_damaged"},
		"one of 4 MB":              {bomb(t, 1, 4*mega, 4*mega), ""},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := judge(c.data)
		runtime.ReadMemStats(&after)
		if refusal(err) != c.want {
			t.Errorf("%s (%d bytes): %v", name, len(c.data), err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 8*mega {
			t.Errorf("%s: judged with %d MB", name, used/mega)
		}
	}
}

// TestDirectory states more entries than there are and lists more than fit.
func TestDirectory(t *testing.T) {
	var huge []entry
	for i := range 120 {
		huge = append(huge, entry{strings.Repeat("n", 60_000) + fmt.Sprint(i), ""})
	}
	data := archive(t, append([]entry{types(wordMain, "a.xml"), {"a.xml", "x"}}, huge...)...)
	if _, err := judge(data); refusal(err) != "file_damaged" {
		t.Errorf("a directory of 7 MB: %v", err)
	}
	data = word(t)
	end := len(data) - 22
	binary.LittleEndian.PutUint16(data[end+8:], 60_000)
	binary.LittleEndian.PutUint16(data[end+10:], 60_000)
	if _, err := judge(data); refusal(err) != "file_damaged" {
		t.Errorf("more entries than there are: %v", err)
	}
}

// failing fails to be read somewhere.
type failing struct {
	io.ReaderAt
	from int64
}

var errGone = errors.New("gone")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errGone
	}
	return f.ReaderAt.ReadAt(p, off)
}

// A store that does not answer says nothing of the document.
func TestJudgeUnread(t *testing.T) {
	noise := make([]byte, 30_000)
	for i := range noise {
		noise[i] = byte(i * i * i >> 7)
	}
	for name, data := range map[string][]byte{"PDF": []byte(pdf + strings.Repeat(" ", 2000)), "Word": word(t, entry{"big", string(noise)}),
		"PNG": append(pic(t), make([]byte, 3000)...), "JPEG": append(jpg(t), make([]byte, 3000)...)} {
		for _, from := range []int64{0, 1200, int64(len(data)) - 1} {
			_, err := file.Judge(failing{bytes.NewReader(data), from}, int64(len(data)))
			if !errors.Is(err, errGone) {
				t.Errorf("%s that fails at %d: %v", name, from, err)
			}
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte(pdf))
	f.Add(jpg(f))
	f.Add(pic(f))
	f.Add(word(f))
	f.Add(archive(f, types(sheetMain, "xl/workbook.xml"), entry{"xl/workbook.xml", "<workbook/>"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		media, err := judge(data)
		if err != nil {
			if r := refusal(err); !strings.HasPrefix(r, "file_") {
				t.Fatal(err)
			}
			return
		}
		begins := map[string]string{"application/pdf": "%PDF-", "image/jpeg": "\xff\xd8\xff", "image/png": "\x89PNG"}[media]
		if begins == "" {
			begins = "PK\x03\x04"
		}
		if at := bytes.Index(data, []byte(begins)); at < 0 || at > 100 || strings.Trim(string(data[:at]), "\ufeff \t\r\n") != "" {
			t.Errorf("%s begins with %q", media, data[:min(20, len(data))])
		}
	})
}
