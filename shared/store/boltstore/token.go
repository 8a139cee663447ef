package boltstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/muster-crm/muster/shared/store"
)

// tokenLife is how long the token of a batch is remembered at least. Tokens are kept in one bucket for each span of
// that length, and a commit that opens a span drops those before the last: forgetting costs nothing a token.
const tokenLife = 10 * time.Minute

// digest tells batches apart.
type digest [sha256.Size]byte

func digestOf(b store.Batch) digest {
	h := sha256.New()
	var buf []byte
	for _, op := range b.Ops {
		buf = append(buf[:0], byte(op.Kind))
		for _, n := range []int64{int64(len(op.Key.Partition)), int64(len(op.Key.Sort)), op.Expect, seconds(op.Expires), int64(len(op.Value))} {
			buf = binary.BigEndian.AppendUint64(buf, uint64(n))
		}
		if op.Revision != 0 {
			buf = binary.BigEndian.AppendUint64(buf, uint64(op.Revision))
		}
		buf = append(buf, op.Key.Partition...)
		buf = append(buf, op.Key.Sort...)
		h.Write(buf)
		h.Write(op.Value)
	}
	return digest(h.Sum(nil))
}

// lookToken says whether a batch with this token has had its effect, and whether it was the same batch.
func lookToken(tx *bbolt.Tx, token string, d digest) (known, same bool) {
	spans := tx.Bucket(tokenBucket)
	cursor := spans.Cursor()
	for span, _ := cursor.First(); span != nil; span, _ = cursor.Next() {
		if stored := spans.Bucket(span).Get([]byte(token)); stored != nil {
			return true, bytes.Equal(stored, d[:])
		}
	}
	return false, false
}

func rememberToken(tx *bbolt.Tx, token string, d digest, now time.Time) error {
	spans := tx.Bucket(tokenBucket)
	number := now.Unix() / int64(tokenLife/time.Second)
	name := binary.BigEndian.AppendUint64(nil, uint64(number))
	span := spans.Bucket(name)
	if span == nil {
		if err := forget(spans, number-1); err != nil {
			return err
		}
		var err error
		if span, err = spans.CreateBucket(name); err != nil {
			return err
		}
	}
	return span.Put([]byte(token), d[:])
}

// forget drops the spans before the given one.
func forget(spans *bbolt.Bucket, before int64) error {
	var old [][]byte
	cursor := spans.Cursor()
	for span, _ := cursor.First(); span != nil; span, _ = cursor.Next() {
		if int64(binary.BigEndian.Uint64(span)) < before {
			old = append(old, bytes.Clone(span))
		}
	}
	for _, span := range old {
		if err := spans.DeleteBucket(span); err != nil {
			return err
		}
	}
	return nil
}
