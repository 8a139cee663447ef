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
	stale.Set("loginText", "Welcome to rehearsal")
	both := r.post(organisationPath, stale).is(http.StatusPreconditionFailed, "Somebody else’s idea", "Harbour Singers", "Welcome to rehearsal", "Olga Maes")
	if got := r.config().Name; got != "Harbour Singers" {
		t.Errorf("saved %q over a newer version", got)
	}
	// The reader takes the stored name and keeps what only they changed.
	again := both.form(organisationPath)
	again["languages"] = stale["languages"]
	again.Set(keepPrefix+"name", "theirs")
	for _, field := range []string{"country", "timeZone", "language", "languages"} {
		again.Set(keepPrefix+field, "theirs")
	}
	r.post(organisationPath, again).is(http.StatusOK, "Saved.")
	if s := r.config(); s.Name != "Harbour Singers" || s.LoginText != "Welcome to rehearsal" || s.Country != "NL" {
		t.Errorf("stored %q, %q, %s", s.Name, s.LoginText, s.Country)
	}
	r.get(organisationPath).is(http.StatusOK, "Name of the organisation", "from Harbour Choir to Harbour Singers", "Netherlands")
	form.Set("name", "")
	form.Set(ui.VersionName, "3")
	form.Set(ui.KeyName, "third")
	r.post(organisationPath, form).is(http.StatusUnprocessableEntity, "Fill this in", `href="#f-name"`)
}

