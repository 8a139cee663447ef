package app

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/rewrite"
)

const jobsPath = "/jobs"

var jobRoutes = []Route{
	{Method: http.MethodGet, Path: jobsPath, Title: "nav.jobs", Need: policy.Import, handle: (*App).listJobs},
	{Method: http.MethodGet, Path: jobsPath + "/{id}/progress", Title: "nav.jobs", Need: policy.Import, Part: true, handle: (*App).jobProgress},
	{Method: http.MethodPost, Path: jobsPath + "/{id}/cancel", Title: "nav.jobs", Need: policy.Import, handle: (*App).cancelJob},
}

// jobTones are the colours of the states.
var jobTones = map[job.State]ui.Tone{job.Draft: ui.Neutral, job.Previewed: ui.Info, job.Queued: ui.Info, job.Running: ui.Accent, job.Done: ui.Good,
	job.Failed: ui.Bad, job.Cancelled: ui.Warn, job.Undone: ui.Neutral}

func (x *exchange) jobPill(j *job.Job) ui.Pill {
	return ui.Pill{Label: x.p.T("job.state." + string(j.State)), Tone: jobTones[j.State], Dot: true}
}

// jobHref is the page a job is seen on.
func jobHref(j *job.Job) string {
	switch j.Kind {
	case importer.Kind:
		return importPath(j.ID)
	case bulk.Kind:
		return bulksPath + "/" + j.ID
	case exporter.Kind:
		return exportsPath + "/" + j.ID
	case backup.Kind:
		return backupPath
	case backup.RestoreKind:
		return restorePath + "/" + j.ID
	case rewrite.Kind:
		return rewritesPath + "/" + j.ID
	}
	return jobsPath
}

// jobTitle is what a job is called: by its file, or by what it does.
func (x *exchange) jobTitle(j *job.Job) string {
	if b, err := bulk.Of(j); err == nil {
		return x.bulkTitle(b.Request)
	}
	if q, err := rewrite.Of(j); err == nil {
		return x.rewriteTitle(q)
	}
	return j.Title
}

// jobProgress answers what a page asks again and again while a job is on its way.
func (a *App) jobProgress(x *exchange) error {
	j, err := a.Jobs.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	g := x.progress(j)
	if g.Poll == "" {
		g.Then = jobHref(j)
	}
	return x.part(ui.ProgressView(x.p, g))
}

// listJobs shows what is on its way, with progress, and below it what was.
func (a *App) listJobs(x *exchange) error {
	jobs, next, err := a.Jobs.List(x.ctx(), x.who.Grant, x.r.URL.Query().Get("after"), listPage)
	if err != nil {
		return err
	}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: x.p.T("nav.jobs"), Sub: x.p.T("job.text")})}
	t := ui.Table{ID: "results", Label: x.p.T("nav.jobs"), Columns: []ui.Column{
		{Label: x.p.T("job.what"), Main: true}, {Label: x.p.T("job.kind"), Wide: true}, {Label: x.p.T("job.state")}, {Label: x.p.T("job.done"), End: true},
		{Label: x.p.T("job.became"), Wide: true}, {Label: x.p.T("job.by"), Wide: true}, {Label: x.p.T("job.when"), Wide: true}},
		Empty: ui.Empty{Icon: "activity", Title: x.p.T("job.none"), Text: x.p.T("job.none.text")}}
	for _, j := range jobs {
		if working(j) {
			body = append(body, ui.ProgressView(x.p, x.progress(j)), latest(x.p.T("job.refresh"), jobsPath))
			continue
		}
		at := jobHref(j)
		title := x.jobTitle(j)
		t.Rows = append(t.Rows, ui.Row{ID: j.ID, Name: title, Href: at, Actions: x.jobActions(j), Cells: []templ.Component{ui.MainLink(title, at), ui.Words(x.p.T("job.kind." + j.Kind)),
			ui.Badge(x.jobPill(j)), x.count(j, "done"), ui.Muted(x.jobCounts(j)), ui.Words(j.Maker.Name), ui.Muted(x.p.Relative(j.CreatedAt, x.now()))}})
	}
	if len(t.Rows) > 0 || len(body) == 1 {
		body = append(body, ui.TableView(x.p, t))
	}
	if next != "" {
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("action.next"), Href: jobsPath + "?" + url.Values{"after": {next}}.Encode(), Icon: "chevron-right"}))
	}
	return x.show(view{}, body...)
}

