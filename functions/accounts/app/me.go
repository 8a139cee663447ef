package app

import (
	"context"
	"net/http"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/recordapi"
)

type meOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		User         account.User                         `json:"user"`
		Organisation organisation                         `json:"organisation"`
		Role         policy.Role                          `json:"role"`
		Grants       map[policy.Action]account.Permission `json:"grants" doc:"What one may do; what is not named is denied"`
	}
}

type organisation struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Language  string   `json:"language"`
	Languages []string `json:"languages"`
	Country   string   `json:"country"`
	TimeZone  string   `json:"timeZone"`
}

func (a app) me() {
	op := operation(http.MethodGet, "/me", "get-me", "Read who one is, what one may do, and in which organisation", "me")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*meOutput, error) {
		g := httpapi.Caller(ctx).Grant
		u, err := a.Accounts.Me(ctx, g)
		if err != nil {
			return nil, err
		}
		return a.about(ctx, g, u)
	})
}

func (a app) about(ctx context.Context, g policy.Grant, u *account.User) (*meOutput, error) {
	cfg, err := a.records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	s := cfg.Settings
	out := &meOutput{ETag: httpapi.ETag(u.Version)}
	out.Body.User, out.Body.Role, out.Body.Grants = *u, g.Role(), account.Permissions(g)
	out.Body.Organisation = organisation{ID: g.Tenant().ID(), Name: s.Name, Language: s.Language, Languages: s.Languages, Country: s.Country, TimeZone: s.TimeZone}
	return out, nil
}

// PatchInput is a merge patch of a version.
type PatchInput struct {
	IfMatch     string `header:"If-Match" doc:"The ETag of the version that is changed"`
	Key         string `header:"Idempotency-Key" maxLength:"257"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

func (a app) patchMe() {
	op := operation(http.MethodPatch, "/me", "patch-me", "Change one's own name and language by JSON Merge Patch", "me",
		http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity)
	a.takesPatch(&op, account.User{})
	httpapi.Handle(a.API, op, func(ctx context.Context, in *PatchInput) (*meOutput, error) {
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
		u, err := a.Accounts.UpdateMe(ctx, w, version, in.RawBody)
		if err != nil {
			return nil, err
		}
		return a.about(ctx, w.Grant, u)
	})
}

type passwordInput struct {
	Body struct {
		Current  string `json:"current" maxLength:"5000"`
		Password string `json:"password" maxLength:"5000" doc:"At least 10 characters, none of those everybody tries"`
	}
}

func (a app) changePassword() {
	op := operation(http.MethodPost, "/me/password", "change-password", "Change one's own password; every other session ends", "me",
		http.StatusUnprocessableEntity, http.StatusTooManyRequests)
	op.DefaultStatus = http.StatusNoContent
	httpapi.Handle(a.API, op, func(ctx context.Context, in *passwordInput) (*none, error) {
		return nil, a.Accounts.ChangePassword(ctx, httpapi.Caller(ctx), in.Body.Current, in.Body.Password, visit(ctx))
	})
}

type emailInput struct {
	Body struct {
		Password string `json:"password" maxLength:"5000"`
		Email    string `json:"email" maxLength:"254"`
	}
}

func (a app) changeEmail() {
	op := operation(http.MethodPost, "/me/email", "change-email", "Mail a link to a new address that makes it one's own", "me",
		http.StatusUnprocessableEntity, http.StatusTooManyRequests)
	op.DefaultStatus = http.StatusAccepted
	httpapi.Handle(a.API, op, func(ctx context.Context, in *emailInput) (*none, error) {
		return nil, a.Accounts.ChangeEmail(ctx, httpapi.Caller(ctx), in.Body.Password, in.Body.Email, visit(ctx))
	})
}
