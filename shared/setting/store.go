package setting

import (
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// Store is one of the stores that share the administration (SET-04).
type Store struct {
	record.Meta
	Name        string   `json:"name,omitempty" field:"required,max=100"`
	SenderEmail string   `json:"senderEmail,omitempty" field:"email,max=254"` // what mail of the store comes from
	Address     *Address `json:"address,omitempty"`
	Default     bool     `json:"default,omitempty"` // of new contacts whose operator has none; one store is
}

// Address is where a store is.
type Address struct {
	Street   string `json:"street,omitempty"`
	Number   string `json:"number,omitempty" field:"max=20"`
	Box      string `json:"box,omitempty" field:"max=20"`
	Postcode string `json:"postcode,omitempty" field:"max=20,code"`
	Town     string `json:"town,omitempty" field:"max=100"`
	Country  string `json:"country,omitempty" field:"list=country"`
}

// StoreKind describes stores.
func StoreKind() *record.Kind {
	return record.Define[Store](StoreName, "stores", "sto", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the name.
func (s *Store) Title() string { return s.Name }

// Normalize cleans the address and fills in its country.
func (s *Store) Normalize(env *record.Env) {
	s.SenderEmail = email.Clean(s.SenderEmail)
	if s.Address == nil {
		return
	}
	country := s.Address.Country
	s.Address.Country = ""
	if *s.Address == (Address{}) {
		s.Address = nil
		return
	}
	if country == "" {
		country = env.Defaults.Country
	}
	s.Address.Country = country
}

// Validate checks the sender address, the name and that one store is the default.
func (s *Store) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	if s.SenderEmail != "" {
		if err := email.Check(s.SenderEmail); err != nil {
			p = append(p, record.Problem{Path: "senderEmail", Code: fault.From(err).Code})
		}
	}
	for _, r := range env.Others {
		o := r.(*Store)
		if s.Name != "" && fold.String(o.Name) == fold.String(s.Name) {
			p = append(p, record.Problem{Path: "name", Code: "name_taken"})
		}
		if s.Default && o.Default {
			p = append(p, record.Problem{Path: "default", Code: "store_default", Pairs: []string{"name", o.Name}})
		}
	}
	return p
}

// Select makes the store the default one, or no longer.
func (s *Store) Select(on bool) { s.Default = on }

// Selected tells whether it is the default one.
func (s *Store) Selected() bool { return s.Default }

// Among names the stores of which one is the default: all.
func (s *Store) Among() string { return "" }

// Store gives the default store, nil for none.
func (c *Config) Store() *Store {
	for _, s := range c.Stores {
		if s.Default {
			return s
		}
	}
	return nil
}
