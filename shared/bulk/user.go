package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/target"
)

// What is done with users (BULK-06, BULK-20). Package account does each in a commit of its own, with the checks of the
// single action, and the result follows in the next one. Between the two a worker can die. A role that was given is then
// found to be the job's own doing; a mail is sent once more, with a link that makes the first one void.

// userStep is what becomes of one user.
type userStep struct {
	same  func(*account.User) bool // they are so already
	judge func(ctx context.Context, g policy.Grant, u *account.User) error
	do    func(ctx context.Context, w repository.Write, u *account.User, base string) (*account.User, error)
}

func (r *ready) ofUsers() bool { return r.kind.Name == account.Name }

// needOf is the right it takes to take back what was done with records of a kind.
func needOf(kind string) policy.Action {
	if kind == account.Name {
		return policy.Manage
	}
	return policy.Edit
}

// role reads the role of an action.
func (p Params) role(g policy.Grant) (string, error) {
	role, err := p.text("role")
	switch {
	case err != nil:
		return "", err
	case role == "":
		return "", fault.Bad("params.role", "required")
	case !slices.Contains(policy.Roles(), policy.Role(role)):
		return "", fault.Bad("params.role", "bad_choice")
	case !g.Covers(policy.Role(role)):
		denied := fault.New(fault.Denied, "denied")
		denied.Fields = []fault.Field{fault.At("params.role", "denied")}
		return "", denied
	}
	return role, nil
}

func grantRole(_ context.Context, b *Bulks, w repository.Write, _ *record.Kind, _ *Action, p Params) (todo, error) {
	role, err := p.role(w.Grant)
	return b.giving(role, func(u *account.User) bool { return u.Role == role }), err
}

// withdrawRole leaves those who hold a role the least of all.
func withdrawRole(_ context.Context, b *Bulks, w repository.Write, _ *record.Kind, _ *Action, p Params) (todo, error) {
	role, err := p.role(w.Grant)
	if err == nil && policy.Role(role) == policy.Reader {
		err = fault.Bad("params.role", "least_role")
	}
	return b.giving(string(policy.Reader), func(u *account.User) bool { return u.Role != role }), err
}

func (b *Bulks) giving(role string, same func(*account.User) bool) todo {
	return todo{sure: -1, user: userStep{
		same: same,
		judge: func(ctx context.Context, g policy.Grant, u *account.User) error {
			return b.Accounts.MayGive(ctx, g, u.ID, role)
		},
		do: func(ctx context.Context, w repository.Write, u *account.User, _ string) (*account.User, error) {
			patch, err := json.Marshal(map[string]string{"role": role})
			if err != nil {
				return nil, err
			}
			return b.Accounts.Update(ctx, w, u.ID, u.Version, patch)
		},
	}}
}

func sendInvitation(_ context.Context, b *Bulks, _ repository.Write, _ *record.Kind, _ *Action, _ Params) (todo, error) {
	return b.mailing(func(u *account.User) error {
		if u.FirstLoginAt != nil {
			return Skip("user_came_in")
		}
		return nil
	}, b.Accounts.Invite), nil
}

func sendReset(_ context.Context, b *Bulks, _ repository.Write, _ *record.Kind, _ *Action, _ Params) (todo, error) {
	return b.mailing(func(*account.User) error { return nil }, b.Accounts.Reset), nil
}

// mailing sends each of them a link; those who get none are skipped.
func (b *Bulks) mailing(fits func(*account.User) error,
	send func(context.Context, repository.Write, string, account.Visit) (*account.User, error)) todo {
	judge := func(ctx context.Context, g policy.Grant, u *account.User) error {
		if err := fits(u); err != nil {
			return err
		}
		switch {
		case u.Blocked != nil:
			return Skip("user_blocked")
		case u.Email == "":
			return Skip("no_email")
		}
		return b.Accounts.MayMail(ctx, g, u.ID)
	}
	return todo{sure: -1, user: userStep{
		same:  func(*account.User) bool { return false },
		judge: judge,
		do: func(ctx context.Context, w repository.Write, u *account.User, base string) (*account.User, error) {
			if err := judge(ctx, w.Grant, u); err != nil {
				return nil, err
			}
			return send(ctx, w, u.ID, account.Visit{Base: base})
		},
	}}
}

// usersOf names the users of a target one by one: they are few, and in no index.
func (b *Bulks) usersOf(ctx context.Context, g policy.Grant, t *target.Target) error {
	if t.Q != "" || t.Search != "" {
		return fault.Bad("target", "empty_target")
	}
	for after, more := "", t.All; more; more = after != "" {
		var users []*account.User
		var err error
		if users, after, err = b.Accounts.List(ctx, g, false, after, store.MaxGet); err != nil {
			return err
		}
		for _, u := range users {
			t.IDs = append(t.IDs, u.ID)
		}
	}
	t.All = false
	if len(t.IDs) == 0 {
		return target.Empty()
	}
	return nil
}

