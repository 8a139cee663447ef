package app

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// part is a kind of the settings of which there are several records: a list of them, and an editor for one.
type part struct {
	kind                     string
	path, icon               string
	title, text, none, fresh string // keys of its words
	heads                    []head
	choose                   string // key of the action that makes one the selected one, "" where none is
	chosen                   string // key of what the selected one is called
	replaced                 bool   // contacts that hold one can move to another
	all                      func(*exchange) []record.Record
	cells                    func(*exchange, record.Record) []templ.Component // behind the name
	values                   func(*exchange, record.Record) url.Values        // as the form sends them
	fields                   func(*exchange, record.Record, url.Values, map[string]string, complaints) []ui.Field
	body                     func(*exchange, url.Values) map[string]any
	labels                   []string // paths of the fields of the form
}

// head is a column behind the name; wide ones are shown where there is much room.
type head struct {
	key  string
	wide bool
	end  bool
}

// parts are the kinds of the settings, in the order of the navigation.
var parts = []part{
	{
		kind: setting.EntityName, path: settingsPath + "/entities", icon: "building", title: "settings.entities", text: "settings.entities.text", fresh: "settings.entities.new",
		heads: []head{{key: "settings.contacts", end: true}}, replaced: true, labels: []string{"name", "parent"},
		all: func(x *exchange) []record.Record {
			var all []record.Record
			for _, p := range x.cfg.Entities {
				all = append(all, p.Entity)
			}
			return all
		},
		cells: func(x *exchange, rec record.Record) []templ.Component {
			return []templ.Component{x.useCount(setting.EntityName, rec)}
		},
		values: func(_ *exchange, rec record.Record) url.Values {
			e := rec.(*setting.Entity)
			return url.Values{"name": {e.Name}, "parent": {e.Parent}}
		},
		fields: func(x *exchange, rec record.Record, v url.Values, labels map[string]string, c complaints) []ui.Field {
			return []ui.Field{ui.Text{Base: required(c.base(labels, "name")), Value: v.Get("name"), Max: 100},
				ui.Select{Base: helped(c.base(labels, "parent"), x.p.T("settings.parent.help")), Value: cmp.Or(v.Get("parent"), setting.RootEntity), Options: x.entityOptions(x.cfg.Below(rec.Base().ID))}}
		},
		body: func(_ *exchange, form url.Values) map[string]any {
			return map[string]any{"name": form.Get("name"), "parent": form.Get("parent")}
		},
	},
	{
		kind: setting.SeasonName, path: settingsPath + "/seasons", icon: "calendar", title: "settings.seasons", text: "settings.seasons.text", none: "settings.seasons.none", fresh: "settings.seasons.new",
		heads:  []head{{key: "settings.period"}, {key: "field.season.entity", wide: true}, {key: "settings.standing"}},
		choose: "settings.season.choose", chosen: "settings.season.current", labels: []string{"name", "entity", "from", "to", "closed"},
		all: func(x *exchange) []record.Record { return asRecords(x.cfg.Seasons) },
		cells: func(x *exchange, rec record.Record) []templ.Component {
			s := rec.(*setting.Season)
			period, state := x.p.T("settings.fromTo", "from", x.p.Date(string(s.From)), "to", x.p.Date(string(s.To))), templ.Component(nil)
			switch {
			case s.Current:
				state = ui.Badge(ui.Pill{Label: x.p.T("settings.season.current"), Tone: ui.Good, Dot: true})
			case s.Closed:
				state = ui.Badge(ui.Pill{Label: x.p.T("settings.season.closed"), Tone: ui.Neutral, Dot: true})
			}
			return []templ.Component{ui.Words(period), ui.Muted(x.entityName(s.Entity)), state}
		},
		values: func(_ *exchange, rec record.Record) url.Values {
			s := rec.(*setting.Season)
			return url.Values{"name": {s.Name}, "entity": {s.Entity}, "from": {string(s.From)}, "to": {string(s.To)}, "closed": {strconv.FormatBool(s.Closed)}}
		},
		fields: func(x *exchange, rec record.Record, v url.Values, labels map[string]string, c complaints) []ui.Field {
			fields := []ui.Field{ui.Text{Base: required(helped(c.base(labels, "name"), x.p.T("settings.season.name.help"))), Value: v.Get("name"), Max: 60},
				ui.Inline{Fields: []ui.Field{ui.Date{Base: required(c.base(labels, "from")), Value: v.Get("from")}, ui.Date{Base: required(c.base(labels, "to")), Value: v.Get("to")}}}}
			if len(x.cfg.Entities) > 1 {
				fields = append(fields, ui.Select{Base: helped(c.base(labels, "entity"), x.p.T("settings.season.entity.help")), Value: cmp.Or(v.Get("entity"), setting.RootEntity), Options: x.entityOptions(nil)})
			}
			if rec.Base().ID != "" {
				fields = append(fields, ui.Toggle{Base: helped(c.base(labels, "closed"), x.p.T("settings.season.closed.help")), On: ticked(v, "closed")})
			}
			return fields
		},
		body: func(_ *exchange, form url.Values) map[string]any {
			body := map[string]any{"name": form.Get("name"), "from": isoDate(form.Get("from")), "to": isoDate(form.Get("to")), "closed": ticked(form, "closed")}
			if form.Has("entity") {
				body["entity"] = form.Get("entity")
			}
			if ticked(form, "closed") {
				body["current"] = false
			}
			return body
		},
	},
	{
		kind: setting.StoreName, path: settingsPath + "/stores", icon: "pin", title: "settings.stores", text: "settings.stores.text", none: "settings.stores.none", fresh: "settings.stores.new",
		heads:  []head{{key: "field.store.senderEmail", wide: true}, {key: "settings.contacts", end: true}, {key: "settings.standing"}},
		choose: "settings.store.choose", chosen: "settings.store.default", replaced: true,
		labels: []string{"name", "senderEmail", "address.street", "address.number", "address.box", "address.postcode", "address.town", "address.country"},
		all:    func(x *exchange) []record.Record { return asRecords(x.cfg.Stores) },
		cells: func(x *exchange, rec record.Record) []templ.Component {
			s, state := rec.(*setting.Store), templ.Component(nil)
			if s.Default {
				state = ui.Badge(ui.Pill{Label: x.p.T("settings.store.default"), Tone: ui.Good, Dot: true})
			}
			return []templ.Component{ui.Muted(s.SenderEmail), x.useCount(setting.StoreName, rec), state}
		},
		values: func(_ *exchange, rec record.Record) url.Values {
			s := rec.(*setting.Store)
			v := url.Values{"name": {s.Name}, "senderEmail": {s.SenderEmail}}
			if a := s.Address; a != nil {
				for name, text := range map[string]string{"street": a.Street, "number": a.Number, "box": a.Box, "postcode": a.Postcode, "town": a.Town, "country": a.Country} {
					v.Set("address."+name, text)
				}
			}
			return v
		},
		fields: storeFields,
		body: func(_ *exchange, form url.Values) map[string]any {
			address := map[string]any{}
			for _, name := range addressParts {
				address[name] = form.Get("address." + name)
			}
			return map[string]any{"name": form.Get("name"), "senderEmail": form.Get("senderEmail"), "address": address}
		},
	},
	{
		kind: setting.ClientGroupName, path: settingsPath + "/client-groups", icon: "money", title: "settings.clientGroups", text: "settings.clientGroups.text", none: "settings.clientGroups.none",
		fresh: "settings.clientGroups.new", heads: []head{{key: "field.clientGroup.discount", end: true}, {key: "field.clientGroup.paymentTermDays", end: true, wide: true}, {key: "settings.contacts", end: true}},
		replaced: true, labels: []string{"name", "discount", "paymentTermDays"},
		all: func(x *exchange) []record.Record { return asRecords(x.cfg.ClientGroups) },
		cells: func(x *exchange, rec record.Record) []templ.Component {
			g, term := rec.(*setting.ClientGroup), ""
			if g.PaymentTermDays != nil {
				term = x.p.N("duration.days", *g.PaymentTermDays)
			}
			return []templ.Component{ui.Number(x.percent(strconv.Itoa(g.Discount))), ui.Number(term), x.useCount(setting.ClientGroupName, rec)}
		},
		values: func(x *exchange, rec record.Record) url.Values {
			g := rec.(*setting.ClientGroup)
			v := url.Values{"name": {g.Name}}
			if g.Discount > 0 {
				v.Set("discount", x.figures(decimal.Write(int64(g.Discount), 2)))
			}
			if g.PaymentTermDays != nil {
				v.Set("paymentTermDays", strconv.Itoa(*g.PaymentTermDays))
			}
			return v
		},
		fields: func(x *exchange, _ record.Record, v url.Values, labels map[string]string, c complaints) []ui.Field {
			discount, term := helped(c.base(labels, "discount"), x.p.T("settings.discount.help")), helped(c.base(labels, "paymentTermDays"), x.p.T("settings.term.help"))
			discount.Width, term.Width = ui.Medium, ui.Medium
			return []ui.Field{ui.Text{Base: required(c.base(labels, "name")), Value: v.Get("name"), Max: 60},
				ui.Text{Base: discount, Value: v.Get("discount"), Mode: "decimal", Max: 8, After: "%"},
				ui.Text{Base: term, Value: v.Get("paymentTermDays"), Mode: "numeric", Max: 4, After: x.p.T("settings.days")}}
		},
		body: func(x *exchange, form url.Values) map[string]any {
			body := map[string]any{"name": form.Get("name"), "discount": nil, "paymentTermDays": whole(form.Get("paymentTermDays"))}
			if text := strings.TrimSpace(form.Get("discount")); text != "" {
				body["discount"] = text
				if n, ok := decimal.Read(x.plain(text), 2); ok {
					body["discount"] = n
				}
			}
			return body
		},
	},
}

