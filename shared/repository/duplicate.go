package repository

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// This file finds the duplicates of an organisation (DUP-10) and remembers what are none (DUP-09).

// Duplicates are records that seem to be one.
type Duplicates struct {
	Kind   string
	IDs    []string
	Titles []string // of the ids
	Level  dedupe.Level
	Score  dedupe.Score // of the most alike two of them, with reasons
}

// DuplicatesQuestion says which are wanted.
type DuplicatesQuestion struct {
	Kind  string       // one of ScoredKinds, "" for all
	Level dedupe.Level // dedupe.Same or dedupe.Likely, "" for both
}

// FindDuplicates compares the records of an organisation as they are now, as far as the grant reads them: groups that are the
// same first, then pairs that are likely, each the most alike first. What has been said to be no duplicates is left out.
func (r *Repository) FindDuplicates(ctx context.Context, g policy.Grant, q DuplicatesQuestion) ([]Duplicates, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	kinds := ScoredKinds()
	switch {
	case q.Kind != "" && scored[q.Kind] == nil:
		return nil, fault.Bad("kind", "bad_choice")
	case q.Kind != "":
		kinds = []string{q.Kind}
	}
	if q.Level != "" && q.Level != dedupe.Same && q.Level != dedupe.Likely {
		return nil, fault.Bad("level", "bad_choice")
	}
	m, err := r.glance(ctx, g)
	if err != nil {
		return nil, err
	}
	if m.shelf == nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	var all []Duplicates
	for _, kind := range kinds {
		found, err := r.duplicatesOf(ctx, g, m.shelf, kind)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if q.Level == "" || d.Level == q.Level {
				all = append(all, d)
			}
		}
	}
	if len(kinds) > 1 {
		slices.SortStableFunc(all, func(a, b Duplicates) int {
			if a.Level != b.Level {
				return strings.Compare(string(b.Level), string(a.Level)) // "same" before "likely"
			}
			return b.Score.Points - a.Score.Points
		})
	}
	return all, nil
}

func (r *Repository) duplicatesOf(ctx context.Context, g policy.Grant, shelf *catalog.Shelf, kind string) ([]Duplicates, error) {
	view, err := shelf.View(kind)
	if err != nil {
		return nil, err
	}
	away, err := r.apart(ctx, g, kind, view)
	if err != nil {
		return nil, err
	}
	t := shelf.Config().Settings.Thresholds()
	s, err := r.scan(ctx, g, shelf, view, kind, t)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Duplicates
	for _, group := range s.scorer.Groups(s.pairs, t, func(a, b int) bool { return away.are(s.corpus.ID(a), s.corpus.ID(b)) }) {
		d := Duplicates{Kind: kind, Level: group.Level, Score: group.Score}
		for _, row := range group.Rows {
			id := s.corpus.ID(row)
			title, _, _ := view.Title(id, g)
			d.IDs, d.Titles = append(d.IDs, id), append(d.Titles, title)
		}
		all = append(all, d)
	}
	return all, nil
}

// scanned is what a scan has found, kept until a record of the kind changes.
type scanned struct {
	mu     sync.Mutex
	seq    int64 // the records of the kind are as of this
	corpus *dedupe.Corpus
	scorer *dedupe.Scorer
	pairs  []dedupe.Pair
	asked  time.Time
}

// scans keeps those of the organisations asked for last.
type scans struct {
	mu   sync.Mutex
	kept map[string]*scanned
}

// maxScans is how many scans are kept: one holds about 500 bytes a record.
const maxScans = 4

// unseen is how many commits are looked through for whether they change a kind; after more of them the records are compared anew.
const unseen = 500

