// Package httpapi is the JSON API's frame: every function's operations are registered on an API of this package and so
// share sign-in, problem format, conditional requests, idempotency keys, cursors and limits. It stands on huma, which
// makes the OpenAPI 3.1 document from the Go types and holds requests against it.
//
// A request's life: a request id; the caller's identity from the bearer token, read from the table once; the
// operation; its answer, or its fault as RFC 9457 problem JSON in the caller's language. One table maps the kinds of
// faults to statuses. An internal error shows the request id and goes to the log, never its text.
package httpapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/repository"
)

// Version is the version of the API in its document.
const Version = "1"

// Deadline is how long an operation may take: a second less than the gateway waits.
const Deadline = 28 * time.Second

// Identity is who is calling.
type Identity = session.Identity

// Authenticator tells who holds a token. The fault is Unauthenticated for a token nobody holds.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (Identity, error)
}

// API collects the operations of a function.
type API struct {
	huma huma.API
	mux  *http.ServeMux
	auth Authenticator
	log  *slog.Logger
}

// New makes an API without operations.
func New(auth Authenticator, log *slog.Logger) *API {
	if log == nil {
		log = slog.Default()
	}
	config := huma.DefaultConfig("Muster", Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", namer())
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	mux := http.NewServeMux()
	return &API{huma: humago.New(mux, config), mux: mux, auth: auth, log: log}
}

// namer names the schemas of the document after their types. Of two packages with a type of one name the second one's goes by
// its package's name too.
func namer() func(t reflect.Type, hint string) string {
	types := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		name := huma.DefaultSchemaNamer(t, hint)
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if there, ok := types[name]; ok && there != t && t.Name() != "" {
			pkg := path.Base(t.PkgPath())
			return strings.ToUpper(pkg[:1]) + pkg[1:] + name
		}
		types[name] = t
		return name
	}
}

func init() {
	huma.DefaultArrayNullable = false
	// huma asks this one what errors look like in the document.
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return render(of(context.Background()), requestFault(status, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return render(of(ctx.Context()), requestFault(status, errs))
	}
}

// OpenAPI gives the document of the operations registered so far.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Public marks an operation that needs no sign-in.
func Public(op *huma.Operation) { op.Security = []map[string][]string{} }

func public(op *huma.Operation) bool { return op.Security != nil && len(op.Security) == 0 }

// Handle registers an operation. Its handler answers faults as errors.
func Handle[I, O any](a *API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = 1 << 20
	}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound)
	if !public(&op) {
		// Strangers learn nothing, not even what a request of theirs would lack.
		op.Middlewares = append(huma.Middlewares{a.admit}, op.Middlewares...)
	}
	defer a.document(op.Method, op.Path)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// admit lets those in who have signed in.
func (a *API) admit(hc huma.Context, next func(huma.Context)) {
	r := of(hc.Context())
	err := r.denied
	if err == nil && r.identity.Grant.Tenant().IsZero() {
		err = fault.New(fault.Unauthenticated, "unauthenticated")
	}
	if err == nil {
		next(hc)
		return
	}
	p := a.problem(hc.Context(), err)
	for name, values := range p.GetHeaders() {
		for _, value := range values {
			hc.SetHeader(name, value)
		}
	}
	hc.SetHeader("Content-Type", p.ContentType(""))
	hc.SetStatus(p.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(p) // whoever has left needs no answer
}

// document takes out of an operation's documentation what huma adds for bodies that are read by hand.
func (a *API) document(method, path string) {
	item := a.OpenAPI().Paths[path]
	for m, op := range map[string]*huma.Operation{http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch} {
		if m != method || op.RequestBody == nil {
			continue
		}
		if len(op.RequestBody.Content) > 1 {
			delete(op.RequestBody.Content, "application/octet-stream")
		}
		op.Parameters = slices.DeleteFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "header" && p.Name == "Content-Type" })
	}
}

// Problem gives an error as part of an answer, such as a batch's.
func (a *API) Problem(ctx context.Context, err error) *Problem { return a.problem(ctx, err) }

// problem renders an error; internal ones are logged with the request id.
func (a *API) problem(ctx context.Context, err error) *Problem {
	r := of(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault.Wrap(fault.Unavailable, "busy", err)
	}
	f := fault.From(err)
	if f.Kind == fault.Internal {
		a.log.ErrorContext(ctx, "internal error", "request", r.id, "error", err.Error())
	}
	return render(r, f)
}

// request is what is known of the request being answered.
type request struct {
	id       string
	identity Identity
	denied   error
	printer  *i18n.Printer
	method   string
	path     string
	base     string
}

type requestKey struct{}

func of(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{printer: i18n.New(i18n.English, time.UTC)}
}

// Caller gives the identity of whoever called the operation.
func Caller(ctx context.Context) Identity { return of(ctx).identity }

// Printer gives the printer of the caller's language.
func Printer(ctx context.Context) *i18n.Printer { return of(ctx).printer }

// Handler serves the operations.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		ctx, cancel := context.WithTimeout(repository.Pin(hr.Context()), Deadline)
		defer cancel()
		r := &request{id: cmp.Or(hr.Header.Get("X-Request-Id"), newRequestID()), method: hr.Method, path: hr.URL.Path, base: BaseOf(hr)}
		language := i18n.Match(hr.Header.Get("Accept-Language"))
		r.printer = i18n.New(language, time.UTC)
		ctx = context.WithValue(ctx, requestKey{}, r)
		h := w.Header()
		h.Set("X-Request-Id", r.id)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if token, ok := bearer(hr); ok {
			r.identity, r.denied = a.auth.Authenticate(ctx, token)
			if r.denied == nil {
				if hr.Header.Get("Accept-Language") == "" && r.identity.Language != "" {
					language = r.identity.Language
				}
				r.printer = i18n.New(language, zone(r.identity))
			}
		}
		handler, pattern := a.mux.Handler(hr)
		if pattern == "" {
			a.unmatched(w, handler, hr.WithContext(ctx), r)
			return
		}
		a.mux.ServeHTTP(w, hr.WithContext(ctx))
	})
}

// unmatched answers for a path or method that no operation has.
func (a *API) unmatched(w http.ResponseWriter, handler http.Handler, hr *http.Request, r *request) {
	probe := &statusProbe{header: http.Header{}}
	handler.ServeHTTP(probe, hr)
	f := fault.New(fault.NotFound, "not_found")
	p := render(r, f)
	if probe.status == http.StatusMethodNotAllowed {
		p.Status, p.Title, p.Code = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed), "method_not_allowed"
		w.Header().Set("Allow", probe.header.Get("Allow"))
	}
	p.write(w)
}

func zone(who Identity) *time.Location {
	if who.Zone == nil {
		return time.UTC
	}
	return who.Zone
}

type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }

func bearer(hr *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(hr.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

func newRequestID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
