package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/file"
	memo "github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/satisfaction"
	"github.com/muster-crm/muster/shared/service"
	"github.com/muster-crm/muster/shared/ticket"
)

// The story of a person: what was changed, written down, called, asked and promised, in one line of time.

// happening is one thing of the story.
type happening struct {
	at    time.Time
	by    string // who; "" when the entry says so
	entry ui.Entry
}

// How much of the story is told at first, and how often more of it can be asked for.
const (
	storyLength = 30
	maxStory    = 20
)

// quoteLength is how much of a text is quoted, in characters.
const quoteLength = 280

// lifeStory tells the newest of what happened to a record and around it. parts says how much: so many times the first
// length. more tells that there is something before.
func (x *exchange) lifeStory(s *subject, around repository.Around, parts int) (days []ui.Day, last *record.Change, more bool, err error) {
	changes, next, err := x.app.Records.History(x.ctx(), x.who.Grant, s.kind.Name, s.id(), 0, min(storyLength*parts, repository.MaxPage))
	if err != nil {
		return nil, nil, false, err
	}
	all, err := x.happenings(s, around)
	if err != nil {
		return nil, nil, false, err
	}
	var ids []string
	for _, c := range changes {
		ids = append(ids, s.kind.IDs(c, x.cfg.Fields)...)
	}
	if err := x.learn(ids...); err != nil {
		return nil, nil, false, err
	}
	for _, c := range changes {
		e := x.entry(s, c)
		if c.Action == s.kind.Name+".create" {
			e.Changes = nil // the facts beside tell them
		}
		all = append(all, happening{at: c.At, entry: e})
	}
	slices.SortStableFunc(all, func(a, b happening) int { return b.at.Compare(a.at) })
	if next > 0 { // what was before the oldest change that was read is told once that is
		horizon := changes[len(changes)-1].At
		all = slices.DeleteFunc(all, func(h happening) bool { more = more || h.at.Before(horizon); return h.at.Before(horizon) })
		more = true
	}
	if length := storyLength * parts; len(all) > length {
		all, more = all[:length], true
	}
	if len(changes) > 0 {
		last = &changes[0]
	}
	return x.byDay(all), last, more, nil
}

// byDay puts happenings, the newest first, below the names of their days.
func (x *exchange) byDay(all []happening) []ui.Day {
	now := x.now()
	var days []ui.Day
	for _, h := range all {
		label := x.p.DayHeading(h.at, now)
		if n := len(days); n == 0 || days[n-1].Label != label {
			days = append(days, ui.Day{Label: label})
		}
		e := h.entry
		e.Time, e.Moment = x.p.Time(h.at), h.at.UTC().Format(time.RFC3339)
		if e.Actor == "" {
			if e.Actor = x.called(h.by); e.Actor == "" {
				e.Actor = x.p.T("page.system")
			}
		}
		day := &days[len(days)-1]
		day.Entries = append(day.Entries, e)
	}
	return days
}

// happenings are what lies around a record: notes, files, calls, tickets and what was answered, reminders, what was brought
// in, and how content somebody was.
func (x *exchange) happenings(s *subject, around repository.Around) ([]happening, error) {
	var all []happening
	add := func(at time.Time, by, icon, did string, subject *ui.Link, quote, note string) {
		if at.After(x.now()) {
			return
		}
		all = append(all, happening{at, by, ui.Entry{Icon: icon, Text: x.p.T("story." + did), Subject: subject, Quote: quote, Note: note}})
	}
	for _, children := range around.Children {
		for _, child := range children {
			base := child.Base()
			to := &ui.Link{Label: clip(record.Title(child))}
			if l := lookOf(base.Kind); l != nil {
				to.Href = l.at(base.ID)
			}
			switch c := child.(type) {
			case *memo.Note:
				add(c.CreatedAt, c.CreatedBy, "note", "note", nil, excerpt(c.Text), "")
			case *file.File:
				if c.State == file.Ready && c.Purpose == file.Document {
					to.Href = downloadPath(s, c.ID)
					add(c.CreatedAt, c.CreatedBy, "file", "file", to, "", x.p.Size(c.Size))
				}
			case *call.Call:
				if c.Number != "" {
					to.Label = x.phone(c.Number)
				} else {
					to.Label = x.p.Moment(c.StartedAt)
				}
				add(c.StartedAt, c.CreatedBy, "phone", "call."+one(c.Direction, "incoming", "outgoing"), to, excerpt(c.Note), joinDots(x.code("callOutcome", c.Outcome), x.minutes(c.Minutes)))
			case *ticket.Ticket:
				add(c.CreatedAt, c.CreatedBy, "help", "ticket", to, excerpt(c.Text), x.code("ticketState", c.State))
				for _, a := range c.Answers {
					add(a.At, a.By, "mail", "answer", to, excerpt(a.Text), "")
				}
			case *reminder.Reminder:
				note := joinDots(x.p.T("story.due", "when", x.p.Moment(c.RemindAt)), x.called(c.Assignee))
				add(c.CreatedAt, c.CreatedBy, "bell", "reminder", to, "", note)
				if c.Done {
					add(c.UpdatedAt, c.UpdatedBy, "check", "done", to, "", "")
				}
			case *service.Service:
				add(c.CreatedAt, c.CreatedBy, "settings", "service", to, excerpt(c.Fault), x.code("serviceState", c.State))
			case *satisfaction.Satisfaction:
				add(c.CreatedAt, c.CreatedBy, "star", "satisfaction", to, excerpt(c.Comment), x.code("satisfactionOrigin", c.Origin))
			}
		}
	}
	ids := make([]string, len(all))
	for i, h := range all {
		ids[i] = h.by
	}
	return all, x.learn(ids...)
}

