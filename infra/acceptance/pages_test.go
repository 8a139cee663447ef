package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	web "github.com/muster-crm/muster/functions/web/app"
	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/i18n"
)

// house is an organisation with something on every page.
type house struct {
	*client
	contact, trashed, bare string
	imports                map[string]string // ids by state
	file, note             string            // of the contact
	tokens                 map[string]string // of one-time links by purpose
	field, user            string
	decided                decided
	kinds                  map[string]string // ids of records of the other kinds, by the plural of the kind
}

// furnish makes it. name is what its people are called, to see what pages do with names.
func furnish(t *testing.T, c *client, name string) *house {
	t.Helper()
	h := &house{client: c, imports: map[string]string{}, tokens: map[string]string{}, kinds: map[string]string{}}
	h.field = c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "size", "label": "Size " + name, "type": "choice", "options": []any{"S " + name, "M"}}).want(201).text("id")
	for _, f := range []map[string]any{{"name": "medical", "label": "Medical " + name, "type": "text", "class": "sensitive", "optional": true}, {"name": "page", "label": "Page", "type": "link"}, {"name": "dues", "label": "Dues", "type": "amount"},
		{"name": "roles", "label": "Roles", "type": "choices", "options": []any{"cox", "coach"}}, {"name": "story", "label": "Story", "type": "long"}, {"name": "joined", "label": "Joined", "type": "date"}} {
		f["for"] = "contact"
		c.call("POST", "/v1/fields", f).want(201)
	}
	full := map[string]any{"firstName": name, "lastName": name, "prefix": "van den", "title": "Dr.", "suffix": "MSc", "nickname": name, "birthDate": "2008-02-29", "gender": "female",
		"emails":    list(email("one@example.org"), map[string]any{"kind": "work", "address": "a.rather.long.address.of.somebody@department.example.org"}),
		"phones":    list(mobile("0471 12 34 56"), fixed("02 512 34 56")),
		"addresses": list(map[string]any{"street": name, "number": "12", "box": "3", "postcode": "9000", "town": name, "country": "BE"}, map[string]any{"kind": "billing", "town": "Lille", "country": "FR"}),
		"website":   "https://www.example.org/members/somebody", "tags": []any{tagOf(name), "board"}, "newsletter": true, "externalIds": map[string]any{"shop": "A-17"},
		"nationalities": []any{"BE", "NL"}, "maritalStatus": "widowed", "occupation": name, "shirtNumber": 7, "kitSize": "m", "discount": 1250, "paymentTermDays": 30,
		"work":   list(map[string]any{"employer": name, "role": name, "from": "2001-02-03", "to": "2004-05-06"}, map[string]any{"employer": name, "from": "2010-01-01"}),
		"custom": map[string]any{"size": "M", "medical": name, "page": "https://www.example.org/a/rather/long/address/of/a/page/of/somebody/in/a/team"}}
	for member, value := range papers() {
		if member != "firstName" {
			full[member] = value
		}
	}
	h.contact = c.contact(full)
	c.revealed(h.contact, "iban", "nationalNumber.number", "identityDocument.number")
	c.patch(h.contact, map[string]any{"lastName": name + " 2", "status": "pending"}).want(200)
	c.patch(h.contact, map[string]any{"birthDate": nil, "tags": []any{tagOf(name)}}).want(200)
	h.trashed = c.contact(map[string]any{"firstName": name, "lastName": "Gone"})
	c.trash(h.trashed)
	h.bare = c.contact(map[string]any{"firstName": name})
	one := "contacts/" + h.contact
	h.file = c.document(one, titleOf(name), []byte(pdf))
	h.note = c.call("POST", "/v1/"+one+"/notes", map[string]any{"text": name + "\n" + name, "files": []any{h.file}}).want(201).text("id")
	c.call("PATCH", "/v1/notes/"+h.note, map[string]any{"text": name}, "If-Match", "*").want(200)
	c.call("PUT", "/v1/"+one+"/photo", map[string]any{"file": c.begun(one, titleOf(name), "photo", asPNG(t, painted(64, 64)))}).want(200)
	var crowd []any
	for i := range 30 {
		crowd = append(crowd, map[string]any{"firstName": name, "lastName": fmt.Sprint("Nr ", i)})
	}
	c.call("POST", "/v1/contacts/batch", map[string]any{"items": crowd}).want(200)

	h.surround(name)
	h.decide(name)

	self, _, _ := strings.Cut(c.call("GET", "/v1/me", nil).want(200).text("user.login"), "@")
	invited, moved := self+".invited@example.org", self+".new@example.org"
	h.user = c.call("POST", "/v1/users", map[string]any{"email": invited, "name": "User " + name, "role": "editor"}).want(201).text("id")
	h.tokens["invite"] = c.site.token(t, invited)
	c.call("POST", "/v1/me/email", map[string]any{"password": password, "email": moved}).want(202)
	h.tokens["confirm"] = c.site.token(t, moved)
	token, err := c.site.Accounts.Link(t.Context(), invited)
	if err != nil {
		t.Fatal(err)
	}
	h.tokens["enter"] = token

	file := func(rows string) []byte { return []byte("Voornaam;Naam;E-mail;Kleur\r\n" + rows) }
	quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	rows := file(quoted + ";Import;imp@example.org;" + quoted + "\r\n;" + quoted + ";;\r\n" + quoted + ";Import;" + quoted + ";\r\n")
	draft := c.upload("draft.csv", rows)
	c.call("GET", "/v1/imports/"+draft, nil).want(200)
	h.imports["draft"] = draft
	h.imports["waiting"] = c.call("POST", "/v1/imports", map[string]any{"kind": "contact", "fileName": "later.csv", "size": 10}).want(201).text("id")
	h.imports["previewed"] = c.preview(fileOf(name), rows, nil).text("id")
	h.imports["done"] = c.run(c.preview("done.csv", rows, nil).text("id")).text("id")
	failed := c.upload("picture.xlsx", []byte("\x89PNG\r\n\x1a\n0000000000000000"))
	c.call("GET", "/v1/imports/"+failed, nil).want(200)
	h.imports["failed"] = failed
	h.imports["exported"] = c.call("POST", "/v1/exports", map[string]any{"kind": "contact", "format": "csv"}).want(201).text("id")
	c.waitFor("/v1/exports/" + h.imports["exported"])
	h.imports["merge"] = c.merge("family", c.create("families", map[string]any{"name": "Stays"}), c.create("families", map[string]any{"name": "Goes"})).text("id")
	h.imports["bulk"] = c.bulk("tag.add", map[string]any{"ids": []any{h.contact}}, map[string]any{"tag": "Rowers"}).text("id")
	return h
}

