package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/rewrite"
	"github.com/muster-crm/muster/shared/setting"
)

// rewriteAll works on what the page at an address began, to its end.
func (r *reader) rewriteAll(p page) page {
	r.t.Helper()
	id := strings.TrimPrefix(p.Path, rewritesPath+"/")
	runner := job.NewRunner(r.kernel.Jobs, account.Rights{Store: r.kernel.Store, Kinds: r.kernel.Kinds},
		map[string]job.Worker{rewrite.Kind: rewrite.New(rewrite.Ports{Records: r.kernel.Records, Jobs: r.kernel.Jobs})}, time.Minute)
	if err := runner.Run(r.t.Context(), r.grant.Tenant(), id, 0); err != nil {
		r.t.Fatal(err)
	}
	return r.get(p.Path)
}

// configuration reads what the organisation has decided.
func (r *reader) configuration() *setting.Config {
	r.t.Helper()
	cfg, err := setting.Load(r.t.Context(), r.kernel.Store, r.grant.Tenant())
	if err != nil {
		r.t.Fatal(err)
	}
	return cfg
}

// offered lists the codes a list offers.
func (r *reader) offered(list string) string {
	r.t.Helper()
	return strings.Join(r.configuration().Lists.Codes(list), " ")
}

func TestListsOfValues(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.get(listsPath).is(http.StatusOK, "Contact types", "Kit sizes").without("Categories of news") // nothing uses those yet
	const types = listsPath + "/type"
	form := r.get(types).is(http.StatusOK, "Donor", "Needed").form(types)
	form.Set("label", "Sponsor")
	r.post(types, form).is(http.StatusOK, "“Sponsor” is there.")
	r.post(types, form).is(http.StatusOK) // sent twice
	if got := r.offered("type"); got != "member external donor volunteer supplier student partner customer sponsor" {
		t.Fatal(got)
	}
	again := r.get(types).form(types)
	again.Set("label", "SPONSOR")
	r.post(types, again).is(http.StatusUnprocessableEntity, "There is one of this name already", `value="SPONSOR"`)
	again.Set("label", "")
	r.post(types, again).is(http.StatusUnprocessableEntity, "Fill this in")

	// Values change places, those that came with the product too.
	for range 2 {
		r.post(types+"/sponsor/move", url.Values{"to": {"up"}}).is(http.StatusOK)
	}
	r.post(types+"/member/move", url.Values{"to": {"up"}}).is(http.StatusOK) // is first already
	r.post(types+"/member/move", url.Values{"to": {"down"}}).is(http.StatusOK)
	if got := r.offered("type"); got != "external member donor volunteer supplier student sponsor partner customer" {
		t.Error(got)
	}
	for range 12 { // between two there is room for some, then all are numbered anew
		r.post(types+"/sponsor/move", url.Values{"to": {"up"}}).is(http.StatusOK)
		r.post(types+"/sponsor/move", url.Values{"to": {"down"}}).is(http.StatusOK)
	}
	if got := r.offered("type"); got != "external member donor volunteer supplier student sponsor partner customer" {
		t.Error(got)
	}

	// A name of the organisation's own holds everywhere at once.
	ann := r.contact(`{"firstName":"Ann","type":"donor"}`)
	donor := types + "/donor"
	form = r.get(donor).is(http.StatusOK, "Empty, it is called “Donor”", "1 record has it.").form(donor)
	form.Set("label", "Benefactor")
	r.post(donor, form).is(http.StatusOK, "Saved.", "Benefactor")
	r.get(contactPath(ann.ID)).is(http.StatusOK, "Benefactor")
	r.get(HomePath+"?q="+url.QueryEscape("type:benefactor")).is(http.StatusOK, "Ann")
	stale := r.get(donor).is(http.StatusOK, "History", "Benefactor").form(donor)
	stale.Set(ui.VersionName, "7")
	stale.Set("label", "Giver")
	r.post(donor, stale).is(http.StatusPreconditionFailed, "Giver", "Benefactor", `name="`+keepPrefix+`label"`)

	// What is retired is offered no more, and kept by who has it.
	form = r.get(donor).form(donor)
	form.Set("label", "Benefactor")
	form["retired"] = []string{"false", "true"}
	r.post(donor, form).is(http.StatusOK, "Retired")
	r.get(HomePath + "/new").is(http.StatusOK).without(`value="donor"`)
	r.get(contactPath(ann.ID)).is(http.StatusOK, "Benefactor")
	form = r.get(types+"/member").is(http.StatusOK, "Muster itself uses this value").form(types + "/member")
	form["retired"] = []string{"false", "true"}
	r.post(types+"/member", form).is(http.StatusUnprocessableEntity)
	r.get(types + "/pirate").is(http.StatusNotFound)
	r.get(listsPath + "/country").is(http.StatusNotFound)
}

