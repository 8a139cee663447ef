// Package deed is the action log: what was done with a record beside changing it (HIST-01). That it was exported or
// printed is told here; what changed it is in its changes, and who was shown what is sensitive in the access log.
//
// Whoever does something with records notes it in the batch that makes it so: one operation a record (Ops). A further
// act is a line in the table of acts and a sentence "deed.<act>" in each catalogue; nothing else has to know of it.
//
// Keys used: o#d#bb (package org), beside the others about the record, by time.
//
// Guarantees. A deed is noted once, however often what did it is delivered; none is ever changed. Whoever reads the record
// reads them.
package deed

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// Act says what was done.
type Act string

// The acts.
const (
	Export Act = "export" // it is a row of a file
	Print  Act = "print"  // a document was made of it
)

// acts is what there is, one line each.
var acts = []Act{Export, Print}

// Acts lists them.
func Acts() []Act { return slices.Clone(acts) }

// Entry is one thing that was done with one record.
type Entry struct {
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Name    string    `json:"name,omitempty"` // of the actor, as it was
	For     string    `json:"for,omitempty"`  // acted for
	Channel string    `json:"via,omitempty"`
	Act     Act       `json:"act"`
	Record  string    `json:"record"`
	Ref     string    `json:"ref"`              // what did it: a job, a message, a document
	Detail  string    `json:"detail,omitempty"` // in a word: "xlsx"
}

// By gives an entry with who did it.
func (e Entry) By(a policy.Actor) Entry {
	e.Actor, e.Name, e.For, e.Channel = a.ID, a.Name, a.For, a.Source
	return e
}

// Ops gives the operations that note deeds, one each. Of the same act, time and Ref a record has one deed: to note it again
// fails.
func Ops(t org.Tenant, entries ...Entry) ([]store.Op, error) {
	ops := make([]store.Op, 0, len(entries))
	for _, e := range entries {
		if !slices.Contains(acts, e.Act) || e.Record == "" || e.Ref == "" || e.At.IsZero() {
			return nil, fmt.Errorf("deed: %q by %q at %v is no deed", e.Act, e.Ref, e.At)
		}
		value, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		ops = append(ops, store.Op{Kind: store.Put, Key: t.Deed(e.Record, e.name()), Expect: store.Absent, Value: value})
	}
	return ops, nil
}

// name sorts by time.
func (e Entry) name() string {
	return e.At.UTC().Format("20060102T150405.000000000Z") + "/" + e.Ref + "/" + string(e.Act)
}

// List reads what was done with a record, newest first, at most limit behind the place after ("" from the newest); next is
// "" at the end. The fault is Denied for whoever does not read records; that the record itself may be seen is the
// caller's to know.
func List(ctx context.Context, s store.Store, g policy.Grant, record, after string, limit int) (entries []Entry, next string, err error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, "", err
	}
	q := g.Tenant().Deeds(record)
	begin := q.Prefix
	q.Limit = limit
	if after != "" {
		q.After = begin + after
	}
	page, err := s.Query(ctx, q)
	if err != nil {
		return nil, "", store.Fault(err)
	}
	for _, item := range page.Items {
		var e Entry
		if err := json.Unmarshal(item.Value, &e); err != nil {
			return nil, "", fmt.Errorf("deed: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, strings.TrimPrefix(page.Next, begin), nil
}

// Place gives the place of an entry, to go on behind it.
func (e Entry) Place() string { return e.name() }
