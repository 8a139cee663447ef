package svg_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/svg"
)

// in puts something into a drawing.
func in(body string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">` + body + `</svg>`
}

// out is what in gives once it is clean.
func out(body string) string {
	if body == "" {
		return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>`
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">` + body + `</svg>`
}

func TestClean(t *testing.T) {
	for given, want := range map[string]string{
		// What drawings are made of stays.
		`<path d="M0 0h10v10z" fill="#c00"/>`:                                                                       `<path d="M0 0h10v10z" fill="#c00"/>`,
		`<g transform="translate(1 2) rotate(45)"><rect x="1" width="50%" rx=".5"/></g>`:                            `<g transform="translate(1 2) rotate(45)"><rect x="1" width="50%" rx=".5"/></g>`,
		`<text font-family="'Open Sans', serif">A &amp; B <tspan>ü</tspan></text>`:                                  `<text font-family="&#39;Open Sans&#39;, serif">A &amp; B <tspan>ü</tspan></text>`,
		`<linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient><circle r="1" fill="url(#a)"/>`: `<linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient><circle r="1" fill="url(#a)"/>`,
		`<style type="text/css">.st0{fill:#AA0;stroke:none} g &gt; .b, rect { opacity : .5 ; }</style>`:             `<style type="text/css">.st0{fill:#AA0;stroke:none}g &gt; .b, rect{opacity:.5}</style>`,
		`<style><![CDATA[.a{fill:red}]]></style>`:                                                                   `<style>.a{fill:red}</style>`,
		`<g style="fill:rgb(1,2,3); STROKE: blue"/>`:                                                                `<g style="fill:rgb(1,2,3);stroke:blue"/>`,
		`<defs><path id="p" d="M0 0"/></defs><use xlink:href="#p" x="2"/>`:                                          `<defs><path id="p" d="M0 0"/></defs><use href="#p" x="2"/>`,
		`<title>Our &lt;club&gt;</title><desc>words</desc>`:                                                         `<title>Our &lt;club&gt;</title><desc>words</desc>`,
		`<clipPath id="c"><rect/></clipPath><g clip-path="url('#c')"/>`:                                             `<clipPath id="c"><rect/></clipPath><g clip-path="url(&#39;#c&#39;)"/>`,

		// What runs goes.
		`<script>alert(1)</script>`:                                                                     ``,
		`<script xlink:href="https://evil.example/x.js"/>`:                                              ``,
		`<SCRIPT>alert(1)</SCRIPT>`:                                                                     ``,
		`<g onload="alert(1)" onclick='alert(1)' ONBEGIN="x"/>`:                                         `<g/>`,
		`<a xlink:href="javascript:alert(1)"><text>x</text></a>`:                                        ``,
		`<a href="https://evil.example"><rect/></a>`:                                                    ``,
		`<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject>`:         ``,
		`<html:script xmlns:html="http://www.w3.org/1999/xhtml">alert(1)</html:script>`:                 ``,
		`<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>`:                            ``,
		`<g><x xmlns="urn:x"><path d="M0 0"/></x><rect/></g>`:                                           `<g><rect/></g>`,
		`<animate attributeName="href" to="javascript:alert(1)"/><set attributeName="onclick" to="x"/>`: ``,
		`<handler xmlns="http://www.w3.org/2000/svg" type="application/ecmascript">x</handler>`:         ``,
		`<?xml-stylesheet href="https://evil.example/x.css"?><rect/>`:                                   `<rect/>`,
		`<!-- <script>alert(1)</script> --><rect/>`:                                                     `<rect/>`,

		// What loads goes.
		`<image href="https://evil.example/x.png"/>`:                                                  ``,
		`<image href="data:image/svg+xml;base64,PHN2Zz4="/>`:                                          ``,
		`<use href="https://evil.example/x.svg#a"/>`:                                                  `<use/>`,
		`<use href="data:image/svg+xml,x#a"/>`:                                                        `<use/>`,
		`<use xlink:href=" #p "/>`:                                                                    `<use href="#p"/>`,
		`<rect href="#p"/>`:                                                                           `<rect/>`,
		`<rect fill="url(https://evil.example/x#a)"/>`:                                                `<rect/>`,
		`<rect fill="URL( //evil.example )"/>`:                                                        `<rect/>`,
		`<rect fill="url(#a) url(//evil.example)"/>`:                                                  `<rect/>`,
		`<rect fill="u\72l(//evil.example)"/>`:                                                        `<rect/>`,
		`<rect fill="image-set('x.png' 1x)"/>`:                                                        `<rect/>`,
		`<rect width="url(#a)"/>`:                                                                     `<rect/>`,
		`<g style="background:url(https://evil.example)"/>`:                                           `<g/>`,
		`<g style="fill:url(//evil.example);stroke:red"/>`:                                            `<g style="stroke:red"/>`,
		`<g style="fill:expression(alert(1))"/>`:                                                      `<g/>`,
		`<g style="behavior:url(#x);-moz-binding:url(x)"/>`:                                           `<g/>`,
		`<filter id="f"><feImage href="x"/></filter><g filter="url(#f)"/>`:                            `<g/>`,
		`<style>@import url(https://evil.example); .a{fill:red}</style>`:                              `<style>.a{fill:red}</style>`,
		`<style>@import "https://evil.example";.a{fill:red}</style>`:                                  `<style>.a{fill:red}</style>`,
		`<style>@font-face{font-family:x;src:url(x)} .a{fill:red}</style>`:                            `<style>.a{fill:red}</style>`,
		`<style>@media all{.a{fill:url(//x)}} .b{fill:blue}</style>`:                                  `<style>.b{fill:blue}</style>`,
		`<style>.a{fill:u/**/rl(//evil.example)} .b{fill:u\72l(#x)}</style>`:                          `<style></style>`,
		`<style>.a[href^="a"]{fill:url(#x)}</style>`:                                                  `<style></style>`,
		`<style>.a{fill:red</style>`:                                                                  `<style>.a{fill:red}</style>`,
		`<g class="a b" id="ok"/><g class="&quot;&gt;" id="x y&quot;"/>`:                              `<g class="a b" id="ok"/><g/>`,
		`<marker id="m"/><path marker-end="url(#m)" d="M0 0"/>`:                                       `<path d="M0 0"/>`,
		`<inkscape:x xmlns:inkscape="urn:i"/><g inkscape:label="x" xml:base="https://evil.example"/>`: `<g/>`,
	} {
		got, err := svg.Clean([]byte(in(given)))
		if err != nil || string(got) != out(want) {
			t.Errorf("%s\n became %s, %v\n want   %s", given, got, err, out(want))
		}
	}
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "file" {
		return err.Error()
	}
	return f.Fields[0].Code
}

func TestRefused(t *testing.T) {
	laughs := `<g id="a0"><rect/></g>`
	for i := range 20 {
		laughs += fmt.Sprintf(`<g id="a%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use href="#a%d"/>`, i), 10))
	}
	styled := `<style>.m{mask:url(#m)} g .n{clip-path:url(#m)}</style><mask id="m">` + strings.Repeat(`<rect/>`, 900) + `</mask>`
	for name, c := range map[string]struct{ data, want string }{
		"nothing":            {"", "file_empty"},
		"too much":           {strings.Repeat(" ", svg.MaxBytes+1), "file_too_large"},
		"text":               {"hello", "svg_type"},
		"HTML":               {"<html><script>alert(1)</script></html>", "svg_type"},
		"HTML of our own":    {`<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"/>`, "svg_type"},
		"no vocabulary":      {`<svg><rect/></svg>`, "svg_type"},
		"PNG":                {"\x89PNG\r\n\x1a\n", "svg_type"},
		"UTF-16":             {"\xff\xfe<\x00s\x00", "svg_type"},
		"UTF-7":              {`<?xml version="1.0" encoding="UTF-7"?>` + in(""), "svg_type"},
		"half":               {in("<g>")[:70], "svg_type"},
		"not closed":         {strings.TrimSuffix(in("<g>"), "</svg>"), "file_damaged"},
		"wrongly closed":     {in("<g></rect>"), "file_damaged"},
		"bare ampersand":     {in("<text>a & b</text>"), "file_damaged"},
		"entities":           {`<!DOCTYPE svg [<!ENTITY a "aaaa">]>` + in("<text>&a;</text>"), "svg_entities"},
		"entities elsewhere": {`<!DOCTYPE svg SYSTEM "x" [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>` + in(""), "svg_entities"},
		"unknown entity":     {in("<text>&nbsp;</text>"), "file_damaged"},
		"deep":               {in(strings.Repeat("<g>", 200) + strings.Repeat("</g>", 200)), "svg_complex"},
		"deep and unknown":   {in(strings.Repeat("<x>", 200) + strings.Repeat("</x>", 200)), "svg_complex"},
		"many":               {in(strings.Repeat("<g/>", 30_000)), "svg_complex"},
		"laughing":           {in(laughs), "svg_complex"},
		"uses itself":        {in(`<g id="a"><use href="#a"/></g>`), "svg_complex"},
		"use each other":     {in(`<pattern id="a"><rect fill="url(#b)"/></pattern><pattern id="b"><rect style="fill:url(#a)"/></pattern><rect fill="url(#a)"/>`), "svg_complex"},
		"laughing in style":  {in(styled + strings.Repeat(`<g class="m"><rect class="n"/></g>`, 100)), "svg_complex"},
		"rules":              {in("<style>" + strings.Repeat(".a{mask:url(#m)}", 600) + "</style>"), "svg_complex"},
	} {
		if got, err := svg.Clean([]byte(c.data)); refusal(err) != c.want {
			t.Errorf("%s: %v, want %s (%.200s)", name, err, c.want, got)
		}
	}
	for name, data := range map[string]string{
		"a document type":       `<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">` + in("<rect/>"),
		"a byte order mark":     "\ufeff" + in("<rect/>"),
		"gradients in a chain":  in(`<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>` + strings.Repeat(`<rect fill="url(#a)"/>`, 5000)),
		"a symbol used often":   in(`<symbol id="s">` + strings.Repeat("<rect/>", 20) + `</symbol>` + strings.Repeat(`<use href="#s"/>`, 1000)),
		"a mask used sometimes": in(`<style>.m{mask:url(#m)}</style><mask id="m"><rect/></mask>` + strings.Repeat(`<g class="m"/>`, 1000)),
	} {
		if _, err := svg.Clean([]byte(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// check reads a clean drawing with rules of its own and says what is wrong with it.
func check(data []byte) error {
	tokens := xml.NewDecoder(bytes.NewReader(data))
	depth := 0
	for {
		token, err := tokens.RawToken()
		if err == io.EOF && depth == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch v := token.(type) {
		case xml.StartElement:
			depth++
			if v.Name.Space != "" || strings.ContainsAny(strings.ToLower(v.Name.Local), "ABCDEFGHIJKLMNOPQRSTUVWXYZ:") {
				return fmt.Errorf("element %v", v.Name)
			}
			switch strings.ToLower(v.Name.Local) {
			case "script", "a", "image", "foreignobject", "iframe", "animate", "set", "handler", "filter", "feimage", "audio", "video", "object", "embed", "link", "marker":
				return fmt.Errorf("element %s", v.Name.Local)
			}
			seen := map[string]bool{}
			for _, a := range v.Attr {
				n, value := strings.ToLower(a.Name.Local), strings.ToLower(a.Value)
				switch {
				case a.Name.Space != "" || seen[n]:
					return fmt.Errorf("attribute %v", a.Name)
				case n == "xmlns":
					if depth != 1 || a.Value != svg.Space {
						return fmt.Errorf("vocabulary %s", a.Value)
					}
				case n == "href" && !strings.HasPrefix(value, "#"), strings.HasPrefix(n, "on"):
					return fmt.Errorf("%s=%q", n, value)
				case n != "class" && n != "id" && n != "href" && reaches(value):
					return fmt.Errorf("%s=%q", n, value)
				}
				seen[n] = true
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
		default:
			return fmt.Errorf("%T", token)
		}
	}
}

// reaches reports whether a value may mean something outside the drawing.
func reaches(value string) bool {
	for i := strings.Index(value, "url"); i >= 0; i = strings.Index(value, "url") {
		rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(value[i+3:], " \t\n\r"), "("), " \t\n\r'\"")
		if !strings.HasPrefix(rest, "#") {
			return true
		}
		value = rest
	}
	return strings.Contains(value, "//") || strings.Contains(value, "javascript") || strings.Contains(value, `\`) || strings.Contains(value, "@")
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		in(""), in(`<g style="fill:url(#a)" class="a"><script>x</script></g>`), in(`<style>.a{fill:red}@import url(x);#b,g{mask:url("#a")}</style>`),
		in(`<use xlink:href="#p"/><path id="p" d="M0 0"/><text>a<tspan>b</tspan></text>`), in(`<x:g xmlns:x="http://www.w3.org/2000/svg" x:fill="red"/>`),
		`<!DOCTYPE svg>` + in("<![CDATA[x]]>&#13;<text>&#13;&#x9;</text>"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clean, err := svg.Clean(data)
		if err != nil {
			if r := refusal(err); !strings.HasPrefix(r, "svg_") && !strings.HasPrefix(r, "file_") {
				t.Fatal(err)
			}
			return
		}
		if err := check(clean); err != nil {
			t.Errorf("%v in %s", err, clean)
		}
		again, err := svg.Clean(clean)
		if err != nil || !bytes.Equal(clean, again) {
			t.Errorf("cleaned again: %v\n%s\n%s", err, clean, again)
		}
	})
}

func BenchmarkClean(b *testing.B) {
	data := []byte(in(`<style>.a{fill:red;mask:url(#m)}</style>` + strings.Repeat(`<path class="a" d="`+strings.Repeat("M 1 2 L 3 4 ", 20)+`" fill="#fff"/>`, 15_000)))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := svg.Clean(data); err != nil {
			b.Fatal(err)
		}
	}
}
