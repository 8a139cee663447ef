package importer

import (
	"cmp"
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/sheet"
)

func errorObject(j *job.Job) string { return j.Tenant().Blob("imports", j.ID+"/errors") }

func errorName(p params) string {
	format := p.Guess.Format
	if format == string(VCard) {
		format = string(sheet.XLSX) // cards have no room for reasons
	}
	return strings.TrimSuffix(p.FileName, path.Ext(p.FileName)) + " - " + i18n.New(p.Language, time.UTC).T("import.errors.file") + "." + format
}

// errorFile writes the refused rows in the columns of the file, with the reasons in one more (IMP-09). It reads the file
// and the results side by side, both in the order of lines.
func (w *work) errorFile(ctx context.Context, j *job.Job) error {
	if j.Counts[Refused] == 0 {
		return nil
	}
	rows, err := w.book.Each(w.params.Plan.Sheet)
	if err != nil {
		return err
	}
	defer rows.Close()
	r, pipe := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := w.writeErrors(ctx, j, rows, pipe)
		pipe.CloseWithError(err)
		done <- err
	}()
	_, err = w.Blobs.Put(ctx, errorObject(j), r, blob.Options{})
	r.CloseWithError(err)
	if writeErr := <-done; writeErr != nil {
		return writeErr
	}
	return err
}

func (w *work) writeErrors(ctx context.Context, j *job.Job, rows rows, to io.Writer) error {
	p := i18n.New(w.params.Language, time.UTC)
	var out sheet.Writer
	if w.book.Format() != sheet.CSV {
		out = sheet.NewXLSXWriter(to, p.T("import.errors.file"))
	} else {
		out = sheet.NewCSVWriter(to, cmp.Or(w.book.Comma(), ';'))
	}
	var headers []string
	for _, c := range w.columns {
		headers = append(headers, w.header(p, c))
	}
	more := []string{p.T("import.errors.column")}
	keyed := slices.ContainsFunc(w.columns, func(c *column) bool { return !c.Ignore && c.Field == RowKey }) // it was rejected before
	if !keyed {
		more = append(more, p.T("import.errors.row"))
	}
	if err := out.Header(append(headers, more...)); err != nil {
		return err
	}
	after := 0
	for {
		refused, next, err := w.Rows(ctx, w.grant, j.ID, Refused, after, 500)
		if err != nil {
			return err
		}
		for _, r := range refused {
			for rows.Next() && rows.Row().Line < r.Line {
			}
			if err := rows.Err(); err != nil {
				return err
			}
			cells := make([]sheet.Cell, len(w.columns), len(w.columns)+2)
			copy(cells, rows.Row().Cells)
			cells = append(cells, sheet.T(Sentences(p, r.Reasons)))
			if !keyed {
				cells = append(cells, sheet.T(keyOf(j.ID, r.Line)))
			}
			if err := out.Row(cells); err != nil {
				return err
			}
		}
		if next == 0 {
			return out.Close()
		}
		after = next
	}
}

// header names a column so that the next import finds its field again: a file without headers gets those of the fields.
func (w *work) header(p *i18n.Printer, c *column) string {
	if w.layout.HeaderLine > 0 || c.Ignore {
		return c.Header
	}
	for _, key := range []string{"import.field." + c.Field, "field.contact." + c.Field} {
		if p.Has(key) {
			return p.T(key)
		}
	}
	return strings.TrimPrefix(c.Field, "custom.")
}

// Sentences tells the reasons of a row in the reader's language.
func Sentences(p *i18n.Printer, reasons []Reason) string {
	var all []string
	for _, r := range reasons {
		s := p.Field(fault.Field{Path: r.Field, Code: r.Code, Args: r.Args})
		if r.Column != "" {
			s = r.Column + ": " + s
		}
		for _, c := range r.Others {
			s += " (" + c.Title + ")"
		}
		for _, l := range r.Alike {
			s += " (" + l.Text(p) + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}
