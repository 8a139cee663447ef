package account

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed common.txt
var commonFile string

// commonWords are the words that common passwords are made of, lower-case letters only.
var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(commonFile) {
		words[word] = true
	}
	return words
})

// walks are what fingers do on keyboards and children do with the alphabet; any piece of one, forwards or backwards, is
// common.
var walks = []string{
	"01234567890123456789", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "qwertzuiopasdfghjklyxcvbnm",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "zaq12wsxcde34rfvbgt56yhnmju78iklo90p", "zaq1xsw2cde3vfr4bgt5nhy6mju7",
	"1q2w3e4r5t6y7u8i9o0p", "1a2z3e4r5t6y7u8i9o0p", "qawsedrftgyhujikolp",
	"qazwsxedcrfvtgbyhnujmikolp", "1a2b3c4d5e6f7g8h9i0j", "a1b2c3d4e5f6g7h8i9j0", "123qwe456rty789uio", "qwe123rty456uio789",
	"147258369", "741852963", "159357", "0987654321",
}

// leet undoes the replacements everybody knows.
var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "9", "g",
	"@", "a", "$", "s", "!", "i", "€", "e", "+", "t")

// common reports whether a password is one of those that are tried first: all of it a piece of a walk, a short piece
// repeated, a number, or one or two common words, whatever few digits and signs stand around them or for letters in
// them: "Welcome2026!", "p@ssw0rdp@ssw0rd", "qwertyuiop", "1111122222".
func common(password string) bool {
	p := strings.ToLower(password)
	if few(p) || repeats(p) || walked(p) || numeric(p) {
		return true
	}
	tail := strings.TrimRightFunc(p, notLetter)
	core := strings.TrimLeftFunc(tail, notLetter)
	for _, word := range []string{core, leet.Replace(core), leet.Replace(tail)} {
		around := len(p) - len(word)
		if (around <= 6 || walked(p[len(tail):])) && (wordy(letters(word)) || len(word) > around && walked(word)) {
			return true
		}
	}
	return false
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// few reports whether a text has fewer than four different characters.
func few(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) < 4
}

// repeats reports whether a text is a shorter one, at most half as long, again and again.
func repeats(s string) bool {
	for n := 1; n <= min(len(s)/2, 6); n++ {
		if strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

// walked reports whether a text is made of at most two pieces of walks, each of four characters or more.
func walked(s string) bool {
	if walk(s) {
		return true
	}
	for i := 4; i <= len(s)-4; i++ {
		if walk(s[:i]) && walk(s[i:]) {
			return true
		}
	}
	return false
}

func walk(s string) bool {
	back := []byte(s)
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	for _, w := range walks {
		if strings.Contains(w, s) || strings.Contains(w, string(back)) {
			return true
		}
	}
	return false
}

// numeric reports whether a text is a date, a phone or other number: up to 14 digits, with separators between them.
func numeric(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("-./ +:()", r):
			return false
		}
	}
	return digits <= 14
}

// letters leaves out of a text what is none.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// wordy reports whether a text is one common word, or two.
func wordy(s string) bool {
	words := commonWords()
	if words[s] {
		return true
	}
	for i := 2; i <= len(s)-2; i++ {
		if words[s[:i]] && words[s[i:]] {
			return true
		}
	}
	return false
}

// resembles reports whether a password is a login, or the part of it before the @, with at most digits and signs around.
func resembles(password, login string) bool {
	name, _, _ := strings.Cut(login, "@")
	plain := func(s string) string {
		return strings.TrimFunc(strings.ToLower(s), notLetter)
	}
	p := strings.ToLower(password)
	return p == strings.ToLower(login) || plain(p) == plain(login) || plain(p) != "" && plain(p) == plain(name)
}
