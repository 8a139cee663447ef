package dynamostore

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
	"github.com/muster-crm/muster/shared/store/meter"
)

func unitTable(t *testing.T) (*dynamodb.Client, string) {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(need.DynamoDB(t)),
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	const table = "muster-units"
	if err := CreateTable(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	return client, table
}

// TestSizesAgree asks DynamoDB Local what single writes and reads of items cost whose sizes are at the edge of a unit
// by our count, which it reports rightly.
func TestSizesAgree(t *testing.T) {
	client, table := unitTable(t)
	total := types.ReturnConsumedCapacityTotal
	for i, shape := range []store.Op{
		{},
		{Expect: 8},
		{Expect: 98},
		{Expect: 122},
		{Expect: 12344},
		{Expires: time.Unix(3786912001, 0)},
		{Expires: time.Unix(3786912000, 0), Expect: 999},
	} {
		for _, size := range []int{1024, 1025, 4096, 4097} {
			op := shape
			op.Kind, op.Key = store.Put, store.Key{Partition: fmt.Sprint("units ", i), Sort: "é" + fmt.Sprint(size)}
			fixed := fixedSize(op)
			op.Value = []byte(strings.Repeat("v", size-fixed))

			wrote, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: itemOf(op), ReturnConsumedCapacity: total})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := *wrote.ConsumedCapacity.CapacityUnits, float64((size+1023)/1024); got != want {
				t.Errorf("%+v of %d bytes by our count: writing costs %v units, want %v", shape, size, got, want)
			}
			read, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
				TableName: &table, Key: keyOf(op.Key), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: total,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := *read.ConsumedCapacity.CapacityUnits, float64((size+4095)/4096); got != want {
				t.Errorf("%+v of %d bytes by our count: reading costs %v units, want %v", shape, size, got, want)
			}
			if got, want := meter.Apply([]store.Op{op}).Apply.Units, int64(2*((size+1023)/1024)); got != want {
				t.Errorf("%+v of %d bytes: the meter says %d, want %d", shape, size, got, want)
			}
		}
	}
}

// fixedSize finds how many bytes an item without a value counts, by the value with which it fills its first unit.
func fixedSize(op store.Op) int {
	for n := 0; ; n++ {
		op.Value = make([]byte, n)
		if meter.Apply([]store.Op{op}).Apply.Units > 2 {
			return 1024 - (n - 1)
		}
	}
}

// TestUnitsAgree does the same on both drivers: they cost the same.
func TestUnitsAgree(t *testing.T) {
	client, table := unitTable(t)
	clk := clock.At(time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC))
	file, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var onTable, inFile meter.Meter
	for name, s := range map[string]store.Store{
		"table": Open(client, table, &onTable, clk),
		"file":  meter.Metered(file, &inFile),
	} {
		var ops []store.Op
		var keys []store.Key
		for i := range 20 {
			k := store.Key{Partition: "agree", Sort: fmt.Sprintf("%02d", i)}
			keys = append(keys, k)
			ops = append(ops, store.Op{Kind: store.Put, Key: k, Value: make([]byte, i*700), Expires: clk.Now().Add(time.Hour)})
		}
		stale := []store.Op{{Kind: store.Check, Key: keys[0], Expect: 9}, {Kind: store.Delete, Key: keys[1], Expect: store.Any}}
		if err := s.Apply(t.Context(), store.Batch{Token: "units", Ops: ops}); err != nil {
			t.Fatal(name, err)
		}
		if err := s.Apply(t.Context(), store.Batch{Token: "stale", Ops: stale}); err == nil {
			t.Fatal(name, "a stale check went well")
		}
		for _, read := range []func() error{
			func() error { _, err := s.Get(t.Context(), store.Each, keys[19]); return err },
			func() error { _, err := s.Get(t.Context(), store.Together, keys[18]); return err },
			func() error { _, err := s.Get(t.Context(), store.Each, keys...); return err },
			func() error {
				_, err := s.Get(t.Context(), store.Together, append(keys, store.Key{Partition: "none", Sort: "x"})...)
				return err
			},
			func() error { _, err := s.Query(t.Context(), store.Query{Partition: "agree"}); return err },
			func() error {
				_, err := s.Query(t.Context(), store.Query{Partition: "agree", Prefix: "1", Limit: 3, Reverse: true})
				return err
			},
			func() error { _, err := s.Query(t.Context(), store.Query{Partition: "none"}); return err },
		} {
			if err := read(); err != nil {
				t.Fatal(name, err)
			}
		}
	}
	if diff := cmp.Diff(onTable.Read(), inFile.Read()); diff != "" {
		t.Errorf("the table and the file differ: %s", diff)
	}
	if tally := onTable.Read(); tally.Get.Requests != 4 || tally.Query.Units == 0 || tally.Apply.Items != 22 {
		t.Errorf("counted %+v", tally)
	}
}

// TestCreateTable makes the table twice, and looks at it.
func TestCreateTable(t *testing.T) {
	client, table := unitTable(t)
	if err := CreateTable(t.Context(), client, table); err != nil {
		t.Errorf("a second time: %v", err)
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "exp" {
		t.Errorf("time to live: %+v, %v", ttl, err)
	}
	about, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil || about.Table.BillingModeSummary.BillingMode != types.BillingModePayPerRequest || len(about.Table.GlobalSecondaryIndexes) != 0 {
		t.Errorf("table: %+v, %v", about, err)
	}
}
