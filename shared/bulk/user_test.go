package bulk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/storefault"
	"github.com/muster-crm/muster/shared/target"
)

// user makes somebody who can sign in.
func (h *house) user(name string, role policy.Role) string {
	h.t.Helper()
	res, err := h.accounts.Create(h.t.Context(), h.write(), account.NewUser{Name: name, Email: strings.ToLower(name) + "@example.org", Role: string(role)}, account.Visit{})
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.Base().ID
}

func (h *house) roles(ids ...string) string {
	h.t.Helper()
	var all []string
	for _, id := range ids {
		u, err := h.accounts.Get(h.t.Context(), h.grant, id)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, u.Role)
	}
	return strings.Join(all, " ")
}

// users gives what became, or would become, of users, by their ids.
func became(items []bulk.Named) map[string]string {
	got := map[string]string{}
	for _, i := range items {
		text := i.Result.Result
		for _, r := range i.Reasons {
			text += " " + r.Code
		}
		got[i.ID] = text
	}
	return got
}

func (h *house) allItems(id, result string) map[string]string {
	h.t.Helper()
	items, _, err := h.bulks.Items(h.t.Context(), h.grant, id, result, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	return became(items)
}

// A role is given to users and taken from them, each as the single action does it: never one's own, never more than one
// holds, and undone it is as it was.
func TestRoles(t *testing.T) {
	h := open(t, nil)
	ed, rea, adm := h.user("Ed", policy.Editor), h.user("Rea", policy.Reader), h.user("Adm", policy.Admin)
	me := h.grant.Actor().ID
	q := bulk.Request{Kind: account.Name, Action: "grant", Target: target.Target{IDs: []string{ed, rea, adm, me, "usr_none"}}, Params: params("role", "editor")}
	want := map[string]string{ed: "unchanged", rea: "done", adm: "done", me: "failed own_rights", "usr_none": "skipped not_found"}
	p, err := h.bulks.Preview(t.Context(), h.grant, q)
	if err != nil || p.Changed != 2 || p.Same != 1 || p.Failed != 1 || p.Skipped != 1 || !p.Exact {
		t.Fatalf("%+v, %v", p, err)
	}
	if diff := cmp.Diff(want, became(p.Samples)); diff != "" {
		t.Error(diff)
	}
	if got := h.roles(ed, rea, adm); got != "editor reader admin" {
		t.Errorf("the preview wrote: %s", got)
	}
	done := h.run(q)
	if diff := cmp.Diff(want, h.allItems(done.ID, "")); diff != "" || done.State != job.Done {
		t.Errorf("%s (%s): %s", done.State, done.Failure, diff)
	}
	if got := h.roles(ed, rea, adm, me); got != "editor editor editor owner" {
		t.Error(got)
	}
	changes, _, err := h.accounts.History(t.Context(), h.grant, rea, 0, 1)
	if err != nil || changes[0].Batch != done.ID {
		t.Errorf("%+v, %v", changes, err)
	}
	if _, err := h.accounts.Update(t.Context(), h.write(), adm, repository.AnyVersion, []byte(`{"name":"Adam"}`)); err != nil {
		t.Fatal(err)
	}
	undone := h.undo(done.ID)
	if got := h.roles(ed, rea, adm); undone.State != job.Undone || got != "editor reader editor" || undone.Counts["back"] != 1 {
		t.Errorf("%s %v: %s", undone.State, undone.Counts, got)
	}
	if diff := cmp.Diff(map[string]string{adm: "kept edited_since"}, h.allItems(done.ID, bulk.Kept)); diff != "" {
		t.Error(diff)
	}
	// All of them: whoever holds the role falls back to the least.
	done = h.run(bulk.Request{Kind: account.Name, Action: "withdraw", Target: target.Target{All: true}, Params: params("role", "editor")})
	if got := h.roles(ed, rea, adm, me); got != "reader reader reader owner" || done.Counts["unchanged"] != 2 {
		t.Errorf("%s: %v", got, done.Counts)
	}
}

func TestUserRefusals(t *testing.T) {
	h := open(t, nil)
	adm, own := h.user("Adm", policy.Admin), h.user("Own", policy.Owner)
	ids := target.Target{IDs: []string{adm, own}}
	admin := policy.For(policy.Actor{ID: adm, Name: "Adm"}, policy.Admin).In(h.grant.Tenant())
	editor := policy.For(policy.Actor{ID: "usr_e"}, policy.Editor).In(h.grant.Tenant())
	for name, c := range map[string]struct {
		g    policy.Grant
		q    bulk.Request
		kind fault.Kind
	}{
		"no role":            {h.grant, bulk.Request{Action: "grant", Target: ids}, fault.Invalid},
		"no such role":       {h.grant, bulk.Request{Action: "grant", Target: ids, Params: params("role", "king")}, fault.Invalid},
		"the least":          {h.grant, bulk.Request{Action: "withdraw", Target: ids, Params: params("role", "reader")}, fault.Invalid},
		"more than one has":  {admin, bulk.Request{Action: "grant", Target: ids, Params: params("role", "owner")}, fault.Denied},
		"an editor":          {editor, bulk.Request{Action: "invite", Target: ids}, fault.Denied},
		"a query":            {h.grant, bulk.Request{Action: "invite", Target: target.Target{Q: "adm"}}, fault.Invalid},
		"no one":             {h.grant, bulk.Request{Action: "invite"}, fault.Invalid},
		"an action of lists": {h.grant, bulk.Request{Action: "tag.add", Target: ids, Params: params("tag", "x")}, fault.Invalid},
	} {
		c.q.Kind = account.Name
		if _, err := h.bulks.Start(t.Context(), repository.Write{Grant: c.g}, c.q); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An administrator changes no owner's rights.
	p, err := h.bulks.Preview(t.Context(), admin, bulk.Request{Kind: account.Name, Action: "grant", Target: ids, Params: params("role", "reader")})
	if diff := cmp.Diff(map[string]string{adm: "failed own_rights", own: "failed denied"}, became(p.Samples)); err != nil || diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
}

// Those who are blocked, or have come in already, get no invitation; what was mailed is not taken back.
func TestInvitations(t *testing.T) {
	h := open(t, nil)
	a, b, c := h.user("An", policy.Reader), h.user("Bo", policy.Reader), h.user("Cy", policy.Reader)
	if _, err := h.accounts.Block(t.Context(), h.write(), b, "left"); err != nil {
		t.Fatal(err)
	}
	token, err := h.accounts.Link(t.Context(), "cy@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.accounts.Redeem(t.Context(), token, "", account.Visit{}); err != nil {
		t.Fatal(err)
	}
	before := h.mails()
	done := h.run(bulk.Request{Kind: account.Name, Action: "invite", Target: target.Target{IDs: []string{a, b, c}}, Base: "https://club.example.org"})
	if diff := cmp.Diff(map[string]string{a: "done", b: "skipped user_blocked", c: "skipped user_came_in"}, h.allItems(done.ID, "")); diff != "" {
		t.Error(diff)
	}
	if n := h.mails(); n != before+1 {
		t.Errorf("%d mails", n-before)
	}
	if _, err := h.bulks.Undo(t.Context(), h.grant, done.ID); fault.From(err).Code != "undo_too_late" || !done.Final() {
		t.Errorf("%v", err)
	}
	done = h.run(bulk.Request{Kind: account.Name, Action: "reset", Target: target.Target{IDs: []string{a, b, c}}})
	if diff := cmp.Diff(map[string]string{a: "done", b: "skipped user_blocked", c: "done"}, h.allItems(done.ID, "")); diff != "" {
		t.Error(diff)
	}
	if n := h.mails(); n != before+3 {
		t.Errorf("%d mails", n-before)
	}
}

// Whatever goes wrong with any call of the store while roles are given or taken back, what comes out is what a clean run
// leaves.
func TestRoleCrashes(t *testing.T) {
	for _, phase := range []string{"run", "undo"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			roleCrashes(t, phase)
		})
	}
}

