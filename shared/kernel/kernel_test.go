package kernel_test

import (
	"bytes"
	"context"

	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// office is the product's parts on a data directory of the test's own, with one organisation.
type office struct {
	*kernel.Kernel
	grant   policy.Grant
	imports *importer.Importer
	runner  *job.Runner
}

func open(t *testing.T) office {
	t.Helper()
	dir := t.TempDir()
	s, err := boltstore.Open(filepath.Join(dir, "store"), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Phones: phone.Plan{}})
	blobs, err := dirblob.Open(filepath.Join(dir, "blobs"), dirblob.Options{Base: "http://localhost/_blob", Ring: k.Ring, Clock: k.Clock})
	if err != nil {
		t.Fatal(err)
	}
	box, err := dirmail.Open(filepath.Join(dir, "mail"), k.Clock)
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: k.Clock,
		IDs: k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}, Base: "http://localhost"})
	founded, err := accounts.Found(t.Context(), account.Founding{Name: "Testers", Language: "nl", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: "olga@example.org", Password: "a long enough secret"}, "page")
	if err != nil {
		t.Fatal(err)
	}
	o := office{Kernel: k, grant: founded.Grant.Via("telephone")}
	o.Blobs = blobs
	o.imports = importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: blobs})
	o.runner = job.NewRunner(k.Jobs, account.Rights{Store: s, Kinds: k.Kinds}, map[string]job.Worker{importer.Kind: o.imports}, time.Hour)
	return o
}

// load uploads a file and gives the import of it.
func (o office) load(t *testing.T, name string, content []byte) importer.Import {
	t.Helper()
	ctx := t.Context()
	imp, _, err := o.imports.Create(ctx, o.grant, contact.Name, name, int64(len(content)), i18n.Dutch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Blobs.Put(ctx, o.grant.Tenant().Blob("imports", imp.ID+"/file"), bytes.NewReader(content), blob.Options{}); err != nil {
		t.Fatal(err)
	}
	if imp, err = o.imports.Get(ctx, o.grant, imp.ID); err != nil {
		t.Fatal(err)
	}
	return imp
}

func (o office) work(t *testing.T, do func(context.Context, policy.Grant, string) (importer.Import, error), id string) importer.Import {
	t.Helper()
	if _, err := do(t.Context(), o.grant, id); err != nil {
		t.Fatal(err)
	}
	if err := o.runner.Run(t.Context(), o.grant.Tenant(), id, 0); err != nil {
		t.Fatal(err)
	}
	imp, err := o.imports.Get(t.Context(), o.grant, id)
	if err != nil {
		t.Fatal(err)
	}
	return imp
}

// TestSlice walks the main job once below any door: import a file, find a person, edit, see the history, take it back.
func TestSlice(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	content, err := os.ReadFile(need.TestData(t, "contacts/ledenlijst-2026.csv"))
	if err != nil {
		t.Fatal(err)
	}
	imp := o.load(t, "ledenlijst-2026.csv", content)
	if imp.Guess == nil {
		t.Fatalf("no guess; state %s, failure %q", imp.State, imp.Failure)
	}
	for _, c := range imp.Guess.Columns {
		t.Logf("%-20s -> %-24s %s %q", c.Header, c.Field, c.DateFormat, c.Samples)
	}
	previewed := o.work(t, o.imports.Preview, imp.ID)
	if previewed.State != job.Previewed {
		t.Fatalf("preview ended %s %q", previewed.State, previewed.Failure)
	}
	done := o.work(t, o.imports.Run, imp.ID)
	if done.State != job.Done {
		t.Fatalf("run ended %s %q", done.State, done.Failure)
	}
	t.Log(previewed.Counts, done.Counts)
	rejected, _, err := o.imports.Rows(ctx, o.grant, imp.ID, importer.Refused, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rejected {
		t.Log(r.Line, r.Reasons, r.Values)
	}
	where, err := o.Records.Parse(ctx, o.grant, contact.Name, "joris janss")
	if err != nil {
		t.Fatal(err)
	}
	list, err := o.Records.List(ctx, o.grant, contact.Name, repository.Question{Where: where, Limit: 5, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	if list.Total == 0 {
		t.Fatal("nobody found")
	}
	t.Log(list.Total, string(list.Items[0]))
	id := list.IDs[0]
	res, err := o.Records.Patch(ctx, repository.Write{Grant: o.grant}, contact.Name, id, 1, []byte(`{"nickname":"Jo"}`))
	if err != nil {
		t.Fatal(err)
	}
	changes, _, err := o.Records.History(ctx, o.grant, contact.Name, id, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 2 {
		t.Fatalf("%d changes, want 2", len(changes))
	}
	back, err := o.Records.Revert(ctx, repository.Write{Grant: o.grant}, contact.Name, id, res.Record.Base().Version, changes[0].Seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Record.(*contact.Contact).Nickname; got != "" {
		t.Errorf("nickname after revert: %q", got)
	}
}
