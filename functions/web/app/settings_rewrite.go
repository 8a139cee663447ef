package app

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
)

var rewriteRoutes = []Route{
	managed(http.MethodGet, rewritesPath+"/{id}", "settings.rewrite", (*App).rewrite),
	{Method: http.MethodGet, Path: rewritesPath + "/{id}/progress", Title: "settings.rewrite", Part: true, Need: policy.Manage, handle: (*App).rewriteProgress},
	managed(http.MethodPost, rewritesPath+"/{id}/cancel", "settings.rewrite", (*App).cancelRewrite),
	managed(http.MethodPost, rewritesPath+"/{id}/undo", "settings.rewrite", (*App).undoRewrite),
}

// create makes a record of the settings.
func (x *exchange) create(kind string, body map[string]any) (repository.Result, complaints, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return repository.Result{}, complaints{}, err
	}
	res, err := x.app.Records.Create(x.ctx(), x.manager(), kind, raw)
	c, err := x.complain(err)
	return res, c, err
}

// discard puts a record of the settings into the trash.
func (x *exchange) discard(kind, id string) (repository.Result, complaints, error) {
	res, err := x.app.Records.Trash(x.ctx(), x.manager(), kind, id, x.version())
	c, err := x.complain(err)
	return res, c, err
}

// sayDeleted says that a record of the settings is gone, and offers the way back.
func (x *exchange) sayDeleted(rec record.Record, path string) {
	base := rec.Base()
	x.say(note{Text: x.p.T("settings.gone", "name", record.Title(rec)), Undo: path + "/" + base.ID + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(base.Version, 10)}}})
}

// replacement is a page that asks what takes the place of a value.
type replacement struct {
	of, value, name string
	nav, at         string // the part of the settings, and the address of the value
	needed          bool   // it can be replaced, but stays
	options         []ui.Option
	typed           url.Values
	complaints      complaints
}

// showReplace says how much a value is used, and asks for another.
func (x *exchange) showReplace(r replacement) error {
	n, c := x.uses(r.of)[r.value], r.complaints
	labels := map[string]string{"to": x.p.T("settings.replaceBy")}
	title := x.p.T("settings.replaceOf", "name", r.name)
	body := []templ.Component{ui.Heading(title, x.p.N("settings.uses", n))}
	if len(r.options) == 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("settings.replace.none")}))
		return x.showSettings(r.nav, title, c, body...)
	}
	form := ui.Form{ID: "replace", Action: r.at + "/replace", Key: x.newKey(), Cancel: r.at, Save: x.p.T("settings.replace"), Fields: []ui.Field{
		ui.Select{Base: c.base(labels, "to"), Value: r.typed.Get("to"), Options: r.options}}}
	if !r.needed {
		form.Fields = append(form.Fields, ui.Toggle{Base: ui.Base{Name: "remove", Label: x.p.T("settings.replace.remove", "name", r.name), Help: x.p.T("settings.replace.help")},
			On: r.typed == nil || ticked(r.typed, "remove")})
	}
	return x.showSettings(r.nav, title, c, append(body, ui.FormView(x.p, c.onto(form, labels)))...)
}

// startReplace begins to put another value in the place of one.
func (x *exchange) startReplace(of, value string, again func(url.Values, complaints) error) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	return x.startRewrite(rewrite.Request{Of: of, From: []string{value}, To: form.Get("to"), Remove: ticked(form, "remove")}, again)
}

func (x *exchange) startRewrite(q rewrite.Request, again func(url.Values, complaints) error) error {
	j, err := x.app.Rewrites.Start(x.ctx(), x.who.Grant, q)
	c, err := x.complain(err)
	switch {
	case err != nil:
		return err
	case c.any():
		form, err := x.form()
		if err != nil {
			return err
		}
		return again(form, c)
	}
	return x.redirect(rewritesPath + "/" + j.ID)
}

