package app

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/sheet"
)

// listPage is how many imports or jobs a list shows at once.
const listPage = 25

// uploadCookie brings the name of the file that was just sent to the bucket, where there is script.
const uploadCookie = "upload"

func importPath(id string) string { return importsPath + "/" + id }

// nextPath is where an import goes on.
func nextPath(imp importer.Import) string {
	at := importPath(imp.ID)
	switch {
	case imp.State == job.Draft && imp.Guess != nil:
		return at + "/map"
	case imp.State == job.Previewed, working(imp.Job) && imp.Phase == "preview":
		return at + "/preview"
	}
	return at
}

// working tells whether a job is on its way.
func working(j *job.Job) bool { return j.State == job.Queued || j.State == job.Running }

func (a *App) listImports(x *exchange) error {
	imports, next, err := a.Imports.List(x.ctx(), x.who.Grant, x.r.URL.Query().Get("after"), listPage)
	if err != nil {
		return err
	}
	start := ui.Action{Label: x.p.T("import.new"), Href: importsPath + "/new", Icon: "import", Key: "n"}
	t := ui.Table{ID: "results", Label: x.p.T("nav.imports"), Columns: []ui.Column{
		{Label: x.p.T("import.file"), Main: true}, {Label: x.p.T("job.state")}, {Label: x.p.T("import.fate.create"), End: true},
		{Label: x.p.T("import.fate.update"), End: true}, {Label: x.p.T("import.fate.reject"), End: true}, {Label: x.p.T("job.by"), Wide: true}, {Label: x.p.T("job.when"), Wide: true}},
		Empty: ui.Empty{Icon: "import", Title: x.p.T("import.none"), Text: x.p.T("import.none.text"), Actions: []ui.Action{start}}}
	for _, imp := range imports {
		at := nextPath(imp)
		t.Rows = append(t.Rows, ui.Row{ID: imp.ID, Name: imp.FileName, Href: at, Cells: []templ.Component{
			ui.MainLink(imp.FileName, at), ui.Badge(x.jobPill(imp.Job)), x.count(imp.Job, importer.Create), x.count(imp.Job, importer.Update), x.count(imp.Job, importer.Refused),
			ui.Words(imp.Maker.Name), ui.Muted(x.p.Relative(imp.CreatedAt, x.now()))}})
	}
	header := ui.Header{Title: x.p.T("nav.imports"), Others: []ui.Action{{Label: x.p.T("mapping.manage"), Href: mappingsPath, Icon: "settings"}}}
	if len(imports) > 0 {
		header.Primary = &start
	}
	body := []templ.Component{ui.PageHeader(x.p, header), ui.TableView(x.p, t)}
	if next != "" {
		body = append(body, actionsBelow(ui.Action{Label: x.p.T("action.next"), Href: importsPath + "?" + url.Values{"after": {next}}.Encode(), Icon: "chevron-right"}))
	}
	return x.show(view{}, body...)
}

// count shows one of a job's numbers, nothing where there is none yet.
func (x *exchange) count(j *job.Job, name string) templ.Component {
	if j.Counts[name] == 0 && !j.State.Ended() && j.State != job.Previewed {
		return nil
	}
	return ui.Number(x.p.Number(j.Counts[name]))
}

// importSteps shows how far an import is. step counts from 1; a step that is done can be gone back to while nothing is written.
func (x *exchange) importSteps(step int, imp *importer.Import) templ.Component {
	steps := []ui.Step{{Label: x.p.T("import.step.upload")}, {Label: x.p.T("import.step.map")}, {Label: x.p.T("import.step.preview")}, {Label: x.p.T("import.step.run")}}
	for i := range steps {
		switch {
		case i+1 < step:
			steps[i].State = ui.StepDone
		case i+1 == step:
			steps[i].State = ui.StepCurrent
		}
	}
	if imp != nil && (imp.State == job.Draft || imp.State == job.Previewed) {
		steps[1].Href = importPath(imp.ID) + "/map"
		if imp.State == job.Previewed {
			steps[2].Href = importPath(imp.ID) + "/preview"
		}
	}
	return ui.Steps(x.p, steps)
}

// inWizard shows a page of the wizard.
func (x *exchange) inWizard(step int, imp *importer.Import, c complaints, body ...templ.Component) error {
	return x.inWizardWith(nil, step, imp, c, body...)
}

// inWizardWith is inWizard with the quiet line of what was just done; nil: none.
func (x *exchange) inWizardWith(notice *ui.Notice, step int, imp *importer.Import, c complaints, body ...templ.Component) error {
	title := x.p.T("import.new")
	if imp != nil {
		title = imp.FileName
	}
	all := append([]templ.Component{ui.Heading(title, ""), x.importSteps(step, imp)}, body...)
	return x.show(view{Title: title, Status: x.status(c), Notice: notice, Trail: []ui.Link{{Label: x.p.T("nav.imports"), Href: importsPath}, {Label: title}}}, all...)
}

