// Package setting holds what an organisation has decided about itself: its settings, its own fields, the values of its
// lists, its entities, seasons, stores and client groups. All of them are records like any other, with checks, rights
// and history, owned by the fixed id Owner, so that everything a write needs to know of them is one query of one
// partition: the Config.
//
// Kinds whose records judge each other (a season must not overlap the next) are written one after the other, see
// record.Serial.
//
// Keys used: records of package org under the owner "settings".
//
// Guarantees. A Config is whole: an organisation that has decided nothing has settings, the built-in lists and its root
// entity all the same. It does not change once it is loaded.
package setting

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a Lambda function's image may hold no time zones

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
)

// Owner owns the settings and all that belongs to them; it is also the id of the settings themselves.
const Owner = "settings"

// The names of the kinds.
const (
	Name            = "settings"
	FieldName       = "field"
	ValueName       = "value"
	EntityName      = "entity"
	SeasonName      = "season"
	StoreName       = "store"
	ClientGroupName = "clientGroup"
)

// Kinds lists every kind of the settings.
func Kinds() []*record.Kind {
	return []*record.Kind{Kind(), FieldKind(), ValueKind(), EntityKind(), SeasonKind(), StoreKind(), ClientGroupKind(), saved.Kind(), mapping.Kind()}
}

// Kind describes the settings, of which every organisation has one record.
func Kind() *record.Kind {
	return record.Define[Settings](Name, "settings", "set", record.Unindexed(), record.Managed())
}

// Settings are an organisation's settings.
type Settings struct {
	record.Meta
	Name         string            `json:"name,omitempty" field:"required,max=100"`
	Language     string            `json:"language,omitempty" field:"required,list=language"`
	Languages    []string          `json:"languages,omitempty" field:"list=language,items=20"`
	Country      string            `json:"country,omitempty" field:"required,list=country"`
	TimeZone     string            `json:"timeZone,omitempty" field:"required,max=64"`
	Colour       string            `json:"colour,omitempty" field:"max=7"` // #rrggbb
	Logo         string            `json:"logo,omitempty" field:"system,max=64"`
	BankAccounts []BankAccount     `json:"bankAccounts,omitempty" field:"items=10"`
	LoginText    string            `json:"loginText,omitempty" field:"long,max=1000"`
	Federation   *Federation       `json:"federation,omitempty"`
	KeyPolicy    map[string]string `json:"keyPolicy,omitempty"`
	Newsletter   *bool             `json:"newsletterDefault,omitempty"`
	Operator     string            `json:"operatorDefault,omitempty" field:"list=operatorDefault"`
	Profile      map[string]string `json:"profile,omitempty" field:"items=300"` // "contact.birthDate": a code of profileUse
	Lifetimes    *Lifetimes        `json:"lifetimes,omitempty"`
	Portal       []string          `json:"portal,omitempty" field:"list=portalPart,items=20"`
	Retention    *Retention        `json:"retention,omitempty"`
	Duplicates   *Duplicates       `json:"duplicates,omitempty"`
}

// BankAccount is an account the organisation is paid on.
type BankAccount struct {
	IBAN   string `json:"iban,omitempty" field:"required,code,max=42"`
	Holder string `json:"holder,omitempty" field:"max=70"` // what a credit transfer can carry
}

// Federation is what the organisation belongs to.
type Federation struct {
	Name   string `json:"name,omitempty" field:"max=100"`
	Number string `json:"number,omitempty" field:"max=50"` // of the organisation with it
}

// Lifetimes say how long what lets people in is good. Absent ones are as package account has them.
type Lifetimes struct {
	SessionHours int `json:"sessionHours,omitempty" field:"min=1,max=720"`
	InviteDays   int `json:"inviteDays,omitempty" field:"min=1,max=60"`
	ResetMinutes int `json:"resetMinutes,omitempty" field:"min=10,max=1440"`
}

// Retention says after how many months what is over is to be erased; 0 keeps it.
type Retention struct {
	WithdrawnMonths int `json:"withdrawnMonths,omitempty" field:"min=1,max=600"` // contacts, since they left
	TrashMonths     int `json:"trashMonths,omitempty" field:"min=1,max=600"`     // what was deleted
}

