package app

import (
	"net/http"
	"slices"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/policy"
)

// contactRoutes are the pages of contacts beside those every kind has.
var contactRoutes = slices.Concat([]Route{
	{Method: http.MethodGet, Path: HomePath + "/new", Title: "kind.contact.add", Need: policy.Create, handle: (*App).newContact},
	{Method: http.MethodPost, Path: HomePath + "/new", Title: "kind.contact.add", Need: policy.Create, handle: (*App).create},
	{Method: http.MethodGet, Path: HomePath + "/check", Title: "action.edit", Need: policy.Read, Part: true, handle: (*App).check},
	{Method: http.MethodGet, Path: HomePath + "/{id}", Title: "kind.contact", Need: policy.Read, handle: (*App).overview},
	{Method: http.MethodGet, Path: HomePath + "/{id}/personal", Title: "page.tab.personal", Need: policy.Read, handle: (*App).personal},
	{Method: http.MethodGet, Path: HomePath + "/{id}/addresses", Title: "field.contact.addresses", Need: policy.Read, handle: (*App).addressesTab},
	{Method: http.MethodGet, Path: HomePath + "/{id}/" + joinTab, Title: "kind.group.link", Need: policy.Edit, handle: (*App).askJoin},
	{Method: http.MethodGet, Path: HomePath + "/{id}/login", Title: "page.tab.login", Need: policy.Read, handle: (*App).login},
	{Method: http.MethodGet, Path: HomePath + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).editContact},
	{Method: http.MethodPost, Path: HomePath + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).save},
	{Method: http.MethodGet, Path: ui.SuggestPath, Title: "search.label", Need: policy.Read, Part: true, handle: (*App).suggest},
	{Method: http.MethodGet, Path: ui.SearchPath, Title: "search.label", Need: policy.Read, handle: (*App).search},
}, contactOwnRoutes)
