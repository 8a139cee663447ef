package backup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore/dynamotest"
	"github.com/muster-crm/muster/shared/store/storefault"
)

// furnish gives an organisation some life: contacts edited, trashed and restored, shared and own keys, a field of its
// own, one more user, files.
func furnish(h *house, people int) {
	h.t.Helper()
	ctx := h.t.Context()
	if _, err := h.kernel.Records.Create(ctx, h.write(), setting.FieldName, []byte(`{"for":"contact","name":"shirt","label":"Shirt","type":"text"}`)); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.access.Create(ctx, h.write(), account.NewUser{Name: "Eva", Email: "eva@example.org", Role: string(policy.Editor)}, account.Visit{Base: "https://muster.example.org"}); err != nil {
		h.t.Fatal(err)
	}
	for n := range people {
		c := h.create(`{"firstName":"Person","lastName":"Nr %d","emails":[{"address":"p%d@example.org"},{"kind":"father","address":"family%d@example.org"}],
			"phones":[{"number":"+324711%05d"}],"externalIds":{"old":"%d"},"custom":{"shirt":"M"}}`, n, n, n/3, n, n)
		switch n % 4 {
		case 1:
			h.clock.Advance(time.Minute)
			h.patch(c.ID, `{"lastName":"Number %d","emails":null}`, n)
		case 2:
			if _, err := h.kernel.Records.Trash(ctx, h.write(), contact.Name, c.ID, repository.AnyVersion); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	h.put("con_1/photo", []byte{0xff, 0xd8, 0xff, 0})
	h.put("con_2/large", make([]byte, 9<<20))
	h.put("con_2/empty", nil)
}

// settled are the records that a place has before anything is moved into it.
func settled(key string) bool {
	key = strings.TrimPrefix(key, "change ")
	return strings.HasPrefix(key, "settings/settings/") || strings.HasPrefix(key, "settings/0") || strings.HasPrefix(key, "users/") || strings.HasPrefix(key, "usr_")
}

// renamed gives a dump as it is where an owner has another id.
func renamed(dump map[string]string, was, is string) map[string]string {
	other := map[string]string{}
	for key, value := range dump {
		other[key] = strings.ReplaceAll(value, was, is)
	}
	return other
}

// TestThereAndBack moves an organisation from the embedded store to DynamoDB Local and back into another embedded one:
// everything is as it was.
func TestThereAndBack(t *testing.T) {
	home := embedded(t, "olga@example.org")
	furnish(home, 60)
	c := clock.At(noon.Add(time.Hour))
	away := open(t, c, dynamotest.Open(t, c), "olga@example.org")
	done := away.restore(home.file())
	if done.Counts["done"] != done.Total || done.Counts["files"] != 3 {
		t.Errorf("%v of %d", done.Counts, done.Total)
	}
	back := embedded(t, "olga@example.org")
	back.restore(away.file())

	for name, h := range map[string]*house{"away": away, "back": back} {
		want := without(renamed(home.dump(), home.grant.Actor().ID, h.grant.Actor().ID), settled)
		if diff := cmp.Diff(want, without(h.dump(), settled)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(home.claims(), h.claims()); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", name, diff)
		}
		// The index knows what came, numbers go on behind them, and Eva is there without a password.
		list, err := h.kernel.Records.List(t.Context(), h.grant, contact.Name, repository.Question{Text: "number", Count: true, Limit: 5})
		if err != nil || list.Total != 15 {
			t.Errorf("%s: %d found, %v", name, list.Total, err)
		}
		if n := h.create(`{"firstName":"New"}`); n.Number != 61 {
			t.Errorf("%s: the next number is %d", name, n.Number)
		}
		users, _, err := h.access.List(t.Context(), h.grant, false, "", 10)
		if err != nil || len(users) != 2 {
			t.Fatalf("%s: %d users, %v", name, len(users), err)
		}
		for _, u := range users {
			if u.Name != "Eva" {
				continue
			}
			if _, err := h.access.Reset(t.Context(), h.write(), u.ID, account.Visit{Base: "https://muster.example.org"}); err != nil {
				t.Errorf("%s: Eva cannot be let in: %v", name, err)
			}
		}
		cfg, err := h.kernel.Records.Config(t.Context(), h.grant)
		if err != nil || len(cfg.Fields) != 1 {
			t.Errorf("%s: %d own fields, %v", name, len(cfg.Fields), err)
		}
	}
}

// hooked calls f before each query of a part of the history, which a backup makes and nobody else does.
type hooked struct {
	store.Store
	f func()
}

func (h *hooked) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if h.f != nil && strings.Contains(q.Partition, "#h#") {
		h.f()
	}
	return h.Store.Query(ctx, q)
}

// TestAsOfOneMoment backs up while people create and edit: what comes back is one moment of the organisation, the last.
func TestAsOfOneMoment(t *testing.T) {
	c := clock.At(noon)
	below := &hooked{Store: bolt(t, c)}
	home := open(t, c, below, "olga@example.org")
	furnish(home, 20)
	var busy atomic.Bool
	writes := 0
	first := home.create(`{"firstName":"First"}`)
	below.f = func() {
		if writes >= 60 || !busy.CompareAndSwap(false, true) {
			return
		}
		defer busy.Store(false)
		writes++
		if writes%2 == 0 {
			home.create(`{"firstName":"Late","lastName":"Nr %d","emails":[{"address":"late%d@example.org"}]}`, writes, writes)
		} else {
			home.patch(first.ID, `{"lastName":"Nr %d","emails":[{"address":"first%d@example.org"}]}`, writes, writes)
		}
	}
	file := home.file()
	below.f = nil
	if writes < 60 {
		t.Fatalf("%d writes", writes)
	}
	other := embedded(t, "olga@example.org")
	other.restore(file)
	want := without(renamed(home.dump(), home.grant.Actor().ID, other.grant.Actor().ID), settled)
	if diff := cmp.Diff(want, without(other.dump(), settled)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(home.claims(), other.claims()); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

// crashes goes through every call of the store that a job makes and every way it may fail, and finishes the job
// afterwards. start readies a fresh installation and queues the job; outcome tells how it ended.
func crashes(t *testing.T, start func(t *testing.T, s store.Store, c *clock.Manual) (*house, string), outcome func(*house, string) any) {
	t.Helper()
	var plan storefault.Plan
	begin := func() (*house, string, *storefault.Faults) {
		plan = nil
		c := clock.At(noon)
		faults := storefault.New(bolt(t, c), func(call int) storefault.Kind {
			if plan == nil {
				return storefault.None
			}
			return plan(call)
		})
		h, id := start(t, faults, c)
		return h, id, faults
	}
	h, id, faults := begin()
	from := faults.Calls()
	h.work(id)
	calls := faults.Calls() - from - 1 // the last one reads the job for the test
	want := outcome(h, id)
	points := 0
	for call := 1; call <= calls; call++ {
		for _, kind := range []storefault.Kind{storefault.Before, storefault.Lost, storefault.KilledBefore, storefault.KilledAfter} {
			h, id, faults := begin()
			plan = storefault.At(faults.Calls()+call, kind)
			for range 8 {
				h.try(id)
				faults.Revive()
				h.clock.Advance(3 * time.Minute)
				j, err := h.kernel.Jobs.Get(t.Context(), h.grant, id)
				if err != nil {
					t.Fatal(err)
				}
				if j.State.Ended() {
					break
				}
			}
			points++
			if diff := cmp.Diff(want, outcome(h, id)); diff != "" {
				t.Fatalf("call %d of %d, %s (-want +got):\n%s", call, calls, kind, diff)
			}
		}
	}
	t.Logf("%d points tried", points)
}

// try runs a job as far as it comes.
func (h *house) try(id string) {
	workers := map[string]job.Worker{backup.Kind: h.backups.Worker(), backup.RestoreKind: h.backups.RestoreWorker()}
	_ = job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, workers, time.Hour).Run(h.t.Context(), h.grant.Tenant(), id, 0)
}

// TestRestoreSurvivesEveryFailure: whatever call of the store fails, the organisation is there whole at the end.
func TestRestoreSurvivesEveryFailure(t *testing.T) {
	t.Parallel()
	home := embedded(t, "olga@example.org")
	for n := range 2 {
		home.create(`{"firstName":"P","lastName":"Nr %d","emails":[{"address":"p%d@example.org"}]}`, n, n)
	}
	home.put("con_1/photo", []byte("photo"))
	file := home.file()
	crashes(t, func(t *testing.T, s store.Store, c *clock.Manual) (*house, string) {
		h := open(t, c, s, "olga@example.org")
		j := h.upload(file)
		if _, err := h.backups.Check(t.Context(), h.grant, j.ID); err != nil {
			t.Fatal(err)
		}
		h.work(j.ID)
		if _, err := h.backups.Run(t.Context(), h.grant, j.ID); err != nil {
			t.Fatal(err)
		}
		return h, j.ID
	}, func(h *house, id string) any {
		j, err := h.kernel.Jobs.Get(t.Context(), h.grant, id)
		if err != nil {
			t.Fatal(err)
		}
		return []any{j.State, j.Counts, without(renamed(h.dump(), h.grant.Actor().ID, "usr_olga"), settled), len(h.claims())}
	})
}

// TestBackupSurvivesEveryFailure: whatever call of the store fails, the file that comes of it is whole.
func TestBackupSurvivesEveryFailure(t *testing.T) {
	t.Parallel()
	crashes(t, func(t *testing.T, s store.Store, c *clock.Manual) (*house, string) {
		h := open(t, c, s, "olga@example.org")
		h.create(`{"firstName":"P"}`)
		j, err := h.backups.Create(t.Context(), h.grant)
		if err != nil {
			t.Fatal(err)
		}
		return h, j.ID
	}, func(h *house, id string) any {
		j, err := h.kernel.Jobs.Get(t.Context(), h.grant, id)
		if err != nil || j.State != job.Done {
			t.Fatal(j, err)
		}
		return []any{j.Counts, lines(t, h.fetch(id))}
	})
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

// TestWhoAndWhen goes through what is refused.
func TestWhoAndWhen(t *testing.T) {
	h := embedded(t, "olga@example.org")
	ctx := t.Context()
	admin := policy.For(policy.Actor{ID: "usr_admin"}, policy.Admin).In(h.grant.Tenant())
	if _, err := h.backups.Create(ctx, admin); !errors.Is(err, fault.Denied) {
		t.Errorf("an admin backs up: %v", err)
	}
	if _, _, err := h.backups.CreateRestore(ctx, admin, "x", 1); !errors.Is(err, fault.Denied) {
		t.Errorf("an admin restores: %v", err)
	}
	j, err := h.backups.Create(ctx, h.grant)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.backups.Download(ctx, h.grant, j.ID)
	if code(err) != "job_running" {
		t.Errorf("too early: %v", err)
	}
	file := h.fetch(h.work(j.ID).ID)

	for name, c := range map[string]struct {
		name string
		size int64
		want string
	}{
		"no name":   {"", 5, "fileName required"},
		"long name": {strings.Repeat("x", 256), 5, "fileName too_long"},
		"empty":     {"x", 0, "size file_empty"},
		"too large": {"x", backup.MaxBytes + 1, "size file_too_large"},
	} {
		_, _, err := h.backups.CreateRestore(ctx, h.grant, c.name, c.size)
		if err == nil || fault.From(err).Fields[0].Path+" "+fault.From(err).Fields[0].Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, _, err := h.backups.CreateRestore(ctx, h.grant, "x", 5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.backups.Check(ctx, h.grant, r.ID); code(err) != "not_uploaded" {
		t.Errorf("check before the upload: %v", err)
	}
	r = h.upload(file)
	if _, err := h.backups.Run(ctx, h.grant, r.ID); code(err) != "not_checked" {
		t.Errorf("run before the check: %v", err)
	}
	if _, err := h.backups.Get(ctx, h.grant, backup.Kind, r.ID); code(err) != "not_found" {
		t.Errorf("a restore as a backup: %v", err)
	}
	if _, err := h.backups.Check(ctx, h.grant, r.ID); err != nil {
		t.Fatal(err)
	}
	h.work(r.ID)
	h.create(`{"firstName":"Somebody"}`)
	if _, err := h.backups.Run(ctx, h.grant, r.ID); code(err) != "holds_records" {
		t.Errorf("run into an organisation that is not empty: %v", err)
	}
	if _, _, err := h.backups.CreateRestore(ctx, h.grant, "x", 5); code(err) != "holds_records" {
		t.Errorf("create in an organisation that is not empty: %v", err)
	}
}

// TestHostileFiles: what is no backup, or not a whole one, is refused before anything is written.
func TestHostileFiles(t *testing.T) {
	home := embedded(t, "olga@example.org")
	furnish(home, 5)
	good := home.file()
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"text":                     {[]byte("dear reader"), "backup_damaged"},
		"cut":                      {good[:len(good)/2], "backup_damaged"},
		"without its end":          {good[:len(good)-40], "backup_damaged"},
		"with something behind it": {append(append([]byte{}, good...), 'x'), "backup_damaged"},
		"a kind nobody knows":      {crafted(t, `{"k":"spaceship","i":"spa_1","r":1,"v":{"id":"spa_1","kind":"spaceship"}}`), "backup_newer"},
		"another id inside":        {crafted(t, `{"k":"contact","i":"con_1","r":1,"v":{"id":"con_2","kind":"contact"}}`), "backup_damaged"},
		"an id that is a path":     {crafted(t, `{"k":"contact","i":"../x","r":1,"v":{"id":"../x","kind":"contact"}}`), "backup_damaged"},
		"another owner":            {crafted(t, `{"o":"con_9","k":"contact","i":"con_1","r":1,"v":{"id":"con_1","kind":"contact"}}`), "backup_damaged"},
		"no revision":              {crafted(t, `{"k":"contact","i":"con_1","v":{"id":"con_1","kind":"contact"}}`), "backup_damaged"},
		"another type":             {crafted(t, `{"k":"contact","i":"con_1","r":1,"v":{"id":"con_1","kind":"contact","emails":5}}`), "backup_damaged"},
		"too large a record":       {crafted(t, `{"k":"contact","i":"con_1","r":1,"v":{"id":"con_1","kind":"contact","firstName":"`+strings.Repeat("x", store.MaxValue)+`"}}`), "backup_damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			h := embedded(t, "olga@example.org")
			before := h.dump()
			j := h.upload(c.file)
			if _, err := h.backups.Check(t.Context(), h.grant, j.ID); err != nil {
				t.Fatal(err)
			}
			if j = h.work(j.ID); j.State != job.Failed || j.Failure != c.want {
				t.Errorf("%s %s", j.State, j.Failure)
			}
			if _, err := h.backups.Run(t.Context(), h.grant, j.ID); code(err) != "not_checked" {
				t.Errorf("run all the same: %v", err)
			}
			if diff := cmp.Diff(before, h.dump()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLoginOfSomebodyElse: a user whose login somebody of another organisation has arrives in the trash.
func TestLoginOfSomebodyElse(t *testing.T) {
	home := embedded(t, "olga@example.org")
	furnish(home, 1)
	file := home.file()
	h := embedded(t, "other@example.org")
	if _, err := h.access.Found(t.Context(), account.Founding{Name: "Others", OwnerName: "Eva", OwnerEmail: "eva@example.org"}, "page"); err != nil {
		t.Fatal(err)
	}
	h.restore(file)
	users, _, err := h.access.List(t.Context(), h.grant, false, "", 10)
	var names []string
	for _, u := range users {
		names = append(names, fmt.Sprint(u.Name, " ", u.Email))
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Olga olga@example.org", "Olga other@example.org"}, names); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	trashed, _, err := h.access.List(t.Context(), h.grant, true, "", 10)
	if err != nil || len(trashed) != 1 || trashed[0].Name != "Eva" {
		t.Fatalf("%v %v", trashed, err)
	}
	if _, err := h.access.Restore(t.Context(), h.write(), trashed[0].ID, trashed[0].Version); code(err) != "login_taken" {
		t.Errorf("restored: %v", err)
	}
}
