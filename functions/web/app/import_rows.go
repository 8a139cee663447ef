package app

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

const (
	firstRows = 10 // of each fate on the overview
	rowsPage  = 50 // of one fate
	manyCells = 4  // of a row are shown to tell it by
)

// fates are what can become of a row, in the order they are shown.
var fates = []string{importer.Refused, importer.Kept, importer.Alike, importer.Create, importer.Update, importer.Merge, importer.Unchanged, importer.Skip}

// fateTones are the colours of the fates.
var fateTones = map[string]ui.Tone{importer.Create: ui.Good, importer.Update: ui.Accent, importer.Merge: ui.Accent, importer.Unchanged: ui.Neutral,
	importer.Refused: ui.Bad, importer.Kept: ui.Warn, importer.Alike: ui.Warn, importer.Skip: ui.Neutral}

// door is one way to go on.
type door struct{ Label, Text, Href string }

// rowFate is a row of the file and what becomes of it, ready to be shown.
type rowFate struct {
	Line  string
	Name  string // of the contact, or the first cells of the row
	Href  string // of the contact that was made
	Notes []rowNote
}

// rowNote is a sentence about one cell.
type rowNote struct {
	Column string
	Value  string
	Text   string
	Others []ui.Link
	Why    []string // what agrees with the other
	Bad    bool     // the row is out for it
	Href   string   // where what changed is told
}

func (a *App) previewImport(x *exchange) error {
	imp, err := x.theImport()
	if err != nil {
		return err
	}
	switch {
	case working(imp.Job) && imp.Phase == "preview":
		return x.inWizard(3, &imp, complaints{}, ui.ProgressView(x.p, x.progress(imp.Job)), latest(x.p.T("job.refresh"), x.r.URL.Path))
	case imp.State != job.Previewed:
		return x.redirect(nextPath(imp))
	}
	label := x.p.N("import.run", int(imp.Counts[importer.Create]))
	if imp.Written() > imp.Counts[importer.Create] {
		label = x.p.N("import.runAll", int(imp.Written()))
	}
	run := ui.Action{Label: label, Icon: "import", Href: importPath(imp.ID) + "/run", Post: true, Key: "s"}
	actions := []ui.Action{{Label: x.p.T("import.back"), Href: importPath(imp.ID) + "/map", Icon: "arrow-left"},
		{Label: x.p.T("import.drop"), Href: importPath(imp.ID) + "/cancel", Post: true}}
	text := x.p.T("import.previewed")
	if imp.Written() == 0 {
		text = x.p.T("import.previewed.none")
	} else {
		actions = append([]ui.Action{run}, actions...)
	}
	if n := imp.Counts[importer.Alike]; n > 0 {
		text += " " + x.p.N("import.alike", int(n))
	}
	rows, err := x.fateRows(imp, importPath(imp.ID)+"/preview")
	if err != nil {
		return err
	}
	return x.inWizard(3, &imp, complaints{}, lead(text), x.fateTiles(imp, importPath(imp.ID)+"/preview"), wizardActions(actions), rows)
}

// showResult tells what became of an import.
func (x *exchange) showResult(imp importer.Import) error {
	at := importPath(imp.ID)
	a := ui.Alert{Tone: ui.Good, Title: x.p.N("import.done", int(imp.Counts[importer.Create]))}
	switch imp.State {
	case job.Failed:
		a = ui.Alert{Tone: ui.Bad, Title: x.p.T("import.failed"), Text: x.failure(imp.Job)}
	case job.Cancelled:
		a = ui.Alert{Tone: ui.Warn, Title: x.p.T("import.cancelled"), Text: x.p.N("import.cancelled.text", int(imp.Counts[importer.Create]))}
	case job.Undone:
		a = ui.Alert{Tone: ui.Info, Title: x.p.N("import.undone", int(imp.Counts["back"]))}
		if n := imp.Counts[importer.Kept]; n > 0 {
			a.Tone, a.Text = ui.Warn, x.p.N("import.kept", int(n))
		}
	}
	if n := imp.Counts[importer.Update] + imp.Counts[importer.Merge]; n > 0 && imp.State != job.Undone {
		a.Text = strings.TrimSpace(a.Text + " " + x.p.N("import.done.changed", int(n)))
	}
	if n := imp.Counts[importer.Refused]; n > 0 && imp.State == job.Done {
		a.Tone, a.Text = ui.Warn, strings.TrimSpace(a.Text+" "+x.p.N("import.done.rejected", int(n)))
	}
	if took := imp.EndedAt.Sub(imp.StartedAt); took >= time.Second && imp.State == job.Done {
		a.Text = strings.TrimSpace(a.Text + " " + x.p.T("import.took", "time", x.p.Duration(took)))
	}
	var actions []ui.Action
	if imp.State != job.Undone {
		if imp.Counts[importer.Create] > 0 {
			actions = append(actions, ui.Action{Label: x.p.T("import.seeCreated"), Icon: "users", Href: writtenPath(imp, "createdAt")})
		}
		if imp.Counts[importer.Update] > 0 {
			actions = append(actions, ui.Action{Label: x.p.T("import.seeUpdated"), Icon: "users", Href: writtenPath(imp, "updatedAt")})
		}
	}
	var notice *ui.Notice
	if now := x.app.Records.Clock.Now(); imp.Undoable(now) && x.can(policy.Trash) {
		a.Text = strings.TrimSpace(a.Text + " " + x.p.T("bulk.undoUntil", "date", x.p.Day(imp.UndoUntil())))
		actions = append(actions, ui.Action{Label: x.p.T("action.undo"), Icon: "undo", Href: at + "/undo", Post: true})
		if imp.State == job.Done && now.Sub(imp.EndedAt) < noticeFor {
			notice = x.notice(note{Text: a.Title, Undo: at + "/undo"})
		}
	}
	if imp.Counts[importer.Refused] > 0 && imp.State != job.Cancelled && imp.State != job.Failed {
		actions = append(actions, ui.Action{Label: x.p.T("import.errors.download"), Icon: "download", Href: at + "/errors"})
	}
	actions = append(actions, ui.Action{Label: x.p.T("import.another"), Icon: "import", Href: importsPath + "/new"})
	rows, err := x.fateRows(imp, at)
	if err != nil {
		return err
	}
	return x.inWizardWith(notice, 5, &imp, complaints{}, ui.AlertBox(x.p, a), x.fateTiles(imp, at), wizardActions(actions), rows)
}

