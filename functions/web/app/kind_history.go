package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	acts "github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// historyRows is how many changes a page of history holds.
const historyRows = 50

// history is the whole story of a record, narrowed by field, user and day.
func (a *App) history(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	values := x.r.URL.Query()
	filter := repository.HistoryFilter{Field: values.Get("field"), Actor: values.Get("user"), From: day(values.Get("from")), To: day(values.Get("to"))}
	before, err := strconv.ParseInt(values.Get("before"), 10, 64)
	if err != nil && values.Has("before") || before < -1 {
		return fault.Bad("before", "bad_value")
	}
	from := repository.StoryPlace{Revision: before, Deed: values.Get("deed")}
	lines, next, err := a.Records.Story(x.ctx(), x.who.Grant, s.kind.Name, s.id(), filter, from, historyRows)
	if err != nil {
		return err
	}
	days, err := x.tale(s, lines)
	if err != nil {
		return err
	}
	users := actors{}
	for _, line := range lines {
		if line.Change != nil {
			users.note(x, []record.Change{*line.Change})
		} else {
			users.add(line.Deed.Actor, line.Deed.Name)
		}
	}
	if from != (repository.StoryPlace{}) || next != nil || filter != (repository.HistoryFilter{}) {
		if users, err = x.actorsOf(s); err != nil {
			return err
		}
	}
	body := []templ.Component{ui.FormView(x.p, x.historyFilter(s, filter, users)), ui.Timeline(x.p, days)}
	body = append(body, x.accessLink(s.id())...)
	if next != nil {
		values.Set("before", strconv.FormatInt(next.Revision, 10))
		values.Set("deed", next.Deed)
		body = append(body, ui.Do(ui.Action{Label: x.p.T("page.older"), Href: s.at(historyTab) + "?" + values.Encode(), Icon: "arrow-right"}, "button"))
	}
	return x.tab(s, historyTab, body...)
}

func day(s string) record.Date {
	d := record.Date(s)
	if _, err := d.Parse(); err != nil {
		return ""
	}
	return d
}

// actors are those who changed a record, as options of a filter, who did it last first.
type actors []ui.Option

// note adds those of some changes.
func (a *actors) note(x *exchange, changes []record.Change) {
	for _, change := range changes {
		a.add(change.Actor, x.actor(change))
	}
}

func (a *actors) add(id, name string) {
	if !a.has(id) {
		*a = append(*a, ui.Option{Value: id, Label: name})
	}
}

func (a actors) has(id string) bool {
	return slices.ContainsFunc(a, func(o ui.Option) bool { return o.Value == id })
}

// maxActorPages bounds how far back those who changed a record are looked for, in pages of the most changes one read gives.
const maxActorPages = 10

// actorsOf finds everybody who changed a record.
func (x *exchange) actorsOf(s *subject) (actors, error) {
	var all actors
	var before int64
	for range maxActorPages {
		changes, next, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), before, repository.MaxPage)
		if err != nil {
			return nil, err
		}
		all.note(x, changes)
		if next == 0 {
			break
		}
		before = next
	}
	return all, nil
}