// surround makes a record of every kind that stands beside contacts.
func (h *house) surround(name string) {
	h.t.Helper()
	create := func(path string, members map[string]any) {
		plural := path[strings.LastIndex(path, "/")+1:]
		h.kinds[plural] = h.call("POST", "/v1/"+path, members).want(201).text("id")
	}
	for _, kind := range []string{"family", "company", "group"} {
		h.call("POST", "/v1/fields", map[string]any{"for": kind, "name": "note", "label": "Note " + tagOf(name), "type": "long"}).want(201)
	}
	create("families", map[string]any{"name": tagOf(name), "address": map[string]any{"street": name, "town": tagOf(name)}, "custom": map[string]any{"note": name},
		"members": []any{map[string]any{"contact": h.contact, "role": "parent", "head": true}, map[string]any{"contact": h.bare, "role": "child"}}})
	h.patchAt("families/"+h.kinds["families"], map[string]any{"address": map[string]any{"street": "Elsewhere"}})
	create("companies", map[string]any{"name": tagOf(name), "taxNumber": "BE 0123.456.749", "emails": list(email("info@example.com")), "phones": list(fixed("02 512 34 56")), "website": "example.com",
		"addresses": list(map[string]any{"town": tagOf(name)}), "contacts": list(map[string]any{"contact": h.contact, "function": "director", "from": "2020-01-01"})})
	create("groups", map[string]any{"name": tagOf(name), "category": "team", "capacity": 1, "description": name, "custom": map[string]any{"note": name}})
	h.patchAt("contacts/"+h.contact, map[string]any{"groups": list(map[string]any{"group": h.kinds["groups"], "function": "coach", "from": "2020-01-01"})})
	at := "contacts/" + h.contact + "/"
	create(at+"reminders", map[string]any{"text": name, "dueAt": "2099-01-01T09:00:00Z"})
	create(at+"tickets", map[string]any{"subject": tagOf(name), "text": name, "priority": "urgent", "answers": list(map[string]any{"text": name})})
	create(at+"calls", map[string]any{"direction": "incoming", "number": "0471 12 34 56", "startedAt": "2024-02-29T09:30:00Z", "minutes": 4, "outcome": "reached", "note": name})
	create(at+"services", map[string]any{"item": tagOf(name), "fault": name, "in": "2024-02-29", "cost": map[string]any{"amount": 4550, "currency": "EUR"}})
	create(at+"satisfactions", map[string]any{"score": 4, "date": "2024-02-29", "comment": name})
}

