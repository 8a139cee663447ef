// Package app serves contacts in the JSON API: the operations every kind has, and what contacts have beyond them: the
// whole profile in one answer and the check of a value while it is typed.
package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Records *repository.Repository
	Auth    httpapi.Authenticator
	Cursors httpapi.Cursors
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) http.Handler { return API(p).Handler() }

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	a := &recordapi.API{API: httpapi.New(p.Auth, p.Log), Records: p.Records, Cursors: p.Cursors}
	recordapi.Register(a, contact.Kind())
	profile(a)
	check(a)
	return a.API
}

type profileInput struct {
	ID string `path:"id" maxLength:"400"`
}

type profileOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		Contact json.RawMessage   `json:"contact" doc:"The record"`
		Title   string            `json:"title"`
		Age     *int              `json:"age,omitempty"`
		History []recordapi.Entry `json:"history" doc:"The last changes, newest first"`
	}
}

// recentChanges is how much of the history a profile shows.
const recentChanges = 20

func profile(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/contacts/{id}/profile", OperationID: "profile-contact",
		Summary: "Read a contact and everything around it", Tags: []string{"contacts"}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *profileInput) (*profileOutput, error) {
		g := httpapi.Caller(ctx).Grant
		rec, err := a.Records.Get(ctx, g, contact.Name, in.ID)
		if err != nil {
			return nil, err
		}
		c := rec.(*contact.Contact)
		changes, _, err := a.Records.History(ctx, g, contact.Name, c.ID, 0, recentChanges)
		if err != nil {
			return nil, err
		}
		out := &profileOutput{ETag: httpapi.ETag(c.Version)}
		if out.Body.Contact, err = json.Marshal(c); err != nil {
			return nil, err
		}
		out.Body.Title = c.Title()
		if age, ok := record.Age(c.BirthDate, a.Records.Now(ctx, g)); ok {
			out.Body.Age = &age
		}
		k, err := a.Records.Kind(contact.Name)
		if err != nil {
			return nil, err
		}
		out.Body.History = recordapi.Entries(ctx, k, changes)
		return out, nil
	})
}

type checkInput struct {
	Body struct {
		Email  string `json:"email,omitempty" maxLength:"300"`
		Mobile string `json:"mobile,omitempty" maxLength:"60"`
		Phone  string `json:"phone,omitempty" maxLength:"60"`
		ID     string `json:"id,omitempty" maxLength:"64" doc:"The contact being edited, which may have the value"`
	}
}

type checkOutput struct {
	Body struct {
		Valid     bool                  `json:"valid"`
		Value     string                `json:"value,omitempty" doc:"The value as it would be stored"`
		Taken     bool                  `json:"taken" doc:"Somebody else has it"`
		Refused   bool                  `json:"refused" doc:"The key policy does not let it pass"`
		Conflicts []fault.Clash         `json:"conflicts,omitempty" doc:"The holders the caller may see"`
		Problem   *httpapi.ProblemField `json:"problem,omitempty"`
	}
}

func check(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/contacts/check", OperationID: "check-contact",
		Summary: "Check an e-mail address or number while it is typed", Tags: []string{"contacts"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		res, err := contact.Check(ctx, a.Records, httpapi.Caller(ctx).Grant, contact.Typed{Email: in.Body.Email,
			Mobile: in.Body.Mobile, Phone: in.Body.Phone, ID: in.Body.ID})
		if err != nil {
			return nil, err
		}
		out := &checkOutput{}
		out.Body.Valid, out.Body.Value = res.Problem == nil, res.Value
		out.Body.Taken, out.Body.Refused, out.Body.Conflicts = res.Taken, res.Refused, res.Holders
		if res.Problem != nil {
			out.Body.Problem = &httpapi.ProblemField{Path: res.Problem.Path, Code: res.Problem.Code,
				Message: httpapi.Printer(ctx).Field(*res.Problem)}
		}
		return out, nil
	})
}
