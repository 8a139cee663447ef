// Package sqsqueue sends messages to an SQS standard queue, and makes calls of the events Lambda gets from one
// (consume.go). Visibility, receives and dead letters are set on the queue, in the template.
//
// A body is sent as it is; hops travel in the number attribute "hops". Sending needs the right sqs:SendMessage.
package sqsqueue

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/queue"
)

// What one request may hold. SQS counts attributes too, hence the room left.
const (
	batchMessages = 10
	batchBytes    = 256 << 10
	hopsAttribute = "hops"
	hopsBytes     = 32
)

// Queue is a queue.Queue in SQS.
type Queue struct {
	url    string
	client *sqs.Client
}

var _ queue.Queue = (*Queue)(nil)

// New makes a queue over the SQS queue at that address.
func New(cfg aws.Config, url string) *Queue {
	return &Queue{url: url, client: sqs.NewFromConfig(cfg)}
}

// Send implements queue.Queue. It sends up to ten messages a request.
func (q *Queue) Send(ctx context.Context, messages ...queue.Message) error {
	if err := queue.Check(messages); err != nil {
		return err
	}
	for len(messages) > 0 {
		n := batch(messages)
		if err := q.send(ctx, messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// batch tells how many of the messages fit into one request: at least one.
func batch(messages []queue.Message) int {
	size := 0
	for i, m := range messages {
		size += len(m.Body) + hopsBytes
		if i > 0 && (i == batchMessages || size > batchBytes) {
			return i
		}
	}
	return len(messages)
}

func (q *Queue) send(ctx context.Context, messages []queue.Message) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		entries[i] = types.SendMessageBatchRequestEntry{
			Id:           aws.String(strconv.Itoa(i)),
			MessageBody:  aws.String(string(m.Body)),
			DelaySeconds: queue.Seconds(m.Delay),
		}
		if m.Hops > 0 {
			entries[i].MessageAttributes = map[string]types.MessageAttributeValue{hopsAttribute: {
				DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(m.Hops))}}
		}
	}
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	if err != nil {
		return failed(err)
	}
	if len(out.Failed) == 0 {
		return nil
	}
	f, kind := out.Failed[0], fault.Unavailable
	if f.SenderFault {
		kind = fault.Internal // we sent what SQS does not take: again would not help
	}
	return fault.Wrap(kind, "queue", errors.New("sqsqueue: message refused: "+aws.ToString(f.Code)))
}

// failed makes a fault of an error of the SDK's.
func failed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var throttled *types.RequestThrottled
	var answer *awshttp.ResponseError
	if !errors.As(err, &throttled) && errors.As(err, &answer) {
		status := answer.HTTPStatusCode()
		if status >= 400 && status < 500 && status != http.StatusTooManyRequests {
			return fault.Wrap(fault.Internal, "queue", err) // rights or a defect
		}
	}
	return fault.Wrap(fault.Unavailable, "queue", err)
}
