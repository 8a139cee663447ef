package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Mappings of imports (IMP-08): they are kept and offered where columns are mapped, and seen, renamed, deleted and brought back
// here.

const mappingsPath = "/mappings"

var mappingRoutes = []Route{
	{Method: http.MethodGet, Path: mappingsPath, Title: "mapping.all", Need: policy.Import, handle: (*App).listMappings},
	{Method: http.MethodGet, Path: mappingsPath + "/{id}", Title: "kind.mapping", Need: policy.Import, handle: (*App).showMapping},
	{Method: http.MethodPost, Path: mappingsPath + "/{id}", Title: "kind.mapping", Need: policy.Import, handle: (*App).renameMapping},
	{Method: http.MethodPost, Path: mappingsPath + "/{id}/delete", Title: "action.delete", Need: policy.Import, handle: (*App).deleteMapping},
	{Method: http.MethodPost, Path: mappingsPath + "/{id}/restore", Title: "action.restore", Need: policy.Import, handle: (*App).restoreMapping},
}

func (a *App) listMappings(x *exchange) error {
	t := ui.Table{ID: "results", Label: x.p.T("mapping.all"), Columns: []ui.Column{{Label: x.p.T("field.mapping.name"), Main: true}, {Label: x.p.T("field.mapping.columns"), End: true},
		{Label: x.p.T("field.mapping.mode"), Wide: true}, {Label: x.p.T("field.mapping.matchKey"), Wide: true}, {Label: x.p.T("field.updatedBy"), Wide: true}, {Label: x.p.T("field.updatedAt"), Wide: true}},
		Empty: ui.Empty{Icon: "import", Title: x.p.T("mapping.none"), Text: x.p.T("mapping.none.text"), Actions: []ui.Action{{Label: x.p.T("import.new"), Href: importsPath + "/new", Icon: "import"}}}}
	for _, m := range x.cfg.Mappings {
		at := mappingsPath + "/" + m.ID
		used := 0
		for _, c := range m.Columns {
			if c.Field != "" {
				used++
			}
		}
		t.Rows = append(t.Rows, ui.Row{ID: m.ID, Name: m.Name, Href: at, Cells: []templ.Component{
			ui.MainLink(m.Name, at), ui.Words(x.p.T("mapping.used", "n", used, "total", len(m.Columns))), ui.Words(mappingWord(x.p, "mode", m.Mode)), ui.Words(mappingWord(x.p, "matchKey", m.MatchKey)),
			ui.Words(x.called(m.UpdatedBy)), ui.Muted(x.p.Relative(m.UpdatedAt, x.now()))},
			Actions: []ui.Action{{Label: x.p.T("action.edit"), Href: at, Icon: "edit", Of: m.Name}, deletion(x, m)}})
	}
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: x.p.T("mapping.all"), Sub: x.p.T("mapping.all.text")}), ui.TableView(x.p, t)}
	trail := []ui.Link{{Label: x.p.T("nav.imports"), Href: importsPath}, {Label: x.p.T("mapping.all")}}
	return x.show(view{Trail: trail}, append(body, x.gone(x.cfg.Trashed(mapping.Name), mappingsPath)...)...)
}

// deletion deletes a mapping as it is shown.
func deletion(x *exchange, m *mapping.Mapping) ui.Action {
	return ui.Action{Label: x.p.T("action.delete"), Href: mappingsPath + "/" + m.ID + "/delete", Icon: "trash", Of: m.Name, Post: true,
		Values: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(m.Version, 10)}}}
}

// mappingWord says in words what a member of a mapping holds.
func mappingWord(p *i18n.Printer, field, code string) string {
	name, system, _ := strings.Cut(code, ".")
	member := field[strings.LastIndexByte(field, '.')+1:]
	key := ""
	switch {
	case code == "":
		return ""
	case field == "matchKey":
		key = "import.key." + name
	case strings.HasPrefix(field, "links."):
		key = "import.link." + code
	case member == "dateFormat":
		key = "import.date." + code
	case member == "mode", member == "rule", member == "badCell":
		key = "import." + member + "." + code
	}
	switch {
	case !p.Has(key):
		return code
	case system != "":
		return p.T(key) + " (" + system + ")"
	}
	return p.T(key)
}

// mappingText writes a member of a mapping for its history; ok is false for one that is written as any other.
func (x *exchange) mappingText(field string, raw json.RawMessage) (text string, ok bool) {
	var parts []string
	switch field {
	case "links":
		var links mapping.Links
		if json.Unmarshal(raw, &links) != nil {
			return "", false
		}
		for _, l := range links.All() {
			if l.Value != "" {
				parts = append(parts, x.p.T("field.mapping.links."+l.Name)+": "+mappingWord(x.p, "links."+l.Name, l.Value))
			}
		}
	case "columns":
		var columns []mapping.Column
		if json.Unmarshal(raw, &columns) != nil {
			return "", false
		}
		for _, c := range columns {
			words := []string{x.p.T("import.ignore")}
			if c.Field != "" {
				words[0] = x.targetLabel(c.Field)
			}
			for path, code := range map[string]string{"columns.rule": c.Rule, "columns.dateFormat": c.DateFormat} {
				if code != "" {
					words = append(words, mappingWord(x.p, path, code))
				}
			}
			slices.Sort(words[1:])
			if c.Clear {
				words = append(words, x.p.T("field.mapping.columns.clear"))
			}
			parts = append(parts, c.Header+" → "+strings.Join(words, ", "))
		}
	default:
		var code string
		if field == "name" || json.Unmarshal(raw, &code) != nil {
			return "", false
		}
		text := mappingWord(x.p, field, code)
		return text, text != code
	}
	return strings.Join(parts, "; "), true
}

