package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// The organisation's own fields (REC-31): of every type, for contacts, families and companies.

var fieldRoutes = []Route{
	managed(http.MethodGet, fieldsPath, "settings.fields", (*App).fields),
	managed(http.MethodGet, fieldsPath+"/new", "settings.newField", (*App).newField),
	managed(http.MethodPost, fieldsPath+"/new", "settings.newField", (*App).createField),
	managed(http.MethodGet, fieldsPath+"/{id}", "settings.fields", (*App).field),
	managed(http.MethodPost, fieldsPath+"/{id}", "settings.fields", (*App).saveField),
	managed(http.MethodPost, fieldsPath+"/{id}/delete", "settings.fields", (*App).deleteField),
	managed(http.MethodPost, fieldsPath+"/{id}/restore", "settings.fields", (*App).restoreField),
	managed(http.MethodPost, fieldsPath+"/{id}/move", "settings.fields", (*App).moveField),
}

// fieldsOf is the page of the fields of a kind.
func fieldsOf(kind string) string { return fieldsPath + "?kind=" + kind }

func (a *App) fields(x *exchange) error {
	k, title := x.profileKind(), x.p.T("settings.fields")
	fields := x.cfg.OwnFields(k.Name)
	fresh := ui.Action{Label: x.p.T("settings.newField"), Href: fieldsPath + "/new?kind=" + k.Name, Icon: "plus", Key: "n"}
	t := ui.Table{ID: "results", Label: title, Columns: []ui.Column{
		{Label: x.p.T("field.field.label"), Main: true}, {Label: x.p.T("field.field.type")}, {Label: x.p.T("settings.fieldRules")}, {Label: x.p.T("field.field.options"), Wide: true}},
		Empty: ui.Empty{Icon: "columns", Title: x.p.T("settings.fields.none"), Text: x.p.T("settings.fields.text"), Actions: []ui.Action{fresh}}}
	for i, f := range fields {
		at := fieldsPath + "/" + f.ID
		row := ui.Row{ID: f.ID, Name: f.Label, Href: at, Cells: []templ.Component{ui.MainLink(f.Label, at), ui.Muted(x.fieldType(f.Type)), ui.Badges(x.fieldPills(f)), ui.Words(strings.Join(f.Options, ", "))}}
		if i > 0 {
			row.Actions = append(row.Actions, moveAction(at, "up", "sort-up", x.p.T("settings.up"), f.Label))
		}
		if i < len(fields)-1 {
			row.Actions = append(row.Actions, moveAction(at, "down", "sort-down", x.p.T("settings.down"), f.Label))
		}
		t.Rows = append(t.Rows, row)
	}
	header := ui.Header{Title: title, Sub: x.p.T("settings.fields.text")}
	if len(fields) > 0 {
		header.Primary = &fresh
	}
	return x.showSettings(fieldsPath, title, complaints{}, ui.PageHeader(x.p, header), ui.TabBar(x.kindTabs(title, fieldsPath, k)), ui.TableView(x.p, t))
}

func (x *exchange) fieldType(code string) string {
	return record.Own{}.CodeLabel(x.p, list.FieldType, code)
}

// fieldPills are what is said of a field beside its type.
func (x *exchange) fieldPills(f *setting.Field) []ui.Pill {
	var pills []ui.Pill
	switch {
	case f.Required:
		pills = append(pills, ui.Pill{Label: x.p.T("settings.presence.required"), Tone: ui.Accent})
	case f.Optional:
		pills = append(pills, ui.Pill{Label: x.p.T("settings.presence.optional"), Tone: ui.Neutral})
	}
	if f.Class != "" {
		pills = append(pills, ui.Pill{Label: x.p.T("settings.class." + f.Class), Tone: ui.Info})
	}
	return pills
}

