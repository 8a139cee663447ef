package app

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/setting"
)

// userAt gives the page of the user with an e-mail address.
func (r *reader) userAt(email string) string {
	r.t.Helper()
	users, _, err := r.accounts.List(r.t.Context(), r.grant, false, "", 50)
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(users, func(u *account.User) bool { return u.Email == email })
	if i < 0 {
		r.t.Fatalf("no user %s", email)
	}
	return usersPath + "/" + users[i].ID
}

func blockByPage(t *testing.T, r *reader, email string) {
	t.Helper()
	at := r.userAt(email)
	r.get(at+"/block").is(http.StatusOK, "Reason")
	r.post(at+"/block", url.Values{"reason": {"Left the board"}}).is(http.StatusOK, "is blocked", "Left the board")
}

func TestSettingsAreSavedOverTheVersionTheyWereOpenedAt(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(organisationPath).is(http.StatusOK, `value="Harbour Choir"`).form(organisationPath)
	form.Del("languages")
	for name, value := range map[string]string{"name": "Harbour Singers", "language": "nl", "country": "NL", "timeZone": "Europe/Amsterdam"} {
		form.Set(name, value)
	}
	form["languages"] = []string{"", "fr"}
	stale := url.Values{}
	for k, v := range form {
		stale[k] = slices.Clone(v)
	}
	r.post(organisationPath, form).is(http.StatusOK, "Saved.", "Harbour Singers")
	s := r.config()
	if diff := cmp.Diff([]string{"Harbour Singers", "NL", "Europe/Amsterdam", "nl"}, []string{s.Name, s.Country, s.TimeZone, s.Language}); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(s.Languages, "fr") || !slices.Contains(s.Languages, "nl") {
		t.Errorf("languages %v", s.Languages)
	}
	stale.Set("name", "Somebody else’s idea")
	stale.Set(ui.KeyName, "another")
	r.post(organisationPath, stale).is(http.StatusPreconditionFailed, "Somebody else’s idea")
	if got := r.config().Name; got != "Harbour Singers" {
		t.Errorf("saved %q over a newer version", got)
	}
	r.get(organisationPath).is(http.StatusOK, "Name of the organisation", "from Harbour Choir to Harbour Singers", "Netherlands")
	form.Set("name", "")
	form.Set(ui.VersionName, "2")
	form.Set(ui.KeyName, "third")
	r.post(organisationPath, form).is(http.StatusUnprocessableEntity, "Fill this in", `href="#f-name"`)
}

func TestPolicies(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(policiesPath).is(http.StatusOK, "Within a family").form(policiesPath)
	form.Set("keyPolicy.email", "block")
	form.Set("keyPolicy.mobile", "family")
	form["newsletterDefault"] = []string{"false"}
	r.post(policiesPath, form).is(http.StatusOK, "Saved.", "The same e-mail address twice")
	s := r.config()
	if s.KeyPolicy["email"] != "block" || s.KeyPolicy["mobile"] != "family" || s.Newsletter == nil || *s.Newsletter {
		t.Errorf("stored %v, newsletter %v", s.KeyPolicy, s.Newsletter)
	}
	form.Set(ui.VersionName, "2")
	form.Set(ui.KeyName, "second")
	form.Set("keyPolicy.email", "perhaps")
	r.post(policiesPath, form).is(http.StatusUnprocessableEntity, "Choose one of the values")
	form.Set("keyPolicy.email", "warn")
	form["newsletterDefault"] = []string{"false", "true"}
	r.post(policiesPath, form).is(http.StatusOK, "Saved.")
	if s := r.config(); !*s.Newsletter || s.Name != "Harbour Choir" {
		t.Errorf("newsletter %v, name %q", *s.Newsletter, s.Name)
	}
}

func (r *reader) fieldNames() []string {
	r.t.Helper()
	cfg, err := setting.Load(r.t.Context(), r.kernel.Store, r.grant.Tenant())
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, f := range cfg.Fields {
		names = append(names, f.Name+":"+f.Type)
	}
	return names
}

func (r *reader) fieldAt(label string) (at string, f *setting.Field) {
	r.t.Helper()
	fields, err := r.accounts.Fields(r.t.Context(), r.grant)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range fields {
		if f.Label == label {
			return fieldsPath + "/" + f.ID, f
		}
	}
	r.t.Fatalf("no field %s", label)
	return "", nil
}

