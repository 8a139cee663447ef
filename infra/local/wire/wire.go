// Package wire builds the product for a local run: every app, the very ones the Lambda mains start, on the embedded
// drivers below one data directory. With AWS_ENDPOINT_URL (or one for a single service) set, that service is used
// instead of its embedded driver.
package wire

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	accounts "github.com/muster-crm/muster/functions/accounts/app"
	contacts "github.com/muster-crm/muster/functions/contacts/app"
	files "github.com/muster-crm/muster/functions/files/app"
	imports "github.com/muster-crm/muster/functions/imports/app"
	jobs "github.com/muster-crm/muster/functions/jobs/app"
	merges "github.com/muster-crm/muster/functions/merge/app"
	schedule "github.com/muster-crm/muster/functions/schedule/app"
	search "github.com/muster-crm/muster/functions/search/app"
	web "github.com/muster-crm/muster/functions/web/app"
	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/demo"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/inbox"
	"github.com/muster-crm/muster/infra/local/launch"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/exporter/paper"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// blobPath is where the folder of blobs serves its signed addresses.
const blobPath = "/_blob"

// from is whom mail of a local run comes from.
var from = mail.Address{Name: "Muster", Address: "muster@example.org"}

// budget is how long a worker stays with one job before it passes it on.
const budget = time.Minute

// Office is the product with its parts at hand, for the local run itself, acceptance tests and benchmarks.
type Office struct {
	*kernel.Kernel
	Accounts *account.Accounts
	Imports  *importer.Importer
	Exports  *exporter.Exporter
	Bulks    *bulk.Bulks
	Files    *file.Files
	Backups  *backup.Backups
	Rewrites *rewrite.Rewriter
	Runner   *job.Runner
	Mail     *dirmail.Box
	Parts    emulator.Parts
}

// Close releases the store.
func (o *Office) Close() error { return o.Store.Close() }

// Open builds the product on a data directory for a site. A nil clock is the machine's.
func Open(dir datadir.Dir, site emulator.Site, c clock.Clock) (*Office, error) {
	if c == nil {
		c = clock.System{}
	}
	s, err := boltstore.Open(dir.Store(), c)
	if err != nil {
		return nil, err
	}
	o, err := On(s, dir, site, c)
	if err != nil {
		_ = s.Close() // the first error says what is wrong
		return nil, err
	}
	return o, nil
}

// On builds the product on a store, with everything else below a data directory.
func On(s store.Store, dir datadir.Dir, site emulator.Site, c clock.Clock) (*Office, error) {
	bucket := &lateBlobs{}
	k := kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Blobs: bucket, Queue: site.Queues["Queue"], Phones: phone.Plan{}, Clock: c})
	blobs, err := dirblob.Open(dir.Blobs(), dirblob.Options{Base: site.URL + blobPath, Ring: k.Ring, Clock: c})
	if err != nil {
		return nil, err
	}
	bucket.Bucket = blobs
	box, err := dirmail.Open(dir.Mail(), c)
	if err != nil {
		return nil, err
	}
	o := &Office{Kernel: k, Mail: box}
	o.Accounts = account.New(account.Ports{Store: s, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring,
		Clock: c, IDs: k.IDs, Mail: box, From: from, Base: site.URL})
	o.Imports = importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: blobs})
	o.Exports = exporter.New(exporter.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: blobs, Print: paper.Print})
	o.Files = file.New(file.Ports{Records: k.Records, Blobs: blobs})
	o.Backups = backup.New(backup.Ports{Records: k.Records, Accounts: o.Accounts, Jobs: k.Jobs, Blobs: blobs})
	o.Rewrites = rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs})
	o.Bulks = bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: o.Accounts})
	workers := map[string]job.Worker{bulk.Kind: o.Bulks, importer.Kind: o.Imports, exporter.Kind: o.Exports, backup.Kind: o.Backups.Worker(), backup.RestoreKind: o.Backups.RestoreWorker(),
		rewrite.Kind: o.Rewrites}
	o.Runner = job.NewRunner(k.Jobs, account.Rights{Store: s, Kinds: k.Kinds}, workers, budget).Alone()
	api := k.Sessions("api")
	serve := func(h http.Handler) emulator.Function { return emulator.Function{HTTP: h} }
	o.Parts = emulator.Parts{
		Functions: map[string]emulator.Function{
			"contacts": serve(contacts.New(contacts.Ports{Records: k.Records, Auth: api, Cursors: k.Cursors})),
			"search":   serve(search.New(search.Ports{Records: k.Records, Auth: api, Cursors: k.Cursors})),
			"imports":  serve(imports.New(imports.Ports{Records: k.Records, Imports: o.Imports, Bulks: o.Bulks, Exports: o.Exports, Backups: o.Backups, Auth: api, Cursors: k.Cursors})),
			"files":    serve(files.New(files.Ports{Files: o.Files, Auth: api, Cursors: k.Cursors})),
			"merge":    serve(merges.New(merges.Ports{Merges: merge.New(k.Records), Auth: api, Cursors: k.Cursors})),
			"accounts": serve(accounts.New(accounts.Ports{Accounts: o.Accounts, Rewrites: o.Rewrites, Auth: api, Cursors: k.Cursors})),
			"web": serve(web.New(web.Ports{Records: k.Records, Accounts: o.Accounts, Sessions: k.Sessions("page"), Imports: o.Imports, Bulks: o.Bulks, Exports: o.Exports, Backups: o.Backups, Files: o.Files, Rewrites: o.Rewrites,
				Jobs: k.Jobs, Likes: preference.New(s), Demo: demo.NewFiller(k.Records), Cursors: k.Cursors, Ring: k.Ring})),
			"jobs":     {Queue: jobs.New(jobs.Ports{Runner: o.Runner, Files: o.Files, Records: k.Records, Ring: k.Ring})},
			"schedule": {Schedule: schedule.New(schedule.Ports{Directory: k.Directory, Send: k.Send, Keys: k.Keys})},
		},
		Buckets: map[string]blob.Bucket{"Bucket": blobs},
		Mounts:  map[string]http.Handler{blobPath + "/": blobs.Handler(), inbox.Path: inbox.Handler(box)},
	}
	return o, nil
}