// rewrite shows a rewrite on its way, or what it did.
func (a *App) rewrite(x *exchange) error {
	j, q, err := a.Rewrites.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	nav, _ := x.subjectPart(q.Of)
	title := x.rewriteTitle(q)
	return x.showSettings(nav, title, complaints{}, ui.Heading(title, ""), ui.ProgressView(x.p, x.rewriting(j, q)), latest(x.p.T("job.refresh"), rewritesPath+"/"+j.ID))
}

func (a *App) rewriteProgress(x *exchange) error {
	j, q, err := a.Rewrites.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	return x.part(ui.ProgressView(x.p, x.rewriting(j, q)))
}

// rewriting shows how far a rewrite is.
func (x *exchange) rewriting(j *job.Job, q rewrite.Request) ui.Progress {
	at := rewritesPath + "/" + j.ID
	nav, label := x.subjectPart(q.Of)
	g := x.progress(j)
	g.Total = max(g.Total, g.Done) // what was given the old value while the job was on its way is done as well
	if g.Done > 0 || !working(j) {
		g.Counts = append(g.Counts, ui.Tile{Label: x.p.T("settings.rewrite.done"), Count: x.p.Number(j.Counts["done"]), Tone: ui.Good})
	}
	if n := j.Counts["kept"]; n > 0 {
		g.Counts = append(g.Counts, ui.Tile{Label: x.p.T("settings.rewrite.kept"), Count: x.p.Number(n), Tone: ui.Warn})
	}
	if working(j) {
		g.Poll = at + "/progress"
		if g.Cancel != nil {
			g.Cancel.Href = at + "/cancel"
		}
		return g
	}
	g.Result = []ui.Action{{Label: label, Href: nav, Icon: "arrow-left"}}
	if j.State != job.Undone && j.Counts["done"] > 0 {
		g.Result = append(g.Result, ui.Action{Label: x.p.T("action.undo"), Icon: "undo", Href: at + "/undo", Post: true})
	}
	return g
}

// subjectPart is the part of the settings a rewrite belongs to, and what it is called.
func (x *exchange) subjectPart(of string) (path, label string) {
	if of == rewrite.Tags {
		return tagsPath, x.p.T("settings.tags")
	}
	for _, p := range parts {
		if p.kind == of {
			return p.path, x.p.T(p.title)
		}
	}
	return listsPath + "/" + of, x.p.T("lists." + of)
}

// rewriteTitle says what a rewrite does: "Sponsor, Donor become Partner".
func (x *exchange) rewriteTitle(q rewrite.Request) string {
	var from []string
	for _, value := range q.From {
		from = append(from, x.subjectName(q.Of, value))
	}
	return x.p.T("settings.rewrite.title", "from", x.p.List(from), "to", x.subjectName(q.Of, q.To))
}

// subjectName is what a value of a subject is called.
func (x *exchange) subjectName(of, value string) string {
	if of == rewrite.Tags {
		return value
	}
	if slices.Contains(setting.ManagedLists(), of) {
		return record.Own{Lists: x.cfg.Lists}.CodeLabel(x.p, of, value)
	}
	if value == setting.RootEntity {
		return x.cfg.Settings.Name
	}
	for _, rec := range slices.Concat(x.cfg.Live(of), x.cfg.Trashed(of)) {
		if rec.Base().ID == value {
			return record.Title(rec)
		}
	}
	return value
}

func (a *App) cancelRewrite(x *exchange) error {
	if _, err := a.Rewrites.Cancel(x.ctx(), x.who.Grant, x.r.PathValue("id")); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return x.redirect(rewritesPath + "/" + x.r.PathValue("id"))
}

func (a *App) undoRewrite(x *exchange) error {
	if _, err := a.Rewrites.Undo(x.ctx(), x.who.Grant, x.r.PathValue("id")); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return x.redirect(rewritesPath + "/" + x.r.PathValue("id"))
}
