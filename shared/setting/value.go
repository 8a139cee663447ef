package setting

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
)

// MaxValues is how many values of its own an organisation may give one list.
const MaxValues = 500

// managed are the lists an organisation makes its own (SET-01), in the order they are shown.
var managed = []string{list.Type, list.Category, list.Status, list.Source, list.Gender, list.MaritalStatus, list.EmailKind, list.PhoneKind, list.AddressKind,
	list.KitSize, list.FamilyRole, list.CompanyKind, list.CompanyFunction, list.TicketPriority,
	list.Functions, list.GroupCategory, list.ActivitySubtype, list.Attendance, list.ResourceCategory, list.ContractType, list.NewsCategory}

// ManagedLists names the lists an organisation makes its own.
func ManagedLists() []string { return slices.Clone(managed) }

// needed are the codes the program itself writes: they can be renamed, and nothing else.
var needed = map[string][]string{
	list.Status: {"pending", "active", "withdrawn"}, list.Type: {"member"}, list.Gender: {"unstated"}, list.EmailKind: {"personal", "work"},
	list.PhoneKind: {"personal", "work"}, list.AddressKind: {"home", "billing"}, list.FamilyRole: {"other"}, list.TicketPriority: {"normal"}, list.Source: {"telephone", "form", "request", "import", "api"},
}

// Needed tells whether the program itself writes a code, so that it stays.
func Needed(name, code string) bool { return slices.Contains(needed[name], code) }

// Value is a value of one of the organisation's lists: one of its own, or what it makes of a built-in one.
type Value struct {
	record.Meta
	List    string `json:"list,omitempty" field:"required,code,max=30"`
	Code    string `json:"code,omitempty" field:"required,code,max=30"` // what is stored in records; made of the label when a new value brings none
	Label   string `json:"label,omitempty" field:"max=60"`              // in every language; "" for a built-in one: what the catalogues say
	Retired bool   `json:"retired,omitempty"`                           // offered no more
	Order   int    `json:"order,omitempty" field:"min=0,max=1000000000"`
}

// ValueKind describes the values of lists.
func ValueKind() *record.Kind {
	return record.Define[Value](ValueName, "values", "val", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the label, or the code of a built-in value without one.
func (v *Value) Title() string {
	if v.Label == "" {
		return v.Code
	}
	return v.Label
}

// Listed says which code of which list the value is.
func (v *Value) Listed() (name, code string) { return v.List, v.Code }

// Keys holds a code unique in its list.
func (v *Value) Keys() []record.Key {
	return []record.Key{{Name: "value", Path: "code", Value: v.List + "." + v.Code}}
}

// BuiltIn tells whether the product brings the code.
func (v *Value) BuiltIn() bool {
	_, ok := list.BuiltIn().Find(v.List, v.Code)
	return ok
}

// Normalize makes the code of a new value out of its label.
func (v *Value) Normalize(env *record.Env) {
	if v.Code != "" || env.Before != nil || v.Label == "" {
		return
	}
	base := Slug(v.Label, 28)
	if base == "" {
		base = "value"
	}
	v.Code = base
	for n := 2; v.taken(env); n++ {
		v.Code = base + strconv.Itoa(n)
	}
}

func (v *Value) taken(env *record.Env) bool {
	return v.BuiltIn() || slices.ContainsFunc(env.Others, func(r record.Record) bool {
		o := r.(*Value)
		return o.List == v.List && o.Code == v.Code
	})
}

// Validate checks the list, what stays as it is, and that no two values of a list are called the same.
func (v *Value) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	if v.List != "" && !slices.Contains(managed, v.List) {
		return []record.Problem{{Path: "list", Code: "bad_choice"}}
	}
	if before, ok := env.Before.(*Value); ok && before != nil {
		if v.List != before.List {
			p = append(p, record.Problem{Path: "list", Code: "read_only"})
		}
		if v.Code != before.Code {
			p = append(p, record.Problem{Path: "code", Code: "read_only"})
		}
	}
	if v.Code != "" && !identifier(v.Code) {
		p = append(p, record.Problem{Path: "code", Code: "bad_name"})
	}
	if v.Label == "" && v.Code != "" && !v.BuiltIn() {
		p = append(p, record.Problem{Path: "label", Code: "required"})
	}
	if v.Retired && Needed(v.List, v.Code) {
		p = append(p, record.Problem{Path: "retired", Code: "value_needed"})
	}
	count := 0
	for _, r := range env.Others {
		o := r.(*Value)
		if o.List != v.List {
			continue
		}
		count++
		if v.Label != "" && fold.String(o.Label) == fold.String(v.Label) {
			p = append(p, record.Problem{Path: "label", Code: "name_taken"})
		}
	}
	if env.Before == nil && count >= MaxValues {
		p = append(p, record.Problem{Path: "list", Code: "too_many", Pairs: []string{"max", strconv.Itoa(MaxValues)}})
	}
	return p
}

// identifier tells whether a text can name something to programs: a letter, then letters and digits of ASCII.
func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'; !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Slug makes the name programs know something by out of what people call it: "Lid sinds" becomes "lidSinds". A label in
// another script gives "".
func Slug(label string, most int) string {
	var b strings.Builder
	up := false
	for _, r := range fold.String(label) {
		switch letter, digit := r >= 'a' && r <= 'z', r >= '0' && r <= '9'; {
		case letter && up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		case letter, digit && b.Len() > 0:
			b.WriteRune(r)
			up = false
		default:
			up = b.Len() > 0
		}
	}
	name := b.String()
	return name[:min(most, len(name))]
}
