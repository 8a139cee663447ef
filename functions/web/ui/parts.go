package ui

import (
	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// Face is a person or company shown by photo or initials.
type Face struct {
	Name    string
	Photo   string // address of the picture, or ""
	Large   bool
	Company bool
	Href    string // leads to where the picture is changed, with Label
	Label   string // of that link
}

// Pill is a short coloured word: a status, a type.
type Pill struct {
	Label string
	Tone  Tone
	Dot   bool // with a dot before the word, for states
	Href  string
}

// Person is the main cell of a list of people and the head of a quick view.
type Person struct {
	Face
	Href   string
	Sub    string // below the name: number, company
	Detail string // beside the name, small: "12 years"
	Marks  []Link // icons behind the name: in a family
}

// Header is the head of a page's content.
type Header struct {
	Title   string
	Sub     string
	Face    *Face
	Pills   []Pill
	Tags    []Link
	TagEdit *Action         // opens TagForm in the place of the tags
	TagForm templ.Component // the tags being edited
	Primary *Action
	Others  []Action // beside the primary one
	Menu    []Action // under "more"
	Near    *Near    // who belongs to it
	Meta    string   // a quiet line: "last changed by Ann, 3 days ago"
}

// Near are those who belong to a record: relatives.
type Near struct {
	Icon  string
	Label string
	Links []Link
}

// Empty says what is not here and what to do next.
type Empty struct {
	Icon    string
	Title   string
	Text    string
	Actions []Action // the first is the primary one
}

// Alert is a message inside a page.
type Alert struct {
	Tone    Tone
	Title   string
	Text    string
	Items   []Link // listed below; an item without Href is plain text
	Actions []Action
}

// Block is a titled set of facts about a record, edited in place.
type Block struct {
	ID      string // id of its element, the Into of its edit action
	Title   string
	Edit    *Action
	Items   []Item // filled ones only; empty fields are hidden until edit
	Empty   string // said when there are no items
	Body    templ.Component
	Actions []Action // below the facts
}

// Item is one fact: a label and its value or values.
type Item struct {
	ID     string // of its element, the Into of its edit action; "" where it has none
	Label  string
	Value  string
	Href   string // makes Value a link (mailto:, tel:, https:)
	Note   string // small, after the value: "work", "main"
	Body   templ.Component
	Masked bool    // only the last characters are shown
	Reveal *Action // with Masked, for those with the right
	Edit   *Action // edits it in its place
}

// Dialog asks before something leaves the house or cannot be taken back.
type Dialog struct {
	ID      string
	Title   string
	Text    string
	Body    templ.Component
	Confirm Action
}

// Tabs are links to the parts of a record or the views of a list.
type Tabs struct {
	Label string
	Items []Link
}

// known checks the name of an icon; a wrong one is a defect that the gallery test meets.
func known(icon string) string {
	if _, ok := icons[icon]; !ok {
		panic("ui: no icon " + icon)
	}
	return icon
}

func tone(t Tone) Tone {
	if t == "" {
		return Neutral
	}
	return t
}

func firstClass(i int) string {
	if i == 0 {
		return "button primary"
	}
	return "button"
}

func confirmClass(a Action) string {
	if a.Danger {
		return "button"
	}
	return "button primary"
}

// alertRole makes errors speak at once; other messages wait to be read.
func alertRole(t Tone) string {
	if t == Bad {
		return "alert"
	}
	return "note"
}

func alertWord(p *i18n.Printer, t Tone) string {
	switch t {
	case Good:
		return p.T("notice.success")
	case Warn:
		return p.T("notice.warning")
	case Bad:
		return p.T("notice.error")
	}
	return p.T("notice.info")
}

// about tells actions of one label apart for whoever hears them.
func about(a Action) templ.Attributes {
	if a.Of == "" {
		return nil
	}
	return templ.Attributes{"aria-label": a.Label + ": " + a.Of}
}

func itemID(i Item) templ.Attributes {
	if i.ID == "" {
		return nil
	}
	return templ.Attributes{"id": i.ID}
}
