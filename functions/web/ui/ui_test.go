package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/muster-crm/muster/shared/i18n"
)

func get(t *testing.T, h http.Handler, address string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Every page of the gallery, in every language: whole documents without inline script or style, with one first-level
// heading, no id twice, every label and description leading somewhere, every icon and class known.
func TestGalleryPagesAreSound(t *testing.T) {
	styles := string(bundle()["app.css"].body)
	for _, l := range i18n.Languages() {
		for _, path := range galleryPages {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			w := get(t, gallery().mux, path+sep+"lang="+string(l))
			doc, err := html.Parse(w.Body)
			if w.Code != http.StatusOK || err != nil {
				t.Fatalf("%s: %d %v", path, w.Code, err)
			}
			for _, mistake := range mistakes(doc, styles) {
				t.Errorf("%s %s: %s", l, path, mistake)
			}
		}
	}
}

// mistakes lists what is wrong with a page.
func mistakes(doc *html.Node, styles string) (found []string) {
	ids, names := map[string]int{}, 0
	var references []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if n.Data == "h1" {
				names++
			}
			if n.Data == "style" || (n.Data == "script" && n.FirstChild != nil) {
				found = append(found, "inline "+n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "style", strings.HasPrefix(a.Key, "on"):
					found = append(found, "attribute "+a.Key+" on "+n.Data)
				case a.Key == "for", a.Key == "form", a.Key == "list", strings.HasPrefix(a.Key, "aria-labelledby"), a.Key == "aria-describedby":
					references = append(references, strings.Fields(a.Val)...)
				case a.Key == "class":
					for _, class := range strings.Fields(a.Val) {
						if !strings.Contains(styles, "."+class) && !plainClass[class] {
							found = append(found, "class "+class+" has no style")
						}
					}
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if names != 1 {
		found = append(found, "headings of the first level: "+itoa(names))
	}
	for id, n := range ids {
		if n > 1 {
			found = append(found, "id twice: "+id)
		}
	}
	for _, id := range references {
		if ids[id] == 0 {
			found = append(found, "reference to nothing: "+id)
		}
	}
	return found
}

// plainClass lists classes that carry meaning for tests and scripts but no style of their own.
var plainClass = map[string]bool{"bulk-clear": true, "step-": true}

// The catalogues' words for the keys of the frame are there in each language; a missing one would panic above.
func TestFormNamesAndIDs(t *testing.T) {
	for name, want := range map[string]string{"emails[1].address": "f-emails-1-address", "lastName": "f-lastName", "emails[__i__].kind": "f-emails-__i__-kind", "custom.größe": "f-custom-gr-e"} {
		if got := ID(name); got != want {
			t.Errorf("ID(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Greet Peeters": "GP", "Zoë Van den Broeck": "ZB", "madonna": "M", "": "?", "  ": "?", "Łukasz  (Łuk) Żak": "ŁŻ", "O'Brien": "O"} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	p := i18n.New(i18n.English, nil)
	for _, c := range []struct {
		current, last int
		want          string
	}{
		{1, 1, ""}, {1, 2, "[1] 2"}, {1, 26, "[1] 2 … 26"}, {3, 26, "1 2 [3] 4 … 26"}, {4, 7, "1 … 3 [4] 5 … 7"}, {26, 26, "1 … 25 [26]"}, {2, 3, "1 [2] 3"},
	} {
		var parts []string
		for _, l := range Pages(p, c.current, c.last, func(int) string { return "/" }) {
			switch {
			case l.Label == "":
				parts = append(parts, "…")
			case l.Current:
				parts = append(parts, "["+l.Label+"]")
			default:
				parts = append(parts, l.Label)
			}
		}
		if got := strings.Join(parts, " "); got != c.want {
			t.Errorf("page %d of %d: %q, want %q", c.current, c.last, got, c.want)
		}
	}
}

func TestRepeatedRows(t *testing.T) {
	posted := url.Values{"emails[0].kind": {"work"}, "emails[2].address": {"a@example.org"}, "emails[2].kind": {"other"}, "emails[x].kind": {""}, "emails[99999999].kind": {""}, "emails[-1].kind": {""}, "phones[5].number": {"1"}}
	if diff := cmp.Diff([]int{0, 2}, Indexes(posted, "emails")); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		name, value string
		rows        []int
		changed     bool
	}{
		{AddName, "emails", []int{0, 2, 3}, true}, {RemoveName, "emails[0]", []int{2}, true}, {RemoveName, "emails[7]", []int{0, 2}, true},
		{RemoveName, "phones[5]", []int{0, 2}, false}, {AddName, "phones", []int{0, 2}, false}, {RemoveName, "emails[", []int{0, 2}, false},
	} {
		values := url.Values{c.name: {c.value}}
		for k, v := range posted {
			values[k] = v
		}
		rows, changed := Rows(values, "emails")
		if diff := cmp.Diff(c.rows, rows); diff != "" || changed != c.changed {
			t.Errorf("%s=%s: changed %v %s", c.name, c.value, changed, diff)
		}
	}
	if rows, _ := Rows(url.Values{AddName: {"emails"}}, "emails"); !cmp.Equal(rows, []int{0}) {
		t.Errorf("first row: %v", rows)
	}
}

func TestMoved(t *testing.T) {
	order := []string{"a", "b", "c"}
	for _, c := range []struct {
		name, value, want string
		moved             bool
	}{{UpName, "b", "b a c", true}, {DownName, "b", "a c b", true}, {UpName, "a", "a b c", true}, {DownName, "c", "a b c", true}, {UpName, "z", "a b c", false}} {
		got, moved := Moved(url.Values{c.name: {c.value}}, order)
		if strings.Join(got, " ") != c.want || moved != c.moved {
			t.Errorf("%s %s: %v %v", c.name, c.value, got, moved)
		}
	}
}

func TestAssets(t *testing.T) {
	h := Assets()
	for _, name := range []string{"app.css", "app.js", "icon.svg"} {
		w := get(t, h, AssetPath(name))
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Cache-Control"))
		}
		packed := get(t, h, AssetPath(name), "Accept-Encoding", "gzip, br")
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(plain, w.Body.Bytes()) {
			t.Errorf("%s: differs when compressed (%v)", name, err)
		}
		if again := get(t, h, AssetPath(name), "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: asked again: %d", name, again.Code)
		}
	}
	old := get(t, h, AssetsPath+"app.0000.css")
	if old.Code != http.StatusOK || old.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("another version's address: %d %s", old.Code, old.Header().Get("Cache-Control"))
	}
	for _, path := range []string{"app.css", "nothing.1234.css", "../ui.go", "accent-zzzzzz.1.css", "accent-.1.css", "a/b.1.css", ""} {
		if w := get(t, h, AssetsPath+path); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", path, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, AssetPath("app.css"), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// What a first visit to a full list sends stays below 100 KB.
func TestWeight(t *testing.T) {
	pack := func(data []byte) int {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = w.Write(data)
		_ = w.Close()
		return b.Len()
	}
	page := get(t, gallery().mux, "/contacts").Body.Bytes()
	css, js := bundle()["app.css"], bundle()["app.js"]
	total := pack(page) + len(css.gzipped()) + len(js.gzipped())
	t.Logf("page %d (%d), style %d (%d), script %d (%d): %d bytes compressed (plain in brackets)", pack(page), len(page), len(css.gzipped()), len(css.body), len(js.gzipped()), len(js.body), total)
	if total > 100_000 {
		t.Errorf("%d bytes", total)
	}
}

// Whatever colour an organisation chooses, words in it are readable on a page, on a tint of it, and on a button.
func TestAccentIsReadable(t *testing.T) {
	set := regexp.MustCompile(`--accent:#([0-9a-f]{6});--on-accent:#([0-9a-f]{6})`)
	for _, colour := range []string{"#ffffff", "#000000", "#ffff00", "#00ff00", "#ff0000", "#0000ff", "#b4540a", "#3552c4", "#777777", "#f5a3c7"} {
		c, ok := parseColour(colour)
		if !ok {
			t.Fatal(colour)
		}
		sets := set.FindAllStringSubmatch(accentCSS(c), -1)
		if len(sets) != 3 {
			t.Fatalf("%s: %s", colour, accentCSS(c))
		}
		for i, ground := range []rgb{white, darkSheet} {
			accent, _ := parseColour(sets[i][1])
			on, _ := parseColour(sets[i][2])
			if got := contrast(accent, ground); got < 4.5 {
				t.Errorf("%s: text %.2f", colour, got)
			}
			if got := contrast(accent, ground.mix(accent, 0.12)); got < 4.5 {
				t.Errorf("%s: text on its tint %.2f", colour, got)
			}
			if got := contrast(accent, on); got < 4.5 {
				t.Errorf("%s: text on a button %.2f", colour, got)
			}
		}
	}
	for _, no := range []string{"", "red", "#12345", "#1234567", "#gggggg", "1;}body{"} {
		if path := AccentPath(no); path != "" {
			t.Errorf("AccentPath(%q) = %q", no, path)
		}
	}
	if w := get(t, Assets(), AccentPath("#b4540a")); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("accent: %d %s", w.Code, w.Header())
	}
}

// An address that is no web address never becomes a link.
func TestHostileAddresses(t *testing.T) {
	var b bytes.Buffer
	if err := Do(Action{Label: `<script>alert(1)</script>`, Href: "javascript:alert(1)"}, "button").Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if out := b.String(); strings.Contains(out, "javascript:") || strings.Contains(out, "<script>") {
		t.Error(out)
	}
}

// Sources stay readable: no file of this package, its style or its script is longer than 700 lines.
func TestSourcesAreShort(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if n := bytes.Count(data, []byte("\n")); n > 700 {
			t.Errorf("%s has %d lines", path, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A list of 50 contacts with everything on it.
func BenchmarkListPage(b *testing.B) {
	h := gallery().mux
	r := httptest.NewRequest(http.MethodGet, "/contacts", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
