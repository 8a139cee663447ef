package account

import (
	"errors"
	"runtime"
	"strconv"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/fault"
)

// How long a password is: characters at least, bytes at most.
const (
	MinPassword = 10
	maxPassword = 1024
)

// params are what new passwords are hashed with. A hash carries its own; one made with others is made anew when its
// password is next shown, so raising these raises all.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is a hash, under params, of no password anybody knows: what is typed for an unknown login is judged against
// it, so that it takes as long.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$c3VjaCBhIGxvZ2luIGlzbg$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkLCBub3QgZXY"

// cores lets no more hashes be made at once than there are cores: each takes 19 MiB.
var cores = make(chan struct{}, runtime.GOMAXPROCS(0))

// hash gives what is stored of a password.
func hash(password string) (string, error) {
	cores <- struct{}{}
	defer func() { <-cores }()
	return argon2id.CreateHash(norm.NFC.String(password), params)
}

// matches reports whether a password is the one of a stored hash, always with the work of judging one: "" stands for
// no password. stale tells that the hash was made with other parameters than today's.
func matches(password, stored string) (ok, stale bool, err error) {
	if len(password) > maxPassword {
		password, stored = "", ""
	}
	against := stored
	if against == "" {
		against = nobody
	}
	cores <- struct{}{}
	defer func() { <-cores }()
	ok, used, err := argon2id.CheckHash(norm.NFC.String(password), against)
	if err != nil {
		// The library's errors may quote what they could not read.
		return false, false, errors.New("account: a stored password hash cannot be read")
	}
	return ok && stored != "", *used != *params, nil
}

// CheckPassword holds a new password against the rules: at least MinPassword characters, none of the passwords
// everybody tries, not the login. The fault is Invalid at path.
func CheckPassword(path, password string, logins ...string) error {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return fault.Bad(path, "password_short", "min", strconv.Itoa(MinPassword))
	case len(password) > maxPassword:
		return fault.Bad(path, "too_long", "max", strconv.Itoa(maxPassword))
	case !utf8.ValidString(password):
		return fault.Bad(path, "bad_characters")
	}
	for _, login := range logins {
		if login != "" && resembles(password, login) {
			return fault.Bad(path, "password_login")
		}
	}
	if common(password) {
		return fault.Bad(path, "password_common")
	}
	return nil
}
