package catalog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
	"github.com/muster-crm/muster/shared/store"
)

// saved opens a house with some contacts, of which a snapshot was written.
func saved(t *testing.T) (house, *bucket, *watch) {
	t.Helper()
	option, b := blobs(t)
	w := &watch{}
	h := open(t, repositorytest.Options{Blobs: option, Wrap: func(s store.Store) store.Store {
		w.Store = s
		return w
	}})
	h.Settings(repositorytest.Block)
	for n := range 29 {
		h.contact(fmt.Sprintf(`{"firstName":"N%d","emails":[{"address":"a%d@example.org"}]}`, n, n))
	}
	h.Create("memo", `{"text":"of the others there are none, and so no objects"}`)
	h.save()
	w.builds()
	b.reads()
	return h, b, w
}

func (h house) save() {
	h.T.Helper()
	if err := h.Catalog.Save(h.T.Context(), h.Tenant); err != nil {
		h.T.Fatal(err)
	}
}

// objects lists the objects of the snapshot.
func (h house) objects(b *bucket) []string {
	h.T.Helper()
	infos, err := b.List(h.T.Context(), h.Tenant.Blob("index", ""), "", 1000)
	if err != nil {
		h.T.Fatal(err)
	}
	var all []string
	for _, info := range infos {
		all = append(all, strings.TrimPrefix(info.Key, h.Tenant.Blob("index", "")))
	}
	return all
}

func TestSnapshotIsLoaded(t *testing.T) {
	h, b, w := saved(t)
	h.contact(`{"firstName":"later"}`)
	next := h.again()
	got := dump(t, next.shelf(), "contact")
	if w.builds() != 0 || b.reads() != 2 {
		t.Error("the index was not loaded from its snapshot")
	}
	if diff := cmp.Diff(dump(t, h.shelf(), "contact"), got); diff != "" || next.shelf().Seq() != 32 {
		t.Errorf("at %d: %s", next.shelf().Seq(), diff)
	}
	if next.shelf().Config().Settings.Name != "Harbour Choir" {
		t.Errorf("%+v", next.shelf().Config().Settings)
	}
}

func TestSaveReplacesTheSnapshot(t *testing.T) {
	h, b, _ := saved(t)
	if diff := cmp.Diff([]string{"31/contact", "31/memo", "current"}, h.objects(b)); diff != "" {
		t.Error(diff)
	}
	h.save()
	h.again().save() // nothing has happened since
	if diff := cmp.Diff([]string{"31/contact", "31/memo", "current"}, h.objects(b)); diff != "" {
		t.Error(diff)
	}
	h.contact(`{"firstName":"later"}`)
	h.again().save()
	if diff := cmp.Diff([]string{"32/contact", "32/memo", "current"}, h.objects(b)); diff != "" {
		t.Error(diff)
	}
	if got := dump(t, h.again().shelf(), "contact"); strings.Count(got, "\n") != 29 {
		t.Errorf("%d records", strings.Count(got, "\n")+1)
	}
}

func TestNoBucketNoSnapshot(t *testing.T) {
	h := open(t, repositorytest.Options{})
	h.contact(`{"firstName":"Jan"}`)
	h.save()
}

// A snapshot without the columns of today is not used.
func TestSnapshotOfOtherFieldsIsRefused(t *testing.T) {
	h, b, w := saved(t)
	h.Create("field", `{"for":"contact","name":"size","label":"Size","type":"text"}`)
	c := h.contact(`{"firstName":"Jan","custom":{"size":"S"}}`)
	w.builds()
	next := h.again()
	if v := next.version("contact", c.ID); v != 1 || w.builds() != 1 || b.reads() != 0 {
		t.Errorf("version %d; the snapshot of other columns was read", v)
	}
	next.save()
	w.builds()
	if diff := cmp.Diff(dump(t, h.shelf(), "contact"), dump(t, h.again().shelf(), "contact")); diff != "" || w.builds() != 0 {
		t.Errorf("the new snapshot: %s", diff)
	}
}

