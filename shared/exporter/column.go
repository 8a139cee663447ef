package exporter

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/sheet"
)

// Column is a column that an export can have.
type Column struct {
	Path  string       // "firstName", "emails.address:work", "custom.size", "contact.lastName"
	Label string       // its header
	Class policy.Class // who may read it
	Usual bool         // taken where nobody chooses

	whole  bool // only the stored record holds it, not the index
	linked bool // it is of the linked contact
	field  *record.Field
	cell   func(s *source, d document) sheet.Cell
}

// document is a record's JSON, numbers as they are written.
type document map[string]any

// Sensitive tells whether using the column is noted in the access log.
func (c Column) Sensitive() bool { return c.Class == policy.Sensitive }

// readable tells whether somebody may export a column.
func (c Column) readable(g policy.Grant) bool {
	if c.Sensitive() && !g.Can(policy.Reveal) {
		return false
	}
	return g.Fields(policy.Read, c.Class) && g.Fields(policy.Export, c.Class)
}

// revealed is the path by which a sensitive value is asked for.
func (c Column) revealed() string { return strings.TrimPrefix(c.Path, contactPath) }

// contactPath stands before the columns of a linked contact.
const contactPath = contact.Name + "."

func find(all []Column, path string) (Column, bool) {
	i := slices.IndexFunc(all, func(c Column) bool { return c.Path == path })
	if i < 0 {
		if system, ok := strings.CutPrefix(path, externalPath); ok && system != "" {
			return external(all, system)
		}
		return Column{}, false
	}
	return all[i], true
}

// tableau is what the columns of a kind are made of.
type tableau struct {
	k   *record.Kind
	cfg *setting.Config
	p   *i18n.Printer
	own record.Own
}

func (e *Exporter) tableau(kind string, cfg *setting.Config, l i18n.Language) tableau {
	return tableau{e.kind(kind), cfg, i18n.New(l, cfg.Settings.Zone()), record.Own{Fields: cfg.Fields, Lists: cfg.Lists}}
}

// usual are the columns of an export of contacts where nobody chooses.
var usual = strings.Fields("id number firstName prefix lastName type status birthDate gender language emails.address emails.address:work " +
	"phones.number:mobile phones.number:fixed addresses.street addresses.number addresses.box addresses.postcode addresses.town addresses.country tags")

// skipped are members that say nothing outside of the organisation.
var skipped = strings.Fields("sortName photo logo consents loginBlocked emails.main emails.kind phones.main phones.kind phones.line addresses.main " +
	"addresses.delivery addresses.kind work.from work.to nationalNumber identityDocument members.head")

// columns lists the columns of the kind, in the order of its fields.
func (t tableau) columns() []Column {
	// The id comes first: by it an import finds the record again, whatever else was edited.
	all := []Column{{Path: "id", Label: t.p.T("import.field.id"), Class: policy.Public, Usual: true, cell: func(_ *source, d document) sheet.Cell {
		return sheet.T(d.text("id"))
	}}}
	if t.k.Name == contact.Name {
		all = append(all, t.fullName())
	}
	for _, f := range t.k.Fields {
		all = append(all, t.of(f)...)
	}
	for _, f := range t.k.OwnFields(t.cfg.Fields) {
		if f.Own.Type != "file" {
			all = append(all, t.column(f, t.label(f.Path), func(s *source, d document) sheet.Cell { return s.value(f, d.at("custom", f.Name)) }))
		}
	}
	for _, path := range []string{"createdAt", "updatedAt"} {
		all = append(all, Column{Path: path, Label: t.label(path), Class: policy.Public, cell: func(s *source, d document) sheet.Cell {
			text, _ := d[path].(string)
			return s.instant(text)
		}})
	}
	if t.k.Name == contact.Name {
		// What is usual comes first, in the order people know it in.
		slices.SortStableFunc(all, func(a, b Column) int { return cmp.Compare(standing(a), standing(b)) })
	}
	return distinct(all, t.p)
}

