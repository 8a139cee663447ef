package org_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// desk is an installation without anything in it.
type desk struct {
	*org.Directory
	t     *testing.T
	clock *clock.Manual
	store store.Store
	n     int
}

func openDesk(t *testing.T, wrap func(store.Store) store.Store) *desk {
	t.Helper()
	clk := clock.At(noon)
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	var s store.Store = bolt
	if wrap != nil {
		s = wrap(s)
	}
	return &desk{Directory: org.NewDirectory(s, clk), t: t, clock: clk, store: s}
}

func (d *desk) found(id string) org.Tenant {
	d.t.Helper()
	tenant, err := d.Found(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return tenant
}

func (d *desk) apply(ops ...store.Op) error {
	d.n++
	return d.store.Apply(d.t.Context(), store.Batch{Token: fmt.Sprint("b", d.n), Ops: ops})
}

func TestDirectoryListsWhatWasFounded(t *testing.T) {
	d := openDesk(t, nil)
	if empty, err := d.Empty(t.Context()); !empty || err != nil {
		t.Errorf("a new installation is empty: %v, %v", empty, err)
	}
	var want []string
	for n := range 5 {
		id := fmt.Sprintf("org_%d", n)
		if tenant := d.found(id); tenant.ID() != id {
			t.Errorf("founded %s", tenant.ID())
		}
		want = append(want, id)
	}
	if empty, err := d.Empty(t.Context()); empty || err != nil {
		t.Errorf("empty: %v, %v", empty, err)
	}
	var got []string
	for after, pages := "", 0; ; pages++ {
		page, next, err := d.All(t.Context(), after, 2)
		if err != nil || pages > 5 {
			t.Fatal(err)
		}
		for _, tenant := range page {
			got = append(got, tenant.ID())
		}
		if after = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := d.Found(t.Context(), "org_1"); !errors.As(err, new(*store.Failed)) {
		t.Errorf("an organisation was founded twice: %v", err)
	}
}

func TestOnlyOneIsFirst(t *testing.T) {
	d := openDesk(t, nil)
	for n, first := range []bool{true, true, false} {
		_, ops := org.Founding(fmt.Sprintf("org_%d", n), first)
		if err := d.apply(ops...); (err != nil) != (n == 1) {
			t.Errorf("founding %d: %v", n, err)
		}
	}
}

func TestFoundingSurvivesFaults(t *testing.T) {
	for _, kind := range []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost} {
		d := openDesk(t, func(s store.Store) store.Store { return storefault.New(s, storefault.At(1, kind)) })
		d.found("org_1")
		if all, _, err := d.All(t.Context(), "", 10); err != nil || len(all) != 1 {
			t.Errorf("%v: %d organisations, %v", kind, len(all), err)
		}
	}
}

func TestPointer(t *testing.T) {
	d := openDesk(t, nil)
	one, two := d.found("org_1"), d.found("org_2")
	hash := org.PointerHash(org.Login, "olga@example.org")
	op, err := one.PutPointer(org.Login, hash, "usr_1", map[string]int{"n": 7}, time.Time{}, store.Absent)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.apply(op); err != nil {
		t.Fatal(err)
	}
	p, err := d.Resolve(t.Context(), org.Login, hash)
	if err != nil {
		t.Fatal(err)
	}
	if p.Tenant != one || p.Ref != "usr_1" || string(p.Data) != `{"n":7}` || !p.Expires.IsZero() || p.Revision != 1 {
		t.Errorf("%+v", p)
	}
	for name, c := range map[string]struct {
		kind  org.PointerKind
		shown string
	}{"another name": {org.Login, "other@example.org"}, "another kind": {org.Session, "olga@example.org"}} {
		if _, err := d.Resolve(t.Context(), c.kind, org.PointerHash(c.kind, c.shown)); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Resolve(t.Context(), org.Session, hash); !errors.Is(err, fault.NotFound) {
		t.Errorf("a login's hash opens a session: %v", err)
	}
	// The name is unique over all organisations.
	op, err = two.PutPointer(org.Login, hash, "usr_2", nil, time.Time{}, store.Absent)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.apply(op); !errors.As(err, new(*store.Failed)) {
		t.Errorf("two organisations have one login: %v", err)
	}
	if err := d.apply(one.DropPointer(org.Login, hash, p.Revision)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Resolve(t.Context(), org.Login, hash); !errors.Is(err, fault.NotFound) {
		t.Errorf("a dropped pointer: %v", err)
	}
}

func TestPointerExpires(t *testing.T) {
	d := openDesk(t, nil)
	tenant := d.found("org_1")
	hash := org.PointerHash(org.Link, "secret")
	op, err := tenant.PutPointer(org.Link, hash, "usr_1", nil, noon.Add(time.Hour), store.Absent)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.apply(op); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		there bool
	}{{0, true}, {time.Hour - time.Second, true}, {time.Hour, false}, {48 * time.Hour, false}} {
		d.clock.Set(noon.Add(c.after))
		p, err := d.Resolve(t.Context(), org.Link, hash)
		if there := err == nil; there != c.there || !there && !errors.Is(err, fault.NotFound) {
			t.Errorf("after %v: %+v, %v", c.after, p, err)
		}
	}
}

func TestDueOrder(t *testing.T) {
	d := openDesk(t, nil)
	one, two := d.found("org_1"), d.found("org_2")
	half := noon.Add(1500 * time.Millisecond)
	var all []org.Due
	for n := range 20 {
		all = append(all, org.Due{Tenant: []org.Tenant{one, two}[n%2], Topic: "job", Ref: fmt.Sprintf("job_%d", n), At: noon.Add(time.Duration(19-n) * time.Minute)})
	}
	all = append(all, org.Due{Tenant: one, Topic: "job", Ref: "half", At: half})
	for _, due := range all {
		if err := d.apply(due.Put()); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]int{
		noon.Add(-time.Second): 0, noon: 1, half.Add(-time.Millisecond): 1, noon.Add(2 * time.Second): 2, noon.Add(9 * time.Minute): 11, noon.Add(time.Hour): 21,
	} {
		due, err := d.DueBy(t.Context(), at, 100)
		if err != nil || len(due) != want {
			t.Errorf("by %v: %d due, %v", at, len(due), err)
		}
		for _, one := range due {
			if at.Before(one.At) {
				t.Errorf("%s is due at %v, not by %v", one.Ref, one.At, at)
			}
		}
		if !slices.IsSortedFunc(due, func(a, b org.Due) int { return a.At.Compare(b.At) }) {
			t.Errorf("by %v: out of order", at)
		}
	}
	due, err := d.DueBy(t.Context(), noon.Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range due {
		i := slices.IndexFunc(all, func(d org.Due) bool { return d.Ref == one.Ref })
		if all[i].Tenant != one.Tenant || all[i].Topic != one.Topic {
			t.Errorf("%+v was put as %+v", one, all[i])
		}
		// What was read and what was put name the same item.
		drop := one.Drop()
		if drop.Key != all[i].Put().Key {
			t.Errorf("%q is not %q", drop.Key, all[i].Put().Key)
		}
		if err := d.apply(drop); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := d.DueBy(t.Context(), noon.Add(time.Hour), 100); err != nil || len(left) != 0 {
		t.Errorf("%d left, %v", len(left), err)
	}
}

func TestDueLimitTakesTheOldest(t *testing.T) {
	d := openDesk(t, nil)
	tenant := d.found("org_1")
	for n := range 40 {
		due := org.Due{Tenant: tenant, Topic: "job", Ref: fmt.Sprintf("job_%d", n), At: noon.Add(time.Duration(n) * time.Second)}
		if err := d.apply(due.Put()); err != nil {
			t.Fatal(err)
		}
	}
	due, err := d.DueBy(t.Context(), noon.Add(time.Hour), 1)
	if err != nil || len(due) == 0 || len(due) > 4 || due[0].Ref != "job_0" {
		t.Errorf("%+v, %v", due, err)
	}
}
