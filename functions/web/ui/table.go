package ui

import (
	"maps"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// Column is a column of a table.
type Column struct {
	Label  string
	Sort   string // address that sorts by this column, or ""
	Sorted Order  // how the list is sorted by it now
	End    bool   // aligned to the end: numbers, dates
	Main   bool   // names the row
	Mid    bool   // only shown where there is some room
	Wide   bool   // only shown where there is much room
	Width  Width
}

// Order is the direction of a sort.
type Order string

// The orders, as aria-sort says them.
const (
	Unsorted   Order = ""
	Ascending  Order = "ascending"
	Descending Order = "descending"
)

// Width is how much room a column or a form field takes.
type Width string

// The widths.
const (
	AnyWidth Width = ""
	Narrow   Width = "narrow"
	Medium   Width = "medium"
	Full     Width = "full"
)

// Row is a row of a table.
type Row struct {
	ID      string // value of its tick box
	Name    string // what the row is called, for its tick box
	Href    string // what Enter and a click open
	Preview string // what Space shows in the quick view, or ""
	Cells   []templ.Component
	Ticked  bool
	Actions []Action // shown at the end of the row while it is pointed at
}

// Table is a list of records.
type Table struct {
	ID      string // id of its region; "results" for the main list of a page
	Label   string // what it lists, for screen readers
	Columns []Column
	Rows    []Row
	Bulk    *Bulk // with tick boxes
	Empty   Empty // shown when there are no rows
	Pager   *Pager
	Found   string // "1,284 contacts": said aloud after a search
}

// Bulk is what can be done with ticked rows. The form sends "id" for each ticked row, or all=1 with Query.
type Bulk struct {
	Actions []Action // by POST of the whole selection; Values are sent too
	Total   int      // of the whole result
	All     bool     // the whole result is selected
	AllHref string   // the same page with the whole result selected
	Clear   string   // the same page with nothing selected
	Keep    string   // takes "id" for each ticked row into the address: for paging without script
	Others  []string // ids ticked on other pages, kept in the address as sel=
	Values  []Value  // sent with every action: q and what else names the result
	Most    int      // that can be ticked one by one; 0: any number
}

// Pager is the foot of a table.
type Pager struct {
	From, To, Total int
	Previous, Next  string // addresses, or ""
	Pages           []Link // from Pages; an entry without label is a gap
	PerPage         PerPage
}

// Pages makes the links of a pager: first, last, and those around the current page (counted from 1).
func Pages(p *i18n.Printer, current, last int, href func(page int) string) []Link {
	if last < 2 {
		return nil
	}
	var links []Link
	before := 0
	for page := 1; page <= last; page++ {
		if page != 1 && page != last && (page < current-1 || page > current+1) {
			continue
		}
		if page-before > 1 {
			links = append(links, Link{})
		}
		links = append(links, Link{Label: p.Number(int64(page)), Href: href(page), Current: page == current})
		before = page
	}
	return links
}

// PerPage offers how many rows a page has. The choice is posted to PreferencesPath as "rows", since it is kept.
type PerPage struct {
	Current int
	Choices []int
	Back    string // address of the list, without a number of rows
}

func classOf(c Column) templ.Attributes {
	class := ""
	if c.End {
		class += " end"
	}
	if c.Mid {
		class += " mid"
	}
	if c.Wide {
		class += " wide"
	}
	if c.Main {
		class += " main"
	}
	if c.Width != "" {
		class += " width-" + string(c.Width)
	}
	if class == "" {
		return nil
	}
	return templ.Attributes{"class": class[1:]}
}

// cellOf is that of a cell of a column. Numbers say what they count where a row is a card without heads.
func cellOf(c Column) templ.Attributes {
	if !c.End {
		return classOf(c)
	}
	all := maps.Clone(classOf(c))
	all["data-label"] = c.Label
	return all
}

// ticked counts the selection as it is rendered.
func (t Table) ticked() int {
	if t.Bulk == nil {
		return 0
	}
	if t.Bulk.All {
		return t.Bulk.Total
	}
	n := len(t.Bulk.Others)
	for _, row := range t.Rows {
		if row.Ticked {
			n++
		}
	}
	return n
}

// fits tells whether an action is for as many rows as are ticked; as long as none is, nobody knows.
func (t Table) fits(a Action) bool {
	n := t.ticked()
	return a.From == 0 || n == 0 || !t.Bulk.All && n >= a.From && n <= a.To
}

// more tells whether some of the actions stand in the menu.
func (t Table) more() bool {
	return slices.ContainsFunc(t.Bulk.Actions, func(a Action) bool { return a.More })
}

func (t Table) form() string { return t.ID + "-bulk" }

func sortIcon(o Order) string {
	if o == Descending {
		return "sort-down"
	}
	return "sort-up"
}

func rangeText(p *i18n.Printer, pager Pager) string {
	return p.T("table.range", "from", pager.From, "to", pager.To, "total", pager.Total)
}

// countTemplates are the texts of "3 selected" for the script, which puts the number in.
func countTemplate(p *i18n.Printer, n int) string {
	text := p.N("table.selected", n)
	written := p.Number(int64(n))
	if len(text) > len(written) && text[:len(written)] == written {
		return "{n}" + text[len(written):]
	}
	return text
}

func itoa(n int) string { return strconv.Itoa(n) }

func rowActions(t Table) bool {
	for _, row := range t.Rows {
		if len(row.Actions) > 0 {
			return true
		}
	}
	return false
}

// focusable tells whether a keyboard gets into a table by what stands in it; otherwise the part that scrolls has to be a
// stop of its own.
func focusable(t Table) bool {
	return t.Bulk != nil || slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Href != "" || len(r.Actions) > 0 })
}

func relation(icon string) string {
	if icon == "chevron-left" {
		return "prev"
	}
	return "next"
}

func rowHooks(row Row) templ.Attributes {
	h := templ.Attributes{}
	if row.Preview != "" {
		h["data-preview"] = row.Preview
	}
	return h
}
