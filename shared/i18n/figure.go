package i18n

import (
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/decimal"
)

// point is what stands before the decimals.
func (p *Printer) point() string {
	if p.language == English {
		return "."
	}
	return ","
}

// Figure writes an exact number, n in units of 10^-places, with as many decimals as it has: Figure(12500000, 6) is
// "12.5" or "12,5".
func (p *Printer) Figure(n int64, places int) string { return p.figures(decimal.Write(n, places)) }

// figures writes a number in figures as the language does.
func (p *Printer) figures(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	whole, part, pointed := strings.Cut(digits, ".")
	n, _ := strconv.ParseInt(whole, 10, 64) // decimals of an int64 are figures
	out := p.Number(n)
	if pointed {
		out += p.point() + part
	}
	if negative {
		out = "\u2212" + out
	}
	return out
}

// signs are those of the currencies that are better known by their sign.
var signs = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Money writes an amount of a currency with all its decimals: "€12.50", in Dutch "€ 12,50", in French and Spanish
// "12,50 €". minor is the amount in the currency's smallest unit, places the decimals that unit is of.
func (p *Printer) Money(minor int64, places int, currency string) string {
	text := p.figures(decimal.Fixed(minor, places))
	sign, known := signs[currency]
	if !known {
		sign = currency
	}
	amount, negative := strings.CutPrefix(text, "\u2212")
	minus := ""
	if negative {
		minus = "\u2212"
	}
	switch {
	case p.language == English && known:
		return minus + sign + amount
	case p.language == English, p.language == Dutch:
		return sign + "\u00a0" + minus + amount
	}
	return minus + amount + "\u00a0" + sign
}
