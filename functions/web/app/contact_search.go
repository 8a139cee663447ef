package app

import (
	"net/url"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// maxSuggestions is how many matches the global box shows (SRCH-02).
const maxSuggestions = 10

// maxBox is how long a text in the global box may be.
const maxBox = 200

// lenient reads what is typed in the global box. What the query language refuses is read as plain words.
func (x *exchange) lenient(k *record.Kind, text string) (query.Expr, error) {
	if len(text) > maxBox {
		text = strings.ToValidUTF8(text[:maxBox], "")
	}
	where, err := x.parseFor(k, text)
	if err == nil || fault.From(err).Kind != fault.Invalid {
		return where, err
	}
	var words query.And
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\"'()<>=:,*~", r) }) {
		words = append(words, query.Text{Words: word})
	}
	return query.Normal(words), nil
}

// suggest answers the global box while it is typed in.
func (a *App) suggest(x *exchange) error {
	q := strings.TrimSpace(x.r.URL.Query().Get("q"))
	var found []ui.Suggestion
	if len([]rune(q)) >= 2 {
		people, err := x.matches(contact.Name, q, maxSuggestions)
		if err != nil {
			return err
		}
		for _, i := range people {
			found = append(found, x.suggestion(i.Record.(*contact.Contact)))
		}
		for _, l := range []*look{companyLook, familyLook, groupLook} {
			others, err := x.matches(l.kind, q, maxOthers)
			if err != nil {
				return err
			}
			found = found[:min(len(found), maxSuggestions-len(others))]
			for _, i := range others {
				found = append(found, ui.Suggestion{Title: record.Title(i.Record), Href: l.at(i.id()), Preview: l.at(i.id(), "panel"), Company: l.square,
					Sub: joinDots(x.p.T(l.one()), x.told(i.Record))})
			}
		}
	}
	if len([]rune(q)) >= 2 {
		k, err := x.app.Records.Kind(contact.Name)
		if err != nil {
			return err
		}
		lists, err := x.filters(k, contactLook, q)
		if err != nil {
			return err
		}
		found = append(found[:min(len(found), max(0, maxSuggestions-len(lists)))], lists...)
	}
	return x.part(ui.Suggestions(x.p, q, found))
}

// maxOthers is how many companies, families and groups, each, are among the matches of the global box, behind the people.
const maxOthers = 2

// matches finds the records of a kind that what is typed may mean.
func (x *exchange) matches(kind, q string, limit int) ([]*listed, error) {
	k, err := x.app.Records.Kind(kind)
	if err != nil {
		return nil, err
	}
	where, err := x.lenient(k, q)
	if err != nil {
		return nil, err
	}
	list, err := x.app.Records.List(x.ctx(), x.who.Grant, kind, repository.Question{Where: where, Limit: limit})
	if err != nil && fault.From(err).Kind != fault.Invalid && fault.From(err).Kind != fault.Denied {
		return nil, err
	}
	return readItems(k, list.Items)
}

func (x *exchange) suggestion(c *contact.Contact) ui.Suggestion {
	address, _ := c.MainAddress()
	return ui.Suggestion{Title: record.Title(c), Href: contactPath(c.ID), Preview: contactPath(c.ID, "panel"),
		Sub: joinDots(numberOf(c), x.code(list.Type, c.Type), address.Town, c.MainEmail())}
}

// search is the global box without script, and "all results": the list of what was typed.
func (a *App) search(x *exchange) error {
	k, err := a.Records.Kind(contact.Name)
	if err != nil {
		return err
	}
	where, err := x.lenient(k, strings.TrimSpace(x.r.URL.Query().Get("q")))
	if err != nil {
		return err
	}
	if q := query.Format(where); q != "" {
		return x.redirect(HomePath + "?" + url.Values{"q": {q}}.Encode())
	}
	return x.redirect(HomePath)
}
