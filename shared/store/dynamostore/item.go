package dynamostore

import (
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/muster-crm/muster/shared/store"
)

// errDamaged says that the table holds something this package did not write.
var errDamaged = errors.New("dynamostore: a damaged item")

// attributes are those of one item, by name.
type attributes = map[string]types.AttributeValue

func binary(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyOf(k store.Key) attributes {
	return attributes{"pk": binary(k.Partition), "sk": binary(k.Sort)}
}

// itemOf is the item a Put writes.
func itemOf(op store.Op) attributes {
	item := keyOf(op.Key)
	item["rev"] = number(op.Next())
	item["val"] = &types.AttributeValueMemberB{Value: append([]byte{}, op.Value...)} // never nil: empty is a value
	if !op.Expires.IsZero() {
		item["exp"] = number(op.Expires.Unix())
	}
	return item
}

// decode is the inverse of itemOf.
func decode(a attributes) (*store.Item, error) {
	pk, okPartition := a["pk"].(*types.AttributeValueMemberB)
	sk, okSort := a["sk"].(*types.AttributeValueMemberB)
	val, okValue := a["val"].(*types.AttributeValueMemberB)
	rev, okRevision := a["rev"].(*types.AttributeValueMemberN)
	if !okPartition || !okSort || !okValue || !okRevision {
		return nil, errDamaged
	}
	revision, err := strconv.ParseInt(rev.Value, 10, 64)
	if err != nil {
		return nil, errDamaged
	}
	item := &store.Item{
		Key:      store.Key{Partition: string(pk.Value), Sort: string(sk.Value)},
		Revision: revision,
		Value:    val.Value,
	}
	if exp, ok := a["exp"]; ok {
		n, ok := exp.(*types.AttributeValueMemberN)
		if !ok {
			return nil, errDamaged
		}
		second, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return nil, errDamaged
		}
		item.Expires = time.Unix(second, 0).UTC()
	}
	return item, nil
}
