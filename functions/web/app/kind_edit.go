package app

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// newRecord shows the form of a new record; the address may bring first values, and for a child its owner.
func (a *App) newRecord(x *exchange) error {
	l, k, err := x.kindOf()
	if err != nil {
		return err
	}
	f := x.kindForm(k, x.first(l, k))
	if given := x.r.URL.Query(); len(given) > 0 {
		typed := x.kindForm(k, document{})
		if _, err := typed.read(given, x.newBlocks(l, k)); err != nil {
			return err
		}
		for name, value := range typed.doc {
			if field, ok := k.Field(name); ok && given.Has(name) || ok && len(field.Fields) > 0 {
				f.doc[name] = value
			}
		}
	}
	return x.showNewRecord(l, f, x.r.URL.Query(), 0)
}

// kindOf gives what the page is about.
func (x *exchange) kindOf() (*look, *record.Kind, error) {
	l := x.look()
	k, err := x.of(l)
	return l, k, err
}

// first are the values a new record begins with: those of the look, the first of each list that must have one, and what
// own fields have as default.
func (x *exchange) first(l *look, k *record.Kind) document {
	doc := document{}
	if l.first != nil {
		doc = l.first(x)
	}
	own := document{}
	for _, f := range k.OwnFields(x.cfg.Fields) {
		if f.Own.Default != nil && !f.Own.Optional {
			own[f.Name] = f.Own.Default
		}
	}
	if len(own) > 0 {
		doc[ownBlock] = own
	}
	return doc
}

// newBlocks are the blocks of the form of a new record: of those that are edited, and the lists of links, which later
// have a page.
func (x *exchange) newBlocks(l *look, k *record.Kind) []block {
	all := x.blocksOf(l, k)
	var links []block
	for _, f := range k.Fields {
		if linking(f) != nil {
			links = append(links, block{name: f.Name, fields: []string{f.Name}})
		}
	}
	at := slices.IndexFunc(all, func(b block) bool { return b.name == ownBlock })
	if at < 0 {
		at = len(all)
	}
	return slices.Insert(all, at, links...)
}

// ownerName names the form value that holds the owner of a child.
const ownerName = "owner"

func (x *exchange) showNewRecord(l *look, f *kindForm, given url.Values, status int) error {
	form := f.form(l.kind, l.home()+"/new", x.newBlocks(l, f.kind))
	title := x.p.T(l.says("add"))
	form.Cancel = l.home()
	trail := []ui.Link{{Label: x.p.T(l.title()), Href: l.home()}, {Label: title}}
	head := ui.Header{Title: title}
	if len(f.kind.Under) > 0 {
		owner, err := x.ownerOf(f, given)
		if err != nil {
			return err
		}
		if owner != nil {
			form.Values = append(form.Values, ui.Value{Name: ownerName, Value: owner.id()})
			form.Cancel = owner.at(l.plural)
			head.Sub = owner.name()
			trail = x.trail(owner, ui.Link{Label: title})
		} else {
			form.Fields = slices.Insert(form.Fields, 0, f.ownerField(given))
		}
	} else {
		form.Others = []ui.Action{{Label: x.p.T("page.saveAndNext"), Href: "another"}}
		if slices.Contains(repository.ScoredKinds(), f.kind.Name) {
			form.Alike = l.home() + alikeTail
			x.offerAnyway(&form, f.fault)
		}
	}
	if back := localPath(given.Get("back")); back != "" {
		form.Values = append(form.Values, ui.Value{Name: "back", Value: back})
		form.Cancel = back
	}
	return x.show(view{Title: title, Status: status, Trail: trail}, ui.PageHeader(x.p, head), x.withAlikes(f, form))
}

// ownerOf reads the record a child is to belong to, where that is known; else nil.
func (x *exchange) ownerOf(f *kindForm, given url.Values) (*subject, error) {
	id := given.Get(ownerName)
	if id == "" || given.Has(ui.FindPrefix+ownerName) {
		return nil, nil
	}
	refs, err := x.app.Records.Titles(x.ctx(), x.who.Grant, id)
	if err != nil {
		return nil, err
	}
	ref, ok := refs[id]
	if !ok || ref.Trashed || !slices.Contains(f.kind.Under, ref.Kind) {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, ref.Kind, id)
	if err != nil {
		return nil, err
	}
	return x.about(rec)
}

// ownerField is the choice of the record a child is to belong to.
func (f *kindForm) ownerField(given url.Values) ui.Field {
	f.labels[ownerName] = f.fieldLabel(f.kind, ownerName)
	base := ui.Base{Name: ownerName, Label: f.labels[ownerName], Error: f.errors[ownerName], Required: true}
	return f.ref(base, f.kind.Under, given.Get(ownerName))
}

