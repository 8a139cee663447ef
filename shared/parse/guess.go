package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fold"
)

// Kind is what the values of a column look like.
type Kind string

// The kinds.
const (
	Text     Kind = "text"
	LongText Kind = "long" // several lines, or more than 255 characters
	Number   Kind = "number"
	Money    Kind = "amount"
	Day      Kind = "date"
	YesNo    Kind = "flag"
	Choice   Kind = "choice" // few values that come back
	Link     Kind = "link"
	Email    Kind = "email"
)

// Guess says what the values of a column look like, and for a choice its values in the order in which they come.
// Empty values and words for nothing do not count, and one value in twenty may be wrong. Numbers with leading zeros
// are texts, because they name something.
func Guess(samples []string) (kind Kind, options []string) {
	var filled, values []string
	digits := true
	for _, s := range samples {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		filled = append(filled, s)
		digits = digits && s == filled[0] && isDigit(s[0])
		if !Missing(s) {
			values = append(values, s)
		}
	}
	if !digits && most(filled, func(v string) bool { _, ok := Bool(v); return ok }) { // an x may be a yes
		return YesNo, nil
	}
	if len(values) == 0 {
		return Text, nil
	}
	order, _ := DateOrder(values)
	if order == Serial {
		order = DMY
	}
	marked := false // an amount has decimals or a currency
	distinct := map[string]bool{}
	for _, v := range values {
		if key := fold.String(v); !distinct[key] {
			distinct[key] = true
			options = append(options, v)
		}
		if _, currency, ok := Amount(v); ok && (currency != "" || strings.ContainsAny(v, ".,")) {
			marked = true
		}
	}
	switch {
	case most(values, func(v string) bool { _, ok := Date(v, DateRule{Order: order}); return ok || shortYear(v, order) }):
		return Day, nil
	case most(values, func(v string) bool { a, rest := Emails(v); return len(a) > 0 && rest == "" }):
		return Email, nil
	case most(values, isLink):
		return Link, nil
	case most(values, isNumber):
		return Number, nil
	case marked && most(values, func(v string) bool { _, _, ok := Amount(v); return ok }):
		return Money, nil
	case len(values) >= 6 && len(options) <= 12 && len(values) >= 3*len(options) && most(values, func(v string) bool { return utf8.RuneCountInString(v) <= 40 }):
		return Choice, options
	}
	for _, v := range values {
		if strings.ContainsAny(v, "\r\n") || utf8.RuneCountInString(v) > 255 {
			return LongText, nil
		}
	}
	return Text, nil
}

// most says whether 19 values in 20 are something.
func most(values []string, is func(string) bool) bool {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return n > 0 && n*20 >= len(values)*19
}

// shortYear says whether a text is a date with a year of two digits.
func shortYear(s string, order Order) bool {
	p, ok := splitDate(s)
	if !ok {
		return false
	}
	d, ok := p.arrange(order)
	return ok && d.short && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31
}

func isLink(s string) bool {
	s = strings.ToLower(s)
	return !strings.ContainsAny(s, " \t\n") && (strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "www."))
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && len(s) <= 15 && strings.Trim(s, "0123456789") == "" && (s[0] != '0' || len(s) == 1)
}
