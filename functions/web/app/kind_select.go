package app

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

var wellFormed = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// maxTicked is how many ticked rows an address carries, those of the longest page; above that, the whole result is ticked.
const maxTicked = 200

// ticked reads which rows are ticked: as the script writes them, and as the form does without it.
func (x *exchange) ticked() []string {
	values := x.r.URL.Query()
	ids := pickedIDs(values.Get("sel"))
	for _, id := range values["id"] {
		if wellFormed.MatchString(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids[:min(len(ids), maxTicked)]
}

// pickedIDs reads ids as addresses carry them: with dots between, and what all begin with said by the first alone. The script
// of lists writes them so too.
func pickedIDs(text string) []string {
	var ids []string
	kind := ""
	for id := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '.' || r == ',' }) {
		if !strings.Contains(id, "_") {
			id = kind + id
		}
		if kind == "" {
			kind, _, _ = strings.Cut(id, "_")
			kind += "_"
		}
		if wellFormed.MatchString(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// pickedText writes ids so.
func pickedText(ids []string) string {
	short := slices.Clone(ids)
	for i, id := range ids {
		kind, rest, ok := strings.Cut(id, "_")
		if first, _, _ := strings.Cut(ids[0], "_"); i > 0 && ok && kind == first && !strings.Contains(rest, "_") {
			short[i] = rest
		}
	}
	return strings.Join(short, ".")
}

// bulk is what can be done with ticked records of a kind.
func (x *exchange) bulk(k *record.Kind, l *look) []ui.Action {
	var actions []ui.Action
	if l.mail != nil && x.who.Grant.Fields(policy.Read, policy.Contact) {
		actions = append(actions, ui.Action{Label: x.p.T("page.addresses.copy"), Href: l.home() + "/addresses", Icon: "mail", More: true})
	}
	if x.exports(l) {
		actions = append(actions, ui.Action{Label: x.p.T("action.export"), Href: l.home() + "/export", Icon: "download"})
	}
	return actions
}

// chosen reads the records a selection names: the ticked ones, or the whole result.
func (x *exchange) chosen(form url.Values) ([]record.Record, error) {
	k, err := x.of(x.look())
	if err != nil {
		return nil, err
	}
	if form.Get("all") != "1" {
		ids := slices.DeleteFunc(slices.Clone(form["id"]), func(id string) bool { return !wellFormed.MatchString(id) })
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) > maxTicked {
			return nil, fault.New(fault.TooLarge, "too_large")
		}
		if len(ids) == 0 {
			return nil, fault.New(fault.Invalid, "empty_target")
		}
		records, err := x.app.Records.Read(x.ctx(), x.who.Grant, k.Name, ids)
		return slices.DeleteFunc(records, func(r record.Record) bool { return r.Base().DeletedAt != nil }), err
	}
	where, err := x.parseFor(k, form.Get("q"))
	if err != nil {
		return nil, err
	}
	q := repository.Question{Where: where, Limit: repository.MaxPage}
	var records []record.Record
	for {
		found, err := x.app.Records.List(x.ctx(), x.who.Grant, k.Name, q)
		if err != nil {
			return nil, err
		}
		page, err := readItems(k, found.Items)
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			records = append(records, i.Record)
		}
		if found.Next == nil {
			return records, nil
		}
		q.After = found.Next
	}
}

// addresses shows the e-mail addresses of ticked records, to be copied into a mail.
func (a *App) addresses(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	records, err := x.chosen(form)
	if err != nil {
		return err
	}
	l := x.look()
	var there []string
	var missing []ui.Link
	for _, r := range records {
		if e := l.mail(r); e == "" {
			missing = append(missing, ui.Link{Label: record.Title(r), Href: l.at(r.Base().ID)})
		} else if !slices.Contains(there, e) {
			there = append(there, e)
		}
	}
	title := x.p.T("page.addresses")
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.N("page.addresses.count", len(there))})}
	if len(there) > 0 {
		body = append(body, ui.Fields(x.p, []ui.Field{ui.Area{Base: ui.Base{Name: "addresses", Label: title, Help: x.p.T("page.addresses.help"), ReadOnly: true}, Value: strings.Join(there, ", "), Rows: 8}}), ui.CopyButton(x.p, "addresses"))
	}
	if len(missing) > 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Title: x.p.N("page.addresses.missing", len(missing)), Items: missing}))
	}
	back := x.referer()
	if back == "" {
		back = l.home()
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T(l.title()), Href: back}, {Label: title}}}, body...)
}
