package account

import "time"

// SetPace sets how long a request for a reset takes.
func (a *Accounts) SetPace(d time.Duration) { a.pace = d }

// Cheapen makes hashing cheap for tests that are not about it.
func Cheapen() { params.Memory, params.Iterations = 64, 1 }

// Nobody is the hash unknown logins are judged against; Memory and Iterations what new hashes are made with.
const Nobody = nobody

var (
	Common  = common
	Matches = matches
	Hash    = hash
	Params  = *params
)
