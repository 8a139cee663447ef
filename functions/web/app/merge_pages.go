package app

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Merging: records side by side, a value chosen row by row, and what would come of it beside them and below. What is chosen
// stands in the address; the button that merges sends the same form.

const mergesPath = "/merges"

var mergeRoutes = []Route{
	{Method: http.MethodGet, Path: mergePage, Title: "merge.heading", Need: policy.Edit, handle: (*App).askMerge},
	{Method: http.MethodPost, Path: mergePage, Title: "merge.heading", Need: policy.Edit, handle: (*App).doMerge},
	{Method: http.MethodGet, Path: mergesPath, Title: "merge.list", Need: policy.Read, handle: (*App).listMerges},
	{Method: http.MethodGet, Path: mergesPath + "/{id}", Title: "merge.record", Need: policy.Read, handle: (*App).showMerge},
	{Method: http.MethodPost, Path: mergesPath + "/{id}/undo", Title: "merge.undo", Need: policy.Edit, handle: (*App).undoMerge},
}

// The names of the form's members: "c.nickname" is the record whose value stays, "m.nickname" is there where somebody has chosen
// it, "k.emails" are the elements that stay, "v.con_x" the version that was seen. A choice is of a record's value: it stays
// whichever record is made the main one. What nobody has chosen follows that.
const (
	choicePrefix   = "c."
	madePrefix     = "m."
	keptPrefix     = "k."
	versionsPrefix = "v."
	mainShown      = "shown" // the main record the form was shown with
)

// mergeAsked reads what a page or a form asks for.
func mergeAsked(values url.Values) merge.Request {
	req := merge.Request{Kind: values.Get("kind"), Main: values.Get("main"), Reason: values.Get("reason"), Choices: map[string]string{}, Keep: map[string][]string{}}
	if ids := values["ids"]; req.Main == "" && len(ids) > 0 {
		req.Main = slices.Min(ids) // the oldest, as ids go by time: most hangs on it
	}
	for _, id := range values["ids"] {
		if id != req.Main && !slices.Contains(req.Others, id) {
			req.Others = append(req.Others, id)
		}
	}
	for name, list := range values {
		if field, ok := strings.CutPrefix(name, choicePrefix); ok {
			req.Choices[field] = list[0]
		}
		if field, ok := strings.CutPrefix(name, keptPrefix); ok {
			req.Keep[field] = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
		}
		if id, ok := strings.CutPrefix(name, versionsPrefix); ok {
			if v, err := strconv.ParseInt(list[0], 10, 64); err == nil {
				if req.Versions == nil {
					req.Versions = map[string]int64{}
				}
				req.Versions[id] = v
			}
		}
	}
	return req
}

func (x *exchange) merges() *merge.Merges { return merge.New(x.app.Records) }

// mergeView is the page that merges.
type mergeView struct {
	Kind, Key, Back, Reason, Main string
	Heads                         []mergeHead
	Made                          map[string]string // the choices that somebody has made, by field
	Rows                          []mergeRow        // those that differ
	Same                          []ui.Item
	Moves                         []mergeMove
	Lost                          []ui.Item
	Title, Save                   string
	Cancel                        string
}

// mergeHead is a record at the top of its column.
type mergeHead struct {
	ID, Title, Sub, Href string
	Label                string // what tells it from the others, by its title where that does
	Version              string
	Main                 bool
	Without              string // the page without it; "" where two are left
}

// mergeRow is one field.
type mergeRow struct {
	Field, Label string
	Cells        []mergeCell // by record
	Result       []string
	Alarm        string
	Fixed        bool
	List         bool
}

// mergeCell is what one record holds.
type mergeCell struct {
	Of     string
	Value  string
	Chosen bool
	Picks  []mergePick
}

// mergePick is an element of a list.
type mergePick struct {
	Name, Value  string
	Stays, Again bool
}

// mergeMove is what hangs on one of the others.
type mergeMove struct {
	Title string
	Items []ui.Item
}

func (a *App) askMerge(x *exchange) error { return x.mergePage(x.r.URL.Query(), 0, nil) }

// turned tells whether another record was made the main one since the form was shown: what is chosen is to be seen first.
func turned(values url.Values, req merge.Request) bool {
	shown := values.Get(mainShown)
	return shown != "" && shown != req.Main && slices.Contains(req.Others, shown)
}

