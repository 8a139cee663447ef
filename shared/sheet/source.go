package sheet

import (
	"errors"
	"io"
	"strconv"

	"github.com/muster-crm/muster/shared/fault"
)

// source is the file's bytes. It remembers an error of the reader below, so that "the disk does not answer" is not
// taken for "the file is damaged".
type source struct {
	r      io.ReaderAt
	size   int64
	budget int64 // bytes that may still be read; 0 is no limit
	broken error
}

var errBudget = errors.New("more bytes than expected")

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.budget > 0 {
		if s.budget -= int64(len(p)); s.budget <= 0 {
			s.budget = 1
			return 0, errBudget
		}
	}
	n, err := s.r.ReadAt(p, off)
	if err == io.EOF && off+int64(n) < s.size {
		err = io.ErrUnexpectedEOF // shorter than it was said to be
	}
	if err != nil && err != io.EOF {
		s.broken = err
	}
	return n, err
}

// readFull fills p from off on.
func (s *source) readFull(p []byte, off int64) error {
	n, err := s.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readSome fills p, at least so many bytes of it, unless the end comes before. Unlike io.ReadAtLeast it tells the end
// from a reader that fails with io.ErrUnexpectedEOF.
func readSome(r io.Reader, p []byte, least int) (n int, end bool, err error) {
	for idle := 0; n < least && idle < 100; idle++ {
		m, err := r.Read(p[n:])
		if n += m; m > 0 {
			idle = 0
		}
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	if n < least {
		return n, false, io.ErrNoProgress
	}
	return n, false, nil
}

// section reads the file from off on.
func (s *source) section(off int64) *io.SectionReader { return io.NewSectionReader(s, off, s.size-off) }

// fault makes a fault of any error met while reading: what is not a fault yet is damage, unless the reader failed.
func (s *source) fault(err error) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case s.broken != nil:
		return fault.Wrap(fault.Unavailable, "file_unreadable", s.broken)
	case errors.As(err, &f):
		return err
	}
	return damaged(err)
}

func damaged(cause error) *fault.Fault { return fault.Wrap(fault.Invalid, "file_damaged", cause) }

// at adds the line to a fault about the content.
func at(err error, line int) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		f = damaged(err)
	}
	if f.Args == nil {
		f.Args = fault.Args{}
	}
	if _, set := f.Args["line"]; !set && line > 0 {
		f.Args["line"] = strconv.Itoa(line)
	}
	return f
}

func tooLong(line, column int) error {
	return fault.New(fault.Invalid, "file_cell_too_long", "line", strconv.Itoa(line), "column", ColumnName(column))
}

func tooWide(line int) error {
	return fault.New(fault.Invalid, "file_too_many_columns", "line", strconv.Itoa(line))
}

// ColumnName is the name Excel gives a column counted from 0: A, B ... Z, AA.
func ColumnName(column int) string {
	var b [8]byte
	i := len(b)
	for column >= 0 && i > 0 {
		i--
		b[i] = byte('A' + column%26)
		column = column/26 - 1
	}
	return string(b[i:])
}

// units counts UTF-16 units, what Excel calls characters.
func units(s []byte) int {
	n := 0
	for _, b := range s {
		if b&0xC0 != 0x80 { // not a continuation byte: a character starts
			n++
		}
		if b >= 0xF0 { // beyond the basic plane: two units
			n++
		}
	}
	return n
}
