package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
)

// under makes a child of a contact and gives its id.
func (c *client) under(contact, plural string, members map[string]any) string {
	c.t.Helper()
	return c.call("POST", "/v1/contacts/"+contact+"/"+plural, members).want(http.StatusCreated).text("id")
}

// refusedUnder posts a child that must be refused for one field, with a code.
func (c *client) refusedUnder(contact, plural string, members map[string]any, path, code string) {
	c.t.Helper()
	a := c.call("POST", "/v1/contacts/"+contact+"/"+plural, members).want(http.StatusUnprocessableEntity)
	if got := a.codes()[path]; got != code {
		c.t.Errorf("%s: %q, want %q in %s", path, got, code, a.raw)
	}
}

// userID gives the id of the user of an e-mail address.
func (c *client) userID(email string) string {
	c.t.Helper()
	users := c.call("GET", "/v1/users", nil).want(http.StatusOK)
	for i := range users.list("items") {
		if at := fmt.Sprintf("items.%d.", i); users.text(at+"email") == email {
			return users.text(at + "id")
		}
	}
	c.t.Fatalf("no user %s", email)
	return ""
}

// rowsOf gives the names of a list's rows, in their order.
func (b *tab) rowsOf(region string) []string {
	b.t.Helper()
	names := b.Eval(fmt.Sprintf(`[...document.querySelectorAll('%s .row-link')].map((e) => e.innerText.trim()).join('\n')`, region))
	if names == "" {
		return nil
	}
	return strings.Split(names, "\n")
}

// dueList is where the bell leads.
const dueList = `document.querySelector('.top-menus .menu a[href^="/reminders?"]').getAttribute('href')`

// MSG-06: reminders for oneself or a colleague, from list or profile, a due list for each, done, snoozed, never in the past.
func TestMSG06_OwnReminders(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	ed := c.user("ed@example.org", "editor", another)
	edID := c.userID("ed@example.org")
	id := c.contact(with("lastName", "Reminded"))
	t.Run("a due time in the past is refused", func(t *testing.T) {
		c.t = t
		c.refusedUnder(id, "reminders", map[string]any{"text": "Too late", "dueAt": "2026-03-02T09:59:59Z"}, "dueAt", "time_past")
		c.refusedUnder(id, "reminders", map[string]any{"text": "Never"}, "dueAt", "required")
	})
	b := c.tab(t)
	t.Run("from the list, for oneself", func(t *testing.T) {
		c.t = t
		b.open("/contacts")
		b.Click(`#results a[data-preview^="/reminders/new"]`)
		b.until("#panel", "Add reminder")
		b.Audit("a new reminder")
		b.Type("#panel [name=text]", "Ring about the key")
		b.choose("#panel [name=dueAt]", "2026-03-02T09:00")
		b.save("#panel form")
		b.Excuse("status of 422")
		if b.value("[name=text]") != "Ring about the key" || b.count(".field-error") == 0 {
			t.Error("what was typed is lost, or the past is not refused")
		}
		b.choose("[name=dueAt]", "2026-03-02T12:00")
		b.save("main form[method=post]")
		if b.Where() != "/contacts" {
			t.Errorf("then at %s", b.Where())
		}
	})
	t.Run("from the profile, for a colleague", func(t *testing.T) {
		c.t = t
		b.open("/contacts/" + id)
		b.Click(".page-head .menu summary")
		b.Follow(`.page-head .menu a[href^="/reminders/new"]`)
		b.Type("[name=text]", "Send the statutes")
		b.choose("[name=dueAt]", "2026-03-02T12:30")
		b.choose("[name=assignee]", edID)
		b.save("main form[method=post]")
		b.holds("main", "Ring about the key", "Send the statutes")
		if !strings.HasSuffix(b.Where(), "/reminders") {
			t.Errorf("then at %s", b.Where())
		}
	})
	due := func(who *client) []string {
		w := who.tab(t)
		w.open("/contacts")
		w.open(w.Eval(dueList))
		w.Audit("due list")
		return w.rowsOf("#results")
	}
	bell := func(who *client) string {
		w := who.tab(t)
		w.open("/contacts")
		return w.text(".top-menus .badge")
	}
	t.Run("nothing is due before its time", func(t *testing.T) {
		if got := due(c); got != nil || bell(c) != "" {
			t.Errorf("due %q, bell %q", got, bell(c))
		}
	})
	now.Advance(90 * time.Minute) // 12:30 in Brussels
	t.Run("each sees what is theirs", func(t *testing.T) {
		if got := due(c); len(got) != 1 || got[0] != "Ring about the key" || bell(c) != "1" {
			t.Errorf("due %q, bell %q", got, bell(c))
		}
		if got := due(ed); len(got) != 1 || got[0] != "Send the statutes" || bell(ed) != "1" {
			t.Errorf("a colleague's %q, bell %q", got, bell(ed))
		}
	})
	t.Run("snoozed, it comes back tomorrow", func(t *testing.T) {
		b.open("/contacts")
		b.open(b.Eval(dueList))
		b.Follow(`#results form[action$="/snooze"] button`)
		if got := due(c); got != nil {
			t.Errorf("still due: %q", got)
		}
		now.Advance(24 * time.Hour)
		c = c.site.signIn(t, loginOf("Testers"), password)
		if got := due(c); len(got) != 1 {
			t.Errorf("not back: %q", got)
		}
	})
	t.Run("done, and not done after all", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + id)
		b.holds("#block-open", "Ring about the key")
		b.Follow(`#block-open button[aria-label$="Ring about the key"]`)
		if strings.Contains(b.text("#block-open"), "Ring about the key") {
			t.Errorf("still open: %s", b.text("#block-open"))
		}
		if got := due(c); got != nil {
			t.Errorf("still due: %q", got)
		}
		b.holds("#story", "Ring about the key")
		b.open("/contacts/" + id)
		b.Follow(`#story a[href^="/reminders/"]`)
		b.Follow(`form[action$="/done"] button`)
		if got := due(c); len(got) != 1 {
			t.Errorf("due %q", got)
		}
	})
}

