package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/record"
)

// subject is the record that a page is about.
type subject struct {
	record.Record
	*look
	kind   *record.Kind
	called string
}

// subject reads the record that the address names.
func (x *exchange) subject() (*subject, error) {
	rec, err := x.app.Records.Get(x.ctx(), x.who.Grant, x.look().kind, x.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := x.movedOn(rec); err != nil {
		return nil, err
	}
	return x.about(rec)
}

// about makes a record the subject of a page.
func (x *exchange) about(r record.Record) (*subject, error) {
	l := lookOf(r.Base().Kind)
	if l == nil {
		return nil, errors.New("app: a record of a kind without pages")
	}
	k, err := x.of(l)
	return &subject{r, l, k, x.nameOf(l, r)}, err
}

// nameOf is what a record is called on pages.
func (x *exchange) nameOf(l *look, r record.Record) string {
	if l.titled != nil {
		return l.titled(x, r)
	}
	return record.Title(r)
}

func (s *subject) id() string      { return s.Base().ID }
func (s *subject) name() string    { return s.called }
func (s *subject) owner() string   { return s.kind.OwnerOf(s.Record) } // of a child
func (s *subject) gone() bool      { return s.Base().DeletedAt != nil }
func (s *subject) version() string { return strconv.FormatInt(s.Base().Version, 10) }

// at is the address of the record's page; parts name what is below it.
func (s *subject) at(parts ...string) string { return s.look.at(s.id(), parts...) }

// trail is where a page below the record's is.
func (x *exchange) trail(s *subject, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Label: x.p.T(s.title()), Href: s.home()}, {Label: s.name(), Href: s.at()}}, more...)
}

// document is a record as JSON.
type document = map[string]any

// documentOf gives a record as JSON; numbers are kept exact.
func documentOf(r record.Record) (document, error) {
	encoded, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return readDocument(encoded)
}

func readDocument(raw []byte) (document, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc document
	err := d.Decode(&doc)
	return doc, err
}
