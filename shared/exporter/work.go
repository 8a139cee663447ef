package exporter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/access"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/vcard"
)

const (
	partSize = 6 << 20 // bytes of a part when it is closed: more than the bucket asks of those that are put together
	together = 500     // rows that are made at a time
)

// The stages of an export.
const (
	listing   = ""        // which records are in it
	writing   = "rows"    // part after part
	noting    = "note"    // beside each record, that it was exported
	composing = "compose" // of the parts
)

// place is how far an export has come: the cursor of its job.
type place struct {
	Stage string     `json:"stage,omitempty"`
	List  string     `json:"list,omitempty"`  // the object
	Rows  int64      `json:"rows,omitempty"`  // bytes of the list that are written
	Parts []string   `json:"parts,omitempty"` // the objects; each has a name of its own, whoever writes it twice
	Mark  sheet.Mark `json:"mark,omitzero"`
	Noted int64      `json:"noted,omitempty"` // bytes of the list whose records are noted
}

// Open readies an export at its cursor.
func (e *Exporter) Open(ctx context.Context, g policy.Grant, j *job.Job) (job.Work, error) {
	x, err := open(j)
	if err != nil {
		return nil, err
	}
	w := &work{Exporter: e, grant: g, order: x.Order}
	if w.columns, err = e.chosen(ctx, g, x.Order); err != nil {
		return nil, err
	}
	if j.Cursor != nil {
		if err := json.Unmarshal(j.Cursor, &w.at); err != nil {
			return nil, err
		}
	}
	if w.still, err = e.Records.Still(ctx, g); err != nil {
		return nil, err
	}
	cfg := w.still.Config()
	w.of = source{tableau: e.tableau(x.Order.Kind, cfg, x.Order.Language)}
	w.ofLinked = source{tableau: e.tableau(contact.Name, cfg, x.Order.Language)}
	return w, nil
}

type work struct {
	*Exporter
	grant        policy.Grant
	order        Order
	columns      []Column
	still        *repository.Still // of the moment the work was opened: what has the revision of the list is read from it
	of, ofLinked source
	at           place
}

// Chunk lists the rows, writes one part of the file, or puts the parts together.
func (w *work) Chunk(ctx context.Context, j *job.Job) (end bool, err error) {
	next := *j
	next.Counts = maps.Clone(j.Counts)
	if next.Counts == nil {
		next.Counts = map[string]int64{}
	}
	if w.order.Format == PDF {
		if w.at.Stage == composing {
			return true, nil
		}
		id, err := w.profile(ctx, j)
		if err != nil {
			return false, err
		}
		next.Counts["done"], next.Total = 1, 1
		printed := noter{job: j, act: deed.Print, detail: string(PDF)}
		ops, err := deed.Ops(j.Tenant(), printed.entry(id))
		if err != nil {
			return false, err
		}
		if err := w.save(ctx, &next, place{Stage: composing}, ops); err != nil {
			return false, err
		}
		*j = next
		return true, nil
	}
	at := w.at
	switch at.Stage {
	case listing:
		at.List = j.ID + "/" + w.Records.IDs.New("rows")
		if next.Total, err = w.list(ctx, j.Tenant().Blob(area, at.List)); err != nil {
			return false, err
		}
		at.Stage = writing
	case writing:
		rows, err := w.part(ctx, j, &at)
		if err != nil {
			return false, err
		}
		next.Counts["done"] += rows
	case noting:
		return false, w.note(ctx, j)
	case composing:
		return true, w.compose(ctx, j)
	}
	if err := w.save(ctx, &next, at, nil); err != nil {
		return false, err
	}
	*j = next
	return false, nil
}

// row is one row of the list: a record, and in rows for each contact which of its links, and the contact.
type row struct {
	repository.Row
	link    int
	contact repository.Row
}

func (r row) append(b []byte) []byte {
	b = fmt.Appendf(b, "%s %d", r.ID, r.Revision)
	if r.contact.ID != "" {
		b = fmt.Appendf(b, " %d %s %d", r.link, r.contact.ID, r.contact.Revision)
	}
	return append(b, '\n')
}

func readRow(line string) (r row, err error) {
	parts := strings.Fields(line)
	if len(parts) != 2 && len(parts) != 5 {
		return r, errors.New("exporter: a broken list of rows")
	}
	r.ID = parts[0]
	r.Revision, err = strconv.ParseInt(parts[1], 10, 64)
	if len(parts) == 5 && err == nil {
		r.contact.ID = parts[3]
		var failed error
		r.link, failed = strconv.Atoi(parts[2])
		r.contact.Revision, err = strconv.ParseInt(parts[4], 10, 64)
		err = errors.Join(err, failed)
	}
	return r, err
}

// store keeps what write writes as an object.
func (e *Exporter) store(ctx context.Context, key, contentType string, write func(io.Writer) error) error {
	r, out := io.Pipe()
	stored := make(chan error, 1)
	go func() {
		_, err := e.Blobs.Put(ctx, key, r, blob.Options{ContentType: contentType})
		r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // whoever still writes stops
		stored <- err
	}()
	err := write(out)
	out.CloseWithError(err) // nil is the end of the object
	if putErr := <-stored; err == nil {
		err = putErr
	}
	return err
}

