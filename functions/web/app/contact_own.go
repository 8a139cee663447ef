package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// The own fields of a contact on its profile (PROF-03): each with its own pencil, and the choice which of the optional ones
// the profile carries (REC-32); and the values of sensitive fields, shown on demand (REC-23).

// carriedBlock is the choice which optional own fields a profile carries.
const carriedBlock = "carried"

var contactOwnRoutes = []Route{
	{Method: http.MethodPost, Path: HomePath + "/{id}/carried", Title: "page.carried", Need: policy.Edit, handle: (*App).carry},
	{Method: http.MethodPost, Path: HomePath + "/{id}/reveal", Title: "page.tab.personal", Need: policy.Reveal, handle: (*App).reveal},
}

// ownEdits gives the own fields in the block of a profile their pencils, empty ones too; one of them may be open.
func (x *exchange) ownEdits(c *contact.Contact, b *ui.Block, open string, form templ.Component) {
	if c.DeletedAt != nil || !x.can(policy.Edit) {
		return
	}
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return
	}
	at := func(block string) string {
		return contactPath(c.ID, personalTab) + "?" + url.Values{"edit": {block}}.Encode()
	}
	b.Items = nil
	for _, f := range x.ownShown(k, c.Custom) {
		item, name := x.ownItem(c, k, f), ownName(f)
		if item.Label == "" { // sensitive and empty
			item = ui.Item{ID: blockID(name), Label: f.Label}
		}
		if item.Value == "" && item.Body == nil {
			item.Body = ui.Muted(x.p.T("form.none"))
		}
		switch {
		case open == name && form != nil:
			item = ui.Item{ID: item.ID, Label: item.Label, Body: form}
		case x.who.Grant.Fields(policy.Edit, ownClass(f)):
			item.Edit = &ui.Action{Label: x.p.T("action.edit"), Href: at(name), Of: f.Label}
		}
		b.Items = append(b.Items, item)
	}
	if open == carriedBlock && form != nil {
		b.Body, b.Items = form, nil
	} else if len(x.optionalOwn(k)) > 0 {
		b.Actions = append(b.Actions, ui.Action{Label: x.p.T("page.carried"), Href: at(carriedBlock), Icon: "columns", Into: b.ID})
	}
}

// optionalOwn lists the own fields that a profile need not carry and the reader may change.
func (x *exchange) optionalOwn(k *record.Kind) []record.CustomField {
	return slices.DeleteFunc(slices.Clone(x.ownOf(k)), func(f record.CustomField) bool {
		return !f.Optional || !x.who.Grant.Fields(policy.Edit, ownClass(f))
	})
}

// carriedForm asks which optional own fields a profile carries.
func (x *exchange) carriedForm(c *contact.Contact) templ.Component {
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil {
		return nil
	}
	field := ui.Choices{Base: ui.Base{Name: "carry", Label: x.p.T("page.carried"), Help: x.p.T("page.carried.help")}}
	for _, f := range x.optionalOwn(k) {
		field.Options = append(field.Options, ui.Option{Value: f.Name, Label: f.Label})
		if c.Custom.Carries(f) {
			field.Values = append(field.Values, f.Name)
		}
	}
	return ui.FormView(x.p, ui.Form{ID: "edit-" + carriedBlock, Action: contactPath(c.ID, "carried"), Key: x.newKey(), Into: blockID(carriedBlock),
		Cancel: contactPath(c.ID, personalTab), Fields: []ui.Field{field}})
}

