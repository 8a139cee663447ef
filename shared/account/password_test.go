package account_test

import (
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/muster-crm/muster/shared/account"
)

func TestCommonPasswords(t *testing.T) {
	for _, p := range []string{
		"password123", "Password2026!", "p@ssw0rd123", "P@$$w0rd2026", "passwordpassword", "1234567890", "0123456789", "9876543210",
		"qwertyuiop", "QWERTYUIOP123", "azertyuiop", "azerty12345", "qwerty123456", "1q2w3e4r5t", "1qaz2wsx3edc", "asdfghjkl123",
		"iloveyou123", "Welcome2026", "welcome123!", "Welkom2026!", "wachtwoord1", "motdepasse1", "contraseña1", "Bienvenue1!",
		"letmein1234", "administrator", "Administr4tor!", "football1234", "sunshine2024", "$unshine2024", "princess1999", "dragon12345",
		"aaaaaaaaaa", "abcabcabcabc", "1111122222", "112233445566", "abcdefghij", "a1b2c3d4e5", "zaq12wsxcde3", "trustno1trustno1",
		"superman123", "liverpool1892", "chocolate1!", "michael1985", "jordan23jordan23", "ilovejesus777", "mustang1967!",
		"01-02-1990", "+32 475 12 34 56", "2026-03-02.", "summer2026!!", "zomer2026zomer", "Voetbal2026", "secretsecret", "..........",
		"qwertyqwerty", "123456abcdef", "password1234567890",
	} {
		if !account.Common(p) {
			t.Errorf("%q passes", p)
		}
	}
	for _, p := range []string{
		password, other, "correct horse battery staple", "tr0ub4dor&3xkcd", "kX9#mPq2vL", "vlugge bruine vos", "Zeven4Kaarsen#Wit",
		"plombier-anguille-7", "mzlqpwnvbt", "83 geese over Ghent", "naïve çedilla owl", "日本語のパスワード文", "8f3k29sl1q", "welcome8391047265113",
	} {
		if account.Common(p) {
			t.Errorf("%q is refused", p)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	for _, c := range []struct{ password, code string }{
		{"", "password_short"}, {"123456789", "password_short"}, {"ééééééééé", "password_short"}, {strings.Repeat("ab cd", 205), "too_long"},
		{"Rita.Berg@example.org", "password_login"}, {"rita.berg2026", "password_login"}, {"!!rita.berg!!", "password_login"},
		{"Welcome2026!", "password_common"}, {password, ""}, {strings.Repeat("a wide road to ", 60), ""},
	} {
		err := account.CheckPassword("new", c.password, "rita.berg@example.org")
		if c.code == "" {
			if err != nil {
				t.Errorf("%.30q: %v", c.password, err)
			}
			continue
		}
		wantField(t, err, "new", c.code)
	}
}

func FuzzCheckPassword(f *testing.F) {
	for _, seed := range []string{"", password, "P@$$w0rd", "\xff\xfe", "ǅǅǅǅǅǅǅǅǅǅ", strings.Repeat("1qaz", 300)} {
		f.Add(seed, "rita@example.org")
	}
	f.Fuzz(func(t *testing.T, password, login string) {
		before := account.CheckPassword("p", password, login)
		if after := account.CheckPassword("p", password, login); (before == nil) != (after == nil) {
			t.Errorf("%q is judged differently twice", password)
		}
		if before == nil && len([]rune(password)) < account.MinPassword {
			t.Errorf("%q passes", password)
		}
	})
}

// What a stranger's login is judged against costs what a real hash costs, and belongs to no password.
func TestTheHashOfNobody(t *testing.T) {
	params, salt, key, err := argon2id.DecodeHash(account.Nobody)
	if err != nil {
		t.Fatal(err)
	}
	if *params != account.Params || params.Memory != 19*1024 || params.Iterations != 2 || params.Parallelism != 1 {
		t.Errorf("got %+v, new hashes are made with %+v", *params, account.Params)
	}
	if len(salt) != 16 || len(key) != 32 {
		t.Errorf("salt of %d bytes, key of %d", len(salt), len(key))
	}
}

func TestMatches(t *testing.T) {
	stored, err := account.Hash("café com leite quente") // composed
	if err != nil {
		t.Fatal(err)
	}
	older, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		password, stored string
		ok, stale        bool
	}{
		{"café com leite quente", stored, true, false}, {"cafe\u0301 com leite quente", stored, true, false},
		{"cafe com leite quente", stored, false, false}, {"", stored, false, false}, {"", "", false, true},
		{password, older, true, true}, {strings.Repeat("x", 5000), stored, false, true},
	} {
		ok, stale, err := account.Matches(c.password, c.stored)
		if err != nil || ok != c.ok || c.ok && stale != c.stale {
			t.Errorf("%.30q: %v %v %v", c.password, ok, stale, err)
		}
	}
	if _, _, err := account.Matches("x", "$argon2id$secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// A hash of older parameters is made anew when its password is shown.
func TestSignInRaisesOldHashes(t *testing.T) {
	h := open(t)
	g := h.found(ownerMail)
	restore := account.Harden()
	defer restore()
	h.signIn(ownerMail)
	if all := everything(t, h.store, g); !strings.Contains(all, "$m=128,t=2,p=1$") || strings.Contains(all, "$m=64,") {
		t.Error("the hash was not made anew")
	}
	h.signIn(ownerMail)
}
