package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/muster-crm/muster/shared/backup/archive"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
)

// blockSize is about how long a block of lines is before it is written.
const blockSize = 4 << 20

// stage is what of an organisation is being read.
type stage string

// The stages, in their order. Users come first, so that whoever restores knows their ids before anything names them.
const (
	headStage    stage = ""
	userStage    stage = "users"
	recordStage  stage = "records"
	changeStage  stage = "changes"
	fileStage    stage = "files"
	lateStage    stage = "late" // what was written since the beginning
	composeStage stage = "compose"
)

// place is how far a backup has come: the cursor of its job.
type place struct {
	Stage  stage  `json:"stage,omitempty"`
	Bucket int    `json:"bucket,omitempty"`
	After  string `json:"after,omitempty"` // in the bucket, or of the files
	Seq    int64  `json:"seq,omitempty"`   // of the log: all that was written up to it is in the file
	Upto   int64  `json:"upto,omitempty"`  // of the log: what the pass under way reads again
	Pass   int    `json:"pass,omitempty"`
	Number int64  `json:"number,omitempty"` // the next free number of a contact
	Block  int    `json:"block,omitempty"`  // blocks written
	Parts  int    `json:"parts,omitempty"`  // parts written
	Sum    string `json:"sum,omitempty"`
}

// scanner reads an organisation entry by entry.
type scanner struct {
	*Backups
	grant  policy.Grant
	t      org.Tenant
	at     place
	counts map[string]int64
}

// entry is what is to be written next.
type entry struct {
	name string
	size int64
	io.Reader
	done func() error // after it was written; may be nil
}

// maxPasses is how often what was written meanwhile is read again.
const maxPasses = 50

// next gives the next entry, nil when the file holds everything as of one moment.
func (s *scanner) next(ctx context.Context) (*entry, error) {
	for {
		var e *entry
		var err error
		switch s.at.Stage {
		case headStage:
			return s.head(ctx)
		case userStage:
			e, err = s.users(ctx)
		case recordStage:
			e, err = s.records(ctx)
		case changeStage:
			e, err = s.changes(ctx)
		case fileStage:
			e, err = s.file(ctx)
		case lateStage:
			e, err = s.late(ctx)
		default:
			return nil, nil
		}
		if err != nil || e != nil {
			return e, err
		}
	}
}

// turn moves on to a stage.
func (s *scanner) turn(to stage) { s.at.Stage, s.at.Bucket, s.at.After = to, 0, "" }

func (s *scanner) head(ctx context.Context) (*entry, error) {
	now, err := s.Records.Log.Head(ctx, s.t)
	if err != nil {
		return nil, err
	}
	cfg, err := s.Records.Config(ctx, s.grant)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(archive.Head{Format: archive.Format, Organisation: cfg.Settings.Name, MadeAt: now.At})
	if err != nil {
		return nil, err
	}
	s.at.Seq = now.Seq
	s.turn(userStage)
	return &entry{name: archive.HeadName, size: int64(len(raw)), Reader: bytes.NewReader(raw)}, nil
}

// block gathers lines.
type block struct {
	bytes.Buffer
	lines int64
}

func (b *block) add(line any) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	b.Write(raw)
	b.WriteByte('\n')
	b.lines++
	return nil
}

// entry makes a block an entry, nil when it is empty.
func (s *scanner) entry(kind, count string, b *block) *entry {
	if b.lines == 0 {
		return nil
	}
	s.counts[count] += b.lines
	s.counts["done"] += b.lines
	name := fmt.Sprintf("%s%06d.ndjson", kind, s.at.Block)
	s.at.Block++
	return &entry{name: name, size: int64(b.Len()), Reader: &b.Buffer}
}

// record adds a record's item to a block; items of no registered kind stay behind: what lets users in.
func (s *scanner) record(b *block, item store.Item) error {
	owner, kind, id, ok := org.ParseRecord(item.Sort)
	if _, known := s.Records.Kinds.Kind(kind); !ok || !known {
		return nil
	}
	if owner == id {
		owner = ""
	}
	return b.add(archive.Record{Owner: owner, Kind: kind, ID: id, Revision: item.Revision, Value: item.Value})
}

const usersOwner = "users"

func (s *scanner) users(ctx context.Context) (*entry, error) {
	b := &block{}
	q := s.t.Owned(usersOwner, "")
	if err := s.read(ctx, b, &q, s.record); err != nil {
		return nil, err
	}
	if s.at.After == "" {
		s.turn(recordStage)
	}
	return s.entry(archive.Records, "records", b), nil
}

// read adds what a query gives to a block until the block is full. The place in the query is kept; it is empty at its end.
func (s *scanner) read(ctx context.Context, b *block, q *store.Query, add func(*block, store.Item) error) error {
	for b.Len() < blockSize {
		q.After = s.at.After
		page, err := s.Records.Store.Query(ctx, *q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := add(b, item); err != nil {
				return err
			}
		}
		if s.at.After = page.Next; page.Next == "" {
			return nil
		}
	}
	return nil
}

