// Search is the function of searches in the JSON API.
package main

import (
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/search/app"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/lambdahttp"
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
	lambdahttp.Start(app.New(app.Ports{Records: k.Records, Auth: k.Sessions("api"), Cursors: k.Cursors}))
}
