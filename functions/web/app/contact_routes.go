package app

import (
	"net/http"
	"slices"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/policy"
)

// contactRoutes are the list, the profile, the forms and the trash of contacts.
var contactRoutes = slices.Concat([]Route{
	{Method: http.MethodGet, Path: HomePath, Title: "nav.contacts", Need: policy.Read, handle: (*App).contacts},
	{Method: http.MethodPost, Path: HomePath + "/addresses", Title: "page.addresses", Need: policy.Read, handle: (*App).addresses},
	{Method: http.MethodGet, Path: HomePath + "/new", Title: "action.addContact", Need: policy.Create, handle: (*App).newContact},
	{Method: http.MethodPost, Path: HomePath + "/new", Title: "action.addContact", Need: policy.Create, handle: (*App).create},
	{Method: http.MethodGet, Path: HomePath + "/check", Title: "action.edit", Need: policy.Read, Part: true, handle: (*App).check},
	{Method: http.MethodGet, Path: HomePath + "/{id}", Title: "kind.contact", Need: policy.Read, handle: (*App).overview},
	{Method: http.MethodGet, Path: HomePath + "/{id}/panel", Title: "panel.label", Need: policy.Read, Part: true, handle: (*App).panel},
	{Method: http.MethodGet, Path: HomePath + "/{id}/personal", Title: "page.tab.personal", Need: policy.Read, handle: (*App).personal},
	{Method: http.MethodGet, Path: HomePath + "/{id}/addresses", Title: "field.contact.addresses", Need: policy.Read, handle: (*App).addressesTab},
	{Method: http.MethodGet, Path: HomePath + "/{id}/history", Title: "nav.history", Need: policy.Read, handle: (*App).history},
	{Method: http.MethodGet, Path: HomePath + "/{id}/history/{revision}", Title: "page.revert", Need: policy.Read, handle: (*App).previewRevert},
	{Method: http.MethodPost, Path: HomePath + "/{id}/history/{revision}", Title: "page.revert", Need: policy.Read, handle: (*App).revert},
	{Method: http.MethodGet, Path: HomePath + "/{id}/login", Title: "page.tab.login", Need: policy.Read, handle: (*App).login},
	{Method: http.MethodGet, Path: HomePath + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).editContact},
	{Method: http.MethodPost, Path: HomePath + "/{id}/edit", Title: "action.edit", Need: policy.Edit, handle: (*App).save},
	{Method: http.MethodPost, Path: HomePath + "/{id}/delete", Title: "action.delete", Need: policy.Trash, handle: (*App).trash},
	{Method: http.MethodPost, Path: HomePath + "/{id}/restore", Title: "action.restore", Need: policy.Restore, handle: (*App).restore},
	{Method: http.MethodPost, Path: HomePath + "/{id}/undo", Title: "action.undo", Need: policy.Read, handle: (*App).undo},
	{Method: http.MethodGet, Path: "/trash", Title: "nav.trash", Need: policy.Restore, handle: (*App).trashed},
	{Method: http.MethodGet, Path: ui.SuggestPath, Title: "search.label", Need: policy.Read, Part: true, handle: (*App).suggest},
	{Method: http.MethodGet, Path: ui.SearchPath, Title: "search.label", Need: policy.Read, handle: (*App).search},
}, columnRoutes)
