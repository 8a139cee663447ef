package parse

import (
	"math"
	"strings"
)

// Amount reads an amount of money as people write it and gives it in minor units (cents) with its currency, an ISO
// 4217 code, "" where none is written: "€ 45,00", "1.234,50", "1,234.50 GBP", "CHF 1'200.-", "45,-", "(12,00)".
//
// Of points and commas the last one marks the decimals. A lone one does so unless exactly three digits follow it and
// one to three, not just 0, stand before it: 1.234 is one thousand two hundred and thirty-four. More decimals than
// the currency has are not ok unless they are zeros.
func Amount(s string) (minor int64, currency string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 60 {
		return 0, "", false
	}
	s, currency = cutCurrency(s)
	negative := false
	switch {
	case strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")"):
		negative, s = true, s[1:len(s)-1]
	case strings.HasPrefix(s, "-"), strings.HasPrefix(s, "−"):
		negative, s = true, strings.TrimPrefix(strings.TrimPrefix(s, "-"), "−")
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	s = strings.TrimSpace(s)
	if currency == "" {
		s, currency = cutCurrency(s) // -€ 12
	}
	for _, none := range []string{",-", ".-", ",--", ".--", ",—", ".—", ",–", ".–"} {
		s = strings.TrimSuffix(s, none)
	}
	if !negative && strings.HasSuffix(s, "-") {
		negative, s = true, s[:len(s)-1]
	}
	units, fraction, ok := splitNumber(strings.TrimSpace(s))
	if !ok {
		return 0, "", false
	}
	digits := Digits(currency)
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > digits {
		return 0, "", false
	}
	minor, ok = minorUnits(units, fraction, digits)
	if negative {
		minor = -minor
	}
	return minor, currency, ok
}

// Decimal reads a number as spreadsheets store it (point, no grouping) as an amount with so many decimals, rounded to
// the nearest minor unit, halves away from zero: what is seen of 33.333 in a column of euros.
func Decimal(s string, digits int) (minor int64, ok bool) {
	body, negative := strings.CutPrefix(s, "-")
	units, fraction, _ := strings.Cut(body, ".")
	if units == "" || len(units) > 18 || strings.Trim(units+fraction, "0123456789") != "" || digits < 0 || digits > 4 {
		return 0, false
	}
	up := len(fraction) > digits && fraction[digits] >= '5'
	minor, ok = minorUnits(units, fraction[:min(len(fraction), digits)], digits)
	if up {
		minor++
	}
	if negative {
		minor = -minor
	}
	return minor, ok
}

// Digits is how many decimals a currency has: 2 unless it is known to have others.
func Digits(currency string) int {
	switch currency {
	case "JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "XPF", "PYG", "UGX", "RWF", "BIF", "DJF", "GNF", "KMF", "VUV":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// signs are the currency signs that name one currency, or, of several, the one meant nearly always.
var signs = []struct{ sign, code string }{
	{"€", "EUR"}, {"£", "GBP"}, {"US$", "USD"}, {"$", "USD"}, {"¥", "JPY"}, {"₺", "TRY"}, {"zł", "PLN"}, {"Kč", "CZK"},
	{"Fr.", "CHF"}, {"SFr.", "CHF"}, {"₹", "INR"}, {"₽", "RUB"}, {"₴", "UAH"}, {"₪", "ILS"},
	{"euros", "EUR"}, {"euro", "EUR"}, {"Euros", "EUR"}, {"Euro", "EUR"}, {"eur", "EUR"}, {"Eur", "EUR"},
}

// codes are the currencies whose codes are recognised.
const codes = " EUR USD GBP CHF JPY CNY SEK NOK DKK ISK PLN CZK HUF RON BGN TRY CAD AUD NZD MXN BRL ARS CLP COP PEN UYU " +
	"INR ZAR MAD TND DZD XOF XAF XPF ILS AED SAR KRW HKD SGD THB RUB UAH KWD BHD JOD "

// cutCurrency takes the currency off either end.
func cutCurrency(s string) (rest, code string) {
	for _, c := range signs {
		if r, ok := strings.CutPrefix(s, c.sign); ok {
			return strings.TrimSpace(r), c.code
		}
		if r, ok := strings.CutSuffix(s, c.sign); ok {
			return strings.TrimSpace(r), c.code
		}
	}
	if len(s) > 3 {
		if known(s[:3]) {
			return strings.TrimSpace(s[3:]), s[:3]
		}
		if known(s[len(s)-3:]) {
			return strings.TrimSpace(s[:len(s)-3]), s[len(s)-3:]
		}
	}
	return s, ""
}

func known(code string) bool {
	return strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.Contains(codes, " "+code+" ")
}

// splitNumber takes a number apart into digits before and after its decimal mark. Groups of thousands are checked:
// 1.23.456 is no number.
func splitNumber(s string) (units, fraction string, ok bool) {
	for _, space := range []string{"\u00a0", "\u202f", "\u2009", "’", "'"} {
		s = strings.ReplaceAll(s, space, " ")
	}
	if s == "" || strings.Trim(s, "0123456789., ") != "" {
		return "", "", false
	}
	mark := strings.LastIndexAny(s, ".,")
	if mark >= 0 {
		sep := s[mark : mark+1]
		before, after := s[:mark], s[mark+1:]
		alone := !strings.ContainsAny(before, ".,")
		thousands := len(after) == 3 && (alone && !strings.Contains(before, " ") && before != "" && before != "0" && len(before) <= 3 ||
			!alone && strings.Contains(before, sep))
		if !thousands {
			if strings.Contains(before, sep) || strings.Contains(after, " ") {
				return "", "", false
			}
			s, fraction = before, after
		}
	}
	for _, sep := range []string{".", ",", " "} {
		if !strings.Contains(s, sep) {
			continue
		}
		groups := strings.Split(s, sep)
		for i, g := range groups {
			if strings.Trim(g, "0123456789") != "" || i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3) {
				return "", "", false
			}
		}
		s = strings.Join(groups, "")
	}
	if s == "" && fraction == "" {
		return "", "", false
	}
	return s, fraction, true
}

// minorUnits puts the digits together.
func minorUnits(units, fraction string, digits int) (int64, bool) {
	n := int64(0)
	for _, c := range units + fraction + strings.Repeat("0", digits-len(fraction)) {
		if n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
