package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/photo"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// exchange is one request and its answer.
type exchange struct {
	app      *App
	w        http.ResponseWriter
	r        *http.Request
	route    Route
	id       string // names the request to the reader and in the log
	who      session.Identity
	p        *i18n.Printer
	cfg      *setting.Config         // of the reader's organisation; nil while nobody is signed in
	fields   map[string]query.Fields // of kinds about which a query was read
	liked    *preference.Preferences
	marks    map[string][]ui.Link       // icons behind the names of a list, by id
	sizes    map[string]int             // members of the groups of a list, by id
	used     map[string]map[string]int  // how often values are used, by what they are values of
	names    map[string]repository.Ref  // of records the page names
	merged   map[string]*ui.Link        // of merged records a history tells of, by id
	around   *repository.Around         // of the contact whose profile it is
	revealed map[string]json.RawMessage // values of sensitive fields that were asked for
	secure   bool                       // the browser reaches us over https
	refusal  *fault.Fault               // of the form that is shown again
	answered bool
	posted   url.Values
	read     bool // posted holds the form
}

func (a *App) begin(w http.ResponseWriter, r *http.Request, route Route) *exchange {
	x := &exchange{app: a, w: w, r: r, route: route, id: a.Records.IDs.New("req"), secure: secure(a.Public, r.Host)}
	ui.Headers(w.Header(), a.Origins...)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("X-Request-Id", x.id)
	if x.secure {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	x.p = i18n.New(x.language(), nil)
	return x
}

// secure tells whether browsers reach us over https: always but on the machine itself.
func secure(public, host string) bool {
	if public != "" {
		return strings.HasPrefix(public, "https:")
	}
	name, _, _ := strings.Cut(host, ":")
	return name != "localhost" && name != "127.0.0.1"
}

func (x *exchange) ctx() context.Context { return x.r.Context() }

// signedIn tells whether the request comes from somebody we know.
func (x *exchange) signedIn() bool { return !x.who.Grant.Tenant().IsZero() }

// can tells whether the reader may do something.
func (x *exchange) can(action policy.Action) bool { return x.who.Grant.Can(action) }

// admit finds out who it is and whether they may be here.
func (x *exchange) admit(csrf *http.CrossOriginProtection) error {
	if err := csrf.Check(x.r); err != nil {
		return fault.Wrap(fault.Denied, "cross_origin", err)
	}
	if err := x.identify(); err != nil {
		return err
	}
	if x.route.Open {
		return nil
	}
	if !x.signedIn() {
		return fault.New(fault.Unauthenticated, "unauthenticated")
	}
	if x.route.Need != "" {
		if err := x.who.Grant.Allow(x.route.Need); err != nil {
			return err
		}
	}
	return nil
}

// identify reads the session and what a page needs of the organisation.
func (x *exchange) identify() error {
	token := x.cookie(x.sessionCookie())
	if token == "" {
		return nil
	}
	who, err := x.app.Sessions.Authenticate(x.ctx(), token)
	if errors.Is(err, fault.Unauthenticated) {
		x.endSession()
		return nil
	}
	if err != nil {
		return err
	}
	cfg, err := x.app.Records.Config(x.ctx(), who.Grant)
	if err != nil {
		return err
	}
	x.who, x.cfg = who, cfg
	x.p = i18n.New(x.language(), cfg.Settings.Zone())
	if account.FirstRun(cfg.Settings) && x.can(policy.Manage) && !x.route.Setup && !x.route.Part && x.r.Method == http.MethodGet {
		return errFirstRun
	}
	return nil
}

// errFirstRun sends an owner to where the organisation is named.
var errFirstRun = errors.New("app: the organisation is not set up")

// language is the reader's: of their account, of the cookie, of the browser.
func (x *exchange) language() i18n.Language {
	if x.who.Language.Valid() {
		return x.who.Language
	}
	if l := i18n.Language(x.cookie("language")); l.Valid() {
		return l
	}
	return i18n.Match(x.r.Header.Get("Accept-Language"))
}

// speak changes the reader's language, for good when they are signed in.
func (x *exchange) speak(language string) error {
	if !i18n.Language(language).Valid() {
		return fault.Bad("language", "bad_choice")
	}
	x.keep("language", language)
	if !x.signedIn() {
		return nil
	}
	patch, err := json.Marshal(map[string]string{"language": language})
	if err != nil {
		return err
	}
	_, err = x.app.Accounts.UpdateMe(x.ctx(), repository.Write{Grant: x.who.Grant}, repository.AnyVersion, patch)
	return err
}

// view is what a handler shows.
type view struct {
	Title  string // of the document; "" takes the route's
	Trail  []ui.Link
	Fill   bool              // the content scrolls by itself
	Search string            // text of the global box
	Status int               // 200 when 0
	Bare   bool              // without navigation
	Front  *setting.Settings // of the organisation whose page it is while nobody is signed in
	Notice *ui.Notice
}

// show answers with a page.
func (x *exchange) show(v view, body ...templ.Component) error {
	page := ui.Page{Printer: x.p, Title: v.Title, Theme: x.theme(), Search: v.Search, Fill: v.Fill, Trail: v.Trail, Notice: v.Notice, Path: x.here()}
	if page.Title == "" && x.route.Title != "" {
		page.Title = x.p.T(x.route.Title)
	}
	if page.Trail == nil {
		page.Trail = []ui.Link{{Label: page.Title}}
	}
	page.Organisation = productName
	if x.cfg != nil {
		page.Organisation, page.Logo, page.Accent = x.cfg.Settings.Name, x.ownLogo(photo.Small), x.cfg.Settings.Colour
	}
	if x.cfg == nil && v.Front != nil {
		page.Organisation, page.Accent = v.Front.Name, v.Front.Colour
	}
	if page.Notice == nil {
		page.Notice = x.takeNotice()
	}
	if x.r.Header.Get("Muster-Partial") != "" && page.Notice == nil {
		return x.write(v.Status, templ.Join(body...))
	}
	frame := ui.Bare(page)
	if x.signedIn() && !v.Bare {
		page.User = x.who.Grant.Actor().Name
		page.Nav, page.Add, page.Account = x.nav(v.Trail), x.adds(), x.accountLinks()
		page.Todo, page.TodoCount = x.todo()
		page.TodoHref = lookOf(reminder.Name).door(x)
		frame = ui.Shell(page)
	}
	return x.write(v.Status, within{frame, templ.Join(body...)})
}

// productName stands where no organisation is known.
const productName = "Muster"

// within puts a body into a frame.
type within struct{ frame, body templ.Component }

// Render writes the frame with the body as its children.
func (f within) Render(ctx context.Context, w io.Writer) error {
	return f.frame.Render(templ.WithChildren(ctx, f.body), w)
}

// part answers with a part of a page.
func (x *exchange) part(body ...templ.Component) error { return x.write(0, templ.Join(body...)) }

// write renders first, so that a mistake on the way is still a page of its own.
func (x *exchange) write(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(x.ctx(), &b); err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.w.WriteHeader(cmp.Or(status, http.StatusOK))
	x.answered = true
	if x.r.Method == http.MethodHead {
		return nil
	}
	_, err := x.w.Write(b.Bytes())
	return ignoreGone(err)
}

// redirect sends the reader on to a page of ours.
func (x *exchange) redirect(path string) error {
	x.w.Header().Set("Location", path)
	x.w.WriteHeader(http.StatusSeeOther)
	x.answered = true
	return nil
}

// here is the address to come back to.
func (x *exchange) here() string {
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		return x.r.URL.RequestURI()
	}
	if back := x.referer(); back != "" {
		return back
	}
	return "/"
}

