// Package sesmail sends e-mail through Amazon SES (SendRawEmail).
//
// SES takes no idempotency token, so a request is tried again only when the first try surely sent nothing: the
// connection was never made, or SES said it came too fast. Any other failure without an answer is the fault
// mail_unknown, and the message's tag settles it: with a configuration set, SES publishes an event that bears it.
//
// SES puts its own Message-ID into what it sends; the id Send gives is the one bounces and complaints name.
// Needs the right ses:SendRawEmail for the sending identity.
package sesmail

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail"
)

// TagName is the name of the SES tag that holds a message's tag.
const TagName = "muster"

// Sender is a mail.Sender through SES.
type Sender struct {
	client *ses.Client
	clock  clock.Clock
	set    *string
}

var _ mail.Sender = (*Sender)(nil)

// New makes a sender. configurationSet is the set whose events tell what became of messages; "" is none.
func New(cfg aws.Config, clock clock.Clock, configurationSet string) *Sender {
	s := &Sender{clock: clock, client: ses.NewFromConfig(cfg, func(o *ses.Options) { o.Retryer = cautious{o.Retryer} })}
	if configurationSet != "" {
		s.set = &configurationSet
	}
	return s
}

// Send implements mail.Sender.
func (s *Sender) Send(ctx context.Context, m mail.Message) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m, raw, err := mail.Build(m, s.clock.Now())
	if err != nil {
		return "", err
	}
	in := &ses.SendRawEmailInput{Source: &m.From.Address, RawMessage: &types.RawMessage{Data: raw},
		ConfigurationSetName: s.set}
	for _, to := range m.To {
		in.Destinations = append(in.Destinations, to.Address)
	}
	if m.Tag != "" {
		in.Tags = []types.MessageTag{{Name: aws.String(TagName), Value: &m.Tag}}
	}
	out, err := s.client.SendRawEmail(ctx, in)
	if err != nil {
		return "", failed(err)
	}
	return aws.ToString(out.MessageId), nil
}

// cautious is a retryer that repeats only what surely sent nothing.
type cautious struct{ aws.Retryer }

func (c cautious) IsErrorRetryable(err error) bool {
	return (unsent(err) || throttled(code(err))) && c.Retryer.IsErrorRetryable(err)
}

// unsent tells whether the request never reached SES.
func unsent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func throttled(code string) bool {
	return code == "Throttling" || code == "ThrottlingException" || code == "TooManyRequestsException"
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// failed makes a fault of an error of the SDK's. SES's own texts quote addresses, so only codes are kept.
func failed(err error) error {
	var answer *awshttp.ResponseError
	status := 0
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	name := code(err)
	cause := errors.New("sesmail: " + name)
	switch {
	case throttled(name):
		f := fault.Wrap(fault.Exhausted, "mail_rate", cause)
		f.Retry = time.Second
		var api smithy.APIError
		if errors.As(err, &api) && strings.Contains(strings.ToLower(api.ErrorMessage()), "daily") {
			f.Code, f.Retry = "mail_quota", time.Hour // the quota is of any 24 hours: some is free again soon
		}
		return f
	case name == "MessageRejected", name == "InvalidParameterValue":
		return fault.Wrap(fault.Invalid, "mail_rejected", cause)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return fault.Wrap(fault.Internal, "mail_sender", cause) // identity, configuration set, pause, rights
	case unsent(err):
		return fault.Wrap(fault.Unavailable, "mail", errors.New("sesmail: no connection"))
	case answer == nil && !begun(err):
		return fault.Wrap(fault.Internal, "mail_sender", errors.New("sesmail: the request could not be made"))
	}
	return fault.Wrap(fault.Unavailable, "mail_unknown", cause)
}

// begun tells whether a request was on its way when it failed, rather than still being made and signed.
func begun(err error) bool {
	var sent *smithyhttp.RequestSendError
	var cancelled *aws.RequestCanceledError
	return errors.As(err, &sent) || errors.As(err, &cancelled)
}
