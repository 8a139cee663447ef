package app

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/repository"
)

// workBulk does the work of the bulk action a page is about, and opens its page.
func (r *reader) workBulk(p page) page {
	r.t.Helper()
	id := regexp.MustCompile(`blk_[0-9a-z]{26}`).FindString(p.Path + p.Body)
	runner := job.NewRunner(r.kernel.Jobs, account.Rights{Store: r.kernel.Store, Kinds: r.kernel.Kinds}, map[string]job.Worker{bulk.Kind: r.ports.Bulks}, time.Hour)
	if err := runner.Run(r.t.Context(), r.grant.Tenant(), id, 0); err != nil {
		r.t.Fatal(err)
	}
	return r.get(bulksPath + "/" + id)
}

// A tag is given to ticked contacts: what it does is shown first, then done, then told, then undone.
func TestBulkTag(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	a, b := r.contact(`{"firstName":"Ann","tags":["board"]}`), r.contact(`{"firstName":"Bob"}`)
	r.get("/contacts").want(http.StatusOK, `formaction="/bulk/contacts/tag.add"`, `formaction="/bulk/contacts/delete"`)
	p := r.post("/bulk/contacts/tag.add", url.Values{"id": {a.ID, b.ID}}).want(http.StatusOK, "2 selected", `name="tag"`)
	if !strings.Contains(p.Body, a.ID+"."+strings.TrimPrefix(b.ID, "con_")) {
		t.Errorf("the selection is not in the page's addresses")
	}
	at := "/bulk/contacts/tag.add?" + url.Values{"sel": {a.ID + "," + b.ID}, "show": {"1"}, "tag": {"Board"}}.Encode()
	p = r.get(at).want(http.StatusOK, "Will change", "Already so", "Change 1", "Ann", "Bob")
	form := p.form("/bulk/contacts/tag.add/start")
	done := r.workBulk(r.post("/bulk/contacts/tag.add/start", form).want(http.StatusOK))
	done.want(http.StatusOK, "1 was changed.", "Add the tag “Board”", "Undo", "?result=unchanged")
	if again := r.post("/bulk/contacts/tag.add/start", form); again.Path != done.Path {
		t.Errorf("sent twice, it is another: %s", again.Path)
	}
	r.get(done.Path+"?result=unchanged").want(http.StatusOK, "Ann").without(`href="/contacts/` + b.ID + `"`)
	r.get(done.Path+"/results").want(http.StatusOK, "Ann", b.ID, "Changed")
	r.get(jobsPath).want(http.StatusOK, "Add the tag “Board”", "Bulk action", "Changed: 1, Already so: 1").without("Unchanged: 1")
	r.get(done.Path+"?q=type:donor").want(http.StatusOK, "Back to the list", `href="/contacts?q=type%3Adonor"`, "?q=type%3Adonor&amp;result=unchanged")
	r.workBulk(r.post(done.Path+"/undo", url.Values{})).want(http.StatusOK, "1 is as it was before.", "Taken back")
	if rec, err := h.kernel.Records.Get(t.Context(), r.grant, "contact", b.ID); err != nil || strings.Contains(fmt.Sprint(rec), "board") {
		t.Errorf("%v, %v", rec, err)
	}
}

// All that a saved search finds is named by it, on every page of the action and where it is kept; what undo keeps is told by field.
func TestBulkOfSavedSearch(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	a := r.contact(`{"firstName":"Ann","type":"donor"}`)
	r.contact(`{"firstName":"Bob","type":"donor"}`)
	r.contact(`{"firstName":"Cas","type":"member"}`)
	search := r.make("search", "", `{"for":"contact","name":"Our donors","query":"type:donor"}`).Base().ID
	r.get("/contacts?view="+search+"&q=type:donor").want(http.StatusOK, `name="view" value="`+search+`"`)
	r.post("/bulk/contacts/tag.add", url.Values{"all": {"1"}, "q": {"type:donor"}, "view": {search}}).want(http.StatusOK, "All that Our donors finds")
	p := r.get("/bulk/contacts/tag.add?"+url.Values{"all": {"1"}, "q": {"type:donor"}, "view": {search}, "show": {"1"}, "tag": {"vip"}}.Encode()).want(http.StatusOK, "All that Our donors finds", "Change 2")
	done := r.workBulk(r.post("/bulk/contacts/tag.add/start", p.form("/bulk/contacts/tag.add/start")).want(http.StatusOK)).want(http.StatusOK, "2 were changed.")
	id := done.Path[strings.LastIndex(done.Path, "/")+1:]
	if b, err := h.ports.Bulks.Get(t.Context(), r.grant, id); err != nil || b.Request.Target.Search != search || b.Request.Target.Q != "" {
		t.Errorf("%+v, %v", b.Request.Target, err)
	}
	if _, err := h.kernel.Records.Patch(t.Context(), repository.Write{Grant: r.grant}, "contact", a.ID, repository.AnyVersion, []byte(`{"tags":["vip","board"]}`)); err != nil {
		t.Fatal(err)
	}
	r.workBulk(r.post(done.Path+"/undo", url.Values{})).want(http.StatusOK, "1 is as it was before.", "1 was edited since and is kept.")
	r.get(done.Path+"?result=kept").want(http.StatusOK, "Ann", "Tags: This was changed again later.")
}

