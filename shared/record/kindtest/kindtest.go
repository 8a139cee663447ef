// Package kindtest tries requests on a kind of record without a store: what becomes of a body or a patch, and what is
// refused of it.
package kindtest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/record"
)

// Noon is the time at which everything is tried.
var Noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Env is what records are checked with: an organisation in Belgium, somebody in its office.
func Env() *record.Env {
	return &record.Env{Now: Noon, Channel: "telephone", Actor: "usr_1", Phones: phone.Plan{},
		Defaults: record.Defaults{Country: "BE", Language: "nl", Languages: []string{"nl", "fr"}}}
}

// Make tries a body. problems are the refusals as "path code", sorted.
func Make[T record.Record](t testing.TB, k *record.Kind, body string, alter ...func(*record.Env)) (r T, problems []string) {
	t.Helper()
	made, err := k.Create([]byte(body))
	if err != nil {
		return r, Codes(err)
	}
	return check[T](k, made, nil, alter)
}

// Edit tries a patch on a record.
func Edit[T record.Record](t testing.TB, k *record.Kind, before T, patch string, alter ...func(*record.Env)) (r T, problems []string) {
	t.Helper()
	edited, err := k.Patch(before, []byte(patch))
	if err != nil {
		return r, Codes(err)
	}
	return check[T](k, edited, before, alter)
}

func check[T record.Record](k *record.Kind, r, before record.Record, alter []func(*record.Env)) (T, []string) {
	env := Env()
	env.Before = before
	for _, f := range alter {
		f(env)
	}
	return r.(T), Codes(k.Check(r, env))
}

// Codes lists a refusal as "path code", sorted; nothing for none.
func Codes(err error) []string {
	var all []string
	if err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	slices.Sort(all)
	return all
}

// Rules tries bodies and holds their refusals against those expected.
func Rules(t *testing.T, k *record.Kind, rules map[string][]string) {
	t.Helper()
	for body, want := range rules {
		if _, got := Make[record.Record](t, k, body); !slices.Equal(want, got) {
			t.Errorf("%s %.120s: %q, want %q", k.Name, body, got, want)
		}
	}
}

// Settled holds an accepted record to what every stored one promises: it is accepted again as it is, and unchanged.
func Settled(t testing.TB, k *record.Kind, r record.Record) {
	t.Helper()
	value, err := k.Encode(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := k.Decode(value, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := check[record.Record](k, back, r, nil); problems != nil {
		t.Fatalf("%s was accepted and is refused: %q", value, problems)
	}
	if now, err := k.Encode(back, nil); err != nil || !bytes.Equal(value, now) {
		t.Fatalf("checking again changed %s to %s, %v", value, now, err)
	}
}
