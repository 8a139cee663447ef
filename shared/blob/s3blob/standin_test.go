package s3blob_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/blob/s3blob"
)

const (
	region = "eu-west-1"
	bucket = "muster-blobs"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// standIn is gofakes3 behind a door that does what it leaves out: it refuses unsigned requests, and checks the
// signatures, times and policies of signed addresses as S3 documents them. Every request is noted.
type standIn struct {
	fake   http.Handler
	server *httptest.Server

	mu    sync.Mutex
	ahead time.Duration            // of the signer's clock
	fail  func(*http.Request) bool // answer 503 instead
	clash func(*http.Request) bool // answer 409 instead
	lose  func(*http.Request) bool // answer 500 afterwards
	calls []string
}

func start(t *testing.T) (*standIn, *s3blob.Bucket) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	s := &standIn{fake: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.StdLog(log.New(io.Discard, "", 0)))).Server()}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s, s3blob.New(s.config(t), bucket)
}

// config is that of the product but for the pauses between retries.
func (s *standIn) config(t *testing.T) aws.Config {
	t.Helper()
	values := map[string]string{"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL": s.server.URL}
	cfg, err := awsenv.Load(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return cfg
}

func (s *standIn) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

func (s *standIn) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// note keeps the request and says what is to go wrong with it.
func (s *standIn) note(r *http.Request) (fail, clash, lose bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path+" "+r.Header.Get("Range"))
	return s.fail != nil && s.fail(r), s.clash != nil && s.clash(r), s.lose != nil && s.lose(r)
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail, clash, lose := s.note(r)
	if clash {
		refuse(w, http.StatusConflict, "ConditionalRequestConflict")
		return
	}
	if fail {
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return
	}
	if lose {
		s.serve(httptest.NewRecorder(), r)
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	s.serve(w, r)
}

func (s *standIn) serve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data"):
		s.form(w, r)
	case q.Has("X-Amz-Signature"):
		if !s.presigned(r) {
			refuse(w, http.StatusForbidden, "AccessDenied")
			return
		}
		s.fake.ServeHTTP(w, r)
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/"):
		refuse(w, http.StatusForbidden, "AccessDenied")
	case r.Method == http.MethodPost && q.Has("uploadId"):
		s.complete(w, r)
	case r.Method == http.MethodPut && q.Has("partNumber") && r.Header.Get("X-Amz-Copy-Source") != "":
		s.copyPart(w, r)
	default:
		s.fake.ServeHTTP(w, r)
	}
}

// complete ends a multipart upload. The fake answers with another ETag than the object then has; S3 does not.
func (s *standIn) complete(w http.ResponseWriter, r *http.Request) {
	done, head := httptest.NewRecorder(), httptest.NewRecorder()
	s.fake.ServeHTTP(done, r)
	s.fake.ServeHTTP(head, httptest.NewRequest(http.MethodHead, r.URL.Path, nil))
	body := regexp.MustCompile(`<ETag>.*</ETag>`).ReplaceAllString(done.Body.String(), "<ETag>"+head.Header().Get("ETag")+"</ETag>")
	w.WriteHeader(done.Code)
	io.WriteString(w, body)
}

// copyPart makes a part of an upload from an object, which the fake does not know how to.
func (s *standIn) copyPart(w http.ResponseWriter, r *http.Request) {
	got, put := httptest.NewRecorder(), httptest.NewRecorder()
	s.fake.ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/"+r.Header.Get("X-Amz-Copy-Source"), nil))
	if got.Code != http.StatusOK {
		refuse(w, got.Code, "NoSuchKey")
		return
	}
	part := httptest.NewRequest(http.MethodPut, r.URL.RequestURI(), bytes.NewReader(got.Body.Bytes()))
	part.Header.Set("Content-Length", strconv.Itoa(got.Body.Len()))
	s.fake.ServeHTTP(put, part)
	if put.Code != http.StatusOK {
		refuse(w, put.Code, "InvalidRequest")
		return
	}
	io.WriteString(w, "<CopyPartResult><ETag>"+put.Header().Get("ETag")+"</ETag></CopyPartResult>")
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, "<Error><Code>"+code+"</Code><Message>refused</Message></Error>")
}

