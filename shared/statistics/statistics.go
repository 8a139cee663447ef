// Package statistics counts the records a question finds: by the values of their fields, and by age in bands (SRCH-14).
// Every bar is a condition, so that a chart's bars and a program's counts narrow the same list.
//
// The index counts; this package reads no record and keeps nothing. The caller's grant decides which fields there are to
// count by, and which records are counted.
//
// Guarantees. Where a record has one value of a field the bars, the unknown among them, add up to the total. A bar's
// count is the number of records found by the question together with the bar's condition.
package statistics

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// Bar is one value and how many records have it.
type Bar struct {
	Value string // as stored, "" for unknown; of an age the band, "6-11" or "76-"
	Count int
	Where query.Expr // the condition it stands for
}

// Count is a set of bars.
type Count struct {
	Path    string // the field, or the age since one
	Bands   bool   // the values are bands of ages, see Band
	Several bool   // a record may have several values: it is counted in each of their bars, and they do not add up
	Refs    bool   // the values are ids of records
	Bars    []Bar  // the largest first, ages from the youngest; the unknown last
}

// Statistics are the counts of the records that a question finds.
type Statistics struct {
	Total  int
	Counts []Count
}

// Values lists the ids of the records that bars stand for.
func (s Statistics) Values() (ids []string) {
	for _, c := range s.Counts {
		for _, b := range c.Bars {
			if c.Refs && b.Value != "" {
				ids = append(ids, b.Value)
			}
		}
	}
	return ids
}

// MaxCounts is how many fields are counted by at once.
const MaxCounts = 40

// of lists the fields of kinds that people count by beside those every kind has, in the order they are shown.
var of = map[string][]string{
	contact.Name: {"type", "status", "gender", "age", "language", "category", "entity", contact.GroupNowPath, "tags", "addresses.town"},
	"company":    {"companyKind", "addresses.town"},
	"family":     {"address.town"},
}

// Usual lists what the records of a kind are counted by where nobody says: of what the organisation uses and the caller may
// read, the fields of few values, and its own choices.
func Usual(k *record.Kind, cfg *setting.Config, g policy.Grant) []string {
	paths := slices.Clone(of[k.Name])
	if paths == nil {
		for _, f := range k.Fields {
			if few(f) && !f.System {
				paths = append(paths, f.Path)
			}
		}
	}
	for _, f := range k.OwnFields(cfg.Fields) {
		if few(f) && len(f.Ref) == 0 {
			paths = append(paths, f.Path)
		}
	}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		f := counted(k, cfg, path)
		return f == nil || !g.Fields(policy.Read, f.Class) || f.Own == nil && !cfg.Used(k.Name, f.Path)
	})
	return paths[:min(len(paths), MaxCounts)]
}

// few tells whether a field is of few values: codes of a list, choices, references, yes and no.
func few(f *record.Field) bool { return f.Indexed && (f.Type == record.Code || f.Type == record.Flag) }

// counted finds the field at a path, or the one whose age it is; nil when there is none.
func counted(k *record.Kind, cfg *setting.Config, path string) *record.Field {
	for _, f := range k.Fields {
		if f.Age == path && path != "" {
			return f
		}
	}
	if f, ok := k.Field(path); ok {
		return f
	}
	if f, ok := k.At(path, cfg.Fields); ok && f.Path == path {
		return f
	}
	return nil
}

// Of counts the records of a kind that a question finds by some fields; nil stands for the usual ones. Faults: Denied;
// Invalid for a field that there is not or that the caller may not read, and for more than MaxCounts.
func Of(ctx context.Context, records *repository.Repository, g policy.Grant, kind string, where query.Expr, by []string) (Statistics, error) {
	k, err := records.Kind(kind)
	if err != nil {
		return Statistics{}, err
	}
	cfg, err := records.Config(ctx, g)
	if err != nil {
		return Statistics{}, err
	}
	if by == nil {
		by = Usual(k, cfg, g)
	}
	if len(by) > MaxCounts {
		return Statistics{}, fault.Bad("by", "too_many", "max", strconv.Itoa(MaxCounts))
	}
	q := repository.Question{Where: where, Count: true}
	for _, path := range by {
		q.Facets = append(q.Facets, []string{path})
	}
	found, err := records.List(ctx, g, kind, q)
	if err != nil {
		return Statistics{}, err
	}
	s := Statistics{Total: found.Total}
	for i, path := range by {
		s.Counts = append(s.Counts, count(k, cfg, path, found.Facets[i]))
	}
	return s, nil
}

