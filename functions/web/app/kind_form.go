package app

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// block is a part of a record that is a section of its form and can be edited by itself on its profile.
type block struct {
	name   string // in addresses
	title  string // key of its title; "": the label of its field
	fields []string
}

// The blocks that are made for kinds whose look names none.
const (
	mainBlock = "main"
	ownBlock  = "custom"
)

// blocksOf gives the blocks of a kind: those of its look, or its plain fields together, each object or list of objects by
// itself, and the organisation's own fields. Lists that link to other records are not among them: they have a page.
func (x *exchange) blocksOf(l *look, k *record.Kind) []block {
	all := slices.Clone(l.blocks)
	placed := func(name string) bool {
		return slices.ContainsFunc(all, func(b block) bool { return slices.Contains(b.fields, name) })
	}
	main := block{name: mainBlock, title: l.one()}
	var rest []block
	for _, f := range k.Fields {
		switch {
		case f.System || f.Type == record.Map || f.Type == record.Values || placed(f.Name) || slices.Contains(l.apart, f.Name) || linking(f) != nil || slices.Equal(f.Ref, []string{"file"}) || !x.several(f):
		case f.Type == record.Object && !f.IsMoney():
			rest = append(rest, block{name: f.Name, fields: []string{f.Name}})
		default:
			main.fields = append(main.fields, f.Name)
		}
	}
	if len(main.fields) > 0 {
		all = append([]block{main}, all...)
	}
	all = append(all, rest...)
	if len(k.OwnFields(x.cfg.Fields)) > 0 {
		all = append(all, block{name: ownBlock, title: "page.section.custom", fields: []string{ownBlock}})
	}
	return all
}

// blockTitle names a block.
func (x *exchange) blockTitle(k *record.Kind, b block) string {
	if b.title != "" {
		return x.p.T(b.title)
	}
	return x.fieldLabel(k, b.fields[0])
}

// kindForm writes the fields of a form about a record, and reads them.
type kindForm struct {
	*exchange
	kind   *record.Kind
	doc    document // what is stored, or was typed
	fault  *fault.Fault
	errors map[string]string   // sentences by path
	labels map[string]string   // of fields, by path
	typed  map[string]typedRef // of references that were looked for, by path
}

// typedRef is what somebody typed to name another record.
type typedRef struct {
	text    string
	choices []ui.Option
	must    bool // it has to be chosen which is meant
}

func (x *exchange) kindForm(k *record.Kind, doc document) *kindForm {
	return &kindForm{exchange: x, kind: k, doc: doc, errors: map[string]string{}, labels: map[string]string{}, typed: map[string]typedRef{}}
}

// refused says at each field what a fault says of it.
func (f *kindForm) refused(refusal *fault.Fault) {
	if f.fault = refusal; refusal == nil {
		return
	}
	for _, field := range refusal.Fields {
		if _, ok := f.errors[field.Path]; !ok {
			f.errors[field.Path] = f.p.Field(field)
		}
	}
}

// form puts blocks into a form.
func (f *kindForm) form(id, action string, blocks []block) ui.Form {
	form := ui.Form{ID: id, Action: action, Key: f.newKey(), Guard: true, Wide: len(blocks) > 1}
	for _, b := range blocks {
		fields := f.block(b)
		switch {
		case len(fields) == 0:
		case len(blocks) == 1:
			form.Fields = append(form.Fields, fields...)
		default:
			form.Fields = append(form.Fields, ui.Section{Title: f.blockTitle(f.kind, b), Fields: fields})
		}
	}
	f.summary(&form)
	return form
}

// summary lists above a form what was refused.
func (f *kindForm) summary(form *ui.Form) {
	for _, path := range sortedKeys(f.typed) {
		if f.typed[path].must {
			form.Errors = append(form.Errors, ui.FormError{Name: path, Label: f.labels[path], Text: f.errors[path]})
		}
	}
	if f.fault == nil {
		return
	}
	if len(f.fault.Fields) == 0 {
		form.Fault = f.p.Fault(f.fault)
	}
	for _, field := range f.fault.Fields {
		label := f.labels[field.Path]
		if label == "" {
			label = f.fieldLabel(f.kind, field.Path)
		}
		form.Errors = append(form.Errors, ui.FormError{Name: field.Path, Label: label, Text: f.p.Field(field)})
	}
}

func (f *kindForm) block(b block) []ui.Field {
	if b.name == ownBlock {
		return f.own()
	}
	var fields []ui.Field
	for _, name := range b.fields {
		if field, ok := f.kind.Field(name); ok && f.mayEdit(f.kind, field) {
			fields = append(fields, f.field(field, name, f.doc[name]))
		}
	}
	if len(fields) == 1 && b.title == "" { // the section goes by its name
		if rows, ok := fields[0].(ui.Repeat); ok {
			rows.Quiet = true
			fields[0] = rows
		}
	}
	return fields
}

