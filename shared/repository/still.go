package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// Still is an organisation's records as they are at one moment, whatever is written afterwards: for long answers that must
// hold together.
type Still struct {
	r     *Repository
	g     policy.Grant
	shelf *catalog.Shelf
}

// Row names a record as of a moment.
type Row struct {
	ID       string
	Revision int64
}

// stillPage is how many records a Still asks the index for at a time.
const stillPage = 2000

// Still gives the records as they are now. Faults: Denied for whoever reads none.
func (r *Repository) Still(ctx context.Context, g policy.Grant) (*Still, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	shelf, err := r.Catalog.Shelf(ctx, g.Tenant())
	if err != nil {
		return nil, err
	}
	return &Still{r, g, shelf}, nil
}

// Config gives the settings of the moment.
func (s *Still) Config() *setting.Config { return s.shelf.Config() }

// Each calls f with every record a question finds, in the order it asks for; where the question begins, how much it wants
// and what it counts is passed over. Faults as List's.
func (s *Still) Each(kind string, q Question, f func(Row) error) error {
	k, err := s.r.Kind(kind)
	if err != nil {
		return err
	}
	view, err := s.shelf.View(kind)
	if err != nil {
		return fault.New(fault.NotFound, "not_found")
	}
	cfg := s.shelf.Config()
	now := s.r.Clock.Now().In(cfg.Settings.Zone())
	where, err := q.where(s.r.questions(s.g, k, cfg), now)
	if err != nil {
		return err
	}
	if trashed(where) && !s.g.Can(policy.Restore) {
		return fault.New(fault.Denied, "denied")
	}
	request := index.Request{Where: where, Sort: q.Sort, Limit: stillPage, Now: now, Grant: s.g}
	for {
		answer, err := view.Find(request)
		if err != nil {
			return err
		}
		for _, hit := range answer.Hits {
			if err := f(Row{hit.ID, hit.Revision}); err != nil {
				return err
			}
		}
		if answer.Next == nil {
			return nil
		}
		request.After = answer.Next
	}
}

// Row finds a record that is not in the trash.
func (s *Still) Row(kind, id string) (Row, bool) {
	view, err := s.shelf.View(kind)
	if err != nil {
		return Row{}, false
	}
	hit, ok := view.Get(id)
	return Row{hit.ID, hit.Revision}, ok && !hit.Trashed
}

// AppendJSON appends what lists show of a record, as far as the grant reads it. ok is false when the index does not hold
// the revision of the row any more.
func (s *Still) AppendJSON(dst []byte, kind string, row Row) (json []byte, ok bool) {
	view, err := s.shelf.View(kind)
	if err != nil {
		return dst, false
	}
	hit, ok := view.Get(row.ID)
	if !ok || hit.Revision != row.Revision {
		return dst, false
	}
	return view.AppendJSON(dst, hit, s.g), true
}

