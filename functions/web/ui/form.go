package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// Base is what every form field has.
type Base struct {
	Name     string // path as in fault.Field: "emails[1].address"
	Label    string
	Help     string // below the field
	Error    string // the sentence of a fault
	Warning  string // like Error, but the value is accepted
	Required bool   // marked in words
	ReadOnly bool
	Width    Width
	Check    string // address asked when the field is left (CheckNote answers), or ""
}

// Text is a line of text. Type is an input type: text (default), email, tel, url, number, password, search.
type Text struct {
	Base
	Value        string
	Type         string
	Mode         string // inputmode: numeric, decimal
	Autocomplete string // WHATWG autofill detail, "off" by default
	Placeholder  string
	Max          int // characters, 255 when 0
	Before       string
	After        string
	Options      []string // completions offered by the browser
	Alike        bool     // look for likely duplicates when it changes
}

// Area is text of several lines.
type Area struct {
	Base
	Value string
	Rows  int
	Max   int
}

// Option is a value to choose.
type Option struct {
	Value string
	Label string
	Help  string
	Group string // heading in a Select; options of a group stand together
}

// Select is a choice of one from a list. Empty is the label of "no value"; "" leaves that out.
type Select struct {
	Base
	Value   string
	Options []Option
	Empty   string
}

// Choice is a choice of one, all options in sight.
type Choice struct {
	Base
	Value   string
	Options []Option
}

// Choices is a choice of any number.
type Choices struct {
	Base
	Values  []string
	Options []Option
}

// Ref is a choice of another record, found by typing. Without script what is typed under FindPrefix+Name is looked for at
// the server: the button FindName sends the form, which is shown again with Choices under PickPrefix+Name. With script
// the address in Find completes what is typed (Found answers), and Name holds the id.
type Ref struct {
	Base
	Value    string // the id
	Title    string // what is in the field: the title of the record, or what was typed
	Find     string // address that completes, with what is typed as q
	Choices  []Option
	Searched bool // what is typed was looked for: without Choices nothing was found
}

// Toggle is one tick box; it sends "true". A hidden "false" before it makes an unticked box known to the handler.
type Toggle struct {
	Base
	On bool
}

// Pick is a radio button inside the rows of a Repeat: "this is the main one". It sends Group=Value.
type Pick struct {
	Base
	Group string
	Value string
	On    bool
}

// Date is a calendar date, 2026-11-21.
type Date struct {
	Base
	Value    string
	Min, Max string
	Alike    bool
}

// File is a file to send; the script lets it be dropped.
type File struct {
	Base
	Accept   string // ".csv,.xlsx"
	Types    string // the same for people: "Excel or CSV"
	MaxBytes int64
}

// Tokens is a list of short texts, separated by commas where there is no script.
type Tokens struct {
	Base
	Values  []string
	Options []string // completions
}

// Inline puts fields side by side where there is room.
type Inline struct{ Fields []Field }

// Section is a titled group of fields.
type Section struct {
	Title  string
	Help   string
	Fields []Field
}

// Repeat is a group of rows that can be added and removed: by the script, and without it through the submit buttons
// AddName and RemoveName, after which the handler shows the form again (Indexes and Rows help).
type Repeat struct {
	Base
	Item  string      // what one row is called: "E-mail"
	Rows  []RepeatRow // those that are there
	New   []Field     // fields of a new row, with NewIndex in their names
	Max   int         // rows at most
	Tall  bool        // a row takes several lines
	Quiet bool        // what is around it says its name already
	Add   string      // label of the button; "" says "Add another"
}

// RepeatRow is a row of a Repeat; Index is the number in its names.
type RepeatRow struct {
	Index  int
	Fields []Field
}

// Fixed shows a value that cannot be changed here.
type Fixed struct {
	Base
	Value string
}

// Form is the frame of a form. It posts, unless it only asks.
type Form struct {
	ID      string
	Action  string
	Key     string // idempotency key of this rendering
	Version string // version of the record as it was opened
	Fault   string // a sentence about the whole, or ""
	Errors  []FormError
	Fields  []Field
	Save    string // label; "" says Save
	Danger  bool
	Calm    bool   // another button of the page is its main one
	Cancel  string // address, or ""
	Others  []Action
	Upload  bool    // sends files
	Get     bool    // asks for a page: its values go into the address
	Guard   bool    // leaving with unsaved changes warns
	Into    string  // id of the region that the answer replaces, where there is script
	Alike   string  // address asked for likely duplicates as the form is filled (Alike answers), or ""
	Values  []Value // hidden
	Wide    bool    // section titles beside the fields
	Line    bool    // fields and button on one line where there is room
	Begin   bool    // all the page is about: typing begins in its first field
}

// FormError is a line of the summary above a form.
type FormError struct {
	Name  string // of the field
	Label string
	Text  string
}

// Field makes the markup of each kind.
func (f Text) Field(p *i18n.Printer) templ.Component    { return textField(p, f) }
func (f Area) Field(p *i18n.Printer) templ.Component    { return areaField(p, f) }
func (f Select) Field(p *i18n.Printer) templ.Component  { return selectField(p, f) }
func (f Choice) Field(p *i18n.Printer) templ.Component  { return choiceField(p, f) }
func (f Choices) Field(p *i18n.Printer) templ.Component { return choicesField(p, f) }
func (f Ref) Field(p *i18n.Printer) templ.Component     { return refField(p, f) }
func (f Toggle) Field(p *i18n.Printer) templ.Component  { return toggleField(p, f) }
func (f Pick) Field(p *i18n.Printer) templ.Component    { return pickField(p, f) }
func (f Date) Field(p *i18n.Printer) templ.Component    { return dateField(p, f) }
func (f File) Field(p *i18n.Printer) templ.Component    { return fileField(p, f) }
func (f Tokens) Field(p *i18n.Printer) templ.Component  { return tokensField(p, f) }
func (f Inline) Field(p *i18n.Printer) templ.Component  { return inlineFields(p, f) }
func (f Section) Field(p *i18n.Printer) templ.Component { return sectionFields(p, f) }
func (f Repeat) Field(p *i18n.Printer) templ.Component  { return repeatFields(p, f) }
func (f Fixed) Field(p *i18n.Printer) templ.Component   { return fixedField(p, f) }