// patchAt changes a record of any kind.
func (c *client) patchAt(path string, members map[string]any) *answer {
	c.t.Helper()
	now := c.call("GET", "/v1/"+path, nil).want(200)
	return c.call("PATCH", "/v1/"+path, members, "If-Match", now.header.Get("ETag")).want(200)
}

// kindPages gives the addresses of the pages that every kind has.
func (h *house) kindPages() map[string][]address {
	pages := map[string][]address{}
	for plural, id := range h.kinds {
		home, one := "/"+plural, "/"+plural+"/"+id
		tabs := map[string][]string{
			home: {home, home + "?q=zz+nobody+here", home + "?q=colour:red"}, home + "/columns": {home + "/columns"}, home + "/new": {home + "/new"}, "/trash" + home: {"/trash" + home},
			home + "/{id}": {one}, home + "/{id}/edit": {one + "/edit"}, home + "/{id}/history": {one + "/history"}, home + "/{id}/history/{revision}": {one + "/history/1"},
			home + "/statistics": {home + "/statistics", home + "/statistics?q=zz+nobody+here", home + "/statistics?q=colour:red"},
		}
		switch plural {
		case "families":
			tabs[home+"/{id}"] = append(tabs[home+"/{id}"], one+"?edit=main", one+"?edit=address", one+"?edit=custom")
			tabs[home+"/{id}/members"] = []string{one + "/members", one + "/members?edit=" + id + ".0"}
			tabs[home+"/{id}/move/{revision}"] = []string{one + "/move/2"}
		case "companies":
			tabs[home+"/{id}"] = append(tabs[home+"/{id}"], one+"?edit=reach", one+"?edit=addresses")
			tabs[home+"/{id}/contacts"] = []string{one + "/contacts", one + "/contacts?edit=" + id + ".0"}
		case "groups":
			tabs[home+"/{id}/members"] = []string{one + "/members", one + "/members?edit=" + h.contact + ".0"}
		case "services":
			tabs[home+"/{id}/receipt"] = []string{one + "/receipt"}
		}
		for pattern, paths := range tabs {
			for _, path := range paths {
				pages[pattern] = append(pages[pattern], address{path: path})
			}
		}
	}
	owners := map[string]string{"contacts": h.contact, "families": h.kinds["families"], "companies": h.kinds["companies"]}
	for home, id := range owners {
		for _, child := range []string{"reminders", "tickets", "calls", "services", "satisfactions"} {
			pages["/"+home+"/{id}/"+child] = []address{{path: "/" + home + "/" + id + "/" + child}}
		}
	}
	for _, home := range []string{"/families", "/companies", "/groups"} {
		one := home + "/" + h.kinds[home[1:]]
		pages[home+"/{id}/notes"] = []address{{path: one + "/notes"}}
		pages[home+"/{id}/files/sent"] = []address{{path: one + "/files/sent?id=fil_invented", status: 404}}
		for _, same := range []string{"notes/{note}", "notes/{note}/edit", "files/{file}", "files/{file}/name"} {
			pages[home+"/{id}/"+same] = nil // proven with those of a contact
		}
	}
	pages["/companies/{id}/logo"] = []address{{path: "/companies/" + owners["companies"] + "/logo"}}
	pages["/companies/{id}/logo/sent"] = []address{{path: "/companies/" + owners["companies"] + "/logo/sent?id=fil_invented", status: 404}}
	pages["/companies/{id}/logo/download"] = nil // a picture
	for _, tab := range []string{"families", "companies", "groups"} {
		pages["/contacts/{id}/"+tab] = []address{{path: "/contacts/" + h.contact + "/" + tab}, {path: "/contacts/" + h.bare + "/" + tab}}
	}
	return pages
}

