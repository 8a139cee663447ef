package app

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// newColumnField stands, in the choice of a column's field, for a new field of the organisation's own.
const newColumnField = "+"

func (a *App) mapImport(x *exchange) error {
	imp, err := x.theImport()
	if err != nil {
		return err
	}
	if imp.Guess == nil || imp.State != job.Draft && imp.State != job.Previewed {
		return x.redirect(nextPath(imp))
	}
	if imp.Plan != nil {
		return x.showMap(imp, *imp.Plan, complaints{})
	}
	fitting, err := a.Imports.Fitting(x.ctx(), x.who.Grant, imp)
	if err != nil {
		return err
	}
	if len(fitting) == 0 || x.r.URL.Query().Has("guess") {
		return x.showMap(imp, importer.Plan{}, complaints{})
	}
	chosen := fitting[0]
	if i := slices.IndexFunc(fitting, func(m *mapping.Mapping) bool { return m.ID == x.r.URL.Query().Get("mapping") }); i >= 0 {
		chosen = fitting[i]
	}
	at := importPath(imp.ID) + "/map"
	offer := ui.Alert{Tone: ui.Info, Text: x.p.T("import.mapping.offered", "name", chosen.Name), Actions: []ui.Action{{Label: x.p.T("import.mapping.guess"), Href: at + "?guess=1"}}}
	for _, m := range fitting {
		if m.ID != chosen.ID {
			offer.Actions = append(offer.Actions, ui.Action{Label: m.Name, Href: at + "?mapping=" + m.ID})
		}
	}
	plan := importer.PlanOf(chosen)
	if imp.Mode != "" {
		plan.Mode = imp.Mode // as it was asked for this file
	}
	return x.showMap(imp, plan, complaints{}, ui.AlertBox(x.p, offer))
}

// showMap shows what each column of a file becomes. What a plan leaves open is as guessed.
func (x *exchange) showMap(imp importer.Import, plan importer.Plan, c complaints, notes ...templ.Component) error {
	g := imp.Guess
	if len(plan.Columns) != len(g.Columns) {
		plan.Columns = g.Columns
	}
	labels := map[string]string{"sheet": x.p.T("import.sheet"), "encoding": x.p.T("import.encoding"), "headerRow": x.p.T("import.headerRow"),
		"defaultCountry": x.p.T("import.defaultCountry"), "badCell": x.p.T("import.badCell"), "columns": x.p.T("import.columns"), "mode": x.p.T("import.mode"),
		"matchKey": x.p.T("import.matchKey"), "rule": x.p.T("import.rule"), "name": x.p.T("import.mapping.name")}
	m := mapTable{options: x.targetOptions(g), dates: slices.ContainsFunc(plan.Columns, func(col importer.Column) bool { return x.dated(col.Field) }),
		merging: cmp.Or(plan.Mode, imp.Mode) == importer.Merging, c: c, labels: labels}
	table := ui.Mapping{Label: x.p.T("import.columns"), Heads: []string{x.p.T("import.column"), x.p.T("import.samples"), x.p.T("import.becomes")}}
	if m.merging {
		table.Heads = append(table.Heads, x.p.T("import.onto"), x.p.T("import.clear"))
	}
	if m.dates {
		table.Heads = append(table.Heads, x.p.T("import.dates"))
	}
	for i, col := range plan.Columns {
		table.Columns = append(table.Columns, x.mapColumn(i, g.Columns[i], col, m))
	}
	fields := []ui.Field{x.people(imp, plan, c, labels), ui.Part{Body: ui.MappingField(x.p, table)}, x.unknowns(plan, c, labels), x.reading(g, c, labels),
		ui.Section{Title: x.p.T("import.values"), Fields: []ui.Field{
			ui.Select{Base: helped(c.base(labels, "defaultCountry"), x.p.T("import.defaultCountry.help")), Value: cmp.Or(plan.DefaultCountry, g.DefaultCountry), Options: x.countryOptions()},
			ui.Choice{Base: c.base(labels, "badCell"), Value: cmp.Or(plan.BadCell, importer.BadCellOf(g)), Options: []ui.Option{
				{Value: importer.Reject, Label: x.p.T("import.badCell.reject"), Help: x.p.T("import.badCell.reject.help")},
				{Value: importer.Drop, Label: x.p.T("import.badCell.drop"), Help: x.p.T("import.badCell.drop.help")}}},
		}}}
	if g.HeaderRow > 0 {
		fields = append(fields, ui.Section{Title: x.p.T("import.mappings"), Fields: []ui.Field{
			ui.Text{Base: helped(c.base(labels, "name"), x.p.T("import.mapping.help")), Max: 60}}})
	}
	form := c.onto(ui.Form{ID: "map", Action: importPath(imp.ID) + "/map", Wide: true, Save: x.p.T("import.preview"), Cancel: importsPath, Fields: fields}, labels)
	return x.inWizard(2, &imp, c, append(notes, x.mapNotes(plan, g), ui.FormView(x.p, form))...)
}

