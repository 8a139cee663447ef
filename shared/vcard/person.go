package vcard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Person is what an address book keeps of a card.
type Person struct {
	UID  string
	Kind string // "org" and "group" for what is no person, else ""

	FullName   string // as shown
	FirstName  string
	Middle     string // further given names
	Prefix     string // "van den": what of the last name is not sorted by
	LastName   string // without the prefix
	Honorific  string
	Suffix     string
	Nickname   string
	BirthDate  string // 2006-01-02, "" also where the year is not told
	Gender     string // male, female, other, none or unknown
	Languages  []string
	Emails     []Way
	Phones     []Way
	Addresses  []Address
	Websites   []string
	Employer   string
	Department string
	JobTitle   string
	Occupation string // ROLE: what somebody does there
	Categories []string
	Note       string
}

// Way is an e-mail address or a telephone number.
type Way struct {
	Value string
	Types []string // home, work, cell, fax, pager ...; none says nothing
	Label string   // in somebody's own words
	Main  bool
}

// Address is a postal address. Where only the line is known, Street holds it with the number.
type Address struct {
	Types    []string
	Label    string
	Street   string
	Number   string
	Box      string
	Postcode string
	Town     string
	Region   string
	Country  string // its name
	Code     string // ISO 3166-1 alpha-2, where it is told
	Main     bool
}

// genders by the letter of the standard.
var genders = []struct{ letter, word string }{{"M", "male"}, {"F", "female"}, {"O", "other"}, {"N", "none"}, {"U", "unknown"}}

// Person reads what a card says of somebody.
func (c Card) Person() Person {
	var p Person
	labels := map[string]string{}
	for _, prop := range c.Properties {
		if prop.Name == "X-ABLABEL" && prop.Group != "" {
			label := prop.Text()
			if strings.HasPrefix(label, "_$!<") {
				label = strings.TrimSuffix(strings.TrimPrefix(label, "_$!<"), ">!$_")
			}
			labels[prop.Group] = label
		}
	}
	var sortAs string
	for _, prop := range c.Properties {
		text := strings.TrimSpace(prop.Text())
		if text == "" {
			continue
		}
		switch prop.Name {
		case "UID":
			p.UID = cmp.Or(p.UID, text)
		case "KIND", "X-ADDRESSBOOKSERVER-KIND":
			if kind := strings.ToLower(text); kind == "org" || kind == "group" {
				p.Kind = kind
			}
		case "FN":
			p.FullName = cmp.Or(p.FullName, text)
		case "N":
			if p.FirstName+p.Middle+p.LastName != "" {
				continue
			}
			n := prop.Parts()
			p.LastName, p.FirstName, p.Middle, p.Honorific, p.Suffix = part(n, 0), part(n, 1), part(n, 2), part(n, 3), part(n, 4)
			if as := prop.Param("SORT-AS"); len(as) > 0 {
				sortAs = as[0]
			}
		case "SORT-STRING":
			sortAs = cmp.Or(sortAs, text)
		case "NICKNAME":
			p.Nickname = cmp.Or(p.Nickname, strings.Join(prop.List(), ", "))
		case "BDAY":
			p.BirthDate = cmp.Or(p.BirthDate, day(prop, text))
		case "GENDER", "X-GENDER":
			p.Gender = cmp.Or(p.Gender, gender(prop))
		case "LANG", "X-LANGUAGE":
			p.Languages = append(p.Languages, text)
		case "EMAIL":
			p.Emails = append(p.Emails, way(prop, strings.TrimPrefix(text, "mailto:"), labels))
		case "TEL":
			p.Phones = append(p.Phones, way(prop, telephone(text), labels))
		case "ADR":
			if a := address(prop, labels); a.line() != "" {
				p.Addresses = append(p.Addresses, a)
			}
		case "URL":
			p.Websites = append(p.Websites, text)
		case "ORG":
			if p.Employer == "" {
				parts := prop.Parts()
				p.Employer, p.Department = part(parts, 0), part(parts, 1)
			}
		case "TITLE":
			p.JobTitle = cmp.Or(p.JobTitle, text)
		case "ROLE":
			p.Occupation = cmp.Or(p.Occupation, text)
		case "CATEGORIES":
			p.Categories = append(p.Categories, prop.List()...)
		case "NOTE":
			if p.Note != "" {
				p.Note += "\n"
			}
			p.Note += text
		}
	}
	family, _, _ := strings.Cut(sortAs, ",") // with the given name behind it
	for _, as := range []string{sortAs, family} {
		if before, ok := strings.CutSuffix(p.LastName, " "+as); ok && as != "" {
			p.Prefix, p.LastName = before, as
			break
		}
	}
	main(p.Emails, func(w *Way) *bool { return &w.Main })
	main(p.Phones, func(w *Way) *bool { return &w.Main })
	main(p.Addresses, func(a *Address) *bool { return &a.Main })
	return p
}

