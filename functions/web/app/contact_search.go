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
	if len([]rune(q)) < 2 {
		return x.part(ui.Suggestions(x.p, q, nil))
	}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return err
	}
	lists, err := x.filters(k, contactLook, q)
	if err != nil {
		return err
	}
	var found, rest []ui.Suggestion
	for _, l := range looks {
		limit := maxOthers
		if l == contactLook {
			limit = maxSuggestions
		}
		items, err := x.matches(l.kind, q, limit)
		if err != nil {
			return err
		}
		for _, i := range items {
			if c, ok := i.Record.(*contact.Contact); ok {
				found = append(found, x.suggestion(c))
				continue
			}
			rest = append(rest, ui.Suggestion{Title: x.nameOf(l, i.Record), Href: l.at(i.id()), Preview: l.at(i.id(), "panel"), Company: l.square,
				Sub: joinDots(x.p.T(l.one()), x.told(i.Record))})
		}
	}
	lists = lists[:min(len(lists), maxLists)]
	rest = rest[:min(len(rest), max(maxRest, maxSuggestions-len(found)-len(lists)))]
	found = append(found[:min(len(found), maxSuggestions-len(rest)-len(lists))], rest...)
	found = append(found, lists...)
	return x.part(ui.Suggestions(x.p, q, found))
}

// What is among the matches of the global box behind the people: so many of each other kind, of all of them where there
// are people enough, and lists.
const (
	maxOthers = 2
	maxRest   = 4
	maxLists  = 3
)

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
