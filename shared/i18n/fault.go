package i18n

import (
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// Fault gives the sentence for a refusal: what happened, in the reader's words. It is the text of the fault's code;
// a code without a text, or one whose arguments are not all there, gives the text of its kind. nil gives "".
func (p *Printer) Fault(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	if text, ok := p.sentence("fault."+f.Code, f.Args); ok {
		return text
	}
	return p.T("fault." + f.Kind.String())
}

// Field gives the sentence for one wrong value, to stand beside the field: that of "fault.<code>.field" where there is
// one, since some codes are of whole requests too. An unknown code gives a general sentence.
func (p *Printer) Field(f fault.Field) string {
	if text, ok := p.sentence("fault."+f.Code+".field", f.Args); ok {
		return text
	}
	if text, ok := p.sentence("fault."+f.Code, f.Args); ok {
		return text
	}
	return p.T("fault.field")
}

// sentence gives the text of key when there is one and args holds all it needs.
func (p *Printer) sentence(key string, args fault.Args) (string, bool) {
	m, ok := p.texts[key]
	if !ok {
		return "", false
	}
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, p.figure(name, value))
	}
	for _, name := range arguments(m["other"]) {
		if _, ok := args[name]; !ok {
			return "", false
		}
	}
	return p.T(key, pairs...), true
}

// figures are the arguments of faults that hold numbers or dates as programs write them.
var figures = map[string]bool{"min": true, "max": true, "want": true, "line": true, "n": true}

// figure writes such an argument for a reader: "1900-01-01" as 01/01/1900, "200000" as 200,000.
func (p *Printer) figure(name, value string) string {
	if !figures[name] {
		return value
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return p.Number(n)
	}
	return p.Date(value)
}

// arguments lists the names of the {arguments} in a text, in the order they appear.
func arguments(text string) []string {
	var names []string
	for {
		open := strings.IndexByte(text, '{')
		end := strings.IndexByte(text, '}')
		if open < 0 || end < open {
			return names
		}
		names = append(names, text[open+1:end])
		text = text[end+1:]
	}
}
