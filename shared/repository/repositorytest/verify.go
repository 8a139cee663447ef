package repositorytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store"
)

// kept is what lies in the store of an organisation.
type kept struct {
	records map[string]store.Item // by id
	changes map[string][]store.Item
	claims  map[store.Key][]string // the ids of the holders
	entries []log.Entry
	head    log.Head
}

// Verify holds what lies in the store against what the repository promises.
func (h *House) Verify() {
	h.T.Helper()
	k := h.read()
	h.verifyLog(k)
	h.verifySerial(k)
	live := map[store.Key][]string{}
	numbers := map[int64]string{}
	for id, item := range k.records {
		_, kind, _, _ := org.ParseRecord(item.Sort)
		describes, ok := h.Kinds.Kind(kind)
		if !ok {
			h.T.Errorf("a record of no kind: %s", item.Sort)
			continue
		}
		rec, err := describes.Decode(item.Value, item.Revision)
		if err != nil {
			h.T.Error(err)
			continue
		}
		h.verifyHistory(describes, rec, item, k.changes[id])
		h.verifyOwner(describes, rec, item, k.records)
		if keyed, ok := rec.(record.Keyed); ok && rec.Base().DeletedAt == nil {
			for _, key := range keyed.Keys() {
				at := h.Tenant.Claim(key.Name, key.Value)
				if rec.Base().MergedInto != "" {
					k.claims[at] = slices.DeleteFunc(k.claims[at], func(holder string) bool { return holder == id }) // it may
					continue
				}
				live[at] = append(live[at], id)
			}
		}
		if n, ok := rec.(interface{ SystemNumber() int64 }); ok {
			if other, twice := numbers[n.SystemNumber()]; twice {
				h.T.Errorf("%s and %s have the number %d", other, id, n.SystemNumber())
			}
			numbers[n.SystemNumber()] = id
			if n.SystemNumber() < 1 || n.SystemNumber() >= k.head.Number {
				h.T.Errorf("%s has the number %d, the next is %d", id, n.SystemNumber(), k.head.Number)
			}
		}
	}
	for id := range k.changes {
		if _, ok := k.records[id]; !ok {
			h.T.Errorf("history of %s, which is not there", id)
		}
	}
	for at, ids := range k.claims {
		slices.Sort(ids)
		slices.Sort(live[at])
		if !slices.Equal(ids, live[at]) {
			h.T.Errorf("the claim %s is held by %v, and %v have the key", at.Sort[:8], ids, live[at])
		}
		delete(live, at)
	}
	for at, ids := range live {
		h.T.Errorf("%v have the key %s that nobody claims", ids, at.Sort[:8])
	}
}

