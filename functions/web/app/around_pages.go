package app

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/satisfaction"
	"github.com/muster-crm/muster/shared/service"
	"github.com/muster-crm/muster/shared/ticket"
)

// What stands beside a contact, a family or a company: reminders, tickets, calls, the service register, satisfaction.

const dueForMe = "assignee:@me remindAt<=now -done:true"

var reminderLook = &look{
	kind: reminder.Name, plural: "reminders", icon: "bell", key: "g d", opens: "reminder.view.due",
	views: []savedView{{"reminder.view.due", dueForMe, "remindAt"}, {"reminder.view.mine", "assignee:@me -done:true", "remindAt"}, {"reminder.view.open", "-done:true", "remindAt"}},
	usual: []string{mainColumn, "owner", "remindAt", "assignee", "done"}, facets: []facet{{"assignee"}, {"done"}}, sort: "remindAt",
}

var ticketLook = &look{
	kind: ticket.Name, plural: "tickets", icon: "help", key: "g k",
	views: []savedView{{"ticket.view.open", "state:open,waiting", ""}, {"ticket.view.mine", "assignee:@me state:open,waiting", ""}},
	usual: []string{mainColumn, "owner", "state", "priority", "assignee", "updated"}, facets: []facet{{"state"}, {"priority"}, {"assignee"}}, sort: "-number",
	apart: []string{"answers"}, pills: []string{"state", "priority"},
	tones: map[string]ui.Tone{"open": ui.Warn, "waiting": ui.Info, "solved": ui.Good, "urgent": ui.Bad, "high": ui.Warn},
}

var callLook = &look{
	kind: call.Name, plural: "calls", icon: "phone", key: "g p",
	usual: []string{mainColumn, "owner", "direction", "outcome", "minutes"}, facets: []facet{{"direction"}, {"outcome"}}, sort: "-" + mainColumn,
	pills: []string{"direction", "outcome"},
}

var serviceLook = &look{
	kind: service.Name, plural: "services", icon: "settings", key: "g v",
	views: []savedView{{"service.view.here", "-state:returned", ""}},
	usual: []string{mainColumn, "owner", "state", "in", "out", "cost"}, facets: []facet{{"state"}}, sort: "-in",
	pills: []string{"state"}, tones: map[string]ui.Tone{"received": ui.Info, "inWork": ui.Warn, "waiting": ui.Warn, "ready": ui.Good},
}

var satisfactionLook = &look{
	kind: satisfaction.Name, plural: "satisfactions", icon: "star", key: "g h",
	usual: []string{mainColumn, "owner", "date", "origin"}, facets: []facet{{"score"}, {"origin"}}, sort: "-date",
}

func init() {
	initReminders()
	ticketLook.first = func(x *exchange) document {
		return document{"priority": "normal", "state": "open", "assignee": x.who.Grant.Actor().ID}
	}
	ticketLook.extra = (*exchange).answers
	ticketLook.added = []Route{{Method: http.MethodPost, Path: "/tickets/{id}/answer", Title: "ticket.answer", Need: policy.Edit, handle: (*App).answer}}

	callLook.columns = []column{{id: mainColumn, path: "startedAt", cell: each(func(x *exchange, c *call.Call) templ.Component {
		return x.mainCell(lookOf(call.Name), c)
	})}}
	callLook.titled = func(x *exchange, r record.Record) string { return x.p.Moment(r.(*call.Call).StartedAt) }
	callLook.first = func(x *exchange) document {
		return document{"direction": "outgoing", "startedAt": x.now().UTC().Truncate(time.Minute).Format(time.RFC3339)}
	}
	callLook.actions = func(x *exchange, s *subject) []ui.Action {
		values := url.Values{ownerName: {s.owner()}, "text": {x.p.T("call.remind", "number", cmp.Or(x.phone(s.Record.(*call.Call).Number), x.called(s.owner())))}, "back": {s.at()}}
		return []ui.Action{{Label: x.p.T("call.follow"), Href: reminderLook.home() + "/new?" + values.Encode(), Icon: "bell"}}
	}

	serviceLook.first = func(x *exchange) document { return document{"state": "received", "in": string(record.DateOf(x.now()))} }
	serviceLook.actions = func(x *exchange, s *subject) []ui.Action {
		return []ui.Action{{Label: x.p.T("service.receipt"), Href: s.at("receipt"), Icon: "print"}}
	}
	serviceLook.added = []Route{{Method: http.MethodGet, Path: "/services/{id}/receipt", Title: "service.receipt", Need: policy.Read, handle: (*App).receipt}}

	satisfactionLook.first = func(x *exchange) document { return document{"date": string(record.DateOf(x.now()))} }
	satisfactionLook.above = (*exchange).course
}

