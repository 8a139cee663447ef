// Package seal makes tokens that only this installation can make: sealed ones, whose content nobody else can read
// (list cursors, queue messages that carry the tenant), and signatures, which prove that a visible text is ours
// (upload policies and download links of package dirblob).
//
// A Ring holds versioned keys. The newest key that is in force seals and signs, every key of the ring opens and
// verifies: so keys are rotated by adding one and, once the longest-lived token has run out, removing the oldest.
// Secrets come from a KeySource, are read on first use and kept for CacheFor.
//
// Guarantees:
//   - A token opens only under the purpose and the binding it was sealed with. Purposes are kept apart by keys
//     derived with HKDF-SHA256, bindings (tenant, query, grant ...) are authenticated and not part of the token.
//   - Sealing is AES-256-GCM with a random 96-bit nonce; signing is HMAC-SHA256, compared in constant time.
//   - Tokens are base64url without padding. Whatever is wrong with one, the answer is ErrOpen and nothing more; callers
//     map it to what their door says (an Invalid fault with code "cursor", a NotFound ...).
//   - Tokens do not expire by themselves: who needs that puts a time into the sealed content.
package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

// ErrOpen says that a token was not made by this ring, or for another purpose or binding, or by a key since removed.
// It never says which.
var ErrOpen = errors.New("seal: token does not open")

// Purpose names what tokens are for, such as "cursor". A token of one purpose is garbage to every other.
type Purpose string

const (
	sealed byte = 1 // first byte of a sealed token
	signed byte = 2 // first byte of a signature

	headBytes  = 1 + 4 // form, key id
	nonceBytes = 12
	tagBytes   = 16
	macBytes   = sha256.Size
)

// Strict decoding keeps a token's spelling unique: no second text opens to the same content. The decoder skips line
// breaks all the same, so decode looks for those.
var encoding = base64.RawURLEncoding.Strict()

// Seal encrypts plain for a purpose, bound to the given values. The same values, in the same order, open it again.
// Errors: those of the key source.
func (r *Ring) Seal(ctx context.Context, purpose Purpose, plain []byte, binding ...string) (string, error) {
	key, err := r.current(ctx)
	if err != nil {
		return "", err
	}
	aead, err := box(key, purpose)
	if err != nil {
		return "", err
	}
	token := make([]byte, headBytes+nonceBytes, headBytes+nonceBytes+len(plain)+tagBytes)
	putHead(token, sealed, key.ID)
	rand.Read(token[headBytes:])
	token = aead.Seal(token, token[headBytes:], plain, bound(token[:headBytes], purpose, binding))
	return encoding.EncodeToString(token), nil
}

// Open gives what was sealed. Errors: ErrOpen, or those of the key source.
func (r *Ring) Open(ctx context.Context, purpose Purpose, token string, binding ...string) ([]byte, error) {
	raw, key, err := r.decode(ctx, token, sealed, headBytes+nonceBytes+tagBytes)
	if err != nil {
		return nil, err
	}
	aead, err := box(key, purpose)
	if err != nil {
		return nil, err
	}
	head, nonce, rest := raw[:headBytes], raw[headBytes:headBytes+nonceBytes], raw[headBytes+nonceBytes:]
	plain, err := aead.Open(rest[:0], nonce, rest, bound(head, purpose, binding))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Sign gives a signature of text for a purpose, bound to the given values. The text is not part of it.
// Errors: those of the key source.
func (r *Ring) Sign(ctx context.Context, purpose Purpose, text []byte, binding ...string) (string, error) {
	key, err := r.current(ctx)
	if err != nil {
		return "", err
	}
	token := make([]byte, headBytes, headBytes+macBytes)
	putHead(token, signed, key.ID)
	sum, err := mac(key, token, purpose, text, binding)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(token, sum...)), nil
}

// Verify checks a signature of text. Errors: ErrOpen, or those of the key source.
func (r *Ring) Verify(ctx context.Context, purpose Purpose, text []byte, signature string, binding ...string) error {
	raw, key, err := r.decode(ctx, signature, signed, headBytes+macBytes)
	if err != nil {
		return err
	}
	sum, err := mac(key, raw[:headBytes], purpose, text, binding)
	if err != nil {
		return err
	}
	if !hmac.Equal(sum, raw[headBytes:]) {
		return ErrOpen
	}
	return nil
}

// decode reads a token of the given form and finds its key.
func (r *Ring) decode(ctx context.Context, token string, form byte, least int) ([]byte, Key, error) {
	raw, err := encoding.DecodeString(token)
	if err != nil || strings.ContainsAny(token, "\r\n") || len(raw) < least || raw[0] != form {
		return nil, Key{}, ErrOpen
	}
	key, err := r.find(ctx, binary.BigEndian.Uint32(raw[1:headBytes]))
	return raw, key, err
}

func putHead(token []byte, form byte, id uint32) {
	token[0] = form
	binary.BigEndian.PutUint32(token[1:], id)
}

func box(key Key, purpose Purpose) (cipher.AEAD, error) {
	derived, err := derive(key, "muster/seal/1/"+purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func mac(key Key, head []byte, purpose Purpose, text []byte, binding []string) ([]byte, error) {
	derived, err := derive(key, "muster/sign/1/"+purpose)
	if err != nil {
		return nil, err
	}
	sum := hmac.New(sha256.New, derived)
	sum.Write(bound(head, purpose, binding))
	sum.Write(text)
	return sum.Sum(nil), nil
}

func derive(key Key, info Purpose) ([]byte, error) {
	return hkdf.Key(sha256.New, key.Secret, nil, string(info), 32)
}

// bound writes what a token is bound to. Each part is led by its length and the parts by their number, so that no
// two lists are written alike.
func bound(head []byte, purpose Purpose, binding []string) []byte {
	out := append([]byte(nil), head...)
	out = binary.AppendUvarint(out, uint64(len(binding)))
	out = binary.AppendUvarint(out, uint64(len(purpose)))
	out = append(out, purpose...)
	for _, part := range binding {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