// historyFilter is the form above a history.
func (x *exchange) historyFilter(s *subject, f repository.HistoryFilter, users actors) ui.Form {
	var fields []ui.Option
	for _, member := range s.kind.Fields {
		switch {
		case member.Derived, member.Type == record.Values:
		default:
			fields = append(fields, ui.Option{Value: member.Path, Label: x.fieldLabel(s.kind, member.Path)})
		}
	}
	for _, own := range s.kind.OwnFields(x.cfg.Fields) {
		fields = append(fields, ui.Option{Value: own.Path, Label: own.Own.Label})
	}
	slices.SortFunc(fields, func(a, b ui.Option) int {
		return strings.Compare(x.p.CollationKey(a.Label), x.p.CollationKey(b.Label))
	})
	if f.Actor != "" && !users.has(f.Actor) {
		users = append(users, ui.Option{Value: f.Actor, Label: x.p.T("page.user.other")})
	}
	clear := ""
	if f != (repository.HistoryFilter{}) {
		clear = s.at(historyTab)
	}
	return ui.Form{ID: "history-filter", Get: true, Line: true, Action: s.at(historyTab), Save: x.p.T("filter.label"), Cancel: clear, Fields: []ui.Field{ui.Inline{Fields: []ui.Field{
		ui.Select{Base: ui.Base{Name: "field", Label: x.p.T("form.field")}, Value: f.Field, Options: fields, Empty: x.p.T("page.anyField")},
		ui.Select{Base: ui.Base{Name: "user", Label: x.p.T("page.user")}, Value: f.Actor, Options: users, Empty: x.p.T("page.anybody")},
		ui.Date{Base: ui.Base{Name: "from", Label: x.p.T("page.from")}, Value: string(f.From)},
		ui.Date{Base: ui.Base{Name: "to", Label: x.p.T("page.to")}, Value: string(f.To)}}}}}
}

// tale tells all there is to tell of a record, newest first, by day: what changed it, and what was done with it.
func (x *exchange) tale(s *subject, lines []repository.Line) ([]ui.Day, error) {
	var ids []string
	for _, line := range lines {
		if line.Change != nil {
			ids = append(ids, s.kind.IDs(*line.Change, x.cfg.Fields)...)
		}
	}
	if err := x.learn(ids...); err != nil {
		return nil, err
	}
	now, sources := x.now(), x.sources()
	var days []ui.Day
	for _, line := range lines {
		label := x.p.DayHeading(line.At(), now)
		if n := len(days); n == 0 || days[n-1].Label != label {
			days = append(days, ui.Day{Label: label})
		}
		var e ui.Entry
		if line.Change != nil {
			e = x.entry(s, *line.Change)
			sources.tell(&e, line.Change.Batch)
		} else {
			e = x.deedEntry(*line.Deed)
			e.Subject = x.mergedLink(s.look, line.Of)
			sources.tell(&e, line.Deed.Ref)
		}
		day := &days[len(days)-1]
		day.Entries = append(day.Entries, e)
	}
	return days, nil
}

var deedIcons = map[acts.Act]string{acts.Export: "download", acts.Print: "print"}

// deedEntry tells what was done with a record.
func (x *exchange) deedEntry(d acts.Entry) ui.Entry {
	return ui.Entry{Time: x.p.Time(d.At), Moment: d.At.UTC().Format(time.RFC3339), Actor: d.Name, Icon: deedIcons[d.Act], Text: x.p.T("deed.did." + string(d.Act))}
}

// sources finds the jobs that changes and deeds came from: bulk actions, imports, exports.
type sources struct {
	x     *exchange
	known map[string]*job.Job // nil: none that the reader may see
}

func (x *exchange) sources() sources { return sources{x, map[string]*job.Job{}} }

// tell adds to an entry which job it came from, and the way there.
func (s sources) tell(e *ui.Entry, id string) {
	if id == "" || merge.IsID(id) {
		return
	}
	j, asked := s.known[id]
	if !asked {
		j, _ = s.x.app.Jobs.Get(s.x.ctx(), s.x.who.Grant, id) // not to be had, it is not told
		s.known[id] = j
	}
	if j != nil {
		e.Note, e.NoteTo = s.x.p.T("job.in", "kind", s.x.p.T("job.kind."+j.Kind), "what", s.x.jobTitle(j)), jobHref(j)
	}
}

