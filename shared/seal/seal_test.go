package seal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/seal"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// source counts how often it is read and can be changed.
type source struct {
	keys  []seal.Key
	err   error
	reads int
}

func (s *source) Keys(context.Context) ([]seal.Key, error) {
	s.reads++
	return s.keys, s.err
}

func ring(keys ...seal.Key) *seal.Ring { return seal.NewRing(seal.Static(keys), clock.At(noon)) }

func TestOpenGivesWhatWasSealedOnlyUnderTheSamePurposeAndBinding(t *testing.T) {
	r := ring(seal.NewKey(1, time.Time{}))
	text := rapid.SliceOf(rapid.Byte())
	words := rapid.SliceOfN(rapid.StringN(0, 6, 12), 0, 4)
	purposes := rapid.SampledFrom([]seal.Purpose{"", "cursor", "queue", "cursorq"})
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		plain, purpose, binding := text.Draw(t, "plain"), purposes.Draw(t, "purpose"), words.Draw(t, "binding")
		otherPurpose, otherBinding := purposes.Draw(t, "other purpose"), words.Draw(t, "other binding")
		token, err := r.Seal(ctx, purpose, plain, binding...)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := r.Sign(ctx, purpose, plain, binding...)
		if err != nil {
			t.Fatal(err)
		}
		same := purpose == otherPurpose && equal(binding, otherBinding)

		opened, err := r.Open(ctx, purpose, token, binding...)
		if err != nil || !bytes.Equal(opened, plain) {
			t.Fatalf("Open = %x, %v; want %x", opened, err, plain)
		}
		if err := r.Verify(ctx, purpose, plain, signature, binding...); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		if _, err := r.Open(ctx, otherPurpose, token, otherBinding...); same != (err == nil) {
			t.Fatalf("Open as %q %q of a token for %q %q: %v", otherPurpose, otherBinding, purpose, binding, err)
		}
		if err := r.Verify(ctx, otherPurpose, plain, signature, otherBinding...); same != (err == nil) {
			t.Fatalf("Verify as %q %q of a signature for %q %q: %v", otherPurpose, otherBinding, purpose, binding, err)
		}
		if err := r.Verify(ctx, purpose, append(plain, 0), signature, binding...); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Verify of a longer text: %v", err)
		}
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestAnyFlippedBitIsRefused(t *testing.T) {
	ctx := context.Background()
	r := ring(seal.NewKey(7, time.Time{}))
	token, err := r.Seal(ctx, "cursor", []byte("con_01"), "org")
	if err != nil {
		t.Fatal(err)
	}
	signature, err := r.Sign(ctx, "cursor", []byte("con_01"), "org")
	if err != nil {
		t.Fatal(err)
	}
	raw, sig := decode(t, token), decode(t, signature)
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if _, err := r.Open(ctx, "cursor", base64.RawURLEncoding.EncodeToString(raw), "org"); err != seal.ErrOpen {
			t.Errorf("bit %d of a sealed token: %v", i, err)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
	for i := range len(sig) * 8 {
		sig[i/8] ^= 1 << (i % 8)
		err := r.Verify(ctx, "cursor", []byte("con_01"), base64.RawURLEncoding.EncodeToString(sig), "org")
		if err != seal.ErrOpen {
			t.Errorf("bit %d of a signature: %v", i, err)
		}
		sig[i/8] ^= 1 << (i % 8)
	}
}

func decode(t *testing.T, token string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTwoSealsOfOneTextDiffer(t *testing.T) {
	ctx := context.Background()
	r := ring(seal.NewKey(1, time.Time{}))
	a, err := r.Seal(ctx, "cursor", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Seal(ctx, "cursor", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Error("a sealed token shows that two contents are equal")
	}
}

func TestRotation(t *testing.T) {
	ctx := context.Background()
	at := clock.At(noon)
	first := seal.NewKey(1, time.Time{})
	src := &source{keys: []seal.Key{first}}
	writer, reader := seal.NewRing(src, at), seal.NewRing(src, at)
	old, err := writer.Seal(ctx, "queue", []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Open(ctx, "queue", old); err != nil {
		t.Fatal(err)
	}

	second := seal.NewKey(2, noon.Add(seal.Spread))
	src.keys = []seal.Key{second, first}
	at.Advance(seal.CacheFor)
	if token, err := writer.Seal(ctx, "queue", []byte("x")); err != nil || decode(t, token)[4] != 1 {
		t.Fatalf("a key seals before its time: %v", err)
	}
	at.Advance(seal.Spread)
	fresh, err := writer.Seal(ctx, "queue", []byte("fresh"))
	if err != nil {
		t.Fatal(err)
	}
	if decode(t, fresh)[4] != 2 {
		t.Error("the new key does not seal when its time has come")
	}
	for _, token := range []string{old, fresh} {
		if _, err := reader.Open(ctx, "queue", token); err != nil {
			t.Errorf("after rotation: %v", err)
		}
	}

	src.keys = []seal.Key{second}
	at.Advance(seal.CacheFor)
	if _, err := reader.Open(ctx, "queue", old); err != seal.ErrOpen {
		t.Errorf("a token of a removed key: %v", err)
	}
	if _, err := reader.Open(ctx, "queue", fresh); err != nil {
		t.Errorf("a token of the remaining key: %v", err)
	}
}

func TestUnknownKeyIsLookedUpButNotForEveryGarbageToken(t *testing.T) {
	ctx := context.Background()
	at := clock.At(noon)
	first, second := seal.NewKey(1, time.Time{}), seal.NewKey(2, time.Time{})
	src := &source{keys: []seal.Key{first}}
	r := seal.NewRing(src, at)
	token, err := ring(second).Seal(ctx, "queue", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := r.Open(ctx, "queue", token); err != seal.ErrOpen {
			t.Fatal(err)
		}
	}
	if src.reads != 1 {
		t.Errorf("100 unknown tokens caused %d reads of the keys", src.reads)
	}
	src.keys = []seal.Key{first, second}
	at.Advance(10 * time.Second)
	if _, err := r.Open(ctx, "queue", token); err != nil {
		t.Errorf("a key added elsewhere is not found: %v", err)
	}
}

func TestFailingSource(t *testing.T) {
	ctx := context.Background()
	at := clock.At(noon)
	src := &source{err: fault.New(fault.Unavailable, "store")}
	r := seal.NewRing(src, at)
	if _, err := r.Seal(ctx, "queue", nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("Seal without keys: %v", err)
	}
	src.keys, src.err = []seal.Key{seal.NewKey(1, time.Time{})}, nil
	token, err := r.Seal(ctx, "queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	src.err = fault.New(fault.Unavailable, "store")
	at.Advance(time.Hour)
	if _, err := r.Open(ctx, "queue", token); err != nil {
		t.Errorf("known keys are forgotten when the source fails: %v", err)
	}
}

func TestWeakKeysAreRefused(t *testing.T) {
	good := seal.NewKey(1, time.Time{})
	for name, keys := range map[string][]seal.Key{
		"none":       {},
		"short":      {{ID: 1, Secret: []byte("short")}},
		"twice":      {good, seal.NewKey(1, time.Time{})},
		"not in use": {seal.NewKey(1, noon.Add(time.Hour))},
	} {
		if _, err := ring(keys...).Seal(context.Background(), "cursor", nil); !errors.Is(err, fault.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	ctx := context.Background()
	key := seal.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, seal.SecretBytes)}
	r := ring(key)
	token, err := r.Seal(ctx, "cursor", []byte("content"), "org")
	if err != nil {
		f.Fatal(err)
	}
	signature, err := r.Sign(ctx, "cursor", []byte("content"), "org")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "A", token, token[:len(token)-1], token + "A", signature, "AQAAAAE", "====", "é", token[:9] + "\n" + token[9:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := r.Open(ctx, "cursor", text, "org")
		if err == nil && (string(plain) != "content" || base64.RawURLEncoding.EncodeToString(decode(t, text)) != text) {
			t.Errorf("%q opens to %q", text, plain)
		}
		if err != nil && err != seal.ErrOpen {
			t.Errorf("%q: %v", text, err)
		}
		if err := r.Verify(ctx, "cursor", []byte("content"), text, "org"); (err == nil) != (text == signature) {
			t.Errorf("Verify of %q: %v", text, err)
		}
	})
}
