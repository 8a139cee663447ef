package demo_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/local/demo"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/storefault"
)

var now = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

// club is a demo organisation as its owner sees it.
type club struct {
	*kernel.Kernel
	made   demo.Made
	tenant org.Tenant
	grant  policy.Grant
	log    *storefault.Recorder
}

func fill(t *testing.T, o demo.Owner) club {
	t.Helper()
	dir := t.TempDir()
	at := clock.At(now)
	s, err := boltstore.Open(filepath.Join(dir, "store"), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	log := storefault.NewRecorder(t, s)
	log.AllowPrefix("") // Foreign keys are looked for afterwards, when the organisation is known.
	k := kernel.New(kernel.Ports{Store: log, Kinds: product.Kinds(), Phones: phone.Plan{}, Clock: at})
	blobs, err := dirblob.Open(filepath.Join(dir, "blobs"), dirblob.Options{Base: "http://localhost/_blob", Ring: k.Ring, Clock: at})
	if err != nil {
		t.Fatal(err)
	}
	c := club{Kernel: k, log: log}
	if c.made, err = demo.Fill(t.Context(), demo.Ports{Store: log, Blobs: blobs, Now: now}, o); err != nil {
		t.Fatal(err)
	}
	tenants, _, err := k.Directory.All(t.Context(), "", 10)
	if err != nil || len(tenants) != 1 {
		t.Fatal(tenants, err)
	}
	c.tenant = tenants[0]
	c.grant = policy.For(policy.Actor{ID: "tester"}, policy.Owner).In(c.tenant)
	return c
}

// dump is every record of every kind by its id, without version and last change, and its history.
func (c club) dump(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	for n := range org.Buckets {
		for _, q := range []store.Query{{Partition: c.tenant.Bucket(n)}, {Partition: strings.Replace(c.tenant.Bucket(n), "#r#", "#h#", 1)}} {
			for {
				page, err := c.Store.Query(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page.Items {
					if _, kind, _, _ := org.ParseRecord(item.Sort); kind != "access" { // random: links and sessions
						all[item.Sort] = string(item.Value)
					}
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
		}
	}
	return all
}

func TestFill(t *testing.T) {
	c := fill(t, demo.Owner{})
	t.Run("repeats", func(t *testing.T) { repeats(t, c) })
	t.Run("owner", func(t *testing.T) { owner(t, c) })
	t.Run("touches nothing foreign", func(t *testing.T) { touches(t, c) })
	t.Run("life", func(t *testing.T) { life(t, c) })
	t.Run("beside", func(t *testing.T) { beside(t, c) })
	t.Run("searches", func(t *testing.T) { searches(t, c) })
	t.Run("imports", func(t *testing.T) { imports(t, c) })
	t.Run("histories", func(t *testing.T) { histories(t, c) })
}

func repeats(t *testing.T, c club) {
	one, two := c.dump(t), fill(t, demo.Owner{}).dump(t)
	if len(one) < 1200 {
		t.Errorf("%d records and changes, want more", len(one))
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
}

// The office has saved searches, of its own and shared, each of which finds somebody, and not everybody.
func searches(t *testing.T, c club) {
	cfg, err := c.Records.Config(t.Context(), c.grant)
	if err != nil {
		t.Fatal(err)
	}
	private, kinds := 0, map[string]int{}
	for _, s := range cfg.Searches {
		kinds[s.For]++
		if len(s.Roles) == 0 {
			private++
		}
		maker := policy.For(policy.Actor{ID: s.CreatedBy}, policy.Owner).In(c.tenant)
		found, err := c.Records.List(t.Context(), maker, s.For, repository.Question{Text: "search:" + s.ID, Count: true})
		all, failed := c.Records.List(t.Context(), maker, s.For, repository.Question{Count: true})
		if err != nil || failed != nil || found.Total == 0 || found.Total > all.Total/2 {
			t.Errorf("%s finds %d of %d: %v", s.Name, found.Total, all.Total, err)
		}
	}
	if len(cfg.Searches) < 8 || private < 2 || len(kinds) < 3 {
		t.Errorf("%d searches, %d private, %v", len(cfg.Searches), private, kinds)
	}
}

// An organisation of one's own that is still empty gets the people, once.
func TestFiller(t *testing.T) {
	clk := clock.At(now)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Phones: phone.Plan{}, Clock: clk})
	accounts := account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: clk, IDs: k.IDs})
	founded, err := accounts.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "nl", Country: "NL", TimeZone: "Europe/Amsterdam",
		OwnerName: "Olga Maes", OwnerEmail: "olga@example.org"}, "page")
	if err != nil {
		t.Fatal(err)
	}
	f := demo.NewFiller(k.Records)
	editor := policy.For(policy.Actor{ID: "usr_1"}, policy.Editor).In(founded.Grant.Tenant())
	if _, err := f.Fill(t.Context(), editor); !errors.Is(err, fault.Denied) {
		t.Errorf("an editor fills it: %v", err)
	}
	type answer struct {
		made int
		err  error
	}
	answers := make(chan answer)
	for range 2 {
		go func() {
			made, err := f.Fill(t.Context(), founded.Grant)
			answers <- answer{made, err}
		}()
	}
	one, two := <-answers, <-answers
	if one.err != nil {
		one, two = two, one
	}
	if one.err != nil || one.made < 400 || two.made != 0 || fault.From(two.err).Code != "not_empty" {
		t.Errorf("made %d (%v) and %d (%v)", one.made, one.err, two.made, two.err)
	}
	found, err := k.Records.List(t.Context(), founded.Grant, contact.Name, repository.Question{Count: true, Limit: 200})
	if err != nil || found.Total != one.made {
		t.Errorf("%d contacts, %v", found.Total, err)
	}
	for _, id := range found.IDs[:20] {
		changes, _, err := k.Records.History(t.Context(), founded.Grant, contact.Name, id, 0, 2)
		if err != nil || len(changes) != 1 || changes[0].Batch == "" || changes[0].Actor != founded.Owner.ID {
			t.Errorf("%s: %+v, %v", id, changes, err)
		}
	}
}

