package app

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
)

// The pages that keep the organisation in a file and bring it back. They are an owner's.
const (
	backupPath  = settingsPath + "/backup"
	restorePath = settingsPath + "/restore"
)

var backupRoutes = []Route{
	managed(http.MethodGet, backupPath, "backup.title", (*App).backups),
	managed(http.MethodPost, backupPath, "backup.title", (*App).createBackup),
	managed(http.MethodGet, backupPath+"/{id}/file", "backup.title", (*App).backupFile),
	managed(http.MethodGet, restorePath+"/uploaded", "backup.restore", (*App).restoreUploaded),
	managed(http.MethodGet, restorePath+"/{id}", "backup.restore", (*App).showRestore),
	managed(http.MethodPost, restorePath+"/{id}/run", "backup.restore", (*App).runRestore),
}

// shownBackups is how many are listed: they are kept for a week.
const shownBackups = 25

func (a *App) backups(x *exchange) error {
	jobs, _, err := a.Backups.List(x.ctx(), x.who.Grant, backup.Kind, "", shownBackups)
	if err != nil {
		return err
	}
	head := ui.Header{Title: x.p.T("backup.title"), Sub: x.p.T("backup.text"),
		Primary: &ui.Action{Label: x.p.T("backup.make"), Icon: "download", Href: backupPath, Post: true, Values: []ui.Value{{Name: ui.KeyName, Value: x.newKey()}}}}
	body := []templ.Component{ui.PageHeader(x.p, head)}
	t := ui.Table{ID: "results", Label: x.p.T("backup.title"), Columns: []ui.Column{{Label: x.p.T("job.when"), Main: true}, {Label: x.p.T("job.state")},
		{Label: x.p.T("backup.records"), End: true}, {Label: x.p.T("backup.files"), End: true}, {Label: x.p.T("job.by"), Wide: true}},
		Empty: ui.Empty{Icon: "download", Title: x.p.T("backup.none"), Text: x.p.T("backup.none.text")}}
	for _, j := range jobs {
		if working(j) {
			body = append(body, ui.ProgressView(x.p, x.progress(j)), latest(x.p.T("job.refresh"), backupPath))
			continue
		}
		row := ui.Row{ID: j.ID, Name: x.p.Moment(j.CreatedAt), Cells: []templ.Component{ui.Words(x.p.Moment(j.CreatedAt)), ui.Badge(x.jobPill(j)),
			x.count(j, "records"), x.count(j, "files"), ui.Words(j.Maker.Name)}}
		if j.State == job.Done && x.now().Sub(j.CreatedAt) < backup.Kept {
			row.Href = backupPath + "/" + j.ID + "/file"
			row.Cells[0] = ui.MainLink(row.Name, row.Href)
			row.Actions = []ui.Action{{Label: x.p.T("backup.download"), Icon: "download", Href: row.Href}}
		}
		t.Rows = append(t.Rows, row)
	}
	restore, err := x.restoreForm()
	if err != nil {
		return err
	}
	body = append(body, ui.TableView(x.p, t), restore)
	return x.showSettings(backupPath, x.p.T("backup.title"), complaints{}, body...)
}

// restoreForm offers to send a file, or says why not.
func (x *exchange) restoreForm() (templ.Component, error) {
	bare, err := x.app.Records.Bare(x.ctx(), x.who.Grant)
	if err != nil {
		return nil, err
	}
	if !bare {
		return ui.BlockCard(x.p, ui.Block{ID: "restore", Title: x.p.T("backup.restore"), Empty: x.p.T("backup.notEmpty")}), nil
	}
	upload, err := x.app.Backups.Offer(x.ctx(), x.who.Grant, func(id string) string {
		return x.base() + restorePath + "/uploaded?" + url.Values{"id": {id}}.Encode()
	})
	if err != nil {
		return nil, err
	}
	form := ui.Form{ID: "upload", Action: upload.URL, Upload: true, Save: x.p.T("action.continue"), Fields: []ui.Field{
		ui.File{Base: ui.Base{Name: "file", Label: x.p.T("backup.file"), Help: x.p.T("backup.restore.text")}, Accept: ".gz", Types: x.p.T("backup.types"),
			MaxBytes: backup.MaxBytes >> 20 * 1_000_000}}}
	for _, name := range slices.Sorted(maps.Keys(upload.Fields)) {
		form.Values = append(form.Values, ui.Value{Name: name, Value: upload.Fields[name]})
	}
	return ui.BlockCard(x.p, ui.Block{ID: "restore", Title: x.p.T("backup.restore"), Body: ui.FormView(x.p, form)}), nil
}

