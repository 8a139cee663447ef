package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/policy"
)

// group makes a group.
func (r *reader) group(body string) string {
	r.t.Helper()
	return r.make("group", "", body).Base().ID
}

// People are put into a group from the group, from their own profile and from the list, with a function and a time, and taken
// out of it (GRP-01 to 03).
func TestGroupFromEverySide(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	jan, els := owner.contact(`{"firstName":"Jan","lastName":"Peeters"}`), owner.contact(`{"firstName":"Els","lastName":"Maes"}`)
	u15 := owner.group(`{"name":"U15","category":"team","capacity":2}`)
	at := "/groups/" + u15
	owner.get(at).want(http.StatusOK, "Nobody is in this group yet.", "Team", `href="`+at+`/members"`)
	// From the group, by typing a name.
	p := owner.link(at+"/members", "find:holder", "Jan Peeters", "function", "coach", "from", "2026-01-01").want(http.StatusOK, "Jan Peeters", "Coach", "Take out of the group", "Undo")
	if p.Path != at+"/members" {
		t.Errorf("led to %s", p.Path)
	}
	owner.link(at+"/members", "find:holder", "Jan Peeters", "function", "coach").want(http.StatusUnprocessableEntity, "This is here twice.")
	owner.link(at+"/members", "find:holder", "Jan Peeters", "function", "player", "to", "2025-12-31").want(http.StatusOK, "Player", "ended")
	// From the contact.
	tab := "/contacts/" + els.ID + "/groups"
	owner.link(tab, "find:group", "U15").want(http.StatusOK, `href="`+at+`"`)
	owner.get("/contacts/"+els.ID).want(http.StatusOK, `href="`+at+`"`, "Change groups")
	owner.get(at).want(http.StatusOK, "2 of 2", "full", "Els Maes", "Jan Peeters")
	// From the list, beside it: back to where one was.
	list := "/contacts?q=maes"
	join := "/contacts/" + els.ID + "/join?" + url.Values{"back": {list}}.Encode()
	owner.get(list).want(http.StatusOK, `data-preview="`+strings.ReplaceAll(join, "&", "&amp;")+`"`)
	choir := owner.group(`{"name":"Choir"}`)
	p = owner.post(tab, owner.opened(join, tab, "find:group", "Choir")).want(http.StatusOK, "Undo")
	if p.Path != list {
		t.Errorf("led to %s", p.Path)
	}
	if n := len(owner.elements("contact", els.ID, "groups")); n != 2 {
		t.Errorf("%d groups", n)
	}
	// Found by it, counted by it, named in a column.
	owner.get("/contacts?cols=groups&q="+url.QueryEscape(`group:"u15"`)).want(http.StatusOK, "Jan Peeters", "Els Maes", ">Choir</a>")
	owner.get("/contacts?q="+url.QueryEscape(`group:choir`)).want(http.StatusOK, "Els Maes").without("Jan Peeters")
	owner.get("/contacts?q=group:"+choir).want(http.StatusOK, "Group: Choir")
	owner.get("/groups").want(http.StatusOK, "U15", "Choir", "Members")
	// A time is changed and ended from the group.
	form := owner.opened(at+"/members?edit="+els.ID+".0", at+"/members")
	form.Set("to", "2020-01-01")
	owner.post(at+"/members", form).want(http.StatusOK, "ended")
	form.Set("from", "2020-02-01")
	form.Del(ui.KeyName)
	owner.post(at+"/members", form).want(http.StatusUnprocessableEntity, "The end lies before the start.")
	owner.get(at).want(http.StatusOK, "1 of 2", "Before").without("Els Maes")
	form = owner.get(at + "/members").form(at + "/members")
	form.Set("end", els.ID+".0")
	form.Set("other", els.ID)
	owner.post(at+"/members", form).want(http.StatusOK, "Undo").without(`Els Maes</a>`)
	if got := fmt.Sprint(owner.elements("contact", els.ID, "groups")); got != fmt.Sprintf("[map[group:%s]]", choir) {
		t.Error(got)
	}
	// In the trash a group has nobody; restored it has them again.
	owner.post(at+"/delete", url.Values{}).want(http.StatusOK, "moved to the trash")
	owner.get("/contacts/" + jan.ID).want(http.StatusOK).without(`href="` + at + `"`)
	owner.get("/contacts?q=group:u15").want(http.StatusOK).without("Jan Peeters")
	owner.post(at+"/restore", url.Values{}).want(http.StatusOK, "restored")
	owner.get(at).want(http.StatusOK, "Jan Peeters")
	reader := h.colleague(owner, "reader@example.org", policy.Reader)
	reader.get(at+"/members").want(http.StatusOK, "Jan Peeters").without(`id="link-form"`, "Take out of the group")
	reader.get("/contacts").want(http.StatusOK).without("/join")
	reader.get(join).want(http.StatusForbidden)
}