// carry keeps which optional own fields a profile carries. Before one that is filled is taken away it asks.
func (a *App) carry(x *exchange) error {
	c, err := x.contact()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if err := x.editable(c, carriedBlock); err != nil {
		return err
	}
	k, err := a.Records.Kind(contact.Name)
	if err != nil {
		return err
	}
	patch := map[string]any{}
	var lost []ui.Item
	for _, f := range x.optionalOwn(k) {
		switch value, has, wanted := c.Custom[f.Name], c.Custom.Carries(f), slices.Contains(form["carry"], f.Name); {
		case wanted && !has:
			patch[f.Name] = ""
		case has && !wanted:
			patch[f.Name] = nil
			if value != "" {
				item := x.ownItem(c, k, f)
				item.ID, item.Reveal = "", nil
				lost = append(lost, item)
			}
		}
	}
	back := contactPath(c.ID, personalTab)
	if len(patch) == 0 {
		return x.redirect(back)
	}
	if len(lost) > 0 && form.Get("confirm") == "" {
		return x.askCarry(c, lost, form)
	}
	body, err := json.Marshal(map[string]any{"custom": patch})
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), contact.Name, c.ID, repository.AnyVersion, body)
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, back)
	return x.redirect(back)
}

// askCarry asks before fields are taken away with what they hold.
func (x *exchange) askCarry(c *contact.Contact, lost []ui.Item, form url.Values) error {
	values := []ui.Value{{Name: "confirm", Value: "1"}, {Name: "carry", Value: ""}}
	for _, name := range form["carry"] {
		values = append(values, ui.Value{Name: "carry", Value: name})
	}
	ask := ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: x.p.N("page.carried.remove", len(lost)), Text: x.p.T("page.carried.lost")})
	return x.blocks(c, personalTab, 0, carriedBlock, ui.FormView(x.p, ui.Form{ID: "edit-" + carriedBlock, Action: contactPath(c.ID, "carried"), Key: x.newKey(), Values: values, Into: blockID(carriedBlock),
		Save: x.p.T("action.remove"), Danger: true, Cancel: contactPath(c.ID, personalTab), Fields: []ui.Field{ui.Part{Body: templ.Join(ask, ui.Facts(x.p, lost))}}}))
}

// reveal shows the values of sensitive fields, after it has been noted who asked for them (HIST-07). They are in this
// answer alone.
func (a *App) reveal(x *exchange) error {
	c, err := x.contact()
	if err != nil {
		return err
	}
	if c.DeletedAt != nil {
		return fault.New(fault.Conflict, "trashed")
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if x.revealed, err = a.Records.Reveal(x.ctx(), x.writing(), contact.Name, c.ID, form["field"]); err != nil {
		return err
	}
	return x.blocks(c, personalTab, 0, "", nil)
}

// refsOf lists the records that the profile of a contact names.
func refsOf(c *contact.Contact) []string {
	ids := []string{c.Entity, c.Operator, c.Store, c.ClientGroup}
	for _, p := range c.Groups {
		ids = append(ids, p.Group)
	}
	for _, v := range c.Custom {
		if id, ok := v.(string); ok && strings.HasPrefix(id, "fil_") {
			ids = append(ids, id)
		}
	}
	return ids
}

// learn finds out what records are called; called then tells.
func (x *exchange) learn(ids ...string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool {
		_, known := x.names[id]
		return id == "" || known
	})
	if len(ids) == 0 {
		return nil
	}
	found, err := x.app.Records.Titles(x.ctx(), x.who.Grant, ids...)
	if err != nil {
		return err
	}
	if x.names == nil {
		x.names = map[string]repository.Ref{}
	}
	for _, id := range ids {
		x.names[id] = found[id]
	}
	return nil
}

// called is what a record is called, "" for one that is not there any more or that lies in the trash.
func (x *exchange) called(id string) string {
	ref, known := x.names[id]
	if !known && id != "" {
		if x.learn(id) != nil {
			return ""
		}
		ref = x.names[id]
	}
	if ref.Trashed {
		return ""
	}
	return ref.Title
}

// wording is what the organisation adds to the words records are told in.
func (x *exchange) wording() record.Own {
	if x.cfg == nil {
		return record.Own{}
	}
	return record.Own{Fields: x.cfg.Fields, Lists: x.cfg.Lists, Title: x.called, Phone: x.phone}
}
