package vcard

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes cards one after the other.
type Writer struct {
	w       *bufio.Writer
	version Version
}

// NewWriter writes cards of version 3.0 or 4.0. Close ends them but does not close what lies below.
func NewWriter(w io.Writer, v Version) *Writer { return &Writer{bufio.NewWriterSize(w, 32<<10), v} }

// Card writes a card. The version is the writer's, whatever the card says.
func (w *Writer) Card(c Card) error {
	w.line("BEGIN:VCARD")
	w.line("VERSION:" + string(w.version))
	for _, p := range c.Properties {
		w.line(format(p))
	}
	return w.line("END:VCARD")
}

// Close writes what is still held back.
func (w *Writer) Close() error { return w.w.Flush() }

func format(p Property) string {
	var b strings.Builder
	if p.Group != "" {
		b.WriteString(p.Group + ".")
	}
	b.WriteString(p.Name)
	for _, param := range p.Params {
		b.WriteString(";" + param.Name + "=")
		for i, v := range param.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			v = caretsOf.Replace(v)
			if strings.ContainsAny(v, ":;, ") {
				v = `"` + v + `"`
			}
			b.WriteString(v)
		}
	}
	b.WriteString(":" + strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(p.Value))
	return clean(strings.ToValidUTF8(b.String(), "\uFFFD"))
}

var caretsOf = strings.NewReplacer("^", "^^", "\r\n", "^n", "\n", "^n", "\r", "^n", `"`, "^'")

// line writes a line in pieces of at most 75 bytes, never cut within a character.
func (w *Writer) line(s string) error {
	for most := 75; len(s) > most; most = 74 {
		n := most
		for !utf8.RuneStart(s[n]) {
			n--
		}
		w.w.WriteString(s[:n])
		w.w.WriteString("\r\n ")
		s = s[n:]
	}
	w.w.WriteString(s)
	_, err := w.w.WriteString("\r\n")
	return err
}
