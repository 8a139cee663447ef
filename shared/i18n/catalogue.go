package i18n

import (
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed catalogue
var files embed.FS

// message is one entry: a plain text under "other", or plural forms by CLDR category. "zero", where given, is the
// text for exactly none ("No contacts").
type message map[string]string

// UnmarshalJSON reads a text or an object of forms.
func (m *message) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*m = message{"other": text}
		return nil
	}
	return json.Unmarshal(data, (*map[string]string)(m))
}

// catalogues holds each language's texts once they were needed.
var catalogues = func() map[Language]func() map[string]message {
	all := map[Language]func() map[string]message{}
	for _, l := range Languages() {
		all[l] = sync.OnceValue(func() map[string]message { return load(l) })
	}
	return all
}()

func catalogue(l Language) map[string]message { return catalogues[l]() }

// load reads a language's files. They are part of the binary and proved by the tests, so a mistake is a panic.
func load(l Language) map[string]message {
	texts := map[string]message{}
	for _, name := range areas(l) {
		area := map[string]message{}
		data, err := files.ReadFile(path.Join("catalogue", string(l), name))
		if err == nil {
			err = json.Unmarshal(data, &area)
		}
		if err != nil {
			panic(fmt.Sprintf("i18n: %s/%s: %v", l, name, err))
		}
		for key, m := range area {
			texts[key] = m
		}
	}
	return texts
}

// areas names a language's files.
func areas(l Language) []string {
	entries, err := fs.ReadDir(files, path.Join("catalogue", string(l)))
	if err != nil {
		panic("i18n: " + err.Error())
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// Keys lists every key of the catalogues, sorted.
func Keys() []string {
	texts := catalogue(English)
	keys := make([]string, 0, len(texts))
	for key := range texts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Has reports whether there is a text for key. Codes that an organisation may have added itself (the values of its
// lists) are asked for with Has first.
func (p *Printer) Has(key string) bool {
	_, ok := p.texts[key]
	return ok
}

// T gives the text of key. args are the names and values of its arguments in pairs; values are strings or whole
// numbers, which are written as Number does.
func (p *Printer) T(key string, args ...any) string {
	m, ok := p.texts[key]
	if !ok {
		return p.missing(key)
	}
	return p.fill(key, m["other"], args)
}

// N gives the text of key for n of something: {n} in it is the number as Number writes it. Further arguments are as
// for T.
func (p *Printer) N(key string, n int, args ...any) string {
	m, ok := p.texts[key]
	if !ok {
		return p.missing(key)
	}
	text, ok := m[category(p.language, n)]
	if n == 0 {
		if zero, has := m["zero"]; has {
			text, ok = zero, true
		}
	}
	if !ok {
		text = m["other"]
	}
	return p.fill(key, text, append([]any{"n", n}, args...))
}

// fill puts the arguments into a text.
func (p *Printer) fill(key, text string, args []any) string {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		return text
	}
	var b strings.Builder
	for open >= 0 {
		b.WriteString(text[:open])
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(p.argument(key, text[open+1:open+end], args))
		text = text[open+end+1:]
		open = strings.IndexByte(text, '{')
	}
	b.WriteString(text)
	return b.String()
}

// argument gives the value of the named argument.
func (p *Printer) argument(key, name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case int:
			return p.Number(int64(v))
		case int64:
			return p.Number(v)
		case fmt.Stringer:
			return v.String()
		}
		p.defect("argument of an unknown type", key, name)
		return ""
	}
	p.defect("argument missing", key, name)
	return ""
}

// missing stands in for a text that is not there.
func (p *Printer) missing(key string) string {
	p.defect("text missing", key, "")
	return Spell(key)
}

// defect reports a mistake of ours: loudly in a test binary, to the log elsewhere. The test flags are looked for by
// name because production code does not import package testing.
func (p *Printer) defect(what, key, name string) {
	if flag.Lookup("test.v") != nil {
		panic(fmt.Sprintf("i18n: %s: key %q, argument %q, language %s", what, key, name, p.language))
	}
	slog.Error("i18n: "+what, "key", key, "argument", name, "language", string(p.language))
}

// Spell makes words of the last part of a dotted key or field path: "field.contact.lastName" reads "Last name".
func Spell(key string) string {
	key = key[strings.LastIndexByte(key, '.')+1:]
	var b strings.Builder
	for i, r := range key {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		case r == '_' || r == '-':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
