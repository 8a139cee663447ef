// Imports is the function of the imports in the JSON API.
package main

import (
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/imports/app"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/lambdahttp"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/queue/sqsqueue"
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
	imports := importer.New(importer.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	exports := exporter.New(exporter.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	backups := backup.New(backup.Ports{Records: k.Records, Jobs: k.Jobs, Blobs: k.Blobs})
	accounts := account.New(account.Ports{Store: k.Store, Log: k.Commits, Directory: k.Directory, Records: k.Records, Ring: k.Ring, Clock: k.Clock, IDs: k.IDs})
	bulks := bulk.New(bulk.Ports{Records: k.Records, Jobs: k.Jobs, Accounts: accounts})
	lambdahttp.Start(app.New(app.Ports{Records: k.Records, Imports: imports, Bulks: bulks, Exports: exports, Backups: backups, Auth: k.Sessions("api"), Cursors: k.Cursors}))
}
