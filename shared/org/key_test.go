package org_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
)

// tenants gives organisations whose ids begin alike.
func tenants() []org.Tenant {
	var all []org.Tenant
	for _, id := range []string{"org_1", "org_11", "org_2"} {
		tenant, _ := org.Founding(id, false)
		all = append(all, tenant)
	}
	return all
}

// words gives strings that are easily mistaken for each other when they are joined.
func words(r *rand.Rand, letters string) string {
	b := make([]byte, 1+r.IntN(3))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// keys are all methods that make keys, each with arguments of its own.
func keys(r *rand.Rand, t org.Tenant) map[string]store.Key {
	part := func() string { return words(r, "a1_#:") } // of sort keys that are joined by slashes
	any := func() string { return words(r, "a1/#:\x00") }
	n := r.Int64N(200)
	owner, kind, id, name := part(), part(), part(), any()
	return map[string]store.Key{
		fmt.Sprintf("Record %q %q %q", owner, kind, id): t.Record(owner, kind, id),
		fmt.Sprintf("Change %q %d", id, n):              t.Change(id, n),
		"Head":                                          t.Head(),
		fmt.Sprintf("Entry %d", n):                      t.Entry(n),
		fmt.Sprintf("Claim %q %q", owner, name):         t.Claim(owner, name),
		fmt.Sprintf("Idem %q %q %q", owner, kind, name): t.Idem(owner, kind, name),
		fmt.Sprintf("Serial %q", name):                  t.Serial(name),
		fmt.Sprintf("Access %q", name):                  t.Access(name),
		fmt.Sprintf("AccessOf %q %q", id, name):         t.AccessOf(id, name),
		fmt.Sprintf("Deed %q %q", id, name):             t.Deed(id, name),
		fmt.Sprintf("Preference %q", name):              t.Preference(name),
		fmt.Sprintf("Job %q", name):                     t.Job(name),
		fmt.Sprintf("JobMade %q", name):                 t.JobMade(name),
		fmt.Sprintf("JobItem %q %q", id, name):          t.JobItem(id, name),
	}
}

// TestNoTwoKeysMeet: whatever is kept, it lies under a key of its own.
func TestNoTwoKeysMeet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := tenants()
	seen := map[store.Key]string{}
	for range 20_000 {
		tenant := all[r.IntN(len(all))]
		for what, key := range keys(r, tenant) {
			what = tenant.ID() + " " + what
			if other, ok := seen[key]; ok && other != what {
				t.Fatalf("%s and %s have the key %q", other, what, key)
			}
			seen[key] = what
			for _, other := range all {
				if other.Owns(key.Partition) != (other == tenant) {
					t.Fatalf("%s owns %q: %v", other.ID(), key.Partition, other.Owns(key.Partition))
				}
			}
			if len(key.Partition) > store.MaxPartition || len(key.Sort) > store.MaxSort || key.Sort == "" {
				t.Fatalf("the key %q is none", key)
			}
		}
	}
	if len(seen) < 10_000 {
		t.Errorf("only %d keys were tried", len(seen))
	}
}

// holds tells whether a query finds a key.
func holds(q store.Query, k store.Key) bool {
	from, to := q.Bounds()
	return q.Partition == k.Partition && k.Sort >= from && (to == "" || k.Sort < to)
}

// TestQueriesFindTheirOwn: a query for what belongs to something finds nothing that belongs to something else.
func TestQueriesFindTheirOwn(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tenant := tenants()[0]
	part := func() string { return words(r, "a1_#:") }
	for range 20_000 {
		owner, kind, id, n := part(), part(), part(), r.Int64N(1e9)
		asked, job, prefix := part(), part(), words(r, "a1/#")
		record := tenant.Record(owner, kind, id)
		for name, c := range map[string]struct {
			q    store.Query
			k    store.Key
			want bool
		}{
			"Owned":        {tenant.Owned(asked, ""), record, asked == owner},
			"Owned kind":   {tenant.Owned(owner, asked), record, asked == kind},
			"Changes":      {tenant.Changes(asked), tenant.Change(id, n), asked == id},
			"EntriesAfter": {tenant.EntriesAfter(n), tenant.Entry(n + r.Int64N(9) - 4), false},
			"Jobs":         {tenant.JobsMade(), tenant.JobMade(job), true},
			"Accesses":     {tenant.Accesses(""), tenant.Access(id), true},
			"of a record":  {tenant.Accesses(asked), tenant.AccessOf(id, kind), asked == id},
			"not of one":   {tenant.Accesses(""), tenant.AccessOf(id, kind), false},
			"Deeds":        {tenant.Deeds(asked), tenant.Deed(id, kind), asked == id},
			"JobItems":     {tenant.JobItems(asked, prefix), tenant.JobItem(job, id), asked == job && strings.HasPrefix(id, prefix)},
		} {
			if name == "EntriesAfter" {
				c.want = c.k.Sort > tenant.Entry(n).Sort
			}
			if holds(c.q, c.k) != c.want {
				t.Fatalf("%s: %+v finds %q: %v", name, c.q, c.k, !c.want)
			}
		}
		if q := tenant.Owned(owner, ""); q.Partition != record.Partition {
			t.Fatalf("%q does not lie with its owner", record)
		}
	}
}