// one gives a code that there is a sentence for, the last where it is another.
func one(code string, codes ...string) string {
	if slices.Contains(codes, code) {
		return code
	}
	return codes[len(codes)-1]
}

// minutes writes how long something took, "" when that is not known.
func (x *exchange) minutes(n int) string {
	if n == 0 {
		return ""
	}
	return x.p.Duration(time.Duration(n) * time.Minute)
}

// excerpt is the beginning of a text.
func excerpt(text string) string {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > quoteLength {
		return strings.TrimSpace(string(r[:quoteLength])) + "…"
	}
	return text
}

// openBlock is what waits for somebody: reminders that are not done, tickets that are not answered, things that were
// brought in and not returned. It is empty when there is nothing.
func (x *exchange) openBlock(around repository.Around) ui.Block {
	b := ui.Block{ID: "block-open", Title: x.p.T("page.open")}
	reminders := slices.Clone(around.Children[reminder.Name])
	slices.SortStableFunc(reminders, func(a, b record.Record) int {
		return a.(*reminder.Reminder).RemindAt.Compare(b.(*reminder.Reminder).RemindAt)
	})
	for _, r := range reminders {
		if c, ok := r.(*reminder.Reminder); ok && !c.Done {
			item := ui.Item{Label: x.p.Relative(c.RemindAt, x.now()), Value: c.Text, Href: reminderLook.at(c.ID), Note: x.called(c.Assignee)}
			if deeds := x.reminderDeeds(c, x.here()); len(deeds) > 0 {
				item.Reveal = &deeds[0]
				item.Reveal.Of = c.Text
			}
			b.Items = append(b.Items, item)
		}
	}
	for _, r := range around.Children[ticket.Name] {
		if c, ok := r.(*ticket.Ticket); ok && c.Open() {
			b.Items = append(b.Items, ui.Item{Label: x.p.T("kind.ticket"), Value: record.Title(c), Href: ticketLook.at(c.ID), Note: joinDots(x.code("ticketState", c.State), x.called(c.Assignee))})
		}
	}
	for _, r := range around.Children[service.Name] {
		if c, ok := r.(*service.Service); ok && c.State != "returned" {
			b.Items = append(b.Items, ui.Item{Label: x.p.T("kind.service"), Value: c.Item, Href: serviceLook.at(c.ID), Note: x.code("serviceState", c.State)})
		}
	}
	if len(b.Items) > maxOpen {
		b.Items = b.Items[:maxOpen]
	}
	return b
}

// maxOpen is how much of what is open the overview lists.
const maxOpen = 8

// assignees lists those whom open things wait for, so that their names are read at once.
func assignees(around repository.Around) []string {
	var ids []string
	for _, r := range around.Children[reminder.Name] {
		if c, ok := r.(*reminder.Reminder); ok {
			ids = append(ids, c.Assignee)
		}
	}
	for _, r := range around.Children[ticket.Name] {
		if c, ok := r.(*ticket.Ticket); ok {
			ids = append(ids, c.Assignee)
		}
	}
	return ids
}

// storyBlock is the story as a block of the overview.
func (x *exchange) storyBlock(s *subject, days []ui.Day, more bool, parts int) ui.Block {
	story := []templ.Component{ui.Timeline(x.p, days)}
	switch {
	case more && parts < maxStory:
		story = append(story, ui.Do(ui.Action{Label: x.p.T("page.older"), Href: s.at() + "?more=" + strconv.Itoa(parts+1) + "#story", Icon: "arrow-right"}, "button small"))
	case more:
		story = append(story, ui.Do(ui.Action{Label: x.p.T("page.wholeHistory"), Href: s.at(historyTab), Icon: "history"}, "button small"))
	}
	return ui.Block{ID: "story", Title: x.p.T("page.story"), Body: templ.Join(story...)}
}
