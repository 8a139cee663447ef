package saved_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
)

var (
	kinds = product.Kinds()
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// search is a saved search as it lies in the configuration.
func search(id, maker, name, text string, roles ...string) *saved.Search {
	s := &saved.Search{Name: name, For: "contact", Query: text, Roles: roles}
	s.ID, s.Kind, s.CreatedBy = id, saved.Name, maker
	return s
}

func grant(id string, role policy.Role) policy.Grant {
	return policy.For(policy.Actor{ID: id}, role)
}

// check makes a search of a body beside others, by ann, an editor; the problems are "path code".
func check(t *testing.T, body string, before *saved.Search, others ...*saved.Search) (*saved.Search, []string) {
	t.Helper()
	k := saved.Kind()
	rec, err := k.Create([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	env := &record.Env{Now: noon, Actor: "ann", Role: policy.Editor, Kinds: kinds}
	rec.Base().ID = "sch_new"
	if before != nil {
		env.Before = before
		*rec.Base() = *before.Base()
	}
	for _, o := range others {
		env.Others = append(env.Others, o)
	}
	var all []string
	if err := k.Check(rec, env); err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	slices.Sort(all)
	return rec.(*saved.Search), slices.Compact(all)
}

func TestChecks(t *testing.T) {
	board := search("sch_board", "ann", "Board", "tag:board")
	theirs := search("sch_theirs", "bob", "Donors", "type:donor")
	shared := search("sch_shared", "bob", "Members", "type:member", "editor", "reader")
	loop := search("sch_loop", "ann", "Loop", "search:sch_new town:Gent")
	for body, want := range map[string][]string{
		`{"name":"x","for":"contact"}`:                                             nil,
		`{"name":"x","for":"contact","query":"town:Gent -email:*"}`:                nil,
		`{"name":"x","for":"family","query":"name:peeters"}`:                       nil,
		`{"name":"Donors","for":"contact"}`:                                        nil, // another's
		`{"name":"Board","for":"family"}`:                                          nil, // of another list
		`{"name":"x","for":"contact","query":"search:sch_board"}`:                  nil,
		`{"name":"x","for":"contact","query":"search:\"board\" town:Gent"}`:        nil,
		`{"name":"x","for":"contact","query":"search:Members","roles":["editor"]}`: nil,
		`{}`:                               {"for required", "name required"},
		`{"name":"BOARD","for":"contact"}`: {"name name_taken"},
		`{"name":"x","for":"nothing"}`:     {"for bad_choice"},
		`{"name":"x","for":"settings"}`:    {"for bad_choice"},
		`{"name":"x","for":"contact","query":"colour:red"}`:                            {"query unknown_field"},
		`{"name":"x","for":"contact","query":"birthDate~x"}`:                           {"query unknown_operator"},
		`{"name":"x","for":"contact","query":"birthDate:soon"}`:                        {"query bad_value"},
		`{"name":"x","for":"contact","query":"search:sch_theirs"}`:                     {"query bad_value"},
		`{"name":"x","for":"contact","query":"search:Donors"}`:                         {"query bad_value"},
		`{"name":"x","for":"family","query":"search:sch_board"}`:                       {"query bad_value"},
		`{"name":"x","for":"contact","query":"search:*"}`:                              {"query unknown_operator"},
		`{"name":"x","for":"contact","query":"search:sch_new"}`:                        {"query search_cycle"},
		`{"name":"x","for":"contact","query":"search:sch_loop"}`:                       {"query search_cycle"},
		`{"name":"x","for":"contact","query":"search:sch_board","roles":["reader"]}`:   {"roles search_private"},
		`{"name":"x","for":"contact","query":"search:Members","roles":["admin"]}`:      nil,
		`{"name":"x","for":"contact","roles":["chief"]}`:                               {"roles[0] bad_choice"},
		`{"name":"x","for":"contact","columns":["lastName","tags","emails","custom"]}`: nil,
		`{"name":"x","for":"contact","columns":["lastName","colour"]}`:                 {"columns[1] unknown_field"},
		`{"name":"x","for":"contact","sort":"-birthDate,lastName"}`:                    nil,
		`{"name":"x","for":"contact","sort":"colour"}`:                                 {"sort unknown_field"},
	} {
		if _, got := check(t, body, nil, board, theirs, shared, loop); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	board := search("sch_board", "ann", "Board", "tag:board")
	s, problems := check(t, `{"name":"  x ","for":"contact","query":"  TOWN:Gent   search:\"BOARD\" ","roles":["reader","editor","reader"]}`, nil,
		search("sch_other", "bob", "Board", "", "editor"), search("sch_board", "ann", "Board", "tag:board", "editor", "reader"))
	if problems != nil || s.Query != "addresses.town:Gent search:sch_board" || !cmp.Equal(s.Uses, []string{"sch_board"}) || !cmp.Equal(s.Roles, []string{"editor", "reader"}) || s.Name != "x" {
		t.Errorf("%+v %q", s, problems)
	}
	// An expression whose fields are gone stays, while the search is renamed; what it becomes anew must hold.
	old := search("sch_new", "ann", "Old", "custom.gone:1 search:sch_gone")
	old.Uses = []string{"sch_gone"}
	if s, problems := check(t, `{"name":"New","for":"contact","query":"custom.gone:1 search:sch_gone"}`, old, board); problems != nil || s.Name != "New" {
		t.Errorf("%q", problems)
	}
	if _, problems := check(t, `{"name":"New","for":"contact","query":"custom.gone:2"}`, old, board); !cmp.Equal(problems, []string{"query unknown_field"}) {
		t.Errorf("%q", problems)
	}
	if _, problems := check(t, `{"name":"New","for":"family"}`, old, board); !cmp.Equal(problems, []string{"for read_only"}) {
		t.Errorf("%q", problems)
	}
}

func TestHowMany(t *testing.T) {
	var many []*saved.Search
	for i := range saved.MaxOwn {
		many = append(many, search(fmt.Sprint("sch_", i), "ann", fmt.Sprint("Nr ", i), ""))
	}
	if _, got := check(t, `{"name":"x","for":"contact"}`, nil, many[1:]...); got != nil {
		t.Errorf("%q", got)
	}
	if _, got := check(t, `{"name":"x","for":"contact"}`, nil, many...); !cmp.Equal(got, []string{"name too_many"}) {
		t.Errorf("%q", got)
	}
	if _, got := check(t, `{"name":"x","for":"contact"}`, many[0], many[1:]...); got != nil {
		t.Errorf("one that is there already: %q", got)
	}
}

func TestWhoSeesAndChanges(t *testing.T) {
	private, shared := search("sch_1", "ann", "Mine", ""), search("sch_2", "ann", "Ours", "", "editor")
	for _, c := range []struct {
		g                              policy.Grant
		private, shared, edits, unedit bool
	}{
		{grant("ann", policy.Editor), true, true, true, true},
		{grant("ann", policy.Reader), true, true, true, false}, // sharing takes the right to edit
		{grant("bob", policy.Editor), false, true, false, false},
		{grant("bob", policy.Reader), false, false, false, false},
		{grant("bob", policy.Admin), false, true, false, true},
		{grant("bob", policy.Owner), false, true, false, true},
	} {
		if got := []bool{private.SeenBy(c.g), shared.SeenBy(c.g), private.ChangedBy(c.g), shared.ChangedBy(c.g)}; !cmp.Equal(got, []bool{c.private, c.shared, c.edits, c.unedit}) {
			t.Errorf("%s as %s: %v", c.g.Actor().ID, c.g.Role(), got)
		}
	}
}

// expand writes what a text stands for.
func expand(b saved.Book, text string) string {
	k, _ := kinds.Kind("contact")
	fields := b.Fields("contact", kinds.QueryFields(k, nil))
	e, err := query.Parse(text, fields)
	if err == nil {
		e, err = b.Expand("contact", e, fields)
	}
	if err != nil {
		f := fault.From(err).Fields[0]
		return f.Code + " at " + f.Args["pos"] + " " + f.Args["word"] + f.Args["name"]
	}
	return query.Format(e)
}

func TestExpand(t *testing.T) {
	all := []*saved.Search{search("sch_a", "ann", "Active members", "type:member status:active"), search("sch_b", "ann", "Either", "town:Gent OR town:Aalst", "reader"),
		search("sch_c", "ann", "Nested", "search:sch_a -search:sch_b", "editor"), search("sch_d", "bob", "Theirs", "tag:x"), search("sch_e", "bob", "Active members", "tag:y", "editor"),
		search("sch_x", "ann", "Loop", "jan search:sch_y"), search("sch_y", "ann", "Pool", "search:sch_x"), search("sch_z", "ann", "Broken", "custom.gone:1"), search("sch_0", "ann", "Everyone", "")}
	for i, text := range []string{"tag:a", "search:sch_f0", "search:sch_f1", "search:sch_f2", "search:sch_f3", "search:sch_f4"} {
		all = append(all, search(fmt.Sprint("sch_f", i), "ann", fmt.Sprint("F", i), text))
	}
	var wide []string
	for i := range 30 {
		wide = append(wide, fmt.Sprint("tag:t", i))
	}
	all = append(all, search("sch_w", "ann", "Wide", strings.Join(wide, " OR ")))
	ann, bob, eve := saved.NewBook(all, grant("ann", policy.Owner)), saved.NewBook(all, grant("bob", policy.Editor)), saved.NewBook(all, grant("eve", policy.Reader))
	for _, c := range []struct {
		book       saved.Book
		text, want string
	}{
		{ann, "jan", "jan"},
		{ann, "search:sch_a", "type:member status:active"},
		{ann, `search:"active members" jan`, "type:member status:active jan"},
		{ann, "-search:sch_b", "-addresses.town:Gent,Aalst"},
		{ann, "search:sch_c", "type:member status:active -addresses.town:Gent,Aalst"},
		{ann, "search:sch_0", ""},
		{ann, "jan search:sch_0", "jan"},
		{ann, "SEARCH:SCH_B", "addresses.town:Gent,Aalst"},
		{ann, "search:sch_a,sch_b", "(type:member status:active) OR addresses.town:Gent OR addresses.town:Aalst"},
		{bob, `search:"Active members"`, "tags:y"}, // their own of that name
		{bob, "search:sch_a", "bad_value at 0 sch_a"},
		{bob, "tag:x search:sch_c", "unknown_search at 6 sch_a"}, // speaks of one that is not for them
		{eve, "search:sch_b", "addresses.town:Gent,Aalst"},
		{eve, "search:sch_e", "bad_value at 0 sch_e"},
		{ann, "tag:q search:sch_x", "search_cycle at 6 Loop"},
		{ann, "search:sch_z", "search_broken at 0 Broken"},
		{ann, "search:*", "unknown_operator at 0 *"},
		{ann, "search:sch_f4", "tags:a"},
		{ann, "search:sch_f5", "too_deep at 0 "},
		{ann, "search:sch_w", "tags:" + strings.ReplaceAll(strings.Join(wide, ","), "tag:", "")},
		{ann, "tag:p search:sch_w (search:sch_w OR x)", "too_many at 20 "},
	} {
		if got := expand(c.book, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

// People read names; what they read leads back to the same search.
func TestSpell(t *testing.T) {
	all := []*saved.Search{search("sch_a", "ann", "Active members", ""), search("sch_b", "bob", "Active members", "", "editor"), search("sch_c", "bob", "Either, or", "", "editor")}
	k, _ := kinds.Kind("contact")
	b := saved.NewBook(all, grant("ann", policy.Editor))
	fields := b.Fields("contact", kinds.QueryFields(k, nil))
	for text, want := range map[string]string{"jan": "jan", "search:sch_a -search:sch_c": `search:"Active members" -search:"Either, or"`, "tag:x OR search:sch_b": "tags:x OR search:sch_b"} {
		e, err := query.Parse(text, fields)
		if err != nil {
			t.Fatal(err)
		}
		got := query.Format(b.Spell("contact", e))
		again, err := query.Parse(got, fields)
		if got != want || err != nil || query.Format(again) != query.Format(e) {
			t.Errorf("%s is spelled %s, which is %s (%v)", text, got, query.Format(again), err)
		}
	}
}

// Searches of searches of searches do not grow beyond all bounds before they are refused.
func TestExpandIsBounded(t *testing.T) {
	var all []*saved.Search
	for i := range saved.MaxDepth {
		text := ""
		if i > 0 {
			text = strings.TrimSpace(strings.Repeat(fmt.Sprintf("search:sch_%d ", i-1), 50))
			text = strings.ReplaceAll(text, " ", " OR ")
		}
		all = append(all, search(fmt.Sprint("sch_", i), "ann", fmt.Sprint("Nr ", i), text))
	}
	if got := expand(saved.NewBook(all, grant("ann", policy.Owner)), fmt.Sprintf("search:sch_%d", saved.MaxDepth-1)); !strings.HasPrefix(got, "too_many") {
		t.Errorf("%q", got)
	}
}