// jobTiles are the numbers of what became of a job's rows or records.
func (x *exchange) jobTiles(j *job.Job) []ui.Tile {
	var tiles []ui.Tile
	if b, err := bulk.Of(j); err == nil {
		for _, tile := range x.bulkCounts(b) {
			tile.Href = ""
			tiles = append(tiles, tile)
		}
		return tiles
	}
	for _, fate := range fates {
		if n := j.Counts[fate]; n > 0 {
			tiles = append(tiles, ui.Tile{Label: x.p.T("import.fate." + fate), Count: x.p.Number(n), Tone: fateTones[fate]})
		}
	}
	return tiles
}

// jobCounts writes them in a line: "Changed: 40, Skipped: 2".
func (x *exchange) jobCounts(j *job.Job) string {
	var all []string
	for _, tile := range x.jobTiles(j) {
		all = append(all, tile.Label+": "+tile.Count)
	}
	return strings.Join(all, ", ")
}

// jobActions are what can still be done about a job that has ended: take it back, fetch its file, or drop it.
func (x *exchange) jobActions(j *job.Job) []ui.Action {
	now := x.app.Records.Clock.Now()
	undo := ui.Action{Label: x.p.T("action.undo"), Icon: "undo", Href: jobHref(j) + "/undo", Post: true}
	switch j.Kind {
	case bulk.Kind:
		if b, err := bulk.Of(j); err == nil && b.Undoable(now) {
			return []ui.Action{undo}
		}
	case importer.Kind:
		if j.State == job.Draft || j.State == job.Previewed {
			return []ui.Action{{Label: x.p.T("action.cancel"), Icon: "close", Href: jobsPath + "/" + j.ID + "/cancel", Post: true}}
		}
		if imp, err := x.app.Imports.Get(x.ctx(), x.who.Grant, j.ID); err == nil && imp.Undoable(now) && x.app.answers(http.MethodPost, importPath("x")+"/undo") {
			return []ui.Action{undo}
		}
	case exporter.Kind:
		if e, err := exporter.Of(j); err == nil && x.app.Exports.Fetchable(x.who.Grant, e) {
			return []ui.Action{{Label: x.p.T("action.download"), Icon: "download", Href: jobHref(j) + "/file"}}
		}
	}
	return nil
}

func (a *App) cancelJob(x *exchange) error {
	j, err := a.Jobs.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := a.Jobs.Cancel(x.ctx(), x.who.Grant, j.ID); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	x.say(note{Text: x.p.T("job.cancelling"), Tone: ui.Info})
	return x.redirect(jobHref(j))
}

// progress shows a job on its way: how much is done, how fast it goes and what is left.
func (x *exchange) progress(j *job.Job) ui.Progress {
	g := ui.Progress{ID: "job-" + j.ID, Title: x.jobTitle(j), State: x.jobPill(j), Done: int(j.Counts["done"]), Total: int(j.Total)}
	if j.Phase == "preview" {
		g.Title = x.p.T("import.previewing", "file", j.Title)
	}
	g.Counts = x.jobTiles(j)
	if !working(j) {
		return g
	}
	g.Poll = jobsPath + "/" + j.ID + "/progress"
	if j.Cancel {
		g.State = ui.Pill{Label: x.p.T("job.cancelling"), Tone: ui.Warn, Dot: true}
	} else {
		g.Cancel = &ui.Action{Label: x.p.T("action.cancel"), Icon: "close", Href: jobsPath + "/" + j.ID + "/cancel", Post: true}
	}
	took := x.app.Records.Clock.Now().Sub(j.StartedAt)
	if took < time.Second || g.Done == 0 {
		return g
	}
	g.Rate = x.p.T("progress.rate", "n", max(1, int64(g.Done)*int64(time.Second)/int64(took)))
	if g.Total > g.Done {
		g.Left = x.p.T("progress.left", "time", x.p.Duration(took*time.Duration(g.Total-g.Done)/time.Duration(g.Done)))
	}
	return g
}
