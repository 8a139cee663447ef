package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/store"
)

const (
	readAhead    = 4 << 20  // bytes of cells that either holds at most, beside one row
	chunkSize    = packSize // bytes of their results, so that with the job they are eight operations at most
	snapshotRows = 20_000   // rows after which a run writes a snapshot of the index
	maxAttempts  = 20       // at rows that others keep moving under
)

// The phases of an import.
const (
	phasePreview = "preview"
	phaseRun     = "run"
	phaseUndo    = "undo"
)

// cursor is how far an import has come.
type cursor struct {
	Row      int64 `json:"row"`                // rows of the sheet whose results are written
	Compared int   `json:"compared,omitempty"` // of a preview: the line up to which is written who rows are alike
}

// of reads the cursor of a job.
func (c *cursor) of(j *job.Job) error {
	if j.Cursor == nil {
		return nil
	}
	return json.Unmarshal(j.Cursor, c)
}

// work is an import being previewed or run.
type work struct {
	*Importer
	grant   policy.Grant
	params  params
	started time.Time // the import: what has changed since may be its own doing
	object  blob.Object
	book    book
	rows    rows
	layout  sheet.Layout
	columns []*column
	linking bool               // a column names groups, families or companies, or tags must be known
	dry     bool               // a preview
	judging *repository.Intake // of a preview
	comparing
	read    int64     // rows read from the sheet
	pending []pending // rows read and not yet committed
	eof     bool
	pace    pace
	saved   int64 // rows at the last snapshot
}

// pending is a row between reading and committing.
type pending struct {
	row    sheet.Row
	notes  []Reason // what was left out of it
	draft  *draft   // nil when the row is refused by its cells, or no data
	result RowResult
}

// Open readies an import at its cursor: the file is read again up to it.
func (i *Importer) Open(ctx context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	if err := g.Allow(policy.Import); err != nil {
		return nil, err
	}
	_, p, err := open(j)
	if err != nil {
		return nil, err
	}
	if j.Phase == phaseUndo {
		return &undoing{Importer: i, grant: g, params: p}, nil
	}
	w := &work{Importer: i, grant: g.Via("import"), params: p, started: j.StartedAt, dry: j.Phase == phasePreview}
	if err := w.open(ctx, j); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *work) open(ctx context.Context, j *job.Job) error {
	plan := w.params.Plan
	plan.now = w.Records.Now(ctx, w.grant)
	var err error
	if w.object, err = w.Blobs.Open(ctx, file(j)); err != nil {
		return err
	}
	if w.book, err = openBook(w.object, plan); err != nil {
		return err
	}
	sample, err := w.book.Sample(plan.Sheet, sampleRows)
	if err != nil {
		return err
	}
	w.layout = layoutOf(w.book, sample, plan)
	cfg, err := w.Records.Config(ctx, w.grant)
	if err != nil {
		return err
	}
	plan.cfg = cfg
	w.columns = columnsOf(plan, sample, w.layout, cfg.Fields)
	if w.rows, err = w.book.Each(plan.Sheet); err != nil {
		return err
	}
	w.linking = plan.Links.Tags == Reject || slices.ContainsFunc(w.columns, func(c *column) bool {
		return !c.Ignore && slices.Contains([]string{"groups.group", "family", "company"}, c.Field)
	})
	if w.dry {
		if w.judging, err = w.Records.Intake(ctx, w.write(j), true); err != nil {
			return err
		}
		if w.with, err = w.Records.Compare(w.grant, contact.Name); err != nil {
			return err
		}
	}
	return w.skipTo(ctx, j)
}

func (w *work) write(j *job.Job) repository.Write {
	return repository.Write{Grant: w.grant, Batch: j.ID}
}

// skipTo moves on to the cursor. A preview judges the skipped rows again, since later ones are held against them.
func (w *work) skipTo(ctx context.Context, j *job.Job) error {
	var at cursor
	if err := at.of(j); err != nil {
		return err
	}
	w.saved = at.Row
	for w.read < at.Row {
		if !w.dry {
			if !w.rows.Next() {
				return w.rows.Err()
			}
			w.read++
			continue
		}
		if err := w.fill(min(w.sizes.preview, int(at.Row-w.read))); err != nil {
			return err
		}
		if len(w.pending) == 0 {
			return nil
		}
		if err := w.judge(ctx); err != nil {
			return err
		}
		w.pending = nil
	}
	return nil
}

// fill reads rows until there are most of them, or the file ends.
func (w *work) fill(most int) error {
	size := 0
	for len(w.pending) < most && size < readAhead && !w.eof {
		if !w.rows.Next() {
			w.eof = true
			return w.rows.Err()
		}
		w.read++
		row := w.rows.Row().Clone()
		for _, c := range row.Cells {
			size += len(c.Text)
		}
		w.pending = append(w.pending, w.convert(row))
	}
	return nil
}

