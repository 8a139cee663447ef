package dynamostore_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/dynamostore"
)

// standIn gives a store whose endpoint answers every request as told, and a count of the requests.
func standIn(t *testing.T, answer http.HandlerFunc) (store.Store, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return dynamostore.Open(clientOf(server.URL), table, nil, someday()), &requests
}

func answering(status int, code string, more map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answerError(w, status, code, more) }
}

func dropping(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// cancelled answers a transaction with reasons, each a code and the stored item or nothing.
func cancelled(reasons ...map[string]any) http.HandlerFunc {
	return answering(http.StatusBadRequest, "TransactionCanceledException", map[string]any{"CancellationReasons": reasons})
}

func reason(code string) map[string]any { return map[string]any{"Code": code} }

func stored(code, item string) map[string]any {
	return map[string]any{"Code": code, "Item": json.RawMessage(item)}
}

// What a write may end in.
const (
	busy    = "busy"
	unknown = "unknown"
	refused = "refused"
	failed  = "failed"
	plain   = "another error"
)

func outcome(err error) string {
	_, isRefused := errors.AsType[*store.Refused](err)
	_, isFailed := errors.AsType[*store.Failed](err)
	switch {
	case err == nil:
		return "success"
	case errors.Is(err, store.ErrBusy):
		return busy
	case errors.Is(err, store.ErrUnknown):
		return unknown
	case isRefused:
		return refused
	case isFailed:
		return failed
	}
	return plain
}

var ops = []store.Op{
	{Kind: store.Put, Key: store.Key{Partition: "p", Sort: "a"}},
	{Kind: store.Delete, Key: store.Key{Partition: "p", Sort: "b"}, Expect: 3},
	{Kind: store.Check, Key: store.Key{Partition: "p", Sort: "c"}, Expect: 4},
}

// TestWriteErrors answers writes with everything DynamoDB may answer. Each write is one request.
func TestWriteErrors(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"conflict":             {cancelled(reason("None"), reason("TransactionConflict"), reason("None")), busy},
		"throttled inside":     {cancelled(reason("ThrottlingError"), reason("None"), reason("ProvisionedThroughputExceeded")), busy},
		"failed and conflict":  {cancelled(reason("TransactionConflict"), reason("ConditionalCheckFailed"), reason("None")), failed},
		"invalid inside":       {cancelled(reason("ValidationError"), reason("None"), reason("None")), plain},
		"invalid and conflict": {cancelled(reason("ValidationError"), reason("TransactionConflict"), reason("None")), plain},
		"no reasons":           {cancelled(), plain},
		"damaged item":         {cancelled(stored("ConditionalCheckFailed", `{"pk": {"S": "p"}}`)), plain},
		"throughput":           {answering(400, "ProvisionedThroughputExceededException", nil), busy},
		"throttling":           {answering(400, "ThrottlingException", nil), busy},
		"account limit":        {answering(400, "RequestLimitExceeded", nil), busy},
		"in progress":          {answering(400, "TransactionInProgressException", nil), unknown},
		"another batch":        {answering(400, "IdempotentParameterMismatchException", nil), refused},
		"invalid":              {answering(400, "ValidationException", nil), plain},
		"no table":             {answering(400, "ResourceNotFoundException", nil), plain},
		"no right":             {answering(400, "AccessDeniedException", nil), plain},
		"server error":         {answering(500, "InternalServerError", nil), unknown},
		"unavailable":          {answering(503, "ServiceUnavailable", nil), unknown},
		"no words":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, unknown},
		"dropped":              {dropping, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			s, requests := standIn(t, c.answer)
			err := s.Apply(t.Context(), store.Batch{Token: "t", Ops: ops})
			if got := outcome(err); got != c.want {
				t.Errorf("%s, want %s: %v", got, c.want, err)
			}
			if requests.Load() != 1 {
				t.Errorf("%d requests", requests.Load())
			}
		})
	}
}

