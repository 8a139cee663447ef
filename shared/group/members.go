package group

import (
	"context"
	"encoding/json"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Member is a contact in a group: who, and each of their times in it.
type Member struct {
	ID     string
	Places []contact.Place
}

// On tells whether somebody is in the group on a day.
func (m Member) On(day record.Date) bool {
	for _, p := range m.Places {
		if p.On(day) {
			return true
		}
	}
	return false
}

// In is the condition of contacts who are or were in a group.
func In(id string) query.Expr { return query.Term{Field: contact.GroupPath, Op: query.Is, Value: id} }

// InNow is the condition of contacts who are in a group today.
func InNow(id string) query.Expr {
	return query.Term{Field: contact.GroupNowPath, Op: query.Is, Value: id}
}

// Members calls each with those who are or were in a group, in the order of their names, until it has had enough. They are
// as the index knows them; who is in the trash, or beyond the caller's grant, is not among them.
func Members(ctx context.Context, records *repository.Repository, g policy.Grant, id string, each func(Member) (more bool)) error {
	q := repository.Question{Where: In(id), Limit: repository.MaxPage}
	for {
		found, err := records.List(ctx, g, contact.Name, q)
		if err != nil {
			return err
		}
		for i, item := range found.Items {
			var c struct{ Groups []contact.Place }
			if err := json.Unmarshal(item, &c); err != nil {
				return err
			}
			m := Member{ID: found.IDs[i]}
			for _, p := range c.Groups {
				if p.Group == id {
					m.Places = append(m.Places, p)
				}
			}
			if !each(m) {
				return nil
			}
		}
		if found.Next == nil {
			return nil
		}
		q.After = found.Next
	}
}

// Count counts those who are in a group on a day, and all who are or were.
func Count(ctx context.Context, records *repository.Repository, g policy.Grant, id string, day record.Date) (now, ever int, err error) {
	err = Members(ctx, records, g, id, func(m Member) bool {
		ever++
		if m.On(day) {
			now++
		}
		return true
	})
	return now, ever, err
}
