package boltstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// writeTo names the file that a copy of the test binary writes to until it is killed.
const writeTo = "BOLTSTORE_TEST_WRITE_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(writeTo); path != "" {
		fmt.Fprintln(os.Stderr, write(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const (
	killWriters = 4
	killItems   = 3 // of one batch, each in a partition of its own
)

// killSeries is how many batches a writer writes in one series.
func killSeries(writer int) int { return 1 + 3*(writer%2) }

func killKey(item, writer, n int) store.Key {
	return store.Key{Partition: fmt.Sprint(item), Sort: fmt.Sprintf("%d/%08d", writer, n)}
}

// write writes with some goroutines at once, going on where the file ends, and says on its output what was
// acknowledged. It ends only by an error.
func write(path string) error {
	s, err := boltstore.Open(path, someday())
	if err != nil {
		return err
	}
	var out sync.Mutex
	failed := make(chan error)
	for w := range killWriters {
		go func() {
			n, err := count(s, 0, w)
			for err == nil {
				var batches []store.Batch
				for range killSeries(w) {
					b := store.Batch{Token: fmt.Sprint(w, "/", n)}
					for item := range killItems {
						b.Ops = append(b.Ops, put(killKey(item, w, n), store.Absent, "x"))
					}
					batches, n = append(batches, b), n+1
				}
				if _, err = s.ApplyAll(context.Background(), batches); err == nil {
					out.Lock()
					_, err = fmt.Println(w, n-1) // goes into the pipe whole or not at all
					out.Unlock()
				}
			}
			failed <- err
		}()
	}
	return <-failed
}

// count is how many items a writer has in a partition; it fails when one is missing between them.
func count(s store.Store, item, writer int) (int, error) {
	n := 0
	q := store.Query{Partition: fmt.Sprint(item), Prefix: fmt.Sprintf("%d/", writer)}
	for {
		page, err := s.Query(context.Background(), q)
		if err != nil {
			return 0, err
		}
		for _, it := range page.Items {
			if it.Key != killKey(item, writer, n) {
				return 0, fmt.Errorf("item %d of writer %d is missing", n, writer)
			}
			n++
		}
		if q.After = page.Next; q.After == "" {
			return n, nil
		}
	}
}

// TestKilledWriter kills a process in the middle of its writes, several times on the same file. Everything it was told
// is done is there, no batch is there in part, and the next process goes on.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	acknowledged := make([]int, killWriters) // by writer: the items that have to be there
	for round := range 4 {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), writeTo+"="+path)
		command.Stderr = os.Stderr
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for scanner := bufio.NewScanner(output); scanner.Scan(); lines++ {
			if lines == 100+37*round {
				if err := command.Process.Kill(); err != nil { // what it has printed by now is still read
					t.Fatal(err)
				}
			}
			var w, n int
			if _, err := fmt.Sscan(scanner.Text(), &w, &n); err != nil {
				t.Fatal(err)
			}
			acknowledged[w] = n + 1
		}
		if err := command.Wait(); err == nil || command.ProcessState.Exited() {
			t.Fatalf("the writer was not killed but ended: %v", err)
		}
		s := open(t, path, someday())
		for w, want := range acknowledged {
			got, err := count(s, 0, w)
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if got < want || got > want+killSeries(w) {
				t.Errorf("round %d: writer %d has %d items and was told of %d", round, w, got, want)
			}
			for item := 1; item < killItems; item++ {
				if n, err := count(s, item, w); err != nil || n != got {
					t.Errorf("round %d: writer %d has %d and %d items of the same batches, %v", round, w, got, n, err)
				}
			}
			acknowledged[w] = got
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d batches by the end", acknowledged)
}
