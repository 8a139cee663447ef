package dirblob

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/seal"
)

const (
	uploads   seal.Purpose = "blob-upload"
	downloads seal.Purpose = "blob-download"

	maxField  = 8 << 10 // bytes of one form field
	maxFields = 16
	formBytes = 256 << 10 // what a form may take beside the file

	drainBytes = 256 << 20 // how much of an upload that is too large is read to its end
)

// policy is what a signed upload allows.
type policy struct {
	Key      string    `json:"key"`
	Type     string    `json:"type"`
	Max      int64     `json:"max"`
	Expires  time.Time `json:"expires"`
	Redirect string    `json:"redirect,omitempty"`
}

// The fields of an upload form, named as S3 names them.
const (
	fieldKey      = "key"
	fieldType     = "Content-Type"
	fieldPolicy   = "policy"
	fieldStatus   = "success_action_status"
	fieldRedirect = "success_action_redirect"
	fieldFile     = "file"
)

func (p policy) fields() map[string]string {
	fields := map[string]string{fieldKey: p.Key, fieldType: p.Type}
	if p.Redirect != "" {
		fields[fieldRedirect] = p.Redirect
	} else {
		fields[fieldStatus] = "201"
	}
	return fields
}

// SignUpload implements blob.Bucket.
func (b *Bucket) SignUpload(ctx context.Context, key string, o blob.UploadOptions) (blob.Upload, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Upload{}, err
	}
	o, err := o.Filled()
	if err != nil {
		return blob.Upload{}, err
	}
	p := policy{Key: key, Type: o.ContentType, Max: o.MaxBytes, Redirect: o.Redirect,
		Expires: b.clock.Now().Add(o.Expires)}
	text, err := json.Marshal(p)
	if err != nil {
		return blob.Upload{}, fault.From(err)
	}
	token, err := b.ring.Seal(ctx, uploads, text)
	if err != nil {
		return blob.Upload{}, err
	}
	fields := p.fields()
	fields[fieldPolicy] = token
	return blob.Upload{Method: http.MethodPost, URL: b.base.String() + "/", Fields: fields}, nil
}

// SignDownload implements blob.Bucket.
func (b *Bucket) SignDownload(ctx context.Context, key string, o blob.DownloadOptions) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	o, err := o.Filled(key)
	if err != nil {
		return "", err
	}
	expires := strconv.FormatInt(b.clock.Now().Add(o.Expires).Unix(), 10)
	signature, err := b.ring.Sign(ctx, downloads, []byte(key), o.FileName, o.ContentType, expires)
	if err != nil {
		return "", err
	}
	q := url.Values{"name": {o.FileName}, "type": {o.ContentType}, "expires": {expires}, "signature": {signature}}
	return b.base.String() + "/" + key + "?" + q.Encode(), nil
}

// Handler serves the signed addresses. It expects whole paths, as they are below Options.Base, and answers refusals
// as S3 does: XML with a code (EntityTooLarge, AccessDenied ...), so that a page can treat both alike.
func (b *Bucket) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
		w.Header().Set("Cache-Control", "private, no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		key, ok := strings.CutPrefix(r.URL.Path, b.base.Path+"/")
		switch {
		case !ok:
			refuse(w, http.StatusNotFound, "NoSuchKey")
		case r.Method == http.MethodPost && key == "":
			b.upload(w, r)
		case (r.Method == http.MethodGet || r.Method == http.MethodHead) && key != "":
			b.download(w, r, key)
		default:
			refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
		}
	})
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, xml.Header+"<Error><Code>"+code+"</Code></Error>")
}