func initReminders() {
	reminderLook.first = func(x *exchange) document {
		tomorrow := x.now().AddDate(0, 0, 1)
		due := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 9, 0, 0, 0, x.p.Zone())
		return document{"dueAt": due.UTC().Format(time.RFC3339), "assignee": x.who.Grant.Actor().ID}
	}
	reminderLook.columns = []column{
		{id: mainColumn, path: "text", cell: each(func(x *exchange, r *reminder.Reminder) templ.Component {
			return ui.MainLink(r.Text, reminderLook.at(r.ID))
		})},
		{id: "remindAt", path: "remindAt", alias: "field.reminder.dueAt", end: true, cell: each(func(x *exchange, r *reminder.Reminder) templ.Component {
			return ui.Number(x.p.Relative(r.RemindAt, x.now()))
		})},
	}
	reminderLook.apart = []string{"done", "snoozedUntil"}
	reminderLook.deeds = func(x *exchange, r record.Record) []ui.Action {
		return x.reminderDeeds(r.(*reminder.Reminder), x.here())
	}
	reminderLook.actions = func(x *exchange, s *subject) []ui.Action {
		return x.reminderDeeds(s.Record.(*reminder.Reminder), s.at())
	}
	reminderLook.added = []Route{
		{Method: http.MethodPost, Path: "/reminders/{id}/done", Title: "reminder.done", Need: policy.Edit, handle: (*App).finish},
		{Method: http.MethodPost, Path: "/reminders/{id}/snooze", Title: "reminder.snooze", Need: policy.Edit, handle: (*App).snooze},
	}
}

// reminderDeeds are done and snooze, or taking done back.
func (x *exchange) reminderDeeds(r *reminder.Reminder, back string) []ui.Action {
	if !x.can(policy.Edit) {
		return nil
	}
	deed := func(key, icon, path string, values ...ui.Value) ui.Action {
		return ui.Action{Label: x.p.T(key), Icon: icon, Href: reminderLook.at(r.ID, path), Post: true,
			Values: append(values, ui.Value{Name: ui.KeyName, Value: x.newKey()}, ui.Value{Name: "back", Value: back})}
	}
	if r.Done {
		return []ui.Action{deed("reminder.undone", "undo", "done", ui.Value{Name: "done", Value: "false"})}
	}
	return []ui.Action{deed("reminder.done", "check", "done", ui.Value{Name: "done", Value: "true"}), deed("reminder.snooze", "clock", "snooze")}
}

// finish says that a reminder is done, or that it is not after all.
func (a *App) finish(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	return x.deed(s, `{"done":`+strconv.FormatBool(form.Get("done") != "false")+`}`)
}

// snooze puts a reminder off until tomorrow morning.
func (a *App) snooze(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	tomorrow := x.now().AddDate(0, 0, 1)
	until := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 9, 0, 0, 0, x.p.Zone())
	if r, ok := s.Record.(*reminder.Reminder); ok && r.RemindAt.After(until) {
		until = r.RemindAt.AddDate(0, 0, 1)
	}
	return x.deed(s, `{"snoozedUntil":"`+until.UTC().Format(time.RFC3339)+`"}`)
}

// answers shows what was answered to a ticket, with a form for one more.
func (x *exchange) answers(s *subject) ([]templ.Component, error) {
	t := s.Record.(*ticket.Ticket)
	var ids []string
	for _, a := range t.Answers {
		ids = append(ids, a.By)
	}
	if err := x.learn(ids...); err != nil {
		return nil, err
	}
	b := ui.Block{ID: "block-answers", Title: x.p.T("field.ticket.answers"), Empty: x.p.T("ticket.noAnswers")}
	for _, a := range t.Answers {
		b.Items = append(b.Items, ui.Item{Label: joinDots(x.called(a.By), x.moment(a.At)), Value: a.Text})
	}
	if x.allowEdit(s) != nil || x.route.Part {
		return []templ.Component{ui.BlockCard(x.p, b)}, nil
	}
	form := ui.Form{ID: "answer", Action: s.at("answer"), Key: x.newKey(), Save: x.p.T("ticket.answer"), Guard: true}
	text := ui.Area{Base: ui.Base{Name: "text", Label: x.p.T("field.ticket.answers.text"), Required: true}, Rows: 4, Max: maxAnswer}
	state := ui.Select{Base: ui.Base{Name: "state", Label: x.p.T("field.ticket.state"), Width: ui.Medium}, Value: "waiting", Options: x.codes(list.TicketState)}
	if f := x.refusal; f != nil { // what was typed stays
		text.Value, state.Value = x.posted.Get("text"), x.posted.Get("state")
		if form.Fault = x.p.Fault(f); len(f.Fields) > 0 {
			form.Fault, text.Error = "", x.p.Field(f.Fields[0])
			form.Errors = []ui.FormError{{Name: text.Name, Label: text.Label, Text: text.Error}}
		}
	}
	form.Fields = []ui.Field{text, state}
	b.Body = ui.FormView(x.p, form)
	return []templ.Component{ui.BlockCard(x.p, b)}, nil
}