// newField asks for the type first, since all else hangs on it.
func (a *App) newField(x *exchange) error {
	k, kind := x.profileKind(), x.r.URL.Query().Get("type")
	if list.Has(list.FieldType, kind) {
		return x.showField(&setting.Field{For: k.Name, Type: kind}, nil, complaints{})
	}
	var types []choice
	for _, code := range list.Codes(list.FieldType) {
		types = append(types, choice{Label: x.fieldType(code), Help: x.p.T("settings.type." + code + ".help"), Href: fieldsPath + "/new?" + url.Values{"kind": {k.Name}, "type": {code}}.Encode()})
	}
	title := x.p.T("settings.newField")
	return x.showSettings(fieldsPath, title, complaints{}, ui.Heading(title, x.p.T("settings.newField.text", "kind", x.p.T("kind."+k.Name))), choices(types))
}

// choice is one of several ways to go on.
type choice struct{ Label, Help, Href string }

func (a *App) field(x *exchange) error {
	f, err := x.ownField()
	if err != nil {
		return err
	}
	return x.showField(f, nil, complaints{})
}

func (x *exchange) ownField() (*setting.Field, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, setting.FieldName, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return rec.(*setting.Field), nil
}

// textTypes are the types a field may change between: their values are all text.
var textTypes = []string{setting.TypeText, setting.TypeLong, setting.TypeChoice, setting.TypeLink}

// showField shows the editor of a field, a new one when it has no id.
func (x *exchange) showField(f *setting.Field, typed url.Values, c complaints) error {
	if typed != nil {
		at := *f
		f = &at
		x.readField(typed, f)
	}
	labels := x.fieldLabels(setting.FieldName, "label", "type", "options", "class", "default", "min", "max")
	labels["optional"], labels["required"] = x.p.T("settings.presence"), x.p.T("settings.presence")
	title, at := x.p.T("settings.newField"), fieldsPath+"/new"
	if f.ID != "" {
		title, at = record.Title(f), fieldsPath+"/"+f.ID
	}
	form := ui.Form{ID: "field", Action: at, Key: x.newKey(), Guard: true, Cancel: fieldsOf(f.For), Values: []ui.Value{{Name: "kind", Value: f.For}}, Fields: x.fieldInputs(f, labels, c)}
	if f.ID == "" {
		form.Values = append(form.Values, ui.Value{Name: "type", Value: f.Type})
		return x.showSettings(fieldsPath, title, c, ui.Heading(title, x.p.T("settings.newField.of", "kind", x.p.T("kind."+f.For), "type", x.fieldType(f.Type))), ui.FormView(x.p, c.onto(form, labels)))
	}
	form.Version = strconv.FormatInt(f.Version, 10)
	history, err := x.settingsHistory(setting.FieldName, f.ID)
	if err != nil {
		return err
	}
	version := []ui.Value{{Name: ui.VersionName, Value: form.Version}}
	header := ui.Header{Title: title, Sub: x.p.T("settings.fieldName", "name", f.Key)}
	if f.DeletedAt != nil {
		header.Primary = &ui.Action{Label: x.p.T("action.restore"), Icon: "restore", Href: at + "/restore", Post: true, Values: version}
		return x.showSettings(fieldsPath, title, c, ui.PageHeader(x.p, header), history)
	}
	header.Menu = []ui.Action{{Label: x.p.T("action.delete"), Icon: "trash", Href: at + "/delete", Post: true, Danger: true, Values: version}}
	return x.showSettings(fieldsPath, title, c, ui.PageHeader(x.p, header), ui.FormView(x.p, c.onto(form, labels)), history)
}