func standing(c Column) int {
	if i := slices.Index(usual, c.Path); i >= 0 {
		return i
	}
	return len(usual)
}

// of lists the columns of a member.
func (t tableau) of(f *record.Field) []Column {
	if slices.Contains(skipped, f.Path) && f.Type != record.Object {
		return nil
	}
	switch {
	case f.Type == record.Values:
		return nil
	case f.Type == record.Map:
		return []Column{t.ids(f, "import")}
	case f.Type == record.Object && slices.Contains(skipped, f.Path) && f.Class != policy.Sensitive:
		return nil
	case t.k.Name == contact.Name && (f.Path == "emails" || f.Path == "phones"):
		return t.ways(f)
	case f.Type == record.Object:
		var all []Column
		for _, inner := range f.Fields {
			if slices.Contains(skipped, inner.Path) || inner.Type == record.Object {
				continue
			}
			all = append(all, t.column(inner, t.label(inner.Path), func(s *source, d document) sheet.Cell { return s.inner(f, inner, d[f.Name]) }))
		}
		return all
	case f.Path == "discount":
		return []Column{t.column(f, t.label(f.Path), func(_ *source, d document) sheet.Cell { return points(d[f.Name]) })}
	}
	return []Column{t.column(f, t.label(f.Path), func(s *source, d document) sheet.Cell { return s.value(f, d[f.Name]) })}
}

func (t tableau) column(f *record.Field, label string, cell func(*source, document) sheet.Cell) Column {
	return Column{Path: f.Path, Label: label, Class: cmp.Or(f.Class, policy.Public), whole: !f.Indexed || f.Class == policy.Sensitive, field: f, cell: cell,
		Usual: t.k.Name == contact.Name && slices.Contains(usual, f.Path) || t.k.Name != contact.Name && !f.System && f.Class != policy.Sensitive || f.Own != nil && f.Class != policy.Sensitive}
}

// label is the header of a field: for contacts the one by which the importer knows it again.
func (t tableau) label(path string) string {
	if key := "import.field." + path; t.k.Name == contact.Name && t.p.Has(key) {
		return t.p.T(key)
	}
	return t.k.Label(t.p, path, t.own)
}

func (t tableau) fullName() Column {
	return Column{Path: "name:full", Label: t.label("name:full"), Class: policy.Public, cell: func(_ *source, d document) sheet.Cell {
		return sheet.T(words(d.text("firstName"), d.text("prefix"), d.text("lastName")))
	}}
}

const externalPath = "externalIds."

// ids makes the column of one system's ids.
func (t tableau) ids(f *record.Field, system string) Column {
	label := t.label(f.Path + "." + system)
	return Column{Path: f.Path + "." + system, Label: label, Class: cmp.Or(f.Class, policy.Public), field: f, cell: func(_ *source, d document) sheet.Cell {
		text, _ := d.at(f.Name, system).(string)
		return sheet.T(text)
	}}
}

// external finds the column of the ids of any system.
func external(all []Column, system string) (Column, bool) {
	c, ok := find(all, externalPath+"import")
	if !ok || c.field == nil || system == "import" {
		return c, ok
	}
	f := c.field
	c.Path, c.Label = f.Path+"."+system, f.Path+"."+system
	c.cell = func(_ *source, d document) sheet.Cell {
		text, _ := d.at(f.Name, system).(string)
		return sheet.T(text)
	}
	return c, true
}

// ways are the columns of e-mail addresses and numbers, by what they are to the contact.
func (t tableau) ways(f *record.Field) []Column {
	value, sorts := "address", []string{"", "work", "father", "mother"}
	if f.Path == "phones" {
		value, sorts = "number", []string{"mobile", "fixed", "work", "father", "mother"}
	}
	var all []Column
	for _, sort := range sorts {
		path := f.Path + "." + value
		if sort != "" {
			path += ":" + sort
		}
		all = append(all, Column{Path: path, Label: t.label(path), Class: f.Class, Usual: slices.Contains(usual, path), field: f, cell: func(_ *source, d document) sheet.Cell {
			var found []string
			for _, way := range d.list(f.Name) {
				if sortOf(f.Path, way) != sort {
					continue
				}
				if main, _ := way["main"].(bool); main {
					found = slices.Insert(found, 0, way.text(value))
				} else {
					found = append(found, way.text(value))
				}
			}
			return sheet.T(strings.Join(found, "; "))
		}})
	}
	return all
}

