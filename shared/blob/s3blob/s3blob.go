// Package s3blob keeps objects in one S3 bucket.
//
// A Put reads up to PartBytes into memory: what fits is one PutObject, more becomes a multipart upload of parts that
// size, aborted when anything fails (a lifecycle rule of the bucket clears what a killed process leaves). Either way
// the object appears whole or not at all, and IfAbsent is If-None-Match on the request that makes it appear.
//
// An answer that is lost and a retry of the SDK's must not turn a win into a refusal: every Put marks its object with a
// number of its own, and one that is refused looks whether what is there bears it.
//
// Open reads by range in blocks, pinned to one version by If-Match; see object.go. Uploads are POST policies with a
// content-length-range, downloads presigned GETs. Both are made without asking S3.
//
// Rights needed: s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload on the objects, and ListBucket on the
// bucket (without it S3 calls a missing object forbidden).
package s3blob

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

// PartBytes is the size of an upload's parts. S3 takes 10,000 of them: 80 GB.
const PartBytes = 8 << 20

// Bucket is a blob.Bucket in S3.
type Bucket struct {
	name   string
	client *s3.Client
	sign   *s3.PresignClient
}

var _ blob.Bucket = (*Bucket)(nil)

// New makes a bucket over the S3 bucket of that name. An endpoint of one's own (AWS_ENDPOINT_URL_S3) is addressed
// with the bucket in the path, as stand-ins for S3 expect.
func New(cfg aws.Config, name string) *Bucket {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	return &Bucket{name: name, client: client, sign: s3.NewPresignClient(client)}
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
	in := &parts{ctx: ctx, r: blob.Limited(r, o.MaxBytes)}
	first, err := in.next()
	if err != nil {
		return blob.Info{}, err
	}
	p := &put{b: b, key: key, o: o, in: in, mark: rand.Text()}
	info := blob.Info{Key: key, ContentType: o.ContentType}
	if in.done {
		info.ETag, info.Size, err = p.one(ctx, first)
	} else {
		info.ETag, info.Size, err = p.many(ctx, first)
	}
	if err != nil {
		return blob.Info{}, err
	}
	info.Modified = time.Now().UTC().Truncate(time.Second)
	return info, nil
}

// Get implements blob.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Info{}, err
	}
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, blob.Info{}, failed(err)
	}
	info := blob.Info{Key: key, Size: aws.ToInt64(out.ContentLength), ContentType: aws.ToString(out.ContentType),
		ETag: etag(out.ETag), Modified: aws.ToTime(out.LastModified).UTC()}
	return &body{out.Body}, info, nil
}

// body makes faults of a connection's errors.
type body struct{ io.ReadCloser }

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = failed(err)
	}
	return n, err
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return blob.Info{}, failed(err)
	}
	return blob.Info{Key: key, Size: aws.ToInt64(out.ContentLength), ContentType: aws.ToString(out.ContentType),
		ETag: etag(out.ETag), Modified: aws.ToTime(out.LastModified).UTC()}, nil
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	if err = failed(err); errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// List implements blob.Bucket.
func (b *Bucket) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	if err := blob.CheckList(prefix, after, limit); err != nil {
		return nil, err
	}
	in := &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix, MaxKeys: aws.Int32(int32(limit))}
	if after != "" {
		in.StartAfter = &after
	}
	var found []blob.Info
	for {
		out, err := b.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, failed(err)
		}
		for _, o := range out.Contents {
			found = append(found, blob.Info{Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), ETag: etag(o.ETag),
				Modified: aws.ToTime(o.LastModified).UTC()})
		}
		// S3 may give fewer than asked for and still have more.
		if !aws.ToBool(out.IsTruncated) || len(found) >= limit {
			return found[:min(len(found), limit)], nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func etag(quoted *string) string { return strings.Trim(aws.ToString(quoted), `"`) }

// code gives the name S3 has for an error.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// failed makes a fault of an error of the SDK's. Its text goes to the log and holds what S3 answered, not the key.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	status, code := 0, code(err)
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	switch {
	case code == "NoSuchBucket":
		return fault.Wrap(fault.Internal, "blob_bucket", err)
	case code == "NoSuchUpload":
		return blob.Unanswered(err) // put anew
	case code == "NoSuchKey", code == "NotFound", status == http.StatusNotFound:
		return blob.Missing()
	case code == "PreconditionFailed", status == http.StatusPreconditionFailed:
		return blob.Exists() // Open, whose condition is another, sees to it itself
	case code == "EntityTooLarge":
		return blob.Excess()
	case status >= 400 && status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests &&
		code != "RequestTimeout" && code != "SlowDown":
		return fault.Wrap(fault.Internal, "blob_refused", err) // rights or a defect: trying again does not help
	}
	return blob.Unanswered(err)
}