// fieldInputs are what is asked of a field of its type.
func (x *exchange) fieldInputs(f *setting.Field, labels map[string]string, c complaints) []ui.Field {
	inputs := []ui.Field{ui.Text{Base: required(c.base(labels, "label")), Value: f.Label, Max: 60}}
	if f.ID != "" {
		if slices.Contains(textTypes, f.Type) {
			var types []ui.Option
			for _, code := range textTypes {
				types = append(types, ui.Option{Value: code, Label: x.fieldType(code)})
			}
			inputs = append(inputs, ui.Select{Base: helped(c.base(labels, "type"), x.p.T("settings.type.help")), Value: f.Type, Options: types})
		} else {
			inputs = append(inputs, ui.Fixed{Base: ui.Base{Name: "fixedType", Label: labels["type"]}, Value: x.fieldType(f.Type)})
		}
	}
	if f.Type == setting.TypeChoice || f.Type == setting.TypeChoices {
		inputs = append(inputs, ui.Area{Base: required(helped(c.base(labels, "options"), x.p.T("settings.options.help"))), Value: strings.Join(f.Options, "\n"), Rows: 6})
	}
	if f.Type == setting.TypeNumber {
		bound := func(name, value string) ui.Field {
			base := c.base(labels, name)
			base.Width = ui.Medium
			return ui.Text{Base: base, Value: x.figures(value), Mode: "decimal", Max: 20}
		}
		inputs = append(inputs, ui.Inline{Fields: []ui.Field{bound("min", f.Min), bound("max", f.Max)}})
	}
	presence := "all"
	switch {
	case f.Required:
		presence = "required"
	case f.Optional:
		presence = "optional"
	}
	var ways []ui.Option
	for _, code := range []string{"all", "required", "optional"} {
		ways = append(ways, ui.Option{Value: code, Label: x.p.T("settings.presence." + code), Help: x.p.T("settings.presence." + code + ".help")})
	}
	inputs = append(inputs, ui.Choice{Base: ui.Base{Name: "presence", Label: x.p.T("settings.presence"), Error: cmp.Or(c.at("optional"), c.at("required"))}, Value: presence, Options: ways})
	if f.Type != setting.TypeFile {
		inputs = append(inputs, x.ownInput(helped(c.base(labels, "default"), x.p.T("settings.default.help")), record.CustomField{Type: f.Type, Options: f.Options}, defaultOf(f), nil))
	}
	var classes []ui.Option
	for _, class := range policy.Classes() {
		if class != policy.Sensitive || f.Type == setting.TypeText {
			classes = append(classes, ui.Option{Value: string(class), Label: x.p.T("settings.class." + string(class)), Help: x.p.T("settings.class." + string(class) + ".help")})
		}
	}
	return append(inputs, ui.Choice{Base: c.base(labels, "class"), Value: cmp.Or(f.Class, string(policy.Public)), Options: classes})
}

// defaultOf gives a field's default as its input takes it.
func defaultOf(f *setting.Field) any {
	switch f.Type {
	case setting.TypeNumber:
		if f.Default != "" {
			return json.Number(f.Default)
		}
		return nil
	case setting.TypeAmount:
		figures, unit, _ := strings.Cut(f.Default, " ")
		if m, ok := record.ReadMoney(figures, unit); ok {
			return map[string]any{"amount": json.Number(strconv.FormatInt(m.Amount, 10)), "currency": unit}
		}
		if f.Default == "" {
			return nil
		}
		return map[string]any{"amount": figures, "currency": unit}
	case setting.TypeFlag:
		if f.Default == "" {
			return nil
		}
		return f.Default == "true"
	case setting.TypeChoices:
		var all []any
		for _, line := range lines(f.Default) {
			all = append(all, line)
		}
		return all
	}
	return f.Default
}

// readField takes what the form says of a field.
func (x *exchange) readField(form url.Values, f *setting.Field) {
	f.Label, f.Type = form.Get("label"), cmp.Or(form.Get("type"), f.Type)
	f.Options = lines(form.Get("options"))
	f.Class, f.Required, f.Optional = form.Get("class"), form.Get("presence") == "required", form.Get("presence") == "optional"
	f.Min, f.Max = x.plain(strings.TrimSpace(form.Get("min"))), x.plain(strings.TrimSpace(form.Get("max")))
	f.Default = strings.TrimSpace(form.Get("default"))
	switch f.Type {
	case setting.TypeNumber:
		f.Default = x.plain(f.Default)
	case setting.TypeDate:
		f.Default = isoDate(f.Default)
	case setting.TypeChoices:
		f.Default = strings.Join(given(form["default"]), "\n")
	case setting.TypeAmount:
		f.Default = ""
		if figures := strings.TrimSpace(form.Get("default.amount")); figures != "" {
			f.Default = x.plain(figures) + " " + form.Get("default.currency")
		}
	}
}