// list writes which records, at which revision, the export holds, and counts them.
func (w *work) list(ctx context.Context, key string) (rows int64, err error) {
	q := w.order.Question()
	q.Sort = sorts(w.order.Sort)
	err = w.store(ctx, key, "text/plain", func(to io.Writer) error {
		out := bufio.NewWriterSize(to, 64<<10)
		var b []byte
		err := w.still.Each(w.order.Kind, q, func(found repository.Row) error {
			of, err := w.rowsOf(found)
			for _, r := range of {
				b = r.append(b[:0])
				if _, err := out.Write(b); err != nil {
					return err
				}
				rows++
			}
			return err
		})
		if err != nil {
			return err
		}
		return out.Flush()
	})
	return rows, err
}

// links names the member that holds a kind's contacts.
var links = map[string]string{family.Name: "members", company.Name: "contacts"}

// Linked tells whether records of a kind hold contacts, of each of which a row can be made.
func Linked(kind string) bool { return links[kind] != "" }

// rowsOf gives the rows of a record.
func (w *work) rowsOf(found repository.Row) ([]row, error) {
	if w.order.Rows != PerContact {
		return []row{{Row: found}}, nil
	}
	raw, _ := w.still.AppendJSON(nil, w.order.Kind, found)
	d, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, link := range d.list(links[w.order.Kind]) {
		if c, ok := w.still.Row(contact.Name, link.text("contact")); ok {
			rows = append(rows, row{found, i, c})
		}
	}
	return rows, nil
}

func decode(raw []byte) (d document, err error) {
	from := json.NewDecoder(bytes.NewReader(raw))
	from.UseNumber()
	err = from.Decode(&d)
	return d, err
}

// sink is where rows go.
type sink interface {
	row(w *work, docs, linked document) error
	end(last bool) (sheet.Mark, error)
	written() int64
}

// part writes rows into the next part until it is large enough, or there are no more; at is moved on.
func (w *work) part(ctx context.Context, j *job.Job, at *place) (rows int64, err error) {
	object, err := w.Blobs.Open(ctx, j.Tenant().Blob(area, at.List))
	if err != nil {
		return 0, err
	}
	defer object.Close()
	lines := bufio.NewReaderSize(io.NewSectionReader(object, at.Rows, object.Size()-at.Rows), 64<<10)
	name := j.ID + "/" + w.Records.IDs.New("part")
	first := len(at.Parts) == 0
	at.Parts = append(slices.Clone(at.Parts), name)
	err = w.store(ctx, j.Tenant().Blob(area, name), types[w.order.Format], func(to io.Writer) error {
		out, err := w.sink(to, at.Mark, first)
		if err != nil {
			return err
		}
		last := false
		for !last && out.written() < partSize {
			var some []row
			var size int64
			if some, size, last, err = take(lines); err != nil {
				return err
			}
			if err := w.write(ctx, j, out, some); err != nil {
				return err
			}
			at.Rows += size
			rows += int64(len(some))
		}
		if last {
			at.Stage = noting
		}
		at.Mark, err = out.end(last)
		return err
	})
	return rows, err
}

// take reads some rows of the list.
func take(lines *bufio.Reader) (some []row, size int64, last bool, err error) {
	for len(some) < together {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return some, size, true, nil
		}
		if err != nil {
			return nil, 0, false, err
		}
		r, err := readRow(line)
		if err != nil {
			return nil, 0, false, err
		}
		some, size = append(some, r), size+int64(len(line))
	}
	return some, size, false, nil
}

// write makes rows of records.
func (w *work) write(ctx context.Context, j *job.Job, out sink, some []row) error {
	var own, others []repository.Row
	for _, r := range some {
		own = append(own, r.Row)
		others = append(others, r.contact)
	}
	docs, err := w.documents(ctx, j, w.order.Kind, false, own)
	if err != nil {
		return err
	}
	linked := make([]document, len(some))
	if w.order.Rows == PerContact {
		if linked, err = w.documents(ctx, j, contact.Name, true, others); err != nil {
			return err
		}
	}
	if err := w.name(ctx, docs, linked); err != nil {
		return err
	}
	for i, d := range docs {
		if d == nil { // gone for good
			continue
		}
		if w.order.Rows == PerContact {
			d = d.only(links[w.order.Kind], some[i].link)
		}
		if err := out.row(w, d, linked[i]); err != nil {
			return err
		}
	}
	return nil
}

// only gives a document with one of the objects of a list.
func (d document) only(list string, at int) document {
	all, _ := d[list].([]any)
	if at >= len(all) {
		return d
	}
	one := maps.Clone(d)
	one[list] = all[at : at+1]
	return one
}

