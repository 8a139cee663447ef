package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/meter"
)

func (d *driver) Get(ctx context.Context, mode store.Mode, keys ...store.Key) ([]*store.Item, error) {
	now := d.clock.Now()
	found := make(map[store.Key]*store.Item, len(keys))
	err := patiently(ctx, func() error {
		switch {
		case len(keys) == 1:
			return d.getOne(ctx, keys[0], found)
		case mode == store.Together:
			return d.getTogether(ctx, keys, found)
		default:
			return d.getEach(ctx, keys, found)
		}
	})
	if err != nil {
		return nil, err
	}
	items := make([]*store.Item, len(keys))
	for i, k := range keys {
		items[i] = found[k]
	}
	meter.Count(ctx, d.meter, meter.Get(mode, items))
	for i, item := range items {
		if item != nil && !item.Live(now) {
			items[i] = nil
		}
	}
	return items, nil
}

func (d *driver) getOne(ctx context.Context, key store.Key, found map[store.Key]*store.Item) error {
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &d.table, Key: keyOf(key), ConsistentRead: aws.Bool(true),
	}, once)
	if err != nil {
		return err
	}
	return collect(found, out.Item)
}

func (d *driver) getTogether(ctx context.Context, keys []store.Key, found map[store.Key]*store.Item) error {
	gets := make([]types.TransactGetItem, len(keys))
	for i, k := range keys {
		gets[i].Get = &types.Get{TableName: &d.table, Key: keyOf(k)}
	}
	out, err := d.client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: gets}, once)
	if err != nil {
		return err
	}
	for _, response := range out.Responses {
		if err := collect(found, response.Item); err != nil {
			return err
		}
	}
	return nil
}

// getEach reads what it can. The table may leave some keys for later; then it is busy until they are asked for again.
func (d *driver) getEach(ctx context.Context, keys []store.Key, found map[store.Key]*store.Item) error {
	asked := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		if _, ok := found[k]; !ok {
			asked.Keys = append(asked.Keys, keyOf(k))
		}
	}
	out, err := d.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{d.table: asked},
	}, once)
	if err != nil {
		return err
	}
	for _, item := range out.Responses[d.table] {
		if err := collect(found, item); err != nil {
			return err
		}
	}
	if len(out.UnprocessedKeys) > 0 {
		return errUnprocessed
	}
	return nil
}

// collect puts an item, if it is one, where it was asked for.
func collect(found map[store.Key]*store.Item, a attributes) error {
	if len(a) == 0 {
		return nil
	}
	item, err := decode(a)
	if err == nil {
		found[item.Key] = item
	}
	return err
}