// convert gives a row's first fate: no data, not understood, or a contact to be judged.
func (w *work) convert(row sheet.Row) pending {
	p := pending{row: row, result: RowResult{Line: row.Line}}
	if row.Line == w.layout.HeaderLine {
		return p // no result: a mapping has been made of it
	}
	if skip := w.layout.Skip(row); skip != "" && w.book.Format() != VCard {
		p.result.Result, p.result.Reasons, p.result.Title = Skip, []Reason{{Code: skip, Note: true}}, opening(row)
		return p
	}
	d, refused, notes := convert(w.params.Plan, w.columns, row)
	if len(refused) > 0 {
		p.refuse(refused)
		return p
	}
	p.draft, p.notes = d, notes
	return p
}

// opening is what a row that is no data begins with, to be known by.
func opening(row sheet.Row) string {
	for _, c := range row.Cells {
		if text := strings.TrimSpace(c.Text); text != "" {
			return short(text, maxShown)
		}
	}
	return ""
}

// refuse makes a row a refused one.
func (p *pending) refuse(why []Reason) {
	p.result.Result, p.result.Reasons, p.result.RecordID, p.result.Title = Refused, why, "", ""
	p.result.Values, p.result.Revision, p.result.Changes, p.result.Links = nil, 0, nil, nil
	for _, c := range p.row.Cells {
		value := []rune(c.Text)
		if len(value) > maxShown {
			value = append(value[:maxShown:maxShown], '…')
		}
		p.result.Values = append(p.result.Values, string(value))
	}
}

// size is about how many bytes a row's result takes.
func (p *pending) size() int {
	n := 200 + len(p.result.Title) + 150*len(p.result.Links)
	for _, v := range p.result.Values {
		n += len(v) + 4
	}
	for _, r := range p.result.Reasons {
		n += 150 + 100*len(r.Others)
	}
	for _, c := range p.result.Changes {
		n += 60 + len(c.From) + len(c.To)
	}
	return n
}

// maxShown is how much of a cell a result repeats.
const maxShown = 100

