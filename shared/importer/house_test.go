package importer_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
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
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is an installation in a folder of its own, with one organisation.
type house struct {
	t       testing.TB
	dir     string
	clock   *clock.Manual
	kernel  *kernel.Kernel
	bucket  *dirblob.Bucket
	imports *importer.Importer
	grant   policy.Grant
	access  *account.Accounts
	sent    []org.Due         // messages for the queue
	before  map[string]string // the dump that an undo restores, where there is one
}

// open makes an installation; wrap, when given, stands between it and its store.
func open(t testing.TB, wrap func(store.Store) store.Store) *house {
	t.Helper()
	h := mount(t, t.TempDir(), noon, wrap)
	founded, err := h.access.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: "olga@example.org"}, "page")
	if err != nil {
		t.Fatal(err)
	}
	h.grant = founded.Grant
	return h
}

// fork makes another installation that is as this one is now.
func (h *house) fork(wrap func(store.Store) store.Store) *house {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), "fork")
	if err := os.CopyFS(dir, os.DirFS(h.dir)); err != nil {
		h.t.Fatal(err)
	}
	other := mount(h.t, dir, h.clock.Now(), wrap)
	other.grant, other.before = h.grant, h.before
	return other
}

// mount opens what lies in a folder.
func mount(t testing.TB, dir string, now time.Time, wrap func(store.Store) store.Store) *house {
	t.Helper()
	h := &house{t: t, dir: dir, clock: clock.At(now)}
	bolt, err := boltstore.Open(filepath.Join(dir, "store"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	var s store.Store = bolt
	if wrap != nil {
		s = wrap(bolt)
	}
	h.bucket, err = dirblob.Open(filepath.Join(dir, "blobs"), dirblob.Options{Base: "http://localhost:3000/_blob",
		Ring: seal.NewRing(org.NewKeys(s, h.clock), h.clock), Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	box, err := dirmail.Open(filepath.Join(dir, "mail"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	h.kernel = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Blobs: h.bucket, Phones: phone.Plan{}, Clock: h.clock})
	k := h.kernel
	jobs := job.New(s, h.clock, k.IDs, func(_ context.Context, d org.Due, _ int) error {
		h.sent = append(h.sent, d)
		return nil
	})
	k.Jobs = jobs
	h.imports = importer.New(importer.Ports{Records: k.Records, Jobs: jobs, Blobs: h.bucket})
	h.access = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: h.clock,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org"})
	return h
}

// upload makes an import of a file.
func (h *house) upload(name string, content []byte) importer.Import {
	h.t.Helper()
	ctx := h.t.Context()
	imp, form, err := h.imports.Create(ctx, h.grant, contact.Name, name, int64(len(content)), i18n.English)
	if err != nil {
		h.t.Fatal(err)
	}
	h.post(form, name, content)
	if imp, err = h.imports.Get(ctx, h.grant, imp.ID); err != nil {
		h.t.Fatal(err)
	}
	return imp
}

// post sends a signed form as a browser does.
func (h *house) post(form blob.Upload, name string, content []byte) {
	h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range form.Fields {
		w.WriteField(field, value)
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		h.t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	r := httptest.NewRequest(http.MethodPost, form.URL, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	answer := httptest.NewRecorder()
	h.bucket.Handler().ServeHTTP(answer, r)
	if answer.Code >= 400 {
		h.t.Fatalf("upload: %d %s", answer.Code, answer.Body)
	}
}

// runner works on imports under the rights users have.
func (h *house) runner() *job.Runner {
	return job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds},
		map[string]job.Worker{importer.Kind: h.imports}, time.Hour)
}

// work runs a queued import to its end.
func (h *house) work(id string) importer.Import {
	h.t.Helper()
	if err := h.runner().Run(h.t.Context(), h.grant.Tenant(), id, 0); err != nil {
		h.t.Fatal(err)
	}
	imp, err := h.imports.Get(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return imp
}

func (h *house) plan(id string, plan importer.Plan) importer.Import {
	h.t.Helper()
	imp, err := h.imports.SetPlan(h.t.Context(), repository.Write{Grant: h.grant}, id, plan)
	if err != nil {
		h.t.Fatal(err)
	}
	return imp
}

func (h *house) preview(id string) importer.Import {
	h.t.Helper()
	if _, err := h.imports.Preview(h.t.Context(), h.grant, id); err != nil {
		h.t.Fatal(err)
	}
	return h.work(id)
}

func (h *house) run(id string) importer.Import {
	h.t.Helper()
	if _, err := h.imports.Run(h.t.Context(), h.grant, id); err != nil {
		h.t.Fatal(err)
	}
	return h.work(id)
}

// rows reads all results of an import, page by page.
func (h *house) rows(id, result string, page int) []importer.RowResult {
	h.t.Helper()
	var all []importer.RowResult
	for after, more := 0, true; more; more = after != 0 {
		rows, next, err := h.imports.Rows(h.t.Context(), h.grant, id, result, after, page)
		if err != nil {
			h.t.Fatal(err)
		}
		all, after = append(all, rows...), next
	}
	return all
}

// contacts reads the contacts rows became, in the order of the file.
func (h *house) contacts(rows []importer.RowResult) []*contact.Contact {
	h.t.Helper()
	var all []*contact.Contact
	for _, r := range rows {
		if r.RecordID == "" {
			continue
		}
		rec, err := h.kernel.Records.Get(h.t.Context(), h.grant, contact.Name, r.RecordID)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, rec.(*contact.Contact))
	}
	return all
}

// errorFile reads the file of refused rows.
func (h *house) errorFile(id string) []byte {
	h.t.Helper()
	address, err := h.imports.ErrorFile(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	h.bucket.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, address, nil))
	if answer.Code != http.StatusOK {
		h.t.Fatalf("error file: %d", answer.Code)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return body
}
