package merge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Row is one field of a merge: what each record holds, and what will stay.
type Row struct {
	Field  string            // or member of a map: "externalIds.shop", "custom.size"
	Values []json.RawMessage // by record, the main one first; nil where it has none
	Result json.RawMessage
	Chosen string // the id of the record whose value stays, "" for a list that is united
	Usual  string // whose value would stay if nobody chose, "" for a list
	List   bool
	Max    int    // elements a list may have
	Differ bool   // the records do not all hold the same
	Picked []Pick // of a list: all its elements, those that stay marked
	Over   bool   // the union has more elements than may stay, and nobody has picked
	Asked  bool   // the caller has chosen
	Fixed  bool   // nobody chooses: the caller may not write it
}

// Pick is an element of one of the lists that are united.
type Pick struct {
	Of    string // the record it is from
	At    int    // its place there
	Value json.RawMessage
	Stays bool
	Again bool // an element before it is the same
}

// Name is what Request.Keep calls it.
func (p Pick) Name() string { return fmt.Sprintf("%s/%d", p.Of, p.At) }

// identity names the members by which two elements of a list are one; of other lists all members are, but for flags.
var identity = map[string][]string{
	"emails":   {"address"},
	"phones":   {"number"},
	"members":  {"contact"},
	"contacts": {"contact", "function", "from"},
	"groups":   {"group", "function", "from"},
}

// uniting puts the values of records together. It changes none of them.
type uniting struct {
	kind    *record.Kind
	own     []record.CustomField
	req     Request
	grant   policy.Grant
	records []record.Record

	docs []map[string]json.RawMessage
	out  map[string]json.RawMessage
	rows []Row
}

// unite works out every field. Faults: Invalid for a choice of a field there is not, or of a record that takes no part;
// Denied for one of a field the caller may not write.
func (u *uniting) unite() error {
	for _, r := range u.records {
		encoded, err := json.Marshal(r)
		if err != nil {
			return err
		}
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(encoded, &doc); err != nil {
			return err
		}
		u.docs = append(u.docs, doc)
	}
	u.out = map[string]json.RawMessage{}
	for name, value := range u.docs[0] {
		u.out[name] = value
	}
	for _, f := range u.kind.Fields {
		if f.Derived || f.System && len(f.Ref) == 0 {
			continue
		}
		var err error
		switch {
		case f.Type == record.Map || f.Type == record.Values:
			err = u.members(f)
		case f.List:
			err = u.list(f)
		default:
			err = u.single(f.Path, u.values(f.Name), u.kind.Class(f.Path, u.own), func(value json.RawMessage) { put(u.out, f.Name, value) })
		}
		if err != nil {
			return err
		}
	}
	return u.judge()
}

func put(doc map[string]json.RawMessage, name string, value json.RawMessage) {
	if doc[name] = value; value == nil {
		delete(doc, name)
	}
}

func (u *uniting) values(name string) []json.RawMessage {
	var all []json.RawMessage
	for _, doc := range u.docs {
		all = append(all, doc[name])
	}
	return all
}

// chooses gives the place among the records of the one chosen for a field, -1 for none. A record may be named by the id it
// was asked for by.
func (u *uniting) chooses(field string) (int, error) {
	id, ok := u.req.Choices[field]
	if !ok {
		return -1, nil
	}
	for i, r := range u.records {
		if r.Base().ID == id || i == 0 && id == u.req.Main || i > 0 && i <= len(u.req.Others) && id == u.req.Others[i-1] {
			return i, nil
		}
	}
	return -1, fault.Bad("choices."+field, "bad_reference")
}

// single settles a value that only one of the records can give: the chosen one, or the first that has any.
func (u *uniting) single(field string, values []json.RawMessage, class policy.Class, set func(json.RawMessage)) error {
	row := Row{Field: field, Values: values, Differ: differ(values), Fixed: !u.grant.Fields(policy.Edit, class)}
	at, err := u.chooses(field)
	if err != nil {
		return err
	}
	if row.Asked = at >= 0; row.Asked && row.Fixed {
		return denied("choices." + field)
	}
	usual := max(0, slices.IndexFunc(values, func(v json.RawMessage) bool { return !blank(v) }))
	if at < 0 {
		at = usual
	}
	row.Usual, row.Chosen, row.Result = u.records[usual].Base().ID, u.records[at].Base().ID, values[at]
	set(row.Result)
	u.rows = append(u.rows, row)
	return nil
}

func denied(path string) error {
	f := fault.New(fault.Denied, "denied")
	f.Fields = []fault.Field{fault.At(path, "denied")}
	return f
}

func differ(values []json.RawMessage) bool {
	return slices.ContainsFunc(values, func(v json.RawMessage) bool { return !bytes.Equal(v, values[0]) })
}

func blank(v json.RawMessage) bool { return v == nil || string(v) == `""` }

