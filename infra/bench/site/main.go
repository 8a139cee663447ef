// Command site measures the whole local path: requests through the gateway, payload 2.0 events, the real handlers, index
// and embedded store.
//
//	go run ./site -n 100000
//	go run ./site -n 20000 -only search -profile search.pprof
//
// It imports n rows of .xlsx through the API while one person goes on creating contacts, and then creates, patches, lists
// and searches with all of them there. Times are the machine's; CPU is the process's own, per request. The process is the site:
// beside it runs the client, which holds nothing.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/muster-crm/muster/infra/bench/population"
	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/wire"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/account"
)

const password = "correct horse battery"

func main() {
	n := flag.Int("n", 100_000, "contacts")
	requests := flag.Int("requests", 500, "requests a row")
	templateFile := flag.String("template", "../../template.yaml", "the template")
	path := flag.String("workbook", "", "write the workbook there and do nothing else")
	only := flag.String("only", "", "only rows whose name contains this")
	profile := flag.String("profile", "", "write a CPU profile of the rows of one client to this file")
	flag.Parse()
	if *path != "" {
		if err := workbook(*n, *path); err != nil {
			fmt.Fprintln(os.Stderr, "site:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*n, *requests, *templateFile, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

// bench is a running site and a signed-in client without a network between them.
type bench struct {
	handler http.Handler
	token   string
}

func run(n, requests int, templateFile, only, profile string) error {
	ctx := context.Background()
	raw, err := os.ReadFile(templateFile)
	if err != nil {
		return err
	}
	doc, err := template.Parse(raw)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "muster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	dir, err := datadir.Open(filepath.Join(work, "data"))
	if err != nil {
		return err
	}
	var office *wire.Office
	server, err := emulator.Start(ctx, emulator.Config{Template: doc, Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
		Build: func(_ context.Context, at emulator.Site) (emulator.Parts, error) {
			var err error
			if office, err = wire.Open(dir, at, nil); err != nil {
				return emulator.Parts{}, err
			}
			return office.Parts, nil
		}})
	if err != nil {
		return err
	}
	defer func() {
		_ = server.Close(ctx)
		_ = office.Close()
	}()
	if _, err := office.Accounts.Found(ctx, account.Founding{Name: "Bench", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Bea", OwnerEmail: "bea@example.org", Password: password}, "page"); err != nil {
		return err
	}
	b := &bench{handler: server.Handler()}
	session, err := b.call("POST", "/v1/sessions", map[string]any{"login": "bea@example.org", "password": password})
	if err != nil {
		return err
	}
	b.token, _ = session["token"].(string)
	if err := b.load(n, work); err != nil {
		return err
	}
	return b.rows(requests, names(n), only, profile)
}

func (b *bench) do(method, path string, body any, headers ...string) (int, []byte, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes(), nil
}

func (b *bench) call(method, path string, body any, headers ...string) (map[string]any, error) {
	status, raw, err := b.do(method, path, body, headers...)
	if err != nil {
		return nil, err
	}
	if status >= 400 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, status, raw)
	}
	var answer map[string]any
	return answer, json.Unmarshal(raw, &answer)
}

// load imports n rows and says what it took, with a person creating contacts meanwhile. work is a folder for the file.
func (b *bench) load(n int, work string) error {
	path := filepath.Join(work, "people.xlsx")
	size, err := made(n, path)
	if err != nil {
		return err
	}
	fmt.Printf("workbook of %d rows: %.1f MB\n", n, float64(size)/1e6)
	held := watch()
	began := time.Now()
	imp, err := b.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": "people.xlsx", "size": size})
	if err != nil {
		return err
	}
	if err := upload(imp["upload"].(map[string]any), path); err != nil {
		return err
	}
	path = "/v1/imports/" + imp["id"].(string)
	if _, err := b.call("GET", path, nil); err != nil {
		return err
	}
	uploaded := time.Since(began)
	previewed, err := b.phase(path, "preview", nil)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	var person sync.WaitGroup
	var meanwhile []time.Duration
	person.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
			at := time.Now()
			if _, _, err := b.do("POST", "/v1/contacts", map[string]any{"firstName": fmt.Sprint("Meanwhile ", i)}); err == nil {
				meanwhile = append(meanwhile, time.Since(at))
			}
		}
	})
	ran, err := b.phase(path, "run", nil)
	close(stop)
	person.Wait()
	if err != nil {
		return err
	}
	fmt.Printf("import: upload and guess %.1f s, preview %.1f s, run %.1f s\n", uploaded.Seconds(), previewed.Seconds(), ran.Seconds())
	fmt.Println("at most in memory:", held.end())
	if len(meanwhile) > 0 {
		slices.Sort(meanwhile)
		fmt.Printf("create during the run: %d, p50 %v, p99 %v\n", len(meanwhile), meanwhile[len(meanwhile)/2], meanwhile[len(meanwhile)*99/100])
	}
	return nil
}

