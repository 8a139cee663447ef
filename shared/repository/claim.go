package repository

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// maxHolders is how many records one claim lists under the policies that let several hold a key.
const maxHolders = 50

// claim is the item of a unique key: who holds it.
type claim struct {
	Holders []holder `json:"holders"`
}

type holder struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// claims is what one write knows and changes of unique keys: the items as read, and as they would become.
type claims struct {
	tenant org.Tenant
	items  map[store.Key]*claimItem
	order  []store.Key       // of first change, so that equal writes make equal batches
	ends   map[string]string // of holders that were merged: where each has ended; "" for the trash
	late   []*claimItem      // that were read since it was last asked where holders have ended
}

type claimItem struct {
	key      store.Key
	revision int64
	was, is  claim
	dirty    bool
}

func newClaims(t org.Tenant) *claims {
	return &claims{tenant: t, items: map[store.Key]*claimItem{}, ends: map[string]string{}}
}

// readClaims reads the claims of keys.
func (r *Repository) readClaims(ctx context.Context, t org.Tenant, keys []record.Key) (*claims, error) {
	c := newClaims(t)
	return c, c.read(ctx, r.Store, keys)
}

// read adds the claims of keys to those known already.
func (c *claims) read(ctx context.Context, s store.Store, keys []record.Key) error {
	var wanted []store.Key
	for _, key := range keys {
		k := c.tenant.Claim(key.Name, key.Value)
		if c.items[k] == nil {
			c.items[k] = &claimItem{key: k}
			wanted = append(wanted, k)
		}
	}
	for part := range slices.Chunk(wanted, store.MaxGet) {
		items, err := s.Get(ctx, store.Each, part...)
		if err != nil {
			return store.Fault(err)
		}
		for _, item := range items {
			if item == nil {
				continue
			}
			there := c.items[item.Key]
			there.revision = item.Revision
			if err := json.Unmarshal(item.Value, &there.was); err != nil {
				return err
			}
			there.is.Holders = slices.Clone(there.was.Holders)
			c.late = append(c.late, there)
		}
	}
	return nil
}

// others lists the holders of a key beside a record. What holds it for another record, into which it was merged, stands for
// that one.
func (c *claims) others(key record.Key, id string) []holder {
	var others []holder
	for _, h := range c.items[c.tenant.Claim(key.Name, key.Value)].is.Holders {
		if h.ID = c.end(h.ID); h.ID != "" && h.ID != c.end(id) && !slices.Contains(others, h) {
			others = append(others, h)
		}
	}
	return others
}

// end gives the record a holder has ended in.
func (c *claims) end(id string) string {
	if end, ok := c.ends[id]; ok {
		return end
	}
	return id
}

// add makes a record a holder of a key.
func (c *claims) add(key record.Key, kind, id string) {
	h := holder{Kind: kind, ID: id}
	item := c.touch(key)
	if !slices.Contains(item.is.Holders, h) {
		item.is.Holders = append(item.is.Holders, h)
	}
}

// release ends a record's hold of a key.
func (c *claims) release(key record.Key, id string) {
	item := c.touch(key)
	item.is.Holders = slices.DeleteFunc(item.is.Holders, func(h holder) bool { return h.ID == id })
}

func (c *claims) touch(key record.Key) *claimItem {
	k := c.tenant.Claim(key.Name, key.Value)
	item := c.items[k]
	if !item.dirty {
		item.dirty = true
		c.order = append(c.order, item.key)
	}
	return item
}

