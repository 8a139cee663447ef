package record

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// maxID is how long an id may be, and randomID what follows its prefix.
const (
	maxID    = 64
	randomID = "_" + "00000000000000000000000000"
)

// Registry is the set of kinds a program knows.
type Registry struct {
	kinds    []*Kind
	byName   map[string]*Kind
	byPlural map[string]*Kind
}

// NewRegistry makes a registry of kinds. Mistakes are reported by Check.
func NewRegistry(kinds ...*Kind) *Registry {
	r := &Registry{kinds: kinds, byName: map[string]*Kind{}, byPlural: map[string]*Kind{}}
	for _, k := range kinds {
		r.byName[k.Name] = k
		r.byPlural[k.Plural] = k
	}
	return r
}

// Kinds lists the kinds in the order they were registered.
func (r *Registry) Kinds() []*Kind { return slices.Clone(r.kinds) }

// Kind finds a kind by its name.
func (r *Registry) Kind(name string) (*Kind, bool) {
	k, ok := r.byName[name]
	return k, ok
}

// Collection finds a kind by its plural.
func (r *Registry) Collection(plural string) (*Kind, bool) {
	k, ok := r.byPlural[plural]
	return k, ok
}

// Children lists the kinds whose records belong to records of a kind.
func (r *Registry) Children(kind string) []*Kind {
	var children []*Kind
	for _, k := range r.kinds {
		if slices.Contains(k.Under, kind) {
			children = append(children, k)
		}
	}
	return children
}

// Of finds the kind of the record that has an id, by the id's prefix.
func (r *Registry) Of(id string) (*Kind, bool) {
	prefix, _, ok := strings.Cut(id, "_")
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(r.kinds, func(k *Kind) bool { return k.Prefix == prefix })
	if i < 0 {
		return nil, false
	}
	return r.kinds[i], true
}

// Check reports every mistake in the kinds at once. lists tells which code lists there are.
func (r *Registry) Check(lists func(name string) bool) error {
	var errs []error
	names, plurals, prefixes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range r.kinds {
		for _, f := range k.faults {
			errs = append(errs, errors.New(f))
		}
		for _, c := range []struct {
			what, value string
			seen        map[string]bool
		}{{"name", k.Name, names}, {"plural", k.Plural, plurals}, {"prefix", k.Prefix, prefixes}} {
			switch {
			case c.value == "":
				errs = append(errs, errors.New(k.Name+": has no "+c.what))
			case c.seen[c.value]:
				errs = append(errs, errors.New(k.Name+": shares its "+c.what+" with another kind"))
			}
			if strings.ContainsFunc(c.value, func(r rune) bool {
				return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r != '-' || c.what != "plural")
			}) {
				errs = append(errs, errors.New(k.Name+": its "+c.what+" is not of letters alone"))
			}
			c.seen[c.value] = true
		}
		for _, path := range slices.Sorted(maps.Keys(k.byPath)) {
			f := k.byPath[path]
			if f.Values != "" && !lists(f.Values) {
				errs = append(errs, errors.New(k.Name+": "+path+" is of a list there is not: "+f.Values))
			}
			for _, kind := range f.Ref {
				if r.byName[kind] == nil {
					errs = append(errs, errors.New(k.Name+": "+path+" refers to a kind there is not: "+kind))
				}
			}
		}
		r.lenders(k, func(problem string) { errs = append(errs, errors.New(k.Name+": "+problem)) })
		for _, kind := range k.Under {
			owner := r.byName[kind]
			switch {
			case owner == nil: // its member owner says so
			case len(owner.Under) > 0 || owner.owner != "":
				errs = append(errs, errors.New(k.Name+": belongs to a kind that belongs to others: "+kind))
			case len(ChildID(k.Prefix+randomID, owner.Prefix+randomID)) > maxID:
				errs = append(errs, errors.New(k.Name+": its prefix and that of "+kind+" make too long an id"))
			}
		}
	}
	return errors.Join(errs...)
}
