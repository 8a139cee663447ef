package sheet

import (
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"

	"github.com/muster-crm/muster/shared/fault"
)

// packer writes the ZIP file of a workbook: first the sheet, as a stream whose size is told behind it, then its small
// parts. The stream may be broken off between two rows and gone on with by another packer: each part of it is deflate blocks
// that end at a byte and look back at nothing before them.
type packer struct {
	w       io.Writer
	sheet   *flate.Writer // nil before the first byte of the sheet
	sum     uint32
	size    int64
	packed  int64 // bytes of the sheet's stream
	written int64 // by this packer
	before  int64 // the bytes of the sheet's header and stream that other packers have written
	listing []byte
	entries int
	in      bool // the stream
}

const sheetEntry = "xl/worksheets/sheet1.xml"

// Flags and methods of ZIP entries.
const (
	flagLater   = 1 << 3  // sum and sizes come behind the content
	flagUTF8    = 1 << 11 // of names
	methodStore = 0
	methodPack  = 8
	firstDay    = 1<<5 | 1 // 1 January 1980: an export has no other date
	zipVersion  = 20
)

func newPacker(w io.Writer, at Mark) *packer {
	a := &packer{w: w, sum: at.Sum, size: at.Size, packed: at.Packed}
	if at.Begun {
		a.before = int64(len(entry(nil, sheetEntry, flagLater, methodPack, 0, 0, 0))) + at.Packed
	}
	return a
}

// entry appends what stands before the content of an entry.
func entry(b []byte, name string, flags, method uint16, sum uint32, packed, size int64) []byte {
	b = append(b, "PK\x03\x04"...)
	return append(facts(b, flags, method, sum, packed, size, name), name...)
}

// facts appends what both an entry and the listing say of it.
func facts(b []byte, flags, method uint16, sum uint32, packed, size int64, name string) []byte {
	for _, v := range []uint16{zipVersion, flags | flagUTF8, method, 0, firstDay} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	for _, v := range []uint32{sum, uint32(packed), uint32(size)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, uint32(len(name))) // and no extra field
}

func (a *packer) raw(b []byte) error {
	n, err := a.w.Write(b)
	a.written += int64(n)
	if a.in {
		a.packed += int64(n)
	}
	return err
}

// begin writes the header of the sheet.
func (a *packer) begin() error { return a.raw(entry(nil, sheetEntry, flagLater, methodPack, 0, 0, 0)) }

// stream is the packer as its deflate stream sees it.
type stream struct{ *packer }

func (s stream) Write(p []byte) (int, error) {
	if err := s.raw(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Write adds to the sheet.
func (a *packer) Write(p []byte) (int, error) {
	if a.sheet == nil {
		a.in = true
		sheet, err := flate.NewWriter(stream{a}, flate.BestSpeed)
		if err != nil {
			return 0, err
		}
		a.sheet = sheet
	}
	a.sum = crc32.Update(a.sum, crc32.IEEETable, p)
	a.size += int64(len(p))
	return a.sheet.Write(p)
}

// pause breaks the sheet off.
func (a *packer) pause(at *Mark) error {
	if a.sheet != nil {
		if err := a.sheet.Flush(); err != nil {
			return err
		}
	}
	at.Sum, at.Size, at.Packed = a.sum, a.size, a.packed
	return nil
}

// end ends the sheet.
func (a *packer) end() error {
	if _, err := a.Write(nil); err != nil {
		return err
	}
	if err := a.sheet.Close(); err != nil {
		return err
	}
	a.in = false
	if a.size > math.MaxUint32 || a.packed > math.MaxUint32 {
		return fault.New(fault.TooLarge, "file_unzips_too_large")
	}
	b := append([]byte(nil), "PK\x07\x08"...)
	for _, v := range []uint32{a.sum, uint32(a.packed), uint32(a.size)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	if err := a.raw(b); err != nil {
		return err
	}
	a.list(sheetEntry, flagLater, methodPack, a.sum, a.packed, a.size, 0)
	return nil
}

// add adds a small part.
func (a *packer) add(name, content string) error {
	sum, size := crc32.ChecksumIEEE([]byte(content)), int64(len(content))
	at := a.before + a.written
	if err := a.raw(append(entry(nil, name, 0, methodStore, sum, size, size), content...)); err != nil {
		return err
	}
	a.list(name, 0, methodStore, sum, size, size, at)
	return nil
}

// list notes an entry for the listing at the end of the file.
func (a *packer) list(name string, flags, method uint16, sum uint32, packed, size, at int64) {
	b := append(a.listing, "PK\x01\x02"...)
	b = binary.LittleEndian.AppendUint16(b, zipVersion)
	b = facts(b, flags, method, sum, packed, size, name)
	b = append(b, make([]byte, 10)...) // no comment, first disk, no attributes
	b = binary.LittleEndian.AppendUint32(b, uint32(at))
	a.listing = append(b, name...)
	a.entries++
}

// close writes the listing.
func (a *packer) close() error {
	at := a.before + a.written
	b := append(a.listing, "PK\x05\x06\x00\x00\x00\x00"...)
	for range 2 {
		b = binary.LittleEndian.AppendUint16(b, uint16(a.entries))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(a.listing)))
	b = binary.LittleEndian.AppendUint32(b, uint32(at))
	return a.raw(append(b, 0, 0))
}
