package i18n

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CollationKey gives a string that sorts, byte by byte, where text belongs in the printer's language: letters first,
// then accents, then case. In Spanish ñ is a letter of its own after n. It serves lists shown on a page (values,
// countries); the rows of an index have their own order.
func (p *Printer) CollationKey(text string) string {
	var letters, accents, cases strings.Builder
	for _, r := range norm.NFC.String(text) {
		if p.language == Spanish && (r == 'ñ' || r == 'Ñ') {
			letters.WriteString("n\uffff")
			accents.WriteByte(1)
			cases.WriteByte(caseWeight(r))
			continue
		}
		accent := byte(1)
		for i, part := range norm.NFD.String(string(r)) {
			if i == 0 {
				if plain, ok := ligatures[unicode.ToLower(part)]; ok {
					letters.WriteString(plain)
					accent = 2
				} else {
					letters.WriteRune(unicode.ToLower(part))
				}
				continue
			}
			accent = 2 + byte(part%200)
		}
		accents.WriteByte(accent)
		cases.WriteByte(caseWeight(r))
	}
	return letters.String() + "\x00" + accents.String() + "\x00" + cases.String()
}

// ligatures are the letters that Unicode does not take apart, as these languages sort them.
var ligatures = map[rune]string{'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i"}

func caseWeight(r rune) byte {
	if unicode.IsUpper(r) {
		return 2
	}
	return 1
}
