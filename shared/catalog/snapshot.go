package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/org"
)

// manifest names the newest snapshot.
type manifest struct {
	Seq    int64    `json:"seq"`
	Digest string   `json:"digest"`
	Kinds  []string `json:"kinds"`           // each with an object
	Empty  []string `json:"empty,omitempty"` // without records, and without an object
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
	if err != nil || m.Digest != config.Digest() || len(m.Kinds)+len(m.Empty) != len(schemas) {
		return nil, err
	}
	views, foreign := map[string]*index.View{}, false
	for _, kind := range m.Empty {
		schema, ok := schemas[kind]
		foreign = foreign || !ok
		views[kind] = index.NewBuilder(schema).View(m.Seq)
	}
	// The objects are asked for side by side: each takes a while to begin to arrive.
	found := make([]*index.View, len(m.Kinds))
	failed := make([]error, len(m.Kinds))
	var group sync.WaitGroup
	for i, kind := range m.Kinds {
		schema, ok := schemas[kind]
		foreign = foreign || !ok
		group.Go(func() { found[i], failed[i] = c.object(ctx, m.object(t, kind), schema) })
	}
	group.Wait()
	for i, kind := range m.Kinds {
		if failed[i] != nil {
			return nil, failed[i]
		}
		foreign = foreign || found[i] == nil
		views[kind] = found[i]
	}
	if foreign {
		return nil, nil // of another program's making: build anew
	}
	names, err := c.names(config)
	if err != nil {
		return nil, err
	}
	return newShelf(m.Seq, config, views, names), nil
}

// object reads the snapshot of a kind; nil when it is of another making.
func (c *Catalog) object(ctx context.Context, key string, schema index.Schema) (*index.View, error) {
	r, _, err := c.Blobs.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	v, err := index.ReadSnapshot(r, schema)
	if err != nil {
		return nil, nil
	}
	return v, nil
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
		if live, trashed := v.Len(); live+trashed == 0 {
			m.Empty = append(m.Empty, kind)
			continue
		}
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
	slices.Sort(m.Empty)
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
