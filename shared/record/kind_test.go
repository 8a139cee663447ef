package record_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

func hasList(name string) bool { return list.Codes(name) != nil }

func TestSoundKind(t *testing.T) {
	for _, r := range []*record.Registry{record.NewRegistry(things, boxes), record.NewRegistry(things, crates, labels)} {
		if err := r.Check(hasList); err != nil {
			t.Error(err)
		}
	}
}

type inner struct {
	Text  string  `json:"text,omitempty" field:"class=sensitive"`
	Float float64 `json:"float,omitempty"`
}

type secrets struct {
	Text  string   `json:"text,omitempty"`
	Count int      `json:"count,omitempty"`
	Texts []string `json:"texts,omitempty"`
}

type mistaken struct {
	record.Meta
	NoName   string        `field:"max=3"`
	Always   string        `json:"always"`
	Word     string        `json:"word,omitempty" field:"requird"`
	Zero     string        `json:"zero,omitempty" field:"max=0"`
	NaN      string        `json:"nan,omitempty" field:"max=many"`
	Class    string        `json:"class,omitempty" field:"class=secret"`
	Find     string        `json:"find,omitempty" field:"find=fast"`
	NoList   string        `json:"noList,omitempty" field:"list=colour"`
	Lists    [][]string    `json:"lists,omitempty"`
	Odd      complex128    `json:"odd,omitempty"`
	Chan     chan int      `json:"chan,omitempty"`
	Flag     bool          `json:"flag,omitempty" field:"required"`
	FlagList bool          `json:"flagList,omitempty" field:"list=gender"`
	Num      int           `json:"num,omitempty" field:"max=three"`
	Single   string        `json:"single,omitempty" field:"items=3"`
	Ageless  string        `json:"ageless,omitempty" field:"age=age"`
	Nowless  string        `json:"nowless,omitempty" field:"now="`
	Timeless string        `json:"timeless,omitempty" field:"now=timeless.now"`
	Day      record.Date   `json:"day,omitempty" field:"email"`
	When     time.Time     `json:"when,omitzero" field:"find=words"`
	Hidden   string        `json:"hidden,omitempty" field:"unindexed,find=words"`
	Secret   string        `json:"secret,omitempty" field:"class=sensitive,find=exact"`
	Twice    string        `json:"twice,omitempty" field:"alias=word"`
	Dotted   string        `json:"inner.text,omitempty"`
	Aged     record.Date   `json:"aged,omitempty" field:"age=created"`
	Inner    *inner        `json:"inner,omitempty" field:"alias=in"`
	Least    string        `json:"least,omitempty" field:"min=3"`
	Ref      string        `json:"ref,omitempty" field:"ref="`
	RefTwo   string        `json:"refTwo,omitempty" field:"ref=thing|"`
	RefNum   int           `json:"refNum,omitempty" field:"ref=mistaken"`
	Nobody   string        `json:"nobody,omitempty" field:"ref=nobody"`
	LinkNum  int           `json:"linkNum,omitempty" field:"link"`
	Hushed   int           `json:"hushed,omitempty" field:"class=sensitive"`
	HushList []string      `json:"hushList,omitempty" field:"class=sensitive"`
	Secrets  *secrets      `json:"secrets,omitempty" field:"class=sensitive"`
	Cost     record.Money  `json:"cost" field:"min=2"`
	More     record.Custom `json:"more,omitempty"`
	Custom   record.Custom `json:"custom,omitempty" field:"max=9"`
}

