// Package exporter gives an organisation its records as files: .xlsx and CSV with chosen columns, and vCard (IMP-12, IMP-13).
//
// An export is a job. Its first chunk lists which records at which revision a question finds, in the order of lists; the
// further ones write them, in parts of some megabytes that are put together at the end, so that whatever is killed is
// gone on with. Every row is as of the moment of the list: what was changed since is read back from its history.
//
// The headers and values of an export of contacts are those the importer understands, so that an untouched file imported
// again changes nothing. Of emails and numbers a row holds all, of addresses the main one, of work the first.
//
// Who exports sees what they may read, no more: a column of a class they may not read is refused. Sensitive values need
// the right to reveal, and each record whose values were written is noted in the access log before the file can be had.
// That an export was made is in the organisation's log, and in the action log of every record in it. The file is its
// maker's alone, for seven days.
//
// Keys used: jobs (package job); objects "<job>/rows_<id>", "<job>/part_<id>" and "<job>/file" of the area "exports", which the
// bucket's rules remove after a while.
package exporter

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/target"
)

// Kind is the kind of an export among jobs.
const Kind = "export"

// Kept is how long an export can be fetched.
const Kept = 7 * 24 * time.Hour

// MaxColumns is how many columns a file has at most.
const MaxColumns = 200

// area is that of the bucket.
const area = "exports"

// Format is how a file is written.
type Format string

// The formats.
const (
	XLSX  Format = "xlsx"
	CSV   Format = "csv"
	VCard Format = "vcard"
	PDF   Format = "pdf" // the profile of one contact
)

// Formats lists those of lists.
func Formats() []Format { return []Format{XLSX, CSV, VCard} }

// Ports are what exports stand on.
type Ports struct {
	Records *repository.Repository
	Jobs    *job.Jobs
	Blobs   blob.Bucket
	Print   func(io.Writer, Document) error // of profiles; nil where no export is worked on
}

// Exporter makes exports.
type Exporter struct {
	Ports
	noted int // records of one commit of the action log
}

// New makes an Exporter.
func New(p Ports) *Exporter { return &Exporter{p, notedAtOnce} }

// Order is what somebody wants exported: the records of a kind that a target names.
type Order struct {
	Kind string `json:"kind"`
	target.Target
	Sort     []string      `json:"sort,omitempty"` // paths, "-" before one that goes down; none: as lists are ordered
	Rows     string        `json:"rows,omitempty"` // PerContact: one for each linked contact; "": one for each record
	Fields   []string      `json:"fields,omitempty"`
	Format   Format        `json:"format"`
	Language i18n.Language `json:"language"`        // of headers and words
	Title    string        `json:"title,omitempty"` // of a profile
}

// PerContact makes one row of each contact linked from a family or company. Groups hold no contacts: contacts name them.
const PerContact = "contact"

// Export is an export as callers see it.
type Export struct {
	*job.Job
	Order Order
}

func open(j *job.Job) (Export, error) {
	e := Export{Job: j}
	return e, json.Unmarshal(j.Params, &e.Order)
}

// Of reads a job as the export it is. The fault is NotFound for a job of another kind.
func Of(j *job.Job) (Export, error) {
	if j.Kind != Kind {
		return Export{}, fault.New(fault.NotFound, "not_found")
	}
	return open(j)
}

// Create makes an export and begins with it. Faults: Denied without the right to export; Invalid for a kind, target,
// column or format that there is not, or that does not go together (fields[n] denied for one the caller may not read).
func (e *Exporter) Create(ctx context.Context, g policy.Grant, o Order) (Export, error) {
	if err := g.Allow(policy.Export); err != nil {
		return Export{}, err
	}
	if err := e.check(ctx, g, &o); err != nil {
		return Export{}, err
	}
	p := i18n.New(o.Language, time.UTC)
	j, err := e.Jobs.Create(ctx, g, Kind, "exp", cmp.Or(o.Title, p.T(titles[o.Kind])), o)
	if err != nil {
		return Export{}, err
	}
	_, err = e.Records.Log.Commit(ctx, g.Tenant(), func(head log.Head) (log.Proposal, error) {
		return log.Proposal{Action: o.Kind + "." + Kind, Actor: g.Actor(), Batch: j.ID, Number: head.Number}, nil
	})
	if err != nil {
		return Export{}, err
	}
	if j, err = e.Jobs.Start(ctx, g, j.ID, "run", func(*job.Job) error { return nil }); err != nil {
		return Export{}, err
	}
	return open(j)
}

// Kinds names the kinds whose records are exported.
func Kinds() []string { return []string{contact.Name, family.Name, company.Name, group.Name} }

