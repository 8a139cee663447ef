package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// add makes a record of a part of the settings by its page.
func (r *reader) add(path string, pairs ...string) page {
	r.t.Helper()
	form := r.get(path + "/new").is(http.StatusOK).form(path + "/new")
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return r.post(path+"/new", form)
}

// settingNamed gives the page of the record of a kind with a name.
func (r *reader) settingNamed(kind, path, name string) string {
	r.t.Helper()
	for _, rec := range r.configuration().Live(kind) {
		if record.Title(rec) == name {
			return path + "/" + rec.Base().ID
		}
	}
	r.t.Fatalf("no %s %s", kind, name)
	return ""
}

func TestEntitiesAsATree(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	const path = settingsPath + "/entities"
	r.get(path).is(http.StatusOK, "Harbour Choir", `href="`+organisationPath+`"`)
	r.add(path, "name", "Youth").is(http.StatusOK, "“Youth” is there.")
	youth := r.settingNamed(setting.EntityName, path, "Youth")
	youthID := strings.TrimPrefix(youth, path+"/")
	r.add(path, "name", "Under twelve", "parent", youthID).is(http.StatusOK)
	r.add(path, "name", "Adults").is(http.StatusOK)
	var names []string
	for _, p := range r.configuration().Entities {
		names = append(names, strings.Repeat("-", p.Depth)+p.Name)
	}
	if diff := cmp.Diff([]string{"Harbour Choir", "-Adults", "-Youth", "--Under twelve"}, names); diff != "" {
		t.Error(diff)
	}
	below := r.settingNamed(setting.EntityName, path, "Under twelve")
	page := r.get(youth).is(http.StatusOK, "Whatever lies below it moves along")
	page.without(`value="`+strings.TrimPrefix(below, path+"/")+`"`, `value="`+youthID+`"`) // neither itself nor what is below it is offered
	form := page.form(youth)
	form.Set("name", "Youth")
	form.Set("parent", strings.TrimPrefix(below, path+"/"))
	r.post(youth, form).is(http.StatusUnprocessableEntity, "Nothing can lie below itself", `href="#f-parent"`)
	form.Set("parent", setting.RootEntity)
	form.Set("name", "adults")
	r.post(youth, form).is(http.StatusUnprocessableEntity, "There is one of this name already")

	// One with people in it is not deleted; they move to another first.
	r.contact(`{"firstName":"Ann","entity":"` + strings.TrimPrefix(below, path+"/") + `"}`)
	r.get(path).is(http.StatusOK, "depth-2")
	replace := r.post(below+"/delete", r.get(below).form(below+"/delete")).is(http.StatusConflict, "Still in use 1 times", "Replace “Under twelve”").form(below + "/replace")
	replace.Set("to", youthID)
	replace["remove"] = []string{"false", "true"}
	r.rewriteAll(r.post(below+"/replace", replace)).is(http.StatusOK, "Under twelve → Youth", "Done")
	if r.configuration().Entity(strings.TrimPrefix(below, path+"/")) != nil {
		t.Error("it is still there")
	}
	r.get(path).is(http.StatusOK, "1 deleted")
	r.get(below).is(http.StatusOK, "Restore")
	restore := r.get(below).form(below + "/restore")
	r.post(below+"/restore", restore).is(http.StatusOK, "“Under twelve” is back.")

	// Users and contacts can be put into one.
	r.get(usersPath+"/new").is(http.StatusOK, "Entity", "Youth")
}

func TestSeasonsPages(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	const path = settingsPath + "/seasons"
	r.get(path).is(http.StatusOK, "No seasons yet")
	r.add(path, "name", "2025-26", "from", "2025-09-01", "to", "2026-08-31").is(http.StatusOK, "“2025-26” is there.")
	r.add(path, "name", "2026-27", "from", "2026-09-01", "to", "2027-08-31").is(http.StatusOK)
	r.add(path, "name", "Spring", "from", "2026-03-01", "to", "2026-05-31").is(http.StatusUnprocessableEntity, "It overlaps 2025-26.", `value="Spring"`)
	r.add(path, "name", "Backwards", "from", "2030-03-01", "to", "2029-05-31").is(http.StatusUnprocessableEntity, "It ends before it begins.")
	for _, name := range []string{"2025-26", "2026-27"} {
		at := r.settingNamed(setting.SeasonName, path, name)
		r.post(at+"/choose", r.get(at).form(at+"/choose")).is(http.StatusOK, "“"+name+"”: Current.")
	}
	current := slices.DeleteFunc(slices.Clone(r.configuration().Seasons), func(s *setting.Season) bool { return !s.Current })
	if len(current) != 1 || current[0].Name != "2026-27" {
		t.Errorf("%d current ones", len(current))
	}
	at := r.settingNamed(setting.SeasonName, path, "2025-26")
	form := r.get(at).is(http.StatusOK, "History").form(at)
	for name, value := range map[string]string{"name": "2025-26", "from": "2025-09-01", "to": "2026-08-31"} {
		form.Set(name, value)
	}
	form["closed"] = []string{"false", "true"}
	r.post(at, form).is(http.StatusOK, "Closed")
	r.get(at).is(http.StatusOK).without(at + "/choose")
	form.Set(ui.KeyName, "late")
	form.Set("name", "Late")
	r.post(at, form).is(http.StatusPreconditionFailed, "Late", "2025-26", `name="`+keepPrefix+`name"`)
	gone := r.post(at+"/delete", r.get(at).form(at+"/delete")).is(http.StatusOK, "“2025-26” is deleted.")
	r.post(at+"/restore", gone.form(at+"/restore")).is(http.StatusOK, "“2025-26” is back.")
}

