// Package importer turns files into contacts. An import is a job with a file: it is created, the file is uploaded to the
// bucket by whoever made it, looked at, mapped, previewed row by row without writing anything, run, and ends with a
// result for each row and a file of the rows that were refused, in the same columns, to be corrected and sent in again.
// For thirty days it can be taken back.
//
// A row makes a contact, or, where the plan says so, goes into the one that its key finds: column by column by a rule. It may
// name groups, families and companies, which are found or made with it. A plan can be kept by name for lists with the same
// headers.
//
// Keys used: the job (package job); its items "<attempt>/a/<line>" with the results of all rows, "<attempt>/r/<line>"
// with the refused ones alone, "<attempt>/l/<line>" with those of a preview that are alike somebody, "u/<undo>/<line>" with
// what an undo kept, "k/<line>" with what a refused row became once it was corrected; objects "<id>/file" and "<id>/errors" of the area "imports" in the bucket,
// which its rules remove after a while.
//
// Guarantees. Rows are written in lots, each one commit of records, results and cursor: a killed worker leaves whole
// lots, and the next goes on behind them (IMP-10). The preview passes rows through the very checks of the run, in the
// order of the file, so that fates differ only where data changed in between; every row is judged again when it is written.
// A file is read as a stream with bounded memory, whatever it claims to be.
package importer

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/store"
)

// Kind is the kind of an import among jobs.
const Kind = "import"

// Ports are what imports stand on.
type Ports struct {
	Records *repository.Repository
	Jobs    *job.Jobs
	Blobs   blob.Bucket
}

// Importer keeps imports.
type Importer struct {
	Ports
	sizes
}

// sizes are how many rows go together.
type sizes struct {
	preview int // in a chunk of a preview
	run     int // in a chunk of a run: some commits that are written one after the other
	lot     int // in one of them
	undo    int // in one commit of an undo
}

// New makes an Importer.
func New(p Ports) *Importer {
	return &Importer{p, sizes{preview: 500, run: 200, lot: 90, undo: 40}}
}

// params is what an import keeps of itself in its job.
type params struct {
	Kind     string        `json:"kind"`
	FileName string        `json:"fileName"`
	Size     int64         `json:"size"`
	Language i18n.Language `json:"language,omitempty"` // of the error file
	Mode     string        `json:"mode,omitempty"`     // that a page has asked for before the upload
	Guess    *Guess        `json:"guess,omitempty"`
	Plan     *Plan         `json:"plan,omitempty"`
	Attempt  string        `json:"attempt,omitempty"` // names the results of the newest preview or run
	Ran      time.Time     `json:"ran,omitzero"`      // when it began to write, once it is taken back
}

// Import is an import as callers see it.
type Import struct {
	*job.Job
	FileName string
	Kind     string
	Mode     string // that a page has asked for before the upload; "": none has
	Guess    *Guess // nil until the file is there
	Plan     *Plan  // nil until one was put

	ran time.Time // when it began to write
}

func open(j *job.Job) (Import, params, error) {
	var p params
	if err := json.Unmarshal(j.Params, &p); err != nil {
		return Import{}, p, err
	}
	imp := Import{Job: j, FileName: p.FileName, Kind: p.Kind, Mode: p.Mode, Guess: p.Guess, Plan: p.Plan, ran: p.Ran}
	if imp.ran.IsZero() {
		imp.ran = j.StartedAt
	}
	return imp, p, nil
}

// maxParams is how much of a job's record they may be.
const maxParams = store.MaxValue * 3 / 4

func (p params) into(j *job.Job) error {
	raw, err := json.Marshal(p)
	if err == nil && len(raw) > maxParams {
		return fault.New(fault.TooLarge, "too_large") // headers in characters that JSON writes at length
	}
	j.Params = raw
	return err
}

// idPrefix begins the ids of imports; maxName is how many characters the name of a file has.
const (
	idPrefix = "imp"
	maxName  = 255
)