// Every mistake is reported, and all at once.
func TestMistakesAreReported(t *testing.T) {
	k := record.Define[mistaken]("mistaken", "mistakes", "m_1", record.Order("nothing", "num", "inner.text"))
	other := record.Define[box]("mistaken", "", "m_1")
	bare := record.Define[struct{ Name string }]("bare", "bares", "bar")
	adrift := record.Define[box]("adrift", "adrifts", "adr", record.Under("bare"), record.Serial())
	both := record.Define[label]("both", "boths", "bothboth", record.Under("thing", "box"), record.OwnedBy("shelf"), record.Serial())
	below := record.Define[label]("below", "belows", "bel", record.Under("thing", "both"))
	err := record.NewRegistry(k, other, bare, adrift, both, below, things).Check(hasList)
	if err == nil {
		t.Fatal("no mistake was found")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		`mistaken: NoName has no json name`,
		`mistaken: always is stored even when empty: add omitempty`,
		`mistaken: word has an unknown word in its tag: "requird"`,
		`mistaken: zero has no number in "0"`,
		`mistaken: nan has no number in "many"`,
		`mistaken: class is of no known class: "secret"`,
		`mistaken: find is searched in no known way: "fast"`,
		`mistaken: lists is a list of lists`,
		`mistaken: odd has a Go type no field can have: complex128`,
		`mistaken: chan has a Go type no field can have: chan int`,
		`mistaken: least cannot be "min=3"`,
		`mistaken: ref cannot be "ref="`,
		`mistaken: ref refers to a kind there is not: `,
		`mistaken: refTwo cannot be "ref=thing|"`,
		`mistaken: refTwo refers to a kind there is not: `,
		`mistaken: refNum cannot be "ref=mistaken"`,
		`mistaken: nobody refers to a kind there is not: nobody`,
		`mistaken: linkNum cannot be "link"`,
		`mistaken: hushed cannot be "class=sensitive"`,
		`mistaken: hushList cannot be "class=sensitive"`,
		`mistaken: secrets.count is in a sensitive object and no text`,
		`mistaken: secrets.texts is in a sensitive object and no text`,
		`mistaken: cost is stored even when empty: add omitempty`,
		`mistaken: cost cannot be "min=2"`,
		`mistaken: more holds the organisation's own values: only "custom" can`,
		`adrift: is written one after the other, and lies under no one owner`,
		`adrift: has no system member "owner" with ref=bare`,
		`both: lies under "shelf" and under others`,
		`both: owner refers to a kind there is not: box`,
		`both: its prefix and that of thing make too long an id`,
		`below: has no system member "owner" with ref=thing|both`,
		`below: owner refers to a kind there is not: box`,
		`below: belongs to a kind that belongs to others: both`,
		`thing: friend refers to a kind there is not: box`,
		`mistaken: flag cannot be "required"`,
		`mistaken: flagList cannot be "list=gender"`,
		`mistaken: num has no number in "three"`,
		`mistaken: single cannot be "items=3"`,
		`mistaken: ageless cannot be "age=age"`,
		`mistaken: nowless cannot be "now="`,
		`mistaken: timeless holds for a time, but is in no list of objects with the days "from" and "to"`,
		`mistaken: day cannot be "email"`,
		`mistaken: when cannot be "find=words"`,
		`mistaken: hidden cannot be "find=words"`,
		`mistaken: secret cannot be "find=exact"`,
		`mistaken: inner.text twice`,
		`mistaken: inner cannot be "alias=in"`,
		`mistaken: inner.text is of another class than the object it is in`,
		`mistaken: inner.float has a Go type no field can have: float64`,
		`mistaken: custom cannot be "max=9"`,
		`mistaken: ordered by "nothing", which is no text field`,
		`mistaken: ordered by "num", which is no text field`,
		`mistaken: ordered by "inner.text", which is no text field`,
		`mistaken: createdAt and the age of aged both go by the name "created"`,
		`mistaken: twice and word both go by the name "word"`,
		`mistaken: its prefix is not of letters alone`,
		`mistaken: its prefix is not of letters alone`,
		`mistaken: noList is of a list there is not: colour`,
		`mistaken: shares its name with another kind`,
		`mistaken: has no plural`,
		`mistaken: shares its prefix with another kind`,
		`bare: does not embed record.Meta`,
	}
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Error(diff)
	}
}

var sorted = cmp.Transformer("sorted", func(all []string) map[string]int {
	times := map[string]int{}
	for _, s := range all {
		times[s]++
	}
	return times
})

