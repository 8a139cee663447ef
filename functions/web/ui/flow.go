package ui

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// Step is a step of a wizard.
type Step struct {
	Label string
	Href  string // "" when it cannot be gone to yet
	State StepState
}

// StepState says how far a step is.
type StepState string

// The states of a step.
const (
	StepTodo    StepState = ""
	StepCurrent StepState = "current"
	StepDone    StepState = "done"
)

// Progress is long work on its way. With Poll the page asks for it again until an answer comes without Poll.
type Progress struct {
	ID     string // of its element
	Title  string
	State  Pill
	Done   int
	Total  int    // 0 while it is not known
	Rate   string // "1,200 a second"
	Left   string // "about 2 minutes left"
	Poll   string // address that answers with this element, or ""
	Then   string // address to go to once an answer comes without Poll, or ""
	Counts []Tile
	Cancel *Action
	Result []Action // when it is done: undo, error file, see what changed
}

// Tile is a number that leads somewhere: rows by fate, contacts by status.
type Tile struct {
	Label   string
	Count   string
	Href    string
	Tone    Tone
	Current bool
}

// Mapping is the table of an import that says what each column becomes.
type Mapping struct {
	Label   string // of the table, for screen readers
	Heads   []string
	Columns []MappingColumn
}

// MappingColumn is one column of the file.
type MappingColumn struct {
	Header  string
	Samples []string // the first values
	Fields  []Field  // what it becomes, how it is merged
	Note    string
	Ignored bool
}

// Day is a day of a history.
type Day struct {
	Label   string
	Entries []Entry
}

// Entry is something that happened, as a sentence.
type Entry struct {
	Time    string
	Moment  string // machine-readable: RFC 3339
	Actor   string
	Icon    string
	Text    string // "changed the phone"
	Subject *Link  // of whom or what, where the history is not one record's own
	Changes []Change
	Quote   string  // words somebody wrote
	Note    string  // "in the import members.xlsx"
	NoteTo  string  // where that is, "" when nowhere
	Revert  *Action // take it back
}

// Change is one field of an entry. From or To is "" where there was or is nothing.
type Change struct {
	Field, From, To string
}

// Comparison is two versions of a record side by side, to choose from field by field.
type Comparison struct {
	Text   string   // what happened
	Theirs string   // head of the stored version's column; "" says "Now stored"
	Yours  string   // head of the typed version's column; "" says "What you typed"
	Rows   []Differ // fields that differ
}

// Differ is one field of a comparison: a radio pair named Name, values "theirs" and "yours".
type Differ struct {
	Name, Label   string
	Theirs, Yours string
	TakeTheirs    bool // preselected; else yours
}

// Suggestion is a line below the global box.
type Suggestion struct {
	Title   string
	Sub     string
	Href    string
	Preview string // address of the quick view, or ""
	Company bool
	Icon    string // in place of a face: of what is no record
}

// PanelView is the quick view of a record.
type PanelView struct {
	Person  Person
	Pills   []Pill
	Blocks  []Block
	More    []templ.Component // below them
	Actions []Action          // the first is the primary one
}

// Matches are the likely duplicates beside a form.
type Matches struct {
	Form  string   // its id
	IDs   []string // of all there are: the form tells that they were seen
	Shown []Match
}

// SeenName is the name under which a form tells which likely duplicates stood beside it.
const SeenName = "_seen"

// Match is a likely duplicate beside a form.
type Match struct {
	Person  Person
	Reasons []string
	Use     Action // "use this one"
}

// sentence says what became of the field.
func (c Change) sentence(p *i18n.Printer) string {
	switch {
	case c.From == "":
		return p.T("history.set", "field", c.Field, "to", c.To)
	case c.To == "":
		return p.T("history.cleared", "field", c.Field, "from", c.From)
	}
	return p.T("history.changed", "field", c.Field, "from", c.From, "to", c.To)
}

// percent is how much is done.
func (g Progress) percent() int {
	if g.Total <= 0 {
		return 0
	}
	return min(100, g.Done*100/g.Total)
}

func polls(g Progress) templ.Attributes {
	a := templ.Attributes{}
	if g.Poll != "" {
		a["data-poll"] = g.Poll
	}
	if g.Then != "" {
		a["data-then"] = g.Then
	}
	return a
}

func stepNote(p *i18n.Printer, n, total int) string {
	return p.T("steps.step", "n", n, "total", total)
}

func currentStep(s StepState) templ.Attributes {
	if s != StepCurrent {
		return nil
	}
	return templ.Attributes{"aria-current": "step"}
}

func suggestionsSaid(p *i18n.Printer, q string, found []Suggestion) string {
	if len(found) == 0 {
		return p.T("search.none", "q", q)
	}
	return p.N("search.found", len(found))
}

func escapeQuery(q string) string { return url.QueryEscape(q) }

func checkClass(t Tone) string {
	switch t {
	case Bad:
		return "field-error"
	case Good:
		return "field-good"
	}
	return "field-warning"
}

// sorterLong is how many there may be before they are searched.
const sorterLong = 12

// Sorter is a list to choose from and to bring in order: the columns of a table. It sends Name once for each chosen
// value, in order. Without script the buttons UpName and DownName send the form, and Moved gives the new order.
type Sorter struct {
	Base
	Items []SortItem
}

// SortItem is a value of a Sorter.
type SortItem struct {
	Value, Label string
	On           bool
	Fixed        bool // always there: cannot be unticked
}

// Names of the buttons of a Sorter; their value is the item's.
const (
	UpName   = "_up"
	DownName = "_down"
)

// Field makes the markup.
func (f Sorter) Field(p *i18n.Printer) templ.Component { return sorterField(p, f) }

// Moved gives the order that the buttons of a Sorter ask for: order, with one value moved by one place. moved says that
// a button was used.
func Moved(values url.Values, order []string) (result []string, moved bool) {
	result = slices.Clone(order)
	for name, step := range map[string]int{UpName: -1, DownName: 1} {
		at := slices.Index(result, values.Get(name))
		if at < 0 {
			continue
		}
		moved = true
		if to := at + step; to >= 0 && to < len(result) {
			result[at], result[to] = result[to], result[at]
		}
	}
	return result, moved
}

// Chart is a set of counts as horizontal bars, each a link into the list.
type Chart struct {
	ID    string
	Title string
	Items []FacetItem // Share is of the largest
	Total string      // beside the title, or ""
	More  *Link       // shows the bars that are left out
	Note  string      // below the bars, or ""
	Table *ChartTable // the same as numbers, behind a toggle
}

// ChartTable is a chart as a table.
type ChartTable struct {
	Toggle              string // what opens it
	Value, Count, Share string // heads of its columns
	Rows                []FacetItem
}

// Trouble is the page shown when something cannot be had.
type Trouble struct {
	Title   string
	Text    string
	Request string // id of the request, in small print, or ""
	Actions []Action
}