// ahead reads together what rows will be held against.
func (w *work) ahead(ctx context.Context, in *repository.Intake, rows []pending) error {
	var keys []record.Key
	var ids []string
	for _, p := range rows {
		if p.draft == nil {
			continue
		}
		keys = append(keys, p.draft.Keys()...)
		if w.params.Plan.MatchKey == KeyID && p.draft.id != "" {
			ids = append(ids, p.draft.id)
		}
	}
	if err := in.Read(ctx, keys, map[string][]string{contact.Name: ids}); err != nil {
		return err
	}
	if plan := w.params.Plan; plan.MatchKey == "" || plan.MatchKey == KeyID {
		return nil
	}
	for _, p := range rows {
		if p.draft == nil {
			continue
		}
		found, err := w.match(ctx, in, p.draft)
		if err != nil {
			return err
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	return in.Read(ctx, nil, map[string][]string{contact.Name: slices.Compact(ids)})
}

// judge gives the rows of a preview their fates, and takes the new contacts among them into the comparison.
func (w *work) judge(ctx context.Context) error {
	if err := w.ahead(ctx, w.judging, w.pending); err != nil {
		return err
	}
	for i := range w.pending {
		if err := w.take(ctx, w.judging, &w.pending[i]); err != nil {
			return err
		}
	}
	return w.remember(w.pending)
}

// Chunk does the next rows.
func (w *work) Chunk(ctx context.Context, j *job.Job) (bool, error) {
	if w.dry {
		return w.previewChunk(ctx, j)
	}
	return w.runChunk(ctx, j)
}

func (w *work) previewChunk(ctx context.Context, j *job.Job) (bool, error) {
	if len(w.pending) == 0 {
		if err := w.fill(w.sizes.preview); err != nil {
			return false, err
		}
		if len(w.pending) == 0 {
			return w.compareChunk(ctx, j)
		}
		if err := w.judge(ctx); err != nil {
			return false, err
		}
	}
	next := *j
	ops, err := w.results(&next, w.pending)
	if err != nil {
		return false, err
	}
	if err := w.Jobs.Save(ctx, &next, ops...); err != nil {
		return false, err
	}
	*j, w.pending = next, nil
	return false, nil
}

// runChunk writes the next rows: as many lots as go together, each one commit with the results of its rows and the cursor.
func (w *work) runChunk(ctx context.Context, j *job.Job) (bool, error) {
	if err := w.fill(w.sizes.run); err != nil {
		return false, err
	}
	if len(w.pending) == 0 {
		return true, nil
	}
	for attempt := 1; ; attempt++ {
		lots, err := w.gather(ctx, j)
		if err != nil {
			return false, err
		}
		if err := w.pace.rest(ctx, w.Importer, w.grant); err != nil {
			return false, err
		}
		ended := w.pace.begin()
		done, err := lots.in.Commit(ctx)
		ended()
		if done > 0 {
			last := lots.ends[done-1]
			*j, w.pending = last.job, w.pending[last.rows:]
			w.pace.wrote(done)
		}
		switch failed := (*store.Failed)(nil); {
		case errors.As(err, &failed):
			return false, fault.New(fault.Conflict, "job_moved")
		case repository.Overtaken(err) && attempt < maxAttempts:
			if done > 0 {
				return false, nil // the rest is judged anew with what comes next
			}
			if err := pause(ctx, attempt); err != nil {
				return false, err
			}
			continue
		case repository.Overtaken(err):
			return false, fault.New(fault.Unavailable, "busy")
		case err != nil:
			return false, err
		}
		return false, w.snapshot(ctx)
	}
}

// lots are rows that were judged and wait to be written.
type lots struct {
	in   *repository.Intake
	ends []lotEnd
}

// lotEnd is where a lot leaves the import.
type lotEnd struct {
	job  job.Job
	rows int // of those pending, that are written then
}

// gather judges the pending rows and cuts them into lots.
func (w *work) gather(ctx context.Context, j *job.Job) (*lots, error) {
	in, err := w.Records.Intake(ctx, w.write(j), false)
	if err != nil {
		return nil, err
	}
	if err := w.ahead(ctx, in, w.pending); err != nil {
		return nil, err
	}
	l := &lots{in: in}
	state, from, size := *j, 0, 0
	cut := func(to int) error {
		next := state
		next.UpdatedAt = w.Records.Clock.Now()
		ops, err := w.results(&next, w.pending[from:to])
		if err != nil {
			return err
		}
		put, err := next.Put()
		if err != nil {
			return err
		}
		in.Cut(append(ops, put))
		next.Saved()
		state, from, size = next, to, 0
		l.ends = append(l.ends, lotEnd{next, to})
		return nil
	}
	for i := 0; i < len(w.pending); {
		switch err := w.take(ctx, in, &w.pending[i]); {
		case errors.Is(err, repository.ErrFull):
			if err := cut(i); err != nil {
				return nil, err
			}
		case errors.Is(err, repository.ErrSeal):
			if i > from {
				err = cut(i)
			} else {
				err = nil
			}
			return l, err // what follows needs what is written by then
		case err != nil:
			return nil, err
		default:
			size += w.pending[i].size()
			if i++; size > chunkSize || i-from >= w.sizes.lot {
				if err := cut(i); err != nil {
					return nil, err
				}
			}
		}
	}
	if from < len(w.pending) {
		return l, cut(len(w.pending))
	}
	return l, nil
}

func (w *work) snapshot(ctx context.Context) error {
	written := w.read - int64(len(w.pending))
	if written-w.saved < snapshotRows {
		return nil
	}
	w.saved = written
	return w.Records.Snapshot(ctx, w.grant)
}

// results moves the job over rows and gives the operations that write what became of them.
func (w *work) results(j *job.Job, rows []pending) ([]store.Op, error) {
	counts := map[string]int64{}
	for name, n := range j.Counts {
		counts[name] = n
	}
	var all, refused []RowResult
	for _, p := range rows {
		if p.result.Result == "" {
			continue
		}
		if p.result.Result != Skip {
			counts["rows"]++
		}
		counts[p.result.Result]++
		counts["done"]++
		whole := p.result
		whole.Values = nil
		all = append(all, whole)
		if p.result.Result == Refused {
			refused = append(refused, p.result)
		}
	}
	var at cursor
	if err := at.of(j); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(cursor{Row: at.Row + int64(len(rows))})
	if err != nil {
		return nil, err
	}
	j.Cursor, j.Counts = raw, counts
	ops, err := w.pack(j, allRows, all)
	if err != nil {
		return nil, err
	}
	more, err := w.pack(j, refusedRows, refused)
	return append(ops, more...), err
}

// What the items of results hold, in their names behind the attempt.
const (
	allRows     = "/a/"
	refusedRows = "/r/"
	alikeRows   = "/l/"
)

// packSize is how large an item of results gets.
const packSize = store.MaxValue / 2

// pack puts results into items, each named by its last line.
func (w *work) pack(j *job.Job, kind string, results []RowResult) ([]store.Op, error) {
	var ops []store.Op
	var item []byte
	flush := func(line int) {
		if len(item) > 0 {
			ops = append(ops, store.Op{Kind: store.Put, Key: j.Item(w.params.Attempt + kind + lineName(line)),
				Expect: store.Absent, Value: append(item, ']')})
			item = nil
		}
	}
	for i, r := range results {
		raw, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		if len(raw) > packSize {
			r.Values = nil // a row of very many cells: its file still has them
			if raw, err = json.Marshal(r); err != nil {
				return nil, err
			}
		}
		if len(item)+len(raw) > packSize {
			flush(results[i-1].Line)
		}
		if len(item) == 0 {
			item = append(item, '[')
		} else {
			item = append(item, ',')
		}
		item = append(item, raw...)
	}
	if len(results) > 0 {
		flush(results[len(results)-1].Line)
	}
	return ops, nil
}

func lineName(line int) string { return fmt.Sprintf("%09d", line) }

// Finish writes the file of refused rows and the snapshot of a run.
func (w *work) Finish(ctx context.Context, j *job.Job) error {
	if w.dry {
		return nil
	}
	if err := w.errorFile(ctx, j); err != nil {
		return err
	}
	return w.Records.Snapshot(ctx, w.grant)
}

// Close releases the file.
func (w *work) Close() error {
	if w.rows != nil {
		w.rows.Close()
	}
	if w.object != nil {
		return w.object.Close()
	}
	return nil
}