// documents reads records as they were: from the index where it still holds their revision and every column asked for, else
// from the store.
func (w *work) documents(ctx context.Context, j *job.Job, kind string, linked bool, rows []repository.Row) ([]document, error) {
	var reveal []string
	whole := false
	for _, c := range w.columns {
		if c.linked != linked {
			continue
		}
		whole = whole || c.whole
		if c.Sensitive() {
			reveal = append(reveal, c.revealed())
		}
	}
	docs := make([]document, len(rows))
	var missing []repository.Row
	var places []int
	var b []byte
	for i, r := range rows {
		raw, ok := b, false
		if !whole {
			raw, ok = w.still.AppendJSON(b[:0], kind, r)
		}
		if !ok {
			missing, places = append(missing, r), append(places, i)
			continue
		}
		b = raw
		d, err := decode(raw)
		if err != nil {
			return nil, err
		}
		docs[i] = d
	}
	if len(missing) == 0 {
		return docs, nil
	}
	raws, err := w.Records.AsOf(ctx, repository.Write{Grant: w.grant, Batch: j.ID}, access.Export, kind, missing, reveal)
	if err != nil {
		return nil, err
	}
	for n, raw := range raws {
		if raw == nil {
			continue
		}
		if docs[places[n]], err = decode(raw); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// name finds what the records are called that documents refer to.
func (w *work) name(ctx context.Context, docs, linked []document) error {
	w.of.titles = map[string]string{}
	w.ofLinked.titles = w.of.titles
	var ids []string
	for _, c := range w.columns {
		if c.field == nil || len(c.field.Ref) == 0 {
			continue
		}
		of := docs
		if c.linked {
			of = linked
		}
		name, inner, nested := strings.Cut(c.field.Path, ".")
		for _, d := range of {
			if !nested {
				ids = append(ids, d.text(name))
				continue
			}
			for _, o := range d.list(name) {
				ids = append(ids, o.text(inner))
			}
		}
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil
	}
	found, err := w.Records.Titles(ctx, w.grant, ids...)
	if err != nil {
		return err
	}
	for id, ref := range found {
		if !ref.Trashed {
			w.of.titles[id] = ref.Title
		}
	}
	return nil
}

// sink opens the next part of the file; first is the one with the headers.
func (w *work) sink(to io.Writer, at sheet.Mark, first bool) (sink, error) {
	if w.order.Format == VCard {
		c := &counter{w: to}
		return &cards{vcard.NewWriter(c, vcard.V4), c}, nil
	}
	t := &table{}
	if w.order.Format == XLSX {
		t.out = sheet.NewXLSXPart(to, w.of.p.T(titles[w.order.Kind]), at)
	} else {
		comma := comma(w.order.Language)
		t.out, t.point = sheet.NewCSVPart(to, comma, at), comma == ';'
	}
	if !first {
		return t, nil
	}
	var headers []string
	for _, c := range distinct(slices.Clone(w.columns), w.of.p) {
		headers = append(headers, c.Label)
	}
	return t, t.out.Header(headers)
}

// comma is what stands between the values of a text file where a language is spoken: a semicolon where numbers have a comma.
func comma(l i18n.Language) rune {
	if l == i18n.English {
		return ','
	}
	return ';'
}

// table writes rows of cells.
type table struct {
	out   sheet.Part
	point bool // decimals stand behind a comma
	cells []sheet.Cell
}

func (t *table) row(w *work, d, linked document) error {
	t.cells = t.cells[:0]
	for _, c := range w.columns {
		cell := sheet.Cell{}
		switch {
		case !c.linked:
			cell = c.cell(&w.of, d)
		case linked != nil:
			cell = c.cell(&w.ofLinked, linked)
		}
		if t.point && cell.Kind == sheet.Number {
			cell.Text = strings.Replace(cell.Text, ".", ",", 1)
		}
		t.cells = append(t.cells, cell)
	}
	return t.out.Row(t.cells)
}

func (t *table) written() int64 { return t.out.Written() }

func (t *table) end(last bool) (sheet.Mark, error) {
	if last {
		return sheet.Mark{}, t.out.Close()
	}
	return t.out.Pause()
}

// cards writes vCards.
type cards struct {
	out *vcard.Writer
	n   *counter
}

func (c *cards) row(w *work, d, _ document) error { return c.out.Card(w.person(d).Card(vcard.V4)) }

func (c *cards) written() int64 { return c.n.n }

func (c *cards) end(bool) (sheet.Mark, error) { return sheet.Mark{}, c.out.Close() }

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// compose puts the parts together to one file. It may be done again.
func (w *work) compose(ctx context.Context, j *job.Job) error {
	if _, err := w.Blobs.Stat(ctx, file(j)); err == nil {
		return nil // done by somebody who died behind it
	}
	var parts []string
	for _, name := range w.at.Parts {
		parts = append(parts, j.Tenant().Blob(area, name))
	}
	_, err := w.Blobs.Compose(ctx, file(j), parts, blob.Options{ContentType: types[w.order.Format]})
	return err
}

// Finish removes what the file was made of.
func (w *work) Finish(ctx context.Context, j *job.Job) error {
	if w.at.List == "" {
		return nil
	}
	for _, name := range append(w.at.Parts, w.at.List) {
		if err := w.Blobs.Delete(ctx, j.Tenant().Blob(area, name)); err != nil {
			return err
		}
	}
	return nil
}

// Close has nothing to release.
func (w *work) Close() error { return nil }
