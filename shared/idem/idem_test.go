package idem_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) (store.Store, *clock.Manual, org.Tenant) {
	t.Helper()
	clk := clock.At(noon)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	tenant, _ := org.Founding("org_1", false)
	recorder := storefault.NewRecorder(t, s)
	recorder.AllowPrefix("org_1#")
	return recorder, clk, tenant
}

var key = idem.Key{Caller: "usr_1", Route: "POST /v1/contacts", Name: "k1", Body: "b1"}

func keep(t *testing.T, s store.Store, tenant org.Tenant, k idem.Key, answer string) error {
	t.Helper()
	op, err := k.Put(tenant, []byte(answer), noon)
	if err != nil {
		t.Fatal(err)
	}
	return s.Apply(t.Context(), store.Batch{Token: clock.NewIDs(clock.At(noon), nil).New("t"), Ops: []store.Op{op}})
}

func TestAnswerIsKept(t *testing.T) {
	s, clk, tenant := open(t)
	if raw, err := key.Answer(t.Context(), s, tenant); raw != nil || err != nil {
		t.Errorf("a key nobody used: %s, %v", raw, err)
	}
	if err := keep(t, s, tenant, key, `{"id":"con_1"}`); err != nil {
		t.Fatal(err)
	}
	if raw, err := key.Answer(t.Context(), s, tenant); string(raw) != `{"id":"con_1"}` || err != nil {
		t.Errorf("%s, %v", raw, err)
	}
	if err := keep(t, s, tenant, key, `{}`); !errors.As(err, new(*store.Failed)) {
		t.Errorf("a second answer under the key: %v", err)
	}
	clk.Advance(idem.Kept - time.Second)
	if raw, err := key.Answer(t.Context(), s, tenant); raw == nil || err != nil {
		t.Errorf("just before the end: %s, %v", raw, err)
	}
	clk.Advance(time.Second)
	if raw, err := key.Answer(t.Context(), s, tenant); raw != nil || err != nil {
		t.Errorf("after a day: %s, %v", raw, err)
	}
	if err := keep(t, s, tenant, key, `{}`); err != nil {
		t.Errorf("the key may be used again: %v", err)
	}
}

func TestKeysAreScoped(t *testing.T) {
	s, _, tenant := open(t)
	if err := keep(t, s, tenant, key, `1`); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]idem.Key{
		"another caller": {Caller: "usr_2", Route: key.Route, Name: key.Name, Body: key.Body},
		"another route":  {Caller: key.Caller, Route: "PATCH /v1/contacts/con_1", Name: key.Name, Body: key.Body},
		"another name":   {Caller: key.Caller, Route: key.Route, Name: "k2", Body: key.Body},
		"shifted":        {Caller: key.Caller + key.Route[:1], Route: key.Route[1:], Name: key.Name, Body: key.Body},
		"none":           {Caller: key.Caller, Route: key.Route, Body: key.Body},
	} {
		if raw, err := k.Answer(t.Context(), s, tenant); raw != nil || err != nil {
			t.Errorf("%s: %s, %v", name, raw, err)
		}
	}
	other, _ := org.Founding("org_11", false)
	if key.Item(tenant) == key.Item(other) {
		t.Error("two organisations share a key")
	}
}

func TestOtherBodyIsRefused(t *testing.T) {
	s, _, tenant := open(t)
	if err := keep(t, s, tenant, key, `1`); err != nil {
		t.Fatal(err)
	}
	other := key
	other.Body = "b2"
	if raw, err := other.Answer(t.Context(), s, tenant); raw != nil || !errors.Is(err, fault.Invalid) || fault.From(err).Code != "idempotency_mismatch" {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestDamagedItemIsAnError(t *testing.T) {
	if raw, err := key.Read(&store.Item{Value: []byte("{")}); raw != nil || err == nil {
		t.Errorf("%s, %v", raw, err)
	}
	if raw, err := key.Read(nil); raw != nil || err != nil {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestNoKeyReadsNothing(t *testing.T) {
	s, _, tenant := open(t)
	counted := storefault.New(s, nil)
	var none idem.Key
	if raw, err := none.Answer(t.Context(), counted, tenant); raw != nil || err != nil || counted.Calls() != 0 {
		t.Errorf("%s, %v after %d reads", raw, err, counted.Calls())
	}
}
