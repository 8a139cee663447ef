package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unsafe"

	"github.com/klauspost/compress/zstd"
)

// A snapshot is a header (magic, version, digest of the schema, sequence number, length of what follows), the columns
// compressed with zstd, and a CRC-32C of all of it. It holds nothing that can be made from the rest: postings,
// signatures and word lists are made on reading.
const (
	snapshotMagic   = "mstrindx"
	snapshotVersion = 1
	headerSize      = len(snapshotMagic) + 4 + 32 + 8 + 8
)

// Errors of ReadSnapshot. The remedy is the same for all: build the View from the records.
var (
	ErrSnapshotForeign = errors.New("index: the snapshot is of another schema or version")
	ErrSnapshotDamaged = errors.New("index: the snapshot is damaged")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WriteSnapshot writes the View in compressed form. Equal Views have equal snapshots if they came about alike.
func (v *View) WriteSnapshot(w io.Writer) error {
	p := &packer{}
	if g := v.whole(); g != nil {
		p.segment(g)
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	out := make([]byte, 0, headerSize+len(p.out)/2)
	out = append(out, snapshotMagic...)
	out = binary.LittleEndian.AppendUint32(out, snapshotVersion)
	out = append(out, v.s.digest[:]...)
	out = binary.LittleEndian.AppendUint64(out, uint64(v.seq))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(p.out)))
	out = encoder.EncodeAll(p.out, out)
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	_, err = w.Write(out)
	return err
}

// whole gives all records as one segment, nil when there are none.
func (v *View) whole() *segment {
	if len(v.recent) == 0 && len(v.segs) == 1 && v.away == nil && v.segs[0].dead.n == 0 {
		return v.segs[0].segment
	}
	b := newBuilder(v.s, v.live+v.trashed)
	v.gather(b, 0)
	if v.away != nil {
		for _, r := range v.away.rows {
			b.add(r.id, r.revision, r.cells)
		}
	}
	if len(b.revs) == 0 {
		return nil
	}
	return b.segment()
}

