// Package mailtest holds what every mail.Sender must do.
package mailtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
)

// Now is the time a rig's clock stands at.
var Now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Sent is what a driver gave to the world.
type Sent struct {
	ID   string
	From string   // of the envelope; "" where the driver has none
	To   []string // of the envelope; nil where the driver has none
	Tag  string   // as the service keeps it; "" where it keeps none
	Raw  []byte
}

// Rig is a sender under test.
type Rig struct {
	Sender mail.Sender
	Sent   func() []Sent
}

// Run runs the suite. open makes a rig that has sent nothing.
func Run(t *testing.T, open func(t *testing.T) Rig) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, r Rig)
	}{
		{"a message arrives as it was written", arrives},
		{"forms of a body", bodies},
		{"any script", scripts},
		{"many recipients", recipients},
		{"one-click unsubscription", unsubscribe},
		{"nothing of a message becomes a header", injection},
		{"wrong messages", wrong},
		{"size", size},
		{"one message each", each},
		{"cancelled", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// Plain is a message without frills.
func Plain() mail.Message {
	return mail.Message{From: mail.Address{Name: "Harbour Club", Address: "office@example.org"},
		To: []mail.Address{{Address: "jan@example.com"}}, Subject: "Your invoice", Text: "Dear Jan,\n\nhere it is.\n"}
}

// deliver sends a message, checks its envelope and reads it.
func deliver(t *testing.T, r Rig, m mail.Message) (dirmail.Mail, Sent) {
	t.Helper()
	before := len(r.Sent())
	id, err := r.Sender.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	sent := r.Sent()
	if len(sent) != before+1 {
		t.Fatalf("sent %d messages", len(sent)-before)
	}
	last := sent[len(sent)-1]
	if id == "" || last.ID != id {
		t.Errorf("Send gives the id %q of the message %q", id, last.ID)
	}
	read, err := dirmail.Parse(last.Raw)
	if err != nil {
		t.Fatalf("%v in\n%s", err, last.Raw)
	}
	for i, line := range bytes.Split(last.Raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line %d is no line of a mail: %.80q", i, line)
		}
		for _, b := range line {
			if b >= 0x80 {
				t.Errorf("line %d is not ASCII: %.80q", i, line)
				break
			}
		}
	}
	return read, last
}

func arrives(t *testing.T, r Rig) {
	m := mail.Message{
		From:    mail.Address{Name: "Harbour Club", Address: "office@example.org"},
		ReplyTo: mail.Address{Name: "Treasurer", Address: "money@example.org"},
		To:      []mail.Address{{Name: "Jan Peeters", Address: "jan@example.com"}},
		Subject: "Your invoice",
		Text:    "Dear Jan,\n\nhere it is: https://example.org/i/1.\n" + strings.Repeat("long ", 500) + "\n.\nFrom here\n",
		HTML:    `<p>Dear Jan, <a href="https://example.org/pay?a=1&amp;b=2">pay</a> <img src="cid:logo"></p>`,
		Headers: map[string]string{"X-Entity": "club", "Precedence": "bulk"},
		Attachments: []mail.Attachment{
			{Name: "invoice.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.7\r\n\x00\xff")},
			{Name: "data", Data: []byte("x")},
			{Name: "logo.png", ContentType: "image/png", Data: bytes.Repeat([]byte("\x89PNG\r\n"), 100), ContentID: "logo"}},
		Tag: "msg_01jd-x",
	}
	got, sent := deliver(t, r, m)
	want := dirmail.Mail{Date: Now, From: m.From, ReplyTo: m.ReplyTo, To: m.To, Subject: m.Subject, Tag: m.Tag, Text: m.Text,
		HTML:  m.HTML,
		Links: []string{"https://example.org/pay?a=1&b=2", "https://example.org/i/1"},
		Attachments: []mail.Attachment{
			{Name: "logo.png", ContentType: "image/png", Data: m.Attachments[2].Data, ContentID: "logo"},
			{Name: "invoice.pdf", ContentType: "application/pdf", Data: m.Attachments[0].Data},
			{Name: "data", ContentType: "application/octet-stream", Data: []byte("x")}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(dirmail.Mail{}, "ID", "Header"), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	for name, value := range map[string]string{"X-Entity": "club", "Precedence": "bulk", "Mime-Version": "1.0", "User-Agent": "",
		"X-Mailer": "", "Bcc": ""} {
		if got := got.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if id := got.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.org>") {
		t.Errorf("Message-ID %q", id)
	}
	envelope(t, sent, "office@example.org", "jan@example.com")
	if sent.Tag != "" && sent.Tag != m.Tag {
		t.Errorf("the service keeps the tag %q", sent.Tag)
	}
}

func envelope(t *testing.T, s Sent, from string, to ...string) {
	t.Helper()
	if s.From != "" && s.From != from {
		t.Errorf("the envelope is from %q, want %q", s.From, from)
	}
	if s.To != nil {
		if diff := cmp.Diff(to, s.To); diff != "" {
			t.Errorf("the envelope is to (-want +got):\n%s", diff)
		}
	}
}

func bodies(t *testing.T, r Rig) {
	for name, body := range map[string][2]string{
		"text": {"only text\n", ""}, "html": {"", "<b>only html</b>"}, "both": {"text\n", "<b>html</b>"},
	} {
		m := Plain()
		m.Text, m.HTML = body[0], body[1]
		got, _ := deliver(t, r, m)
		if got.Text != m.Text || got.HTML != m.HTML || len(got.Attachments) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		m.Attachments = []mail.Attachment{{Name: "a.txt", ContentType: "text/plain", Data: []byte("attached")}}
		got, _ = deliver(t, r, m)
		if got.Text != m.Text || got.HTML != m.HTML || len(got.Attachments) != 1 || string(got.Attachments[0].Data) != "attached" {
			t.Errorf("%s with a file: %+v", name, got)
		}
	}
}

func scripts(t *testing.T, r Rig) {
	for _, word := range []string{"Zoë Müller-Łukasz", "Ωμέγα", "名前 テスト", "עברית", "👋🏽", `Quote "me", (please) <now>; ok: \`,
		"=?utf-8?q?encoded?=", strings.Repeat("ä", 90), "two  blanks"} {
		m := Plain()
		m.From.Name, m.To[0].Name, m.Subject, m.Text = word, word, word, word+"\n"
		m.Headers = map[string]string{"X-Word": word}
		m.Attachments = []mail.Attachment{{Name: "ü " + word + ".pdf", Data: []byte("x")}}
		got, _ := deliver(t, r, m)
		if got.Text != m.Text {
			t.Errorf("text %q became %q", m.Text, got.Text)
		}
		// What an encoded word says is no words for a person: only that it adds nothing matters.
		if strings.HasPrefix(word, "=?") {
			continue
		}
		if got.Subject != word || got.From.Name != word || got.To[0].Name != word {
			t.Errorf("%q became subject %q, from %q, to %q", word, got.Subject, got.From.Name, got.To[0].Name)
		}
		// Characters that no file name may hold are replaced.
		if !strings.Contains(word, `"`) && got.Attachments[0].Name != m.Attachments[0].Name {
			t.Errorf("file %q became %q", m.Attachments[0].Name, got.Attachments[0].Name)
		}
	}
	m := Plain()
	m.From.Address, m.To[0].Address = "büro@exämple.org", "jan@Bücher.example"
	if _, err := r.Sender.Send(t.Context(), m); !errors.Is(err, fault.Invalid) {
		t.Errorf("a sender outside ASCII: %v", err)
	}
	m.From.Address = "buero@exämple.org"
	got, sent := deliver(t, r, m)
	envelope(t, sent, "buero@xn--exmple-cua.org", "jan@xn--bcher-kva.example")
	if got.From.Address != "buero@xn--exmple-cua.org" || got.To[0].Address != "jan@xn--bcher-kva.example" {
		t.Errorf("from %q to %q", got.From.Address, got.To[0].Address)
	}
}

func recipients(t *testing.T, r Rig) {
	m := Plain()
	m.To = nil
	var want []string
	for i := range mail.MaxRecipients {
		m.To = append(m.To, mail.Address{Name: fmt.Sprintf("Member, number %d", i), Address: fmt.Sprintf("m%d@example.com", i)})
		want = append(want, m.To[i].Address)
	}
	got, sent := deliver(t, r, m)
	envelope(t, sent, "office@example.org", want...)
	if diff := cmp.Diff(m.To, got.To); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func unsubscribe(t *testing.T, r Rig) {
	m := Plain()
	m.Unsubscribe = "https://example.org/u?token=" + strings.Repeat("x", 300)
	got, _ := deliver(t, r, m)
	if value := got.Header.Get("List-Unsubscribe"); value != "<"+m.Unsubscribe+">" {
		t.Errorf("List-Unsubscribe %q", value)
	}
	if value := got.Header.Get("List-Unsubscribe-Post"); value != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post %q", value)
	}
}

// injection tries to add a header through every value.
func injection(t *testing.T, r Rig) {
	for _, evil := range []string{"a\r\nBcc: thief@example.net", "a\nBcc: thief@example.net", "a\rBcc: x", "a\x00b", "a\u2028b",
		"a\u0085b", "a\r\n\r\nbody", "\xff"} {
		for path, change := range map[string]func(*mail.Message){
			"from.name":      func(m *mail.Message) { m.From.Name = evil },
			"from":           func(m *mail.Message) { m.From.Address = "o@example.org" + evil },
			"replyTo.name":   func(m *mail.Message) { m.ReplyTo = mail.Address{Name: evil, Address: "a@example.org"} },
			"to[0]":          func(m *mail.Message) { m.To[0].Address = evil + "@example.com" },
			"to[0].name":     func(m *mail.Message) { m.To[0].Name = evil },
			"subject":        func(m *mail.Message) { m.Subject = "a" + evil + "b" },
			"unsubscribe":    func(m *mail.Message) { m.Unsubscribe = "https://example.org/" + evil },
			"headers":        func(m *mail.Message) { m.Headers = map[string]string{"X-A": evil} },
			"attachments[0]": func(m *mail.Message) { m.Attachments = []mail.Attachment{{Name: evil}} },
			"tag":            func(m *mail.Message) { m.Tag = evil },
		} {
			m := Plain()
			change(&m)
			refused(t, r, m, path)
		}
		for path, change := range map[string]func(*mail.Message){
			"headers":        func(m *mail.Message) { m.Headers = map[string]string{"X-A" + evil: "x"} },
			"attachments[0]": func(m *mail.Message) { m.Attachments = []mail.Attachment{{Name: "a", ContentType: "a/b" + evil}} },
		} {
			m := Plain()
			change(&m)
			refused(t, r, m, path)
		}
		m := Plain()
		m.Attachments = []mail.Attachment{{Name: "a", ContentID: evil}}
		refused(t, r, m, "attachments[0]")
	}
	for _, name := range []string{"Bcc", "bcc", "To", "From", "Return-Path", "Content-Type", "MIME-Version", "DKIM-Signature",
		"X-SES-SOURCE-ARN", "List-Unsubscribe", "x-muster-tag", "Resent-To", "", "X A", "X:A", "Ü"} {
		m := Plain()
		m.Headers = map[string]string{textproto.TrimString(name): "value"}
		refused(t, r, m, "headers")
	}
	if sent := r.Sent(); len(sent) != 0 {
		t.Errorf("%d messages were sent", len(sent))
	}
}

// refused checks that a message is refused for the value at path and nothing else.
func refused(t *testing.T, r Rig, m mail.Message, path string) {
	t.Helper()
	_, err := r.Sender.Send(t.Context(), m)
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != path {
		t.Errorf("%+v: %v, want a refusal of %s", m, err, path)
	}
}

func wrong(t *testing.T, r Rig) {
	many := make([]mail.Address, mail.MaxRecipients+1)
	for i := range many {
		many[i].Address = "a@example.com"
	}
	for path, change := range map[string]func(*mail.Message){
		"to":          func(m *mail.Message) { m.To = nil },
		"text":        func(m *mail.Message) { m.Text = "" },
		"subject":     func(m *mail.Message) { m.Subject = "" },
		"unsubscribe": func(m *mail.Message) { m.Unsubscribe = "http://example.org/" },
		"tag":         func(m *mail.Message) { m.Tag = strings.Repeat("x", mail.MaxTag+1) },
		"from":        func(m *mail.Message) { m.From = mail.Address{} },
		"replyTo":     func(m *mail.Message) { m.ReplyTo.Name = "only a name" },
	} {
		m := Plain()
		change(&m)
		refused(t, r, m, path)
	}
	m := Plain()
	m.To = many
	refused(t, r, m, "to")
	m = Plain()
	m.Text = "\xff"
	refused(t, r, m, "text")
	m = Plain()
	m.Unsubscribe = "https://example.org/" + strings.Repeat("x", mail.MaxURL)
	refused(t, r, m, "unsubscribe")
	if sent := r.Sent(); len(sent) != 0 {
		t.Errorf("%d messages were sent", len(sent))
	}
}

func size(t *testing.T, r Rig) {
	m := Plain()
	m.Attachments = []mail.Attachment{{Name: "big", Data: make([]byte, 7<<20)}}
	got, _ := deliver(t, r, m)
	if len(got.Attachments) != 1 || len(got.Attachments[0].Data) != 7<<20 {
		t.Error("7 MB do not arrive")
	}
	for _, n := range []int{7_700_000, 20 << 20} {
		m.Attachments[0].Data = make([]byte, n)
		if _, err := r.Sender.Send(t.Context(), m); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if sent := r.Sent(); len(sent) != 1 {
		t.Errorf("%d messages were sent", len(sent))
	}
}

// each shows that a send does not look at earlier ones: not even equal tags join messages.
func each(t *testing.T, r Rig) {
	ids := map[string]bool{}
	for range 3 {
		m := Plain()
		m.Tag = "same"
		_, sent := deliver(t, r, m)
		ids[sent.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("three messages have the ids %v", ids)
	}
}

func cancelled(t *testing.T, r Rig) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Sender.Send(ctx, Plain()); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
	if sent := r.Sent(); len(sent) != 0 {
		t.Errorf("%d messages were sent", len(sent))
	}
}
