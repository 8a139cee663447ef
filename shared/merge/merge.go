// Package merge makes two to ten records of people, companies or families one, and takes that back at any later time.
//
// A merge is a redirect: the main record takes the chosen values and the united lists, the others lead to it from then on,
// with all that hangs on them, and nothing of that is written. So a merge is one small commit, and so is its undoing, which
// removes the edges of this merge and puts back what the survivor still holds of what it wrote (see package repository). The
// values are in the history alone, beside the records, and are shown and masked as all of it; the record of a merge says who,
// when, which records, which fields, and whether it was undone, and lies in the trash then.
//
// Keys used: records of the kind "merge", all under one owner; what package repository uses.
//
// Guarantees. No reader sees half a merge, and a merge that fails leaves everything as it was. A merge and its undoing,
// with nothing edited in between, leave every record as it was, to the byte. Merges are undone in any order. A record that
// was edited since its merge keeps what was edited, and the undoing names it.
package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Name is the name of the kind of record that tells of a merge.
const Name = "merge"

// MaxRecords is how many records one merge takes.
const MaxRecords = 10

// The states of a merge.
const (
	Done   = "done"
	Undone = "undone"
)

// Kinds lists the kinds whose records can be merged.
func Kinds() []string { return repository.Mergeable() }

// Kind describes what is kept of merges.
func Kind() *record.Kind {
	return record.Define[Merge](Name, "merges", "mrg", record.OwnedBy("merges"), record.Unindexed())
}

// Merge tells of a merge. Requests make and undo it; they do not write it.
type Merge struct {
	record.Meta
	Of        string    `json:"of,omitempty" field:"code,system" readOnly:"true"` // the kind of the records
	Main      string    `json:"main,omitempty" field:"code,system" readOnly:"true"`
	Others    []string  `json:"others,omitempty" field:"code,system" readOnly:"true"`
	Revision  int64     `json:"revision,omitempty" field:"system" readOnly:"true"`                  // of the main record, as the merge made it
	Conflicts []string  `json:"conflicts,omitempty" field:"code,system,items=1000" readOnly:"true"` // fields that kept what was edited since
	Reason    string    `json:"reason,omitempty" field:"max=500"`
	UndoneAt  time.Time `json:"undoneAt,omitzero" field:"system" readOnly:"true"`
	UndoneBy  string    `json:"undoneBy,omitempty" field:"code,system" readOnly:"true"`
}

// State tells whether the merge was undone.
func (m *Merge) State() string {
	if m.DeletedAt != nil {
		return Undone
	}
	return Done
}

// Request says what is to be merged.
type Request struct {
	Kind     string
	Main     string
	Others   []string
	Choices  map[string]string   // by field, or member of a map: the id of the record whose value stays; of a list, whose list stays alone
	Keep     map[string][]string // by list: its elements that stay, each as "id/place" of it or of one that is the same
	Reason   string
	Versions map[string]int64 // by id: as the caller has seen the records; nil: whatever they are
}

// Merges makes and undoes merges.
type Merges struct {
	records *repository.Repository
	ids     *clock.IDs
}

// New makes the merges of a repository.
func New(records *repository.Repository) *Merges { return &Merges{records, records.IDs} }

// check holds a request against what can be merged at all.
func (r Request) check() error {
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		return fault.Bad("kind", "bad_choice")
	case r.Main == "":
		return fault.Bad("main", "required")
	case len(r.Others) == 0:
		return fault.Bad("others", "required")
	case len(r.Others) >= MaxRecords:
		return fault.Bad("others", "too_many", "max", fmt.Sprint(MaxRecords-1))
	}
	return nil
}

func (r Request) union() repository.Union {
	return repository.Union{Kind: r.Kind, Main: r.Main, Others: r.Others, Versions: r.Versions}
}

// Do merges records. The answer is told of as a record; its id is the batch of what the merge wrote. Faults: Invalid for
// what cannot be merged or chosen, also (too_many) for a list whose union is longer than it may be, unless Keep or a choice
// says what stays of it; NotFound, Conflict (trashed, too_many_merged), Denied, and Stale with the record when it is not at
// its version.
func (m *Merges) Do(ctx context.Context, w repository.Write, req Request) (*Merge, bool, error) {
	if err := repository.MayMerge(w.Grant); err != nil {
		return nil, false, err
	}
	if err := req.check(); err != nil {
		return nil, false, err
	}
	k, err := m.records.Kind(req.Kind)
	if err != nil {
		return nil, false, err
	}
	cfg, err := m.records.Config(ctx, w.Grant)
	if err != nil {
		return nil, false, err
	}
	w.Batch = m.ids.New("mrg")
	res, err := m.records.Merge(ctx, w, req.union(), func(records []record.Record) (record.Record, error) {
		u := uniting{kind: k, own: cfg.Fields, req: req, grant: w.Grant, records: records}
		if err := u.unite(); err != nil {
			return nil, err
		}
		if err := u.refused(); err != nil {
			return nil, err
		}
		return u.result()
	}, func(survivor record.Record, others []record.Record) record.Record {
		told := &Merge{Meta: record.Meta{ID: w.Batch, Kind: Name}, Of: req.Kind, Reason: req.Reason}
		if survivor == nil {
			return told
		}
		told.Main, told.Revision = survivor.Base().ID, survivor.Base().Version+1
		for _, o := range others {
			told.Others = append(told.Others, o.Base().ID)
		}
		return told
	})
	if err != nil {
		return nil, false, err
	}
	told, err := m.Get(ctx, w.Grant, res.Record.Base().ID)
	return told, res.Replayed, err
}

