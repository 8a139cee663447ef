package emulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/seal"
)

// TestExpire: what a rule names goes when its days are over, and nothing else does.
func TestExpire(t *testing.T) {
	d, err := template.Parse([]byte(`
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration:
        Rules:
          - {Id: unfinished, Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}
          - {Id: temporary, Status: Enabled, Prefix: tmp/, ExpirationInDays: 2}
          - {Id: exports, Status: Enabled, Prefix: exports/, ExpirationInDays: 8}
          - {Id: off, Status: Disabled, Prefix: files/, ExpirationInDays: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	model, err := d.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := dirblob.Open(t.TempDir(), dirblob.Options{Base: "http://localhost/_blob", Ring: seal.NewRing(seal.Static{seal.NewKey(1, time.Now())}, clock.System{}), Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"exports/o/a", "files/o/b", "tmp/o/c", "tmp/o/d", "tmpfiles/o/e"} {
		if _, err := bucket.Put(t.Context(), key, strings.NewReader("x"), blob.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for days, want := range [][]string{
		1: {"exports/o/a", "files/o/b", "tmp/o/c", "tmp/o/d", "tmpfiles/o/e"},
		3: {"exports/o/a", "files/o/b", "tmpfiles/o/e"},
		9: {"files/o/b", "tmpfiles/o/e"},
	} {
		if want == nil {
			continue
		}
		if err := expire(t.Context(), model.Buckets["Bucket"], bucket, time.Now().AddDate(0, 0, days)); err != nil {
			t.Fatal(err)
		}
		left, err := bucket.List(t.Context(), "", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, object := range left {
			got = append(got, object.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %d days (-want +got)\n%s", days, diff)
		}
	}
	if err := lifecycles(model, map[string]blob.Bucket{"Bucket": bucket, "Other": bucket}); err == nil || !strings.Contains(err.Error(), "Other") {
		t.Errorf("a bucket nobody declared: %v", err)
	}
}
