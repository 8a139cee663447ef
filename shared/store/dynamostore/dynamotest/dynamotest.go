// Package dynamotest opens DynamoDB Local for tests of what stands on a store.
package dynamotest

import (
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

// Open gives a store on a table of its own in DynamoDB Local; without it the test is left out.
func Open(t testing.TB, clk clock.Clock) store.Store {
	t.Helper()
	endpoint := need.DynamoDB(t)
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint,
		Region:       "eu-west-1",
		Credentials:  aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("local", "local", "")),
	})
	table := "t" + rand.Text()
	if err := dynamostore.CreateTable(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	return dynamostore.Open(client, table, nil, clk)
}