// sortOf tells in which column an e-mail address or a number stands.
func sortOf(path string, way document) string {
	kind, line := way.text("kind"), way.text("line")
	switch {
	case kind == "father" || kind == "mother":
		return kind
	case path == "emails" && kind == "work", path == "phones" && kind == "work" && line != "mobile":
		return "work"
	case path == "emails":
		return ""
	case line == "mobile":
		return "mobile"
	}
	return "fixed"
}

// linked gives the columns as those of the contacts linked from other records.
func (t tableau) linked() []Column {
	all := t.columns()
	for i := range all {
		all[i].Path, all[i].linked = contactPath+all[i].Path, true
		all[i].Usual = slices.Contains(strings.Fields("contact.number contact.firstName contact.prefix contact.lastName contact.emails.address contact.phones.number:mobile"), all[i].Path)
	}
	return all
}

// distinct tells columns apart that are called the same: by the member they belong to.
func distinct(all []Column, p *i18n.Printer) []Column {
	seen := map[string]bool{}
	for i := range all {
		label := all[i].Label
		for n := 2; seen[label]; n++ {
			label = all[i].Label + " " + p.Number(int64(n))
		}
		seen[label] = true
		all[i].Label = label
	}
	return all
}

func (d document) text(name string) string {
	s, _ := d[name].(string)
	return s
}

// at gives a member of an object.
func (d document) at(name, inner string) any {
	m, _ := d[name].(map[string]any)
	return m[inner]
}

