package emulator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/blob"
)

// daily is when buckets are swept.
var daily = template.Schedule{Expression: "rate(1 day)"}

// sweeps is how many objects are looked at before the next are asked for.
const sweeps = 1000

// lifecycles match the buckets that were built with those of the template.
func lifecycles(model *template.Template, built map[string]blob.Bucket) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(built)) {
		if model.Buckets[id] == nil {
			errs = append(errs, fmt.Errorf("bucket %s is not in the template", id))
		}
	}
	return errors.Join(errs...)
}

// expire removes from a bucket what its rules say has been there long enough.
func expire(ctx context.Context, declared *template.Bucket, bucket blob.Bucket, now time.Time) error {
	var errs []error
	for _, rule := range declared.Lifecycle.Rules {
		if rule.Status != "Enabled" || rule.ExpirationInDays == 0 {
			continue
		}
		errs = append(errs, sweep(ctx, bucket, rule.Prefix, now.AddDate(0, 0, -rule.ExpirationInDays)))
	}
	return errors.Join(errs...)
}

// sweep removes the objects below a prefix that are as they were before a time.
func sweep(ctx context.Context, bucket blob.Bucket, prefix string, before time.Time) error {
	for after := ""; ; {
		found, err := bucket.List(ctx, prefix, after, sweeps)
		if err != nil {
			return err
		}
		for _, object := range found {
			if !object.Modified.Before(before) {
				continue
			}
			if err := bucket.Delete(ctx, object.Key); err != nil {
				return err
			}
		}
		if len(found) < sweeps {
			return nil
		}
		after = found[len(found)-1].Key
	}
}