// scan compares all records of a kind, or gives what the last scan found where none has changed since.
func (r *Repository) scan(ctx context.Context, g policy.Grant, shelf *catalog.Shelf, view catalog.View, kind string, t dedupe.Thresholds) (*scanned, error) {
	key := strings.Join([]string{g.Tenant().ID(), kind, g.Digest(), fmt.Sprint(t)}, "\n")
	r.scans.mu.Lock()
	s := r.scans.kept[key]
	r.scans.mu.Unlock()
	if s != nil {
		same, err := r.untouched(ctx, g, s, shelf.Seq(), kind)
		if err != nil {
			return nil, err
		}
		if same {
			return s, nil
		}
	}
	s = &scanned{seq: shelf.Seq(), corpus: dedupe.NewCorpus(), asked: r.Clock.Now()}
	paths := scored[kind]
	live, _ := view.Len()
	s.corpus.Grow(live)
	view.Walk(paths, g, func(id string, cells []index.Cell) { s.corpus.Add(feature(kind, id, paths, cells)) })
	s.scorer = s.corpus.Scorer()
	var err error
	if s.pairs, err = s.scorer.Scan(ctx, t); err != nil {
		return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	r.scans.mu.Lock()
	defer r.scans.mu.Unlock()
	if r.scans.kept == nil {
		r.scans.kept = map[string]*scanned{}
	}
	r.scans.kept[key] = s
	for len(r.scans.kept) > maxScans {
		oldest := ""
		for k, one := range r.scans.kept {
			if k != key && (oldest == "" || one.asked.Before(r.scans.kept[oldest].asked)) {
				oldest = k
			}
		}
		delete(r.scans.kept, oldest)
	}
	return s, nil
}

// untouched tells whether no record of the kind has changed since a scan, and brings the scan forward.
func (r *Repository) untouched(ctx context.Context, g policy.Grant, s *scanned, seq int64, kind string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = r.Clock.Now()
	if s.seq >= seq {
		return s.seq == seq, nil
	}
	entries, err := r.Log.After(ctx, g.Tenant(), s.seq, unseen)
	if err != nil {
		return false, store.Fault(err)
	}
	for _, e := range entries {
		if e.Seq > seq {
			break
		}
		if slices.ContainsFunc(e.Refs, func(ref log.Ref) bool { return ref.Kind == kind }) {
			return false, nil
		}
	}
	if len(entries) == unseen {
		return false, nil
	}
	s.seq = seq
	return true, nil
}

// apartItem is what is kept of two records that are no duplicates: what was known of them then, as a hash, and who said so.
type apartItem struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Known [2]string `json:"known"`          // in the order of the ids
	Until time.Time `json:"until,omitzero"` // not before is it asked again; zero: for good
}

// aparts are the pairs of a kind that are no duplicates, as far as their scored fields are as they were.
type aparts struct {
	items map[[2]string]apartItem
	time  time.Time
	known func(id string) string
}

