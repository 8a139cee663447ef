package s3blob

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

// SignUpload implements blob.Bucket. Every field but the signature's own is fixed by a condition of the policy, since
// S3 refuses fields without one.
func (b *Bucket) SignUpload(ctx context.Context, key string, o blob.UploadOptions) (blob.Upload, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Upload{}, err
	}
	o, err := o.Filled()
	if err != nil {
		return blob.Upload{}, err
	}
	fields := map[string]string{"Content-Type": o.ContentType}
	if o.Redirect != "" {
		fields["success_action_redirect"] = o.Redirect
	} else {
		fields["success_action_status"] = "201"
	}
	conditions := []any{[]any{"content-length-range", 0, o.MaxBytes}}
	for name, value := range fields {
		conditions = append(conditions, map[string]string{name: value})
	}
	signed, err := b.sign.PresignPostObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key},
		func(p *s3.PresignPostOptions) { p.Expires, p.Conditions = o.Expires, conditions })
	if err != nil {
		return blob.Upload{}, fault.From(err)
	}
	for name, value := range signed.Values {
		fields[name] = value
	}
	return blob.Upload{Method: http.MethodPost, URL: signed.URL, Fields: fields}, nil
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
	disposition := blob.Disposition(o.FileName)
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key, ResponseContentDisposition: &disposition}
	if o.ContentType != "" {
		in.ResponseContentType = &o.ContentType
	}
	signed, err := b.sign.PresignGetObject(ctx, in, s3.WithPresignExpires(o.Expires))
	if err != nil {
		return "", fault.From(err)
	}
	return signed.URL, nil
}
