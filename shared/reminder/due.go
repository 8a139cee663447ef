package reminder

import (
	"context"
	"time"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/repository"
)

// Due asks for what a user is to be reminded of at a moment, the longest due first.
func Due(user string, at time.Time) repository.Question {
	return repository.Question{
		Where: query.And{
			query.Term{Field: "assignee", Op: query.Is, Value: user},
			query.Term{Field: "remindAt", Op: query.AtMost, Value: at.UTC().Format(time.RFC3339)},
			query.Not{Expr: query.Term{Field: "done", Op: query.Is, Value: "true"}},
		},
		Sort: []repository.Sort{{Path: "remindAt"}},
	}
}

// DueList gives what a user is to be reminded of now, the longest due first, and how much there is in all.
func DueList(ctx context.Context, records *repository.Repository, g policy.Grant, user string, limit int) ([]*Reminder, int, error) {
	q := Due(user, records.Now(ctx, g))
	q.Limit, q.Count = limit, true
	list, err := records.List(ctx, g, Name, q)
	if err != nil {
		return nil, 0, err
	}
	found, err := records.Read(ctx, g, Name, list.IDs)
	if err != nil {
		return nil, 0, err
	}
	var due []*Reminder
	for _, r := range found {
		due = append(due, r.(*Reminder))
	}
	return due, list.Total, nil
}
