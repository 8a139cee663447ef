// Package org holds the tenant: which organisation a piece of work belongs to, and under which keys its items lie.
//
// A Tenant cannot be forged: it comes out of this package only, from the directory of organisations, from a pointer (a
// session, a link, a login, a due item: whatever exists before one knows the organisation) or from a sealed message.
// Every key of an organisation's items is made by a method of its Tenant, here and nowhere else, so no item of one
// organisation can be reached with the tenant of another.
//
// Keys. "o" is the organisation's id, "bb" a bucket 00-63, the hash of an owner modulo 64, fixed for ever.
//
//	partition     sort                       item
//	o#r#bb        owner/kind/id              a record; what a contact owns lies beside it, so a profile is one query
//	o#h#bb        id/revision                a change of a record: its history is a prefix query
//	o#head        head                       the one head of the log
//	o#l           sequence                   a log entry
//	o#k#xx        hash of name and value     a claim of a unique key
//	o#i#xx        hash of caller and key     an idempotency record
//	o#s           kind                       the serial item of a kind whose writes are ordered one after the other
//	o#a           time/sequence/n            an entry of the access log
//	o#a#bb        id/time/sequence/n         the same, beside the others about a record
//	o#d#bb        id/time/job/act            something that was done with a record beside changing it
//	o#p           user id                    what a user likes to see: package preference
//	o#two         kind/id/id                 two records that somebody has said are no duplicates
//	o#jobs        job id                     the jobs
//	o#jm          time/job id                the order in which they were made
//	o#j#job       name                       what belongs to one job: rows, results, chunks
//	dir           org id                     the directory of organisations
//	ptr#xx        kind/hash                  a pointer into an organisation
//	due#xx        time/id                    work that is due at a time
//	try#xx        hash                       attempts of strangers, such as failed sign-ins
//	ring          version                    sealing and signing keys
package org

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/store"
)

// Buckets is how many partitions an organisation's records are spread over. It is part of every key and never changes.
const Buckets = 64

// Tenant is one organisation. The zero Tenant is nobody's: making a key with it panics, since only a defect can.
type Tenant struct{ id string }

// ID gives the organisation's id.
func (t Tenant) ID() string { return t.id }

// IsZero reports whether t is no organisation.
func (t Tenant) IsZero() bool { return t.id == "" }

func (t Tenant) partition(parts ...string) string {
	if t.id == "" {
		panic("org: key of no organisation")
	}
	return t.id + "#" + strings.Join(parts, "#")
}

// Owns reports whether a partition is the organisation's. Test recorders hold every touched key against it.
func (t Tenant) Owns(partition string) bool {
	return t.id != "" && strings.HasPrefix(partition, t.id+"#")
}

// Bucket gives the partition of the records of bucket n, for reading a whole organisation.
func (t Tenant) Bucket(n int) string { return t.partition("r", fmt.Sprintf("%02d", n)) }

func bucket(owner string) string {
	h := fnv.New32a()
	h.Write([]byte(owner))
	return fmt.Sprintf("%02d", h.Sum32()%Buckets)
}

// Record gives the key of a record of a kind. owner is the record it belongs to, or its own id.
func (t Tenant) Record(owner, kind, id string) store.Key {
	return store.Key{Partition: t.partition("r", bucket(owner)), Sort: owner + "/" + kind + "/" + id}
}

// Owned gives the query for everything an owner holds, itself included; with a kind, only its records of that kind.
func (t Tenant) Owned(owner, kind string) store.Query {
	q := store.Query{Partition: t.partition("r", bucket(owner)), Prefix: owner + "/"}
	if kind != "" {
		q.Prefix += kind + "/"
	}
	return q
}

// ParseRecord takes the sort key of a record apart.
func ParseRecord(sort string) (owner, kind, id string, ok bool) {
	owner, rest, ok1 := strings.Cut(sort, "/")
	kind, id, ok2 := strings.Cut(rest, "/")
	return owner, kind, id, ok1 && ok2
}

// Change gives the key of the change that made a revision of a record.
func (t Tenant) Change(id string, revision int64) store.Key {
	return store.Key{Partition: t.partition("h", bucket(id)), Sort: fmt.Sprintf("%s/%012d", id, revision)}
}

// ChangeBucket gives the partition of the changes of bucket n, for reading a whole organisation.
func (t Tenant) ChangeBucket(n int) string { return t.partition("h", fmt.Sprintf("%02d", n)) }

// Changes gives the query for the whole history of a record, newest first.
func (t Tenant) Changes(id string) store.Query {
	return store.Query{Partition: t.partition("h", bucket(id)), Prefix: id + "/", Reverse: true}
}

// ParseChange takes the sort key of a change apart.
func ParseChange(sort string) (id string, revision int64, ok bool) {
	id, rest, ok := strings.Cut(sort, "/")
	revision, err := strconv.ParseInt(rest, 10, 64)
	return id, revision, ok && err == nil
}

