package acceptance

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// SRCH-03 (payments and debts come with money): the quick panel edits a contact without leaving the page; what is wrong is told
// there, and the list follows.
func TestSRCH03_QuickPanelActions(t *testing.T) {
	c := begin(t)
	id := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "emails": list(email("jan@example.org"))})
	b := c.tab(t)
	b.open("/contacts")
	b.Keys("j ")
	b.until("#panel", "jan@example.org")
	b.Click("#panel-block-reach a.icon-button")
	b.Until(`document.querySelector('#panel-edit-reach')`)
	b.Audit("a block open in the quick panel")
	b.set(`#panel [name="emails[0].address"]`, "nobody")
	b.Eval(`document.querySelector('#panel-edit-reach').dataset.before = 'yes'`) // leaving the field complains as well
	b.Click(`#panel-edit-reach [data-key=s]`)
	b.Until(`document.querySelector('#panel-edit-reach:not([data-before]) .field-error')`)
	b.holds("#panel .field-error", "e-mail")
	b.set(`#panel [name="emails[0].address"]`, "jan.p@example.org")
	b.Click(`#panel-edit-reach [data-key=s]`)
	b.until("#notice", "saved")
	b.until("#panel", "jan.p@example.org")
	b.until("#results", "jan.p@example.org")
	if b.Where() != "/contacts" || c.get(id).text("emails.0.address") != "jan.p@example.org" {
		t.Errorf("at %s: %s", b.Where(), c.get(id).raw)
	}
	t.Run("undone from there", func(t *testing.T) {
		b.Follow("#notice form button")
		if b.Where() != "/contacts" || c.get(id).text("emails.0.address") != "jan@example.org" {
			t.Errorf("at %s: %s", b.Where(), c.get(id).raw)
		}
	})
	t.Run("by its other actions", func(t *testing.T) {
		b.Keys("j ")
		b.until("#panel", "jan@example.org")
		b.holds("#panel", "Edit", "Add reminder", "Add to a group", "Delete")
	})
	t.Run("without the right there is nothing to do", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another).tab(t)
		reader.open("/contacts")
		reader.Keys("j ")
		reader.until("#panel", "jan@example.org")
		if n := reader.count(`#panel form, #panel a[href*="edit"], #panel a[href*="/join"]`); n != 0 {
			t.Errorf("%d ways to change something", n)
		}
	})
}

// SRCH-09 (making a student waits for classes): a reminder, a group and deleting, straight from the row.
func TestSRCH09_RowActions(t *testing.T) {
	c := begin(t)
	jan := c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters"})
	c.create("groups", map[string]any{"name": "U15"})
	b := c.tab(t)
	b.open("/contacts?q=peeters")
	row := `#results tr:has(a[href="/contacts/` + jan + `"]) .row-actions `
	t.Run("a reminder", func(t *testing.T) {
		b.Click(row + `a[data-preview^="/reminders/new"]`)
		b.until("#panel", "Add reminder")
		b.Audit("the panel that asks for a reminder")
		b.Type("#panel [name=text]", "Call back")
		b.Follow("#panel [data-key=s]")
		if got := c.call("GET", "/v1/contacts/"+jan+"/reminders", nil).want(200).text("items.0.text"); got != "Call back" || b.Where() != "/contacts?q=peeters" {
			t.Errorf("%q, at %s", got, b.Where())
		}
	})
	t.Run("the panel is closed again", func(t *testing.T) {
		b.Click(row + `a[data-preview^="/contacts/"]`)
		b.until("#panel", "Add Jan Peeters to a group")
		b.Click("#panel [data-panel-close]")
		if b.Eval(`document.querySelector('#panel').hidden`) != "true" {
			t.Error("it is open")
		}
	})
	t.Run("deleted, and taken back", func(t *testing.T) {
		b.Follow(row + `form[action$="/delete"] button`)
		if c.get(jan).at("deletedAt") == nil {
			t.Error("not deleted")
		}
		b.Follow("#notice form button")
		if c.get(jan).at("deletedAt") != nil {
			t.Error("not taken back")
		}
	})
	t.Run("without the right there are none", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another).tab(t)
		reader.open("/contacts")
		if n := reader.count("#results .row-actions"); n != 0 {
			t.Errorf("%d cells of actions", n)
		}
	})
}

