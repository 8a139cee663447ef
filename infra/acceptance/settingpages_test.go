package acceptance

import "net/url"

// decided is what an organisation has made of its settings, by address.
type decided struct {
	values  map[string]string // codes, by list
	records map[string]string // ids, by plural
	rewrite string            // one that is done
	tag     string
}

// decide makes a record of every kind of the settings, with its history.
func (h *house) decide(name string) {
	h.t.Helper()
	h.decided = decided{values: map[string]string{}, records: map[string]string{}, tag: tagOf(name)}
	d := &h.decided
	short := func(prefix string, most int) string {
		letters := []rune(prefix + name)
		return string(letters[:min(len(letters), most)])
	}
	for _, list := range []string{"type", "emailKind"} {
		a := h.call("POST", "/v1/lists/"+list+"/values", map[string]any{"label": short("V ", 60)}).want(201)
		d.values[list] = a.text("code")
		h.call("PATCH", "/v1/values/"+a.text("id"), map[string]any{"label": short("W ", 60)}, "If-Match", "*").want(200)
		gone := h.call("POST", "/v1/lists/"+list+"/values", map[string]any{"label": short("X ", 60)}).want(201).text("id")
		h.call("DELETE", "/v1/values/"+gone, nil, "If-Match", "*").want(200)
	}
	make := func(plural string, members map[string]any) string {
		id := h.call("POST", "/v1/"+plural, members).want(201).text("id")
		gone := map[string]any{}
		for member, value := range members {
			gone[member] = value
		}
		gone["name"] = short("gone ", 60)
		if plural == "seasons" {
			gone["from"], gone["to"], gone["current"] = "2001-01-01", "2001-12-31", false
		}
		h.call("DELETE", "/v1/"+plural+"/"+h.call("POST", "/v1/"+plural, gone).want(201).text("id"), nil, "If-Match", "*").want(200)
		d.records[plural] = id
		return id
	}
	above := make("entities", map[string]any{"name": short("", 100)})
	h.call("POST", "/v1/entities", map[string]any{"name": short("below ", 100), "parent": above}).want(201)
	make("seasons", map[string]any{"name": short("", 60), "from": "2024-01-01", "to": "2024-12-31", "current": true})
	h.call("POST", "/v1/seasons", map[string]any{"name": short("next ", 60), "from": "2025-01-01", "to": "2025-12-31"}).want(201)
	make("stores", map[string]any{"name": short("", 100), "senderEmail": "shop@example.org", "address": map[string]any{"street": name, "town": short("", 100)}})
	h.call("POST", "/v1/stores", map[string]any{"name": short("other ", 100), "default": true}).want(201)
	make("client-groups", map[string]any{"name": short("", 60), "discount": 1250, "paymentTermDays": 30})
	h.call("POST", "/v1/client-groups", map[string]any{"name": short("other ", 60)}).want(201)
	h.settings(map[string]any{"loginText": name + "\n" + name, "federation": map[string]any{"name": short("", 100), "number": "17"},
		"bankAccounts": list(map[string]any{"iban": "BE71096123456769", "holder": short("", 70)}), "lifetimes": map[string]any{"sessionHours": 24}}).want(200)
	h.decided.rewrite = h.rewrite(map[string]any{"of": "tags", "from": []any{"board"}, "to": short("to ", 50)}).text("id")
}

// settingPages gives the addresses of the settings' pages.
func (h *house) settingPages() map[string][]address {
	d := h.decided
	pages := map[string][]address{
		"/settings/profile":                     {{path: "/settings/profile"}, {path: "/settings/profile?kind=company"}},
		"/settings/fields/new":                  nil,
		"/settings/lists":                       {{path: "/settings/lists"}},
		"/settings/lists/{list}":                nil,
		"/settings/lists/{list}/{code}":         {{path: "/settings/lists/type/member"}, {path: "/settings/lists/type/nobody", status: 404}},
		"/settings/lists/{list}/{code}/replace": {{path: "/settings/lists/status/active/replace"}},
		"/settings/tags":                        {{path: "/settings/tags"}, {path: "/settings/tags?q=nobody"}},
		"/settings/tags/edit":                   {{path: "/settings/tags/edit?" + url.Values{"tag": {d.tag}}.Encode()}, {path: "/settings/tags/edit?" + url.Values{"tag": {d.tag, "board"}}.Encode()}},
		"/settings/rewrites/{id}":               {{path: "/settings/rewrites/" + d.rewrite}},
	}
	for _, kind := range []string{"", "text", "long", "number", "amount", "date", "flag", "choice", "choices", "link", "file"} {
		path := "/settings/fields/new?kind=contact"
		if kind != "" {
			path += "&type=" + kind
		}
		pages["/settings/fields/new"] = append(pages["/settings/fields/new"], address{path: path})
	}
	for list, code := range d.values {
		at := "/settings/lists/" + list
		pages["/settings/lists/{list}"] = append(pages["/settings/lists/{list}"], address{path: at})
		pages["/settings/lists/{list}/{code}"] = append(pages["/settings/lists/{list}/{code}"], address{path: at + "/" + code})
		pages["/settings/lists/{list}/{code}/replace"] = append(pages["/settings/lists/{list}/{code}/replace"], address{path: at + "/" + code + "/replace"})
	}
	for plural, id := range d.records {
		at := "/settings/" + plural
		pages[at], pages[at+"/new"], pages[at+"/{id}"] = []address{{path: at}}, []address{{path: at + "/new"}}, []address{{path: at + "/" + id}}
		if plural != "seasons" {
			pages[at+"/{id}/replace"] = []address{{path: at + "/" + id + "/replace"}}
		}
	}
	return pages
}
