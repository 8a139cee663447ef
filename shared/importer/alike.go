package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
)

// Once a preview has judged its last row, it holds all rows that would be new contacts against those who are there, and against
// each other, by the scorer of all doors (DUP-08). What is known of them is gathered while they are judged, which a preview that
// goes on after a stop does anew, and compared at once; then chunk by chunk those that are alike somebody are written down a
// second time, with the note, under "l". They stand in for what was written first, which stays.

// Alike is the fate by which the rows are found that may be of somebody who is there already, or of an earlier row. It is the code
// of the note they get, and the name under which they are counted; AlikeRow is the code where there is but an earlier row.
const (
	Alike    = "alike"
	AlikeRow = "alike_row"
)

// Likeness is somebody a row may be of: a contact that is there, or that of an earlier row.
type Likeness struct {
	ID      string       `json:"id,omitempty" doc:"Of the contact that is there"`
	Line    int          `json:"line,omitempty" doc:"Of the earlier row of the file"`
	Title   string       `json:"title"`
	Level   dedupe.Level `json:"level" enum:"same,likely"`
	Score   int          `json:"score" doc:"0 to 100"`
	Reasons []Agreement  `json:"reasons,omitempty"`
}

// Agreement tells how one field of the two compares.
type Agreement struct {
	Field     string           `json:"field" enum:"firstName,lastName,name,birthDate,gender,email,phone,street,town,taxNumber,website"`
	Agreement dedupe.Agreement `json:"agreement" enum:"same,close,sound,short,part,initial,swapped,different"`
}

// Text says who it is.
func (l Likeness) Text(p *i18n.Printer) string {
	if l.Line == 0 {
		return l.Title
	}
	return p.T("import.alike.line", "line", p.Number(int64(l.Line)), "name", l.Title)
}

// comparing is what a preview knows of the rows that would be new.
type comparing struct {
	with   *repository.Comparison
	lines  []int    // of the rows, by their places in it
	titles []string // of their contacts
	alike  []int    // the lines of those that are alike somebody, in order; nil before they are compared
}

// remember takes the new contacts among rows that were judged into the comparison.
func (c *comparing) remember(rows []pending) error {
	for _, p := range rows {
		if p.result.Result != Create {
			continue
		}
		if err := c.with.Add(p.draft.Contact); err != nil {
			return err
		}
		c.lines, c.titles = append(c.lines, p.result.Line), append(c.titles, p.result.Title)
	}
	return nil
}

// find compares the rows.
func (c *comparing) find(ctx context.Context) error {
	if c.alike != nil {
		return nil
	}
	if err := c.with.Find(ctx); err != nil {
		return err
	}
	c.alike = []int{}
	for _, at := range c.with.Found() {
		c.alike = append(c.alike, c.lines[at])
	}
	return nil
}

// notes tell who the row of a line may be of.
func (c *comparing) notes(line int) []Reason {
	at, ok := slices.BinarySearch(c.lines, line)
	if !ok {
		return nil
	}
	there, row := Reason{Code: Alike, Note: true}, Reason{Code: AlikeRow, Note: true}
	for _, m := range c.with.Of(at) {
		l := Likeness{ID: m.ID, Title: m.Title, Level: m.Level, Score: m.Score.Points}
		for _, r := range m.Score.Reasons {
			l.Reasons = append(l.Reasons, Agreement{r.Field, r.Agreement})
		}
		if m.Before < 0 {
			there.Alike = append(there.Alike, l)
			continue
		}
		l.Line, l.Title = c.lines[m.Before], c.titles[m.Before]
		row.Alike = append(row.Alike, l)
	}
	return slices.DeleteFunc([]Reason{there, row}, func(r Reason) bool { return r.Alike == nil })
}

// alikeSize is about how many bytes of rows that are alike somebody one chunk writes.
const alikeSize = 256 << 10

// compareChunk writes down the next rows that are alike somebody.
func (w *work) compareChunk(ctx context.Context, j *job.Job) (end bool, err error) {
	c := &w.comparing
	if err := c.find(ctx); err != nil {
		return false, err
	}
	var at cursor
	if err := at.of(j); err != nil {
		return false, err
	}
	left, _ := slices.BinarySearch(c.alike, at.Compared+1)
	lines := c.alike[left:]
	if len(lines) == 0 {
		return true, nil
	}
	var rows []RowResult
	for size := 0; len(lines) > 0 && size < alikeSize; {
		part, err := w.written(ctx, j, lines[0])
		if err != nil {
			return false, err
		}
		for _, row := range part {
			if len(lines) == 0 || row.Line < lines[0] || size >= alikeSize {
				continue
			}
			at.Compared, lines = lines[0], lines[1:]
			if row.Line != at.Compared || row.Result != Create {
				continue // judged otherwise before the preview was stopped
			}
			row.Reasons = append(row.Reasons, c.notes(row.Line)...)
			raw, err := json.Marshal(row)
			if err != nil {
				return false, err
			}
			rows, size = append(rows, row), size+len(raw)
		}
	}
	next := *j
	if len(rows) > 0 {
		next.Counts = maps.Clone(j.Counts)
		next.Counts[Alike] += int64(len(rows))
	}
	if next.Cursor, err = json.Marshal(at); err != nil {
		return false, err
	}
	ops, err := w.pack(&next, alikeRows, rows)
	if err != nil {
		return false, err
	}
	if err := w.Jobs.Save(ctx, &next, ops...); err != nil {
		return false, err
	}
	*j = next
	return false, nil
}

// written reads the results that were written together with that of a line.
func (w *work) written(ctx context.Context, j *job.Job, line int) ([]RowResult, error) {
	prefix := w.params.Attempt + allRows
	items, _, err := w.Jobs.Items(ctx, j, prefix, prefix+lineName(line-1), 1)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("importer: no result of line %d", line)
	}
	var rows []RowResult
	return rows, json.Unmarshal(items[0].Value, &rows)
}
