package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// duplicatesPath is the inbox of records that seem to be one.
const duplicatesPath = "/duplicates"

var duplicateRoutes = []Route{
	{Method: http.MethodGet, Path: duplicatesPath, Title: "duplicates.title", Need: policy.Read, handle: (*App).duplicates},
	{Method: http.MethodPost, Path: duplicatesPath, Title: "duplicates.title", Need: policy.Edit, handle: (*App).dismiss},
	{Method: http.MethodPost, Path: HomePath + alikeTail, Title: "form.alike", Need: policy.Read, Part: true,
		handle: func(a *App, x *exchange) error { return a.alike(x, contact.Name) }},
	{Method: http.MethodPost, Path: "/companies" + alikeTail, Title: "form.alike", Need: policy.Read, Part: true,
		handle: func(a *App, x *exchange) error { return a.alike(x, company.Name) }},
}

// alikeTail ends the address that a form of a new record asks for who is alike.
const alikeTail = "/alike"

// duplicatesPage is how many are shown at a time.
const duplicatesPage = 20

// duplicateCard is one of the inbox.
type duplicateCard struct {
	Kind   string
	IDs    []string
	Heads  []ui.Link // the records
	Level  ui.Pill
	Score  string
	Rows   []duplicateRow
	Merge  string // where they are joined; "" for who may not
	Of     string // whom it is about, read aloud
	Back   string
	Editor bool
}

// duplicateRow is one field, beside each other.
type duplicateRow struct {
	Label  string
	Values []string
	How    ui.Pill // how the values agree; no label where nothing is said
}

// duplicates shows the inbox (DUP-10).
func (a *App) duplicates(x *exchange) error {
	values := x.r.URL.Query()
	kind, level := values.Get("kind"), dedupe.Level(values.Get("level"))
	found, err := a.Records.FindDuplicates(x.ctx(), x.who.Grant, repository.DuplicatesQuestion{Kind: kind})
	if err != nil {
		return err
	}
	counts := map[dedupe.Level]int{}
	for _, d := range found {
		counts[d.Level]++
	}
	all := len(found)
	if level != "" {
		found = slices.DeleteFunc(found, func(d repository.Duplicates) bool { return d.Level != level })
	}
	page, _ := strconv.Atoi(values.Get("page"))
	last := max((len(found)+duplicatesPage-1)/duplicatesPage, 1)
	page = min(max(page, 1), last)
	address := func(kind, level string, page int) string {
		v := url.Values{}
		for name, value := range map[string]string{"kind": kind, "level": level} {
			if value != "" {
				v.Set(name, value)
			}
		}
		if page > 1 {
			v.Set("page", strconv.Itoa(page))
		}
		if len(v) == 0 {
			return duplicatesPath
		}
		return duplicatesPath + "?" + v.Encode()
	}
	here := address(kind, string(level), page)
	shown := found[(page-1)*duplicatesPage : min(page*duplicatesPage, len(found))]
	cards, err := x.duplicateCards(shown, here)
	if err != nil {
		return err
	}
	count := func(label string, n int) string { return label + " " + x.p.Number(int64(n)) }
	tabs := &ui.Tabs{Label: x.p.T("duplicates.title"), Items: []ui.Link{
		{Label: count(x.p.T("duplicates.all"), all), Href: address(kind, "", 1), Current: level == ""},
		{Label: count(x.p.T("duplicates.same"), counts[dedupe.Same]), Href: address(kind, string(dedupe.Same), 1), Current: level == dedupe.Same},
		{Label: count(x.p.T("duplicates.likely"), counts[dedupe.Likely]), Href: address(kind, string(dedupe.Likely), 1), Current: level == dedupe.Likely},
	}}
	kinds := ui.Tabs{Label: x.p.T("duplicates.kinds"), Items: []ui.Link{{Label: x.p.T("duplicates.all"), Href: address("", string(level), 1), Current: kind == ""}}}
	for _, k := range repository.ScoredKinds() {
		l := lookOf(k)
		kinds.Items = append(kinds.Items, ui.Link{Label: x.p.T(l.title()), Href: address(k, string(level), 1), Current: kind == k})
	}
	title := x.p.T("duplicates.title")
	header := ui.Header{Title: title, Sub: x.p.T("duplicates.intro")}
	look, err := a.Records.LastLook(x.ctx(), x.who.Grant)
	if err != nil {
		return err
	}
	if !look.At.IsZero() {
		header.Meta = x.p.T("duplicates.looked", "date", x.p.Moment(look.At), "n", x.p.Number(int64(look.Same+look.Likely)))
	}
	body := []templ.Component{ui.PageHeader(x.p, header), ui.TabBar(*tabs), ui.SubTabs(kinds)}
	pages := ui.Pages(x.p, page, last, func(page int) string { return address(kind, string(level), page) })
	body = append(body, duplicateList(x.p, cards, pages))
	return x.show(view{Title: title, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title}}}, body...)
}

