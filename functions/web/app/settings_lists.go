package app

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// The lists an organisation makes its own (SET-01): values are added, renamed, put in order, retired, replaced and deleted.

const (
	oneListPath = listsPath + "/{list}"
	valuePath   = oneListPath + "/{code}"
)

var listRoutes = []Route{
	managed(http.MethodGet, listsPath, "settings.lists", (*App).lists),
	managed(http.MethodGet, oneListPath, "settings.lists", (*App).oneList),
	managed(http.MethodPost, oneListPath, "settings.lists", (*App).addValue),
	managed(http.MethodGet, valuePath, "settings.lists", (*App).value),
	managed(http.MethodPost, valuePath, "settings.lists", (*App).saveValue),
	managed(http.MethodPost, valuePath+"/move", "settings.lists", (*App).moveValue),
	managed(http.MethodPost, valuePath+"/delete", "settings.lists", (*App).deleteValue),
	managed(http.MethodPost, valuePath+"/restore", "settings.lists", (*App).restoreValue),
	managed(http.MethodGet, valuePath+"/replace", "settings.replace", (*App).replaceValue),
	managed(http.MethodPost, valuePath+"/replace", "settings.replace", (*App).moveToValue),
}

// shownLists are the managed lists that some field takes its values from.
func (x *exchange) shownLists() []string {
	return slices.DeleteFunc(setting.ManagedLists(), func(name string) bool { return !x.app.Rewrites.Used(name) })
}

func (a *App) lists(x *exchange) error {
	t := ui.Table{ID: "results", Label: x.p.T("settings.lists"), Columns: []ui.Column{{Label: x.p.T("settings.list"), Main: true}, {Label: x.p.T("settings.values"), End: true}, {Label: x.p.T("settings.list.first"), Wide: true}}}
	for _, name := range x.shownLists() {
		codes := x.codes(name)
		var first []string
		for _, o := range codes[:min(len(codes), 5)] {
			first = append(first, o.Label)
		}
		at := listsPath + "/" + name
		t.Rows = append(t.Rows, ui.Row{ID: name, Name: x.p.T("lists." + name), Href: at, Cells: []templ.Component{ui.MainLink(x.p.T("lists."+name), at),
			ui.Number(x.p.Number(int64(len(codes)))), ui.Muted(x.p.List(first))}})
	}
	return x.showSettings(listsPath, x.p.T("settings.lists"), complaints{}, ui.PageHeader(x.p, ui.Header{Title: x.p.T("settings.lists"), Sub: x.p.T("settings.lists.text")}), ui.TableView(x.p, t))
}

// listName is the list that the address names.
func (x *exchange) listName() (string, error) {
	name := x.r.PathValue("list")
	if !slices.Contains(setting.ManagedLists(), name) {
		return "", fault.New(fault.NotFound, "not_found")
	}
	return name, nil
}

func (a *App) oneList(x *exchange) error { return x.showList("", complaints{}) }

// showList shows the values of a list, and a line to add one.
func (x *exchange) showList(typed string, c complaints) error {
	name, err := x.listName()
	if err != nil {
		return err
	}
	title, at := x.p.T("lists."+name), listsPath+"/"+name
	labels := map[string]string{"label": x.p.T("settings.value.new")}
	form := c.onto(ui.Form{ID: "new-value", Action: at, Key: x.newKey(), Line: true, Save: x.p.T("settings.value.add"), Fields: []ui.Field{ui.Text{Base: c.base(labels, "label"), Value: typed, Max: 60}}}, labels)
	t := ui.Table{ID: "results", Label: title, Columns: []ui.Column{{Label: x.p.T("settings.value"), Main: true}, {Label: x.p.T("settings.code"), Wide: true},
		{Label: x.p.T("settings.inUse"), End: true}, {Label: x.p.T("settings.standing")}}, Empty: ui.Empty{Icon: "table", Title: x.p.T("settings.list.none")}}
	values := x.cfg.Values(name)
	for i, v := range values {
		label, href := x.code(name, v.Code), at+"/"+v.Code
		var state templ.Component
		switch {
		case v.Retired:
			state = ui.Badge(ui.Pill{Label: x.p.T("settings.retired"), Tone: ui.Neutral, Dot: true})
		case setting.Needed(name, v.Code):
			state = ui.Badge(ui.Pill{Label: x.p.T("settings.needed"), Tone: ui.Info})
		}
		row := ui.Row{ID: v.Code, Name: label, Href: href, Cells: []templ.Component{ui.MainLink(label, href), ui.Muted(v.Code), x.valueCount(name, v.Code), state}}
		if i > 0 {
			row.Actions = append(row.Actions, moveAction(href, "up", "sort-up", x.p.T("settings.up"), label))
		}
		if i < len(values)-1 {
			row.Actions = append(row.Actions, moveAction(href, "down", "sort-down", x.p.T("settings.down"), label))
		}
		t.Rows = append(t.Rows, row)
	}
	return x.showSettings(listsPath, title, c, ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T("settings.list.text")}), ui.FormView(x.p, form), ui.TableView(x.p, t), templ.Join(x.deletedValues(name)...))
}