// Wire builds the product for the command line. The demo is made before anything of the site runs beside it: its clock is
// in the past.
func Wire(ctx context.Context, o launch.Options, dir datadir.Dir, site emulator.Site) (launch.Product, error) {
	office, err := Open(dir, site, nil)
	if err != nil {
		return launch.Product{}, err
	}
	lines, err := fill(ctx, o, site, office)
	if err != nil {
		_ = office.Close() // the first error says what is wrong
		return launch.Product{}, err
	}
	moving := o.Backup != "" || o.Restore != ""
	return launch.Product{
		Parts: office.Parts,
		Done:  moving,
		Welcome: func(ctx context.Context) ([]string, error) {
			welcome := welcome
			if moving {
				welcome = move
			}
			more, err := welcome(ctx, o, site, office)
			return append(lines, more...), err
		},
		Close: office.Close,
	}, nil
}

// fill makes the demo in an empty store, if it is wanted, and says how to come in.
func fill(ctx context.Context, o launch.Options, site emulator.Site, office *Office) ([]string, error) {
	if !o.Demo {
		return nil, nil
	}
	empty, err := office.Directory.Empty(ctx)
	if err != nil || !empty {
		return nil, err
	}
	owner, err := demo.Fill(ctx, demo.Ports{Store: office.Store, Blobs: office.Blobs}, demo.Owner{Email: os.Getenv("MUSTER_ADMIN_EMAIL"),
		Password: os.Getenv("MUSTER_ADMIN_PASSWORD")})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	lines := []string{"An invented club with its members and some years of history is in place."}
	if owner.Link == "" {
		return append(lines, "Sign in as "+owner.Email+"."), nil
	}
	return append(lines, "Sign in once with "+account.WelcomeURL(site.URL, owner.Link)+" and set a password for "+owner.Email+"."), nil
}

// lateBlobs stands for the bucket while the kernel, whose keys the bucket signs with, is being built.
type lateBlobs struct{ blob.Bucket }

// welcome makes what has to be there before the first visit and says how to come in.
func welcome(ctx context.Context, o launch.Options, site emulator.Site, office *Office) ([]string, error) {
	var lines []string
	a := office.Accounts
	link, err := a.FirstOwner(ctx, os.Getenv("MUSTER_ADMIN_EMAIL"), os.Getenv("MUSTER_ADMIN_PASSWORD"))
	if err != nil {
		return nil, err
	}
	if link != "" {
		lines = append(lines, "Set up the first organisation at "+account.WelcomeURL(site.URL, link))
	}
	if o.Org != "" {
		founded, err := a.Found(ctx, account.Founding{Name: o.Org, OwnerEmail: "owner@" + slug(o.Org) + ".example"}, "console")
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%s is founded; its owner %s signs in once with %s", o.Org, founded.Owner.Email,
			account.WelcomeURL(site.URL, founded.Link)))
	}
	if o.Link != "" {
		token, err := a.Link(ctx, o.Link)
		if err != nil {
			return nil, fmt.Errorf("link for %s: %w", o.Link, err)
		}
		lines = append(lines, "One-time sign-in for "+o.Link+": "+account.WelcomeURL(site.URL, token))
	}
	return append(lines, "Mail that is sent ends at "+site.URL+inbox.Path), nil
}

// slug makes a name that can stand in a domain.
func slug(name string) string {
	out := make([]byte, 0, len(name))
	for _, c := range []byte(name) {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return "organisation"
	}
	return string(out[:min(40, len(out))])
}
