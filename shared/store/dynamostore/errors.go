package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"

	"github.com/muster-crm/muster/shared/store"
)

// Attempts at a read the table was too busy for: about a second altogether, less than people wait.
const (
	readAttempts = 6
	readPause    = 20 * time.Millisecond // doubled each time, and then a random part of it
)

// errUnprocessed says that the table left keys of a batch for later.
var errUnprocessed = errors.New("dynamostore: keys left for later")

// patiently tries a read again while another attempt may help, and says in the port's words why it failed in the end.
func patiently(ctx context.Context, read func() error) error {
	for attempt := 1; ; attempt++ {
		err := read()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errDamaged), !busy(err) && declined(err):
			return fmt.Errorf("dynamostore: read: %w", err)
		case attempt == readAttempts:
			return fmt.Errorf("%w: %w", store.ErrBusy, err) // throttled, or no answer at all
		}
		pause := time.NewTimer(rand.N(readPause << attempt))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

// writeError says in the port's words what is known after a write's error. Only an answer of the table's with a client
// error is certain to have had no effect; everything else, from a dropped connection to a server error, is unknown.
func writeError(err error, ops []store.Op, now time.Time) error {
	if err == nil {
		return nil
	}
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		failed, err := failures(cancelled.CancellationReasons, ops, now)
		if err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	if _, ok := errors.AsType[*types.IdempotentParameterMismatchException](err); ok {
		return &store.Refused{Reason: "the token of another batch"}
	}
	if _, ok := errors.AsType[*types.TransactionInProgressException](err); ok {
		return fmt.Errorf("%w: an attempt with this token is still running", store.ErrUnknown)
	}
	if busy(err) {
		return store.ErrBusy
	}
	if declined(err) {
		return fmt.Errorf("dynamostore: write: %w", err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// failures are the expectations among the reasons of a cancelled transaction; nil if none of them is one.
func failures(reasons []types.CancellationReason, ops []store.Op, now time.Time) (*store.Failed, error) {
	var failed *store.Failed
	for i, reason := range reasons {
		if aws.ToString(reason.Code) != "ConditionalCheckFailed" || i >= len(ops) {
			continue
		}
		failure := store.Failure{Index: i, Key: ops[i].Key}
		if len(reason.Item) > 0 {
			current, err := decode(reason.Item)
			if err != nil {
				return nil, err
			}
			if current.Live(now) {
				failure.Current = current
			}
		}
		if failed == nil {
			failed = &store.Failed{}
		}
		failed.Failures = append(failed.Failures, failure)
	}
	return failed, nil
}

// declined says whether the error is an answer of the table's that lays it on the request.
func declined(err error) bool {
	answer, ok := errors.AsType[*http.ResponseError](err)
	return ok && answer.HTTPStatusCode()/100 == 4
}

// busy says whether an answer means that nothing was done because of contention or throttling.
func busy(err error) bool {
	if errors.Is(err, errUnprocessed) {
		return true
	}
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		contended := false
		for _, reason := range cancelled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError":
				contended = true
			case "", "None":
			default:
				return false
			}
		}
		return contended
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
		"TransactionConflictException":
		return true
	}
	return false
}