// writtenPath lists what an import made or changed: what was written at a time it ran, by its maker.
func writtenPath(imp importer.Import, when string) string {
	until := imp.EndedAt
	if until.IsZero() {
		until = imp.UpdatedAt
	}
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	q := strings.TrimSuffix(when, "At") + "By:" + imp.Maker.ID + " " + when + ":" + stamp(imp.StartedAt) + ".." + stamp(until)
	if when == "createdAt" {
		q = "source:import " + q
	} else {
		q += " createdAt<" + stamp(imp.StartedAt)
	}
	return HomePath + "?" + url.Values{"q": {q}}.Encode()
}

// fateTiles are the numbers of rows by fate; each leads to its rows.
func (x *exchange) fateTiles(imp importer.Import, at string) templ.Component {
	chosen := x.r.URL.Query().Get("fate")
	all := int64(0)
	for _, fate := range importer.Fates() {
		all += imp.Counts[fate]
	}
	tiles := []ui.Tile{{Label: x.p.T("import.fate.all"), Count: x.p.Number(all), Href: at, Current: !slices.Contains(fates, chosen)}}
	for _, fate := range fates {
		if imp.Counts[fate] == 0 && (fate == importer.Kept || fate == importer.Merge || fate == importer.Update || fate == importer.Unchanged || fate == importer.Alike) {
			continue // only where it happens
		}
		tiles = append(tiles, ui.Tile{Label: x.p.T("import.fate." + fate), Count: x.p.Number(imp.Counts[fate]), Tone: fateTones[fate],
			Href: at + "?fate=" + fate, Current: fate == chosen})
	}
	return ui.Tiles(tiles)
}

