package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

// A spreadsheet or archive is read by many small reads, mostly one after the other, some at its end. So an open object
// fetches blocks, keeps the ones used last, and when reads go forward fetches the next block while this one is used.
const (
	blockBytes = 1 << 20
	keepBlocks = 8
)

// object is an open object: one version of it, pinned by its ETag.
type object struct {
	bucket *Bucket
	info   blob.Info
	ctx    context.Context
	cancel context.CancelFunc
	fetch  sync.WaitGroup

	mu     sync.Mutex
	blocks map[int64]*block
	order  []int64 // of blocks, the one used longest ago first
}

// block is a piece of an object, complete (or failed) when ready is closed.
type block struct {
	ready chan struct{}
	data  []byte
	err   error
}

// Open implements blob.Bucket.
func (b *Bucket) Open(ctx context.Context, key string) (blob.Object, error) {
	info, err := b.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	return &object{bucket: b, info: info, ctx: ctx, cancel: cancel, blocks: map[int64]*block{}}, nil
}

func (o *object) Info() blob.Info { return o.info }
func (o *object) Size() int64     { return o.info.Size }

// Close ends fetches under way.
func (o *object) Close() error {
	o.mu.Lock() // no fetch starts between cancel and Wait
	o.cancel()
	o.mu.Unlock()
	o.fetch.Wait()
	return nil
}

// ReadAt implements io.ReaderAt. It may be called from several goroutines.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("s3blob: negative offset")
	}
	total := 0
	for total < len(p) {
		if off >= o.info.Size {
			return total, io.EOF
		}
		data, err := o.block(off / blockBytes)
		if err != nil {
			return total, err
		}
		n := copy(p[total:], data[off%blockBytes:])
		total += n
		off += int64(n)
	}
	return total, nil
}

// block gives a block, fetched if need be.
func (o *object) block(index int64) ([]byte, error) {
	o.mu.Lock()
	_, forward := o.blocks[index-1]
	wanted := o.start(index)
	if forward && (index+1)*blockBytes < o.info.Size {
		o.start(index + 1)
		o.use(index)
	}
	o.mu.Unlock()
	select {
	case <-wanted.ready:
	case <-o.ctx.Done():
		return nil, o.ctx.Err()
	}
	if wanted.err != nil {
		o.mu.Lock()
		if o.blocks[index] == wanted {
			delete(o.blocks, index) // the next read tries anew
		}
		o.mu.Unlock()
	}
	return wanted.data, wanted.err
}

// start gives a block that is there, on its way, or now asked for. The caller holds mu.
func (o *object) start(index int64) *block {
	if known, ok := o.blocks[index]; ok {
		o.use(index)
		return known
	}
	made := &block{ready: make(chan struct{})}
	o.blocks[index] = made
	o.use(index)
	for len(o.order) > keepBlocks {
		delete(o.blocks, o.order[0])
		o.order = o.order[1:]
	}
	if err := o.ctx.Err(); err != nil {
		made.err = err
		close(made.ready)
		return made
	}
	o.fetch.Go(func() {
		defer close(made.ready)
		made.data, made.err = o.read(index)
	})
	return made
}

// use notes that a block was used last. The caller holds mu.
func (o *object) use(index int64) {
	for i, known := range o.order {
		if known == index {
			o.order = append(o.order[:i], o.order[i+1:]...)
			break
		}
	}
	o.order = append(o.order, index)
}

// read asks S3 for a block.
func (o *object) read(index int64) ([]byte, error) {
	from := index * blockBytes
	length := min(blockBytes, o.info.Size-from)
	span := fmt.Sprintf("bytes=%d-%d", from, from+length-1)
	match := `"` + o.info.ETag + `"`
	out, err := o.bucket.client.GetObject(o.ctx, &s3.GetObjectInput{Bucket: &o.bucket.name, Key: &o.info.Key,
		Range: &span, IfMatch: &match})
	if err = failed(err); errors.Is(err, fault.Conflict) {
		return nil, blob.Changed()
	}
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	if etag(out.ETag) != o.info.ETag {
		return nil, blob.Changed()
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(out.Body, data); err != nil {
		return nil, failed(err)
	}
	return data, nil
}
