package query

import (
	"strconv"
	"strings"
	"testing"
)

func TestWhatIsBeingTyped(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"j":                           "0 j",
		"jan ":                        "",
		"jan pee":                     "4 pee",
		"town:":                       "5 addresses.town: ",
		"town:Ge":                     "5 addresses.town:Ge",
		"TOWN:Ge":                     "5 addresses.town:Ge",
		"-town:Ge":                    "6 addresses.town:Ge",
		"-to":                         "1 to",
		"(jan OR town:Ge":             "13 addresses.town:Ge",
		"tag:a,b":                     "6 tags:b",
		"tag:a,":                      "6 tags: ",
		`tag:"Rode du`:                "4 tags:Rode du",
		`tag:a,"Rode du`:              "6 tags:Rode du",
		`tag:"Rode duivels" x`:        "19 x",
		`tag:"Rode duivels"`:          "",
		`"jan pee`:                    "",
		`"jan" pee`:                   "6 pee",
		"age>=1":                      "5 age>=1",
		"age=>1":                      "0 age=>1",
		"nothing:x":                   "0 nothing:x",
		"https://exa":                 "0 https://exa",
		"jan@exa":                     "0 jan@exa",
		"town:Gent)":                  "",
		"(town:Gent) ta":              "12 ta",
		"is:tr":                       "3 is:tr",
		",":                           "0 ,",
		"town:Gent,Aalst status:acti": "23 status:acti",
	} {
		typed, ok := Typing(text, contact)
		got := ""
		if ok {
			got = strconv.Itoa(typed.Start) + " " + typed.Field.Path + typed.Signs + typed.Word
			if typed.Field.Path != "" && typed.Word == "" {
				got += " "
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever is typed, what is found lies at the end of the text, and a completed value is read back as it was.
func FuzzTyping(f *testing.F) {
	for _, text := range []string{"jan", "town:Ge", `tag:a,"x y`, "-(to", `"`, "a:b:c", "tag:,,", "(((", "\xff town:\u200bG"} {
		f.Add(text, "Sint-Job in 't Goor")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		typed, ok := Typing(text, contact)
		if !ok {
			return
		}
		if typed.Start < 0 || typed.Start > 4*len(text) {
			t.Fatalf("%q begins at %d", text, typed.Start)
		}
		if typed.Field.Path == "" && typed.Word == "" {
			t.Fatalf("%q: nothing is typed", text)
		}
		if strings.TrimSpace(value) == "" {
			return
		}
		e, err := Parse("tag:"+Value(value), contact)
		if err != nil {
			return // nothing but spaces and control characters
		}
		if term, ok := e.(Term); ok && term.Op != Filled {
			if again := Value(term.Value); again != Value(value) {
				t.Fatalf("%q is written %s and then %s", value, Value(value), again)
			}
		}
	})
}