// tagOf and fileOf bring a name to what tags and files may be called.
func tagOf(name string) string {
	if letters := []rune(name); len(letters) > 50 {
		return string(letters[:50])
	}
	return name
}

func fileOf(name string) string {
	if letters := []rune(name); len(letters) > 200 {
		name = string(letters[:200])
	}
	return name + ".csv"
}

// titleOf brings a name to what documents may be called.
func titleOf(name string) string {
	if letters := []rune(name); len(letters) > 190 {
		name = string(letters[:190])
	}
	return name + " a"
}

// address is one page to be proven. An open one is visited by nobody in particular.
type address struct {
	path   string
	open   bool
	status int // 200 when 0
}

// pages gives the addresses of every route, by its path.
func (h *house) pages() map[string][]address {
	at := func(paths ...string) []address {
		var all []address
		for _, p := range paths {
			all = append(all, address{path: p})
		}
		return all
	}
	one := "/contacts/" + h.contact
	q := func(text string) string { return "/contacts?q=" + url.QueryEscape(text) }
	imp := func(state, step string) string { return "/imports/" + h.imports[state] + step }
	return map[string][]address{
		"/{$}":                 at("/"),
		"/contacts":            at("/contacts?rows=25", q("status:pending -tag:nobody (type:member OR type:donor)"), q("zz nobody here"), q("colour:red"), "/contacts?q=status:pending&sel="+h.contact+"&rail=0"),
		"/contacts/columns":    at("/contacts/columns?back=%2Fcontacts"),
		"/contacts/statistics": at("/contacts/statistics", "/contacts/statistics?q=type:member", "/contacts/statistics?all=tags", "/contacts/statistics?q=zz+nobody+here", "/contacts/statistics?q=colour:red"),
		"/contacts/{id}/join":  append(at("/contacts/"+h.bare+"/join"), address{path: "/contacts/" + h.trashed + "/join", status: 409}),
		"/contacts/new":        at("/contacts/new", "/contacts/new?firstName=zz&lastName=nobody"),
		"/contacts/{id}":       append(at(one, "/contacts/"+h.bare, "/contacts/"+h.trashed), address{path: "/contacts/con_nobody", status: 404}),
		"/contacts/{id}/personal": at(one+"/personal", one+"/personal?edit=person", one+"/personal?edit=reach", one+"/personal?edit=class", one+"/personal?edit=kit",
			one+"/personal?edit=work", one+"/personal?edit=papers", one+"/personal?edit=terms", one+"/personal?edit=custom.dues", one+"/personal?edit=custom.roles", one+"/personal?edit=carried"),
		"/contacts/{id}/addresses":          at(one+"/addresses", one+"/addresses?edit=addresses", "/contacts/"+h.bare+"/addresses"),
		"/contacts/{id}/history":            at(one+"/history", one+"/history?field=nickname"),
		"/contacts/{id}/history/{revision}": at(one+"/history/1", one+"/history/2", one+"/history/3"),
		"/contacts/{id}/login":              at(one + "/login"),
		"/contacts/{id}/edit":               append(at(one+"/edit"), address{path: "/contacts/" + h.trashed + "/edit", status: 409}),
		"/contacts/{id}/notes":              at(one+"/notes", "/contacts/"+h.bare+"/notes", "/contacts/"+h.trashed+"/notes"),
		"/contacts/{id}/notes/{note}":       at(one + "/notes/" + h.note),
		"/contacts/{id}/notes/{note}/edit":  at(one + "/notes/" + h.note + "/edit"),
		"/contacts/{id}/files/sent":         {{path: one + "/files/sent?id=fil_invented", status: 404}},
		"/contacts/{id}/files/{file}":       {}, // a file
		"/contacts/{id}/files/{file}/name":  at(one + "/files/" + h.file + "/name"),
		"/contacts/{id}/photo":              append(at(one+"/photo", "/contacts/"+h.bare+"/photo"), address{path: "/contacts/" + h.trashed + "/photo", status: 409}),
		"/contacts/{id}/photo/sent":         {{path: one + "/photo/sent?id=fil_invented", status: 404}},
		"/contacts/{id}/photo/download":     {}, // a picture
		"/settings/logo":                    at("/settings/logo"),
		"/settings/logo/sent":               {}, // leads back with what is wrong
		"/trash":                            at("/trash", "/trash?q=nobody"),
		"/search":                           at("/search?q=one"),
		"/sign-in":                          {{path: "/sign-in?back=%2Ftrash", open: true}},
		"/reset":                            {{path: "/reset", open: true}},
		"/welcome/{token}": {{path: "/welcome/" + h.tokens["invite"], open: true}, {path: "/welcome/" + h.tokens["enter"], open: true},
			{path: "/welcome/" + h.tokens["confirm"], open: true}, {path: "/welcome/used-or-invented", open: true, status: 410}},
		"/first-run":                 at("/first-run"), // of an organisation that is set up: TestSET09 sees it before
		"/demo":                      at("/demo"),      // leads to the list once there are contacts: TestSET09 sees it before
		"/account":                   at("/account"),
		"/settings":                  at("/settings"),
		"/settings/organisation":     at("/settings/organisation"),
		"/settings/policies":         at("/settings/policies"),
		"/settings/fields":           at("/settings/fields"),
		"/settings/access":           at("/settings/access", "/settings/access?record="+h.contact+"&from=2020-01-01", "/settings/access?user=usr_nobody"),
		"/settings/fields/{id}":      at("/settings/fields/" + h.field),
		"/settings/users":            at("/settings/users"),
		"/settings/users/new":        at("/settings/users/new"),
		"/settings/users/{id}":       at("/settings/users/" + h.user),
		"/settings/users/{id}/block": at("/settings/users/" + h.user + "/block"),
		"/imports":                   at("/imports"),
		"/imports/new":               at("/imports/new", "/imports/new?mode=merge"),
		"/imports/uploaded":          {{path: "/imports/uploaded?id=imp_invented", status: 404}},
		"/imports/{id}":              at(imp("waiting", ""), imp("done", ""), imp("failed", "")),
		"/imports/{id}/map":          at(imp("draft", "/map")),
		"/imports/{id}/preview":      at(imp("previewed", "/preview"), imp("previewed", "/preview?fate=reject"), imp("previewed", "/preview?fate=create")),
		"/imports/{id}/errors":       {}, // a file
		"/contacts/export":           at("/contacts/export", "/contacts/export?q=type:member&sort=-lastName"),
		"/families/export":           at("/families/export", "/families/export?rows=contact"),
		"/companies/export":          at("/companies/export"),
		"/groups/export":             at("/groups/export"),
		"/exports/{id}":              at("/exports/" + h.imports["exported"]),
		"/exports/{id}/file":         {}, // a file
		"/jobs":                      at("/jobs"),
		"unrouted":                   {{path: "/nowhere", status: 404}},
	}
}