func (b *Bucket) download(w http.ResponseWriter, r *http.Request, key string) {
	ctx, q := r.Context(), r.URL.Query()
	name, kind, until := q.Get("name"), q.Get("type"), q.Get("expires")
	err := b.ring.Verify(ctx, downloads, []byte(key), q.Get("signature"), name, kind, until)
	if errors.Is(err, seal.ErrOpen) || err == nil && b.over(until) {
		refuse(w, http.StatusForbidden, "AccessDenied")
		return
	}
	var o *object
	if err == nil {
		o, err = b.open(ctx, key)
	}
	switch {
	case errors.Is(err, fault.NotFound):
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	case err != nil:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
		return
	}
	defer o.Close()
	if kind == "" {
		kind = o.info.ContentType
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", blob.Disposition(name))
	w.Header().Set("ETag", `"`+o.info.ETag+`"`)
	http.ServeContent(w, r, "", o.info.Modified, io.NewSectionReader(o, 0, o.info.Size))
}

// over tells whether a time written as Unix seconds has passed.
func (b *Bucket) over(until string) bool {
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err != nil || !b.clock.Now().Before(time.Unix(seconds, 0))
}

func (b *Bucket) upload(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, blob.MaxUpload+formBytes)
	form, err := r.MultipartReader()
	if err != nil {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	fields, file, err := readFields(form)
	if err != nil {
		refuse(w, http.StatusBadRequest, "MalformedPOSTRequest")
		return
	}
	p, err := b.allowed(r.Context(), fields)
	if err == nil {
		var info blob.Info
		info, err = b.Put(r.Context(), p.Key, file, blob.Options{ContentType: p.Type, MaxBytes: p.Max})
		if err == nil {
			b.stored(w, p, info)
			return
		}
	}
	switch {
	case errors.Is(err, seal.ErrOpen):
		refuse(w, http.StatusForbidden, "AccessDenied")
	case errors.Is(err, fault.TooLarge):
		// A browser reads no answer before it has sent all.
		io.CopyN(io.Discard, r.Body, drainBytes)
		refuse(w, http.StatusBadRequest, "EntityTooLarge")
	case errors.Is(err, fault.Unavailable):
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
	default:
		refuse(w, http.StatusBadRequest, "IncompleteBody")
	}
}

// readFields reads a form up to its file, which comes last.
func readFields(form *multipart.Reader) (map[string]string, io.Reader, error) {
	fields := map[string]string{}
	for range maxFields {
		part, err := form.NextPart()
		if err != nil {
			return nil, nil, err
		}
		if part.FormName() == fieldFile {
			return fields, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(value) > maxField {
			return nil, nil, errors.New("a field cannot be read")
		}
		fields[part.FormName()] = string(value)
	}
	return nil, nil, errors.New("too many fields")
}

// allowed gives the policy of a form whose fields are those that were signed, neither more nor fewer, nor too late.
// Anything else is seal.ErrOpen.
func (b *Bucket) allowed(ctx context.Context, fields map[string]string) (policy, error) {
	var p policy
	text, err := b.ring.Open(ctx, uploads, fields[fieldPolicy])
	if err != nil {
		return p, err
	}
	if json.Unmarshal(text, &p) != nil || !b.clock.Now().Before(p.Expires) {
		return p, seal.ErrOpen
	}
	delete(fields, fieldPolicy)
	want := p.fields()
	for name, value := range want {
		if fields[name] != value {
			return p, seal.ErrOpen
		}
	}
	if len(fields) != len(want) {
		return p, seal.ErrOpen
	}
	return p, nil
}

// stored answers a successful upload.
func (b *Bucket) stored(w http.ResponseWriter, p policy, info blob.Info) {
	w.Header().Set("ETag", `"`+info.ETag+`"`)
	if p.Redirect == "" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, xml.Header+"<PostResponse><Key>"+p.Key+"</Key></PostResponse>") // a key needs no escaping
		return
	}
	u, err := url.Parse(p.Redirect)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidArgument")
		return
	}
	q := u.Query()
	q.Set("bucket", "local")
	q.Set("key", p.Key)
	q.Set("etag", `"`+info.ETag+`"`)
	u.RawQuery = q.Encode()
	w.Header().Set("Location", u.String())
	w.WriteHeader(http.StatusSeeOther)
}
