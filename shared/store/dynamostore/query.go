package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

// Query asks until the page is full, or a page of the table's 1 MB has given something, or the end is reached: expired
// items count for the table's limit and not for ours.
func (d *driver) Query(ctx context.Context, q store.Query) (store.Page, error) {
	now := d.clock.Now()
	in := d.queryInput(q)
	var page store.Page
	for {
		asked := q.Limit - len(page.Items)
		in.Limit = aws.Int32(int32(asked))
		var out *dynamodb.QueryOutput
		err := patiently(ctx, func() (err error) {
			out, err = d.client.Query(ctx, in, once)
			return err
		})
		if err != nil {
			return store.Page{}, err
		}
		read := make([]store.Item, len(out.Items))
		for i, a := range out.Items {
			item, err := decode(a)
			if err != nil {
				return store.Page{}, err
			}
			read[i] = *item
			if item.Live(now) && (q.To == "" || item.Sort < q.To) {
				page.Items = append(page.Items, *item)
			}
		}
		meter.Count(ctx, d.meter, meter.Query(read))
		if len(out.LastEvaluatedKey) == 0 {
			return page, nil
		}
		cut := len(out.Items) < asked
		if len(page.Items) == q.Limit || cut && len(page.Items) > 0 {
			last, ok := out.LastEvaluatedKey["sk"].(*types.AttributeValueMemberB)
			if !ok {
				return store.Page{}, errDamaged
			}
			page.Next = string(last.Value)
			return page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// queryInput says the query in DynamoDB's words. Its BETWEEN holds both ends, so an item exactly at To is read and left
// out.
func (d *driver) queryInput(q store.Query) *dynamodb.QueryInput {
	values := attributes{":p": binary(q.Partition)}
	condition := "pk = :p"
	switch {
	case q.Prefix != "":
		condition += " AND begins_with(sk, :from)"
		values[":from"] = binary(q.Prefix)
	case q.From != "" && q.To != "":
		condition += " AND sk BETWEEN :from AND :to"
		values[":from"], values[":to"] = binary(q.From), binary(q.To)
	case q.From != "":
		condition += " AND sk >= :from"
		values[":from"] = binary(q.From)
	case q.To != "":
		condition += " AND sk < :to"
		values[":to"] = binary(q.To)
	}
	in := &dynamodb.QueryInput{
		TableName:                 &d.table,
		KeyConditionExpression:    &condition,
		ExpressionAttributeValues: values,
		ConsistentRead:            aws.Bool(true),
		ScanIndexForward:          aws.Bool(!q.Reverse),
	}
	if q.After != "" {
		in.ExclusiveStartKey = keyOf(store.Key{Partition: q.Partition, Sort: q.After})
	}
	return in
}
