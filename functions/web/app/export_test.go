package app

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/exporter"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

// exported works on an export until it has ended, and opens its page.
func (r *reader) exported(p page) page {
	r.t.Helper()
	at := p.is(http.StatusOK).Path
	id := at[strings.LastIndex(at, "/")+1:]
	k := r.house.kernel
	runner := job.NewRunner(k.Jobs, account.Rights{Store: k.Store, Kinds: k.Kinds}, map[string]job.Worker{exporter.Kind: r.house.ports.Exports}, time.Hour)
	if err := runner.Run(r.t.Context(), r.grant.Tenant(), id, 0); err != nil {
		r.t.Fatal(err)
	}
	return r.get(at)
}

// exportForm gives the form of an export as a browser sends it.
func (p page) exportForm(action string) url.Values {
	form := p.filled(action)
	for name, pattern := range map[string]string{"cols": `name="cols" value="([^"]*)" checked`, "order": `name="order" value="([^"]*)"`, "sort": `name="sort" value="([^"]*)"`} {
		form.Del(name)
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(p.Body, -1) {
			form.Add(name, m[1])
		}
	}
	return form
}

// The way from the list to the file: of the whole result, and of ticked rows.
func TestExport(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	an := r.contact(`{"firstName":"An","lastName":"Peeters","type":"member"}`)
	r.contact(`{"firstName":"Bo","lastName":"Maes","type":"donor"}`)
	r.get("/contacts?q=type:donor").is(http.StatusOK, "/contacts/export?all=1&amp;q=type%3Adonor")
	p := r.get("/contacts/export?q=type:donor").is(http.StatusOK, "1 contact", "Excel (.xlsx)", "vCard (.vcf)", "First name", "Bank account (IBAN) (sensitive)", "noted in the access log")
	form := p.exportForm("/contacts/export/make")
	if len(form["cols"]) < 10 || form.Get("q") != "type:donor" {
		t.Errorf("%v", form)
	}
	form.Set("format", "csv")
	done := r.exported(r.post("/contacts/export/make", form)).is(http.StatusOK, "The file with 1 row is ready", "Download")
	file := regexp.MustCompile(`/exports/exp_[a-z0-9]+/file`).FindString(done.Body)
	if file := r.fetched(r.send(http.MethodGet, file, nil).Header.Get("Location")); !strings.Contains(file.Body.String(), "Maes") {
		t.Errorf("%d %s", file.Code, file.Body)
	}
	r.get("/jobs").is(http.StatusOK, "Export", strings.TrimSuffix(file, "/file"))

	// What is ticked, in the order the columns are brought in.
	p = r.post("/contacts/export", url.Values{"id": {an.ID}}).is(http.StatusOK, "1 contact")
	form = p.exportForm("/contacts/export/make")
	form["cols"] = []string{"lastName", "firstName"}
	form.Set("_up", "firstName")
	p = r.post("/contacts/export/make", form).is(http.StatusOK)
	if again := p.exportForm("/contacts/export/make"); again.Get("sel") != an.ID || len(again["cols"]) != 2 || again["cols"][0] != "firstName" {
		t.Errorf("%v", again["cols"])
	}
	form.Del("_up")
	form.Del("cols")
	r.post("/contacts/export/make", form).is(http.StatusUnprocessableEntity, "Columns")

	// From the tab of a saved search: what it finds, by its name. A selection of nothing is told.
	search := r.make("search", "", `{"for":"contact","name":"Our donors","query":"type:donor"}`).Base().ID
	r.get("/contacts?view="+search+"&q=type:donor").is(http.StatusOK, "/contacts/export?all=1&amp;q=type%3Adonor&amp;view="+search)
	if p := r.get("/contacts?view=" + search + "&q=type:member"); !strings.Contains(p.Body, `/contacts/export?all=1&amp;q=type%3Amember"`) {
		t.Error("another question goes by the name of the search")
	}
	p = r.get("/contacts/export?all=1&q=type:donor&view="+search).is(http.StatusOK, "All that Our donors finds", "1 contact")
	form = p.exportForm("/contacts/export/make")
	form.Set("format", "csv")
	r.exported(r.post("/contacts/export/make", form)).is(http.StatusOK, "The file with 1 row is ready")
	form.Set("view", "sch_none")
	r.post("/contacts/export/make", form).is(http.StatusUnprocessableEntity)
	r.post("/contacts/export", url.Values{"all": {"0"}}).is(http.StatusUnprocessableEntity, "Nothing is selected.")

	// Families, one row for each contact.
	r.get("/families/export").is(http.StatusOK, "One for each family")
	form = r.get("/families/export").exportForm("/families/export/make")
	form.Set("rows", "contact")
	form.Set("_action", "rows")
	r.post("/families/export/make", form).is(http.StatusOK, "Contact: First name")

	// Whoever may not export finds no way to.
	reader := h.colleague(r, "rita@example.org", policy.Reader)
	if p := reader.get("/contacts").is(http.StatusOK); strings.Contains(p.Body, "/contacts/export") {
		t.Error("a reader is offered an export")
	}
	reader.get("/contacts/export").is(http.StatusForbidden)
}