// Duplicates say from how many points, of 100, two records are taken for the same, and for likely to be. Absent ones are as
// package dedupe has them.
type Duplicates struct {
	Same   int `json:"same,omitempty" field:"min=1,max=100"`
	Likely int `json:"likely,omitempty" field:"min=1,max=100"`
}

// Codes of the lists profileUse and operatorDefault.
const (
	Unused    = "unused"    // the field is not shown
	Mandatory = "mandatory" // a new record needs it, and nobody empties it again
	Creator   = "creator"   // whoever enters a contact looks after it
)

// Title gives the organisation's name.
func (s *Settings) Title() string { return s.Name }

// Normalize completes the settings.
func (s *Settings) Normalize(*record.Env) {
	if s.Language != "" && !slices.Contains(s.Languages, s.Language) {
		s.Languages = append([]string{s.Language}, s.Languages...)
	}
	s.Colour = strings.ToLower(s.Colour)
	if s.Colour != "" && !strings.HasPrefix(s.Colour, "#") {
		s.Colour = "#" + s.Colour
	}
	for i := range s.BankAccounts {
		if n, code := iban.Read(s.BankAccounts[i].IBAN); code == "" {
			s.BankAccounts[i].IBAN = n
		}
	}
	if s.Federation != nil && *s.Federation == (Federation{}) {
		s.Federation = nil
	}
	if s.Lifetimes != nil && *s.Lifetimes == (Lifetimes{}) {
		s.Lifetimes = nil
	}
	if s.Duplicates != nil && *s.Duplicates == (Duplicates{}) {
		s.Duplicates = nil
	}
	if s.Retention != nil && *s.Retention == (Retention{}) {
		s.Retention = nil
	}
}

// Validate checks what the fields' own rules cannot.
func (s *Settings) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	if _, err := zone(s.TimeZone); err != nil && s.TimeZone != "" {
		p = append(p, record.Problem{Path: "timeZone", Code: "bad_time_zone"})
	}
	if s.Colour != "" && !colour(s.Colour) {
		p = append(p, record.Problem{Path: "colour", Code: "bad_colour"})
	}
	for i, a := range s.BankAccounts {
		if _, code := iban.Read(a.IBAN); a.IBAN != "" && code != "" {
			p = append(p, record.Problem{Path: "bankAccounts[" + strconv.Itoa(i) + "].iban", Code: code})
		}
	}
	if t := s.Thresholds(); t.Likely > t.Same {
		p = append(p, record.Problem{Path: "duplicates.likely", Code: "likely_above_same"})
	}
	for key, policy := range s.KeyPolicy {
		switch {
		case key != "email" && key != "mobile":
			p = append(p, record.Problem{Path: "keyPolicy." + key, Code: "unknown_member"})
		case !list.Has("keyPolicy", policy):
			p = append(p, record.Problem{Path: "keyPolicy." + key, Code: "bad_choice", Pairs: []string{"list", "keyPolicy"}})
		}
	}
	return append(p, s.profileProblems(env)...)
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

// colour tells whether a text is a colour, "#b4540a".
func colour(s string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	return len(s) == 7 && s[0] == '#' && err == nil
}

// Policy gives the policy of a unique key. By default families may share an e-mail address, mobiles are one person's,
// and everything else is always unique (REC-09).
func (s *Settings) Policy(key string) record.Policy {
	switch key {
	case "email":
		return record.Policy(cmp.Or(s.KeyPolicy[key], string(record.Warn)))
	case "mobile":
		return record.Policy(cmp.Or(s.KeyPolicy[key], string(record.Block)))
	case "taxNumber":
		return record.Warn // branches of one company (COM-01)
	}
	return record.Block
}

// Thresholds give from how many points records are duplicates.
func (s *Settings) Thresholds() dedupe.Thresholds {
	t := dedupe.Default
	if s.Duplicates != nil {
		t.Same, t.Likely = cmp.Or(s.Duplicates.Same, t.Same), cmp.Or(s.Duplicates.Likely, t.Likely)
	}
	return t
}

// Spans gives how long a session, an invitation and a link to a new password are good; 0 where the organisation has not
// said.
func (s *Settings) Spans() (session, invite, reset time.Duration) {
	if s.Lifetimes == nil {
		return 0, 0, 0
	}
	l := s.Lifetimes
	return time.Duration(l.SessionHours) * time.Hour, time.Duration(l.InviteDays) * 24 * time.Hour, time.Duration(l.ResetMinutes) * time.Minute
}