// madeChoices are the choices that somebody has made: those that stood in the form as such, and those that are not as the form
// was shown, given whose values it showed where nobody had chosen.
func madeChoices(values url.Values, req merge.Request, p merge.Preview) map[string]string {
	made := map[string]string{}
	for _, r := range p.Rows {
		if chosen, ok := req.Choices[r.Field]; ok && (chosen != r.Usual || values.Has(madePrefix+r.Field)) {
			made[r.Field] = chosen
		}
	}
	return made
}

// keepMade leaves of a request whose main record has changed the choices that were made.
func (x *exchange) keepMade(values url.Values, req *merge.Request) error {
	shown := *req
	shown.Main, shown.Others = values.Get(mainShown), append(slices.Clone(req.Others), req.Main)
	shown.Others = slices.DeleteFunc(shown.Others, func(id string) bool { return id == shown.Main })
	shown.Choices, shown.Keep = nil, nil
	slices.SortFunc(shown.Others, func(a, b string) int { return slices.Index(values["ids"], a) - slices.Index(values["ids"], b) })
	p, err := x.merges().Preview(x.ctx(), repository.Write{Grant: x.who.Grant}, shown)
	if err == nil {
		req.Choices = madeChoices(values, *req, p)
	}
	return err
}

// mergePage shows the records and what would come of them; alert says why once more, nil for the first time.
func (x *exchange) mergePage(values url.Values, status int, alert *ui.Alert) error {
	req := mergeAsked(values)
	title := x.p.T("merge.heading")
	if len(values["ids"]) < 2 || len(values["ids"]) > merge.MaxRecords || !slices.Contains(merge.Kinds(), req.Kind) {
		return x.show(view{Title: title}, ui.PageHeader(x.p, ui.Header{Title: title}), ui.EmptyState(ui.Empty{Icon: "merge", Title: x.p.T("merge.few"),
			Actions: []ui.Action{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: x.p.T("merge.list"), Href: mergesPath}}}))
	}
	req.Versions = nil
	if turned(values, req) {
		if err := x.keepMade(values, &req); err != nil {
			return err
		}
	}
	p, err := x.merges().Preview(x.ctx(), repository.Write{Grant: x.who.Grant}, req)
	if err != nil {
		return err
	}
	l := lookOf(req.Kind)
	k, err := x.of(l)
	if err != nil {
		return err
	}
	if err := x.learnMerge(k, p); err != nil {
		return err
	}
	v := mergeView{Kind: req.Kind, Key: x.newKey(), Back: localPath(values.Get("back")), Reason: req.Reason, Main: p.Records[0].Base().ID, Title: title,
		Save: x.p.T("merge.do", "n", x.p.Number(int64(len(p.Records)))), Cancel: l.home()}
	if v.Back != "" {
		v.Cancel = v.Back
	}
	if v.Made = req.Choices; !turned(values, req) {
		v.Made = madeChoices(values, req, p)
	}
	columns := x.mergeColumns(l, values, p, &v)
	for _, r := range p.Rows {
		x.mergeRow(k, r, columns, p, &v)
	}
	x.mergeBelow(l, k, p, &v)
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T("merge.help"), Menu: []ui.Action{{Label: x.p.T("merge.list"), Href: mergesPath, Icon: "history"}}})}
	if alert != nil {
		body = append(body, ui.AlertBox(x.p, *alert))
	}
	return x.show(view{Title: title, Status: status, Trail: []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: title}}}, append(body, mergeForm(x.p, v))...)
}

// learnMerge finds the names of what the records speak of.
func (x *exchange) learnMerge(k *record.Kind, p merge.Preview) error {
	var ids []string
	for _, rec := range append(slices.Clone(p.Records), p.Result) {
		for _, ref := range k.References(rec, x.cfg.Fields) {
			ids = append(ids, ref.ID)
		}
	}
	return x.learn(ids...)
}

