package record_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

var bodies = []string{
	`{"name":"Lamp","story":"a\nb","gender":"other","born":"2000-02-29","seen":"2026-11-21T12:00:00Z","count":-3,"open":false}`,
	`{"name":"a","tags":["a",""],"parts":[{"kind":"work","text":"x","main":true},{}],"place":{"town":"Gent","floor":2}}`,
	`{"name":"a","keys":{"a":"1","b":null},"custom":{"size":"S","note":null}}`,
	`{"name":null,"tags":null,"parts":[],"place":{"floor":null},"keys":{" a":"x","a ":"y"},"custom":{}}`,
	`{"name":"a","custom":{"weight":12.50,"shoe":"","fee":{"amount":5,"currency":"EUR"},"since":"2024-02-29","keen":false,"diets":["vegan","vegan"]}}`,
	`{"name":"a","custom":{"site":"example.org","scan":"fil_1","pin":"0123456","story":"a\nb","fee":{"amount":null}},"cost":{"amount":0,"currency":"EUR"}}`,
	`{"name":"a","account":"BE68539007547034","paper":{"number":"1234567","by":"x"},"shirt":0,"page":"example.org","friend":"box_1","friends":["thg_1",""]}`,
	`{"account":"•••034","paper":{"number":"•••567"},"custom":{"pin":"•••456","weight":-0.0,"shoe":123456789012.345678}}`,
	`{"count":1e400,"custom":{"x":1e400}}`, `{"seen":"9999-12-31T23:59:59+14:00"}`, `{"seen":"9890-12-31T02:57:59+24:00"}`, `{"place":{"town":{"x":[]}}}`, `{"":{}}`, `[]`, `{`, "\xff",
}

// settled holds a record that was taken against everything its kind promises.
func settled(t *testing.T, r record.Record) {
	t.Helper()
	checked := things.Check(r, env())
	if checked != nil && fault.From(checked).Kind == fault.Internal {
		t.Fatalf("check: %v", checked)
	}
	value, err := things.Encode(r, nil)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	back, err := things.Decode(value, r.Base().Version)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	again, err := things.Encode(back, nil)
	if err != nil || !bytes.Equal(value, again) {
		t.Fatalf("%s was decoded and encoded to %s, %v", value, again, err)
	}
	if changes, err := things.Diff(r, back); err != nil || len(changes) > 0 {
		t.Fatalf("a record differs from itself: %v, %v", changes, err)
	}
	if checked != nil {
		return
	}
	// What is in its canonical form stays in it.
	if err := things.Check(back, env()); err != nil {
		t.Fatalf("%s was accepted and is refused: %v", value, err)
	}
	if again, err := things.Encode(back, nil); err != nil || !bytes.Equal(value, again) {
		t.Fatalf("checking again changed %s to %s, %v", value, again, err)
	}
	sentBack(t, back, value)
}

// sentBack shows a record to somebody of every role, who sends back what they see: nothing changes.
func sentBack(t *testing.T, r record.Record, value []byte) {
	t.Helper()
	for _, role := range append(policy.Roles(), "stranger") {
		shown, err := json.Marshal(things.Hide(r, policy.For(policy.Actor{}, role), ownFields))
		if err != nil {
			t.Fatal(err)
		}
		same, err := things.Patch(r, shown)
		if err != nil {
			t.Fatalf("%s cannot send back %s: %v", role, shown, err)
		}
		if changes, err := things.Diff(r, same); err != nil || len(changes) > 0 {
			t.Fatalf("%s sends back %s of %s and changes %v, %v", role, shown, value, changes, err)
		}
	}
	if whole, err := things.Encode(r, nil); err != nil || !bytes.Equal(whole, value) {
		t.Fatalf("showing %s made it %s, %v", value, whole, err)
	}
}

func FuzzCreate(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := things.Create(body)
		if err != nil {
			if k := fault.From(err).Kind; k != fault.Malformed && k != fault.Invalid {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if !reflect.DeepEqual(*r.Base(), record.Meta{Kind: "thing"}) {
			t.Fatalf("%q set system members: %+v", body, r.Base())
		}
		settled(t, r)
	})
}

