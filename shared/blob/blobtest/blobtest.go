// Package blobtest holds what every blob.Bucket must do. Drivers run it in their tests over a fresh, empty bucket a
// case and whatever serves its signed addresses.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

// Rig is a bucket under test.
type Rig struct {
	Bucket  blob.Bucket
	Client  *http.Client        // reaches signed addresses
	Advance func(time.Duration) // moves the time by which signed addresses expire
}

// Run runs the suite. open makes a rig over an empty bucket.
func Run(t *testing.T, open func(t *testing.T) Rig) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, r Rig)
	}{
		{"what is put is got", putGet},
		{"writing over", writeOver},
		{"if absent", ifAbsent},
		{"one winner", oneWinner},
		{"many at once", busy},
		{"a failing reader stores nothing", failingReader},
		{"max bytes", maxBytes},
		{"compose", compose},
		{"missing", missing},
		{"list", list},
		{"hostile keys", hostileKeys},
		{"wrong options", wrongOptions},
		{"cancelled", cancelled},
		{"reading at any place", readAt},
		{"reading a replaced object", readReplaced},
		{"uploads", uploads},
		{"refused uploads", refusedUploads},
		{"downloads", downloads},
		{"refused downloads", refusedDownloads},
		{"file names", fileNames},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// Large is more than one part of any driver.
const Large = 8<<20 + 17

// Bytes makes n bytes that repeat nowhere and are the same every time.
func Bytes(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(data)
	return data
}

func put(t *testing.T, b blob.Bucket, key string, data []byte, o blob.Options) blob.Info {
	t.Helper()
	info, err := b.Put(t.Context(), key, bytes.NewReader(data), o)
	if err != nil {
		t.Fatalf("Put %s: %v", key, err)
	}
	return info
}

func get(t *testing.T, b blob.Bucket, key string) ([]byte, blob.Info) {
	t.Helper()
	r, info, err := b.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get %s: %v", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return data, info
}

func absent(t *testing.T, b blob.Bucket, key string) {
	t.Helper()
	if info, err := b.Stat(t.Context(), key); !errors.Is(err, fault.NotFound) {
		t.Errorf("%s is there: %+v, %v", key, info, err)
	}
}

func is(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want a fault of kind %s", what, err, kind)
	}
}

// sameInfo compares all but the time, of which a Put only knows about when it was.
func sameInfo(a, b blob.Info) string {
	return cmp.Diff(a, b, cmpopts.IgnoreFields(blob.Info{}, "Modified"))
}

func putGet(t *testing.T, r Rig) {
	for _, size := range []int{0, 1, 1000, 8 << 20, Large} {
		key, data := fmt.Sprintf("a/size-%d", size), Bytes(size)
		made := put(t, r.Bucket, key, data, blob.Options{ContentType: "text/csv; charset=utf-8"})
		back, info := get(t, r.Bucket, key)
		if !bytes.Equal(back, data) {
			t.Errorf("%d bytes come back as %d others", size, len(back))
		}
		if made.Key != key || made.Size != int64(size) || made.ContentType != "text/csv; charset=utf-8" || made.ETag == "" {
			t.Errorf("Put gives %+v", made)
		}
		if diff := sameInfo(made, info); diff != "" {
			t.Errorf("Put and Get describe %d bytes differently (-put +get):\n%s", size, diff)
		}
		stat, err := r.Bucket.Stat(t.Context(), key)
		if diff := cmp.Diff(info, stat); err != nil || diff != "" {
			t.Errorf("Stat: %v (-get +stat):\n%s", err, diff)
		}
		if stat.Modified.IsZero() || stat.Modified.Location() != time.UTC {
			t.Errorf("Modified is %v", stat.Modified)
		}
	}
	if info := put(t, r.Bucket, "untyped", nil, blob.Options{}); info.ContentType != blob.DefaultType {
		t.Errorf("without a type: %q", info.ContentType)
	}
}

func writeOver(t *testing.T, r Rig) {
	first := put(t, r.Bucket, "k", []byte("first, and longer"), blob.Options{ContentType: "text/plain"})
	second := put(t, r.Bucket, "k", []byte("second"), blob.Options{ContentType: "image/png"})
	if first.ETag == second.ETag {
		t.Error("two contents have one ETag")
	}
	data, info := get(t, r.Bucket, "k")
	if string(data) != "second" || info.ContentType != "image/png" {
		t.Errorf("got %q of type %s", data, info.ContentType)
	}
}