// mergeColumns puts the records into columns that stay where they are, whichever is the main one.
func (x *exchange) mergeColumns(l *look, values url.Values, p merge.Preview, v *mergeView) []int {
	var columns []int
	for i := range p.Records {
		columns = append(columns, i)
	}
	slices.SortFunc(columns, func(a, b int) int {
		return slices.Index(values["ids"], p.Records[a].Base().ID) - slices.Index(values["ids"], p.Records[b].Base().ID)
	})
	for _, i := range columns {
		base := p.Records[i].Base()
		h := mergeHead{ID: base.ID, Title: x.nameOf(l, p.Records[i]), Href: l.at(base.ID), Main: i == 0, Version: strconv.FormatInt(base.Version, 10),
			Sub: x.p.Date(string(record.DateOf(base.CreatedAt.In(x.p.Zone()))))}
		if n, ok := p.Records[i].(interface{ SystemNumber() int64 }); ok {
			h.Sub = "#" + strconv.FormatInt(n.SystemNumber(), 10) + " · " + h.Sub
		}
		if len(p.Records) > 2 {
			rest := url.Values{"kind": {v.Kind}}
			for _, id := range values["ids"] {
				if id != base.ID {
					rest.Add("ids", id)
				}
			}
			if i > 0 {
				rest.Set("main", v.Main)
			}
			if v.Back != "" {
				rest.Set("back", v.Back)
			}
			for field, of := range v.Made {
				if of != base.ID {
					rest.Set(choicePrefix+field, of)
					rest.Set(madePrefix+field, "1")
				}
			}
			h.Without = mergePage + "?" + rest.Encode()
		}
		v.Heads = append(v.Heads, h)
	}
	for i, h := range v.Heads {
		v.Heads[i].Label = h.Title
		if slices.ContainsFunc(v.Heads, func(other mergeHead) bool { return other.ID != h.ID && other.Title == h.Title }) {
			v.Heads[i].Label = h.Title + " " + h.Sub
		}
	}
	return columns
}

// mergeRow adds a field: to the table where the records differ, else to what is the same.
func (x *exchange) mergeRow(k *record.Kind, r merge.Row, columns []int, p merge.Preview, v *mergeView) {
	label := x.fieldLabel(k, r.Field)
	if !r.Differ {
		v.Same = append(v.Same, ui.Item{Label: label, Value: x.stored(k, r.Field, r.Result)})
		return
	}
	row := mergeRow{Field: r.Field, Label: label, Fixed: r.Fixed, List: r.List}
	if r.Over {
		row.Alarm = x.p.T("merge.over", "max", x.p.Number(int64(r.Max)))
	}
	element := func(value json.RawMessage) string {
		return x.stored(k, r.Field, slices.Concat(json.RawMessage("["), value, json.RawMessage("]")))
	}
	for _, i := range columns {
		id := p.Records[i].Base().ID
		c := mergeCell{Of: id, Chosen: r.Chosen == id}
		if !r.List {
			c.Value = x.stored(k, r.Field, r.Values[i])
		}
		for _, pick := range r.Picked {
			if pick.Of == id {
				c.Picks = append(c.Picks, mergePick{pick.Name(), element(pick.Value), pick.Stays, pick.Again})
			}
		}
		row.Cells = append(row.Cells, c)
	}
	var list []json.RawMessage
	if r.List && json.Unmarshal(r.Result, &list) == nil {
		for _, value := range list {
			row.Result = append(row.Result, element(value))
		}
	} else if r.Result != nil {
		row.Result = []string{x.stored(k, r.Field, r.Result)}
	}
	v.Rows = append(v.Rows, row)
}

// mergeBelow tells what moves and what no longer shows.
func (x *exchange) mergeBelow(l *look, k *record.Kind, p merge.Preview, v *mergeView) {
	titles := map[string]string{}
	for _, rec := range p.Records {
		titles[rec.Base().ID] = x.nameOf(l, rec)
	}
	const most = 10
	for _, rec := range p.Records[1:] {
		id := rec.Base().ID
		m := mergeMove{Title: x.p.T("merge.moves.of", "title", titles[id])}
		for _, move := range p.Moves {
			if move.Of != id {
				continue
			}
			var names []string
			for _, item := range move.Items[:min(len(move.Items), most)] {
				if item.Kind == call.Name {
					item.Title = x.phone(item.Title)
				}
				names = append(names, clip(item.Title))
			}
			text := strings.Join(names, " · ")
			if more := move.Total - len(names); more > 0 {
				text = strings.TrimPrefix(text+" · ", " · ") + x.p.T("merge.moves.more", "n", x.p.Number(int64(more)))
			}
			m.Items = append(m.Items, ui.Item{Label: x.p.T("kind."+move.Kind) + " · " + x.p.Number(int64(move.Total)), Value: text})
		}
		for _, link := range p.Links {
			if other := lookOf(link.Kind); link.Of == id && other != nil {
				m.Items = append(m.Items, ui.Item{Label: x.p.T(other.one()), Value: link.Title, Href: other.at(link.ID)})
			}
		}
		if len(m.Items) > 0 {
			v.Moves = append(v.Moves, m)
		}
	}
	for _, lost := range p.Lost {
		value := lost.Value
		if f, ok := k.Field(lost.Field); ok && f.List && len(value) > 0 && value[0] != '[' {
			value = slices.Concat(json.RawMessage("["), value, json.RawMessage("]"))
		}
		v.Lost = append(v.Lost, ui.Item{Label: x.fieldLabel(k, lost.Field), Value: x.stored(k, lost.Field, value), Note: titles[lost.Of]})
	}
}

