// Package blob is the port to large bytes: imports, exports, documents, photos, index snapshots.
//
// Objects are written whole, read whole or by range, and never changed in place. Browsers move their own bytes: an
// upload is a form they post with a signed policy (key, type and size are fixed in it), a download is a signed
// address; neither passes through a function, whose payloads end at 6 MB.
//
// Drivers: s3blob (one S3 bucket) and dirblob (a folder; it serves the signed addresses itself). blobtest holds what
// both must do. Limits are those of the port, checked by both drivers alike.
//
// Guarantees:
//   - A Put is seen whole or not at all; reads after it see it (S3 is strongly consistent; the folder is synced).
//   - With IfAbsent exactly one of several writers wins, the others get Conflict.
//   - An Object reads one version: when the key is written over meanwhile, reads give the old bytes or Stale, never a
//     mixture.
//   - Keys are names of ours, made of ids; names given by people appear only in downloads' file names.
//
// Faults: NotFound (blob), Conflict (blob_exists), Stale (blob_changed), TooLarge (blob), Invalid (key and options),
// Unavailable (blob: the store does not answer; try again). Error texts hold no key, since file names of people must
// not reach the log by accident.
package blob

import (
	"context"
	"io"
	"time"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of the port.
const (
	MaxKey      = 512                // bytes of a key
	MaxSegment  = 64                 // bytes between two slashes
	MaxList     = 1000               // objects a List gives at once
	MinPart     = 5 << 20            // bytes of a part of a Compose that is not its last (S3's limit)
	MaxParts    = 10_000             // of a Compose (S3's limit)
	MaxUpload   = 5 << 30            // bytes of one signed upload (S3's limit for a form post)
	MaxLifetime = 7 * 24 * time.Hour // of a signed address (S3's limit); one signed in a Lambda ends with its credentials
)

// Bucket keeps objects under keys. It is safe for concurrent use.
type Bucket interface {
	// Put stores what r gives until EOF. When r fails, nothing is stored and r's error is returned as it is.
	// Faults: Invalid, Conflict (IfAbsent and the key is taken), TooLarge (beyond MaxBytes), Unavailable.
	Put(ctx context.Context, key string, r io.Reader, o Options) (Info, error)

	// Compose makes one object of the bytes of others, in their order, without moving them through the caller. Every part
	// but the last holds MinPart bytes or more; there are 1 to MaxParts. The parts stay. IfAbsent and MaxBytes of the
	// options have no meaning here and must be zero.
	// Faults: Invalid, also for a part that is too small; NotFound (a part is not there), Unavailable.
	Compose(ctx context.Context, key string, parts []string, o Options) (Info, error)

	// Get opens an object for reading once from its beginning. The caller closes it.
	// Faults: Invalid, NotFound, Unavailable.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)

	// Open opens an object for reading at any place. Reads are bound to ctx. The caller closes it.
	// Faults: Invalid, NotFound, Unavailable; of reads: Stale, NotFound, Unavailable.
	Open(ctx context.Context, key string) (Object, error)

	// Stat describes an object. Faults: Invalid, NotFound, Unavailable.
	Stat(ctx context.Context, key string) (Info, error)

	// Delete removes an object; one that is not there is no error. Faults: Invalid, Unavailable.
	Delete(ctx context.Context, key string) error

	// List gives objects whose keys begin with prefix and come after the key after, in byte order of keys, at most
	// limit (1 to MaxList). Their ContentType is not filled in. Fewer than limit means that there are no more.
	// Faults: Invalid, Unavailable.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)

	// SignUpload makes a form with which anyone can store one object under key. Faults: Invalid.
	SignUpload(ctx context.Context, key string, o UploadOptions) (Upload, error)

	// SignDownload makes an address at which anyone can get the object as an attachment. It does not look whether the
	// object is there. Faults: Invalid.
	SignDownload(ctx context.Context, key string, o DownloadOptions) (string, error)
}

// Object is an open object.
type Object interface {
	io.ReaderAt
	io.Closer
	Info() Info
	Size() int64 // bytes
}

// Info describes an object.
type Info struct {
	Key         string
	Size        int64 // bytes
	ContentType string
	ETag        string // opaque, unquoted; differs when the content does
	Modified    time.Time
}

// Options of a Put.
type Options struct {
	ContentType string // default application/octet-stream
	IfAbsent    bool   // store only when the key is free
	MaxBytes    int64  // refuse more than this; 0 is no limit
}

// UploadOptions are what a signed upload allows.
type UploadOptions struct {
	MaxBytes    int64         // 1 to MaxUpload
	ContentType string        // the one type the form declares; default application/octet-stream
	Expires     time.Duration // 1 s to MaxLifetime
	Redirect    string        // where a browser goes afterwards, with bucket, key and etag added; empty answers 201
}

// Upload is a signed upload: post a multipart form to URL with all Fields and then, as the last part, the bytes under
// the name "file".
type Upload struct {
	Method string            `json:"method"` // POST
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// DownloadOptions describe a signed download.
type DownloadOptions struct {
	FileName    string        // as people see it; any text, made safe; default is the key's last segment
	ContentType string        // default is the object's own
	Expires     time.Duration // 1 s to MaxLifetime
}

// DefaultType is the content type of objects that were given none.
const DefaultType = "application/octet-stream"

// Missing is the fault for an object that is not there.
func Missing() error { return fault.New(fault.NotFound, "blob") }

// Exists is the fault of a Put with IfAbsent on a key that is taken.
func Exists() error { return fault.New(fault.Conflict, "blob_exists") }

// Changed is the fault of reading on in an object that was written over.
func Changed() error { return fault.New(fault.Stale, "blob_changed") }

// Excess is the fault of more bytes than allowed.
func Excess() error { return fault.New(fault.TooLarge, "blob") }

// Unanswered is the fault of a store that does not answer, with its cause for the log.
func Unanswered(cause error) error { return fault.Wrap(fault.Unavailable, "blob", cause) }