// list gives a list of objects.
func (d document) list(name string) []document {
	values, _ := d[name].([]any)
	var all []document
	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// source is what cells are made with.
type source struct {
	tableau
	titles map[string]string // of records that are referred to
}

// inner gives a member of an object: of addresses the main one's, of jobs the first one's, of other lists those of all.
func (s *source) inner(f, inner *record.Field, value any) sheet.Cell {
	if m, ok := value.(map[string]any); ok {
		return s.value(inner, m[inner.Name])
	}
	objects := document{"": value}.list("")
	if len(objects) == 0 {
		return sheet.Cell{}
	}
	if f.Name == "addresses" || f.Name == "work" {
		chosen := objects[0]
		for _, o := range objects {
			if main, _ := o["main"].(bool); main {
				chosen = o
			}
		}
		return s.value(inner, chosen[inner.Name])
	}
	if len(objects) == 1 && f.Name != "groups" {
		return s.value(inner, objects[0][inner.Name])
	}
	var all []string
	for _, o := range objects {
		if text := s.value(inner, o[inner.Name]).Text; text != "" {
			all = append(all, enclose(text))
		}
	}
	return sheet.T(strings.Join(all, "; "))
}

// value writes a field's value as a cell.
func (s *source) value(f *record.Field, value any) sheet.Cell {
	switch value := value.(type) {
	case nil:
		return sheet.Cell{}
	case []any:
		var all []string
		if f.Values == list.Country {
			for _, v := range value {
				code, _ := v.(string)
				all = append(all, s.country(code, len(value) > 1))
			}
			return sheet.T(strings.Join(all, "; "))
		}
		for _, v := range value {
			all = append(all, enclose(s.value(&record.Field{Path: f.Path, Type: f.Type, Values: f.Values, Ref: f.Ref, Own: f.Own}, v).Text))
		}
		if len(all) == 1 && f.Values != "" {
			all[0] = unclosed(all[0])
		}
		return sheet.T(strings.Join(all, "; "))
	case bool:
		if value {
			return sheet.T(s.p.T("form.yes"))
		}
		return sheet.T(s.p.T("form.no"))
	case json.Number:
		return sheet.Cell{Kind: sheet.Number, Text: value.String()}
	case map[string]any:
		return s.amount(value)
	case string:
		return s.word(f, value)
	}
	return sheet.Cell{}
}

func (s *source) word(f *record.Field, text string) sheet.Cell {
	switch {
	case text == "":
		return sheet.Cell{}
	case f.Values != "":
		return sheet.T(s.code(f.Values, text))
	case len(f.Ref) > 0:
		return sheet.T(s.title(text))
	case f.Type == record.Day:
		return sheet.Cell{Kind: sheet.Date, Text: text}
	case f.Type == record.Instant:
		return s.instant(text)
	}
	return sheet.T(text)
}

// country names a country, by its code where the name would not be read as one, or as one of several.
func (s *source) country(code string, several bool) string {
	name := s.p.Country(code)
	parted := strings.ContainsAny(name, ";/|,+&") || slices.ContainsFunc([]string{" en ", " and ", " et ", " y "}, func(word string) bool { return strings.Contains(name, word) })
	if read, ok := parse.Country(name); !ok || read != code || several && parted {
		return code
	}
	return name
}

// code gives the label of a code, or the code itself where the label is that of another one too.
func (s *source) code(of, code string) string {
	if of == list.Country {
		return s.country(code, false)
	}
	label := s.own.CodeLabel(s.p, of, code)
	for _, v := range s.own.Lists.Values(of) {
		if v.Code != code && strings.EqualFold(s.own.CodeLabel(s.p, of, v.Code), label) {
			return code
		}
	}
	return label
}

// title names a record that is referred to: one of the settings by its id when another has its name.
func (s *source) title(id string) string {
	title := s.titles[id]
	if title == "" {
		return ""
	}
	same := 0
	for _, e := range s.cfg.Entities {
		if strings.EqualFold(e.Name, title) && strings.HasPrefix(id, "ent_") {
			same++
		}
	}
	for _, e := range s.cfg.Stores {
		if strings.EqualFold(e.Name, title) && strings.HasPrefix(id, "sto_") {
			same++
		}
	}
	for _, e := range s.cfg.ClientGroups {
		if strings.EqualFold(e.Name, title) && strings.HasPrefix(id, "cgr_") {
			same++
		}
	}
	if same > 1 {
		return id
	}
	return title
}

// instant writes a moment as the organisation's clocks show it.
func (s *source) instant(text string) sheet.Cell {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return sheet.Cell{}
	}
	return sheet.Cell{Kind: sheet.Date, Text: at.In(s.p.Zone()).Format("2006-01-02T15:04:05")}
}

// amount writes money as a number where it is in euros, else with its currency.
func (s *source) amount(value map[string]any) sheet.Cell {
	n, _ := value["amount"].(json.Number)
	minor, err := n.Int64()
	if err != nil {
		return sheet.Cell{}
	}
	currency, _ := value["currency"].(string)
	places := list.MinorUnits(currency)
	text := fixed(minor, places)
	if currency != "" && currency != "EUR" {
		return sheet.T(text + " " + currency)
	}
	return sheet.Cell{Kind: sheet.Number, Text: text}
}

// fixed writes a number with all of its decimals.
func fixed(n int64, places int) string {
	text := decimal.Write(n, places)
	whole, fraction, _ := strings.Cut(text, ".")
	if places == 0 {
		return text
	}
	return whole + "." + fraction + strings.Repeat("0", places-len(fraction))
}

// points writes basis points as a percentage.
func points(value any) sheet.Cell {
	n, ok := value.(json.Number)
	if !ok {
		return sheet.Cell{}
	}
	i, err := n.Int64()
	if err != nil {
		return sheet.Cell{}
	}
	return sheet.Cell{Kind: sheet.Number, Text: decimal.Write(i, 2)}
}

// enclose puts quotation marks around one of several values that holds what stands between them.
func enclose(text string) string {
	if strings.ContainsAny(text, ";,|\n\"") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

func unclosed(text string) string {
	if len(text) > 1 && text[0] == '"' {
		return strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
	}
	return text
}

func words(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