func (b Base) id() string { return ID(b.Name) }

// attributes are those that tie an input to its help, error and check.
func (b Base) attributes() templ.Attributes {
	a := templ.Attributes{}
	var described []string
	if b.Error != "" {
		a["aria-invalid"] = "true"
		described = append(described, b.id()+"-error")
	}
	if b.Warning != "" {
		described = append(described, b.id()+"-warning")
	}
	if b.Help != "" {
		described = append(described, b.id()+"-help")
	}
	if len(described) > 0 {
		a["aria-describedby"] = strings.Join(described, " ")
	}
	if b.Required {
		a["aria-required"] = "true"
	}
	if b.ReadOnly {
		a["readonly"] = true
	}
	if b.Check != "" {
		a["data-check"] = b.Check
	}
	return a
}

func (b Base) class() string {
	class := "field"
	if b.Width != "" {
		class += " width-" + string(b.Width)
	}
	return class
}

func (f Text) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Text) more() templ.Attributes {
	a := f.attributes()
	a["autocomplete"] = "off"
	if f.Autocomplete != "" {
		a["autocomplete"] = f.Autocomplete
	}
	if f.Mode != "" {
		a["inputmode"] = f.Mode
	}
	if f.Placeholder != "" {
		a["placeholder"] = f.Placeholder
	}
	if len(f.Options) > 0 {
		a["list"] = f.id() + "-list"
	}
	if f.Alike {
		a["data-alike"] = true
	}
	if f.Type != "number" && f.Type != "datetime-local" {
		a["maxlength"] = strconv.Itoa(limit(f.Max, 255))
	}
	return a
}

func (f Area) more() templ.Attributes {
	a := f.attributes()
	a["rows"] = strconv.Itoa(limit(f.Rows, 4))
	if f.Max > 0 {
		a["maxlength"] = strconv.Itoa(f.Max)
	}
	return a
}

func (f Date) more() templ.Attributes {
	a := f.attributes()
	if f.Min != "" {
		a["min"] = f.Min
	}
	if f.Max != "" {
		a["max"] = f.Max
	}
	if f.Alike {
		a["data-alike"] = true
	}
	return a
}

func limit(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// groups splits options at their headings, keeping the order.
func groups(options []Option) [][]Option {
	var all [][]Option
	for i, o := range options {
		if i == 0 || o.Group != options[i-1].Group {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], o)
	}
	return all
}

func formHooks(f Form) templ.Attributes {
	a := templ.Attributes{}
	if f.Upload {
		a["enctype"] = "multipart/form-data"
	}
	if f.Guard {
		a["data-guard"] = true
	}
	if f.Begin {
		a["data-begin"] = true
	}
	if f.Into != "" {
		a["data-into"] = f.Into
	}
	if f.Alike != "" {
		a["data-alike-at"] = f.Alike
	}
	return a
}

func (f Form) method() string {
	if f.Get {
		return "get"
	}
	return "post"
}

func saveClass(f Form) string {
	switch {
	case f.Danger:
		return "button danger"
	case f.Calm:
		return "button"
	}
	return "button primary"
}

// saveKey gives the page's main form the shortcut s.
func saveKey(f Form) templ.Attributes {
	if f.Calm {
		return nil
	}
	return key("s")
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// maxIndex bounds the rows a posted form may name.
const maxIndex = 10_000

// Indexes lists the row numbers of a repeated group in a posted form, in order: emails[0].kind, emails[2].kind give
// 0 and 2.
func Indexes(values url.Values, name string) []int {
	var all []int
	for key := range values {
		rest, ok := strings.CutPrefix(key, name+"[")
		digits, _, closed := strings.Cut(rest, "]")
		n, err := strconv.Atoi(digits)
		if ok && closed && err == nil && n >= 0 && n < maxIndex && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

// Rows lists the row numbers a repeated group should show after its submit buttons: those posted, less the removed
// one, and one more when a row is added. changed says that one of the buttons was used, so that the form is to be
// shown again rather than saved.
func Rows(values url.Values, name string) (rows []int, changed bool) {
	rows = Indexes(values, name)
	if rest, ok := strings.CutPrefix(values.Get(RemoveName), name+"["); ok {
		n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
		if err == nil {
			rows = slices.DeleteFunc(rows, func(i int) bool { return i == n })
			changed = true
		}
	}
	if values.Get(AddName) == name {
		next := 0
		if len(rows) > 0 {
			next = rows[len(rows)-1] + 1
		}
		rows, changed = append(rows, next), true
	}
	return rows, changed
}

// rowLabel names a row for a screen reader; the script numbers new rows.
func rowLabel(p *i18n.Printer, f Repeat, number int) string {
	return p.T("form.row", "label", f.Item, "n", rowNumber(number))
}

func removeLabel(p *i18n.Printer, f Repeat, number int) string {
	return p.T("form.removeRow", "label", f.Item, "n", rowNumber(number))
}

func rowNumber(n int) string {
	if n == 0 {
		return "__n__"
	}
	return strconv.Itoa(n)
}

func tokensMore(f Tokens) templ.Attributes {
	a := f.attributes()
	if len(f.Options) > 0 {
		a["list"] = f.id() + "-list"
	}
	return a
}
