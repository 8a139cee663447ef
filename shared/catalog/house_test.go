package catalog_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
)

// house is one process of an organisation.
type house struct{ *repositorytest.House }

// memo is a second indexed kind.
type memo struct {
	record.Meta
	Text string `json:"text,omitempty" field:"required,max=5000,find=anywhere"`
}

func open(t testing.TB, o repositorytest.Options) house {
	o.Kinds = record.NewRegistry(append(product.Kinds().Kinds(), record.Define[memo]("memo", "memos", "mem"))...)
	return house{repositorytest.Open(t, o)}
}

func (h house) again() house { return house{h.Again()} }

func (h house) through(s store.Store) house { return house{h.Through(s)} }

func (h house) contact(body string) *contact.Contact {
	h.T.Helper()
	return h.Create("contact", body).(*contact.Contact)
}

func (h house) patch(id, body string) {
	h.T.Helper()
	if _, err := h.Patch(h.T.Context(), h.Write(), "contact", id, repository.AnyVersion, []byte(body)); err != nil {
		h.T.Fatal(err)
	}
}

func (h house) shelf() *catalog.Shelf {
	h.T.Helper()
	s, err := h.Catalog.Shelf(h.T.Context(), h.Tenant)
	if err != nil {
		h.T.Fatal(err)
	}
	return s
}

// version gives the version of a record in the index as it is now, 0 for none.
func (h house) version(kind, id string) int64 {
	h.T.Helper()
	v, err := h.shelf().View(kind)
	if err != nil {
		h.T.Fatal(err)
	}
	hit, ok := v.Get(id)
	if !ok {
		return 0
	}
	return hit.Revision
}

// dump writes down all of an index: every record by its id, those in the trash as well.
func dump(t testing.TB, s *catalog.Shelf, kind string) string {
	t.Helper()
	v, err := s.View(kind)
	if err != nil {
		t.Fatal(err)
	}
	g := policy.For(policy.Actor{}, policy.Owner)
	var lines []string
	for _, where := range []query.Expr{nil, query.Term{Field: query.State, Op: query.Is, Value: query.Trashed}} {
		req := index.Request{Where: where, Limit: 100, Grant: g, Now: repositorytest.Noon}
		for {
			answer, err := v.Find(req)
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range answer.Hits {
				lines = append(lines, fmt.Sprintf("%v %s", hit.Trashed, v.AppendJSON(nil, hit, g)))
			}
			if req.After = answer.Next; req.After == nil {
				break
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// bucket counts what is read of a folder of objects.
type bucket struct {
	blob.Bucket
	mu   sync.Mutex
	read []string
	fail func(key string) error
}

// blobs gives the option of a house with objects, and the bucket they lie in.
func blobs(t testing.TB) (func(clock.Clock) blob.Bucket, *bucket) {
	b := &bucket{}
	return func(c clock.Clock) blob.Bucket {
		dir, err := dirblob.Open(filepath.Join(t.TempDir(), "blobs"), dirblob.Options{Base: "http://localhost:3000/_blob", Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		b.Bucket = dir
		return b
	}, b
}

func (b *bucket) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	b.mu.Lock()
	b.read = append(b.read, key)
	fail := b.fail
	b.mu.Unlock()
	if fail != nil {
		if err := fail(key); err != nil {
			return nil, blob.Info{}, err
		}
	}
	return b.Bucket.Get(ctx, key)
}

// reads tells how many snapshots of kinds were read since the last time it was asked.
func (b *bucket) reads() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, key := range b.read {
		if !strings.HasSuffix(key, "/current") {
			n++
		}
	}
	b.read = nil
	return n
}

// watch counts the queries for whole buckets of records: 64 of them are one rebuild.
type watch struct {
	store.Store
	mu      sync.Mutex
	buckets int
}

func (w *watch) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if strings.Contains(q.Partition, "#r#") && q.Prefix == "" && q.After == "" {
		w.mu.Lock()
		w.buckets++
		w.mu.Unlock()
	}
	return w.Store.Query(ctx, q)
}

// builds tells how often an index was built since the last time it was asked.
func (w *watch) builds() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.buckets
	w.buckets = 0
	return n / 64
}