// fateRows shows the first rows of every fate, or all of one, page by page.
func (x *exchange) fateRows(imp importer.Import, at string) (templ.Component, error) {
	chosen := x.r.URL.Query().Get("fate")
	if slices.Contains(fates, chosen) {
		return x.fateGroup(imp, at, chosen, x.after(), rowsPage)
	}
	var groups []templ.Component
	for _, fate := range fates {
		if imp.Counts[fate] == 0 {
			continue
		}
		group, err := x.fateGroup(imp, at, fate, 0, firstRows)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	return templ.Join(groups...), nil
}

func (x *exchange) fateGroup(imp importer.Import, at, fate string, after, limit int) (templ.Component, error) {
	rows, next, err := x.app.Imports.Rows(x.ctx(), x.who.Grant, imp.ID, fate, after, limit)
	if err != nil {
		return nil, err
	}
	named, err := x.namedIn(rows)
	if err != nil {
		return nil, err
	}
	var shown []rowFate
	for _, r := range rows {
		shown = append(shown, x.rowFate(imp, r, named))
	}
	var more []ui.Action
	q := url.Values{"fate": {fate}}
	switch {
	case next > 0 && limit == firstRows:
		more = append(more, ui.Action{Label: x.p.N("import.allRows", int(imp.Counts[fate])), Href: at + "?" + q.Encode()})
	case next > 0:
		q.Set("after", strconv.Itoa(next))
		more = append(more, ui.Action{Label: x.p.T("action.next"), Icon: "chevron-right", Href: at + "?" + q.Encode()})
	}
	heads := [3]string{x.p.T("import.line"), x.p.T("import.who"), x.p.T("import.why")}
	return rowTable("fate-"+fate, x.p.T("import.fate."+fate), heads, shown, more), nil
}

func (x *exchange) rowFate(imp importer.Import, r importer.RowResult, named func(string) string) rowFate {
	f := rowFate{Line: x.p.Number(int64(r.Line)), Name: r.Title}
	if r.RecordID != "" {
		f.Href = HomePath + "/" + r.RecordID
	}
	if f.Name == "" {
		var cells []string
		for _, v := range r.Values {
			if v = strings.TrimSpace(v); v != "" && len(cells) < manyCells {
				cells = append(cells, v)
			}
		}
		f.Name = cmp.Or(strings.Join(cells, " · "), "—")
	}
	for _, c := range r.Changes {
		f.Notes = append(f.Notes, x.changeNote(c, named))
	}
	if f.Href != "" && (r.Result == importer.Update || r.Result == importer.Merge) && imp.Phase != "preview" {
		f.Notes = append(f.Notes, rowNote{Text: x.p.T("import.seeChanges"), Href: f.Href + "/" + historyTab})
	}
	for _, l := range r.Links {
		n := rowNote{Column: x.p.T("kind." + l.Kind), Text: l.Title}
		if look := lookOf(l.Kind); look != nil && l.ID != "" {
			n.Href = look.at(l.ID)
		}
		f.Notes = append(f.Notes, n)
	}
	for _, why := range r.Reasons {
		n := rowNote{Column: why.Column, Text: x.p.Field(fault.Field{Path: why.Field, Code: why.Code, Args: why.Args}), Bad: !why.Note}
		if n.Column == "" && why.Field != "" {
			n.Column = x.columnOf(imp, why.Field)
		}
		if i := slices.IndexFunc(columnsOf(imp), func(c importer.Column) bool { return c.Header == why.Column && why.Column != "" }); i >= 0 && i < len(r.Values) {
			n.Value = r.Values[i]
		}
		for _, other := range why.Others {
			n.Others = append(n.Others, ui.Link{Label: other.Title, Href: HomePath + "/" + other.ID})
		}
		for _, l := range why.Alike {
			f.Notes = append(f.Notes, x.likeness(imp, n, l))
		}
		if why.Alike == nil {
			f.Notes = append(f.Notes, n)
		}
	}
	return f
}

// likeness tells who a row may be of, and which fields say so.
func (x *exchange) likeness(imp importer.Import, n rowNote, l importer.Likeness) rowNote {
	to := HomePath + "/" + l.ID
	if l.ID == "" {
		to = importPath(imp.ID) + "/preview?" + url.Values{"fate": {importer.Create}, "after": {strconv.Itoa(l.Line - 1)}}.Encode()
	}
	n.Others = []ui.Link{{Label: l.Text(x.p), Href: to}}
	var score dedupe.Score
	for _, r := range l.Reasons {
		score.Reasons = append(score.Reasons, dedupe.Reason(r))
	}
	n.Why = x.agreeing(score)
	return n
}

// recordIDs are the ids that values of changes name records by.
var recordIDs = regexp.MustCompile(`\b[a-z]{3}_[0-9a-z]{26}\b`)

// namedIn gives a function that puts, in place of the ids of records that rows name, what they are called; one that a preview
// would make has no id to be known by.
func (x *exchange) namedIn(rows []importer.RowResult) (func(string) string, error) {
	var ids []string
	for _, r := range rows {
		for _, c := range r.Changes {
			ids = append(ids, recordIDs.FindAllString(string(c.From)+" "+string(c.To), -1)...)
		}
	}
	slices.Sort(ids)
	titles, err := x.app.Records.Titles(x.ctx(), x.who.Grant, slices.Compact(ids)...)
	return func(text string) string {
		return recordIDs.ReplaceAllStringFunc(text, func(id string) string { return cmp.Or(titles[id].Title, "+") })
	}, err
}

// changeNote tells of one field that a row changes.
func (x *exchange) changeNote(c importer.Change, named func(string) string) rowNote {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return rowNote{Text: c.Field}
	}
	own := record.Own{Fields: x.cfg.Fields, Lists: x.cfg.Lists}
	n := rowNote{Column: k.Label(x.p, c.Field, own)}
	if c.From == nil && c.To == nil {
		return n // not for everybody, or long
	}
	said := func(raw json.RawMessage) string {
		return cmp.Or(clip(named(k.Show(x.p, c.Field, raw, own))), x.p.T("import.nothing"))
	}
	n.Text = x.p.T("import.change", "from", said(c.From), "to", said(c.To))
	return n
}

func columnsOf(imp importer.Import) []importer.Column {
	switch {
	case imp.Plan != nil:
		return imp.Plan.Columns
	case imp.Guess != nil:
		return imp.Guess.Columns
	}
	return nil
}

// columnOf names the field a note without a column is about.
func (x *exchange) columnOf(imp importer.Import, path string) string {
	name := func(s string) string {
		return strings.FieldsFunc(s+" ", func(r rune) bool { return strings.ContainsRune(".[: ", r) })[0]
	}
	for _, c := range columnsOf(imp) {
		if c.Field != "" && name(c.Field) == name(path) {
			return c.Header
		}
	}
	return ""
}