// duplicateCards reads the records of a page of the inbox.
func (x *exchange) duplicateCards(found []repository.Duplicates, back string) ([]duplicateCard, error) {
	byKind := map[string][]string{}
	for _, d := range found {
		byKind[d.Kind] = append(byKind[d.Kind], d.IDs...)
	}
	records := map[string]record.Record{}
	for kind, ids := range byKind {
		read, err := x.app.Records.Read(x.ctx(), x.who.Grant, kind, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range read {
			records[r.Base().ID] = r
		}
	}
	var cards []duplicateCard
	for _, d := range found {
		l := lookOf(d.Kind)
		card := duplicateCard{Kind: d.Kind, Level: ui.Pill{Label: x.p.T("duplicates." + string(d.Level)), Tone: levelTones[d.Level]},
			Score: x.p.T("duplicates.score", "n", strconv.Itoa(d.Score.Points)), Back: back, Editor: x.can(policy.Edit)}
		var members []record.Record
		var names []string
		for i, id := range d.IDs {
			r := records[id]
			if r == nil {
				continue // gone between two moments
			}
			members = append(members, r)
			card.IDs = append(card.IDs, id)
			card.Heads = append(card.Heads, ui.Link{Label: d.Titles[i], Href: l.at(id)})
			names = append(names, d.Titles[i])
		}
		if len(members) < 2 {
			continue
		}
		card.Of = x.p.List(names)
		card.Rows = x.duplicateRows(members, d.Score)
		if x.can(policy.Edit) && x.can(policy.Trash) {
			there := back + "#" + placeOfCard(len(cards)) // where the next one will be
			card.Merge = mergePage + "?" + url.Values{"kind": {d.Kind}, "ids": card.IDs, "back": {there}}.Encode()
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// placeOfCard names a place in the inbox.
func placeOfCard(n int) string { return "duplicate-" + strconv.Itoa(n) }

var levelTones = map[dedupe.Level]ui.Tone{dedupe.Same: ui.Warn, dedupe.Likely: ui.Info}

// agreementTones are the colours of how values agree.
var agreementTones = map[dedupe.Agreement]ui.Tone{dedupe.Equal: ui.Good, dedupe.Different: ui.Bad}

// duplicateRows puts the fields of records beside each other, with how they agree: those that are scored first.
func (x *exchange) duplicateRows(records []record.Record, s dedupe.Score) []duplicateRow {
	said := map[string]dedupe.Agreement{}
	for _, r := range s.Reasons {
		said[r.Field] = r.Agreement
	}
	var rows []duplicateRow
	add := func(label string, value func(r record.Record) string, fields ...string) {
		row := duplicateRow{Label: label}
		some := false
		for _, r := range records {
			v := value(r)
			some = some || v != ""
			row.Values = append(row.Values, v)
		}
		if !some {
			return
		}
		for _, field := range fields {
			if how, ok := said[field]; ok {
				tone, ok := agreementTones[how]
				if !ok {
					tone = ui.Warn
				}
				if pill := (ui.Pill{Label: x.p.T("alike.how." + string(how)), Tone: tone}); row.How.Label == "" || how == dedupe.Different {
					row.How = pill
				}
			}
		}
		rows = append(rows, row)
	}
	field := func(name string) string { return x.p.T("alike.field." + name) }
	if _, ok := records[0].(*contact.Contact); ok {
		of := func(f func(c *contact.Contact) string) func(record.Record) string {
			return func(r record.Record) string { return f(r.(*contact.Contact)) }
		}
		add(field("firstName"), of(func(c *contact.Contact) string {
			if c.Nickname != "" && c.Nickname != c.FirstName {
				return c.FirstName + " (" + c.Nickname + ")"
			}
			return c.FirstName
		}), "firstName")
		add(field("lastName"), of(func(c *contact.Contact) string { return strings.TrimSpace(c.Prefix + " " + c.LastName) }), "lastName")
		add(field("birthDate"), of(func(c *contact.Contact) string { return x.p.Date(string(c.BirthDate)) }), "birthDate")
	} else {
		of := func(f func(c *company.Company) string) func(record.Record) string {
			return func(r record.Record) string { return f(r.(*company.Company)) }
		}
		add(field("name"), of(func(c *company.Company) string { return c.Name }), "name")
		add(field("taxNumber"), of(func(c *company.Company) string { return c.TaxNumber }), "taxNumber")
		add(field("website"), of(func(c *company.Company) string { return c.Website }), "website")
	}
	ways := func(r record.Record) reach.Ways {
		if c, ok := r.(*contact.Contact); ok {
			return reach.Ways{Emails: c.Emails, Phones: c.Phones, Addresses: c.Addresses}
		}
		return waysOf(r.(*company.Company))
	}
	add(field("email"), func(r record.Record) string {
		return strings.Join(each1(ways(r).Emails, func(e reach.Email) string { return e.Address }), ", ")
	}, "email")
	add(field("phone"), func(r record.Record) string {
		return strings.Join(each1(ways(r).Phones, func(p reach.Phone) string { return x.phone(p.Number) }), ", ")
	}, "phone")
	add(x.p.T("page.address"), func(r record.Record) string {
		return strings.Join(each1(ways(r).Addresses, func(a reach.Address) string { return strings.Join(x.addressLines(a), ", ") }), " · ")
	}, "street", "town")
	if _, ok := records[0].(*contact.Contact); ok {
		add(field("gender"), func(r record.Record) string {
			if g := r.(*contact.Contact).Gender; g != "unstated" {
				return x.code("gender", g)
			}
			return ""
		}, "gender")
	}
	return rows
}

func each1[T any](all []T, f func(T) string) (texts []string) {
	for _, one := range all {
		if s := f(one); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// dismiss notes that records are no duplicates, or puts the question off, or takes that back.
func (a *App) dismiss(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	how, ok := map[string]repository.Dismissal{"apart": repository.NotDuplicate, "later": repository.PutOff, "again": repository.OfferAgain}[form.Get("how")]
	if !ok {
		return fault.Bad("how", "bad_choice")
	}
	ids := form["ids"]
	if one := form.Get("all"); one != "" {
		ids = strings.Split(one, ",")
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = duplicatesPath
	}
	err = a.Records.Dismiss(x.ctx(), x.writing(), ids, how)
	f, refused := shownInForm(err)
	switch {
	case refused || err != nil && fault.From(err).Kind == fault.NotFound:
		text := x.p.T("duplicates.gone")
		if f != nil && f.Kind != fault.Invalid {
			text = x.p.Fault(f)
		}
		x.say(note{Text: text, Tone: ui.Warn})
	case err != nil:
		return err
	case how == repository.OfferAgain:
		x.say(note{Text: x.p.T("duplicates.said.again")})
	default:
		x.say(note{Text: x.p.T("duplicates.said." + form.Get("how")), Undo: duplicatesPath,
			With: []ui.Value{{Name: "how", Value: "again"}, {Name: "all", Value: strings.Join(ids, ",")}, {Name: "back", Value: back}}})
	}
	return x.redirect(back)
}

// alike answers a form of a new record while it is filled in: who is alike (DUP-03).
func (a *App) alike(x *exchange, kind string) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	found, err := x.likenesses(kind, form)
	if err != nil {
		return err
	}
	return x.part(ui.Alike(x.p, found))
}

// telling are the fields that tell who a record is of, of the kinds whose forms are made of their descriptions.
var telling = map[string]bool{"name": true, "taxNumber": true, "website": true, "address": true, "number": true, "street": true, "postcode": true, "town": true}

// formPath takes apart the name of a field of a list: "emails[2].address".
var formPath = regexp.MustCompile(`^(emails|phones|addresses)\[(\d{1,3})\]\.(\w+)$`)

// describe gives what is typed into a form of a record as JSON, as far as it tells who it is. What is wrong in it is left as it is.
func describe(form url.Values) ([]byte, error) {
	doc := map[string]any{}
	lists := map[string]map[string]map[string]string{}
	for name, values := range form {
		value := strings.TrimSpace(values[len(values)-1])
		if value == "" || len(value) > 300 {
			continue
		}
		switch name {
		case "firstName", "nickname", "prefix", "lastName", "birthDate", "gender", "name", "taxNumber", "website":
			doc[name] = value
		}
		if part := formPath.FindStringSubmatch(name); part != nil {
			if lists[part[1]] == nil {
				lists[part[1]] = map[string]map[string]string{}
			}
			if lists[part[1]][part[2]] == nil {
				lists[part[1]][part[2]] = map[string]string{}
			}
			lists[part[1]][part[2]][part[3]] = value
		}
	}
	for name, rows := range lists {
		var all []map[string]string
		for _, row := range rows {
			if len(all) < 20 {
				all = append(all, row)
			}
		}
		doc[name] = all
	}
	return json.Marshal(doc)
}

// likenesses tells who is alike what is typed into the form of a new record.
func (x *exchange) likenesses(kind string, form url.Values) (ui.Matches, error) {
	all := ui.Matches{Form: kind}
	body, err := describe(form)
	if err != nil {
		return all, err
	}
	found, err := x.app.Records.Alike(x.ctx(), x.who.Grant, kind, body)
	if err != nil {
		return all, err
	}
	l := lookOf(kind)
	for i, c := range found {
		all.IDs = append(all.IDs, c.ID)
		if i >= shownAlike {
			continue
		}
		m := x.match(l, c.ID, c.Title)
		m.Reasons = x.agreeing(c.Score)
		all.Shown = append(all.Shown, m)
	}
	return all, nil
}

// match is a record beside a form of a new one.
func (x *exchange) match(l *look, id, title string) ui.Match {
	return ui.Match{Person: ui.Person{Face: ui.Face{Name: title}, Href: l.at(id)}, Use: ui.Action{Label: x.p.T("alike.use"), Href: l.at(id), Of: title}}
}

// shownAlike is how many are shown beside a form.
const shownAlike = 5

// agreeing says which fields of two records agree.
func (x *exchange) agreeing(s dedupe.Score) (all []string) {
	for _, r := range s.Reasons {
		if r.Agreement != dedupe.Different && r.Field != "gender" {
			all = append(all, x.p.T("alike.reason", "field", x.p.T("alike.field."+r.Field), "how", x.p.T("alike.how."+string(r.Agreement))))
		}
	}
	return all
}

// guarded is the write of a form of a new record: one that is the same as one there is is refused, until the reader says that it
// is another; so is one that is likely the same as somebody who did not stand beside the form yet (DUP-03).
func (x *exchange) guarded(form url.Values) repository.Write {
	w := x.writing()
	w.Guard, w.Ask = form.Get("_action") != anyway, true
	w.Seen = strings.Fields(form.Get(ui.SeenName))
	return w
}

// anyway is the action of a form that saves it although it seems to be there already.
const anyway = "anyway"

// offerAnyway lets a form that was refused as a duplicate be saved all the same.
func (x *exchange) offerAnyway(form *ui.Form, f *fault.Fault) {
	if refusedAsDuplicate(f) {
		form.Others = append([]ui.Action{{Label: x.p.T("alike.anyway"), Href: anyway}}, form.Others...)
	}
}

// refusedAsDuplicate tells whether a fault is that a record is, or may be, there already.
func refusedAsDuplicate(f *fault.Fault) bool {
	return f != nil && (f.Code == repository.Duplicate || f.Code == repository.MayBe)
}

// withAlike puts who is alike beside the form of a new record.
func (x *exchange) withAlike(kind string, form templ.Component, typed url.Values, f *fault.Fault) templ.Component {
	found := ui.Matches{Form: kind}
	if f != nil {
		var err error
		if found, err = x.likenesses(kind, typed); err != nil {
			found = ui.Matches{Form: kind} // the form is shown without them rather than not at all
		}
		for _, c := range f.Clashes { // found by more than the form tells of
			if refusedAsDuplicate(f) && !slices.Contains(found.IDs, c.ID) {
				found.IDs, found.Shown = append(found.IDs, c.ID), append(found.Shown, x.match(lookOf(kind), c.ID, c.Title))
			}
		}
	}
	return ui.Beside(form, ui.AlikePlace(x.p, found))
}

// withAlikes is withAlike for the kinds whose forms are made of their descriptions; others stand alone.
func (x *exchange) withAlikes(f *kindForm, form ui.Form) templ.Component {
	if form.Alike == "" {
		return ui.FormView(x.p, form)
	}
	return x.withAlike(f.kind.Name, ui.FormView(x.p, form), x.posted, f.fault)
}

// act is a button of a card.
func (c duplicateCard) act(how, label, key string) ui.Action {
	return ui.Action{Label: label, Href: duplicatesPath, Key: key, Post: true, Of: c.Of, Into: "duplicates",
		Values: []ui.Value{{Name: "how", Value: how}, {Name: "all", Value: strings.Join(c.IDs, ",")}, {Name: "back", Value: c.Back}}}
}
