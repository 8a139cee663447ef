package s3blob_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/blobtest"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/fault"
)

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Rig {
		s, b := start(t)
		return blobtest.Rig{Bucket: b, Client: s.server.Client(), Advance: s.advance}
	})
}

// once makes a rule that strikes the first request that is of the method and holds the query parameter ("" for any).
func once(method, param string) func(*http.Request) bool {
	struck := false
	return func(r *http.Request) bool {
		hit := !struck && r.Method == method && (param == "" || r.URL.Query().Has(param))
		struck = struck || hit
		return hit
	}
}

func TestLostAnswersAreNoRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		lose func(*http.Request) bool
	}{
		"one request":    {10, once(http.MethodPut, "")},
		"a part":         {blobtest.Large, once(http.MethodPut, "partNumber")},
		"the completion": {blobtest.Large, once(http.MethodPost, "uploadId")},
	} {
		for _, ifAbsent := range []bool{false, true} {
			s, b := start(t)
			s.lose = c.lose
			data := blobtest.Bytes(c.size)
			info, err := b.Put(t.Context(), "k", bytes.NewReader(data), blob.Options{IfAbsent: ifAbsent})
			if err != nil || info.Size != int64(c.size) {
				t.Fatalf("%s, if absent %t: %+v, %v", name, ifAbsent, info, err)
			}
			stat, err := b.Stat(t.Context(), "k")
			if err != nil || stat.ETag != info.ETag {
				t.Errorf("%s, if absent %t: stored %+v, %v, told %+v", name, ifAbsent, stat, err, info)
			}
		}
	}
}

func TestPutsAtTheSameMoment(t *testing.T) {
	s, b := start(t)
	s.clash = once(http.MethodPut, "")
	if _, err := b.Put(t.Context(), "k", strings.NewReader("x"), blob.Options{IfAbsent: true}); err != nil {
		t.Errorf("after one clash: %v", err)
	}
	s.clash = once(http.MethodPut, "")
	if _, err := b.Put(t.Context(), "k", strings.NewReader("y"), blob.Options{IfAbsent: true}); !errors.Is(err, fault.Conflict) {
		t.Errorf("after one clash with a taken key: %v", err)
	}
	s.clash = func(r *http.Request) bool { return r.Method == http.MethodPut }
	if _, err := b.Put(t.Context(), "l", strings.NewReader("x"), blob.Options{IfAbsent: true}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("with no end of clashes: %v", err)
	}
}

func TestFailedUploadsLeaveNoPartsBehind(t *testing.T) {
	for name, fail := range map[string]func(*http.Request) bool{
		"a part":         func(r *http.Request) bool { return r.URL.Query().Has("partNumber") },
		"the completion": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") },
	} {
		s, b := start(t)
		s.fail = fail
		_, err := b.Put(t.Context(), "k", bytes.NewReader(blobtest.Bytes(blobtest.Large)), blob.Options{})
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		last := s.calls[len(s.calls)-1]
		if !strings.HasPrefix(last, "DELETE") {
			t.Errorf("%s: the last request is %s", name, last)
		}
	}
}

func TestAServiceThatDoesNotAnswer(t *testing.T) {
	s, b := start(t)
	s.fail = func(*http.Request) bool { return true }
	_, putErr := b.Put(t.Context(), "k", strings.NewReader("x"), blob.Options{})
	_, _, getErr := b.Get(t.Context(), "k")
	_, statErr := b.Stat(t.Context(), "k")
	_, listErr := b.List(t.Context(), "", "", 1)
	for what, err := range map[string]error{"Put": putErr, "Get": getErr, "Stat": statErr, "List": listErr,
		"Delete": b.Delete(t.Context(), "k")} {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAMissingBucketIsOurDefect(t *testing.T) {
	s, _ := start(t)
	b := s3blob.New(s.config(t), "no-such-bucket")
	_, err := b.Put(t.Context(), "k", strings.NewReader("x"), blob.Options{})
	if !errors.Is(err, fault.Internal) {
		t.Errorf("Put: %v", err)
	}
	if _, _, err := b.Get(t.Context(), "k"); !errors.Is(err, fault.Internal) {
		t.Errorf("Get: %v", err)
	}
}

func TestReadingForwardAsksForEachBlockOnce(t *testing.T) {
	s, b := start(t)
	data := blobtest.Bytes(3<<20 + 5)
	if _, err := b.Put(t.Context(), "k", bytes.NewReader(data), blob.Options{}); err != nil {
		t.Fatal(err)
	}
	s.calls = nil
	o, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	o.Close()
	asked := map[string]int{}
	for _, call := range s.calls {
		asked[call]++
	}
	path := " /" + bucket + "/k "
	want := map[string]int{"HEAD" + path: 1, "GET" + path + "bytes=0-1048575": 1, "GET" + path + "bytes=1048576-2097151": 1,
		"GET" + path + "bytes=2097152-3145727": 1, "GET" + path + "bytes=3145728-3145732": 1}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if _, err := o.ReadAt(make([]byte, 1), 0); err == nil && len(asked) != len(s.calls) {
		t.Errorf("a closed object asks on: %v", s.calls)
	}
}

func TestAFailedBlockIsAskedForAgain(t *testing.T) {
	s, b := start(t)
	if _, err := b.Put(t.Context(), "k", strings.NewReader("content"), blob.Options{}); err != nil {
		t.Fatal(err)
	}
	o, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	s.fail = func(*http.Request) bool { return true }
	got := make([]byte, 7)
	if _, err := o.ReadAt(got, 0); !errors.Is(err, fault.Unavailable) {
		t.Errorf("while the service fails: %v", err)
	}
	s.fail = nil
	if _, err := o.ReadAt(got, 0); err != nil || string(got) != "content" {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// What the stand-in cannot show: how real S3 is addressed.
func TestAddressesOnAWS(t *testing.T) {
	values := map[string]string{"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_SESSION_TOKEN": "session"}
	cfg, err := awsenv.Load(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	b := s3blob.New(cfg, bucket)
	u, err := b.SignUpload(t.Context(), "a/k", blob.UploadOptions{MaxBytes: 7, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://" + bucket + ".s3." + region + ".amazonaws.com"; strings.TrimSuffix(u.URL, "/") != want {
		t.Errorf("upload to %s, want %s", u.URL, want)
	}
	policy, err := base64.StdEncoding.DecodeString(u.Fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`["content-length-range",0,7]`, `{"key":"a/k"}`, `{"bucket":"` + bucket + `"}`,
		`{"Content-Type":"application/octet-stream"}`, `{"X-Amz-Security-Token":"session"}`} {
		if !strings.Contains(string(policy), want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	address, err := b.SignDownload(t.Context(), "a/k", blob.DownloadOptions{Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://" + bucket + ".s3." + region + ".amazonaws.com/a/k?"; !strings.HasPrefix(address, want) {
		t.Errorf("download from %s, want %s...", address, want)
	}
}
