package dirmail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail"
)

// maxDepth is how deep parts of a message may lie in each other; ours take four.
const maxDepth = 8

// Mail is a message as a reader sees it.
type Mail struct {
	ID          string
	Date        time.Time
	From        mail.Address
	ReplyTo     mail.Address
	To          []mail.Address
	Subject     string
	Tag         string
	Text        string
	HTML        string // as sent: show it in a sandbox
	Links       []string
	Attachments []mail.Attachment
	Header      netmail.Header
}

var words = &mime.WordDecoder{}

// Parse reads a message in the form of RFC 5322. What cannot be read is an Internal fault.
func Parse(raw []byte) (Mail, error) {
	in, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, damaged()
	}
	m := Mail{Header: in.Header, Tag: in.Header.Get(mail.TagHeader), Subject: decode(in.Header.Get("Subject"))}
	if m.Date, err = in.Header.Date(); err != nil {
		return Mail{}, damaged()
	}
	m.To = addresses(in.Header, "To")
	for name, target := range map[string]*mail.Address{"From": &m.From, "Reply-To": &m.ReplyTo} {
		if all := addresses(in.Header, name); len(all) > 0 {
			*target = all[0]
		}
	}
	if err := m.part(textproto.MIMEHeader(in.Header), in.Body, 0); err != nil {
		return Mail{}, err
	}
	m.Links = links(m.Text, m.HTML)
	return m, nil
}

func damaged() error { return fault.New(fault.Internal, "mail_damaged") }

func decode(value string) string {
	if decoded, err := words.DecodeHeader(value); err == nil {
		return decoded
	}
	return value
}

func addresses(h netmail.Header, name string) []mail.Address {
	list, err := h.AddressList(name)
	if err != nil {
		return nil
	}
	all := make([]mail.Address, len(list))
	for i, a := range list {
		all[i] = mail.Address{Name: a.Name, Address: a.Address}
	}
	return all
}

// part reads one part and what lies in it.
func (m *Mail) part(head textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		if depth == maxDepth {
			return damaged()
		}
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return damaged()
			}
			if err := m.part(p.Header, p, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(head.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return damaged()
	}
	placement, file, _ := mime.ParseMediaType(head.Get("Content-Disposition"))
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	switch {
	case placement == "" && kind == "text/plain" && m.Text == "":
		m.Text = text
	case placement == "" && kind == "text/html" && m.HTML == "":
		m.HTML = text
	default:
		m.Attachments = append(m.Attachments, mail.Attachment{Name: decode(file["filename"]), ContentType: kind, Data: data,
			ContentID: strings.Trim(head.Get("Content-Id"), "<>")})
	}
	return nil
}

// plainLinks finds addresses in text; the sentence's punctuation at their end is cut off.
var plainLinks = regexp.MustCompile(`https?://[^\s<>"]+`)

// links gives the addresses a reader can follow, each once, those of the HTML first.
func links(text, page string) []string {
	var found []string
	add := func(link string) {
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken || token.Data != "a" {
			continue
		}
		for _, attribute := range token.Attr {
			if attribute.Key == "href" && plainLinks.MatchString(attribute.Val) {
				add(attribute.Val)
			}
		}
	}
	for _, link := range plainLinks.FindAllString(text, -1) {
		add(strings.TrimRight(link, ".,;:!?)'"))
	}
	return found
}
