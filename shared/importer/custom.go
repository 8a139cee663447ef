package importer

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/sheet"
)

// ownField finds a field of the organisation's own for contacts.
func ownField(fields []record.CustomField, name string) *record.CustomField {
	i := slices.IndexFunc(fields, func(f record.CustomField) bool { return f.Kind == contact.Name && f.Name == name })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// fileField reports whether a field holds files, which no cell of a list can.
func fileField(f record.CustomField) bool { return f.Type == "file" }

// putCustom reads a cell as a value of one of the organisation's own fields, by the field's type.
func putCustom(name string) func(*draft, *column, sheet.Cell) string {
	return func(d *draft, col *column, c sheet.Cell) string {
		value, code := ownValue(col, c)
		if code != "" || value == nil {
			return code
		}
		if d.Custom == nil {
			d.Custom = record.Custom{}
		}
		d.Custom[name] = value
		return ""
	}
}

// defaultCurrency is that of amounts that name none.
const defaultCurrency = "EUR"

func ownValue(col *column, c sheet.Cell) (value any, code string) {
	s := strings.TrimSpace(c.Text)
	of := ""
	if col.own != nil {
		of = col.own.Type
	}
	if of == "flag" {
		yes, ok := parse.Bool(s)
		if !ok {
			return nil, "bad_yes_no"
		}
		return yes, ""
	}
	if of != "" && of != "text" && of != "long" && parse.Missing(s) {
		return nil, ""
	}
	switch of {
	case "number":
		n, ok := number(s)
		if !ok {
			return nil, "bad_number"
		}
		return json.Number(n), ""
	case "amount":
		minor, currency, ok := parse.Amount(s)
		if !ok {
			return nil, "bad_number"
		}
		return record.Money{Amount: minor, Currency: cmp.Or(currency, defaultCurrency)}, ""
	case "date":
		if c.Kind == sheet.Date {
			s, _, _ = strings.Cut(s, "T")
		}
		iso, ok := parse.Date(s, parse.DateRule{Order: col.order})
		if !ok {
			return nil, "bad_date"
		}
		return iso, ""
	case "choice":
		return cmp.Or(option(col.own.Options, s), s), "" // what is no option the field's own check refuses
	case "choices":
		var all []any
		if o := option(col.own.Options, s); o != "" {
			return []any{o}, "" // an option may have a comma
		}
		for _, part := range several(s) {
			all = append(all, cmp.Or(option(col.own.Options, part), part))
		}
		return all, ""
	}
	return c.Text, ""
}

// number reads a number as people and spreadsheets write it, with a comma or a point before its decimals, and gives it
// as JSON has it.
func number(s string) (string, bool) {
	plain := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\u2009', '\'', '’':
			return -1
		case '−':
			return '-'
		}
		return r
	}, strings.TrimPrefix(s, "+"))
	if strings.Count(plain, ",") == 1 && !strings.Contains(plain, ".") {
		plain = strings.Replace(plain, ",", ".", 1)
	}
	if n, ok := decimal.Read(plain, record.Decimals); ok {
		return decimal.Write(n, record.Decimals), true
	}
	// With groups of thousands, as amounts have them: to two decimals.
	minor, currency, ok := parse.Amount(s)
	if !ok || currency != "" {
		return "", false
	}
	return decimal.Write(minor, list.MinorUnits(defaultCurrency)), true
}

// takes reports whether a field of the organisation's own can hold most of some values.
func takes(f record.CustomField, values []string) bool {
	if len(values) == 0 {
		return true
	}
	col := &column{own: &f}
	col.order, _ = parse.DateOrder(values)
	return mostly(values, func(s string) bool {
		value, code := ownValue(col, sheet.Cell{Text: s})
		if code != "" {
			return false
		}
		switch value := value.(type) {
		case string:
			return f.Type != "choice" || slices.Contains(f.Options, value)
		case []any:
			return !slices.ContainsFunc(value, func(o any) bool { return !slices.Contains(f.Options, o.(string)) })
		}
		return true
	})
}

// newTypes are the types a column can become a new field of. The options of a choice are the values of the column.
var newTypes = []string{"text", "long", "number", "amount", "date", "flag", "choice", "choices", "link"}

// NewTypes lists them.
func NewTypes() []string { return slices.Clone(newTypes) }

// What makes a column one of choices: few values, each of them several times.
const (
	fewValues   = 12
	oftenEnough = 3
)

// newType guesses the type of field that values are best kept in (IMP-03). A number that begins with a zero, or is as long
// as a telephone's, is none: its digits are what it says.
func newType(values []string) string {
	all := func(is func(string) bool) bool {
		return len(values) > 0 && !slices.ContainsFunc(values, func(s string) bool { return !parse.Missing(s) && !is(s) })
	}
	counted := func(s string) bool {
		_, ok := number(s)
		digits := strings.TrimLeft(strings.TrimSpace(s), "+-")
		return ok && len(digits) < 9 && (digits == "0" || !strings.HasPrefix(digits, "0") || strings.HasPrefix(digits, "0,") || strings.HasPrefix(digits, "0."))
	}
	apart, parts := map[string]int{}, map[string]int{}
	longest, pieces := 0, 0
	for _, v := range values {
		apart[fold.String(v)]++
		longest = max(longest, len([]rune(v)))
		for _, part := range several(v) {
			parts[fold.String(part)]++
			pieces++
		}
	}
	few := func(of map[string]int, n int) bool {
		return len(of) > 1 && len(of) <= fewValues && n >= oftenEnough*len(of) && longest <= 100
	}
	switch {
	case len(values) == 0:
		return "text"
	case all(func(s string) bool { _, ok := parse.Bool(s); return ok }) && !all(counted):
		return "flag"
	case all(func(s string) bool {
		_, currency, ok := parse.Amount(s)
		return ok && currency != ""
	}):
		return "amount"
	case all(counted):
		return "number"
	case all(isBirth):
		return "date"
	case all(func(s string) bool {
		return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "www.")
	}):
		return "link"
	case longest > 200 || slices.ContainsFunc(values, func(s string) bool { return strings.Contains(s, "\n") }):
		return "long"
	case few(apart, len(values)):
		return "choice"
	case pieces > len(values) && few(parts, pieces):
		return "choices"
	}
	return "text"
}
