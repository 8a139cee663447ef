package app

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

type userOutput struct {
	Status   int    `json:"-"`
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     userAnswer
}

// userAnswer is a user as the API shows it.
type userAnswer struct {
	account.User
	Warnings []repository.Warning `json:"warnings,omitempty"`
}

func show(u *account.User, err error) (*userOutput, error) {
	if err != nil {
		return nil, err
	}
	return &userOutput{Status: http.StatusOK, ETag: httpapi.ETag(u.Version), Body: userAnswer{User: *u}}, nil
}

// takesPatch describes the body of an operation as a merge patch of a type. The domain holds it against its rules.
func (a app) takesPatch(op *huma.Operation, of any) {
	t := reflect.TypeOf(of)
	media := &huma.MediaType{Schema: a.OpenAPI().Components.Schemas.Schema(t, true, t.Name())}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{recordapi.MergePatch: media, "application/json": media}}
	op.SkipValidateBody = true
}

type usersInput struct {
	Q      string `query:"q" enum:"is:trashed" doc:"List the trash"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type usersOutput struct {
	Body struct {
		Items []*account.User `json:"items"`
		Next  string          `json:"next,omitempty" doc:"The cursor of the next page"`
	}
}

func (a app) listUsers() {
	op := operation(http.MethodGet, "/users", "list-users", "List users in the order they were made", "users")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *usersInput) (*usersOutput, error) {
		g, question, after := httpapi.Caller(ctx).Grant, "users\n"+in.Q, ""
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, question, in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		users, next, err := a.Accounts.List(ctx, g, in.Q != "", after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &usersOutput{}
		out.Body.Items = append([]*account.User{}, users...)
		if next != "" {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}

type newUserInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"257"`
	RawBody []byte
	Body    struct {
		Name     string `json:"name" maxLength:"100"`
		Email    string `json:"email" maxLength:"254" doc:"Also the login, one user's over all organisations"`
		Role     string `json:"role" enum:"owner,admin,editor,reader"`
		Language string `json:"language,omitempty" maxLength:"20" doc:"The organisation's by default"`
		Entity   string `json:"entity,omitempty" maxLength:"64" doc:"Where what they make begins; the root by default"`
		Invite   *bool  `json:"invite,omitempty" doc:"Mail a link to set a password; true by default"`
	}
}

func (a app) createUser() {
	op := operation(http.MethodPost, "/users", "create-user", "Create a user", "users", http.StatusConflict, http.StatusUnprocessableEntity)
	op.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API, op, func(ctx context.Context, in *newUserInput) (*userOutput, error) {
		w, err := recordapi.Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		res, err := a.Accounts.Create(ctx, w, account.NewUser{Name: in.Body.Name, Email: in.Body.Email, Role: in.Body.Role,
			Language: in.Body.Language, Entity: in.Body.Entity, Invite: in.Body.Invite == nil || *in.Body.Invite}, visit(ctx))
		if err != nil {
			return nil, err
		}
		out, err := show(res.Record.(*account.User), nil)
		if err != nil {
			return nil, err
		}
		out.Status, out.Location, out.Body.Warnings = http.StatusCreated, "/v1/users/"+out.Body.ID, res.Warnings
		return out, nil
	})
}

// UserInput, PatchInput and ActionInput are exported because huma passes over embedded types that are not.
type UserInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (a app) getUser() {
	op := operation(http.MethodGet, "/users/{id}", "get-user", "Read a user", "users")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *UserInput) (*userOutput, error) {
		return show(a.Accounts.Get(ctx, httpapi.Caller(ctx).Grant, in.ID))
	})
}

type patchUserInput struct {
	UserInput
	PatchInput
}

func (a app) patchUser() {
	op := operation(http.MethodPatch, "/users/{id}", "patch-user", "Change a user's name, e-mail address, language, entity and role by JSON Merge Patch", "users",
		http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity)
	a.takesPatch(&op, account.User{})
	httpapi.Handle(a.API, op, func(ctx context.Context, in *patchUserInput) (*userOutput, error) {
		if err := httpapi.WantJSON(in.ContentType, recordapi.MergePatch); err != nil {
			return nil, err
		}
		version, err := httpapi.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := recordapi.Write(ctx, in.Key, in.RawBody)
		if err != nil {
			return nil, err
		}
		return show(a.Accounts.Update(ctx, w, in.ID, version, in.RawBody))
	})
}

