package dedupe

import "strings"

// spelled are spellings of one sound, in Dutch, French, Spanish and English; the first that fits is taken.
var spelled = []struct{ letters, sound string }{
	{"eaux", "o"}, {"eau", "o"}, {"ault", "o"}, {"aux", "o"},
	{"sch", "s"}, {"tch", "x"}, {"tsj", "x"}, {"chr", "kr"}, {"chl", "kl"}, {"cks", "ks"}, {"ckx", "ks"}, {"ckz", "ks"},
	{"ch", "x"}, {"sh", "x"}, {"sj", "x"}, {"ph", "f"}, {"gh", "g"}, {"gu", "g"}, {"qu", "k"}, {"ck", "k"}, {"cx", "ks"}, {"kx", "ks"},
	{"th", "t"}, {"dt", "t"}, {"td", "t"}, {"ij", "i"}, {"ll", "l"}, {"ts", "s"}, {"tz", "s"}, {"cz", "s"},
	{"ce", "se"}, {"ci", "si"}, {"cy", "si"}, {"ge", "je"}, {"gi", "ji"}, {"kn", "n"},
}

// sound gives how a folded word sounds, roughly: its consonants by their classes, and whether it begins with a vowel. Words of
// other scripts are their own sound.
func sound(word string) string {
	var b [longest]byte
	out := b[:0]
	put := func(c byte) {
		switch c {
		case 'c', 'q':
			c = 'k'
		case 'z':
			c = 's'
		case 'v':
			c = 'f'
		case 'd':
			c = 't'
		case 'y':
			c = 'i'
		case 'h':
			return
		}
		switch c {
		case 'a', 'e', 'i', 'o', 'u':
			if len(out) > 0 {
				return
			}
			c = 'a'
		}
		if len(out) < cap(out) && (len(out) == 0 || out[len(out)-1] != c) {
			out = append(out, c)
		}
	}
next:
	for i := 0; i < len(word); {
		c := word[i]
		if c >= 0x80 {
			return word
		}
		if c == 'y' && i == 0 && len(word) > 1 {
			put('j')
			i++
			continue
		}
		if c == 'x' {
			put('k')
			put('s')
			i++
			continue
		}
		for _, s := range spelled {
			if c == s.letters[0] && strings.HasPrefix(word[i:], s.letters) {
				for k := range len(s.sound) {
					put(s.sound[k])
				}
				i += len(s.letters)
				continue next
			}
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			put(c)
		}
		i++
	}
	return string(out)
}

// vowels are spellings of one vowel, roughly.
var vowels = strings.NewReplacer("ij", "i", "ei", "i", "ey", "i", "ay", "i", "ai", "i", "y", "i", "ae", "a", "oe", "o", "ou", "o", "ue", "u")

// spoken gives a word as it is pronounced, with its vowels: two names that have one are spellings of the same name.
func spoken(word string) string {
	var b [2 * longest]byte
	out := b[:0]
	put := func(s string) {
		for k := range len(s) {
			c := s[k]
			switch {
			case c == 'c', c == 'q':
				c = 'k'
			case c == 'z':
				c = 's'
			case c == 'h' && len(out) > 0:
				continue
			}
			if len(out) < cap(out) && (len(out) == 0 || out[len(out)-1] != c) {
				out = append(out, c)
			}
		}
	}
next:
	for i := 0; i < len(word); {
		if word[i] >= 0x80 {
			return word
		}
		for _, s := range spelled {
			if word[i] == s.letters[0] && len(s.sound) <= 2 && s.sound != "o" && strings.HasPrefix(word[i:], s.letters) && s.letters != "ij" {
				put(s.sound)
				i += len(s.letters)
				continue next
			}
		}
		if word[i] == 'x' {
			put("ks")
		} else {
			put(word[i : i+1])
		}
		i++
	}
	spoken := vowels.Replace(string(out))
	if before, ok := strings.CutSuffix(spoken, "ie"); ok {
		return before + "i"
	}
	return spoken
}