// owner comes in by link or password.
func owner(t *testing.T, c club) {
	accounts := func(c club) *account.Accounts {
		return account.New(account.Ports{Store: c.Store, Log: c.Commits, Directory: c.Directory, Records: c.Records, Ring: c.Ring, Clock: c.Clock, IDs: c.IDs})
	}
	if c.made.Email != demo.OwnerEmail {
		t.Errorf("made for %s", c.made.Email)
	}
	if _, err := accounts(c).Redeem(t.Context(), c.made.Link, "", account.Visit{Source: "page"}); err != nil {
		t.Errorf("the link does not sign in: %v", err)
	}
	c = fill(t, demo.Owner{Email: "Me@Example.org", Password: "club and culture 81"})
	if c.made != (demo.Made{Email: "Me@Example.org"}) {
		t.Errorf("made %+v", c.made)
	}
	session, err := accounts(c).SignIn(t.Context(), "me@example.org", "club and culture 81", account.Visit{Source: "page"})
	if err != nil {
		t.Fatal(err)
	}
	if session.User.Role != string(policy.Owner) {
		t.Errorf("signed in as %s", session.User.Role)
	}
}

func touches(t *testing.T, c club) {
	shared := []string{"dir", "ptr#", "due#", "ring", "try#"}
	for _, p := range c.log.Partitions() {
		if !c.tenant.Owns(p) && !slices.ContainsFunc(shared, func(s string) bool { return strings.HasPrefix(p, s) }) {
			t.Errorf("touched %q", p)
		}
	}
}

// life holds the organisation to what pages are to show of one.
func life(t *testing.T, c club) {
	ctx := t.Context()
	for q, least := range map[string]int{
		"":                               400,
		"type:member":                    200,
		"type:external":                  30,
		"type:volunteer":                 20,
		"type:donor":                     12,
		"type:supplier":                  5,
		"type:student":                   4,
		"status:withdrawn":               8,
		"status:pending":                 5,
		"is:trashed":                     5,
		"language:fr":                    60,
		"language:es":                    25,
		"language:en":                    25,
		"newsletter:no":                  60,
		"age<18":                         90,
		"age>65":                         8,
		"city:Leuven":                    10,
		"tag:choir":                      10,
		"tag:coach":                      4,
		"source:import":                  200,
		"updated:today":                  2,
		"custom.photoConsent:no":         20,
		"nationality:ES":                 20,
		"occupation:*":                   60,
		"maritalStatus:married":          20,
		"shirtNumber:*":                  80,
		"kitSize:kid140":                 10,
		"work.employer:*":                8,
		"iban:*":                         60,
		"nationalNumber:*":               25,
		"identityDocument:*":             4,
		"promotionalSms:yes":             15,
		"category:coach":                 5,
		"entity:Choir":                   10,
		"operator:*":                     10,
		"store:*":                        30,
		"discount>0":                     1,
		"custom.licenceUntil>2026-01-01": 50,
		"custom.goals>5":                 50,
		"custom.swims:yes":               20,
		"custom.keyDeposit>10":           15,
		"custom.canHelp:bar":             10,
		"custom.allergies:*":             4,
		"company:Smets":                  1,
		"family:Peeters":                 2,
	} {
		where, err := c.Records.Parse(ctx, c.grant, contact.Name, q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		list, err := c.Records.List(ctx, c.grant, contact.Name, repository.Question{Where: where, Count: true})
		if err != nil {
			t.Errorf("%s: %v", q, err)
		} else if list.Total < least {
			t.Errorf("%s: %d people, want at least %d", q, list.Total, least)
		}
	}
}

// beside holds what stands beside the people to what pages are to show of it.
func beside(t *testing.T, c club) {
	for q, least := range map[[2]string]int{
		{"family", ""}:                          80,
		{"family", "members.contact:*"}:         80,
		{"family", "custom.carpool:yes"}:        15,
		{"company", ""}:                         13,
		{"company", "companyKind:sponsor"}:      3,
		{"company", "taxNumber:*"}:              13,
		{"company", "custom.sponsorLevel:gold"}: 1,
		{"note", ""}:                            60,
		{"reminder", "done:yes"}:                10,
		{"reminder", "-done:yes remindAt<now"}:  5,
		{"reminder", "-done:yes remindAt>now"}:  5,
		{"call", "direction:incoming"}:          30,
		{"call", "outcome:noAnswer"}:            5,
		{"ticket", ""}:                          20,
		{"ticket", "state:open"}:                2,
		{"ticket", "state:closed"}:              8,
		{"ticket", "priority:urgent"}:           1,
		{"service", "state:returned cost>0"}:    5,
		{"satisfaction", "score>=4"}:            20,
		{"satisfaction", "score<=2"}:            5,
	} {
		list, err := c.Records.List(t.Context(), c.grant, q[0], repository.Question{Text: q[1], Count: true})
		if err != nil {
			t.Errorf("%s %s: %v", q[0], q[1], err)
		} else if list.Total < least {
			t.Errorf("%s %s: %d, want at least %d", q[0], q[1], list.Total, least)
		}
	}
	cfg, err := c.Records.Config(t.Context(), c.grant)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Entities) != 8 || len(cfg.Seasons) < 5 || len(cfg.Stores) != 2 || len(cfg.ClientGroups) != 2 || len(cfg.Fields) < 14 || !cfg.Lists.Has("category", "coach") {
		t.Errorf("%d entities, %d seasons, %d stores, %d client groups, %d fields", len(cfg.Entities), len(cfg.Seasons), len(cfg.Stores), len(cfg.ClientGroups), len(cfg.Fields))
	}
}