// people asks what becomes of rows about somebody who is there already. Nobody has chosen until somebody has: of what was
// chosen before the file was sent, the page tells.
func (x *exchange) people(imp importer.Import, plan importer.Plan, c complaints, labels map[string]string) ui.Field {
	mode := cmp.Or(plan.Mode, imp.Mode)
	key, _, _ := strings.Cut(plan.MatchKey, ".")
	var keys []ui.Option
	for _, k := range importer.MatchKeys() {
		keys = append(keys, ui.Option{Value: k, Label: x.p.T("import.key." + k)})
	}
	var modes, rules []ui.Option
	for _, m := range []string{importer.MakeNew, importer.Merging} {
		modes = append(modes, ui.Option{Value: m, Label: x.p.T("import.mode." + m), Help: x.p.T("import.mode." + m + ".help")})
	}
	for _, r := range importer.Rules() {
		rules = append(rules, ui.Option{Value: r, Label: x.p.T("import.rule." + r)})
	}
	return ui.Section{Title: x.p.T("import.people"), Fields: []ui.Field{
		ui.Choice{Base: required(c.base(labels, "mode")), Value: mode, Options: modes},
		ui.Select{Base: helped(c.base(labels, "matchKey"), x.p.T("import.matchKey.help")), Value: cmp.Or(key, importer.KeyOf(imp.Guess)), Options: keys},
		ui.Choice{Base: c.base(labels, "rule"), Value: cmp.Or(plan.Rule, importer.Fill), Options: rules},
	}}
}

// unknowns asks what becomes of rows that name something there is not.
func (x *exchange) unknowns(plan importer.Plan, c complaints, labels map[string]string) ui.Field {
	var fields []ui.Field
	for _, of := range []struct{ name, value string }{{"group", plan.Links.Group}, {"tags", plan.Links.Tags}, {"family", plan.Links.Family}, {"company", plan.Links.Company}} {
		name := "links." + of.name
		labels[name] = x.p.T("import.link." + of.name)
		fields = append(fields, ui.Select{Base: c.base(labels, name), Value: cmp.Or(of.value, importer.MakeNew), Options: []ui.Option{
			{Value: importer.MakeNew, Label: x.p.T("import.link.create")}, {Value: importer.Reject, Label: x.p.T("import.link.reject")}}})
	}
	return ui.Section{Title: x.p.T("import.links"), Help: x.p.T("import.links.help"), Fields: []ui.Field{ui.Inline{Fields: fields}}}
}

// dated tells whether a target holds dates.
func (x *exchange) dated(field string) bool {
	if field == "birthDate" || field == "groups.from" || field == "groups.to" {
		return true
	}
	own, ok := strings.CutPrefix(field, "custom.")
	return ok && slices.ContainsFunc(x.cfg.Fields, func(f record.CustomField) bool { return f.Name == own && f.Kind == contact.Name && f.Type == "date" })
}

