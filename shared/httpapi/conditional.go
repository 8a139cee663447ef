package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/repository"
)

// ETag gives the entity tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IfMatch reads an If-Match header: the version it names, or any for "*". Faults: Unconditional when it is absent;
// Stale when it names no version there ever was.
func IfMatch(header string) (int64, error) {
	header = strings.TrimSpace(header)
	switch header {
	case "":
		return 0, fault.New(fault.Unconditional, "if_match_required")
	case "*":
		return repository.AnyVersion, nil
	}
	tag := strings.Trim(strings.TrimPrefix(header, "W/"), `"`)
	version, err := strconv.ParseInt(tag, 10, 64)
	if err != nil || version < 1 {
		return 0, fault.New(fault.Stale, "stale")
	}
	return version, nil
}

// Key reads an Idempotency-Key header, quoted or bare, for the request of ctx with the given body. item tells the
// requests of a batch apart ("" outside one).
func Key(ctx context.Context, header string, body []byte, item string) (idem.Key, error) {
	r := of(ctx)
	name := strings.TrimSpace(header)
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	switch {
	case header == "":
		return idem.Key{}, nil
	case name == "" || len(name) > idem.MaxLength:
		return idem.Key{}, fault.Bad("Idempotency-Key", "bad_value")
	}
	if item != "" {
		name += "/" + item
	}
	sum := sha256.Sum256(body)
	return idem.Key{Caller: r.identity.Grant.Actor().ID, Route: r.method + " " + r.path, Name: name, Body: hex.EncodeToString(sum[:])}, nil
}

// WantJSON holds a request's content type to JSON, or to one of the others given.
func WantJSON(contentType string, others ...string) error {
	media, _, err := mime.ParseMediaType(contentType)
	if contentType == "" || err == nil && media == "application/json" {
		return nil
	}
	for _, other := range others {
		if media == other {
			return nil
		}
	}
	return fault.New(fault.Unsupported, "unsupported")
}
