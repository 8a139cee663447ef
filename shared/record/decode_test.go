package record_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
)

func TestCreate(t *testing.T) {
	x := create(t, `{"name":"Lamp","story":"a\nb","gender":"other","country":"BE","mail":"a@example.org","call":"+32471123456",
		"born":"2000-02-29","seen":"2026-11-21T12:00:00Z","count":-3,"open":false,"tags":["a","b"],
		"parts":[{"kind":"work","text":"x","main":true},{"text":"y","kind":null}],"place":{"town":"Gent","floor":2},
		"keys":{"a":"1","b":null},"account":"BE1","custom":{"size":"S","note":null}}`)
	no, seen := false, noon
	want := &thing{Meta: record.Meta{Kind: "thing"}, Name: "Lamp", Story: "a\nb", Gender: "other", Country: "BE", Mail: "a@example.org",
		Call: "+32471123456", Born: "2000-02-29", Seen: &seen, Count: -3, Open: &no, Tags: []string{"a", "b"},
		Parts: []part{{Kind: "work", Text: "x", Main: true}, {Text: "y"}}, Place: &place{Town: "Gent", Floor: 2},
		Keys: map[string]string{"a": "1"}, Account: "BE1", Custom: record.Custom{"size": "S"}}
	if diff := cmp.Diff(want, x); diff != "" {
		t.Error(diff)
	}
}