func pairOf(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// are tells whether somebody has said that two records are no duplicates, and nothing of them has changed since.
func (a *aparts) are(one, other string) bool {
	pair := pairOf(one, other)
	item, ok := a.items[pair]
	return ok && (item.Until.IsZero() || a.time.Before(item.Until)) && item.Known == [2]string{a.known(pair[0]), a.known(pair[1])}
}

// apart reads the pairs of a kind that are no duplicates.
func (r *Repository) apart(ctx context.Context, g policy.Grant, kind string, view catalog.View) (*aparts, error) {
	all := &aparts{items: map[[2]string]apartItem{}, time: r.Clock.Now()}
	known := map[string]string{}
	all.known = func(id string) string {
		h, ok := known[id]
		if !ok {
			h = knownOf(kind, id, view)
			known[id] = h
		}
		return h
	}
	q := g.Tenant().AllApart(kind)
	for {
		page, err := r.Store.Query(ctx, q)
		if err != nil {
			return nil, store.Fault(err)
		}
		for _, item := range page.Items {
			_, one, other, ok := org.ParseApart(item.Sort)
			var a apartItem
			if !ok || json.Unmarshal(item.Value, &a) != nil {
				continue
			}
			all.items[[2]string{one, other}] = a
		}
		if page.Next == "" {
			return all, nil
		}
		q.After = page.Next
	}
}

// knownOf gives a hash of every scored field of a record, whoever may read them; "" where there is no such record.
func knownOf(kind, id string, view catalog.View) string {
	paths := scored[kind]
	cells := view.Values(id, paths, everyField)
	if cells == nil {
		return ""
	}
	raw, err := json.Marshal(feature(kind, "", paths, cells))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// everyField is for hashes alone, which are shown to nobody: what counts as changed must not depend on who looks.
var everyField = policy.For(policy.Actor{ID: "system"}, policy.Owner)

// maxApart is how many records one dismissal names: each pair of them is an item of one commit.
const maxApart = 10

// Dismissal says what is to become of records that seem to be one.
type Dismissal string

// The dismissals.
const (
	NotDuplicate Dismissal = ""
	PutOff       Dismissal = "later"
	OfferAgain   Dismissal = "undo" // takes one back
)

// putOff is for how long.
const putOff = 7 * 24 * time.Hour

// Dismiss notes that records of a kind are no duplicates of each other, every two of them: they are not offered again until a
// field that is scored changes in one, or, put off, for a week. Faults: Invalid for fewer than two ids or more than ten,
// NotFound for one the caller does not see, Denied for who does not edit.
func (r *Repository) Dismiss(ctx context.Context, w Write, ids []string, how Dismissal) error {
	if err := w.Grant.Allow(policy.Edit); err != nil {
		return err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) < 2 || len(ids) > maxApart {
		return fault.Bad("ids", "bad_value")
	}
	m, err := r.moment(ctx, w.Grant)
	if err != nil {
		return err
	}
	kind, view, err := r.oneKind(m, ids)
	if err != nil {
		return err
	}
	known := make([]string, len(ids))
	for i, id := range ids {
		known[i] = knownOf(kind, id, view)
	}
	var keys []store.Key
	for i := range ids {
		for j := i + 1; j < len(ids); j++ {
			keys = append(keys, w.tenant().Apart(kind, ids[i], ids[j]))
		}
	}
	items, err := r.Store.Get(ctx, store.Each, keys...)
	if err != nil {
		return store.Fault(err)
	}
	_, err = r.Log.Commit(ctx, w.tenant(), func(head log.Head) (log.Proposal, error) {
		p := log.Proposal{Action: kind + ".apart", Actor: w.Grant.Actor(), Number: head.Number}
		n := 0
		for i := range ids {
			for j := i + 1; j < len(ids); j++ {
				op := store.Op{Kind: store.Put, Key: keys[n], Expect: store.Absent}
				if items[n] != nil {
					op.Expect = items[n].Revision
				}
				n++
				if how == OfferAgain {
					if op.Expect == store.Absent {
						continue
					}
					op.Kind = store.Delete
					p.Ops = append(p.Ops, op)
					continue
				}
				item := apartItem{At: head.At, By: w.Grant.Actor().ID, Known: [2]string{known[i], known[j]}}
				if how == PutOff {
					item.Until = head.At.Add(putOff)
				}
				value, err := json.Marshal(item)
				if err != nil {
					return p, err
				}
				op.Value = value
				p.Ops = append(p.Ops, op)
			}
		}
		return p, nil
	})
	return store.Fault(err)
}

// oneKind finds the kind that records are of, all of them there and none in the trash.
func (r *Repository) oneKind(m moment, ids []string) (string, catalog.View, error) {
	for _, kind := range ScoredKinds() {
		if m.shelf == nil {
			break
		}
		view, err := m.shelf.View(kind)
		if err != nil {
			return "", view, err
		}
		if !slices.ContainsFunc(ids, func(id string) bool { hit, ok := view.Get(id); return !ok || hit.Trashed }) {
			return kind, view, nil
		}
	}
	return "", catalog.View{}, fault.New(fault.NotFound, "not_found")
}