// members settles the members of a map one by one.
func (u *uniting) members(f *record.Field) error {
	var all []map[string]json.RawMessage
	var names []string
	for _, doc := range u.docs {
		values := map[string]json.RawMessage{}
		if doc[f.Name] != nil {
			if err := json.Unmarshal(doc[f.Name], &values); err != nil {
				return err
			}
		}
		all = append(all, values)
		for name := range values {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	merged := map[string]json.RawMessage{}
	for _, name := range names {
		var values []json.RawMessage
		for _, members := range all {
			values = append(values, members[name])
		}
		path := f.Name + "." + name
		if err := u.single(path, values, u.kind.Class(path, u.own), func(v json.RawMessage) { put(merged, name, v) }); err != nil {
			return err
		}
	}
	if len(merged) == 0 {
		delete(u.out, f.Name)
		return nil
	}
	raw, err := json.Marshal(merged)
	u.out[f.Name] = raw
	return err
}

// list unites a list: every element once, the main record's first; one that is to stay may be named by any that is the same.
// Marks that only one element bears stay where they were first.
func (u *uniting) list(f *record.Field) error {
	row := Row{Field: f.Path, List: true, Max: f.Items, Values: u.values(f.Name), Fixed: !u.grant.Fields(policy.Edit, u.kind.Class(f.Path, u.own))}
	row.Differ = differ(row.Values)
	at, err := u.chooses(f.Path)
	if err != nil {
		return err
	}
	keep, picks := u.req.Keep[f.Path]
	if row.Asked = at >= 0 || picks; row.Asked && row.Fixed {
		return denied("choices." + f.Path)
	}
	var names []string // what each element is the same by
	wanted := map[string]bool{}
	for i, raw := range row.Values {
		var list []json.RawMessage
		if raw != nil {
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
		}
		for n, value := range list {
			p := Pick{Of: u.records[i].Base().ID, At: n, Value: value}
			name, err := same(f.Path, value)
			if err != nil {
				return err
			}
			if slices.Contains(keep, p.Name()) {
				wanted[name] = true
			}
			names, row.Picked = append(names, name), append(row.Picked, p)
		}
	}
	var kept []json.RawMessage
	seen, marked := map[string]bool{}, map[string]bool{}
	for i := range row.Picked {
		p, name := &row.Picked[i], names[i]
		from := at < 0 || u.records[at].Base().ID == p.Of
		p.Again = seen[name]
		p.Stays = !p.Again && from && (!picks || wanted[name])
		seen[name] = seen[name] || from
		if p.Stays {
			value, err := unmarked(p.Value, marked)
			if err != nil {
				return err
			}
			kept = append(kept, value)
		}
	}
	for i, name := range keep {
		if !slices.ContainsFunc(row.Picked, func(p Pick) bool { return p.Name() == name }) {
			return fault.Bad(fmt.Sprintf("keep.%s[%d]", f.Path, i), "bad_reference")
		}
	}
	if at >= 0 {
		row.Chosen = u.records[at].Base().ID
	}
	row.Over = len(kept) > f.Items
	if len(kept) > 0 {
		if row.Result, err = json.Marshal(kept); err != nil {
			return err
		}
	}
	put(u.out, f.Name, row.Result)
	u.rows = append(u.rows, row)
	return nil
}

// same gives what an element of a list is the same by.
func same(path string, value json.RawMessage) (string, error) {
	if !bytes.HasPrefix(value, []byte("{")) {
		return fold.String(string(value)), nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return "", err
	}
	if by, ok := identity[path]; ok {
		var parts []string
		for _, name := range by {
			parts = append(parts, fold.String(string(members[name])))
		}
		return strings.Join(parts, " "), nil
	}
	for name, member := range members {
		if string(member) == "true" || string(member) == "false" {
			delete(members, name)
		}
	}
	raw, err := json.Marshal(members)
	return string(raw), err
}

// unmarked takes marks off an element that others bear, and notes those it bears.
func unmarked(value json.RawMessage, marked map[string]bool) (json.RawMessage, error) {
	if !bytes.HasPrefix(value, []byte("{")) {
		return value, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, err
	}
	changed := false
	for name, member := range members {
		if string(member) != "true" {
			continue
		}
		if marked[name] {
			delete(members, name)
			changed = true
		}
		marked[name] = true
	}
	if !changed {
		return value, nil
	}
	return json.Marshal(members)
}

// judge refuses choices of what there is not.
func (u *uniting) judge() error {
	var bad []fault.Field
	known := func(field string) bool {
		return slices.ContainsFunc(u.rows, func(r Row) bool { return r.Field == field })
	}
	for field := range u.req.Choices {
		if !known(field) {
			bad = append(bad, fault.At("choices."+field, "unknown_field", "word", field))
		}
	}
	for field := range u.req.Keep {
		if i := slices.IndexFunc(u.rows, func(r Row) bool { return r.Field == field && r.List }); i < 0 {
			bad = append(bad, fault.At("keep."+field, "unknown_field", "word", field))
		}
	}
	slices.SortFunc(bad, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
	return fault.Fields(bad)
}

// refused names the lists that would be too long.
func (u *uniting) refused() error {
	var bad []fault.Field
	for _, r := range u.rows {
		if r.Over {
			bad = append(bad, fault.At("choices."+r.Field, "too_many", "max", strconv.Itoa(r.Max)))
		}
	}
	return fault.Fields(bad)
}

// result gives the survivor.
func (u *uniting) result() (record.Record, error) {
	encoded, err := json.Marshal(u.out)
	if err != nil {
		return nil, err
	}
	return u.kind.Decode(encoded, u.records[0].Base().Version)
}
