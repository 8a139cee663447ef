package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/bench/population"
)

// The same seed makes the same people, another seed others.
func TestPopulationRepeatsItself(t *testing.T) {
	list := func(seed uint64) (all []string) {
		p := population.New(seed, 300)
		for range 300 {
			all = append(all, string(p.Next().Change(1).Value))
		}
		return all
	}
	if diff := cmp.Diff(list(1), list(1)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(list(1), list(2)) {
		t.Error("two seeds made the same people")
	}
}

// Every row of the table can be measured.
func TestIndexTable(t *testing.T) {
	var out bytes.Buffer
	o := options{n: 1500, samples: 3, seed: 1}
	if err := o.index(&out); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !strings.Contains(out.String(), r.name) {
			t.Errorf("no %q in the table:\n%s", r.name, out.String())
		}
	}
}
