package httpapi_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/seal"
)

// A cursor opens for the question, the rights and the organisation it was made for, and for nothing else; whatever else is
// sent as one is refused at its place, and leaves nothing behind.
func FuzzCursor(f *testing.F) {
	cursors := httpapi.NewCursors(seal.NewRing(seal.Static{seal.NewKey(1, time.Time{})}, clock.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))))
	grant := func(tenant string, role policy.Role) policy.Grant {
		t, _ := org.Founding(tenant, false)
		return policy.For(policy.Actor{ID: "usr_1"}, role).In(t)
	}
	reader, editor, elsewhere := grant("org_1", policy.Reader), grant("org_1", policy.Editor), grant("org_2", policy.Reader)
	place := index.Position{Keys: []string{"peeters", "jan"}, ID: "con_1"}
	good, err := cursors.Seal(f.Context(), reader, "list contact jan", place)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "list contact jan")
	f.Add(good, "list contact an")
	f.Add(good[:len(good)-1], "list contact jan")
	f.Add(good+"A", "list contact jan")
	f.Add("", "")
	f.Add("{}", "list contact jan")
	f.Fuzz(func(t *testing.T, cursor, question string) {
		refused := func(g policy.Grant, question string) {
			t.Helper()
			var got index.Position
			err := cursors.Open(t.Context(), g, question, cursor, &got)
			fields := fault.From(err)
			if !errors.Is(err, fault.Invalid) || len(fields.Fields) != 1 || fields.Fields[0].Path != "cursor" || fields.Fields[0].Code != "bad_cursor" {
				t.Fatalf("%q for %q: %v", cursor, question, err)
			}
			if !cmp.Equal(got, index.Position{}) {
				t.Fatalf("%q leaves %+v", cursor, got)
			}
		}
		refused(editor, question)
		refused(elsewhere, question)
		refused(reader, question+"?")
		if cursor != good || question != "list contact jan" {
			refused(reader, question)
			return
		}
		var got index.Position
		if err := cursors.Open(t.Context(), reader, question, cursor, &got); err != nil || !cmp.Equal(got, place) {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}