func ifAbsent(t *testing.T, r Rig) {
	for _, size := range []int{3, Large} {
		key := fmt.Sprintf("k%d", size)
		put(t, r.Bucket, key, Bytes(size), blob.Options{IfAbsent: true})
		_, err := r.Bucket.Put(t.Context(), key, bytes.NewReader(make([]byte, size)), blob.Options{IfAbsent: true})
		is(t, "a second Put", err, fault.Conflict)
		if data, _ := get(t, r.Bucket, key); !bytes.Equal(data, Bytes(size)) {
			t.Error("the second Put changed the object")
		}
		if err := r.Bucket.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		put(t, r.Bucket, key, Bytes(size), blob.Options{IfAbsent: true})
	}
}

func oneWinner(t *testing.T, r Rig) {
	const writers = 8
	var all sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		all.Go(func() {
			_, errs[i] = r.Bucket.Put(t.Context(), "k", strings.NewReader(fmt.Sprint(i)), blob.Options{IfAbsent: true})
		})
	}
	all.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			t.Errorf("writers %d and %d both won", winner, i)
		default:
			is(t, "a loser", err, fault.Conflict)
		}
	}
	if data, _ := get(t, r.Bucket, "k"); string(data) != fmt.Sprint(winner) {
		t.Errorf("writer %d won, %q is stored", winner, data)
	}
}

// busy has several goroutines write, read, list and remove the same few objects. Whatever is read was written so.
func busy(t *testing.T, r Rig) {
	ctx := t.Context()
	keys := []string{"a", "a/b", "a/b/c", "d/e", "d/f"}
	var all sync.WaitGroup
	for worker := range 6 {
		random := rand.New(rand.NewPCG(uint64(worker), 1))
		all.Go(func() {
			for range 60 {
				key := keys[random.IntN(len(keys))]
				switch random.IntN(4) {
				case 0:
					letter := byte('a' + random.IntN(26))
					content := bytes.Repeat([]byte{letter}, 1+random.IntN(5000))
					if _, err := r.Bucket.Put(ctx, key, bytes.NewReader(content), blob.Options{ContentType: "text/" + string(letter)}); err != nil {
						t.Errorf("Put: %v", err)
					}
				case 1:
					in, info, err := r.Bucket.Get(ctx, key)
					if errors.Is(err, fault.NotFound) {
						continue
					}
					if err != nil {
						t.Errorf("Get: %v", err)
						continue
					}
					data, err := io.ReadAll(in)
					in.Close()
					if err != nil || int64(len(data)) != info.Size || info.ContentType != "text/"+string(data[0]) ||
						!bytes.Equal(data, bytes.Repeat(data[:1], len(data))) {
						t.Errorf("Get gives %d bytes for %+v, %v", len(data), info, err)
					}
				case 2:
					if err := r.Bucket.Delete(ctx, key); err != nil {
						t.Errorf("Delete: %v", err)
					}
				case 3:
					infos, err := r.Bucket.List(ctx, "", "", 10)
					if err != nil || len(infos) > len(keys) {
						t.Errorf("List: %d objects, %v", len(infos), err)
					}
				}
			}
		})
	}
	all.Wait()
}

func failingReader(t *testing.T, r Rig) {
	broken := errors.New("the line broke")
	for _, before := range []int{0, 10, Large} {
		in := io.MultiReader(bytes.NewReader(Bytes(before)), iotest.ErrReader(broken))
		if _, err := r.Bucket.Put(t.Context(), "new", in, blob.Options{}); !errors.Is(err, broken) {
			t.Errorf("Put whose reader fails after %d bytes: %v", before, err)
		}
		absent(t, r.Bucket, "new")
	}
	put(t, r.Bucket, "old", []byte("as it was"), blob.Options{})
	if _, err := r.Bucket.Put(t.Context(), "old", iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(Bytes(9)))), blob.Options{}); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("Put whose reader fails: %v", err)
	}
	if data, _ := get(t, r.Bucket, "old"); string(data) != "as it was" {
		t.Errorf("a failed Put changed the object to %q", data)
	}
}

func maxBytes(t *testing.T, r Rig) {
	for _, max := range []int64{1, 10, Large} {
		_, err := r.Bucket.Put(t.Context(), "k", bytes.NewReader(Bytes(int(max)+1)), blob.Options{MaxBytes: max})
		is(t, "one byte too many", err, fault.TooLarge)
		absent(t, r.Bucket, "k")
	}
	if info := put(t, r.Bucket, "k", Bytes(10), blob.Options{MaxBytes: 10}); info.Size != 10 {
		t.Errorf("stored %d bytes", info.Size)
	}
}

