package main

import (
	"fmt"
	"io"
	"time"
)

// table writes the results, one line a row.
type table struct {
	out      io.Writer
	at       int // which of the budgets
	postgres bool
}

func (t *table) head(postgres bool) {
	t.postgres = postgres
	fmt.Fprintf(t.out, "%-42s %12s %12s %5s", "", "ours", "budget", "")
	if postgres {
		fmt.Fprintf(t.out, " %12s %9s %8s", "PostgreSQL", "ratio", "wanted")
	}
	fmt.Fprintln(t.out)
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "over"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.3f ms", float64(d)/1e6) }

func (t *table) time(r row, ours, theirs time.Duration) {
	fmt.Fprintf(t.out, "%-42s %12s", r.name, millis(ours))
	if b := r.budget[t.at]; b > 0 {
		fmt.Fprintf(t.out, " %12s %5s", millis(b), verdict(ours <= b))
	} else {
		fmt.Fprintf(t.out, " %12s %5s", "", "")
	}
	if theirs > 0 {
		ratio := float64(theirs) / float64(ours)
		fmt.Fprintf(t.out, " %12s %8.1fx", millis(theirs), ratio)
		if w := r.factor[t.at]; w > 0 {
			fmt.Fprintf(t.out, " %7.0fx %s", w, verdict(ratio >= w))
		}
	}
	fmt.Fprintln(t.out)
}

func (t *table) size(name string, ours float64, budget [2]float64) {
	fmt.Fprintf(t.out, "%-42s %10.1f B", name, ours)
	if b := budget[t.at]; b > 0 {
		fmt.Fprintf(t.out, " %10.0f B %5s", b, verdict(ours <= b))
	}
	fmt.Fprintln(t.out)
}
