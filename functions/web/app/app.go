// Package app serves every page of Muster: the back office, the way in, and what pages fetch of themselves. It translates
// between forms and the domain packages of shared, and writes HTML with the components of package ui; it holds no rule of
// the product itself.
//
// A request's life: its id and the security headers; cross-origin writes refused; the route; who it is, by the session
// cookie; whether they may be here; the handler; its page, or its fault as a page in the reader's language. Handlers are
// methods of App that take an exchange and return an error. Every page works without script; where a request carries
// the header Muster-Partial the script will take a part out of the page, so the frame around it is left out.
//
// Lists, profiles, forms, links, trash and history of every kind of record are made from the descriptions of its fields
// (kind_*.go); a look says where they are and overrides what deserves better. A kind gets its pages by an entry in looks.
//
// Every form carries an idempotency key of its rendering, so that a double click or a form sent again does once what it
// says. Addresses are state: filter, sorting, page and tab live in the address, and only taste is kept
// beside: rows a page and columns for the user (package preference), the facet rail and colours in the browser.
package app

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/seal"
)

//go:generate go tool templ generate

// Ports are what the pages stand on.
type Ports struct {
	Records    *repository.Repository
	Accounts   *account.Accounts
	Sessions   session.Reader // of the door "page"
	Imports    *importer.Importer
	Bulks      *bulk.Bulks
	Exports    *exporter.Exporter
	Backups    *backup.Backups
	Files      *file.Files
	Rewrites   *rewrite.Rewriter
	Jobs       *job.Jobs
	Likes      *preference.Book
	Demo       Demo // nil: none is offered
	Cursors    httpapi.Cursors
	Ring       *seal.Ring
	Log        *slog.Logger // nil: the default logger
	Public     string       // address of the pages, "https://muster.example.org"; "": as each request names it
	OwnerEmail string       // who is offered the first organisation of a new installation; "": nobody
	Origins    []string     // where files are sent to and fetched from, beside the pages' own
}

// App serves the pages.
type App struct {
	Ports
	mux *http.ServeMux
	api http.Handler
}

// Route is one page, or one part of a page.
type Route struct {
	Method string
	Path   string // a pattern of net/http
	Title  string // key of the page's title
	Open   bool   // needs no sign-in
	Setup  bool   // reached before the organisation is set up
	Part   bool   // answers a part of a page
	Need   policy.Action
	look   *look  // the kind of record it is about
	tab    string // the part of its profile, where several routes share a handler
	handle func(*App, *exchange) error
}

// Routes lists every route: what tests walk over.
func Routes() []Route {
	return slices.Concat(frameRoutes, kindRoutes(), refRoutes, fileRoutes(), accountRoutes, importRoutes, exportRoutes, bulkShowRoutes, duplicateRoutes, mergeRoutes, bulkRoutes(userLook, product.Kinds()), demoRoutes, savedRoutes)
}

// deadline is how long a page may take: a second less than the gateway waits.
const deadline = httpapi.Deadline

// New makes the pages.
func New(p Ports) http.Handler {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	a := &App{Ports: p, mux: http.NewServeMux(), api: httpapi.New(p.Sessions, p.Log).Handler()}
	for _, route := range Routes() {
		a.mux.HandleFunc(route.Method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, route) })
	}
	return compressed(a)
}

// ServeHTTP serves one request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, ui.AssetsPath), r.URL.Path == ui.IconPath:
		ui.Assets().ServeHTTP(w, r)
		return
	case r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/"):
		a.api.ServeHTTP(w, r) // no operation is here: it says so as the API does
		return
	}
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.serve(w, r, a.unrouted(r))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// unrouted answers what no route takes.
func (a *App) unrouted(r *http.Request) Route {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := a.mux.Handler(probe); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return Route{Open: true, Setup: true, handle: func(_ *App, x *exchange) error {
		if len(allowed) == 0 {
			return fault.New(fault.NotFound, "not_found")
		}
		x.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return x.fail(http.StatusMethodNotAllowed, fault.New(fault.NotFound, "not_found"))
	}}
}

var crossOrigin = http.NewCrossOriginProtection()

// serve runs one route.
func (a *App) serve(w http.ResponseWriter, r *http.Request, route Route) {
	ctx, cancel := context.WithTimeout(repository.Pin(r.Context()), deadline)
	defer cancel()
	x := a.begin(w, r.WithContext(ctx), route)
	defer func() {
		if p := recover(); p != nil {
			a.Log.ErrorContext(ctx, "page panicked", "request", x.id, "route", route.Path, "panic", p)
			x.answered = false
			_ = x.fail(http.StatusInternalServerError, fault.New(fault.Internal, "internal"))
		}
	}()
	err := x.admit(crossOrigin)
	if err == nil {
		err = route.handle(a, x)
	}
	if err != nil {
		x.refuse(err)
	}
}

// now is the time in the organisation's zone.
func (x *exchange) now() time.Time { return x.app.Records.Clock.Now().In(x.p.Zone()) }

// base is the address the reader reaches the pages under.
func (x *exchange) base() string {
	if x.app.Public != "" {
		return strings.TrimSuffix(x.app.Public, "/")
	}
	scheme := "https://"
	if !x.secure {
		scheme = "http://"
	}
	return scheme + x.r.Host
}

// visit tells package account where a request comes from.
func (x *exchange) visit() account.Visit {
	return account.Visit{Source: "page", Device: x.r.UserAgent(), Base: x.base(), Language: x.p.Language()}
}

// FirstRunPath is where an owner tells about a new organisation; SignInPath where everybody comes in.
const (
	FirstRunPath = "/first-run"
	SignInPath   = "/sign-in"
	HomePath     = "/contacts"
)

var frameRoutes = []Route{
	{Method: http.MethodGet, Path: "/{$}", Title: "nav.contacts", handle: func(_ *App, x *exchange) error { return x.redirect(HomePath) }},
	{Method: http.MethodPost, Path: ui.PreferencesPath, Title: "shell.language", Open: true, Setup: true, handle: (*App).preferences},
	{Method: http.MethodGet, Path: "/robots.txt", Title: "shell.home", Open: true, Setup: true, Part: true, handle: func(_ *App, x *exchange) error {
		x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		x.answered = true
		_, err := x.w.Write([]byte("User-agent: *\nDisallow: /\n"))
		return ignoreGone(err)
	}},
}

// ignoreGone drops the error of writing to a reader who has left.
func ignoreGone(error) error { return nil }

// preferences keeps what a reader likes: colours, language, rows a page.
func (a *App) preferences(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	switch theme := ui.Theme(form.Get("theme")); {
	case !form.Has("theme"):
	case theme == ui.AutoTheme, theme == ui.LightTheme, theme == ui.DarkTheme:
		x.keep("theme", string(theme))
	default:
		return fault.Bad("theme", "bad_choice")
	}
	if form.Has("language") {
		if err := x.speak(form.Get("language")); err != nil {
			return err
		}
	}
	if form.Has("rows") {
		rows, err := strconv.Atoi(form.Get("rows"))
		if err != nil || rows == 0 {
			return fault.Bad("rows", "choice")
		}
		if err := x.prefer(func(p *preference.Preferences) { p.Rows = rows }); err != nil {
			return err
		}
	}
	return x.redirect(cmp.Or(localPath(form.Get("back")), "/"))
}
