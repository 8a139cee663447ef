package ui

import "github.com/a-h/templ"

// BuilderName is the name of the builder's buttons; the value of one is what to do and, behind a space, to which part.
const BuilderName = "_do"

// What the buttons of a builder do.
const (
	BuilderAdd    = "add"    // a condition to a group
	BuilderNest   = "group"  // a group to a group
	BuilderRemove = "remove" // a part
	BuilderShow   = "show"   // the builder again, with what fits the fields chosen
	BuilderAsk    = "ask"    // the list
	BuilderSave   = "save"   // a saved search
)

// Builder is the form that makes an expression of the query language: groups of conditions within each other. Each button
// sends the form, which is shown again; with script the answer takes its place.
type Builder struct {
	Action string // where it is sent
	Text   string // the expression as it stands in the filter line
	Wrong  bool   // it makes none: some condition cannot be read
	Error  string // a sentence about the whole, or ""
	Root   BuilderGroup
	Cancel string
}

// BuilderGroup is a group: how its parts are joined, and the parts.
type BuilderGroup struct {
	ID     string // "0", "0.2"
	Join   Select
	Items  []BuilderItem
	Deeper bool // groups may be added
	Root   bool
	Focus  bool // it was just added
}

// BuilderItem is a condition, or a group.
type BuilderItem struct {
	Group     *BuilderGroup
	Condition *BuilderCondition
}

// BuilderCondition is a line: field, comparison, and what the value needs.
type BuilderCondition struct {
	ID     string
	Name   string // what it says, for the button that removes it
	Field  Select
	Op     Select
	Values []Field
	Focus  bool
}

// builderTitle is how a group says what it wants.
func builderTitle(g BuilderGroup) string {
	for _, o := range g.Join.Options {
		if o.Value == g.Join.Value {
			return o.Label
		}
	}
	return ""
}

// focused marks the part that was just added: it takes the focus when it comes.
func focused(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-fresh": true}
}
