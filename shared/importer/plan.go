package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/sheet"
)

// Plan says how a file becomes contacts.
type Plan struct {
	Mode           string   `json:"mode,omitempty" enum:"create,merge" doc:"create makes every row a new contact; merge brings rows into the contacts they match, and makes the others new"`
	MatchKey       string   `json:"matchKey,omitempty" doc:"What finds a row's contact: id, number, externalId (or externalId.<system>), email, mobile, nameBirthDate; with mode merge"`
	Rule           string   `json:"rule,omitempty" enum:"fill,overwrite,skip" doc:"What a column does to a contact that is there: fill what is empty (default), overwrite, or skip it"`
	Links          Links    `json:"links,omitzero" doc:"What names do that nobody has yet"`
	BadCell        string   `json:"badCell,omitempty" enum:"reject,drop" doc:"What a cell that is not understood does: reject its row (default, but of business cards), or stay out of it"`
	Columns        []Column `json:"columns,omitempty" maxItems:"200" doc:"In the order of the file; absent: the guessed mapping"`
	DefaultCountry string   `json:"defaultCountry,omitempty" doc:"Of numbers and addresses without a country"`
	Encoding       string   `json:"encoding,omitempty" doc:"Of a text file; absent: detected"`
	Sheet          string   `json:"sheet,omitempty"`
	HeaderRow      *int     `json:"headerRow,omitempty" doc:"Line of the header in the file; 0: there is none; absent: detected"`

	now time.Time
	cfg *setting.Config // what the organisation has set up; nil: nothing
}

// lists gives the code lists cells are read with.
func (p *Plan) lists() list.Lists {
	if p.cfg == nil || p.cfg.Lists.IsZero() {
		return list.BuiltIn()
	}
	return p.cfg.Lists
}

// Column says where the cells of a column go.
type Column struct {
	Header         string   `json:"header"`
	Field          string   `json:"field,omitempty" doc:"Where its cells go; absent: they are ignored"`
	Ignore         bool     `json:"ignore,omitempty"`
	NewCustomField string   `json:"newCustomField,omitempty" enum:"text,long,number,amount,date,flag,choice,choices,link" doc:"Make the column a field of the organisation's own, of this type; the options of a choice are its values"`
	NewType        string   `json:"newType,omitempty" doc:"The type of field its values suggest, in the guessed mapping of a column that goes nowhere"`
	DateFormat     string   `json:"dateFormat,omitempty" enum:"dmy,mdy,ymd,serial" doc:"Of a date; absent: found from the values"`
	Rule           string   `json:"rule,omitempty" enum:"fill,overwrite,skip" doc:"Of this column; absent: the plan's"`
	Clear          bool     `json:"clear,omitempty" doc:"An empty cell empties the field of a contact that is there"`
	Samples        []string `json:"samples,omitempty" doc:"Values of the file, in the guessed mapping"`
	Ambiguous      bool     `json:"ambiguous,omitempty" doc:"Day and month cannot be told apart from the values"`
}

// What a bad cell does.
const (
	Reject = "reject"
	Drop   = "drop"
)

// BadCellOf is what a bad cell does where nobody has chosen: of a list the row comes back to be corrected, of a business card,
// which nobody corrects cell by cell, the rest goes in.
func BadCellOf(g *Guess) string {
	if g.Format == string(VCard) {
		return Drop
	}
	return Reject
}

// Links say what becomes of a row that names something there is not: it is made, or the row is rejected.
type Links struct {
	Group   string `json:"group,omitempty" enum:"create,reject"`
	Tags    string `json:"tags,omitempty" enum:"create,reject"`
	Family  string `json:"family,omitempty" enum:"create,reject"`
	Company string `json:"company,omitempty" enum:"create,reject"`
}

// The modes of a plan. MakeNew is also what a link does with a name that nobody has, unless it is Reject.
const (
	MakeNew = "create"
	Merging = "merge"
)

// The keys that find the contact of a row. KeyExternalID may be followed by a dot and the system.
const (
	KeyID         = "id"
	KeyNumber     = "number"
	KeyExternalID = "externalId"
	KeyEmail      = "email"
	KeyMobile     = "mobile"
	KeyNameBirth  = "nameBirthDate"
)

// KeyOf suggests a key for what a file holds: the surest there is a column of; "" when there is none.
func KeyOf(g *Guess) string {
	if g == nil {
		return ""
	}
	used := map[string]bool{}
	for _, c := range g.Columns {
		if c.Field != "" {
			used[c.Field] = true
		}
	}
	for _, key := range MatchKeys() {
		p := Plan{MatchKey: key, Columns: g.Columns}
		if key == KeyExternalID {
			for name := range used {
				if system, ok := strings.CutPrefix(name, "externalIds."); ok {
					p.MatchKey = KeyExternalID + "." + system
				}
			}
		}
		if p.keyed(used) {
			return key
		}
	}
	return ""
}

// MatchKeys lists them, as pages offer them.
func MatchKeys() []string {
	return []string{KeyID, KeyNumber, KeyExternalID, KeyEmail, KeyMobile, KeyNameBirth}
}

// What a column does to a contact that is there.
const (
	Fill      = "fill"
	Overwrite = "overwrite"
	Leave     = "skip"
)

// Rules lists them.
func Rules() []string { return []string{Fill, Overwrite, Leave} }

