// Package setting holds what an organisation has decided about itself: its settings and its own fields. Both are
// records like any other, with checks, rights and history, owned by the fixed id Owner, so that everything a write
// needs to know of them is one query of one partition.
package setting

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // a Lambda function's image may hold no time zones

	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// Owner owns the settings and the fields; it is also the id of the settings themselves.
const Owner = "settings"

// The names of the kinds.
const (
	Name      = "settings"
	FieldName = "field"
)

// Kind describes the settings, of which every organisation has one record.
func Kind() *record.Kind {
	return record.Define[Settings](Name, "settings", "set", record.Unindexed(), record.Managed())
}

// FieldKind describes an organisation's own fields.
func FieldKind() *record.Kind {
	return record.Define[Field](FieldName, "fields", "fld", record.Unindexed(), record.Managed(), record.OwnedBy(Owner))
}

// Settings are an organisation's settings.
type Settings struct {
	record.Meta
	Name       string            `json:"name,omitempty" field:"required,max=100"`
	Language   string            `json:"language,omitempty" field:"required,list=language"`
	Languages  []string          `json:"languages,omitempty" field:"list=language,items=20"`
	Country    string            `json:"country,omitempty" field:"required,list=country"`
	TimeZone   string            `json:"timeZone,omitempty" field:"required,max=64"`
	KeyPolicy  map[string]string `json:"keyPolicy,omitempty"`
	Newsletter *bool             `json:"newsletterDefault,omitempty"`
}

// Title gives the organisation's name.
func (s *Settings) Title() string { return s.Name }

// Normalize completes the settings.
func (s *Settings) Normalize(*record.Env) {
	if s.Language != "" && !slices.Contains(s.Languages, s.Language) {
		s.Languages = append([]string{s.Language}, s.Languages...)
	}
}

// Validate checks the time zone and the key policy.
func (s *Settings) Validate(*record.Env) []record.Problem {
	var p []record.Problem
	if _, err := zone(s.TimeZone); err != nil && s.TimeZone != "" {
		p = append(p, record.Problem{Path: "timeZone", Code: "bad_time_zone"})
	}
	for key, policy := range s.KeyPolicy {
		switch {
		case key != "email" && key != "mobile":
			p = append(p, record.Problem{Path: "keyPolicy." + key, Code: "unknown_member"})
		case !list.Has("keyPolicy", policy):
			p = append(p, record.Problem{Path: "keyPolicy." + key, Code: "bad_choice", Pairs: []string{"list", "keyPolicy"}})
		}
	}
	return p
}

// Zone gives the organisation's time zone.
func (s *Settings) Zone() *time.Location {
	z, err := zone(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return z
}

// zone finds a time zone by its name. What the machine happens to call local is none.
func zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("setting: the local time zone is nobody's")
	}
	return time.LoadLocation(name)
}

// Policy gives the policy of a unique key. By default families may share an e-mail address, mobiles are one person's,
// and everything else is always unique (REC-09).
func (s *Settings) Policy(key string) record.Policy {
	switch key {
	case "email":
		return record.Policy(cmp.Or(s.KeyPolicy[key], string(record.Warn)))
	case "mobile":
		return record.Policy(cmp.Or(s.KeyPolicy[key], string(record.Block)))
	}
	return record.Block
}

// Field is a field an organisation has defined for a kind (REC-31: text and choice).
type Field struct {
	record.Meta
	For     string   `json:"for,omitempty" field:"required,code,max=30"`  // the kind that has it
	Key     string   `json:"name,omitempty" field:"required,code,max=30"` // in "custom"
	Label   string   `json:"label,omitempty" field:"required,max=60"`
	Type    string   `json:"type,omitempty" field:"required,list=fieldType"`
	Options []string `json:"options,omitempty" field:"items=200,max=100"`
	Order   int      `json:"order,omitempty"`
}

// Title gives the label.
func (f *Field) Title() string { return f.Label }

// Keys holds the name unique among the fields of a kind.
func (f *Field) Keys() []record.Key {
	return []record.Key{{Name: "field", Path: "name", Value: f.For + "." + f.Key}}
}

// Validate checks the name and the options.
func (f *Field) Validate(*record.Env) []record.Problem {
	var p []record.Problem
	for i := range len(f.Key) {
		c := f.Key[i]
		if letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'; !letter && (i == 0 || c < '0' || c > '9') {
			p = append(p, record.Problem{Path: "name", Code: "bad_name"})
			break
		}
	}
	if f.For != "" && f.For != "contact" {
		p = append(p, record.Problem{Path: "for", Code: "bad_choice"})
	}
	if f.Type == "choice" && len(f.Options) == 0 {
		p = append(p, record.Problem{Path: "options", Code: "required"})
	}
	return p
}

// Config is everything a write or a page needs to know of an organisation.
type Config struct {
	Settings *Settings
	Fields   []record.CustomField // in their order

	revisions map[string]int64 // of the records it was read from, by id
}

// Holds reports whether the configuration was read from a record, the settings or a field, at the revision or later.
func (c *Config) Holds(id string, revision int64) bool { return c.revisions[id] >= revision }

// Governs reports whether the configuration is made of a record of a kind and id, among others.
func Governs(kind, id string) bool { return kind == FieldName || kind == Name && id == Owner }

// Load reads an organisation's configuration with one query.
func Load(ctx context.Context, s store.Store, t org.Tenant) (*Config, error) {
	c := &Config{Settings: &Settings{Language: "en", Languages: []string{"en"}, Country: "BE", TimeZone: "UTC"}, revisions: map[string]int64{}}
	var fields []*Field
	q := t.Owned(Owner, "")
	for {
		page, err := s.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			_, kind, id, _ := org.ParseRecord(item.Sort)
			c.revisions[id] = item.Revision
			switch kind {
			case Name:
				c.Settings = &Settings{}
				if err := json.Unmarshal(item.Value, c.Settings); err != nil {
					return nil, fmt.Errorf("setting: %w", err)
				}
				c.Settings.Version = item.Revision
			case FieldName:
				f := &Field{}
				if err := json.Unmarshal(item.Value, f); err != nil {
					return nil, fmt.Errorf("setting: %w", err)
				}
				if f.DeletedAt == nil {
					fields = append(fields, f)
				}
			}
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	slices.SortStableFunc(fields, func(a, b *Field) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	for _, f := range fields {
		c.Fields = append(c.Fields, record.CustomField{Kind: f.For, Name: f.Key, Label: f.Label, Type: f.Type, Options: f.Options})
	}
	return c, nil
}

// Defaults gives what records are completed with.
func (c *Config) Defaults() record.Defaults {
	return record.Defaults{Country: c.Settings.Country, Language: c.Settings.Language, Languages: c.Settings.Languages,
		Newsletter: c.Settings.Newsletter == nil || *c.Settings.Newsletter}
}

// Digest changes when an organisation's own fields do; the index of a kind is built for one digest.
func (c *Config) Digest() string {
	parts := make([]string, 0, len(c.Fields)*3)
	for _, f := range c.Fields {
		parts = append(parts, f.Kind, f.Name, f.Type)
	}
	return org.Hash(parts...)[:16]
}
