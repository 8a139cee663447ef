package importer

import (
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/sheet"
)

// The fates of a row.
const (
	Create    = "create"
	Update    = "update"    // it changes a contact that was there
	Merge     = "merge"     // it goes together with a row before it
	Unchanged = "unchanged" // its contact says all of it already
	Refused   = "reject"
	Skip      = "skip" // no data: a title, a total, a line of dashes
	Kept      = "kept" // of an undo: what the row changed was edited since, and stays
)

// Fates lists what can become of a row that is brought in.
func Fates() []string { return []string{Create, Update, Merge, Unchanged, Refused, Skip} }

// RowResult is what becomes, or became, of a row.
type RowResult struct {
	Line     int      `json:"line" doc:"In the file"`
	Result   string   `json:"result" enum:"create,update,merge,unchanged,reject,skip,kept"`
	Title    string   `json:"title,omitempty" doc:"The contact's name; of a skipped row, what it begins with"`
	RecordID string   `json:"recordId,omitempty"`
	Revision int64    `json:"revision,omitempty" doc:"Of the contact, that the row led to"`
	Changes  []Change `json:"changes,omitempty" doc:"What an update or a merge changes"`
	Links    []Linked `json:"links,omitempty" doc:"Other records the row made or changed"`
	Reasons  []Reason `json:"reasons,omitempty"`
	Values   []string `json:"values,omitempty" doc:"The row's cells, of rejected rows"`
}

// Change is a field that a row changes. Values that are long, or not for everybody, are left out.
type Change struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from,omitempty"`
	To    json.RawMessage `json:"to,omitempty"`
}

// Linked is a record beside the contact that a row made or changed.
type Linked struct {
	Kind     string `json:"kind"`
	ID       string `json:"id,omitempty"`
	Title    string `json:"title,omitempty"`
	Revision int64  `json:"revision,omitempty"`
	Created  bool   `json:"created,omitempty"`
}

// Reason says why a row is refused, or what was left out of one that is not.
type Reason struct {
	Column string        `json:"column,omitempty" doc:"The header of the cell"`
	Field  string        `json:"field,omitempty"`
	Code   string        `json:"code"`
	Args   fault.Args    `json:"args,omitempty"`
	Note   bool          `json:"note,omitempty" doc:"The row went in all the same"`
	Others []fault.Clash `json:"conflicts,omitempty" doc:"Who has the key already"`
	Alike  []Likeness    `json:"alike,omitempty" doc:"Who the row may be of, the most alike first, at most three"`
}

// kind describes what rows become.
var kind = contact.Kind()

// convert makes a row a contact. refused holds the cells that were not understood, unless the plan drops them.
func convert(plan *Plan, columns []*column, row sheet.Row) (d *draft, refused, notes []Reason) {
	d = &draft{Contact: kind.New().(*contact.Contact), plan: plan, filled: make([]bool, len(columns)), empty: make([]bool, len(columns))}
	complain := func(col *column, field, code string) {
		r := Reason{Field: field, Code: code}
		if col != nil {
			r.Column = col.Header
		}
		if plan.BadCell == Drop {
			r.Note = true
			notes = append(notes, r)
		} else {
			refused = append(refused, r)
		}
	}
	for i, col := range columns {
		if col.Ignore {
			continue
		}
		if i >= len(row.Cells) || row.Cells[i].Text == "" {
			d.empty[i] = true
			continue
		}
		if row.Cells[i].Kind == sheet.Error {
			complain(col, col.Field, "cell_error")
			continue
		}
		if code := col.put(d, col, row.Cells[i]); code != "" {
			complain(col, col.Field, code)
			continue
		}
		d.filled[i] = !parse.Missing(row.Cells[i].Text) || col.own != nil
	}
	d.finish(func(path, code string) {
		i := slices.IndexFunc(columns, func(c *column) bool { return !c.Ignore && c.Field == path })
		if i < 0 {
			complain(nil, path, code)
		} else {
			complain(columns[i], path, code)
		}
	})
	if row.Flaw != "" {
		notes = append(notes, Reason{Code: row.Flaw, Note: true})
	}
	return d, refused, notes
}

// reasons gives a refusal of the repository as the reasons of a row, with the headers of the columns concerned.
func reasons(err error, columns []*column) []Reason {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return []Reason{{Code: f.Code, Args: f.Args}}
	}
	var all []Reason
	for _, field := range f.Fields {
		r := Reason{Field: field.Path, Code: field.Code, Args: field.Args}
		i := slices.IndexFunc(columns, func(c *column) bool { return !c.Ignore && within(field.Path, c.Field) })
		if i >= 0 {
			r.Column = columns[i].Header
		}
		for _, c := range f.Clashes {
			if c.Field == field.Path {
				r.Others = append(r.Others, c)
			}
		}
		all = append(all, r)
	}
	return all
}

// within tells whether a fault's path ("emails[1].address") is about a target ("emails.address:work").
func within(path, target string) bool {
	name := func(s string) string {
		if i := slices.IndexFunc([]byte(s), func(c byte) bool { return c == '.' || c == '[' || c == ':' }); i >= 0 {
			return s[:i]
		}
		return s
	}
	return name(path) == name(target)
}