// imports holds the imports to their counts: one without fault, one with three rows that say what cannot be.
func imports(t *testing.T, c club) {
	jobs, _, err := c.Jobs.List(t.Context(), c.grant, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, j := range jobs {
		got[j.Title+" new"], got[j.Title+" refused"] = j.Counts["create"], j.Counts["reject"]
	}
	want := map[string]int64{"camp 2025.csv new": 16, "camp 2025.csv refused": 0, "open day.csv new": 19, "open day.csv refused": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// histories reads every page of every history.
func histories(t *testing.T, c club) {
	ctx := t.Context()
	actions, actors, years := map[string]int{}, map[string]bool{}, map[int]bool{}
	long, newest := 0, time.Time{}
	for id, version := range c.versions(ctx, t) {
		var all []record.Change
		for before := int64(0); ; {
			page, next, err := c.Records.History(ctx, c.grant, contact.Name, id, before, 3)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page...)
			if before = next; before == 0 {
				break
			}
		}
		if int64(len(all)) != version {
			t.Errorf("%s: %d changes made version %d", id, len(all), version)
		}
		if len(all) >= 10 {
			long++
		}
		for i, change := range all {
			if i > 0 && !change.At.Before(all[i-1].At) {
				t.Errorf("%s: change %d does not lie before the one that followed", id, change.Revision)
			}
			if change.At.After(newest) {
				newest = change.At
			}
			actions[change.Action]++
			actors[change.Name] = true
			years[change.At.Year()] = true
		}
	}
	for action, least := range map[string]int{"contact.create": 400, "contact.edit": 300, "contact.revert": 10, "contact.trash": 5, "contact.restore": 1} {
		if actions[action] < least {
			t.Errorf("%d changes are %s, want at least %d", actions[action], action, least)
		}
	}
	if len(actors) < 3 || len(years) < 4 || long < 4 {
		t.Errorf("%d people made changes in %d years; %d long histories", len(actors), len(years), long)
	}
	if newest.After(now) || now.Sub(newest) > time.Hour {
		t.Errorf("the last change was at %s", newest)
	}
}

// versions gives the version of every contact, trashed ones too.
func (c club) versions(ctx context.Context, t *testing.T) map[string]int64 {
	t.Helper()
	versions := map[string]int64{}
	for n := range org.Buckets {
		for q := (store.Query{Partition: c.tenant.Bucket(n)}); ; {
			page, err := c.Store.Query(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if _, kind, id, _ := org.ParseRecord(item.Sort); kind == contact.Name {
					versions[id] = item.Revision
				}
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	return versions
}

func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		s, err := boltstore.Open(filepath.Join(dir, "store"), clock.System{})
		if err != nil {
			b.Fatal(err)
		}
		k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds()})
		blobs, err := dirblob.Open(filepath.Join(dir, "blobs"), dirblob.Options{Base: "http://localhost/_blob", Ring: k.Ring, Clock: k.Clock})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := demo.Fill(b.Context(), demo.Ports{Store: s, Blobs: blobs}, demo.Owner{}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
