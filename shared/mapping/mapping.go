// Package mapping keeps how lists are brought in (IMP-08): the plan of an import by a name, for the next list with the same
// headers. It says where each column goes, which key finds the contact of a row, and what columns do to one that is there.
//
// Mappings belong to the whole organisation: who may import sees and changes them. They belong to the configuration (package
// setting): they lie beside the settings, are known wherever a question is asked, and are written one after the other, each
// judged by all others.
//
// Guarantees. No two have one name, whatever its case and accents. What is kept is well formed; whether the fields are still
// there is asked when it is used, by the plan of an import (package importer).
package mapping

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "mapping"

// owner is the owner of the records of the settings.
const owner = "settings"

// Limits.
const (
	MaxMappings = 100 // of an organisation: they are part of what every write knows of it
	MaxHeader   = 100 // characters of a header that are kept
)

// Mapping is a plan that is kept.
type Mapping struct {
	record.Meta
	Name           string   `json:"name,omitempty" field:"required,max=60,unindexed"`
	Mode           string   `json:"mode,omitempty" field:"code,max=20"`
	MatchKey       string   `json:"matchKey,omitempty" field:"code,max=100"`
	Rule           string   `json:"rule,omitempty" field:"code,max=20"`
	BadCell        string   `json:"badCell,omitempty" field:"code,max=20"`
	DefaultCountry string   `json:"defaultCountry,omitempty" field:"list=country"`
	Links          Links    `json:"links,omitzero"`
	Columns        []Column `json:"columns,omitempty" field:"items=200"`
}

// Links say what becomes of a row that names something there is not.
type Links struct {
	Group   string `json:"group,omitempty" field:"code,max=20"`
	Tags    string `json:"tags,omitempty" field:"code,max=20"`
	Family  string `json:"family,omitempty" field:"code,max=20"`
	Company string `json:"company,omitempty" field:"code,max=20"`
}

// Link is one of the Links by its name.
type Link struct{ Name, Value string }

// All lists them.
func (l Links) All() []Link {
	return []Link{{"group", l.Group}, {"tags", l.Tags}, {"family", l.Family}, {"company", l.Company}}
}

// Column says where the cells below a header go; nowhere without a field.
type Column struct {
	Header     string `json:"header,omitempty" field:"max=100"`
	Field      string `json:"field,omitempty" field:"code,max=100"`
	Rule       string `json:"rule,omitempty" field:"code,max=20"`
	DateFormat string `json:"dateFormat,omitempty" field:"code,max=20"`
	Clear      bool   `json:"clear,omitempty"`
}

// Kind describes mappings.
func Kind() *record.Kind {
	return record.Define[Mapping](Name, "mappings", "map", record.Unindexed(), record.OwnedBy(owner), record.Serial())
}

// Title gives the name.
func (m *Mapping) Title() string { return m.Name }

// SeenBy tells whether somebody may see mappings: who may import.
func (m *Mapping) SeenBy(g policy.Grant) bool { return g.Can(policy.Import) }

// ChangedBy tells whether somebody may change them: the same people.
func (m *Mapping) ChangedBy(g policy.Grant) bool { return g.Can(policy.Import) }

// Header gives the part of a header that is kept.
func Header(s string) string {
	s = record.Clean(s, false)
	if r := []rune(s); len(r) > MaxHeader {
		s = strings.TrimSpace(string(r[:MaxHeader]))
	}
	return s
}

// Fits tells whether a mapping is for a list with these headers, in their order, whatever their case and accents.
func (m *Mapping) Fits(headers []string) bool {
	return slices.EqualFunc(m.Columns, headers, func(c Column, header string) bool { return fold.String(c.Header) == fold.String(Header(header)) })
}

// choices are what the members of few values take.
var choices = map[string][]string{"mode": {"create", "merge"}, "rule": {"fill", "overwrite", "skip"}, "badCell": {"reject", "drop"}, "link": {"create", "reject"},
	"dateFormat": {"dmy", "mdy", "ymd", "serial"}}

// Validate checks what the fields' own rules cannot.
func (m *Mapping) Validate(env *record.Env) (p []record.Problem) {
	add := func(path, code string, pairs ...string) {
		p = append(p, record.Problem{Path: path, Code: code, Pairs: pairs})
	}
	of := func(path, choice, value string) {
		if value != "" && !slices.Contains(choices[choice], value) {
			add(path, "bad_choice")
		}
	}
	of("mode", "mode", m.Mode)
	of("rule", "rule", m.Rule)
	of("badCell", "badCell", m.BadCell)
	for _, l := range m.Links.All() {
		of("links."+l.Name, "link", l.Value)
	}
	for i, c := range m.Columns {
		at := "columns[" + strconv.Itoa(i) + "]."
		of(at+"rule", "rule", c.Rule)
		of(at+"dateFormat", "dateFormat", c.DateFormat)
	}
	for _, r := range env.Others {
		if o := r.(*Mapping); m.Name != "" && fold.String(o.Name) == fold.String(m.Name) {
			add("name", "name_taken")
		}
	}
	if env.Before == nil && len(env.Others) >= MaxMappings {
		add("name", "too_many", "max", strconv.Itoa(MaxMappings))
	}
	return p
}
