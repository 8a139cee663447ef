package sqsqueue

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/muster-crm/muster/shared/queue"
)

// Reserve is the time that must be left of a function's timeout for another message to be begun. What is not begun is
// reported as failed, so SQS gives it again.
const Reserve = 3 * time.Second

// Consume makes a Lambda handler for the events of a queue whose mapping has ReportBatchItemFailures: it calls handle
// for one message after the other, and names those that failed, so that only they come again. Failures are noted in
// log without the message's body.
func Consume(handle queue.Handler, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		failed := []events.SQSBatchItemFailure{}
		for _, record := range event.Records {
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < Reserve {
				failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
				continue
			}
			m := message(record)
			if err := queue.Call(ctx, handle, m); err != nil {
				log.WarnContext(ctx, "message failed", "message", m.ID, "attempt", m.Attempt, "error", err.Error())
				failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
			}
		}
		return events.SQSEventResponse{BatchItemFailures: failed}, nil
	}
}

// message reads a record. Messages of other senders (S3, SNS, a person in the console) have no hops.
func message(record events.SQSMessage) queue.Message {
	m := queue.Message{ID: record.MessageId, Body: []byte(record.Body), Attempt: 1}
	if n, err := strconv.Atoi(record.Attributes["ApproximateReceiveCount"]); err == nil && n > 0 {
		m.Attempt = n
	}
	if hops := record.MessageAttributes[hopsAttribute].StringValue; hops != nil {
		if n, err := strconv.Atoi(*hops); err == nil && n > 0 {
			m.Hops = n
		}
	}
	return m
}