// ops gives the operations that write what has changed.
func (c *claims) ops() ([]store.Op, error) {
	var ops []store.Op
	for _, k := range c.order {
		item := c.items[k]
		op := store.Op{Key: k, Expect: item.revision}
		switch {
		case slices.Equal(item.was.Holders, item.is.Holders):
			continue
		case len(item.is.Holders) == 0:
			op.Kind = store.Delete
		default:
			op.Kind = store.Put
			value, err := json.Marshal(item.is)
			if err != nil {
				return nil, err
			}
			op.Value = value
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// clash is a key of a record that others hold as well.
type clash struct {
	key     record.Key
	policy  record.Policy
	holders []holder
}

// judge holds the new keys of a record against their claims and takes them: the refused ones, and those that pass with
// a warning.
func (c *claims) judge(m moment, kind, id string, keys []record.Key) (refused, warned []clash) {
	for _, key := range keys {
		others := c.others(key, id)
		p := m.cfg.Settings.Policy(key.Name)
		switch {
		case len(others) == 0:
		case !m.passes(p, id, others):
			refused = append(refused, clash{key, p, others})
		case p == record.Warn:
			warned = append(warned, clash{key, p, others})
		}
	}
	if len(refused) == 0 {
		for _, key := range keys {
			c.add(key, kind, id)
		}
	}
	return refused, warned
}

// passes tells whether a policy lets a record hold a key that others hold.
func (m moment) passes(p record.Policy, id string, others []holder) bool {
	switch {
	case len(others) >= maxHolders:
		return false
	case p == record.Family:
		return m.family(id, others)
	}
	return p == record.Warn
}

// takenCode is the code of a key somebody else holds, sharedCode of one that is shared under the policy.
var takenCode = map[string]string{"email": "email_taken", "mobile": "mobile_taken"}
var sharedCode = map[string]string{"email": "email_shared", "mobile": "mobile_shared"}

func codeOf(codes map[string]string, key record.Key, other string) string {
	if code, ok := codes[key.Name]; ok {
		return code
	}
	return other
}

// conflict is the fault of keys that are taken. It names the holders the caller may see; fresh are those not stored yet.
func (r *Repository) conflict(ctx context.Context, g policy.Grant, refused []clash, fresh fresh) error {
	f := fault.New(fault.Conflict, "key_taken")
	for _, c := range refused {
		f.Fields = append(f.Fields, fault.At(c.key.Path, codeOf(takenCode, c.key, "key_taken")))
		seen, err := r.name(ctx, g, c, fresh)
		if err != nil {
			return err
		}
		f.Clashes = append(f.Clashes, seen...)
	}
	f.Code = f.Fields[0].Code
	return f
}

// warnings tells of keys that are shared.
func (r *Repository) warnings(ctx context.Context, g policy.Grant, warned []clash, fresh fresh) ([]Warning, error) {
	var all []Warning
	for _, c := range warned {
		seen, err := r.name(ctx, g, c, fresh)
		if err != nil {
			return nil, err
		}
		all = append(all, Warning{Path: c.key.Path, Code: codeOf(sharedCode, c.key, "key_shared"), Conflicts: seen})
	}
	return all, nil
}

// fresh names records that are judged together with others and are not stored yet, by id.
type fresh map[string]fault.Clash

// name lists the holders of a key that the caller may see, with their titles.
func (r *Repository) name(ctx context.Context, g policy.Grant, c clash, fresh fresh) ([]fault.Clash, error) {
	if !g.Can(policy.Read) {
		return nil, nil
	}
	var seen []fault.Clash
	for _, h := range c.holders {
		if beside, ok := fresh[h.ID]; ok {
			beside.Field = c.key.Path
			seen = append(seen, beside)
			continue
		}
		k, ok := r.Kinds.Kind(h.Kind)
		if !ok {
			continue
		}
		got, err := r.load(ctx, g.Tenant(), k, h.ID)
		if err != nil {
			return nil, err
		}
		if got.record != nil {
			seen = append(seen, fault.Clash{ID: h.ID, Field: c.key.Path, Title: record.Title(got.record)})
		}
	}
	return seen, nil
}

// newKeys lists the keys of after that before does not have; before may be nil.
func newKeys(before, after record.Record) []record.Key {
	had := keysOf(before)
	return slices.DeleteFunc(keysOf(after), func(k record.Key) bool {
		return slices.ContainsFunc(had, func(h record.Key) bool { return h.Name == k.Name && h.Value == k.Value })
	})
}

// keysOf lists the unique keys of a record that is not in the trash: deletion frees them (REC-10).
func keysOf(r record.Record) []record.Key {
	keyed, ok := r.(record.Keyed)
	if !ok || r.Base().DeletedAt != nil {
		return nil
	}
	return keyed.Keys()
}

// Taken tells whether others than the record id hold a key, whether its policy would refuse one more, and who of them
// the caller may see.
func (r *Repository) Taken(ctx context.Context, g policy.Grant, key record.Key, id string) (taken, refused bool, seen []fault.Clash, err error) {
	m, err := r.glance(ctx, g)
	if err != nil {
		return false, false, nil, err
	}
	c, err := r.readClaims(ctx, g.Tenant(), []record.Key{key})
	if err != nil {
		return false, false, nil, err
	}
	if err := r.ending(ctx, c, id); err != nil {
		return false, false, nil, err
	}
	others := c.others(key, id)
	if len(others) == 0 {
		return false, false, nil, nil
	}
	p := m.cfg.Settings.Policy(key.Name)
	seen, err = r.name(ctx, g, clash{key, p, others}, nil)
	return true, !m.passes(p, id, others), seen, err
}
