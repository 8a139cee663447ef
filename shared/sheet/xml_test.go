package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// events walks over a part and writes down what the scanner gives, texts in one piece.
func events(r io.Reader) string {
	var b strings.Builder
	s, err := newScanner(r)
	if err != nil {
		return err.Error()
	}
	var text []byte
	for {
		kind, err := s.next()
		if kind != tokenText && len(text) > 0 {
			fmt.Fprintf(&b, "%q ", text)
			text = text[:0]
		}
		switch {
		case err != nil:
			return b.String() + err.Error()
		case kind == tokenText:
			if text, err = appendText(text, s.text, s.cdata); err != nil {
				return b.String() + err.Error()
			}
		case kind == tokenEnd:
			fmt.Fprintf(&b, "/%s ", s.name)
		case kind == tokenEOF:
			return b.String() + "end"
		default:
			fmt.Fprintf(&b, "%s", s.name)
			for {
				name, value, ok, err := s.attr()
				if err != nil {
					return b.String() + err.Error()
				}
				if !ok {
					break
				}
				fmt.Fprintf(&b, " %s=%s", name, value)
			}
			b.WriteByte(' ')
		}
	}
}

// TestScanner reads XML in pieces of every size, with windows that end anywhere.
func TestScanner(t *testing.T) {
	long := strings.Repeat("0123456789 ", 9000)
	for _, c := range []struct{ xml, want string }{
		{`<a/>`, "a /a end"},
		{`<?xml version="1.0"?><!-- x --><a b='1' c = "2>" d:e=''><f/>g</a > <!-- y -->`, `a b=1 c=2> d:e= f /f "g" /a " " end`},
		{"<a>x\r\ny\rz&amp;&#65;&#x42;<![CDATA[<&amp;]]]]><![CDATA[>]]></a>", `a "x\ny\nz&AB<&amp;]]>" /a end`},
		{"<a>" + long + "<b/>" + long + "</a>", fmt.Sprintf("a %q b /b %q /a end", long, long)},
		{"<a><![CDATA[" + long + "]]></a>", fmt.Sprintf("a %q /a end", long)},
		{"<a><!--" + long + "-->x<?" + long + "?></a>", `a "x" /a end`},
		{"<a b='" + long + "'/>", "a b=" + long + " /a end"},
		{"<a>" + strings.Repeat("&amp;", 20_000) + "</a>", fmt.Sprintf("a %q /a end", strings.Repeat("&", 20_000))},
		{"<a>" + strings.Repeat("\r\n", 40_000) + "</a>", fmt.Sprintf("a %q /a end", strings.Repeat("\n", 40_000))},
		{"<a><b></a></b>", "a b " + errXML.Error()},
		{"<a>", "a " + io.ErrUnexpectedEOF.Error()},
		{"", io.ErrUnexpectedEOF.Error()},
		{"<a/><b/>", "a /a " + errXML.Error()},
		{"</a>", errXML.Error()},
		{"<a b/>", "a" + errXML.Error()},
		{"<a b=1/>", "a" + errXML.Error()},
		{"<a <b/>", errXML.Error()},
		{"<>", errXML.Error()},
		{"<!DOCTYPE a><a/>", errDoctype.Error()},
		{"<a><!ELEMENT a></a>", "a " + errDoctype.Error()},
		{"<a>&b;</a>", "a " + errXML.Error()},
		{"<a>&#;</a>", "a " + errXML.Error()},
		{"<a>&#x;</a>", "a " + errXML.Error()},
		{"<a>&#12a;</a>", "a " + errXML.Error()},
		{"<?xml version='1.0' encoding=\"utf-8\"?><a>\u00e9</a>", `a "\u00e9" /a end`},
		{"<?xml version='1.0' encoding = 'windows-1252' ?><a>\xe9</a>", `a "\u00e9" /a end`},
		{"<?xml version='1.0' encoding='koi8-r'?><a/>", errCharset.Error()},
	} {
		for i, slow := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			if diff := cmp.Diff(strings.ReplaceAll(c.want, `\u00e9`, "\u00e9"), events(slow(strings.NewReader(c.xml)))); diff != "" {
				t.Fatalf("%.60q, reader %d: %s", c.xml, i, diff)
			}
		}
	}
	if got := events(iotest.ErrReader(io.ErrClosedPipe)); got != io.ErrClosedPipe.Error() {
		t.Error(got)
	}
	// a window's end at every byte of what must not be cut
	for pad := range 40 {
		xml := "<a>" + strings.Repeat("x", xmlWindow-30+pad) + "&amp;\r\n<b c='d'/><!--e--><![CDATA[f]]></a>"
		if got := events(bytes.NewReader([]byte(xml))); !strings.HasSuffix(got, `x&\n" b c=d /b "f" /a end`) {
			t.Fatalf("pad %d: ...%s", pad, got[len(got)-60:])
		}
	}
}