// addressParts are the members of a store's address.
var addressParts = []string{"street", "number", "box", "postcode", "town", "country"}

func storeFields(x *exchange, _ record.Record, v url.Values, labels map[string]string, c complaints) []ui.Field {
	text := func(name string, width ui.Width, most int) ui.Field {
		base := c.base(labels, name)
		base.Width = width
		return ui.Text{Base: base, Value: v.Get(name), Max: most}
	}
	return []ui.Field{ui.Text{Base: required(c.base(labels, "name")), Value: v.Get("name"), Max: 100},
		ui.Text{Base: helped(c.base(labels, "senderEmail"), x.p.T("settings.sender.help")), Value: v.Get("senderEmail"), Type: "email", Max: 254},
		ui.Section{Title: x.p.T("field.store.address"), Fields: []ui.Field{
			ui.Inline{Fields: []ui.Field{text("address.street", ui.AnyWidth, 255), text("address.number", ui.Narrow, 20), text("address.box", ui.Narrow, 20)}},
			ui.Inline{Fields: []ui.Field{text("address.postcode", ui.Narrow, 20), text("address.town", ui.AnyWidth, 100)}},
			ui.Select{Base: c.base(labels, "address.country"), Value: cmp.Or(v.Get("address.country"), x.cfg.Settings.Country), Options: x.countryOptions()}}}}
}