func TestOwnFields(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.get(fieldsPath).is(http.StatusOK, "No fields of your own yet")
	add := func(label, kind, options string) page {
		form := r.get(fieldsPath + "/new").is(http.StatusOK).form(fieldsPath + "/new")
		form.Set("label", label)
		form.Set("type", kind)
		form.Set("options", options)
		return r.post(fieldsPath+"/new", form)
	}
	add("Lid sinds", "text", "left over").is(http.StatusOK, "Lid sinds")
	add("Maat", "choice", "S\r\n\r\n M \r\nS\r\nL").is(http.StatusOK, "S, M, L")
	add("年齢", "text", "").is(http.StatusOK, "年齢")
	add("Maat", "text", "").is(http.StatusConflict, `href="#f-label"`, `value="Maat"`)
	add("Keuze", "choice", "  ").is(http.StatusUnprocessableEntity, `href="#f-options"`)
	add("", "text", "").is(http.StatusUnprocessableEntity, `href="#f-label"`)
	if diff := cmp.Diff([]string{"lidSinds:text", "maat:choice", "field3:text"}, r.fieldNames()); diff != "" {
		t.Fatal(diff)
	}
	at, _ := r.fieldAt("年齢")
	r.post(at+"/move", url.Values{"to": {"up"}}).is(http.StatusOK)
	r.post(at+"/move", url.Values{"to": {"up"}}).is(http.StatusOK)
	r.post(at+"/move", url.Values{"to": {"up"}}).is(http.StatusOK) // is first already
	at, _ = r.fieldAt("Lid sinds")
	r.post(at+"/move", url.Values{"to": {"down"}}).is(http.StatusOK)
	if diff := cmp.Diff([]string{"field3:text", "maat:choice", "lidSinds:text"}, r.fieldNames()); diff != "" {
		t.Fatal(diff)
	}
	at, _ = r.fieldAt("Maat")
	form := r.get(at).is(http.StatusOK, "custom.maat", "History").form(at)
	form.Set("label", "Kit size")
	form.Set("type", "choice")
	form.Set("options", "S\nM\nL\nXL")
	r.post(at, form).is(http.StatusOK, "S, M, L, XL", "Kit size")
	r.post(at, url.Values{ui.VersionName: {"1"}, "label": {"Late"}, "type": {"text"}}).is(http.StatusPreconditionFailed, `value="Late"`)
	r.get(at).is(http.StatusOK, "from Maat to Kit size")

	form = r.get(at).form(at + "/delete")
	gone := r.post(at+"/delete", form).is(http.StatusOK, "is gone")
	if diff := cmp.Diff([]string{"field3:text", "lidSinds:text"}, r.fieldNames()); diff != "" {
		t.Fatal(diff)
	}
	r.post(at+"/restore", gone.form(at+"/restore")).is(http.StatusOK, "is back")
	if n := len(r.fieldNames()); n != 3 {
		t.Errorf("%d fields after undo", n)
	}
}

