package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup/archive"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// restoreParams are what a restore knows of its file once it has been checked.
type restoreParams struct {
	Head archive.Head `json:"head,omitzero"`
	End  archive.End  `json:"end,omitzero"`
}

// Checked tells what the file of a restore holds, once its first phase has ended well.
func Checked(j *job.Job) (archive.Head, archive.End, bool) {
	var p restoreParams
	if err := json.Unmarshal(j.Params, &p); err != nil {
		return archive.Head{}, archive.End{}, false
	}
	return p.Head, p.End, p.Head.Format != 0
}

// Owner reads the line of an owner who can sign in.
func Owner(line archive.Record) (u account.User, ok bool) {
	if line.Kind != account.Name || json.Unmarshal(line.Value, &u) != nil {
		return u, false
	}
	return u, policy.Role(u.Role) == policy.Owner && u.DeletedAt == nil && u.Blocked == nil
}

// spot is how far a restore has come: the cursor of its job.
type spot struct {
	Mark  archive.Mark      `json:"mark"`            // of the member that is being read
	Items int64             `json:"items,omitempty"` // lines and files of it that are written
	Users map[string]string `json:"users,omitempty"` // ids of users that are others here
	Head  *archive.Head     `json:"head,omitempty"`
}

// RestoreWorker works on restores.
func (b *Backups) RestoreWorker() job.Worker { return restoring{b} }

type restoring struct{ *Backups }

// Open readies a restore at its cursor.
func (r restoring) Open(ctx context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	w := &restoringWork{Backups: r.Backups, grant: g}
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &w.at); err != nil {
			return nil, err
		}
	}
	var err error
	w.object, err = w.Blobs.Open(ctx, file(j))
	return w, err
}

type restoringWork struct {
	*Backups
	grant  policy.Grant
	at     spot
	object blob.Object
}

// Close releases the file.
func (w *restoringWork) Close() error {
	if w.object == nil {
		return nil
	}
	return w.object.Close()
}

// Finish writes a snapshot of the index, so that whoever asks next need not build it.
func (w *restoringWork) Finish(ctx context.Context, j *job.Job) error {
	if j.Phase == "preview" {
		return nil
	}
	return w.Records.Snapshot(ctx, w.grant)
}

// Chunk reads one member: to check it, or to write what is in it.
func (w *restoringWork) Chunk(ctx context.Context, j *job.Job) (end bool, err error) {
	r := archive.NewReader(w.object, w.object.Size(), w.at.Mark)
	a := &arriving{restoringWork: w, j: j, head: w.at.Head, until: time.Now().Add(span)}
	a.counts = maps.Clone(j.Counts)
	if a.counts == nil {
		a.counts = map[string]int64{}
	}
	handle := a.check
	if j.Phase != "preview" {
		handle = a.write
	}
	more, err := r.Member(func(e archive.Entry) error { return handle(ctx, e) })
	if err == nil && j.Phase != "preview" {
		err = a.flush(ctx)
	}
	if errors.Is(err, errPause) {
		return false, nil // what is written is noted; the rest of the member is the next chunk
	}
	if err != nil {
		return false, refusal(err)
	}
	next := *a.j
	at := spot{Mark: r.Mark(), Users: w.at.Users, Head: a.head}
	if j.Phase == "preview" {
		next.Counts = a.counts
		if e, ok := r.End(); ok {
			if err := a.settle(e, &next); err != nil {
				return false, err
			}
		}
	}
	if !more {
		*j = next
		return true, nil
	}
	if next.Cursor, err = json.Marshal(at); err != nil {
		return false, err
	}
	if err := w.Jobs.Save(ctx, &next); err != nil {
		return false, err
	}
	*j, w.at = next, at
	return false, nil
}

// span is how long a chunk writes; then the job's lease is renewed and its maker's rights are looked at.
const span = 10 * time.Second

var errPause = errors.New("backup: the chunk has lasted long enough")

