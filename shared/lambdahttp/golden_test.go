package lambdahttp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/lambdahttp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tell writes down everything of a request a handler can see.
func tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s\n", r.Method, r.RequestURI)
	fmt.Fprintf(w, "path %q query %q url %q\n", r.URL.Path, r.URL.RawQuery, r.URL)
	fmt.Fprintf(w, "host %q remote %q length %d\n", r.Host, r.RemoteAddr, r.ContentLength)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "header %s %q\n", name, r.Header[name])
	}
	for _, c := range r.Cookies() {
		fmt.Fprintf(w, "cookie %s %q\n", c.Name, c.Value)
	}
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		fmt.Fprintf(w, "value %s %q\n", name, query[name])
	}
	fmt.Fprintf(w, "body %q %v\n", body, err)
}

// TestGoldenEvents shows each event of testdata to a handler and compares what it saw.
func TestGoldenEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d events: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var event events.APIGatewayV2HTTPRequest
			if err := json.Unmarshal(raw, &event); err != nil {
				t.Fatal(err)
			}
			answer, err := lambdahttp.Handler(http.HandlerFunc(tell))(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%d %s\n%s\n", answer.StatusCode, answer.Headers["Content-Type"], answer.Body)
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzEvent gives the adapter any path, query, header and body: it must answer, and the path must not spill into the query.
func FuzzEvent(f *testing.F) {
	f.Add("/a b", "q=1", "x", "body", false)
	f.Add("/100%?#", "a=%zz#", "\n", "%%", true)
	f.Add("", "", "", "", false)
	f.Fuzz(func(t *testing.T, path, query, header, body string, encoded bool) {
		event := events.APIGatewayV2HTTPRequest{
			RawPath: path, RawQueryString: query, Body: body, IsBase64Encoded: encoded,
			Headers: map[string]string{"x-any": header},
		}
		event.RequestContext.HTTP.Method = "POST"
		event.RequestContext.DomainName = header
		r, err := lambdahttp.Request(t.Context(), event)
		if err != nil {
			if !encoded {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if query == "" && r.URL.RawQuery != "" {
			t.Errorf("path %q spilled into the query %q", path, r.URL.RawQuery)
		}
		got, err := io.ReadAll(r.Body)
		if err != nil || !encoded && !bytes.Equal(got, []byte(body)) {
			t.Errorf("body %q became %q, %v", body, got, err)
		}
		if r.Header.Get("X-Any") != header || len(r.Header.Values("X-Any")) != 1 {
			t.Errorf("header %q became %q", header, r.Header.Values("X-Any"))
		}
	})
}