// asRecords makes records of what they are.
func asRecords[T record.Record](all []T) []record.Record {
	out := make([]record.Record, len(all))
	for i, rec := range all {
		out[i] = rec
	}
	return out
}

// partRoutes are those of every part.
func partRoutes() []Route {
	var all []Route
	for _, p := range parts {
		do := func(handle func(*exchange, part) error) func(*App, *exchange) error {
			return func(_ *App, x *exchange) error { return handle(x, p) }
		}
		at := p.path + "/{id}"
		all = append(all,
			managed(http.MethodGet, p.path, p.title, do((*exchange).listPart)),
			managed(http.MethodGet, p.path+"/new", p.fresh, do((*exchange).newOfPart)),
			managed(http.MethodPost, p.path+"/new", p.fresh, do((*exchange).createOfPart)),
			managed(http.MethodGet, at, p.title, do((*exchange).editOfPart)),
			managed(http.MethodPost, at, p.title, do((*exchange).saveOfPart)),
			managed(http.MethodPost, at+"/delete", p.title, do((*exchange).deleteOfPart)),
			managed(http.MethodPost, at+"/restore", p.title, do((*exchange).restoreOfPart)))
		if p.choose != "" {
			all = append(all, managed(http.MethodPost, at+"/choose", p.choose, do((*exchange).chooseOfPart)))
		}
		if p.replaced {
			all = append(all, managed(http.MethodGet, at+"/replace", "settings.replace", do((*exchange).replaceOfPart)),
				managed(http.MethodPost, at+"/replace", "settings.replace", do((*exchange).moveOfPart)))
		}
	}
	return all
}

