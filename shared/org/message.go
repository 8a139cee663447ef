package org

import (
	"context"
	"encoding/json"

	"github.com/muster-crm/muster/shared/seal"
)

// messagePurpose keeps queue messages apart from every other sealed token.
const messagePurpose seal.Purpose = "message"

// SealMessage makes the body of a queue message that asks for work in an organisation: topic says who handles it, ref
// of what, such as a job's id. The tenant travels sealed, so that nobody who can write to the queue can name one.
func SealMessage(ctx context.Context, ring *seal.Ring, t Tenant, topic, ref string) ([]byte, error) {
	t.partition() // no message to no organisation
	plain, err := json.Marshal(storedDue{Org: t.id, Topic: topic, Ref: ref})
	if err != nil {
		return nil, err
	}
	token, err := ring.Seal(ctx, messagePurpose, plain)
	return []byte(token), err
}

// OpenMessage reads what SealMessage made. Errors: seal.ErrOpen for anything else, or those of the key source.
func OpenMessage(ctx context.Context, ring *seal.Ring, body []byte) (t Tenant, topic, ref string, err error) {
	plain, err := ring.Open(ctx, messagePurpose, string(body))
	if err != nil {
		return Tenant{}, "", "", err
	}
	var m storedDue
	if err := json.Unmarshal(plain, &m); err != nil {
		return Tenant{}, "", "", err
	}
	return Tenant{m.Org}, m.Topic, m.Ref, nil
}
