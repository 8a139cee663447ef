package app

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/sheet"
)

var bulkShowRoutes = []Route{
	{Method: http.MethodGet, Path: bulksPath + "/{id}", Title: "bulk.title", Need: policy.Edit, handle: (*App).showBulk},
	{Method: http.MethodGet, Path: bulksPath + "/{id}/results", Title: "bulk.title", Need: policy.Edit, Part: true, handle: (*App).bulkFile},
	{Method: http.MethodPost, Path: bulksPath + "/{id}/undo", Title: "action.undo", Need: policy.Edit, handle: (*App).undoBulk},
}

// bulkTones are the colours of what becomes of a record.
var bulkTones = map[string]ui.Tone{bulk.Done: ui.Good, bulk.Unchanged: ui.Neutral, bulk.Skipped: ui.Warn, bulk.Failed: ui.Bad, bulk.Back: ui.Good, bulk.Kept: ui.Warn}

// toneOf is the colour of what an action makes of a record: what is deleted is not shown as a success.
func toneOf(action, result string) ui.Tone {
	if action == bulk.Delete && result == bulk.Done {
		return ui.Bad
	}
	return bulkTones[result]
}

// bulkPreview shows what an action would do, and the button that does it.
func (x *exchange) bulkPreview(d *deed, p bulk.Preview, c complaints) []templ.Component {
	tiles := []ui.Tile{{Label: x.p.T("bulk.total"), Count: x.p.Number(int64(p.Count))}, {Label: x.p.T(becomes(d.action, bulk.Done, true)), Count: x.p.Number(int64(p.Changed)), Tone: toneOf(d.action, bulk.Done)}}
	for _, t := range []struct {
		result string
		n      int
	}{{bulk.Unchanged, p.Same}, {bulk.Skipped, p.Skipped}, {bulk.Failed, p.Failed}} {
		if t.n > 0 {
			tiles = append(tiles, ui.Tile{Label: x.p.T("bulk.result." + t.result), Count: x.p.Number(int64(t.n)), Tone: bulkTones[t.result]})
		}
	}
	body := []templ.Component{ui.Tiles(tiles)}
	if !p.Exact {
		body = append(body, ui.Muted(x.p.T("bulk.estimated")))
	}
	if w, _ := wayOf(d.action); w.final && p.Changed > 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.T("bulk.final")}))
	}
	if p.Changed == 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("bulk.nothing")}))
	} else {
		body = append(body, ui.FormView(x.p, x.bulkConfirm(d, p, c)))
	}
	if len(p.Except) > 0 {
		body = append(body, bulkPart("except", x.p.T("bulk.except"), ui.TableView(x.p, x.bulkTable("left-out", d.action, d.look, p.Except, true))))
	}
	return append(body, bulkPart("examples", x.p.T("bulk.samples"), ui.TableView(x.p, x.bulkTable("samples", d.action, d.look, p.Samples, true))))
}

// bulkConfirm is the button; a deletion asks for the number.
func (x *exchange) bulkConfirm(d *deed, p bulk.Preview, c complaints) ui.Form {
	form := ui.Form{ID: "confirm", Action: d.path() + "/start", Key: x.newKey(), Values: d.sel.hidden(), Save: x.p.N("bulk.do", p.Changed)}
	if w, _ := wayOf(d.action); w.button != "" {
		form.Save = x.p.N(w.button, p.Changed)
	}
	if d.action != bulk.Delete {
		for _, name := range slices.Sorted(maps.Keys(d.values)) {
			if name != "sel" && name != "all" && name != "q" && name != "id" && name != ui.KeyName {
				for _, value := range d.values[name] {
					form.Values = append(form.Values, ui.Value{Name: name, Value: value})
				}
			}
		}
		return form
	}
	labels := map[string]string{"count": x.p.T("bulk.confirm.count")}
	base := required(helped(c.base(labels, "count"), x.p.T("bulk.confirm.help", "n", p.Count)))
	base.Width = ui.Narrow
	form.Begin, form.Danger, form.Save, form.Cancel = true, true, x.p.N("bulk.delete.do", p.Changed), d.sel.addressed(d.home())
	form.Fields = []ui.Field{ui.Text{Base: base, Value: d.values.Get("count"), Mode: "numeric", Max: 12}}
	return c.onto(form, labels)
}