// useCount is how many contacts hold a record of the settings, as a link to them.
func (x *exchange) useCount(of string, rec record.Record) templ.Component {
	id := rec.Base().ID
	return x.countLink(x.uses(of)[id], query.Format(query.Term{Field: of, Op: query.Is, Value: id}))
}

// countLink is a number of contacts that leads to them.
func (x *exchange) countLink(n int, query string) templ.Component {
	if n == 0 {
		return ui.Number("0")
	}
	return numberLink(x.p.Number(int64(n)), HomePath+"?"+url.Values{"q": {query}}.Encode())
}

// uses counts how often the values of a subject are used, once a page. What cannot be counted is shown as unused: the
// refusal of a deletion counts again.
func (x *exchange) uses(of string) map[string]int {
	if x.used == nil {
		x.used = map[string]map[string]int{}
	}
	if x.used[of] == nil {
		counts, err := x.app.Rewrites.Counts(x.ctx(), x.who.Grant, of)
		if err != nil {
			x.app.Log.WarnContext(x.ctx(), "uses not counted", "request", x.id, "error", fault.From(err).Error())
			counts = map[string]int{}
		}
		x.used[of] = counts
	}
	return x.used[of]
}

// entityName is what an entity is called.
func (x *exchange) entityName(id string) string {
	if e := x.cfg.Entity(id); e != nil {
		return e.Name
	}
	return ""
}

// entityOptions offers the entities as a tree, without those left out.
func (x *exchange) entityOptions(without []string) []ui.Option {
	var all []ui.Option
	for _, p := range x.cfg.Entities {
		if !slices.Contains(without, p.ID) {
			all = append(all, ui.Option{Value: p.ID, Label: strings.Repeat("\u2003", p.Depth) + p.Name})
		}
	}
	return all
}

func (x *exchange) listPart(p part) error {
	t := ui.Table{ID: "results", Label: x.p.T(p.title), Columns: []ui.Column{{Label: x.p.T("field." + p.kind + ".name"), Main: true}}}
	for _, h := range p.heads {
		t.Columns = append(t.Columns, ui.Column{Label: x.p.T(h.key), Wide: h.wide, End: h.end})
	}
	fresh := ui.Action{Label: x.p.T(p.fresh), Href: p.path + "/new", Icon: "plus", Key: "n"}
	for _, rec := range p.all(x) {
		id, name := rec.Base().ID, record.Title(rec)
		at := p.path + "/" + id
		main := ui.MainLink(name, at)
		if i := slices.IndexFunc(x.cfg.Entities, func(e setting.Place) bool { return e.ID == id }); i > 0 {
			main = branch(name, at, min(x.cfg.Entities[i].Depth, 8))
		} else if i == 0 {
			at = organisationPath
			main = ui.MainLink(name, at)
		}
		row := ui.Row{ID: id, Name: name, Href: at, Cells: append([]templ.Component{main}, p.cells(x, rec)...)}
		if c, ok := rec.(interface{ Selected() bool }); ok && p.choose != "" && !c.Selected() && !closed(rec) {
			row.Actions = []ui.Action{x.chooseAction(p, rec)}
		}
		t.Rows = append(t.Rows, row)
	}
	if p.none != "" {
		t.Empty = ui.Empty{Icon: p.icon, Title: x.p.T(p.none), Text: x.p.T(p.text), Actions: []ui.Action{fresh}}
	}
	header := ui.Header{Title: x.p.T(p.title), Sub: x.p.T(p.text)}
	if len(t.Rows) > 0 {
		header.Primary = &fresh
	}
	body := []templ.Component{ui.PageHeader(x.p, header), ui.TableView(x.p, t)}
	return x.showSettings(p.path, x.p.T(p.title), complaints{}, append(body, x.deleted(p.kind, p.path)...)...)
}

// closed tells of a season that it is over.
func closed(rec record.Record) bool {
	s, ok := rec.(*setting.Season)
	return ok && s.Closed
}

