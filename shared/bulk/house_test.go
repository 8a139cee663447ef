package bulk_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is an installation in a folder of its own, with one organisation.
type house struct {
	t      testing.TB
	clock  *clock.Manual
	kernel *kernel.Kernel
	bulks  *bulk.Bulks
	grant  policy.Grant
	n      int

	accounts *account.Accounts
	letters  string // folder of what was mailed
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
	h.letters = filepath.Join(t.TempDir(), "mail")
	box, err := dirmail.Open(h.letters, h.clock)
	if err != nil {
		t.Fatal(err)
	}
	h.kernel = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Clock: h.clock})
	k := h.kernel
	h.accounts = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: h.clock,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org"})
	h.bulks = bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: h.accounts})
	founded, err := h.accounts.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: "olga@example.org"}, "page")
	if err != nil {
		t.Fatal(err)
	}
	h.grant = founded.Grant.Via("telephone")
	return h
}

// mails counts what was mailed.
func (h *house) mails() int {
	h.t.Helper()
	there, err := filepath.Glob(filepath.Join(h.letters, "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	return len(there)
}

func (h *house) write() repository.Write { return repository.Write{Grant: h.grant} }

// make makes a record and gives its id.
func (h *house) make(kind string, members map[string]any) string {
	h.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := h.kernel.Records.Create(h.t.Context(), h.write(), kind, body)
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

func (h *house) patch(id, body string) {
	h.t.Helper()
	if _, err := h.kernel.Records.Patch(h.t.Context(), h.write(), contact.Name, id, repository.AnyVersion, []byte(body)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) trash(id string) {
	h.t.Helper()
	if _, err := h.kernel.Records.Trash(h.t.Context(), h.write(), contact.Name, id, repository.AnyVersion); err != nil {
		h.t.Fatal(err)
	}
}

// runner works on jobs under the rights users have, for a span at a time.
func (h *house) runner(budget time.Duration) *job.Runner {
	return job.NewRunner(h.kernel.Jobs, account.Rights{Store: h.kernel.Store, Kinds: h.kernel.Kinds}, map[string]job.Worker{bulk.Kind: h.bulks}, budget)
}

func (h *house) start(q bulk.Request) string {
	h.t.Helper()
	b, err := h.bulks.Start(h.t.Context(), h.write(), q)
	if err != nil {
		h.t.Fatalf("%v: %+v", err, fault.From(err))
	}
	return b.ID
}

// work runs a queued job to its end.
func (h *house) work(id string) bulk.Bulk {
	h.t.Helper()
	if err := h.runner(time.Hour).Run(h.t.Context(), h.grant.Tenant(), id, 0); err != nil {
		h.t.Fatal(err)
	}
	return h.get(id)
}

func (h *house) get(id string) bulk.Bulk {
	h.t.Helper()
	b, err := h.bulks.Get(h.t.Context(), h.grant, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func (h *house) run(q bulk.Request) bulk.Bulk {
	h.t.Helper()
	return h.work(h.start(q))
}

func (h *house) undo(id string) bulk.Bulk {
	h.t.Helper()
	if _, err := h.bulks.Undo(h.t.Context(), h.grant, id); err != nil {
		h.t.Fatal(err)
	}
	return h.work(id)
}

// dump is every live record by its id, without what each write moves: version, and who changed it when.
func (h *house) dump() map[string]string {
	h.t.Helper()
	got := map[string]string{}
	for _, kind := range []string{contact.Name, "company", "family"} {
		ids, _, err := h.kernel.Records.Matching(h.t.Context(), h.grant, kind, repository.Question{Limit: 1 << 20})
		if err != nil {
			h.t.Fatal(err)
		}
		for part := range slices.Chunk(ids, 100) {
			recs, err := h.kernel.Records.Read(h.t.Context(), h.grant, kind, part)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, r := range recs {
				b := r.Base()
				b.Version, b.UpdatedAt, b.UpdatedBy = 0, time.Time{}, ""
				raw, err := json.Marshal(r)
				if err != nil {
					h.t.Fatal(err)
				}
				got[b.ID] = string(raw)
			}
		}
	}
	return got
}

// items gives the results of an action by the first names of contacts, or by ids where there is none.
func (h *house) items(id, result string) map[string]string {
	h.t.Helper()
	got := map[string]string{}
	for after, more := "", true; more; more = after != "" {
		items, next, err := h.bulks.Items(h.t.Context(), h.grant, id, result, after, 2)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, i := range items {
			text := i.Result.Result
			for _, r := range i.Reasons {
				text += " " + r.Field + ":" + r.Code
			}
			got[i.Title] = text
		}
		after = next
	}
	return got
}

// params makes parameters of pairs of name and value.
func params(pairs ...any) bulk.Params {
	p := bulk.Params{}
	for i := 0; i < len(pairs); i += 2 {
		raw, err := json.Marshal(pairs[i+1])
		if err != nil {
			panic(err)
		}
		p[pairs[i].(string)] = raw
	}
	return p
}
