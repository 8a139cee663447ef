package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/org"
)

// Save writes a snapshot of an organisation's indexes as they are now, for functions that start without one in memory.
// Jobs call it at their end and every 20,000 records. Objects of the snapshot before the last are removed.
func (c *Catalog) Save(ctx context.Context, t org.Tenant) error {
	if c.Blobs == nil {
		return nil
	}
	s, err := c.fresh(ctx, t, 0)
	if err != nil {
		return err
	}
	old, err := c.manifest(ctx, t)
	if err != nil {
		return err
	}
	if old != nil && old.Seq >= s.seq && old.Digest == s.config.Digest() {
		return nil
	}
	m := manifest{Seq: s.seq, Digest: s.config.Digest()}
	for kind, v := range s.views {
		m.Kinds = append(m.Kinds, kind)
		r, w := io.Pipe()
		go func() { w.CloseWithError(v.WriteSnapshot(w)) }()
		_, err := c.Blobs.Put(ctx, m.object(t, kind), r, blob.Options{})
		r.Close()
		if err != nil {
			return err
		}
	}
	slices.Sort(m.Kinds)
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := c.Blobs.Put(ctx, t.Blob("index", "current"), bytes.NewReader(value), blob.Options{ContentType: "application/json"}); err != nil {
		return err
	}
	if old == nil || old.Seq == m.Seq {
		return nil
	}
	for _, kind := range old.Kinds {
		if err := c.Blobs.Delete(ctx, old.object(t, kind)); err != nil {
			return err
		}
	}
	return nil
}