func (x *exchange) chooseAction(p part, rec record.Record) ui.Action {
	return ui.Action{Label: x.p.T(p.choose), Of: record.Title(rec), Icon: "star", Href: p.path + "/" + rec.Base().ID + "/choose", Post: true,
		Values: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(rec.Base().Version, 10)}}}
}

// deleted lists what of a kind is in the trash, to be brought back; nothing where there is none.
func (x *exchange) deleted(kind, path string) []templ.Component {
	return x.gone(x.cfg.Trashed(kind), path)
}

// gone lists deleted records of the settings.
func (x *exchange) gone(gone []record.Record, path string) []templ.Component {
	if len(gone) == 0 {
		return nil
	}
	t := ui.Table{ID: "deleted", Label: x.p.T("settings.deleted"), Columns: []ui.Column{{Label: x.p.T("settings.deleted"), Main: true}, {Label: x.p.T("settings.deletedAt"), Wide: true}}}
	for _, rec := range slices.Backward(gone) {
		base := rec.Base()
		t.Rows = append(t.Rows, ui.Row{ID: base.ID, Name: record.Title(rec), Cells: []templ.Component{ui.Words(record.Title(rec)), ui.Muted(x.p.Relative(*base.DeletedAt, x.now()))},
			Actions: []ui.Action{{Label: x.p.T("action.restore"), Of: record.Title(rec), Icon: "restore", Href: path + "/" + base.ID + "/restore", Post: true,
				Values: []ui.Value{{Name: ui.VersionName, Value: strconv.FormatInt(base.Version, 10)}}}}})
	}
	return []templ.Component{disclosure(x.p.N("settings.deleted.count", len(gone)), ui.TableView(x.p, t))}
}

func (x *exchange) newOfPart(p part) error {
	k, err := x.app.Records.Kind(p.kind)
	if err != nil {
		return err
	}
	return x.showOfPart(p, k.New(), nil, complaints{})
}

// ofPart reads the record that the address names.
func (x *exchange) ofPart(p part) (record.Record, error) {
	return x.app.Records.Get(x.ctx(), x.who.Grant, p.kind, x.r.PathValue("id"))
}

func (x *exchange) editOfPart(p part) error {
	rec, err := x.ofPart(p)
	if err != nil {
		return err
	}
	return x.showOfPart(p, rec, nil, complaints{})
}

// showOfPart shows the editor of a record, a new one when it has no id.
func (x *exchange) showOfPart(p part, rec record.Record, typed url.Values, c complaints) error {
	base := rec.Base()
	if typed == nil {
		typed = p.values(x, rec)
	}
	labels, title, at := x.fieldLabels(p.kind, p.labels...), x.p.T(p.fresh), p.path+"/new"
	if base.ID != "" {
		title, at = record.Title(rec), p.path+"/"+base.ID
	}
	form := ui.Form{ID: "part", Action: at, Key: x.newKey(), Guard: true, Cancel: p.path, Fields: p.fields(x, rec, typed, labels, c)}
	if base.ID == "" {
		return x.showSettings(p.path, title, c, ui.Heading(title, ""), ui.FormView(x.p, c.onto(form, labels)))
	}
	form.Version = strconv.FormatInt(base.Version, 10)
	history, err := x.settingsHistory(p.kind, base.ID)
	if err != nil {
		return err
	}
	version := []ui.Value{{Name: ui.VersionName, Value: form.Version}}
	header := ui.Header{Title: title}
	if base.DeletedAt != nil {
		header.Primary = &ui.Action{Label: x.p.T("action.restore"), Icon: "restore", Href: at + "/restore", Post: true, Values: version}
		return x.showSettings(p.path, title, c, ui.PageHeader(x.p, header), history)
	}
	if s, ok := rec.(interface{ Selected() bool }); ok && p.choose != "" {
		if s.Selected() {
			header.Pills = []ui.Pill{{Label: x.p.T(p.chosen), Tone: ui.Good, Dot: true}}
		} else if !closed(rec) {
			action := x.chooseAction(p, rec)
			header.Others = append(header.Others, action)
		}
	}
	if p.replaced {
		header.Menu = append(header.Menu, ui.Action{Label: x.p.T("settings.replace"), Icon: "merge", Href: at + "/replace"})
	}
	header.Menu = append(header.Menu, ui.Action{Label: x.p.T("action.delete"), Icon: "trash", Href: at + "/delete", Post: true, Danger: true, Values: version})
	return x.showSettings(p.path, title, c, ui.PageHeader(x.p, header), ui.FormView(x.p, c.onto(form, labels)), history)
}