// maxAnswer is how many characters an answer may have.
const maxAnswer = 10000

// answer adds an answer to a ticket.
func (a *App) answer(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if err := x.allowEdit(s); err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	res, err := x.alter(ticket.Name, s.id(), func(rec record.Record) (document, error) {
		if record.Clean(form.Get("text"), true) == "" {
			return nil, fault.Bad("answers.text", "required")
		}
		patch := document{"answers": append(rec.(*ticket.Ticket).Answers, ticket.Answer{Text: form.Get("text")})}
		if state := form.Get("state"); state != "" {
			patch["state"] = state
		}
		return patch, nil
	})
	if f, ok := shownInForm(err); ok {
		x.refusal = f
		return x.showRecord(s, statusOf(f), "", nil)
	}
	if err != nil {
		return err
	}
	x.sayDone("page.said.saved", res, s.at())
	return x.redirect(s.at())
}

// receipt is the paper a customer takes home: what was handed in, by whom and when.
func (a *App) receipt(x *exchange) error {
	s, err := x.subject()
	if err != nil {
		return err
	}
	if err := x.learnOf(s.kind, s.Record); err != nil {
		return err
	}
	blocks, err := x.factBlocks(s)
	if err != nil {
		return err
	}
	owner := ui.Block{ID: "block-owner", Title: x.cfg.Settings.Name, Items: present(
		ui.Item{Label: x.p.T("field.owner"), Value: x.called(s.owner())}, ui.Item{Label: x.p.T("service.printed"), Value: x.p.Moment(x.now())})}
	cards := []templ.Component{ui.BlockCard(x.p, owner)}
	for _, b := range blocks {
		b.Edit = nil
		cards = append(cards, ui.BlockCard(x.p, b))
	}
	title := x.p.T("service.receipt")
	return x.show(view{Title: title, Trail: x.trail(s, ui.Link{Label: title})}, ui.PageHeader(x.p, ui.Header{Title: title, Sub: s.name()}), ui.Blocks(cards...))
}

// course shows how content somebody was over time: latest, average, and each score as a bar.
func (x *exchange) course(s *subject, l *listing) ([]templ.Component, error) {
	records, err := x.allChildren(s, satisfaction.Name)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	var scores []*satisfaction.Satisfaction
	for _, r := range records {
		scores = append(scores, r.(*satisfaction.Satisfaction))
	}
	c := satisfaction.CourseOf(scores)
	tiles := ui.Tiles([]ui.Tile{{Label: x.p.T("satisfaction.latest"), Count: c.Latest.Title(), Tone: scoreTone(c.Latest.Score)},
		{Label: x.p.T("satisfaction.average"), Count: x.p.Figure(int64(c.Average), 2)}, {Label: x.p.T("satisfaction.count"), Count: x.p.Number(int64(len(c.Scores)))}})
	chart := ui.Chart{ID: "course", Title: x.p.T("satisfaction.course")}
	for _, one := range c.Scores[max(0, len(c.Scores)-courseBars):] {
		chart.Items = append(chart.Items, ui.FacetItem{Label: x.p.Date(string(one.Date)), Count: one.Title(), Share: one.Score * 20, Href: satisfactionLook.at(one.ID)})
	}
	return []templ.Component{tiles, ui.ChartView(chart)}, nil
}

// courseBars is how many scores the course shows, the latest.
const courseBars = 24

func scoreTone(score int) ui.Tone {
	switch {
	case score >= 4:
		return ui.Good
	case score <= 2:
		return ui.Bad
	}
	return ui.Warn
}
