package exporter

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Document is a profile to be printed (IMP-14).
type Document struct {
	Title, Sub string
	Language   string // BCP 47
	Made       time.Time
	Foot       string
	Page       func(n int) string
	Sections   []Section
}

// Section is a tab of the profile: its own fields are one entry, of notes and the like each is one.
type Section struct {
	Title   string
	Entries [][]Line
}

// Line is a field and what it holds.
type Line struct{ Label, Value string }

// profile prints everything of a contact that the maker reads, sensitive values masked as on the page, and names the contact.
func (w *work) profile(ctx context.Context, j *job.Job) (id string, err error) {
	if w.Print == nil || len(w.order.IDs) != 1 {
		return "", fault.New(fault.Unsupported, "bad_choice")
	}
	ctx = repository.Pin(ctx)
	around, err := w.Records.Around(ctx, w.grant, contact.Name, w.order.IDs[0])
	if err != nil {
		return "", err
	}
	p := w.of.p
	now := w.Records.Clock.Now()
	cfg := w.still.Config()
	d := Document{Title: record.Title(around.Record), Sub: cfg.Settings.Name, Language: string(p.Language()), Made: now,
		Foot: p.T("export.printed", "name", w.grant.Actor().Name, "when", p.Moment(now)),
		Page: func(n int) string { return p.T("export.page", "n", n) }}
	titles, err := w.Records.Titles(ctx, w.grant, w.references(around, cfg.Fields)...)
	if err != nil {
		return "", err
	}
	own := w.of.own
	own.Title = func(id string) string { return titles[id].Title }
	d.Sections = append(d.Sections, Section{Title: p.T("kind.contact"), Entries: [][]Line{w.lines(around.Record, own)}})
	for _, kind := range []string{"family", "company"} {
		s, err := w.memberships(ctx, kind, around.Record.Base().ID, own)
		if err != nil {
			return "", err
		}
		if len(s.Entries) > 0 {
			d.Sections = append(d.Sections, s)
		}
	}
	for _, k := range w.Records.Kinds.Kinds() {
		children := around.Children[k.Name]
		if len(children) == 0 {
			continue
		}
		s := Section{Title: p.T("kind." + k.Name)}
		if key := "nav." + k.Plural; p.Has(key) {
			s.Title = p.T(key)
		}
		for _, child := range children {
			s.Entries = append(s.Entries, w.lines(child, own))
		}
		d.Sections = append(d.Sections, s)
	}
	return around.Record.Base().ID, w.store(ctx, file(j), types[PDF], func(to io.Writer) error { return w.Print(to, d) })
}

// references lists the records that those of a profile refer to.
func (w *work) references(around repository.Around, own []record.CustomField) []string {
	all := []record.Record{around.Record}
	for _, children := range around.Children {
		all = append(all, children...)
	}
	var ids []string
	for _, r := range all {
		for _, ref := range w.kind(r.Base().Kind).References(r, own) {
			ids = append(ids, ref.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// unprinted are members that say nothing on paper.
var unprinted = []string{"sortName", "photo", "logo", "owner", "consents", "sha", "state"}

// lines writes the fields of a record that hold something. What the maker may not read is not in it.
func (w *work) lines(r record.Record, own record.Own) []Line {
	k := w.kind(r.Base().Kind)
	raw, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	doc := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	values := map[string]json.RawMessage{}
	_ = json.Unmarshal(doc["custom"], &values) // there may be none
	var lines []Line
	add := func(path string, raw json.RawMessage) {
		if text := k.Show(w.of.p, path, raw, own); text != "" {
			lines = append(lines, Line{k.Label(w.of.p, path, own), text})
		}
	}
	for _, f := range k.Fields {
		if f.Type != record.Values && !slices.Contains(unprinted, f.Path) {
			add(f.Path, doc[f.Name])
		}
	}
	for _, f := range k.OwnFields(own.Fields) {
		add(f.Path, values[f.Name])
	}
	if len(k.Under) > 0 {
		lines = append(lines, Line{k.Label(w.of.p, "createdAt", own), w.of.p.Moment(r.Base().CreatedAt)})
	}
	return lines
}

// memberships lists the families or companies of a contact.
func (w *work) memberships(ctx context.Context, kind, id string, own record.Own) (Section, error) {
	s := Section{Title: w.of.p.T(titles[kind])}
	where := query.Term{Field: links[kind] + ".contact", Op: query.Is, Value: id}
	found, err := w.Records.List(ctx, w.grant, kind, repository.Question{Where: where, Limit: repository.MaxPage})
	if err != nil {
		return s, err
	}
	k := w.kind(kind)
	for _, item := range found.Items {
		d, err := decode(item)
		if err != nil {
			return s, err
		}
		entry := []Line{{k.Label(w.of.p, "name", own), d.text("name")}}
		for _, link := range d.list(links[kind]) {
			role := cmp.Or(link.text("role"), link.text("function"))
			if link.text("contact") != id || role == "" {
				continue
			}
			path := map[string]string{"family": "members.role", "company": "contacts.function"}[kind]
			f, ok := k.Field(path)
			if ok {
				entry = append(entry, Line{k.Label(w.of.p, path, own), own.CodeLabel(w.of.p, f.Values, role)})
			}
		}
		s.Entries = append(s.Entries, entry)
	}
	return s, nil
}

// Profile prints a contact in a language. Faults: Denied without the right to export; NotFound.
func (e *Exporter) Profile(ctx context.Context, g policy.Grant, id string, o Order) (Export, error) {
	o.Kind, o.IDs, o.Format = contact.Name, []string{id}, PDF
	return e.Create(ctx, g, o)
}