// everyPage lists the addresses in the order of the routes. A page without an address is one that nobody proves.
func (h *house) everyPage(t *testing.T) []address {
	t.Helper()
	pages := h.pages()
	maps.Copy(pages, h.kindPages())
	maps.Copy(pages, h.settingPages())
	maps.Copy(pages, h.workPages())
	maps.Copy(pages, h.searchPages())
	maps.Copy(pages, h.mappingPages())
	var all []address
	for _, route := range append(web.Routes(), web.Route{Method: "GET", Path: "unrouted"}) {
		if route.Method != "GET" || route.Part {
			continue
		}
		found, ok := pages[route.Path]
		if !ok {
			t.Errorf("no proof of the page %s", route.Path)
		}
		all = append(all, found...)
		delete(pages, route.Path)
	}
	for path := range pages {
		t.Errorf("%s is no page any more", path)
	}
	return all
}

// keys is every key of the catalogues.
func keys(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(need.Root(), "shared", "i18n", "catalogue", "en", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	all := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for key := range texts {
			all[key] = true
		}
	}
	return all
}

var (
	dotted      = regexp.MustCompile(`[a-zA-Z]+(\.[a-zA-Z0-9]+)+`)
	placeholder = regexp.MustCompile(`\{[a-zA-Z]+\}`)
)

