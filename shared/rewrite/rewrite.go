// Package rewrite puts one value in the place of others in every record that has them: a value of a list that is
// replaced (SET-01), tags that are renamed or merged (CLS-04), an entity, store or client group whose contacts move to
// another.
//
// What is rewritten is named by a subject: the name of a managed list, "tags", or a kind whose ids records hold. Its
// targets are the fields that hold it, taken from the descriptions of the kinds, so a new kind takes part without a line
// here.
//
// A rewrite is a job (package job). Its cursor is a place in the list of records that have one of the values, ordered by
// id; each chunk rewrites the next records in one commit with the cursor, every one with its history under the job's id.
// The list is walked again until a walk finds nothing to change, so what was written meanwhile is not missed; records in
// the trash take part, since they may come back. A value that is to be removed is retired before the first chunk, so
// that nothing new takes it, and removed after the last.
//
// Keys used: those of package job; the items "r/<n>" of a job list what its chunks changed, which is what undo walks.
//
// Guarantees. A chunk that is killed or delivered twice changes nothing twice. A rewrite changes the values it names in
// the fields of its subject and nothing else, whether or not the record would pass today's checks. Undo puts back what
// still is as the rewrite left it, and leaves and counts what was edited since.
package rewrite

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// Kind is the kind of its jobs, prefix that of their ids.
const (
	Kind   = "rewrite"
	prefix = "rew"
)

// Tags is the subject of tags.
const Tags = "tags"

// maxTag is how long a tag may be; maxFrom how many values become one at once.
const (
	maxTag  = 50
	maxFrom = 50
)

// The phases of a rewrite.
const (
	phaseRun  = "run"
	phaseUndo = "undo"
)

// Request says what to rewrite.
type Request struct {
	Of     string   `json:"of"`               // the subject: a managed list, "tags", "entity", "store" or "clientGroup"
	From   []string `json:"from"`             // the values to be replaced: codes, tags, or ids
	To     string   `json:"to"`               // what takes their place
	Remove bool     `json:"remove,omitempty"` // the replaced values are removed afterwards
}

// Ports are what rewrites stand on.
type Ports struct {
	Records *repository.Repository // with a catalog
	Jobs    *job.Jobs
}

// Rewriter plans, starts and does rewrites. It is safe for concurrent use.
type Rewriter struct {
	Ports
	chunk int // records of one commit
}

// New makes a rewriter.
func New(p Ports) *Rewriter { return &Rewriter{p, chunk} }

// target is a field of a kind that holds values of a subject.
type target struct {
	kind *record.Kind
	path string
}

// moving are the kinds whose ids can be rewritten.
var moving = []string{setting.EntityName, setting.StoreName, setting.ClientGroupName}

// targets lists the fields that hold values of a subject.
func (r *Rewriter) targets(of string) []target {
	var all []target
	for _, k := range r.Records.Kinds.Kinds() {
		if !k.Indexed {
			continue
		}
		for _, path := range repository.Holding(k, of) {
			all = append(all, target{k, path})
		}
	}
	return all
}

// Use is how many records have a value.
type Use struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// Plan is what a rewrite would do.
type Plan struct {
	Uses  []Use `json:"uses"` // of the values, by kind of record
	Total int   `json:"total"`
}

// Plan counts the records a rewrite would change, those in the trash left out. Faults as Start.
func (r *Rewriter) Plan(ctx context.Context, g policy.Grant, q Request) (Plan, error) {
	q, err := r.check(ctx, g, q)
	if err != nil {
		return Plan{}, err
	}
	uses, total, err := r.uses(ctx, g, q, false)
	return Plan{uses, total}, err
}

