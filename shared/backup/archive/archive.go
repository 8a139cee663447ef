// Package archive is the file an organisation is kept and moved in.
//
// It is a .tar.gz that any computer can open: gzip members one behind the other (RFC 1952 section 2.2), so that it can be
// written in parts by one call after the other, and read on from the beginning of any member. Its entries:
//
//	muster.json            first: what this is, of which organisation, made when
//	records/NNNNNN.ndjson  records, one JSON object a line
//	changes/NNNNNN.ndjson  the history: one change of one record a line
//	files/AREA/NAME        an uploaded file
//	end.json               last, in a member of its own: how much there is, and the sum over all members before
//
// A record may stand in a file more than once; the highest revision counts. Every member is chained to those before it by
// SHA-256, so a file that was cut, mixed or altered is told from a whole one before anything of it is used.
//
// Reading bounds memory whatever the file claims: entries that are held in memory are at most MaxBlock long, others are
// streams.
package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Format is the version of the layout. Programs read their own and older ones.
const Format = 1

// MaxBlock is how long an entry that is read into memory may be.
const MaxBlock = 8 << 20

// The names of entries, or what they begin with.
const (
	HeadName = "muster.json"
	EndName  = "end.json"
	Records  = "records/"
	Changes  = "changes/"
	Files    = "files/"
)

// Head is the first entry.
type Head struct {
	Format       int       `json:"format"`
	Organisation string    `json:"organisation"` // its name
	MadeAt       time.Time `json:"madeAt"`
}

// End is the last entry.
type End struct {
	Records int64  `json:"records"` // lines, those of one record at several revisions too
	Changes int64  `json:"changes"`
	Files   int64  `json:"files"`
	Number  int64  `json:"number"` // the next free number of a contact
	Sum     string `json:"sum"`    // of all members before
}

// Record is a line of records.
type Record struct {
	Owner    string          `json:"o,omitempty"` // empty: the record itself
	Kind     string          `json:"k"`
	ID       string          `json:"i"`
	Revision int64           `json:"r"`
	Value    json.RawMessage `json:"v"` // as stored
}

// Change is a line of changes.
type Change struct {
	ID       string          `json:"i"` // of the record
	Revision int64           `json:"r"` // the change made
	Value    json.RawMessage `json:"v"`
}

// ErrDamaged says that a file is no archive, or not a whole one. Errors of Reader match it unless reading itself failed.
var ErrDamaged = errors.New("archive: damaged")

// ErrNewer says that a file was made by a later version of Muster.
var ErrNewer = errors.New("archive: made by a later version")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// link gives the sum over one more member.
func link(sum string, member []byte) string {
	h := sha256.New()
	h.Write([]byte(sum))
	h.Write(member)
	return hex.EncodeToString(h.Sum(nil))
}

// Member writes one member of an archive.
type Member struct {
	sum  string
	out  *counted
	zip  *gzip.Writer
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	tar *tar.Writer
}

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// NewMember begins a member behind those of a sum, "" for the first.
func NewMember(w io.Writer, sum string) (*Member, error) {
	m := &Member{sum: sum, out: &counted{w: w}, hash: sha256.New()}
	var err error
	if m.zip, err = gzip.NewWriterLevel(m.out, gzip.BestSpeed); err != nil {
		return nil, err
	}
	m.tar = tar.NewWriter(io.MultiWriter(m.zip, m.hash))
	return m, nil
}

// Written is how many bytes of the file the member is so far, those still held back for compression apart.
func (m *Member) Written() int64 { return m.out.n }

// Add writes an entry of size bytes.
func (m *Member) Add(name string, size int64, r io.Reader) error {
	err := m.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, Format: tar.FormatPAX})
	if err != nil {
		return err
	}
	n, err := io.Copy(m.tar, r)
	if err == nil && n != size {
		err = fmt.Errorf("archive: %s has %d bytes instead of %d", name, n, size)
	}
	return err
}

// Close ends the member and gives the sum up to it.
func (m *Member) Close() (sum string, err error) {
	if err := errors.Join(m.tar.Flush(), m.zip.Close()); err != nil {
		return "", err
	}
	return link(m.sum, m.hash.Sum(nil)), nil
}

// WriteEnd writes the last member. The sum is that of the members before.
func WriteEnd(w io.Writer, e End) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	m, err := NewMember(w, "")
	if err != nil {
		return err
	}
	if err := m.Add(EndName, int64(len(raw)), strings.NewReader(string(raw))); err != nil {
		return err
	}
	return errors.Join(m.tar.Close(), m.zip.Close()) // with the mark that ends a tar
}