// referer is the page of ours that the request comes from, as a local address; "" when it comes from elsewhere.
func (x *exchange) referer() string {
	u, err := url.Parse(x.r.Referer())
	if err != nil || u.Host == "" || u.Host != x.r.Host {
		return ""
	}
	return localPath(u.RequestURI())
}

// localPath gives an address of ours as it is, "" for any other.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsAny(path, "\\\r\n\t") || len(path) > 4000 {
		return ""
	}
	return path
}

// nav is the navigation: what there is and what the reader may see of it. Pages that lie elsewhere (merging, bulk actions)
// belong to where their trail begins.
func (x *exchange) nav(trail []ui.Link) []ui.Nav {
	at := x.r.URL.Path
	under := func(paths ...string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return at == p || strings.HasPrefix(at, p+"/") })
	}
	from := ""
	if len(trail) > 1 {
		from, _, _ = strings.Cut(trail[0].Href, "?")
	}
	var all []ui.Nav
	for _, l := range looks {
		entry := ui.Nav{Link: ui.Link{Label: x.p.T(l.title()), Href: l.door(x), Icon: l.icon, Key: l.key, Current: under(l.home()) || from == l.home()}}
		if l.kind == contact.Name {
			if x.can(policy.Import) {
				entry.Children = append(entry.Children, ui.Link{Label: x.p.T("nav.imports"), Href: importsPath, Icon: "import", Key: "g i", Current: under(importsPath) || from == importsPath})
			}
			if x.can(policy.Restore) {
				entry.Children = append(entry.Children, ui.Link{Label: x.p.T("nav.trash"), Href: trashPath, Icon: "trash", Key: "g t", Current: under(trashPath)})
			}
		}
		all = append(all, entry)
	}
	if x.can(policy.Import) {
		all = append(all, ui.Nav{Link: ui.Link{Label: x.p.T("nav.jobs"), Href: "/jobs", Icon: "activity", Key: "g j", Current: under(jobsPath) || from == jobsPath}})
	}
	if x.can(policy.Manage) {
		all = append(all, ui.Nav{Link: ui.Link{Label: x.p.T("nav.settings"), Href: "/settings", Icon: "settings", Key: "g s", Current: under("/settings")}, Aside: true})
	}
	return all
}