func (a *App) doMerge(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	req := mergeAsked(form)
	if turned(form, req) {
		return x.mergePage(form, http.StatusConflict, &ui.Alert{Tone: ui.Info, Title: x.p.T("merge.turned")})
	}
	told, _, err := x.merges().Do(x.ctx(), x.writing(), req)
	switch f := fault.From(err); {
	case err == nil:
	case f.Kind == fault.Stale:
		return x.mergePage(form, http.StatusConflict, &ui.Alert{Tone: ui.Bad, Title: x.p.Fault(fault.New(fault.Stale, f.Code))})
	case f.Kind == fault.Invalid:
		alert := ui.Alert{Tone: ui.Bad, Title: x.p.Fault(f)}
		for _, field := range f.Fields {
			alert.Items = append(alert.Items, ui.Link{Label: x.p.Field(field)})
		}
		return x.mergePage(form, http.StatusUnprocessableEntity, &alert)
	default:
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = lookOf(told.Of).at(told.Main)
	}
	x.say(note{Text: x.p.T("merge.did", "n", x.p.Number(int64(len(told.Others)+1)), "title", clip(x.called(told.Main))), Undo: mergesPath + "/" + told.ID + "/undo",
		With: []ui.Value{{Name: "back", Value: back}}, More: &ui.Link{Label: x.p.T("merge.banner.see"), Href: mergesPath + "/" + told.ID}})
	return x.redirect(back)
}

// mergesPage is how many merges a page lists.
const mergesPage = 50

func (a *App) listMerges(x *exchange) error {
	all, next, err := x.merges().List(x.ctx(), x.who.Grant, x.r.URL.Query().Get("after"), mergesPage)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range all {
		ids = append(ids, m.Main, m.CreatedBy)
	}
	if err := x.learn(ids...); err != nil {
		return err
	}
	title := x.p.T("merge.list")
	t := ui.Table{ID: "results", Label: title, Columns: []ui.Column{{Label: x.p.T("merge.into"), Main: true}, {Label: x.p.T("merge.others"), End: true}, {Label: x.p.T("merge.when")},
		{Label: x.p.T("merge.who"), Wide: true}, {Label: x.p.T("job.state")}}, Empty: ui.Empty{Icon: "merge", Title: x.p.T("merge.list.none"), Text: x.p.T("merge.list.none.text"), Actions: []ui.Action{{Label: x.p.T("duplicates.title"), Href: duplicatesPath, Icon: "users"}}}}
	for _, m := range all {
		at := mergesPath + "/" + m.ID
		t.Rows = append(t.Rows, ui.Row{ID: m.ID, Name: x.called(m.Main), Href: at, Cells: []templ.Component{ui.MainLink(x.called(m.Main), at),
			ui.Number(x.p.Number(int64(len(m.Others)))), ui.Words(x.p.Moment(m.CreatedAt)), ui.Words(x.called(m.CreatedBy)), ui.Badge(x.mergePill(m))}})
	}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title}), ui.TableView(x.p, t)}
	if next != "" {
		body = append(body, ui.Do(ui.Action{Label: x.p.T("page.older"), Href: mergesPath + "?after=" + url.QueryEscape(next), Icon: "arrow-right"}, "button"))
	}
	return x.show(view{Title: title, Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: title}}}, body...)
}

func (x *exchange) mergePill(m *merge.Merge) ui.Pill {
	if m.State() == merge.Undone {
		return ui.Pill{Label: x.p.T("merge.state.undone")}
	}
	return ui.Pill{Label: x.p.T("merge.state.done"), Tone: ui.Good}
}

func (a *App) showMerge(x *exchange) error {
	m, err := x.merges().Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	return x.mergeRecord(m, 0, nil)
}