// MSG-07, PROF-22: calls with direction, number, start, length, outcome and note, newest first, and a reminder that follows.
func TestMSG07_Calls(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	id := c.contact(with("lastName", "Called"))
	t.Run("what a call holds", func(t *testing.T) {
		c.t = t
		call := c.call("GET", "/v1/calls/"+c.under(id, "calls", map[string]any{"direction": "incoming", "number": "0471 12 34 56", "startedAt": "2026-03-01T09:00:00Z", "minutes": 7,
			"outcome": "reached", "note": "About the camp."}), nil).want(200)
		if call.text("number") != "+32471123456" || call.number("minutes") != 7 || call.text("direction") != "incoming" || call.text("outcome") != "reached" || call.text("note") != "About the camp." {
			t.Errorf("%s", call.raw)
		}
		c.refusedUnder(id, "calls", map[string]any{"startedAt": "2026-03-02T10:00:01Z"}, "startedAt", "time_future")
		c.refusedUnder(id, "calls", map[string]any{"minutes": -1}, "minutes", "too_small")
		c.refusedUnder(id, "calls", map[string]any{"direction": "sideways"}, "direction", "bad_choice")
	})
	b := c.tab(t)
	t.Run("entered on the profile, newest first", func(t *testing.T) {
		b.open("/contacts/" + id + "/calls")
		b.Follow(`main .toolbar a[href^="/calls/new"]`)
		b.Audit("a new call")
		b.Type("[name=number]", "02 512 34 56")
		b.choose("[name=outcome]", "noAnswer")
		b.save("main form[method=post]")
		if rows := b.rowsOf("#results"); len(rows) != 2 || !strings.HasPrefix(rows[0], "2 March 2026") || !strings.HasPrefix(rows[1], "1 March 2026") {
			t.Errorf("%q", rows)
		}
		b.Audit("calls of a contact")
	})
	t.Run("a reminder follows", func(t *testing.T) {
		b.open("/contacts/" + id + "/calls")
		b.Follow("#results .row-link")
		b.Follow(`.page-head a[href^="/reminders/new"]`)
		if !strings.Contains(b.value("[name=text]"), "512") {
			t.Errorf("begins with %q", b.value("[name=text]"))
		}
		b.save("main form[method=post]")
		b.open("/contacts/" + id + "/reminders")
		if rows := b.rowsOf("#results"); len(rows) != 1 {
			t.Errorf("%q", rows)
		}
	})
	t.Run("in the story", func(t *testing.T) {
		b.open("/contacts/" + id)
		b.holds("#story", "took a call from", "About the camp.", "called")
	})
}