func TestFields(t *testing.T) {
	for path, want := range map[string]record.Field{
		"name":       {Type: record.Text, Required: true, Max: 10, Class: policy.Public, How: index.Words, Indexed: true, Aliases: []string{"called"}},
		"number":     {Type: record.Number, Max: 255, Class: policy.Public, How: index.Exact, Indexed: true, System: true},
		"sort":       {Type: record.Text, Max: 255, Class: policy.Public, Indexed: true, System: true, Derived: true},
		"story":      {Type: record.Long, Max: 20, Class: policy.Public},
		"gender":     {Type: record.Code, Max: 255, Values: "gender", Class: policy.Contact, Indexed: true},
		"born":       {Type: record.Day, Max: 255, Class: policy.Contact, Indexed: true, Age: "years"},
		"seen":       {Type: record.Instant, Max: 255, Class: policy.Public, Indexed: true},
		"open":       {Type: record.Flag, Max: 255, Class: policy.Public, Indexed: true},
		"tags":       {Type: record.Code, List: true, Max: 5, Items: 3, Class: policy.Public, Indexed: true, Aliases: []string{"tag"}},
		"parts.kind": {Type: record.Code, Max: 255, Values: "emailKind", Class: policy.Contact, Indexed: true},
		"keys":       {Type: record.Map, Max: 8, Items: 3, Class: policy.Public, How: index.Exact, Indexed: true},
		"custom":     {Type: record.Values, Max: 255, Class: policy.Public, Indexed: true},
	} {
		f, ok := things.Field(path)
		if !ok {
			t.Errorf("no field %s", path)
			continue
		}
		want.Path, want.Name = path, path[strings.LastIndexByte(path, '.')+1:]
		if want.Items == 0 {
			want.Items = 50
		}
		got := *f
		got.Fields = nil
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(record.Field{})); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if parts, _ := things.Field("parts"); len(parts.Fields) != 4 || !parts.List || parts.Type != record.Object {
		t.Errorf("parts: %+v", parts)
	}
	for path, want := range map[string]string{"custom.size": "custom", "parts[2].text": "parts", "name": "name", "nothing.at.all": ""} {
		f, ok := things.Member(path)
		if ok != (want != "") || ok && f.Path != want {
			t.Errorf("%s is a member of %+v", path, f)
		}
	}
}

