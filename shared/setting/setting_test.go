package setting_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var (
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	kind  = setting.Kind()
	field = setting.FieldKind()
)

func check(t *testing.T, k *record.Kind, body string) (record.Record, []string) {
	t.Helper()
	r, err := k.Create([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var all []string
	if err := k.Check(r, &record.Env{Now: noon}); err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	slices.Sort(all)
	return r, all
}

func TestSettings(t *testing.T) {
	const rest = `,"language":"nl","country":"BE","timeZone":"Europe/Brussels"`
	for body, want := range map[string][]string{
		`{"name":"Choir"` + rest + `}`: nil,
		`{}`:                           {"country required", "language required", "name required", "timeZone required"},
		`{"name":"Choir","language":"nl","country":"BE","timeZone":"Mars/Base"}`:              {"timeZone bad_time_zone"},
		`{"name":"Choir","language":"nl","country":"BE","timeZone":"Local"}`:                  {"timeZone bad_time_zone"},
		`{"name":"Choir","language":"nl","country":"BE","timeZone":"../../etc/passwd"}`:       {"timeZone bad_time_zone"},
		`{"name":"Choir","language":"tlh","country":"be","timeZone":"UTC"}`:                   {"country bad_choice", "language bad_choice", "languages[0] bad_choice"},
		`{"name":"Choir"` + rest + `,"keyPolicy":{"email":"block","mobile":"family"}}`:        nil,
		`{"name":"Choir"` + rest + `,"keyPolicy":{"email":"maybe","fax":"block"}}`:            {"keyPolicy.email bad_choice", "keyPolicy.fax unknown_member"},
		`{"name":"Choir"` + rest + `,"languages":["fr","xx"]}`:                                {"languages[2] bad_choice"},
		`{"name":"Choir"` + rest + `,"newsletterDefault":false,"languages":["nl","fr","en"]}`: nil,
	} {
		if _, got := check(t, kind, body); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	r, _ := check(t, kind, `{"name":"Choir","language":"nl","languages":["fr"],"country":"BE","timeZone":"Europe/Brussels"}`)
	s := r.(*setting.Settings)
	if !slices.Equal(s.Languages, []string{"nl", "fr"}) {
		t.Errorf("the organisation's own language is not among its languages: %v", s.Languages)
	}
	if s.Title() != "Choir" || s.Zone().String() != "Europe/Brussels" {
		t.Errorf("%q in %v", s.Title(), s.Zone())
	}
	if zone := (&setting.Settings{TimeZone: "Mars/Base"}).Zone(); zone != time.UTC {
		t.Errorf("a zone there is not is %v", zone)
	}
}

func TestPolicy(t *testing.T) {
	var s setting.Settings
	s.KeyPolicy = map[string]string{"mobile": "family"}
	for key, want := range map[string]record.Policy{"email": record.Warn, "mobile": record.Family, "externalId": record.Block, "field": record.Block} {
		if got := s.Policy(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if got := (&setting.Settings{}).Policy("mobile"); got != record.Block {
		t.Errorf("mobiles are by default %s", got)
	}
	s.KeyPolicy = map[string]string{"externalId": "warn", "email": "block"}
	if s.Policy("externalId") != record.Block || s.Policy("email") != record.Block {
		t.Error("what is always unique is not")
	}
}

func TestField(t *testing.T) {
	for body, want := range map[string][]string{
		`{"for":"contact","name":"shirtSize","label":"Shirt","type":"choice","options":["S","M"]}`: nil,
		`{"for":"contact","name":"note2","label":"Note","type":"text"}`:                            nil,
		`{}`: {"for required", "label required", "name required", "type required"},
		`{"for":"contact","name":"2nd","label":"x","type":"text"}`:                 {"name bad_name"},
		`{"for":"contact","name":"a.b","label":"x","type":"text"}`:                 {"name bad_name"},
		`{"for":"contact","name":"é","label":"x","type":"text"}`:                   {"name bad_name"},
		`{"for":"invoice","name":"a","label":"x","type":"text"}`:                   {"for bad_choice"},
		`{"for":"contact","name":"a","label":"x","type":"colour"}`:                 {"type bad_choice"},
		`{"for":"contact","name":"a","label":"x","type":"choice"}`:                 {"options required"},
		`{"for":"contact","name":"a","label":"x","type":"choice","options":[" "]}`: {"options required"},
	} {
		if _, got := check(t, field, body); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	f := &setting.Field{For: "contact", Key: "size", Label: "Size"}
	if diff := cmp.Diff([]record.Key{{Name: "field", Path: "name", Value: "contact.size"}}, f.Keys()); diff != "" || f.Title() != "Size" {
		t.Errorf("%s %s", f.Title(), diff)
	}
}

// desk is an organisation with what lies in its partition of settings.
type desk struct {
	t      *testing.T
	store  store.Store
	tenant org.Tenant
	n      int
}

func open(t *testing.T) *desk {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clock.At(noon))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	tenant, _ := org.Founding("org_1", false)
	recorder := storefault.NewRecorder(t, s)
	recorder.AllowPrefix("org_1#r#")
	return &desk{t: t, store: recorder, tenant: tenant}
}

func (d *desk) put(kind, id string, expect int64, r any) {
	d.t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		d.t.Fatal(err)
	}
	d.n++
	op := store.Op{Kind: store.Put, Key: d.tenant.Record(setting.Owner, kind, id), Expect: expect, Value: raw}
	if err := d.store.Apply(d.t.Context(), store.Batch{Token: fmt.Sprint("t", d.n), Ops: []store.Op{op}}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) load() *setting.Config {
	d.t.Helper()
	c, err := setting.Load(d.t.Context(), d.store, d.tenant)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func TestLoadWithoutSettings(t *testing.T) {
	c := open(t).load()
	want := record.Defaults{Country: "BE", Language: "en", Languages: []string{"en"}, Newsletter: true}
	if diff := cmp.Diff(want, c.Defaults()); diff != "" || len(c.Fields) != 0 || c.Settings.Zone() != time.UTC {
		t.Errorf("%+v %s", c, diff)
	}
}

func TestLoad(t *testing.T) {
	d := open(t)
	no := false
	d.put(setting.Name, setting.Owner, store.Absent, &setting.Settings{Name: "Choir"})
	d.put(setting.Name, setting.Owner, 1, &setting.Settings{Name: "Choir", Language: "nl", Languages: []string{"nl"}, Country: "NL", TimeZone: "Europe/Amsterdam", Newsletter: &no})
	d.put(setting.FieldName, "fld_1", store.Absent, &setting.Field{Meta: record.Meta{ID: "fld_1"}, For: "contact", Key: "late", Label: "Late", Type: "text", Order: 2})
	d.put(setting.FieldName, "fld_2", store.Absent, &setting.Field{Meta: record.Meta{ID: "fld_2"}, For: "contact", Key: "early", Label: "Early", Type: "choice", Options: []string{"a"}, Order: 1})
	d.put(setting.FieldName, "fld_3", store.Absent, &setting.Field{Meta: record.Meta{ID: "fld_3"}, For: "contact", Key: "last", Label: "Last", Type: "text", Order: 2})
	d.put(setting.FieldName, "fld_4", store.Absent, &setting.Field{Meta: record.Meta{ID: "fld_4", DeletedAt: &noon}, For: "contact", Key: "gone", Label: "Gone", Type: "text"})
	d.put("user", "usr_1", store.Absent, map[string]string{"name": "nobody's business"})
	c := d.load()
	if c.Settings.Name != "Choir" || c.Settings.Version != 2 || c.Defaults().Newsletter || c.Defaults().Country != "NL" {
		t.Errorf("%+v", c.Settings)
	}
	for id, revision := range map[string]int64{setting.Owner: 2, "fld_1": 1, "fld_4": 1} {
		if !c.Holds(id, revision) || c.Holds(id, revision+1) {
			t.Errorf("the configuration was not read from %s at revision %d", id, revision)
		}
	}
	want := []record.CustomField{
		{Kind: "contact", Name: "early", Label: "Early", Type: "choice", Options: []string{"a"}},
		{Kind: "contact", Name: "late", Label: "Late", Type: "text"},
		{Kind: "contact", Name: "last", Label: "Last", Type: "text"},
	}
	if diff := cmp.Diff(want, c.Fields); diff != "" {
		t.Error(diff)
	}
}

func TestGoverns(t *testing.T) {
	for _, c := range []struct {
		kind, id string
		want     bool
	}{{setting.Name, setting.Owner, true}, {setting.Name, "set_1", false}, {setting.FieldName, "fld_1", true}, {"contact", setting.Owner, false}} {
		if setting.Governs(c.kind, c.id) != c.want {
			t.Errorf("%s %s: %v", c.kind, c.id, !c.want)
		}
	}
}

// An organisation with more fields than a page holds gets all of them.
func TestLoadPages(t *testing.T) {
	d := open(t)
	for n := range 30 {
		options := make([]string, 200)
		for i := range options {
			options[i] = fmt.Sprintf("%0200d", i)
		}
		id := fmt.Sprintf("fld_%02d", n)
		d.put(setting.FieldName, id, store.Absent, &setting.Field{Meta: record.Meta{ID: id}, For: "contact", Key: fmt.Sprint("f", n), Type: "choice", Options: options})
	}
	if c := d.load(); len(c.Fields) != 30 {
		t.Errorf("%d fields of 30", len(c.Fields))
	}
}

func TestLoadOfDamagedSettings(t *testing.T) {
	d := open(t)
	d.put(setting.Name, setting.Owner, store.Absent, []string{"no settings"})
	if c, err := setting.Load(t.Context(), d.store, d.tenant); err == nil {
		t.Errorf("%+v", c)
	}
}

// The digest changes with what the index is built from, and with nothing else.
func TestDigest(t *testing.T) {
	digest := func(fields ...record.CustomField) string { return (&setting.Config{Fields: fields}).Digest() }
	a := record.CustomField{Kind: "contact", Name: "size", Label: "Size", Type: "choice", Options: []string{"S"}}
	same := a
	same.Label, same.Options = "Kit size", []string{"S", "M"}
	if digest(a) != digest(same) {
		t.Error("a label or an option changed it")
	}
	seen := map[string]bool{digest(a): true}
	for _, f := range []record.CustomField{{Kind: "contact", Name: "size", Type: "text"}, {Kind: "contact", Name: "sizes", Type: "choice"}, {Kind: "company", Name: "size", Type: "choice"}} {
		if d := digest(f); seen[d] {
			t.Errorf("%+v did not change it", f)
		} else {
			seen[d] = true
		}
	}
	if digest() == digest(a) || digest(a, a) == digest(a) {
		t.Error("a field more did not change it")
	}
}
