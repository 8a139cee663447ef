package dynamostore_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore"
	"github.com/muster-crm/muster/shared/store/storetest"
)

// proxy stands between the store and DynamoDB Local and lets requests go wrong: each fault at the first opportunity, and
// then at random, never more than three in a row.
type proxy struct {
	backend string

	mu     sync.Mutex
	random *rand.Rand
	row    int
	counts map[string]int
}

// next says what goes wrong with a request; "" is nothing.
func (p *proxy) next(operation string) string {
	faults := []string{"throttled", "lost before", "lost after", "server error"}
	switch operation {
	case "TransactWriteItems", "TransactGetItems":
		faults = append(faults, "conflict")
	case "BatchGetItem":
		faults = append(faults, "unprocessed")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := faults[p.random.IntN(len(faults))]
	if i := slices.IndexFunc(faults, func(f string) bool { return p.counts[f] == 0 }); i >= 0 {
		fault = faults[i]
	} else if p.random.IntN(8) > 0 {
		fault = ""
	}
	if p.row == 3 || fault == "" {
		p.row = 0
		p.counts["none"]++
		return ""
	}
	p.row++
	p.counts[fault]++
	return fault
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch p.next(operation) {
	case "throttled":
		answerError(w, http.StatusBadRequest, "ProvisionedThroughputExceededException", nil)
	case "conflict":
		var request struct{ TransactItems []any }
		if err := json.Unmarshal(body, &request); err != nil {
			panic(err)
		}
		reasons := make([]map[string]string, len(request.TransactItems))
		for i := range reasons {
			reasons[i] = map[string]string{"Code": "None"}
		}
		reasons[len(reasons)/2]["Code"] = "TransactionConflict"
		answerError(w, http.StatusBadRequest, "TransactionCanceledException", map[string]any{"CancellationReasons": reasons})
	case "server error":
		answerError(w, http.StatusInternalServerError, "InternalServerError", nil)
	case "unprocessed":
		p.halve(w, r, body)
	case "lost before":
		panic(http.ErrAbortHandler) // drops the connection
	case "lost after":
		p.forward(r, body)
		panic(http.ErrAbortHandler)
	default:
		status, answer := p.forward(r, body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		w.Write(answer)
	}
}

// forward asks DynamoDB Local.
func (p *proxy) forward(r *http.Request, body []byte) (status int, answer []byte) {
	request, err := http.NewRequest(http.MethodPost, p.backend, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header = maps.Clone(r.Header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	if answer, err = io.ReadAll(response.Body); err != nil {
		panic(err)
	}
	return response.StatusCode, answer
}

// halve processes only the first half of the keys of a BatchGetItem.
func (p *proxy) halve(w http.ResponseWriter, r *http.Request, body []byte) {
	type keys struct {
		ConsistentRead bool
		Keys           []json.RawMessage
	}
	var request, left struct{ RequestItems map[string]keys }
	if err := json.Unmarshal(body, &request); err != nil {
		panic(err)
	}
	left.RequestItems = map[string]keys{}
	for table, asked := range request.RequestItems {
		half := (len(asked.Keys) + 1) / 2
		if half < len(asked.Keys) {
			left.RequestItems[table] = keys{asked.ConsistentRead, asked.Keys[half:]}
		}
		asked.Keys = asked.Keys[:half]
		request.RequestItems[table] = asked
	}
	body, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	status, answer := p.forward(r, body)
	var fields map[string]any
	if err := json.Unmarshal(answer, &fields); err != nil {
		panic(err)
	}
	fields["UnprocessedKeys"] = left.RequestItems
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(fields)
}

// answerError answers as DynamoDB does.
func answerError(w http.ResponseWriter, status int, code string, more map[string]any) {
	fields := map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": "as the test asks", "Message": "as the test asks"}
	maps.Copy(fields, more)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(fields)
}

// TestSuiteThroughFaults runs the suite behind the proxy. A caller that tries again what was busy and sends again what
// is not known notices nothing.
func TestSuiteThroughFaults(t *testing.T) {
	_, endpoint := local(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p := &proxy{backend: endpoint, random: rand.New(rand.NewPCG(seed, 1)), counts: map[string]int{}}
	server := httptest.NewServer(p)
	defer server.Close()
	clk := someday()
	client := clientOf(server.URL)
	storetest.Run(t, storetest.Suite{
		Open: func(*testing.T) store.Store {
			return storetest.Patient(dynamostore.Open(client, table, nil, clk))
		},
		Clock:  clk,
		Effort: 200,
		Sample: 5,
	})
	t.Log(fmt.Sprint("requests by fault: ", p.counts))
	for _, fault := range []string{"none", "throttled", "conflict", "lost before", "lost after", "server error", "unprocessed"} {
		if p.counts[fault] == 0 {
			t.Errorf("no request met the fault %q", fault)
		}
	}
}