// titles name what is exported.
var titles = map[string]string{contact.Name: "nav.contacts", family.Name: "nav.families", company.Name: "nav.companies", group.Name: "nav.groups"}

// check completes an order and holds it against what there is.
func (e *Exporter) check(ctx context.Context, g policy.Grant, o *Order) error {
	var faults []fault.Field
	if !slices.Contains(Kinds(), o.Kind) {
		return fault.Bad("kind", "bad_choice")
	}
	if err := o.Tidy(); err != nil {
		return err
	}
	if o.Format == PDF {
		return e.checkProfile(ctx, g, o)
	}
	if !slices.Contains(Formats(), o.Format) || o.Format == VCard && o.Kind != contact.Name {
		faults = append(faults, fault.At("format", "bad_choice"))
	}
	if o.Rows != "" && (o.Rows != PerContact || !Linked(o.Kind)) {
		faults = append(faults, fault.At("rows", "bad_choice"))
	}
	if !o.Language.Valid() {
		o.Language = i18n.English
	}
	if err := fault.Fields(faults); err != nil {
		return err
	}
	where, err := o.Where(ctx, e.Records, g, o.Kind)
	if err != nil {
		return err
	}
	// The question is asked once for nothing, so that what the caller may not ask is refused now and not in the job.
	if _, err := e.Records.List(ctx, g, o.Kind, repository.Question{Where: where, Sort: sorts(o.Sort), Limit: 1}); err != nil {
		return err
	}
	cfg, err := e.Records.Config(ctx, g)
	if err != nil {
		return err
	}
	if len(o.Fields) > MaxColumns {
		return fault.Bad("fields", "too_many", "max", strconv.Itoa(MaxColumns))
	}
	all := e.tableau(o.Kind, cfg, o.Language).columns()
	if o.Rows == PerContact {
		all = append(all, e.tableau(contact.Name, cfg, o.Language).linked()...)
	}
	if len(o.Fields) == 0 {
		for _, c := range all {
			if c.Usual && c.readable(g) {
				o.Fields = append(o.Fields, c.Path)
			}
		}
	}
	for i, path := range o.Fields {
		at := fmt.Sprintf("fields[%d]", i)
		c, ok := find(all, path)
		switch {
		case !ok:
			faults = append(faults, fault.At(at, "unknown_field", "word", path))
		case slices.Index(o.Fields, path) < i:
			faults = append(faults, fault.At(at, "twice"))
		case !c.readable(g):
			faults = append(faults, fault.At(at, "denied"))
		}
	}
	return fault.Fields(faults)
}

// checkProfile holds the order of a profile against what there is.
func (e *Exporter) checkProfile(ctx context.Context, g policy.Grant, o *Order) error {
	var faults []fault.Field
	if o.Kind != contact.Name {
		faults = append(faults, fault.At("kind", "bad_choice"))
	}
	if len(o.IDs) != 1 {
		faults = append(faults, fault.At(target.Path+".ids", "one_value"))
	}
	for path, given := range map[string]bool{"fields": len(o.Fields) > 0, "rows": o.Rows != "", "sort": len(o.Sort) > 0} {
		if given {
			faults = append(faults, fault.At(path, "bad_choice"))
		}
	}
	if err := fault.Fields(faults); err != nil {
		return err
	}
	if !o.Language.Valid() {
		o.Language = i18n.English
	}
	r, err := e.Records.Get(ctx, g, contact.Name, o.IDs[0])
	if err != nil {
		return err
	}
	o.Title = record.Title(r)
	return nil
}

// sorts reads an order of rows.
func sorts(paths []string) []repository.Sort {
	var all []repository.Sort
	for _, p := range paths {
		path, down := strings.CutPrefix(p, "-")
		all = append(all, repository.Sort{Path: path, Down: down})
	}
	return all
}

