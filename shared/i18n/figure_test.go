package i18n

import "testing"

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		n              int64
		places         int
		en, es, nl, fr string
	}{
		{0, 6, "0", "0", "0", "0"},
		{12_500_000, 6, "12.5", "12,5", "12,5", "12,5"},
		{-1, 6, "\u22120.000001", "\u22120,000001", "\u22120,000001", "\u22120,000001"},
		{123_456_789, 2, "1,234,567.89", "1.234.567,89", "1.234.567,89", "1\u202f234\u202f567,89"},
		{123_400, 2, "1,234", "1234", "1.234", "1\u202f234"},
	} {
		for l, want := range map[Language]string{English: c.en, Spanish: c.es, Dutch: c.nl, French: c.fr} {
			if got := New(l, nil).Figure(c.n, c.places); got != want {
				t.Errorf("%s: %d of %d decimals is %q, want %q", l, c.n, c.places, got, want)
			}
		}
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		n              int64
		places         int
		currency       string
		en, es, nl, fr string
	}{
		{1250, 2, "EUR", "€12.50", "12,50\u00a0€", "€\u00a012,50", "12,50\u00a0€"},
		{-5, 2, "EUR", "\u2212€0.05", "\u22120,05\u00a0€", "€\u00a0\u22120,05", "\u22120,05\u00a0€"},
		{100, 0, "JPY", "JPY\u00a0100", "100\u00a0JPY", "JPY\u00a0100", "100\u00a0JPY"},
		{-100, 2, "CHF", "CHF\u00a0\u22121.00", "\u22121,00\u00a0CHF", "CHF\u00a0\u22121,00", "\u22121,00\u00a0CHF"},
	} {
		for l, want := range map[Language]string{English: c.en, Spanish: c.es, Dutch: c.nl, French: c.fr} {
			if got := New(l, nil).Money(c.n, c.places, c.currency); got != want {
				t.Errorf("%s: %d %s is %q, want %q", l, c.n, c.currency, got, want)
			}
		}
	}
}
