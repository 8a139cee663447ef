package account

import "time"

// SetPace sets how long a request for a reset takes.
func (a *Accounts) SetPace(d time.Duration) { a.pace = d }

// Params are what passwords are hashed with outside tests.
var Params = *params

// Cheapen makes hashing cheap for tests that are not about it.
func Cheapen() { params.Memory, params.Iterations = 64, 1 }

// Harden raises the parameters above Cheapen's, until the function it gives is called.
func Harden() (restore func()) {
	params.Memory, params.Iterations = 128, 2
	return Cheapen
}

// Nobody is the hash unknown logins are judged against.
const Nobody = nobody

// What tests look at from outside.
var (
	Common  = common
	Matches = matches
	Hash    = hash
	Mask    = mask
)
