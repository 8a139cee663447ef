// Package dirblob keeps objects as files below one folder: the blob store of the local run.
//
// Layout: <folder>/objects/<segment>/<segment>.blob, one file an object. Letters a-z, digits, "-" and "_" stand for
// themselves in names, in file names the dot too, everything else is %xx: capitals as well, so that keys which differ
// only by case stay apart on every file system. Folder names hold no dot and file names always do, hence an object
// "a" and objects below "a/" never meet. A file is the object's bytes followed by a footer (its content type, ETag
// and time as JSON, the JSON's length, a mark), so one rename replaces bytes and description together, and pictures
// or PDFs still open in their programs.
//
// A Put writes into <folder>/tmp, syncs, renames and syncs the folders; a crash leaves at most a file in tmp, removed
// by the next Open when it is old. One process uses a folder at a time (the local run holds a lock on its data).
//
// Signed addresses are served by Handler: uploads as form posts like S3's (POST <base>/), downloads as
// GET <base>/<key>. Policies are sealed, downloads signed, with the installation's ring of keys.
package dirblob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/seal"
)

// stale is the age at which a file left in tmp is surely nobody's.
const stale = time.Hour

// Options of a bucket.
type Options struct {
	Base  string     // address Handler is reached at, such as "http://localhost:3000/_blob"
	Ring  *seal.Ring // keys for signed addresses
	Clock clock.Clock
}

// Bucket is a blob.Bucket in a folder.
type Bucket struct {
	objects, tmp string
	base         *url.URL
	ring         *seal.Ring
	clock        clock.Clock

	// commit makes looking whether a key is free, making folders and renaming one step.
	commit sync.Mutex
}

var _ blob.Bucket = (*Bucket)(nil)

// Open opens the bucket in dir and makes it when it is not there.
func Open(dir string, o Options) (*Bucket, error) {
	base, err := url.Parse(strings.TrimSuffix(o.Base, "/"))
	if err != nil || base.Host == "" {
		return nil, errors.New("dirblob: the base address is not a whole one")
	}
	b := &Bucket{objects: filepath.Join(dir, "objects"), tmp: filepath.Join(dir, "tmp"),
		base: base, ring: o.Ring, clock: o.Clock}
	for _, folder := range []string{b.objects, b.tmp} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	return b, b.sweep()
}

// sweep removes what crashed Puts left behind.
func (b *Bucket) sweep() error {
	left, err := os.ReadDir(b.tmp)
	if err != nil {
		return err
	}
	for _, entry := range left {
		if info, err := entry.Info(); err == nil && b.clock.Now().Sub(info.ModTime()) > stale {
			os.Remove(filepath.Join(b.tmp, entry.Name()))
		}
	}
	return nil
}

// Put implements blob.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, o blob.Options) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	o, err := o.Filled()
	if err != nil {
		return blob.Info{}, err
	}
	target := b.path(key)
	if o.IfAbsent {
		// Only to save writing what would be refused; the look that counts is in the commit.
		if _, err := os.Lstat(target); err == nil {
			return blob.Info{}, blob.Exists()
		}
	}
	f, err := os.CreateTemp(b.tmp, "put-")
	if err != nil {
		return blob.Info{}, unanswered(err)
	}
	defer os.Remove(f.Name()) // fails, as it should, once renamed
	defer f.Close()

	in := &source{ctx: ctx, r: blob.Limited(r, o.MaxBytes)}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, sum), in)
	if in.err != nil {
		return blob.Info{}, in.err
	}
	if err != nil {
		return blob.Info{}, unanswered(err)
	}
	foot := footer{Type: o.ContentType, ETag: hex.EncodeToString(sum.Sum(nil)[:16]), Modified: b.clock.Now()}
	for _, step := range []func() error{
		func() error { _, err := f.Write(foot.bytes()); return err },
		f.Sync,
		f.Close,
		func() error { return b.rename(f.Name(), target, o.IfAbsent) },
	} {
		if err := step(); err != nil {
			return blob.Info{}, unanswered(err)
		}
	}
	return foot.info(key, size), nil
}

