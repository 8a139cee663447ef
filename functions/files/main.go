// Files is the function of files, photos and logos in the JSON API.
package main

import (
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/files/app"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/blob/s3blob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/file"
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
	files := file.New(file.Ports{Records: k.Records, Blobs: k.Blobs})
	lambdahttp.Start(app.New(app.Ports{Files: files, Auth: k.Sessions("api"), Cursors: k.Cursors}))
}
