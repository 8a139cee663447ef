package exporter

import (
	"bufio"
	"context"
	"encoding/json"
	"io"

	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/store"
)

// That a record was exported is noted beside it, in the action log, before the file can be had: by its row, and where a row
// is a linked contact's, for the contact as well.

const (
	notedAtOnce = store.MaxActions - 10 // records of one commit
	noteCommits = 20                    // of one chunk
)

// note writes down the next records of the list.
func (w *work) note(ctx context.Context, j *job.Job) error {
	object, err := w.Blobs.Open(ctx, j.Tenant().Blob(area, w.at.List))
	if err != nil {
		return err
	}
	defer object.Close()
	n := noter{job: j, act: deed.Export, detail: string(w.order.Format), most: w.noted, begin: w.at.Noted}
	if w.order.Rows == PerContact { // one contact may stand in many rows: those noted before are read again
		n.begin, n.seen = 0, map[string]bool{}
	}
	n.lines = bufio.NewReaderSize(io.NewSectionReader(object, n.begin, object.Size()-n.begin), 64<<10)
	if _, _, err := n.take(w.at.Noted - n.begin); err != nil {
		return err
	}
	for range noteCommits {
		at := w.at
		entries, last, err := n.take(-1)
		if err != nil {
			return err
		}
		at.Noted = n.begin
		if last {
			at.Stage = composing
		}
		ops, err := deed.Ops(j.Tenant(), entries...)
		if err != nil {
			return err
		}
		if err := w.save(ctx, j, at, ops); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
	return nil
}

// save moves an export on, with what goes with it.
func (w *work) save(ctx context.Context, j *job.Job, at place, ops []store.Op) error {
	next := *j
	var err error
	if next.Cursor, err = json.Marshal(at); err != nil {
		return err
	}
	if err := w.Jobs.Save(ctx, &next, ops...); err != nil {
		return err
	}
	*j, w.at = next, at
	return nil
}

// noter makes entries of the action log from a list of rows.
type noter struct {
	job    *job.Job
	act    deed.Act
	detail string
	most   int // records of one commit
	lines  *bufio.Reader
	begin  int64           // bytes of the list that are behind it
	last   string          // the record of the row before
	seen   map[string]bool // linked contacts so far
}

// take reads the next records, as many as one commit notes; or, to pass over them, those of the next so many bytes.
func (n *noter) take(bytes int64) (entries []deed.Entry, last bool, err error) {
	goal := n.begin + bytes
	for (bytes < 0 && len(entries) < n.most) || n.begin < goal {
		line, err := n.lines.ReadString('\n')
		if err == io.EOF {
			return entries, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		r, err := readRow(line)
		if err != nil {
			return nil, false, err
		}
		n.begin += int64(len(line))
		if r.ID != n.last {
			n.last = r.ID
			entries = append(entries, n.entry(r.ID))
		}
		if id := r.contact.ID; id != "" && !n.seen[id] {
			n.seen[id] = true
			entries = append(entries, n.entry(id))
		}
	}
	return entries, false, nil
}

func (n *noter) entry(id string) deed.Entry {
	return deed.Entry{At: n.job.StartedAt, Act: n.act, Record: id, Ref: n.job.ID, Detail: n.detail}.By(n.job.Maker)
}