// createRecord makes a record.
func (a *App) createRecord(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	l, k, err := x.kindOf()
	if err != nil {
		return err
	}
	f := x.kindForm(k, document{})
	blocks := x.newBlocks(l, k)
	again, err := f.read(form, blocks)
	if err != nil {
		return err
	}
	owner := ""
	if len(k.Under) > 0 {
		r := formReader{kindForm: f, form: form}
		owner, _ = r.ref(k.Under, ownerName).(string)
		if r.err != nil {
			return r.err
		}
		again = again || r.unclear
		if owner == "" && !again {
			f.labels[ownerName] = x.fieldLabel(k, ownerName)
			refusal := fault.From(fault.Bad(ownerName, "required"))
			f.refused(refusal)
			return x.showNewRecord(l, f, form, statusOf(refusal))
		}
	}
	if again {
		return x.showNewRecord(l, f, form, 0)
	}
	body, err := f.body(blocks, nil, nil)
	if err != nil {
		return err
	}
	var res repository.Result
	if owner != "" {
		res, err = a.Records.CreateUnder(x.ctx(), x.writing(), k.Name, owner, body)
	} else {
		res, err = a.Records.Create(x.ctx(), x.guarded(form), k.Name, body)
	}
	if refusal, ok := shownInForm(err); ok {
		f.refused(refusal)
		return x.showNewRecord(l, f, form, statusOf(refusal))
	}
	if err != nil {
		return err
	}
	to := l.at(res.Record.Base().ID)
	switch back := localPath(form.Get("back")); {
	case form.Get("_action") == "another":
		to = l.home() + "/new"
	case back != "":
		to = back
	case owner != "":
		if of := x.lookOfID(owner); of != nil {
			to = of.at(owner, l.plural)
		}
	}
	x.sayDone(saidCreated, res, to)
	return x.redirect(to)
}

// lookOfID finds the look of the record of an id, nil when it has none.
func (x *exchange) lookOfID(id string) *look {
	prefix, _, _ := strings.Cut(id, "_")
	for _, l := range looks {
		if k, err := x.of(l); err == nil && k.Prefix == prefix {
			return l
		}
	}
	return nil
}

// editRecord shows the whole form of a record.
func (a *App) editRecord(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if err := x.mayOpen(s, ""); err != nil {
		return err
	}
	doc, err := documentOf(s.Record)
	if err != nil {
		return err
	}
	return x.showEditRecord(s, x.kindForm(s.kind, doc), s.version(), 0)
}

// mayOpen refuses to open a form for what cannot be changed.
func (x *exchange) mayOpen(s *subject, name string) error {
	if _, ok := x.blockOf(s, name); !ok && name != "" {
		return fault.New(fault.NotFound, "not_found")
	}
	if s.gone() {
		return fault.New(fault.Conflict, "trashed")
	}
	return x.who.Grant.Allow(policy.Edit)
}

func (x *exchange) blockOf(s *subject, name string) (block, bool) {
	all := x.blocksOf(s.look, s.kind)
	i := slices.IndexFunc(all, func(b block) bool { return b.name == name })
	if i < 0 {
		return block{}, false
	}
	return all[i], true
}

func (x *exchange) showEditRecord(s *subject, f *kindForm, version string, status int) error {
	form := f.form(s.look.kind, s.at("edit"), x.blocksOf(s.look, s.kind))
	form.Version, form.Cancel = version, s.at()
	return x.show(view{Title: x.p.T("page.editing", "name", s.name()), Status: status, Trail: x.trail(s, ui.Link{Label: x.p.T("action.edit")})},
		ui.PageHeader(x.p, ui.Header{Title: s.name(), Face: x.headFace(s, false)}), ui.FormView(x.p, form))
}

// saveRecord writes what was edited: the whole form, or one block.
func (a *App) saveRecord(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	name := form.Get("block")
	blocks := x.blocksOf(s.look, s.kind)
	if name != "" {
		b, ok := x.blockOf(s, name)
		if !ok {
			return fault.New(fault.NotFound, "not_found")
		}
		blocks = []block{b}
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	stored, err := documentOf(s.Record)
	if err != nil {
		return err
	}
	doc, err := documentOf(s.Record)
	if err != nil {
		return err
	}
	f := x.kindForm(s.kind, doc)
	again := func(status int) error {
		if name == "" {
			return x.showEditRecord(s, f, form.Get(ui.VersionName), status)
		}
		return x.showRecord(s, status, name, x.editInPlace(s, blocks[0], f, form.Get(ui.VersionName)))
	}
	more, err := f.read(form, blocks)
	if err != nil {
		return err
	}
	if more {
		return again(0)
	}
	body, err := f.body(blocks, stored, keptFields(form))
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), s.kind.Name, s.id(), version, body)
	if errors.Is(err, fault.Stale) {
		return x.sideBySide(fault.From(err), form, body, version)
	}
	if refusal, ok := shownInForm(err); ok {
		f.refused(refusal)
		return again(statusOf(refusal))
	}
	if err != nil {
		return err
	}
	if res.Record.Base().Version == version {
		x.say(note{Text: x.p.T("page.said.same"), Tone: ui.Info})
		return x.redirect(s.at())
	}
	to := s.at()
	if s.saved != nil {
		if to, err = s.saved(x, s, res.Record); err != nil {
			return err
		}
	}
	x.sayDone("page.said.saved", res, to)
	return x.redirect(to)
}

