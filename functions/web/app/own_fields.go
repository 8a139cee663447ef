package app

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// The organisation's own fields in forms (REC-31). Their values are those of record.Custom; what was typed and cannot be
// read stays the text it is, so that the field's rules refuse it and the form shows it again.

// ownName is the name of an own field in forms and faults.
func ownName(f record.CustomField) string { return "custom." + f.Name }

// ownNamed finds an own field of a kind by its name in forms.
func (x *exchange) ownNamed(k *record.Kind, name string) (record.CustomField, bool) {
	own := x.ownOf(k)
	i := slices.IndexFunc(own, func(f record.CustomField) bool { return ownName(f) == name })
	if i < 0 {
		return record.CustomField{}, false
	}
	return own[i], true
}

// ownClass is the class of an own field.
func ownClass(f record.CustomField) policy.Class { return f.Field().Class }

// ownShown lists the own fields that a record carries and the reader sees, in the organisation's order.
func (x *exchange) ownShown(k *record.Kind, values record.Custom) []record.CustomField {
	return slices.DeleteFunc(slices.Clone(x.ownOf(k)), func(f record.CustomField) bool {
		class := ownClass(f)
		if class == policy.Sensitive {
			class = policy.Contact // who may reach people sees the masks
		}
		return !values.Carries(f) || !x.who.Grant.Fields(policy.Read, class)
	})
}

// ownWritten lists those of them that the reader may change.
func (x *exchange) ownWritten(k *record.Kind, values record.Custom) []record.CustomField {
	return slices.DeleteFunc(x.ownShown(k, values), func(f record.CustomField) bool {
		return !x.who.Grant.Fields(policy.Edit, ownClass(f))
	})
}

// ownInput is the field of a form for an own field. Sensitive ones, which are texts, begin with their mask: one that is sent
// back leaves the value as it is. files are what a field that holds a file offers.
func (x *exchange) ownInput(base ui.Base, f record.CustomField, value any, files []ui.Option) ui.Field {
	text, _ := value.(string)
	none := x.p.T("form.none")
	switch f.Type {
	case setting.TypeLong:
		return ui.Area{Base: base, Value: text, Rows: 5, Max: f.Field().Max}
	case setting.TypeNumber:
		base.Width = ui.Medium
		if n, ok := value.(json.Number); ok {
			text = x.figures(string(n))
		}
		return ui.Text{Base: base, Value: text, Mode: "decimal", Max: 40}
	case setting.TypeAmount:
		return x.amountInput(base, value)
	case setting.TypeDate:
		base.Width = ui.Medium
		return ui.Date{Base: base, Value: text}
	case setting.TypeFlag:
		if yes, ok := value.(bool); ok {
			text = map[bool]string{true: "true", false: "false"}[yes]
		}
		return ui.Select{Base: base, Value: text, Empty: none, Options: []ui.Option{{Value: "true", Label: x.p.T("form.yes")}, {Value: "false", Label: x.p.T("form.no")}}}
	case setting.TypeChoice:
		return ui.Select{Base: base, Value: text, Empty: none, Options: withValues(f.Options, text)}
	case setting.TypeChoices:
		values := texts(value)
		return ui.Choices{Base: base, Values: values, Options: withValues(f.Options, values...)}
	case setting.TypeLink:
		return ui.Text{Base: base, Value: text, Type: "url", Max: f.Field().Max}
	case setting.TypeFile:
		if text != "" && !slices.ContainsFunc(files, func(o ui.Option) bool { return o.Value == text }) {
			files = append(slices.Clone(files), ui.Option{Value: text, Label: x.p.T("page.otherFile")})
		}
		return ui.Select{Base: base, Value: text, Empty: none, Options: files}
	}
	return ui.Text{Base: base, Value: text}
}

// withValues offers options, and values that are stored though they are none of them any more.
func withValues(options []string, stored ...string) []ui.Option {
	var all []ui.Option
	for _, o := range append(slices.Clone(options), stored...) {
		if o != "" && !slices.ContainsFunc(all, func(at ui.Option) bool { return at.Value == o }) {
			all = append(all, ui.Option{Value: o, Label: o})
		}
	}
	return all
}