// mergeRecord shows a merge, and what undoing it would do; refused is why that was not done.
func (x *exchange) mergeRecord(m *merge.Merge, status int, refused *fault.Fault) error {
	l := lookOf(m.Of)
	k, err := x.of(l)
	if err != nil {
		return err
	}
	written, err := x.merges().Written(x.ctx(), x.who.Grant, m)
	if err != nil {
		return err
	}
	if err := x.learn(append(k.IDs(written, x.cfg.Fields), m.Main, m.CreatedBy, m.UndoneBy)...); err != nil {
		return err
	}
	title := x.p.T("merge.record")
	head := ui.Header{Title: x.p.T("merge.record") + ": " + x.called(m.Main), Pills: []ui.Pill{x.mergePill(m)}, Sub: m.Reason}
	items := []ui.Item{{Label: x.p.T("merge.into"), Value: x.called(m.Main), Href: l.at(m.Main)}}
	for _, id := range m.Others {
		items = append(items, ui.Item{Label: x.p.T("merge.others"), Value: x.mergedName(l, id), Href: l.at(id)})
	}
	items = append(items, ui.Item{Label: x.p.T("merge.when"), Value: x.p.Moment(m.CreatedAt)}, ui.Item{Label: x.p.T("merge.who"), Value: x.called(m.CreatedBy)})
	if m.State() == merge.Undone {
		items = append(items, ui.Item{Label: x.p.T("field.merge.undoneAt"), Value: x.p.Moment(m.UndoneAt)}, ui.Item{Label: x.p.T("field.merge.undoneBy"), Value: x.called(m.UndoneBy)})
		for _, field := range m.Conflicts {
			items = append(items, ui.Item{Label: x.p.T("merge.kept"), Value: x.fieldLabel(k, field)})
		}
	}
	body := []templ.Component{ui.PageHeader(x.p, head)}
	if refused != nil {
		body = append(body, x.mergeClash(l, m, refused))
	}
	var rows []mergeWrote
	for _, f := range written.Fields {
		rows = append(rows, mergeWrote{x.fieldLabel(k, f.Field), x.stored(k, f.Field, f.From), x.stored(k, f.Field, f.To)})
	}
	body = append(body, ui.BlockCard(x.p, ui.Block{ID: "merge", Title: title, Items: items}), mergeWritten(x.p, "wrote", x.p.T("merge.wrote"), x.p.T("merge.wrote.none"), rows))
	if m.State() == merge.Done && repository.MayMerge(x.who.Grant) == nil {
		part, err := x.mergeParting(k, m)
		if err != nil {
			return err
		}
		body = append(body, part)
	}
	if m.State() == merge.Undone && repository.MayMerge(x.who.Grant) == nil {
		again := url.Values{"kind": {m.Of}, "ids": append([]string{m.Main}, m.Others...)}
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("merge.again"), Icon: "merge", Href: mergePage + "?" + again.Encode()}))
	}
	return x.show(view{Title: title, Status: status, Trail: []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: x.p.T("merge.list"), Href: mergesPath}, {Label: x.called(m.Main)}}}, body...)
}

// mergeParting tells what undoing a merge would do, with the button that does it.
func (x *exchange) mergeParting(k *record.Kind, m *merge.Merge) (templ.Component, error) {
	p, err := x.merges().Part(x.ctx(), repository.Write{Grant: x.who.Grant}, m)
	if err != nil {
		f := fault.From(err)
		if f.Kind != fault.Conflict {
			return nil, err
		}
		return ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.Fault(f)}), nil
	}
	l := lookOf(m.Of)
	var names []string
	for _, rec := range p.Returned {
		names = append(names, x.nameOf(l, rec))
	}
	var rows []mergeWrote
	for _, c := range p.Conflicts {
		rows = append(rows, mergeWrote{x.fieldLabel(k, c.Field), x.stored(k, c.Field, c.Was), x.stored(k, c.Field, c.Is)})
	}
	undo := ui.Action{Label: x.p.T("merge.undo"), Icon: "undo", Href: mergesPath + "/" + m.ID + "/undo", Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}
	return mergeUndoing(x.p, strings.Join(names, ", "), rows, undo), nil
}

