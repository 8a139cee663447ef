// Package access is the access log: who was shown what is sensitive, and when (HIST-07).
//
// An entry is written in the commit of the organisation's log that lets somebody see the values, before they are
// answered. It names the record and the fields and holds no value. It lies twice: with all others in the order of time,
// and with the others about its record.
//
// Keys used: o#a and o#a#bb (package org).
//
// Guarantees. Entries are in the order of the log, none is ever changed, and those who manage the organisation alone
// read them.
package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// Act says in which way somebody got to see values.
type Act string

// The acts.
const (
	Reveal Act = "reveal" // asked for on a page or through the API
	Export Act = "export" // as a part of an export
	Print  Act = "print"  // in a document
)

// Entry is one access to sensitive fields of one record.
type Entry struct {
	Seq     int64     `json:"seq" doc:"Of the organisation's log"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor" doc:"Who saw it"`
	Name    string    `json:"actorName,omitempty"`
	For     string    `json:"actingFor,omitempty"`
	Channel string    `json:"via,omitempty"`
	Act     Act       `json:"act" enum:"reveal,export,print"`
	Kind    string    `json:"kind"`
	Record  string    `json:"record"`
	Fields  []string  `json:"fields" doc:"Paths of the fields that were shown"`
}

// MaxNoted is how many records one commit can note accesses to.
const MaxNoted = log.MaxOps / 2

// Put gives the operations that note accesses of an actor in the commit that follows head, two a record. What the commit
// tells (its number, time and actor) is filled in.
func Put(t org.Tenant, head log.Head, actor policy.Actor, entries ...Entry) ([]store.Op, error) {
	var ops []store.Op
	for i, e := range entries {
		e.Seq, e.At = head.Seq+1, head.At
		e.Actor, e.Name, e.For, e.Channel = actor.ID, actor.Name, actor.For, actor.Source
		value, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%s/%015d/%02d", stamp(e.At), e.Seq, i)
		for _, key := range []store.Key{t.Access(name), t.AccessOf(e.Record, name)} {
			ops = append(ops, store.Op{Kind: store.Put, Key: key, Expect: store.Absent, Value: value})
		}
	}
	return ops, nil
}

// stamp writes a time so that texts sort as times do.
func stamp(at time.Time) string { return at.UTC().Format("20060102T150405.000000000Z") }

// Filter narrows the access log. Its zero value narrows nothing.
type Filter struct {
	Records  []string // of one of these; none: of any
	Actor    string
	Field    string    // a path, or the field it begins with
	From, To time.Time // To is exclusive; zero: no bound
}

func (f Filter) keeps(e Entry) bool {
	named := func(path string) bool { return path == f.Field || strings.HasPrefix(path, f.Field+".") }
	return (f.Actor == "" || e.Actor == f.Actor) && (f.Field == "" || slices.ContainsFunc(e.Fields, named))
}

// looked is how many items one List reads at most: a filter that keeps few of them gets a short page and a next one.
const looked = 5000

// List reads entries, newest first, behind the place after ("" from the newest). next is "" at the end; a page may hold
// fewer than limit and still have a next one. The fault is Denied for whoever does not manage the organisation.
func List(ctx context.Context, s store.Store, g policy.Grant, f Filter, after string, limit int) (entries []Entry, next string, err error) {
	if err := g.Allow(policy.Manage); err != nil {
		return nil, "", err
	}
	partitions := []store.Query{g.Tenant().Accesses("")}
	if len(f.Records) > 0 {
		partitions = nil
		for _, id := range f.Records {
			partitions = append(partitions, g.Tenant().Accesses(id))
		}
	}
	// Of each partition a page; all of them together are whole down to where the first of them breaks off.
	var all []placed
	for _, q := range partitions {
		page, behind, err := list(ctx, s, q, f, after, limit)
		if err != nil {
			return nil, "", err
		}
		all, next = append(all, page...), max(next, behind)
	}
	slices.SortFunc(all, func(a, b placed) int { return strings.Compare(b.place, a.place) })
	for i, e := range all {
		if e.place < next {
			break
		}
		if entries = append(entries, e.Entry); len(entries) == limit && (i < len(all)-1 || next != "") {
			return entries, e.place, nil
		}
	}
	return entries, next, nil
}

// placed is an entry with its place, which is the same in every partition.
type placed struct {
	Entry
	place string
}

// list reads the entries of one partition.
func list(ctx context.Context, s store.Store, q store.Query, f Filter, after string, limit int) (entries []placed, next string, err error) {
	begin := q.Prefix
	if !f.From.IsZero() || !f.To.IsZero() {
		from, to := q.Bounds()
		if !f.From.IsZero() {
			from = begin + stamp(f.From)
		}
		if !f.To.IsZero() {
			to = begin + stamp(f.To)
		}
		if to != "" && from >= to {
			return nil, "", nil
		}
		q.Prefix, q.From, q.To = "", from, to
	}
	if after != "" {
		q.After = begin + after
	}
	for seen := 0; seen < looked; {
		page, err := s.Query(ctx, q)
		if err != nil {
			return nil, "", store.Fault(err)
		}
		for i, item := range page.Items {
			e := placed{place: strings.TrimPrefix(item.Sort, begin)}
			if err := json.Unmarshal(item.Value, &e.Entry); err != nil {
				return nil, "", fmt.Errorf("access: %w", err)
			}
			if !f.keeps(e.Entry) {
				continue
			}
			if entries = append(entries, e); len(entries) == limit {
				if i == len(page.Items)-1 && page.Next == "" {
					return entries, "", nil
				}
				return entries, e.place, nil
			}
		}
		if page.Next == "" {
			return entries, "", nil
		}
		seen += len(page.Items)
		q.After = page.Next
	}
	return entries, strings.TrimPrefix(q.After, begin), nil
}
