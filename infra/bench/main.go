// Command bench measures Muster, side by side with what one would use instead.
//
//	go run . index -n 100000            the index, against its budgets
//	go run . index -n 100000 -postgres  and against PostgreSQL, started for the purpose
//
// It is a module of its own, so that drivers and references stay out of the product.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || args[0] != "index" {
		return fmt.Errorf("usage: bench index [-n contacts] [-seed number] [-samples number] [-only row] [-postgres]")
	}
	set := flag.NewFlagSet("index", flag.ContinueOnError)
	o := options{}
	set.IntVar(&o.n, "n", 100_000, "contacts")
	set.Uint64Var(&o.seed, "seed", 1, "of the population and the questions")
	set.IntVar(&o.samples, "samples", 300, "measurements a row")
	set.StringVar(&o.only, "only", "", "only rows whose name contains this")
	set.BoolVar(&o.postgres, "postgres", false, "ask PostgreSQL the same")
	set.StringVar(&o.bin, "pgbin", "/usr/lib/postgresql/15/bin", "where PostgreSQL's programs are")
	set.StringVar(&o.profile, "profile", "", "write a CPU profile of the questions to this file")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	return o.index(os.Stdout)
}
