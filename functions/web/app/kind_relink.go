package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Making, changing and ending links between records; see kind_links.go.

// holderName names the record that is to hold a link made from the other side.
const holderName = "holder"

// changeLinks makes a link, changes one or ends one.
func (a *App) changeLinks(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	t, err := x.linkTabOf(s)
	if err != nil {
		return err
	}
	if err := x.allowEdit(s); err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	if handle := form.Get("end"); handle != "" {
		return x.endLink(s, t, handle, form.Get("other"))
	}
	f := x.kindForm(t.kind, document{})
	r := formReader{kindForm: f, form: form}
	element := document{}
	for _, in := range t.field.Fields {
		if in == t.ref && !t.here || in.System {
			continue
		}
		if in == t.ref && form.Has("change") {
			continue
		}
		if value := r.value(in, in.Name); value != nil && value != false {
			element[in.Name] = value
		}
	}
	if handle := form.Get("change"); handle != "" {
		return x.changeLink(s, t, f, handle, form.Get("other"), element)
	}
	holder := s.id()
	if !t.here {
		f.labels[holderName] = x.p.T(t.holder.one())
		holder, _ = r.ref([]string{t.kind.Name}, holderName).(string)
		element[t.ref.Name] = s.id()
	}
	if r.err != nil {
		return r.err
	}
	show := func(refusal *fault.Fault) error {
		status := 0
		if refusal != nil {
			status = statusOf(refusal)
			f.refused(refusal)
		}
		element[holderName] = holder
		return x.showLinks(s, t, f, element, status)
	}
	missing := t.ref.Name
	if !t.here {
		missing = holderName
	}
	switch {
	case r.unclear || form.Has(ui.FindName):
		return show(nil)
	case holder == "" || element[t.ref.Name] == nil:
		return show(fault.From(fault.Bad(missing, "required")))
	}
	res, err := x.relink(t, holder, func(elements []document) []document { return append(t.unmark(elements, element), element) })
	if refusal, ok := shownInForm(err); ok {
		return show(t.plain(refusal))
	}
	if err != nil {
		return err
	}
	back := cmp.Or(localPath(form.Get("back")), s.at(t.name))
	x.sayDone("page.said.saved", res, back)
	return x.redirect(back)
}

// unmark takes from other elements the marks that one of them has: one head, one main one.
func (t linkTab) unmark(elements []document, marked document) []document {
	for _, in := range t.field.Fields {
		if in.Type == record.Flag && marked[in.Name] == true {
			for _, e := range elements {
				delete(e, in.Name)
			}
		}
	}
	return elements
}

// plain brings the faults of a list's element to the names the form of a link has.
func (t linkTab) plain(f *fault.Fault) *fault.Fault {
	c := *f
	c.Fields = slices.Clone(f.Fields)
	for i, field := range c.Fields {
		for _, in := range t.field.Fields {
			if plainPath(field.Path) == in.Path {
				c.Fields[i].Path = in.Name
				if in == t.ref && !t.here {
					c.Fields[i].Path = holderName
				}
			}
		}
	}
	return &c
}

// relink changes the links a record holds.
func (x *exchange) relink(t linkTab, holder string, change func([]document) []document) (repository.Result, error) {
	return x.alter(t.kind.Name, holder, func(rec record.Record) (document, error) {
		elements, err := elementsOf(rec, t.field.Name)
		return document{t.field.Name: change(elements)}, err
	})
}

// alterTries is how often a record is altered again because somebody changed it meanwhile.
const alterTries = 4

// alter changes a record by a patch that is made from it as it is.
func (x *exchange) alter(kind, id string, change func(record.Record) (document, error)) (res repository.Result, err error) {
	for range alterTries {
		rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, kind, id)
		if err != nil {
			return res, err
		}
		patch, err := change(rec)
		if err != nil {
			return res, err
		}
		body, err := json.Marshal(patch)
		if err != nil {
			return res, err
		}
		res, err = x.app.Records.Patch(x.ctx(), x.writing(), kind, id, rec.Base().Version, body)
		if !errors.Is(err, fault.Stale) {
			return res, err
		}
	}
	return res, fault.New(fault.Unavailable, "unavailable")
}

