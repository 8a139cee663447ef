package deed_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

type shelf struct {
	t      *testing.T
	store  store.Store
	tenant org.Tenant
	grant  policy.Grant
	n      int
}

func open(t *testing.T) *shelf {
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clock.At(noon))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	tenant, _ := org.Founding("org_1", false)
	recorder := storefault.NewRecorder(t, bolt)
	recorder.AllowPrefix("org_1#")
	return &shelf{t: t, store: recorder, tenant: tenant, grant: policy.For(policy.Actor{ID: "usr_1"}, policy.Reader).In(tenant)}
}

func (s *shelf) note(entries ...deed.Entry) error {
	s.t.Helper()
	ops, err := deed.Ops(s.tenant, entries...)
	if err != nil {
		return err
	}
	s.n++
	return s.store.Apply(s.t.Context(), store.Batch{Token: fmt.Sprint("t", s.n), Ops: ops})
}

func (s *shelf) all(record string, limit int) (all []deed.Entry) {
	s.t.Helper()
	for after, more := "", true; more; more = after != "" {
		page, next, err := deed.List(s.t.Context(), s.store, s.grant, record, after, limit)
		if err != nil || len(page) > limit {
			s.t.Fatalf("%d entries of %d, %v", len(page), limit, err)
		}
		all, after = append(all, page...), next
	}
	return all
}

// What is noted is read newest first, of its record alone, in pages of any length, and from any entry on.
func TestList(t *testing.T) {
	s := open(t)
	var want []deed.Entry
	for i := range 7 {
		e := deed.Entry{At: noon.Add(time.Duration(i/2) * time.Hour), Act: deed.Acts()[i%2], Record: "con_1", Ref: fmt.Sprintf("exp_%d", i), Detail: "csv"}.
			By(policy.Actor{ID: "usr_1", Name: "Olga", For: "con_9", Source: "api"})
		if err := s.note(e, deed.Entry{At: e.At, Act: e.Act, Record: "con_11", Ref: e.Ref}); err != nil {
			t.Fatal(err)
		}
		want = append([]deed.Entry{e}, want...)
	}
	for limit := 1; limit <= 8; limit++ {
		if diff := cmp.Diff(want, s.all("con_1", limit)); diff != "" {
			t.Fatalf("by %d: %s", limit, diff)
		}
	}
	for i, e := range want[:6] {
		rest, _, err := deed.List(t.Context(), s.store, s.grant, "con_1", e.Place(), 10)
		if diff := cmp.Diff(want[i+1:], rest); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	}
	if got := s.all("con_2", 5); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if _, _, err := deed.List(t.Context(), s.store, policy.Grant{}.In(s.tenant), "con_1", "", 5); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody reads it: %v", err)
	}
}

// A deed is noted once; what is none is not noted.
func TestOnce(t *testing.T) {
	s := open(t)
	e := deed.Entry{At: noon, Act: deed.Export, Record: "con_1", Ref: "exp_1"}
	if err := s.note(e); err != nil {
		t.Fatal(err)
	}
	var failed *store.Failed
	if err := s.note(e); !errors.As(err, &failed) {
		t.Errorf("noted twice: %v", err)
	}
	for _, none := range []deed.Entry{{}, {At: noon, Act: "dance", Record: "con_1", Ref: "x"}, {At: noon, Act: deed.Print, Ref: "x"}, {At: noon, Act: deed.Print, Record: "con_1"},
		{Act: deed.Print, Record: "con_1", Ref: "x"}} {
		if err := s.note(none); err == nil {
			t.Errorf("%+v was noted", none)
		}
	}
}

// Every act has its sentence in every language.
func TestSentences(t *testing.T) {
	for _, l := range i18n.Languages() {
		p := i18n.New(l, time.UTC)
		seen := map[string]deed.Act{}
		for _, act := range deed.Acts() {
			text := deed.Sentence(p, deed.Entry{Act: act, Detail: "csv"})
			if other, twice := seen[text]; twice || !p.Has("deed."+string(act)) || !p.Has("deed.did."+string(act)) {
				t.Errorf("%s: %s and %s say %q", l, act, other, text)
			}
			seen[text] = act
		}
	}
}
