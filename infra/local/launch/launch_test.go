package launch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/local/datadir"
	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/launch"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

const declared = `
Resources:
  Api: {Type: AWS::Serverless::HttpApi, Properties: {}}
  Web:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/web, Timeout: 29, Events: {Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}}}
`

// options serve a page from a folder of the test's own.
func options(t *testing.T) launch.Options {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "template.yaml")
	if err := os.WriteFile(file, []byte(declared), 0o644); err != nil {
		t.Fatal(err)
	}
	return launch.Options{Addr: "127.0.0.1:0", Data: filepath.Join(dir, "data"), Template: file}
}

// stored is a product with a store.
func stored(events *[]string) launch.Wire {
	return func(_ context.Context, _ launch.Options, dir datadir.Dir, _ emulator.Site) (launch.Product, error) {
		s, err := boltstore.Open(dir.Store(), clock.System{})
		if err != nil {
			return launch.Product{}, err
		}
		*events = append(*events, fmt.Sprint("wired fresh=", dir.Fresh))
		web := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
		return launch.Product{
			Parts: emulator.Parts{Functions: map[string]emulator.Function{"web": {HTTP: web}}},
			Close: func() error {
				*events = append(*events, "closed")
				return s.Close()
			},
		}, nil
	}
}

func TestRun(t *testing.T) {
	o := options(t)
	var events []string
	wire := stored(&events)
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		err := launch.Run(ctx, o, &out, func(ctx context.Context, o launch.Options, dir datadir.Dir, site emulator.Site) (launch.Product, error) {
			p, err := wire(ctx, o, dir, site)
			p.Welcome = func(context.Context) ([]string, error) {
				defer cancel() // as Ctrl-C would
				resp, err := http.Get(site.URL)
				if err != nil {
					return nil, err
				}
				defer resp.Body.Close()
				page, err := io.ReadAll(resp.Body)
				events = append(events, "answered "+string(page))

				// Meanwhile a second one on the same data is told why it cannot.
				second := launch.Run(ctx, o, io.Discard, stored(&events))
				if second == nil || !strings.Contains(second.Error(), "another Muster is running on "+o.Data) {
					t.Errorf("a second one: %v", second)
				}
				return []string{"welcome"}, err
			}
			return p, err
		})
		if err != nil || !strings.HasPrefix(out.String(), "welcome\nhttp://localhost:") {
			t.Errorf("%v, said %q", err, out.String())
		}
	}
	want := []string{"wired fresh=true", "answered page", "closed", "wired fresh=false", "answered page", "closed"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRunClosesWhatItBuilt(t *testing.T) {
	o := options(t)
	var events []string
	broken := errors.New("broken")
	err := launch.Run(t.Context(), o, io.Discard, func(ctx context.Context, o launch.Options, dir datadir.Dir, site emulator.Site) (launch.Product, error) {
		p, err := stored(&events)(ctx, o, dir, site)
		p.Welcome = func(context.Context) ([]string, error) { return nil, broken }
		return p, err
	})
	if !errors.Is(err, broken) || events[len(events)-1] != "closed" {
		t.Errorf("%v, %v", err, events)
	}
	// Functions that do not fit the template.
	err = launch.Run(t.Context(), o, io.Discard, func(ctx context.Context, o launch.Options, dir datadir.Dir, site emulator.Site) (launch.Product, error) {
		p, err := stored(&events)(ctx, o, dir, site)
		p.Parts.Functions = nil
		return p, err
	})
	if err == nil || events[len(events)-1] != "closed" {
		t.Errorf("%v, %v", err, events)
	}
}

func TestMainTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args  []string
		code  int
		about string
	}{
		{[]string{"-help"}, 0, "-addr"},
		{[]string{"-nonsense"}, 2, "nonsense"},
		{[]string{"serve"}, 2, "serve"},
		{[]string{"-template", "/nowhere/template.yaml"}, 1, "/nowhere"},
	} {
		var log bytes.Buffer
		wire := func(context.Context, launch.Options, datadir.Dir, emulator.Site) (launch.Product, error) {
			return launch.Product{}, errors.New("wired")
		}
		if code := launch.Main(c.args, io.Discard, &log, wire); code != c.code || !strings.Contains(log.String(), c.about) {
			t.Errorf("%v: exit %d, %s", c.args, code, log.String())
		}
	}
}
