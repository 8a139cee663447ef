package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// look is how the records of a kind are shown. Lists, profiles, forms, trash and history of every kind are made from the
// descriptions of its fields; a look says where they are and overrides what deserves better. What it leaves out is made
// from the fields.
//
// Its words are in the catalogues: "nav.families" is its title, "kind.family" what one record is called,
// "count.families" a number of them, and "kind.family.add", ".none" and ".filter" what it says where.
type look struct {
	kind    string // name of the kind
	plural  string // of its addresses and words
	icon    string
	key     string // keyboard shortcut of its list
	people  bool   // shown with a face in lists
	square  bool   // that face is a company's
	views   []savedView
	opens   string   // key of the view that the navigation opens; "": all
	columns []column // those made with more care, instead of the fields'
	usual   []string // ids of the columns shown until the reader chooses
	facets  []facet  // nil: its fields of few values
	sort    string   // of a list that says none: a column's id, with - the other way round
	hint    string   // key of what the filter line says while it is empty
	blocks  []block  // those that are grouped with more care; the other fields follow
	apart   []string // fields that are not in its form
	pills   []string // fields shown beside its name, codes of a list
	tones   map[string]ui.Tone
	fellows bool // those it links are each other's relatives
	crowd   bool // others hold the links to it, any number of them: its members

	prefill func(query.Expr) (name string, values url.Values)                       // of a new record, from a query that found none
	first   func(*exchange) document                                                // what a new record begins with
	mail    func(record.Record) string                                              // its e-mail address; nil for kinds without
	titled  func(*exchange, record.Record) string                                   // what it is called, where its title is not made for people
	told    func(*exchange, record.Record) string                                   // tells it from another of the same name
	panel   func(*exchange, *subject) (ui.PanelView, error)                         // the quick view
	actions func(*exchange, *subject) []ui.Action                                   // in the header of its profile
	before  func(*exchange, []record.Record) error                                  // reads what cells of a page of the list show beside the records
	deeds   func(*exchange, record.Record) []ui.Action                              // in its row of a list
	extra   func(*exchange, *subject) ([]templ.Component, error)                    // below its facts
	above   func(*exchange, *subject, *listing) ([]templ.Component, error)          // above the list of those of one owner
	saved   func(x *exchange, before *subject, after record.Record) (string, error) // where to go after a change
	own     bool                                                                    // its profile and forms are its own
	added   []Route                                                                 // beside those every kind has
}

// home is the address of the list.
func (l *look) home() string { return "/" + l.plural }

// door is where the navigation leads: the list, or the view that matters.
func (l *look) door(x *exchange) string {
	if l.opens == "" {
		return l.home()
	}
	i := slices.IndexFunc(l.views, func(v savedView) bool { return v.key == l.opens })
	return l.home() + "?" + l.views[i].address(x).Encode()
}

// at is the address of a record's page; further parts name what is below it.
func (l *look) at(id string, parts ...string) string {
	return strings.Join(append([]string{l.home(), url.PathEscape(id)}, parts...), "/")
}

// trash is the address of what was deleted.
func (l *look) trash() string {
	if l.kind == contact.Name {
		return trashPath
	}
	return trashPath + l.home()
}

const trashPath = "/trash"

// Keys of the words of a kind.
func (l *look) title() string           { return "nav." + l.plural }
func (l *look) one() string             { return "kind." + l.kind }
func (l *look) says(what string) string { return "kind." + l.kind + "." + what }
func (l *look) count() string           { return "count." + l.plural }

// looks are the kinds that have pages of their own, in the order of the navigation.
var looks []*look

func init() {
	looks = []*look{contactLook, familyLook, companyLook, groupLook, reminderLook, ticketLook, callLook, serviceLook, satisfactionLook}
}

// lookOf finds the look of a kind, nil when its records have no pages.
func lookOf(kind string) *look {
	if i := slices.IndexFunc(looks, func(l *look) bool { return l.kind == kind }); i >= 0 {
		return looks[i]
	}
	return nil
}

// of gives the kind of a look. Programs know all kinds that have a look: product.Kinds.
func (x *exchange) of(l *look) (*record.Kind, error) { return x.app.Records.Kind(l.kind) }

// look is the kind that the page is about.
func (x *exchange) look() *look { return x.route.look }

// kindRoutes are the pages that every kind has.
func kindRoutes() []Route {
	kinds := product.Kinds()
	var routes []Route
	for _, l := range looks {
		home, trash := l.home(), l.trash()
		own := []Route{
			{Method: http.MethodGet, Path: home, Title: l.title(), Need: policy.Read, handle: (*App).list},
			{Method: http.MethodGet, Path: home + "/columns", Title: "table.columns", Need: policy.Read, handle: (*App).chooseColumns},
			{Method: http.MethodPost, Path: home + "/columns", Title: "table.columns", Need: policy.Read, handle: (*App).keepColumns},
			{Method: http.MethodGet, Path: home + "/{id}/panel", Title: "panel.label", Need: policy.Read, Part: true, handle: (*App).panel},
			{Method: http.MethodGet, Path: home + "/{id}/history", Title: "nav.history", Need: policy.Read, handle: (*App).history},
			{Method: http.MethodGet, Path: home + "/{id}/history/{revision}", Title: "page.revert", Need: policy.Read, handle: (*App).previewRevert},
			{Method: http.MethodPost, Path: home + "/{id}/history/{revision}", Title: "page.revert", Need: policy.Read, handle: (*App).revert},
			{Method: http.MethodPost, Path: home + "/{id}/delete", Title: "action.delete", Need: policy.Trash, handle: (*App).trash},
			{Method: http.MethodPost, Path: home + "/{id}/restore", Title: "action.restore", Need: policy.Restore, handle: (*App).restore},
			{Method: http.MethodPost, Path: home + "/{id}/undo", Title: "action.undo", Need: policy.Read, handle: (*App).undo},
			{Method: http.MethodGet, Path: trash, Title: "nav.trash", Need: policy.Restore, handle: (*App).trashed},
		}
		if !l.own {
			own = append(own, []Route{
				{Method: http.MethodGet, Path: home + "/new", Title: l.says("add"), Need: policy.Create, handle: (*App).newRecord},
				{Method: http.MethodPost, Path: home + "/new", Title: l.says("add"), Need: policy.Create, handle: (*App).createRecord},
				{Method: http.MethodGet, Path: home + "/{id}", Title: l.one(), Need: policy.Read, handle: (*App).record},
				{Method: http.MethodGet, Path: home + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).editRecord},
				{Method: http.MethodPost, Path: home + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).saveRecord},
				{Method: http.MethodPost, Path: home + "/{id}/reveal", Title: l.one(), Need: policy.Reveal, handle: (*App).revealRecord},
			}...)
		}
		if l.mail != nil {
			own = append(own, Route{Method: http.MethodPost, Path: home + "/addresses", Title: "page.addresses", Need: policy.Read, handle: (*App).addresses})
		}
		for _, route := range slices.Concat(own, exportRoutesOf(l), statisticsRoutes(l, kinds), builderRoutes(l), completeRoutes(l), linkRoutes(l, kinds), childRoutes(l, kinds), bulkRoutes(l, kinds), l.added) {
			route.look = l
			routes = append(routes, route)
		}
	}
	return routes
}
