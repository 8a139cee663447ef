package contact

import (
	"context"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Typed is one value to be checked when its field is left (REC-05, REC-06). Exactly one of the values is filled in.
type Typed struct {
	Email, Mobile, Phone string
	ID                   string // of the contact being edited
}

// Finding is what is known of a typed value.
type Finding struct {
	Value   string // as it would be stored
	Problem *fault.Field
	Taken   bool
	Refused bool
	Holders []fault.Clash // those the caller may see
}

// Check tells whether a typed value is valid and whether somebody else has it. It writes nothing and promises nothing:
// saving checks again. The fault is Invalid when no value is given, or more than one.
func Check(ctx context.Context, records *repository.Repository, g policy.Grant, t Typed) (Finding, error) {
	if err := g.Allow(policy.Read); err != nil {
		return Finding{}, err
	}
	given := 0
	for _, v := range []*string{&t.Email, &t.Mobile, &t.Phone} {
		if *v = record.Clean(*v, false); *v != "" {
			given++
		}
	}
	if given != 1 {
		return Finding{}, fault.Bad("", "one_value")
	}
	if t.Email != "" {
		return checkEmail(ctx, records, g, t)
	}
	cfg, err := records.Config(ctx, g)
	if err != nil {
		return Finding{}, err
	}
	path, value := "mobile", t.Mobile
	if value == "" {
		path, value = "phone", t.Phone
	}
	e164, _, code := records.Phones.Read(value, cfg.Settings.Country)
	if code != "" {
		p := fault.At(path, code)
		return Finding{Problem: &p}, nil
	}
	if path == "phone" {
		return Finding{Value: e164}, nil
	}
	return finding(ctx, records, g, t, e164, record.Key{Name: "mobile", Path: path, Value: e164})
}

func checkEmail(ctx context.Context, records *repository.Repository, g policy.Grant, t Typed) (Finding, error) {
	address := email.Clean(t.Email)
	if err := email.Check(address); err != nil {
		p := fault.At("email", fault.From(err).Code)
		return Finding{Problem: &p}, nil
	}
	return finding(ctx, records, g, t, address, record.Key{Name: "email", Path: "email", Value: email.Fold(address)})
}

func finding(ctx context.Context, records *repository.Repository, g policy.Grant, t Typed, value string, key record.Key) (Finding, error) {
	f := Finding{Value: value}
	taken, refused, holders, err := records.Taken(ctx, g, key, t.ID)
	f.Taken, f.Refused, f.Holders = taken, refused, holders
	return f, err
}
