package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBool(t *testing.T) {
	for words, want := range map[string]string{
		"ja J oui O sí si SI yes Y true TRUE 1 x X ✓ Ja. waar":    "yes",
		"nee N non no NO false FALSE 0 neen Nein falso":           "no",
		"misschien 2 -1 ? ja/nee on/off janee truefalse Ω A v 01": "",
	} {
		for w := range strings.FieldsSeq(words) {
			v, ok := Bool(w)
			if ok != (want != "") || ok && v != (want == "yes") {
				t.Errorf("%s: %v %v", w, v, ok)
			}
		}
	}
	if _, ok := Bool(""); ok {
		t.Error("nothing is a yes or no")
	}
}

func TestGender(t *testing.T) {
	for words, want := range map[string]string{
		"V F Mme Mme. MME Mevr. Mevrouw mujer Sra. Mrs Mlle vrouw femme féminin ♀": "female",
		"M M. H Mr Dhr. Sr. hombre homme man masculin garçon varón":                "male",
		"X x overig autre other non-binary":                                        "other",
		"? onbekend":                                                               "unstated",
		"MV ja Dr. Piet -":                                                         "",
	} {
		for w := range strings.FieldsSeq(words) {
			if got, _ := Gender(w); got != want {
				t.Errorf("%s: %s, want %s", w, got, want)
			}
		}
	}
	for samples, want := range map[string]string{"H M H": "female", "M V X": "male", "M F": "male", "M M": "male", "H M F": "male"} {
		if got, _ := GendersOf(strings.Fields(samples)).Read("M"); got != want {
			t.Errorf("M in %s: %s", samples, got)
		}
	}
}

func TestMissing(t *testing.T) {
	for _, s := range []string{"-", "n/a", "N/A", "Geen", "sin correo", "À compléter", "por completar", "Néant", "?", "n.v.t.", "#N/A"} {
		if !Missing(s) {
			t.Errorf("%s is a value", s)
		}
	}
	for _, s := range []string{"", "0", "Jan", "nee", "Nathalie", "X Æ"} {
		if Missing(s) {
			t.Errorf("%q is missing", s)
		}
	}
}

func TestEmails(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		rest string
	}{
		{"a@example.org", []string{"a@example.org"}, ""},
		{"lucia4@ejemplo.es; nunezpena@ejemplo.es", []string{"lucia4@ejemplo.es", "nunezpena@ejemplo.es"}, ""},
		{"a@x.example, b@x.example c@x.example|d@x.example\ne@x.example", []string{"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example"}, ""},
		{"A@x.example; a@X.example", []string{"A@x.example"}, ""},
		{"Jan Jans <jan@x.example>", []string{"jan@x.example"}, "Jan Jans"},
		{"mailto:jan@x.example", []string{"jan@x.example"}, ""},
		{"sin correo", nil, "sin correo"},
		{"jan@", nil, "jan@"},
		{"@jan", nil, "@jan"},
		{" ;, - ", nil, ""},
		{"", nil, ""},
		{"o'neill@example.org.", []string{"o'neill@example.org"}, ""},
	} {
		got, rest := Emails(c.in)
		if diff := cmp.Diff(c.want, got); diff != "" || rest != c.rest {
			t.Errorf("%q: %s rest %q", c.in, diff, rest)
		}
	}
}

func TestPersonName(t *testing.T) {
	for in, want := range map[string]string{
		"Castaño Rey, Javier":       "Javier|Castaño Rey",
		"de la Fuente Gil,  Andrés": "Andrés|de la Fuente Gil",
		"Javier Castaño Rey":        "Javier|Castaño Rey",
		"Wout Van den Berghe":       "Wout|Van den Berghe",
		"DE LA TOUR François":       "François|DE LA TOUR",
		"Jean-Luc DE LA TOUR":       "Jean-Luc|DE LA TOUR",
		"J. DUPONT":                 "J.|DUPONT",
		"JEAN DUPONT":               "JEAN|DUPONT",
		"Ana MARÍA López":           "Ana|MARÍA López",
		"Piet":                      "Piet|",
		", Piet":                    "Piet|",
		"Piet,":                     "Piet|",
		"":                          "|",
		" Jan   Jans ":              "Jan|Jans",
	} {
		first, last := PersonName(in)
		if got := first + "|" + last; got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	for names, want := range map[string]string{
		"be|BE|BEL|Belgium|België|BELGIQUE|belgie|Bélgica|la Belgique|Belgien":                              "BE",
		"United Kingdom|UK|U.K.|GBR|England|Verenigd Koninkrijk|Royaume-Uni|Reino Unido|the United Kingdom": "GB",
		"Nederland|NL|Netherlands|The Netherlands|Holland|Pays-Bas|Países Bajos":                            "NL",
		"France|Frankrijk|Francia|FRA":                                               "FR",
		"España|Spain|Spanje|Espagne|espana":                                         "ES",
		"USA|U.S.A.|United States|États-Unis|Verenigde Staten|EE.UU.|Estados Unidos": "US",
		"Deutschland|Duitsland|Allemagne|Alemania":                                   "DE",
		"Côte d’Ivoire|Ivory Coast|Ivoorkust|Costa de Marfil":                        "CI",
		"Czechia|Czech Republic|Tsjechië":                                            "CZ",
		"Turkey|Türkiye|Turkije":                                                     "TR",
		"Bosnia and Herzegovina|Bosnia & Herzegovina":                                "BA",
		"Kosovo|XK":                   "XK",
		"Atlantis|ZZ|EU|B|Vlaams|12|": "",
	} {
		for name := range strings.SplitSeq(names, "|") {
			if got, ok := Country(name); got != want || ok != (want != "") {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
}
