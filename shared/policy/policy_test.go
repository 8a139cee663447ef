package policy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
)

// matrix says by hand what each role may: for each action the classes of fields, by their first letters.
var matrix = map[policy.Role]map[policy.Action]string{
	policy.Owner: {policy.Read: "pcfs", policy.Create: "pcfs", policy.Edit: "pcfs", policy.Trash: "pcfs", policy.Restore: "pcfs",
		policy.Import: "pcfs", policy.Export: "pcfs", policy.Reveal: "pcfs", policy.Manage: "pcfs"},
	policy.Admin: {policy.Read: "pcfs", policy.Create: "pcfs", policy.Edit: "pcfs", policy.Trash: "pcfs", policy.Restore: "pcfs",
		policy.Import: "pcfs", policy.Export: "pcfs", policy.Reveal: "pcfs", policy.Manage: "pcfs"},
	policy.Editor: {policy.Read: "pcf", policy.Create: "pcf", policy.Edit: "pcf", policy.Trash: "pcf", policy.Restore: "pcf",
		policy.Import: "pcf", policy.Export: "pcf"},
	policy.Reader: {policy.Read: "pc"},
	"":            {},
	"stranger":    {},
}

func letter(c policy.Class) string { return string(c[:1]) }

func TestMatrix(t *testing.T) {
	for _, role := range append(policy.Roles(), "", "stranger") {
		want, ok := matrix[role]
		if !ok {
			t.Fatalf("the matrix does not know %q", role)
		}
		g := policy.For(policy.Actor{ID: "usr_1"}, role)
		for _, a := range policy.Actions() {
			if g.Can(a) != (want[a] != "") || (g.Scope(a) == policy.All) != (want[a] != "") {
				t.Errorf("%q may %s: %v, scope %q", role, a, g.Can(a), g.Scope(a))
			}
			err := g.Allow(a)
			if (err == nil) != (want[a] != "") || err != nil && !errors.Is(err, fault.Denied) {
				t.Errorf("%q %s: %v", role, a, err)
			}
			for _, c := range policy.Classes() {
				if g.Fields(a, c) != slices.Contains([]rune(want[a]), []rune(letter(c))[0]) {
					t.Errorf("%q may %s fields of class %s: %v", role, a, c, g.Fields(a, c))
				}
			}
			if g.Fields(a, "") || g.Fields(a, "unheard of") {
				t.Errorf("%q may %s fields of no class", role, a)
			}
		}
		if g.Can("dance") {
			t.Errorf("%q may do what nobody has thought of", role)
		}
	}
}

func TestZeroGrantMayNothing(t *testing.T) {
	var g policy.Grant
	for _, a := range policy.Actions() {
		if g.Can(a) || g.Fields(a, policy.Public) {
			t.Errorf("the zero grant may %s", a)
		}
	}
	if !g.Tenant().IsZero() || g.Covers(policy.Reader) {
		t.Error("the zero grant is somebody's")
	}
}

// covers says who may give which role.
var covers = map[policy.Role][]policy.Role{
	policy.Owner:  {policy.Owner, policy.Admin, policy.Editor, policy.Reader},
	policy.Admin:  {policy.Admin, policy.Editor, policy.Reader},
	policy.Editor: {policy.Editor, policy.Reader},
	policy.Reader: {policy.Reader},
	"stranger":    nil,
}

func TestNobodyGrantsMoreThanTheyHold(t *testing.T) {
	for role, want := range covers {
		g := policy.For(policy.Actor{}, role)
		for _, other := range policy.Roles() {
			if g.Covers(other) != slices.Contains(want, other) {
				t.Errorf("%q covers %q: %v", role, other, g.Covers(other))
			}
		}
	}
}

// Whoever covers a role may do all that the role may.
func TestCoveringIsHavingTheRights(t *testing.T) {
	for _, role := range policy.Roles() {
		for _, other := range policy.Roles() {
			g, o := policy.For(policy.Actor{}, role), policy.For(policy.Actor{}, other)
			if !g.Covers(other) {
				continue
			}
			for _, a := range policy.Actions() {
				for _, c := range policy.Classes() {
					if o.Can(a) && !g.Can(a) || o.Fields(a, c) && !g.Fields(a, c) {
						t.Errorf("%q covers %q and may not %s %s", role, other, a, c)
					}
				}
			}
		}
	}
}

func TestDigestNamesTheRights(t *testing.T) {
	digest := map[policy.Role]string{}
	for _, role := range policy.Roles() {
		a, b := policy.For(policy.Actor{ID: "usr_1"}, role).Digest(), policy.For(policy.Actor{ID: "usr_2"}, role).Digest()
		if a != b || a == "" {
			t.Errorf("%q: %q and %q", role, a, b)
		}
		digest[role] = a
	}
	if digest[policy.Owner] != digest[policy.Admin] {
		t.Error("equal rights, different digests")
	}
	if digest[policy.Admin] == digest[policy.Editor] || digest[policy.Editor] == digest[policy.Reader] || digest[policy.Reader] == (policy.Grant{}).Digest() {
		t.Errorf("different rights, equal digests: %q", digest)
	}
}

// A grant made from another leaves that one as it is.
func TestGrantsAreValues(t *testing.T) {
	tenant, _ := org.Founding("org_1", false)
	g := policy.For(policy.Actor{ID: "usr_1", Name: "Olga", Source: "page"}, policy.Editor)
	h := g.In(tenant).Via("import")
	if !g.Tenant().IsZero() || g.Actor().Source != "page" {
		t.Errorf("%+v was changed", g)
	}
	if h.Tenant() != tenant || h.Actor() != (policy.Actor{ID: "usr_1", Name: "Olga", Source: "import"}) || h.Role() != policy.Editor || !h.Can(policy.Import) {
		t.Errorf("%+v", h)
	}
}
