package importer

import (
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
	Mode           string   `json:"mode,omitempty" enum:"create" doc:"create makes every row a new contact"`
	BadCell        string   `json:"badCell,omitempty" enum:"reject,drop" doc:"What a cell that is not understood does: reject its row (default), or stay out of it"`
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
	NewCustomField string   `json:"newCustomField,omitempty" enum:"text,long,number,amount,date,flag,link" doc:"Make the column a field of the organisation's own, of this type"`
	DateFormat     string   `json:"dateFormat,omitempty" enum:"dmy,mdy,ymd,serial" doc:"Of a date; absent: found from the values"`
	Samples        []string `json:"samples,omitempty" doc:"Values of the file, in the guessed mapping"`
	Ambiguous      bool     `json:"ambiguous,omitempty" doc:"Day and month cannot be told apart from the values"`
}

// What a bad cell does.
const (
	Reject = "reject"
	Drop   = "drop"
)

// check completes a plan and holds it against the guess for its file.
func (p *Plan) check(guess *Guess, cfg *setting.Config, g policy.Grant) error {
	var faults []fault.Field
	if p.Mode == "" {
		p.Mode = "create"
	}
	if p.Mode != "create" {
		faults = append(faults, fault.At("mode", "bad_choice"))
	}
	if p.BadCell == "" {
		p.BadCell = Reject
	}
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
		c.Samples, c.Ambiguous = nil, false
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
	}
	if !used["firstName"] && !used["name:full"] {
		faults = append(faults, fault.At("columns", "no_name_column"))
	}
	return fault.Fields(faults)
}

// fills reports whether somebody may write what a column goes to: not everybody who imports may enter what is sensitive.
func fills(g policy.Grant, cfg *setting.Config, name string) bool {
	path, _, _ := strings.Cut(name, ":")
	return strings.HasPrefix(path, "name") || strings.HasPrefix(path, "externalIds.") || g.Fields(policy.Create, kind.Class(path, cfg.Fields))
}
