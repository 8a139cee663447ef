package setting

import (
	"cmp"
	"slices"

	"github.com/muster-crm/muster/shared/list"
)

// step is how far values and fields stand apart that nobody has moved: room to put others between them without touching
// any but the one that moves.
const step = 1 << 16

// Listed is a value of one of an organisation's lists, as lists of values show it.
type Listed struct {
	list.Value
	Order  int
	Record *Value // what the organisation made of it; nil for a built-in one that is as it came
}

// Values gives the values of a list in their order, retired ones too, without those in the trash.
func (c *Config) Values(name string) []Listed {
	return slices.DeleteFunc(slices.Clone(c.listed[name]), func(v Listed) bool { return v.Record != nil && v.Record.DeletedAt != nil })
}

// Value finds what the organisation has made of a value of a list, nil when it has made nothing of it.
func (c *Config) Value(name, code string) *Value {
	for _, v := range c.Values(name) {
		if v.Code == code {
			return v.Record
		}
	}
	return nil
}

// Labels gives what the organisation calls a value of a list, "" where the words of the catalogues hold.
func (c *Config) Labels(name, code string) string { return c.Lists.Label(name, code) }

// merge puts what an organisation has made of the lists over the built-in ones. A value in the trash stays known, as one
// that is retired: records may still have it.
func (c *Config) merge(values []*Value) {
	c.Lists, c.listed = list.BuiltIn(), map[string][]Listed{}
	own := map[string][]*Value{}
	for _, v := range values {
		own[v.List] = append(own[v.List], v)
	}
	for _, name := range managed {
		all := place(c.Lists.Values(name), own[name])
		c.listed[name] = all
		if len(own[name]) == 0 {
			continue
		}
		plain := make([]list.Value, len(all))
		for i, v := range all {
			plain[i] = v.Value
		}
		c.Lists = c.Lists.Replace(name, plain)
	}
}

// place brings values into their order: by the number they were given, those without one where they came.
func place(builtIn []list.Value, own []*Value) []Listed {
	var all []Listed
	for i, v := range builtIn {
		all = append(all, Listed{Value: v, Order: (i + 1) * step})
	}
	slices.SortFunc(own, func(a, b *Value) int { return cmp.Compare(a.ID, b.ID) })
	for _, v := range own {
		gone := v.DeletedAt != nil
		i := slices.IndexFunc(all, func(l Listed) bool { return l.Code == v.Code })
		switch {
		case i >= 0 && gone:
			continue // of two with one code the one in use counts, and a built-in one is as it came
		case i < 0:
			all = append(all, Listed{Value: list.Value{Code: v.Code}, Order: (len(all) + 1) * step})
			i = len(all) - 1
		}
		all[i].Label, all[i].Retired, all[i].Record = v.Label, v.Retired || gone, v
		if v.Order > 0 {
			all[i].Order = v.Order
		}
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return cmp.Compare(a.Order, b.Order) })
	return all
}

// Between gives the number of something that is to stand between two others; 0 stands for the beginning and for the end.
// ok is false when there is no room: then all are to be numbered anew, see Renumber.
func Between(before, after int) (order int, ok bool) {
	if after == 0 {
		return before + step, true
	}
	order = before + (after-before)/2
	return order, order > before && order < after
}

// Renumber gives the number of the nth of some things, counted from 0.
func Renumber(n int) int { return (n + 1) * step }
