package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
)

// refuse answers an error: a fault as a page that says what to do, anything else as a defect of ours with the request's
// id, which is all the reader needs to tell us.
func (x *exchange) refuse(err error) {
	if errors.Is(err, errFirstRun) {
		_ = x.redirect(FirstRunPath)
		return
	}
	if moved := (*movedTo)(nil); errors.As(err, &moved) {
		_ = x.redirect(moved.path)
		return
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	f := fault.From(err)
	if f.Kind == fault.Internal {
		x.app.Log.ErrorContext(x.ctx(), "page failed", "request", x.id, "route", x.route.Path, "error", f.Error())
	}
	if x.answered {
		return
	}
	if f.Kind == fault.Unauthenticated && !x.route.Open {
		err = x.askToSignIn()
	} else {
		err = x.fail(httpapi.Status(f.Kind), f)
	}
	if err != nil {
		x.app.Log.ErrorContext(x.ctx(), "fault not shown", "request", x.id, "error", err.Error())
		http.Error(x.w, http.StatusText(http.StatusInternalServerError)+" "+x.id, http.StatusInternalServerError)
	}
}

// fail shows a fault as a page.
func (x *exchange) fail(status int, f *fault.Fault) error {
	key := "page.failure." + strconv.Itoa(status)
	if !x.p.Has(key) {
		key = "page.failure.500"
	}
	title, e := x.p.T(key), ui.Empty{Icon: "warning", Title: x.p.Fault(f)}
	if f.Code == f.Kind.String() && x.p.Has(key+".text") {
		e.Title = x.p.T(key + ".text")
	}
	switch f.Kind {
	case fault.Unavailable, fault.Exhausted:
		wait := max(f.Retry, time.Second)
		x.w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		if x.r.Method == http.MethodGet {
			e.Actions = append(e.Actions, ui.Action{Label: x.p.T("action.retry"), Href: x.r.URL.RequestURI()})
		} else if form, err := x.form(); err == nil && f.Kind == fault.Unavailable {
			e.Actions = append(e.Actions, x.again(form))
		}
	case fault.Stale, fault.Conflict, fault.Invalid, fault.Malformed:
		if back := x.referer(); back != "" {
			e.Actions = append(e.Actions, ui.Action{Label: x.p.T("action.back"), Href: back})
		}
	}
	e.Actions = append(e.Actions, ui.Action{Label: x.p.T("page.home"), Href: "/"})
	body := []templ.Component{ui.PageHeader(x.p, ui.Header{Title: title}), ui.EmptyState(e)}
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		body = append(body, ui.Muted(x.p.T("shell.requestId", "id", x.id)))
	}
	return x.show(view{Title: title, Status: status}, body...)
}

// again is a button that sends the same form once more.
func (x *exchange) again(form url.Values) ui.Action {
	a := ui.Action{Label: x.p.T("action.retry"), Href: x.r.URL.RequestURI(), Post: true}
	for name, values := range form {
		for _, v := range values {
			a.Values = append(a.Values, ui.Value{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(a.Values, func(a, b ui.Value) int {
		if a.Name < b.Name {
			return -1
		}
		if a.Name > b.Name {
			return 1
		}
		return 0
	})
	return a
}

// askToSignIn sends the reader to the sign-in and back. What was typed into a form whose session had ended meanwhile is
// kept: the page offers to send it again once they have signed in beside it.
func (x *exchange) askToSignIn() error {
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		return x.redirect(signInPath(x.here()))
	}
	form, err := x.form()
	if err != nil {
		return x.redirect(signInPath(x.here()))
	}
	return x.show(view{Title: x.p.T("page.signedOut"), Status: http.StatusUnauthorized, Bare: true}, ui.PageHeader(x.p, ui.Header{Title: x.p.T("page.signedOut")}), ui.EmptyState(ui.Empty{
		Icon: "lock", Title: x.p.T("page.signedOut.text"), Actions: []ui.Action{
			{Label: x.p.T("action.signIn"), Href: signInPath("/")}, x.again(form)}}))
}

// signInPath is the address of the sign-in that leads back.
func signInPath(back string) string {
	if back == "/" || localPath(back) == "" {
		return SignInPath
	}
	return SignInPath + "?" + url.Values{"back": {back}}.Encode()
}