// refusal makes a fault people can read of what is wrong with a file.
func refusal(err error) error {
	switch {
	case errors.Is(err, archive.ErrNewer):
		return fault.Wrap(fault.Invalid, "backup_newer", err)
	case errors.Is(err, archive.ErrDamaged):
		return fault.Wrap(fault.Invalid, "backup_damaged", err)
	}
	return err
}

// settle holds what a file says it has against what was found, and keeps it for the second phase.
func (a *arriving) settle(e archive.End, j *job.Job) error {
	if e.Records != a.counts["records"] || e.Changes != a.counts["changes"] || e.Files != a.counts["files"] || e.Number < 1 || a.head == nil {
		return fault.New(fault.Invalid, "backup_damaged")
	}
	raw, err := json.Marshal(restoreParams{Head: *a.head, End: e})
	j.Params = raw
	return err
}

// arriving is one member of a file on its way in.
type arriving struct {
	*restoringWork
	j       *job.Job
	head    *archive.Head
	counts  map[string]int64
	until   time.Time
	seen    int64 // lines and files of the member that have passed
	pending repository.Arrival
	cost    int
	bytes   int
}

// check holds an entry against the layout and the kinds.
func (a *arriving) check(_ context.Context, e archive.Entry) error {
	switch {
	case e.Name == archive.HeadName:
		head, err := archive.ReadHead(e)
		a.head = &head
		return err
	case strings.HasPrefix(e.Name, archive.Records):
		return lines(e, func(r archive.Record) error {
			a.counts["records"]++
			a.counts["done"]++
			_, err := a.decode(r)
			return err
		})
	case strings.HasPrefix(e.Name, archive.Changes):
		return lines(e, func(c archive.Change) error {
			a.counts["changes"]++
			a.counts["done"]++
			var change record.Change
			if !record.WellFormed(c.ID) || c.Revision < 1 || len(c.Value) > store.MaxValue || json.Unmarshal(c.Value, &change) != nil {
				return fault.New(fault.Invalid, "backup_damaged")
			}
			return nil
		})
	}
	a.counts["files"]++
	a.counts["done"]++
	_, err := a.object(e)
	return err
}

// object gives the key of a file's object here.
func (a *arriving) object(e archive.Entry) (string, error) {
	name, ok := strings.CutPrefix(e.Name, archive.Files+filesArea+"/")
	if !ok || blob.CheckKey(name) != nil || len(name) > blob.MaxKey/2 || e.Size > blob.MaxUpload {
		return "", fault.New(fault.Invalid, "backup_damaged")
	}
	return a.j.Tenant().Blob(filesArea, name), nil
}

func lines[T any](e archive.Entry, f func(T) error) error {
	block, err := e.Block()
	if err != nil {
		return err
	}
	return archive.Lines(block, f)
}

// decode reads a record of a file by its kind.
func (a *arriving) decode(r archive.Record) (record.Record, error) {
	k, ok := a.Records.Kinds.Kind(r.Kind)
	if !ok {
		return nil, fault.New(fault.Invalid, "backup_newer")
	}
	owner := r.Owner
	if owner == "" {
		owner = r.ID
	}
	if !record.WellFormed(r.ID) || k.Owner(r.ID) != owner || r.Revision < 1 || len(r.Value) > store.MaxValue {
		return nil, fault.New(fault.Invalid, "backup_damaged")
	}
	rec, err := k.Decode(r.Value, r.Revision)
	if err != nil || rec.Base().ID != r.ID || rec.Base().Kind != r.Kind {
		return nil, fault.New(fault.Invalid, "backup_damaged")
	}
	return rec, nil
}

