package sqsqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
	"github.com/muster-crm/muster/shared/queue/queuetest"
	"github.com/muster-crm/muster/shared/queue/sqsqueue"
)

var quiet = slog.New(slog.DiscardHandler)

// standIn speaks SQS's JSON protocol as far as sending goes and gives what was sent to a Lambda handler by SQS's
// rules, on a clock of its own.
type standIn struct {
	t      *testing.T
	url    string
	now    time.Duration
	sent   int
	held   []*held
	dead   []queue.Message
	calls  int
	answer func(w http.ResponseWriter) bool // answers instead when it gives true
}

type held struct {
	record   events.SQSMessage
	due      time.Duration
	receives int
}

// request is SendMessageBatch.
type request struct {
	QueueUrl string
	Entries  []struct {
		Id                string
		MessageBody       string
		DelaySeconds      int
		MessageAttributes map[string]struct{ DataType, StringValue string }
	}
}

func start(t *testing.T) (*standIn, *sqsqueue.Queue) {
	t.Helper()
	s := &standIn{t: t}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/123456789012/jobs"
	values := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL": server.URL}
	cfg, err := awsenv.Load(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return s, sqsqueue.New(cfg, s.url)
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls++
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if s.answer != nil && s.answer(w) {
		return
	}
	var in request
	err := json.NewDecoder(r.Body).Decode(&in)
	switch {
	case err != nil, r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch", in.QueueUrl != s.url,
		!strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/"):
		s.t.Errorf("request %q for %q: %v", r.Header.Get("X-Amz-Target"), in.QueueUrl, err)
		refuse(w, http.StatusBadRequest, "UnsupportedOperation")
		return
	case len(in.Entries) == 0:
		refuse(w, http.StatusBadRequest, "EmptyBatchRequest")
		return
	case len(in.Entries) > 10:
		refuse(w, http.StatusBadRequest, "TooManyEntriesInBatchRequest")
		return
	}
	size := 0
	done := []map[string]string{}
	for _, e := range in.Entries {
		s.sent++
		id := fmt.Sprintf("message-%d", s.sent)
		record := events.SQSMessage{MessageId: id, Body: e.MessageBody, MessageAttributes: map[string]events.SQSMessageAttribute{}}
		size += len(e.MessageBody)
		for name, a := range e.MessageAttributes {
			size += len(name) + len(a.DataType) + len(a.StringValue)
			record.MessageAttributes[name] = events.SQSMessageAttribute{DataType: a.DataType, StringValue: &a.StringValue}
		}
		s.held = append(s.held, &held{record: record, due: s.now + time.Duration(e.DelaySeconds)*time.Second})
		done = append(done, map[string]string{"Id": e.Id, "MessageId": id})
	}
	if size > 262144 {
		s.t.Errorf("a request of %d bytes", size)
	}
	json.NewEncoder(w).Encode(map[string]any{"Successful": done, "Failed": []any{}})
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": "refused"})
}

// advance lets time pass second by second and gives what is due to the function in batches, as the event source
// mapping does.
func (s *standIn) advance(handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error), d time.Duration) {
	s.give(handle)
	for end := s.now + d; s.now < end; {
		s.now += time.Second
		s.give(handle)
	}
}

func (s *standIn) give(handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)) {
	for {
		var event events.SQSEvent
		batch := map[string]*held{}
		for _, h := range s.held {
			if h.due <= s.now && len(batch) < 10 {
				h.receives++
				h.due = s.now + queuetest.Visibility
				record := h.record
				record.Attributes = map[string]string{"ApproximateReceiveCount": strconv.Itoa(h.receives)}
				event.Records = append(event.Records, record)
				batch[record.MessageId] = h
			}
		}
		if len(batch) == 0 {
			return
		}
		answer, err := handle(s.t.Context(), event)
		if err != nil {
			s.t.Errorf("the function failed: %v", err)
			continue
		}
		failed := map[string]bool{}
		for _, f := range answer.BatchItemFailures {
			if batch[f.ItemIdentifier] == nil {
				s.t.Errorf("%q is reported as failed and was not given", f.ItemIdentifier)
			}
			failed[f.ItemIdentifier] = true
		}
		var keep []*held
		for _, h := range s.held {
			switch {
			case batch[h.record.MessageId] == nil || failed[h.record.MessageId] && h.receives < queuetest.MaxReceives:
				keep = append(keep, h)
			case failed[h.record.MessageId]:
				m := queue.Message{Body: []byte(h.record.Body)}
				if hops := h.record.MessageAttributes["hops"].StringValue; hops != nil {
					m.Hops, _ = strconv.Atoi(*hops)
				}
				s.dead = append(s.dead, m)
			}
		}
		s.held = keep
	}
}