func roleCrashes(t *testing.T, phase string) {
	var faults *storefault.Faults
	var plan storefault.Plan
	begin := func() (h *house, id string, users []string, from int) {
		plan = nil
		h = open(t, func(s store.Store) store.Store {
			faults = storefault.New(s, func(call int) storefault.Kind {
				if plan == nil {
					return storefault.None
				}
				return plan(call)
			})
			return faults
		})
		users = []string{h.user("An", policy.Reader), h.user("Bo", policy.Editor), h.user("Cy", policy.Reader)}
		id = h.start(bulk.Request{Kind: account.Name, Action: "grant", Target: target.Target{IDs: users}, Params: params("role", "editor")})
		if phase == "undo" {
			h.work(id)
			if _, err := h.bulks.Undo(t.Context(), h.grant, id); err != nil {
				t.Fatal(err)
			}
		}
		return h, id, users, faults.Calls()
	}
	end := func(h *house, id string, users []string) string {
		b := h.get(id)
		text := fmt.Sprintln(b.State, b.Counts, h.roles(users...))
		items := h.allItems(id, "")
		for _, u := range users {
			got, err := h.accounts.Get(t.Context(), h.grant, u)
			if err != nil {
				t.Fatal(err)
			}
			text += fmt.Sprintln(items[u], got.Version)
		}
		return text
	}
	h, id, users, from := begin()
	h.work(id)
	calls := faults.Calls() - from - 1
	want := end(h, id, users)
	kinds := []storefault.Kind{storefault.Before, storefault.Throttled, storefault.After, storefault.Lost, storefault.Cancelled, storefault.KilledBefore, storefault.KilledAfter}
	for call := 1; call <= calls; call++ {
		for _, kind := range kinds {
			h, id, users, from := begin()
			plan = storefault.At(from+call, kind)
			for range 8 {
				_ = h.runner(time.Hour).Run(t.Context(), h.grant.Tenant(), id, 0) // what it says does not matter: it is called again
				faults.Revive()
				h.clock.Advance(3 * time.Minute)
				if b, err := h.bulks.Get(t.Context(), h.grant, id); err == nil && b.State.Ended() {
					break
				}
			}
			plan = nil
			if diff := cmp.Diff(want, end(h, id, users)); diff != "" {
				t.Fatalf("call %d of %d %s:\n%s", call, calls, kind, diff)
			}
		}
	}
	t.Logf("%d calls, %d points", calls, calls*len(kinds))
}