// MSG-08 (that an answer reaches the contact comes with messages): tickets with a number, answered and closed.
func TestMSG08_Tickets(t *testing.T) {
	c := begin(t)
	ed := c.user("ed@example.org", "editor", another)
	edID := c.userID("ed@example.org")
	id := c.contact(with("lastName", "Asking"))
	b := c.tab(t)
	t.Run("added from the profile", func(t *testing.T) {
		b.open("/contacts/" + id)
		b.Click(".page-head .menu summary")
		b.Follow(`.page-head .menu a[href^="/tickets/new"]`)
		b.Audit("a new ticket")
		b.Type("[name=subject]", "Broken oar")
		b.Type("[name=text]", "It broke in the middle.")
		b.choose("[name=priority]", "high")
		b.choose("[name=assignee]", edID)
		b.save("main form[method=post]")
		b.holds("#results", "Broken oar", "High")
	})
	tickets := c.call("GET", "/v1/tickets", nil).want(200)
	ticket, number := tickets.text("items.0.id"), tickets.number("items.0.number")
	t.Run("a number that is given once", func(t *testing.T) {
		c.t = t
		other := c.call("GET", "/v1/tickets/"+c.under(id, "tickets", map[string]any{"subject": "Another"}), nil).want(200)
		if number == 0 || other.number("number") <= number || other.number("number") == c.get(id).number("number") {
			t.Errorf("numbers %d and %d", number, other.number("number"))
		}
		c.refusedUnder(id, "tickets", map[string]any{"subject": "x", "state": "lost"}, "state", "bad_choice")
		c.refusedUnder(id, "tickets", map[string]any{}, "subject", "required")
	})
	t.Run("answered by the one it is assigned to", func(t *testing.T) {
		e := ed.tab(t)
		e.open("/tickets?q=" + url.QueryEscape("assignee:"+edID+" state:open,waiting"))
		if rows := e.rowsOf("#results"); len(rows) != 1 || rows[0] != fmt.Sprintf("%d Broken oar", number) {
			t.Errorf("%q", rows)
		}
		e.Follow("#results .row-link")
		e.Audit("ticket")
		e.Type("#answer [name=text]", "A new one is ordered.")
		e.choose("#answer [name=state]", "solved")
		e.save("#answer")
		e.holds("main", "A new one is ordered.", "Solved", "User ed@example.org")
		for _, state := range []string{"waiting", "closed", "open"} {
			ed.call("PATCH", "/v1/tickets/"+ticket, map[string]any{"state": state}, "If-Match", "*").want(200)
		}
	})
	t.Run("in the story of the contact", func(t *testing.T) {
		b.open("/contacts/" + id)
		b.holds("#story", "opened the ticket", "It broke in the middle.", "answered the ticket", "A new one is ordered.")
		b.holds("#block-open", "Broken oar")
	})
}

