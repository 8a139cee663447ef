package account

import (
	"context"
	"crypto/rand"
	"html"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
)

// moved is what the old address of a user is told when they have a new one.
const moved Purpose = "moved"

// letter is a mail about somebody's account.
type letter struct {
	to       mail.Address
	language i18n.Language
	about    Purpose
	name     string        // of the user
	url      string        // of the link; "" when there is none
	span     time.Duration // how long the link is good
}

// send mails a letter in the name of an organisation; the zero tenant stands for the installation.
func (a *Accounts) send(ctx context.Context, t org.Tenant, l letter) error {
	organisation := defaultName
	if !t.IsZero() {
		cfg, err := setting.Load(ctx, a.Store, t)
		if err != nil {
			return store.Fault(err)
		}
		organisation = cfg.Settings.Name
	}
	from := a.From
	if from.Name == "" {
		from.Name = trim(organisation, mail.MaxName)
	}
	m := l.message(organisation)
	m.From, m.To = from, []mail.Address{l.to}
	_, err := a.Mail.Send(ctx, m)
	return err
}

// message writes the letter, as text and as plain HTML that says the same.
func (l letter) message(organisation string) mail.Message {
	p := i18n.New(l.language, time.UTC)
	key := "mail." + string(l.about) + "."
	greeting := p.T("mail.greeting")
	if l.name != "" {
		greeting = p.T("mail.greetingName", "name", l.name)
	}
	paragraphs := []string{greeting, p.T(key+"text", "organisation", organisation)}
	closing := p.T(key+"closing", "organisation", organisation)
	m := mail.Message{Subject: trim(p.T(key+"subject", "organisation", organisation), mail.MaxSubject)}
	if l.url == "" {
		paragraphs = append(paragraphs, closing)
		m.Text, m.HTML = strings.Join(paragraphs, "\n\n")+"\n", page(paragraphs, "", "")
		return m
	}
	valid := p.T("mail.valid", "time", span(p, l.span))
	m.Text = strings.Join(append(paragraphs, l.url, valid, closing), "\n\n") + "\n"
	m.HTML = page(append(paragraphs, "", valid, closing), l.url, p.T(key+"action"))
	return m
}

// span writes how long something is good: in days, or minutes when it is less than one.
func span(p *i18n.Printer, d time.Duration) string {
	if d >= 24*time.Hour {
		return p.N("duration.days", int(d/(24*time.Hour)))
	}
	return p.N("duration.minutes", int(d/time.Minute))
}

// page lays paragraphs out as HTML that every mail program can show; an empty one stands for the link.
func page(paragraphs []string, url, action string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1f2933">`)
	b.WriteString(`<div style="max-width:34em;margin:0 auto">`)
	for _, text := range paragraphs {
		if text == "" {
			b.WriteString(`<p><a href="` + html.EscapeString(url) + `" style="display:inline-block;padding:10px 18px;border-radius:6px;` +
				`background:#1d4ed8;color:#ffffff;text-decoration:none">` + html.EscapeString(action) + `</a></p>`)
			b.WriteString(`<p style="font-size:14px;word-break:break-all">` + html.EscapeString(url) + `</p>`)
			continue
		}
		b.WriteString("<p>" + html.EscapeString(text) + "</p>")
	}
	b.WriteString("</div></body></html>\n")
	return b.String()
}

// trim cuts a line for a header at a number of bytes.
func trim(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// base gives the address of the pages for links in mails.
func (a *Accounts) base(v Visit) string {
	if a.Base != "" {
		return strings.TrimSuffix(a.Base, "/")
	}
	return strings.TrimSuffix(v.Base, "/")
}

// forget removes the kept answer of a write, so that it can be asked for again.
func (a *Accounts) forget(ctx context.Context, w repository.Write) error {
	if w.Key.IsZero() {
		return nil
	}
	return a.Store.Apply(ctx, store.Batch{Token: rand.Text(), Ops: []store.Op{
		{Kind: store.Delete, Key: w.Key.Item(w.Grant.Tenant()), Expect: store.Any},
	}})
}