// Columns lists the columns of a kind that the caller may choose, with their headers; perContact adds those of linked
// contacts.
func (e *Exporter) Columns(ctx context.Context, g policy.Grant, kind string, perContact bool, l i18n.Language) ([]Column, error) {
	if err := g.Allow(policy.Export); err != nil {
		return nil, err
	}
	if !slices.Contains(Kinds(), kind) {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	cfg, err := e.Records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	all := e.tableau(kind, cfg, l).columns()
	if perContact && kind != contact.Name {
		all = append(all, e.tableau(contact.Name, cfg, l).linked()...)
	}
	return slices.DeleteFunc(all, func(c Column) bool { return !c.readable(g) }), nil
}

// Get reads an export. The fault is NotFound for those of others, but for whoever manages the organisation.
func (e *Exporter) Get(ctx context.Context, g policy.Grant, id string) (Export, error) {
	if err := g.Allow(policy.Export); err != nil {
		return Export{}, err
	}
	j, err := e.Jobs.Get(ctx, g, id)
	if err != nil {
		return Export{}, err
	}
	if j.Kind != Kind {
		return Export{}, fault.New(fault.NotFound, "not_found")
	}
	return open(j)
}

// List reads the exports the caller may see, newest first, at most limit behind the export after.
func (e *Exporter) List(ctx context.Context, g policy.Grant, after string, limit int) (exports []Export, next string, err error) {
	if err := g.Allow(policy.Export); err != nil {
		return nil, "", err
	}
	for {
		page, more, err := e.Jobs.List(ctx, g, after, 100)
		if err != nil {
			return nil, "", err
		}
		for _, j := range page {
			if j.Kind != Kind {
				continue
			}
			if len(exports) == limit {
				return exports, exports[limit-1].ID, nil
			}
			export, err := open(j)
			if err != nil {
				return nil, "", err
			}
			exports = append(exports, export)
		}
		if more == "" {
			return exports, "", nil
		}
		after = more
	}
}

// Cancel stops an export.
func (e *Exporter) Cancel(ctx context.Context, g policy.Grant, id string) (Export, error) {
	if _, err := e.Get(ctx, g, id); err != nil {
		return Export{}, err
	}
	j, err := e.Jobs.Cancel(ctx, g, id)
	if err != nil {
		return Export{}, err
	}
	return open(j)
}

// Fetchable tells whether the caller gets the file of an export.
func (e *Exporter) Fetchable(g policy.Grant, x Export) bool {
	return x.State == job.Done && x.Maker.ID == g.Actor().ID && e.Records.Clock.Now().Sub(x.EndedAt) < Kept
}

// Download gives an address at which the maker of an export gets its file, for some minutes. Faults: NotFound for anybody
// else, and once the file is no longer kept; Conflict (job_running) while it is being made; Denied for whoever may no longer
// read all that is in it.
func (e *Exporter) Download(ctx context.Context, g policy.Grant, id string) (string, error) {
	x, err := e.Get(ctx, g, id)
	if err != nil {
		return "", err
	}
	if !x.State.Ended() && x.Maker.ID == g.Actor().ID {
		return "", fault.New(fault.Conflict, "job_running")
	}
	if !e.Fetchable(g, x) {
		return "", fault.New(fault.NotFound, "not_found")
	}
	if _, err := e.chosen(ctx, g, x.Order); err != nil {
		return "", err
	}
	if _, err := e.Blobs.Stat(ctx, file(x.Job)); err != nil {
		if errors.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "not_found")
		}
		return "", err
	}
	return e.Blobs.SignDownload(ctx, file(x.Job), blob.DownloadOptions{FileName: FileName(x), ContentType: types[x.Order.Format], Expires: 5 * time.Minute})
}

// types are the content types of the formats.
var types = map[Format]string{XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV: "text/csv; charset=utf-8",
	VCard: "text/vcard; charset=utf-8", PDF: "application/pdf"}

// FileName is what an export is called on its maker's disk.
func FileName(x Export) string {
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(` /\:`, r) {
			return '-'
		}
		return r
	}, x.Title))
	extension := string(x.Order.Format)
	if x.Order.Format == VCard {
		extension = "vcf"
	}
	return name + "-" + x.CreatedAt.Format(time.DateOnly) + "." + extension
}

// chosen gives the columns of an order. The fault is Denied when the caller may not read one of them; columns that are
// gone since it was made are left out.
func (e *Exporter) chosen(ctx context.Context, g policy.Grant, o Order) ([]Column, error) {
	if err := g.Allow(policy.Export); err != nil {
		return nil, err
	}
	cfg, err := e.Records.Config(ctx, g)
	if err != nil {
		return nil, err
	}
	all := e.tableau(o.Kind, cfg, o.Language).columns()
	if o.Rows == PerContact {
		all = append(all, e.tableau(contact.Name, cfg, o.Language).linked()...)
	}
	var columns []Column
	for _, path := range o.Fields {
		c, ok := find(all, path)
		if !ok {
			continue
		}
		if !c.readable(g) {
			return nil, fault.New(fault.Denied, "denied", "action", string(policy.Export))
		}
		columns = append(columns, c)
	}
	return columns, nil
}

func file(j *job.Job) string { return j.Tenant().Blob(area, j.ID+"/file") }

// kind describes a kind that is exported.
func (e *Exporter) kind(name string) *record.Kind {
	k, _ := e.Records.Kinds.Kind(name)
	return k
}
