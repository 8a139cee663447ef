// Package svg makes drawings of foreign origin safe to show. An SVG is a document that can hold scripts, load what it
// likes, and unfold into more than any machine can draw; what Clean gives is a new document made only of shapes, text
// and colours that are on its lists.
//
// Guarantees. Whatever is not on the lists of elements, attributes, properties and values is left out: scripts, events,
// links, styles from elsewhere, pictures, animation, foreign vocabularies, comments, processing instructions. Every
// address in the result points into the drawing itself ("#name"). A document type with declarations, an entity, text
// that is not UTF-8, XML that is not well-formed, or a drawing that grows beyond bounds is refused. The result is
// well-formed, and cleaning it again gives the same bytes.
package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of a drawing.
const (
	MaxBytes    = 5 << 20
	maxDepth    = 64
	maxElements = 20_000
	maxDrawn    = 100_000 // elements once every use of another is unfolded
)

// Space is the vocabulary of SVG.
const Space = "http://www.w3.org/2000/svg"

const linkSpace = "http://www.w3.org/1999/xlink"

// node is an element that is kept, or a text.
type node struct {
	name     string // "" for a text
	text     string
	attrs    []attr
	children []*node
	drawn    int // elements it is drawn with; 0 while not counted, -1 while counting
}

type attr struct{ name, value string }

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// Clean reads a drawing and writes what is harmless of it. Faults, Invalid at the path "file": svg_type when it is no SVG
// or not in UTF-8, file_damaged when it is not well-formed, svg_entities, svg_complex, file_empty, file_too_large.
func Clean(data []byte) ([]byte, error) {
	switch {
	case len(data) == 0:
		return nil, fault.Bad("file", "file_empty")
	case len(data) > MaxBytes:
		return nil, fault.Bad("file", "file_too_large")
	case !utf8.Valid(data):
		return nil, fault.Bad("file", "svg_type")
	}
	root, err := parse(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	if err := bounded(root, root.styles()); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	root.write(&b, true)
	return b.Bytes(), nil
}

// parser builds the tree of what is kept.
type parser struct {
	tokens   *xml.Decoder
	open     []*node // from the root to the element the next token is in
	skipped  int     // depth below an element that is left out
	elements int
	root     *node
}

func parse(data []byte) (*node, error) {
	p := &parser{tokens: xml.NewDecoder(bytes.NewReader(data))}
	p.tokens.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, fault.Bad("file", "svg_type") }
	for {
		token, err := p.tokens.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			var f *fault.Fault
			if errors.As(err, &f) {
				return nil, f
			}
			if p.root == nil && len(p.open) == 0 {
				return nil, fault.Bad("file", "svg_type")
			}
			return nil, fault.Bad("file", "file_damaged")
		}
		if err := p.take(token); err != nil {
			return nil, err
		}
	}
	if p.root == nil {
		return nil, fault.Bad("file", "svg_type")
	}
	return p.root, nil
}

func (p *parser) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if bytes.ContainsRune(t, '[') {
			return fault.Bad("file", "svg_entities")
		}
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		if p.skipped > 0 {
			p.skipped--
		} else {
			p.open = p.open[:len(p.open)-1]
		}
	case xml.CharData:
		if p.skipped == 0 && len(p.open) > 0 {
			if in := p.open[len(p.open)-1]; holdsText[in.name] {
				in.children = append(in.children, &node{text: string(t)})
			}
		}
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	if p.elements++; p.elements > maxElements || len(p.open)+p.skipped >= maxDepth {
		return fault.Bad("file", "svg_complex")
	}
	if p.root == nil {
		if t.Name.Local != "svg" || t.Name.Space != Space {
			return fault.Bad("file", "svg_type")
		}
	} else if p.skipped > 0 || len(p.open) == 0 || t.Name.Space != Space || !elements[t.Name.Local] {
		p.skipped++
		return nil
	}
	n := &node{name: t.Name.Local}
	for _, a := range t.Attr {
		n.keep(a)
	}
	if p.root == nil {
		p.root = n
	} else {
		parent := p.open[len(p.open)-1]
		parent.children = append(parent.children, n)
	}
	p.open = append(p.open, n)
	return nil
}

// keep adds an attribute if it is harmless.
func (n *node) keep(a xml.Attr) {
	name, value := a.Name.Local, strings.TrimSpace(a.Value)
	switch {
	case a.Name.Space == linkSpace && name == "href", a.Name.Space == "" && name == "href":
		if name = "href"; !linked[n.name] || !local(value) || n.attr(name) != "" {
			return
		}
	case a.Name.Space != "":
		return
	case name == "style":
		if value = declarations(value); value == "" {
			return
		}
	case name == "id" || name == "class":
		if !plainNames(value) {
			return
		}
	case properties[name]:
		if !harmless(value) {
			return
		}
	case attributes[name]:
		if !plainValue(value) {
			return
		}
	default:
		return
	}
	for _, had := range n.attrs {
		if had.name == name {
			return
		}
	}
	n.attrs = append(n.attrs, attr{name, value})
}

// styles cleans the style sheets below an element, now that all their text is together, and gives their rules.
func (n *node) styles() []rule {
	var all []rule
	if n.name == "style" {
		var text strings.Builder
		for _, c := range n.children {
			text.WriteString(c.text)
		}
		all = sheet(text.String())
		n.children = []*node{{text: write(all)}}
		return all
	}
	for _, c := range n.children {
		all = append(all, c.styles()...)
	}
	return all
}

// write writes the element.
func (n *node) write(b *bytes.Buffer, root bool) {
	if n.name == "" {
		escape(b, n.text)
		return
	}
	b.WriteString("<" + n.name)
	if root {
		b.WriteString(` xmlns="` + Space + `"`)
	}
	for _, a := range n.attrs {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value)
		b.WriteByte('"')
	}
	if len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, c := range n.children {
		c.write(b, false)
	}
	b.WriteString("</" + n.name + ">")
}

// escape writes text so that it means itself in an element and in an attribute.
func escape(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a buffer takes everything
}

// Likely reports whether a file may be a drawing: text that has the root element near its beginning. It says so to choose
// who judges the file; Clean judges it.
func Likely(data []byte) bool {
	head := data[:min(len(data), 64<<10)]
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("<")) && bytes.Contains(head, []byte("<svg"))
}