// MSG-09: the service register, with a receipt to be printed.
func TestMSG09_ServiceRegister(t *testing.T) {
	c := begin(t)
	id := c.contact(with("lastName", "Customer"))
	entry := map[string]any{"item": "Oar no. 7", "fault": "Cracked blade", "in": "2026-03-02", "out": "2026-03-09", "state": "ready", "work": "Glued and sanded", "cost": map[string]any{"amount": 4550, "currency": "EUR"}}
	service := c.under(id, "services", entry)
	t.Run("what an entry holds", func(t *testing.T) {
		c.t = t
		a := c.call("GET", "/v1/services/"+service, nil).want(200)
		for member, want := range entry {
			if raw(t, a.at(member)) != raw(t, want) {
				t.Errorf("%s: %v, want %v", member, a.at(member), want)
			}
		}
	})
	t.Run("out before in is refused", func(t *testing.T) {
		c.t = t
		c.refusedUnder(id, "services", map[string]any{"item": "x", "in": "2026-03-02", "out": "2026-03-01"}, "out", "ends_before_start")
		b := c.tab(t)
		b.open("/services/" + service + "/edit")
		b.choose("[name=out]", "2026-03-01")
		b.save("main form[method=post]")
		b.Excuse("status of 422")
		b.holds("main", "The end lies before the start.")
		if b.value("[name=out]") != "2026-03-01" || b.value("[name=item]") != "Oar no. 7" {
			t.Error("what was typed is lost")
		}
	})
	t.Run("the receipt", func(t *testing.T) {
		b := c.tab(t)
		b.open("/contacts/" + id + "/services")
		b.holds("#results", "Oar no. 7", "€45.50")
		b.Follow("#results .row-link")
		b.Follow(`a[href$="/receipt"]`)
		b.holds("main", "Oar no. 7", "Cracked blade", "Glued and sanded", "€45.50", "Customer", "Testers")
		b.Audit("receipt")
		b.Print()
		if b.Eval(`getComputedStyle(document.querySelector('.side')).display`) != "none" {
			t.Error("the navigation is printed")
		}
	})
}

// MSG-10: scores from 1 to 5; the tab tells the latest, the average and the course.
func TestMSG10_Satisfaction(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	id := c.contact(with("lastName", "Content"))
	for date, score := range map[string]int{"2026-01-10": 2, "2026-02-10": 5, "2026-03-01": 4} {
		c.under(id, "satisfactions", map[string]any{"score": score, "date": date, "origin": "survey", "comment": "Said so."})
	}
	for _, score := range []any{0, 6, -1, 2.5, "good", nil} {
		if a := c.call("POST", "/v1/contacts/"+id+"/satisfactions", map[string]any{"score": score}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", score, a.status)
		}
	}
	c.refusedUnder(id, "satisfactions", map[string]any{"score": 3, "date": "2026-03-03"}, "date", "date_future")
	b := c.tab(t)
	b.open("/contacts/" + id + "/satisfactions")
	b.holds("main", "4/5", "3.67", "01/03/2026", "10/02/2026", "10/01/2026", "Survey")
	if course := b.Eval(`[...document.querySelectorAll('#course li')].map((e) => e.innerText.replace(/\s+/g, ' ').trim()).join('|')`); course != "10/01/2026 2/5|10/02/2026 5/5|01/03/2026 4/5" {
		t.Errorf("course %q", course)
	}
	b.Audit("satisfaction")
}

// PROF-19: notes and files, newest first, with author and date.
func TestPROF19_NotesAndFiles(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	ed := c.user("ed@example.org", "editor", another)
	id := c.contact(with("lastName", "Noted"))
	c.under(id, "notes", map[string]any{"text": "The first thing."})
	now.Advance(time.Hour)
	ed.under(id, "notes", map[string]any{"text": "The second thing.\nWith a line more."})
	now.Advance(time.Hour)
	b := c.tab(t)
	b.open("/contacts/" + id + "/notes")
	b.holds("#notes", "The first thing.", "The second thing.", "With a line more.", "Olga Testers", "User ed@example.org", "1 hour ago", "2 hours ago")
	shown := b.text("#notes")
	if strings.Index(shown, "The second thing.") > strings.Index(shown, "The first thing.") {
		t.Errorf("not the newest first: %s", shown)
	}
	b.Type("#note [name=text]", "The third thing.")
	b.save("#note")
	b.holds("#notes", "The third thing.")
	if b.Eval(`document.querySelector('main nav.tabs [aria-current=page]').pathname`) != "/contacts/"+id+"/notes" {
		t.Error("no tab of its own")
	}
	b.Audit("notes and files")
}