// count makes bars of what the index has counted.
func count(k *record.Kind, cfg *setting.Config, path string, buckets []repository.Bucket) Count {
	f := counted(k, cfg, path)
	if f != nil && f.Age == path {
		return Count{Path: path, Bands: true, Bars: bands(path, f.Path, buckets)}
	}
	c := Count{Path: path, Several: f != nil && f.List || several(k, path), Refs: f != nil && len(f.Ref) > 0}
	text := f != nil && (f.Type == record.Text || f.Type == record.Link)
	spelled := map[string]int{} // the bar of a text, however it is written
	for _, b := range buckets {
		bar := Bar{Value: b.Values[0], Count: b.Count, Where: condition(path, b.Values[0], text)}
		if at, ok := spelled[fold.String(bar.Value)]; ok && text {
			c.Bars[at].Count += bar.Count
			continue
		}
		spelled[fold.String(bar.Value)] = len(c.Bars)
		c.Bars = append(c.Bars, bar)
	}
	slices.SortStableFunc(c.Bars, func(a, b Bar) int {
		if unknown := (a.Value == "") != (b.Value == ""); unknown {
			return strings.Compare(b.Value, a.Value)
		}
		return cmp.Compare(b.Count, a.Count)
	})
	return c
}

// several tells whether a path lies within a list.
func several(k *record.Kind, path string) bool {
	for i := 0; ; i++ {
		next := strings.IndexByte(path[i:], '.')
		if next < 0 {
			break
		}
		i += next
		if f, ok := k.Field(path[:i]); ok && f.List {
			return true
		}
	}
	return false
}

// condition is what a value of a field stands for; a text has to be the value as a whole.
func condition(path, value string, text bool) query.Expr {
	switch {
	case value == "":
		return query.Not{Expr: query.Term{Field: path, Op: query.Filled}}
	case text:
		return query.Term{Field: path, Op: query.Is, Value: value}
	}
	return query.Term{Field: path, Op: query.Has, Value: value}
}

// starts are the ages at which the bands begin.
var starts = []int{0, 6, 12, 18, 26, 36, 46, 56, 66, 76}

// Band reads a bar of ages: the first and the last of them, last 0 for the band without an end.
func Band(value string) (first, last int, ok bool) {
	from, to, cut := strings.Cut(value, "-")
	first, err := strconv.Atoi(from)
	if err != nil || !cut {
		return 0, 0, false
	}
	if to != "" {
		if last, err = strconv.Atoi(to); err != nil {
			return 0, 0, false
		}
	}
	return first, last, true
}

// bands counts ages in bands; born is the field they are counted from.
func bands(path, born string, buckets []repository.Bucket) []Bar {
	counts, unknown := make([]int, len(starts)), 0
	for _, b := range buckets {
		age, err := strconv.Atoi(b.Values[0])
		if err != nil || age < 0 {
			unknown += b.Count
			continue
		}
		at, found := slices.BinarySearch(starts, age)
		if !found {
			at--
		}
		counts[at] += b.Count
	}
	var bars []Bar
	for i, n := range counts {
		if n == 0 {
			continue
		}
		bar := Bar{Count: n, Value: strconv.Itoa(starts[i]) + "-", Where: query.Term{Field: path, Op: query.AtLeast, Value: strconv.Itoa(starts[i])}}
		if i+1 < len(starts) {
			last := strconv.Itoa(starts[i+1] - 1)
			bar.Value += last
			bar.Where = query.Term{Field: path, Op: query.Within, Value: strconv.Itoa(starts[i]) + string(query.Within) + last}
		}
		bars = append(bars, bar)
	}
	if unknown > 0 {
		bars = append(bars, Bar{Count: unknown, Where: condition(born, "", false)})
	}
	return bars
}