// reading says how the file itself is read: which sheet, in which encoding, and where its header is.
func (x *exchange) reading(g *importer.Guess, c complaints, labels map[string]string) ui.Field {
	var fields []ui.Field
	if len(g.Sheets) > 1 {
		var options []ui.Option
		for _, name := range g.Sheets {
			options = append(options, ui.Option{Value: name, Label: name})
		}
		fields = append(fields, ui.Select{Base: c.base(labels, "sheet"), Value: g.Sheet, Options: options})
	}
	if len(g.Encodings) > 0 {
		var options []ui.Option
		for _, name := range g.Encodings {
			options = append(options, ui.Option{Value: name, Label: strings.ToUpper(name)})
		}
		fields = append(fields, ui.Select{Base: helped(c.base(labels, "encoding"), x.p.T("import.encoding.help")), Value: g.Encoding, Options: options})
	}
	header := helped(c.base(labels, "headerRow"), x.p.T("import.headerRow.help"))
	header.Width = ui.Narrow
	fields = append(fields, ui.Text{Base: header, Value: strconv.Itoa(g.HeaderRow), Type: "number", Mode: "numeric"})
	return ui.Section{Title: x.p.T("import.reading"), Help: x.p.T("import.reading.help"), Fields: fields}
}

// mapTable is what the rows of the table of columns have in common.
type mapTable struct {
	options        []ui.Option
	merging, dates bool
	c              complaints
	labels         map[string]string
}

// mapColumn is the row of one column: its header, its first values, what it becomes, what it does to a contact that is there,
// and how its dates are written.
func (x *exchange) mapColumn(i int, guessed, col importer.Column, m mapTable) ui.MappingColumn {
	at := func(name, label string) ui.Base {
		name = fmt.Sprintf("columns[%d].%s", i, name)
		m.labels[name] = label
		return m.c.base(m.labels, name)
	}
	header := x.headed(guessed)
	base := at("field", x.p.T("import.becomesOf", "column", header))
	if e := m.c.at(fmt.Sprintf("columns[%d].newCustomField", i)); e != "" {
		base.Error = e
	}
	value := col.Field
	if col.NewCustomField != "" {
		value = newColumnField + col.NewCustomField
	}
	options := m.options
	if value != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		options = append(slices.Clone(options), ui.Option{Value: value, Label: value}) // put in by a program
	}
	row := ui.MappingColumn{Header: header, Samples: guessed.Samples, Ignored: value == "",
		Fields: []ui.Field{ui.Select{Base: base, Value: value, Options: x.suggested(options, guessed), Empty: x.p.T("import.ignore")}}}
	if m.merging {
		rules := []ui.Option{}
		for _, r := range importer.Rules() {
			rules = append(rules, ui.Option{Value: r, Label: x.p.T("import.rule." + r)})
		}
		row.Fields = append(row.Fields,
			ui.Select{Base: at("rule", x.p.T("import.ruleOf", "column", header)), Value: col.Rule, Options: rules, Empty: x.p.T("import.rule.usual")},
			ui.Toggle{Base: at("clear", x.p.T("import.clearOf", "column", header)), On: col.Clear})
	}
	switch {
	case x.dated(col.Field):
		b := at("dateFormat", x.p.T("import.datesOf", "column", header))
		if guessed.Ambiguous && guessed.DateFormat == col.DateFormat {
			b.Warning = x.p.T("import.ambiguous")
		}
		row.Fields = append(row.Fields, ui.Select{Base: b, Value: cmp.Or(col.DateFormat, guessed.DateFormat), Options: x.dateOptions()})
	case m.dates:
		row.Fields = append(row.Fields, ui.Part{Body: templ.NopComponent})
	}
	return row
}

// headed is what a column is called: business cards have no headers, so by what it becomes.
func (x *exchange) headed(c importer.Column) string {
	if strings.Contains(c.Header, ".") || c.Header == c.Field {
		return x.targetLabel(c.Header)
	}
	return c.Header
}

