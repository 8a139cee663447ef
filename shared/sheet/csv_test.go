package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// TestText reads text files of every shape. want has a line of "line flaw|cell|cell" for each row.
func TestText(t *testing.T) {
	for _, c := range []struct {
		name, in string
		comma    rune
		want     string
	}{
		{"plain", "a;b\nc;d\n", ';', "1|a|b\n2|c|d\n"},
		{"no last line end", "a;b\nc;d", ';', "1|a|b\n2|c|d\n"},
		{"line ends mixed", "a;b\r\nc;d\re;f\ng;h", ';', "1|a|b\n2|c|d\n3|e|f\n4|g|h\n"},
		{"blank lines", "\r\n\na;b\n;;\n  \nc;d\n\n", ';', "3|a|b\n6|c|d\n"},
		{"line ends in quotes", "a;b\n\"x\r\ny\nz\rw\";d\ne;f", ';', "1|a|b\n2|x\r\ny\nz\rw|d\n6|e|f\n"},
		{"quotes doubled", `a;b` + "\n" + `"say ""hi""";"""x"""`, ';', "1|a|b\n2|say \"hi\"|\"x\"\n"},
		{"quote in an unquoted field", "a;b\n53\" screen;5'3\"\n", ';', "1|a|b\n2|53\" screen|5'3\"\n"},
		{"stray quote in a quoted field", "a;b\n\"Jan \"de Boer\" x\";y\n", ';', "1|a|b\n2|Jan \"de Boer\" x|y\n"},
		{"text behind a quoted field", "a;b\n\"abc\"def;\"ghi\"\n", ';', "1|a|b\n2|abcdef|ghi\n"},
		{"spaces around quotes", "a;b\n \"x;y\" ; \"z\" \n", ';', "1|a|b\n2|x;y|z\n"},
		{"spaces and a quote that closes nothing", "a;b\n \"x;y\n", ';', "1|a|b\n2| \"x|y\n"},
		{"quote never closed", "a;b\n\"x;y\nc;d\n", ';', "1|a|b\n2 unclosed_quote|\"x|y\nc: 3|c|d\n"},
		{"quote never closed, last field", "a;b\nx;\"y\nc;d\n", ';', "1|a|b\n2 unclosed_quote|x|\"y\n3|c|d\n"},
		{"quote at the very end", "a;b\nx;\"", ';', "1|a|b\n2 unclosed_quote|x|\"\n"},
		{"empty quotes", "a;b\n\"\";\"\"\nx;\"\"\n", ';', "1|a|b\n3|x\n"},
		{"NUL", "a;b\nx\x00y;\x00\n", ';', "1|a|b\n2 bad_character|xy\n"},
		{"broken UTF-8", "é;é\né;é\né;é\né;é\né;é\né;x\xffy\n", ';', "1|é|é\n2|é|é\n3|é|é\n4|é|é\n5|é|é\n6 bad_character|é|x\uFFFDy\n"},
		{"mark", "\xef\xbb\xbfa;b\nc;d", ';', "1|a|b\n2|c|d\n"},
		{"sep", "sep=;\r\na,x;b\nc;d", ';', "2|a,x|b\n3|c|d\n"},
		{"sep with mark", "\xef\xbb\xbfSEP=|\na;x|b\n", '|', "2|a;x|b\n"},
		{"sep and old line ends", "sep=;\ra;b\rc;d", ';', "2|a|b\n3|c|d\n"},
		{"sep in quotes", "sep=,\" \na,b\n", ',', "2|a|b\n"},
		{"sep of nothing", "sep=\na;b\n", ';', "1|sep=\n2|a|b\n"},
		{"sep is a value", "sep=;x\na;b\n", ';', "1|sep=|x\n2|a|b\n"},
		{"tabs", "a\tb\nc d\te;f\n", '\t', "1|a|b\n2|c d|e;f\n"},
		{"bars", "a|b\nc|d\n", '|', "1|a|b\n2|c|d\n"},
		{"commas in values", "a;b\n1,5;2,5\n3,5;4,5\n", ';', "1|a|b\n2|1,5|2,5\n3|3,5|4,5\n"},
		{"lists in values", "a,b,c\n1,2,x;y\n1,2,x;y\n1,2,z\n", ',', "1|a|b|c\n2|1|2|x;y\n3|1|2|x;y\n4|1|2|z\n"},
		{"delimiter only in quotes", "naam\n\"a;b\"\n\"c;d\"\n\"e;f\"\n", 0, "1|naam\n2|a;b\n3|c;d\n4|e;f\n"},
		{"one column", "naam\nJan\nPiet, de jongste\nKlaas\nAn\n", 0, "1|naam\n2|Jan\n3|Piet, de jongste\n4|Klaas\n5|An\n"},
		{"one value", "x", 0, "1|x\n"},
		{"titles and totals", "Leden, seizoen 2026\n\na;b;c\n1;2;3\n4;5;6\n7;8;9\nTotaal;3\n", ';', "1|Leden, seizoen 2026\n3|a|b|c\n4|1|2|3\n5|4|5|6\n6|7|8|9\n7|Totaal|3\n"},
		{"delimiters mixed", "a\tb\tc\nd,e,f\ng\th\ti\n", '\t', "1|a|b|c\n2|d|e|f\n3|g|h|i\n"},
		{"an address that does not fill the row", "a;b;c\nd, e\nf;g;h\n", ';', "1|a|b|c\n2|d, e\n3|f|g|h\n"},
		{"apostrophes of an export", "a;b\n'=x;'+32 4\n'';'t\n", ';', "1|a|b\n2|=x|+32 4\n3|''|'t\n"},
		{"end of file mark of DOS", "a;b\r\nc;d\r\n\x1a", ';', "1|a|b\n2|c|d\n"},
		{"wide and empty", "a;b" + strings.Repeat(";", 5000) + "\nc;d\n", ';', "1|a|b\n2|c|d\n"},
		{"UTF-16 without mark", strings.Join(strings.Split("a;b\nc;d\n", ""), "\x00") + "\x00", ';', "1|a|b\n2|c|d\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBytes(t, []byte(c.in), Options{})
			if b.Comma() != c.comma {
				t.Errorf("delimiter %q", b.Comma())
			}
			want := strings.ReplaceAll(c.want, "c: ", "")
			if diff := cmp.Diff(want, lines(all(t, b, ""))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func lines(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d", r.Line)
		if r.Flaw != "" {
			b.WriteString(" " + r.Flaw)
		}
		for _, text := range texts(r) {
			b.WriteString("|" + text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestUnclosedFar loses no more than the record to a quote that is not closed, however long the file.
func TestUnclosedFar(t *testing.T) {
	var b strings.Builder
	b.WriteString("a;b\n\"open;x\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "row %d;value\n", i)
	}
	rows := all(t, openBytes(t, []byte(b.String()), Options{}), "")
	if len(rows) != 20_002 || rows[1].Flaw != UnclosedQuote || rows[1].Text(0) != `"open` || rows[1].Text(1) != "x" || rows[2].Line != 3 {
		t.Errorf("%d rows, %+v %+v", len(rows), rows[1], rows[2])
	}
}

// TestWindow reads the same whatever the pieces are in which the file comes: records lie across the ends of windows.
func TestWindow(t *testing.T) {
	var in strings.Builder
	var want []string
	for i := range 400 {
		long := strings.Repeat("x", i*7%3000)
		fmt.Fprintf(&in, "%d;\"%s\r\n\"\"%d\";é\r\n", i, long, i)
		want = append(want, fmt.Sprintf("%d|%s\r\n\"%d|é", i, long, i))
	}
	for _, slow := range []func(io.Reader) io.Reader{
		func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader,
	} {
		for _, window := range []int{1, 7, 64, 4096} {
			r := &csvReader{src: slow(strings.NewReader(in.String())), buf: make([]byte, window), line: 1}
			r.comma = ';'
			var got []string
			var row Row
			for {
				more, err := r.read(&row)
				if err != nil {
					t.Fatal(err)
				}
				if !more {
					break
				}
				got = append(got, strings.Join(texts(row), "|"))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("window %d: %s", window, diff)
			}
		}
	}
}

// TestOverrides reads a file as it is told to.
func TestOverrides(t *testing.T) {
	b := openBytes(t, []byte("a,b;c\nd,e;f\n"), Options{Comma: ','})
	if got := lines(all(t, b, "")); got != "1|a|b;c\n2|d|e;f\n" || b.Comma() != ',' {
		t.Error(got)
	}
	for encoding, want := range map[string]string{"windows-1252": "€‚", "iso-8859-15": "\uFFFD\uFFFD", "cp850": "Çé", "macintosh": "ÄÇ", "utf-8": "\uFFFD"} {
		b := openBytes(t, []byte("x;y\n\x80\x82;z"), Options{Encoding: encoding})
		if got := all(t, b, "")[1].Text(0); got != want || b.Encoding() != encoding {
			t.Errorf("%s: %q", encoding, got)
		}
	}
}

// lists are what members are called and where they live, in the languages of those who will import.
var lists = map[string]string{
	"Dutch":   "Naam;Plaats;Nota\nJansen;Geël;coördinatie\nDe Cock;België;financiën\nPeeters;Oudenaarde;patiënt\nÖzgür;Gent;reünie\n",
	"French":  "Nom;Prénom;Ville\nLefèvre;Agnès;Besançon\nL’Hôte;François;Orléans\nGuérin;Chloé;Nîmes\nBénard;Hélène;Évreux\n",
	"Spanish": "Nombre;Población;Teléfono\nCastaño;Málaga;sí\nMuñoz;A Coruña;mañana\nGarcía López;Ávila;años\nPeña;León;Móvil\n",
	"German":  "Name;Straße;Ort\nMüller;Königstraße;Köln\nGroß;Mühlweg;München\nJäger;Schöne Aussicht;Düsseldorf\nÖhler;Weiß;Überlingen\n",
	"caps":    "NOM;VILLE\nLEFÈVRE;BESANÇON\nGUÉRIN;NÎMES\nBÉNARD;ÉVREUX\nL'HÔTE;ORLÉANS\n",
}

// TestEncodings finds the encoding of short and long lists, and reads what was written.
func TestEncodings(t *testing.T) {
	for name, list := range lists {
		for encoding, encode := range map[string]interface{ String(string) (string, error) }{
			"utf-8":        nil,
			"windows-1252": charmap.Windows1252.NewEncoder(),
			"cp850":        charmap.CodePage850.NewEncoder(),
			"macintosh":    charmap.Macintosh.NewEncoder(),
			"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
			"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(),
		} {
			for _, times := range []int{1, 20_000} {
				text := strings.Repeat(list, times)
				if encoding == "cp850" { // has no such apostrophe
					text = strings.ReplaceAll(text, "’", "'")
				}
				data := text
				if encode != nil {
					var err error
					if data, err = encode.String(text); err != nil {
						t.Fatal(name, encoding, err)
					}
				}
				if len(data) > MaxBytes {
					t.Fatal("too much")
				}
				b := openBytes(t, []byte(data), Options{})
				if b.Encoding() != encoding {
					t.Errorf("%s in %s, %d times: %s", name, encoding, times, b.Encoding())
					continue
				}
				if times == 1 {
					want := strings.ReplaceAll(text, ";", "|")
					if diff := cmp.Diff(want, table(all(t, b, ""))); diff != "" {
						t.Errorf("%s in %s: %s", name, encoding, diff)
					}
				}
			}
		}
	}
}

// TestEncodingSigns tells the encodings by their signs: the euro, which stands elsewhere in each.
func TestEncodingSigns(t *testing.T) {
	for text, want := range map[string]string{
		"naam;bedrag\nJan;\x80 45,00\nPiet;\x80 50,00\n":          "windows-1252",
		"naam;bedrag\nJan;\xa4 45,00\nAndr\xe9;\xa4 50,00\n":      "iso-8859-15",
		"naam;bedrag\nJan;\xdb 45,00\nAndr\x8e;\xdb 50,00\n":      "macintosh",
		"Ledenlijst \x96 seizoen 2026\nAndr\xe9;x\n":              "windows-1252",
		"naam;adres\nJan;Calle Mayor 5, 2\xba B\nN\xfa\xf1ez;x\n": "windows-1252",
		"naam;x\nBahama\x92s;c\x92est\n":                          "windows-1252",
		"naam\nAndr\xe9\n":                                        "windows-1252",
		"naam\nAndr\x82\n":                                        "cp850",
		"naam\nAndr\x8e\n":                                        "macintosh",
		"n;o\nc\x9cur;\x8cuvre\nd\xe9;x\n":                        "windows-1252",
	} {
		if got := openBytes(t, []byte(text), Options{}).Encoding(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestEncodingEdges has a sequence lie across the pieces in which a file is judged.
func TestEncodingEdges(t *testing.T) {
	for pad := range 12 {
		data := bytes.Repeat([]byte("x"), 256<<10-6+pad)
		data = append(data, "\né €\n"...)
		if got := openBytes(t, data, Options{Comma: ';'}).Encoding(); got != "utf-8" {
			t.Errorf("pad %d: %s", pad, got)
		}
	}
}