// mergeClash says why a merge was not undone, and offers to go on without the key that stands in the way.
func (x *exchange) mergeClash(l *look, m *merge.Merge, f *fault.Fault) templ.Component {
	alert := ui.Alert{Tone: ui.Bad, Title: x.p.Fault(f)}
	for _, field := range f.Fields {
		alert.Items = append(alert.Items, ui.Link{Label: x.p.Field(field)})
	}
	for _, c := range f.Clashes {
		alert.Items = append(alert.Items, ui.Link{Label: x.p.T("merge.clash") + ": " + c.Title, Href: l.at(c.ID)})
	}
	if len(f.Fields) > 0 && f.Kind == fault.Conflict {
		for drop, key := range map[repository.Drop]string{repository.DropRestored: "merge.drop.restored", repository.DropHolder: "merge.drop.holder"} {
			alert.Actions = append(alert.Actions, ui.Action{Label: x.p.T(key), Href: mergesPath + "/" + m.ID + "/undo", Post: true,
				Values: []ui.Value{{Name: "drop", Value: string(drop)}, {Name: ui.KeyName, Value: x.newKey()}}})
		}
		slices.SortFunc(alert.Actions, func(a, b ui.Action) int { return strings.Compare(a.Values[0].Value, b.Values[0].Value) })
	}
	return ui.AlertBox(x.p, alert)
}

func (a *App) undoMerge(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	id := x.r.PathValue("id")
	m, _, err := x.merges().Undo(x.ctx(), x.writing(), id, repository.Drop(form.Get("drop")))
	if f := fault.From(err); err != nil && f.Kind == fault.Conflict {
		told, again := x.merges().Get(x.ctx(), x.who.Grant, id)
		if again != nil {
			return again
		}
		return x.mergeRecord(told, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = mergesPath + "/" + m.ID
	}
	said := note{Text: x.p.T("merge.undid")}
	if back != mergesPath+"/"+m.ID {
		said.More = &ui.Link{Label: x.p.T("merge.banner.see"), Href: mergesPath + "/" + m.ID}
	}
	if len(m.Conflicts) > 0 {
		k, err := x.of(lookOf(m.Of))
		if err != nil {
			return err
		}
		var kept []string
		for _, field := range m.Conflicts {
			kept = append(kept, x.fieldLabel(k, field))
		}
		said.Tone = ui.Warn
		said.Text += " " + x.p.T("merge.conflicts.named", "fields", x.p.List(kept))
	}
	x.say(said)
	return x.redirect(back)
}

// mergedName is what a record is or was called that was merged into another.
func (x *exchange) mergedName(l *look, id string) string {
	rec, err := x.app.Records.Recall(x.ctx(), x.who.Grant, l.kind, id)
	if err != nil || rec.Base().DeletedAt != nil && !x.can(policy.Restore) {
		return id
	}
	return x.nameOf(l, rec)
}

// mergedLink names a record that was merged into the one a history is of, and leads to that merge; nil for none.
func (x *exchange) mergedLink(l *look, id string) *ui.Link {
	if id == "" {
		return nil
	}
	if link, known := x.merged[id]; known {
		return link
	}
	var link *ui.Link
	if was, err := x.app.Records.AsMerged(x.ctx(), x.who.Grant, l.kind, id); err == nil {
		link = &ui.Link{Label: x.p.T("merge.of", "title", clip(x.nameOf(l, was))), Href: mergesPath + "/" + was.Base().Merge}
	}
	if x.merged == nil {
		x.merged = map[string]*ui.Link{}
	}
	x.merged[id] = link
	return link
}

// movedTo leads whoever opens the old address of a merged record to where it is now.
type movedTo struct{ path string }

func (m *movedTo) Error() string { return "app: the record is at " + m.path }

// movedOn tells whether the address names a record that was merged into the one it has led to.
func (x *exchange) movedOn(rec record.Record) error {
	id := x.r.PathValue("id")
	if rec == nil || x.r.Method != http.MethodGet || id == rec.Base().ID || x.route.Part {
		return nil
	}
	was, err := x.app.Records.AsMerged(x.ctx(), x.who.Grant, rec.Base().Kind, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if l := lookOf(rec.Base().Kind); l != nil {
		x.say(note{Text: x.p.T("merge.banner", "title", clip(x.nameOf(l, was))), More: &ui.Link{Label: x.p.T("merge.banner.see"), Href: mergesPath + "/" + was.Base().Merge}})
	}
	to := *x.r.URL
	to.Path = strings.Replace(to.Path, "/"+id, "/"+rec.Base().ID, 1)
	to.RawPath = ""
	return &movedTo{to.RequestURI()}
}