// suggested puts the kind of new field that a column's values suggest before the others.
func (x *exchange) suggested(options []ui.Option, guessed importer.Column) []ui.Option {
	i := slices.IndexFunc(options, func(o ui.Option) bool { return o.Value == newColumnField+guessed.NewType })
	first := slices.IndexFunc(options, func(o ui.Option) bool { return strings.HasPrefix(o.Value, newColumnField) })
	if i <= first {
		return options
	}
	options = slices.Clone(options)
	best := options[i]
	return slices.Insert(slices.Delete(options, i, i+1), first, best)
}

// mapNotes says what the reader should look at before going on.
func (x *exchange) mapNotes(plan importer.Plan, g *importer.Guess) templ.Component {
	ignored, uncertain := 0, 0
	for i, col := range plan.Columns {
		if col.Field == "" && col.NewCustomField == "" {
			ignored++
		}
		if g.Columns[i].Ambiguous && col.Field == g.Columns[i].Field {
			uncertain++
		}
	}
	a := ui.Alert{Tone: ui.Info, Text: x.p.N("import.mapped", len(plan.Columns)-ignored, "total", len(plan.Columns))}
	if uncertain > 0 {
		a.Tone = ui.Warn
		a.Items = append(a.Items, ui.Link{Label: x.p.T("import.ambiguous")})
	}
	if g.HeaderRow == 0 && g.Format != string(importer.VCard) {
		a.Tone = ui.Warn
		a.Items = append(a.Items, ui.Link{Label: x.p.T("import.headless")})
	}
	return ui.AlertBox(x.p, a)
}

func (x *exchange) dateOptions() []ui.Option {
	var all []ui.Option
	for _, order := range []string{"dmy", "mdy", "ymd", "serial"} {
		all = append(all, ui.Option{Value: order, Label: x.p.T("import.date." + order)})
	}
	return all
}

// targetOptions are the fields a column may become; one without a header gives a new field no name.
func (x *exchange) targetOptions(g *importer.Guess) []ui.Option {
	var all []ui.Option
	for _, name := range importer.Targets(x.cfg.Fields) {
		all = append(all, ui.Option{Value: name, Label: x.targetLabel(name), Group: x.p.T("import.group." + targetGroup(name))})
	}
	if g.HeaderRow > 0 && x.can(policy.Manage) {
		for _, kind := range importer.NewTypes() {
			all = append(all, ui.Option{Value: newColumnField + kind, Label: x.p.T("import.newFieldOf", "type", strings.ToLower(x.p.T("list.fieldType."+kind))), Group: x.p.T("import.newField")})
		}
	}
	return all
}

// targetGroup is the heading a field stands under.
func targetGroup(name string) string {
	first, _, _ := strings.Cut(name, ".")
	switch {
	case first == "emails" || first == "phones" || name == "website":
		return "reach"
	case strings.HasPrefix(first, "addresses"):
		return "address"
	case first == "custom":
		return "custom"
	case strings.HasPrefix(first, "groups") || strings.HasPrefix(first, "family") || strings.HasPrefix(first, "company"):
		return "links"
	case slices.Contains([]string{"id", "row:key", "number", "type", "status", "category", "tags", "newsletter", "externalIds"}, first):
		return "membership"
	}
	return "person"
}

// targetLabel names a field a column may become.
func (x *exchange) targetLabel(name string) string {
	if own, ok := strings.CutPrefix(name, "custom."); ok {
		for _, f := range x.cfg.Fields {
			if f.Name == own {
				return f.Label
			}
		}
		return own
	}
	for _, key := range []string{"import.field." + name, "field.contact." + name} {
		if x.p.Has(key) {
			return x.p.T(key)
		}
	}
	return name
}

