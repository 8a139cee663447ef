package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

func made(name string, headers ...string) *mapping.Mapping {
	m := mapping.Kind().New().(*mapping.Mapping)
	m.Name = name
	for _, h := range headers {
		m.Columns = append(m.Columns, mapping.Column{Header: mapping.Header(h)})
	}
	return m
}

// A mapping is for lists with its headers in their order, however they are written, and for no others.
func TestFits(t *testing.T) {
	long := strings.Repeat("é", 300)
	m := made("Club", "Voornaam", "Prénom ", long)
	for want, lists := range map[bool][][]string{
		true:  {{"Voornaam", "Prénom", long}, {"VOORNAAM", " prenom", strings.Repeat("E", 300)}},
		false: {{"Voornaam", "Prénom"}, {"Voornaam", "Prénom", long, ""}, {"Prénom", "Voornaam", long}, {"Voornaam", "Prénom", "e"}, nil},
	} {
		for _, headers := range lists {
			if got := m.Fits(headers); got != want {
				t.Errorf("%.20q: %v, want %v", headers, got, want)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	var many []record.Record
	for i := range mapping.MaxMappings {
		many = append(many, made(fmt.Sprint("Nr ", i)))
	}
	wrong := made("nr 7", "a", "b")
	wrong.Mode, wrong.Rule, wrong.BadCell, wrong.Links.Tags = "x", "x", "x", "x"
	wrong.Columns[1].Rule, wrong.Columns[1].DateFormat = "x", "x"
	for name, c := range map[string]struct {
		m    *mapping.Mapping
		env  record.Env
		want string
	}{
		"nothing wrong":  {made("Club", "a"), record.Env{Others: many[:1]}, ""},
		"everything":     {wrong, record.Env{Others: many[7:8]}, "mode rule badCell links.tags columns[1].rule columns[1].dateFormat name"},
		"one too many":   {made("Club"), record.Env{Others: many}, "name"},
		"one of so many": {made("Club"), record.Env{Others: many, Before: made("Club")}, ""},
	} {
		var got []string
		for _, p := range c.m.Validate(&c.env) {
			got = append(got, p.Path)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Mappings are for those who may import.
func TestRights(t *testing.T) {
	m := made("Club")
	for _, role := range policy.Roles() {
		g := policy.For(policy.Actor{ID: "usr_x"}, role)
		if may := g.Can(policy.Import); m.SeenBy(g) != may || m.ChangedBy(g) != may {
			t.Errorf("%s: seen %v, changed %v, want %v", role, m.SeenBy(g), m.ChangedBy(g), may)
		}
	}
}
