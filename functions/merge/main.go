// Merge is the function of merges in the JSON API: records made one, and that taken back.
package main

import (
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/merge/app"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/lambdahttp"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

func main() {
	cfg, err := awsenv.Load(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	k := kernel.New(kernel.Ports{
		Store: dynamostore.Open(dynamodb.NewFromConfig(cfg), os.Getenv("MUSTER_TABLE"), nil, clock.System{}),
		Kinds: product.Kinds(),
		Blobs: s3blob.New(cfg, os.Getenv("MUSTER_BUCKET")),
	})
	lambdahttp.Start(app.New(app.Ports{Merges: merge.New(k.Records), Auth: k.Sessions("api"), Cursors: k.Cursors}))
}
