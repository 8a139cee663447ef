package dirblob_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/blobtest"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/seal"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open opens a bucket in dir and serves it.
func open(t *testing.T, dir string) (*dirblob.Bucket, *clock.Manual, *httptest.Server) {
	t.Helper()
	at := clock.At(noon)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ring := seal.NewRing(seal.Static{{ID: 1, Secret: bytes.Repeat([]byte{1}, seal.SecretBytes)}}, at)
	b, err := dirblob.Open(dir, dirblob.Options{Base: server.URL + "/_blob", Ring: ring, Clock: at})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/_blob/", b.Handler())
	return b, at, server
}

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Rig {
		b, at, server := open(t, t.TempDir())
		return blobtest.Rig{Bucket: b, Client: server.Client(), Advance: at.Advance}
	})
}

func put(t *testing.T, b blob.Bucket, key, text string) {
	t.Helper()
	if _, err := b.Put(t.Context(), key, strings.NewReader(text), blob.Options{ContentType: "text/plain"}); err != nil {
		t.Fatal(err)
	}
}

// files gives all files below dir, relative to it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			found = append(found, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestLayout(t *testing.T) {
	dir := t.TempDir()
	b, _, _ := open(t, dir)
	put(t, b, "org_1/photos/con_1.jpg", "x")
	put(t, b, "A/b.c/D=e", "x")
	want := []string{"objects/%41/b%2ec/%44%3de.blob", "objects/org_1/photos/con_1.jpg.blob"}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	for _, key := range []string{"org_1/photos/con_1.jpg", "A/b.c/D=e"} {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "objects")); err != nil || len(left) != 0 {
		t.Errorf("emptied folders stay: %v, %v", left, err)
	}
}

func TestObjectsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	b, _, _ := open(t, dir)
	put(t, b, "k", "content")
	again, _, _ := open(t, dir)
	want, err := b.Stat(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Stat(t.Context(), "k"); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestOnlyOldLeftoversAreSwept(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	for name, age := range map[string]time.Duration{"put-old": 2 * time.Hour, "put-new": time.Minute} {
		path := filepath.Join(dir, "tmp", name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, noon.Add(-age), noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	if got := files(t, dir); !slices.Equal(got, []string{"tmp/put-new"}) {
		t.Errorf("left: %q", got)
	}
}

func TestFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	b, _, _ := open(t, dir)
	put(t, b, "k", "content")
	for _, name := range []string{".DS_Store", "notes.txt", "K.blob", "%zz.blob", "k.blob~"} {
		if err := os.WriteFile(filepath.Join(dir, "objects", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	infos, err := b.List(t.Context(), "", "", 10)
	if err != nil || len(infos) != 1 || infos[0].Key != "k" {
		t.Errorf("%v, %v", infos, err)
	}
}

func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	b, _, _ := open(t, dir)
	put(t, b, "k", "content")
	path := filepath.Join(dir, "objects", "k.blob")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Stat(t.Context(), "k"); !errors.Is(err, fault.Internal) {
			t.Errorf("cut at %d of %d: %v", cut, len(whole), err)
		}
	}
}

func TestErrorsDoNotTellPaths(t *testing.T) {
	dir := t.TempDir()
	b, _, _ := open(t, dir)
	put(t, b, "secret/k", "content")
	if err := os.Mkdir(filepath.Join(dir, "objects", "secret", "taken.blob"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := b.Put(t.Context(), "secret/taken", strings.NewReader("x"), blob.Options{})
	if !errors.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Put onto a folder: %v", err)
	}
}

func TestServedFilesCannotAct(t *testing.T) {
	b, _, server := open(t, t.TempDir())
	put(t, b, "page.html", "<script>alert(1)</script>")
	address, err := b.SignDownload(t.Context(), "page.html", blob.DownloadOptions{ContentType: "text/html", Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, _ := http.NewRequestWithContext(t.Context(), method, address, nil)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Type": "text/html",
			"Content-Security-Policy": "sandbox; default-src 'none'", "Content-Disposition": `attachment; filename="page.html"`} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s %s: %q, want %q", method, name, got, want)
			}
		}
	}
}

func TestAnUploadFarTooLargeIsAnswered(t *testing.T) {
	b, _, server := open(t, t.TempDir())
	u, err := b.SignUpload(t.Context(), "k", blob.UploadOptions{MaxBytes: 10, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	status, _, body := blobtest.Post(t, server.Client(), u, make([]byte, 30<<20))
	if status != http.StatusBadRequest || !strings.Contains(body, "<Code>EntityTooLarge</Code>") {
		t.Errorf("%d %s", status, body)
	}
}

func FuzzUploadForm(f *testing.F) {
	dir := f.TempDir()
	at := clock.At(noon)
	ring := seal.NewRing(seal.Static{{ID: 1, Secret: bytes.Repeat([]byte{1}, seal.SecretBytes)}}, at)
	b, err := dirblob.Open(dir, dirblob.Options{Base: "http://localhost/_blob", Ring: ring, Clock: at})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n../k\r\n--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--x--\r\n")
	f.Add("--x\r\n\r\n--x--")
	f.Add("")
	f.Fuzz(func(t *testing.T, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/_blob/", strings.NewReader(body))
		req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, req)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("an unsigned form is answered %d", w.Code)
		}
		entries, err := os.ReadDir(filepath.Join(dir, "objects"))
		if err != nil || len(entries) != 0 {
			t.Errorf("an unsigned form stored something: %v, %v", entries, err)
		}
	})
}
