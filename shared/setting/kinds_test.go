package setting_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// among checks a record of a kind beside others.
func among(t *testing.T, k *record.Kind, body string, before record.Record, others ...record.Record) (record.Record, []string) {
	t.Helper()
	r, err := k.Create([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if before != nil {
		r.Base().ID = before.Base().ID
	}
	env := &record.Env{Now: noon, Before: before, Others: others, Defaults: record.Defaults{Country: "BE"}, Kinds: record.NewRegistry(setting.Kinds()...)}
	var all []string
	if err := k.Check(r, env); err != nil {
		for _, f := range fault.From(err).Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	slices.Sort(all)
	return r, all
}

func TestValues(t *testing.T) {
	k := setting.ValueKind()
	sponsor := &setting.Value{List: "type", Code: "sponsor", Label: "Sponsor"}
	sponsor.ID = "val_1"
	for body, want := range map[string][]string{
		`{"list":"type","label":"Friend"}`:                                     nil,
		`{"list":"type","code":"donor","label":"Benefactor"}`:                  nil,
		`{"list":"type","code":"donor","retired":true}`:                        nil,
		`{"list":"category","label":"Sponsor"}`:                                nil, // of another list
		`{}`:                                                                   {"code required", "list required"},
		`{"list":"country","label":"Atlantis"}`:                                {"list bad_choice"},
		`{"list":"type","code":"own"}`:                                         {"label required"},
		`{"list":"type","code":"2nd","label":"x"}`:                             {"code bad_name"},
		`{"list":"type","label":"SPÓNSOR"}`:                                    {"label name_taken"},
		`{"list":"status","code":"active","retired":true}`:                     {"retired value_needed"},
		`{"list":"type","label":"x","order":-1}`:                               {"order too_small"},
		`{"list":"type","label":"` + strings.Repeat("é", 61) + `"}`:            {"label too_long"},
		`{"list":"type","code":"` + strings.Repeat("e", 31) + `","label":"x"}`: {"code too_long"},
	} {
		if _, got := among(t, k, body, nil, sponsor); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	if _, got := among(t, k, `{"list":"category","code":"other","label":"x"}`, sponsor); !cmp.Equal(got, []string{"code read_only", "list read_only"}) {
		t.Errorf("moved to another list: %q", got)
	}
	var many []record.Record
	for i := range setting.MaxValues {
		many = append(many, &setting.Value{List: "type", Code: fmt.Sprint("v", i), Label: fmt.Sprint("V ", i)})
	}
	if _, got := among(t, k, `{"list":"type","label":"one more"}`, nil, many...); !cmp.Equal(got, []string{"list too_many"}) {
		t.Errorf("%q", got)
	}
}

// A new value's code is made of its label, and is nobody else's.
func TestCodesAreMade(t *testing.T) {
	k := setting.ValueKind()
	var others []record.Record
	for _, c := range [][2]string{{"Lid sinds 2020!", "lidSinds2020"}, {"Donor", "donor2"}, {"donor ", "donor3"}, {"名誉", "value"}, {"???", "value2"}, {strings.Repeat("long ", 12), "longLongLongLongLongLongLong"}} {
		v := setting.Value{List: "type", Label: c[0]}
		v.Normalize(&record.Env{Others: others})
		if v.Code != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], v.Code, c[1])
		}
		others = append(others, &v)
	}
	if r, _ := among(t, k, `{"list":"type","code":"mine","label":"x"}`, nil); r.(*setting.Value).Code != "mine" {
		t.Error("a code that was given is made anew")
	}
}

// What the program writes by itself cannot be retired in any list, and every such code is a built-in one.
func TestNeededCodes(t *testing.T) {
	for _, name := range setting.ManagedLists() {
		for _, code := range list.Codes(name) {
			body := fmt.Sprintf(`{"list":%q,"code":%q,"retired":true}`, name, code)
			_, got := among(t, setting.ValueKind(), body, nil)
			if needed := setting.Needed(name, code); needed != (len(got) == 1 && got[0] == "retired value_needed") {
				t.Errorf("%s %s: needed %v, %q", name, code, needed, got)
			}
		}
	}
	if setting.Needed("type", "pirate") || setting.Needed("colour", "red") {
		t.Error("what is not there is needed")
	}
}

func TestEntities(t *testing.T) {
	k := setting.EntityKind()
	entity := func(id, name, parent string) *setting.Entity {
		e := &setting.Entity{Name: name, Parent: parent}
		e.ID = id
		return e
	}
	others := []record.Record{entity("ent_a", "A", setting.RootEntity), entity("ent_b", "B", "ent_a"), entity("ent_c", "C", "ent_b")}
	for body, want := range map[string][]string{
		`{"name":"D"}`:                     nil,
		`{"name":"B"}`:                     nil, // below another
		`{"name":"a"}`:                     {"name name_taken"},
		`{"name":"b","parent":"ent_a"}`:    {"name name_taken"},
		`{}`:                               {"name required"},
		`{"name":"D","parent":"ent_lost"}`: nil, // that it is there, the repository proves
	} {
		if _, got := among(t, k, body, nil, others...); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for parent, want := range map[string][]string{"ent_a": {"parent below_itself"}, "ent_b": {"parent below_itself"}, "ent_c": {"parent below_itself"}, "ent_z": nil, "ent_root": nil} {
		if _, got := among(t, k, fmt.Sprintf(`{"name":"A","parent":%q}`, parent), others[0], others[1:]...); !cmp.Equal(want, got) {
			t.Errorf("A below %s: %q, want %q", parent, got, want)
		}
	}
	if r, _ := among(t, k, `{"name":"D"}`, nil); r.(*setting.Entity).Parent != setting.RootEntity {
		t.Error("not below the root")
	}
}

// However entities are put below each other, one step at a time and never one below itself, they stay a tree: each is
// shown once, behind what it is below.
func TestEntitiesStayATree(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		d := open(t)
		var all []*setting.Entity
		for i := range 8 {
			e := &setting.Entity{Name: fmt.Sprint("E", i), Parent: setting.RootEntity}
			e.ID = fmt.Sprintf("ent_%d", i)
			all = append(all, e)
		}
		for range 60 {
			i := random.IntN(len(all))
			var others []record.Record
			for _, o := range all {
				if o != all[i] {
					others = append(others, o)
				}
			}
			moved := *all[i]
			moved.Parent = append([]string{setting.RootEntity}, "ent_0", "ent_1", "ent_2", "ent_3", "ent_4", "ent_5", "ent_6", "ent_7")[random.IntN(9)]
			if setting.EntityKind().Check(&moved, &record.Env{Now: noon, Before: all[i], Others: others}) == nil {
				*all[i] = moved
			}
		}
		for _, e := range all {
			d.put(setting.EntityName, e.ID, store.Absent, e)
		}
		c, seen := d.load(), []string{}
		for i, p := range c.Entities {
			if slices.Contains(seen, p.ID) || p.Parent != "" && !slices.Contains(seen, p.Parent) {
				t.Fatalf("%s stands before what it is below, or twice", p.ID)
			}
			if above := c.Above(p.ID); len(above) != p.Depth+1 || above[p.Depth] != setting.RootEntity || i > 0 && !slices.Contains(c.Below(p.Parent), p.ID) {
				t.Fatalf("%s at depth %d: above it are %v", p.ID, p.Depth, above)
			}
			seen = append(seen, p.ID)
		}
		if len(seen) != len(all)+1 || len(c.Below(setting.RootEntity)) != len(seen) {
			t.Fatalf("%d of %d entities", len(seen), len(all)+1)
		}
	}
}

func TestSeasons(t *testing.T) {
	k := setting.SeasonKind()
	season := func(name, entity, from, to string) *setting.Season {
		s := &setting.Season{Name: name, Entity: entity, From: record.Date(from), To: record.Date(to), Current: true}
		s.ID = "sea_" + name
		return s
	}
	others := []record.Record{season("2026", setting.RootEntity, "2026-01-01", "2026-12-31"), season("school", "ent_a", "2026-09-01", "2027-06-30")}
	for body, want := range map[string][]string{
		`{"name":"2027","from":"2027-01-01","to":"2027-12-31"}`:                                            nil,
		`{"name":"day","from":"2027-01-01","to":"2027-01-01"}`:                                             nil,
		`{"name":"2027","from":"2026-12-31","to":"2027-12-31"}`:                                            {"from season_overlaps"},
		`{"name":"inside","from":"2026-06-01","to":"2026-06-02"}`:                                          {"from season_overlaps"},
		`{"name":"around","from":"2020-06-01","to":"2030-06-02"}`:                                          {"from season_overlaps"},
		`{"name":"other","from":"2026-01-01","to":"2026-08-31","entity":"ent_a"}`:                          nil,
		`{"name":"other","from":"2026-01-01","to":"2026-09-01","entity":"ent_a"}`:                          {"from season_overlaps"},
		`{"name":"back","from":"2028-02-01","to":"2028-01-31"}`:                                            {"to ends_before"},
		`{"name":"2026","from":"2027-01-01","to":"2027-12-31"}`:                                            {"name name_taken"},
		`{"name":"now","from":"2027-01-01","to":"2027-12-31","current":true}`:                              {"current season_current"},
		`{"name":"now","from":"2027-07-01","to":"2027-12-31","current":true,"entity":"ent_b"}`:             nil,
		`{"name":"x","from":"2027-07-01","to":"2027-12-31","current":true,"closed":true,"entity":"ent_b"}`: {"current season_closed"},
		`{}`:                                  {"from required", "name required", "to required"},
		`{"name":"x","to":"2026-02-01"}`:      {"from required"},
		`{"name":"x","from":"soon","to":"x"}`: {"from bad_date", "to bad_date"},
	} {
		if _, got := among(t, k, body, nil, others...); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// An entity's season is its own current one, or else that of the nearest entity above it.
func TestTheSeasonOfAnEntity(t *testing.T) {
	d := open(t)
	for id, parent := range map[string]string{"ent_a": setting.RootEntity, "ent_b": "ent_a", "ent_c": "ent_b"} {
		d.put(setting.EntityName, id, store.Absent, &setting.Entity{Meta: record.Meta{ID: id}, Name: id, Parent: parent})
	}
	for id, s := range map[string]setting.Season{
		"sea_1": {Name: "whole", Entity: setting.RootEntity, From: "2026-01-01", To: "2026-12-31", Current: true},
		"sea_2": {Name: "b", Entity: "ent_b", From: "2026-01-01", To: "2026-12-31", Current: true},
		"sea_3": {Name: "c, over", Entity: "ent_c", From: "2025-01-01", To: "2025-12-31", Closed: true},
	} {
		s.ID = id
		d.put(setting.SeasonName, id, store.Absent, &s)
	}
	c := d.load()
	for entity, want := range map[string]string{setting.RootEntity: "whole", "ent_a": "whole", "ent_b": "b", "ent_c": "b"} {
		if s := c.Season(entity); s == nil || s.Name != want {
			t.Errorf("%s: %+v, want %s", entity, s, want)
		}
	}
	if s := c.Season("ent_none"); s != nil {
		t.Errorf("an entity there is not has season %s", s.Name)
	}
	if c.Seasons[len(c.Seasons)-1].ID != "sea_3" {
		t.Error("the latest does not come first")
	}
}

func TestStores(t *testing.T) {
	north := &setting.Store{Name: "North", Default: true}
	north.ID = "sto_1"
	for body, want := range map[string][]string{
		`{"name":"South","senderEmail":" South@Example.org "}`: nil,
		`{"name":"north"}`:                       {"name name_taken"},
		`{"name":"South","senderEmail":"south"}`: {"senderEmail email_invalid"},
		`{"name":"South","default":true}`:        {"default store_default"},
		`{}`:                                     {"name required"},
		`{"name":"South","address":{"country":"XX"}}`:               nil, // no address but a country is none
		`{"name":"South","address":{"town":"Gent","country":"XX"}}`: {"address.country bad_choice"},
	} {
		if _, got := among(t, setting.StoreKind(), body, nil, north); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	r, _ := among(t, setting.StoreKind(), `{"name":"South","address":{"town":"Gent"}}`, nil)
	if s := r.(*setting.Store); s.Address.Country != "BE" {
		t.Errorf("%+v", s.Address)
	}
}

func TestClientGroups(t *testing.T) {
	trade := &setting.ClientGroup{Name: "Trade"}
	trade.ID = "cgr_1"
	for body, want := range map[string][]string{
		`{"name":"Retail","discount":10000,"paymentTermDays":0}`: nil,
		`{"name":"TRADE"}`:                        {"name name_taken"},
		`{"name":"Retail","discount":10001}`:      {"discount too_large"},
		`{"name":"Retail","discount":-1}`:         {"discount too_small"},
		`{"name":"Retail","paymentTermDays":366}`: {"paymentTermDays too_large"},
	} {
		if _, got := among(t, setting.ClientGroupKind(), body, nil, trade); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestFieldsOfEveryType(t *testing.T) {
	for body, want := range map[string]struct {
		initial any
		codes   []string
	}{
		`"type":"text","default":" here "`:                                       {"here", nil},
		`"type":"long","default":"a\nb"`:                                         {"a\nb", nil},
		`"type":"number","default":"12.5","min":"-3","max":"20.25"`:              {json.Number("12.5"), nil},
		`"type":"number","default":"many"`:                                       {nil, []string{"default bad_default"}},
		`"type":"number","min":"few"`:                                            {nil, []string{"min bad_number"}},
		`"type":"amount","default":"12.50 eur"`:                                  {record.Money{Amount: 1250, Currency: "EUR"}, nil},
		`"type":"amount","default":"1.2345 EUR"`:                                 {nil, []string{"default bad_default"}},
		`"type":"amount","default":"12"`:                                         {nil, []string{"default bad_default"}},
		`"type":"date","default":"2026-11-21"`:                                   {"2026-11-21", nil},
		`"type":"date","default":"2026-02-30"`:                                   {nil, []string{"default bad_default"}},
		`"type":"flag","default":"false"`:                                        {false, nil},
		`"type":"flag","default":"perhaps"`:                                      {nil, []string{"default bad_default"}},
		`"type":"choice","options":["S","M"],"default":"M"`:                      {"M", nil},
		`"type":"choice","options":["S","M"],"default":"L"`:                      {nil, []string{"default bad_default"}},
		`"type":"choices","options":["S","M","L"],"default":"S\n L "`:            {[]string{"S", "L"}, nil},
		`"type":"choices","options":["S"],"default":"S\nXL"`:                     {nil, []string{"default bad_default"}},
		`"type":"choices"`:                                                       {nil, []string{"options required"}},
		`"type":"link","default":"https://example.org"`:                          {"https://example.org", nil},
		`"type":"file","default":"fil_1"`:                                        {nil, []string{"default bad_default"}},
		`"type":"text","class":"sensitive"`:                                      {nil, nil},
		`"type":"date","class":"sensitive"`:                                      {nil, []string{"class sensitive_text"}},
		`"type":"text","class":"secret"`:                                         {nil, []string{"class bad_choice"}},
		`"type":"text","required":true,"optional":true`:                          {nil, []string{"optional field_required"}},
		`"type":"text","optional":true,"default":"x"`:                            {"x", []string{"default field_optional"}},
		`"type":"number","options":["left over"],"class":"public","default":"1"`: {json.Number("1"), nil},
	} {
		full := `{"for":"contact","name":"own","label":"Own",` + body + `}`
		r, got := among(t, setting.FieldKind(), full, nil)
		if !cmp.Equal(want.codes, got) {
			t.Errorf("%s: %q, want %q", body, got, want.codes)
			continue
		}
		if len(got) > 0 {
			continue
		}
		d := open(t)
		d.put(setting.FieldName, "fld_1", store.Absent, r)
		f := d.load().Fields[0]
		if diff := cmp.Diff(want.initial, f.Default); diff != "" {
			t.Errorf("%s begins with %s", body, diff)
		}
		if field := f.Field(); field.Type == "" || f.Type != "choice" && f.Type != "choices" && f.Options != nil || field.Class == "" {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

// What values have been stored by stays: name, kind, and the type, unless both types hold text.
func TestFieldsStay(t *testing.T) {
	before := &setting.Field{For: "contact", Key: "own", Label: "Own", Type: "text"}
	before.ID = "fld_1"
	for body, want := range map[string][]string{
		`"for":"contact","name":"own","type":"long"`:                   nil,
		`"for":"contact","name":"own","type":"choice","options":["a"]`: nil,
		`"for":"contact","name":"own","type":"link"`:                   nil,
		`"for":"contact","name":"own","type":"number"`:                 {"type field_type"},
		`"for":"family","name":"own","type":"text"`:                    {"for read_only"},
		`"for":"contact","name":"other","type":"text"`:                 {"name read_only"},
	} {
		if _, got := among(t, setting.FieldKind(), `{"label":"Own",`+body+`}`, before); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	var many []record.Record
	for i := range setting.MaxFields {
		many = append(many, &setting.Field{For: "contact", Key: fmt.Sprint("f", i)})
	}
	if _, got := among(t, setting.FieldKind(), `{"for":"contact","name":"more","label":"x","type":"text"}`, nil, many...); !cmp.Equal(got, []string{"for too_many"}) {
		t.Errorf("%q", got)
	}
	if _, got := among(t, setting.FieldKind(), `{"for":"company","name":"more","label":"x","type":"text"}`, nil, many...); got != nil {
		t.Errorf("%q", got)
	}
}

// The lists of a configuration are the built-in ones with what the organisation has made of them, in its order.
func TestConfigLists(t *testing.T) {
	d := open(t)
	for id, v := range map[string]setting.Value{
		"val_1": {List: "category", Code: "trainer", Label: "Trainer"},
		"val_2": {List: "category", Code: "board", Label: "Committee"},
		"val_3": {List: "category", Code: "supervisor", Retired: true},
		"val_4": {List: "category", Code: "scout", Label: "Scout", Order: 1},
		"val_5": {List: "category", Code: "gone", Label: "Gone", Meta: record.Meta{DeletedAt: &noon}},
		"val_6": {List: "gender", Code: "male", Label: "Boys", Meta: record.Meta{DeletedAt: &noon}},
	} {
		v.ID = id
		d.put(setting.ValueName, id, store.Absent, &v)
	}
	c := d.load()
	if diff := cmp.Diff([]string{"scout", "board", "trainer"}, c.Lists.Codes("category")); diff != "" {
		t.Error(diff)
	}
	for code, want := range map[string]list.Value{"board": {Code: "board", Label: "Committee"}, "supervisor": {Code: "supervisor", Retired: true}, "gone": {Code: "gone", Label: "Gone", Retired: true}} {
		if got, ok := c.Lists.Find("category", code); !ok || got != want {
			t.Errorf("%s: %+v", code, got)
		}
	}
	var shown []string
	for _, v := range c.Values("category") {
		shown = append(shown, v.Code)
	}
	if diff := cmp.Diff([]string{"scout", "board", "supervisor", "trainer"}, shown); diff != "" {
		t.Error(diff)
	}
	if c.Value("category", "board").ID != "val_2" || c.Value("category", "gone") != nil || c.Value("gender", "male") != nil || c.Labels("gender", "male") != "" {
		t.Error("the wrong records")
	}
	if diff := cmp.Diff(list.Codes("type"), c.Lists.Codes("type")); diff != "" {
		t.Error(diff)
	}
	if there, known := c.Has(setting.ValueName, "val_1"); !there || !known {
		t.Error("val_1 is not there")
	}
	if there, _ := c.Has(setting.ValueName, "val_5"); there || len(c.Trashed(setting.ValueName)) != 2 {
		t.Error("what is in the trash is there")
	}
}

func TestHas(t *testing.T) {
	c := open(t).load()
	for _, q := range []struct {
		kind, id     string
		there, known bool
	}{{setting.EntityName, setting.RootEntity, true, true}, {setting.EntityName, "ent_1", false, true}, {setting.SeasonName, "sea_1", false, true},
		{setting.Name, setting.Owner, false, false}, {"contact", "con_1", false, false}} {
		if there, known := c.Has(q.kind, q.id); there != q.there || known != q.known {
			t.Errorf("%s %s: %v %v", q.kind, q.id, there, known)
		}
	}
	if c.Home("ent_none") != setting.RootEntity || c.Home("") != setting.RootEntity || len(c.Entities) != 1 {
		t.Error("nobody is at home")
	}
	if c.Entities[0].Name != c.Settings.Name || c.Entities[0].Kind != setting.EntityName {
		t.Errorf("%+v", c.Entities[0])
	}
}

// Between puts a number between any two that have room, and what it gives sorts between them.
func TestBetween(t *testing.T) {
	order := []int{setting.Renumber(0), setting.Renumber(1), setting.Renumber(2)}
	moves := 0
	for {
		n, ok := setting.Between(order[0], order[1])
		if !ok {
			break
		}
		if n <= order[0] || n >= order[1] {
			t.Fatalf("%d is not between %d and %d", n, order[0], order[1])
		}
		order[1] = n
		moves++
	}
	if moves < 10 {
		t.Errorf("room for %d moves", moves)
	}
	if n, ok := setting.Between(0, setting.Renumber(0)); !ok || n <= 0 || n >= setting.Renumber(0) {
		t.Errorf("before the first: %d, %v", n, ok)
	}
	if n, ok := setting.Between(setting.Renumber(5), 0); !ok || n <= setting.Renumber(5) {
		t.Errorf("behind the last: %d, %v", n, ok)
	}
}

func TestProfile(t *testing.T) {
	k := setting.Kind()
	const rest = `{"name":"Choir","language":"nl","country":"BE","timeZone":"Europe/Brussels",`
	for body, want := range map[string][]string{
		`"profile":{"contact.x":"mandatory"}`: {"profile.contact.x unknown_field"}, `"profile":{"dragon.name":"unused"}`: {"profile.dragon.name unknown_field"},
		`"profile":{"contact":"unused"}`: {"profile.contact unknown_field"}, `"profile":{"contact.birthDate":"perhaps"}`: {"profile.contact.birthDate bad_choice"},
		`"colour":"#12345g"`: {"colour bad_colour"}, `"colour":"B4540A"`: nil, `"colour":"#fff"`: {"colour bad_colour"},
		`"bankAccounts":[{"iban":"BE71 0961 2345 6769"}]`: nil, `"bankAccounts":[{"holder":"x"}]`: {"bankAccounts[0].iban required"},
		`"bankAccounts":[{"iban":"BE00 0961 2345 6769"}]`:                    {"bankAccounts[0].iban iban_bad_digits"},
		`"lifetimes":{"sessionHours":720,"inviteDays":60,"resetMinutes":10}`: nil,
		`"lifetimes":{"sessionHours":721,"inviteDays":61,"resetMinutes":9}`:  {"lifetimes.inviteDays too_large", "lifetimes.resetMinutes too_small", "lifetimes.sessionHours too_large"},
		`"portal":["profile","moon"]`:                                        {"portal[1] bad_choice"}, `"operatorDefault":"me"`: {"operatorDefault bad_choice"}, `"retention":{"trashMonths":601}`: {"retention.trashMonths too_large"},
	} {
		if _, got := among(t, k, rest+body+`}`, nil); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	r, _ := among(t, k, rest+`"colour":"B4540A","federation":{},"lifetimes":{},"retention":{}}`, nil)
	if s := r.(*setting.Settings); s.Colour != "#b4540a" || s.Federation != nil || s.Lifetimes != nil || s.Retention != nil {
		t.Errorf("%+v", s)
	}
	c := &setting.Config{Settings: &setting.Settings{Profile: map[string]string{"contact.birthDate": "mandatory", "contact.emails": "mandatory", "contact.website": "unused", "company.website": "mandatory"}}}
	if diff := cmp.Diff([]string{"birthDate", "emails"}, c.Mandatory("contact")); diff != "" {
		t.Error(diff)
	}
	if c.Used("contact", "website") || !c.Used("company", "website") || !c.Used("contact", "emails.address") {
		t.Error("the wrong fields are used")
	}
	if session, invite, reset := c.Settings.Spans(); session != 0 || invite != 0 || reset != 0 {
		t.Error("spans nobody has said")
	}
}

// Every class has a name for the editor of fields, and the digest of the index changes with it.
func TestClassesAreInTheDigest(t *testing.T) {
	seen := map[string]policy.Class{}
	for _, class := range policy.Classes() {
		c := &setting.Config{Fields: []record.CustomField{{Kind: "contact", Name: "x", Type: "text", Class: class}}}
		if other, ok := seen[c.Digest()]; ok {
			t.Errorf("%s and %s are one to the index", class, other)
		}
		seen[c.Digest()] = class
	}
	public := &setting.Config{Fields: []record.CustomField{{Kind: "contact", Name: "x", Type: "text"}}}
	if seen[public.Digest()] != policy.Public {
		t.Error("no class is not public")
	}
}