// check completes a plan and holds it against the guess for its file.
func (p *Plan) check(guess *Guess, cfg *setting.Config, g policy.Grant) error {
	var faults []fault.Field
	p.Mode, p.Rule = cmp.Or(p.Mode, MakeNew), cmp.Or(p.Rule, Fill)
	if p.Mode != MakeNew && p.Mode != Merging {
		faults = append(faults, fault.At("mode", "bad_choice"))
	}
	if !slices.Contains(Rules(), p.Rule) {
		faults = append(faults, fault.At("rule", "bad_choice"))
	}
	faults = append(faults, p.Links.check()...)
	p.BadCell = cmp.Or(p.BadCell, BadCellOf(guess))
	if p.BadCell != Reject && p.BadCell != Drop {
		faults = append(faults, fault.At("badCell", "bad_choice"))
	}
	p.DefaultCountry = strings.ToUpper(p.DefaultCountry)
	if p.DefaultCountry == "" {
		p.DefaultCountry = guess.DefaultCountry
	}
	if !list.Has(list.Country, p.DefaultCountry) {
		faults = append(faults, fault.At("defaultCountry", "bad_choice", "list", "country"))
	}
	if p.Encoding != "" && !slices.Contains(sheet.Encodings(), p.Encoding) {
		faults = append(faults, fault.At("encoding", "bad_choice"))
	}
	if p.Columns == nil {
		p.Columns = guess.Columns
	}
	p.Columns = slices.Clone(p.Columns)
	if len(p.Columns) != len(guess.Columns) {
		faults = append(faults, fault.At("columns", "bad_columns", "want", fmt.Sprint(len(guess.Columns))))
	}
	known := Targets(cfg.Fields)
	used := map[string]bool{}
	for i := range p.Columns {
		c := &p.Columns[i]
		c.Samples, c.Ambiguous, c.NewType = nil, false, ""
		if c.Ignore || c.Field == "" {
			c.Ignore, c.Field = true, ""
			continue
		}
		at := fmt.Sprintf("columns[%d].", i)
		if _, ok := targetOf(c.Field); !ok || !slices.Contains(known, c.Field) && !strings.HasPrefix(c.Field, "externalIds.") {
			faults = append(faults, fault.At(at+"field", "unknown_field", "word", c.Field))
		} else if !fills(g, cfg, c.Field) {
			faults = append(faults, fault.At(at+"field", "denied"))
		}
		if used[c.Field] && !sharedTarget(c.Field) {
			faults = append(faults, fault.At(at+"field", "twice"))
		}
		used[c.Field] = true
		if _, ok := parse.OrderNamed(c.DateFormat); c.DateFormat != "" && !ok {
			faults = append(faults, fault.At(at+"dateFormat", "bad_choice"))
		}
		if c.Rule != "" && !slices.Contains(Rules(), c.Rule) {
			faults = append(faults, fault.At(at+"rule", "bad_choice"))
		}
	}
	if p.Mode == MakeNew {
		p.MatchKey = ""
	} else {
		faults = append(faults, p.checkKey(used)...)
	}
	if !used["firstName"] && !used["name:full"] && (p.Mode == MakeNew || p.MatchKey == KeyNameBirth) {
		faults = append(faults, fault.At("columns", "no_name_column"))
	}
	return fault.Fields(faults)
}

// checkKey holds the key that rows are matched by against the columns there are.
func (p *Plan) checkKey(used map[string]bool) []fault.Field {
	name, system, _ := strings.Cut(p.MatchKey, ".")
	if p.MatchKey == "" {
		return []fault.Field{fault.At("matchKey", "required")}
	}
	if !slices.Contains(MatchKeys(), name) || system != "" && name != KeyExternalID {
		return []fault.Field{fault.At("matchKey", "bad_choice")}
	}
	if name == KeyExternalID && system == "" {
		// The system is that of the column.
		for _, c := range p.Columns {
			if s, ok := strings.CutPrefix(c.Field, "externalIds."); ok {
				p.MatchKey = KeyExternalID + "." + s
				break
			}
		}
	}
	if !p.keyed(used) {
		return []fault.Field{fault.At("matchKey", "no_key_column")}
	}
	return nil
}

// keyed tells whether a column holds what rows are matched by.
func (p *Plan) keyed(used map[string]bool) bool {
	some := func(prefix string, except ...string) bool {
		for name := range used {
			if strings.HasPrefix(name, prefix) && !slices.Contains(except, name) {
				return true
			}
		}
		return false
	}
	switch p.MatchKey {
	case KeyID, KeyNumber:
		return used[p.MatchKey]
	case KeyEmail:
		return some("emails.")
	case KeyMobile:
		return some("phones.")
	case KeyNameBirth:
		return some("birthDate")
	}
	system, _ := strings.CutPrefix(p.MatchKey, KeyExternalID+".")
	return used["externalIds."+system]
}

func (l *Links) check() (faults []fault.Field) {
	for _, of := range []struct {
		name string
		to   *string
	}{{"group", &l.Group}, {"tags", &l.Tags}, {"family", &l.Family}, {"company", &l.Company}} {
		if *of.to = cmp.Or(*of.to, MakeNew); *of.to != MakeNew && *of.to != Reject {
			faults = append(faults, fault.At("links."+of.name, "bad_choice"))
		}
	}
	return faults
}

// rule is what a column does to a contact that is there.
func (p *Plan) rule(c *Column) string { return cmp.Or(c.Rule, p.Rule) }

// fills reports whether somebody may write what a column goes to: not everybody who imports may enter what is sensitive.
func fills(g policy.Grant, cfg *setting.Config, name string) bool {
	path, _, _ := strings.Cut(name, ":")
	return strings.HasPrefix(path, "name") || strings.HasPrefix(path, "externalIds.") || g.Fields(policy.Create, kind.Class(path, cfg.Fields))
}
