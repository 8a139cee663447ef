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
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
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
	plan := importer.Plan{}
	if imp.Plan != nil {
		plan = *imp.Plan
	}
	return x.showMap(imp, plan, complaints{})
}

// showMap shows what each column of a file becomes. What a plan leaves open is as guessed.
func (x *exchange) showMap(imp importer.Import, plan importer.Plan, c complaints) error {
	g := imp.Guess
	if len(plan.Columns) != len(g.Columns) {
		plan.Columns = g.Columns
	}
	labels := map[string]string{"sheet": x.p.T("import.sheet"), "encoding": x.p.T("import.encoding"), "headerRow": x.p.T("import.headerRow"),
		"defaultCountry": x.p.T("import.defaultCountry"), "badCell": x.p.T("import.badCell"), "columns": x.p.T("import.columns")}
	m := ui.Mapping{Label: x.p.T("import.columns"), Heads: []string{x.p.T("import.column"), x.p.T("import.samples"), x.p.T("import.becomes")}}
	dates := slices.ContainsFunc(plan.Columns, func(col importer.Column) bool { return col.Field == "birthDate" })
	if dates {
		m.Heads = append(m.Heads, x.p.T("import.dates"))
	}
	options := x.targetOptions(g.HeaderRow > 0)
	for i, col := range plan.Columns {
		m.Columns = append(m.Columns, x.mapColumn(i, g.Columns[i], col, options, dates, c, labels))
	}
	fields := []ui.Field{ui.Part{Body: ui.MappingField(x.p, m)}, x.reading(g, c, labels), ui.Section{Title: x.p.T("import.values"), Fields: []ui.Field{
		ui.Select{Base: helped(c.base(labels, "defaultCountry"), x.p.T("import.defaultCountry.help")), Value: cmp.Or(plan.DefaultCountry, g.DefaultCountry), Options: x.countryOptions()},
		ui.Choice{Base: c.base(labels, "badCell"), Value: cmp.Or(plan.BadCell, importer.Reject), Options: []ui.Option{
			{Value: importer.Reject, Label: x.p.T("import.badCell.reject"), Help: x.p.T("import.badCell.reject.help")},
			{Value: importer.Drop, Label: x.p.T("import.badCell.drop"), Help: x.p.T("import.badCell.drop.help")}}},
	}}}
	form := c.onto(ui.Form{ID: "map", Action: importPath(imp.ID) + "/map", Wide: true, Save: x.p.T("import.preview"), Cancel: importsPath, Fields: fields}, labels)
	return x.inWizard(2, &imp, c, x.mapNotes(plan, g), ui.FormView(x.p, form))
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

// mapColumn is the row of one column: its header, its first values, what it becomes, and how its dates are written.
func (x *exchange) mapColumn(i int, guessed, col importer.Column, options []ui.Option, dates bool, c complaints, labels map[string]string) ui.MappingColumn {
	name := fmt.Sprintf("columns[%d].field", i)
	labels[name] = x.p.T("import.becomesOf", "column", guessed.Header)
	base := c.base(labels, name)
	if e := c.at(fmt.Sprintf("columns[%d].newCustomField", i)); e != "" {
		base.Error = e
	}
	value := col.Field
	if col.NewCustomField != "" {
		value = newColumnField
	}
	if value != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		options = append(slices.Clone(options), ui.Option{Value: value, Label: value}) // put in by a program
	}
	row := ui.MappingColumn{Header: guessed.Header, Samples: guessed.Samples, Ignored: value == "",
		Fields: []ui.Field{ui.Select{Base: base, Value: value, Options: options, Empty: x.p.T("import.ignore")}}}
	switch {
	case col.Field == "birthDate":
		name := fmt.Sprintf("columns[%d].dateFormat", i)
		labels[name] = x.p.T("import.datesOf", "column", guessed.Header)
		b := c.base(labels, name)
		if guessed.Ambiguous && guessed.DateFormat == col.DateFormat {
			b.Warning = x.p.T("import.ambiguous")
		}
		row.Fields = append(row.Fields, ui.Select{Base: b, Value: cmp.Or(col.DateFormat, guessed.DateFormat), Options: x.dateOptions()})
	case dates:
		row.Fields = append(row.Fields, ui.Part{Body: templ.NopComponent})
	}
	return row
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
	if g.HeaderRow == 0 {
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
func (x *exchange) targetOptions(headed bool) []ui.Option {
	var all []ui.Option
	for _, name := range importer.Targets(x.cfg.Fields) {
		all = append(all, ui.Option{Value: name, Label: x.targetLabel(name), Group: x.p.T("import.group." + targetGroup(name))})
	}
	if headed && x.can(policy.Manage) {
		all = append(all, ui.Option{Value: newColumnField, Label: x.p.T("import.newField"), Group: x.p.T("import.group.custom")})
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
	case slices.Contains([]string{"number", "type", "status", "tags", "newsletter", "externalIds"}, first):
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
	plan := importer.Plan{BadCell: form.Get("badCell"), DefaultCountry: form.Get("defaultCountry"), Sheet: cmp.Or(form.Get("sheet"), g.Sheet),
		Encoding: cmp.Or(form.Get("encoding"), g.Encoding)}
	header, err := strconv.Atoi(cmp.Or(strings.TrimSpace(form.Get("headerRow")), "0"))
	if err != nil || header < 0 {
		return plan, fault.Bad("headerRow", "bad_number")
	}
	plan.HeaderRow = &header
	if !sameReading(plan, g) {
		return plan, nil
	}
	for i, guessed := range g.Columns {
		at := fmt.Sprintf("columns[%d].", i)
		c := importer.Column{Header: guessed.Header, Field: form.Get(at + "field"), DateFormat: form.Get(at + "dateFormat")}
		if c.Field == newColumnField {
			c.Field, c.NewCustomField = "", "text"
		}
		plan.Columns = append(plan.Columns, c)
	}
	return plan, nil
}
