package app

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// edited is a form of the settings that changes a record.
type edited struct {
	kind   string
	id     string
	nav    string // address of the part of the settings it belongs to
	title  string
	cancel string
	body   map[string]any // the merge patch
}

// save changes a record over the version its form was opened at. When somebody was quicker, it shows both versions side
// by side, and says that the request is answered. What the reader then chooses to leave to the other one is left out of the
// patch.
func (x *exchange) save(e edited) (res repository.Result, c complaints, answered bool, err error) {
	form, err := x.form()
	if err != nil {
		return res, c, false, err
	}
	for _, field := range keptFields(form) {
		leave(e.body, field)
	}
	patch, err := json.Marshal(e.body)
	if err != nil {
		return res, c, false, err
	}
	opened := x.version()
	res, err = x.app.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, e.kind, e.id, opened, patch)
	if now, ok := overtaken(err); ok {
		return res, c, true, x.showStale(e, form, now, opened)
	}
	c, err = x.complain(err)
	return res, c, false, err
}

// leave takes a field out of a patch: a member, or a member of a member ("keyPolicy.email").
func leave(patch map[string]any, field string) {
	name, inner, deeper := strings.Cut(field, ".")
	if members, ok := patch[name].(map[string]any); ok && deeper {
		delete(members, inner)
		return
	}
	delete(patch, name)
}

// showStale shows what was typed beside what somebody else saved meanwhile. A field that only the other one changed is
// theirs unless the reader says otherwise.
func (x *exchange) showStale(e edited, form url.Values, now record.Record, opened int64) error {
	k, err := x.app.Records.Kind(e.kind)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(e.body)
	if err != nil {
		return err
	}
	typed, err := k.Patch(now, patch)
	if err != nil {
		return err
	}
	changes, err := k.Diff(now, typed)
	if err != nil {
		return err
	}
	before, by, err := x.since(e.kind, e.id, opened)
	if err != nil {
		return err
	}
	own, err := x.app.Records.Words(x.ctx(), x.who.Grant, k, spoken(e.kind, changes)...)
	if err != nil {
		return err
	}
	var rows []ui.Differ
	for _, ch := range changes {
		was, theirs := before[ch.Field]
		rows = append(rows, ui.Differ{Name: keepPrefix + ch.Field, Label: x.settingLabel(k, ch.Field), Theirs: x.settingText(k, own, ch.Field, ch.From),
			Yours: x.settingText(k, own, ch.Field, ch.To), TakeTheirs: theirs && string(was) == string(ch.To)})
	}
	text := x.p.T("form.stale", "name", by)
	if len(rows) == 0 {
		text = x.p.T("page.stale.same", "name", by)
	}
	f := ui.Form{ID: "stale", Action: x.r.URL.Path, Key: x.newKey(), Version: strconv.FormatInt(now.Base().Version, 10), Cancel: e.cancel,
		Fields: []ui.Field{ui.Part{Body: ui.CompareField(x.p, ui.Comparison{Text: text, Rows: rows})}}}
	for name, values := range form {
		if name == ui.KeyName || name == ui.VersionName || strings.HasPrefix(name, keepPrefix) {
			continue
		}
		for _, v := range values {
			f.Values = append(f.Values, ui.Value{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(f.Values, func(a, b ui.Value) int { return strings.Compare(a.Name, b.Name) })
	return x.showSettings(e.nav, e.title, complaints{x.p, fault.New(fault.Stale, "stale")}, ui.Heading(e.title, ""), ui.FormView(x.p, f))
}

// spoken puts changes of fields into a change as words are looked up for: one each, since a sentence names values only
// where it is about one field.
func spoken(kind string, fields []record.FieldChange) []record.Change {
	var all []record.Change
	for _, f := range fields {
		all = append(all, record.Change{Action: kind + ".edit", Fields: []record.FieldChange{f}})
	}
	return all
}

// since gives the values that fields changed after a version had at it, and who changed the record last.
func (x *exchange) since(kind, id string, version int64) (before map[string]json.RawMessage, by string, err error) {
	before = map[string]json.RawMessage{}
	for at := int64(0); ; {
		changes, next, err := x.history(kind, id, at, 20)
		if err != nil {
			return nil, "", err
		}
		for _, c := range changes {
			if by == "" {
				by = c.Name
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

// overtaken gives the record as it is now, when that is why a write was refused.
func overtaken(err error) (now record.Record, ok bool) {
	if !errors.Is(err, fault.Stale) {
		return nil, false
	}
	now, ok = fault.From(err).Current.(record.Record)
	return now, ok && now.Base().DeletedAt == nil
}