// Who is far behind takes a newer snapshot instead of reading the log.
func TestFarBehindTakesTheSnapshot(t *testing.T) {
	option, b := blobs(t)
	h := open(t, repositorytest.Options{Blobs: option})
	h.contact(`{"firstName":"Jan"}`)
	behind, near, alone := h.again(), h.again(), h.again()
	for _, p := range []house{behind, near, alone} {
		p.shelf()
	}
	h.entries(1900)
	b.reads()
	if near.shelf().Seq() != 1901 || b.reads() != 0 {
		t.Errorf("a little behind: at %d", near.shelf().Seq())
	}
	h.entries(1200)
	if alone.shelf().Seq() != 3101 {
		t.Errorf("without a snapshot: at %d", alone.shelf().Seq())
	}
	h.again().save()
	last := h.contact(`{"firstName":"Piet"}`)
	b.reads()
	if behind.version("contact", last.ID) != 1 || behind.shelf().Seq() != 3102 || b.reads() != 1 {
		t.Errorf("far behind: at %d", behind.shelf().Seq())
	}
	if diff := cmp.Diff(dump(t, alone.shelf(), "contact"), dump(t, behind.shelf(), "contact")); diff != "" {
		t.Error(diff)
	}
}

// What is damaged, replaced or gone costs a rebuild and is no fault.
func TestDamagedSnapshots(t *testing.T) {
	for name, damage := range map[string]func(h house, b *bucket){
		"manifest":                func(h house, b *bucket) { h.put(b, "current", `{"seq":`) },
		"other manifest":          func(h house, b *bucket) { h.put(b, "current", `[]`) },
		"manifest of other kinds": func(h house, b *bucket) { h.put(b, "current", `{"seq":31,"kinds":["contact"]}`) },
		"a kind there is not": func(h house, b *bucket) {
			var m map[string]any
			r, _, err := b.Bucket.Get(h.T.Context(), h.Tenant.Blob("index", "current"))
			if err != nil {
				h.T.Fatal(err)
			}
			defer r.Close()
			if err := json.NewDecoder(r).Decode(&m); err != nil {
				h.T.Fatal(err)
			}
			m["empty"].([]any)[0] = "sonnet"
			value, err := json.Marshal(m)
			if err != nil {
				h.T.Fatal(err)
			}
			h.put(b, "current", string(value))
		},
		"object":       func(h house, b *bucket) { h.put(b, "31/contact", "no snapshot") },
		"empty object": func(h house, b *bucket) { h.put(b, "31/memo", "") },
		"object gone": func(h house, b *bucket) {
			if err := b.Delete(h.T.Context(), h.Tenant.Blob("index", "31/memo")); err != nil {
				h.T.Fatal(err)
			}
		},
		"everything gone": func(h house, b *bucket) {
			for _, key := range h.objects(b) {
				if err := b.Delete(h.T.Context(), h.Tenant.Blob("index", key)); err != nil {
					h.T.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, b, w := saved(t)
			want := dump(t, h.shelf(), "contact")
			damage(h, b)
			next := h.again()
			if diff := cmp.Diff(want, dump(t, next.shelf(), "contact")); diff != "" || w.builds() != 1 {
				t.Errorf("not built anew, or %s", diff)
			}
			next.contact(`{"firstName":"later"}`)
			next.save()
			w.builds()
			if h.again().shelf(); w.builds() != 0 {
				t.Error("the next snapshot does not mend it")
			}
		})
	}
}

func (h house) put(b *bucket, name, content string) {
	h.T.Helper()
	if _, err := b.Put(h.T.Context(), h.Tenant.Blob("index", name), bytes.NewReader([]byte(content)), blob.Options{}); err != nil {
		h.T.Fatal(err)
	}
}

// A snapshot that is replaced while it is read is read anew, without a rebuild.
func TestSnapshotReplacedMeanwhile(t *testing.T) {
	h, b, w := saved(t)
	writer := h.again()
	writer.shelf()
	next := h.again()
	w.builds()
	var replaced atomic.Bool // kinds are read side by side
	b.fail = func(key string) error {
		if strings.Contains(key, "/31/") && replaced.CompareAndSwap(false, true) {
			writer.contact(`{"firstName":"later"}`)
			writer.save()
		}
		return nil
	}
	if next.shelf().Seq() != 32 || w.builds() != 0 || !replaced.Load() {
		t.Errorf("at %d", next.shelf().Seq())
	}
}

// Trouble with the bucket is told.
func TestBucketThatDoesNotAnswer(t *testing.T) {
	h, b, _ := saved(t)
	b.fail = func(string) error { return fault.New(fault.Unavailable, "blob") }
	if _, err := h.again().Catalog.Shelf(t.Context(), h.Tenant); !errors.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}
