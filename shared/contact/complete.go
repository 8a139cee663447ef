package contact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/nationalnumber"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
)

// Normalize completes a contact and brings its values into canonical form.
func (c *Contact) Normalize(env *record.Env) {
	before, _ := env.Before.(*Contact)
	c.complete(before == nil, env)
	if before == nil {
		before = &Contact{}
	}
	c.tags(before, env)
	c.ways().Complete(before.ways(), reach.Usual{Kind: "personal", Address: "home", Line: "mobile"}, env)
	c.papers(env)
	c.SortName = c.sortName(env.Defaults.Country)
	c.consents(before, env)
}

// complete fills in what every contact has, also when it was cleared, and what a new one has.
func (c *Contact) complete(creating bool, env *record.Env) {
	c.Type = cmp.Or(c.Type, "member")
	c.Status = cmp.Or(c.Status, "active")
	c.Gender = cmp.Or(c.Gender, "unstated")
	c.Language = cmp.Or(c.Language, env.Defaults.Language)
	c.Entity = cmp.Or(c.Entity, env.Entity)
	if !creating {
		return
	}
	c.Source = cmp.Or(c.Source, env.Channel)
	if c.Newsletter == nil {
		// Only what an operator enters may be presumed (REC-25); files and programs say it themselves.
		yes := env.Channel == "telephone" && env.Defaults.Newsletter
		c.Newsletter = &yes
	}
	if c.PromotionalSMS == nil {
		c.PromotionalSMS = new(bool) // presumed of nobody (REC-26)
	}
}

// papers brings the numbers by which banks and states know the contact into the form they are kept in; what is none is
// left for Validate to refuse.
func (c *Contact) papers(env *record.Env) {
	for i, country := range c.Nationalities {
		c.Nationalities[i] = strings.ToUpper(country)
	}
	c.Nationalities = unique(c.Nationalities)
	if number, code := iban.Read(c.IBAN); code == "" {
		c.IBAN = number
	}
	n := &c.NationalNumber
	if n.Number == "" {
		*n = NationalNumber{} // a country alone says nothing
		return
	}
	n.Country = strings.ToUpper(cmp.Or(n.Country, env.Defaults.Country))
	if number, code := nationalnumber.Read(n.Country, n.Number); code == "" {
		n.Number = number
	}
}

// unique leaves out what is in a list already.
func unique(list []string) []string {
	var kept []string
	for _, s := range list {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// tags makes spellings that differ only in case and accents one tag (CLS-04). A tag the contact had already keeps its
// spelling: nobody's edit of something else changes it.
func (c *Contact) tags(before *Contact, env *record.Env) {
	seen := map[string]bool{}
	kept := c.Tags[:0:0]
	for _, tag := range c.Tags {
		if key := fold.String(tag); !seen[key] {
			seen[key] = true
			if env.Spelling != nil && !slices.Contains(before.Tags, tag) {
				tag = env.Spelling("tags", tag)
			}
			kept = append(kept, tag)
		}
	}
	c.Tags = kept
}

// sortName orders by the custom of the country: Belgians look for "Van den Berghe" under V, everybody else under B
// (REC-36).
func (c *Contact) sortName(country string) string {
	if country == "BE" {
		return join(c.Prefix, c.LastName)
	}
	if c.Prefix != "" && c.LastName != "" {
		return c.LastName + ", " + c.Prefix
	}
	return join(c.LastName, c.Prefix)
}

// consents notes every change of a flag that somebody may be written to, with its basis, time and actor, and whose doing it
// was. What is taken back takes its notes with it where they are the latest.
func (c *Contact) consents(before *Contact, env *record.Env) {
	c.Consents = before.Consents
	for _, flag := range []struct {
		purpose, channel, wording string
		was, is                   *bool
	}{
		{"newsletter", "email", "consent.newsletter", before.Newsletter, c.Newsletter},
		{"promotion", "sms", "consent.promotion", before.PromotionalSMS, c.PromotionalSMS},
	} {
		is := flag.is != nil && *flag.is
		if env.Undo {
			if rest, ok := withdrawn(c.Consents, flag.purpose, env.Batch, is); ok {
				c.Consents = rest
				continue
			}
		}
		if is == (flag.was != nil && *flag.was) {
			continue
		}
		c.Consents = append(slices.Clone(c.Consents), Consent{Purpose: flag.purpose, Channel: flag.channel, Given: is,
			Basis: env.Channel, Wording: flag.wording, At: env.Now.UTC(), Actor: env.Actor, Batch: env.Batch})
	}
}

// withdrawn gives notes without the latest of a purpose, as far as a batch made them that is taken back, and without those of
// batches before it that were taken back while this one stood in front of them: they say what the flag is not. What anybody
// noted by themselves stays, and what is before it. ok tells whether the batch has made the latest, and what is left says
// what the flag is.
func withdrawn(notes []Consent, purpose, batch string, is bool) (rest []Consent, ok bool) {
	rest = slices.Clone(notes)
	says := false // without any
	for i := len(notes) - 1; i >= 0; i-- {
		note := notes[i]
		if note.Purpose != purpose {
			continue
		}
		own, first := note.Batch == batch, len(rest) == len(notes)
		if note.Batch == "" || first && !own || !own && note.Given == is {
			says = note.Given
			break
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return rest, len(rest) < len(notes) && says == is
}