func missing(t *testing.T, r Rig) {
	put(t, r.Bucket, "there/is/more", nil, blob.Options{})
	for _, key := range []string{"k", "there", "there/is", "there/is/more/below", "there/is/mor", "There/is/more"} {
		_, _, err := r.Bucket.Get(t.Context(), key)
		is(t, "Get "+key, err, fault.NotFound)
		_, err = r.Bucket.Open(t.Context(), key)
		is(t, "Open "+key, err, fault.NotFound)
		_, err = r.Bucket.Stat(t.Context(), key)
		is(t, "Stat "+key, err, fault.NotFound)
		if err := r.Bucket.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete %s: %v", key, err)
		}
	}
	get(t, r.Bucket, "there/is/more")
	if err := r.Bucket.Delete(t.Context(), "there/is/more"); err != nil {
		t.Fatal(err)
	}
	absent(t, r.Bucket, "there/is/more")
}

func compose(t *testing.T, r Rig) {
	large, small := Bytes(blob.MinPart), []byte("the end")
	put(t, r.Bucket, "parts/1", large, blob.Options{})
	put(t, r.Bucket, "parts/2", large, blob.Options{})
	put(t, r.Bucket, "parts/3", small, blob.Options{})
	for _, c := range []struct {
		parts []string
		want  []byte
	}{
		{[]string{"parts/3"}, small},
		{[]string{"parts/1", "parts/2", "parts/3"}, slices.Concat(large, large, small)},
		{[]string{"parts/2", "parts/2"}, slices.Concat(large, large)},
	} {
		info, err := r.Bucket.Compose(t.Context(), "whole", c.parts, blob.Options{ContentType: "application/gzip"})
		if err != nil {
			t.Fatalf("%v: %v", c.parts, err)
		}
		got, there := get(t, r.Bucket, "whole")
		if !bytes.Equal(got, c.want) || info.Size != int64(len(c.want)) || there.ContentType != "application/gzip" || there.ETag != info.ETag {
			t.Errorf("%v: %d bytes, %+v, %+v", c.parts, len(got), info, there)
		}
	}
	if got, _ := get(t, r.Bucket, "parts/1"); !bytes.Equal(got, large) {
		t.Error("a part did not stay")
	}
	for what, c := range map[string]struct {
		key   string
		parts []string
		o     blob.Options
		kind  fault.Kind
	}{
		"no parts":             {"new", nil, blob.Options{}, fault.Invalid},
		"too many parts":       {"new", make([]string, blob.MaxParts+1), blob.Options{}, fault.Invalid},
		"a part that is small": {"new", []string{"parts/3", "parts/1"}, blob.Options{}, fault.Invalid},
		"a missing part":       {"new", []string{"parts/1", "parts/none"}, blob.Options{}, fault.NotFound},
		"a hostile part":       {"new", []string{"../1"}, blob.Options{}, fault.Invalid},
		"a hostile key":        {"../new", []string{"parts/1"}, blob.Options{}, fault.Invalid},
		"if absent":            {"new", []string{"parts/1"}, blob.Options{IfAbsent: true}, fault.Invalid},
		"max bytes":            {"new", []string{"parts/1"}, blob.Options{MaxBytes: 1}, fault.Invalid},
	} {
		_, err := r.Bucket.Compose(t.Context(), c.key, c.parts, c.o)
		is(t, what, err, c.kind)
	}
	absent(t, r.Bucket, "new")
}

func list(t *testing.T, r Rig) {
	keys := []string{"A", "a", "a-b", "a.b", "a/b", "a/b/c", "a/B", "a=b", "a_b", "ab", "b/a", "b/a.blob", "b/a.blob/x",
		"b/c/d/e", "z", strings.Repeat("x/", 200) + "end", strings.Repeat("Y", blob.MaxSegment)}
	for i, key := range keys {
		put(t, r.Bucket, key, Bytes(i), blob.Options{})
	}
	sorted := slices.Sorted(slices.Values(keys))
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a/", "b", "b/", "b/c", "c", "/", "x/x/"}), rapid.SampledFrom(keys)).Draw(t, "prefix")
		after := rapid.OneOf(rapid.SampledFrom([]string{"", "a/", "a0", "b/b", "zz"}), rapid.SampledFrom(keys)).Draw(t, "after")
		limit := rapid.IntRange(1, len(keys)+1).Draw(t, "limit")
		var want []string
		for _, key := range sorted {
			if strings.HasPrefix(key, prefix) && key > after && len(want) < limit {
				want = append(want, key)
			}
		}
		infos, err := r.Bucket.List(context.Background(), prefix, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, info := range infos {
			got = append(got, info.Key)
			if info.Size != int64(slices.Index(keys, info.Key)) || info.ETag == "" || info.Modified.IsZero() {
				t.Errorf("%+v", info)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("List(%q, %q, %d) (-want +got):\n%s", prefix, after, limit, diff)
		}
	})
	for _, limit := range []int{0, -1, blob.MaxList + 1} {
		_, err := r.Bucket.List(t.Context(), "", "", limit)
		is(t, fmt.Sprintf("limit %d", limit), err, fault.Invalid)
	}
	_, err := r.Bucket.List(t.Context(), "a\x00", "", 1)
	is(t, "a prefix no key has", err, fault.Invalid)
}

