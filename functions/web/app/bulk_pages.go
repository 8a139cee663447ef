package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/target"
)

// Bulk actions: what is done to ticked records. The list sends what is ticked; then everything the page asks and shows
// stands in its address: the selection, the action and its values. What would happen is shown below the form, and beside
// the button that does it.

const (
	bulkPath  = "/bulk"
	bulksPath = "/bulks"
)

// choosing is the page that asks which field to change; the others are the actions of package bulk.
const choosing = "change"

// bulkRoutes are the pages of bulk actions on records of a kind.
func bulkRoutes(l *look, kinds *record.Registry) []Route {
	k, ok := kinds.Kind(l.kind)
	if !ok || len(k.Under) > 0 || k.Managed && l != userLook {
		return nil
	}
	var routes []Route
	add := func(action string, need policy.Action) {
		at := bulkPath + l.home() + "/" + action
		routes = append(routes, Route{Method: http.MethodPost, Path: at, Title: "bulk.title", Need: need, handle: (*App).selectBulk},
			Route{Method: http.MethodGet, Path: at, Title: "bulk.title", Need: need, handle: (*App).askBulk})
		if action != choosing {
			routes = append(routes, Route{Method: http.MethodPost, Path: at + "/start", Title: "bulk.title", Need: need, handle: (*App).startBulk})
		}
	}
	for _, a := range bulk.ActionsOf(k) {
		add(a.Name, a.Need)
	}
	if l == userLook {
		for i := range routes {
			routes[i].look = l
		}
		return routes
	}
	add(choosing, policy.Edit)
	if merges(k) {
		routes = append(routes, Route{Method: http.MethodPost, Path: bulkPath + l.home() + "/" + mergeWay, Title: "bulk.merge", Need: policy.Edit, handle: (*App).selectMerge})
	}
	return routes
}

// Merging is no bulk action: the ticked records are put side by side on a page of its own (BULK-18).
const (
	mergePage = "/merge"
	mergeWay  = "merge"
	mergeMost = 10 // records side by side
)

func merges(k *record.Kind) bool {
	return slices.Contains([]string{contact.Name, family.Name, company.Name}, k.Name)
}

// merging tells whether that page is there, for records of a kind.
func (x *exchange) merging(k *record.Kind) bool {
	return merges(k) && x.app.answers(http.MethodGet, mergePage)
}

// answers tells whether there is a route for an address.
func (a *App) answers(method, path string) bool {
	_, pattern := a.mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
	return strings.HasPrefix(pattern, method+" /") && pattern != method+" /"
}

// selectMerge leads from ticked records to the page that merges them.
func (a *App) selectMerge(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s := selectionOf(form)
	if s.all || len(s.ids) < 2 || len(s.ids) > mergeMost {
		x.say(note{Text: x.p.T("bulk.merge.count", "n", mergeMost), Tone: ui.Warn})
		return x.redirect(s.addressed(x.look().home()))
	}
	return x.redirect(mergePage + "?" + url.Values{"kind": {x.look().kind}, "ids": s.ids}.Encode())
}

// action is the bulk action that a page's address names.
func (x *exchange) bulkAction() string {
	return strings.Split(strings.TrimPrefix(x.route.Path, bulkPath+x.look().home()+"/"), "/")[0]
}

// bulkActions are the ways into them that stand beside a selection.
func (x *exchange) bulkActions(k *record.Kind, l *look) []ui.Action {
	may := map[string]bool{}
	for _, a := range x.app.Bulks.Actions(x.who.Grant, k) {
		may[a.Name] = true
	}
	at := bulkPath + l.home() + "/"
	var actions, last []ui.Action
	for _, w := range bulkWays {
		if !may[w.action] {
			continue
		}
		a := ui.Action{Label: w.title(x, k), Href: at + w.action, Icon: w.icon, More: w.rare}
		if w.action == bulk.Delete {
			a.Label, a.Danger = x.p.T("action.delete"), true
			last = append(last, a)
			continue
		}
		actions = append(actions, a)
	}
	if l == userLook {
		return actions
	}
	if len(x.changeable(k)) > 0 {
		actions = append(actions, ui.Action{Label: x.p.T("bulk.change"), Href: at + choosing, Icon: "edit"})
	}
	actions = append(actions, x.bulk(k, l)...)
	if x.merging(k) && x.can(policy.Edit) && x.can(policy.Trash) {
		actions = append(actions, ui.Action{Label: x.p.T("bulk.merge"), Href: at + mergeWay, Icon: "merge", From: 2, To: mergeMost})
	}
	return append(actions, last...)
}

