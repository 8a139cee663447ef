// Package app serves contacts, families, companies and what belongs to them in the JSON API: the operations every kind
// has, the whole profile of one record in one answer, the check of a value while it is typed, and the access log.
//
// A kind of the product needs no line here: those that are no settings and that no other function serves are taken.
package app

import (
	"log/slog"
	"net/http"
	"slices"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what the app stands on.
type Ports struct {
	Records *repository.Repository
	Auth    httpapi.Authenticator
	Cursors httpapi.Cursors
	Log     *slog.Logger
}

// New makes the app.
func New(p Ports) http.Handler {
	parts := map[string]func() *httpapi.API{}
	for _, c := range collections() {
		parts[c.name] = func() *httpapi.API {
			a := p.api()
			c.register(a)
			return a.API
		}
	}
	return httpapi.Collections(parts, func() *httpapi.API { return p.api().API })
}

func (p Ports) api() *recordapi.API {
	return &recordapi.API{API: httpapi.New(p.Auth, p.Log), Records: p.Records, Cursors: p.Cursors}
}

// elsewhere are kinds that a function of their own serves.
var elsewhere = []string{"file", "mapping", "merge", "search"}

// API registers the app's operations, all of them in one document.
func API(p Ports) *httpapi.API {
	a := p.api()
	for _, c := range collections() {
		c.register(a)
	}
	return a.API
}

// collection is what lies at "/v1/<name>".
type collection struct {
	name     string
	register func(*recordapi.API)
}

func collections() []collection {
	kinds := product.Kinds()
	var all []collection
	for _, k := range kinds.Kinds() {
		switch {
		case k.Managed || slices.Contains(elsewhere, k.Name):
		case len(k.Under) > 0:
			all = append(all, collection{k.Plural, func(a *recordapi.API) { recordapi.RegisterChild(a, k) }})
		default:
			all = append(all, collection{k.Plural, func(a *recordapi.API) { register(a, k, kinds) }})
		}
	}
	return append(all, collection{"accesses", accesses})
}

// register adds the operations of a kind that stands alone, and those of what belongs to it.
func register(a *recordapi.API, k *record.Kind, kinds *record.Registry) {
	recordapi.Register(a, k)
	newProfile(a, k, kinds).register()
	for _, child := range childrenOf(k, kinds) {
		if !slices.Contains(elsewhere, child.Name) {
			recordapi.RegisterOf(a, child, k)
		}
	}
	if k.Name == contact.Name {
		check(a)
	}
}

// childrenOf lists the kinds whose records a record of a kind can own.
func childrenOf(k *record.Kind, kinds *record.Registry) (children []*record.Kind) {
	for _, other := range kinds.Kinds() {
		if slices.Contains(other.Under, k.Name) {
			children = append(children, other)
		}
	}
	return children
}