// ReadSnapshot reads what WriteSnapshot wrote. A snapshot made under another schema or by another version of the program
// gives ErrSnapshotForeign, one that is not whole ErrSnapshotDamaged, a reader that fails its own error.
func ReadSnapshot(r io.Reader, s Schema) (*View, error) {
	var read bytes.Buffer
	read.Grow(1 << 20) // what most take; it doubles
	if _, err := read.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	in := read.Bytes()
	if len(in) < headerSize+4 || string(in[:len(snapshotMagic)]) != snapshotMagic {
		return nil, ErrSnapshotDamaged
	}
	c := compile(s)
	head := in[len(snapshotMagic):headerSize]
	if binary.LittleEndian.Uint32(head) != snapshotVersion || string(head[4:36]) != string(c.digest[:]) {
		return nil, ErrSnapshotForeign
	}
	body, tail := in[:len(in)-4], in[len(in)-4:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(tail) {
		return nil, ErrSnapshotDamaged
	}
	size := binary.LittleEndian.Uint64(head[44:])
	if size > 1<<34 {
		return nil, ErrSnapshotDamaged
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(max(size, 1<<20)),
		zstd.IgnoreChecksum(true))
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	defer decoder.Close()
	data, err := decoder.DecodeAll(body[headerSize:], nil)
	if err != nil || uint64(len(data)) != size {
		return nil, ErrSnapshotDamaged
	}
	v := &View{s: c, seq: int64(binary.LittleEndian.Uint64(head[36:]))}
	if len(data) > 0 {
		g, ok := (&unpacker{in: data}).segment(c)
		if !ok {
			return nil, ErrSnapshotDamaged
		}
		v.segs = []held{{segment: g}}
		v.putAway()
	}
	v.counts()
	return v, nil
}

// packer writes the columns of a segment.
type packer struct{ out []byte }

func (p *packer) int(n int)      { p.out = binary.AppendUvarint(p.out, uint64(n)) }
func (p *packer) signed(n int64) { p.out = binary.AppendVarint(p.out, n) }
func (p *packer) text(s string)  { p.int(len(s)); p.out = append(p.out, s...) }
func (p *packer) flag(b bool)    { p.int(map[bool]int{true: 1}[b]) }

func (p *packer) segment(g *segment) {
	p.int(g.n)
	p.ids(&g.ids)
	p.numbers(&g.revs)
	p.flag(g.trash != nil)
	if g.trash != nil {
		p.bitmap(g.trash)
	}
	for i := range g.lists {
		p.shape(&g.lists[i])
	}
	for i := range g.cols {
		c := &g.cols[i]
		if g.s.cols[i].list < 0 {
			p.shape(c.shape)
		}
		if c.dict != nil {
			p.dict(c.dict)
			p.codes(&c.codes)
		} else {
			p.numbers(&c.numbers)
		}
	}
}

func (p *packer) bitmap(b bitmap) {
	for _, w := range b {
		p.out = binary.LittleEndian.AppendUint64(p.out, w)
	}
}

func (p *packer) ids(x *ids) {
	p.flag(x.packed != nil)
	if x.packed == nil {
		p.texts(&x.plain)
		return
	}
	p.text(x.prefix)
	p.planes(x.packed, 16)
}

// planes writes the first byte of every item, then every second byte and so on: bytes alike come together.
func (p *packer) planes(items []byte, width int) {
	for k := range width {
		for i := k; i < len(items); i += width {
			p.out = append(p.out, items[i])
		}
	}
}

func (p *packer) numbers(n *numbers) {
	p.signed(n.base)
	p.signed(n.scale)
	p.signed(n.most)
	p.codes(&n.codes)
}

// codes writes the differences of codes that never fall, else the codes themselves, byte by byte.
func (p *packer) codes(c *codes) {
	n := c.len()
	largest, rising := uint64(0), true
	last := uint64(0)
	for i := range uint32(n) {
		code := c.at(i)
		rising = rising && code >= last
		last = code
		largest = max(largest, code)
	}
	p.out = binary.AppendUvarint(p.out, largest)
	p.flag(rising)
	width := c.width()
	items := make([]byte, 0, n*width)
	last = 0
	for i := range uint32(n) {
		code := c.at(i)
		if rising {
			code, last = code-last, code
		}
		for k := range width {
			items = append(items, byte(code>>(8*k)))
		}
	}
	p.planes(items, width)
}

func (c *codes) width() int {
	switch {
	case c.w8 != nil:
		return 1
	case c.w16 != nil:
		return 2
	case c.w32 != nil:
		return 4
	}
	return 8
}

func (p *packer) shape(s *shape) {
	p.flag(s.present != nil)
	if s.present != nil {
		p.bitmap(s.present.bits)
	}
	p.flag(s.starts != nil)
	for i := 1; i < len(s.starts); i++ {
		p.int(int(s.starts[i] - s.starts[i-1]))
	}
}

// texts writes sorted texts by what each has in common with the one before.
func (p *packer) texts(t *texts) {
	n := uint32(t.len())
	p.int(int(n))
	last := ""
	for i := range n {
		text := t.at(i)
		p.out = append(p.out, byte(shared(last, text)))
		last = text
	}
	last = ""
	for i := range n {
		text := t.at(i)
		p.int(len(text) - shared(last, text))
		last = text
	}
	last = ""
	for i := range n {
		text := t.at(i)
		p.out = append(p.out, text[shared(last, text):]...)
		last = text
	}
}

// shared gives the length of the common beginning of two texts, at most 255.
func shared(a, b string) int {
	n := min(len(a), len(b), 255)
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func (p *packer) dict(d *dict) {
	p.texts(&d.folded)
	p.flag(d.other != nil)
	if d.other != nil {
		p.bitmap(d.other.bits)
		p.texts(&d.raw)
	}
}

// unpacker reads what a packer wrote. Once bad, it gives nothing but zeros.
type unpacker struct {
	in  []byte
	bad bool
}

func (u *unpacker) fail() { u.in, u.bad = nil, true }

func (u *unpacker) uint() uint64 {
	n, k := binary.Uvarint(u.in)
	if k <= 0 {
		u.fail()
		return 0
	}
	u.in = u.in[k:]
	return n
}

// int reads a number of things that take a byte each at least, so that no more is made room for than there is.
func (u *unpacker) int() int {
	n := u.uint()
	if n > uint64(len(u.in)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) signed() int64 {
	n, k := binary.Varint(u.in)
	if k <= 0 {
		u.fail()
		return 0
	}
	u.in = u.in[k:]
	return n
}

func (u *unpacker) flag() bool {
	n := u.uint()
	if n > 1 {
		u.fail()
	}
	return n == 1
}

func (u *unpacker) bytes(n int) []byte {
	if n < 0 || n > len(u.in) {
		u.fail()
		return nil
	}
	b := u.in[:n]
	u.in = u.in[n:]
	return b
}

func (u *unpacker) segment(s *schema) (*segment, bool) {
	g := &segment{s: s, n: u.int(), cols: make([]store, len(s.cols)), lists: make([]shape, len(s.lists))}
	if g.n == 0 {
		return nil, false
	}
	g.ids = u.ids(g.n)
	g.revs = u.numbers(g.n)
	if u.flag() {
		g.trash = u.bitmap(g.n)
	}
	for i := range g.revs.len() {
		if g.revs.at(uint32(i)) == 0 {
			return nil, false // every record has a revision
		}
	}
	for i := range g.lists {
		g.lists[i] = u.shape(g.n)
	}
	for i := range g.cols {
		c := &g.cols[i]
		c.col = &s.cols[i].Column
		if list := s.cols[i].list; list >= 0 {
			c.shape = &g.lists[list]
		} else {
			single := u.shape(g.n)
			if single.starts != nil {
				return nil, false
			}
			c.shape = &single
		}
		if s.cols[i].numeric() {
			c.numbers = u.numbers(c.shape.elems)
		} else {
			c.dict = u.dict(&s.cols[i].Column)
			c.codes = u.codes(c.shape.elems, uint64(c.dict.len()))
		}
		if u.bad {
			return nil, false
		}
	}
	if u.bad || len(u.in) > 0 {
		return nil, false
	}
	return g, g.ids.derive(g.n)
}

func (u *unpacker) bitmap(n int) bitmap {
	in := u.bytes(8 * words(n))
	if in == nil {
		return make(bitmap, words(n))
	}
	b := make(bitmap, words(n))
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(in[8*i:])
	}
	if n%64 != 0 && b[len(b)-1]>>(n%64) != 0 {
		u.fail()
	}
	return b
}

func (u *unpacker) ids(n int) ids {
	if !u.flag() {
		x := ids{plain: u.texts()}
		if x.plain.len() != n {
			u.fail()
		}
		return x
	}
	return ids{prefix: string(u.bytes(u.int())), packed: u.planes(n, 16)}
}

func (u *unpacker) planes(n, width int) []byte {
	in := u.rows(n, width)
	if u.bad {
		return nil
	}
	out := make([]byte, len(in))
	for k := range width {
		for i, b := range in[k*n : (k+1)*n] {
			out[i*width+k] = b
		}
	}
	return out
}

// rows gives the bytes of n items of a width.
func (u *unpacker) rows(n, width int) []byte {
	if n > len(u.in)/width {
		u.fail()
		return nil
	}
	return u.bytes(n * width)
}

func (u *unpacker) numbers(n int) numbers {
	base, scale, most := u.signed(), u.signed(), u.signed()
	if scale <= 0 || most < base {
		u.fail()
		return numbers{scale: 1}
	}
	return numbers{u.codes(n, uint64(most-base)/uint64(scale)+1), base, scale, most}
}

func (u *unpacker) codes(n int, most uint64) codes {
	largest := u.uint()
	rising := u.flag()
	if u.bad || largest > most {
		u.fail()
		return codes{}
	}
	c := newCodes(0, largest)
	width := c.width()
	in := u.rows(n, width)
	if u.bad {
		return codes{}
	}
	c = newCodes(n, largest)
	ok := false
	switch width {
	case 1:
		ok = unpack(c.w8, in, rising, largest)
	case 2:
		ok = unpack(c.w16, in, rising, largest)
	case 4:
		ok = unpack(c.w32, in, rising, largest)
	default:
		ok = unpack(c.w64, in, rising, largest)
	}
	if !ok {
		u.fail()
		return codes{}
	}
	return c
}

// unpack reads codes from their planes. It gives false when one is too large.
func unpack[T uint8 | uint16 | uint32 | uint64](out []T, in []byte, rising bool, largest uint64) bool {
	n := len(out)
	for k := 0; k*n < len(in); k++ {
		for i, b := range in[k*n : (k+1)*n] {
			out[i] |= T(b) << (8 * k)
		}
	}
	last, highest := T(0), T(0)
	for i, code := range out {
		if rising {
			code += last
			out[i], last = code, code
		}
		highest = max(highest, code)
	}
	return uint64(highest) <= largest
}

func (u *unpacker) shape(rows int) shape {
	s := shape{rows: rows, elems: rows}
	if u.flag() {
		s.present = rank(u.bitmap(rows))
		s.elems = s.present.n
	}
	if u.flag() {
		s.starts = make([]uint32, s.elems+1)
		for i := range s.elems {
			n := u.uint()
			if n > maxElems || uint64(s.starts[i])+n > math.MaxUint32 {
				u.fail()
				break
			}
			s.starts[i+1] = s.starts[i] + uint32(n)
		}
		s.elems = int(s.starts[len(s.starts)-1])
	}
	return s
}

func (u *unpacker) texts() texts {
	n := u.int()
	shared := u.bytes(n)
	lengths := make([]uint32, n)
	total := 0
	for i := range lengths {
		k := u.int()
		lengths[i] = uint32(k)
		total += k
	}
	rest := u.bytes(total)
	if u.bad {
		return texts{off: []uint32{0}}
	}
	size := n + total
	for _, k := range shared {
		size += int(k)
	}
	if uint64(size) > math.MaxUint32 {
		u.fail()
		return texts{off: []uint32{0}}
	}
	off := make([]uint32, n+1)
	data := make([]byte, 0, size)
	last := 0
	for i, k := range shared {
		start := len(data)
		if i > 0 && int(k) > start-1-last || i == 0 && k > 0 {
			u.fail()
			return texts{off: []uint32{0}}
		}
		data = append(data, data[last:last+int(k)]...)
		data = append(data, rest[:lengths[i]]...)
		rest = rest[lengths[i]:]
		data = append(data, '\n')
		last = start
		off[i+1] = uint32(len(data))
	}
	return texts{off, unsafe.String(unsafe.SliceData(data), len(data))} // nothing else holds the bytes
}

func (u *unpacker) dict(c *Column) *dict {
	d := dictOf(c)
	d.folded = u.texts()
	if u.flag() {
		d.other = rank(u.bitmap(d.len()))
		d.raw = u.texts()
		if d.raw.len() != d.other.n {
			u.fail()
			return dictOf(c)
		}
	}
	return d
}
