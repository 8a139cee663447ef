package file_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/file"
)

func TestCleanName(t *testing.T) {
	for given, want := range map[string]string{
		"Medical certificate.pdf":          "Medical certificate.pdf",
		"Übung für Ærø.docx":               "Übung für Ærø.docx",
		"../../etc/passwd":                 "passwd",
		`D:\Scans\2026\scan.pdf`:           "scan.pdf",
		"a\x00b\r\nc.pdf":                  "abc.pdf",
		"invoice\u202efdp.exe":             "invoicefdp.exe", // turned round it would read "invoiceexe.pdf"
		"\u200bhidden\ufeff.pdf":           "hidden.pdf",
		`<img src=x onerror="alert(1)">.p`: "_img src=x onerror=_alert(1)__.p",
		"  .htaccess. ":                    "htaccess",
		"...":                              "",
		"/":                                "",
		"":                                 "",
		"CON":                              "_CON",
		"nul.pdf":                          "_nul.pdf",
		"con .txt":                         "_con .txt",
		"Controller.pdf":                   "Controller.pdf",
		"a\u00a0b\tc.pdf":                  "a bc.pdf", // a tab is a control character
		"\xff\xfe.pdf":                     "pdf",
		strings.Repeat("é", 300) + ".pdf":  strings.Repeat("é", 196) + ".pdf",
		strings.Repeat("x", 300):           strings.Repeat("x", 200),
		"a." + strings.Repeat("x", 300):    "a." + strings.Repeat("x", 198),
	} {
		if got := file.CleanName(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("a/b\\c.pdf")
	f.Add("con.")
	f.Add(". aux .pdf")
	f.Add(strings.Repeat("é ", 200) + ".jpeg")
	f.Fuzz(func(t *testing.T, given string) {
		name := file.CleanName(given)
		if name == "" {
			return
		}
		if !utf8.ValidString(name) || strings.ContainsAny(name, "/\\<>:\"|?*\x00\r\n\u202e") || utf8.RuneCountInString(name) > 200 ||
			strings.Trim(name, " .") != name || path.Base(name) != name {
			t.Errorf("%q became %q", given, name)
		}
		if again := file.CleanName(name); again != name {
			t.Errorf("%q became %q and then %q", given, name, again)
		}
	})
}
