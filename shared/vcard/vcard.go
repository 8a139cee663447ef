// Package vcard reads and writes electronic business cards: vCard 2.1 as telephones and old mail programs write it, 3.0
// (RFC 2426) and 4.0 (RFC 6350), with the address parts of RFC 9554 and the country codes of RFC 8605.
//
// A card is read as what it is, a list of properties; Person makes of it what an address book keeps, whatever dialect it
// was written in, and the other way round. Reading is a stream: the memory used depends on the largest card, which is
// bounded, and not on the number of cards. Nothing a card refers to is fetched.
//
// What programs write and no standard allows is read as it is meant: lines that end in any mixture of CR and LF,
// parameters without a name, texts that are not UTF-8 (then Windows-1252), base64 without indentation, cards that are not
// ended. Refusals are those of package sheet: file_empty for a file without a card (Invalid), file_too_many_rows for more
// than MaxCards, file_damaged for a card beyond MaxCard (argument "line").
package vcard

import (
	"slices"
	"strconv"
	"strings"
)

// Limits of what is read.
const (
	MaxCards      = 200_000
	MaxCard       = 4 << 20 // bytes of a card with its pictures
	maxValue      = 1 << 20 // bytes of one value; a longer one is left out
	maxProperties = 1000    // of a card; further ones are left out
	maxNesting    = 16      // of cards within cards, which are left out
)

// Version is the edition of the standard a card is written in.
type Version string

// The versions that are written; 2.1 is only read.
const (
	V21 Version = "2.1"
	V3  Version = "3.0"
	V4  Version = "4.0"
)

// Card is one business card.
type Card struct {
	Version    Version
	Line       int // of the file, on which it begins
	Properties []Property
	Flaw       bool // it is not ended, or something of it was left out
}

// Property is one statement of a card.
type Property struct {
	Group  string // "item1" in item1.EMAIL
	Name   string // in capitals
	Params []Param
	Value  string // with its escapes; transfer encoding and folding undone
	old    bool   // of version 2.1, where commas separate nothing
}

// Param is a parameter of a property: its name in capitals and its values.
type Param struct {
	Name   string
	Values []string
}

// Param gives the values of a parameter, put together when it is there several times.
func (p Property) Param(name string) []string {
	var values []string
	for _, param := range p.Params {
		if param.Name == name {
			values = append(values, param.Values...)
		}
	}
	return values
}

// Is reports whether the property has one of some types, whatever the dialect says them in.
func (p Property) Is(types ...string) bool {
	return slices.ContainsFunc(p.Param("TYPE"), func(have string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(have, t) })
	})
}

// Preference is 1 for what is preferred most, to 100, and 101 for what says nothing.
func (p Property) Preference() int {
	for _, v := range p.Param("PREF") {
		if n, err := strconv.Atoi(v); err == nil && n >= 1 && n <= 100 {
			return n
		}
	}
	if p.Is("pref") {
		return 1
	}
	return 101
}

// Text gives the value as one text.
func (p Property) Text() string { return unescape(p.Value) }

// List gives the values between unescaped commas; of version 2.1 also those between semicolons.
func (p Property) List() []string {
	var list []string
	for _, c := range split(p.Value, ',') {
		parts := []string{c}
		if p.old {
			parts = split(c, ';')
		}
		for _, part := range parts {
			if text := strings.TrimSpace(unescape(part)); text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

// Parts gives the components between unescaped semicolons, each with its values between unescaped commas.
func (p Property) Parts() [][]string {
	var parts [][]string
	for _, c := range split(p.Value, ';') {
		values := []string{c}
		if !p.old {
			values = split(c, ',')
		}
		for i := range values {
			values[i] = strings.TrimSpace(unescape(values[i]))
		}
		parts = append(parts, values)
	}
	return parts
}

// split cuts at a character that is not escaped.
func split(s string, at byte) []string {
	var parts []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case at:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// unescape undoes the escapes of a text. A backslash before any other character is one that somebody typed.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch i++; s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case '\\', ';', ',', ':':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// escape makes a text one value.
func escape(s string) string { return escaper.Replace(s) }

// Text makes a property of one text.
func Text(name, value string, params ...Param) Property {
	return Property{Name: name, Params: params, Value: escape(value)}
}

// List makes a property of several values.
func List(name string, values []string, params ...Param) Property {
	return Property{Name: name, Params: params, Value: join(values, ",")}
}

// Structured makes a property of components, each of several values.
func Structured(name string, parts [][]string, params ...Param) Property {
	var all []string
	for _, values := range parts {
		all = append(all, join(values, ","))
	}
	return Property{Name: name, Params: params, Value: strings.Join(all, ";")}
}

func join(values []string, by string) string {
	var all []string
	for _, v := range values {
		all = append(all, escape(v))
	}
	return strings.Join(all, by)
}