// SRCH-13: columns, own fields among them, are shown, hidden and brought in order, by keyboard and by dragging; kept for the
// user wherever they sign in; what they may not read is not offered; the usual ones come back.
func TestSRCH13_ManageColumns(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "size", "label": "Kit size of old", "type": "text"}).want(201)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "fee", "label": "Secret fee", "type": "text", "class": "finance"}).want(201)
	c.contact(map[string]any{"firstName": "Jan", "lastName": "Peeters", "custom": map[string]any{"size": "XXXL", "fee": "F9"}})
	b := c.tab(t)
	heads := func(b *tab) string {
		return b.Eval(`[...document.querySelectorAll('#results thead th:not(.tick, .row-actions)')].map((h) => h.innerText.trim()).join()`)
	}
	b.open("/contacts")
	usual := heads(b)
	b.Follow(`a[href^="/contacts/columns"]`)
	b.Audit("columns")
	for _, box := range strings.Fields("type status email phone town tags birth groups") {
		if b.count(`[name=cols][value=`+box+`]:checked`) == 1 {
			b.Click(`[name=cols][value=` + box + `]`)
		}
	}
	b.Click(`[name=cols][value=number]`)
	b.Click(`[name=cols][value="custom.size"]`)
	b.Click(`[name=cols][value="custom.fee"]`)
	t.Run("by keyboard", func(t *testing.T) {
		b.Eval(`document.querySelector('[data-sort-item]:has([value="custom.size"]) [name=_up]').focus()`)
		const first = `document.querySelector('[data-sort-item] [name=cols]').value`
		for i := 0; b.Eval(first) != "custom.size"; i++ {
			if i > 60 {
				t.Fatal("it does not get to the top")
			}
			b.Keys(kb.Enter)
		}
		if b.Eval(`document.activeElement.name`) != "_down" {
			t.Error("the focus is lost at the top")
		}
	})
	b.save("form#columns")
	if got := heads(b); got != "Name,Kit size of old,System ID,Secret fee" {
		t.Errorf("columns %s", got)
	}
	b.holds("#results", "XXXL", "F9")
	t.Run("kept in another browser", func(t *testing.T) {
		other := c.tab(t)
		other.open("/contacts")
		if got := heads(other); got != "Name,Kit size of old,System ID,Secret fee" {
			t.Errorf("columns %s", got)
		}
	})
	t.Run("somebody else has their own, and is not offered what they may not read", func(t *testing.T) {
		reader := c.user("reader@example.org", "reader", another).tab(t)
		reader.open("/contacts?cols=custom.fee,custom.size")
		if got := heads(reader); got != "Name,Kit size of old" || strings.Contains(reader.text("main"), "F9") {
			t.Errorf("columns %s", got)
		}
		reader.open("/contacts")
		if got := heads(reader); got != usual {
			t.Errorf("columns %s, not %s", got, usual)
		}
		reader.open("/contacts/columns")
		if text := reader.text("main"); strings.Contains(text, "Secret fee") || !strings.Contains(text, "Kit size of old") {
			t.Error("offered", text)
		}
	})
	t.Run("without JavaScript", func(t *testing.T) {
		plain := c.tab(t)
		plain.Scripts(false)
		plain.open("/contacts/columns")
		plain.Follow(`[data-sort-item]:has([value=number]) [name=_up]`)
		plain.Follow(`form#columns [data-key=s]`)
		if got := heads(plain); got != "Name,System ID,Kit size of old,Secret fee" {
			t.Errorf("columns %s", got)
		}
	})
	t.Run("the usual ones again", func(t *testing.T) {
		b.open("/contacts/columns")
		b.Follow(`button[value=reset]`)
		if got := heads(b); got != usual {
			t.Errorf("columns %s, not %s", got, usual)
		}
	})
}

