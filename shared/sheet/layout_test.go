package sheet

import (
	"fmt"
	"strings"
	"testing"
)

// TestLayout finds the header of tables as people make them.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name, table string
		header      int // line, 0: none
		width       int
		skipped     string // "line reason" of every row that is no data
	}{
		{"plain", "Naam;Voornaam;Tel\nJansens;Piet;0471\nMaes;An;0472\n", 1, 3, "1 header_line"},
		{"title above", "Ledenlijst\n\nNaam;Voornaam;Tel\nJansens;Piet;0471\nMaes;An;0472\n", 3, 3, "1 title_line,3 header_line"},
		{"titles and a date above", "Ledenlijst\nDatum:;14/09/2026\n\nNaam;Voornaam;Tel;Gemeente\nJansens;Piet;0471;Gent\nMaes;An;0472;Brugge\n", 4, 4,
			"1 title_line,2 title_line,4 header_line"},
		{"none: data of texts and mails", "Jansens;Piet;piet@example.org\nMaes;An;an@example.org\n", 0, 3, ""},
		{"none: data of dates", "Jansens;26/06/1975\nMaes;27/06/1975\n", 0, 2, ""},
		{"none: phone numbers", "Jansens;+32 471 56 54 31\nMaes;0471 56 54 32\n", 0, 2, ""},
		{"all texts", "Naam;Voornaam\nJansens;Piet\nMaes;An\n", 1, 2, "1 header_line"},
		{"values come back", "Gent;lid\nBrugge;lid\nGent;bestuur\n", 0, 2, ""},
		{"years as titles", "Naam;2024;2025\nJan;10;12\nPiet;11;13\n", 1, 3, "1 header_line"},
		{"a title missing", "Nr;;Naam;Mail\n1;x;Jan;j@example.org\n2;y;An;a@example.org\n", 1, 4, "1 header_line"},
		{"one column", "E-mail\na@example.org\nb@example.org\n", 1, 1, "1 header_line"},
		{"one column, no header", "a@example.org\nb@example.org\n", 0, 1, ""},
		{"totals", "Naam;Plaats;Lidgeld\nJan;Gent;10\nPiet;Brugge;12\nTotaal;;22\n", 1, 3, "1 header_line,4 total_line"},
		{"totals further in", "Naam;Voornaam;Plaats;Lidgeld\nJan;A;Gent;10\nPiet;B;Brugge;12\n;Totaal:;492\n", 1, 4, "1 header_line,4 total_line"},
		{"totals in words", "Nom;Prénom;Ville;Cotisation\nA;B;Paris;10\nC;D;Lyon;12\nNombre total d'adhérents :;2\nSous-total;;;22,00 €\n", 1, 4,
			"1 header_line,4 total_line,5 total_line"},
		{"count and mean", "Naam;A;B;C;D\nJan;x;y;z;w\nPiet;x1;y1;z1;w1\nAantal leden: 2\nGesamt;;;;2\n", 1, 5, "1 header_line,4 total_line,5 total_line"},
		{"members called Total", "Naam;Voornaam;Mail\nTotal;Jean;jean@example.org\nSoms;An;an@example.org\nSumarocca;P;p@example.org\nAantal;Piet;x@example.org\n", 1, 3,
			"1 header_line"},
		{"header again on every page", "Naam;Tel\nJan;0471\nAn;0472\nNaam;Tel\nPiet;0473\n", 1, 2, "1 header_line,4 header_line"},
		{"lines drawn", "Naam;Tel\n-----;-----\nJan;0471\n=======\nAn;-\n", 1, 2, "1 header_line,2 separator_line,4 separator_line"},
		{"marks for nothing", "Naam;Tel;Mail\n-;-;-\nJan;-\n*\n", 1, 3, "1 header_line,2 separator_line"},
		{"only a header", "Naam;Voornaam\n", 1, 2, "1 header_line"},
		{"nothing but numbers", "1;2\n3;4\n", 0, 2, ""},
		{"long texts first", strings.Repeat("woord ", 20) + ";x\na;b\nc;d\n", 0, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBytes(t, []byte(c.table), Options{Comma: ';'})
			sample, err := b.Sample("", 100)
			if err != nil {
				t.Fatal(err)
			}
			l := FindLayout(sample)
			if l.HeaderLine != c.header || l.Columns != c.width || len(l.Headers) != l.Columns {
				t.Errorf("%+v, want header in %d, %d columns", l, c.header, c.width)
			}
			var skipped []string
			for _, r := range all(t, b, "") {
				if why := l.Skip(r); why != "" {
					skipped = append(skipped, fmt.Sprint(r.Line, " ", why))
				}
			}
			if got := strings.Join(skipped, ","); got != c.skipped {
				t.Errorf("skipped %s, want %s", got, c.skipped)
			}
			if again, ok := LayoutAt(sample, l.HeaderLine); !ok || again.HeaderRow != l.HeaderRow || again.Headers[0] != l.Headers[0] {
				t.Errorf("chosen by hand: %+v", again)
			}
		})
	}
	if _, ok := LayoutAt(nil, 3); ok {
		t.Error("a header was found in a line that is not there")
	}
	if l := FindLayout(nil); l.HeaderRow != -1 || l.Columns != 0 {
		t.Errorf("of nothing: %+v", l)
	}
}
