package app

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/i18n"
)

// complaints are what is wrong with a posted form, in the reader's words. The zero value complains of nothing.
type complaints struct {
	p *i18n.Printer
	f *fault.Fault
}

// complain takes a fault that a form shows beside its fields, to be corrected; any other error is handed back.
func (x *exchange) complain(err error) (complaints, error) {
	f := fault.From(err)
	switch {
	case err == nil:
		return complaints{}, nil
	case f.Kind == fault.Invalid, f.Kind == fault.Conflict, f.Kind == fault.Stale, f.Kind == fault.Unauthenticated, f.Kind == fault.Exhausted,
		f.Kind == fault.Denied && f.Code != "denied", f.Kind == fault.Denied && len(f.Fields) > 0:
		return complaints{x.p, f}, nil
	}
	return complaints{}, err
}

// any tells whether there is something to complain of.
func (c complaints) any() bool { return c.f != nil }

// at gives the sentence for one field; "" when it is fine.
func (c complaints) at(path string) string {
	if c.f == nil {
		return ""
	}
	for _, field := range c.f.Fields {
		if field.Path == path {
			return c.p.Field(field)
		}
	}
	return ""
}

// onto writes the complaints above a form. labels are those of its fields by path; what is wrong elsewhere is said of
// the whole.
func (c complaints) onto(form ui.Form, labels map[string]string) ui.Form {
	if c.f == nil {
		return form
	}
	for _, field := range c.f.Fields {
		if label := labels[field.Path]; label != "" {
			form.Errors = append(form.Errors, ui.FormError{Name: field.Path, Label: label, Text: c.p.Field(field)})
		} else if form.Fault == "" {
			form.Fault = c.p.Field(field)
		}
	}
	if len(c.f.Fields) == 0 {
		form.Fault = c.whole()
	}
	return form
}

// renamed gives the complaints with another name for a field, where a page has two of one name.
func (c complaints) renamed(from, to string) complaints {
	if c.f == nil {
		return c
	}
	f := *c.f
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		if f.Fields[i].Path == from {
			f.Fields[i].Path = to
		}
	}
	return complaints{c.p, &f}
}

// whole is the sentence for all of it. A pause says how long it is.
func (c complaints) whole() string {
	if c.f.Kind == fault.Exhausted && c.f.Retry > 0 {
		return c.p.T("signin.paused", "time", c.p.Duration(c.f.Retry))
	}
	return c.p.Fault(c.f)
}

// status is that of the page the form is shown on again.
func (x *exchange) status(c complaints) int {
	if c.f == nil {
		return http.StatusOK
	}
	if c.f.Kind == fault.Exhausted {
		x.w.Header().Set("Retry-After", strconv.Itoa(int(max(c.f.Retry, time.Second)/time.Second)))
	}
	return httpapi.Status(c.f.Kind)
}

// base makes what the fields of a form have in common: name, label, and the complaint about it.
func (c complaints) base(labels map[string]string, name string) ui.Base {
	return ui.Base{Name: name, Label: labels[name], Error: c.at(name)}
}

func required(b ui.Base) ui.Base {
	b.Required = true
	return b
}

func helped(b ui.Base, help string) ui.Base {
	b.Help = help
	return b
}