func FuzzPatch(f *testing.F) {
	for i, b := range bodies {
		f.Add([]byte(bodies[i%3]), []byte(b))
	}
	f.Fuzz(func(t *testing.T, first, patch []byte) {
		before, err := things.Create(first)
		if err != nil {
			return
		}
		before.Base().ID, before.Base().Version, before.Base().CreatedAt = "thg_1", 3, noon
		was, err := things.Encode(before, nil)
		if err != nil {
			t.Fatal(err)
		}
		after, err := things.Patch(before, patch)
		if now, e := things.Encode(before, nil); e != nil || !bytes.Equal(was, now) {
			t.Fatalf("%q changed the record it was applied to", patch)
		}
		if err != nil {
			if k := fault.From(err).Kind; k != fault.Malformed && k != fault.Invalid {
				t.Fatalf("%q: %v", patch, err)
			}
			return
		}
		if !reflect.DeepEqual(after.Base(), before.Base()) {
			t.Fatalf("%q changed system members: %+v", patch, after.Base())
		}
		if diff := cmp.Diff(merged(t, before, patch), plain(t, after)); diff != "" && !masks(t, patch) {
			t.Fatalf("%s and %s: %s", was, patch, diff)
		}
		settled(t, after)
	})
}

// merged is RFC 7396 to the letter, for a patch that fits the kind.
func merged(t *testing.T, before record.Record, patch []byte) map[string]any {
	t.Helper()
	var change any
	if err := json.Unmarshal(patch, &change); err != nil {
		t.Fatal(err)
	}
	doc := mergePatch(any(plain(t, before)), change).(map[string]any)
	for name := range doc {
		if record.IsMeta(name) {
			delete(doc, name)
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	x := &thing{}
	if err := json.Unmarshal(raw, x); err != nil {
		t.Fatal(err)
	}
	return plain(t, x)
}

// masks reports whether a patch holds a mask, which may mean to leave the value as it is.
func masks(t *testing.T, patch []byte) bool {
	t.Helper()
	var value any
	if err := json.Unmarshal(patch, &value); err != nil {
		t.Fatal(err)
	}
	var some func(value any) bool
	some = func(value any) bool {
		switch value := value.(type) {
		case string:
			return record.Masked(value)
		case map[string]any:
			for _, inner := range value {
				if some(inner) {
					return true
				}
			}
		}
		return false
	}
	return some(value)
}

func mergePatch(target, patch any) any {
	change, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	doc, ok := target.(map[string]any)
	if !ok {
		doc = map[string]any{}
	}
	for name, value := range change {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = mergePatch(doc[name], value)
		}
	}
	return doc
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", " a\tb\r\n", "e\u200b\u0301", "\u0301", "\xff\ufeff", "\u1100\u200b\u1161", "a\u0327\u0301\u00ad\u0323"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, lines := range []bool{false, true} {
			clean := record.Clean(s, lines)
			if again := record.Clean(clean, lines); again != clean {
				t.Fatalf("%q cleaned is %q, cleaned again %q", s, clean, again)
			}
			if !utf8.ValidString(clean) && utf8.ValidString(s) {
				t.Fatalf("%q cleaned is no text: %q", s, clean)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b), []byte(`{"name":"b"}`))
	}
	f.Add([]byte(`{"parts":[{"text":"x","seal":{"a":1}}],"place":{"wing":[1]},"shoe":{"size":42}}`), []byte(`{"name":"b"}`))
	f.Fuzz(func(t *testing.T, stored, patch []byte) {
		before, err := things.Decode(stored, 1)
		if err != nil {
			return
		}
		after, err := things.Patch(before, patch)
		if err != nil {
			return
		}
		value, err := things.Encode(after, stored)
		if err != nil {
			return // what is stored is no object any more, or not of these shapes
		}
		back, err := things.Decode(value, 1)
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		if !reflect.DeepEqual(plain(t, after), plain(t, back)) {
			t.Fatalf("with what is unknown %s is %s", value, back)
		}
	})
}
