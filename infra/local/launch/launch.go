// Package launch is the command line of the local run: it reads the flags, opens the data directory, finds the template,
// has the product wired to the site, serves until told to stop, and stops in order. What the product is, its caller
// says.
package launch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// Patience is how long what runs may take when the program is told to stop. A second signal ends it at once.
const Patience = 30 * time.Second

// Options are what the command line says.
type Options struct {
	Addr     string // where to listen
	Data     string // the data directory
	Template string // the template's file; "" finds it in or above the working directory
	Demo     bool   // fill an empty data directory with an invented organisation
	Org      string // make one more organisation of this name
	Link     string // print a one-time sign-in link for this e-mail address
	Backup   string // write a backup of the organisation to this file, and end
	Restore  string // make an organisation of the backup in this file, and end
}

// Parse reads the command line.
func Parse(args []string, out io.Writer) (Options, error) {
	var o Options
	f := flag.NewFlagSet("local", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.Addr, "addr", emulator.DefaultAddr, "where to listen")
	f.StringVar(&o.Data, "data", ".data", "the `folder` everything is kept in")
	f.StringVar(&o.Template, "template", "", "the `file` that says what to serve (default template.yaml here or above)")
	f.BoolVar(&o.Demo, "demo", false, "fill an empty data folder with an invented organisation")
	f.StringVar(&o.Org, "org", "", "make one more organisation of this `name`")
	f.StringVar(&o.Link, "link", "", "print a one-time sign-in link for this `e-mail` address")
	f.StringVar(&o.Backup, "backup", "", "write the organisation to a `file` and end; with -link, that of this user")
	f.StringVar(&o.Restore, "restore", "", "make an organisation of the backup in a `file` and end")
	if err := f.Parse(args); err != nil {
		return Options{}, err
	}
	if f.NArg() > 0 {
		return Options{}, fmt.Errorf("%q is no flag; -help lists them", f.Arg(0))
	}
	return o, nil
}

// Product is what is served.
type Product struct {
	Parts emulator.Parts
	// Welcome runs once the site answers: it makes what has to be there (a first owner, the demo) and gives lines to
	// show. Nil does nothing.
	Welcome func(context.Context) ([]string, error)
	// Done tells that what was asked for is done once Welcome has run: nothing is served.
	Done bool
	// Close ends the product after everything of it has stopped. Nil does nothing.
	Close func() error
}

// Wire builds the product on a data directory for a site.
type Wire func(ctx context.Context, o Options, dir datadir.Dir, site emulator.Site) (Product, error)

// Main runs the program until SIGINT or SIGTERM and gives its exit code. Results are written to out, what went wrong to
// log.
func Main(args []string, out, log io.Writer, wire Wire) int {
	o, err := Parse(args, log)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(log, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends the process
	if err := Run(ctx, o, out, wire); err != nil {
		fmt.Fprintln(log, err)
		return 1
	}
	return 0
}

// Run serves until ctx ends.
func Run(ctx context.Context, o Options, out io.Writer, wire Wire) (err error) {
	document, err := find(o.Template)
	if err != nil {
		return err
	}
	dir, err := datadir.Open(o.Data)
	if err != nil {
		return err
	}
	product := Product{}
	defer func() {
		if product.Close != nil {
			err = errors.Join(err, product.Close())
		}
	}()
	server, err := emulator.Start(ctx, emulator.Config{
		Template: document,
		Addr:     o.Addr,
		Log:      slog.Default(),
		Build: func(ctx context.Context, site emulator.Site) (emulator.Parts, error) {
			var err error
			product, err = wire(ctx, o, dir, site)
			return product.Parts, err
		},
	})
	if errors.Is(err, boltstore.ErrInUse) {
		return fmt.Errorf("another Muster is running on %s; stop it first, or name another folder with -data", o.Data)
	}
	if err != nil {
		return err
	}
	if product.Welcome != nil {
		lines, err := product.Welcome(ctx)
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
			defer cancel()
			return errors.Join(err, server.Close(closing))
		}
		for _, line := range lines {
			fmt.Fprintln(out, line)
		}
	}
	if product.Done {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
		defer cancel()
		return server.Close(closing)
	}
	return server.Run(ctx, out, Patience)
}

func find(file string) (template.Document, error) {
	if file == "" {
		d, _, err := template.Find(".")
		return d, err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return template.Parse(raw)
}
