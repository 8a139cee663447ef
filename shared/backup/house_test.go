package backup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
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

// house is an installation with one organisation.
type house struct {
	t       testing.TB
	clock   *clock.Manual
	kernel  *kernel.Kernel
	bucket  *dirblob.Bucket
	backups *backup.Backups
	access  *account.Accounts
	grant   policy.Grant
}

// bolt opens an embedded store.
func bolt(t testing.TB, c clock.Clock) store.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// open makes an installation on a store with an organisation of that owner.
func open(t testing.TB, c *clock.Manual, s store.Store, owner string) *house {
	t.Helper()
	h := &house{t: t, clock: c}
	var err error
	h.bucket, err = dirblob.Open(filepath.Join(t.TempDir(), "blobs"), dirblob.Options{Base: "http://localhost:3000/_blob",
		Ring: seal.NewRing(org.NewKeys(s, c), c), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), c)
	if err != nil {
		t.Fatal(err)
	}
	h.kernel = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Blobs: h.bucket, Phones: phone.Plan{}, Clock: c})
	k := h.kernel
	h.access = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: c,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org"})
	h.backups = backup.New(backup.Ports{Records: k.Records, Accounts: h.access, Jobs: k.Jobs, Blobs: h.bucket})
	founded, err := h.access.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: owner}, "page")
	if err != nil {
		t.Fatal(err)
	}
	h.grant = founded.Grant.Via("telephone")
	return h
}

func embedded(t testing.TB, owner string) *house {
	c := clock.At(noon)
	return open(t, c, bolt(t, c), owner)
}

func (h *house) write() repository.Write { return repository.Write{Grant: h.grant} }

// create makes a contact.
func (h *house) create(format string, args ...any) *contact.Contact {
	h.t.Helper()
	res, err := h.kernel.Records.Create(h.t.Context(), h.write(), contact.Name, fmt.Appendf(nil, format, args...))
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.(*contact.Contact)
}

// patch edits a contact.
func (h *house) patch(id, format string, args ...any) {
	h.t.Helper()
	if _, err := h.kernel.Records.Patch(h.t.Context(), h.write(), contact.Name, id, repository.AnyVersion, fmt.Appendf(nil, format, args...)); err != nil {
		h.t.Fatal(err)
	}
}

// work runs a job of backups to its end.
func (h *house) work(id string) *job.Job {
	h.t.Helper()
	workers := map[string]job.Worker{backup.Kind: h.backups.Worker(), backup.RestoreKind: h.backups.RestoreWorker()}
	runner := job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, workers, time.Hour)
	if err := runner.Run(h.t.Context(), h.grant.Tenant(), id, 0); err != nil {
		h.t.Fatal(err)
	}
	j, err := h.kernel.Jobs.Get(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// file makes a backup and fetches it.
func (h *house) file() []byte {
	h.t.Helper()
	j, err := h.backups.Create(h.t.Context(), h.grant)
	if err != nil {
		h.t.Fatal(err)
	}
	if j = h.work(j.ID); j.State != job.Done {
		h.t.Fatalf("%s %s", j.State, j.Failure)
	}
	return h.fetch(j.ID)
}

func (h *house) fetch(id string) []byte {
	h.t.Helper()
	address, err := h.backups.Download(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	h.bucket.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, address, nil))
	if answer.Code != http.StatusOK {
		h.t.Fatalf("download: %d", answer.Code)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return body
}

// upload begins a restore of a file.
func (h *house) upload(file []byte) *job.Job {
	h.t.Helper()
	j, form, err := h.backups.CreateRestore(h.t.Context(), h.grant, "club.muster.tar.gz", int64(len(file)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.post(form, file)
	return j
}

func (h *house) post(form blob.Upload, content []byte) {
	h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range form.Fields {
		w.WriteField(field, value)
	}
	part, err := w.CreateFormFile("file", "x")
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

// restore checks and writes a file.
func (h *house) restore(file []byte) *job.Job {
	h.t.Helper()
	j := h.upload(file)
	if _, err := h.backups.Check(h.t.Context(), h.grant, j.ID); err != nil {
		h.t.Fatal(err)
	}
	if j = h.work(j.ID); j.State != job.Previewed {
		h.t.Fatalf("check: %s %s", j.State, j.Failure)
	}
	if _, err := h.backups.Run(h.t.Context(), h.grant, j.ID); err != nil {
		h.t.Fatal(err)
	}
	if j = h.work(j.ID); j.State != job.Done {
		h.t.Fatalf("run: %s %s", j.State, j.Failure)
	}
	return j
}

// dump is every record of the organisation as stored with its revision, every change, and every file.
func (h *house) dump() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	var mu sync.Mutex
	err := catalog.EachRecord(h.t.Context(), h.kernel.Store, h.grant.Tenant(), func(item store.Item) error {
		_, kind, _, _ := org.ParseRecord(item.Sort)
		if _, ok := h.kernel.Kinds.Kind(kind); ok {
			mu.Lock()
			all[item.Sort] = fmt.Sprintf("%d %s", item.Revision, item.Value)
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	for n := range org.Buckets {
		page, err := h.kernel.Store.Query(h.t.Context(), store.Query{Partition: h.grant.Tenant().ChangeBucket(n)})
		if err != nil || page.Next != "" {
			h.t.Fatal(err, page.Next)
		}
		for _, item := range page.Items {
			all["change "+item.Sort] = string(item.Value)
		}
	}
	prefix := h.grant.Tenant().Blob("files", "")
	files, err := h.bucket.List(h.t.Context(), prefix, "", blob.MaxList)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		r, _, err := h.bucket.Get(h.t.Context(), f.Key)
		if err != nil {
			h.t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			h.t.Fatal(err)
		}
		all["file "+f.Key[len(prefix):]] = string(content)
	}
	return all
}

// claims are the keys of the organisation's unique values, with their holders in order.
func (h *house) claims() map[store.Key]string {
	h.t.Helper()
	all := map[store.Key]string{}
	for n := range 256 {
		key := h.grant.Tenant().Claim("x", "y")
		partition := key.Partition[:len(key.Partition)-2] + fmt.Sprintf("%02x", n)
		page, err := h.kernel.Store.Query(h.t.Context(), store.Query{Partition: partition})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, item := range page.Items {
			var c struct{ Holders []struct{ Kind, ID string } }
			if err := json.Unmarshal(item.Value, &c); err != nil {
				h.t.Fatal(err)
			}
			var ids []string
			for _, holder := range c.Holders {
				ids = append(ids, holder.ID)
			}
			slices.Sort(ids)
			key := item.Key
			key.Partition = "" // the organisation's
			all[key] = fmt.Sprint(ids)
		}
	}
	return all
}

// without gives a dump less some of it.
func without(dump map[string]string, gone func(key string) bool) map[string]string {
	rest := maps.Clone(dump)
	maps.DeleteFunc(rest, func(key, _ string) bool { return gone(key) })
	return rest
}

// put stores a file of the organisation.
func (h *house) put(name string, content []byte) {
	h.t.Helper()
	if _, err := h.bucket.Put(context.Background(), h.grant.Tenant().Blob("files", name), bytes.NewReader(content), blob.Options{}); err != nil {
		h.t.Fatal(err)
	}
}
