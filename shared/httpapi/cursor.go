package httpapi

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/seal"
)

const cursorPurpose seal.Purpose = "cursor"

// Cursors seals places in lists. A cursor is bound to organisation, rights and question; a foreign, altered or outdated
// one is refused like any garbage.
type Cursors struct{ ring *seal.Ring }

// NewCursors makes cursors with the installation's keys.
func NewCursors(ring *seal.Ring) Cursors { return Cursors{ring} }

// Seal gives the cursor of a place.
func (c Cursors) Seal(ctx context.Context, g policy.Grant, question string, place any) (string, error) {
	plain, err := json.Marshal(place)
	if err != nil {
		return "", err
	}
	return c.ring.Seal(ctx, cursorPurpose, plain, g.Tenant().ID(), g.Digest(), question)
}

// Open reads a cursor into place. The fault is Invalid at "cursor".
func (c Cursors) Open(ctx context.Context, g policy.Grant, question, cursor string, place any) error {
	plain, err := c.ring.Open(ctx, cursorPurpose, cursor, g.Tenant().ID(), g.Digest(), question)
	if errors.Is(err, seal.ErrOpen) {
		return fault.Bad("cursor", "bad_cursor")
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, place)
}