// main leaves one main of several, the first.
func main[T any](list []T, mark func(*T) *bool) {
	had := false
	for i := range list {
		m := mark(&list[i])
		*m = *m && !had
		had = had || *m
	}
}

func part(parts [][]string, n int) string {
	if n >= len(parts) {
		return ""
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(parts[n]), func(s string) bool { return s == "" }), ", ")
}

// day reads a date; "" for one without year, or none at all.
func day(p Property, text string) string {
	if len(p.Param("X-APPLE-OMIT-YEAR")) > 0 {
		return ""
	}
	text, _, _ = strings.Cut(text, "T")
	for _, layout := range []string{time.DateOnly, "20060102"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

func gender(p Property) string {
	text := strings.TrimSpace(p.Parts()[0][0])
	for _, g := range genders {
		if strings.EqualFold(text, g.letter) || strings.EqualFold(text, g.word) {
			return g.word
		}
	}
	return ""
}

// telephone gives a number without what a URI puts around it.
func telephone(text string) string {
	rest, ok := strings.CutPrefix(text, "tel:")
	if !ok {
		return text
	}
	number, params, _ := strings.Cut(rest, ";")
	for param := range strings.SplitSeq(params, ";") {
		if ext, ok := strings.CutPrefix(param, "ext="); ok {
			number += " ext " + ext
		}
	}
	return number
}

// types gives what a property is to somebody, without what says nothing.
func types(p Property) []string {
	var list []string
	for _, t := range p.Param("TYPE") {
		t = strings.ToLower(t)
		if !slices.Contains([]string{"internet", "pref", "voice", "msg", "text", "postal", "parcel", "dom", "intl"}, t) && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

func way(p Property, value string, labels map[string]string) Way {
	return Way{Value: strings.TrimSpace(value), Types: types(p), Label: labels[p.Group], Main: p.Preference() == 1}
}

// address reads a postal address: its seven classic components, or the exact ones of RFC 9554 where they are given.
func address(p Property, labels map[string]string) Address {
	n := p.Parts()
	a := Address{Types: types(p), Label: labels[p.Group], Main: p.Preference() == 1, Street: part(n, 2), Town: part(n, 3), Region: part(n, 4),
		Postcode: part(n, 5), Country: part(n, 6)}
	for _, extra := range []string{part(n, 1), part(n, 0)} { // apartment or building, post box
		if extra != "" {
			a.Street = strings.TrimPrefix(a.Street+", "+extra, ", ")
		}
	}
	a.Street = strings.Join(strings.Fields(strings.ReplaceAll(a.Street, "\n", ", ")), " ")
	if len(n) > 11 && part(n, 11) != "" {
		a.Street, a.Number, a.Box = part(n, 11), part(n, 10), part(n, 8)
	}
	if cc := p.Param("CC"); len(cc) > 0 && len(cc[0]) == 2 {
		a.Code = strings.ToUpper(cc[0])
	}
	return a
}

func (a Address) line() string {
	return a.Street + a.Number + a.Box + a.Postcode + a.Town + a.Region + a.Country + a.Code
}

// Card writes what is known of somebody, as a card of a version. A gender of none or unknown is told in 4.0 alone.
func (p Person) Card(v Version) Card {
	c := Card{Version: v}
	add := func(prop Property) {
		if strings.Trim(prop.Value, ";,") != "" || prop.Name == "N" || prop.Name == "FN" {
			c.Properties = append(c.Properties, prop)
		}
	}
	if v == V4 && p.Kind != "" {
		add(Text("KIND", p.Kind))
	}
	add(Text("UID", p.UID))
	add(Text("FN", cmp.Or(p.FullName, joined(" ", p.FirstName, p.Middle, p.Prefix, p.LastName), p.Employer)))
	name := Structured("N", [][]string{{joined(" ", p.Prefix, p.LastName)}, {p.FirstName}, {p.Middle}, {p.Honorific}, {p.Suffix}})
	if p.Prefix != "" && p.LastName != "" {
		if v == V4 {
			name.Params = []Param{{"SORT-AS", []string{p.LastName}}}
		} else {
			add(Text("SORT-STRING", p.LastName))
		}
	}
	add(name)
	add(Text("NICKNAME", p.Nickname))
	add(Text("BDAY", p.BirthDate))
	p.gender(v, add)
	for _, l := range p.Languages {
		if v == V4 {
			add(Text("LANG", l))
		} else {
			add(Text("X-LANGUAGE", l))
		}
	}
	items := 0
	labelled := func(prop Property, label string) {
		if prop.Value != "" && label != "" {
			items++
			prop.Group = fmt.Sprintf("item%d", items)
			add(prop)
			l := Text("X-ABLABEL", label)
			l.Group = prop.Group
			add(l)
			return
		}
		add(prop)
	}
	for _, e := range p.Emails {
		labelled(Text("EMAIL", e.Value, marks(v, e.Types, e.Main)...), e.Label)
	}
	for _, t := range p.Phones {
		labelled(Text("TEL", t.Value, marks(v, t.Types, t.Main)...), t.Label)
	}
	for _, a := range p.Addresses {
		labelled(a.property(v), a.Label)
	}
	for _, u := range p.Websites {
		add(Property{Name: "URL", Value: escape(u)})
	}
	add(Structured("ORG", [][]string{{p.Employer}, {p.Department}}))
	add(Text("TITLE", p.JobTitle))
	add(Text("ROLE", p.Occupation))
	add(List("CATEGORIES", p.Categories))
	add(Text("NOTE", p.Note))
	return c
}

func (p Person) gender(v Version, add func(Property)) {
	for _, g := range genders {
		switch {
		case g.word != p.Gender:
		case v == V4:
			add(Text("GENDER", g.letter))
		case g.letter != "N" && g.letter != "U":
			add(Text("X-GENDER", g.word))
		}
	}
}

// marks gives the parameters that say what something is to somebody.
func marks(v Version, types []string, main bool) []Param {
	var params []Param
	types = slices.Clone(types)
	if main && v != V4 {
		types = append(types, "pref")
	}
	if len(types) > 0 {
		params = append(params, Param{"TYPE", types})
	}
	if main && v == V4 {
		params = append(params, Param{"PREF", []string{"1"}})
	}
	return params
}

func (a Address) property(v Version) Property {
	params := marks(v, a.Types, a.Main)
	line := joined(" ", a.Street, joined("/", a.Number, a.Box))
	parts := [][]string{{""}, {""}, {line}, {a.Town}, {a.Region}, {a.Postcode}, {a.Country}}
	if v != V4 {
		return Structured("ADR", parts, params...)
	}
	if a.Code != "" {
		params = append(params, Param{"CC", []string{a.Code}})
	}
	if a.Number != "" || a.Box != "" {
		// room, apartment, floor, number, street; building, block, subdistrict, district, landmark, direction
		parts = append(parts, []string{""}, []string{a.Box}, []string{""}, []string{a.Number}, []string{a.Street})
		for range 6 {
			parts = append(parts, []string{""})
		}
	}
	return Structured("ADR", parts, params...)
}

func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}
