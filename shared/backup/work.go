package backup

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"

	"github.com/muster-crm/muster/shared/backup/archive"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// partSize is about how large a part is when it is closed.
const partSize = 8 << 20

// Worker works on backups; RestoreWorker on restores.
func (b *Backups) Worker() job.Worker { return making{b} }

type making struct{ *Backups }

// Open readies a backup at its cursor.
func (m making) Open(ctx context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	w := &makingWork{Backups: m.Backups, grant: g}
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &w.at); err != nil {
			return nil, err
		}
	}
	return w, nil
}

type makingWork struct {
	*Backups
	grant policy.Grant
	at    place
}

// Chunk writes one part, or puts the parts together.
func (w *makingWork) Chunk(ctx context.Context, j *job.Job) (end bool, err error) {
	if w.at.Stage == composeStage {
		return true, w.compose(ctx, j)
	}
	counts := maps.Clone(j.Counts)
	if counts == nil {
		counts = map[string]int64{}
	}
	s := &scanner{Backups: w.Backups, grant: w.grant, t: j.Tenant(), at: w.at, counts: counts}
	if err := w.part(ctx, j, s); err != nil {
		return false, err
	}
	s.at.Parts++
	next := *j
	next.Counts = counts
	if next.Cursor, err = json.Marshal(s.at); err != nil {
		return false, err
	}
	if err := w.Jobs.Save(ctx, &next); err != nil {
		return false, err
	}
	*j, w.at = next, s.at
	return false, nil
}

// part writes entries into the next part until it is large enough, or there are no more.
func (w *makingWork) part(ctx context.Context, j *job.Job, s *scanner) error {
	r, out := io.Pipe()
	stored := make(chan error, 1)
	go func() {
		_, err := w.Blobs.Put(ctx, part(j, s.at.Parts), r, blob.Options{ContentType: "application/gzip"})
		r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // whoever still writes stops
		stored <- err
	}()
	err := w.write(ctx, out, s)
	out.CloseWithError(err) // nil is the end of the part
	putErr := <-stored
	if err == nil {
		err = putErr
	}
	return store.Fault(err)
}

func (w *makingWork) write(ctx context.Context, out io.Writer, s *scanner) error {
	m, err := archive.NewMember(out, s.at.Sum)
	if err != nil {
		return err
	}
	for m.Written() < partSize {
		e, err := s.next(ctx)
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		if err := m.Add(e.name, e.size, e); err != nil {
			return err
		}
		if e.done != nil {
			if err := e.done(); err != nil {
				return err
			}
		}
	}
	if s.at.Sum, err = m.Close(); err != nil || s.at.Stage != composeStage {
		return err
	}
	return archive.WriteEnd(out, archive.End{Records: s.counts["records"], Changes: s.counts["changes"], Files: s.counts["files"],
		Number: s.at.Number, Sum: s.at.Sum})
}

// compose puts the parts together to one file. It may be done again.
func (w *makingWork) compose(ctx context.Context, j *job.Job) error {
	parts := make([]string, w.at.Parts)
	for n := range parts {
		parts[n] = part(j, n)
	}
	if _, err := w.Blobs.Stat(ctx, file(j)); err == nil {
		return nil // done by somebody who died behind it
	}
	_, err := w.Blobs.Compose(ctx, file(j), parts, blob.Options{ContentType: "application/gzip"})
	return err
}

// Finish removes the parts.
func (w *makingWork) Finish(ctx context.Context, j *job.Job) error {
	for n := range w.at.Parts {
		if err := w.Blobs.Delete(ctx, part(j, n)); err != nil {
			return err
		}
	}
	return nil
}

// Close has nothing to release.
func (w *makingWork) Close() error { return nil }