// fieldBody is what a form says of a field, as a merge patch.
func (x *exchange) fieldBody(form url.Values, f *setting.Field) map[string]any {
	said := setting.Field{Type: f.Type}
	x.readField(form, &said)
	body := map[string]any{"label": said.Label, "type": said.Type, "options": said.Options, "class": said.Class, "required": said.Required, "optional": said.Optional,
		"default": said.Default, "min": said.Min, "max": said.Max}
	if said.Options == nil {
		body["options"] = nil
	}
	return body
}

func (a *App) createField(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	k := x.profileKind()
	fresh := &setting.Field{For: k.Name, Type: cmp.Or(form.Get("type"), setting.TypeText)}
	fields := x.cfg.OwnFields(k.Name)
	body, last := x.fieldBody(form, fresh), 0
	for _, f := range fields {
		last = max(last, f.Order)
	}
	body["for"], body["name"] = k.Name, freeName(fields, setting.Slug(form.Get("label"), 30))
	body["order"], _ = setting.Between(last, 0)
	res, c, err := x.create(setting.FieldName, body)
	switch {
	case err != nil:
		return err
	case c.any():
		return x.showField(fresh, form, c.renamed("name", "label"))
	}
	x.say(note{Text: x.p.T("settings.made", "name", record.Title(res.Record))})
	return x.redirect(fieldsOf(k.Name))
}

// freeName gives a name no field has yet, for labels that make none.
func freeName(fields []*setting.Field, name string) string {
	for n := len(fields) + 1; name == ""; n++ {
		next := "field" + strconv.Itoa(n)
		if !slices.ContainsFunc(fields, func(f *setting.Field) bool { return f.Key == next }) {
			name = next
		}
	}
	return name
}

func (a *App) saveField(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	f, err := x.ownField()
	if err != nil {
		return err
	}
	_, c, answered, err := x.save(edited{kind: setting.FieldName, id: f.ID, nav: fieldsPath, title: record.Title(f), cancel: fieldsOf(f.For), body: x.fieldBody(form, f)})
	switch {
	case err != nil || answered:
		return err
	case c.any():
		return x.showField(f, form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(fieldsOf(f.For))
}

func (a *App) deleteField(x *exchange) error {
	res, c, err := x.discard(setting.FieldName, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c.any() {
		f, err := x.ownField()
		if err != nil {
			return err
		}
		return x.showField(f, nil, c)
	}
	f := res.Record.(*setting.Field)
	x.say(note{Text: x.p.T("settings.fieldDeleted", "label", f.Label), Undo: fieldsPath + "/" + f.ID + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(f.Version, 10)}}})
	return x.redirect(fieldsOf(f.For))
}

func (a *App) restoreField(x *exchange) error {
	f, err := x.ownField()
	if err != nil {
		return err
	}
	c, err := x.settle(setting.FieldName, f.ID)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showField(f, nil, c)
	}
	return x.redirect(fieldsOf(f.For))
}

// moveField changes places with the field above or below.
func (a *App) moveField(x *exchange) error {
	moved, err := x.ownField()
	if err != nil {
		return err
	}
	if moved.DeletedAt != nil {
		return fault.New(fault.Conflict, "trashed")
	}
	fields := x.cfg.OwnFields(moved.For)
	order := make([]int, len(fields))
	for i, f := range fields {
		order[i] = f.Order
	}
	at := slices.IndexFunc(fields, func(f *setting.Field) bool { return f.ID == moved.ID })
	err = x.move(at, order, func(i, order int) error { return x.reorder(setting.FieldName, fields[i].ID, fields[i].Version, order) })
	if err != nil {
		return err
	}
	return x.redirect(fieldsOf(moved.For))
}
