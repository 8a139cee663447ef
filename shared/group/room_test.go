package group_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/repository/repositorytest"
)

// code gives the path and code of the only field fault of an error, "" for none.
func code(err error) string {
	if err == nil {
		return ""
	}
	if f := fault.From(err); len(f.Fields) == 1 {
		return f.Fields[0].Path + " " + f.Fields[0].Code
	}
	return err.Error()
}

// A group takes as many as it has room for on every day, whoever was in it before; who is in it may be changed and may stay.
func TestRoom(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, w := t.Context(), h.Write()
	two := h.Create(group.Name, `{"name":"Two","capacity":2}`).Base().ID
	any := h.Create(group.Name, `{"name":"Any"}`).Base().ID
	today := h.Clock.Now()
	day := func(n int) string { return string(record.DateOf(today.AddDate(0, 0, n))) }
	in := func(times ...int) string { // from and to, in days from today
		switch len(times) {
		case 0:
			return fmt.Sprintf(`{"group":%q}`, two)
		case 1:
			return fmt.Sprintf(`{"group":%q,"from":%q}`, two, day(times[0]))
		}
		return fmt.Sprintf(`{"group":%q,"from":%q,"to":%q}`, two, day(times[0]), day(times[1]))
	}
	n := 0
	create := func(groups string) (string, error) {
		n++
		res, err := h.Repository.Create(ctx, w, contact.Name, []byte(fmt.Sprintf(`{"firstName":"P%d","lastName":"Nys","groups":[%s]}`, n, groups)))
		if err != nil {
			return "", err
		}
		return res.Record.Base().ID, nil
	}
	patch := func(id, groups string) error {
		_, err := h.Patch(ctx, w, contact.Name, id, repository.AnyVersion, []byte(`{"groups":[`+groups+`]}`))
		return err
	}
	made := func(groups string) string {
		t.Helper()
		id, err := create(groups)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	former, stays, leaves := made(in(-30, -1)), made(in()), made(in(-10, 5))
	full := "groups[0].group group_full"
	for name, c := range map[string]struct{ groups, want string }{
		"full today":               {in(), full},
		"full from tomorrow":       {in(1), full},
		"full until then":          {in(0, 5), full},
		"beside another group":     {fmt.Sprintf(`{"group":%q},`, any) + in(), "groups[1].group group_full"},
		"over already":             {in(-5, -2), ""},
		"a group of any size":      {fmt.Sprintf(`{"group":%q}`, any), ""},
		"a group that is no group": {`{"group":"grp_none"}`, "groups[0].group bad_reference"},
	} {
		if _, err := create(c.groups); code(err) != c.want {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
	}
	after := made(in(6, 20)) // when the one who leaves has left
	for name, c := range map[string]struct{ id, groups, want string }{
		"who is in it gets a function":         {stays, fmt.Sprintf(`{"group":%q,"function":"coach"}`, two), ""},
		"who leaves stays for good":            {leaves, in(-10), full},
		"who leaves stays until another comes": {leaves, in(-10, 5), ""},
		"who was in it comes back":             {former, in(-30, -1) + "," + in(0), "groups[1].group group_full"},
		"who comes later comes now":            {after, in(2, 20), full},
		"who comes later stays for good":       {after, in(6), ""},
	} {
		if err := patch(c.id, c.groups); code(err) != c.want {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
	}
	// Smaller than it is full, it takes nobody, and keeps who is there.
	if _, err := h.Patch(ctx, w, group.Name, two, repository.AnyVersion, []byte(`{"capacity":1}`)); err != nil {
		t.Fatal(err)
	}
	if err := patch(stays, fmt.Sprintf(`{"group":%q,"function":"player"}`, two)); err != nil {
		t.Error(err)
	}
	if _, err := create(in(30)); code(err) != full {
		t.Error(err)
	}
}

// Many who take the last places at once do not all get them, one by one and in lots.
func TestRoomForTheLast(t *testing.T) {
	h := repositorytest.Open(t, repositorytest.Options{})
	ctx, w := t.Context(), h.Write()
	five := h.Create(group.Name, `{"name":"Five","capacity":5}`).Base().ID
	place := fmt.Sprintf(`[{"group":%q}]`, five)
	var ids []string
	for i := range 24 {
		ids = append(ids, h.Create(contact.Name, fmt.Sprintf(`{"firstName":"P%d","lastName":"Nys"}`, i)).Base().ID)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, err := h.Patch(ctx, w, contact.Name, ids[i], repository.AnyVersion, []byte(`{"groups":`+place+`}`))
			if err != nil && code(err) != "groups[0].group group_full" {
				t.Error(err)
			}
		})
		all.Go(func() {
			_, err := h.Repository.Create(ctx, w, contact.Name, []byte(fmt.Sprintf(`{"firstName":"N%d","lastName":"Maes","groups":%s}`, i, place)))
			if err != nil && code(err) != "groups[0].group group_full" {
				t.Error(err)
			}
		})
		all.Go(func() {
			outcomes, err := h.ChangeMany(ctx, w, contact.Name, ids[8+2*i:10+2*i], func(record.Record) (repository.Step, error) {
				return repository.Step{Patch: []byte(`{"groups":` + place + `}`)}, nil
			}, nil)
			for _, out := range outcomes {
				if out.Err != nil && code(out.Err) != "groups[0].group group_full" {
					t.Error(out.Err)
				}
			}
			if err != nil && !errors.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if now, _, err := group.Count(ctx, h.Repository, w.Grant, five, record.DateOf(h.Clock.Now())); now != 5 || err != nil {
		t.Errorf("%d are in it, %v", now, err)
	}
}