func TestSuite(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, handle queue.Handler, body func(*testing.T, queuetest.Rig)) {
		s, q := start(t)
		function := sqsqueue.Consume(handle, quiet)
		body(t, queuetest.Rig{Queue: q,
			Advance: func(d time.Duration) { s.advance(function, d) },
			Dead:    func() []queue.Message { return s.dead }})
	})
}

func TestManyMessagesTakeFewRequests(t *testing.T) {
	s, q := start(t)
	messages := make([]queue.Message, 25)
	for i := range messages {
		messages[i].Body = []byte("x")
	}
	if err := q.Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
	if s.calls != 3 || s.sent != 25 {
		t.Errorf("25 messages took %d requests, %d arrived", s.calls, s.sent)
	}
}

func TestRefusals(t *testing.T) {
	status := func(code int, name string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool { refuse(w, code, name); return true }
	}
	partly := func(senderFault bool) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool {
			fmt.Fprintf(w, `{"Successful":[],"Failed":[{"Id":"0","Code":"SomeCode","SenderFault":%t}]}`, senderFault)
			return true
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter) bool
		kind   fault.Kind
		calls  int
	}{
		"unavailable":       {status(http.StatusServiceUnavailable, "ServiceUnavailable"), fault.Unavailable, 3},
		"throttled":         {status(http.StatusBadRequest, "RequestThrottled"), fault.Unavailable, 3},
		"no such queue":     {status(http.StatusBadRequest, "QueueDoesNotExist"), fault.Internal, 1},
		"no right":          {status(http.StatusForbidden, "AccessDenied"), fault.Internal, 1},
		"one failed there":  {partly(false), fault.Unavailable, 1},
		"one is not taken":  {partly(true), fault.Internal, 1},
		"garbage in answer": {func(w http.ResponseWriter) bool { fmt.Fprint(w, "<html>"); return true }, fault.Unavailable, 1},
	} {
		s, q := start(t)
		s.answer = c.answer
		err := q.Send(t.Context(), queue.Message{Body: []byte("secret content")})
		if !errors.Is(err, c.kind) || s.calls != c.calls {
			t.Errorf("%s: %v after %d requests, want %s after %d", name, err, s.calls, c.kind, c.calls)
		}
		if err != nil && strings.Contains(err.Error(), "secret content") {
			t.Errorf("%s: the error tells the body", name)
		}
	}
}

func TestWhatCannotBeFinishedInTimeIsNotBegun(t *testing.T) {
	calls := 0
	function := sqsqueue.Consume(func(context.Context, queue.Message) error { calls++; return nil }, quiet)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(sqsqueue.Reserve/2))
	defer cancel()
	answer, err := function(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a"}, {MessageId: "b"}}})
	if err != nil || calls != 0 || len(answer.BatchItemFailures) != 2 {
		t.Errorf("%d calls, %+v, %v", calls, answer, err)
	}
}

// An event as Lambda gives it, of a message put in by hand.
func TestEventOfLambda(t *testing.T) {
	const event = `{"Records":[{"messageId":"19dd0b57-b21e-4ac1-bd88-01bbb068cb78","receiptHandle":"MessageReceiptHandle",
		"body":"Hello","attributes":{"ApproximateReceiveCount":"2","SentTimestamp":"1523232000000","SenderId":"123456789012",
		"ApproximateFirstReceiveTimestamp":"1523232000001"},"messageAttributes":{"hops":{"stringValue":"7","dataType":"Number",
		"stringListValues":[],"binaryListValues":[]}},"md5OfBody":"7b270e59b47ff90a553787216d55d91d","eventSource":"aws:sqs",
		"eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:MyQueue","awsRegion":"us-east-1"},
		{"messageId":"two","body":"x","attributes":{"ApproximateReceiveCount":"?"},"messageAttributes":{"hops":{"stringValue":"-7","dataType":"Number"}}}]}`
	var in events.SQSEvent
	if err := json.Unmarshal([]byte(event), &in); err != nil {
		t.Fatal(err)
	}
	var came []queue.Message
	answer, err := sqsqueue.Consume(func(_ context.Context, m queue.Message) error {
		came = append(came, m)
		if m.ID == "two" {
			return errors.New("no")
		}
		return nil
	}, quiet)(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := []queue.Message{{ID: "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", Body: []byte("Hello"), Hops: 7, Attempt: 2},
		{ID: "two", Body: []byte("x"), Attempt: 1}}
	if diff := cmp.Diff(want, came); diff != "" {
		t.Errorf("(-want +came):\n%s", diff)
	}
	text, err := json.Marshal(answer)
	if err != nil || string(text) != `{"batchItemFailures":[{"itemIdentifier":"two"}]}` {
		t.Errorf("answer %s, %v", text, err)
	}
	// Without a failure the list is there and empty.
	answer, _ = sqsqueue.Consume(func(context.Context, queue.Message) error { return nil }, quiet)(t.Context(), in)
	if text, _ := json.Marshal(answer); string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s", text)
	}
}