// newImport shows the form a file is uploaded with. It goes straight to the bucket, and the browser comes back from
// there to uploaded.
//
// First it asks what becomes of people who are there already: that is nobody's to choose but the reader's.
func (a *App) newImport(x *exchange) error {
	mode := x.r.URL.Query().Get("mode")
	if mode != importer.MakeNew && mode != importer.Merging {
		var doors []door
		for _, m := range []string{importer.MakeNew, importer.Merging} {
			doors = append(doors, door{Label: x.p.T("import.mode." + m), Text: x.p.T("import.mode." + m + ".help"), Href: importsPath + "/new?mode=" + m})
		}
		return x.inWizard(1, nil, complaints{}, lead(x.p.T("import.mode")), doorways(doors), tips(x.p.T("import.tips.title"), []string{
			x.p.T("import.tips.header"), x.p.T("import.tips.preview"), x.p.T("import.tips.errors")}))
	}
	upload, err := a.Imports.Offer(x.ctx(), x.who.Grant, func(id string) string {
		return x.base() + importsPath + "/uploaded?" + url.Values{"id": {id}, "mode": {mode}}.Encode()
	})
	if err != nil {
		return err
	}
	form := ui.Form{ID: "upload", Action: upload.URL, Upload: true, Save: x.p.T("action.continue"), Cancel: importsPath, Fields: []ui.Field{
		ui.File{Base: ui.Base{Name: "file", Label: x.p.T("import.file"), Help: x.p.T("import.limits", "rows", sheet.MaxRows, "columns", sheet.MaxColumns)},
			Accept: ".xlsx,.csv,.tsv,.txt,.vcf", Types: x.p.T("import.types"), MaxBytes: sheet.MaxBytes >> 20 * 1_000_000}}}
	for _, name := range slices.Sorted(maps.Keys(upload.Fields)) {
		form.Values = append(form.Values, ui.Value{Name: name, Value: upload.Fields[name]})
	}
	return x.inWizard(1, nil, complaints{}, lead(x.p.T("import.mode."+mode)+". "+x.p.T("import.mode."+mode+".help")), ui.FormView(x.p, form), tips(x.p.T("import.tips.title"), []string{
		x.p.T("import.tips.header"), x.p.T("import.tips.preview"), x.p.T("import.tips.errors")}))
}

// uploaded makes an import of the file that has just arrived in the bucket.
func (a *App) uploaded(x *exchange) error {
	name, err := url.PathUnescape(x.cookie(uploadCookie))
	if err != nil {
		name = ""
	}
	x.setCookie(uploadCookie, "", 0, false)
	name = cmp.Or(name, x.p.T("import.untitled", "date", x.p.ShortDate(x.now())))
	imp, err := a.Imports.Adopt(x.ctx(), x.who.Grant, x.r.URL.Query().Get("id"), name, x.p.Language(), x.r.URL.Query().Get("mode"))
	if err != nil {
		return err
	}
	return x.redirect(nextPath(imp))
}

// theImport reads the import of the request.
func (x *exchange) theImport() (importer.Import, error) {
	return x.app.Imports.Get(x.ctx(), x.who.Grant, x.r.PathValue("id"))
}

// showImport shows how an import is going or went; one that is not run yet goes on where it was left.
func (a *App) showImport(x *exchange) error {
	imp, err := x.theImport()
	if err != nil {
		return err
	}
	if at := nextPath(imp); at != importPath(imp.ID) {
		return x.redirect(at)
	}
	switch {
	case imp.State == job.Draft:
		return x.inWizard(1, &imp, complaints{}, ui.EmptyState(ui.Empty{Icon: "upload", Title: x.p.T("import.waiting"), Text: x.p.T("import.waiting.text"),
			Actions: []ui.Action{{Label: x.p.T("import.again"), Href: importsPath + "/new"}}}))
	case working(imp.Job) && imp.Phase == "undo":
		return x.inWizard(5, &imp, complaints{}, ui.ProgressView(x.p, x.progress(imp.Job)), latest(x.p.T("job.refresh"), x.r.URL.Path))
	case working(imp.Job):
		return x.inWizard(4, &imp, complaints{}, ui.ProgressView(x.p, x.progress(imp.Job)), latest(x.p.T("job.refresh"), x.r.URL.Path))
	case imp.Guess == nil:
		return x.inWizard(1, &imp, complaints{}, ui.AlertBox(x.p, ui.Alert{Tone: ui.Bad, Title: x.p.T("import.refused"), Text: x.failure(imp.Job),
			Actions: []ui.Action{{Label: x.p.T("import.again"), Href: importsPath + "/new"}}}))
	}
	return x.showResult(imp)
}

// failure says why a job failed.
func (x *exchange) failure(j *job.Job) string {
	return x.p.Fault(fault.New(fault.Internal, cmp.Or(j.Failure, "internal")))
}

// runImport begins to write. Sent twice, it runs once.
func (a *App) runImport(x *exchange) error {
	imp, err := a.Imports.Run(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if errors.Is(err, fault.Conflict) {
		return x.redirect(importPath(x.r.PathValue("id")))
	}
	if err != nil {
		return err
	}
	return x.redirect(importPath(imp.ID))
}

func (a *App) cancelImport(x *exchange) error {
	imp, err := a.Imports.Cancel(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if errors.Is(err, fault.Conflict) {
		return x.redirect(importPath(x.r.PathValue("id"))) // it has ended meanwhile
	}
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.T("job.cancelling"), Tone: ui.Info})
	if imp.State == job.Cancelled {
		x.say(note{Text: x.p.T("import.dropped", "file", imp.FileName)})
		return x.redirect(importsPath)
	}
	return x.redirect(importPath(imp.ID))
}

// undoImport takes back what an import wrote. Sent twice, it is one undo.
func (a *App) undoImport(x *exchange) error {
	if _, err := a.Imports.Undo(x.ctx(), x.who.Grant, x.r.PathValue("id")); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return x.redirect(importPath(x.r.PathValue("id")))
}

// errorFile sends the reader to the file of rejected rows.
func (a *App) errorFile(x *exchange) error {
	address, err := a.Imports.ErrorFile(x.ctx(), x.who.Grant, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	return x.redirect(address)
}

// after is the line a list of rows goes on behind.
func (x *exchange) after() int {
	n, err := strconv.Atoi(x.r.URL.Query().Get("after"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