// judgeUsers tells what would become of users.
func (b *Bulks) judgeUsers(ctx context.Context, g policy.Grant, r *ready, ids []string) ([]Result, error) {
	results := make([]Result, len(ids))
	for i, id := range ids {
		var err error
		if results[i], err = b.userResult(ctx, g, r, id, func(u *account.User) (*account.User, error) {
			return u, r.todo.user.judge(ctx, g, u)
		}); err != nil {
			return nil, err
		}
		results[i].Revision = 0
	}
	return results, nil
}

// userResult does something with a user and tells what became of them.
func (b *Bulks) userResult(ctx context.Context, g policy.Grant, r *ready, id string, do func(*account.User) (*account.User, error)) (Result, error) {
	u, err := b.Accounts.Get(ctx, g, id)
	switch {
	case err != nil:
	case u.DeletedAt != nil:
		err = fault.New(fault.Conflict, "trashed")
	case r.todo.user.same(u):
		return Result{ID: id, Result: Unchanged}, nil
	default:
		if u, err = do(u); err == nil {
			return Result{ID: id, Result: Done, Revision: u.Version}, nil
		}
	}
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return Result{}, err
	}
	return resultOf(id, repository.Outcome{Err: err}), nil
}

// runUser does the next user.
func (w *work) runUser(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	ids, err := w.next(ctx, j, &at)
	if err != nil || len(ids) == 0 {
		return err == nil, err
	}
	result, err := w.userResult(ctx, w.grant, w.ready, ids[0], func(u *account.User) (*account.User, error) {
		return w.ready.todo.user.do(ctx, w.write(j), u, w.bulk.Request.Base)
	})
	if errors.Is(err, fault.Stale) {
		return false, nil // somebody was quicker: once more
	}
	if err != nil {
		return false, err
	}
	if result.Result == Unchanged {
		if done, ok, err := w.ownDoing(ctx, j, result.ID); err != nil {
			return false, err
		} else if ok {
			result.Result, result.Revision = Done, done
		}
	}
	ops, err := keep(j, resultName(at.Chunks), []Result{result})
	if err != nil {
		return false, err
	}
	if except := exceptions([]Result{result}); len(except) > 0 {
		more, err := keep(j, exceptName(at.Chunks), except)
		if err != nil {
			return false, err
		}
		ops = append(ops, more...)
	}
	at.Offset, at.Chunks = at.Offset+1, at.Chunks+1
	return false, w.move(ctx, j, at, []Result{result}, ops)
}

// ownDoing finds that a user is as they are by this job: a worker that died told nobody.
func (w *work) ownDoing(ctx context.Context, j *job.Job, id string) (revision int64, ok bool, err error) {
	changes, _, err := w.Accounts.History(ctx, w.grant, id, 0, 1)
	if err != nil || len(changes) == 0 {
		return 0, false, err
	}
	return changes[0].Revision, changes[0].Batch == j.ID, nil
}

// move writes results and the cursor behind them.
func (w *work) move(ctx context.Context, j *job.Job, at cursor, results []Result, ops []store.Op) error {
	next := *j
	var err error
	if next.Cursor, err = json.Marshal(at); err != nil {
		return err
	}
	next.Counts = counted(j, results)
	if err := w.Jobs.Save(ctx, &next, ops...); err != nil {
		return err
	}
	*j = next
	return nil
}

// putUserBack gives the next user the role they had.
func (w *work) putUserBack(ctx context.Context, j *job.Job, at cursor) (end bool, err error) {
	marks, err := w.nextMarks(ctx, j, &at)
	if err != nil || len(marks) == 0 {
		return err == nil, err
	}
	result := Result{ID: marks[0].ID, Result: Back}
	err = w.giveBack(ctx, j, marks[0])
	var f *fault.Fault
	switch {
	case err == nil:
	case errors.Is(err, fault.Stale):
		return false, nil // somebody was quicker: once more
	case !errors.As(err, &f) || f.Kind == fault.Internal || f.Kind == fault.Unavailable:
		return false, err
	default:
		result.Result, result.Reasons = Kept, reasons(err)
	}
	var ops []store.Op
	if kept := exceptions([]Result{result}); len(kept) > 0 {
		if ops, err = keep(j, undoName(j.Counts[countUndos], at.Chunks), kept); err != nil {
			return false, err
		}
	}
	at.Offset, at.Chunks = at.Offset+1, at.Chunks+1
	return false, w.move(ctx, j, at, []Result{result}, ops)
}

func (w *work) giveBack(ctx context.Context, j *job.Job, mark repository.Mark) error {
	u, err := w.Accounts.Get(ctx, w.grant, mark.ID)
	if err != nil {
		return err
	}
	changes, _, err := w.Accounts.History(ctx, w.grant, mark.ID, 0, 2)
	if err != nil {
		return err
	}
	if u.Version == mark.Revision+1 && len(changes) > 0 && changes[0].Batch == j.ID {
		return nil // a worker that died has done it
	}
	if u.Version != mark.Revision || len(changes) == 0 {
		return fault.New(fault.Conflict, EditedSince)
	}
	for _, f := range changes[0].Fields {
		if f.Field == "role" {
			_, err := w.Accounts.Update(ctx, w.write(j), mark.ID, u.Version, []byte(`{"role":`+string(f.From)+`}`))
			return err
		}
	}
	return fault.New(fault.NotFound, "not_found")
}
