// Schedule is the function that queues, once a minute, what is due and undone.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/functions/schedule/app"
	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/queue/sqsqueue"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

func main() {
	cfg, err := awsenv.Load(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	k := kernel.New(kernel.Ports{
		Store: dynamostore.Open(dynamodb.NewFromConfig(cfg), os.Getenv("MUSTER_TABLE"), nil, clock.System{}),
		Kinds: record.NewRegistry(),
		Queue: sqsqueue.New(cfg, os.Getenv("MUSTER_QUEUE_URL")),
	})
	tick := app.New(app.Ports{Directory: k.Directory, Send: k.Send, Keys: k.Keys})
	lambda.Start(func(ctx context.Context) error { return tick(ctx, time.Now()) })
}
