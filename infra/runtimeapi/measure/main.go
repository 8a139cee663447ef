// Command measure builds every function of the template as SAM's builder does, starts each a number of times against
// a stand-in Runtime API, and prints sizes and start-up times as a table in Markdown. Times are this machine's.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/muster-crm/muster/infra/runtimeapi"
	"github.com/muster-crm/muster/infra/template"
)

func main() {
	n := flag.Int("n", 31, "starts of each function; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *n); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int) error {
	document, root, err := template.Find(".")
	if err != nil {
		return err
	}
	model, err := document.Resolve(template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"})
	if err != nil {
		return err
	}
	out, err := os.MkdirTemp("", "measure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	fmt.Printf("| function | arm64 MB | zipped MB | budget MB | start ms (%s, median of %d) | memory MB |\n|---|---|---|---|---|---|\n", runtimeapi.Native, n)
	for _, id := range slices.Sorted(maps.Keys(model.Functions)) {
		if err := measure(ctx, model.Functions[id], root, out, n); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, f *template.Function, root, out string, n int) error {
	dir := filepath.Join(root, f.CodeURI)
	shipped, err := runtimeapi.Build(ctx, dir, runtimeapi.Deployed, filepath.Join(out, f.Name+"-arm64"))
	if err != nil {
		return err
	}
	info, err := os.Stat(shipped)
	if err != nil {
		return err
	}
	zipped, err := runtimeapi.Zipped(shipped)
	if err != nil {
		return err
	}
	phone, err := runtimeapi.Links(ctx, dir, runtimeapi.PhoneNumbers)
	if err != nil {
		return err
	}
	binary := shipped
	if runtimeapi.Native != runtimeapi.Deployed {
		if binary, err = runtimeapi.Build(ctx, dir, runtimeapi.Native, filepath.Join(out, f.Name)); err != nil {
			return err
		}
	}
	starts := make([]time.Duration, n)
	var memory int64
	for i := range starts {
		p, err := runtimeapi.Boot(ctx, binary, runtimeapi.Environment(f, ""))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		starts[i], memory = p.Start, p.Memory()
		if err := p.Close(); err != nil {
			return err
		}
	}
	slices.Sort(starts)
	const mb = 1 << 20
	fmt.Printf("| %s | %.2f | %.2f | %d | %.1f | %.1f |\n", f.Name, float64(info.Size())/mb, float64(zipped)/mb,
		runtimeapi.Budget(f.Name, phone)/mb, float64(starts[n/2].Microseconds())/1000, float64(memory)/mb)
	return nil
}