func TestCreateRefuses(t *testing.T) {
	for body, want := range map[string][]string{
		``:                                     {"malformed"},
		`null`:                                 {"malformed"},
		`[]`:                                   {"malformed"},
		`"x"`:                                  {"malformed"},
		`{"name":"a"`:                          {"malformed"},
		`{"name":"a"} {}`:                      {"malformed"},
		`{"name":"a"}x`:                        {"malformed"},
		"{\"name\":\"\xff\"}":                  {"malformed"},
		`{'name':'a'}`:                         {"malformed"},
		`{"count":1e}`:                         {"malformed"},
		`{"Name":"a"}`:                         {"Name unknown_member"},
		`{"nope":1,"name":2}`:                  {"name bad_type", "nope unknown_member"},
		`{"id":"thg_1"}`:                       {"id read_only"},
		`{"version":1}`:                        {"version read_only"},
		`{"deletedAt":null}`:                   {"deletedAt read_only"},
		`{"number":7}`:                         {"number read_only"},
		`{"sort":"A"}`:                         {"sort read_only"},
		`{"name":["a"]}`:                       {"name bad_type"},
		`{"name":{"a":"b"}}`:                   {"name bad_type"},
		`{"open":"yes"}`:                       {"open bad_type"},
		`{"open":1}`:                           {"open bad_type"},
		`{"count":"1"}`:                        {"count bad_type"},
		`{"count":1.5}`:                        {"count bad_type"},
		`{"count":1e3}`:                        {"count bad_type"},
		`{"count":99999999999999999999}`:       {"count bad_type"},
		`{"count":9000000000000000000}`:        {"count bad_type"},
		`{"born":20000229}`:                    {"born bad_type"},
		`{"seen":"today"}`:                     {"seen bad_type"},
		`{"seen":"2026-11-21T01:00:00+25:00"}`: {"seen bad_type"},
		`{"seen":"2026-11-21T01:00:00+24:00"}`: {"seen bad_type"},
		`{"tags":"a"}`:                         {"tags bad_type"},
		`{"tags":["a",1,null]}`:                {"tags[1] bad_type", "tags[2] bad_type"},
		`{"parts":{"text":"x"}}`:               {"parts bad_type"},
		`{"parts":[{"text":1,"sort":"x"},"y",{"main":1,"by":"me"}]}`: {"parts[0].sort unknown_member", "parts[0].text bad_type", "parts[1] bad_type",
			"parts[2].by read_only", "parts[2].main bad_type"},
		`{"parts":[{"id":"x"}]}`:            {"parts[0].id unknown_member"},
		`{"place":"Gent"}`:                  {"place bad_type"},
		`{"place":[]}`:                      {"place bad_type"},
		`{"place":{"town":3,"street":"x"}}`: {"place.street unknown_member", "place.town bad_type"},
		`{"keys":["a"]}`:                    {"keys bad_type"},
		`{"keys":{"b":1,"a":{"x":"y"}}}`:    {"keys.a bad_type", "keys.b bad_type"},
		`{"custom":"x"}`:                    {"custom bad_type"},
		`{"custom":{"size":1e400,"a":["x",1],"b":{"x":"y"},"c":[["x"]],"d":{"amount":{"x":1}},"e":1.1234567}}`: {"custom.a bad_type", "custom.b bad_type",
			"custom.c bad_type", "custom.d bad_type", "custom.e bad_type", "custom.size bad_type"},
	} {
		r, err := things.Create([]byte(body))
		if err == nil {
			t.Errorf("%s was taken as %+v", body, r)
			continue
		}
		if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestReadOnlyMembersMayBeRepeated(t *testing.T) {
	x := create(t, `{"name":"Lamp"}`)
	x.ID, x.Version, x.Number, x.Sort = "thg_1", 7, 12, "LAMP"
	x.CreatedAt, x.CreatedBy = noon, "usr_1"
	whole, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := things.Patch(x, whole)
	if err != nil {
		t.Fatalf("the record as it was read is refused: %v", faultsOf(t, err))
	}
	if diff := cmp.Diff(x, got); diff != "" {
		t.Error(diff)
	}
	for body, want := range map[string][]string{
		`{"id":"thg_2"}`:                       {"id read_only"},
		`{"version":8,"number":13}`:            {"number read_only", "version read_only"},
		`{"version":"7"}`:                      {"version read_only"},
		`{"id":null,"number":null}`:            {"id read_only", "number read_only"},
		`{"createdAt":"2026-11-21T13:00:00Z"}`: {"createdAt read_only"},
		`{"sort":"X","nope":1}`:                {"nope unknown_member", "sort read_only"},
		`{"deletedAt":null}`:                   nil,
		`{"kind":"thing","sort":"LAMP"}`:       nil,
	} {
		_, err := things.Patch(x, []byte(body))
		if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

// The cases of RFC 7396 that have a meaning for records.
func TestMergePatch(t *testing.T) {
	for _, c := range []struct{ before, patch, want string }{
		{`{"name":"b"}`, `{}`, `{"name":"b"}`},
		{`{"name":"b"}`, `{"name":"c"}`, `{"name":"c"}`},
		{`{"name":"b"}`, `{"story":"c"}`, `{"name":"b","story":"c"}`},
		{`{"name":"b"}`, `{"name":null}`, `{}`},
		{`{"name":"b","story":"c"}`, `{"name":null}`, `{"story":"c"}`},
		{`{"name":"b"}`, `{"story":null}`, `{"name":"b"}`},
		{`{"tags":["b"]}`, `{"tags":["c"]}`, `{"tags":["c"]}`},
		{`{"tags":["b"]}`, `{"tags":null}`, `{}`},
		{`{"tags":["b"]}`, `{"tags":[]}`, `{}`},
		{`{"parts":[{"text":"x","main":true}]}`, `{"parts":[{"text":"y"}]}`, `{"parts":[{"text":"y"}]}`},
		{`{"parts":[{"text":"x"}]}`, `{"parts":[{"text":"y","kind":null}]}`, `{"parts":[{"text":"y"}]}`},
		{`{"place":{"town":"Gent","floor":2}}`, `{"place":{"floor":null}}`, `{"place":{"town":"Gent"}}`},
		{`{"place":{"town":"Gent","floor":2}}`, `{"place":{"town":"Brugge"}}`, `{"place":{"town":"Brugge","floor":2}}`},
		{`{"place":{"town":"Gent"}}`, `{"place":null}`, `{}`},
		{`{}`, `{"place":{"town":"Gent","floor":null}}`, `{"place":{"town":"Gent"}}`},
		{`{"keys":{"a":"1","b":"2"}}`, `{"keys":{"a":null,"c":"3"}}`, `{"keys":{"b":"2","c":"3"}}`},
		{`{"keys":{"a":"1"}}`, `{"keys":{"a":null}}`, `{}`},
		{`{"keys":{"a":"1"}}`, `{"keys":null}`, `{}`},
		{`{}`, `{"keys":{"a":null}}`, `{}`},
		{`{"custom":{"size":"S","note":"x"}}`, `{"custom":{"note":null}}`, `{"custom":{"size":"S"}}`},
		{`{"custom":{"size":"S"}}`, `{"custom":{"size":"M"}}`, `{"custom":{"size":"M"}}`},
		{`{"open":true}`, `{"open":false}`, `{"open":false}`},
		{`{"open":true}`, `{"open":null}`, `{}`},
		{`{"count":3}`, `{"count":0}`, `{}`},
		{`{"seen":"2026-11-21T12:00:00Z"}`, `{"seen":null}`, `{}`},
		{`{"seen":"2026-11-21T12:00:00Z"}`, `{"seen":"2026-11-22T12:00:00+01:00"}`, `{"seen":"2026-11-22T12:00:00+01:00"}`},
	} {
		before := create(t, c.before)
		copied := create(t, c.before)
		got, err := things.Patch(before, []byte(c.patch))
		if err != nil {
			t.Errorf("%s %s: %v", c.before, c.patch, err)
			continue
		}
		if diff := cmp.Diff(plain(t, create(t, c.want)), plain(t, got)); diff != "" {
			t.Errorf("%s %s: %s", c.before, c.patch, diff)
		}
		if diff := cmp.Diff(copied, before); diff != "" {
			t.Errorf("%s %s changed the record it was applied to: %s", c.before, c.patch, diff)
		}
	}
}

// plain gives a record's JSON without its system members.
func plain(t testing.TB, r record.Record) map[string]any {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for name := range doc {
		if record.IsMeta(name) {
			delete(doc, name)
		}
	}
	return doc
}

func TestPatchRefuses(t *testing.T) {
	x := create(t, `{"name":"Lamp","place":{"town":"Gent"}}`)
	for body, want := range map[string][]string{
		`{"name":`:                {"malformed"},
		`{"name":1,"nope":null}`:  {"name bad_type", "nope unknown_member"},
		`{"place":{"town":1}}`:    {"place.town bad_type"},
		`{"place":{"x":null}}`:    {"place.x unknown_member"},
		`{"custom":{"size":3e3}}`: {"custom.size bad_type"},
	} {
		_, err := things.Patch(x, []byte(body))
		if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestEncodeLeavesOutTheVersion(t *testing.T) {
	x := create(t, `{"name":"Lamp"}`)
	x.ID, x.Version = "thg_1", 7
	value, err := things.Encode(x, nil)
	if err != nil || strings.Contains(string(value), "version") || x.Version != 7 {
		t.Errorf("%s, %v; the record has version %d", value, err, x.Version)
	}
	back, err := things.Decode(value, 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x, back); diff != "" {
		t.Error(diff)
	}
	if _, err := things.Decode([]byte(`{"name":1}`), 1); err == nil || strings.Contains(err.Error(), "Lamp") {
		t.Errorf("damaged JSON: %v", err)
	}
}

// What a newer program wrote survives an older one's update.
func TestUnknownMembersSurvive(t *testing.T) {
	for name, c := range map[string]struct{ stored, patch, want string }{
		"top":             {`{"name":"a","shoe":42}`, `{"name":"b"}`, `{"name":"b","shoe":42}`},
		"nothing unknown": {`{"name":"a"}`, `{"name":"b"}`, `{"name":"b"}`},
		"null":            {`{"name":"a","shoe":null}`, `{"name":"b"}`, `{"name":"b","shoe":null}`},
		"in an object":    {`{"place":{"town":"Gent","wing":"north"}}`, `{"place":{"floor":2}}`, `{"place":{"town":"Gent","floor":2,"wing":"north"}}`},
		"object removed":  {`{"place":{"town":"Gent","wing":"north"}}`, `{"place":null}`, `{}`},
		"in a list": {`{"parts":[{"text":"x","seal":{"a":1}},{"text":"y"}]}`, `{"name":"b"}`,
			`{"name":"b","parts":[{"text":"x","seal":{"a":1}},{"text":"y"}]}`},
		"list in another order": {`{"parts":[{"text":"x","seal":1},{"text":"y","seal":2}]}`, `{"parts":[{"text":"y"},{"text":"z"},{"text":"x"}]}`,
			`{"parts":[{"text":"y","seal":2},{"text":"z"},{"text":"x","seal":1}]}`},
		"element changed": {`{"parts":[{"text":"x","seal":1}]}`, `{"parts":[{"text":"x","main":true}]}`, `{"parts":[{"text":"x","main":true}]}`},
		"list emptied":    {`{"parts":[{"text":"x","seal":1}]}`, `{"parts":[]}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := things.Decode([]byte(c.stored), 1)
			if err != nil {
				t.Fatal(err)
			}
			after, err := things.Patch(before, []byte(c.patch))
			if err != nil {
				t.Fatal(err)
			}
			value, err := things.Encode(after, []byte(c.stored))
			if err != nil {
				t.Fatal(err)
			}
			var got, want map[string]any
			if err := json.Unmarshal(value, &got); err != nil {
				t.Fatal(err)
			}
			for name := range got {
				if record.IsMeta(name) {
					delete(got, name)
				}
			}
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// System members of the stored form are never taken for unknown ones.
func TestStoredMetaDoesNotComeBack(t *testing.T) {
	x := create(t, `{"name":"Lamp"}`)
	value, err := things.Encode(x, []byte(`{"name":"a","deletedAt":"2026-11-21T12:00:00Z","deletedBy":"usr_1","version":3}`))
	if err != nil || strings.Contains(string(value), "deleted") || strings.Contains(string(value), "version") {
		t.Errorf("%s, %v", value, err)
	}
}

func TestDiff(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing":  {`{"name":"a","tags":["x"]}`, `{"name":"a","tags":["x"]}`, nil},
		"creation": {"", `{"name":"a","keys":{"x":"1"},"open":false}`, []string{`name  "a"`, `open  false`, `keys.x  "1"`}},
		"set":      {`{}`, `{"count":3}`, []string{"count  3"}},
		"cleared":  {`{"count":3}`, `{}`, []string{"count 3 "}},
		"lists as a whole": {`{"tags":["x","y"],"parts":[{"text":"a"}]}`, `{"tags":["y","x"],"parts":[{"text":"b"}]}`,
			[]string{`tags ["x","y"] ["y","x"]`, `parts [{"text":"a"}] [{"text":"b"}]`}},
		"objects as a whole": {`{"place":{"town":"Gent"}}`, `{"place":{"town":"Gent","floor":1}}`,
			[]string{`place {"town":"Gent"} {"town":"Gent","floor":1}`}},
		"maps one by one": {`{"keys":{"a":"1","b":"2"}}`, `{"keys":{"b":"3","c":"4"}}`,
			[]string{`keys.a "1" `, `keys.b "2" "3"`, `keys.c  "4"`}},
		"custom one by one": {`{"custom":{"size":"S"}}`, `{"custom":{"note":"x"}}`, []string{`custom.note  "x"`, `custom.size "S" `}},
		"markup":            {`{"name":"<b>"}`, `{"name":"&"}`, []string{`name "\u003cb\u003e" "\u0026"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var before record.Record
			if c.before != "" {
				before = create(t, c.before)
			}
			after := create(t, c.after)
			after.Sort, after.Meta = "derived", record.Meta{ID: "thg_1", UpdatedAt: noon.Add(time.Hour)}
			changes, err := things.Diff(before, after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range changes {
				got = append(got, strings.Join([]string{f.Field, string(f.From), string(f.To)}, " "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	var none *thing
	if changes, err := things.Diff(none, create(t, `{"name":"a"}`)); err != nil || len(changes) != 1 {
		t.Errorf("a nil record before: %v, %v", changes, err)
	}
}

func TestCopySharesNothing(t *testing.T) {
	x := create(t, `{"name":"Lamp","tags":["a"],"keys":{"a":"1"},"place":{"town":"Gent"},"custom":{"size":"S"},"open":true}`)
	x.ID, x.Version = "thg_1", 4
	r, err := things.Copy(x)
	if err != nil {
		t.Fatal(err)
	}
	y := r.(*thing)
	if diff := cmp.Diff(x, y); diff != "" {
		t.Error(diff)
	}
	y.Tags[0], y.Keys["a"], y.Place.Town, y.Custom["size"], *y.Open = "b", "2", "Brugge", "M", false
	if x.Tags[0] != "a" || x.Keys["a"] != "1" || x.Place.Town != "Gent" || x.Custom["size"] != "S" || !*x.Open {
		t.Errorf("the copy is the record: %+v", x)
	}
}