// object names the file of an import in the bucket.
func object(t org.Tenant, id string) string { return t.Blob("imports", id+"/file") }

func file(j *job.Job) string { return object(j.Tenant(), j.ID) }

// Create makes an import and the form its file is uploaded with. Faults: Invalid for a kind that is not imported, a
// missing name or a size of none or too much.
func (i *Importer) Create(ctx context.Context, g policy.Grant, kind, fileName string, size int64, l i18n.Language) (Import, blob.Upload, error) {
	if err := g.Allow(policy.Import); err != nil {
		return Import{}, blob.Upload{}, err
	}
	var faults []fault.Field
	if kind != contact.Name {
		faults = append(faults, fault.At("kind", "bad_choice"))
	}
	fileName = record.Clean(fileName, false)
	switch {
	case fileName == "":
		faults = append(faults, fault.At("fileName", "required"))
	case len([]rune(fileName)) > maxName:
		faults = append(faults, fault.At("fileName", "too_long", "max", strconv.Itoa(maxName)))
	}
	switch {
	case size < 1:
		faults = append(faults, fault.At("size", "file_empty"))
	case size > sheet.MaxBytes:
		faults = append(faults, fault.At("size", "file_too_large"))
	}
	if err := fault.Fields(faults); err != nil {
		return Import{}, blob.Upload{}, err
	}
	j, err := i.Jobs.Create(ctx, g, Kind, idPrefix, fileName, params{Kind: kind, FileName: fileName, Size: size, Language: l})
	if err != nil {
		return Import{}, blob.Upload{}, err
	}
	upload, err := i.Blobs.SignUpload(ctx, file(j), blob.UploadOptions{MaxBytes: sheet.MaxBytes, Expires: time.Hour})
	if err != nil {
		return Import{}, blob.Upload{}, err
	}
	imp, _, err := open(j)
	return imp, upload, err
}

// Offer gives a form that a page uploads a file with before there is an import of it; no name or size need be known.
// Afterwards the browser goes to the address back gives for the id, where Adopt is to be called.
func (i *Importer) Offer(ctx context.Context, g policy.Grant, back func(id string) string) (blob.Upload, error) {
	if err := g.Allow(policy.Import); err != nil {
		return blob.Upload{}, err
	}
	id := i.Records.IDs.New(idPrefix)
	return i.Blobs.SignUpload(ctx, object(g.Tenant(), id), blob.UploadOptions{MaxBytes: sheet.MaxBytes, Expires: time.Hour, Redirect: back(id)})
}

// Adopt makes an import of a file that was uploaded with a form of Offer; called again it gives the same import. mode is what was asked for before (MakeNew, Merging; "": nothing). The
// fault is NotFound when there is no such file.
func (i *Importer) Adopt(ctx context.Context, g policy.Grant, id, fileName string, l i18n.Language, mode string) (Import, error) {
	if err := g.Allow(policy.Import); err != nil {
		return Import{}, err
	}
	if mode != MakeNew && mode != Merging {
		mode = ""
	}
	if !idShape.MatchString(id) {
		return Import{}, fault.New(fault.NotFound, "not_found")
	}
	info, err := i.Blobs.Stat(ctx, object(g.Tenant(), id))
	if errors.Is(err, fault.NotFound) {
		return Import{}, fault.New(fault.NotFound, "not_found")
	}
	if err != nil {
		return Import{}, err
	}
	fileName = short(record.Clean(fileName, false), maxName)
	_, err = i.Jobs.CreateAs(ctx, g, id, Kind, fileName, params{Kind: contact.Name, FileName: fileName, Size: info.Size, Language: l, Mode: mode})
	if err != nil && !job.Moved(err) {
		return Import{}, err
	}
	return i.Get(ctx, g, id)
}

// idShape is how the ids of imports look.
var idShape = regexp.MustCompile(`^imp_[0-9a-z]{26}$`)