// A group may have more members than a page shows.
func TestManyMembers(t *testing.T) {
	owner := open(t).found("Harbour Choir", "olga@example.org")
	id := owner.group(`{"name":"Everybody"}`)
	for i := range 30 {
		owner.contact(fmt.Sprintf(`{"firstName":"P%02d","lastName":"Maes","groups":[{"group":%q}]}`, i, id))
	}
	at := "/groups/" + id
	owner.get(at).want(http.StatusOK, "P00 Maes", "P11 Maes", "and 18 more", ">30<").without("P12 Maes")
	p := owner.get(at+"/members?rows=25").want(http.StatusOK, "1–25 of 30", "P24 Maes", "Show as a list").without("P25 Maes")
	next := strings.Split(strings.Split(p.Body, `rel="next"`)[0], `href="`)
	href := strings.ReplaceAll(strings.Split(next[len(next)-1], `"`)[0], "&amp;", "&")
	owner.get(href).want(http.StatusOK, "26–30 of 30", "P29 Maes").without("P24 Maes")
	owner.get("/contacts?q="+url.QueryEscape(contact.GroupPath+":"+id)).want(http.StatusOK, "30 contacts")
}

// The quick view of a contact is edited where it is (SRCH-03).
func TestEditInPanel(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	c := owner.contact(`{"firstName":"Ann","lastName":"Maes","emails":[{"address":"ann@example.org"}]}`)
	at := "/contacts/" + c.ID
	owner.get(at+"/panel").want(http.StatusOK, `id="panel-block-reach"`, at+"/panel?edit=reach", `href="`+at+`/edit"`, "Add reminder", "Add to a group", at+"/delete")
	form := owner.opened(at+"/panel?edit=reach", at+"/edit")
	form.Set("emails[0].address", "nobody")
	owner.post(at+"/edit", form).want(http.StatusOK, `id="panel-block-reach"`, `aria-invalid`).without("<nav")
	form.Set("emails[0].address", "anna@example.org")
	p := owner.post(at+"/edit", form).want(http.StatusOK, `id="notice"`, "Undo", "anna@example.org").without("<nav")
	if !strings.HasPrefix(p.Path, at+"/panel") {
		t.Errorf("led to %s", p.Path)
	}
	owner.get(at + "/panel?edit=nothing").want(http.StatusOK).without("<form id=")
	reader := h.colleague(owner, "reader@example.org", policy.Reader)
	reader.get(at+"/panel").want(http.StatusOK, "anna@example.org").without("?edit=", "/join", "/delete")
	reader.get(at + "/panel?edit=reach").want(http.StatusForbidden)
}

// Ticked contacts are put into a group, those who are in it are left out, and all of it is taken back (BULK-19).
func TestBulkGroup(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	id := r.group(`{"name":"U15"}`)
	ann, bob := r.contact(`{"firstName":"Ann","groups":[{"group":"`+id+`"}]}`), r.contact(`{"firstName":"Bob"}`)
	r.get("/contacts").want(http.StatusOK, `formaction="/bulk/contacts/group.add"`)
	at := "/bulk/contacts/group.add?" + url.Values{"sel": {ann.ID + "," + bob.ID}, "show": {"1"}, "group": {id}}.Encode()
	p := r.get(at).want(http.StatusOK, "Is in the group already.", "Change 1", "Function")
	done := r.workBulk(r.post("/bulk/contacts/group.add/start", p.form("/bulk/contacts/group.add/start")).want(http.StatusOK))
	done.want(http.StatusOK, "1 was changed.", "U15", "Undo")
	r.get("/groups/"+id+"/members").want(http.StatusOK, "Ann", "Bob")
	r.workBulk(r.post(done.Path+"/undo", url.Values{})).want(http.StatusOK, "Taken back")
	r.get("/groups/"+id+"/members").want(http.StatusOK, "Ann").without(">Bob<")
	r.get("/bulk/contacts/group.add?sel="+bob.ID+"&show=1").want(http.StatusOK, "aria-invalid")
}
