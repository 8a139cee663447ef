// Package dynamostore is the store on DynamoDB.
//
// Keys used. One table without indexes: pk and sk (the key's two parts, binary, because keys are byte strings and order
// by bytes), rev (number), val (binary), and exp (number, the second of expiry, which is the table's TTL attribute).
//
// Guarantees. Those of the port. Expectations are conditions of one TransactWriteItems with the batch's token as its
// ClientRequestToken; what a condition found instead comes back with the refusal. An item past its expiry is absent by
// condition and by filter, whether or not the TTL has removed it. The conditions hold the time, so the time a batch is
// first judged at is remembered: a batch sent again has to be the same request to the letter. Every read is strongly consistent; items that must
// agree come from one TransactGetItems. A write is sent once, because only the caller can tell what an answer means that
// follows a lost one; reads are tried a few times. The SDK's own attempts are off.
package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

// API is the part of *dynamodb.Client the store uses.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	TransactGetItems(context.Context, *dynamodb.TransactGetItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactGetItemsOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Open gives the store in the named table. The meter, which may be nil, counts the units its requests consume; so do
// meters of the contexts. The clock decides what has expired.
func Open(client API, table string, m *meter.Meter, clock clock.Clock) store.Store {
	return store.Checked(&driver{client: client, table: table, meter: m, clock: clock})
}

type driver struct {
	client API
	table  string
	meter  *meter.Meter
	clock  clock.Clock

	moments moments
}

func (d *driver) Close() error { return nil }
