package ui

import (
	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// Filter is the line above a list: the query, its chips, and what else shapes the list.
type Filter struct {
	Action      string // address of the list
	Query       string // text of the query language
	Label       string // of the box, for screen readers; "" says Filter
	Placeholder string
	Hidden      []Value // sent along: sort, rows, columns
	Chips       []Chip
	Clear       string // address without any filter
	Keep        []Link // save what is asked
	Complete    string // address that completes what is typed, with the text up to the caret as q (Completions answers), or ""
	Error       *QueryError
	Tools       []Action // beside the box: advanced, columns, export
	Rail        *Link    // shows or hides the facet rail
}

// Chip is a part of the query that can be clicked away.
type Chip struct {
	Label  string
	Remove string // address of the list without it
}

// Completion is one way to go on: the text up to the caret with it, and how it is shown.
type Completion struct {
	Text  string
	Label string
	Help  string
	More  bool // something follows: it is completed further at once
}

// QueryError is a query that could not be read: the sentence, and the query split around the wrong part.
type QueryError struct {
	Text                 string
	Before, Wrong, After string
}

// Facets is the rail of counts beside a list.
type Facets struct {
	Groups []Facet
}

// Facet is one set of counts.
type Facet struct {
	Label string
	Items []FacetItem
	More  string // "12 more", or ""
	All   string // address that shows them
}

// FacetItem is one value with its count; Share is its part of the largest, from 0 to 100.
type FacetItem struct {
	Label string
	Count string
	Share int
	Part  string // its part of the whole, written: "12 %"; "" where that says nothing
	Href  string // narrows the list to it, or takes that back when On
	On    bool
}

// ListView is a whole list page below its header.
type ListView struct {
	Tabs   *Tabs
	Filter Filter
	Facets *Facets
	Table  Table
	Above  templ.Component // between filter and table, or nil
}

func filterLabel(p *i18n.Printer, f Filter) string {
	if f.Label != "" {
		return f.Label
	}
	return p.T("filter.label")
}

// completing says where what is typed is completed.
func completing(address string) templ.Attributes {
	if address == "" {
		return nil
	}
	return templ.Attributes{"data-complete": address}
}

// further marks a completion that something follows.
func further(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-more": true}
}
