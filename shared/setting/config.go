package setting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
	"github.com/muster-crm/muster/shared/store"
)

// Config is everything a write or a page needs to know of an organisation.
type Config struct {
	Settings     *Settings
	Fields       []record.CustomField // in their order
	Lists        list.Lists           // the built-in ones and what the organisation has made of them
	Entities     []Place              // the root first, each behind the one it is below
	Seasons      []*Season            // latest first
	Stores       []*Store             // by name
	ClientGroups []*ClientGroup       // by name
	Searches     []*saved.Search      // saved ones of all people; package saved tells who sees which
	Mappings     []*mapping.Mapping   // of imports, by name; for those who may import

	live      map[string][]record.Record // records that are not in the trash, by kind
	trashed   map[string][]record.Record // those that are
	listed    map[string][]Listed        // values of the managed lists, those in the trash too
	revisions map[string]int64           // of the records it was read from, by id
}

// Holds reports whether the configuration was read from a record of the settings at the revision or later.
func (c *Config) Holds(id string, revision int64) bool { return c.revisions[id] >= revision }

// owned are the kinds a configuration is made of, beside the settings.
var owned = func() map[string]*record.Kind {
	all := map[string]*record.Kind{}
	for _, k := range Kinds() {
		all[k.Name] = k
	}
	return all
}()

// Governs reports whether the configuration is made of a record of a kind and id, among others.
func Governs(kind, id string) bool {
	return kind == Name && id == Owner || kind != Name && owned[kind] != nil
}

// Live lists the records of one of the kinds of the settings that are not in the trash, in the order they were made.
// They are shared: who changes one copies it first.
func (c *Config) Live(kind string) []record.Record { return c.live[kind] }

// Trashed lists those in the trash.
func (c *Config) Trashed(kind string) []record.Record { return c.trashed[kind] }

// Has tells whether a record of one of the kinds of the settings is there and not in the trash; known is false for
// other kinds.
func (c *Config) Has(kind, id string) (there, known bool) {
	if kind == EntityName && id == RootEntity {
		return true, true
	}
	if owned[kind] == nil || kind == Name {
		return false, false
	}
	return slices.ContainsFunc(c.live[kind], func(r record.Record) bool { return r.Base().ID == id }), true
}

// Load reads an organisation's configuration with one query.
func Load(ctx context.Context, s store.Store, t org.Tenant) (*Config, error) {
	c := &Config{Settings: &Settings{Language: "en", Languages: []string{"en"}, Country: "BE", TimeZone: "UTC"},
		live: map[string][]record.Record{}, trashed: map[string][]record.Record{}, revisions: map[string]int64{}}
	var values []*Value
	q := t.Owned(Owner, "")
	for {
		page, err := s.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			_, kind, id, _ := org.ParseRecord(item.Sort)
			k := owned[kind]
			if k == nil {
				continue
			}
			rec, err := k.Decode(item.Value, item.Revision)
			if err != nil {
				return nil, fmt.Errorf("setting: %w", err)
			}
			c.revisions[id] = item.Revision
			switch rec := rec.(type) {
			case *Settings:
				c.Settings = rec
				continue
			case *Value:
				values = append(values, rec)
			}
			if rec.Base().DeletedAt == nil {
				c.live[kind] = append(c.live[kind], rec)
			} else {
				c.trashed[kind] = append(c.trashed[kind], rec)
			}
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	c.arrange(values)
	return c, nil
}

// arrange brings what was read into the order it is used in.
func (c *Config) arrange(values []*Value) {
	c.merge(values)
	fields := of[*Field](c, FieldName)
	slices.SortStableFunc(fields, func(a, b *Field) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	for _, f := range fields {
		c.Fields = append(c.Fields, f.custom())
	}
	c.Entities = tree(c.Settings.Name, of[*Entity](c, EntityName))
	c.Seasons = of[*Season](c, SeasonName)
	slices.SortStableFunc(c.Seasons, func(a, b *Season) int {
		return cmp.Or(-strings.Compare(string(a.From), string(b.From)), cmp.Compare(a.ID, b.ID))
	})
	c.Stores = of[*Store](c, StoreName)
	slices.SortStableFunc(c.Stores, func(a, b *Store) int { return cmp.Compare(fold.String(a.Name), fold.String(b.Name)) })
	c.Searches = of[*saved.Search](c, saved.Name)
	c.Mappings = of[*mapping.Mapping](c, mapping.Name)
	slices.SortStableFunc(c.Mappings, func(a, b *mapping.Mapping) int { return cmp.Compare(fold.String(a.Name), fold.String(b.Name)) })
	c.ClientGroups = of[*ClientGroup](c, ClientGroupName)
	slices.SortStableFunc(c.ClientGroups, func(a, b *ClientGroup) int { return cmp.Compare(fold.String(a.Name), fold.String(b.Name)) })
}

// of lists the live records of a kind as what they are.
func of[T record.Record](c *Config, kind string) []T {
	var all []T
	for _, r := range c.live[kind] {
		all = append(all, r.(T))
	}
	return all
}

// OwnFields lists the organisation's own fields of a kind as records, in their order; of all kinds with "".
func (c *Config) OwnFields(kind string) []*Field {
	fields := slices.DeleteFunc(of[*Field](c, FieldName), func(f *Field) bool { return kind != "" && f.For != kind })
	slices.SortStableFunc(fields, func(a, b *Field) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return fields
}

// Defaults gives what records are completed with.
func (c *Config) Defaults() record.Defaults {
	return record.Defaults{Country: c.Settings.Country, Language: c.Settings.Language, Languages: c.Settings.Languages,
		Newsletter: c.Settings.Newsletter == nil || *c.Settings.Newsletter}
}

// Digest changes when an organisation's own fields do; the index of a kind is built for one digest.
func (c *Config) Digest() string {
	parts := make([]string, 0, len(c.Fields)*4)
	for _, f := range c.Fields {
		parts = append(parts, f.Kind, f.Name, f.Type, string(cmp.Or(f.Class, policy.Public)))
	}
	return org.Hash(parts...)[:16]
}
