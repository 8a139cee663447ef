// Package app serves contacts, families, companies and what belongs to them in the JSON API: the operations every kind
// has, the whole profile of one record in one answer, the check of a value while it is typed, and the access log.
//
// A kind of the product needs no line here: those that are no settings and that no other function serves are taken.
package app

import (
	"log/slog"
	"net/http"
	"slices"

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
func New(p Ports) http.Handler { return API(p).Handler() }

// elsewhere are kinds that a function of their own serves.
var elsewhere = []string{"file"}

// API registers the app's operations.
func API(p Ports) *httpapi.API {
	a := &recordapi.API{API: httpapi.New(p.Auth, p.Log), Records: p.Records, Cursors: p.Cursors}
	kinds := product.Kinds()
	for _, k := range kinds.Kinds() {
		switch {
		case k.Managed || slices.Contains(elsewhere, k.Name):
		case len(k.Under) > 0:
			recordapi.RegisterUnder(a, k, kinds)
		default:
			recordapi.Register(a, k)
			newProfile(a, k, kinds).register()
		}
	}
	check(a)
	accesses(a)
	return a.API
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
