package index

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
)

// Names of members every record has. They filter and sort like columns; id and version come from the Change, the
// others from the record.
const (
	pathID      = "id"
	pathKind    = "kind"
	pathVersion = "version"
	pathDeleted = "deletedAt"
)

var systemColumns = []Column{
	{Path: "createdAt", Type: query.TypeInstant, Class: policy.Public},
	{Path: "createdBy", Type: query.TypeCode, Class: policy.Public},
	{Path: "updatedAt", Type: query.TypeInstant, Class: policy.Public},
	{Path: "updatedBy", Type: query.TypeCode, Class: policy.Public},
	{Path: pathDeleted, Type: query.TypeInstant, Class: policy.Public},
	{Path: "deletedBy", Type: query.TypeCode, Class: policy.Public},
	{Path: pathMerged, Type: query.TypeCode, Class: policy.Public},
}

// schema is a Schema made ready for use: with the system columns, the lists, and the members of the JSON.
type schema struct {
	Schema
	cols   []column
	lists  []string       // paths of lists
	byPath map[string]int // column by path
	ages   map[string]int // column by the name of its age
	timed  map[string]*timing
	order  []int
	usual  []sortKey // that order
	title  []int     // the columns that name a record
	owner  int       // the column of the record each belongs to, -1 for none

	readings []atomic.Pointer[reading] // by the classes a grant lets its holder read, once asked for
	root     *member
	trash    int      // the column of deletedAt
	merged   int      // the column of mergedInto
	digest   [32]byte // names what a snapshot depends on
}

type column struct {
	Column
	list int // which of schema.lists, -1 for a single value
	form form
}

// form is how the values of a column are written in JSON.
type form uint8

const (
	inString form = iota // text of any kind
	inDigits
	inDate
	inInstant
	inWord     // true or false
	inAnything // whatever says something: only that it is there is held, as "true"
)

var forms = map[query.Type]form{query.TypeNumber: inDigits, query.TypeDate: inDate, query.TypeInstant: inInstant, query.TypeFlag: inWord,
	query.TypeFilled: inAnything}

// numeric tells that the column's values are kept as numbers, not as entries of a dictionary.
func (c *column) numeric() bool { return c.form == inDigits || c.form == inDate || c.form == inInstant }

// scaled tells that the JSON has more decimals than what is held.
func (c *Column) scaled() bool { return c.Type == typeNumber && c.Decimals > 0 && !c.Minor }

// pairs tells that the column is a map read as a list of pairs.
func (c *Column) pairs() bool { return strings.HasSuffix(c.Path, ".*") }

// member is a node of the JSON that holds indexed values.
type member struct {
	name   string
	prefix string  // `"name":`
	col    int     // the column of the value, or of the elements; -1 for none
	list   int     // the list it is, -1 for none
	mapped bool    // an object used as a map
	plain  bool    // a single text
	item   *member // one of a list of plain values
	kids   []*member
	names  []memberName // theirs
}

// memberName is `"name":` as it is compared: its first 8 bytes, which of them there are, and the others.
type memberName struct {
	head, mask uint64
	rest       string
	size       int
}

func nameOf(prefix string) memberName {
	n := memberName{size: len(prefix)}
	for i := range min(len(prefix), 8) {
		n.head |= uint64(prefix[i]) << (8 * i)
		n.mask |= 0xff << (8 * i)
	}
	n.rest = prefix[min(len(prefix), 8):]
	return n
}

