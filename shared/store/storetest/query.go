package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/store"
)

func queryCases() []namedCase {
	return []namedCase{
		{"BytesGiveTheOrder", bytesGiveTheOrder},
		{"Prefix", prefixes},
		{"Range", ranges},
		{"PagesOfEveryLimit", pagesOfEveryLimit},
		{"AnyCursor", anyCursor},
		{"PartitionsAreApart", partitionsAreApart},
		{"EmptyPartition", emptyPartition},
		{"PagesEndAtTheirSize", pagesEndAtTheirSize},
		{"NoLimitIsTheGreatest", noLimitIsTheGreatest},
	}
}

// awkward are sort keys in the order of their bytes. Their order by characters, by locale or as signed bytes is another,
// and a database's wildcards are among them.
var awkward = []string{
	"\x00", "\x00\x00", "\x00a", "\x01", "%", "%a", "%b", "/", "A", "B", "_", "_a", "_b", "a", "a\x00", "a\x00b",
	"a%", "a%b", "a/", "a_", "a_b", "ab", "ab\x00", "axb", "a\x7f", "a\x80", "aé", "a\xff", "a\xff\x00", "a\xff\xff", "a\xff\xffz",
	"b", "z", "\x7f", "\x80", "é", "日本", "日本語", "🎉", "\xfe\xff", "\xff", "\xff\x00", "\xff\xff", "\xff\xff\xffz",
}

// find is what a query has to find among sorted keys.
func find(sorts []string, q store.Query) []string {
	var found []string
	for _, s := range sorts {
		after := q.After == "" || !q.Reverse && s > q.After || q.Reverse && s < q.After
		if strings.HasPrefix(s, q.Prefix) && s >= q.From && (q.To == "" || s < q.To) && after {
			found = append(found, s)
		}
	}
	if q.Reverse {
		slices.Reverse(found)
	}
	return found
}

// awkwardPartition gives a partition filled with the awkward keys, put in no order.
func (e *env) awkwardPartition() string {
	e.Helper()
	partition := e.partition()
	shuffled := slices.Clone(awkward)
	for i := range shuffled {
		j := (i*31 + 7) % len(shuffled)
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	}
	e.fill(partition, shuffled...)
	return partition
}

func bytesGiveTheOrder(e *env) {
	if !slices.IsSorted(awkward) {
		e.Fatal("the keys of the test are out of order")
	}
	partition := e.awkwardPartition()
	for _, reverse := range []bool{false, true} {
		q := store.Query{Partition: partition, Reverse: reverse}
		e.wantSorts(q, e.all(q), find(awkward, q))
	}
}

func prefixes(e *env) {
	partition := e.awkwardPartition()
	seen := map[string]bool{}
	for _, s := range append([]string{"nothing begins so", "%_", "__", "\xff\xff\xff\xff", "a\xff\xff\xff"}, awkward...) {
		for n := 1; n <= len(s); n++ {
			prefix := s[:n]
			if seen[prefix] {
				continue
			}
			seen[prefix] = true
			for _, reverse := range []bool{false, true} {
				if !e.sampled() {
					continue
				}
				q := store.Query{Partition: partition, Prefix: prefix, Reverse: reverse}
				e.wantSorts(q, e.all(q), find(awkward, q))
			}
		}
	}
}

// bounds are ends of ranges, some of them keys and some between keys.
var bounds = []string{"", "\x00", "\x00\x00\x00", "%", "%a", "_", "a", "a\x00", "a\xff", "a\xff\xff", "ab", "b", "é", "\xff", "\xff\xff", "\xff\xff\xff\xff"}

func ranges(e *env) {
	partition := e.awkwardPartition()
	for _, from := range bounds {
		for _, to := range bounds {
			for _, reverse := range []bool{false, true} {
				if !e.sampled() {
					continue
				}
				q := store.Query{Partition: partition, From: from, To: to, Reverse: reverse}
				e.wantSorts(q, e.all(q), find(awkward, q))
			}
		}
	}
}