func TestPolicies(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	form := r.get(policiesPath).is(http.StatusOK, "Within a family").form(policiesPath)
	form.Set("keyPolicy.email", "block")
	form.Set("keyPolicy.mobile", "family")
	form.Set("operatorDefault", "creator")
	form.Set("lifetimes.sessionHours", " 8 ")
	form.Set("retention.trashMonths", "24")
	form["portal"] = []string{"", "profile", "family"}
	form["newsletterDefault"] = []string{"false"}
	r.post(policiesPath, form).is(http.StatusOK, "Saved.", "The same e-mail address twice", "Whoever enters the contact")
	s := r.config()
	if s.KeyPolicy["email"] != "block" || s.KeyPolicy["mobile"] != "family" || s.Newsletter == nil || *s.Newsletter {
		t.Errorf("stored %v, newsletter %v", s.KeyPolicy, s.Newsletter)
	}
	if s.Operator != "creator" || s.Lifetimes.SessionHours != 8 || s.Retention.TrashMonths != 24 || !slices.Equal(s.Portal, []string{"profile", "family"}) {
		t.Errorf("stored %q %+v %+v %v", s.Operator, s.Lifetimes, s.Retention, s.Portal)
	}
	r.get(policiesPath).is(http.StatusOK, `name="lifetimes.sessionHours" type="text" value="8"`, "hours")
	form.Set(ui.VersionName, "2")
	form.Set(ui.KeyName, "second")
	form.Set("keyPolicy.email", "perhaps")
	form.Set("lifetimes.sessionHours", "soon")
	r.post(policiesPath, form).is(http.StatusUnprocessableEntity, `href="#f-lifetimes-sessionHours"`, `value="soon"`)
	form.Set("lifetimes.sessionHours", "721")
	r.post(policiesPath, form).is(http.StatusUnprocessableEntity, "Choose one of the values", "At most 720.")
	form.Set("lifetimes.sessionHours", "")
	form.Set("keyPolicy.email", "warn")
	form["newsletterDefault"] = []string{"false", "true"}
	r.post(policiesPath, form).is(http.StatusOK, "Saved.")
	if s := r.config(); !*s.Newsletter || s.Name != "Harbour Choir" || s.Lifetimes != nil {
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

// addField makes a field of a kind by its page.
func (r *reader) addField(kind, of, label string, more url.Values) page {
	r.t.Helper()
	at := fieldsPath + "/new?" + url.Values{"kind": {of}, "type": {kind}}.Encode()
	form := r.get(at).is(http.StatusOK).form(fieldsPath + "/new")
	form.Set("label", label)
	form.Set("presence", "all")
	for name, values := range more {
		form[name] = values
	}
	return r.post(fieldsPath+"/new", form)
}

func TestOwnFields(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	r.get(fieldsPath).is(http.StatusOK, "No fields of your own yet")
	r.get(fieldsPath+"/new?kind=contact").is(http.StatusOK, "Several choices from a list", "type=amount")
	r.addField("text", "contact", "Lid sinds", url.Values{"options": {"left over"}}).is(http.StatusOK, "Lid sinds")
	r.addField("choice", "contact", "Maat", url.Values{"options": {"S\r\n\r\n M \r\nS\r\nL"}}).is(http.StatusOK, "S, M, L")
	r.addField("text", "contact", "年齢", nil).is(http.StatusOK, "年齢")
	r.addField("text", "contact", "Maat", nil).is(http.StatusConflict, `href="#f-label"`, `value="Maat"`)
	r.addField("choice", "contact", "Keuze", url.Values{"options": {"  "}}).is(http.StatusUnprocessableEntity, `href="#f-options"`)
	r.addField("text", "contact", "", nil).is(http.StatusUnprocessableEntity, `href="#f-label"`)
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
	form.Set("presence", "required")
	form.Set("options", "S\nM\nL\nXL")
	r.post(at, form).is(http.StatusOK, "S, M, L, XL", "Kit size", "Mandatory")
	stale := url.Values{ui.VersionName: {"1"}, "label": {"Late"}, "type": {"choice"}, "presence": {"all"}, "options": {"S\nM\nL\nXL"}}
	both := r.post(at, stale).is(http.StatusPreconditionFailed, "Late", "Kit size", `name="`+keepPrefix+`label"`)
	again := both.form(at)
	again.Set(keepPrefix+"label", "yours")
	again.Set(keepPrefix+"required", "theirs")
	r.post(at, again).is(http.StatusOK, "Saved.")
	if _, f := r.fieldAt("Late"); !f.Required {
		t.Error("what only the other one changed was lost")
	}
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

// Every type of field is made by its page, with a default typed as its values are, for every kind that has fields.
func TestOwnFieldsOfEveryType(t *testing.T) {
	h := open(t)
	r := h.found("Harbour Choir", "olga@example.org")
	for kind, c := range map[string]struct {
		typed url.Values
		want  string
	}{
		"text": {url.Values{"default": {"here"}}, "here"}, "long": {url.Values{"default": {"here\r\nand there"}}, "here\nand there"},
		"number": {url.Values{"default": {"1,250.5"}, "min": {"-3"}, "max": {"9999.75"}}, "1250.5"},
		"amount": {url.Values{"default.amount": {"12.5"}, "default.currency": {"EUR"}}, "12.5 EUR"}, "date": {url.Values{"default": {"2026-11-21"}}, "2026-11-21"},
		"flag": {url.Values{"default": {"false"}}, "false"}, "choice": {url.Values{"options": {"S\nM"}, "default": {"M"}}, "M"},
		"choices": {url.Values{"options": {"S\nM\nL"}, "default": {"", "S", "L"}}, "S\nL"}, "link": {url.Values{"default": {"https://example.org"}}, "https://example.org"},
		"file": {nil, ""},
	} {
		for _, of := range []string{"contact", "family", "company"} {
			label := "Own " + kind + " of " + of
			r.addField(kind, of, label, c.typed).is(http.StatusOK, label)
			at, f := r.fieldAt(label)
			if f.Type != kind || f.For != of || f.Default != c.want {
				t.Errorf("%s: %s of %s begins with %q, want %q", label, f.Type, f.For, f.Default, c.want)
			}
			// What the editor shows of it saves as it is.
			page := r.get(at).is(http.StatusOK)
			if kind == "number" {
				page.is(http.StatusOK, `value="1250.5"`, `value="-3"`, `value="9999.75"`)
			}
		}
	}
	for kind, typed := range map[string]url.Values{"number": {"default": {"many"}}, "amount": {"default.amount": {"1.234"}, "default.currency": {"EUR"}}, "date": {"default": {"soon"}}, "choice": {"options": {"a"}, "default": {"b"}},
		"text": {"default": {"x"}, "presence": {"optional"}}} {
		r.addField(kind, "contact", "Wrong "+kind, typed).is(http.StatusUnprocessableEntity)
	}
	r.addField("date", "contact", "Secret day", url.Values{"class": {"sensitive"}}).is(http.StatusUnprocessableEntity, "Only a text can be sensitive")
	r.addField("text", "contact", "Secret", url.Values{"class": {"sensitive"}}).is(http.StatusOK, "Sensitive")
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
	r.post(at, form).is(http.StatusPreconditionFailed, "Stale", `name="`+keepPrefix+`name"`)

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
		p := editor.send(route.Method, strings.NewReplacer("{id}", "usr_1", "{list}", "type", "{code}", "donor").Replace(route.Path), map[bool]url.Values{true: {"x": {"y"}}}[route.Method == http.MethodPost])
		if p.Status != http.StatusForbidden {
			t.Errorf("%s %s: %d", route.Method, route.Path, p.Status)
		}
	}
	editor.get("/contacts").is(http.StatusOK).without(`href="/settings"`)
}