// mayEdit tells whether forms ask for a field: the organisation uses it and the reader may write it.
func (x *exchange) mayEdit(k *record.Kind, f *record.Field) bool {
	return x.cfg.Used(k.Name, f.Path) && x.who.Grant.Fields(policy.Edit, f.Class)
}

// base is what every field has; the path names it.
func (f *kindForm) base(field *record.Field, path string, width ui.Width) ui.Base {
	label := f.fieldLabel(f.kind, field.Path)
	f.labels[path] = label
	required := field.Required || slices.Contains(f.cfg.Mandatory(f.kind.Name), path)
	return ui.Base{Name: path, Label: label, Error: f.errors[path], Required: required, Width: width}
}

// field makes the field of a form for a member of a record, or of an object in it.
func (f *kindForm) field(field *record.Field, path string, value any) ui.Field {
	switch {
	case field.Type == record.Object && field.List:
		return f.rows(field, path, value)
	case field.IsMoney():
		return f.money(field, path, value)
	case field.Type == record.Object:
		object, _ := value.(document)
		return ui.Inline{Fields: f.members(field, path, object)}
	case field.List && len(f.offered(field, "")) > 0:
		return ui.Choices{Base: f.base(field, path, ui.AnyWidth), Values: texts(value), Options: f.offered(field, texts(value)...)}
	case field.List:
		base := f.base(field, path, ui.AnyWidth)
		base.Help = f.p.T("page.tags.help")
		return ui.Tokens{Base: base, Values: texts(value)}
	}
	return f.single(field, path, value)
}

func (f *kindForm) single(field *record.Field, path string, value any) ui.Field {
	text := typedText(value)
	if options := f.offered(field, text); options != nil {
		return ui.Select{Base: f.base(field, path, ui.Medium), Value: text, Options: options, Empty: f.p.T("form.none")}
	}
	switch {
	case field.Ref != nil:
		return f.ref(f.base(field, path, ui.AnyWidth), field.Ref, text)
	case field.Type == record.Long:
		return ui.Area{Base: f.base(field, path, ui.AnyWidth), Value: text, Max: field.Max, Rows: min(max(3, strings.Count(text, "\n")+2), 12)}
	case field.Type == record.Day:
		return ui.Date{Base: f.base(field, path, ui.Medium), Value: text}
	case field.Type == record.Instant:
		return ui.Text{Base: f.base(field, path, ui.Medium), Value: f.localTime(text), Type: "datetime-local"}
	case field.Type == record.Flag:
		return ui.Toggle{Base: f.base(field, path, ui.AnyWidth), On: value == true}
	case field.Type == record.Number:
		mode := "numeric"
		if field.Decimals > 0 {
			mode = "decimal"
		}
		return ui.Text{Base: f.base(field, path, ui.Narrow), Value: f.figures(text), Mode: mode, Max: 30}
	}
	kinds := map[record.Type]string{record.Email: "email", record.Phone: "tel", record.Link: "url"}
	width := ui.AnyWidth
	switch {
	case field.Max <= 20:
		width = ui.Narrow
	case field.Max <= 50:
		width = ui.Medium
	}
	if field.Type == record.Phone {
		text = f.phone(text)
	}
	return ui.Text{Base: f.base(field, path, width), Value: text, Type: kinds[field.Type], Max: field.Max, Alike: telling[field.Name]}
}

// offered are the values a field is chosen from; nil for one that is typed. What is stored stays a choice.
func (f *kindForm) offered(field *record.Field, stored ...string) []ui.Option {
	var options []ui.Option
	switch {
	case field.Values != "":
		options = f.codes(field.Values)
	case field.Ref != nil:
		options = f.settled(field.Ref)
	}
	if options == nil {
		return nil
	}
	for _, value := range stored {
		if value != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
			label := f.phrase(field, value)
			if label == "" {
				label = f.p.T("ref.gone")
			}
			options = append(options, ui.Option{Value: value, Label: label})
		}
	}
	return options
}

func (f *kindForm) money(field *record.Field, path string, value any) ui.Field {
	base := f.base(field, path, ui.AnyWidth)
	if base.Error == "" {
		base.Error = f.errors[path+".amount"]
	}
	return f.amountInput(base, value)
}

// members makes the fields of an object.
func (f *kindForm) members(field *record.Field, path string, object document) []ui.Field {
	var fields []ui.Field
	for _, in := range field.Fields {
		if in.System {
			continue
		}
		value, there := object[in.Name]
		if !there && in.Values == list.Country {
			value = f.cfg.Settings.Country
		}
		fields = append(fields, f.field(in, path+"."+in.Name, value))
	}
	return fields
}