func pagesOfEveryLimit(e *env) {
	partition := e.awkwardPartition()
	for limit := 1; limit <= len(awkward)+1; limit++ {
		for _, q := range []store.Query{
			{}, {Reverse: true}, {Prefix: "a"}, {Prefix: "a", Reverse: true},
			{From: "%a", To: "a\xff"}, {From: "%a", To: "a\xff", Reverse: true},
		} {
			if limit > 8 && (q.Prefix != "" || q.To != "") {
				continue
			}
			if !e.sampled() {
				continue
			}
			q.Partition, q.Limit = partition, limit
			e.wantSorts(q, e.all(q), find(awkward, q))
		}
	}
}

func anyCursor(e *env) {
	partition := e.awkwardPartition()
	for _, after := range []string{
		"\x00", "\x00\x00\x00\x00", "%", "0", "a", "a\x00", "a_a", "a\xff", "a\xff\xff", "ab", "b", "not a key", "é", "日", "\xff",
		"\xff\xff\xffz", "\xff\xff\xff\xff", strings.Repeat("\xff", store.MaxSort), strings.Repeat("a", store.MaxSort),
	} {
		for _, q := range []store.Query{
			{}, {Limit: 2}, {Prefix: "a"}, {Prefix: "%"}, {Prefix: "\xff"}, {From: "a", To: "b"}, {From: "a"}, {To: "b"},
		} {
			for _, reverse := range []bool{false, true} {
				if !e.sampled() {
					continue
				}
				q.Partition, q.After, q.Reverse = partition, after, reverse
				e.wantSorts(q, e.all(q), find(awkward, q))
			}
		}
	}
}

func partitionsAreApart(e *env) {
	base := e.partition() + "/"
	partitions := []string{base, base + "\x00", base + "\x00a", base + "a", base + "\xff", base + "\xff\xff", base[:len(base)-1]}
	for i, p := range partitions {
		e.fill(p, fmt.Sprint(i), "a", "\x00", "\xff")
	}
	for i, p := range partitions {
		for _, reverse := range []bool{false, true} {
			e.row()
			q := store.Query{Partition: p, Reverse: reverse}
			e.wantSorts(q, e.all(q), find([]string{"\x00", fmt.Sprint(i), "a", "\xff"}, q))
		}
	}
}

func emptyPartition(e *env) {
	for _, q := range []store.Query{{}, {Reverse: true}, {Prefix: "a"}, {From: "a", To: "b"}, {After: "a"}, {After: "a", Reverse: true}} {
		e.row()
		q.Partition = e.partition()
		page, err := e.store.Query(e.ctx(), q)
		if err != nil || len(page.Items) != 0 || page.Next != "" {
			e.Fatalf("%+v: %d items, next %q, %v", q, len(page.Items), page.Next, err)
		}
	}
}

// pagesEndAtTheirSize reads more than a page holds: the page ends early, and the pages together are complete.
func pagesEndAtTheirSize(e *env) {
	partition := e.partition()
	value := strings.Repeat("v", store.MaxValue)
	n := store.MaxPage/store.MaxValue + 10
	for i := range n {
		e.apply(put(store.Key{Partition: partition, Sort: fmt.Sprintf("%03d", i)}, store.Absent, value))
	}
	for _, reverse := range []bool{false, true} {
		e.row()
		q := store.Query{Partition: partition, Reverse: reverse}
		page, err := e.store.Query(e.ctx(), q)
		if err != nil {
			e.Fatal(err)
		}
		if len(page.Items) == 0 || len(page.Items) >= n || page.Next == "" {
			e.Fatalf("the first page has %d of %d items, next %q", len(page.Items), n, page.Next)
		}
		for i, it := range e.all(q) {
			want := i
			if reverse {
				want = n - 1 - i
			}
			if it.Sort != fmt.Sprintf("%03d", want) || string(it.Value) != value {
				e.Fatalf("item %d is %q with %d bytes", i, it.Sort, len(it.Value))
			}
		}
	}
}

func noLimitIsTheGreatest(e *env) {
	partition := e.partition()
	sorts := make([]string, store.MaxQuery+1)
	for i := range sorts {
		sorts[i] = fmt.Sprintf("%04d", i)
	}
	e.fill(partition, sorts...)
	for _, limit := range []int{0, store.MaxQuery} {
		e.row()
		page, err := e.store.Query(e.ctx(), store.Query{Partition: partition, Limit: limit})
		if err != nil || len(page.Items) != store.MaxQuery || page.Next != sorts[store.MaxQuery-1] {
			e.Fatalf("%d items, next %q, %v", len(page.Items), page.Next, err)
		}
	}
}
