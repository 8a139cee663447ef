// Package dirmail keeps outgoing e-mail as .eml files in a folder instead of sending it, and reads them back for an
// inbox page: the mail of the local run. Any mail program opens the files.
//
// Files are named by the time of sending and a number, so that names sort by time; they appear whole, by renaming.
package dirmail

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail"
)

const extension = ".eml"

// Box is a folder of messages.
type Box struct {
	dir   string
	clock clock.Clock
	count atomic.Int64
}

var _ mail.Sender = (*Box)(nil)

// Open opens the box in dir and makes the folder when it is not there.
func Open(dir string, clock clock.Clock) (*Box, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &Box{dir: dir, clock: clock}, nil
}

// Send implements mail.Sender.
func (b *Box) Send(ctx context.Context, m mail.Message) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	now := b.clock.Now()
	_, raw, err := mail.Build(m, now)
	if err != nil {
		return "", err
	}
	id := fmt.Sprintf("%s-%06d-%s", now.UTC().Format("20060102t150405.000"), b.count.Add(1)%1e6, strings.ToLower(rand.Text()[:6]))
	if err := b.write(id, raw); err != nil {
		return "", unanswered(err)
	}
	return id, nil
}

func (b *Box) write(id string, raw []byte) error {
	f, err := os.CreateTemp(b.dir, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, once renamed
	defer f.Close()
	if _, err := f.Write(raw); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), b.path(id))
}

func (b *Box) path(id string) string { return filepath.Join(b.dir, id+extension) }

// ids are those Send makes; others name no file of the box.
var ids = regexp.MustCompile(`^[0-9]{8}t[0-9]{6}\.[0-9]{3}-[0-9]{6}-[a-z2-7]{6}$`)

// Open reads a message. Faults: NotFound, Internal (the file is damaged), Unavailable.
func (b *Box) Open(ctx context.Context, id string) (Mail, error) {
	if err := ctx.Err(); err != nil {
		return Mail{}, err
	}
	if !ids.MatchString(id) {
		return Mail{}, fault.New(fault.NotFound, "mail")
	}
	raw, err := os.ReadFile(b.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Mail{}, fault.New(fault.NotFound, "mail")
	}
	if err != nil {
		return Mail{}, unanswered(err)
	}
	m, err := Parse(raw)
	m.ID = id
	return m, err
}

// List gives the messages sent before the one of the id before ("" for the newest), newest first, at most limit.
// Fewer than limit means that there are no more. Damaged files are passed over.
func (b *Box) List(ctx context.Context, before string, limit int) ([]Mail, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, unanswered(err)
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(b.Name(), a.Name()) })
	var found []Mail
	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), extension)
		if !ok || before != "" && id >= before {
			continue
		}
		if len(found) >= limit {
			break
		}
		m, err := b.Open(ctx, id)
		switch {
		case errors.Is(err, fault.NotFound), errors.Is(err, fault.Internal):
			continue
		case err != nil:
			return nil, err
		}
		found = append(found, m)
	}
	return found, nil
}

// unanswered makes a fault of a disk's error, without the path in it.
func unanswered(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return fault.Wrap(fault.Unavailable, "mail", err)
}
