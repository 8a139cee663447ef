package i18n

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/muster-crm/muster/shared/fault"
)

func TestCataloguesHaveTheSameKeys(t *testing.T) {
	for _, l := range Languages()[1:] {
		for _, key := range Keys() {
			if _, ok := catalogue(l)[key]; !ok {
				t.Errorf("%s lacks %q", l, key)
			}
		}
		for key := range catalogue(l) {
			if _, ok := catalogue(English)[key]; !ok {
				t.Errorf("%s has %q, English does not", l, key)
			}
		}
		if diff := cmp.Diff(areas(English), areas(l)); diff != "" {
			t.Errorf("files of %s: %s", l, diff)
		}
	}
}

// Two files of a language never define the same key: the later one would win silently.
func TestKeysStandInOneFile(t *testing.T) {
	for _, l := range Languages() {
		seen := map[string]string{}
		for _, area := range areas(l) {
			data, err := files.ReadFile("catalogue/" + string(l) + "/" + area)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range members(t, data) {
				if other, ok := seen[key]; ok {
					t.Errorf("%s: %q stands in %s and %s", l, key, other, area)
				}
				seen[key] = area
			}
		}
	}
}

// members lists the members of a JSON object, each as often as it stands there.
func members(t *testing.T, data []byte) (keys []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func TestTextsAgreeAcrossLanguages(t *testing.T) {
	for _, key := range Keys() {
		want := names(catalogue(English)[key])
		for _, l := range Languages() {
			m := catalogue(l)[key]
			if got := names(m); !slices.Equal(got, want) {
				t.Errorf("%s %q has arguments %v, English has %v", l, key, got, want)
			}
			_, plural := m["one"]
			if _, p := catalogue(English)[key]["one"]; p != plural {
				t.Errorf("%s %q: plural in one language, not in another", l, key)
			}
			_, zero := m["zero"]
			if _, z := catalogue(English)[key]["zero"]; z != zero {
				t.Errorf("%s %q: a text for none in one language, not in another", l, key)
			}
			for form, text := range m {
				if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
					t.Errorf("%s %q %s: empty or with blanks around", l, key, form)
				}
				if strings.Count(text, "{") != len(arguments(text)) || strings.Count(text, "}") != len(arguments(text)) {
					t.Errorf("%s %q %s: braces do not match", l, key, form)
				}
				if strings.ContainsAny(text, "'\"") {
					t.Errorf("%s %q %s: straight quotation mark in %q", l, key, form, text)
				}
			}
		}
	}
}

