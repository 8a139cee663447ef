package group_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

var kind = group.Kind()

func TestRules(t *testing.T) {
	kindtest.Rules(t, kind, map[string][]string{
		`{}`:                                  {"name required"},
		`{"name":"U15"}`:                      nil,
		`{"name":"U15","capacity":15}`:        nil,
		`{"name":"U15","capacity":0}`:         {"capacity too_small"},
		`{"name":"U15","category":"team"}`:    nil,
		`{"name":"U15","capacity":100001}`:    {"capacity too_large"},
		`{"name":"U15","category":"crew"}`:    {"category bad_choice"},
		`{"name":"U15","members":["con_1"]}`:  {"members unknown_member"},
		`{"name":"U15","description":"a\nb"}`: nil,
	})
}

func TestFull(t *testing.T) {
	g, _ := kindtest.Make[*group.Group](t, kind, `{"name":" U15 ","capacity":2}`)
	if g.Title() != "U15" || g.Full(1) || !g.Full(2) || !g.Full(3) {
		t.Errorf("%+v", g)
	}
	if (&group.Group{}).Full(1000000) {
		t.Error("a group of any size is full")
	}
	kindtest.Settled(t, kind, g)
}

// Whoever is in a group is told by the index: with each of their times, without those in the trash.
func TestMembers(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, w := t.Context(), h.Write()
	u15, choir := h.Create(group.Name, `{"name":"U15"}`).Base().ID, h.Create(group.Name, `{"name":"Choir"}`).Base().ID
	person := func(name, groups string) string {
		return h.Create("contact", `{"firstName":"`+name+`","lastName":"`+name+`","groups":[`+groups+`]}`).Base().ID
	}
	an := person("An", fmt.Sprintf(`{"group":%q},{"group":%q}`, u15, choir))
	bo := person("Bo", fmt.Sprintf(`{"group":%q,"to":"2020-06-30"}`, u15))
	person("Cis", "")
	dirk := person("Dirk", fmt.Sprintf(`{"group":%q,"from":"2019-09-01","to":"2020-06-30"},{"group":%q,"from":"2021-09-01"}`, u15, u15))
	gone := person("Gon", fmt.Sprintf(`{"group":%q}`, u15))
	if _, err := h.Trash(ctx, w, "contact", gone, repository.AnyVersion); err != nil {
		t.Fatal(err)
	}
	var who []string
	places := 0
	err := group.Members(ctx, h.Repository, w.Grant, u15, func(m group.Member) bool {
		who, places = append(who, m.ID), places+len(m.Places)
		return true
	})
	if diff := cmp.Diff([]string{an, bo, dirk}, who); diff != "" || places != 4 || err != nil {
		t.Errorf("%d places, %v, %s", places, err, diff)
	}
	for day, want := range map[record.Date]int{"2020-01-01": 3, "2020-12-01": 1, "2022-01-01": 2} {
		if now, ever, err := group.Count(ctx, h.Repository, w.Grant, u15, day); now != want || ever != 3 || err != nil {
			t.Errorf("on %s there are %d of %d, %v", day, now, ever, err)
		}
	}
	first := 0
	if err := group.Members(ctx, h.Repository, w.Grant, u15, func(group.Member) bool { first++; return false }); first != 1 || err != nil {
		t.Errorf("%d were told, %v", first, err)
	}
}

func FuzzGroup(f *testing.F) {
	f.Add([]byte(`{"name":" U15 ","category":"team","capacity":15,"description":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if made, problems := kindtest.Make[*group.Group](t, kind, string(body)); problems == nil && made != nil {
			kindtest.Settled(t, kind, made)
		}
	})
}