// story tells changes as sentences, newest first, by day; whole with all the values a record began with.
func (x *exchange) story(s *subject, changes []record.Change, whole bool) ([]ui.Day, error) {
	var ids []string
	for _, change := range changes {
		ids = append(ids, s.kind.IDs(change, x.cfg.Fields)...)
	}
	if err := x.learn(ids...); err != nil {
		return nil, err
	}
	now := x.now()
	var days []ui.Day
	for _, change := range changes {
		label := x.p.DayHeading(change.At, now)
		if n := len(days); n == 0 || days[n-1].Label != label {
			days = append(days, ui.Day{Label: label})
		}
		day := &days[len(days)-1]
		entry := x.entry(s, change)
		if !whole && change.Action == s.kind.Name+".create" {
			entry.Changes = nil
		}
		day.Entries = append(day.Entries, entry)
	}
	return days, nil
}

var actionIcons = map[string]string{"create": "plus", "edit": "edit", "trash": "trash", "restore": "restore", "revert": "undo", "merge": "merge", "unmerge": "undo"}

func (x *exchange) entry(s *subject, change record.Change) ui.Entry {
	_, action, _ := strings.Cut(change.Action, ".")
	e := ui.Entry{Time: x.p.Time(change.At), Moment: change.At.UTC().Format(time.RFC3339), Actor: x.actor(change), Icon: actionIcons[action], Text: x.p.T("page.did." + known(action))}
	if change.Channel != "" && x.p.Has("page.via."+change.Channel) {
		e.Note = x.p.T("page.via." + change.Channel)
	}
	for _, f := range change.Fields {
		if member, ok := s.kind.At(f.Field, x.cfg.Fields); !ok || !member.Derived { // told by what it is computed from
			e.Changes = append(e.Changes, ui.Change{Field: x.fieldLabel(s.kind, f.Field), From: x.stored(s.kind, f.Field, f.From), To: x.stored(s.kind, f.Field, f.To)})
		}
	}
	switch {
	case merge.IsID(change.Batch):
		e.Note, e.NoteTo = x.p.T("merge.banner.see"), mergesPath+"/"+change.Batch
	case change.Of != "":
		e.Subject = x.mergedLink(s.look, change.Of)
	case x.mayRevert(s, action):
		e.Revert = &ui.Action{Label: x.p.T("action.revert"), Icon: "undo", Href: s.at(historyTab, strconv.FormatInt(change.Revision, 10))}
	}
	return e
}

// known gives an action the catalogue has a sentence for.
func known(action string) string {
	if _, ok := actionIcons[action]; ok {
		return action
	}
	return "edit"
}

// mayRevert tells whether it makes sense to offer taking a change back.
func (x *exchange) mayRevert(s *subject, action string) bool {
	gone := s.gone()
	switch action {
	case "create", "restore":
		return !gone && x.can(policy.Trash)
	case "trash":
		return gone && x.can(policy.Restore)
	}
	return !gone && x.can(policy.Edit)
}

// change reads the change of a record that made a revision.
func (x *exchange) change(s *subject, revision string) (record.Change, error) {
	n, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || n < 1 || n > s.Base().Version {
		return record.Change{}, fault.New(fault.NotFound, "not_found")
	}
	changes, _, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), n+1, 1)
	if err != nil {
		return record.Change{}, err
	}
	if len(changes) == 0 || changes[0].Revision != n {
		return record.Change{}, fault.New(fault.NotFound, "not_found")
	}
	return changes[0], nil
}

// keepPrefix names the choice a revert leaves to the reader for a field that was edited since.
const keepPrefix = "choice."

// previewRevert shows what taking a change back would do, before it is done.
func (a *App) previewRevert(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	change, err := x.change(s, x.r.PathValue("revision"))
	if err != nil {
		return err
	}
	if x.r.URL.Query().Get(wholeName) != "" {
		return x.askVersion(s, change, 0, nil)
	}
	return x.askRevert(s, change, 0, nil)
}

