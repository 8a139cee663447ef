package s3blob

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/muster-crm/muster/shared/blob"
)

// markName is the object metadata that tells whose Put an object is.
const markName = "put"

// put is one Put under way.
type put struct {
	b    *Bucket
	key  string
	o    blob.Options
	in   *parts
	mark string
}

func (p *put) ifNoneMatch() *string {
	if p.o.IfAbsent {
		return aws.String("*")
	}
	return nil
}

// contended is how often a Put that met another at the very same moment is tried. S3 answers such a one neither as
// won nor as lost (409 ConditionalRequestConflict) and asks to try again.
const contended = 4

// one stores all bytes at once.
func (p *put) one(ctx context.Context, data []byte) (string, int64, error) {
	var out *s3.PutObjectOutput
	var err error
	for range contended {
		out, err = p.b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &p.b.name, Key: &p.key, Body: bytes.NewReader(data),
			ContentType: &p.o.ContentType, IfNoneMatch: p.ifNoneMatch(), Metadata: map[string]string{markName: p.mark}})
		if code(err) != "ConditionalRequestConflict" {
			break
		}
	}
	if err != nil {
		return p.lost(ctx, err)
	}
	return etag(out.ETag), int64(len(data)), nil
}

// many stores the bytes in parts, of which the first has been read.
func (p *put) many(ctx context.Context, part []byte) (string, int64, error) {
	if p.o.IfAbsent {
		// Only to save sending what would be refused; the condition that counts is on the completion.
		if _, err := p.b.Stat(ctx, p.key); err == nil {
			return "", 0, blob.Exists()
		}
	}
	made, err := p.b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &p.b.name, Key: &p.key,
		ContentType: &p.o.ContentType, Metadata: map[string]string{markName: p.mark}})
	if err != nil {
		return "", 0, failed(err)
	}
	tag, size, err := p.send(ctx, made.UploadId, part)
	if err != nil {
		// The caller may be gone; the parts would still cost.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		p.b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &p.b.name, Key: &p.key,
			UploadId: made.UploadId})
	}
	return tag, size, err
}

func (p *put) send(ctx context.Context, upload *string, part []byte) (string, int64, error) {
	var sent []types.CompletedPart
	var size int64
	for {
		number := aws.Int32(int32(len(sent) + 1))
		out, err := p.b.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &p.b.name, Key: &p.key, UploadId: upload,
			PartNumber: number, Body: bytes.NewReader(part)})
		if err != nil {
			return "", 0, failed(err)
		}
		sent = append(sent, types.CompletedPart{PartNumber: number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
		size += int64(len(part))
		if p.in.done {
			break
		}
		if part, err = p.in.next(); err != nil {
			return "", 0, err
		}
		if len(part) == 0 {
			break
		}
	}
	out, err := p.b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &p.b.name, Key: &p.key,
		UploadId: upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: sent}, IfNoneMatch: p.ifNoneMatch()})
	if err != nil {
		return p.lost(ctx, err)
	}
	return etag(out.ETag), size, nil
}

// lost answers for a request that makes the object appear and failed: done after all when the object that is there
// bears this Put's mark, else the failure.
func (p *put) lost(ctx context.Context, cause error) (string, int64, error) {
	out, err := p.b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.b.name, Key: &p.key})
	if err == nil && out.Metadata[markName] == p.mark {
		return etag(out.ETag), aws.ToInt64(out.ContentLength), nil
	}
	return "", 0, failed(cause)
}

// parts cuts what a reader gives into pieces of PartBytes, all in one buffer.
type parts struct {
	ctx  context.Context
	r    io.Reader
	buf  bytes.Buffer
	done bool // the reader is at its end
}

func (p *parts) next() ([]byte, error) {
	p.buf.Reset()
	for p.buf.Len() < PartBytes {
		if err := p.ctx.Err(); err != nil {
			return nil, err
		}
		chunk := min(PartBytes-p.buf.Len(), 256<<10)
		n, err := io.CopyN(&p.buf, p.r, int64(chunk))
		if err == io.EOF {
			p.done = true
			break
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, io.ErrNoProgress
		}
	}
	return p.buf.Bytes(), nil
}