// PROF-22: reminders about the contact and the call log, one tab with both.
func TestPROF22_RemindersAndCalls(t *testing.T) {
	c := begin(t)
	id := c.contact(with("lastName", "Busy"))
	c.under(id, "reminders", map[string]any{"text": "Congratulate", "dueAt": "2099-01-01T09:00:00Z"})
	c.under(id, "calls", map[string]any{"number": "0471 12 34 56", "outcome": "message"})
	b := c.tab(t)
	b.open("/contacts/" + id)
	b.Follow(`main nav.tabs a[href$="/reminders"]`)
	b.holds("#results", "Congratulate")
	b.holds("main nav.tabs [aria-current]", "Reminders and calls", "2")
	b.Follow(`main nav.subtabs a[href$="/calls"]`)
	b.holds("#results", "Left a message")
	b.holds("main nav.tabs [aria-current]", "Reminders and calls")
	b.holds("main nav.subtabs [aria-current]", "Calls")
	b.Audit("calls below the tab")
	reader := c.user("reader@example.org", "reader", another).tab(t)
	reader.open("/contacts/" + id + "/calls")
	reader.holds("#results", "Left a message")
	if reader.count(`main a[href^="/calls/new"], main form[method=post]:not(.per-page)`) != 0 {
		t.Error("a reader is offered to write")
	}
}

// PROF-23: the service register, tickets and satisfaction, one tab with the three.
func TestPROF23_ServiceAndSatisfaction(t *testing.T) {
	c := begin(t)
	id := c.contact(with("lastName", "Served"))
	c.under(id, "services", map[string]any{"item": "Oar no. 7"})
	c.under(id, "tickets", map[string]any{"subject": "Broken locker"})
	c.under(id, "satisfactions", map[string]any{"score": 5})
	b := c.tab(t)
	b.open("/contacts/" + id)
	b.Follow(`main nav.tabs a[href$="/tickets"]`)
	for path, text := range map[string]string{"tickets": "Broken locker", "services": "Oar no. 7", "satisfactions": "5/5"} {
		b.Follow(`main nav.subtabs a[href$="/` + path + `"]`)
		b.holds("#results", text)
		if b.Eval(`document.querySelector('main nav.subtabs [aria-current=page]').pathname`) != "/contacts/"+id+"/"+path {
			t.Errorf("%s is not the current part", path)
		}
	}
	b.Audit("service and satisfaction")
}

// The overview tells notes, calls, tickets, reminders and changes in one story, newest first, to the very first.
func TestStoryOfAContact(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	c := start(t, now).found(t, "Testers")
	id := c.contact(with("lastName", "Told"))
	later := func() { now.Advance(time.Minute) }
	later()
	c.under(id, "notes", map[string]any{"text": "Likes rowing."})
	later()
	c.patch(id, map[string]any{"nickname": "Teddy"}).want(200)
	later()
	c.under(id, "tickets", map[string]any{"subject": "Lost key"})
	later()
	c.under(id, "calls", map[string]any{"number": "0471 12 34 56", "direction": "incoming", "startedAt": now.Now().UTC().Format(time.RFC3339)})
	later()
	c.under(id, "reminders", map[string]any{"text": "Bring a key", "dueAt": "2026-04-01T09:00:00Z"})
	b := c.tab(t)
	b.open("/contacts/" + id)
	story := b.text("#story")
	at := 0
	for _, part := range []string{"Bring a key", "took a call from", "Lost key", "Teddy", "Likes rowing.", "added this"} {
		i := strings.Index(story, part)
		if i < at {
			t.Errorf("%q is missing or in another place: %s", part, story)
		}
		at = i
	}
	b.Audit("story")
	t.Run("to the very first", func(t *testing.T) {
		for i := range 40 {
			later()
			c.patch(id, map[string]any{"nickname": fmt.Sprint("Teddy ", i)}).want(200)
		}
		b.open("/contacts/" + id)
		if strings.Contains(b.text("#story"), "added this") {
			t.Error("all of it at once")
		}
		b.Follow(`#story a[href*="more="]`)
		b.holds("#story", "Likes rowing.", "added this", "Teddy 39")
	})
}
