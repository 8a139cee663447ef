package contact

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/nationalnumber"
	"github.com/muster-crm/muster/shared/record"
)

// earliest is the first birth date that is believed (REC-12).
const earliest = "1900-01-01"

var systemName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,49}$`)

// Validate checks what the fields' own rules cannot.
func (c *Contact) Validate(env *record.Env) []record.Problem {
	p := &problems{}
	c.checkBirthDate(env, p)
	p.list = append(p.list, c.ways().Check(env)...)
	c.checkLanguage(env, p)
	c.checkWork(p)
	c.checkGroups(p)
	c.checkPapers(p)
	for system := range c.ExternalIDs {
		if !systemName.MatchString(system) {
			p.add("externalIds."+system, "bad_name")
		}
	}
	return p.list
}

type problems struct{ list []record.Problem }

func (p *problems) add(path, code string, pairs ...string) {
	p.list = append(p.list, record.Problem{Path: path, Code: code, Pairs: pairs})
}

// checkWork refuses a job that ends before it begins.
func (c *Contact) checkWork(p *problems) {
	for i, w := range c.Work {
		if w.To != "" && w.To < w.From {
			p.add(fmt.Sprintf("work[%d].to", i), "ends_before_start")
		}
	}
}

// checkGroups refuses a place that ends before it begins, and one that is held already: of one function in one group there
// is one without an end, and one that begins on a day.
func (c *Contact) checkGroups(p *problems) {
	type held struct {
		group, function string
		from            record.Date
		open            bool
	}
	seen := map[held]bool{}
	for i, g := range c.Groups {
		if g.To != "" && g.To < g.From {
			p.add(fmt.Sprintf("groups[%d].to", i), "ends_before_start")
		}
		begun, open := held{g.Group, g.Function, g.From, false}, held{g.Group, g.Function, "", true}
		if g.Group != "" && (seen[begun] || g.To == "" && seen[open]) {
			p.add(fmt.Sprintf("groups[%d].group", i), "twice")
		}
		seen[begun] = true
		if g.To == "" {
			seen[open] = true
		}
	}
}

// checkPapers checks the digits of the numbers by which banks and states know the contact.
func (c *Contact) checkPapers(p *problems) {
	if c.IBAN != "" {
		if _, code := iban.Read(c.IBAN); code != "" {
			p.add("iban", code)
		}
	}
	if n := c.NationalNumber; n.Number != "" {
		if _, code := nationalnumber.Read(n.Country, n.Number); code != "" {
			p.add("nationalNumber.number", code)
		}
	}
}

// checkLanguage holds the language against those of the organisation. One the contact had already stays acceptable.
func (c *Contact) checkLanguage(env *record.Env, p *problems) {
	before, _ := env.Before.(*Contact)
	had := before != nil && before.Language == c.Language
	if len(env.Defaults.Languages) > 0 && !had && list.Has(list.Language, c.Language) && !slices.Contains(env.Defaults.Languages, c.Language) {
		p.add("language", "bad_choice", "list", "language")
	}
}

func (c *Contact) checkBirthDate(env *record.Env, p *problems) {
	if _, err := c.BirthDate.Parse(); err != nil {
		return // absent, or refused by its type
	}
	switch {
	case c.BirthDate > record.DateOf(env.Now):
		p.add("birthDate", "date_future")
	case c.BirthDate < earliest:
		p.add("birthDate", "date_too_early", "min", earliest)
	}
}

// SameTag reports whether two spellings are one tag.
func SameTag(a, b string) bool { return fold.String(a) == fold.String(b) }
