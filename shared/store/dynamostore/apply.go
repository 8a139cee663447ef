package dynamostore

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

func (d *driver) Apply(ctx context.Context, b store.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := d.moments.of(b.Token, d.clock.Now())
	actions := make([]types.TransactWriteItem, len(b.Ops))
	for i, op := range b.Ops {
		actions[i] = d.action(op, now)
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: actions, ClientRequestToken: &b.Token}
	_, err := d.client.TransactWriteItems(ctx, in, once)
	meter.Count(ctx, d.meter, meter.Apply(b.Ops))
	return writeError(err, b.Ops, now)
}

// once turns the SDK's own attempts off. Were the first answer to a write lost and its second attempt throttled, the
// error would say that nothing was done. Reads have their patience here.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

func (d *driver) action(op store.Op, now time.Time) types.TransactWriteItem {
	condition, values := expectation(op.Expect, now)
	old := types.ReturnValuesOnConditionCheckFailureAllOld
	switch op.Kind {
	case store.Put:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &d.table, Item: itemOf(op), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: old,
		}}
	case store.Delete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &d.table, Key: keyOf(op.Key), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: old,
		}}
	default:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &d.table, Key: keyOf(op.Key), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: old,
		}}
	}
}

// expectation is an Op's Expect as a condition; nil for Any.
func expectation(expect int64, now time.Time) (*string, attributes) {
	switch expect {
	case store.Any:
		return nil, nil
	case store.Absent:
		return aws.String("attribute_not_exists(pk) OR exp <= :now"), attributes{":now": number(now.Unix())}
	default:
		return aws.String("rev = :rev AND (attribute_not_exists(exp) OR exp > :now)"),
			attributes{":rev": number(expect), ":now": number(now.Unix())}
	}
}
