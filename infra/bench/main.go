// Command bench measures Muster, side by side with what one would use instead.
//
//	go run . index -n 100000            the index, against its budgets
//	go run . index -n 100000 -postgres  and against PostgreSQL, started for the purpose
//	go run ./site -n 100000             requests through the whole local path
//	go run ./dedupe -scan 100000        how well and how quickly duplicates are found
//	go run ./move -n 100000             backup and restore by the program itself
//
// Each tells its flags with -h. It is a module of its own, so that drivers and references stay out of the product.
package main

import (
	"errors"
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

const usage = `one of
	go run . index    the index, against its budgets; -postgres against PostgreSQL too
	go run ./site     requests through the whole local path
	go run ./dedupe   how well and how quickly duplicates are found
	go run ./move     backup and restore
each with -n (contacts; ./dedupe has -scan), and -h for its other flags`

func run(args []string) error {
	if len(args) == 0 || args[0] != "index" {
		return errors.New(usage)
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
