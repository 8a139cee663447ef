package account_test

import (
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/muster-crm/muster/shared/account"
)

// What judging one password costs outside tests.
func BenchmarkPassword(b *testing.B) {
	params := account.Params
	for b.Loop() {
		if _, err := argon2id.CreateHash(password, &params); err != nil {
			b.Fatal(err)
		}
	}
}
