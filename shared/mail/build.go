package mail

import (
	"bytes"
	"crypto/rand"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/muster-crm/muster/shared/fault"
)

// Build checks a message and gives it as sent (with all defaults) and in the form of RFC 5322, dated date. Drivers
// call it. Faults: Invalid, TooLarge.
func Build(m Message, date time.Time) (Message, []byte, error) {
	m, err := m.Checked()
	if err != nil {
		return m, nil, err
	}
	size := len(m.Text) + len(m.HTML)
	for _, a := range m.Attachments {
		size += len(a.Data) / 3 * 4
	}
	if size > MaxBytes {
		return m, nil, fault.New(fault.TooLarge, "mail")
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out.FromMailAddress(address(m.From))
	if m.ReplyTo.Address != "" {
		out.ReplyToMailAddress(address(m.ReplyTo))
	}
	to := make([]*netmail.Address, len(m.To))
	for i, a := range m.To {
		to[i] = address(a)
	}
	out.ToMailAddress(to...)
	out.Subject(m.Subject)
	out.SetDateWithValue(date)
	out.SetMessageIDWithValue(rand.Text() + m.From.Address[strings.LastIndexByte(m.From.Address, '@'):])
	for name, value := range m.Headers {
		out.SetGenHeader(gomail.Header(name), value)
	}
	if m.Tag != "" {
		out.SetGenHeader(TagHeader, m.Tag)
	}
	if m.Unsubscribe != "" {
		// An address longer than a line must not be folded.
		out.SetGenHeaderPreformatted("List-Unsubscribe", "<"+m.Unsubscribe+">")
		out.SetGenHeaderPreformatted("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	switch {
	case m.Text == "":
		out.SetBodyString(gomail.TypeTextHTML, m.HTML)
	default:
		out.SetBodyString(gomail.TypeTextPlain, m.Text)
		if m.HTML != "" {
			out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
		}
	}
	for _, a := range m.Attachments {
		if err := attach(out, a); err != nil {
			return m, nil, fault.From(err)
		}
	}
	var raw bytes.Buffer
	if _, err := out.WriteTo(&raw); err != nil {
		return m, nil, fault.From(err)
	}
	if raw.Len() > MaxBytes {
		return m, nil, fault.New(fault.TooLarge, "mail")
	}
	return m, raw.Bytes(), nil
}

func attach(out *gomail.Msg, a Attachment) error {
	kind := gomail.WithFileContentType(gomail.ContentType(a.ContentType))
	if a.ContentID != "" {
		return out.EmbedReader(a.Name, bytes.NewReader(a.Data), kind, gomail.WithFileContentID("<"+a.ContentID+">"))
	}
	return out.AttachReader(a.Name, bytes.NewReader(a.Data), kind)
}

func address(a Address) *netmail.Address { return &netmail.Address{Name: a.Name, Address: a.Address} }