// TestFailures tells what the conditions found: an item, nothing, and an expired item, which is nothing.
func TestFailures(t *testing.T) {
	live := `{"pk": {"B": "cA=="}, "sk": {"B": "YQ=="}, "rev": {"N": "12"}, "val": {"B": "eA=="}, "exp": {"N": "99999999999"}}`
	expired := `{"pk": {"B": "cA=="}, "sk": {"B": "Yw=="}, "rev": {"N": "4"}, "val": {"B": ""}, "exp": {"N": "1"}}`
	s, _ := standIn(t, cancelled(stored("ConditionalCheckFailed", live), reason("ConditionalCheckFailed"), stored("ConditionalCheckFailed", expired)))
	err := s.Apply(t.Context(), store.Batch{Token: "t", Ops: ops})
	answer, ok := errors.AsType[*store.Failed](err)
	if !ok || len(answer.Failures) != 3 {
		t.Fatal(err)
	}
	for i, f := range answer.Failures {
		if f.Index != i || f.Key != ops[i].Key || (f.Current != nil) != (i == 0) {
			t.Errorf("failure %d: %+v", i, f)
		}
	}
	if c := answer.Failures[0].Current; c.Key != ops[0].Key || c.Revision != 12 || string(c.Value) != "x" || c.Expires.Unix() != 99999999999 {
		t.Errorf("current: %+v", c)
	}
}

// TestContextEnds cancels while a request is under way: a write's outcome is not known, a read's does not matter.
func TestContextEnds(t *testing.T) {
	for name, call := range map[string]func(context.Context, store.Store) error{
		"apply": func(ctx context.Context, s store.Store) error {
			return s.Apply(ctx, store.Batch{Token: "t", Ops: ops})
		},
		"get": func(ctx context.Context, s store.Store) error {
			_, err := s.Get(ctx, store.Each, ops[0].Key)
			return err
		},
		"query": func(ctx context.Context, s store.Store) error {
			_, err := s.Query(ctx, store.Query{Partition: "p"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s, requests := standIn(t, func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-t.Context().Done()
				panic(http.ErrAbortHandler)
			})
			err := call(ctx, s)
			if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknown) != (name == "apply") || requests.Load() != 1 {
				t.Errorf("%v after %d requests", err, requests.Load())
			}
		})
	}
}

// TestReadErrors answers reads with what may pass, which is asked again, and with what does not.
func TestReadErrors(t *testing.T) {
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		want     string
		requests int64
	}{
		"throttled": {answering(400, "ThrottlingException", nil), busy, 6},
		"conflict":  {cancelled(reason("None"), reason("TransactionConflict")), busy, 6},
		"dropped":   {dropping, busy, 6},
		"server":    {answering(500, "InternalServerError", nil), busy, 6},
		"invalid":   {answering(400, "ValidationException", nil), plain, 1},
		"cancelled": {cancelled(reason("None"), reason("ValidationError")), plain, 1},
		"damaged": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.Write([]byte(`{"Responses": [{"Item": {"pk": {"B": "cA=="}, "sk": {"B": "YQ=="}, "rev": {"N": "1.5"}, "val": {"B": ""}}}]}`))
		}, plain, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, requests := standIn(t, c.answer)
			_, err := s.Get(t.Context(), store.Together, ops[0].Key, ops[1].Key)
			if got := outcome(err); got != c.want || requests.Load() != c.requests {
				t.Errorf("%s after %d requests, want %s after %d: %v", got, requests.Load(), c.want, c.requests, err)
			}
		})
	}
}

// TestReadRecovers answers well after some trouble, and leaves keys for later one at a time.
func TestReadRecovers(t *testing.T) {
	var asked atomic.Int64
	s, requests := standIn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		switch asked.Add(1) {
		case 1:
			answerError(w, http.StatusBadRequest, "ProvisionedThroughputExceededException", nil)
		case 2:
			panic(http.ErrAbortHandler)
		case 3:
			w.Write([]byte(`{"Responses": {"muster-test": [{"pk": {"B": "cA=="}, "sk": {"B": "YQ=="}, "rev": {"N": "1"}, "val": {"B": ""}}]},
				"UnprocessedKeys": {"muster-test": {"Keys": [{"pk": {"B": "cA=="}, "sk": {"B": "Yg=="}}]}}}`))
		default:
			var request struct {
				RequestItems map[string]struct {
					Keys []map[string]map[string]string
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
				t.Error(err)
			}
			want := []map[string]map[string]string{{"pk": {"B": "cA=="}, "sk": {"B": "Yg=="}}}
			if diff := cmp.Diff(want, request.RequestItems["muster-test"].Keys); diff != "" {
				t.Errorf("asked again for more than was left: %s", diff)
			}
			w.Write([]byte(`{"Responses": {"muster-test": [{"pk": {"B": "cA=="}, "sk": {"B": "Yg=="}, "rev": {"N": "2"}, "val": {"B": ""}}]}}`))
		}
	})
	items, err := s.Get(t.Context(), store.Each, ops[0].Key, ops[1].Key)
	if err != nil || requests.Load() != 4 || items[0].Revision != 1 || items[1].Revision != 2 {
		t.Errorf("%v, %v after %d requests", items, err, requests.Load())
	}
}
