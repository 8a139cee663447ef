package account

import (
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Sentence tells a change of a user in the reader's language, as record.Sentence does, and in words of its own what is
// done to users alone.
func Sentence(p *i18n.Printer, c record.Change) string {
	if key := "history." + c.Action; p.Has(key) {
		return p.T(key)
	}
	c.Fields = slices.Clone(c.Fields)
	for i, f := range c.Fields {
		if f.Field == "role" {
			c.Fields[i].From, c.Fields[i].To = roleName(p, f.From), roleName(p, f.To)
		}
	}
	return record.Sentence(p, kind, c)
}

// roleName gives a stored role as people read it.
func roleName(p *i18n.Printer, raw json.RawMessage) json.RawMessage {
	var role policy.Role
	if json.Unmarshal(raw, &role) != nil || !slices.Contains(policy.Roles(), role) {
		return raw
	}
	name, err := json.Marshal(p.T("role." + string(role)))
	if err != nil {
		return raw
	}
	return name
}
