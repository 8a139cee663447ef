// Command move measures what it takes to back an organisation up and to restore it, by the program itself:
//
//	go run ./move -n 100000
//
// It fills a data folder with n contacts, and runs the local program on it once with -backup and once, on an empty
// folder, with -restore. Seconds and memory are those of these processes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/wire"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

func main() {
	n := flag.Int("n", 100_000, "contacts")
	root := flag.String("root", "../..", "the top of the project")
	flag.Parse()
	if err := run(*n, *root); err != nil {
		fmt.Fprintln(os.Stderr, "move:", err)
		os.Exit(1)
	}
}

func run(n int, root string) (err error) {
	work, err := os.MkdirTemp("", "muster-move-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := fill(filepath.Join(work, "one"), n); err != nil {
		return err
	}
	binary := filepath.Join(work, "muster")
	if out, err := exec.Command("go", "build", "-C", root, "-o", binary, "./infra/local").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	file := filepath.Join(work, "club.muster.tar.gz")
	for _, step := range [][]string{{"-data", filepath.Join(work, "one"), "-backup", file}, {"-data", filepath.Join(work, "two"), "-restore", file}} {
		command := exec.Command(binary, append(step, "-addr", "127.0.0.1:0", "-template", filepath.Join(root, "template.yaml"))...)
		began := time.Now()
		out, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		used := command.ProcessState.SysUsage().(*syscall.Rusage)
		fmt.Printf("%-9s %6.1f s, %5.1f s of CPU, %4d MB at most: %s\n", step[2], time.Since(began).Seconds(),
			(command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(), used.Maxrss/1024, strings.SplitN(string(out), "\n", 2)[0])
	}
	info, err := os.Stat(file)
	if err == nil {
		fmt.Printf("the file has %.1f MB\n", float64(info.Size())/1e6)
	}
	return err
}

// chunk is how many contacts one commit makes: record, change and two keys each.
const chunk = 23

// fill makes an organisation of n contacts in a data folder.
func fill(folder string, n int) (err error) {
	ctx := context.Background()
	dir, err := datadir.Open(folder)
	if err != nil {
		return err
	}
	office, err := wire.Open(dir, emulator.Site{URL: "http://localhost:3000"}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	founded, err := office.Accounts.Found(ctx, account.Founding{Name: "Bench", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Bea", OwnerEmail: "bea@example.org", Password: "correct horse battery"}, "import")
	if err != nil {
		return err
	}
	began := time.Now()
	for at := 0; at < n; {
		var people []record.Record
		for len(people) < chunk && at < n {
			people = append(people, person(at))
			at++
		}
		outcomes, err := office.Records.CreateMany(ctx, repository.Write{Grant: founded.Grant}, contact.Name, people, nil)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Err != nil {
				return o.Err
			}
		}
	}
	fmt.Printf("%d contacts made in %.1f s\n", n, time.Since(began).Seconds())
	return office.Records.Snapshot(ctx, founded.Grant)
}

var names = strings.Fields("Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Desmet Dubois Lambert Martens Lievens")

func person(i int) *contact.Contact {
	c := contact.Kind().New().(*contact.Contact)
	c.FirstName, c.LastName = fmt.Sprint("Person ", i%977), names[i%len(names)]
	c.BirthDate = record.Date(fmt.Sprintf("%04d-%02d-%02d", 1940+i%75, i%12+1, i%28+1))
	c.Emails = []contact.Email{{Address: fmt.Sprintf("person%d@example.org", i)}}
	c.Phones = []contact.Phone{{Number: fmt.Sprintf("+3247%07d", i)}}
	c.Addresses = []contact.Address{{Street: "Kerkstraat", Number: fmt.Sprint(i%200 + 1), Postcode: fmt.Sprint(1000 + i%9000), Town: "Gent"}}
	return c
}