// changeable lists the fields that a bulk action can change: the action, or the organisation's own field.
func (x *exchange) changeable(k *record.Kind) []ui.Option {
	var options []ui.Option
	for _, a := range x.app.Bulks.Actions(x.who.Grant, k) {
		_, other := wayOf(a.Name)
		switch {
		case other:
		case a.Name == "custom":
			for _, f := range x.ownOf(k) {
				if x.who.Grant.Fields(policy.Edit, ownClass(f)) && f.Type != setting.TypeFile {
					options = append(options, ui.Option{Value: ownName(f), Label: f.Label})
				}
			}
		case a.Name != "entity" || len(x.cfg.Entities) > 1:
			options = append(options, ui.Option{Value: a.Name, Label: k.Label(x.p, a.Field)})
		}
	}
	return options
}

// selection is what was ticked, as addresses and forms carry it.
type selection struct {
	ids  []string
	all  bool
	q    string
	view string // the saved search that asks just that, if it was ticked in its list
}

func selectionOf(values url.Values) selection {
	s := selection{all: values.Get("all") == "1", q: strings.TrimSpace(values.Get("q"))}
	if view := values.Get("view"); wellFormed.MatchString(view) {
		s.view = view
	}
	if s.all {
		return s
	}
	for _, id := range append(values["id"], pickedIDs(values.Get("sel"))...) {
		if wellFormed.MatchString(id) && !slices.Contains(s.ids, id) {
			s.ids = append(s.ids, id)
		}
	}
	return s
}

// values gives the selection for an address.
func (s selection) values() url.Values {
	v := url.Values{}
	if s.q != "" {
		v.Set("q", s.q)
	}
	if s.view != "" {
		v.Set("view", s.view)
	}
	if s.all {
		v.Set("all", "1")
	} else if len(s.ids) > 0 {
		v.Set("sel", pickedText(s.ids))
	}
	return v
}

// hidden gives it for a form.
func (s selection) hidden() []ui.Value {
	var hidden []ui.Value
	for name, values := range s.values() {
		hidden = append(hidden, ui.Value{Name: name, Value: values[0]})
	}
	slices.SortFunc(hidden, func(a, b ui.Value) int { return strings.Compare(a.Name, b.Name) })
	return hidden
}

// target is the records it names.
func (s selection) target() target.Target {
	switch {
	case !s.all:
		return target.Target{IDs: s.ids}
	case s.view != "":
		return target.Target{Search: s.view}
	case s.q == "":
		return target.Target{All: true}
	}
	return target.Target{Q: s.q}
}