func TestStoresAndClientGroups(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	const stores, groups = settingsPath + "/stores", settingsPath + "/client-groups"
	r.add(stores, "name", "North", "senderEmail", "north@example.org", "address.town", "Gent").is(http.StatusOK, "“North” is there.", "north@example.org")
	r.add(stores, "name", "South", "senderEmail", "nowhere").is(http.StatusUnprocessableEntity, `href="#f-senderEmail"`, `value="nowhere"`)
	at := r.settingNamed(setting.StoreName, stores, "North")
	r.post(at+"/choose", r.get(at).form(at+"/choose")).is(http.StatusOK, "“North”: Default.")
	if s := r.configuration().Store(); s == nil || s.Name != "North" || s.Address.Country != "BE" {
		t.Errorf("%+v", s)
	}
	r.get(at+"/replace").is(http.StatusOK, "There is nothing else to take its place")

	r.add(groups, "name", "Trade", "discount", "12.5", "paymentTermDays", "0").is(http.StatusOK, "12.5\u00a0%", "0 days")
	r.add(groups, "name", "Much", "discount", "101").is(http.StatusUnprocessableEntity, `href="#f-discount"`, `value="101"`)
	r.add(groups, "name", "Odd", "discount", "1.234").is(http.StatusUnprocessableEntity, `value="1.234"`)
	at = r.settingNamed(setting.ClientGroupName, groups, "Trade")
	form := r.get(at).is(http.StatusOK, `value="12.5"`).form(at)
	for name, value := range map[string]string{"name": "Trade", "discount": "15", "paymentTermDays": ""} {
		form.Set(name, value)
	}
	r.post(at, form).is(http.StatusOK, "15\u00a0%")
	r.get(at).is(http.StatusOK, "12.5\u00a0%", "15\u00a0%")
	if g := r.configuration().ClientGroups[0]; g.Discount != 1500 || g.PaymentTermDays != nil {
		t.Errorf("%+v", g)
	}
	r.post(at+"/delete", r.get(at).form(at+"/delete")).is(http.StatusOK, "“Trade” is deleted.")
}

// An organisation's own colour and bank accounts are typed, shown and taken back.
func TestOrganisationInFull(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(organisationPath).form(organisationPath)
	for name, value := range map[string]string{"name": "Harbour Choir", "language": "en", "country": "BE", "timeZone": "Europe/Brussels", "colour": "#b4540a", "federation.name": "Choirs United",
		"federation.number": "17", "bankAccounts[0].iban": "be71 0961 2345 6769", "bankAccounts[0].holder": "Harbour Choir", "bankAccounts[3].iban": " "} {
		form.Set(name, value)
	}
	form["ownColour"] = []string{"false", "true"}
	form["languages"] = []string{"", "en"}
	more := url.Values{}
	for name, values := range form {
		more[name] = values
	}
	more.Set(ui.AddName, "bankAccounts")
	r.post(organisationPath, more).is(http.StatusOK, "bankAccounts[4].iban", "Choirs United")
	r.post(organisationPath, form).is(http.StatusOK, "Saved.", "BE71 0961 2345 6769", "/assets/accent-b4540a.")
	s := r.config()
	if len(s.BankAccounts) != 1 || s.BankAccounts[0].IBAN != "BE71096123456769" || s.Colour != "#b4540a" || s.Federation.Number != "17" {
		t.Errorf("%+v", s)
	}
	form = r.get(organisationPath).form(organisationPath)
	for name, value := range map[string]string{"name": "Harbour Choir", "language": "en", "country": "BE", "timeZone": "Europe/Brussels", "colour": "#b4540a", "bankAccounts[0].iban": "BE71 0961 2345 6760"} {
		form.Set(name, value)
	}
	r.post(organisationPath, form).is(http.StatusUnprocessableEntity, `href="#f-bankAccounts-0-iban"`)
	form.Set("bankAccounts[0].iban", "")
	form["ownColour"] = []string{"false"}
	r.post(organisationPath, form).is(http.StatusOK).without("/assets/accent-")
	if s := r.config(); s.BankAccounts != nil || s.Colour != "" || s.Federation != nil {
		t.Errorf("%+v", s)
	}
}

// The sign-in page of an installation with one organisation is that organisation's.
func TestTheSignInPageGreets(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(organisationPath).form(organisationPath)
	for name, value := range map[string]string{"name": "Harbour Choir", "language": "en", "country": "BE", "timeZone": "Europe/Brussels", "colour": "#b4540a", "loginText": "Welcome!\r\nCall <Ann> when stuck."} {
		form.Set(name, value)
	}
	form["ownColour"] = []string{"false", "true"}
	r.post(organisationPath, form).is(http.StatusOK)
	h.stranger().get(SignInPath).is(http.StatusOK, "Harbour Choir", "Welcome!\nCall &lt;Ann&gt; when stuck.", "/assets/accent-b4540a.")
	h.found("Other Choir", "otto@example.org")
	h.stranger().get(SignInPath).is(http.StatusOK).without("Harbour Choir", "Welcome!", "accent-b4540a")
}
