package record_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// thing has a member of every type.
type thing struct {
	record.Meta
	Number  int64             `json:"number,omitempty" field:"system,find=exact"`
	Name    string            `json:"name,omitempty" field:"required,max=10,find=words,alias=called"`
	Sort    string            `json:"sort,omitempty" field:"derived"`
	Story   string            `json:"story,omitempty" field:"long,max=20"`
	Gender  string            `json:"gender,omitempty" field:"list=gender,class=contact"`
	Country string            `json:"country,omitempty" field:"list=country"`
	Mail    string            `json:"mail,omitempty" field:"email,find=address"`
	Call    string            `json:"call,omitempty" field:"phone,find=digits"`
	Born    record.Date       `json:"born,omitempty" field:"age=years,class=contact"`
	Seen    *time.Time        `json:"seen,omitempty"`
	Count   int               `json:"count,omitempty"`
	Open    *bool             `json:"open,omitempty"`
	Tags    []string          `json:"tags,omitempty" field:"code,items=3,max=5,alias=tag"`
	Parts   []part            `json:"parts,omitempty" field:"items=3,class=contact"`
	Place   *place            `json:"place,omitempty"`
	Keys    map[string]string `json:"keys,omitempty" field:"max=8,items=3,find=exact"`
	Account string            `json:"account,omitempty" field:"class=sensitive"`
	Paper   *paper            `json:"paper,omitempty" field:"class=sensitive"`
	Shirt   *int              `json:"shirt,omitempty" field:"min=0,max=999"`
	Page    string            `json:"page,omitempty" field:"link"`
	Friend  string            `json:"friend,omitempty" field:"ref=thing|box"`
	Friends []string          `json:"friends,omitempty" field:"ref=thing"`
	Cost    record.Money      `json:"cost,omitzero" field:"class=finance"`
	Custom  record.Custom     `json:"custom,omitempty"`
}

type part struct {
	Kind string `json:"kind,omitempty" field:"list=emailKind"`
	Text string `json:"text,omitempty" field:"required,max=8,alias=part"`
	Main bool   `json:"main,omitempty"`
	By   string `json:"by,omitempty" field:"system"`
}

type place struct {
	Town  string `json:"town,omitempty" field:"required"`
	Floor int    `json:"floor,omitempty"`
}

type paper struct {
	Number string `json:"number,omitempty" field:"max=30"`
	By     string `json:"by,omitempty" field:"max=100"`
}

// Normalize derives the sort key.
func (x *thing) Normalize(*record.Env) { x.Sort = strings.ToUpper(x.Name) }

// Validate refuses one name, and accounts that are none.
func (x *thing) Validate(*record.Env) []record.Problem {
	if x.Name == "bad" {
		return []record.Problem{{Path: "name", Code: "bad_name", Pairs: []string{"why", "so"}}}
	}
	if strings.HasPrefix(x.Account, "•") { // what is a mask is refused as one alone
		return []record.Problem{{Path: "account", Code: "bad_account"}}
	}
	return nil
}

func (x *thing) Title() string { return x.Name }

// box is what a thing may be in: another kind to refer to.
type box struct {
	record.Meta
	Name string `json:"name,omitempty" field:"required"`
}

// label is a child: it hangs on a thing or a box.
type label struct {
	record.Meta
	Owner string `json:"owner,omitempty" field:"ref=thing|box,system"`
	Text  string `json:"text,omitempty" field:"required"`
}

var (
	boxes  = record.Define[box]("box", "boxes", "box", record.OwnedBy("shelf"), record.Serial())
	crates = record.Define[box]("box", "boxes", "box")
	labels = record.Define[label]("label", "labels", "lbl", record.Under("thing", "box"))
)

var things = record.Define[thing]("thing", "things", "thg", record.Order("sort", "name"))

var ownFields = []record.CustomField{
	{Kind: "thing", Name: "size", Label: "Size", Type: "choice", Options: []string{"S", "M"}},
	{Kind: "thing", Name: "note", Label: "Note", Type: "text"},
	{Kind: "thing", Name: "story", Label: "Story", Type: "long"},
	{Kind: "thing", Name: "weight", Label: "Weight", Type: "number", Class: policy.Finance, Min: "-0.5", Max: "99.5"},
	{Kind: "thing", Name: "fee", Label: "Fee", Type: "amount"},
	{Kind: "thing", Name: "since", Label: "Since", Type: "date"},
	{Kind: "thing", Name: "keen", Label: "Keen", Type: "flag"},
	{Kind: "thing", Name: "diets", Label: "Diets", Type: "choices", Options: []string{"vegan", "halal", "none"}},
	{Kind: "thing", Name: "site", Label: "Site", Type: "link"},
	{Kind: "thing", Name: "scan", Label: "Scan", Type: "file"},
	{Kind: "thing", Name: "pin", Label: "Pin", Type: "text", Class: policy.Sensitive},
	{Kind: "thing", Name: "shoe", Label: "Shoe", Type: "number", Optional: true},
	{Kind: "other", Name: "secret", Type: "text"},
}

func env() *record.Env { return &record.Env{Now: noon, Channel: "api", Fields: ownFields} }

// faultsOf tells of a fault "path code", or what it is when it is about no field.
func faultsOf(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	f := fault.From(err)
	if f.Kind == fault.Internal {
		t.Fatalf("not a fault: %v", err)
	}
	all := []string{}
	for _, field := range f.Fields {
		all = append(all, strings.TrimSpace(field.Path+" "+field.Code))
	}
	if len(all) == 0 {
		all = append(all, f.Kind.String())
	}
	slices.Sort(all)
	return all
}

func create(t testing.TB, body string) *thing {
	t.Helper()
	r, err := things.Create([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return r.(*thing)
}

// faultFields gives the wrong values a fault tells of.
func faultFields(err error) []fault.Field {
	if err == nil {
		return nil
	}
	return fault.From(err).Fields
}
