package exporter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/exporter/paper"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/target"
)

// house is an installation in a folder of its own, with one organisation.
type house struct {
	*kernel.Kernel
	t       testing.TB
	clock   *clock.Manual
	bucket  *dirblob.Bucket
	exports *exporter.Exporter
	imports *importer.Importer
	users   *account.Accounts
	grant   policy.Grant
	printed exporter.Document // the last one
}

func open(t testing.TB) *house { return over(t, nil, nil) }

// over makes an installation; onStore and onBlobs, when given, stand between it and its store and bucket.
func over(t testing.TB, onStore func(store.Store) store.Store, onBlobs func(blob.Bucket) blob.Bucket) *house {
	t.Helper()
	h := &house{t: t, clock: clock.At(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))}
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	var s store.Store = bolt
	if onStore != nil {
		s = onStore(bolt)
	}
	h.bucket, err = dirblob.Open(filepath.Join(t.TempDir(), "blobs"), dirblob.Options{Base: "http://localhost:3000/_blob",
		Ring: seal.NewRing(org.NewKeys(s, h.clock), h.clock), Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	var blobs blob.Bucket = h.bucket
	if onBlobs != nil {
		blobs = onBlobs(h.bucket)
	}
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	h.Kernel = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Blobs: blobs, Phones: phone.Plan{}, Clock: h.clock})
	h.Jobs = job.New(s, h.clock, h.IDs, func(context.Context, org.Due, int) error { return nil })
	h.exports = exporter.New(exporter.Ports{Records: h.Records, Jobs: h.Jobs, Blobs: blobs, Print: func(w io.Writer, d exporter.Document) error {
		h.printed = d
		return paper.Print(w, d)
	}})
	h.imports = importer.New(importer.Ports{Records: h.Records, Jobs: h.Jobs, Blobs: h.bucket})
	h.users = account.New(account.Ports{Store: s, Log: h.Commits, Directory: h.Directory, Records: h.Records, Ring: h.Ring, Clock: h.clock,
		IDs: h.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org"})
	h.found("Harbour Choir", "olga@example.org")
	return h
}

// found makes an organisation and goes on in it.
func (h *house) found(name, owner string) {
	h.t.Helper()
	founded, err := h.users.Found(h.t.Context(), account.Founding{Name: name, Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: owner}, "page")
	if err != nil {
		h.t.Fatal(err)
	}
	h.grant = founded.Grant.Via("request")
}

// in is the grant of another user of the organisation, in a role.
func (h *house) in(role policy.Role) policy.Grant {
	h.t.Helper()
	u, err := h.users.Create(h.t.Context(), repository.Write{Grant: h.grant}, account.NewUser{Name: string(role), Email: string(role) + "@example.org", Role: string(role)}, account.Visit{Source: "page"})
	if err != nil {
		h.t.Fatal(err)
	}
	return policy.For(policy.Actor{ID: u.Record.Base().ID, Name: string(role)}, role).In(h.grant.Tenant())
}

func (h *house) make(kind, body string) record.Record {
	h.t.Helper()
	res, err := h.Records.Create(h.t.Context(), repository.Write{Grant: h.grant}, kind, []byte(body))
	if err != nil {
		h.t.Fatalf("%s: %+v", body, fault.From(err))
	}
	return res.Record
}

// run works on a job until it has ended, a chunk at a time, and between them does what is asked.
func (h *house) run(g policy.Grant, id string, between func()) *job.Job {
	h.t.Helper()
	workers := map[string]job.Worker{exporter.Kind: h.exports, importer.Kind: h.imports}
	for range 100 {
		runner := job.NewRunner(h.Jobs, account.Rights{Store: h.Store, Kinds: h.Kinds}, workers, 0)
		if err := runner.Run(h.t.Context(), g.Tenant(), id, 0); err != nil {
			h.t.Fatal(err)
		}
		j, err := h.Jobs.Get(h.t.Context(), g, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if j.State.Ended() {
			return j
		}
		if between != nil {
			between()
		}
	}
	h.t.Fatal("the job does not end")
	return nil
}

var everything = target.Target{All: true}

// export makes an export and gives its file.
func (h *house) export(o exporter.Order, between func()) (exporter.Export, []byte) {
	h.t.Helper()
	x, err := h.exports.Create(h.t.Context(), h.grant, o)
	if err != nil {
		h.t.Fatalf("%+v", fault.From(err))
	}
	if j := h.run(h.grant, x.ID, between); j.State != job.Done {
		h.t.Fatalf("%s %s", j.State, j.Failure)
	}
	if x, err = h.exports.Get(h.t.Context(), h.grant, x.ID); err != nil {
		h.t.Fatal(err)
	}
	return x, h.fetch(h.grant, x.ID)
}

func (h *house) fetch(g policy.Grant, id string) []byte {
	h.t.Helper()
	address, err := h.exports.Download(h.t.Context(), g, id)
	if err != nil {
		h.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.bucket.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	if w.Code != http.StatusOK {
		h.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// rows reads a table.
func rows(t testing.TB, file []byte) (all [][]string) {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := book.Rows("")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var texts []string
		for _, c := range r.Row().Cells {
			texts = append(texts, c.Text)
		}
		all = append(all, texts)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return all
}

// bring imports a file as new contacts, as it is guessed.
func (h *house) bring(name string, file []byte) importer.Import {
	h.t.Helper()
	ctx := h.t.Context()
	imp, form, err := h.imports.Create(ctx, h.grant, contact.Name, name, int64(len(file)), i18n.English)
	if err != nil {
		h.t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range form.Fields {
		w.WriteField(field, value)
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		h.t.Fatal(err)
	}
	part.Write(file)
	w.Close()
	r := httptest.NewRequest(http.MethodPost, form.URL, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	answer := httptest.NewRecorder()
	h.bucket.Handler().ServeHTTP(answer, r)
	if answer.Code >= 300 {
		b, _ := io.ReadAll(answer.Body)
		h.t.Fatalf("%d %s", answer.Code, b)
	}
	if imp, err = h.imports.Get(ctx, h.grant, imp.ID); err != nil {
		h.t.Fatal(err)
	}
	return imp
}

// doc is what a record's JSON says of its owner, without what the system says.
func doc(t testing.TB, r record.Record) map[string]any {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	d := map[string]any{}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "consents"} {
		delete(d, name)
	}
	return d
}

// again imports an export by the ids in it, to overwrite, empty cells clearing, and says what became of its rows: their fates,
// with the fields they changed.
func (h *house) again(name string, file []byte, want ...string) {
	h.t.Helper()
	var got []string
	for _, r := range h.overwrite(name, file) {
		fate := r.Result
		for _, c := range r.Changes {
			fate += " " + c.Field + " " + string(c.From) + ">" + string(c.To)
		}
		for _, why := range r.Reasons {
			fate += " " + why.Column + ":" + why.Code
		}
		got = append(got, fate)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Error(diff)
	}
}

// edited is again for rows of which some change fields, and all others nothing.
func (h *house) edited(name string, file []byte, want map[int]string) {
	h.t.Helper()
	for i, r := range h.overwrite(name, file) {
		fate := r.Result
		for _, c := range r.Changes {
			fate += " " + c.Field
		}
		if expected := or(want[i], "unchanged"); fate != expected {
			h.t.Errorf("row %d: %s, want %s", i, fate, expected)
		}
	}
}

func (h *house) overwrite(name string, file []byte) []importer.RowResult {
	h.t.Helper()
	imp := h.bring(name, file)
	columns := slices.Clone(imp.Guess.Columns)
	for i := range columns {
		columns[i].Clear = true
	}
	plan := importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyID, Rule: importer.Overwrite, Columns: columns}
	if _, err := h.imports.SetPlan(h.t.Context(), repository.Write{Grant: h.grant}, imp.ID, plan); err != nil {
		h.t.Fatalf("%+v", fault.From(err))
	}
	if _, err := h.imports.Run(h.t.Context(), h.grant, imp.ID); err != nil {
		h.t.Fatal(err)
	}
	h.run(h.grant, imp.ID, nil)
	rows, _, err := h.imports.Rows(h.t.Context(), h.grant, imp.ID, "", 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return rows
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