func (a *App) createBackup(x *exchange) error {
	if _, err := a.Backups.Create(x.ctx(), x.who.Grant); err != nil {
		return err
	}
	return x.redirect(backupPath)
}

func (a *App) backupFile(x *exchange) error {
	address, err := a.Backups.Download(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	return x.redirect(address)
}

// restoreUploaded begins to check the file that has just arrived in the bucket. Reloaded, it leads to the same check.
func (a *App) restoreUploaded(x *exchange) error {
	name, err := url.PathUnescape(x.cookie(uploadCookie))
	if err != nil {
		name = ""
	}
	x.setCookie(uploadCookie, "", 0, false)
	j, err := a.Backups.Adopt(x.ctx(), x.who.Grant, x.r.URL.Query().Get("id"), cmp.Or(name, x.p.T("backup.file")))
	if err != nil {
		return err
	}
	if j.State == job.Draft {
		if _, err := a.Backups.Check(x.ctx(), x.who.Grant, j.ID); err != nil && fault.From(err).Code != "job_running" {
			return err
		}
	}
	return x.redirect(restorePath + "/" + j.ID)
}

// showRestore shows how a restore is going: what the file holds once it has been read, then how the writing goes.
func (a *App) showRestore(x *exchange) error {
	j, err := a.Backups.Get(x.ctx(), x.who.Grant, backup.RestoreKind, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	title := x.p.T("backup.restore")
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: j.Title})}
	head, end, checked := backup.Checked(j)
	if checked {
		body = append(body, ui.BlockCard(x.p, ui.Block{ID: "holds", Title: head.Organisation, Items: []ui.Item{
			{Label: x.p.T("backup.madeAt"), Value: x.p.Moment(head.MadeAt)}, {Label: x.p.T("backup.records"), Value: x.p.Number(end.Records)},
			{Label: x.p.T("backup.changes"), Value: x.p.Number(end.Changes)}, {Label: x.p.T("backup.files"), Value: x.p.Number(end.Files)}}}))
	}
	again := ui.Action{Label: x.p.T("backup.again"), Href: restorePath + "/" + j.ID + "/run", Icon: "restore", Post: true}
	switch {
	case working(j):
		body = append(body, ui.ProgressView(x.p, x.progress(j)), latest(x.p.T("job.refresh"), x.r.URL.Path))
	case j.State == job.Previewed:
		again.Label = x.p.T("backup.run")
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Good, Title: x.p.T("backup.whole"), Text: x.p.T("backup.whole.text"), Actions: []ui.Action{again}}))
	case j.State == job.Done:
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Good, Title: x.p.T("backup.restored"), Text: x.p.T("backup.restored.text"),
			Actions: []ui.Action{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: x.p.T("settings.users"), Href: usersPath}}}))
	default:
		alert := ui.Alert{Tone: ui.Bad, Title: x.p.T("backup.stopped"), Text: x.p.T("job.state." + string(j.State))}
		if j.Failure != "" {
			alert.Text = x.failure(j)
		}
		if j.Phase == "run" {
			alert.Actions = []ui.Action{again}
		} else {
			alert.Actions = []ui.Action{{Label: x.p.T("import.again"), Href: backupPath}}
		}
		body = append(body, ui.AlertBox(x.p, alert))
	}
	return x.showSettings(backupPath, title, complaints{}, body...)
}

func (a *App) runRestore(x *exchange) error {
	id := x.r.PathValue("id")
	if _, err := a.Backups.Run(x.ctx(), x.who.Grant, id); err != nil && fault.From(err).Code != "job_running" {
		return err
	}
	return x.redirect(restorePath + "/" + id)
}