// Compose implements blob.Bucket.
func (b *Bucket) Compose(ctx context.Context, key string, parts []string, o blob.Options) (blob.Info, error) {
	if err := blob.CheckCompose(key, parts, o); err != nil {
		return blob.Info{}, err
	}
	readers := make([]io.Reader, len(parts))
	for i, part := range parts {
		opened, err := b.open(ctx, part)
		if err != nil {
			return blob.Info{}, err
		}
		size := opened.info.Size
		if err := opened.Close(); err != nil {
			return blob.Info{}, unanswered(err)
		}
		if i < len(parts)-1 && size < blob.MinPart {
			return blob.Info{}, blob.SmallPart()
		}
		readers[i] = &later{open: func() (io.ReadCloser, error) {
			r, _, err := b.Get(ctx, part)
			return r, err
		}}
	}
	return b.Put(ctx, key, io.MultiReader(readers...), o)
}

// later opens what it reads when it is first read, so that many of them are not open at once.
type later struct {
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
}

func (l *later) Read(p []byte) (int, error) {
	if l.r == nil {
		var err error
		if l.r, err = l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.r.Read(p)
	if err != nil {
		l.r.Close()
	}
	return n, err
}

// rename puts a finished file in its place.
func (b *Bucket) rename(from, target string, ifAbsent bool) error {
	b.commit.Lock()
	defer b.commit.Unlock()
	if ifAbsent {
		if _, err := os.Lstat(target); err == nil {
			return blob.Exists()
		}
	}
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, target); err != nil {
		return err
	}
	for {
		if err := syncFolder(folder); err != nil {
			return err
		}
		if folder == b.objects {
			return nil
		}
		folder = filepath.Dir(folder)
	}
}

// source notes the error of what it reads from, so that Put can tell it from an error of the disk, and stops when the
// caller has gone.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Get implements blob.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	o, err := b.open(ctx, key)
	if err != nil {
		return nil, blob.Info{}, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(o, 0, o.info.Size), o}, o.info, nil
}

// Open implements blob.Bucket.
func (b *Bucket) Open(ctx context.Context, key string) (blob.Object, error) {
	o, err := b.open(ctx, key)
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, key string) (blob.Info, error) {
	o, err := b.open(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	return o.info, o.Close()
}

// object is an open file. The folder may replace or remove the file meanwhile; what is open stays as it was.
type object struct {
	ctx  context.Context
	file *os.File
	info blob.Info
}

func (b *Bucket) open(ctx context.Context, key string) (*object, error) {
	if err := errors.Join(ctx.Err(), blob.CheckKey(key)); err != nil {
		return nil, err
	}
	f, err := os.Open(b.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.Missing()
	}
	if err != nil {
		return nil, unanswered(err)
	}
	foot, size, err := readFooter(f)
	if err != nil {
		f.Close()
		return nil, unanswered(err)
	}
	return &object{ctx: ctx, file: f, info: foot.info(key, size)}, nil
}

func (o *object) Info() blob.Info { return o.info }
func (o *object) Size() int64     { return o.info.Size }
func (o *object) Close() error    { return o.file.Close() }

// ReadAt reads the object's bytes, not the footer after them.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, errors.New("dirblob: negative offset")
	}
	n, err := io.NewSectionReader(o.file, 0, o.info.Size).ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = unanswered(err)
	}
	return n, err
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := errors.Join(ctx.Err(), blob.CheckKey(key)); err != nil {
		return err
	}
	b.commit.Lock()
	defer b.commit.Unlock()
	target := b.path(key)
	if err := os.Remove(target); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return unanswered(err)
	}
	folder := filepath.Dir(target)
	for folder != b.objects && os.Remove(folder) == nil { // a folder that still holds something stays
		folder = filepath.Dir(folder)
	}
	if err := syncFolder(folder); err != nil {
		return unanswered(err)
	}
	return nil
}

// List implements blob.Bucket.
func (b *Bucket) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	if err := blob.CheckList(prefix, after, limit); err != nil {
		return nil, err
	}
	keys, err := b.keys(ctx, prefix, after)
	if err != nil {
		return nil, err
	}
	var found []blob.Info
	for _, key := range keys {
		if len(found) == limit {
			break
		}
		info, err := b.Stat(ctx, key)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		info.ContentType = ""
		found = append(found, info)
	}
	return found, nil
}

// syncFolder makes renames and removals in a folder last. Windows has no such call and needs none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
