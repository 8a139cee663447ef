package sesmail_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/muster-crm/muster/shared/awsenv"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail/mailtest"
	"github.com/muster-crm/muster/shared/mail/sesmail"
)

// standIn speaks SES's query protocol as far as SendRawEmail goes.
type standIn struct {
	t      *testing.T
	server *httptest.Server
	set    string
	sent   []mailtest.Sent
	calls  atomic.Int64                     // a connection cut off ends a request while its handler still runs
	answer func(w http.ResponseWriter) bool // answers instead when it gives true
}

func start(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{t: t}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *standIn) sender(t *testing.T, pairs ...string) *sesmail.Sender {
	t.Helper()
	values := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL": s.server.URL}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	cfg, err := awsenv.Load(func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return sesmail.New(cfg, clock.At(mailtest.Now), "muster-events")
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := s.calls.Add(1)
	if s.answer != nil && s.answer(w) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 32<<20)
	err := r.ParseForm()
	f := r.PostForm
	if err != nil || f.Get("Action") != "SendRawEmail" || f.Get("Version") != "2010-12-01" ||
		!strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/") {
		s.t.Errorf("request %q: %v", f.Get("Action"), err)
		refuse(w, http.StatusBadRequest, "InvalidAction", "")
		return
	}
	raw, err := base64.StdEncoding.DecodeString(f.Get("RawMessage.Data"))
	if err != nil || len(raw) > 10<<20 {
		refuse(w, http.StatusBadRequest, "InvalidParameterValue", "")
		return
	}
	m := mailtest.Sent{ID: fmt.Sprintf("0102-%d", call), Raw: raw, From: f.Get("Source")}
	for i := 1; f.Has(fmt.Sprintf("Destinations.member.%d", i)); i++ {
		m.To = append(m.To, f.Get(fmt.Sprintf("Destinations.member.%d", i)))
	}
	if f.Get("Tags.member.1.Name") == sesmail.TagName {
		m.Tag = f.Get("Tags.member.1.Value")
	}
	s.set = f.Get("ConfigurationSetName")
	s.sent = append(s.sent, m)
	fmt.Fprintf(w, `<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>%s</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendRawEmailResponse>`, m.ID)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>%s</Code><Message>`, code)
	xml.EscapeText(w, []byte(message))
	fmt.Fprint(w, `</Message></Error><RequestId>r</RequestId></ErrorResponse>`)
}

func TestSuite(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) mailtest.Rig {
		s := start(t)
		return mailtest.Rig{Sender: s.sender(t), Sent: func() []mailtest.Sent { return s.sent }}
	})
}

func TestTagAndConfigurationSetReachSES(t *testing.T) {
	s := start(t)
	m := mailtest.Plain()
	m.Tag = "msg_01"
	if _, err := s.sender(t).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if s.set != "muster-events" || s.sent[0].Tag != "msg_01" {
		t.Errorf("set %q, tag %q", s.set, s.sent[0].Tag)
	}
}

// Which failures may be tried again is the heart of the driver: a second try of an accepted message is a second mail.
func TestRefusals(t *testing.T) {
	status := func(code int, name, message string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool { refuse(w, code, name, message); return true }
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter) bool
		kind   fault.Kind
		code   string
		calls  int64
	}{
		"too fast":  {status(400, "Throttling", "Maximum sending rate exceeded."), fault.Exhausted, "mail_rate", 3},
		"too many":  {status(400, "Throttling", "Daily message quota exceeded."), fault.Exhausted, "mail_quota", 3},
		"rejected":  {status(400, "MessageRejected", "Email address is not verified: jan@example.com"), fault.Invalid, "mail_rejected", 1},
		"malformed": {status(400, "InvalidParameterValue", "Illegal address jan@example.com"), fault.Invalid, "mail_rejected", 1},
		"domain":    {status(400, "MailFromDomainNotVerifiedException", "example.org"), fault.Internal, "mail_sender", 1},
		"paused":    {status(400, "AccountSendingPausedException", "paused"), fault.Internal, "mail_sender", 1},
		"set":       {status(400, "ConfigurationSetDoesNotExist", "set"), fault.Internal, "mail_sender", 1},
		"no right":  {status(403, "AccessDenied", "jan@example.com"), fault.Internal, "mail_sender", 1},
		"trouble":   {status(500, "InternalFailure", "trouble"), fault.Unavailable, "mail_unknown", 1},
		"overload":  {status(503, "ServiceUnavailable", "overload"), fault.Unavailable, "mail_unknown", 1},
		"a gateway": {func(w http.ResponseWriter) bool { w.WriteHeader(502); fmt.Fprint(w, "<html>bad gateway"); return true }, fault.Unavailable, "mail_unknown", 1},
		"no answer": {func(w http.ResponseWriter) bool { panic(http.ErrAbortHandler) }, fault.Unavailable, "mail_unknown", 1},
		"garbage":   {func(w http.ResponseWriter) bool { fmt.Fprint(w, "<Send"); return true }, fault.Unavailable, "mail_unknown", 1},
	} {
		s := start(t)
		s.answer = c.answer
		_, err := s.sender(t).Send(t.Context(), mailtest.Plain())
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != c.kind || f.Code != c.code || s.calls.Load() != c.calls {
			t.Errorf("%s: %v after %d requests, want %s %s after %d", name, err, s.calls.Load(), c.kind, c.code, c.calls)
			continue
		}
		if strings.Contains(err.Error(), "@") {
			t.Errorf("%s: the error tells an address: %v", name, err)
		}
		if c.kind == fault.Exhausted && f.Retry == 0 {
			t.Errorf("%s: no word on when to try again", name)
		}
	}
}

func TestARefusedConnectionSendsNothing(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + closed.Addr().String()
	closed.Close()
	s := start(t)
	_, err = s.sender(t, "AWS_ENDPOINT_URL", address).Send(t.Context(), mailtest.Plain())
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Code != "mail" {
		t.Errorf("no connection: %v", err)
	}
	_, err = s.sender(t, "AWS_SECRET_ACCESS_KEY", "").Send(t.Context(), mailtest.Plain())
	if !errors.As(err, &f) || f.Kind != fault.Internal || s.calls.Load() != 0 {
		t.Errorf("no credentials: %v after %d requests", err, s.calls.Load())
	}
}
