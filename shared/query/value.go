package query

import (
	"strings"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fold"
)

// flags are the words for yes and no, folded, in the languages of the product.
var flags = map[string]string{
	"true": "true", "yes": "true", "y": "true", "1": "true", "ja": "true", "j": "true", "oui": "true", "si": "true",
	"false": "false", "no": "false", "n": "false", "0": "false", "nee": "false", "non": "false",
}

// Allows tells whether fields of type t can be compared by op in a query.
func (t Type) Allows(op Op) bool {
	switch op {
	case Filled:
		return true
	case Is, Has:
		return t != TypeFilled
	case Less, AtMost, More, AtLeast:
		return t == TypeText || t.ranges()
	case Contains:
		return t == TypeText || t == TypeEmail || t == TypePhone
	case Within:
		return t.ranges()
	}
	return false
}

// ranges tells whether "from..to" means something.
func (t Type) ranges() bool { return t == TypeNumber || t == TypeDate || t == TypeInstant }

// condition makes the term of a field, an operator and a value as it was written; written in quotes, a star is a star.
// The code is that of the fault, empty when all is well.
func condition(field Field, op Op, value string, phrase bool) (t Term, code string) {
	value = squeeze(value)
	t = Term{Field: field.Path, Op: op}
	if value == "*" && !phrase && (op == Has || op == Is) {
		t.Op = Filled
	}
	if !field.Type.Allows(t.Op) {
		return t, UnknownOperator
	}
	if t.Op == Filled {
		return t, ""
	}
	if from, to, ok := strings.Cut(value, ".."); ok && field.Type.ranges() {
		return between(field, t, from, to)
	}
	var ok bool
	if t.Value, ok = field.canonical(value); !ok || op == Within || isYearly(field, t.Value) && op != Is && op != Has {
		return t, BadValue
	}
	return t, ""
}

// between makes the term of a range. One that is open at an end is a comparison.
func between(field Field, t Term, from, to string) (Term, string) {
	if t.Op != Is && t.Op != Has && t.Op != Within {
		return t, BadValue
	}
	lower, lok := field.canonical(from)
	upper, uok := field.canonical(to)
	switch yearly := isYearly(field, lower) || isYearly(field, upper); {
	case lok && uok && (!yearly || isYearly(field, lower) && isYearly(field, upper)):
		t.Op, t.Value = Within, lower+".."+upper
	case lok && to == "" && !yearly:
		t.Op, t.Value = AtLeast, lower
	case uok && from == "" && !yearly:
		t.Op, t.Value = AtMost, upper
	default:
		return t, BadValue
	}
	return t, ""
}

// Bounds gives the two values of a range.
func Bounds(value string) (from, to string) {
	from, to, _ = strings.Cut(value, "..")
	return from, to
}

// canonical gives a value as Term keeps it; ok is false when it is none of the field's type.
func (f Field) canonical(value string) (_ string, ok bool) {
	switch f.Type {
	case TypeCode:
		return f.code(value)
	case TypeEmail:
		value = strings.ToLower(value)
	case TypePhone:
		return dialled(value)
	case TypeNumber:
		n, ok := decimal.Read(strings.TrimPrefix(value, "+"), f.Decimals)
		return decimal.Write(n, f.Decimals), ok
	case TypeFlag:
		value = flags[fold.String(value)]
	case TypeDate:
		return readDate(value, false)
	case TypeInstant:
		return readDate(value, true)
	}
	return value, value != ""
}

// code finds a code by itself or by its label.
func (f Field) code(value string) (string, bool) {
	if f.Values == nil {
		return value, value != ""
	}
	if code, ok := f.Values[fold.String(value)]; ok {
		return code, true
	}
	for _, code := range f.Values {
		if strings.EqualFold(code, value) {
			return code, true
		}
	}
	return "", false
}

// dialled gives a telephone number, or a part of one, as digits with or without a plus.
func dialled(value string) (string, bool) {
	var b strings.Builder
	value = strings.Replace(value, "(0)", "", 1)
	for _, r := range value {
		switch {
		case isDigit(r), r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r == '+', !strings.ContainsRune(" ()./-", r):
			return "", false
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	return number, strings.Trim(number, "+") != ""
}
