package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/org"
)

// manifest names the newest snapshot.
type manifest struct {
	Seq    int64    `json:"seq"`
	Digest string   `json:"digest"`
	Kinds  []string `json:"kinds"`
}

func (m manifest) object(t org.Tenant, kind string) string {
	return t.Blob("index", fmt.Sprintf("%d/%s", m.Seq, kind))
}

// snapshot reads the newest snapshot if it stands behind sequence number after and fits today's schemas; else nil.
func (c *Catalog) snapshot(ctx context.Context, t org.Tenant, after int64) (*Shelf, error) {
	for range 3 {
		m, err := c.manifest(ctx, t)
		if err != nil || m == nil || m.Seq <= after {
			return nil, err
		}
		s, err := c.read(ctx, t, m)
		if !errors.Is(err, fault.NotFound) {
			return s, err
		}
		// A newer snapshot has replaced it meanwhile.
	}
	return nil, nil
}

// read reads a snapshot; nil when it does not fit. The fault is NotFound when it is not there any more.
func (c *Catalog) read(ctx context.Context, t org.Tenant, m *manifest) (*Shelf, error) {
	schemas, config, err := c.schemas(ctx, t)
	if err != nil || m.Digest != config.Digest() || len(m.Kinds) != len(schemas) {
		return nil, err
	}
	s := &Shelf{seq: m.Seq, config: config, views: map[string]*index.View{}}
	for kind, schema := range schemas {
		r, _, err := c.Blobs.Get(ctx, m.object(t, kind))
		if err != nil {
			return nil, err
		}
		v, err := index.ReadSnapshot(r, schema)
		r.Close()
		if err != nil {
			return nil, nil // of another program's making: build anew
		}
		s.views[kind] = v
	}
	return s, nil
}

func (c *Catalog) manifest(ctx context.Context, t org.Tenant) (*manifest, error) {
	if c.Blobs == nil {
		return nil, nil
	}
	r, _, err := c.Blobs.Get(ctx, t.Blob("index", "current"))
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m := &manifest{}
	if err := json.NewDecoder(r).Decode(m); err != nil {
		return nil, nil // damaged: build anew, and the next snapshot mends it
	}
	return m, nil
}

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
