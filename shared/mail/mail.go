// Package mail is the port to e-mail: one message, made and checked here, given to a Sender.
//
// Drivers: sesmail (Amazon SES) and dirmail (a folder of .eml files with an inbox to read them). Both send the bytes
// Build makes; mailtest holds what both must do.
//
// Guarantees:
//   - Nothing in a message can add a header, a recipient or a part: control characters are refused in every value that
//     goes into a header, and headers of the envelope cannot be set by name.
//   - Domains go out in ASCII (punycode); names, subjects and file names in any script are encoded.
//   - A Send is not idempotent, since SES is not. Whoever must not send twice notes the intent first and gives it as
//     the Tag: it travels as the header X-Muster-Tag and as an SES tag, so that a send whose outcome is unknown is
//     settled by the event that bears it.
//
// Faults: Invalid (a value, by its path; or mail_rejected, the service will not have this message), TooLarge (mail),
// Exhausted (mail_rate, mail_quota; Retry says when again), Internal (mail_sender: the sending domain or account is
// not set up), Unavailable (mail: surely not sent; mail_unknown: sent or not). Error texts hold no address.
package mail

import (
	"context"
	"fmt"
	"mime"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of the port; those of SES's SendRawEmail.
const (
	MaxRecipients = 50
	MaxBytes      = 10 << 20 // of the whole message as sent; files take 41 bytes for 30, so they end at 7.6 million bytes
	MaxSubject    = 500      // bytes
	MaxName       = 200      // bytes of a name of a person or file
	MaxURL        = 900      // bytes of the address for unsubscription, which stands on one line
	MaxTag        = 128
)

// TagHeader is the header a message's Tag travels in.
const TagHeader = "X-Muster-Tag"

// Sender sends messages. It is safe for concurrent use.
type Sender interface {
	// Send sends a message and gives the driver's id of it, which bounces and complaints name.
	Send(ctx context.Context, m Message) (id string, err error)
}

// Address is a mailbox.
type Address struct {
	Name    string // any script; may be empty
	Address string // "name@example.org"; the domain in any script, the part before it in ASCII
}

// Message is an e-mail to send. All of To see each other.
type Message struct {
	From        Address
	ReplyTo     Address // optional
	To          []Address
	Subject     string
	Text        string // Text or HTML or both
	HTML        string
	Unsubscribe string            // optional https address for one-click unsubscription (RFC 8058)
	Headers     map[string]string // optional further headers
	Attachments []Attachment
	Tag         string // optional; letters, digits, "-" and "_"
}

// Attachment is a file sent along.
type Attachment struct {
	Name        string
	ContentType string // default application/octet-stream
	Data        []byte
	ContentID   string // when given, the file is part of the HTML, which names it "cid:<ContentID>"
}

// Checked gives the message as it will be sent, with ASCII domains and defaults filled in, or an Invalid fault that
// names everything wrong with it.
func (m Message) Checked() (Message, error) {
	var wrong []fault.Field
	address := func(path string, a Address) Address {
		ascii, err := ASCII(a.Address)
		if err != nil {
			wrong = append(wrong, fault.At(path, "email"))
		}
		if !line(a.Name, MaxName) {
			wrong = append(wrong, fault.At(path+".name", "format"))
		}
		return Address{Name: a.Name, Address: ascii}
	}
	m.From = address("from", m.From)
	if m.ReplyTo != (Address{}) {
		m.ReplyTo = address("replyTo", m.ReplyTo)
	}
	if len(m.To) == 0 || len(m.To) > MaxRecipients {
		wrong = append(wrong, fault.At("to", "range"))
	}
	m.To = slices.Clone(m.To)
	for i, a := range m.To {
		m.To[i] = address(fmt.Sprintf("to[%d]", i), a)
	}
	if m.Subject = strings.TrimSpace(m.Subject); m.Subject == "" || !line(m.Subject, MaxSubject) {
		wrong = append(wrong, fault.At("subject", "format"))
	}
	if m.Text == "" && m.HTML == "" {
		wrong = append(wrong, fault.At("text", "required"))
	}
	if !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) {
		wrong = append(wrong, fault.At("text", "format"))
	}
	if m.Unsubscribe != "" {
		u, err := url.Parse(m.Unsubscribe)
		if err != nil || len(m.Unsubscribe) > MaxURL || u.Scheme != "https" || u.Host == "" || !ascii(m.Unsubscribe) || strings.ContainsAny(m.Unsubscribe, "<> ,") {
			wrong = append(wrong, fault.At("unsubscribe", "format"))
		}
	}
	for name, value := range m.Headers {
		if !free(name) || !line(value, MaxSubject) {
			wrong = append(wrong, fault.At("headers", "format"))
		}
	}
	m.Attachments = slices.Clone(m.Attachments)
	for i := range m.Attachments {
		if code := m.Attachments[i].fill(); code != "" {
			wrong = append(wrong, fault.At(fmt.Sprintf("attachments[%d]", i), code))
		}
	}
	if len(m.Tag) > MaxTag || strings.ContainsFunc(m.Tag, func(r rune) bool { return !token(r, "-_") }) {
		wrong = append(wrong, fault.At("tag", "format"))
	}
	return m, fault.Fields(wrong)
}