// short cuts a text at a number of characters.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// Get reads an import. Once its file is there, it is looked at and the guess kept.
func (i *Importer) Get(ctx context.Context, g policy.Grant, id string) (Import, error) {
	j, p, err := i.get(ctx, g, id)
	if err != nil {
		return Import{}, err
	}
	if j.State == job.Draft && p.Guess == nil {
		switch err := i.look(ctx, g, j, &p, &Plan{}); {
		case errors.Is(err, fault.NotFound):
		case err != nil:
			return Import{}, err
		}
	}
	imp, _, err := open(j)
	return imp, err
}

func (i *Importer) get(ctx context.Context, g policy.Grant, id string) (*job.Job, params, error) {
	if err := g.Allow(policy.Import); err != nil {
		return nil, params{}, err
	}
	j, err := i.Jobs.Get(ctx, g, id)
	if err != nil {
		return nil, params{}, err
	}
	if j.Kind != Kind {
		return nil, params{}, fault.New(fault.NotFound, "not_found")
	}
	_, p, err := open(j)
	return j, p, err
}

// look reads the beginning of an import's file and keeps the guess. A file that is refused at first sight ends the import;
// one that cannot be read in another way stays as it was, and the refusal is the answer.
func (i *Importer) look(ctx context.Context, g policy.Grant, j *job.Job, p *params, plan *Plan) error {
	cfg, err := i.Records.Config(ctx, g)
	if err != nil {
		return err
	}
	object, err := i.Blobs.Open(ctx, file(j))
	if err != nil {
		return err
	}
	defer object.Close()
	known := p.Guess != nil
	seen, err := lookAt(object, plan, cfg, g)
	refusal := fault.From(err)
	if err != nil && known {
		return err
	}
	p.Guess = seen
	if err != nil && refusal.Kind != fault.Invalid && refusal.Kind != fault.Unsupported && refusal.Kind != fault.TooLarge {
		return err
	}
	now, updateErr := i.Jobs.Update(ctx, g, j.ID, func(j *job.Job) error {
		if err != nil {
			j.State, j.Failure, j.EndedAt = job.Failed, refusal.Code, i.Records.Clock.Now()
			return nil
		}
		return p.into(j)
	})
	if updateErr != nil {
		return updateErr
	}
	*j = *now
	return nil
}

func lookAt(object blob.Object, plan *Plan, cfg *setting.Config, g policy.Grant) (*Guess, error) {
	book, err := openBook(object, plan)
	if err != nil {
		return nil, err
	}
	return guess(book, plan, cfg, g)
}

// SetPlan keeps a plan. Another sheet, encoding or header row than guessed makes the file be looked at again, and the
// plan's columns are held against what is found there. An unknown column may become a field of the organisation's own.
// Faults: Invalid at each wrong member; Conflict when the import runs or has run.
func (i *Importer) SetPlan(ctx context.Context, w repository.Write, id string, plan Plan) (Import, error) {
	j, p, err := i.get(ctx, w.Grant, id)
	if err != nil {
		return Import{}, err
	}
	if j.State != job.Draft && j.State != job.Previewed {
		return Import{}, fault.New(fault.Conflict, "import_started")
	}
	if p.Guess == nil || plan.Sheet != "" && plan.Sheet != p.Guess.Sheet || plan.Encoding != "" && plan.Encoding != p.Guess.Encoding ||
		plan.HeaderRow != nil && *plan.HeaderRow != p.Guess.HeaderRow {
		if err := i.look(ctx, w.Grant, j, &p, &plan); err != nil {
			return Import{}, uploaded(err)
		}
		if p.Guess == nil {
			return Import{}, fault.New(fault.Invalid, j.Failure)
		}
	}
	cfg, err := i.Records.Config(ctx, w.Grant)
	if err != nil {
		return Import{}, err
	}
	if cfg, err = i.newFields(ctx, w, j, &plan, p.Guess, cfg); err != nil {
		return Import{}, err
	}
	if err := plan.check(p.Guess, cfg, w.Grant); err != nil {
		return Import{}, err
	}
	j, err = i.Jobs.Update(ctx, w.Grant, id, func(j *job.Job) error {
		if j.State != job.Draft && j.State != job.Previewed {
			return fault.New(fault.Conflict, "import_started")
		}
		p.Plan = &plan
		j.State = job.Draft
		return p.into(j)
	})
	if err != nil {
		return Import{}, err
	}
	imp, _, err := open(j)
	return imp, err
}

