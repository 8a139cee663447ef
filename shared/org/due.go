package org

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/store"
)

// dueShards spreads due items over partitions; schedule asks each once a minute.
const dueShards = 4

// Due is work that must happen at or after a time, whatever crashes in between. Its item is written in the same commit
// as what calls for it and removed by the commit that finishes it; until then schedule sends it to the queue again.
type Due struct {
	Tenant Tenant
	Topic  string // who handles it, such as "job"
	Ref    string // of what, such as the job's id
	At     time.Time
}

type storedDue struct {
	Org   string `json:"org"`
	Topic string `json:"topic"`
	Ref   string `json:"ref"`
}

// dueTime is how a due item's key writes its time, to the second.
const dueTime = "20060102T150405Z"

func (d Due) key() store.Key {
	h := fnv.New32a()
	h.Write([]byte(d.Ref))
	at := d.At.UTC().Add(time.Second - 1).Truncate(time.Second) // never before its time
	return store.Key{
		Partition: fmt.Sprintf("due#%d", h.Sum32()%dueShards),
		Sort:      at.Format(dueTime) + "/" + d.Tenant.id + "/" + d.Topic + "/" + d.Ref,
	}
}

// Put gives the operation that writes the due item.
func (d Due) Put() store.Op {
	d.Tenant.partition()
	value, err := json.Marshal(storedDue{Org: d.Tenant.id, Topic: d.Topic, Ref: d.Ref})
	if err != nil {
		panic(err) // three strings
	}
	return store.Op{Kind: store.Put, Key: d.key(), Expect: store.Absent, Value: value}
}

// Drop gives the operation that removes the due item.
func (d Due) Drop() store.Op {
	return store.Op{Kind: store.Delete, Key: d.key(), Expect: store.Any}
}

// DueBy lists what is due by a time, of all organisations, at most limit a shard, what was due first before the rest.
func (d *Directory) DueBy(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	var due []Due
	to := now.UTC().Add(time.Second).Format(dueTime)
	for shard := range dueShards {
		page, err := d.store.Query(ctx, store.Query{Partition: fmt.Sprintf("due#%d", shard), To: to, Limit: limit})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			var s storedDue
			if err := json.Unmarshal(item.Value, &s); err != nil {
				return nil, err
			}
			at, err := time.Parse(dueTime, item.Sort[:len(dueTime)])
			if err != nil {
				return nil, err
			}
			due = append(due, Due{Tenant: Tenant{s.Org}, Topic: s.Topic, Ref: s.Ref, At: at})
		}
	}
	slices.SortStableFunc(due, func(a, b Due) int { return a.At.Compare(b.At) })
	return due, nil
}