// rows makes the rows of a list of objects. A flag of such an object marks one of them: the main one, the head.
func (f *kindForm) rows(field *record.Field, path string, value any) ui.Field {
	row := func(index string, object document) []ui.Field {
		at := path + "[" + index + "]"
		var fields []ui.Field
		for _, in := range field.Fields {
			switch {
			case in.System:
			case in.Type == record.Flag:
				fields = append(fields, ui.Pick{Base: ui.Base{Label: f.markLabel(in)}, Group: path + "." + in.Name, Value: index, On: object[in.Name] == true})
			default:
				value := object[in.Name]
				if value == nil && in.Values == list.Country {
					value = f.cfg.Settings.Country
				}
				fields = append(fields, inRow(f.field(in, at+"."+in.Name, value)))
			}
		}
		return fields
	}
	group := ui.Repeat{Base: f.base(field, path, ui.AnyWidth), Item: f.fieldLabel(f.kind, field.Path), Max: field.Items, Tall: len(field.Fields) > 5, New: row(ui.NewIndex, nil)}
	all, _ := value.([]any)
	for i, v := range all {
		object, _ := v.(document)
		group.Rows = append(group.Rows, ui.RepeatRow{Index: i, Fields: row(strconv.Itoa(i), object)})
	}
	if len(group.Rows) == 0 {
		group.Rows = []ui.RepeatRow{{Index: 0, Fields: row("0", nil)}}
	}
	return group
}

// inRow fits a field into a row: choices take little room, and that a row must have something to be one goes without
// saying.
func inRow(field ui.Field) ui.Field {
	switch field := field.(type) {
	case ui.Select:
		field.Width, field.Required = ui.Narrow, false
		return field
	case ui.Text:
		field.Required = false
		return field
	case ui.Ref:
		field.Required = false
		return field
	}
	return field
}

// markLabel names what a flag marks one of several as.
func (f *kindForm) markLabel(field *record.Field) string {
	if field.Name == "main" {
		return f.p.T("form.main")
	}
	return f.fieldLabel(f.kind, field.Path)
}

// own makes the organisation's own fields: those the record carries, and a choice of the optional ones it could (REC-32).
func (f *kindForm) own() []ui.Field {
	values := ownValues(f.doc)
	var fields []ui.Field
	for _, own := range f.ownWritten(f.kind, values) {
		var files []ui.Option
		if own.Type == setting.TypeFile {
			id, _ := f.doc["id"].(string)
			if id == "" {
				continue // there are no files before there is a record
			}
			files = f.filesOf(f.kind.Name, id)
		}
		base := f.base(own.Field(), ownName(own), ui.AnyWidth)
		for _, path := range sortedKeys(f.errors) { // of a part of it: "custom.dues.amount", "custom.teams[1]"
			if base.Error == "" && (strings.HasPrefix(path, base.Name+".") || strings.HasPrefix(path, base.Name+"[")) {
				base.Error = f.errors[path]
			}
		}
		one := f.ownInput(base, own, values[own.Name], files)
		if own.Optional {
			one = ui.Inline{Fields: []ui.Field{one, ui.Toggle{Base: ui.Base{Name: "off:" + base.Name, Label: f.p.T("own.off", "field", own.Label)}}}}
		}
		fields = append(fields, one)
	}
	var more []ui.Option
	for _, own := range f.optionalOwn(f.kind) {
		if !values.Carries(own) {
			more = append(more, ui.Option{Value: own.Name, Label: own.Label})
		}
	}
	if len(more) > 0 {
		fields = append(fields, ui.Select{Base: ui.Base{Name: "on:" + ownBlock, Label: f.p.T("own.on"), Width: ui.Medium}, Options: more, Empty: f.p.T("form.none")})
	}
	return fields
}

// ownValues are the values of own fields in a record as JSON.
func ownValues(doc document) record.Custom {
	values, _ := doc[ownBlock].(document)
	return record.Custom(values)
}

// editInPlace is the form of one block in its place.
func (x *exchange) editInPlace(s *subject, b block, f *kindForm, version string) templ.Component {
	form := f.form("edit-"+b.name, s.at("edit"), []block{b})
	form.Version = version
	form.Into = "block-" + b.name
	form.Cancel = s.at()
	form.Values = []ui.Value{{Name: "block", Value: b.name}}
	return ui.FormView(x.p, form)
}

// typedText gives a value as it stands in a field.
func typedText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return string(value)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// localTime writes an instant as fields of time hold it, in the organisation's zone. What is none stays as it was typed.
func (x *exchange) localTime(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.In(x.p.Zone()).Format(localForm)
}

const localForm = "2006-01-02T15:04"
