// Package app serves accounts in the JSON API: sessions, one's own account, users, the organisation's settings with its own
// fields, lists, tags, entities, seasons, stores and client groups, and what the API says of itself: kinds, document, health.
//
// It only translates; what may be done and how lies in package account.
package app

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
)

// document is the OpenAPI document of all functions, written by the generator in infra.
//
//go:embed openapi.json
var document []byte

// Ports are what the app stands on.
type Ports struct {
	Accounts *account.Accounts // nil when only the document is wanted
	Rewrites *rewrite.Rewriter // likewise
	Auth     httpapi.Authenticator
	Cursors  httpapi.Cursors
	Log      *slog.Logger
}

type app struct {
	*httpapi.API
	Ports
	records *repository.Repository
}

// New makes the app.
func New(p Ports) http.Handler {
	handler := API(p).Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, visitOf(r))))
	})
}

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	a := app{API: httpapi.New(p.Auth, p.Log), Ports: p}
	if p.Accounts != nil {
		a.records = p.Accounts.Records
	}
	a.signIn()
	a.requestReset()
	a.redeem()
	a.confirmEmail()
	a.sessions()
	a.signOut()
	a.signOutEverywhere()
	a.me()
	a.patchMe()
	a.changePassword()
	a.changeEmail()
	a.listUsers()
	a.createUser()
	a.getUser()
	a.patchUser()
	a.trashUser()
	a.restoreUser()
	a.mailUser("invite", "Mail an invitation; an older one is void", p.Accounts.Invite)
	a.mailUser("reset", "Mail a link to set a new password", p.Accounts.Reset)
	a.blockUser()
	a.unblockUser()
	a.userHistory()
	a.settings()
	a.patchSettings()
	a.collection(setting.FieldKind(), nil)
	a.fields()
	a.lists()
	a.values()
	a.createValue()
	a.collection(setting.ValueKind(), nil)
	a.tags()
	a.startRewrite()
	a.getRewrite()
	a.changeRewrite("cancel", "Ask a rewrite to stop; what is done stays done, and can be undone", p.Rewrites.Cancel)
	a.changeRewrite("undo", "Put back what a rewrite changed, as far as it is still as the rewrite left it", p.Rewrites.Undo)
	a.collection(setting.EntityKind(), entities)
	a.rootEntity()
	a.collection(setting.SeasonKind(), func(cfg *setting.Config) []record.Record { return records(cfg.Seasons) })
	a.selectOne(setting.SeasonKind(), "current", "set-current-season", "Make a season the current one of its entity; the one that was is so no longer")
	a.collection(setting.StoreKind(), func(cfg *setting.Config) []record.Record { return records(cfg.Stores) })
	a.selectOne(setting.StoreKind(), "default", "set-default-store", "Make a store the default one; the one that was is so no longer")
	a.collection(setting.ClientGroupKind(), func(cfg *setting.Config) []record.Record { return records(cfg.ClientGroups) })
	a.kinds()
	a.openAPI()
	a.health()
	return a.API
}

func operation(method, path, id, summary, tag string, errors ...int) huma.Operation {
	return huma.Operation{Method: method, Path: "/v1" + path, OperationID: id, Summary: summary, Tags: []string{tag}, Errors: errors}
}

// none is the input of an operation that takes nothing, and the output of one that answers nothing.
type none struct{}

// visitKey is where the visit of a request lies in its context.
type visitKey struct{}

// visitOf tells what is known of the program a request comes from.
func visitOf(r *http.Request) account.Visit {
	return account.Visit{Source: "api", Device: r.UserAgent(), Base: httpapi.BaseOf(r), Language: i18n.Match(r.Header.Get("Accept-Language"))}
}

func visit(ctx context.Context) account.Visit {
	v, _ := ctx.Value(visitKey{}).(account.Visit)
	return v
}

type documentOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a app) openAPI() {
	op := operation(http.MethodGet, "/openapi.json", "openapi", "Read this document", "about")
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(context.Context, *none) (*documentOutput, error) {
		return &documentOutput{ContentType: "application/json", Body: document}, nil
	})
}

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

func (a app) health() {
	op := operation(http.MethodGet, "/health", "health", "Ask whether the table answers", "about", http.StatusServiceUnavailable)
	httpapi.Public(&op)
	httpapi.Handle(a.API, op, func(ctx context.Context, _ *none) (*healthOutput, error) {
		if err := a.Accounts.Reachable(ctx); err != nil {
			return nil, err
		}
		out := &healthOutput{}
		out.Body.Status = "ok"
		return out, nil
	})
}