// keptFields are those for which the reader chose the stored version after a stale save.
func keptFields(form url.Values) []string {
	var kept []string
	for name, values := range form {
		if field, ok := strings.CutPrefix(name, keepPrefix); ok && slices.Contains(values, "theirs") {
			kept = append(kept, field)
		}
	}
	return kept
}

// sideBySide shows what was typed beside what somebody else saved meanwhile, field by field (REC-33). A field that only
// the other one changed is theirs unless the reader says otherwise, one that only the reader changed is the reader's.
func (x *exchange) sideBySide(stale *fault.Fault, form url.Values, body []byte, opened int64) error {
	now, ok := stale.Current.(record.Record)
	if !ok {
		return stale
	}
	s, err := x.about(now)
	if err != nil {
		return err
	}
	if s.gone() {
		return fault.New(fault.Conflict, "trashed")
	}
	typed, err := s.kind.Patch(now, body)
	if err != nil {
		return err
	}
	changes, err := s.kind.Diff(now, typed)
	if err != nil {
		return err
	}
	before, by, err := x.changedSince(s, opened)
	if err != nil {
		return err
	}
	if err := x.learn(s.kind.IDs(record.Change{Fields: changes}, x.cfg.Fields)...); err != nil {
		return err
	}
	rows := make([]ui.Differ, len(changes))
	for i, ch := range changes {
		was, theirs := before[ch.Field]
		rows[i] = ui.Differ{Name: keepPrefix + ch.Field, Label: x.fieldLabel(s.kind, ch.Field), Theirs: x.stored(s.kind, ch.Field, ch.From), Yours: x.stored(s.kind, ch.Field, ch.To),
			TakeTheirs: theirs && string(was) == string(ch.To)}
	}
	f := ui.Form{ID: "stale", Action: s.at("edit"), Key: x.newKey(), Version: s.version(), Cancel: s.at(), Wide: true}
	for name, values := range form {
		if name == ui.KeyName || name == ui.VersionName || strings.HasPrefix(name, keepPrefix) {
			continue
		}
		for _, v := range values {
			f.Values = append(f.Values, ui.Value{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(f.Values, func(a, b ui.Value) int { return strings.Compare(a.Name, b.Name) })
	text := x.p.T("form.stale", "name", by)
	if len(rows) == 0 {
		text = x.p.T("page.stale.same", "name", by)
	}
	f.Fields = []ui.Field{ui.Part{Body: ui.CompareField(x.p, ui.Comparison{Text: text, Rows: rows})}}
	return x.show(view{Title: s.name(), Status: http.StatusPreconditionFailed, Trail: x.trail(s, ui.Link{Label: x.p.T("action.edit")})},
		ui.PageHeader(x.p, ui.Header{Title: s.name(), Face: x.headFace(s, false)}), ui.FormView(x.p, f))
}

// changedSince gives the values that fields changed after a version had at it, and who changed the record last.
func (x *exchange) changedSince(s *subject, version int64) (before map[string][]byte, by string, err error) {
	before = map[string][]byte{}
	for at := int64(0); ; {
		changes, next, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), at, 20)
		if err != nil {
			return nil, "", err
		}
		for _, c := range changes {
			if by == "" {
				by = x.actor(c)
			}
			if c.Revision <= version {
				return before, by, nil
			}
			for _, f := range c.Fields {
				before[f.Field] = f.From
			}
		}
		if next == 0 {
			return before, by, nil
		}
		at = next
	}
}

// shownInForm tells whether a fault belongs beside the fields rather than on a page of its own.
func shownInForm(err error) (*fault.Fault, bool) {
	if err == nil {
		return nil, false
	}
	f := fault.From(err)
	return f, slices.Contains([]fault.Kind{fault.Invalid, fault.Conflict, fault.Unavailable, fault.Exhausted, fault.TooLarge}, f.Kind)
}

func statusOf(f *fault.Fault) int {
	switch f.Kind {
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Exhausted:
		return http.StatusTooManyRequests
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusUnprocessableEntity
}
