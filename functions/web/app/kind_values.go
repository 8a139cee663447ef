package app

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// read takes what is in a form's fields of some blocks into the document. again tells that the form is to be shown once
// more before it is saved: a row was added or removed, a record looked for, or it is to be said which is meant.
func (f *kindForm) read(form url.Values, blocks []block) (again bool, err error) {
	again = form.Has(ui.AddName) || form.Has(ui.RemoveName) || form.Has(ui.FindName)
	r := formReader{kindForm: f, form: form, again: again}
	for _, b := range blocks {
		if b.name == ownBlock {
			f.doc[ownBlock] = r.own()
			continue
		}
		for _, name := range b.fields {
			if field, ok := f.kind.Field(name); ok && f.mayEdit(f.kind, field) {
				f.put(name, r.value(field, name))
			}
		}
	}
	return again || r.unclear, r.err
}

func (f *kindForm) put(name string, value any) {
	if value == nil {
		delete(f.doc, name)
	} else {
		f.doc[name] = value
	}
}

// formReader reads values out of a posted form.
type formReader struct {
	*kindForm
	form    url.Values
	again   bool // rows that hold nothing are kept
	unclear bool // a reference may mean several records
	err     error
}

// value reads a member of a record, or of an object in it; nil when it is empty. What cannot be read is kept as it was
// typed: the check of the record says what is wrong with it.
func (r *formReader) value(field *record.Field, path string) any {
	switch {
	case field.Type == record.Object && field.List:
		return r.rows(field, path)
	case field.IsMoney():
		return r.readAmount(r.form, path)
	case field.Type == record.Object:
		return r.object(field, path, -1)
	case field.List:
		return r.list(field, path)
	case field.Ref != nil && r.settled(field.Ref) == nil:
		return r.ref(field.Ref, path)
	}
	return r.single(field, path)
}

func (r *formReader) single(field *record.Field, path string) any {
	text := strings.TrimSpace(r.form.Get(path))
	switch field.Type {
	case record.Flag:
		return slices.Contains(r.form[path], "true")
	case record.Number:
		if n, ok := decimal.Read(r.plain(text), field.Decimals); ok {
			return json.Number(decimal.Write(n, field.Decimals))
		}
	case record.Day:
		text = isoDate(text)
	case record.Instant:
		if t, err := time.ParseInLocation(localForm, text, r.p.Zone()); err == nil {
			text = t.UTC().Format(time.RFC3339)
		}
	}
	if text == "" {
		return nil
	}
	return text
}

// object reads an object, nil when nothing in it was typed; row is its place in a list, or -1.
func (r *formReader) object(field *record.Field, path string, row int) any {
	object, typed := document{}, false
	for _, in := range field.Fields {
		if in.System {
			continue
		}
		if in.Type == record.Flag && row >= 0 {
			group, _, _ := strings.Cut(path, "[")
			if r.form.Get(group+"."+in.Name) == strconv.Itoa(row) {
				object[in.Name] = true
			}
			continue
		}
		value := r.value(in, path+"."+in.Name)
		if value == nil {
			continue
		}
		object[in.Name] = value
		typed = typed || in.Values == "" && value != false
	}
	if !typed && !r.again {
		return nil
	}
	return object
}

func (r *formReader) rows(field *record.Field, path string) any {
	numbers, _ := ui.Rows(r.form, path)
	var all []any
	for _, n := range numbers {
		at := path + "[" + strconv.Itoa(n) + "]"
		object := r.object(field, at, n)
		if object == nil {
			continue
		}
		r.moved(at, path+"["+strconv.Itoa(len(all))+"]")
		all = append(all, object)
	}
	if all == nil {
		return nil
	}
	return all
}

// moved takes what is known of a row to the number it has when the form is shown again.
func (r *formReader) moved(from, to string) {
	if from == to {
		return
	}
	for _, path := range slices.Collect(maps.Keys(r.typed)) {
		if rest, ok := strings.CutPrefix(path, from+"."); ok {
			r.typed[to+"."+rest] = r.typed[path]
			r.errors[to+"."+rest] = r.errors[path]
			delete(r.typed, path)
			delete(r.errors, path)
		}
	}
}

func (r *formReader) list(field *record.Field, path string) any {
	var all []any
	if r.offered(field) != nil {
		for _, value := range r.form[path] {
			if value != "" {
				all = append(all, value)
			}
		}
	} else {
		for _, value := range readTags(r.form.Get(path)) {
			all = append(all, value)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// own reads the organisation's own fields; those that are not in the form stay as they are stored.
func (r *formReader) own() document {
	stored := ownValues(r.doc)
	values := document(maps.Clone(stored))
	if values == nil {
		values = document{}
	}
	for _, own := range r.ownWritten(r.kind, stored) {
		if own.Type == setting.TypeFile && !r.form.Has(ownName(own)) {
			continue // not asked for
		}
		if values[own.Name] = ownPatch(own, r.readOwn(r.form, own)); values[own.Name] == nil || own.Optional && slices.Contains(r.form["off:"+ownName(own)], "true") {
			delete(values, own.Name)
		}
	}
	for _, own := range r.optionalOwn(r.kind) {
		if r.form.Get("on:"+ownBlock) == own.Name && !stored.Carries(own) {
			values[own.Name] = ""
		}
	}
	return values
}

// body makes the JSON of some blocks of the document: a new record, or a merge patch of stored in which what is empty is
// taken away. Members in except are left as they are stored.
func (f *kindForm) body(blocks []block, stored document, except []string) ([]byte, error) {
	patch := document{}
	for _, b := range blocks {
		if b.name == ownBlock {
			now, was, own := ownValues(f.doc), ownValues(stored), document{}
			for _, field := range f.ownOf(f.kind) {
				_, had := was[field.Name]
				value, has := now[field.Name]
				if (had || has) && !slices.Contains(except, ownName(field)) && f.who.Grant.Fields(policy.Edit, ownClass(field)) {
					own[field.Name] = value
				}
			}
			if len(own) > 0 {
				patch[ownBlock] = own
			}
			continue
		}
		for _, name := range b.fields {
			field, ok := f.kind.Field(name)
			if !ok || !f.mayEdit(f.kind, field) || slices.Contains(except, name) {
				continue
			}
			value, has := f.doc[name]
			if object, ok := value.(document); ok && field.Type == record.Object {
				value = complete(field, object) // a merge patch leaves alone what it does not name
			}
			if has || stored != nil {
				patch[name] = value
			}
		}
	}
	return json.Marshal(patch)
}

// complete gives an object in which the members that are empty say so.
func complete(field *record.Field, object document) document {
	all := document{}
	for _, in := range field.Fields {
		all[in.Name] = object[in.Name]
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