// addressed gives the address of a page with the selection and further values.
func (s selection) addressed(path string, pairs ...string) string {
	v := s.values()
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// list is the list it was made in, without what was ticked there.
func (s selection) list() selection { return selection{q: s.q, view: s.view} }

// selectBulk takes what was ticked in a list into an address.
func (a *App) selectBulk(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	s := selectionOf(form)
	if len(s.ids) > maxTicked {
		return fault.New(fault.TooLarge, "too_large")
	}
	return x.redirect(s.addressed(x.r.URL.Path))
}

// askBulk asks what to do exactly, and shows what that would do.
func (a *App) askBulk(x *exchange) error {
	return x.bulkPage(x.r.URL.Query(), complaints{})
}

// deed is a bulk action as a page has it.
type deed struct {
	*look
	kind   *record.Kind
	action string
	own    record.CustomField // with action custom
	sel    selection
	values url.Values
}

// bulkDeed reads which action the address names. The fault is NotFound for one there is not.
func (x *exchange) bulkDeed(values url.Values) (*deed, error) {
	d := &deed{look: x.look(), action: x.bulkAction(), sel: selectionOf(values), values: values}
	var err error
	if d.kind, err = x.of(d.look); err != nil {
		return nil, err
	}
	if d.action == choosing {
		return d, nil
	}
	if d.action == "custom" {
		var ok bool
		if d.own, ok = x.ownNamed(d.kind, values.Get("field")); !ok || !x.who.Grant.Fields(policy.Edit, ownClass(d.own)) {
			d.action = choosing // it says no field that there is
		}
	}
	return d, nil
}

func (d *deed) path() string { return bulkPath + d.home() + "/" + d.action }

// request is what the page asks for.
func (x *exchange) bulkRequest(d *deed) (bulk.Request, error) {
	q := bulk.Request{Kind: d.kind.Name, Action: d.action, Target: d.sel.target(), Params: bulk.Params{}, Base: x.base()}
	put := func(name string, value any) error {
		raw, err := json.Marshal(value)
		q.Params[name] = raw
		return err
	}
	switch w, ok := wayOf(d.action); {
	case d.action == bulk.Delete:
		if text := strings.TrimSpace(d.values.Get("count")); text != "" {
			n, err := strconv.Atoi(strings.NewReplacer(".", "", ",", "", "\u00a0", "", "\u202f", "", " ", "").Replace(text))
			if err != nil {
				n = 0
			}
			return q, put("count", max(n, 0))
		}
		return q, nil
	case ok:
		for i, name := range w.params {
			if value := d.values.Get(name); i == 0 || value != "" {
				if err := put(name, value); err != nil {
					return q, err
				}
			}
		}
		return q, nil
	case d.action == "custom":
		if err := put("field", d.own.Name); err != nil {
			return q, err
		}
		return q, put("value", x.readOwn(d.values, d.own))
	}
	return q, put(d.action, d.values.Get(d.action))
}

// field is what the field of the page's form is called that holds the value.
func (d *deed) field() string {
	if d.action == "custom" {
		return ownName(d.own)
	}
	if w, ok := wayOf(d.action); ok && len(w.params) > 0 {
		return w.params[0]
	}
	return d.action
}

// asks tells whether there is something to be asked before it can be shown what would happen.
func (d *deed) asks() bool {
	w, ok := wayOf(d.action)
	return !ok || len(w.params) > 0 && d.action != bulk.Delete
}

// asked tells whether the form has been sent, so that there is something to show.
func (d *deed) asked() bool { return !d.asks() || d.values.Get("show") == "1" }

// bulkPage shows the page of an action.
func (x *exchange) bulkPage(values url.Values, c complaints) error {
	d, err := x.bulkDeed(values)
	if err != nil {
		return err
	}
	if d.action == choosing {
		return x.chooseField(d)
	}
	title := x.deedTitle(d)
	q, err := x.bulkRequest(d)
	if err != nil {
		return err
	}
	var shown []templ.Component
	switch {
	case !d.sel.all && len(d.sel.ids) == 0:
		c = complaints{x.p, fault.Bad("target", "empty_target")}
	case d.asked():
		p, err := x.app.Bulks.Preview(x.ctx(), x.who.Grant, withoutCount(q))
		refused, err := x.complain(err)
		switch {
		case err != nil:
			return err
		case refused.any():
			c = refused
		default:
			shown = x.bulkPreview(d, p, c.moved(d))
		}
	}
	c = c.moved(d)
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.selected(d.look, d.sel)})}
	if empty := c.at("target"); empty != "" {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Warn, Title: empty, Actions: []ui.Action{{Label: x.p.T(d.heading()), Href: d.home(), Icon: "arrow-left"}}}))
	} else if d.asks() {
		form, labels := x.bulkForm(d, c)
		form.Calm = len(shown) > 0 // then the button that does it is the main one
		form.Begin = !form.Calm
		body = append(body, ui.FormView(x.p, c.onto(form, labels)))
	}
	return x.show(view{Title: title, Trail: []ui.Link{{Label: x.p.T(d.heading()), Href: d.sel.addressed(d.home())}, {Label: title}}}, bulkColumn(append(body, shown...)))
}

// withoutCount lets a deletion be previewed while it is not confirmed yet.
func withoutCount(q bulk.Request) bulk.Request {
	if q.Action == bulk.Delete {
		q.Params = bulk.Params{}
	}
	return q
}

// moved gives complaints of parameters the names of the form's fields.
func (c complaints) moved(d *deed) complaints {
	w, _ := wayOf(d.action)
	for _, name := range w.params {
		c = c.renamed("params."+name, name)
	}
	for _, name := range []string{"value", d.action} {
		c = c.renamed("params."+name, d.field())
	}
	return c
}

// chooseField asks which field to change, and leads to its page.
func (x *exchange) chooseField(d *deed) error {
	options := x.changeable(d.kind)
	what := d.values.Get("what")
	if slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == what }) {
		if strings.HasPrefix(what, "custom.") {
			return x.redirect(d.sel.addressed(bulkPath+d.home()+"/custom", "field", what))
		}
		return x.redirect(d.sel.addressed(bulkPath + d.home() + "/" + what))
	}
	title := x.p.T("bulk.change")
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.selected(d.look, d.sel)})}
	if len(options) == 0 {
		body = append(body, ui.AlertBox(x.p, ui.Alert{Tone: ui.Info, Text: x.p.T("bulk.noFields")}))
	} else {
		body = append(body, ui.FormView(x.p, ui.Form{ID: "bulk", Action: d.path(), Get: true, Values: d.sel.hidden(), Save: x.p.T("action.next"), Cancel: d.sel.addressed(d.home()), Begin: true,
			Fields: []ui.Field{ui.Choice{Base: ui.Base{Name: "what", Label: x.p.T("bulk.what")}, Value: options[0].Value, Options: options}}}))
	}
	return x.show(view{Title: title, Trail: []ui.Link{{Label: x.p.T(d.heading()), Href: d.sel.addressed(d.home())}, {Label: title}}}, bulkColumn(body))
}

