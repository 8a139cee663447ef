package file

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many characters the name of a file has.
const maxName = 200

// CleanName makes a name fit for any computer and any page: no folders, nothing invisible or turning the direction of
// writing, no characters that Windows refuses, no dots or blanks at its ends, none of the names that mean devices, at most
// maxName characters. What nothing is left of is "".
func CleanName(name string) string {
	name = clean(name)
	if ext := path.Ext(name); utf8.RuneCountInString(name) > maxName && len(ext) <= 10 {
		return cut(strings.TrimSuffix(name, ext), maxName-len(ext)) + ext
	}
	return cut(name, maxName)
}

// clean is CleanName without an end to the name's length.
func clean(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	stem, _, _ := strings.Cut(name, ".")
	if devices[strings.ToUpper(strings.TrimSpace(stem))] {
		name = "_" + name
	}
	return name
}

// devices are names that Windows keeps for itself, whatever they end in.
var devices = map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true,
	"COM1": true, "COM2": true, "COM3": true, "COM4": true, "COM5": true, "COM6": true, "COM7": true, "COM8": true, "COM9": true,
	"LPT1": true, "LPT2": true, "LPT3": true, "LPT4": true, "LPT5": true, "LPT6": true, "LPT7": true, "LPT8": true, "LPT9": true}

// cut shortens a name to a number of characters.
func cut(name string, most int) string {
	if r := []rune(name); len(r) > most {
		name = strings.TrimRight(string(r[:most]), " .")
	}
	return name
}