// write takes an entry in, as far as that has not been done.
func (a *arriving) write(ctx context.Context, e archive.Entry) error {
	switch {
	case e.Name == archive.HeadName:
		return nil
	case strings.HasPrefix(e.Name, archive.Records):
		return lines(e, func(r archive.Record) error { return a.record(ctx, r) })
	case strings.HasPrefix(e.Name, archive.Changes):
		return lines(e, func(c archive.Change) error {
			if a.seen++; a.seen <= a.at.Items {
				return nil
			}
			if err := a.room(ctx, 1, len(c.Value)); err != nil {
				return err
			}
			a.pending.Changes = append(a.pending.Changes, repository.MovedChange{ID: c.ID, Revision: c.Revision, Value: a.translate(c.Value)})
			return nil
		})
	}
	if a.seen++; a.seen <= a.at.Items {
		return nil
	}
	key, err := a.object(e)
	if err != nil {
		return err
	}
	if _, err := a.Blobs.Put(ctx, key, e, blob.Options{}); err != nil {
		return err
	}
	a.counts["files"]++
	a.counts["done"]++
	return a.flush(ctx)
}

func (a *arriving) record(ctx context.Context, r archive.Record) error {
	if a.seen++; a.seen <= a.at.Items {
		return nil
	}
	rec, err := a.decode(r)
	if err != nil {
		return err
	}
	if r.Kind == account.Name {
		return a.user(ctx, r)
	}
	if err := a.room(ctx, repository.ReceiveCost(rec), len(r.Value)); err != nil {
		return err
	}
	a.pending.Records = append(a.pending.Records, repository.Moved{Kind: r.Kind, ID: r.ID, Revision: r.Revision, Value: a.translate(r.Value)})
	return nil
}

// user takes a user in. Who has their login here already stands for them from now on.
func (a *arriving) user(ctx context.Context, r archive.Record) error {
	a.seen-- // the chunk before ends in front of the user
	if err := a.flush(ctx); err != nil {
		return err
	}
	a.seen++
	here, err := a.Accounts.Receive(ctx, a.by(), r.Value, r.Revision)
	if err != nil {
		return err
	}
	if here != r.ID {
		users := maps.Clone(a.at.Users)
		if users == nil {
			users = map[string]string{}
		}
		users[r.ID] = here
		a.at.Users = users
	}
	a.counts["records"]++
	a.counts["done"]++
	return a.flush(ctx)
}

// translate puts the ids users have here in the place of those they had.
func (a *arriving) translate(value []byte) []byte {
	for there, here := range a.at.Users {
		value = bytes.ReplaceAll(value, []byte(`"`+there+`"`), []byte(`"`+here+`"`))
	}
	return value
}

func (a *arriving) by() repository.Write {
	return repository.Write{Grant: a.grant, Batch: a.j.ID}
}

// maxBytes is about how much one commit takes in.
const maxBytes = 2 << 20

// room sees to it that what comes next fits the commit under way.
func (a *arriving) room(ctx context.Context, cost, size int) error {
	if a.cost+cost > log.MaxOps-1 || a.bytes+size > maxBytes {
		a.seen--
		if err := a.flush(ctx); err != nil {
			return err
		}
		a.seen++
	}
	a.cost, a.bytes = a.cost+cost, a.bytes+size
	return nil
}

// flush commits what is pending, with the cursor behind it.
func (a *arriving) flush(ctx context.Context) error {
	if a.seen <= a.at.Items {
		return nil
	}
	a.counts["records"] += int64(len(a.pending.Records))
	a.counts["changes"] += int64(len(a.pending.Changes))
	a.counts["done"] += int64(len(a.pending.Records) + len(a.pending.Changes))
	at := a.at
	at.Items = a.seen
	next := *a.j
	var err error
	if next.Cursor, err = json.Marshal(at); err != nil {
		return err
	}
	next.Counts = maps.Clone(a.counts)
	var p restoreParams
	if err := json.Unmarshal(a.j.Params, &p); err != nil {
		return err
	}
	a.pending.Number = p.End.Number
	put, err := next.Put()
	if err != nil {
		return err
	}
	err = a.Records.Receive(ctx, a.by(), a.pending, func() ([]store.Op, error) { return []store.Op{put}, nil })
	if err := a.j.Become(&next, err); err != nil {
		return err
	}
	a.at = at
	a.pending, a.cost, a.bytes = repository.Arrival{}, 0, 0
	if time.Now().After(a.until) {
		return errPause
	}
	return ctx.Err()
}