// saveMap keeps what the columns become and goes on to the preview. When the file is to be read in another way, it is
// read again first and the columns are asked for anew.
func (a *App) saveMap(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	imp, err := x.theImport()
	if err != nil {
		return err
	}
	if imp.Guess == nil || imp.State != job.Draft && imp.State != job.Previewed {
		return x.redirect(nextPath(imp))
	}
	plan, err := postedPlan(form, imp.Guess)
	name := strings.TrimSpace(form.Get("name"))
	again := err == nil && plan.Columns == nil // the file is to be read in another way
	if err == nil {
		imp, err = a.keepPlan(x, imp, plan)
	}
	c, err := x.complain(err)
	switch {
	case err != nil:
		return err
	case imp.State.Ended():
		return x.redirect(importPath(imp.ID)) // the file cannot be read that way
	case c.any() && again && sameReading(plan, imp.Guess):
		return x.showMap(imp, importer.Plan{}, complaints{}) // the columns of the new reading are there to be mapped
	case c.any():
		return x.showMap(imp, plan, c)
	case again:
		x.say(note{Text: x.p.T("import.readAgain"), Tone: ui.Info})
		return x.redirect(importPath(imp.ID) + "/map")
	}
	if name != "" {
		_, err := a.Imports.KeepMapping(x.ctx(), x.writing(), imp.ID, name)
		if c, err = x.complain(err); err != nil || c.any() {
			return cmp.Or(err, x.showMap(imp, plan, c))
		}
	}
	if _, err := a.Imports.Preview(x.ctx(), x.who.Grant, imp.ID); err != nil {
		return err
	}
	return x.redirect(importPath(imp.ID) + "/preview")
}

// keepPlan puts a plan, and gives the import as it is afterwards even where the plan is refused.
func (a *App) keepPlan(x *exchange, imp importer.Import, plan importer.Plan) (importer.Import, error) {
	kept, err := a.Imports.SetPlan(x.ctx(), x.manager(), imp.ID, plan)
	if err == nil {
		return kept, nil
	}
	now, readErr := x.theImport()
	if readErr != nil {
		return imp, readErr
	}
	return now, err
}

// sameReading tells whether a file was read the way a plan says.
func sameReading(plan importer.Plan, g *importer.Guess) bool {
	return plan.Sheet == g.Sheet && plan.Encoding == g.Encoding && *plan.HeaderRow == g.HeaderRow
}

// postedPlan reads the form of the mapping. Its columns are left out when the file is to be read in another way.
func postedPlan(form url.Values, g *importer.Guess) (importer.Plan, error) {
	link := func(of string) string { return form.Get("links." + of) }
	plan := importer.Plan{Mode: form.Get("mode"), MatchKey: form.Get("matchKey"), Rule: form.Get("rule"),
		Links:   importer.Links{Group: link("group"), Tags: link("tags"), Family: link("family"), Company: link("company")},
		BadCell: form.Get("badCell"), DefaultCountry: form.Get("defaultCountry"), Sheet: cmp.Or(form.Get("sheet"), g.Sheet),
		Encoding: cmp.Or(form.Get("encoding"), g.Encoding)}
	header, err := strconv.Atoi(cmp.Or(strings.TrimSpace(form.Get("headerRow")), "0"))
	if err != nil || header < 0 {
		return plan, fault.Bad("headerRow", "bad_number")
	}
	plan.HeaderRow = &header
	if !sameReading(plan, g) {
		return plan, nil
	}
	if plan.Mode == "" {
		return withColumns(plan, form, g), fault.Bad("mode", "required")
	}
	return withColumns(plan, form, g), nil
}

// withColumns adds the columns of the form to a plan.
func withColumns(plan importer.Plan, form url.Values, g *importer.Guess) importer.Plan {
	for i, guessed := range g.Columns {
		at := fmt.Sprintf("columns[%d].", i)
		c := importer.Column{Header: guessed.Header, Field: form.Get(at + "field"), DateFormat: form.Get(at + "dateFormat"), Rule: form.Get(at + "rule"), Clear: slices.Contains(form[at+"clear"], "true")}
		if kind, ok := strings.CutPrefix(c.Field, newColumnField); ok {
			c.Field, c.NewCustomField = "", kind
		}
		plan.Columns = append(plan.Columns, c)
	}
	return plan
}
