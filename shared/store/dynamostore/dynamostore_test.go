package dynamostore_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore"
	"github.com/muster-crm/muster/shared/store/storetest"
)

const table = "muster-test"

// someday is in the future, so that the TTL of the endpoint, which goes by the real time, removes nothing.
func someday() *clock.Manual { return clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)) }

func clientOf(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint,
		Region:       "eu-west-1",
		Credentials:  aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("local", "local", "")),
	})
}

// local gives a client of DynamoDB Local in which the table exists.
func local(t *testing.T) (client *dynamodb.Client, endpoint string) {
	t.Helper()
	endpoint = need.DynamoDB(t)
	client = clientOf(endpoint)
	if err := dynamostore.CreateTable(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	return client, endpoint
}

func TestSuite(t *testing.T) {
	client, _ := local(t)
	clk := someday()
	storetest.Run(t, storetest.Suite{
		Open:   func(*testing.T) store.Store { return dynamostore.Open(client, table, nil, clk) },
		Clock:  clk,
		Effort: 300,
	})
}
