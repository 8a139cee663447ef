package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
)

func TestKindIsTheTarget(t *testing.T) {
	for _, kind := range fault.Kinds() {
		err := fmt.Errorf("around: %w", fault.New(kind, "code"))
		for _, target := range fault.Kinds() {
			if errors.Is(err, target) != (target == kind) {
				t.Errorf("%v is %v: %v", kind, target, kind != target)
			}
		}
		if kind.Error() != kind.String() || kind.String() == "" {
			t.Errorf("kind %d is called %q and %q", kind, kind.Error(), kind.String())
		}
	}
	if n := len(fault.Kinds()); n != 13 {
		t.Errorf("%d kinds", n)
	}
	if errors.Is(fault.New(fault.Invalid, "x"), errors.New("invalid")) {
		t.Error("a fault is an error that is no kind")
	}
}

func TestCauseIsKept(t *testing.T) {
	f := fault.Wrap(fault.Unavailable, "busy", fmt.Errorf("store: %w", context.DeadlineExceeded))
	if !errors.Is(f, context.DeadlineExceeded) || !errors.Is(f, fault.Unavailable) {
		t.Errorf("%v", f)
	}
}

func TestFrom(t *testing.T) {
	if fault.From(nil) != nil {
		t.Error("nothing is a fault")
	}
	own := fault.New(fault.Denied, "denied")
	if fault.From(fmt.Errorf("around: %w", own)) != own {
		t.Error("a wrapped fault is not found")
	}
	cause := errors.New("boom")
	if f := fault.From(cause); f.Kind != fault.Internal || !errors.Is(f, cause) {
		t.Errorf("%+v", f)
	}
}

func TestFields(t *testing.T) {
	if err := fault.Fields(nil); err != nil {
		t.Errorf("no wrong value is %v", err)
	}
	err := fault.Fields([]fault.Field{fault.At("emails[1].address", "email_invalid"), fault.At("firstName", "too_long", "max", "100")})
	f := fault.From(err)
	if !errors.Is(err, fault.Invalid) || f.Code != "invalid" || len(f.Fields) != 2 || f.Fields[1].Args["max"] != "100" {
		t.Errorf("%+v", f)
	}
	if bad := fault.Bad("drop", "bad_choice", "list", "x"); bad.Kind != fault.Invalid || bad.Fields[0].Args["list"] != "x" {
		t.Errorf("%+v", bad)
	}
}

// The text is for our log: it tells where and which rule, and nothing of what somebody typed.
func TestTextHoldsNoValues(t *testing.T) {
	f := fault.New(fault.Conflict, "key_taken", "name", "Peeters", "holder", "Jan")
	f.Fields = []fault.Field{fault.At("emails[0].address", "email_taken", "value", "jan@example.org")}
	f.Clashes = []fault.Clash{{ID: "con_1", Title: "Jan Peeters"}}
	text := fault.From(fmt.Errorf("x: %w", f)).Error()
	for _, secret := range []string{"Peeters", "Jan", "jan@example.org"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q tells %q", text, secret)
		}
	}
	if text != "conflict: key_taken [emails[0].address email_taken] (holder, name)" {
		t.Errorf("%q", text)
	}
	if text := fault.Wrap(fault.Internal, "internal", errors.New("boom")).Error(); text != "internal: boom" {
		t.Errorf("%q", text)
	}
}

func TestArgumentsComeInPairs(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("half a pair was taken")
		}
	}()
	fault.New(fault.Invalid, "x", "max")
}
