package app

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// A record goes back to how it was after one of its changes: all of it, or the fields that are chosen (HIST-06).

// wholeName asks for the record as it was, in the place of one change of it.
const wholeName = "whole"

// askVersion shows in which fields a record differs from how it was after a change.
func (x *exchange) askVersion(s *subject, change record.Change, status int, refused *fault.Fault) error {
	since, err := x.app.Records.AsAfter(x.ctx(), x.who.Grant, s.kind.Name, s.id(), change.Seq)
	if err != nil {
		return err
	}
	if err := x.learn(s.kind.IDs(since, x.cfg.Fields)...); err != nil {
		return err
	}
	at, title := s.at(historyTab), x.p.T("version.title")
	page := view{Title: title, Status: status, Trail: x.trail(s, ui.Link{Label: x.p.T("nav.history"), Href: at}, ui.Link{Label: title})}
	head := ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T("page.revert.what", "name", x.actor(change), "when", x.p.Moment(change.At), "what", record.Sentence(x.p, s.kind, change, x.wording()))})
	if len(since.Fields) == 0 {
		return x.show(page, head, ui.EmptyState(ui.Empty{Icon: "restore", Title: x.p.T("version.same"), Actions: []ui.Action{{Label: x.p.T("action.back"), Href: at}}}))
	}
	var rows []ui.Differ
	for _, f := range since.Fields {
		rows = append(rows, ui.Differ{Name: keepPrefix + f.Field, Label: x.fieldLabel(s.kind, f.Field), Theirs: x.stored(s.kind, f.Field, f.To), Yours: x.stored(s.kind, f.Field, f.From)})
	}
	form := ui.Form{ID: "revert", Action: s.at(historyTab, strconv.FormatInt(change.Revision, 10)), Key: x.newKey(), Version: s.version(), Save: x.p.T("action.restore"), Cancel: at, Wide: true,
		Values: []ui.Value{{Name: wholeName, Value: "1"}},
		Fields: []ui.Field{ui.Part{Body: ui.CompareField(x.p, ui.Comparison{Text: x.p.T("version.text"), Theirs: x.p.T("page.revert.now"), Yours: x.p.T("version.then"), Rows: rows})}}}
	if refused != nil {
		form.Fault = x.p.Fault(refused)
	}
	return x.show(page, head, ui.FormView(x.p, form))
}

// restoreVersion gives the chosen fields what they held after a change.
func (a *App) restoreVersion(x *exchange, s *subject, change record.Change, form url.Values) error {
	since, err := a.Records.AsAfter(x.ctx(), x.who.Grant, s.kind.Name, s.id(), change.Seq)
	if err != nil {
		return err
	}
	var fields []string
	for _, f := range since.Fields {
		if form.Get(keepPrefix+f.Field) == "yours" {
			fields = append(fields, f.Field)
		}
	}
	if len(fields) == 0 {
		return x.redirect(s.at(historyTab))
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	res, err := a.Records.RestoreTo(x.ctx(), x.writing(), s.kind.Name, s.id(), version, change.Seq, fields)
	switch f := fault.From(err); {
	case err == nil:
	case f.Kind == fault.Stale, f.Kind == fault.Conflict && len(f.Clashes) == 0:
		if s, err = x.subject(); err != nil {
			return err
		}
		return x.askVersion(s, change, http.StatusConflict, f)
	case f.Kind == fault.Invalid, f.Kind == fault.Conflict:
		return x.askVersion(s, change, http.StatusUnprocessableEntity, f)
	default:
		return err
	}
	x.sayDone("page.said.reverted", res, s.at(historyTab))
	return x.redirect(s.at(historyTab))
}