// AsOf reads records whole, as they were at the revisions of rows, in their order; nil for one that is gone for good. What
// the grant may not read is left out, and so is what is sensitive, but for the paths of reveal: those are given in full, and
// that they were is in the access log, record by record, before AsOf answers. Faults: Denied without the right to reveal.
func (r *Repository) AsOf(ctx context.Context, w Write, act access.Act, kind string, rows []Row, reveal []string) ([][]byte, error) {
	k, err := r.Kind(kind)
	if err != nil {
		return nil, err
	}
	if err := w.Grant.Allow(policy.Read); err != nil {
		return nil, err
	}
	if len(reveal) > 0 {
		if err := w.Grant.Allow(policy.Reveal); err != nil {
			return nil, err
		}
	}
	cfg, err := r.Config(ctx, w.Grant)
	if err != nil {
		return nil, err
	}
	var keys []store.Key
	for _, row := range rows {
		keys = append(keys, w.tenant().Record(k.Owner(row.ID), k.Name, row.ID))
	}
	found, err := r.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	docs := make([][]byte, len(rows))
	var seen []access.Entry
	for i, row := range rows {
		item := found[keys[i]]
		if item == nil {
			continue
		}
		doc := map[string]json.RawMessage{}
		if err := json.Unmarshal(item.Value, &doc); err != nil {
			return nil, err
		}
		if item.Revision > row.Revision {
			if err := r.turnBack(ctx, w.Grant, doc, row); err != nil {
				return nil, err
			}
		}
		shown, err := disclose(k, w.Grant, doc, reveal, cfg.Fields)
		if err != nil {
			return nil, err
		}
		if len(shown) > 0 {
			seen = append(seen, access.Entry{Act: act, Kind: k.Name, Record: row.ID, Fields: shown})
		}
		if docs[i], err = json.Marshal(doc); err != nil {
			return nil, err
		}
	}
	for some := range slices.Chunk(seen, access.MaxNoted) {
		_, err := r.Log.Commit(ctx, w.tenant(), func(head log.Head) (log.Proposal, error) {
			p := log.Proposal{Action: k.Name + "." + string(act), Actor: w.Grant.Actor(), Batch: w.Batch, Number: head.Number}
			p.Ops, err = access.Put(w.tenant(), head, p.Actor, some...)
			return p, err
		})
		if err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// turnBack takes back the changes a document has seen since a revision. What is computed from other fields stays as it is.
func (r *Repository) turnBack(ctx context.Context, g policy.Grant, doc map[string]json.RawMessage, row Row) error {
	q := g.Tenant().Changes(row.ID)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return store.Fault(err)
		}
		for _, item := range page.Items {
			c, err := readChange(item)
			if err != nil {
				return err
			}
			if c.Revision <= row.Revision {
				return nil
			}
			for _, f := range c.Fields {
				if err := put(doc, f.Field, f.From); err != nil {
					return err
				}
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// put sets a member of a document, or one of the organisation's own values in it; nil takes it away.
func put(doc map[string]json.RawMessage, path string, value json.RawMessage) error {
	name, inner, own := strings.Cut(path, ".")
	if !own {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
		return nil
	}
	values := map[string]json.RawMessage{}
	if raw := doc[name]; raw != nil {
		if err := json.Unmarshal(raw, &values); err != nil {
			return err
		}
	}
	if err := put(values, inner, value); err != nil {
		return err
	}
	raw, err := json.Marshal(values)
	doc[name] = raw
	return err
}

// disclose takes out of a document what a grant may not read, and what is sensitive but for the paths of reveal; of those
// it names the ones that hold something.
func disclose(k *record.Kind, g policy.Grant, doc map[string]json.RawMessage, reveal []string, own []record.CustomField) (shown []string, err error) {
	revealed := func(path string) bool {
		return slices.ContainsFunc(reveal, func(r string) bool { return r == path || strings.HasPrefix(r, path+".") })
	}
	keep := func(path string, class policy.Class) bool {
		if class == policy.Sensitive {
			return revealed(path)
		}
		return g.Fields(policy.Read, class)
	}
	for _, f := range k.Fields {
		raw, there := doc[f.Name]
		switch {
		case !there:
		case f.Type == record.Values:
			values := map[string]json.RawMessage{}
			if err := json.Unmarshal(raw, &values); err != nil {
				return nil, err
			}
			for name := range values {
				if path := f.Name + "." + name; !keep(path, k.Class(path, own)) {
					delete(values, name)
				}
			}
			if doc[f.Name], err = json.Marshal(values); err != nil {
				return nil, err
			}
		case !keep(f.Path, f.Class):
			delete(doc, f.Name)
		}
	}
	if len(reveal) == 0 {
		return nil, nil
	}
	whole, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	for _, path := range reveal {
		value, err := member(whole, path)
		if err != nil {
			return nil, err
		}
		if value != nil && !bytes.Equal(value, []byte(`""`)) {
			shown = append(shown, path)
		}
	}
	return shown, nil
}
