package repository_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

const anyVersion = repository.AnyVersion

// house is one process of an organisation, with the words the tests use.
type house struct{ *repositorytest.House }

func open(t testing.TB) house { return house{repositorytest.Open(t, repositorytest.Options{})} }

// blocking opens a house in which nobody shares a key.
func blocking(t testing.TB) house {
	h := open(t)
	h.Settings(repositorytest.Block)
	return h
}

func (h house) again() house { return house{h.Again()} }

// keyed is a write with an idempotency key and the hash of a body.
func (h house) keyed(name, body string) repository.Write {
	w := h.Write()
	w.Key = idem.Key{Caller: "usr_owner", Route: "POST /v1/contacts", Name: name, Body: body}
	return w
}

// as is a write of somebody in a role.
func (h house) as(role policy.Role) repository.Write {
	return repository.Write{Grant: h.Grant(role)}
}

func (h house) contact(body string) *contact.Contact {
	h.T.Helper()
	return h.Create("contact", body).(*contact.Contact)
}

func (h house) patch(id string, version int64, body string) (*contact.Contact, error) {
	res, err := h.Patch(h.T.Context(), h.Write(), "contact", id, version, []byte(body))
	if err != nil {
		return nil, err
	}
	return res.Record.(*contact.Contact), nil
}

func (h house) mustPatch(id string, body string) *contact.Contact {
	h.T.Helper()
	c, err := h.patch(id, anyVersion, body)
	if err != nil {
		h.T.Fatalf("patch %s: %v", body, err)
	}
	return c
}

func (h house) trash(id string) *contact.Contact {
	h.T.Helper()
	res, err := h.Trash(h.T.Context(), h.Write(), "contact", id, anyVersion)
	if err != nil {
		h.T.Fatal(err)
	}
	return res.Record.(*contact.Contact)
}

func (h house) restore(id string, drop repository.Drop) (*contact.Contact, error) {
	res, err := h.Restore(h.T.Context(), h.Write(), "contact", id, anyVersion, drop)
	if err != nil {
		return nil, err
	}
	return res.Record.(*contact.Contact), nil
}

func (h house) get(id string) *contact.Contact {
	h.T.Helper()
	rec, err := h.Get(h.T.Context(), h.Grant(policy.Owner), "contact", id)
	if err != nil {
		h.T.Fatal(err)
	}
	return rec.(*contact.Contact)
}

// history reads all changes of a contact, newest first.
func (h house) history(id string) []record.Change {
	h.T.Helper()
	changes, next, err := h.History(h.T.Context(), h.Grant(policy.Owner), "contact", id, 0, 1000)
	if err != nil || next != 0 {
		h.T.Fatalf("history: %v, next %d", err, next)
	}
	return changes
}

// revert takes the newest change but n back.
func (h house) revert(id string, n int, fields ...string) (*contact.Contact, error) {
	h.T.Helper()
	res, err := h.Revert(h.T.Context(), h.Write(), "contact", id, anyVersion, h.history(id)[n].Seq, fields)
	if err != nil {
		return nil, err
	}
	return res.Record.(*contact.Contact), nil
}

// told says what a refusal says: its kind, and where and why.
func told(err error) string {
	if err == nil {
		return "done"
	}
	f := fault.From(err)
	if f.Kind == fault.Internal {
		return "internal: " + err.Error()
	}
	parts := []string{f.Kind.String()}
	if len(f.Fields) == 0 {
		parts = append(parts, f.Code)
	}
	for _, field := range f.Fields {
		parts = append(parts, strings.TrimSpace(field.Path+" "+field.Code))
	}
	for _, c := range f.Clashes {
		parts = append(parts, "("+c.Title+")")
	}
	return strings.Join(parts, ", ")
}

// actions lists the actions of changes, newest first.
func actions(changes []record.Change) string {
	var all []string
	for _, c := range changes {
		var fields []string
		for _, f := range c.Fields {
			fields = append(fields, f.Field)
		}
		slices.Sort(fields)
		all = append(all, strings.TrimSpace(strings.TrimPrefix(c.Action, "contact.")+" "+strings.Join(fields, "+")))
	}
	return strings.Join(all, ", ")
}

func emails(c *contact.Contact) string {
	var all []string
	for _, e := range c.Emails {
		all = append(all, e.Address)
	}
	return strings.Join(all, " ")
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func body(format string, args ...any) string { return fmt.Sprintf(format, args...) }