// Head gives the key of the log's head.
func (t Tenant) Head() store.Key { return store.Key{Partition: t.partition("head"), Sort: "head"} }

// Entry gives the key of a log entry.
func (t Tenant) Entry(seq int64) store.Key {
	return store.Key{Partition: t.partition("l"), Sort: fmt.Sprintf("%015d", seq)}
}

// EntriesAfter gives the query for the log behind a sequence number.
func (t Tenant) EntriesAfter(seq int64) store.Query {
	return store.Query{Partition: t.partition("l"), From: fmt.Sprintf("%015d", seq+1)}
}

// Claim gives the key of the claim of a unique key, such as "email", and its folded value.
func (t Tenant) Claim(name, folded string) store.Key {
	sum := Hash(name, folded)
	return store.Key{Partition: t.partition("k", sum[:2]), Sort: sum}
}

// Idem gives the key of an idempotency record.
func (t Tenant) Idem(caller, route, key string) store.Key {
	sum := Hash(caller, route, key)
	return store.Key{Partition: t.partition("i", sum[:2]), Sort: sum}
}

// Serial gives the key of the item that every write of a kind moves, so that they follow each other.
func (t Tenant) Serial(kind string) store.Key {
	return store.Key{Partition: t.partition("s"), Sort: kind}
}

// Access gives the key of an entry of the access log; names sort by time.
func (t Tenant) Access(name string) store.Key {
	return store.Key{Partition: t.partition("a"), Sort: name}
}

// AccessOf gives the key of the same entry beside the others about a record.
func (t Tenant) AccessOf(id, name string) store.Key {
	return store.Key{Partition: t.partition("a", bucket(id)), Sort: id + "/" + name}
}

// Accesses gives the query for the access log, newest first; with a record's id, for what is about that record.
func (t Tenant) Accesses(id string) store.Query {
	if id == "" {
		return store.Query{Partition: t.partition("a"), Reverse: true}
	}
	return store.Query{Partition: t.partition("a", bucket(id)), Prefix: id + "/", Reverse: true}
}

// Deed gives the key of something that was done with a record; names sort by time.
func (t Tenant) Deed(id, name string) store.Key {
	return store.Key{Partition: t.partition("d", bucket(id)), Sort: id + "/" + name}
}

// Deeds gives the query for all that was done with a record, newest first.
func (t Tenant) Deeds(id string) store.Query {
	return store.Query{Partition: t.partition("d", bucket(id)), Prefix: id + "/", Reverse: true}
}

// Apart gives the key of what is noted of two records of a kind that are no duplicates of each other.
func (t Tenant) Apart(kind, one, other string) store.Key {
	return store.Key{Partition: t.partition("two"), Sort: kind + "/" + min(one, other) + "/" + max(one, other)}
}

// AllApart gives the query for all of a kind.
func (t Tenant) AllApart(kind string) store.Query {
	return store.Query{Partition: t.partition("two"), Prefix: kind + "/"}
}

// ParseApart takes apart the sort key of what Apart names.
func ParseApart(sort string) (kind, one, other string, ok bool) {
	kind, rest, ok1 := strings.Cut(sort, "/")
	one, other, ok2 := strings.Cut(rest, "/")
	return kind, one, other, ok1 && ok2
}

// Look gives the key of what the nightly look for duplicates found.
func (t Tenant) Look() store.Key {
	return store.Key{Partition: t.partition("two"), Sort: "look"}
}

// Preference gives the key of what a user likes to see.
func (t Tenant) Preference(user string) store.Key {
	return store.Key{Partition: t.partition("p"), Sort: user}
}

// Job gives the key of a job.
func (t Tenant) Job(job string) store.Key {
	return store.Key{Partition: t.partition("jobs"), Sort: job}
}

// JobMade gives the key of a job's place in the order in which jobs were made; names sort by time.
func (t Tenant) JobMade(name string) store.Key {
	return store.Key{Partition: t.partition("jm"), Sort: name}
}

// JobsMade gives the query for those places, newest first.
func (t Tenant) JobsMade() store.Query {
	return store.Query{Partition: t.partition("jm"), Reverse: true}
}

// JobItem gives the key of an item that belongs to a job.
func (t Tenant) JobItem(job, name string) store.Key {
	return store.Key{Partition: t.partition("j", job), Sort: name}
}

// JobItems gives the query for the items of a job under a prefix.
func (t Tenant) JobItems(job, prefix string) store.Query {
	return store.Query{Partition: t.partition("j", job), Prefix: prefix}
}

// Blob gives the name of an object of the organisation in the bucket. The area comes first, since the bucket's rules on
// how long things are kept go by the beginning of names.
func (t Tenant) Blob(area, name string) string {
	if t.id == "" {
		panic("org: blob of no organisation")
	}
	return area + "/" + t.id + "/" + name
}

// Hash gives the hex SHA-256 of parts, each length-prefixed, so that no two lists of parts collide.
func Hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