// compile makes a schema ready. A column whose path is taken, or that lies in a list inside another list, is left out:
// an organisation's own fields must not be able to make its records unreadable.
func compile(s Schema) *schema {
	c := &schema{Schema: s, byPath: map[string]int{}, ages: map[string]int{}, root: &member{col: -1, list: -1}}
	c.readings = make([]atomic.Pointer[reading], 1<<len(classes))
	c.Columns = slices.Concat(systemColumns, s.Columns)
	c.root.descend(pathID)
	c.root.descend(pathKind)
	lists := map[string]bool{}
	for _, col := range c.Columns {
		if col.List != "" {
			lists[col.List] = true
		}
	}
	kept := c.Columns[:0]
	for _, col := range c.Columns {
		if c.byPath[col.Path] > 0 || col.Path == pathID || col.Path == pathKind || col.Path == pathVersion || !c.place(col, lists) {
			continue
		}
		kept = append(kept, col)
		c.byPath[col.Path] = len(kept) // one more than its place, until all are placed
	}
	c.Columns = kept
	for path := range c.byPath {
		c.byPath[path]--
	}
	for i, col := range c.cols {
		if col.Age != "" {
			c.ages[col.Age] = i
		}
	}
	c.timed = c.timings()
	for _, path := range s.Order {
		if i, ok := c.byPath[path]; ok && !c.cols[i].numeric() && c.cols[i].list < 0 {
			c.order = append(c.order, i)
			c.usual = append(c.usual, sortKey{field{on: onText, col: i}, false})
		}
	}
	for _, path := range s.Title {
		if i, ok := c.byPath[path]; ok && (c.cols[i].form == inString || c.cols[i].form == inDigits) && c.cols[i].list < 0 {
			c.title = append(c.title, i)
		}
	}
	c.owner = -1
	if i, ok := c.byPath[s.Owner]; ok && !c.cols[i].numeric() {
		c.owner = i
	}
	c.trash, c.merged = c.byPath[pathDeleted], c.byPath[pathMerged]
	text, err := json.Marshal(struct {
		Kind    string
		Columns []Column
		Order   []string
	}{s.Kind, c.Columns, s.Order})
	if err != nil {
		panic(err) // a Schema holds nothing but strings and numbers
	}
	c.digest = sha256.Sum256(text)
	return c
}

// place finds the column its place among the members, false when it has none.
func (s *schema) place(col Column, lists map[string]bool) bool {
	i := len(s.cols)
	if col.Type == query.TypeFilled && col.List != "" {
		return false
	}
	if col.List == "" {
		for _, name := range prefixes(col.Path) {
			if lists[name] {
				return false
			}
		}
		leaf := s.root.descend(col.Path)
		if leaf.col >= 0 || leaf.list >= 0 || len(leaf.kids) > 0 {
			return false
		}
		leaf.col = i
		leaf.plain = forms[col.Type] == inString
		s.cols = append(s.cols, column{col, -1, forms[col.Type]})
		return true
	}
	for _, name := range prefixes(col.List) {
		if lists[name] && name != col.List {
			return false
		}
	}
	top := s.root.descend(col.List)
	rest, inside := strings.CutPrefix(col.Path, col.List+".")
	leaf := top
	switch {
	case col.Path == col.List, rest == "*":
		if top.col >= 0 || len(top.kids) > 0 {
			return false
		}
		top.mapped = rest == "*"
	case inside:
		if top.list < 0 && top.col >= 0 || top.mapped {
			return false
		}
		leaf = top.descend(rest)
		if leaf.col >= 0 || len(leaf.kids) > 0 {
			return false
		}
	default:
		return false
	}
	if top.list < 0 {
		top.list = len(s.lists)
		s.lists = append(s.lists, col.List)
	}
	leaf.col = i
	leaf.plain = leaf != top && forms[col.Type] == inString
	leaf.item = &member{col: i, list: -1}
	s.cols = append(s.cols, column{col, top.list, forms[col.Type]})
	return true
}

// prefixes gives a path and every path it lies in.
func prefixes(path string) []string {
	var all []string
	for i := range len(path) {
		if path[i] == '.' {
			all = append(all, path[:i])
		}
	}
	return append(all, path)
}

func (m *member) descend(path string) *member {
	for name := range strings.SplitSeq(path, ".") {
		next := m.kid(name)
		if next == nil {
			quoted := appendString(nil, name)
			next = &member{name: name, prefix: string(quoted) + ":", col: -1, list: -1}
			m.kids, m.names = append(m.kids, next), append(m.names, nameOf(next.prefix))
		}
		m = next
	}
	return m
}

func (m *member) kid(name string) *member {
	for _, k := range m.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// reading is what callers may look at whose grants let them read the same classes of fields.
type reading struct {
	may      []bool           // by column
	searched [Exact + 1][]int // the columns by way of searching
}

// reading gives what a grant lets its holder read. It is worked out once for all who may read the same.
func (s *schema) reading(g policy.Grant) *reading {
	which := 0
	for i, class := range classes {
		if g.Fields(policy.Read, class) {
			which |= 1 << i
		}
	}
	if r := s.readings[which].Load(); r != nil {
		return r
	}
	r := &reading{may: make([]bool, len(s.cols))}
	for i := range s.cols {
		c := &s.cols[i]
		class := slices.Index(classes, c.Class)
		r.may[i] = class >= 0 && which>>class&1 == 1
		if how := c.How; how != Unsearched && how <= Exact && r.may[i] && (how == Exact || !c.numeric()) {
			r.searched[how] = append(r.searched[how], i)
		}
	}
	s.readings[which].Store(r)
	return r
}

var classes = policy.Classes()