// words is everything a page says, seen or read aloud.
const words = `document.title + '\n' + document.body.innerText + '\n' + [...document.querySelectorAll('*')].flatMap((e) => ['title', 'aria-label', 'placeholder', 'alt'].map((a) => e.getAttribute(a))).filter(Boolean).join('\n')`

// Every page there is, in a browser: in four languages, wide and at 320 px, light and dark. Nothing of the catalogues shows
// through, nothing scrolls sideways, axe finds nothing, the console and the content security policy are silent.
func TestEveryPageInTheBrowser(t *testing.T) {
	t.Parallel()
	c := begin(t)
	h := furnish(t, c, "Maximiliaan-Alexander")
	pages := h.everyPage(t)
	known := keys(t)
	for _, proof := range []struct {
		language i18n.Language
		dark     bool
		wide     bool // audited wide, and narrow otherwise
		audit    bool
	}{
		{i18n.English, false, true, true},
		{i18n.Spanish, true, false, true},
		{i18n.Dutch, true, true, false},
		{i18n.French, false, false, false},
	} {
		reader := c.user(string(proof.language)+"@example.org", "owner", another)
		me := reader.call("GET", "/v1/me", nil).want(200)
		reader.call("PATCH", "/v1/me", map[string]any{"language": proof.language}, "If-Match", me.header.Get("ETag")).want(200)
		t.Run(string(proof.language), func(t *testing.T) {
			t.Parallel()
			inside, outside := reader.tab(t), c.site.visitor(t)
			for _, b := range []*tab{inside, outside} {
				b.Cookie(c.site.url, "language", string(proof.language))
				b.Dark(proof.dark)
			}
			for _, page := range pages {
				b, what := inside, string(proof.language)+" "+page.path
				if page.open {
					b = outside
				}
				if proof.wide {
					b.Size(1440, 900)
				} else {
					b.Size(320, 640)
				}
				b.open(page.path)
				b.Shot(string(proof.language) + strings.Trim(regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.ReplaceAll(page.path, h.contact, "one"), "-"), "-"))
				if page.status != 0 {
					b.Excuse(fmt.Sprintf("status of %d", page.status))
				}
				if got := b.Eval("document.documentElement.lang"); got != string(proof.language) {
					t.Errorf("%s: in %s", what, got)
				}
				said := b.Eval(words)
				for _, word := range dotted.FindAllString(said, -1) {
					if known[word] {
						t.Errorf("%s: the key %s shows through", what, word)
					}
				}
				if left := placeholder.FindAllString(said, -1); len(left) > 0 {
					t.Errorf("%s: %q are not filled in", what, left)
				}
				if got := b.Eval(`performance.getEntriesByType('navigation')[0].responseStatus`); got != fmt.Sprint(max(page.status, 200)) {
					t.Errorf("%s: status %s", what, got)
				}
				if proof.audit {
					b.Audit(what)
				}
				b.Size(320, 640)
				b.Fits(what + " at 320")
			}
		})
	}
}