func (x *exchange) askRevert(s *subject, change record.Change, status int, refused *fault.Fault) error {
	_, action, _ := strings.Cut(change.Action, ".")
	if err := x.learn(s.kind.IDs(change, x.cfg.Fields)...); err != nil {
		return err
	}
	if !x.mayRevert(s, action) {
		return fault.New(fault.Conflict, "undo_impossible")
	}
	at := s.at(historyTab)
	form := ui.Form{ID: "revert", Action: s.at(historyTab, strconv.FormatInt(change.Revision, 10)), Key: x.newKey(),
		Version: s.version(), Save: x.p.T("action.revert"), Cancel: at, Wide: true}
	if refused != nil {
		form.Fault = x.p.Fault(refused)
	}
	title := x.p.T("page.revert")
	what := x.p.T("page.revert.what", "name", x.actor(change), "when", x.p.Moment(change.At), "what", record.Sentence(x.p, s.kind, change, x.wording()))
	page := view{Title: title, Status: status, Trail: x.trail(s, ui.Link{Label: x.p.T("nav.history"), Href: at}, ui.Link{Label: title})}
	header := ui.Header{Title: title, Sub: what}
	if x.can(policy.Edit) && !s.gone() && change.Revision < s.Base().Version {
		header.Others = []ui.Action{{Label: x.p.T("version.restore"), Icon: "restore", Href: s.at(historyTab, strconv.FormatInt(change.Revision, 10)) + "?" + wholeName + "=1"}}
	}
	head := ui.PageHeader(x.p, header)
	switch action {
	case "create", "trash", "restore":
		form.Fields = []ui.Field{ui.Part{Body: ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("page.revert." + action)})}}
	default:
		rows, since, err := x.revertRows(s, change)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return x.show(page, head, ui.EmptyState(ui.Empty{Icon: "undo", Title: x.p.T("page.revert.nothing"), Actions: []ui.Action{{Label: x.p.T("action.back"), Href: at}}}))
		}
		text := x.p.T("page.revert.text")
		if since {
			text = x.p.T("page.revert.since")
		}
		form.Fields = []ui.Field{ui.Part{Body: ui.CompareField(x.p, ui.Comparison{Text: text, Theirs: x.p.T("page.revert.now"), Yours: x.p.T("page.revert.before"), Rows: rows})}}
	}
	return x.show(page, head, ui.FormView(x.p, form))
}

// revertRows compares what a change wrote with what is there now. since tells that something was edited after it.
func (x *exchange) revertRows(s *subject, change record.Change) (rows []ui.Differ, since bool, err error) {
	for _, f := range change.Fields {
		if member, ok := s.kind.Member(f.Field); !ok || member.System {
			continue
		}
		now, err := valueAt(s.Record, f.Field)
		if err != nil {
			return nil, false, err
		}
		if bytes.Equal(now, f.From) {
			continue
		}
		edited := !bytes.Equal(now, f.To)
		since = since || edited
		rows = append(rows, ui.Differ{Name: keepPrefix + f.Field, Label: x.fieldLabel(s.kind, f.Field), Theirs: x.stored(s.kind, f.Field, now), Yours: x.stored(s.kind, f.Field, f.From), TakeTheirs: edited})
	}
	return rows, since, nil
}

// valueAt gives the JSON of a record's field, by a path of one name or two; nil when it is empty.
func valueAt(r record.Record, path string) (json.RawMessage, error) {
	doc, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(path, ".") {
		var members map[string]json.RawMessage
		if doc == nil {
			return nil, nil
		}
		if err := json.Unmarshal(doc, &members); err != nil {
			return nil, err
		}
		doc = members[name]
	}
	return doc, nil
}

