package setting

import (
	"slices"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// ClientGroup is a group of clients with terms of their own (CLS-07): used for a contact that has none itself.
type ClientGroup struct {
	record.Meta
	Name            string `json:"name,omitempty" field:"required,max=60"`
	Discount        int    `json:"discount,omitempty" field:"min=0,max=10000,class=finance"` // basis points: 1250 is 12.5 %
	PaymentTermDays *int   `json:"paymentTermDays,omitempty" field:"min=0,max=365,class=finance"`
}

// ClientGroupKind describes client groups.
func ClientGroupKind() *record.Kind {
	return record.Define[ClientGroup](ClientGroupName, "client-groups", "cgr", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the name.
func (g *ClientGroup) Title() string { return g.Name }

// Validate refuses a second group of one name.
func (g *ClientGroup) Validate(env *record.Env) []record.Problem {
	if slices.ContainsFunc(env.Others, func(r record.Record) bool {
		return g.Name != "" && fold.String(r.(*ClientGroup).Name) == fold.String(g.Name)
	}) {
		return []record.Problem{{Path: "name", Code: "name_taken"}}
	}
	return nil
}