// theMapping is the one that the address names.
func (x *exchange) theMapping() (*mapping.Mapping, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, mapping.Name, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	m, ok := rec.(*mapping.Mapping)
	if !ok || m.DeletedAt != nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return m, nil
}

func (a *App) showMapping(x *exchange) error {
	m, err := x.theMapping()
	if err != nil {
		return err
	}
	return x.showTheMapping(m, m.Name, complaints{})
}

func (x *exchange) showTheMapping(m *mapping.Mapping, name string, c complaints) error {
	type said struct{ path, value string }
	all := []said{{"mode", mappingWord(x.p, "mode", m.Mode)}}
	if m.Mode == importer.Merging {
		all = append(all, said{"matchKey", mappingWord(x.p, "matchKey", m.MatchKey)}, said{"rule", mappingWord(x.p, "rule", m.Rule)})
	}
	all = append(all, said{"badCell", mappingWord(x.p, "badCell", m.BadCell)}, said{"defaultCountry", x.p.Country(m.DefaultCountry)})
	for _, l := range m.Links.All() {
		if l.Value == importer.Reject { // else they are made, as usual
			all = append(all, said{"links." + l.Name, mappingWord(x.p, "links."+l.Name, l.Value)})
		}
	}
	labels := x.fieldLabels(mapping.Name, "name")
	fields := []ui.Field{ui.Text{Base: required(c.base(labels, "name")), Value: name, Max: 60}}
	for _, one := range all {
		if one.value != "" {
			labels[one.path] = x.p.T("field.mapping." + one.path)
			fields = append(fields, ui.Fixed{Base: c.base(labels, one.path), Value: one.value})
		}
	}
	at := mappingsPath + "/" + m.ID
	form := ui.Form{ID: "mapping", Action: at, Key: x.newKey(), Version: strconv.FormatInt(m.Version, 10), Guard: true, Cancel: mappingsPath, Fields: fields}
	drop := deletion(x, m)
	drop.Danger, drop.Of = true, ""
	head := ui.Header{Title: m.Name, Sub: x.p.T("mapping.help"), Menu: []ui.Action{drop}}
	history, err := x.settingsHistory(mapping.Name, m.ID)
	if err != nil {
		return err
	}
	trail := []ui.Link{{Label: x.p.T("nav.imports"), Href: importsPath}, {Label: x.p.T("mapping.all"), Href: mappingsPath}, {Label: m.Name}}
	return x.show(view{Title: m.Name, Trail: trail, Status: x.status(c)}, stacked(ui.PageHeader(x.p, head), ui.FormView(x.p, c.onto(form, labels)), x.mappedColumns(m), history))
}

// mappedColumns lists where the columns of a mapping go, and what else is said of them, as far as it is said of any.
func (x *exchange) mappedColumns(m *mapping.Mapping) templ.Component {
	label := func(path string) string { return x.p.T("field.mapping.columns." + path) }
	t := ui.Table{ID: "columns", Label: x.p.T("mapping.rows"), Columns: []ui.Column{{Label: label("header"), Main: true}, {Label: label("field")}}}
	for i, c := range m.Columns {
		becomes := ui.Muted(x.p.T("import.ignore"))
		if c.Field != "" {
			becomes = ui.Words(x.targetLabel(c.Field))
		}
		t.Rows = append(t.Rows, ui.Row{ID: "column-" + strconv.Itoa(i), Name: c.Header, Cells: []templ.Component{ui.Words(cmp.Or(c.Header, "—")), becomes}})
	}
	more := func(path string, of func(c mapping.Column) string) {
		if !slices.ContainsFunc(m.Columns, func(c mapping.Column) bool { return of(c) != "" }) {
			return
		}
		t.Columns = append(t.Columns, ui.Column{Label: label(path)})
		for i, c := range m.Columns {
			t.Rows[i].Cells = append(t.Rows[i].Cells, ui.Words(of(c)))
		}
	}
	more("rule", func(c mapping.Column) string { return mappingWord(x.p, "columns.rule", c.Rule) })
	more("dateFormat", func(c mapping.Column) string { return mappingWord(x.p, "columns.dateFormat", c.DateFormat) })
	more("clear", func(c mapping.Column) string {
		if c.Clear {
			return x.p.T("form.yes")
		}
		return ""
	})
	return panelOf("columns-of", x.p.T("field.mapping.columns"), ui.TableView(x.p, t))
}

func (a *App) renameMapping(x *exchange) error {
	m, err := x.theMapping()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"name": form.Get("name")})
	if err != nil {
		return err
	}
	res, err := a.Records.Patch(x.ctx(), x.writing(), mapping.Name, m.ID, x.version(), body)
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showTheMapping(m, form.Get("name"), c)
	}
	x.say(note{Text: x.p.T("mapping.kept", "name", record.Title(res.Record))})
	return x.redirect(mappingsPath)
}

func (a *App) deleteMapping(x *exchange) error {
	m, err := x.theMapping()
	if err != nil {
		return err
	}
	res, c, err := x.discard(mapping.Name, m.ID)
	if err != nil {
		return err
	}
	if c.any() {
		return x.showTheMapping(m, m.Name, c)
	}
	x.say(note{Text: x.p.T("mapping.deleted", "name", m.Name), Undo: mappingsPath + "/" + m.ID + "/restore",
		With: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(res.Record.Base().Version, 10)}}})
	return x.redirect(mappingsPath)
}

func (a *App) restoreMapping(x *exchange) error {
	res, err := a.Records.Restore(x.ctx(), x.writing(), mapping.Name, x.r.PathValue("id"), x.version(), repository.DropNone)
	if err != nil {
		return err
	}
	x.say(note{Text: x.p.T("mapping.restored", "name", record.Title(res.Record))})
	return x.redirect(mappingsPath)
}
