// Package backup keeps a whole organisation in one file and brings it back, here or in another installation (IMP-17).
//
// A backup is a job that writes the file in parts of some megabytes, each resumable, and has them put together at the
// end; how the file looks says package archive. It holds the records of every kind, trashed ones too, their history, and
// the files; no passwords, sessions, tokens, jobs or indexes.
//
// Everything in it is as of one moment, although it is read while people go on working: what was written meanwhile is
// read again, until a whole pass saw no commit.
//
// A restore is a job in two phases. The first reads the whole file and holds it against the sums, the layout and the
// kinds, and writes nothing. The second writes it into an organisation that holds nothing yet but its settings and users.
// Records keep their ids, numbers, revisions, times and history; unique keys are claimed anew; users come without
// passwords, see account.Receive. Each chunk is one commit with the job's cursor, so a killed worker leaves whole chunks
// and the next goes on behind them.
//
// Keys used: jobs (package job); objects "<job>/part/<n>" and "<job>/file" of the area "backups", objects "<job>/file" of
// the area "restores", which the bucket's rules remove after a while; all objects of the area "files".
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// The kinds of jobs.
const (
	Kind        = "backup"
	RestoreKind = "restore"
)

// Kept is how long a backup can be fetched.
const Kept = 7 * 24 * time.Hour

// MaxBytes is how large a file may be that is restored.
const MaxBytes = blob.MaxUpload

// The areas of the bucket.
const (
	area        = "backups"
	restoreArea = "restores"
	filesArea   = "files"
)

// Ports are what backups stand on.
type Ports struct {
	Records  *repository.Repository
	Accounts *account.Accounts // nil where nothing is restored
	Jobs     *job.Jobs
	Blobs    blob.Bucket
}

// Backups makes and restores backups.
type Backups struct{ Ports }

// New makes Backups.
func New(p Ports) *Backups { return &Backups{p} }

// allow lets those manage backups who may see and manage everything: a backup holds what is sensitive, and a restore
// makes users.
func allow(g policy.Grant) error {
	if g.Role() != policy.Owner {
		return fault.New(fault.Denied, "denied", "action", string(policy.Manage))
	}
	return nil
}

// Create makes a backup of the caller's organisation and begins with it. Faults: Denied for anybody but an owner.
func (b *Backups) Create(ctx context.Context, g policy.Grant) (*job.Job, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	cfg, err := b.Records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	j, err := b.Jobs.Create(ctx, g, Kind, "bak", cfg.Settings.Name, struct{}{})
	if err != nil {
		return nil, err
	}
	return b.Jobs.Start(ctx, g, j.ID, "run", func(*job.Job) error { return nil })
}

// Get reads a backup or a restore by its id.
func (b *Backups) Get(ctx context.Context, g policy.Grant, kind, id string) (*job.Job, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	j, err := b.Jobs.Get(ctx, g, id)
	if err != nil {
		return nil, err
	}
	if j.Kind != kind {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	return j, nil
}

// List gives the backups and restores of the organisation, newest first, a page at a time.
func (b *Backups) List(ctx context.Context, g policy.Grant, kind, after string, limit int) (jobs []*job.Job, next string, err error) {
	if err := allow(g); err != nil {
		return nil, "", err
	}
	for {
		page, more, err := b.Jobs.List(ctx, g, after, 100)
		if err != nil {
			return nil, "", err
		}
		for _, j := range page {
			if j.Kind != kind {
				continue
			}
			if len(jobs) == limit {
				return jobs, jobs[limit-1].ID, nil
			}
			jobs = append(jobs, j)
		}
		if more == "" {
			return jobs, "", nil
		}
		after = more
	}
}

// Download gives an address at which the caller gets a finished backup, for some minutes. Faults: NotFound, also once the
// file is no longer kept; Conflict (job_running) while it is being made.
func (b *Backups) Download(ctx context.Context, g policy.Grant, id string) (string, error) {
	j, err := b.Get(ctx, g, Kind, id)
	if err != nil {
		return "", err
	}
	switch {
	case !j.State.Ended():
		return "", fault.New(fault.Conflict, "job_running")
	case j.State != job.Done:
		return "", fault.New(fault.NotFound, "not_found")
	}
	if _, err := b.Blobs.Stat(ctx, file(j)); err != nil {
		if errors.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "not_found")
		}
		return "", err
	}
	return b.Blobs.SignDownload(ctx, file(j), blob.DownloadOptions{FileName: FileName(j), ContentType: "application/gzip", Expires: 5 * time.Minute})
}

// Open reads a finished backup. Faults as Download's.
func (b *Backups) Open(ctx context.Context, g policy.Grant, id string) (io.ReadCloser, error) {
	if _, err := b.Download(ctx, g, id); err != nil {
		return nil, err
	}
	j, err := b.Get(ctx, g, Kind, id)
	if err != nil {
		return nil, err
	}
	r, _, err := b.Blobs.Get(ctx, file(j))
	return r, err
}

// FileName is what a backup is called on the caller's disk.
func FileName(j *job.Job) string {
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' || r == '\\' {
			return '-'
		}
		return r
	}, j.Title)
	return fmt.Sprintf("%s-%s.muster.tar.gz", name, j.CreatedAt.Format(time.DateOnly))
}

// file names the object of a backup or of an upload that is restored.
func file(j *job.Job) string {
	if j.Kind == RestoreKind {
		return j.Tenant().Blob(restoreArea, j.ID+"/file")
	}
	return j.Tenant().Blob(area, j.ID+"/file")
}

func part(j *job.Job, n int) string {
	return j.Tenant().Blob(area, j.ID+"/part/"+strconv.Itoa(n))
}

