package account

import (
	"context"
	"slices"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
)

// Fields lists the organisation's own fields in the order they were made.
func (a *Accounts) Fields(ctx context.Context, g policy.Grant) ([]*setting.Field, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	q := g.Tenant().Owned(setting.Owner, setting.FieldName)
	var fields []*setting.Field
	for {
		page, err := a.Store.Query(ctx, q)
		if err != nil {
			return nil, unavailable(err)
		}
		for _, item := range page.Items {
			rec, err := ownField.Decode(item.Value, item.Revision)
			if err != nil {
				return nil, err
			}
			fields = append(fields, rec.(*setting.Field))
		}
		if page.Next == "" {
			return slices.DeleteFunc(fields, func(f *setting.Field) bool { return f.DeletedAt != nil }), nil
		}
		q.After = page.Next
	}
}

var ownField = setting.FieldKind()
