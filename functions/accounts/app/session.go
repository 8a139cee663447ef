package app

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/httpapi"
)

type tokenOutput struct {
	Body struct {
		Token     string    `json:"token" doc:"Send it as Authorization: Bearer TOKEN"`
		ExpiresAt time.Time `json:"expiresAt"`
	}
}

func tokenOf(s account.Session) *tokenOutput {
	out := &tokenOutput{}
	out.Body.Token, out.Body.ExpiresAt = s.Token, s.Expires
	return out
}

type signInInput struct {
	Body struct {
		Login    string `json:"login" maxLength:"1000"`
		Password string `json:"password" maxLength:"5000"`
	}
}

func (a app) signIn() {
	op := operation(http.MethodPost, "/sessions", "sign-in", "Sign in", "sessions", http.StatusUnprocessableEntity, http.StatusTooManyRequests)
	op.DefaultStatus = http.StatusCreated
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *signInInput) (*tokenOutput, error) {
		s, err := a.Accounts.SignIn(ctx, in.Body.Login, in.Body.Password, visit(ctx))
		if err != nil {
			return nil, err
		}
		return tokenOf(s), nil
	})
}

type resetInput struct {
	Body struct {
		Login string `json:"login" maxLength:"1000"`
	}
}

func (a app) requestReset() {
	op := operation(http.MethodPost, "/sessions/reset", "request-reset", "Mail whoever has a login a link to set a new password; the answer is the same when nobody has it",
		"sessions", http.StatusTooManyRequests)
	op.DefaultStatus = http.StatusAccepted
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *resetInput) (*none, error) {
		return nil, a.Accounts.RequestReset(ctx, in.Body.Login, visit(ctx))
	})
}

type redeemInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"2000" doc:"The end of the link's address"`
		Password string `json:"password,omitempty" maxLength:"5000" doc:"The new password"`
	}
}

func (a app) redeem() {
	op := operation(http.MethodPost, "/sessions/link", "redeem-link", "Use a one-time link: set the password and sign in", "sessions", http.StatusUnprocessableEntity, http.StatusTooManyRequests)
	op.DefaultStatus = http.StatusCreated
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *redeemInput) (*tokenOutput, error) {
		s, err := a.Accounts.Redeem(ctx, in.Body.Token, in.Body.Password, visit(ctx))
		if err != nil {
			return nil, err
		}
		return tokenOf(s), nil
	})
}

type confirmInput struct {
	Body struct {
		Token string `json:"token" maxLength:"2000" doc:"The end of the link's address"`
	}
}

func (a app) confirmEmail() {
	op := operation(http.MethodPost, "/sessions/confirm", "confirm-email", "Use the link that confirms a new e-mail address", "sessions", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(ctx context.Context, in *confirmInput) (*none, error) {
		_, err := a.Accounts.ConfirmEmail(ctx, in.Body.Token, visit(ctx))
		return nil, err
	})
}

type openSession struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	Device    string    `json:"device,omitempty"`
	Current   bool      `json:"current" doc:"The one that asks"`
}

type sessionsOutput struct {
	Body struct {
		Items []openSession `json:"items"`
	}
}

func (a app) sessions() {
	op := operation(http.MethodGet, "/sessions", "list-sessions", "List one's own sessions, newest first", "sessions")
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*sessionsOutput, error) {
		list, err := a.Accounts.Sessions(ctx, httpapi.Caller(ctx))
		if err != nil {
			return nil, err
		}
		out := &sessionsOutput{}
		out.Body.Items = []openSession{}
		for _, s := range list {
			out.Body.Items = append(out.Body.Items, openSession{ID: s.ID, CreatedAt: s.Made, ExpiresAt: s.Expires, Device: s.Device, Current: s.Current})
		}
		return out, nil
	})
}

type sessionInput struct {
	ID string `path:"id" maxLength:"64" doc:"A session's id, or current"`
}

func (a app) signOut() {
	op := operation(http.MethodDelete, "/sessions/{id}", "sign-out", "End one of one's own sessions", "sessions")
	op.DefaultStatus = http.StatusNoContent
	httpapi.Handle(a.API, op, func(ctx context.Context, in *sessionInput) (*none, error) {
		return nil, a.Accounts.SignOut(ctx, httpapi.Caller(ctx), in.ID)
	})
}

type sessionsInput struct {
	Keep string `query:"keep" enum:"current" doc:"Leave the session that asks"`
}

func (a app) signOutEverywhere() {
	op := operation(http.MethodDelete, "/sessions", "sign-out-everywhere", "End all of one's own sessions", "sessions")
	op.DefaultStatus = http.StatusNoContent
	httpapi.Handle(a.API, op, func(ctx context.Context, in *sessionsInput) (*none, error) {
		return nil, a.Accounts.SignOutEverywhere(ctx, httpapi.Caller(ctx), in.Keep == "current")
	})
}