func (x *exchange) createOfPart(p part) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	res, c, err := x.create(p.kind, p.body(x, form))
	switch {
	case err != nil:
		return err
	case c.any():
		k, err := x.app.Records.Kind(p.kind)
		if err != nil {
			return err
		}
		return x.showOfPart(p, k.New(), form, c)
	}
	x.say(note{Text: x.p.T("settings.made", "name", record.Title(res.Record))})
	return x.redirect(p.path)
}

func (x *exchange) saveOfPart(p part) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	rec, err := x.ofPart(p)
	if err != nil {
		return err
	}
	_, c, answered, err := x.save(edited{kind: p.kind, id: rec.Base().ID, nav: p.path, title: record.Title(rec), cancel: p.path, body: p.body(x, form)})
	switch {
	case err != nil || answered:
		return err
	case c.any():
		return x.showOfPart(p, rec, form, c)
	}
	x.say(note{Text: x.p.T("settings.saved")})
	return x.redirect(p.path)
}

// deleteOfPart puts a record into the trash. One that is still used leads to where another takes its place.
func (x *exchange) deleteOfPart(p part) error {
	res, c, err := x.discard(p.kind, x.r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case c.any() && c.f.Code == "in_use" && p.replaced:
		return x.showReplaceOfPart(p, nil, c)
	case c.any():
		rec, err := x.ofPart(p)
		if err != nil {
			return err
		}
		return x.showOfPart(p, rec, nil, c)
	}
	x.sayDeleted(res.Record, p.path)
	return x.redirect(p.path)
}

func (x *exchange) restoreOfPart(p part) error {
	c, err := x.settle(p.kind, x.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c.any() {
		rec, err := x.ofPart(p)
		if err != nil {
			return err
		}
		return x.showOfPart(p, rec, nil, c)
	}
	return x.redirect(p.path)
}

// chooseOfPart makes a record the selected one.
func (x *exchange) chooseOfPart(p part) error {
	res, err := x.app.Records.Select(x.ctx(), x.manager(), p.kind, x.r.PathValue("id"), x.version())
	c, err := x.complain(err)
	if err != nil {
		return err
	}
	if c.any() {
		rec, err := x.ofPart(p)
		if err != nil {
			return err
		}
		return x.showOfPart(p, rec, nil, c)
	}
	x.say(note{Text: x.p.T("settings.chosen", "name", record.Title(res.Record), "as", x.p.T(p.chosen))})
	return x.redirect(p.path)
}

// replaceOfPart asks which record takes the place of one.
func (x *exchange) replaceOfPart(p part) error { return x.showReplaceOfPart(p, nil, complaints{}) }

func (x *exchange) showReplaceOfPart(p part, typed url.Values, c complaints) error {
	rec, err := x.ofPart(p)
	if err != nil {
		return err
	}
	id := rec.Base().ID
	var options []ui.Option
	if p.kind == setting.EntityName {
		options = x.entityOptions([]string{id})
	} else {
		for _, other := range p.all(x) {
			if other.Base().ID != id {
				options = append(options, ui.Option{Value: other.Base().ID, Label: record.Title(other)})
			}
		}
	}
	return x.showReplace(replacement{of: p.kind, value: id, name: record.Title(rec), nav: p.path, at: p.path + "/" + id, options: options, typed: typed, complaints: c})
}

func (x *exchange) moveOfPart(p part) error {
	return x.startReplace(p.kind, x.r.PathValue("id"), func(form url.Values, c complaints) error { return x.showReplaceOfPart(p, form, c) })
}

// settle takes a record of the settings out of the trash.
func (x *exchange) settle(kind, id string) (complaints, error) {
	if err := x.who.Grant.Allow(policy.Restore); err != nil {
		return complaints{}, err
	}
	res, err := x.app.Records.Restore(x.ctx(), x.manager(), kind, id, x.version(), repository.DropNone)
	c, err := x.complain(err)
	if err == nil && !c.any() {
		x.say(note{Text: x.p.T("settings.back", "name", record.Title(res.Record))})
	}
	return c, err
}