type conditionalInput struct {
	UserInput
	IfMatch string `header:"If-Match"`
	Key     string `header:"Idempotency-Key" maxLength:"257"`
}

func (a app) trashUser() {
	op := operation(http.MethodDelete, "/users/{id}", "trash-user", "Put a user into the trash; they are out at once", "users",
		http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *conditionalInput) (*userOutput, error) {
		version, err := httpapi.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		w, err := recordapi.Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return show(a.Accounts.Trash(ctx, w, in.ID, version))
	})
}

func (a app) restoreUser() {
	op := operation(http.MethodPost, "/users/{id}/restore", "restore-user", "Take a user out of the trash", "users", http.StatusConflict, http.StatusPreconditionFailed)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *conditionalInput) (*userOutput, error) {
		version := repository.AnyVersion
		if in.IfMatch != "" {
			var err error
			if version, err = httpapi.IfMatch(in.IfMatch); err != nil {
				return nil, err
			}
		}
		w, err := recordapi.Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return show(a.Accounts.Restore(ctx, w, in.ID, version))
	})
}

// ActionInput is an action on a user.
type ActionInput struct {
	UserInput
	Key string `header:"Idempotency-Key" maxLength:"257"`
}

func (a app) mailUser(action, summary string, do func(context.Context, repository.Write, string, account.Visit) (*account.User, error)) {
	op := operation(http.MethodPost, "/users/{id}/"+action, action+"-user", summary, "users", http.StatusConflict, http.StatusServiceUnavailable)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *ActionInput) (*userOutput, error) {
		w, err := recordapi.Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return show(do(ctx, w, in.ID, visit(ctx)))
	})
}

type blockInput struct {
	ActionInput
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

func (a app) blockUser() {
	op := operation(http.MethodPost, "/users/{id}/block", "block-user", "Keep a user out; their sessions end at once", "users", http.StatusConflict, http.StatusUnprocessableEntity)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *blockInput) (*userOutput, error) {
		reason := ""
		if in.Body != nil {
			reason = in.Body.Reason
		}
		w, err := recordapi.Write(ctx, in.Key, []byte(reason))
		if err != nil {
			return nil, err
		}
		return show(a.Accounts.Block(ctx, w, in.ID, reason))
	})
}

func (a app) unblockUser() {
	op := operation(http.MethodPost, "/users/{id}/unblock", "unblock-user", "Let a user in again", "users", http.StatusConflict)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *ActionInput) (*userOutput, error) {
		w, err := recordapi.Write(ctx, in.Key, nil)
		if err != nil {
			return nil, err
		}
		return show(a.Accounts.Unblock(ctx, w, in.ID))
	})
}

type historyInput struct {
	UserInput
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type historyOutput struct {
	Body struct {
		Items []recordapi.Entry `json:"items"`
		Next  string            `json:"next,omitempty"`
	}
}

func (a app) userHistory() {
	op := operation(http.MethodGet, "/users/{id}/history", "history-of-user", "Read the history of a user, newest first", "users")
	httpapi.Handle(a.API, op, func(ctx context.Context, in *historyInput) (*historyOutput, error) {
		g, question := httpapi.Caller(ctx).Grant, "user history\n"+in.ID
		var before int64
		if in.Cursor != "" {
			if err := a.Cursors.Open(ctx, g, question, in.Cursor, &before); err != nil {
				return nil, err
			}
		}
		changes, next, err := a.Accounts.History(ctx, g, in.ID, before, in.Limit)
		if err != nil {
			return nil, err
		}
		k, ok := a.records.Kinds.Kind(account.Name)
		if !ok {
			return nil, fault.New(fault.NotFound, "not_found")
		}
		out := &historyOutput{}
		out.Body.Items = recordapi.Entries(ctx, k, changes)
		for i, c := range changes {
			out.Body.Items[i].Text = account.Sentence(httpapi.Printer(ctx), c)
		}
		if next != 0 {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, next)
		}
		return out, err
	})
}
