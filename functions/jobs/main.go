// Jobs is the function that works on queued jobs.
package main

import (
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/jobs/app"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/exporter/paper"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/sesmail"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/queue/sqsqueue"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

// budget is how long one call works before it passes a job on: the function's timeout less a chunk.
const budget = 35 * time.Second

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
	files := file.New(file.Ports{Records: k.Records, Blobs: k.Blobs})
	imports := importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	exports := exporter.New(exporter.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs, Print: paper.Print})
	accounts := account.New(account.Ports{Store: k.Store, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: k.Clock, IDs: k.IDs,
		Mail: sesmail.New(cfg, k.Clock, ""), From: mail.Address{Name: "Muster", Address: os.Getenv("MUSTER_MAIL_FROM")}, Base: os.Getenv("MUSTER_PUBLIC_URL")})
	backups := backup.New(backup.Ports{Records: k.Records, Accounts: accounts, Jobs: k.Jobs, Blobs: k.Blobs})
	workers := map[string]job.Worker{importer.Kind: imports, exporter.Kind: exports, backup.Kind: backups.Worker(), backup.RestoreKind: backups.RestoreWorker(),
		bulk.Kind: bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: accounts}), rewrite.Kind: rewrite.New(rewrite.Ports{Records: k.Records, Jobs: k.Jobs})}
	runner := job.NewRunner(k.Jobs, account.Rights{Store: k.Store, Kinds: k.Kinds}, workers, budget)
	lambda.Start(sqsqueue.Consume(app.New(app.Ports{Runner: runner, Files: files, Records: k.Records, Ring: k.Ring}), slog.Default()))
}