// revert takes a change back: all of it, or the fields chosen.
func (a *App) revert(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	change, err := x.change(s, x.r.PathValue("revision"))
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if form.Get(wholeName) != "" {
		return a.restoreVersion(x, s, change, form)
	}
	var fields []string
	asked := false
	for _, f := range change.Fields {
		switch form.Get(keepPrefix + f.Field) {
		case "yours":
			fields, asked = append(fields, f.Field), true
		case "theirs":
			asked = true
		}
	}
	if asked && len(fields) == 0 {
		return x.redirect(s.at(historyTab))
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	res, err := a.Records.Revert(x.ctx(), x.writing(), s.kind.Name, s.id(), version, change.Seq, fields)
	switch f := fault.From(err); {
	case err == nil:
	case f.Kind == fault.Stale, f.Kind == fault.Conflict && f.Code == "edited_since":
		if s, err = x.subject(); err != nil {
			return err
		}
		return x.askRevert(s, change, http.StatusConflict, f)
	case f.Kind == fault.Conflict && len(f.Clashes) > 0:
		return x.askDrop(s, f)
	case f.Kind == fault.Invalid:
		return x.askRevert(s, change, http.StatusUnprocessableEntity, f)
	default:
		return err
	}
	x.sayDone("page.said.reverted", res, s.at(historyTab))
	return x.redirect(s.at(historyTab))
}

// formVersion reads the version a form was opened at.
func formVersion(form url.Values) (int64, error) {
	v, err := strconv.ParseInt(form.Get(ui.VersionName), 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Unconditional, "if_match_required")
	}
	return v, nil
}

// undoVersion names the version that the quiet line tells of.
const undoVersion = "version"

// undo takes back what the quiet line has just told of: the change that made a version.
func (a *App) undo(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	change, err := x.change(s, form.Get(undoVersion))
	if err != nil {
		return err
	}
	back := localPath(form.Get("back"))
	if back == "" {
		back = s.at()
	}
	res, err := a.Records.Revert(x.ctx(), x.writing(), s.kind.Name, s.id(), repository.AnyVersion, change.Seq, nil)
	switch f := fault.From(err); {
	case err == nil:
	case f.Kind == fault.Conflict && f.Code == "edited_since":
		return x.askRevert(s, change, http.StatusConflict, f)
	case f.Kind == fault.Conflict && len(f.Fields) > 0:
		return x.askDrop(s, f)
	case errors.Is(err, fault.Conflict):
		x.say(note{Text: x.p.Fault(f), Tone: ui.Warn})
		return x.redirect(back)
	default:
		return err
	}
	if res.Record.Base().DeletedAt != nil && strings.HasPrefix(back, s.at()) {
		back = s.home()
	}
	x.sayDone("page.said.undone", res, back)
	return x.redirect(back)
}

// sayDone leaves the quiet line for a write, with its undo and its warnings.
func (x *exchange) sayDone(key string, res repository.Result, back string) {
	l := lookOf(res.Record.Base().Kind)
	if l == nil {
		return
	}
	n := note{Text: x.p.T(key, "name", clip(x.nameOf(l, res.Record))), Undo: l.at(res.Record.Base().ID, "undo"),
		With: []ui.Value{{Name: undoVersion, Value: strconv.FormatInt(res.Record.Base().Version, 10)}, {Name: "back", Value: back}}}
	if len(back) > 1500 {
		n.With = n.With[:1]
	}
	for _, w := range res.Warnings {
		n.Tone = ui.Warn
		n.Text += " " + x.p.Field(fault.At(w.Path, w.Code))
		if len(w.Conflicts) > 0 && n.More == nil {
			n.More = &ui.Link{Label: clip(w.Conflicts[0].Title), Href: l.at(w.Conflicts[0].ID)}
		}
	}
	if key == saidCreated {
		n.Next = x.nextSteps(l, res.Record.Base().ID)
	}
	x.say(n)
}

// saidCreated is the key of the quiet line for a new record.
const saidCreated = "page.said.created"

// nextSteps are what may follow a new record: linking it with others (REC-02).
func (x *exchange) nextSteps(l *look, id string) []ui.Link {
	var steps []ui.Link
	for _, t := range x.linksOf(l) {
		steps = append(steps, ui.Link{Label: x.p.T(t.addKey()), Href: l.at(id, t.name)})
	}
	return steps
}

// clip keeps a name short enough for a line.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
