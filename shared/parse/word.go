package parse

import (
	"strings"

	"github.com/muster-crm/muster/shared/fold"
)

var (
	yes = set("yes y true t 1 on x ok checked ja j waar aan oui o vrai si s verdadero wahr ✓ ✔ ☑ ✅")
	no  = set("no n false f 0 off nee neen onwaar uit non faux falso nein falsch ✗ ✘ ☐ ❌")
)

// Bool reads a yes or no in any of the languages, as a word, a letter, a digit or a mark.
func Bool(s string) (value, ok bool) {
	s = strings.TrimRight(fold.String(s), ".!")
	switch {
	case yes[s]:
		return true, true
	case no[s]:
		return false, true
	}
	return false, false
}

// missing are the ways to write that there is nothing.
var missing = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range []string{"-", "--", "---", "–", "—", "/", "?", "??", "???", ".", "..", "...", "x", "xx", "xxx",
		"n/a", "na", "n.a.", "n/d", "nd", "n.d.", "none", "null", "nil", "nan", "unknown", "not known", "no email", "no e-mail", "no mail", "no phone",
		"tbd", "tbc", "to be completed",
		"nvt", "n.v.t.", "n.v.t", "geen", "onbekend", "geen email", "geen e-mail", "geen mail", "geen gsm", "geen telefoon", "aan te vullen", "in te vullen",
		"neant", "aucun", "aucune", "inconnu", "inconnue", "pas de mail", "pas d'email", "pas d'e-mail", "sans", "a completer", "non renseigne",
		"ninguno", "ninguna", "desconocido", "desconocida", "sin correo", "sin email", "sin e-mail", "sin telefono", "sin movil", "sin datos", "no tiene",
		"por completar", "pendiente de completar",
		"keine", "keiner", "unbekannt", "entfallt", "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"} {
		m[fold.String(s)] = true
	}
	return m
}()

// Missing says whether a text stands for no value at all: "-", "n/a", "geen", "sin correo", "à compléter". It is for
// fields where such a word cannot be a value: addresses, numbers, dates.
func Missing(s string) bool { return missing[fold.String(s)] }

// Genders reads the values of a column of genders.
type Genders struct {
	spanish bool // M is mujer
}

// GendersOf finds out what the letters of a column mean: M is a man beside V or F, and a woman beside H, as Spanish
// lists have it.
func GendersOf(samples []string) Genders {
	var h, f, v, m bool
	for _, s := range samples {
		switch fold.String(s) {
		case "h", "hombre":
			h = true
		case "m":
			m = true
		case "f":
			f = true
		case "v":
			v = true
		}
	}
	return Genders{spanish: h && m && !f && !v}
}

// Read gives the gender: female, male, other or unstated. ok is false for a text that says none.
func (g Genders) Read(s string) (gender string, ok bool) {
	s = strings.TrimRight(fold.String(s), ".")
	if s == "m" && g.spanish {
		return "female", true
	}
	gender, ok = genders[s]
	return gender, ok
}

// Gender reads a gender without knowing its column: a letter, a word or a title, such as M, V, X, Mme, Dhr. or hombre.
func Gender(s string) (gender string, ok bool) { return Genders{}.Read(s) }

var genders = func() map[string]string {
	m := map[string]string{}
	for gender, words := range map[string]string{
		"female": "f v w female woman girl vrouw vrouwelijk meisje femme feminin fille mujer femenino nina chica frau weiblich " +
			"mme mlle madame mademoiselle mrs ms miss mevrouw mevr mw mej mejuffrouw sra srta dna dona senora senorita fr ♀",
		"male": "m h male man boy mannelijk jongen homme masculin garcon hombre masculino varon nino chico herr mannlich " +
			"mr monsieur mister dhr heer meneer sr d don senor hr ♂",
		"other": "x o other anders overig autre otro otra divers andere nonbinary non-binary nonbinair non-binair " +
			"non-binaire nobinario mx d/x diverse",
		"unstated": "u ? unknown unstated onbekend inconnu desconocido unbekannt",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = gender
		}
	}
	for _, s := range []string{"not stated", "niet opgegeven", "non precise", "no indicado", "prefer not to say", "zeg ik liever niet"} {
		m[s] = "unstated"
	}
	m["no binario"], m["non binaire"], m["non binary"] = "other", "other", "other"
	return m
}()
