// Package ui is the design system of the pages: typed components in templ, one stylesheet, one script.
//
// A handler fills view models (Page, Table, Form, Block, ...) with texts and addresses and writes a component; it
// never writes markup or class names. View models know nothing of contacts or imports: labels and values come
// translated, and a component's own words ("Rows per page") come from the Printer it is given.
//
// Everything works without JavaScript: links, GET forms for filters, POST forms for changes, named submit buttons for
// adding and removing rows. The script only makes it quicker, driven by data- attributes that the components write
// (js/*.js say which). The content security policy of Headers allows no inline script or style, so components use
// neither; an organisation's colour is a stylesheet of its own (AccentPath).
//
// Field names are the paths of fault.Field ("emails[1].address"), so a refusal finds its field by name.
package ui

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

//go:generate go tool templ generate

// Addresses the frame itself links to; package web/app serves them.
const (
	SearchPath      = "/search"      // GET ?q=: the global box without script, or "all results"
	SuggestPath     = "/suggest"     // GET ?q=: Suggestions
	PreferencesPath = "/preferences" // POST theme | language | rows, back
	SignOutPath     = "/sign-out"    // POST
)

// Names of the form values that components send beside their own fields.
const (
	KeyName     = "_key"     // the idempotency key of a rendered form
	VersionName = "_version" // the version a form was opened at
	AddName     = "_add"     // "emails": add a row to a repeated group
	RemoveName  = "_remove"  // "emails[1]": remove that row
	NewIndex    = "__i__"    // index in the names of Repeat.New
	FindName    = "_find"    // "members[0].contact": look for what is typed in a Ref
	FindPrefix  = "find:"    // before the name of a Ref: what is typed
	PickPrefix  = "pick:"    // before the name of a Ref: the choice among what was found
)

// Tone is the meaning of a colour.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Accent  Tone = "accent"
	Good    Tone = "good"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	Info    Tone = "info"
)

// Link leads somewhere.
type Link struct {
	Label   string
	Href    string
	Icon    string // a name of Icons, or ""
	Key     string // keyboard shortcut: "n", "e", "g c"
	Current bool
	Count   string // a number beside the label, as text
}

// Value is a hidden form value.
type Value struct{ Name, Value string }

// Action is something to do: a link, or with Post a form of one button.
type Action struct {
	Label   string
	Href    string
	Icon    string
	Key     string  // keyboard shortcut
	Post    bool    // send Values by POST
	Values  []Value // with Post
	Danger  bool
	Dialog  string // id of a Dialog that opens instead, where there is script
	Preview bool   // open Href in the quick view panel, where there is script
	Into    string // id of the region that the answer replaces, where there is script
	Of      string // what it is about, where several actions have one label; read aloud behind it
	From    int    // beside a selection: for so many ticked rows at least, and at most To; 0: any number
	To      int
	More    bool // beside a selection: in the menu behind the others
}

// Field is one entry of a form: Text, Area, Select, Choice, Choices, Toggle, Pick, Date, File, Ref, Row, Section,
// Repeat, Fixed or Part.
type Field interface {
	Field(p *i18n.Printer) templ.Component
}

// Partial reports whether the script asks for a part of a page: the frame may then be left out of the answer, as long
// as the elements it replaces are in it. An answer that depends on it says Vary: Muster-Partial.
func Partial(r *http.Request) bool { return r.Header.Get("Muster-Partial") != "" }

// Part makes a Field of any component.
type Part struct{ Body templ.Component }

// Field gives the component.
func (f Part) Field(*i18n.Printer) templ.Component { return f.Body }

// ID makes the id of a form field's element from its name: "emails[1].address" is at "f-emails-1-address".
func ID(name string) string {
	var b strings.Builder
	b.WriteString("f-")
	dash := false
	for _, r := range name {
		if r == '_' || (r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))) {
			if dash {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
			continue
		}
		dash = b.Len() > 2
	}
	return b.String()
}

// Initials gives the letters of an avatar: first letters of the first and last word.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' })
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return upperFirst(words[0])
	}
	return upperFirst(words[0]) + upperFirst(words[len(words)-1])
}

func upperFirst(word string) string {
	for _, r := range word {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// hue picks one of the eight colours of avatars by name.
func hue(name string) string {
	var sum uint32
	for _, b := range []byte(name) {
		sum = sum*31 + uint32(b)
	}
	return "hue-" + string(rune('0'+sum%8))
}
