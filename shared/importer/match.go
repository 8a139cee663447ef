package importer

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/store"
)

// RowKey is the target of the column by which a file of rejected rows tells which row of which import each one is. A row
// that came in keeps a note at its key, in the same commit, so that a corrected file that is sent in twice brings nobody in
// twice (IMP-09).
const RowKey = "row:key"

var rowKeyShape = regexp.MustCompile(`^imp_[0-9a-z]{26}:[0-9]{1,9}$`)

func putRowKey(d *draft, _ *column, c sheet.Cell) string {
	if d.rowKey = strings.TrimSpace(c.Text); !rowKeyShape.MatchString(d.rowKey) {
		return "bad_value"
	}
	return ""
}

// keyOf is the row key of a row.
func keyOf(id string, line int) string { return id + ":" + strconv.Itoa(line) }

// keyItem is where the note of a row key lies: with the import the row was first of.
func keyItem(t org.Tenant, key string) store.Key {
	id, line, _ := strings.Cut(key, ":")
	return t.JobItem(id, "k/"+line)
}

// brought finds the record that the row of a row key became; "" when it did not yet.
func (w *work) brought(ctx context.Context, in *repository.Intake, key string) (string, error) {
	if ids := in.Noted(RowKey + ":" + key); len(ids) > 0 {
		return ids[0], nil
	}
	items, err := w.Records.Store.Get(ctx, store.Each, keyItem(w.grant.Tenant(), key))
	if err != nil || items[0] == nil {
		return "", err
	}
	var id string
	return id, json.Unmarshal(items[0].Value, &id)
}

// match finds the contacts a row is about, by the key of the plan. None, when the row says nothing of the key.
func (w *work) match(ctx context.Context, in *repository.Intake, d *draft) ([]string, error) {
	switch key := w.params.Plan.MatchKey; key {
	case "":
		return nil, nil
	case KeyID:
		if d.id == "" {
			return nil, nil
		}
		rec, err := in.Get(ctx, contact.Name, d.id)
		if err == nil && rec == nil {
			f := fault.New(fault.NotFound, "unknown_id")
			f.Fields = []fault.Field{fault.At(KeyID, "unknown_id")}
			return nil, f
		}
		return []string{d.id}, err
	case KeyNumber:
		return w.byNumber(in, d.Number)
	case KeyEmail:
		var keys []record.Key
		for _, e := range d.Emails {
			keys = append(keys, record.Key{Name: "email", Value: email.Fold(e.Address)})
		}
		return w.holders(ctx, in, keys)
	case KeyMobile:
		var keys []record.Key
		for _, p := range d.Phones {
			if p.Line == "mobile" {
				keys = append(keys, record.Key{Name: "mobile", Value: p.Number})
			}
		}
		return w.holders(ctx, in, keys)
	case KeyNameBirth:
		return w.byNameBirth(in, d)
	default:
		_, system, _ := strings.Cut(key, ".")
		id := record.Clean(d.ExternalIDs[system], false)
		if id == "" {
			return nil, nil
		}
		return w.holders(ctx, in, []record.Key{{Name: "externalId", Value: system + ":" + id}})
	}
}

func (w *work) holders(ctx context.Context, in *repository.Intake, keys []record.Key) ([]string, error) {
	var ids []string
	for _, key := range keys {
		held, err := in.Holders(ctx, contact.Name, key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, held...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (w *work) byNumber(in *repository.Intake, n int64) ([]string, error) {
	if n == 0 {
		return nil, nil
	}
	if id := in.Numbered(n); id != "" {
		return []string{id}, nil
	}
	view, err := in.View(contact.Name)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, hit := range view.Lookup("number", strconv.FormatInt(n, 10)) {
		ids = append(ids, hit.ID)
	}
	return ids, nil
}

// nameBirth is what name and birth date together are noted by; "" when one of them is missing.
func nameBirth(c *contact.Contact) string {
	if c.BirthDate == "" || c.Title() == "" {
		return ""
	}
	return "born:" + string(c.BirthDate) + ":" + fold.String(c.Title())
}

func (w *work) byNameBirth(in *repository.Intake, d *draft) ([]string, error) {
	what := nameBirth(d.Contact)
	if what == "" {
		return nil, nil
	}
	ids := slices.Clone(in.Noted(what))
	view, err := in.View(contact.Name)
	if err != nil {
		return nil, err
	}
	for _, hit := range view.Lookup("birthDate", string(d.BirthDate)) {
		title, trashed, ok := view.Title(hit.ID, w.grant)
		if ok && !trashed && fold.String(title) == fold.String(d.Title()) {
			ids = append(ids, hit.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// several refuses a row that matches more than one contact, and names them.
func (w *work) several(ctx context.Context, in *repository.Intake, ids []string) ([]Reason, error) {
	r := Reason{Code: "several_matches", Args: fault.Args{"n": strconv.Itoa(len(ids))}}
	for _, id := range ids[:min(len(ids), maxCandidates)] {
		rec, err := in.Get(ctx, contact.Name, id)
		if err != nil {
			return nil, err
		}
		if rec != nil {
			r.Others = append(r.Others, fault.Clash{ID: id, Title: record.Title(rec)})
		}
	}
	return []Reason{r}, nil
}

// maxCandidates is how many of the contacts a row matches are named.
const maxCandidates = 10