// phase starts a part of an import and waits for its end.
func (b *bench) phase(path, phase string, body any) (time.Duration, error) {
	began, cpu := time.Now(), processor()
	if _, err := b.call("POST", path+"/"+phase, body); err != nil {
		return 0, err
	}
	for {
		imp, err := b.call("GET", path, nil)
		if err != nil {
			return 0, err
		}
		switch imp["state"] {
		case "queued", "running":
			time.Sleep(100 * time.Millisecond)
		case "previewed", "done":
			fmt.Printf("%s: %.1f s of CPU; %v\n", phase, (processor() - cpu).Seconds(), imp["counts"])
			return time.Since(began), nil
		default:
			return 0, fmt.Errorf("%s ended %v: %v", phase, imp["state"], imp["failure"])
		}
	}
}

// rows measures the operations one after the other, then with eight clients at once.
func (b *bench) rows(requests int, words []string, only, profile string) error {
	made, err := b.call("POST", "/v1/contacts", map[string]any{"firstName": "Patched"})
	if err != nil {
		return err
	}
	id := made["id"].(string)
	type operation struct {
		name string
		do   func(i int) (int, []byte, error)
	}
	operations := []operation{
		{"create", func(i int) (int, []byte, error) {
			return b.do("POST", "/v1/contacts", map[string]any{"firstName": "Bench", "lastName": fmt.Sprint("Nr ", i),
				"emails": []any{map[string]any{"address": fmt.Sprintf("bench%d.%d@example.org", i, time.Now().UnixNano())}}})
		}},
		{"patch", func(i int) (int, []byte, error) {
			return b.do("PATCH", "/v1/contacts/"+id, map[string]any{"nickname": fmt.Sprint(i, time.Now().UnixNano())}, "If-Match", "*")
		}},
		{"get", func(int) (int, []byte, error) { return b.do("GET", "/v1/contacts/"+id, nil) }},
		{"list, first page of 50 with total", func(int) (int, []byte, error) { return b.do("GET", "/v1/contacts?count=true", nil) }},
		{"list, three filters, sorted", func(int) (int, []byte, error) {
			return b.do("GET", "/v1/contacts?count=true&sort=-birthDate&q=type:member%20status:active%20town:Gent", nil)
		}},
		{"search, 3 letters", func(i int) (int, []byte, error) {
			return b.do("GET", "/v1/contacts?count=true&q="+words[i%len(words)][:3], nil)
		}},
		{"search, full name", func(i int) (int, []byte, error) {
			return b.do("GET", "/v1/contacts?count=true&q="+words[i%len(words)]+"%20"+words[(i+7)%len(words)], nil)
		}},
		{"search, one typo", func(i int) (int, []byte, error) {
			return b.do("GET", "/v1/contacts?q="+words[i%len(words)][:4]+words[i%len(words)][3:], nil)
		}},
		{"global box", func(i int) (int, []byte, error) { return b.do("GET", "/v1/search?q="+words[i%len(words)], nil) }},
	}
	operations = slices.DeleteFunc(operations, func(o operation) bool { return !strings.Contains(o.name, only) })
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Printf("\n%-36s %10s %10s %10s %10s\n", "one client", "ops/s", "CPU ms", "p50 ms", "p99 ms")
	for _, op := range operations {
		if err := measure(op.name, requests, 1, op.do); err != nil {
			return err
		}
	}
	pprof.StopCPUProfile()
	fmt.Printf("\n%-36s %10s %10s %10s %10s\n", "eight clients", "ops/s", "CPU ms", "p50 ms", "p99 ms")
	for _, op := range operations {
		if err := measure(op.name, requests, 8, op.do); err != nil {
			return err
		}
	}
	return nil
}

func measure(name string, requests, clients int, do func(int) (int, []byte, error)) error {
	for i := range 5 {
		if status, raw, err := do(i); err != nil || status >= 400 {
			return fmt.Errorf("%s: %d %s %w", name, status, raw, err)
		}
	}
	took := make([]time.Duration, requests)
	var group sync.WaitGroup
	cpu, began := processor(), time.Now()
	for c := range clients {
		group.Go(func() {
			for i := c; i < requests; i += clients {
				at := time.Now()
				_, _, _ = do(i)
				took[i] = time.Since(at)
			}
		})
	}
	group.Wait()
	wall, used := time.Since(began), processor()-cpu
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("%-36s %10.0f %10.2f %10.2f %10.2f\n", name, float64(requests)/wall.Seconds(), ms(used)/float64(requests), ms(took[requests/2]), ms(took[requests*99/100]))
	return nil
}

// processor is the CPU time the process has used.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// names are some that people of the workbook have, in plain letters.
func names(n int) []string {
	var all []string
	people := population.New(seed, n)
	for len(all) < 16 {
		if name := people.Next().LastName; len(name) > 5 && !strings.ContainsFunc(name, func(r rune) bool { return r > 'z' || r == '\'' }) {
			all = append(all, name)
		}
	}
	return all
}
