package archive

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Mark is a place between two members, from which an archive can be read on.
type Mark struct {
	Offset int64  `json:"offset"`
	Sum    string `json:"sum,omitempty"` // of the members before
	Ended  bool   `json:"ended,omitempty"`
}

// Reader reads an archive member by member.
type Reader struct {
	mark Mark
	size int64
	in   *bufio.Reader
	at   *counting
	end  *End
}

// counting counts what is read of it.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// NewReader reads an archive of size bytes from a mark on; the zero Mark is its beginning.
func NewReader(r io.ReaderAt, size int64, from Mark) *Reader {
	at := &counting{r: io.NewSectionReader(r, from.Offset, max(0, size-from.Offset))}
	return &Reader{mark: from, size: size, at: at, in: bufio.NewReaderSize(at, 64<<10)}
}

// Mark gives the place behind the last member that was read whole.
func (r *Reader) Mark() Mark { return r.mark }

// End gives the last entry once it has been read: its sum is that of all members before.
func (r *Reader) End() (End, bool) {
	if r.end == nil {
		return End{}, false
	}
	return *r.end, true
}

// Entry is one entry. Its bytes are to be read before the next is asked for.
type Entry struct {
	Name string
	Size int64
	io.Reader
}

// Block reads the whole entry into memory. The fault is ErrDamaged for one that is longer than MaxBlock.
func (e Entry) Block() ([]byte, error) {
	if e.Size > MaxBlock {
		return nil, damaged("%d bytes in one block", e.Size)
	}
	data := make([]byte, e.Size)
	_, err := io.ReadFull(e.Reader, data)
	return data, broken(err)
}

// broken makes ErrDamaged of errors that say the bytes are not what they should be.
func broken(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrDamaged), errors.Is(err, ErrNewer):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong), errors.Is(err, tar.ErrInsecurePath), corrupt(err):
		return damaged("%v", err)
	}
	return err
}

// corrupt tells errors of decompression, which have no common type.
func corrupt(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "flate:") || strings.HasPrefix(text, "archive/tar:") || strings.HasPrefix(text, "gzip:")
}

// Member reads the next member and calls entry with each entry in it. more is false behind the last member, where
// nothing may follow. After an error the reader cannot be used any more; errors of entry are given as they are.
func (r *Reader) Member(entry func(Entry) error) (more bool, err error) {
	if _, err := r.in.Peek(1); err == io.EOF {
		if !r.mark.Ended {
			return false, damaged("the end is missing")
		}
		return false, nil
	} else if err != nil {
		return false, err
	}
	if r.mark.Ended {
		return false, damaged("something follows the end")
	}
	zip, err := gzip.NewReader(r.in)
	if err != nil {
		return false, broken(err)
	}
	zip.Multistream(false)
	sum := sha256.New()
	plain := io.TeeReader(zip, sum)
	ended, err := r.entries(tar.NewReader(plain), entry)
	if err != nil {
		return false, err
	}
	// What a tar has behind its last entry, and the checksum of the member.
	if n, err := io.Copy(io.Discard, io.LimitReader(plain, maxTail+1)); err != nil {
		return false, broken(err)
	} else if n > maxTail {
		return false, damaged("bytes behind the last entry")
	}
	return true, r.pass(sum, ended)
}

// maxTail is how much may follow the last entry of a tar: the two empty blocks that end it.
const maxTail = 1024

func (r *Reader) pass(sum hash.Hash, ended bool) error {
	next := Mark{Offset: r.mark.Offset + r.at.n - int64(r.in.Buffered()), Sum: r.mark.Sum, Ended: ended}
	r.at.n = int64(r.in.Buffered())
	if !ended {
		next.Sum = link(r.mark.Sum, sum.Sum(nil))
	} else if r.end.Sum != r.mark.Sum {
		return damaged("the sum is another")
	}
	r.mark = next
	return nil
}

func (r *Reader) entries(t *tar.Reader, entry func(Entry) error) (ended bool, err error) {
	first := r.mark.Offset == 0
	for {
		h, err := t.Next()
		if err == io.EOF {
			if first {
				return false, damaged("no head")
			}
			return ended, nil
		}
		if err != nil {
			return false, broken(err)
		}
		if ended || h.Typeflag != tar.TypeReg || h.Size < 0 {
			return false, damaged("an entry that does not belong there")
		}
		e := Entry{Name: h.Name, Size: h.Size, Reader: mended{t}}
		switch {
		case first:
			if e.Name != HeadName {
				return false, damaged("no head")
			}
			first = false
			if err := head(&e); err != nil {
				return false, err
			}
		case e.Name == HeadName:
			return false, damaged("a second head")
		case e.Name == EndName:
			raw, err := e.Block()
			if err != nil {
				return false, err
			}
			r.end, ended = &End{}, true
			if err := json.Unmarshal(raw, r.end); err != nil {
				return false, damaged("its end: %v", err)
			}
			continue
		case !strings.HasPrefix(e.Name, Records) && !strings.HasPrefix(e.Name, Changes) && !strings.HasPrefix(e.Name, Files):
			return false, damaged("an unknown entry")
		}
		if err := entry(e); err != nil {
			return false, err
		}
	}
}

// ReadHead reads the first entry.
func ReadHead(e Entry) (Head, error) {
	var h Head
	raw, err := e.Block()
	if err != nil {
		return h, err
	}
	return h, broken(json.Unmarshal(raw, &h))
}

// head looks at the first entry, whose bytes stay to be read.
func head(e *Entry) error {
	raw, err := e.Block()
	if err != nil {
		return err
	}
	var h Head
	if err := json.Unmarshal(raw, &h); err != nil {
		return damaged("its head: %v", err)
	}
	if h.Format > Format {
		return ErrNewer
	}
	if h.Format < 1 {
		return damaged("its head has no format")
	}
	e.Reader = strings.NewReader(string(raw))
	return nil
}

// mended makes ErrDamaged of the errors of a damaged entry's bytes.
type mended struct{ r io.Reader }

func (m mended) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF {
		err = broken(err)
	}
	return n, err
}

// Lines calls f with each line of a block.
func Lines[T any](block []byte, f func(T) error) error {
	for line := range strings.Lines(string(block)) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return damaged("a line: %v", err)
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}