// A deletion asks for the number, and takes no other.
func TestBulkDelete(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.contact(`{"firstName":"Ann","type":"donor"}`)
	r.contact(`{"firstName":"Bob","type":"donor"}`)
	p := r.post("/bulk/contacts/delete", url.Values{"all": {"1"}, "q": {"type:donor"}}).want(http.StatusOK, "Delete contacts", "Type 2 to confirm.", "Delete 2")
	form := p.form("/bulk/contacts/delete/start")
	form.Set("count", "3")
	p = r.post("/bulk/contacts/delete/start", form).want(http.StatusOK, "This is not as many as are selected now.")
	form = p.form("/bulk/contacts/delete/start")
	form.Set("count", "2")
	p = r.workBulk(r.post("/bulk/contacts/delete/start", form)).want(http.StatusOK, "2 were moved to the trash.", "Deleted")
	r.get("/contacts").without("Ann")
	r.workBulk(r.post(p.Path+"/undo", url.Values{}))
	r.get("/contacts").want(http.StatusOK, "Ann", "Bob")
}

// A field is chosen, its value asked for, and a wrong one told at its place; nothing selected is said so.
func TestBulkField(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.customField(`{"for":"contact","name":"licence","label":"Licence","type":"number"}`)
	c := r.contact(`{"firstName":"Ann"}`)
	sel := url.Values{"sel": {c.ID}}.Encode()
	r.get("/bulk/contacts/change?"+sel).want(http.StatusOK, "Category", "Licence")
	r.get("/bulk/contacts/change?"+sel+"&what=custom.licence").want(http.StatusOK, "Change Licence", "Leave it empty to clear the field.")
	r.get("/bulk/contacts/custom?"+sel+"&field=custom.licence&show=1&custom.licence=much").want(http.StatusOK, "aria-invalid").without("Will change")
	p := r.get("/bulk/contacts/custom?"+sel+"&field=custom.licence&show=1&custom.licence=12.5").want(http.StatusOK, "Change 1")
	r.workBulk(r.post("/bulk/contacts/custom/start", p.form("/bulk/contacts/custom/start"))).want(http.StatusOK, "Licence: 12.5")
	r.get("/bulk/contacts/status?"+sel+"&show=1&status=withdrawn").want(http.StatusOK, "Change 1")
	r.get("/bulk/contacts/tag.add").want(http.StatusOK, "Nothing is selected.")
	r.get("/bulk/contacts/tag.add?"+sel+"&show=1").want(http.StatusOK, "aria-invalid")
}

// Addresses carry ids without what all of them begin with, and read them again.
func TestPickedIDs(t *testing.T) {
	for text, ids := range map[string][]string{
		"":                        nil,
		"con_1":                   {"con_1"},
		"con_1.2.3":               {"con_1", "con_2", "con_3"},
		"rem_1_con_2.rem_3_con_2": {"rem_1_con_2", "rem_3_con_2"},
		"con_1.com_2":             {"con_1", "com_2"},
	} {
		got := pickedIDs(text)
		if !slices.Equal(got, ids) || pickedText(ids) != text {
			t.Errorf("%q: %q, written as %q", text, got, pickedText(ids))
		}
	}
	if got := pickedIDs("con_1,con_2,con_1,Ä,"); !slices.Equal(got, []string{"con_1", "con_2"}) {
		t.Errorf("%q", got)
	}
}
