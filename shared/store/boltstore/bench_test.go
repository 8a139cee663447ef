package boltstore_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// BenchmarkApply commits batches of five items of 600 bytes, as a lone writer and as many.
func BenchmarkApply(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, err := boltstore.Open(filepath.Join(b.TempDir(), "store"), someday())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var serial atomic.Int64
			value := string(make([]byte, 600))
			b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			one := func() {
				n := serial.Add(1)
				batch := store.Batch{Token: fmt.Sprint(n)}
				for i := range 5 {
					batch.Ops = append(batch.Ops, put(store.Key{Partition: fmt.Sprint(n % 64), Sort: fmt.Sprint(n, "/", i)}, store.Absent, value))
				}
				if err := s.Apply(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
			if writers == 1 {
				for b.Loop() {
					one()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					one()
				}
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "store"), someday())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	k := store.Key{Partition: "p", Sort: "s"}
	if err := s.Apply(b.Context(), store.Batch{Token: "t", Ops: []store.Op{put(k, store.Absent, string(make([]byte, 600)))}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Get(b.Context(), store.Each, k); err != nil {
			b.Fatal(err)
		}
	}
}
