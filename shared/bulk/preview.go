package bulk

import (
	"context"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/target"
)

// What a preview judges record by record: all that were named, and the first of what a query finds; and how many of them it
// shows.
const (
	judged  = 200
	samples = 10
)

// Preview is what an action would do.
type Preview struct {
	Request Request `json:"request"` // with its kind
	Count   int     `json:"count" doc:"Records of the target"`
	Changed int     `json:"changed" doc:"That would be changed"`
	Same    int     `json:"unchanged" doc:"That are so already"`
	Skipped int     `json:"skipped"`
	Failed  int     `json:"failed"`
	Exact   bool    `json:"exact" doc:"Every record was judged; else the first were, and the others counted"`
	Samples []Named `json:"samples" doc:"Ten of the records, and what would become of them"`
	Except  []Named `json:"exceptions" doc:"Ten of those that would be skipped or refused, and why"`
}

// Preview tells what an action would do, and writes nothing. Faults as Start, but that a deletion need not be confirmed.
func (b *Bulks) Preview(ctx context.Context, g policy.Grant, q Request) (Preview, error) {
	w := repository.Write{Grant: g}
	r, err := b.check(ctx, w, q)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Request: r.Request}
	if p.Count, err = b.count(ctx, g, r); err != nil {
		return Preview{}, err
	}
	if p.Count == 0 {
		return Preview{}, target.Empty()
	}
	ids := r.Target.IDs
	if len(ids) == 0 {
		if ids, _, err = b.Records.Matching(ctx, g, r.kind.Name, repository.Question{Where: r.where, Limit: judged}); err != nil {
			return Preview{}, err
		}
	}
	results, err := b.judge(ctx, w, r, ids)
	if err != nil {
		return Preview{}, err
	}
	tally := map[string]int{}
	for _, result := range results {
		tally[result.Result]++
	}
	p.Changed, p.Same, p.Skipped, p.Failed, p.Exact = tally[Done], tally[Unchanged], tally[Skipped], tally[Failed], len(ids) == p.Count
	if !p.Exact {
		if err := b.estimate(ctx, g, r, &p); err != nil {
			return Preview{}, err
		}
	}
	except := exceptions(results)
	if p.Samples, err = b.named(ctx, g, results[:min(len(results), samples)]); err != nil {
		return Preview{}, err
	}
	p.Except, err = b.named(ctx, g, except[:min(len(except), samples)])
	return p, err
}

// judge tells what would become of records.
func (b *Bulks) judge(ctx context.Context, w repository.Write, r *ready, ids []string) ([]Result, error) {
	if r.ofUsers() {
		return b.judgeUsers(ctx, w.Grant, r, ids)
	}
	outcomes, err := b.Records.JudgeMany(ctx, w, r.kind.Name, ids, r.todo.step)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(outcomes))
	for i, out := range outcomes {
		results[i] = resultOf(ids[i], out)
		results[i].Revision = 0
	}
	return results, nil
}

// estimate counts in the index what an action would leave as it is; beyond the records that were judged, all others count
// as changed.
func (b *Bulks) estimate(ctx context.Context, g policy.Grant, r *ready, p *Preview) error {
	if r.todo.same != nil {
		list, err := b.Records.List(ctx, g, r.kind.Name, repository.Question{Where: query.And{r.where, r.todo.same}, Count: true})
		if err != nil {
			return err
		}
		p.Same = max(p.Same, list.Total)
	}
	p.Changed = max(p.Count-p.Same-p.Skipped-p.Failed, 0)
	return nil
}
