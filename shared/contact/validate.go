package contact

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
)

// earliest is the first birth date that is believed (REC-12).
const earliest = "1900-01-01"

var systemName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,49}$`)

// Validate checks what the fields' own rules cannot.
func (c *Contact) Validate(env *record.Env) []record.Problem {
	p := &problems{}
	c.checkBirthDate(env, p)
	c.checkEmails(p)
	c.checkPhones(env, p)
	oneMain(p, "addresses", "main", "choose_main", c.Addresses, func(a Address) bool { return a.Main })
	oneMain(p, "addresses", "delivery", "choose_delivery", c.Addresses, func(a Address) bool { return a.Delivery })
	if c.Website != "" {
		if u, err := url.Parse(c.Website); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			p.add("website", "bad_url")
		}
	}
	c.checkLanguage(env, p)
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

func (c *Contact) checkEmails(p *problems) {
	seen := map[string]bool{}
	for i, e := range c.Emails {
		if e.Address == "" {
			continue
		}
		path := fmt.Sprintf("emails[%d].address", i)
		if err := email.Check(e.Address); err != nil {
			p.add(path, fault.From(err).Code)
		}
		if key := email.Fold(e.Address); seen[key] {
			p.add(path, "twice")
		} else {
			seen[key] = true
		}
	}
	oneMain(p, "emails", "main", "choose_main", c.Emails, func(e Email) bool { return e.Main })
}

func (c *Contact) checkPhones(env *record.Env, p *problems) {
	seen := map[string]bool{}
	for i, phone := range c.Phones {
		if phone.Number == "" {
			continue
		}
		path := fmt.Sprintf("phones[%d].number", i)
		if env.Phones != nil {
			if _, _, code := env.Phones.Read(phone.Number, env.Defaults.Country); code != "" {
				p.add(path, code)
			}
		}
		if key := phone.Line + phone.Number; seen[key] {
			p.add(path, "twice")
		} else {
			seen[key] = true
		}
	}
	oneMain(p, "phones", "main", "choose_main", c.Phones, func(f Phone) bool { return f.Main })
}

// oneMain holds a list to exactly one marked element; none is the code for a list in which no element is.
func oneMain[T any](p *problems, path, mark, none string, list []T, marked func(T) bool) {
	n := 0
	for i, element := range list {
		if marked(element) {
			if n++; n > 1 {
				p.add(fmt.Sprintf("%s[%d].%s", path, i, mark), "one_main")
			}
		}
	}
	if len(list) > 0 && n == 0 {
		p.add(path, none)
	}
}

// SameTag reports whether two spellings are one tag.
func SameTag(a, b string) bool { return fold.String(a) == fold.String(b) }
