package note_test

import (
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/record/kindtest"
)

var kind = note.Kind()

func TestRules(t *testing.T) {
	files := strings.TrimSuffix(strings.Repeat(`"fil_1",`, 11), ",")
	kindtest.Rules(t, kind, map[string][]string{
		`{}`:             {"text required"},
		`{"text":"   "}`: {"text required"},
		`{"text":"` + strings.Repeat("é", 10000) + `","shared":true}`: nil,
		`{"text":"` + strings.Repeat("é", 10001) + `"}`:               {"text too_long"},
		`{"text":"a","files":["fil_1"]}`:                              nil,
		`{"text":"a","files":[` + files + `]}`:                        {"files too_many"},
		`{"text":"a","owner":"con_1"}`:                                {"owner read_only"},
		`{"text":"a","author":"usr_1"}`:                               {"author unknown_member"},
	})
}

func TestTitle(t *testing.T) {
	for text, want := range map[string]string{
		"Rang about the camp":                 "Rang about the camp",
		"Rang about the camp\\nWants to help": "Rang about the camp",
		strings.Repeat("é", 100):              strings.Repeat("é", 80) + "…",
		strings.Repeat("a", 79) + " bc":       strings.Repeat("a", 79) + "…",
	} {
		if n, _ := kindtest.Make[*note.Note](t, kind, `{"text":"`+text+`"}`); n.Title() != want {
			t.Errorf("%q is called %q", text, n.Title())
		}
	}
}