func TestDeletingAndReplacingValues(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	const types = listsPath + "/type"
	for _, label := range []string{"Sponsor", "Patron"} {
		form := r.get(types).form(types)
		form.Set("label", label)
		r.post(types, form).is(http.StatusOK)
	}
	ann := r.contact(`{"firstName":"Ann","type":"sponsor"}`)
	at := types + "/sponsor"
	page := r.post(at+"/delete", r.get(at).form(at+"/delete")).is(http.StatusConflict, "Still in use 1 times", "Replace “Sponsor”", "1 record has it.")
	form := page.form(at + "/replace")
	form.Set("to", "patron")
	form["remove"] = []string{"false", "true"}
	begun := r.post(at+"/replace", form).is(http.StatusOK, "Sponsor → Patron", "Cancel")
	r.get(begun.Path+"/progress").is(http.StatusOK, "data-poll")
	done := r.rewriteAll(begun).is(http.StatusOK, "Done", "Undo").without("data-poll")
	if got := r.offered("type"); strings.Contains(got, "sponsor") {
		t.Error(got)
	}
	rec, err := r.kernel.Records.Get(t.Context(), r.grant, contact.Name, ann.ID)
	if err != nil || rec.(*contact.Contact).Type != "patron" {
		t.Errorf("%v, %v", rec, err)
	}
	r.get(contactPath(ann.ID, "history")).is(http.StatusOK, "Sponsor", "Patron")
	r.get(types).is(http.StatusOK, "1 deleted", "Sponsor")
	r.rewriteAll(r.post(done.Path+"/undo", done.form(done.Path+"/undo"))).is(http.StatusOK, "Undone")
	if got := r.offered("type"); !strings.Contains(got, "sponsor") {
		t.Error(got)
	}

	// One that nobody has goes at once, and comes back.
	patron := types + "/patron"
	gone := r.post(patron+"/delete", r.get(patron).form(patron+"/delete")).is(http.StatusOK, "“Patron” is deleted.", "1 deleted")
	r.get(patron).is(http.StatusNotFound)
	r.post(patron+"/restore", gone.form(patron+"/restore")).is(http.StatusOK, "“Patron” is back.")
	// One that came with the product is replaced and retired.
	bad := r.get(types+"/student/replace").is(http.StatusOK, "Nothing has it").form(types + "/student/replace")
	bad.Set("to", "student")
	r.post(types+"/student/replace", bad).is(http.StatusUnprocessableEntity)
	bad.Set("to", "member")
	bad["remove"] = []string{"false", "true"}
	r.rewriteAll(r.post(types+"/student/replace", bad)).is(http.StatusOK, "Done")
	if got := r.offered("type"); strings.Contains(got, "student") {
		t.Error(got)
	}
	r.get(types).is(http.StatusOK, "Student", "Retired")
	r.get(types + "/student/delete").is(http.StatusMethodNotAllowed)
}

func TestTagsPages(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.get(tagsPath).is(http.StatusOK, "No tags")
	r.contact(`{"firstName":"Ann","tags":["Bestuur","a \"b\""]}`)
	r.contact(`{"firstName":"Bo","tags":["board"]}`)
	r.contact(`{"firstName":"Cis","tags":["board","U12"]}`)
	list := r.get(tagsPath).is(http.StatusOK, "Bestuur", "board", "U12")
	if !strings.Contains(list.Body, url.Values{"q": {`tags:"a \"b\""`}}.Encode()) {
		t.Errorf("the count of a tag with quotation marks leads nowhere: %s", list.words())
	}
	r.get(tagsPath+"?q=u1").is(http.StatusOK, "U12").without("Bestuur")
	form := r.get(tagsPath+"/edit?tag=Bestuur").is(http.StatusOK, "Rename “Bestuur”", "1 record has it.").form(tagsPath + "/edit")
	form.Set("to", " ")
	r.post(tagsPath+"/edit", form).is(http.StatusUnprocessableEntity, "Fill this in")
	form.Set("to", "Committee")
	renamed := r.rewriteAll(r.post(tagsPath+"/edit", form)).is(http.StatusOK, "Bestuur → Committee", "Done")
	if at, _ := url.Parse(r.get(jobsPath).is(http.StatusOK, "Replacement").link("Bestuur → Committee")); at == nil || at.Path != renamed.Path {
		t.Errorf("the replacement is at %s, the jobs lead to %v", renamed.Path, at)
	}

	picked := r.post(tagsPath+"/pick", url.Values{"id": {"Committee", "board"}}).is(http.StatusOK, "Merge 2 tags", "Committee (1)", "board (2)", `value="board"`)
	form = picked.form(tagsPath + "/edit")
	form["tag"] = []string{"Committee", "board"}
	form.Set("to", "Board")
	r.rewriteAll(r.post(tagsPath+"/edit", form)).is(http.StatusOK, "Done")
	counts, err := rewrite.New(rewrite.Ports{Records: r.kernel.Records, Jobs: r.kernel.Jobs}).Counts(t.Context(), r.grant, rewrite.Tags)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"Board": 3, "U12": 1, `a "b"`: 1}, counts); diff != "" {
		t.Error(diff)
	}
	r.post(tagsPath+"/pick", url.Values{}).is(http.StatusOK, "Tags are made by using them")
	r.get(tagsPath + "/edit").is(http.StatusNotFound)
}

func TestStandardFields(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(profilePath).is(http.StatusOK, "Date of birth", "Company").form(profilePath)
	form.Set("profile.contact.birthDate", "mandatory")
	form.Set("profile.contact.website", "unused")
	r.post(profilePath, form).is(http.StatusOK, "Saved.", "Contact: Date of birth", "Mandatory")
	if diff := cmp.Diff(map[string]string{"contact.birthDate": "mandatory", "contact.website": "unused"}, r.config().Profile); diff != "" {
		t.Error(diff)
	}
	company := r.get(profilePath+"?kind=company").is(http.StatusOK, "Tax number").without("profile.contact.birthDate").form(profilePath)
	company.Set("profile.company.website", "mandatory")
	r.post(profilePath, company).is(http.StatusOK)
	if got := r.config().Profile; got["company.website"] != "mandatory" || got["contact.birthDate"] != "mandatory" {
		t.Errorf("%v", got)
	}
	company.Set(ui.VersionName, "3")
	company.Set(ui.KeyName, "again")
	company.Set("profile.company.website", "perhaps")
	r.post(profilePath, company).is(http.StatusUnprocessableEntity, "Choose one of the values")
}
