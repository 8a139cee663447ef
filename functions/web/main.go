// Web is the function of all pages.
package main

import (
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/web/app"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/lambdahttp"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/sesmail"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/queue/sqsqueue"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

func main() {
	cfg, err := awsenv.Load(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	k := kernel.New(kernel.Ports{
		Store:  dynamostore.Open(dynamodb.NewFromConfig(cfg), os.Getenv("MUSTER_TABLE"), nil, clock.System{}),
		Kinds:  product.Kinds(),
		Blobs:  s3blob.New(cfg, os.Getenv("MUSTER_BUCKET")),
		Queue:  sqsqueue.New(cfg, os.Getenv("MUSTER_QUEUE_URL")),
		Phones: phone.Plan{},
	})
	public := os.Getenv("MUSTER_PUBLIC_URL")
	accounts := account.New(account.Ports{Store: k.Store, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring,
		Clock: k.Clock, IDs: k.IDs, Mail: sesmail.New(cfg, k.Clock, ""), From: mail.Address{Name: "Muster", Address: os.Getenv("MUSTER_MAIL_FROM")}, Base: public})
	files := file.New(file.Ports{Records: k.Records, Blobs: k.Blobs})
	imports := importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	backups := backup.New(backup.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	lambdahttp.Start(app.New(app.Ports{Records: k.Records, Accounts: accounts, Sessions: k.Sessions("page"), Imports: imports, Bulks: bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: accounts}), Exports: exporter.New(exporter.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs}), Backups: backups, Files: files,
		Rewrites: rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs}), Jobs: k.Jobs, Likes: preference.New(k.Store), Cursors: k.Cursors, Ring: k.Ring, Public: public, OwnerEmail: os.Getenv("MUSTER_OWNER_EMAIL"),
		Origins: []string{"https://" + os.Getenv("MUSTER_BUCKET") + ".s3." + os.Getenv("AWS_REGION") + ".amazonaws.com"}}))
}