func TestUsers(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	invite := r.get(usersPath+"/new").is(http.StatusOK, "Administrator").form(usersPath + "/new")
	for name, value := range map[string]string{"name": "Ada Brandt", "email": " Ada@Example.org ", "role": "admin", "language": "en"} {
		invite.Set(name, value)
	}
	r.post(usersPath+"/new", invite).is(http.StatusOK, "An invitation is on its way", "Ada Brandt", "Invited")
	r.post(usersPath+"/new", invite).is(http.StatusOK) // sent twice
	if mails, _ := h.box.List(t.Context(), "", 50); len(mails) != 1 {
		t.Errorf("%d mails for one invitation", len(mails))
	}
	again := r.get(usersPath + "/new").form(usersPath + "/new")
	for name, value := range map[string]string{"name": "Other", "email": "ada@example.org", "role": "reader", "language": "en"} {
		again.Set(name, value)
	}
	r.post(usersPath+"/new", again).is(http.StatusConflict, "already signs in", `value="ada@example.org"`)

	ada := h.stranger()
	ada.post(h.link("Ada@Example.org"), url.Values{"password": {secret}}).is(http.StatusOK, "Harbour Choir")
	at := r.userAt("Ada@Example.org")
	r.get(at).is(http.StatusOK, "Active", "made this", "set a password")

	// An administrator may not touch an owner, nor make one, nor their own rights.
	owner := r.userAt("olga@example.org")
	ada.get(owner).is(http.StatusOK, "holds more rights").without(owner+"/block", owner+"/delete")
	ada.post(owner+"/block", url.Values{"reason": {"x"}}).is(http.StatusForbidden)
	ada.get(usersPath + "/new").is(http.StatusOK).without(`value="owner"`)
	greedy := ada.get(usersPath + "/new").form(usersPath + "/new")
	for name, value := range map[string]string{"name": "Puppet", "email": "puppet@example.org", "role": "owner", "language": "en"} {
		greedy.Set(name, value)
	}
	ada.post(usersPath+"/new", greedy).is(http.StatusForbidden)
	ada.get(at).is(http.StatusOK, "This is you").without(at + "/block")
	me, err := h.accounts.Get(t.Context(), r.grant, strings.TrimPrefix(at, usersPath+"/"))
	if err != nil {
		t.Fatal(err)
	}
	ada.post(at, url.Values{ui.VersionName: {strconv.FormatInt(me.Version, 10)}, "name": {"Ada"}, "email": {"Ada@Example.org"}, "role": {"reader"}, "language": {"en"}}).is(http.StatusForbidden, "Nobody can change their own rights")

	// The owner lowers her, blocks her, lets her in again, and deletes her with a way back.
	form := r.get(at).form(at)
	for name, value := range map[string]string{"name": "Ada Brandt", "email": "ada@example.org", "role": "reader", "language": "fr"} {
		form.Set(name, value)
	}
	r.post(at, form).is(http.StatusOK, "Saved.", "from Administrator to Reader")
	ada.get(organisationPath).is(http.StatusForbidden)
	ada.get("/imports/new").is(http.StatusForbidden)
	form.Set(ui.KeyName, "later")
	form.Set("name", "Stale")
	r.post(at, form).is(http.StatusPreconditionFailed, `value="Stale"`)

	blockByPage(t, r, "ada@example.org")
	ada.get("/contacts").is(http.StatusOK, `name="login"`)
	r.get(usersPath).is(http.StatusOK, "Blocked")
	r.post(at+"/reset", url.Values{}).is(http.StatusConflict, "This user is blocked")
	r.post(at+"/unblock", url.Values{}).is(http.StatusOK, "can sign in again")
	ada.post(SignInPath, url.Values{"login": {"ada@example.org"}, "password": {secret}}).is(http.StatusOK, "Harbour Choir")
	r.post(at+"/reset", url.Values{}).is(http.StatusOK, "new password is on its way")
	h.stranger().get(h.link("ada@example.org")).is(http.StatusOK, `lang="fr"`)

	gone := r.post(at+"/delete", r.get(at).form(at+"/delete")).is(http.StatusOK, "can no longer sign in")
	r.get(usersPath).is(http.StatusOK).without("Ada Brandt")
	r.get(usersPath+"?trash=1").is(http.StatusOK, "Ada Brandt", at+"/restore")
	ada.get("/contacts").is(http.StatusOK, `name="login"`)
	r.post(at+"/restore", gone.form(at+"/restore")).is(http.StatusOK, "is back")

	// The last owner stays.
	myself, err := h.accounts.Me(t.Context(), r.grant)
	if err != nil {
		t.Fatal(err)
	}
	r.post(owner+"/delete", url.Values{ui.VersionName: {strconv.FormatInt(myself.Version, 10)}}).is(http.StatusForbidden, "Nobody can change their own rights")
}

func TestSettingsAreForManagersOnly(t *testing.T) {
	h := open(t)
	owner := h.found("Harbour Choir", "olga@example.org")
	editor := h.colleague(owner, "ed@example.org", policy.Editor)
	for _, route := range settingsRoutes {
		p := editor.send(route.Method, strings.ReplaceAll(route.Path, "{id}", "usr_1"), map[bool]url.Values{true: {"x": {"y"}}}[route.Method == http.MethodPost])
		if p.Status != http.StatusForbidden {
			t.Errorf("%s %s: %d", route.Method, route.Path, p.Status)
		}
	}
	editor.get("/contacts").is(http.StatusOK).without(`href="/settings"`)
}