// selected says what was ticked.
func (x *exchange) selected(l *look, s selection) string {
	switch search := x.searchNamed(l.kind, s.view); {
	case s.all && search != nil:
		return x.p.T("bulk.target.search", "name", search.Name)
	case s.all && s.q == "":
		return x.p.T("bulk.target.all")
	case s.all:
		return x.p.T("bulk.target.q", "q", s.q)
	}
	return x.p.N("table.selected", len(s.ids))
}

// bulkForm asks for the value.
func (x *exchange) bulkForm(d *deed, c complaints) (ui.Form, map[string]string) {
	name := d.field()
	form := ui.Form{ID: "bulk", Action: d.path(), Get: true, Line: true, Values: append(d.sel.hidden(), ui.Value{Name: "show", Value: "1"}), Save: x.p.T("bulk.show"),
		Cancel: d.sel.addressed(d.home())}
	if w, ok := wayOf(d.action); ok {
		labels := map[string]string{}
		for _, param := range w.params {
			labels[param] = w.label(x, d, param)
		}
		form.Line = len(w.params) == 1
		form.Fields = w.inputs(x, d, func(param string) ui.Base { return c.base(labels, param) })
		return form, labels
	}
	labels := map[string]string{name: x.deedLabel(d)}
	base, value := c.base(labels, name), d.values.Get(name)
	switch d.action {
	case "custom":
		form.Values = append(form.Values, ui.Value{Name: "field", Value: ownName(d.own)})
		if !d.own.Required {
			base.Help = x.p.T("bulk.clears")
		}
		form.Fields = []ui.Field{x.ownInput(base, d.own, x.readOwn(d.values, d.own), nil)}
	case "entity":
		form.Fields = []ui.Field{ui.Select{Base: base, Value: value, Options: x.entityOptions(nil)}}
	default:
		f := ui.Select{Base: base, Value: value}
		if d.action == "category" {
			f.Empty = x.p.T("form.none")
		}
		member, _ := d.kind.Member(d.action)
		for _, code := range x.cfg.Lists.Codes(member.Values) {
			f.Options = append(f.Options, ui.Option{Value: code, Label: record.Own{Lists: x.cfg.Lists}.CodeLabel(x.p, member.Values, code)})
		}
		form.Fields = []ui.Field{f}
	}
	return form, labels
}

// tagsOf completes tags: those most used.
func (x *exchange) tagsOf(k *record.Kind) []string {
	found, err := x.app.Records.Suggest(x.ctx(), x.who.Grant, k.Name, "tags", "", 50)
	if err != nil {
		return nil // it is only a help
	}
	var tags []string
	for _, b := range found {
		tags = append(tags, b.Values[0])
	}
	return tags
}

// deedLabel is what the field of the form is called.
func (x *exchange) deedLabel(d *deed) string {
	if d.action == "custom" {
		return d.own.Label
	}
	return d.kind.Label(x.p, d.action)
}

// deedTitle is what the page of an action is called.
func (x *exchange) deedTitle(d *deed) string {
	if w, ok := wayOf(d.action); ok {
		return w.title(x, d.kind)
	}
	return x.p.T("bulk.set", "field", x.deedLabel(d))
}

// startBulk begins an action. Sent twice, it is one.
func (a *App) startBulk(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	d, err := x.bulkDeed(form)
	if err != nil {
		return err
	}
	if d.action == choosing {
		return x.chooseField(d)
	}
	q, err := x.bulkRequest(d)
	if err != nil {
		return err
	}
	b, err := a.Bulks.Start(x.ctx(), repository.Write{Grant: x.writing().Grant, Key: x.key()}, q)
	c, err := x.complain(err)
	switch {
	case err != nil:
		return err
	case c.any():
		return x.bulkPage(form, c)
	}
	return x.redirect(d.sel.list().addressed(bulksPath + "/" + b.ID))
}
