package family

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/reach"
	"github.com/muster-crm/muster/shared/repository"
)

// Followers lists the members who have an address that is the one the family had before it moved: those to whom the new
// one is offered (FAM-03). Members in the trash and those the caller may not read are left out, and nobody follows from
// nowhere or to where they are.
func Followers(ctx context.Context, records *repository.Repository, g policy.Grant, f *Family, was reach.Place) ([]*contact.Contact, error) {
	if was == (reach.Place{}) || was == f.Address || f.Address == (reach.Place{}) || len(f.Members) == 0 {
		return nil, nil
	}
	members, err := records.Read(ctx, g, contact.Name, f.Contacts())
	if err != nil {
		return nil, err
	}
	var followers []*contact.Contact
	for _, r := range members {
		if c := r.(*contact.Contact); c.DeletedAt == nil && slices.ContainsFunc(c.Addresses, func(a contact.Address) bool { return a.Place() == was }) {
			followers = append(followers, c)
		}
	}
	return followers, nil
}

// Move gives members of a family its address in the place of the one it had. ids are of those who were chosen among the
// followers; who has moved elsewhere in the meantime stays there. moved counts the others.
func Move(ctx context.Context, records *repository.Repository, w repository.Write, f *Family, was reach.Place, ids []string) (moved int, err error) {
	followers, err := Followers(ctx, records, w.Grant, f, was)
	if err != nil {
		return 0, err
	}
	chosen, err := ending(ctx, records, w.Grant, ids)
	if err != nil {
		return 0, err
	}
	members, err := ending(ctx, records, w.Grant, f.Contacts())
	if err != nil {
		return 0, err
	}
	for _, id := range chosen {
		if !slices.Contains(members, id) {
			return 0, fault.Bad("contacts", "bad_reference")
		}
	}
	for _, c := range followers {
		if !slices.Contains(chosen, c.ID) {
			continue
		}
		addresses := slices.Clone(c.Addresses)
		for i, a := range addresses {
			if a.Place() == was {
				addresses[i] = a.At(f.Address)
			}
		}
		body, err := json.Marshal(map[string]any{"addresses": addresses})
		if err != nil {
			return moved, err
		}
		if _, err := records.Patch(ctx, w, contact.Name, c.ID, c.Version, body); err != nil {
			return moved, err
		}
		moved++
	}
	return moved, nil
}

// ending gives the ids of the contacts that some ids lead to, through any merges.
func ending(ctx context.Context, records *repository.Repository, g policy.Grant, ids []string) ([]string, error) {
	ends := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if ends[i], err = records.Root(ctx, g, contact.Name, id); err != nil {
			return nil, err
		}
	}
	return ends, nil
}