// presigned signs the request anew and compares.
func (s *standIn) presigned(r *http.Request) bool {
	q := r.URL.Query()
	made, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	seconds, err2 := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || err2 != nil || s.now().After(made.Add(time.Duration(seconds)*time.Second)) {
		return false
	}
	given := q.Get("X-Amz-Signature")
	for _, name := range []string{"Algorithm", "Credential", "Date", "SignedHeaders", "Signature", "Security-Token"} {
		q.Del("X-Amz-" + name)
	}
	again, _ := http.NewRequest(r.Method, "http://"+r.Host+r.URL.Path+"?"+q.Encode(), nil)
	signed, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(r.Context(),
		aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: secret, SessionToken: "session"}, again,
		"UNSIGNED-PAYLOAD", "s3", region, made)
	if err != nil {
		return false
	}
	u, err := url.Parse(signed)
	if err != nil {
		return false
	}
	want := u.Query()
	got := r.URL.Query()
	return want.Get("X-Amz-Signature") == given && want.Encode() == got.Encode()
}

// form checks a form post against its policy and hands it on.
func (s *standIn) form(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseMultipartForm(32 << 20); err != nil || len(r.MultipartForm.File["file"]) != 1 {
		refuse(w, http.StatusBadRequest, "MalformedPOSTRequest")
		return
	}
	if status, code := s.judge(r.MultipartForm); status != 0 {
		refuse(w, status, code)
		return
	}
	done := httptest.NewRecorder()
	s.fake.ServeHTTP(done, again)
	if done.Code >= 300 {
		w.WriteHeader(done.Code)
		w.Write(done.Body.Bytes())
		return
	}
	if to := r.FormValue("success_action_redirect"); to != "" {
		u, _ := url.Parse(to)
		q := u.Query()
		q.Set("bucket", bucket)
		q.Set("key", r.FormValue("key"))
		q.Set("etag", done.Header().Get("ETag"))
		u.RawQuery = q.Encode()
		w.Header().Set("Location", u.String())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	status, _ := strconv.Atoi(r.FormValue("success_action_status"))
	w.WriteHeader(status)
}

// judge is S3's rule: the policy is signed and not over, the form meets every condition, and every field but a few
// has one.
func (s *standIn) judge(form *multipart.Form) (int, string) {
	fields := map[string]string{"bucket": bucket}
	for name, values := range form.Value {
		fields[strings.ToLower(name)] = values[0]
	}
	scope := strings.Split(fields["x-amz-credential"], "/")
	if fields["policy"] == "" || len(scope) != 5 || scope[0] != "AKID" {
		return http.StatusForbidden, "AccessDenied"
	}
	key := []byte("AWS4" + secret)
	for _, part := range append(scope[1:], fields["policy"]) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != fields["x-amz-signature"] {
		return http.StatusForbidden, "SignatureDoesNotMatch"
	}
	text, err := base64.StdEncoding.DecodeString(fields["policy"])
	var policy struct {
		Expiration time.Time
		Conditions []any
	}
	if err != nil || json.Unmarshal(text, &policy) != nil {
		return http.StatusBadRequest, "InvalidPolicyDocument"
	}
	if s.now().After(policy.Expiration) {
		return http.StatusForbidden, "AccessDenied"
	}
	covered := map[string]bool{"policy": true, "x-amz-signature": true, "file": true}
	for _, condition := range policy.Conditions {
		switch c := condition.(type) {
		case map[string]any:
			for name, want := range c {
				name = strings.ToLower(name)
				if got, ok := fields[name]; !ok || got != want {
					return http.StatusForbidden, "AccessDenied"
				}
				covered[name] = true
			}
		case []any:
			size := float64(form.File["file"][0].Size)
			switch {
			case c[0] != "content-length-range":
				return http.StatusBadRequest, "InvalidPolicyDocument"
			case size < c[1].(float64):
				return http.StatusBadRequest, "EntityTooSmall"
			case size > c[2].(float64):
				return http.StatusBadRequest, "EntityTooLarge"
			}
		}
	}
	for name := range fields {
		if !covered[name] {
			return http.StatusForbidden, "AccessDenied"
		}
	}
	return 0, ""
}