func TestKeysKeepTheirOrder(t *testing.T) {
	tenant := tenants()[0]
	for _, pair := range [][2]int64{{1, 2}, {9, 10}, {99_999, 100_000}, {1, 1 << 40}} {
		if tenant.Entry(pair[0]).Sort >= tenant.Entry(pair[1]).Sort {
			t.Errorf("entry %d does not come before %d", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]int64{{1, 2}, {9, 10}, {1, 999_999_999_999}} {
		if tenant.Change("a", pair[0]).Sort >= tenant.Change("a", pair[1]).Sort {
			t.Errorf("change %d does not come before %d", pair[0], pair[1])
		}
	}
}

// The keys of what is stored already never change.
func TestKeysAreFixed(t *testing.T) {
	tenant := tenants()[0]
	want := map[string]store.Key{
		"record": {Partition: "org_1#r#55", Sort: "con_1/note/not_7"},
		"change": {Partition: "org_1#h#55", Sort: "con_1/000000000003"},
		"head":   {Partition: "org_1#head", Sort: "head"},
		"entry":  {Partition: "org_1#l", Sort: "000000000000012"},
		"serial": {Partition: "org_1#s", Sort: "season"},
		"access": {Partition: "org_1#a", Sort: "t/1"},
		"of":     {Partition: "org_1#a#55", Sort: "con_1/t/1"},
		"deed":   {Partition: "org_1#d#55", Sort: "con_1/t/1"},
		"taste":  {Partition: "org_1#p", Sort: "usr_1"},
		"job":    {Partition: "org_1#jobs", Sort: "job_1"},
		"made":   {Partition: "org_1#jm", Sort: "t/job_1"},
		"item":   {Partition: "org_1#j#job_1", Sort: "a/1"},
	}
	got := map[string]store.Key{
		"record": tenant.Record("con_1", "note", "not_7"), "change": tenant.Change("con_1", 3), "head": tenant.Head(),
		"entry": tenant.Entry(12), "serial": tenant.Serial("season"), "access": tenant.Access("t/1"), "of": tenant.AccessOf("con_1", "t/1"), "deed": tenant.Deed("con_1", "t/1"), "taste": tenant.Preference("usr_1"), "job": tenant.Job("job_1"), "made": tenant.JobMade("t/job_1"), "item": tenant.JobItem("job_1", "a/1"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := org.Hash("ab", "c"); got != "430fb1b4ac43316eca81fab27a1930ab8eff8fef6a1dc7903dce44bbc2790dc5" {
		t.Errorf("Hash is %s", got)
	}
}

func TestRecordsSpreadOverBuckets(t *testing.T) {
	tenant := tenants()[0]
	partitions := map[string]int{}
	for n := range org.Buckets * 100 {
		id := fmt.Sprintf("con_%026d", n)
		partitions[tenant.Record(id, "contact", id).Partition]++
	}
	for n := range org.Buckets {
		if c := partitions[tenant.Bucket(n)]; c < 30 || c > 300 {
			t.Errorf("bucket %d holds %d of %d", n, c, org.Buckets*100)
		}
	}
	if len(partitions) != org.Buckets {
		t.Errorf("%d partitions", len(partitions))
	}
}

func TestParseRecord(t *testing.T) {
	tenant := tenants()[0]
	owner, kind, id, ok := org.ParseRecord(tenant.Record("con_1", "note", "not_1").Sort)
	if owner != "con_1" || kind != "note" || id != "not_1" || !ok {
		t.Errorf("%q %q %q %v", owner, kind, id, ok)
	}
	for _, sort := range []string{"", "a", "a/b"} {
		if _, _, _, ok := org.ParseRecord(sort); ok {
			t.Errorf("%q is no record", sort)
		}
	}
}

func TestHashKeepsPartsApart(t *testing.T) {
	lists := [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"1:a"}, {"a", "1:b"}, {"a1:b"}}
	seen := map[string]int{}
	for i, parts := range lists {
		h := org.Hash(parts...)
		if j, ok := seen[h]; ok {
			t.Errorf("%q and %q have one hash", lists[j], parts)
		}
		seen[h] = i
	}
}

// No key is made without an organisation.
func TestNobodyHasNoKeys(t *testing.T) {
	var nobody org.Tenant
	if !nobody.IsZero() || nobody.Owns("") || nobody.Owns("#r#00") || tenants()[0].IsZero() {
		t.Error("nobody is somebody")
	}
	for name, f := range map[string]func(){
		"record":  func() { nobody.Record("a", "b", "c") },
		"owned":   func() { nobody.Owned("a", "") },
		"change":  func() { nobody.Change("a", 1) },
		"head":    func() { nobody.Head() },
		"claim":   func() { nobody.Claim("a", "b") },
		"idem":    func() { nobody.Idem("a", "b", "c") },
		"bucket":  func() { nobody.Bucket(1) },
		"serial":  func() { nobody.Serial("a") },
		"access":  func() { nobody.Access("a") },
		"of":      func() { nobody.AccessOf("a", "b") },
		"reading": func() { nobody.Accesses("") },
		"deed":    func() { nobody.Deed("a", "b") },
		"taste":   func() { nobody.Preference("a") },
		"blob":    func() { nobody.Blob("a", "b") },
		"due":     func() { org.Due{Topic: "job"}.Put() },
		"pointer": func() { nobody.PutPointer(org.Link, "ab", "c", nil, noon, store.Absent) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a key of no organisation")
				}
			}()
			f()
		})
	}
}

func TestBlobNames(t *testing.T) {
	all := tenants()
	if a, b := all[0].Blob("index", "1/x"), all[1].Blob("index", "x"); a == b || a != "index/org_1/1/x" {
		t.Errorf("%s and %s", a, b)
	}
}