// fill fills in defaults and gives the code of what is wrong.
func (a *Attachment) fill() string {
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	kind, params, err := mime.ParseMediaType(a.ContentType)
	switch {
	case err != nil, !strings.Contains(kind, "/"), a.Name == "", !line(a.Name, MaxName):
		return "format"
	case strings.ContainsFunc(a.ContentID, func(r rune) bool { return !token(r, "-_.@") }):
		return "format"
	}
	a.ContentType = mime.FormatMediaType(kind, params)
	return ""
}

// ASCII gives an address with its domain in lower case and ASCII, as it can be sent to. An address that no mail can be
// sent to is an Invalid fault: quoted or non-ASCII local parts, domains that are no name of the Internet.
func ASCII(address string) (string, error) {
	bad := fault.Bad("email", "email")
	parsed, err := netmail.ParseAddress(address)
	at := strings.LastIndexByte(address, '@')
	if err != nil || parsed.Name != "" || parsed.Address != address || at < 1 || at > 64 {
		return "", bad
	}
	local := address[:at]
	if !ascii(local) || local[0] == '"' {
		return "", bad
	}
	domain, err := domains.ToASCII(address[at+1:])
	if err != nil || !strings.Contains(strings.TrimSuffix(domain, "."), ".") || strings.HasSuffix(domain, ".") {
		return "", bad
	}
	if at+1+len(domain) > 254 {
		return "", bad
	}
	return local + "@" + domain, nil
}

// domains is the strict profile of names that are looked up: what it refuses is registered nowhere.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	idna.BidiRule())

// line tells whether a value may stand in a header: one line of text.
func line(value string, max int) bool {
	return len(value) <= max && utf8.ValidString(value) && !strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// token tells whether r is an ASCII letter, a digit or one of more.
func token(r rune, more string) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(more, r)
}

// owned are the headers that make up envelope, structure and trust; they follow from the message's fields alone.
var owned = []string{"from", "sender", "to", "cc", "bcc", "reply-to", "return-path", "subject", "date", "message-id",
	"mime-version", "received", "dkim-signature", "authentication-results", "list-unsubscribe", "list-unsubscribe-post"}

// free tells whether a header may be set by name.
func free(name string) bool {
	lower := strings.ToLower(name)
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool { return !token(r, "-") }) &&
		!slices.Contains(owned, lower) && !strings.HasPrefix(lower, "content-") && !strings.HasPrefix(lower, "resent-") &&
		!strings.HasPrefix(lower, "x-ses-") && lower != strings.ToLower(TagHeader)
}
