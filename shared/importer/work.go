package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/store"
)

const (
	previewChunk = 500    // rows of a preview's chunk
	snapshotRows = 20_000 // rows after which a run writes a snapshot of the index
	jobOps       = 8      // operations of a chunk's commit that are not contacts: job, results
)

// cursor is how far an import has come.
type cursor struct {
	Row int64 `json:"row"` // rows of the sheet whose results are written
}

// work is an import being previewed or run.
type work struct {
	*Importer
	grant   policy.Grant
	params  params
	object  blob.Object
	book    *sheet.Book
	rows    *sheet.Rows
	layout  sheet.Layout
	columns []*column
	dry     *repository.Dry // of a preview
	read    int64           // rows read from the sheet
	pending []pending       // rows read and not yet committed
	held    *pending        // a row that did not fit its chunk any more
	eof     bool
	seq     int64         // of the log after our last commit
	took    time.Duration // by our last chunk
	saved   int64         // rows at the last snapshot
}

// pending is a row between reading and committing.
type pending struct {
	row    sheet.Row
	result RowResult
	record record.Record // nil when the row is refused or no data
	cost   int           // operations, if it becomes a contact
	weight int           // bytes of its results, at a generous guess
	size   int           // bytes of its cells
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
	w := &work{Importer: i, grant: g.Via("import"), params: p}
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
	if w.book, err = sheet.Open(w.object, w.object.Size(), sheet.Options{Sheet: plan.Sheet, Encoding: plan.Encoding}); err != nil {
		return err
	}
	sample, err := w.book.Sample(plan.Sheet, sampleRows)
	if err != nil {
		return err
	}
	w.layout = layoutOf(sample, plan)
	cfg, err := w.Records.Config(ctx, w.grant)
	if err != nil {
		return err
	}
	plan.cfg = cfg
	w.columns = columnsOf(plan, sample, w.layout, cfg.Fields)
	if w.rows, err = w.book.Rows(plan.Sheet); err != nil {
		return err
	}
	if j.Phase == "preview" {
		if w.dry, err = w.Records.DryRun(ctx, w.write(j), contact.Name); err != nil {
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
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &at); err != nil {
			return err
		}
	}
	w.saved = at.Row
	for w.read < at.Row {
		if w.dry == nil {
			if !w.rows.Next() {
				return w.rows.Err()
			}
			w.read++
			continue
		}
		if err := w.fill(min(previewChunk, int(at.Row-w.read)), 0); err != nil {
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

// What a run's chunk holds at most, so that it is one commit whatever its rows become: contacts, or results of rejected
// rows that repeat their cells.
const (
	chunkWeight = 2 * packSize
	chunkSize   = 512 << 10
)

// fill reads rows until there are most of them, or until they make a chunk of the given number of operations (0: no
// limit).
func (w *work) fill(most, operations int) error {
	cost, weight, size := 0, 0, 0
	for len(w.pending) < most && !w.eof {
		var p pending
		if w.held != nil {
			p, w.held = *w.held, nil
		} else {
			if !w.rows.Next() {
				w.eof = true
				return w.rows.Err()
			}
			w.read++
			p = w.convert(w.rows.Row().Clone())
		}
		cost, weight, size = cost+p.cost, weight+p.weight, size+p.size
		if operations > 0 && len(w.pending) > 0 && (cost > operations || weight > chunkWeight || size > chunkSize) {
			w.held = &p
			return nil
		}
		w.pending = append(w.pending, p)
	}
	return nil
}

// convert gives a row's first fate: no data, not understood, or a contact to be judged.
func (w *work) convert(row sheet.Row) pending {
	p := pending{row: row, result: RowResult{Line: row.Line}}
	if row.Line == w.layout.HeaderLine {
		return p // no result: a mapping has been made of it
	}
	if skip := w.layout.Skip(row); skip != "" {
		p.result.Result, p.result.Reasons, p.result.Title = Skip, []Reason{{Code: skip, Note: true}}, opening(row)
		p.weight = 400
		return p
	}
	d, refused, notes := convert(w.params.Plan, w.columns, row)
	p.result.Reasons = notes
	p.weight = 400 + 400*(len(refused)+len(notes))
	for _, c := range row.Cells {
		p.weight += min(len(c.Text), 4*maxShown) + 4
		p.size += len(c.Text)
	}
	if len(refused) > 0 {
		p.refuse(refused)
		return p
	}
	p.record = d.Contact
	p.cost = repository.Cost(d.Contact)
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
	p.result.Values = nil
	for _, c := range p.row.Cells {
		value := []rune(c.Text)
		if len(value) > maxShown {
			value = append(value[:maxShown:maxShown], '…')
		}
		p.result.Values = append(p.result.Values, string(value))
	}
}

// maxShown is how much of a cell a result repeats.
const maxShown = 100

// settle gives a judged row its result.
func (p *pending) settle(out repository.Outcome, columns []*column) {
	if out.Err != nil {
		p.refuse(reasons(out.Err, columns))
		return
	}
	p.result.Result, p.result.Title = Create, record.Title(p.record)
	for _, warning := range out.Warnings {
		p.result.Reasons = append(p.result.Reasons, Reason{Field: warning.Path, Code: warning.Code, Note: true, Others: warning.Conflicts})
	}
}

func (w *work) records() []record.Record {
	var records []record.Record
	for _, p := range w.pending {
		if p.record != nil {
			records = append(records, p.record)
		}
	}
	return records
}

// judge gives the rows of a preview their fates.
func (w *work) judge(ctx context.Context) error {
	outcomes, err := w.dry.Judge(ctx, w.records())
	if err != nil {
		return err
	}
	w.settle(w.pending, outcomes)
	return nil
}

func (w *work) settle(rows []pending, outcomes []repository.Outcome) {
	n := 0
	for i := range rows {
		if rows[i].record != nil {
			rows[i].settle(outcomes[n], w.columns)
			n++
		}
	}
}

// Chunk does the next rows.
func (w *work) Chunk(ctx context.Context, j *job.Job) (bool, error) {
	if w.dry != nil {
		return w.previewChunk(ctx, j)
	}
	return w.runChunk(ctx, j)
}

func (w *work) previewChunk(ctx context.Context, j *job.Job) (bool, error) {
	if len(w.pending) == 0 {
		if err := w.fill(previewChunk, 0); err != nil {
			return false, err
		}
		if len(w.pending) == 0 {
			return true, nil
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

func (w *work) runChunk(ctx context.Context, j *job.Job) (bool, error) {
	if err := w.rest(ctx); err != nil {
		return false, err
	}
	began := time.Now()
	if len(w.pending) == 0 {
		if err := w.fill(log.MaxOps, log.MaxOps-jobOps); err != nil {
			return false, err
		}
		if len(w.pending) == 0 {
			return true, nil
		}
	}
	var next job.Job
	var rows []pending
	_, err := w.Records.CreateMany(ctx, w.write(j), contact.Name, w.records(), func(outcomes []repository.Outcome) ([]store.Op, error) {
		next = *j
		next.UpdatedAt = w.Records.Clock.Now()
		rows = append([]pending(nil), w.pending...)
		w.settle(rows, outcomes)
		for i := range rows {
			if rows[i].result.Result == Create {
				rows[i].result.RecordID = rows[i].record.Base().ID
			}
		}
		ops, err := w.results(&next, rows)
		if err != nil {
			return nil, err
		}
		put, err := next.Put()
		return append(ops, put), err
	})
	var failed *store.Failed
	if errors.As(err, &failed) {
		return false, fault.New(fault.Conflict, "job_moved")
	}
	if err != nil {
		return false, err
	}
	next.Saved()
	*j, w.pending, w.took = next, nil, time.Since(began)
	return false, w.snapshot(ctx, j)
}

// rest gives people their turn: when somebody else has written since our last chunk, the next one waits as long as that
// took.
func (w *work) rest(ctx context.Context) error {
	seq, err := w.Records.Seq(ctx, w.grant)
	if err != nil {
		return err
	}
	ours := seq == w.seq+1
	w.seq = seq
	if ours || w.took == 0 {
		return nil
	}
	timer := time.NewTimer(w.took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *work) snapshot(ctx context.Context, j *job.Job) error {
	if w.read-w.saved < snapshotRows {
		return nil
	}
	w.saved = w.read
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
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &at); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(cursor{Row: at.Row + int64(len(rows))})
	if err != nil {
		return nil, err
	}
	j.Cursor, j.Counts = raw, counts
	ops, err := w.pack(j, "/a/", all)
	if err != nil {
		return nil, err
	}
	more, err := w.pack(j, "/r/", refused)
	return append(ops, more...), err
}

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
	if w.dry != nil {
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