func (h *House) read() kept {
	h.T.Helper()
	k := kept{records: map[string]store.Item{}, changes: map[string][]store.Item{}, claims: map[store.Key][]string{}}
	for n := range org.Buckets {
		for _, item := range h.Partition(h.Tenant.Bucket(n)) {
			_, _, id, _ := org.ParseRecord(item.Sort)
			k.records[id] = item
		}
		for _, item := range h.Partition(fmt.Sprintf("%s#h#%02d", h.Tenant.ID(), n)) {
			id, _, _ := strings.Cut(item.Sort, "/")
			k.changes[id] = append(k.changes[id], item)
		}
	}
	for n := range 256 {
		for _, item := range h.Partition(fmt.Sprintf("%s#k#%02x", h.Tenant.ID(), n)) {
			var claim struct{ Holders []struct{ ID string } }
			if err := json.Unmarshal(item.Value, &claim); err != nil {
				h.T.Fatal(err)
			}
			if len(claim.Holders) == 0 {
				h.T.Errorf("a claim nobody holds")
			}
			for _, holder := range claim.Holders {
				k.claims[item.Key] = append(k.claims[item.Key], holder.ID)
			}
		}
	}
	commits := log.New(h.Below, h.Clock, nil)
	for {
		page, err := commits.After(context.Background(), h.Tenant, int64(len(k.entries)), 1000)
		if err != nil {
			h.T.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		k.entries = append(k.entries, page...)
	}
	var err error
	if k.head, err = commits.Head(context.Background(), h.Tenant); err != nil {
		h.T.Fatal(err)
	}
	return k
}

// Partition reads all items of a partition.
func (h *House) Partition(name string) []store.Item {
	h.T.Helper()
	var all []store.Item
	q := store.Query{Partition: name}
	for {
		page, err := h.Below.Query(context.Background(), q)
		if err != nil {
			h.T.Fatal(err)
		}
		all = append(all, page.Items...)
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

// verifyLog holds the log's entries against the changes beside the records, one to one.
func (h *House) verifyLog(k kept) {
	h.T.Helper()
	if k.head.Seq != int64(len(k.entries)) {
		h.T.Errorf("the head stands at %d, the log has %d entries", k.head.Seq, len(k.entries))
	}
	written := map[string]int64{} // sequence number of an entry by the revision it names
	for _, e := range k.entries {
		if len(e.Docs) > 0 && len(e.Docs) != len(e.Refs) {
			h.T.Errorf("entry %d has %d documents of %d records", e.Seq, len(e.Docs), len(e.Refs))
		}
		for _, ref := range e.Refs {
			at := fmt.Sprintf("%s/%d", ref.ID, ref.Revision)
			if other, twice := written[at]; twice {
				h.T.Errorf("entries %d and %d both write %s", other, e.Seq, at)
			}
			written[at] = e.Seq
		}
	}
	for id, items := range k.changes {
		for i, item := range items {
			at := fmt.Sprintf("%s/%d", id, i+1)
			var c record.Change
			if err := json.Unmarshal(item.Value, &c); err != nil {
				h.T.Fatal(err)
			}
			seq, ok := written[at]
			delete(written, at)
			if !ok || seq != c.Seq {
				h.T.Errorf("the change %s is of entry %d, in the log it is %d", at, c.Seq, seq)
				continue
			}
			if e := k.entries[seq-1]; !e.At.Equal(c.At) || e.Actor.ID != c.Actor || e.Actor.Source != c.Channel || e.Batch != c.Batch {
				h.T.Errorf("the change %s says %+v, its entry %+v", at, c, e)
			}
		}
	}
	for at, seq := range written {
		h.T.Errorf("entry %d writes %s, of which there is no history", seq, at)
	}
}

// verifyOwner holds a child against its owner: it is named, there, and the child lies with it.
func (h *House) verifyOwner(k *record.Kind, rec record.Record, item store.Item, records map[string]store.Item) {
	h.T.Helper()
	if len(k.Under) == 0 {
		return
	}
	owner, _, id, _ := org.ParseRecord(item.Sort)
	there, ok := records[owner]
	_, kind, _, _ := org.ParseRecord(there.Sort)
	if !ok || !slices.Contains(k.Under, kind) || there.Partition != item.Partition || !strings.HasSuffix(id, "_"+owner) {
		h.T.Errorf("%s lies under %q", id, owner)
	}
	if !slices.ContainsFunc(k.References(rec, nil), func(r record.Reference) bool { return r.Path == "owner" && r.ID == owner }) {
		h.T.Errorf("%s does not name its owner", id)
	}
}

// verifySerial holds the serial items against the writes in the log: each moved the item of its kind once.
func (h *House) verifySerial(k kept) {
	h.T.Helper()
	moves := map[string]int64{}
	for _, e := range k.entries {
		kinds := map[string]bool{}
		for _, ref := range e.Refs {
			if of, ok := h.Kinds.Kind(ref.Kind); ok && of.Serial {
				kinds[ref.Kind] = true
			}
		}
		for kind := range kinds {
			moves[kind]++
		}
	}
	for _, item := range h.Partition(h.Tenant.Serial("any").Partition) {
		if item.Revision != moves[item.Sort] {
			h.T.Errorf("the order of %s stands at %d after %d writes", item.Sort, item.Revision, moves[item.Sort])
		}
		delete(moves, item.Sort)
	}
	for kind, n := range moves {
		h.T.Errorf("%d writes of %s are in no order", n, kind)
	}
}

// verifyHistory plays a record's changes from the first and compares what comes of it with the record.
func (h *House) verifyHistory(k *record.Kind, rec record.Record, item store.Item, changes []store.Item) {
	h.T.Helper()
	base := rec.Base()
	if int64(len(changes)) != item.Revision {
		h.T.Errorf("%s at revision %d has %d changes", base.ID, item.Revision, len(changes))
		return
	}
	now := map[string]json.RawMessage{}
	trashed := false
	for i, change := range changes {
		if _, revision, _ := strings.Cut(change.Sort, "/"); revision != fmt.Sprintf("%012d", i+1) {
			h.T.Errorf("change %d of %s is called %s", i+1, base.ID, change.Sort)
		}
		var c record.Change
		if err := json.Unmarshal(change.Value, &c); err != nil {
			h.T.Fatal(err)
		}
		switch _, action, _ := strings.Cut(c.Action, "."); {
		case (action == "create") != (i == 0):
			h.T.Errorf("change %d of %s is %s", i+1, base.ID, c.Action)
		case action == "trash" || action == "restore":
			if trashed == (action == "trash") {
				h.T.Errorf("change %d of %s is %s", i+1, base.ID, c.Action)
			}
			trashed = action == "trash"
		case trashed && i > 0:
			h.T.Errorf("change %d of %s is %s, in the trash", i+1, base.ID, c.Action)
		}
		for _, f := range c.Fields {
			if field, ok := k.Member(f.Field); ok && field.Derived {
				continue // a merge tells of those too; what was before is in no history
			}
			if !bytes.Equal(now[f.Field], f.From) {
				h.T.Errorf("change %d of %s: %s was %s, not %s", i+1, base.ID, f.Field, now[f.Field], f.From)
			}
			if f.To == nil {
				delete(now, f.Field)
			} else {
				now[f.Field] = f.To
			}
		}
		if i == len(changes)-1 && (!base.UpdatedAt.Equal(c.At) || base.UpdatedBy != c.Actor) || i == 0 && (!base.CreatedAt.Equal(c.At) || base.CreatedBy != c.Actor) {
			h.T.Errorf("change %d of %s by %s at %v, the record says %+v", i+1, base.ID, c.Actor, c.At, base)
		}
	}
	if trashed != (base.DeletedAt != nil) || (base.DeletedAt == nil) != (base.DeletedBy == "") {
		h.T.Errorf("by its history %s is in the trash: %v, the record says %v by %q", base.ID, trashed, base.DeletedAt, base.DeletedBy)
	}
	whole, err := k.Diff(nil, rec)
	if err != nil {
		h.T.Fatal(err)
	}
	want := map[string]json.RawMessage{}
	for _, f := range whole {
		want[f.Field] = f.To
	}
	if !maps.EqualFunc(want, now, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		h.T.Errorf("by its history %s is %s, the record says %s", base.ID, show(now), show(want))
	}
}

func show(fields map[string]json.RawMessage) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b.WriteString(" " + name + "=" + strconv.Quote(string(fields[name])))
	}
	return b.String()
}