// CreateRestore makes a restore and the form its file is uploaded with. Faults: Denied; Invalid for a missing name or a
// size of none or too much; Conflict (holds_records) when the organisation holds records.
func (b *Backups) CreateRestore(ctx context.Context, g policy.Grant, fileName string, size int64) (*job.Job, blob.Upload, error) {
	fileName = record.Clean(fileName, false)
	var faults []fault.Field
	switch {
	case fileName == "":
		faults = append(faults, fault.At("fileName", "required"))
	case len([]rune(fileName)) > maxName:
		faults = append(faults, fault.At("fileName", "too_long", "max", strconv.Itoa(maxName)))
	}
	switch {
	case size < 1:
		faults = append(faults, fault.At("size", "file_empty"))
	case size > MaxBytes:
		faults = append(faults, fault.At("size", "file_too_large"))
	}
	if err := allow(g); err != nil {
		return nil, blob.Upload{}, err
	}
	if err := fault.Fields(faults); err != nil {
		return nil, blob.Upload{}, err
	}
	if err := b.bare(ctx, g); err != nil {
		return nil, blob.Upload{}, err
	}
	j, err := b.Jobs.Create(ctx, g, RestoreKind, restorePrefix, fileName, struct{}{})
	if err != nil {
		return nil, blob.Upload{}, err
	}
	upload, err := b.Blobs.SignUpload(ctx, file(j), blob.UploadOptions{MaxBytes: MaxBytes, Expires: time.Hour})
	return j, upload, err
}

// Take makes a restore of a file this program reads itself. Faults: Denied; Conflict (holds_records).
func (b *Backups) Take(ctx context.Context, g policy.Grant, fileName string, r io.Reader) (*job.Job, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	if err := b.bare(ctx, g); err != nil {
		return nil, err
	}
	j, err := b.Jobs.Create(ctx, g, RestoreKind, restorePrefix, fileName, struct{}{})
	if err != nil {
		return nil, err
	}
	_, err = b.Blobs.Put(ctx, file(j), r, blob.Options{MaxBytes: MaxBytes})
	return j, err
}

const (
	restorePrefix = "rst"
	maxName       = 255 // characters
)

// bare refuses to restore into an organisation that holds something.
func (b *Backups) bare(ctx context.Context, g policy.Grant) error {
	bare, err := b.Records.Bare(ctx, g)
	if err == nil && !bare {
		err = fault.New(fault.Conflict, "holds_records")
	}
	return err
}

// Offer gives a form that a page uploads a file with before there is a restore of it. Afterwards the browser goes to the
// address back gives for the id, where Adopt is to be called.
func (b *Backups) Offer(ctx context.Context, g policy.Grant, back func(id string) string) (blob.Upload, error) {
	if err := allow(g); err != nil {
		return blob.Upload{}, err
	}
	id := b.Records.IDs.New(restorePrefix)
	return b.Blobs.SignUpload(ctx, g.Tenant().Blob(restoreArea, id+"/file"), blob.UploadOptions{MaxBytes: MaxBytes, Expires: time.Hour, Redirect: back(id)})
}

// Adopt makes a restore of a file that was uploaded with a form of Offer; called again it gives the same one. Faults:
// NotFound when there is no such file; Conflict (holds_records).
func (b *Backups) Adopt(ctx context.Context, g policy.Grant, id, fileName string) (*job.Job, error) {
	if err := allow(g); err != nil {
		return nil, err
	}
	if rest, ok := strings.CutPrefix(id, restorePrefix+"_"); !ok || len(rest) != 26 || strings.ContainsFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	if _, err := b.Blobs.Stat(ctx, g.Tenant().Blob(restoreArea, id+"/file")); err != nil {
		if errors.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "not_found")
		}
		return nil, err
	}
	if err := b.bare(ctx, g); err != nil {
		return nil, err
	}
	if r := []rune(record.Clean(fileName, false)); len(r) > maxName {
		fileName = string(r[:maxName])
	}
	if _, err := b.Jobs.CreateAs(ctx, g, id, RestoreKind, fileName, struct{}{}); err != nil && !job.Moved(err) {
		return nil, err
	}
	return b.Get(ctx, g, RestoreKind, id)
}

// Check begins the first phase of a restore: the whole file is read, nothing is written. Faults: Conflict (not_uploaded)
// before there is a file, (restore_started) after it ran.
func (b *Backups) Check(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
	j, err := b.Get(ctx, g, RestoreKind, id)
	if err != nil {
		return nil, err
	}
	if _, err := b.Blobs.Stat(ctx, file(j)); errors.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "not_uploaded")
	} else if err != nil {
		return nil, err
	}
	return b.Jobs.Start(ctx, g, id, "preview", func(j *job.Job) error {
		if j.Phase == "run" {
			return fault.New(fault.Conflict, "restore_started")
		}
		j.Counts = nil
		return nil
	})
}

// Run begins the second phase: what was checked is written. It may be called again after a failure and goes on with what
// is missing. Faults: Conflict (not_checked) before the first phase has ended well, (holds_records).
func (b *Backups) Run(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
	j, err := b.Get(ctx, g, RestoreKind, id)
	if err != nil {
		return nil, err
	}
	if j.State == job.Previewed {
		if err := b.bare(ctx, g); err != nil {
			return nil, err
		}
	}
	return b.Jobs.Start(ctx, g, id, "run", func(j *job.Job) error {
		if j.State != job.Previewed && (j.Phase != "run" || j.State == job.Done) {
			return fault.New(fault.Conflict, "not_checked")
		}
		var p restoreParams
		if err := json.Unmarshal(j.Params, &p); err != nil {
			return err
		}
		j.Counts, j.Total = nil, p.End.Records+p.End.Changes+p.End.Files
		return nil
	})
}
