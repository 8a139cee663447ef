package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

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

// ownFields lists the organisation's own fields in their order.
func (x *exchange) ownFields() ([]*setting.Field, error) {
	fields, err := x.app.Accounts.Fields(x.ctx(), x.who.Grant)
	slices.SortStableFunc(fields, func(a, b *setting.Field) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return fields, err
}

func (a *App) fields(x *exchange) error {
	fields, err := x.ownFields()
	if err != nil {
		return err
	}
	t := ui.Table{ID: "results", Label: x.p.T("settings.fields"), Columns: []ui.Column{
		{Label: x.p.T("settings.field.field.label"), Main: true}, {Label: x.p.T("settings.field.field.type")}, {Label: x.p.T("settings.field.field.options"), Wide: true}},
		Empty: ui.Empty{Icon: "columns", Title: x.p.T("settings.fields.none"), Text: x.p.T("settings.fields.text"),
			Actions: []ui.Action{{Label: x.p.T("settings.newField"), Href: fieldsPath + "/new", Icon: "plus"}}}}
	for i, f := range fields {
		at := fieldsPath + "/" + f.ID
		row := ui.Row{ID: f.ID, Name: f.Label, Href: at, Cells: []templ.Component{ui.MainLink(f.Label, at), ui.Muted(x.p.T("settings.type." + f.Type)), ui.Words(strings.Join(f.Options, ", "))}}
		if i > 0 {
			row.Actions = append(row.Actions, moveAction(at, "up", "sort-up", x.p.T("settings.up")))
		}
		if i < len(fields)-1 {
			row.Actions = append(row.Actions, moveAction(at, "down", "sort-down", x.p.T("settings.down")))
		}
		t.Rows = append(t.Rows, row)
	}
	header := ui.Header{Title: x.p.T("settings.fields"), Sub: x.p.T("settings.fields.text")}
	if len(fields) > 0 {
		header.Primary = &ui.Action{Label: x.p.T("settings.newField"), Href: fieldsPath + "/new", Icon: "plus", Key: "n"}
	}
	return x.showSettings(fieldsPath, x.p.T("settings.fields"), complaints{}, ui.PageHeader(x.p, header), ui.TableView(x.p, t))
}

func moveAction(at, direction, icon, label string) ui.Action {
	return ui.Action{Label: label, Icon: icon, Href: at + "/move", Post: true, Values: []ui.Value{{Name: "to", Value: direction}}}
}

func (a *App) newField(x *exchange) error {
	return x.showField(&setting.Field{For: contact.Name, Type: "text"}, nil, complaints{})
}

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

// showField shows the editor of a field, a new one when it has no id.
func (x *exchange) showField(f *setting.Field, typed url.Values, c complaints) error {
	labels := map[string]string{"label": x.p.T("settings.field.field.label"), "type": x.p.T("settings.field.field.type"), "options": x.p.T("settings.field.field.options")}
	title, at := x.p.T("settings.newField"), fieldsPath+"/new"
	if f.ID != "" {
		title, at = f.Label, fieldsPath+"/"+f.ID
	}
	options, label, kind := strings.Join(f.Options, "\n"), f.Label, f.Type
	if typed != nil {
		options, label, kind = typed.Get("options"), typed.Get("label"), typed.Get("type")
	}
	var types []ui.Option
	for _, code := range list.BuiltIn().Codes(list.FieldType) {
		types = append(types, ui.Option{Value: code, Label: x.p.T("settings.type." + code), Help: x.p.T("settings.type." + code + ".help")})
	}
	form := ui.Form{ID: "field", Action: at, Key: x.newKey(), Guard: true, Cancel: fieldsPath, Fields: []ui.Field{
		ui.Text{Base: required(c.base(labels, "label")), Value: label, Max: 60},
		ui.Choice{Base: c.base(labels, "type"), Value: kind, Options: types},
		ui.Area{Base: helped(c.base(labels, "options"), x.p.T("settings.options.help")), Value: options, Rows: 6},
	}}
	if f.ID == "" {
		return x.showSettings(fieldsPath, title, c, ui.Heading(title, ""), ui.FormView(x.p, c.onto(form, labels)))
	}
	form.Version = strconv.FormatInt(f.Version, 10)
	header := ui.Header{Title: title, Sub: x.p.T("settings.fieldName", "name", f.Key)}
	if f.DeletedAt == nil {
		header.Menu = []ui.Action{{Label: x.p.T("action.delete"), Icon: "trash", Href: at + "/delete", Post: true, Danger: true,
			Values: []ui.Value{{Name: ui.VersionName, Value: form.Version}}}}
	}
	history, err := x.settingsHistory(setting.FieldName, f.ID)
	if err != nil {
		return err
	}
	return x.showSettings(fieldsPath, title, c, ui.PageHeader(x.p, header), ui.FormView(x.p, c.onto(form, labels)), history)
}

// fieldBody is what the form says of a field.
func fieldBody(form url.Values) map[string]any {
	body := map[string]any{"label": form.Get("label"), "type": form.Get("type"), "options": nil}
	if form.Get("type") == "choice" {
		body["options"] = lines(form.Get("options"))
	}
	return body
}

func (a *App) createField(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	fields, err := x.ownFields()
	if err != nil {
		return err
	}
	body := fieldBody(form)
	body["for"], body["name"], body["order"] = contact.Name, freeName(fields, fieldName(form.Get("label"))), nextOrder(fields)
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	res, err := a.Records.Create(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, setting.FieldName, raw)
	if c, err := x.complain(err); err != nil {
		return err
	} else if c.any() {
		return x.showField(&setting.Field{For: contact.Name, Type: form.Get("type")}, form, c.renamed("name", "label"))
	}
	x.say(note{Text: x.p.T("settings.fieldMade", "label", res.Record.(*setting.Field).Label)})
	return x.redirect(fieldsPath)
}

func nextOrder(fields []*setting.Field) int {
	if len(fields) == 0 {
		return 1
	}
	return fields[len(fields)-1].Order + 1
}

// fieldName makes the name programs know a field by out of its label: "Lid sinds" becomes "lidSinds". A label in
// another script gives none, and takes the next free "field".
func fieldName(label string) string {
	var b strings.Builder
	up := false
	for _, r := range fold.String(label) {
		switch letter, digit := r >= 'a' && r <= 'z', r >= '0' && r <= '9'; {
		case letter && up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		case letter, digit && b.Len() > 0:
			b.WriteRune(r)
			up = false
		default:
			up = b.Len() > 0
		}
	}
	name := b.String()
	return name[:min(30, len(name))]
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
	raw, err := json.Marshal(fieldBody(form))
	if err != nil {
		return err
	}
	id := x.r.PathValue("id")
	_, err = a.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant, Key: x.key()}, setting.FieldName, id, x.version(), raw)
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	if c.any() {
		f, err := x.ownField()
		if err != nil {
			return err
		}
		return x.showField(f, form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(fieldsPath)
}

func (a *App) deleteField(x *exchange) error {
	id := x.r.PathValue("id")
	res, err := a.Records.Trash(x.ctx(), repository.Write{Grant: x.who.Grant}, setting.FieldName, id, x.version())
	if err != nil {
		return err
	}
	f := res.Record.(*setting.Field)
	x.say(note{Text: x.p.T("settings.fieldDeleted", "label", f.Label), Undo: fieldsPath + "/" + id + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(f.Version, 10)}}})
	return x.redirect(fieldsPath)
}

func (a *App) restoreField(x *exchange) error {
	res, err := a.Records.Restore(x.ctx(), repository.Write{Grant: x.who.Grant}, setting.FieldName, x.r.PathValue("id"), x.version(), repository.DropNone)
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.T("settings.fieldRestored", "label", res.Record.(*setting.Field).Label)})
	return x.redirect(fieldsPath)
}

// moveField changes places with the field above or below. All orders are written that the move makes different.
func (a *App) moveField(x *exchange) error {
	fields, err := x.ownFields()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(fields, func(f *setting.Field) bool { return f.ID == x.r.PathValue("id") })
	if i < 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	if j := i + map[string]int{"up": -1, "down": 1}[x.r.PostFormValue("to")]; j >= 0 && j < len(fields) {
		fields[i], fields[j] = fields[j], fields[i]
	}
	for n, f := range fields {
		if f.Order == n+1 {
			continue
		}
		patch := []byte(`{"order":` + strconv.Itoa(n+1) + `}`)
		if _, err := a.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant}, setting.FieldName, f.ID, f.Version, patch); err != nil {
			return err
		}
	}
	return x.redirect(fieldsPath)
}
