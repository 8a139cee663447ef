package blobtest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

func open(t *testing.T, b blob.Bucket, key string) blob.Object {
	t.Helper()
	o, err := b.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func readAt(t *testing.T, r Rig) {
	data := Bytes(Large)
	made := put(t, r.Bucket, "k", data, blob.Options{})
	o := open(t, r.Bucket, "k")
	if o.Size() != Large {
		t.Errorf("Size is %d", o.Size())
	}
	if diff := sameInfo(made, o.Info()); diff != "" {
		t.Errorf("Info (-put +open):\n%s", diff)
	}
	model := bytes.NewReader(data)
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.OneOf(rapid.Int64Range(0, Large+10), rapid.SampledFrom([]int64{0, Large - 1, Large, 1 << 20, 1<<20 - 1})).Draw(t, "off")
		n := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(1<<20-2, 1<<21+2)).Draw(t, "n")
		got, want := make([]byte, n), make([]byte, n)
		gotN, gotErr := o.ReadAt(got, off)
		wantN, wantErr := model.ReadAt(want, off)
		if n == 0 {
			wantErr, gotErr = nil, nil // io.ReaderAt leaves it open what an empty read at the end says
		}
		if gotN != wantN || gotErr != wantErr || !bytes.Equal(got, want) {
			t.Fatalf("ReadAt(%d bytes, %d) = %d, %v; want %d, %v", n, off, gotN, gotErr, wantN, wantErr)
		}
	})
	if _, err := o.ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("a negative place: %v", err)
	}

	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			piece := make([]byte, Large/8)
			off := int64(i) * int64(len(piece))
			if _, err := o.ReadAt(piece, off); err != nil || !bytes.Equal(piece, data[off:off+int64(len(piece))]) {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	all.Wait()

	put(t, r.Bucket, "empty", nil, blob.Options{})
	if n, err := open(t, r.Bucket, "empty").ReadAt(make([]byte, 1), 0); n != 0 || err != io.EOF {
		t.Errorf("reading an empty object: %d, %v", n, err)
	}
	put(t, r.Bucket, "small", data[:300], blob.Options{})
	small := open(t, r.Bucket, "small")
	if err := iotest.TestReader(io.NewSectionReader(small, 0, small.Size()), data[:300]); err != nil {
		t.Error(err)
	}
	archive(t, r)
}

// archive reads a zip file, which spreadsheets are, straight from the bucket.
func archive(t *testing.T, r Rig) {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for i := range 5 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(Bytes(700_000 + i))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, r.Bucket, "zip", file.Bytes(), blob.Options{})
	o := open(t, r.Bucket, "zip")
	z, err := zip.NewReader(o, o.Size())
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil || !bytes.Equal(data, Bytes(700_000+i)) {
			t.Errorf("member %d: %d bytes, %v", i, len(data), err)
		}
	}
}

// readReplaced reads in an object that is written over and removed meanwhile.
func readReplaced(t *testing.T, r Rig) {
	old := Bytes(Large)
	put(t, r.Bucket, "k", old, blob.Options{})
	o := open(t, r.Bucket, "k")
	head := make([]byte, 10)
	if _, err := o.ReadAt(head, 0); err != nil {
		t.Fatal(err)
	}
	tail := func(what string, kinds ...fault.Kind) {
		t.Helper()
		got := make([]byte, 10)
		_, err := o.ReadAt(got, Large-10)
		if err == nil && bytes.Equal(got, old[Large-10:]) {
			return
		}
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				return
			}
		}
		t.Errorf("%s: %x, %v", what, got, err)
	}
	put(t, r.Bucket, "k", make([]byte, Large), blob.Options{})
	tail("written over", fault.Stale)
	if err := r.Bucket.Delete(context.WithoutCancel(t.Context()), "k"); err != nil {
		t.Fatal(err)
	}
	tail("removed", fault.NotFound, fault.Stale)
}