// buckets reads all partitions of one sort.
func (s *scanner) buckets(ctx context.Context, then stage, partition func(int) string, add func(*block, store.Item) error) (*block, error) {
	b := &block{}
	for b.Len() < blockSize {
		if s.at.Bucket == org.Buckets {
			s.turn(then)
			return b, nil
		}
		q := store.Query{Partition: partition(s.at.Bucket)}
		if err := s.read(ctx, b, &q, add); err != nil {
			return nil, err
		}
		if s.at.After == "" {
			s.at.Bucket++
		}
	}
	return b, nil
}

func (s *scanner) records(ctx context.Context) (*entry, error) {
	b, err := s.buckets(ctx, changeStage, s.t.Bucket, func(b *block, item store.Item) error {
		if strings.HasPrefix(item.Sort, usersOwner+"/") {
			return nil
		}
		return s.record(b, item)
	})
	if err != nil {
		return nil, err
	}
	return s.entry(archive.Records, "records", b), nil
}

func (s *scanner) changes(ctx context.Context) (*entry, error) {
	b, err := s.buckets(ctx, fileStage, s.t.ChangeBucket, change)
	if err != nil {
		return nil, err
	}
	return s.entry(archive.Changes, "changes", b), nil
}

func change(b *block, item store.Item) error {
	id, revision, ok := org.ParseChange(item.Sort)
	if !ok {
		return nil
	}
	return b.add(archive.Change{ID: id, Revision: revision, Value: item.Value})
}

// file gives the next uploaded file.
func (s *scanner) file(ctx context.Context) (*entry, error) {
	prefix := s.t.Blob(filesArea, "")
	found, err := s.Blobs.List(ctx, prefix, s.at.After, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		s.turn(lateStage)
		return nil, nil
	}
	s.at.After = found[0].Key
	r, info, err := s.Blobs.Get(ctx, found[0].Key)
	if err != nil {
		return nil, err
	}
	s.counts["files"]++
	s.counts["done"]++
	return &entry{name: archive.Files + filesArea + "/" + strings.TrimPrefix(info.Key, prefix), size: info.Size, Reader: r, done: r.Close}, nil
}

// late reads again what was written since the last pass: the records as they are now, and the changes. A pass that finds
// the log where it was ends the backup: then everything is as of that moment.
func (s *scanner) late(ctx context.Context) (*entry, error) {
	if s.at.Upto != 0 {
		return s.lateChanges(ctx)
	}
	entries, err := s.Records.Log.After(ctx, s.t, s.at.Seq, store.MaxQuery)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		now, err := s.Records.Log.Head(ctx, s.t)
		if err != nil {
			return nil, err
		}
		if now.Seq == s.at.Seq {
			s.at.Number = now.Number
			s.turn(composeStage)
			return nil, nil
		}
		return nil, nil // a commit that is just becoming seen
	}
	if s.at.Pass++; s.at.Pass > maxPasses {
		return nil, fault.New(fault.Unavailable, "busy")
	}
	b := &block{}
	for _, key := range keysOf(s.t, entries) {
		items, err := s.Records.Store.Get(ctx, store.Each, key)
		if err != nil {
			return nil, err
		}
		if items[0] != nil {
			if err := s.record(b, *items[0]); err != nil {
				return nil, err
			}
		}
	}
	s.at.Upto = entries[len(entries)-1].Seq
	return s.entry(archive.Records, "records", b), nil
}

// lateChanges reads the changes of the pass under way.
func (s *scanner) lateChanges(ctx context.Context) (*entry, error) {
	entries, err := s.Records.Log.After(ctx, s.t, s.at.Seq, store.MaxQuery)
	if err != nil {
		return nil, err
	}
	b := &block{}
	for _, e := range entries {
		if e.Seq > s.at.Upto {
			break // its records have not been read
		}
		for _, ref := range e.Refs {
			items, err := s.Records.Store.Get(ctx, store.Each, s.t.Change(ref.ID, ref.Revision))
			if err != nil {
				return nil, err
			}
			if items[0] == nil {
				continue
			}
			if err := change(b, *items[0]); err != nil {
				return nil, err
			}
		}
	}
	s.at.Seq, s.at.Upto = s.at.Upto, 0
	return s.entry(archive.Changes, "changes", b), nil
}

// keysOf lists the records entries name, each once.
func keysOf(t org.Tenant, entries []log.Entry) []store.Key {
	seen := map[store.Key]bool{}
	var keys []store.Key
	for _, e := range entries {
		for _, ref := range e.Refs {
			if key := ref.Key(t); !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}