// HostileKeys are keys every driver refuses.
var HostileKeys = []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../../b", "a/./b", ".hidden", "a\\b",
	"..\\a", "a b", "a\x00", "a\n", "a%2e", "%2e%2e/a", "é", "\xff", "a:b", "a?b", "a#b", "a*", "~", "C:",
	strings.Repeat("x", blob.MaxSegment+1), strings.Repeat("a/", blob.MaxKey/2) + "b"}

func hostileKeys(t *testing.T, r Rig) {
	for _, key := range HostileKeys {
		_, err := r.Bucket.Put(t.Context(), key, strings.NewReader("x"), blob.Options{})
		is(t, fmt.Sprintf("Put %q", key), err, fault.Invalid)
		_, _, err = r.Bucket.Get(t.Context(), key)
		is(t, fmt.Sprintf("Get %q", key), err, fault.Invalid)
		_, err = r.Bucket.Open(t.Context(), key)
		is(t, fmt.Sprintf("Open %q", key), err, fault.Invalid)
		_, err = r.Bucket.Stat(t.Context(), key)
		is(t, fmt.Sprintf("Stat %q", key), err, fault.Invalid)
		is(t, fmt.Sprintf("Delete %q", key), r.Bucket.Delete(t.Context(), key), fault.Invalid)
		_, err = r.Bucket.SignUpload(t.Context(), key, blob.UploadOptions{MaxBytes: 1, Expires: time.Minute})
		is(t, fmt.Sprintf("SignUpload %q", key), err, fault.Invalid)
		_, err = r.Bucket.SignDownload(t.Context(), key, blob.DownloadOptions{Expires: time.Minute})
		is(t, fmt.Sprintf("SignDownload %q", key), err, fault.Invalid)
	}
}

func wrongOptions(t *testing.T, r Rig) {
	for _, o := range []blob.Options{{ContentType: "text"}, {ContentType: "a/b\r\nX: y"}, {MaxBytes: -1}} {
		_, err := r.Bucket.Put(t.Context(), "k", strings.NewReader("x"), o)
		is(t, fmt.Sprintf("Put with %+v", o), err, fault.Invalid)
	}
	for _, o := range []blob.UploadOptions{
		{MaxBytes: 0, Expires: time.Minute}, {MaxBytes: blob.MaxUpload + 1, Expires: time.Minute}, {MaxBytes: 1},
		{MaxBytes: 1, Expires: blob.MaxLifetime + 1}, {MaxBytes: 1, Expires: time.Minute, ContentType: "png"},
		{MaxBytes: 1, Expires: time.Minute, Redirect: "javascript:alert(1)"}, {MaxBytes: 1, Expires: time.Minute, Redirect: "/here"},
	} {
		_, err := r.Bucket.SignUpload(t.Context(), "k", o)
		is(t, fmt.Sprintf("SignUpload with %+v", o), err, fault.Invalid)
	}
	for _, o := range []blob.DownloadOptions{{}, {Expires: blob.MaxLifetime + 1}, {Expires: time.Minute, ContentType: "\n"}} {
		_, err := r.Bucket.SignDownload(t.Context(), "k", o)
		is(t, fmt.Sprintf("SignDownload with %+v", o), err, fault.Invalid)
	}
}

func cancelled(t *testing.T, r Rig) {
	put(t, r.Bucket, "old", []byte("x"), blob.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	object, err := r.Bucket.Open(ctx, "old")
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	cancel()
	_, err = r.Bucket.Put(ctx, "new", strings.NewReader("x"), blob.Options{})
	_, _, getErr := r.Bucket.Get(ctx, "old")
	_, openErr := r.Bucket.Open(ctx, "old")
	_, readErr := object.ReadAt(make([]byte, 1), 0)
	_, listErr := r.Bucket.List(ctx, "", "", 1)
	for what, err := range map[string]error{"Put": err, "Get": getErr, "Open": openErr, "ReadAt": readErr, "List": listErr,
		"Delete": r.Bucket.Delete(ctx, "old")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	absent(t, r.Bucket, "new")
	get(t, r.Bucket, "old")
}
