package repository_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// noted lists the access log, newest first.
func (h house) noted() []string {
	h.T.Helper()
	entries, _, err := h.Accesses(h.T.Context(), h.Grant(policy.Owner), repository.AccessFilter{}, "", 200)
	if err != nil {
		h.T.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%s %s %s %s %s", e.Actor, e.Act, e.Kind, e.Record, strings.Join(e.Fields, "+")))
	}
	return all
}

func show(values map[string]json.RawMessage) string {
	var parts []string
	for path, value := range values {
		parts = append(parts, path+"="+string(value))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// Values are revealed to those who may alone, each time noted, and to nobody by any other way.
func TestReveal(t *testing.T) {
	h := secrets(t)
	ctx := t.Context()
	h.Create("field", `{"for":"contact","name":"pin","label":"Pin","type":"text","class":"sensitive"}`)
	h.Create("field", `{"for":"contact","name":"size","label":"Size","type":"text"}`)
	s := h.Create("secret", wholeSecret).Base().ID
	c := h.contact(`{"firstName":"Jan","custom":{"pin":"1234567","size":"L"}}`)
	if c.Custom["pin"] != "•••567" || c.Custom["size"] != "L" {
		t.Errorf("%+v", c.Custom)
	}
	for _, ask := range []struct{ role, kind, id, paths, want string }{
		{"owner", "secret", s, "account", `account="BE00000123"`},
		{"admin", "secret", s, "account papers", `account="BE00000123" papers={"number":"NL1234567"}`},
		{"owner", "secret", s, "papers.number", `papers.number="NL1234567"`},
		{"owner", "contact", c.ID, "custom.pin", `custom.pin="1234567"`},
		{"editor", "secret", s, "account", "denied, denied"},
		{"reader", "secret", s, "account", "denied, denied"},
		{"owner", "secret", s, "", "invalid, fields required"},
		{"owner", "secret", s, "name account", "invalid, fields[0] unknown_field"},
		{"owner", "secret", s, "account nothing", "invalid, fields[1] unknown_field"},
		{"owner", "contact", c.ID, "custom.size", "invalid, fields[0] unknown_field"},
		{"owner", "contact", c.ID, "custom.none", "invalid, fields[0] unknown_field"},
		{"owner", "secret", "sec_none", "account", "not_found, not_found"},
		{"owner", "safe", s, "account", "not_found, not_found"},
	} {
		values, err := h.Reveal(ctx, h.as(policy.Role(ask.role)), ask.kind, ask.id, strings.Fields(ask.paths))
		got := show(values)
		if err != nil {
			got = told(err)
		}
		if got != ask.want {
			t.Errorf("%+v: %s", ask, got)
		}
	}
	want := []string{"usr_owner reveal contact " + c.ID + " custom.pin", "usr_owner reveal secret " + s + " papers.number",
		"usr_admin reveal secret " + s + " account+papers", "usr_owner reveal secret " + s + " account"}
	if diff := cmp.Diff(want, h.noted()); diff != "" {
		t.Error(diff)
	}
	about, _, err := h.Accesses(ctx, h.Grant(policy.Admin), repository.AccessFilter{Record: c.ID}, "", 10)
	if err != nil || len(about) != 1 || about[0].Fields[0] != "custom.pin" {
		t.Errorf("%+v, %v", about, err)
	}
	if _, _, err := h.Accesses(ctx, h.Grant(policy.Editor), repository.AccessFilter{}, "", 10); told(err) != "denied, denied" {
		t.Errorf("an editor reads the access log: %s", told(err))
	}
	// What is empty is not in the answer, and asked for all the same.
	empty := h.Create("secret", `{"name":"Mia"}`).Base().ID
	if values, err := h.Reveal(ctx, h.Write(), "secret", empty, []string{"account"}); err != nil || len(values) != 0 || len(h.noted()) != 5 {
		t.Errorf("%v, %v", values, err)
	}
	many := slices.Repeat([]string{"account"}, repository.MaxReveal+1)
	if _, err := h.Reveal(ctx, h.Write(), "secret", s, many); told(err) != "invalid, fields too_many" {
		t.Errorf("%s", told(err))
	}
}

// TestNoValueWithoutANote: whatever call of the store goes wrong, a value is answered only when it is noted.
func TestNoValueWithoutANote(t *testing.T) {
	h := secrets(t)
	s := h.Create("secret", wholeSecret).Base().ID
	plan := func(int) storefault.Kind { return storefault.None }
	faults := storefault.New(h.Below, func(call int) storefault.Kind { return plan(call) })
	for _, kind := range storefault.Kinds {
		for n := 1; n <= 6; n++ {
			process := house{h.Through(faults)}
			start, before := faults.Calls(), len(h.noted())
			plan = func(call int) storefault.Kind {
				if call == start+n {
					return kind
				}
				return storefault.None
			}
			values, err := process.Reveal(t.Context(), h.Write(), "secret", s, []string{"account"})
			faults.Revive()
			if err == nil && (len(values) != 1 || len(h.noted()) != before+1) {
				t.Errorf("call %d %v: %v, %d notes", n, kind, values, len(h.noted())-before)
			}
			if err != nil && len(values) > 0 {
				t.Errorf("call %d %v: %v with %v", n, kind, err, values)
			}
		}
	}
}

// wholes are the sensitive values in wholeSecret.
var wholes = []string{"BE00000123", "NL1234567"}

// TestValuesAreNowhereInFull looks into every answer for the values.
func TestValuesAreNowhereInFull(t *testing.T) {
	h := secrets(t)
	ctx := t.Context()
	g := h.Grant(policy.Owner)
	created, err := h.Repository.Create(ctx, h.keyed("k", "b"), "secret", []byte(wholeSecret))
	if err != nil {
		t.Fatal(err)
	}
	id := created.Record.Base().ID
	answers := map[string]any{"create": created}
	note := func(name string, answer any, err error) {
		answers[name] = answer
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	replayed, err := h.Repository.Create(ctx, h.keyed("k", "b"), "secret", []byte(wholeSecret))
	note("replay", replayed, err)
	got, err := h.Get(ctx, g, "secret", id)
	note("get", got, err)
	list, err := h.Read(ctx, g, "secret", []string{id})
	note("read", list, err)
	found, err := h.List(ctx, g, "secret", repository.Question{Text: "account:* papers:*", Limit: 10})
	note("list", found.Items, err)
	if len(found.Items) != 1 || len(h.ids("secret", "-account:*")) != 0 {
		t.Errorf("filled is not found: %v", found)
	}
	around, err := h.Around(ctx, g, "secret", id)
	note("around", around, err)
	patched, err := h.Patch(ctx, h.Write(), "secret", id, 1, []byte(`{"account":"BE00000999"}`))
	note("patch", patched, err)
	unchanged, err := h.Patch(ctx, h.Write(), "secret", id, 2, []byte(`{"account":"•••999"}`))
	note("unchanged", unchanged, err)
	_, err = h.Patch(ctx, h.Write(), "secret", id, 1, []byte(`{"name":"x"}`))
	answers["stale"] = fault.From(err).Current
	reverted, err := h.Revert(ctx, h.Write(), "secret", id, 2, 2, nil)
	note("revert", reverted, err)
	history, _, err := h.History(ctx, g, "secret", id, 0, 10)
	note("history", history, err)
	trashed, err := h.Trash(ctx, h.Write(), "secret", id, anyVersion)
	note("trash", trashed, err)
	restored, err := h.Restore(ctx, h.Write(), "secret", id, anyVersion, repository.DropNone)
	note("restore", restored, err)
	titles, err := h.Titles(ctx, g, id)
	note("titles", titles, err)
	notes, _, err := h.Accesses(ctx, g, repository.AccessFilter{}, "", 10)
	note("accesses", notes, err)
	for name, answer := range answers {
		raw, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw) + fmt.Sprintf("%+v", answer)
		if items, ok := answer.([][]byte); ok {
			text = string(slices.Concat(items...))
		}
		for _, value := range append([]string{"BE00000999"}, wholes...) {
			if strings.Contains(text, value) {
				t.Errorf("%s shows %s: %s", name, value, text)
			}
		}
	}
	// The revert went back to the whole value.
	values, err := h.Reveal(ctx, h.Write(), "secret", id, []string{"account"})
	if err != nil || show(values) != `account="BE00000123"` {
		t.Errorf("%s, %v", show(values), err)
	}
}