// SRCH-14: counts of the current result by gender, age band, type, status, place, section and more, with charts and their
// tables; of what is single the bars, the unknown among them, add up to the result; a bar narrows the list to as many.
func TestSRCH14_Statistics(t *testing.T) {
	c := club(t)
	c.contact(map[string]any{"firstName": "Kim", "gender": "female", "groups": list(place(c.create("groups", map[string]any{"name": "U15"}), "function", "player"))})
	for _, q := range []string{"", "status:active", "-type:donor", "peeters"} {
		a := c.call("GET", "/v1/statistics/contact?q="+strings.ReplaceAll(q, " ", "+"), nil).want(200)
		total, seen := a.number("total"), map[string]bool{}
		for _, one := range a.list("counts") {
			seen[fmt.Sprint(dig(one, "field"))] = true
			sum := 0
			for _, bar := range dig(one, "bars").([]any) {
				n := int(dig(bar, "count").(float64))
				sum += n
				if found := len(c.names(fmt.Sprint(dig(bar, "q")), "")); found != n {
					t.Errorf("%q: %v is %d, and its question finds %d", q, dig(bar, "q"), n, found)
				}
			}
			if dig(one, "several") == nil && sum != total {
				t.Errorf("%q by %v: %d of %d", q, dig(one, "field"), sum, total)
			}
		}
		for _, field := range []string{"gender", "age", "type", "status", "addresses.town", "entity", "tags", "groups.now", "language"} {
			if !seen[field] {
				t.Errorf("%q is not counted by %s", q, field)
			}
		}
	}
	c.call("GET", "/v1/statistics/contact?by=nothing", nil).want(http.StatusUnprocessableEntity)
	c.call("GET", "/v1/statistics/contact?q=colour:red", nil).want(http.StatusUnprocessableEntity)
	c.call("GET", "/v1/statistics/nothing", nil).want(http.StatusNotFound)
	b := c.tab(t)
	t.Run("of the current result", func(t *testing.T) {
		b.open("/contacts?q=status:active")
		b.Follow(`.page-head a[href^="/contacts/statistics"]`)
		b.holds("main", "5 contacts", "Gender", "Age", "Type", "Town", "Unknown", "46–55")
		b.Audit("statistics")
	})
	t.Run("a bar narrows the list to as many", func(t *testing.T) {
		bar := `#by-age a.bar-row:has(.facet-label[title="46–55"])`
		n := b.text(bar + " .facet-count")
		b.Follow(bar)
		if rows := b.count("#results tbody tr"); strconv.Itoa(rows) != n || !strings.Contains(b.Where(), "age%3A46..55") {
			t.Errorf("%s counted, %d found at %s", n, rows, b.Where())
		}
		b.holds("#results", "Jan Peeters")
	})
	t.Run("each with its table", func(t *testing.T) {
		b.open("/contacts/statistics")
		if charts, tables := b.count(".bars"), b.count(".bars ~ details table"); charts == 0 || charts != tables {
			t.Errorf("%d charts, %d tables", charts, tables)
		}
		b.Click("#by-status summary")
		b.holds("#by-status table", "Active", "%")
		b.Audit("statistics with a table")
	})
	t.Run("follows the filter", func(t *testing.T) {
		b.Type("#filter-q", "peeters")
		b.until("#charts", "1 contact")
	})
	t.Run("only of one's own", func(t *testing.T) {
		if n := c.site.found(t, "Elsewhere").call("GET", "/v1/statistics/contact", nil).want(200).number("total"); n != 0 {
			t.Errorf("%d of another organisation", n)
		}
	})
}