// place finds the link a handle names: where it was when the page was made, or wherever it is now.
func (t linkTab) place(s *subject, elements []document, handle, other string) int {
	id := other
	if !t.here {
		id = s.id()
	}
	is := func(e document) bool { return e[t.ref.Name] == id }
	_, digits, _ := cutLast(handle, ".")
	if at, err := strconv.Atoi(digits); err == nil && at >= 0 && at < len(elements) && is(elements[at]) {
		return at
	}
	return slices.IndexFunc(elements, is)
}

// holderOf gives the record that holds a link.
func (t linkTab) holderOf(s *subject, handle string) string {
	if t.here {
		return s.id()
	}
	holder, _, _ := cutLast(handle, ".")
	return holder
}

func (x *exchange) endLink(s *subject, t linkTab, handle, other string) error {
	res, err := x.relink(t, t.holderOf(s, handle), func(elements []document) []document {
		if at := t.place(s, elements, handle, other); at >= 0 {
			ended := elements[at]
			elements = t.succeed(slices.DeleteFunc(elements, func(e document) bool { return t.twins(ended, e) }))
		}
		return elements
	})
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, s.at(t.name))
	return x.redirect(s.at(t.name))
}

// succeed marks the first of a list in which nobody is marked any more: a family that loses its head gets another, whom
// the reader may change.
func (t linkTab) succeed(elements []document) []document {
	for _, in := range t.field.Fields {
		if in.Type == record.Flag && len(elements) > 0 && !slices.ContainsFunc(elements, func(e document) bool { return e[in.Name] == true }) {
			elements[0][in.Name] = true
		}
	}
	return elements
}

func (x *exchange) changeLink(s *subject, t linkTab, f *kindForm, handle, other string, element document) error {
	res, err := x.relink(t, t.holderOf(s, handle), func(elements []document) []document {
		at := t.place(s, elements, handle, other)
		if at < 0 {
			return elements
		}
		element[t.ref.Name] = elements[at][t.ref.Name]
		was := elements[at]
		elements = t.unmark(elements, element)
		for _, e := range elements {
			if t.twins(was, e) {
				for _, in := range t.field.Fields {
					if in.Type == record.Flag {
						delete(e, in.Name)
					}
				}
			}
		}
		elements[at] = element
		return t.succeed(elements)
	})
	if refusal, ok := shownInForm(err); ok {
		return x.refuseLink(s, t, f, handle, element, t.plain(refusal))
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, s.at(t.name))
	return x.redirect(s.at(t.name))
}

// refuseLink shows the form of a changed link again.
func (x *exchange) refuseLink(s *subject, t linkTab, f *kindForm, handle string, element document, refusal *fault.Fault) error {
	row, err := x.linkNamed(s, t, handle)
	if err != nil {
		return err
	}
	if row == nil {
		return refusal
	}
	f.refused(refusal)
	card := ui.BlockCard(x.p, ui.Block{ID: "link", Title: x.linkTitle(t, *row), Body: x.linkForm(s, t, f, element, row)})
	return x.tabWith(s, t.name, statusOf(refusal), card)
}

// linkRoutes are the tabs of links that profiles of a kind have.
func linkRoutes(l *look, kinds *record.Registry) []Route {
	var routes []Route
	for _, t := range linkTabs(l, func(of *look) *record.Kind {
		k, _ := kinds.Kind(of.kind)
		return k
	}) {
		at := l.home() + "/{id}/" + t.name
		routes = append(routes,
			Route{Method: http.MethodGet, Path: at, Title: t.title(), tab: t.name, Need: policy.Read, handle: (*App).links},
			Route{Method: http.MethodPost, Path: at, Title: t.title(), tab: t.name, Need: policy.Edit, handle: (*App).changeLinks})
	}
	return routes
}

// plainPath is a path without the places in lists.
func plainPath(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "[") {
		if _, rest, ok := strings.Cut(part, "]"); ok {
			part = rest
		}
		b.WriteString(part)
	}
	return b.String()
}

// cutLast cuts a text at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