// valueCount is how often a value is used; where contacts alone use it, a link to them.
func (x *exchange) valueCount(name, code string) templ.Component {
	n := x.uses(name)[code]
	k, err := x.app.Records.Kind(contact.Name)
	if err != nil || n == 0 {
		return ui.Number(x.p.Number(int64(n)))
	}
	if paths := repository.Holding(k, name); len(paths) == 1 {
		return x.countLink(n, query.Format(query.Term{Field: paths[0], Op: query.Is, Value: code}))
	}
	return ui.Number(x.p.Number(int64(n)))
}

// deletedValues lists the list's values in the trash.
func (x *exchange) deletedValues(name string) []templ.Component {
	var gone []*setting.Value
	for _, rec := range x.cfg.Trashed(setting.ValueName) {
		if v := rec.(*setting.Value); v.List == name && !v.BuiltIn() && x.cfg.Value(name, v.Code) == nil {
			gone = append(gone, v)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	t := ui.Table{ID: "deleted", Label: x.p.T("settings.deleted"), Columns: []ui.Column{{Label: x.p.T("settings.deleted"), Main: true}}}
	for _, v := range slices.Backward(gone) {
		t.Rows = append(t.Rows, ui.Row{ID: v.ID, Name: v.Title(), Cells: []templ.Component{ui.Words(v.Title())}, Actions: []ui.Action{{Label: x.p.T("action.restore"), Of: v.Title(), Icon: "restore",
			Href: listsPath + "/" + name + "/" + v.Code + "/restore", Post: true, Values: []ui.Value{{Name: "id", Value: v.ID}, {Name: ui.VersionName, Value: strconv.FormatInt(v.Version, 10)}}}}})
	}
	return []templ.Component{disclosure(x.p.N("settings.deleted.count", len(gone)), ui.TableView(x.p, t))}
}

func (a *App) addValue(x *exchange) error {
	name, err := x.listName()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if form.Get("label") == "" {
		return x.showList("", complaints{x.p, fault.Bad("label", "required")})
	}
	res, c, err := x.create(setting.ValueName, map[string]any{"list": name, "label": form.Get("label")})
	switch {
	case err != nil:
		return err
	case c.any():
		return x.showList(form.Get("label"), c)
	}
	x.say(note{Text: x.p.T("settings.made", "name", record.Title(res.Record))})
	return x.redirect(listsPath + "/" + name)
}

// listed is the value that the address names.
func (x *exchange) listed() (name string, v setting.Listed, err error) {
	if name, err = x.listName(); err != nil {
		return name, v, err
	}
	values := x.cfg.Values(name)
	i := slices.IndexFunc(values, func(v setting.Listed) bool { return v.Code == x.r.PathValue("code") })
	if i < 0 {
		return name, v, fault.New(fault.NotFound, "not_found")
	}
	return name, values[i], nil
}

func (a *App) value(x *exchange) error { return x.showValue(nil, complaints{}) }

// showValue shows the editor of a value.
func (x *exchange) showValue(typed url.Values, c complaints) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	at, title := listsPath+"/"+name+"/"+v.Code, x.code(name, v.Code)
	if typed == nil {
		typed = url.Values{"label": {v.Label}, "retired": {strconv.FormatBool(v.Retired)}}
	}
	labels := x.fieldLabels(setting.ValueName, "label", "retired")
	builtIn := (&setting.Value{List: name, Code: v.Code}).BuiltIn()
	label := c.base(labels, "label")
	if builtIn {
		label.Help = x.p.T("settings.value.help", "name", record.Own{}.CodeLabel(x.p, name, v.Code))
	} else {
		label.Required = true
	}
	form := ui.Form{ID: "value", Action: at, Key: x.newKey(), Version: "0", Guard: true, Cancel: listsPath + "/" + name, Fields: []ui.Field{ui.Text{Base: label, Value: typed.Get("label"), Max: 60}}}
	header := ui.Header{Title: title, Sub: x.p.N("settings.uses", x.uses(name)[v.Code])}
	if setting.Needed(name, v.Code) {
		header.Sub = x.p.T("fault.value_needed")
	} else {
		form.Fields = append(form.Fields, ui.Toggle{Base: helped(c.base(labels, "retired"), x.p.T("settings.retired.help")), On: ticked(typed, "retired")})
	}
	header.Menu = append(header.Menu, ui.Action{Label: x.p.T("settings.replace"), Icon: "merge", Href: at + "/replace"})
	var history templ.Component = templ.NopComponent
	if v.Record != nil {
		form.Version = strconv.FormatInt(v.Record.Version, 10)
		if history, err = x.settingsHistory(setting.ValueName, v.Record.ID); err != nil {
			return err
		}
	}
	if !builtIn {
		header.Menu = append(header.Menu, ui.Action{Label: x.p.T("action.delete"), Icon: "trash", Href: at + "/delete", Post: true, Danger: true, Values: []ui.Value{{Name: ui.VersionName, Value: form.Version}}})
	}
	return x.showSettings(listsPath, title, c, ui.PageHeader(x.p, header), ui.FormView(x.p, c.onto(form, labels)), history)
}

// saveValue changes a value; one that came with the product gets its first record by it.
func (a *App) saveValue(x *exchange) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	body := map[string]any{"label": form.Get("label"), "retired": ticked(form, "retired")}
	back := listsPath + "/" + name
	var c complaints
	if v.Record == nil {
		body["list"], body["code"] = name, v.Code
		if form.Get("label") != "" || ticked(form, "retired") {
			_, c, err = x.create(setting.ValueName, body)
		}
	} else {
		var answered bool
		_, c, answered, err = x.save(edited{kind: setting.ValueName, id: v.Record.ID, nav: listsPath, title: x.code(name, v.Code), cancel: back, body: body})
		if answered {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case c.any():
		return x.showValue(form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(back)
}

// moveValue changes places with the value above or below: only the value that moves is written, unless there is no room.
func (a *App) moveValue(x *exchange) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	values := x.cfg.Values(name)
	order := make([]int, len(values))
	for i := range values {
		order[i] = values[i].Order
	}
	at := slices.IndexFunc(values, func(o setting.Listed) bool { return o.Code == v.Code })
	err = x.move(at, order, func(i, order int) error {
		if values[i].Record == nil {
			_, c, err := x.create(setting.ValueName, map[string]any{"list": name, "code": values[i].Code, "order": order})
			if err == nil && c.any() {
				return c.f
			}
			return err
		}
		return x.reorder(setting.ValueName, values[i].Record.ID, values[i].Record.Version, order)
	})
	if err != nil {
		return err
	}
	return x.redirect(listsPath + "/" + name)
}

func (a *App) deleteValue(x *exchange) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	if v.Record == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	res, c, err := x.discard(setting.ValueName, v.Record.ID)
	switch {
	case err != nil:
		return err
	case c.any() && c.f.Code == "in_use":
		return x.showReplaceValue(nil, c)
	case c.any():
		return x.showValue(nil, c)
	}
	gone := res.Record.(*setting.Value)
	x.say(note{Text: x.p.T("settings.gone", "name", gone.Title()), Undo: listsPath + "/" + name + "/" + gone.Code + "/restore",
		With: []ui.Value{{Name: "id", Value: gone.ID}, {Name: ui.VersionName, Value: strconv.FormatInt(gone.Version, 10)}}})
	return x.redirect(listsPath + "/" + name)
}

func (a *App) restoreValue(x *exchange) error {
	name, err := x.listName()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	c, err := x.settle(setting.ValueName, form.Get("id"))
	if err != nil {
		return err
	}
	if c.any() {
		return x.showList("", c)
	}
	return x.redirect(listsPath + "/" + name)
}

func (a *App) replaceValue(x *exchange) error { return x.showReplaceValue(nil, complaints{}) }

func (x *exchange) showReplaceValue(typed url.Values, c complaints) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	options := slices.DeleteFunc(x.codes(name), func(o ui.Option) bool { return o.Value == v.Code })
	return x.showReplace(replacement{of: name, value: v.Code, name: x.code(name, v.Code), nav: listsPath, at: listsPath + "/" + name + "/" + v.Code,
		needed: setting.Needed(name, v.Code), options: options, typed: typed, complaints: c})
}

func (a *App) moveToValue(x *exchange) error {
	name, v, err := x.listed()
	if err != nil {
		return err
	}
	return x.startReplace(name, v.Code, x.showReplaceValue)
}
