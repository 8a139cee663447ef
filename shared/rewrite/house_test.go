package rewrite_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is an installation in a folder of its own, with one organisation.
type house struct {
	t        testing.TB
	clock    *clock.Manual
	kernel   *kernel.Kernel
	rewrites *rewrite.Rewriter
	access   *account.Accounts
	grant    policy.Grant
	n        int
}

// open makes an installation; wrap, when given, stands between it and its store.
func open(t testing.TB, wrap func(store.Store) store.Store) *house {
	t.Helper()
	h := &house{t: t, clock: clock.At(noon)}
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bolt.Close() })
	var s store.Store = bolt
	if wrap != nil {
		s = wrap(bolt)
	}
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	h.kernel = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Clock: h.clock})
	k := h.kernel
	h.rewrites = rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs})
	h.access = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: h.clock,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org"})
	founded, err := h.access.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: "olga@example.org"}, "page")
	if err != nil {
		t.Fatal(err)
	}
	h.grant = founded.Grant.Via("telephone")
	return h
}

// make makes a record and gives its id.
func (h *house) make(kind string, members map[string]any) string {
	h.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := h.kernel.Records.Create(h.t.Context(), repository.Write{Grant: h.grant}, kind, body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.Base().ID
}

// person makes a contact.
func (h *house) person(pairs ...any) string {
	h.t.Helper()
	h.n++
	members := map[string]any{"firstName": fmt.Sprintf("P%03d", h.n)}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	return h.make(contact.Name, members)
}

func (h *house) contact(id string) *contact.Contact {
	h.t.Helper()
	rec, err := h.kernel.Records.Get(h.t.Context(), h.grant, contact.Name, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec.(*contact.Contact)
}

func (h *house) trash(kind, id string) {
	h.t.Helper()
	if _, err := h.kernel.Records.Trash(h.t.Context(), repository.Write{Grant: h.grant}, kind, id, repository.AnyVersion); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) config() *setting.Config {
	h.t.Helper()
	cfg, err := h.kernel.Records.Config(h.t.Context(), h.grant)
	if err != nil {
		h.t.Fatal(err)
	}
	return cfg
}

// runner works on rewrites under the rights users have, for a span at a time.
func (h *house) runner(budget time.Duration) *job.Runner {
	return job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, map[string]job.Worker{rewrite.Kind: h.rewrites}, budget)
}

// start begins a rewrite.
func (h *house) start(q rewrite.Request) string {
	h.t.Helper()
	j, err := h.rewrites.Start(h.t.Context(), h.grant, q)
	if err != nil {
		h.t.Fatal(err)
	}
	return j.ID
}

// work runs a queued job to its end.
func (h *house) work(id string) *job.Job {
	h.t.Helper()
	if err := h.runner(time.Hour).Run(h.t.Context(), h.grant.Tenant(), id, 0); err != nil {
		h.t.Fatal(err)
	}
	return h.job(id)
}

func (h *house) job(id string) *job.Job {
	h.t.Helper()
	j, _, err := h.rewrites.Get(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

func (h *house) run(q rewrite.Request) *job.Job {
	h.t.Helper()
	return h.work(h.start(q))
}

func (h *house) undo(id string) *job.Job {
	h.t.Helper()
	if _, err := h.rewrites.Undo(h.t.Context(), h.grant, id); err != nil {
		h.t.Fatal(err)
	}
	return h.work(id)
}

// types and tags of all contacts by first name, those in the trash with a cross behind it.
func (h *house) all() map[string]string {
	h.t.Helper()
	got := map[string]string{}
	for _, trash := range []string{"", "is:trashed"} {
		var after *repository.Position
		for more := true; more; more = after != nil {
			list, err := h.kernel.Records.List(h.t.Context(), h.grant, contact.Name, repository.Question{Text: trash, Limit: repository.MaxPage, After: after})
			if err != nil {
				h.t.Fatal(err)
			}
			recs, err := h.kernel.Records.Read(h.t.Context(), h.grant, contact.Name, list.IDs)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, r := range recs {
				c := r.(*contact.Contact)
				name := c.FirstName
				if c.DeletedAt != nil {
					name += "+"
				}
				got[name] = c.Type + " " + fmt.Sprint(c.Tags)
			}
			after = list.Next
		}
	}
	return got
}

// live lists the codes a list offers.
func (h *house) live(list string) []string { return slices.Clone(h.config().Lists.Codes(list)) }
