package s3blob

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/muster-crm/muster/shared/blob"
)

// copiers is how many parts S3 is asked to copy at a time.
const copiers = 16

// Compose implements blob.Bucket: a multipart upload whose parts S3 copies itself.
func (b *Bucket) Compose(ctx context.Context, key string, parts []string, o blob.Options) (blob.Info, error) {
	if err := blob.CheckCompose(key, parts, o); err != nil {
		return blob.Info{}, err
	}
	o, err := o.Filled()
	if err != nil {
		return blob.Info{}, err
	}
	if err := b.sizes(ctx, parts); err != nil {
		return blob.Info{}, err
	}
	made, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &b.name, Key: &key, ContentType: &o.ContentType})
	if err != nil {
		return blob.Info{}, failed(err)
	}
	info, err := b.compose(ctx, key, parts, made.UploadId)
	if err != nil {
		// The caller may be gone; the parts would still cost.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: made.UploadId})
		return blob.Info{}, err
	}
	return info, nil
}

// sizes looks whether the parts are there and large enough: S3 would say so only at the end.
func (b *Bucket) sizes(ctx context.Context, parts []string) error {
	return each(ctx, len(parts), func(ctx context.Context, i int) error {
		info, err := b.Stat(ctx, parts[i])
		if err == nil && i < len(parts)-1 && info.Size < blob.MinPart {
			err = blob.SmallPart()
		}
		return err
	})
}

func (b *Bucket) compose(ctx context.Context, key string, parts []string, upload *string) (blob.Info, error) {
	done := make([]types.CompletedPart, len(parts))
	err := each(ctx, len(parts), func(ctx context.Context, i int) error {
		number := aws.Int32(int32(i + 1))
		// Keys of the port need no escaping.
		out, err := b.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: &b.name, Key: &key, UploadId: upload, PartNumber: number,
			CopySource: aws.String(b.name + "/" + parts[i])})
		if err != nil {
			return failed(err)
		}
		done[i] = types.CompletedPart{PartNumber: number, ETag: out.CopyPartResult.ETag, ChecksumCRC32: out.CopyPartResult.ChecksumCRC32}
		return nil
	})
	if err != nil {
		return blob.Info{}, err
	}
	_, err = b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: upload,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	if err != nil {
		return blob.Info{}, failed(err)
	}
	return b.Stat(ctx, key)
}

// each calls f with 0 to n-1, several at a time, and gives the first error.
func each(ctx context.Context, n int, f func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	turns := make(chan struct{}, copiers)
	for i := range n {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-turns }()
			if err := f(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
