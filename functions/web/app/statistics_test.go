package app

import (
	"net/http"
	"strings"
	"testing"
)

// Statistics follow the question of a list, in every kind; each bar is the list narrowed by it (SRCH-14).
func TestStatistics(t *testing.T) {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	owner.contact(`{"firstName":"Ann","birthDate":"1980-01-01","type":"donor","tags":["a","b"]}`)
	owner.contact(`{"firstName":"Bob","type":"member","tags":["a"]}`)
	owner.get("/contacts").want(http.StatusOK, `href="/contacts/statistics"`)
	p := owner.get("/contacts/statistics").want(http.StatusOK, "2 contacts", "Donor", "46–55", "Unknown", "50%", "Show as a table", `href="/contacts?q=age%3A46..55"`, "do not add up")
	if n := strings.Count(p.Body, `class="bars"`); n != strings.Count(p.Body, `class="chart-table"`) || n < 5 {
		t.Errorf("%d charts", n)
	}
	owner.get("/contacts/statistics?q=type:donor").want(http.StatusOK, "1 contact", "Type: Donor", `href="/contacts?q=type%3Adonor+tags%3Aa"`, `href="/contacts?q=type%3Adonor"`)
	owner.get("/contacts/statistics?q=nobody").want(http.StatusOK, "There is nothing here to count by.")
	owner.get("/contacts/statistics?q=colour:red").want(http.StatusOK, "aria-invalid").without(`class="bars"`)
	for _, l := range looks {
		owner.get(l.home() + "/statistics").want(http.StatusOK)
	}
	for i := range 14 {
		owner.contact(`{"firstName":"P","tags":["t` + string(rune('a'+i)) + `"]}`)
	}
	for range 30 {
		owner.contact(`{"firstName":"Q"}`)
	}
	// Bars are as long as the longest of them that is shown, not of those that are not: here the 30 without a tag.
	cut := owner.get("/contacts/statistics").want(http.StatusOK, "7 more", "?all=tags#by-tags")
	_, tags, _ := strings.Cut(cut.Body, `id="by-tags"`)
	tags, _, _ = strings.Cut(tags, `class="chart-table"`)
	if !strings.Contains(tags, `<rect width="100%"`) || !strings.Contains(tags, `<rect width="50%"`) {
		t.Errorf("the bars of tags: %.800s", tags)
	}
	owner.get("/contacts/statistics?all=tags").want(http.StatusOK, `title="tn"`).without("?all=tags#by-tags")
}