// names lists the arguments of all forms of a message. {n} may be left out of single forms ("one contact").
func names(m message) []string {
	all := map[string]bool{}
	for _, text := range m {
		for _, name := range arguments(text) {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func TestPluralFormsAreComplete(t *testing.T) {
	allowed := map[Language][]string{
		English: {"zero", "one", "other"}, Dutch: {"zero", "one", "other"},
		Spanish: {"zero", "one", "many", "other"}, French: {"zero", "one", "many", "other"},
	}
	for _, l := range Languages() {
		for key, m := range catalogue(l) {
			if _, ok := m["other"]; !ok {
				t.Errorf("%s %q lacks the form other", l, key)
			}
			if _, ok := m["one"]; !ok && len(m) > 1 {
				t.Errorf("%s %q lacks the form one", l, key)
			}
			for form := range m {
				if !slices.Contains(allowed[l], form) {
					t.Errorf("%s %q has the form %s, which the language does not know", l, key, form)
				}
			}
		}
	}
}

// The categories are those of CLDR. The tables of x/text are older than the category many of Spanish and French.
func TestCategoriesAreThoseOfCLDR(t *testing.T) {
	forms := map[plural.Form]string{plural.One: "one", plural.Many: "many", plural.Other: "other"}
	for _, l := range Languages() {
		tag := language.Make(string(l))
		for _, n := range []int{0, 1, 2, 3, 5, 10, 11, 21, 99, 100, 101, 999, 1000, 1001, 999_999, 1_000_001} {
			want := forms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
			if got := category(l, n); got != want {
				t.Errorf("%s %d: %s, want %s", l, n, got, want)
			}
		}
	}
	if got := category(French, 2_000_000); got != "many" {
		t.Errorf("two million in French: %s", got)
	}
	if got := category(Dutch, 2_000_000); got != "other" {
		t.Errorf("two million in Dutch: %s", got)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		header  string
		enabled []Language
		want    Language
	}{
		{"", nil, English},
		{"nl-BE,nl;q=0.9,en;q=0.8", nil, Dutch},
		{"de-DE, fr;q=0.7, es;q=0.9", nil, Spanish},
		{"de", nil, English},
		{"en;q=0, fr;q=0.1", nil, French},
		{"FR-ca", nil, French},
		{"*", []Language{Dutch, English}, Dutch},
		{"es, fr;q=0.5", []Language{Dutch, French}, French},
		{"es;q=abc, fr;q=0.2", nil, French},
		{"es;q=2, fr;q=0.2", nil, French},
		{"es ; q=0.3 , nl ; q=0.31", nil, Dutch},
		{";;;,,,=", nil, English},
	} {
		if got := Match(c.header, c.enabled...); got != c.want {
			t.Errorf("Match(%q, %v) = %s, want %s", c.header, c.enabled, got, c.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("nl-BE,nl;q=0.9")
	f.Add("*;q=0.0001")
	f.Fuzz(func(t *testing.T, header string) {
		if got := Match(header, Dutch, French); got != Dutch && got != French {
			t.Errorf("Match(%q) gave %q, which is not enabled", header, got)
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		language Language
		n        int64
		want     string
	}{
		{English, 0, "0"}, {English, 999, "999"}, {English, 1284, "1,284"}, {English, -1234567, "−1,234,567"},
		{Dutch, 1284, "1.284"}, {Dutch, 100000, "100.000"},
		{French, 1284, "1\u202f284"}, {French, 12345678, "12\u202f345\u202f678"},
		{Spanish, 1284, "1284"}, {Spanish, 12845, "12.845"},
		{English, -9223372036854775808, "−9,223,372,036,854,775,808"},
	} {
		if got := New(c.language, nil).Number(c.n); got != c.want {
			t.Errorf("%s %d = %q, want %q", c.language, c.n, got, c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	p := New(French, nil)
	for bytes, want := range map[int64]string{1: "1 octet", 812: "812 octets", 34_400: "34 Ko", 5_230_000: "5,2 Mo", 50_000_000: "50 Mo", 1_250_000_000: "1,3 Go"} {
		if got := p.Size(bytes); got != want {
			t.Errorf("Size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestPlurals(t *testing.T) {
	for _, c := range []struct {
		language Language
		n        int
		want     string
	}{
		{English, 0, "No contacts"}, {English, 1, "1 contact"}, {English, 1284, "1,284 contacts"},
		{French, 0, "Aucun contact"}, {French, 1, "1 contact"}, {French, 2, "2 contacts"},
		{Dutch, 2, "2 contacten"}, {Spanish, 1284, "1284 contactos"},
	} {
		if got := New(c.language, nil).N("count.contacts", c.n); got != c.want {
			t.Errorf("%s %d = %q, want %q", c.language, c.n, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC) // half past midnight on the 21st in Brussels
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	type texts struct{ Short, Long, Moment, Heading, Relative string }
	got := map[Language]texts{}
	for _, l := range Languages() {
		p := New(l, brussels)
		got[l] = texts{p.Day(at), p.LongDate(at.In(brussels)), p.Moment(at), p.DayHeading(at, now.AddDate(0, 0, 3)), p.Relative(at, now.AddDate(0, 0, 3))}
	}
	want := map[Language]texts{
		English: {"21/11/2026", "21 November 2026", "21 November 2026, 00:30", "Saturday 21 November 2026", "3 days ago"},
		Spanish: {"21/11/2026", "21 de noviembre de 2026", "21 de noviembre de 2026, 00:30", "Sábado, 21 de noviembre de 2026", "hace 3 días"},
		Dutch:   {"21-11-2026", "21 november 2026", "21 november 2026, 00:30", "Zaterdag 21 november 2026", "3 dagen geleden"},
		French:  {"21/11/2026", "21 novembre 2026", "21 novembre 2026 à 00:30", "Samedi 21 novembre 2026", "il y a 3 jours"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := New(French, nil).Date("2026-01-01"); got != "01/01/2026" {
		t.Errorf("date of the API: %s", got)
	}
	if got := New(French, nil).LongDate(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); got != "1er janvier 2026" {
		t.Errorf("first of January: %s", got)
	}
	if got := New(Dutch, nil).Date("someday"); got != "someday" {
		t.Errorf("no date: %s", got)
	}
}

func TestRelative(t *testing.T) {
	p := New(English, nil)
	now := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"}, {59 * time.Second, "just now"}, {-30 * time.Second, "just now"},
		{time.Minute, "1 minute ago"}, {59 * time.Minute, "59 minutes ago"}, {-2 * time.Minute, "in 2 minutes"},
		{2 * time.Hour, "2 hours ago"}, {13 * time.Hour, "13 hours ago"}, {15 * time.Hour, "yesterday"},
		{-12 * time.Hour, "tomorrow"}, {72 * time.Hour, "3 days ago"}, {-72 * time.Hour, "in 3 days"},
		{40 * 24 * time.Hour, "12 October 2026"},
	} {
		if got := p.Relative(now.Add(-c.ago), now); got != c.want {
			t.Errorf("%s ago = %q, want %q", c.ago, got, c.want)
		}
	}
	if got := p.DayHeading(now.Add(-15*time.Hour), now); got != "Yesterday" {
		t.Errorf("heading: %s", got)
	}
}

func TestDuration(t *testing.T) {
	p := New(Dutch, nil)
	for d, want := range map[time.Duration]string{
		0: "0 seconden", 500 * time.Millisecond: "1 seconde", 59 * time.Second: "59 seconden", 61 * time.Second: "2 minuten",
		59*time.Minute + time.Second: "1 uur", 47 * time.Hour: "47 uur", 49 * time.Hour: "3 dagen",
	} {
		if got := p.Duration(d); got != want {
			t.Errorf("Duration(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for _, c := range []struct {
		language Language
		items    []string
		want     string
	}{
		{English, nil, ""}, {English, []string{"Ann"}, "Ann"}, {English, []string{"Ann", "Bob", "Cis"}, "Ann, Bob and Cis"},
		{Spanish, []string{"Ana", "Inés"}, "Ana e Inés"}, {Spanish, []string{"oro", "hierro"}, "oro y hierro"},
		{Spanish, []string{"padre", "hija"}, "padre e hija"}, {French, []string{"a", "b"}, "a et b"},
	} {
		if got := New(c.language, nil).List(c.items); got != c.want {
			t.Errorf("%s %v = %q, want %q", c.language, c.items, got, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	p := New(English, nil)
	for _, c := range []struct {
		f    *fault.Fault
		want string
	}{
		{nil, ""},
		{fault.New(fault.NotFound, "not_found"), p.T("fault.not_found")},
		{fault.New(fault.Conflict, "never_heard_of"), p.T("fault.conflict")},
		{fault.New(fault.Invalid, "too_long"), p.T("fault.invalid")}, // its argument is missing
		{fault.New(fault.Invalid, "too_long", "max", "100"), "At most 100 characters."},
		{fault.New(fault.Invalid, "too_long", "max", "4000"), "At most 4,000 characters."},
		{fault.New(fault.Invalid, "date_too_early", "min", "1900-02-01"), "This date is before 01/02/1900."},
		{fault.New(fault.Invalid, "unknown_field", "word", "2000"), "There is no field “2000”."},
		{fault.Wrap(fault.Internal, "internal", os.ErrNotExist), p.T("fault.internal")},
	} {
		if got := p.Fault(c.f); got != c.want {
			t.Errorf("%v = %q, want %q", c.f, got, c.want)
		}
	}
	for _, k := range fault.Kinds() {
		if !p.Has("fault." + k.String()) {
			t.Errorf("no sentence for the kind %s", k)
		}
	}
	if got := p.Field(fault.At("lastName", "too_long", "max", "100")); got != "At most 100 characters." {
		t.Errorf("field: %q", got)
	}
	if got := p.Field(fault.At("lastName", "never_heard_of")); got != p.T("fault.field") {
		t.Errorf("unknown code: %q", got)
	}
}

func TestMissingTextsAndArgumentsPanicInTests(t *testing.T) {
	for name, f := range map[string]func(){
		"key":      func() { New(English, nil).T("no.such.key") },
		"plural":   func() { New(English, nil).N("no.such.key", 2) },
		"argument": func() { New(English, nil).T("shell.signedInAs") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a missing %s went unnoticed", name)
				}
			}()
			f()
		}()
	}
}

func TestSpell(t *testing.T) {
	for key, want := range map[string]string{"field.contact.lastName": "Last name", "too_long": "Too long", "": "", "élan": "Élan"} {
		if got := Spell(key); got != want {
			t.Errorf("Spell(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestCollation(t *testing.T) {
	sorted := func(l Language, words ...string) []string {
		p := New(l, nil)
		slices.SortFunc(words, func(a, b string) int { return strings.Compare(p.CollationKey(a), p.CollationKey(b)) })
		return words
	}
	for _, c := range []struct {
		language Language
		words    []string
	}{
		{French, []string{"cote", "Cote", "côte", "cotes", "œuf", "zéro"}},
		{Spanish, []string{"nube", "Núñez", "nutria", "ñandú", "oso"}},
		{Dutch, []string{"Åland", "Belgie", "België", "Belgien", "IJsland", "Ivoorkust"}},
		{English, []string{"de Vries", "De Vries", "Devries"}},
	} {
		shuffled := slices.Clone(c.words)
		slices.Reverse(shuffled)
		if diff := cmp.Diff(c.words, sorted(c.language, shuffled...)); diff != "" {
			t.Errorf("%s: %s", c.language, diff)
		}
	}
}

// Catalogue files are flat, sorted by area, and under 700 lines, so that a translator finds a text.
func TestFilesAreSmall(t *testing.T) {
	paths, err := filepath.Glob("catalogue/*/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), "\n"); n > 700 {
			t.Errorf("%s has %d lines", path, n)
		}
	}
}

func TestCountries(t *testing.T) {
	for _, l := range Languages() {
		p := New(l, nil)
		list := p.Countries()
		if len(list) != 249 {
			t.Errorf("%s: %d countries, ISO 3166-1 has 249", l, len(list))
		}
		sorted := slices.IsSortedFunc(list, func(a, b Country) int {
			return strings.Compare(p.CollationKey(a.Name), p.CollationKey(b.Name))
		})
		if !sorted {
			t.Errorf("%s: not in the order of the alphabet", l)
		}
	}
	if got := New(Dutch, nil).Country("BE"); got != "België" {
		t.Errorf("Country(BE) = %q", got)
	}
	if got := New(Dutch, nil).Country("QX"); got != "QX" {
		t.Errorf("Country(QX) = %q", got)
	}
}
