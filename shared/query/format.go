package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format prints e in the text form, as short as it can be read: Parse(Format(e)) is Normal(e). All is the empty text.
func Format(e Expr) string { return format(Normal(e), "") }

// format prints a normal tree. next is the text that will stand behind it.
func format(e Expr, next string) string {
	switch e := e.(type) {
	case And:
		text := ""
		for i := len(e) - 1; i >= 0; i-- {
			part := grouped(e[i], text)
			if text != "" {
				part += " "
			}
			text = part + text
		}
		return text
	case Or:
		if isList(e) {
			return formatTerms(e, next)
		}
		parts := make([]string, len(e))
		for i, part := range e {
			parts[i] = grouped(part, "")
		}
		return strings.Join(parts, " OR ")
	case Not:
		part := grouped(e.Expr, next)
		_, double := e.Expr.(Not)
		if first, _ := utf8.DecodeRuneInString(part); negates(first) && !double {
			return "-" + part
		}
		return "NOT " + part
	case Term:
		return formatTerms(Or{e}, next)
	case Text:
		if e.Phrase {
			return quote(e.Words)
		}
		return e.Words
	}
	return ""
}

// grouped prints a part of something larger.
func grouped(e Expr, next string) string {
	switch e := e.(type) {
	case And:
		return "(" + format(e, "") + ")"
	case Or:
		if !isList(e) {
			return "(" + format(e, "") + ")"
		}
	}
	return format(e, next)
}

// isList tells whether alternatives can be written as field:a,b.
func isList(e Or) bool {
	first, _ := e[0].(Term)
	for _, part := range e {
		term, ok := part.(Term)
		if !ok || term.Field != first.Field || term.Op != first.Op || term.Op != Has && term.Op != Is && term.Op != Contains {
			return false
		}
	}
	return true
}

// formatTerms prints conditions that differ in their values alone.
func formatTerms(terms Or, next string) string {
	var b strings.Builder
	for i, part := range terms {
		term := part.(Term)
		switch {
		case i > 0:
			b.WriteByte(',')
		case term.Op == Within: // a range is a value of Has
			b.WriteString(term.Field + string(Has))
		case term.Op == Filled:
			return term.Field + string(Has) + "*"
		default:
			b.WriteString(term.Field + string(term.Op))
		}
		if i < len(terms)-1 {
			b.WriteString(formatValue(term.Value, ""))
		} else {
			b.WriteString(formatValue(term.Value, next))
		}
	}
	return b.String()
}

// formatValue prints a value, in quotes where it needs them, so also where what stands behind would be read as the
// rest of a telephone number.
func formatValue(s, next string) string {
	first, n := utf8.DecodeRuneInString(s)
	plain := s != "" && (unicode.IsLetter(first) || unicode.IsDigit(first) || strings.ContainsRune("+-@#._", first) ||
		first == '*' && len(s) > n)
	if !plain || strings.ContainsFunc(s, func(r rune) bool { return isSpace(r) || strings.ContainsRune(`,()"\`, r) }) {
		return quote(s)
	}
	if _, size := telephone(s + " " + next); size > len(s) {
		return quote(s)
	}
	return s
}