func TestSchema(t *testing.T) {
	schema := things.Schema(ownFields)
	got := map[string]index.Column{}
	for _, c := range schema.Columns {
		got[c.Path] = c
	}
	want := map[string]index.Column{}
	for _, c := range []index.Column{
		{Path: "number", Type: query.TypeNumber, How: index.Exact},
		{Path: "name", Type: query.TypeText, How: index.Words},
		{Path: "sort", Type: query.TypeText},
		{Path: "gender", Type: query.TypeCode, Class: policy.Contact},
		{Path: "country", Type: query.TypeCode},
		{Path: "mail", Type: query.TypeEmail, How: index.Address},
		{Path: "call", Type: query.TypePhone, How: index.Digits},
		{Path: "born", Type: query.TypeDate, Class: policy.Contact, Age: "years"},
		{Path: "seen", Type: query.TypeInstant},
		{Path: "count", Type: query.TypeNumber},
		{Path: "open", Type: query.TypeFlag},
		{Path: "tags", Type: query.TypeCode, List: "tags"},
		{Path: "parts.kind", Type: query.TypeCode, List: "parts", Class: policy.Contact},
		{Path: "parts.text", Type: query.TypeText, List: "parts", Class: policy.Contact},
		{Path: "parts.main", Type: query.TypeFlag, List: "parts", Class: policy.Contact},
		{Path: "parts.by", Type: query.TypeText, List: "parts", Class: policy.Contact},
		{Path: "place.town", Type: query.TypeText},
		{Path: "place.floor", Type: query.TypeNumber},
		{Path: "keys.*", Type: query.TypeCode, List: "keys", How: index.Exact},
		{Path: "account", Type: query.TypeFilled, Class: policy.Contact},
		{Path: "paper", Type: query.TypeFilled, Class: policy.Contact},
		{Path: "shirt", Type: query.TypeNumber},
		{Path: "page", Type: query.TypeText},
		{Path: "friend", Type: query.TypeCode, Refs: []string{"thing", "box"}},
		{Path: "friends", Type: query.TypeCode, List: "friends", Refs: []string{"thing"}},
		{Path: "cost.amount", Type: query.TypeNumber, Class: policy.Finance, Decimals: 2, Minor: true},
		{Path: "cost.currency", Type: query.TypeCode, Class: policy.Finance},
		{Path: "custom.size", Type: query.TypeCode},
		{Path: "custom.note", Type: query.TypeText, How: index.Words},
		{Path: "custom.weight", Type: query.TypeNumber, Decimals: 6, Class: policy.Finance},
		{Path: "custom.fee.amount", Type: query.TypeNumber, Decimals: 2, Minor: true},
		{Path: "custom.fee.currency", Type: query.TypeCode},
		{Path: "custom.since", Type: query.TypeDate},
		{Path: "custom.keen", Type: query.TypeFlag},
		{Path: "custom.diets", Type: query.TypeCode, List: "custom.diets"},
		{Path: "custom.site", Type: query.TypeText},
		{Path: "custom.scan", Type: query.TypeCode, Refs: []string{"file"}},
		{Path: "custom.pin", Type: query.TypeFilled, Class: policy.Contact},
		{Path: "custom.shoe", Type: query.TypeNumber, Decimals: 6},
	} {
		if c.Class == "" {
			c.Class = policy.Public
		}
		want[c.Path] = c
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if schema.Kind != "thing" || !cmp.Equal(schema.Order, []string{"sort", "name"}) {
		t.Errorf("%s ordered by %v", schema.Kind, schema.Order)
	}
}

func TestRegistry(t *testing.T) {
	owned := record.Define[thing]("box", "boxes", "box", record.OwnedBy("shelf"), record.Unindexed(), record.Managed())
	r := record.NewRegistry(things, owned)
	if k, ok := r.Kind("thing"); !ok || k != things {
		t.Error("no kind by its name")
	}
	if k, ok := r.Collection("boxes"); !ok || k != owned {
		t.Error("no kind by its plural")
	}
	if _, ok := r.Kind("things"); ok {
		t.Error("a plural is no name")
	}
	if k := r.Kinds(); len(k) != 2 || k[0] != things {
		t.Errorf("%v", k)
	}
	if owned.Owner("box_1") != "shelf" || things.Owner("thg_1") != "thg_1" || owned.Indexed || !owned.Managed || !things.Indexed || things.Managed {
		t.Error("an option has no effect")
	}
	if fresh := owned.New(); fresh.Base().Kind != "box" {
		t.Errorf("a new one is of kind %q", fresh.Base().Kind)
	}
}

func TestChildren(t *testing.T) {
	r := record.NewRegistry(things, crates, labels)
	id := record.ChildID("lbl_01", "thg_01")
	if id != "lbl_01_thg_01" || labels.Owner(id) != "thg_01" || labels.Owner("lbl_01") != "lbl_01" || labels.Owner("") != "" || labels.Owner("lbl_01_") != "lbl_01_" {
		t.Errorf("%q belongs to %q", id, labels.Owner(id))
	}
	x := labels.New().(*label)
	if labels.Adopt(x, "thg_01"); x.Owner != "thg_01" {
		t.Errorf("adopted by %q", x.Owner)
	}
	lamp := create(t, `{"name":"Lamp"}`)
	things.Adopt(lamp, "box_1") // no child: nothing happens
	if diff := cmp.Diff(create(t, `{"name":"Lamp"}`), lamp); diff != "" {
		t.Error(diff)
	}
	if k := r.Children("thing"); len(k) != 1 || k[0] != labels || len(r.Children("label")) > 0 {
		t.Errorf("children of things are %v", k)
	}
	for id, want := range map[string]*record.Kind{"thg_1": things, "lbl_1_thg_1": labels, "box_1": crates, "thg": nil, "": nil, "xyz_1": nil, "_1": nil} {
		if k, ok := r.Of(id); k != want || ok != (want != nil) {
			t.Errorf("%q is of %v", id, k)
		}
	}
	if s := labels.Schema(nil); s.Owner != "owner" || things.Schema(nil).Owner != "" {
		t.Errorf("in the index labels belong to %q", s.Owner)
	}
	if !boxes.Serial || things.Serial || boxes.Owner("box_1") != "shelf" {
		t.Error("an option has no effect")
	}
	if _, err := labels.Create([]byte(`{"text":"x","owner":"thg_1"}`)); !cmp.Equal(faultsOf(t, err), []string{"owner read_only"}) {
		t.Errorf("a child chooses its owner: %v", err)
	}
}

func TestTitle(t *testing.T) {
	x := create(t, `{"name":"Lamp"}`)
	x.ID = "thg_1"
	if got := record.Title(x); got != "Lamp" {
		t.Errorf("%q", got)
	}
	x.Name = ""
	if got := record.Title(x); got != "thg_1" {
		t.Errorf("one without a name is called %q", got)
	}
}

func TestIsMeta(t *testing.T) {
	for name, want := range map[string]bool{"id": true, "kind": true, "deletedBy": true, "name": false, "": false, "ID": false} {
		if record.IsMeta(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).MatchString(string(record.DateOf(noon))) {
		t.Errorf("%s", record.DateOf(noon))
	}
}