// uses counts the records that have one of the values, by kind.
func (r *Rewriter) uses(ctx context.Context, g policy.Grant, q Request, trash bool) (uses []Use, total int, err error) {
	uses = []Use{}
	for _, t := range r.targets(q.Of) {
		list, err := r.Records.List(ctx, g, t.kind.Name, repository.Question{Where: where(t, q, trash), Count: true})
		if err != nil {
			return nil, 0, err
		}
		if list.Total == 0 {
			continue
		}
		total += list.Total
		if i := slices.IndexFunc(uses, func(u Use) bool { return u.Kind == t.kind.Name }); i >= 0 {
			uses[i].Count += list.Total
		} else {
			uses = append(uses, Use{t.kind.Name, list.Total})
		}
	}
	return uses, total, nil
}

// Counts tells how often each value of a subject is used, in records of all kinds that are not in the trash; values that
// nothing uses are left out.
func (r *Rewriter) Counts(ctx context.Context, g policy.Grant, of string) (map[string]int, error) {
	counts := map[string]int{}
	for _, t := range r.targets(of) {
		list, err := r.Records.List(ctx, g, t.kind.Name, repository.Question{Facets: [][]string{{t.path}}})
		if err != nil {
			return nil, err
		}
		for _, b := range list.Facets[0] {
			if b.Values[0] != "" {
				counts[b.Values[0]] += b.Count
			}
		}
	}
	return counts, nil
}

// Used tells whether records hold values of a subject at all: whether there is a field for it.
func (r *Rewriter) Used(of string) bool { return len(r.targets(of)) > 0 }

// check holds a request against what there is, and brings it into its canonical form.
func (r *Rewriter) check(ctx context.Context, g policy.Grant, q Request) (Request, error) {
	if err := g.Allow(policy.Manage); err != nil {
		return q, err
	}
	cfg, err := r.Records.Config(ctx, g)
	if err != nil {
		return q, err
	}
	if len(q.From) == 0 {
		return q, fault.Bad("from", "required")
	}
	if len(q.From) > maxFrom {
		return q, fault.Bad("from", "too_many", "max", "50")
	}
	switch {
	case q.Of == Tags:
		return r.checkTags(ctx, g, q)
	case slices.Contains(setting.ManagedLists(), q.Of):
		return q, checkValues(cfg, q)
	case slices.Contains(moving, q.Of):
		return q, checkRecords(cfg, q)
	}
	return q, fault.Bad("of", "bad_choice")
}

// checkTags gives the new tag the spelling it has already, unless that is what is to change.
func (r *Rewriter) checkTags(ctx context.Context, g policy.Grant, q Request) (Request, error) {
	q.To, q.Remove = record.Clean(q.To, false), false
	switch {
	case q.To == "":
		return q, fault.Bad("to", "required")
	case utf8.RuneCountInString(q.To) > maxTag:
		return q, fault.Bad("to", "too_long", "max", "50")
	}
	same := func(tag string) bool { return fold.String(tag) == fold.String(q.To) }
	if slices.ContainsFunc(q.From, same) {
		return q, nil
	}
	tags, err := r.Counts(ctx, g, Tags)
	if err != nil {
		return q, err
	}
	for tag := range tags {
		if same(tag) {
			q.To = tag
		}
	}
	return q, nil
}

func checkValues(cfg *setting.Config, q Request) error {
	for _, code := range q.From {
		if _, ok := cfg.Lists.Find(q.Of, code); !ok {
			return fault.Bad("from", "bad_choice", "list", q.Of)
		}
		if q.Remove && setting.Needed(q.Of, code) {
			return fault.Bad("from", "value_needed")
		}
	}
	if !cfg.Lists.Has(q.Of, q.To) || slices.Contains(q.From, q.To) {
		return fault.Bad("to", "bad_choice", "list", q.Of)
	}
	return nil
}

func checkRecords(cfg *setting.Config, q Request) error {
	for _, id := range q.From {
		if there, _ := cfg.Has(q.Of, id); !there {
			return fault.Bad("from", "bad_reference")
		}
		if q.Remove && id == setting.RootEntity {
			return fault.Bad("from", "value_needed")
		}
	}
	if there, _ := cfg.Has(q.Of, q.To); !there || slices.Contains(q.From, q.To) {
		return fault.Bad("to", "bad_reference")
	}
	return nil
}