// uploaded says in plain words that a file is not there yet.
func uploaded(err error) error {
	if errors.Is(err, fault.NotFound) {
		return fault.New(fault.Conflict, "not_uploaded")
	}
	return err
}

// Preview finds the fate of every row, without writing anything. It is a job of its own; the import is previewed when
// it ends.
func (i *Importer) Preview(ctx context.Context, g policy.Grant, id string) (Import, error) {
	return i.start(ctx, g, id, phasePreview)
}

// Run writes the rows.
func (i *Importer) Run(ctx context.Context, g policy.Grant, id string) (Import, error) {
	return i.start(ctx, g, id, phaseRun)
}

func (i *Importer) start(ctx context.Context, g policy.Grant, id, phase string) (Import, error) {
	j, p, err := i.get(ctx, g, id)
	if err != nil {
		return Import{}, err
	}
	if p.Plan == nil && (j.State == job.Draft || j.State == job.Previewed) {
		// A plan never put means the guessed mapping.
		if _, err := i.SetPlan(ctx, repository.Write{Grant: g}, id, Plan{}); err != nil {
			return Import{}, err
		}
	}
	j, err = i.Jobs.Start(ctx, g, id, phase, func(j *job.Job) error {
		if j.State != job.Draft && j.State != job.Previewed {
			return fault.New(fault.Conflict, "import_started")
		}
		_, p, err := open(j)
		if err != nil {
			return err
		}
		p.Attempt = i.Records.IDs.New(phase[:1])
		j.Total = 0
		if phase == phaseRun && j.State == job.Previewed {
			j.Total = j.Counts["done"]
		}
		j.Counts = map[string]int64{}
		return p.into(j)
	})
	if err != nil {
		return Import{}, err
	}
	imp, _, err := open(j)
	return imp, err
}

// Cancel stops an import: what is written stays.
func (i *Importer) Cancel(ctx context.Context, g policy.Grant, id string) (Import, error) {
	if _, _, err := i.get(ctx, g, id); err != nil {
		return Import{}, err
	}
	j, err := i.Jobs.Cancel(ctx, g, id)
	if err != nil {
		return Import{}, err
	}
	imp, _, err := open(j)
	return imp, err
}

// ErrorFile gives the address at which the file of refused rows can be fetched for five minutes. The fault is NotFound
// when there is none.
func (i *Importer) ErrorFile(ctx context.Context, g policy.Grant, id string) (string, error) {
	j, p, err := i.get(ctx, g, id)
	if err != nil {
		return "", err
	}
	if _, err := i.Blobs.Stat(ctx, errorObject(j)); err != nil {
		return "", err
	}
	return i.Blobs.SignDownload(ctx, errorObject(j), blob.DownloadOptions{FileName: errorName(p), Expires: 5 * time.Minute})
}

// List reads the imports the caller may see, newest first, at most limit behind the import after.
func (i *Importer) List(ctx context.Context, g policy.Grant, after string, limit int) ([]Import, string, error) {
	if err := g.Allow(policy.Import); err != nil {
		return nil, "", err
	}
	jobs, next, err := i.Jobs.List(ctx, g, after, limit)
	if err != nil {
		return nil, "", err
	}
	var imports []Import
	for _, j := range jobs {
		if j.Kind != Kind {
			continue
		}
		imp, _, err := open(j)
		if err != nil {
			return nil, "", err
		}
		imports = append(imports, imp)
	}
	return imports, next, nil
}
