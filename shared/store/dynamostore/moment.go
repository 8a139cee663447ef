package dynamostore

import (
	"sync"
	"time"
)

// tokenLife is how long DynamoDB remembers a token.
const tokenLife = 10 * time.Minute

// moments remembers for each token the time its batch was first judged at, for tokenLife at least and twice that at
// most. A batch judged at another time would be another request, and DynamoDB refuses that under the same token.
type moments struct {
	mu          sync.Mutex
	young, old  map[string]time.Time
	youngsBegin time.Time
}

// of gives the moment of a token, which is now if the token is new.
func (m *moments) of(token string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, known := range []map[string]time.Time{m.young, m.old} {
		if at, ok := known[token]; ok {
			return at
		}
	}
	if m.young == nil || now.Sub(m.youngsBegin) >= tokenLife {
		m.old, m.young, m.youngsBegin = m.young, map[string]time.Time{}, now
	}
	m.young[token] = now
	return now
}