// Start begins a rewrite. Faults: Denied to those who may not manage the organisation; Invalid for a subject there is
// not, values it does not have, or (value_needed) such as the program itself needs.
func (r *Rewriter) Start(ctx context.Context, g policy.Grant, q Request) (*job.Job, error) {
	q, err := r.check(ctx, g, q)
	if err != nil {
		return nil, err
	}
	p := params{Request: q}
	if q.ofValues() {
		cfg, err := r.Records.Config(ctx, g)
		if err != nil {
			return nil, err
		}
		for _, code := range q.From {
			if v, _ := cfg.Lists.Find(q.Of, code); v.Retired {
				p.Retired = append(p.Retired, code)
			}
		}
	}
	j, err := r.Jobs.Create(ctx, g, Kind, prefix, "", p)
	if err != nil {
		return nil, err
	}
	return r.start(ctx, g, j.ID, phaseRun)
}

func (r *Rewriter) start(ctx context.Context, g policy.Grant, id, phase string) (*job.Job, error) {
	return r.Jobs.Start(ctx, g, id, phase, func(j *job.Job) error {
		switch {
		case phase == phaseUndo && j.State != job.Done && j.State != job.Cancelled && j.State != job.Failed:
			return fault.New(fault.Conflict, "not_undoable")
		case phase == phaseRun && j.State != job.Draft:
			return fault.New(fault.Conflict, "job_ended")
		}
		p, err := paramsOf(j)
		if err != nil {
			return err
		}
		q := p.Request
		if phase == phaseUndo {
			j.Total, j.Counts = j.Counts["done"], nil
			return nil
		}
		_, live, err := r.uses(ctx, g, q, false)
		if err != nil {
			return err
		}
		_, trashed, err := r.uses(ctx, g, q, true)
		j.Total = int64(live + trashed)
		return err
	})
}

// Get reads a rewrite and what it was asked.
func (r *Rewriter) Get(ctx context.Context, g policy.Grant, id string) (*job.Job, Request, error) {
	if err := g.Allow(policy.Manage); err != nil {
		return nil, Request{}, err
	}
	j, err := r.Jobs.Get(ctx, g, id)
	if err != nil {
		return nil, Request{}, err
	}
	q, err := Of(j)
	return j, q, err
}

// Of reads what a rewrite was asked. The fault is NotFound for a job of another kind.
func Of(j *job.Job) (Request, error) {
	if j.Kind != Kind {
		return Request{}, fault.New(fault.NotFound, "not_found")
	}
	p, err := paramsOf(j)
	return p.Request, err
}

// Cancel asks a rewrite to stop. What is done stays done, and can be undone.
func (r *Rewriter) Cancel(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
	if _, _, err := r.Get(ctx, g, id); err != nil {
		return nil, err
	}
	return r.Jobs.Cancel(ctx, g, id)
}

// Undo puts back what a rewrite that has ended changed, as far as it is still as the rewrite left it, and the values it
// removed. The fault is Conflict (not_undoable) for one that has not ended or was undone.
func (r *Rewriter) Undo(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
	if _, _, err := r.Get(ctx, g, id); err != nil {
		return nil, err
	}
	return r.start(ctx, g, id, phaseUndo)
}

// params are what a job keeps of what it was asked.
type params struct {
	Request
	Retired []string `json:"retired,omitempty"` // of the values, those that were not offered before either
}

func paramsOf(j *job.Job) (p params, err error) {
	err = json.Unmarshal(j.Params, &p)
	return p, err
}

// matches tells whether a stored value is one of those to be replaced: tags whatever their case and accents, all others as
// they are written.
func (q Request) matches() func(string) bool {
	if q.Of != Tags {
		return func(s string) bool { return slices.Contains(q.From, s) }
	}
	folded := map[string]bool{fold.String(q.To): true}
	for _, tag := range q.From {
		folded[fold.String(tag)] = true
	}
	return func(s string) bool { return folded[fold.String(s)] }
}

// top gives the member of a record that a path begins with.
func top(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}
