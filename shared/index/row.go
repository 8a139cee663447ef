package index

import (
	"cmp"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/decimal"
)

// cell is one value of one record: a scalar, an element of a list, or a member of an element. The cells of a record are
// sorted by column and place. The length of a list is a cell of its own, whose column is that of the list counted on
// from the last real one.
type cell struct {
	at   uint32 // column << 16 | place in the list, 0 for single values
	num  int64  // numbers; dates in days, instants in nanoseconds since 1970; lengths of lists
	text string // texts, codes, addresses, numbers of telephones, "true" and "false"
}

func cellAt(col, elem int) uint32 { return uint32(col)<<16 | uint32(elem) }

func (c *cell) col() int  { return int(c.at >> 16) }
func (c *cell) elem() int { return int(c.at & 0xffff) }

// sortCells sorts cells that mostly are in order.
func sortCells(cells []cell) {
	if len(cells) > 100 {
		slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(a.at, b.at) })
		return
	}
	for i := 1; i < len(cells); i++ {
		for j := i; j > 0 && cells[j].at < cells[j-1].at; j-- {
			cells[j], cells[j-1] = cells[j-1], cells[j]
		}
	}
}

// row is one record outside a segment.
type row struct {
	id       string
	revision int64
	cells    []cell // nil when the record is gone
	gone     bool
	trashed  bool
	merged   bool
	readied  atomic.Pointer[ready]
}

// column gives the cells of one column, in the order of the list.
func (r *row) column(col int) []cell {
	lo := 0
	for lo < len(r.cells) && r.cells[lo].col() < col {
		lo++
	}
	hi := lo
	for hi < len(r.cells) && r.cells[hi].col() == col {
		hi++
	}
	return r.cells[lo:hi]
}

// appendJSON writes the record as a list shows it.
func (s *schema) appendJSON(dst []byte, id string, revision int64, cells []cell, may []bool) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, id)
	dst = append(dst, `,"kind":`...)
	dst = appendString(dst, s.Kind)
	dst = append(dst, `,"version":`...)
	dst = strconv.AppendInt(dst, revision, 10)
	w := writer{s: s, cells: cells, may: may}
	at := w.space[:]
	if n := len(s.cols) + len(s.lists) + 1; n > len(at) {
		at = make([]int32, n)
	}
	w.at = at
	next := 0
	for col := range len(s.cols) + len(s.lists) + 1 {
		for next < len(cells) && cells[next].col() < col {
			next++
		}
		at[col] = int32(next)
	}
	dst, _ = w.members(dst, s.root, 0, true)
	return append(dst, '}')
}

type writer struct {
	s     *schema
	cells []cell
	may   []bool
	at    []int32 // first cell of each column
	space [128]int32
}

func (w *writer) cell(col, elem int) *cell {
	for i := w.at[col]; i < w.at[col+1]; i++ {
		if w.cells[i].elem() == elem {
			return &w.cells[i]
		}
	}
	return nil
}

// members writes the members of an object; more tells that one is before them. The bool tells whether it wrote any.
func (w *writer) members(dst []byte, m *member, elem int, more bool) ([]byte, bool) {
	wrote := false
	for _, k := range m.kids {
		before := len(dst)
		if more {
			dst = append(dst, ',')
		}
		dst = append(dst, k.prefix...)
		var ok bool
		if dst, ok = w.value(dst, k, elem); !ok {
			dst = dst[:before]
			continue
		}
		more, wrote = true, true
	}
	return dst, wrote
}

func (w *writer) value(dst []byte, m *member, elem int) ([]byte, bool) {
	switch {
	case m.list >= 0:
		return w.list(dst, m)
	case m.col >= 0:
		c := w.cell(m.col, elem)
		if c == nil || !w.may[m.col] || w.s.cols[m.col].form == inAnything {
			return dst, false
		}
		return w.s.appendValue(dst, c), true
	}
	dst = append(dst, '{')
	dst, ok := w.members(dst, m, elem, false)
	return append(dst, '}'), ok
}

func (w *writer) list(dst []byte, m *member) ([]byte, bool) {
	col := len(w.s.cols) + m.list
	if w.at[col] == w.at[col+1] || !w.mayRead(m) {
		return dst, false
	}
	n := int(w.cells[w.at[col]].num)
	if n == 0 {
		return dst, false
	}
	open, shut := byte('['), byte(']')
	if m.mapped {
		open, shut = '{', '}'
	}
	dst = append(dst, open)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch {
		case m.mapped:
			key, value := cutPair(w.cells[int(w.at[m.col])+i].text)
			dst = appendString(dst, key)
			dst = append(dst, ':')
			dst = appendString(dst, value)
		case m.col >= 0:
			dst = w.s.appendValue(dst, &w.cells[int(w.at[m.col])+i])
		default:
			dst = append(dst, '{')
			dst, _ = w.members(dst, m, i, false)
			dst = append(dst, '}')
		}
	}
	return append(dst, shut), true
}

// mayRead tells whether any column at or below m may be read.
func (w *writer) mayRead(m *member) bool {
	if m.col >= 0 && w.may[m.col] {
		return true
	}
	return slices.ContainsFunc(m.kids, w.mayRead)
}

func (s *schema) appendValue(dst []byte, c *cell) []byte {
	switch s.cols[c.col()].form {
	case inDigits:
		if col := &s.cols[c.col()].Column; col.scaled() {
			return append(dst, decimal.Write(c.num, col.Decimals)...)
		}
		return strconv.AppendInt(dst, c.num, 10)
	case inDate:
		dst = append(dst, '"')
		dst = appendDate(dst, c.num)
		return append(dst, '"')
	case inInstant:
		dst = append(dst, '"')
		dst = appendInstant(dst, c.num)
		return append(dst, '"')
	case inWord:
		return append(dst, c.text...)
	}
	return appendString(dst, c.text)
}

func appendDate(dst []byte, days int64) []byte {
	return time.Unix(days*86400, 0).UTC().AppendFormat(dst, time.DateOnly)
}

func appendInstant(dst []byte, ns int64) []byte {
	return time.Unix(0, ns).UTC().AppendFormat(dst, time.RFC3339Nano)
}

const hex = "0123456789abcdef"

// appendString writes a JSON string.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s[i:])
			if n == 3 && c == 0xe2 && s[i+1] == 0x80 && s[i+2]&^1 == 0xa8 { // U+2028 and U+2029 end lines in scripts
				dst = append(dst, s[start:i]...)
				dst = append(dst, `\u202`...)
				dst = append(dst, hex[s[i+2]&0xf])
				start = i + n
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