func isMail(action string) bool {
	w, _ := wayOf(action)
	return w.final
}

// becomes is the key of what becomes, or would become, of a record.
func becomes(action, result string, would bool) string {
	switch {
	case result == bulk.Done && would && action == bulk.Delete:
		return "bulk.would.delete"
	case result == bulk.Done && isMail(action) && would:
		return "bulk.would.mail"
	case result == bulk.Done && isMail(action):
		return "bulk.result.mailed"
	case result == bulk.Done && would:
		return "bulk.would"
	case result == bulk.Done && action == bulk.Delete:
		return "bulk.result.deleted"
	}
	return "bulk.result." + result
}

// bulkTable lists records with what becomes of them.
func (x *exchange) bulkTable(id, action string, l *look, items []bulk.Named, would bool) ui.Table {
	t := ui.Table{ID: id, Label: x.p.T("bulk.records"), Columns: []ui.Column{{Label: x.p.T("bulk.record"), Main: true}, {Label: x.p.T("bulk.becomes")}},
		Empty: ui.Empty{Icon: "filter", Title: x.p.T("bulk.none")}}
	if key := map[string]string{"left-out": "bulk.except", "samples": "bulk.samples"}[id]; key != "" {
		t.Label += ": " + x.p.T(key) // both are on one page
	}
	why := slices.ContainsFunc(items, func(n bulk.Named) bool { return len(n.Reasons) > 0 })
	if why {
		t.Columns = append(t.Columns, ui.Column{Label: x.p.T("bulk.why")})
	}
	for _, item := range items {
		row := ui.Row{ID: item.ID, Name: item.Title}
		main := ui.Words(item.Title)
		if l != nil && item.Title != item.ID {
			row.Href = l.at(item.ID)
			main = ui.MainLink(item.Title, row.Href)
		}
		row.Cells = []templ.Component{main, ui.Badge(ui.Pill{Label: x.p.T(becomes(action, item.Result.Result, would)), Tone: toneOf(action, item.Result.Result)})}
		if why {
			row.Cells = append(row.Cells, ui.Words(x.bulkWhy(l, item.Reasons)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// bulkWhy says why a record is as it is; of fields that undo keeps, which.
func (x *exchange) bulkWhy(l *look, reasons []bulk.Reason) string {
	if l == nil || l == userLook || !slices.ContainsFunc(reasons, func(r bulk.Reason) bool { return r.Field != "" && r.Code == bulk.EditedSince }) {
		return bulk.Sentences(x.p, reasons)
	}
	k, err := x.of(l)
	if err != nil {
		return bulk.Sentences(x.p, reasons)
	}
	var all []string
	for _, r := range reasons {
		text := bulk.Sentences(x.p, []bulk.Reason{r})
		if r.Field != "" {
			text = x.fieldLabel(k, r.Field) + ": " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// bulkTitle says what a bulk action does: "Add the tag vip".
func (x *exchange) bulkTitle(q bulk.Request) string {
	text := paramText(q)
	k, err := x.app.Records.Kind(q.Kind)
	if err != nil {
		return q.Action
	}
	if w, ok := wayOf(q.Action); ok {
		return w.did(x, k, text)
	}
	switch q.Action {
	case "custom":
		name := text("field")
		if f, ok := x.ownNamed(k, "custom."+name); ok {
			name = f.Label
		}
		return x.bulkSet(name, k.Show(x.p, "custom."+text("field"), q.Params["value"], record.Own{Fields: x.cfg.Fields, Lists: x.cfg.Lists}))
	case "entity":
		return x.bulkSet(k.Label(x.p, q.Action), x.entityName(text("entity")))
	}
	return x.bulkSet(k.Label(x.p, q.Action), k.Show(x.p, q.Action, q.Params[q.Action], record.Own{Fields: x.cfg.Fields, Lists: x.cfg.Lists}))
}

func (x *exchange) bulkSet(field, value string) string {
	if value == "" {
		return x.p.T("bulk.did.clear", "field", field)
	}
	return x.p.T("bulk.did.set", "field", field, "value", value)
}

// bulkTiles are the numbers of records by what became of them; each leads to its records.
func (x *exchange) bulkTiles(b bulk.Bulk, from selection, chosen string) templ.Component {
	at := bulksPath + "/" + b.ID
	tiles := []ui.Tile{{Label: x.p.T("bulk.total"), Count: x.p.Number(b.Tally().Total), Href: from.addressed(at), Current: chosen == ""}}
	for _, tile := range x.bulkCounts(b) {
		if tile.Href != "" {
			tile.Current = chosen == tile.Href
			tile.Href = from.addressed(at, "result", tile.Href)
		}
		tiles = append(tiles, tile)
	}
	return ui.Tiles(tiles)
}

// bulkCounts are those of them that there are; the address of each is the result it counts.
func (x *exchange) bulkCounts(b bulk.Bulk) []ui.Tile {
	t := b.Tally()
	var tiles []ui.Tile
	for _, r := range []struct {
		result string
		n      int64
	}{{bulk.Done, t.Done}, {bulk.Unchanged, t.Unchanged}, {bulk.Skipped, t.Skipped}, {bulk.Failed, t.Failed}, {bulk.Back, t.Back}, {bulk.Kept, t.Kept}} {
		if r.n == 0 {
			continue
		}
		tile := ui.Tile{Label: x.p.T(becomes(b.Request.Action, r.result, false)), Count: x.p.Number(r.n), Tone: toneOf(b.Request.Action, r.result)}
		if r.result != bulk.Back {
			tile.Href = r.result
		}
		tiles = append(tiles, tile)
	}
	return tiles
}

// noticeFor is how long after its end an action's page offers the quiet line as well.
const noticeFor = 2 * time.Minute

// showBulk shows an action on its way, or what it did.
func (a *App) showBulk(x *exchange) error {
	b, err := a.Bulks.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	title, at := x.bulkTitle(b.Request), bulksPath+"/"+b.ID
	v := view{Title: title, Trail: []ui.Link{{Label: x.p.T("nav.jobs"), Href: jobsPath}, {Label: title}}}
	l, from := bulkLook(b.Request.Kind), selectionOf(x.r.URL.Query()).list()
	if l != nil {
		v.Trail[0] = ui.Link{Label: x.p.T(l.heading()), Href: from.addressed(l.home())}
	}
	head := ui.PageHeader(x.p, ui.Header{Title: title, Meta: x.p.T("bulk.by", "name", b.Maker.Name, "when", x.p.Relative(b.CreatedAt, x.now()))})
	if working(b.Job) {
		return x.show(v, head, ui.ProgressView(x.p, x.progress(b.Job)), latest(x.p.T("job.refresh"), at))
	}
	chosen := x.r.URL.Query().Get("result")
	items, next, err := a.Bulks.Items(x.ctx(), x.who.Grant, b.ID, chosen, x.r.URL.Query().Get("after"), listPage)
	if err != nil {
		return err
	}
	alert, actions := x.bulkOutcome(b)
	if l != nil {
		actions = append(actions, ui.Action{Label: x.p.T("bulk.back"), Icon: "arrow-left", Href: v.Trail[0].Href})
	}
	if b.State == job.Done && b.Undoable(a.Records.Clock.Now()) && a.Records.Clock.Now().Sub(b.EndedAt) < noticeFor {
		v.Notice = x.notice(note{Text: alert.Title, Undo: at + "/undo"})
	}
	body := []templ.Component{head, ui.AlertBox(x.p, alert), x.bulkTiles(b, from, chosen), wizardActions(actions), ui.TableView(x.p, x.bulkTable("results", b.Request.Action, l, items, false))}
	if next != "" {
		more := from.addressed(at, "after", next)
		if chosen != "" {
			more = from.addressed(at, "after", next, "result", chosen)
		}
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("action.next"), Href: more, Icon: "chevron-right"}))
	}
	return x.show(v, body...)
}

// bulkOutcome says in a sentence how an action ended, and what can be done now.
func (x *exchange) bulkOutcome(b bulk.Bulk) (ui.Alert, []ui.Action) {
	t, at := b.Tally(), bulksPath+"/"+b.ID
	a := ui.Alert{Tone: ui.Good, Title: x.p.N("bulk.done", int(t.Done))}
	switch {
	case b.Request.Action == bulk.Delete:
		a.Title = x.p.N("bulk.deleted", int(t.Done))
	case isMail(b.Request.Action):
		a.Title = x.p.N("bulk.mailed", int(t.Done))
	}
	switch b.State {
	case job.Failed:
		a = ui.Alert{Tone: ui.Bad, Title: x.p.T("bulk.failed"), Text: x.failure(b.Job)}
	case job.Cancelled:
		a.Tone, a.Text = ui.Warn, x.p.T("bulk.cancelled")
	case job.Undone:
		a = ui.Alert{Tone: ui.Info, Title: x.p.N("bulk.undone", int(t.Back))}
		if t.Kept > 0 {
			a.Tone, a.Text = ui.Warn, x.p.N("bulk.kept", int(t.Kept))
		}
	}
	var actions []ui.Action
	if b.Undoable(x.app.Records.Clock.Now()) {
		a.Text += " " + x.p.T("bulk.undoUntil", "date", x.p.Day(b.UndoUntil()))
		actions = append(actions, ui.Action{Label: x.p.T("action.undo"), Icon: "undo", Href: at + "/undo", Post: true})
	}
	if t.Total <= fileRows {
		actions = append(actions, ui.Action{Label: x.p.T("bulk.file"), Icon: "download", Href: at + "/results"})
	}
	return a, actions
}

// fileRows is how many results one answer holds: it is no more than the gateway passes on.
const fileRows = 30_000

// bulkFile sends what became of every record as a sheet.
func (a *App) bulkFile(x *exchange) error {
	b, err := a.Bulks.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	if b.Tally().Total > fileRows {
		return fault.New(fault.TooLarge, "too_large")
	}
	x.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	x.w.Header().Set("Content-Disposition", `attachment; filename="`+b.ID+`.csv"`)
	x.answered = true
	w := sheet.NewCSVWriter(x.w, ',')
	if err := w.Header([]string{x.p.T("bulk.record"), "id", x.p.T("bulk.becomes"), x.p.T("bulk.why")}); err != nil {
		return ignoreGone(err)
	}
	for after, more := "", true; more; more = after != "" {
		items, next, err := a.Bulks.Items(x.ctx(), x.who.Grant, b.ID, "", after, 1000)
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := w.Row([]sheet.Cell{sheet.T(item.Title), sheet.T(item.ID), sheet.T(x.p.T(becomes(b.Request.Action, item.Result.Result, false))), sheet.T(bulk.Sentences(x.p, item.Reasons))}); err != nil {
				return ignoreGone(err)
			}
		}
		after = next
	}
	return ignoreGone(w.Close())
}

// undoBulk takes an action back. Sent twice, it is one undo.
func (a *App) undoBulk(x *exchange) error {
	if _, err := a.Bulks.Undo(x.ctx(), x.who.Grant, x.r.PathValue("id")); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return x.redirect(bulksPath + "/" + x.r.PathValue("id"))
}
