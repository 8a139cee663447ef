package blobtest

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/blob"
)

// Post sends a signed upload as a browser does and gives the answer's status, head and body.
func Post(t *testing.T, client *http.Client, u blob.Upload, data []byte) (int, http.Header, string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range u.Fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "../../what people call it.exe")
	if err != nil {
		t.Fatal(err)
	}
	file.Write(data)
	w.Close()
	req, err := http.NewRequestWithContext(t.Context(), u.Method, u.URL, &form)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return send(t, client, req)
}

func send(t *testing.T, client *http.Client, req *http.Request) (int, http.Header, string) {
	t.Helper()
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := own.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

func fetch(t *testing.T, client *http.Client, method, address string, head ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	return send(t, client, req)
}

func sign(t *testing.T, r Rig, key string, o blob.UploadOptions) blob.Upload {
	t.Helper()
	u, err := r.Bucket.SignUpload(t.Context(), key, o)
	if err != nil {
		t.Fatal(err)
	}
	if u.Method != http.MethodPost {
		t.Errorf("Method is %q", u.Method)
	}
	return u
}

func uploads(t *testing.T, r Rig) {
	for _, size := range []int{0, 1, 99, 100} {
		u := sign(t, r, "imports/job_1/source", blob.UploadOptions{MaxBytes: 100, ContentType: "text/csv", Expires: time.Minute})
		if status, _, body := Post(t, r.Client, u, Bytes(size)); status != http.StatusCreated {
			t.Fatalf("%d bytes: %d %s", size, status, body)
		}
		data, info := get(t, r.Bucket, "imports/job_1/source")
		if !bytes.Equal(data, Bytes(size)) || info.ContentType != "text/csv" {
			t.Errorf("%d bytes are stored as %d of type %s", size, len(data), info.ContentType)
		}
	}
	u := sign(t, r, "doc", blob.UploadOptions{MaxBytes: 100, Expires: time.Minute, Redirect: "https://example.org/done?x=1"})
	status, head, _ := Post(t, r.Client, u, Bytes(5))
	to, err := url.Parse(head.Get("Location"))
	if err != nil || status != http.StatusSeeOther || to.Host != "example.org" || to.Path != "/done" ||
		to.Query().Get("x") != "1" || to.Query().Get("key") != "doc" {
		t.Errorf("with a redirect: %d to %q", status, head.Get("Location"))
	}
	if data, info := get(t, r.Bucket, "doc"); len(data) != 5 || info.ContentType != blob.DefaultType {
		t.Errorf("stored %d bytes of type %s", len(data), info.ContentType)
	}
}

func refusedUploads(t *testing.T, r Rig) {
	options := blob.UploadOptions{MaxBytes: 100, ContentType: "text/csv", Expires: time.Minute}
	refused := func(what string, u blob.Upload, size int) {
		t.Helper()
		status, _, _ := Post(t, r.Client, u, Bytes(size))
		if status < 400 || status >= 500 {
			t.Errorf("%s: %d", what, status)
		}
		for _, key := range []string{"k", "other"} {
			absent(t, r.Bucket, key)
		}
	}
	refused("one byte too many", sign(t, r, "k", options), 101)
	refused("far too many", sign(t, r, "k", options), 1<<20)

	changed := func(change func(fields map[string]string)) blob.Upload {
		u := sign(t, r, "k", options)
		u.Fields = maps.Clone(u.Fields)
		change(u.Fields)
		return u
	}
	refused("another key", changed(func(f map[string]string) { f["key"] = "other" }), 5)
	refused("another type", changed(func(f map[string]string) { f["Content-Type"] = "text/html" }), 5)
	refused("no type", changed(func(f map[string]string) { delete(f, "Content-Type") }), 5)
	refused("a redirect", changed(func(f map[string]string) { f["success_action_redirect"] = "https://example.com/" }), 5)
	refused("one more field", changed(func(f map[string]string) { f["acl"] = "public-read" }), 5)
	refused("no policy", changed(func(f map[string]string) { delete(f, "policy") }), 5)
	refused("a changed policy", changed(func(f map[string]string) {
		other := byte('A')
		if f["policy"][30] == other {
			other = 'B'
		}
		f["policy"] = f["policy"][:30] + string(other) + f["policy"][31:]
	}), 5)
	refused("another's policy", changed(func(f map[string]string) {
		f["key"] = "other"
		f["policy"] = sign(t, r, "else", options).Fields["policy"]
	}), 5)
	refused("no fields", blob.Upload{Method: http.MethodPost, URL: sign(t, r, "k", options).URL}, 5)

	late := sign(t, r, "k", options)
	r.Advance(61 * time.Second)
	refused("too late", late, 5)
}

func signedDownload(t *testing.T, r Rig, key string, o blob.DownloadOptions) string {
	t.Helper()
	address, err := r.Bucket.SignDownload(t.Context(), key, o)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func downloads(t *testing.T, r Rig) {
	data := Bytes(5000)
	put(t, r.Bucket, "exports/A/b.csv", data, blob.Options{ContentType: "text/csv"})
	address := signedDownload(t, r, "exports/A/b.csv", blob.DownloadOptions{FileName: "members.csv", Expires: 5 * time.Minute})
	status, head, body := fetch(t, r.Client, http.MethodGet, address)
	if status != http.StatusOK || body != string(data) || head.Get("Content-Type") != "text/csv" {
		t.Errorf("%d, %d bytes, type %q", status, len(body), head.Get("Content-Type"))
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || params["filename"] != "members.csv" {
		t.Errorf("Content-Disposition %q", head.Get("Content-Disposition"))
	}
	status, head, body = fetch(t, r.Client, http.MethodGet, address, "Range", "bytes=10-19")
	if status != http.StatusPartialContent || body != string(data[10:20]) || head.Get("Content-Range") != "bytes 10-19/5000" {
		t.Errorf("a range: %d, %d bytes, %q", status, len(body), head.Get("Content-Range"))
	}

	address = signedDownload(t, r, "exports/A/b.csv", blob.DownloadOptions{ContentType: "application/pdf", Expires: time.Minute})
	_, head, _ = fetch(t, r.Client, http.MethodGet, address)
	_, params, _ = mime.ParseMediaType(head.Get("Content-Disposition"))
	if head.Get("Content-Type") != "application/pdf" || params["filename"] != "b.csv" {
		t.Errorf("type %q, disposition %q", head.Get("Content-Type"), head.Get("Content-Disposition"))
	}
	gone := signedDownload(t, r, "gone", blob.DownloadOptions{Expires: time.Minute})
	if status, _, _ := fetch(t, r.Client, http.MethodGet, gone); status != http.StatusNotFound {
		t.Errorf("a missing object: %d", status)
	}
}

func refusedDownloads(t *testing.T, r Rig) {
	put(t, r.Bucket, "a", []byte("a's content"), blob.Options{})
	put(t, r.Bucket, "b", []byte("b's content"), blob.Options{})
	address := signedDownload(t, r, "a", blob.DownloadOptions{FileName: "name.txt", ContentType: "text/plain", Expires: time.Minute})
	refused := func(what, address string) {
		t.Helper()
		if status, _, body := fetch(t, r.Client, http.MethodGet, address); status != http.StatusForbidden || strings.Contains(body, "content") {
			t.Errorf("%s: %d %q", what, status, body)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	other := *u
	other.Path = strings.TrimSuffix(u.Path, "/a") + "/b"
	refused("another key", other.String())
	for name := range u.Query() {
		q := u.Query()
		q.Set(name, "x"+q.Get(name))
		refused("another "+name, u.Scheme+"://"+u.Host+u.Path+"?"+q.Encode())
		q.Del(name)
		refused("no "+name, u.Scheme+"://"+u.Host+u.Path+"?"+q.Encode())
	}
	refused("no query", u.Scheme+"://"+u.Host+u.Path)
	if status, _, _ := fetch(t, r.Client, http.MethodDelete, address); status < 400 {
		t.Errorf("another method: %d", status)
	}
	get(t, r.Bucket, "a")
	r.Advance(61 * time.Second)
	refused("too late", address)
}

func fileNames(t *testing.T, r Rig) {
	put(t, r.Bucket, "k", []byte("x"), blob.Options{})
	for given, want := range map[string]string{
		"Jahresbericht Übersicht.pdf": "Jahresbericht Übersicht.pdf",
		"Καλημέρα.csv":                "Καλημέρα.csv",
		`a"b;c=d.txt`:                 "a_b;c=d.txt",
		"100%.txt":                    "100%.txt",
		"../../etc/passwd":            "passwd",
		`C:\temp\x.txt`:               "x.txt",
		"a\r\nSet-Cookie: x=1":        "aSet-Cookie_ x=1",
		"invoice\u202efdp.exe":        "invoicefdp.exe",
		"":                            "k",
		"...":                         "k",
		"it's (1) & more+.txt":        "it's (1) & more+.txt",
	} {
		address := signedDownload(t, r, "k", blob.DownloadOptions{FileName: given, Expires: time.Minute})
		status, head, _ := fetch(t, r.Client, http.MethodGet, address)
		kind, params, err := mime.ParseMediaType(head.Get("Content-Disposition"))
		if status != http.StatusOK || err != nil || kind != "attachment" || params["filename"] != want || len(head["Set-Cookie"]) > 0 {
			t.Errorf("%q: %d, %v, %q; want the name %q", given, status, err, head.Get("Content-Disposition"), want)
		}
	}
}