// Get reads a merge. Faults: NotFound, Denied.
func (m *Merges) Get(ctx context.Context, g policy.Grant, id string) (*Merge, error) {
	rec, err := m.records.Recall(ctx, g, Name, id)
	if err != nil {
		return nil, err
	}
	return rec.(*Merge), nil
}

// Written gives what a merge has written of its survivor, masked as all history is.
func (m *Merges) Written(ctx context.Context, g policy.Grant, told *Merge) (record.Change, error) {
	return m.records.ChangeOf(ctx, g, told.Of, told.Main, told.Revision)
}

// List reads the merges, the latest first, behind the one with the id after ("" from the latest); next is "" at the end.
func (m *Merges) List(ctx context.Context, g policy.Grant, after string, limit int) (list []*Merge, next string, err error) {
	records, next, err := m.records.Owned(ctx, g, Name, after, limit)
	for _, rec := range records {
		list = append(list, rec.(*Merge))
	}
	return list, next, err
}

// Parting is what the undoing of a merge would leave.
type Parting struct {
	Survivor  record.Record
	Returned  []record.Record
	Conflicts []repository.Conflicting // masked
}

// Part tells what Undo would do. Faults as Undo's, but for keys.
func (m *Merges) Part(ctx context.Context, w repository.Write, told *Merge) (Parting, error) {
	w.Batch = told.ID
	p, err := m.records.Part(ctx, w, told.split(repository.DropNone))
	if err != nil {
		return Parting{}, err
	}
	k, err := m.records.Kind(told.Of)
	if err != nil {
		return Parting{}, err
	}
	cfg, err := m.records.Config(ctx, w.Grant)
	if err != nil {
		return Parting{}, err
	}
	out := Parting{Survivor: k.Hide(p.Survivor, w.Grant, cfg.Fields)}
	for _, rec := range p.Returned {
		out.Returned = append(out.Returned, k.Hide(rec, w.Grant, cfg.Fields))
	}
	shown := record.Change{}
	for _, c := range p.Conflicts {
		shown.Fields = append(shown.Fields, record.FieldChange{Field: c.Field, From: c.Was, To: c.Is})
	}
	for _, f := range k.HideChange(shown, w.Grant, cfg.Fields).Fields {
		out.Conflicts = append(out.Conflicts, repository.Conflicting{Field: f.Field, Was: f.From, Is: f.To})
	}
	return out, nil
}

func (m *Merge) split(drop repository.Drop) repository.Split {
	return repository.Split{Kind: m.Of, Main: m.Main, Revision: m.Revision, Others: m.Others, Drop: drop}
}

// Undo takes a merge back, at any later time and whatever was merged or undone since. What was edited since stays, and the
// merge names its fields. Faults: NotFound, Denied; Conflict: not_merged when it was undone already, trashed while the record
// the survivor has ended in lies in the trash, key_taken with the holders of a unique key that somebody else has by now,
// unless drop says who loses it.
func (m *Merges) Undo(ctx context.Context, w repository.Write, id string, drop repository.Drop) (*Merge, bool, error) {
	if err := repository.MayMerge(w.Grant); err != nil {
		return nil, false, err
	}
	rec, err := m.records.Recall(ctx, w.Grant, Name, id)
	if err != nil {
		return nil, false, err
	}
	told := rec.(*Merge)
	of, err := m.records.Kind(Name)
	if err != nil {
		return nil, false, err
	}
	w.Batch = told.ID
	res, err := m.records.Unmerge(ctx, w, told.split(drop), of, func(rec record.Record, p repository.Parted) error {
		after := rec.(*Merge)
		after.UndoneAt, after.UndoneBy = m.records.Clock.Now().UTC(), w.Grant.Actor().ID
		after.Conflicts = nil
		for _, c := range p.Conflicts {
			after.Conflicts = append(after.Conflicts, c.Field)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	now, err := m.Get(ctx, w.Grant, id)
	return now, res.Replayed, err
}

// IsID tells whether an id is of a merge.
func IsID(id string) bool { return strings.HasPrefix(id, "mrg_") }