// texts reads a list of texts out of JSON.
func texts(value any) []string {
	var all []string
	values, _ := value.([]any)
	for _, v := range values {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// amountInput is an amount with its currency: of a number in figures, or of what was typed.
func (x *exchange) amountInput(base ui.Base, value any) ui.Field {
	text, _ := value.(string)
	money, _ := value.(map[string]any)
	unit, _ := money["currency"].(string)
	switch amount := money["amount"].(type) {
	case json.Number:
		if n, ok := decimal.Read(string(amount), 0); ok {
			text = x.figures(record.Money{Amount: n, Currency: unit}.Text())
		}
	case string:
		text = amount
	}
	if unit == "" {
		unit = currencyOf(x.cfg.Settings.Country)
	}
	sum := base
	sum.Name, sum.Width = base.Name+".amount", ui.Medium
	return ui.Inline{Fields: []ui.Field{ui.Text{Base: sum, Value: text, Mode: "decimal", Max: 40},
		ui.Select{Base: ui.Base{Name: base.Name + ".currency", Label: x.p.T("form.currency"), Width: ui.Narrow}, Value: unit, Options: x.currencies(unit)}}}
}

// currencies offers the currencies that are often used first.
func (x *exchange) currencies(stored string) []ui.Option {
	var options []ui.Option
	for _, code := range append([]string{currencyOf(x.cfg.Settings.Country), stored}, x.cfg.Lists.Codes(list.Currency)...) {
		if code != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == code }) {
			options = append(options, ui.Option{Value: code, Label: code})
		}
	}
	return options
}

// currencyOf is the currency that people of a country mean when they say none.
func currencyOf(country string) string {
	region, err := language.ParseRegion(country)
	if err != nil {
		return "EUR"
	}
	if unit, ok := currency.FromRegion(region); ok {
		return unit.String()
	}
	return "EUR"
}

// readOwn reads an own field from a form; nil when it is empty.
func (x *exchange) readOwn(form url.Values, f record.CustomField) any {
	name := ownName(f)
	text := strings.TrimSpace(form.Get(name))
	switch f.Type {
	case setting.TypeAmount:
		return x.readAmount(form, name)
	case setting.TypeChoices:
		var chosen []any
		for _, v := range form[name] {
			if v != "" {
				chosen = append(chosen, v)
			}
		}
		if chosen == nil {
			return nil
		}
		return chosen
	}
	if text == "" {
		return nil
	}
	switch f.Type {
	case setting.TypeNumber:
		if n, ok := decimal.Read(x.plain(text), record.Decimals); ok {
			return json.Number(decimal.Write(n, record.Decimals))
		}
	case setting.TypeDate:
		return isoDate(text)
	case setting.TypeFlag:
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}

// readAmount reads an amount and its currency; nil when there is none.
func (x *exchange) readAmount(form url.Values, name string) any {
	text, unit := strings.TrimSpace(form.Get(name+".amount")), form.Get(name+".currency")
	if text == "" {
		return nil
	}
	money, ok := record.ReadMoney(x.plain(text), unit)
	if !ok {
		return map[string]any{"amount": text, "currency": unit}
	}
	return map[string]any{"amount": json.Number(decimal.Write(money.Amount, 0)), "currency": unit}
}

// ownPatch is what a value is in a patch: an optional field that is emptied stays with the record (REC-32).
func ownPatch(f record.CustomField, value any) any {
	if value == nil && f.Optional {
		return ""
	}
	return value
}

// figures writes a number such as 12.5 as people of the reader's language type it.
func (x *exchange) figures(number string) string {
	if x.p.Language() == i18n.English {
		return number
	}
	return strings.Replace(number, ".", ",", 1)
}

// The two ways in which numbers are written: with a point or a comma before the decimals, the other sign between thousands.
var (
	pointed = regexp.MustCompile(`^-?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?$`)
	commaed = regexp.MustCompile(`^-?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?$`)
)

// plain reads a number as people type it, with the decimal sign of any language and thousands apart, into figures with a
// point. What could be both is read as the reader's language has it; what is neither stays as it is.
func (x *exchange) plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0\u202f'’", r) {
			return -1
		}
		return r
	}, text)
	point := pointed.MatchString(text)
	if comma := commaed.MatchString(text); comma && (!point || x.p.Language() != i18n.English) {
		return strings.TrimSuffix(strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1), ".")
	}
	if point {
		return strings.TrimSuffix(strings.ReplaceAll(text, ",", ""), ".")
	}
	return text
}

// filesOf lists the documents of a record, for own fields that hold one; none for a record that is still to be made.
func (x *exchange) filesOf(kind, id string) []ui.Option {
	if id == "" {
		return nil
	}
	around, err := x.app.Records.Around(x.ctx(), x.who.Grant, kind, id)
	if err != nil {
		x.app.Log.WarnContext(x.ctx(), "files not read", "request", x.id, "error", err.Error())
	}
	var options []ui.Option
	for _, f := range file.Documents(around.Children[file.Name]) {
		options = append(options, ui.Option{Value: f.ID, Label: f.Name})
	}
	return options
}

// fileHref is where a document is fetched, "" for one that is not there any more.
func (x *exchange) fileHref(id string) string {
	k, err := x.app.Records.Kind(file.Name)
	if err != nil || x.called(id) == "" {
		return ""
	}
	owner := k.Owner(id)
	l := x.lookOfID(owner)
	if l == nil || owner == id {
		return ""
	}
	if owner, err = x.app.Records.Root(x.ctx(), x.who.Grant, l.kind, owner); err != nil {
		return ""
	}
	return l.at(owner, "files", id)
}