// adds is what "+ Add" offers: the kinds that stand alone, contacts first (REC-02).
func (x *exchange) adds() []ui.Link {
	if !x.can(policy.Create) {
		return nil
	}
	var all []ui.Link
	for _, l := range looks {
		if k, err := x.of(l); err == nil && len(k.Under) == 0 {
			all = append(all, ui.Link{Label: x.p.T(l.says("add")), Href: l.home() + "/new", Icon: l.icon})
		}
	}
	return all
}

// maxTodo is how many due reminders the bell lists.
const maxTodo = 6

// todo are the reminders that are due for the reader, the longest due first, and how many there are: told by the index, so
// that no page reads a record for them. A page is shown without them rather than not at all.
func (x *exchange) todo() (all []ui.Todo, total int) {
	l := lookOf(reminder.Name)
	k, err := x.of(l)
	if err != nil {
		return nil, 0
	}
	q := reminder.Due(x.who.Grant.Actor().ID, x.now())
	q.Limit, q.Count = maxTodo, true
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, k.Name, q)
	if err != nil {
		x.app.Log.WarnContext(x.ctx(), "reminders not read", "request", x.id, "error", err.Error())
		return nil, 0
	}
	due, err := readItems(k, found.Items)
	if err != nil {
		return nil, 0
	}
	for _, i := range due {
		if r, ok := i.Record.(*reminder.Reminder); ok {
			all = append(all, ui.Todo{Link: ui.Link{Label: r.Text, Href: l.at(r.ID), Icon: "bell"}, When: x.p.Relative(r.RemindAt, x.now())})
		}
	}
	return all, found.Total
}

func (x *exchange) accountLinks() []ui.Link {
	return []ui.Link{{Label: x.p.T("page.account"), Href: "/account", Icon: "user", Current: x.r.URL.Path == "/account"}}
}

// maxForm is how much a form may hold.
const maxForm = 1 << 20

// form reads what was posted. Faults: Malformed, TooLarge.
func (x *exchange) form() (url.Values, error) {
	if x.read {
		return x.posted, nil
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxForm)
	if err := x.r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, fault.New(fault.TooLarge, "too_large")
		}
		return nil, fault.Wrap(fault.Malformed, "malformed", err)
	}
	for name, values := range x.r.PostForm {
		for i, v := range values {
			// Browsers send lines apart as CR LF; records hold LF.
			values[i] = strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\r\n", "\n")
		}
		x.r.PostForm[name] = values
	}
	x.posted, x.read = x.r.PostForm, true
	return x.posted, nil
}

// newKey makes the idempotency key of a form as it is rendered.
func (x *exchange) newKey() string { return strings.TrimPrefix(x.app.Records.IDs.New("k"), "k_") }

// writing says who writes by this request: the reader, from the office, once for each rendering of the form.
func (x *exchange) writing() repository.Write {
	return repository.Write{Grant: x.who.Grant.Via("telephone"), Key: x.key()}
}

// key is the idempotency key of the posted form; zero when it brings none.
func (x *exchange) key() idem.Key {
	form, err := x.form()
	name := form.Get(ui.KeyName)
	if err != nil || name == "" || len(name) > 64 {
		return idem.Key{}
	}
	rest := url.Values{}
	for k, v := range form {
		if k != ui.KeyName {
			rest[k] = v
		}
	}
	sum := sha256.Sum256([]byte(rest.Encode()))
	return idem.Key{Caller: x.who.Grant.Actor().ID, Route: "page " + x.r.URL.Path, Name: name, Body: hex.EncodeToString(sum[:])}
}
