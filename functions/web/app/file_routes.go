package app

import (
	"net/http"
	"slices"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/policy"
)

// Files, photos and logos, and the notes that files belong to.
//
// For whoever shows the profile of a kind that has files (contact, family, company, group), these are the parts to use:
//
//	notesTab              the last part of the address of the tab "notes and files", whose page is here: a profile
//	                      only lists it among its tabs
//	x.notesCard, x.filesCard   the two halves of that tab, for pages that want one elsewhere; they take what
//	                      Repository.Around gives
//	avatarOf(record)        a face with its photo or logo, for lists, heads and panels
//	x.pictureAction(s)    the action that leads to where the photo or logo is added, replaced, fetched or removed
//	x.fileOptions(around) the documents of a record to choose from, for fields that hold a file
//	downloadPath(s, id)   the address a document is fetched at

// notesTab is the last part of the address of the tab.
const notesTab = "notes"

// pictureKind is what the picture of a kind is.
type pictureKind struct {
	name       string // the last part of its address
	title, add string // keys of its words
	purpose    file.Purpose
}

// pictureKinds are the kinds with a picture.
var pictureKinds = map[string]pictureKind{
	contact.Name: {"photo", "file.photo", "file.photo.add", file.Photo},
	company.Name: {"logo", "file.logo", "file.logo.add", file.Logo},
}

// Addresses of pictures. They carry the id of one picture, or the hash of one: what is behind them never changes.
const (
	picturesPath = "/pictures/"
	ownLogoPath  = "/logo/"
	logoSettings = "/settings/logo"
)

// fileRoutes are the pages of files, notes and pictures of every kind that has them and has pages itself.
func fileRoutes() []Route {
	routes := []Route{
		{Method: http.MethodGet, Path: picturesPath + "{file}/{size}", Title: "kind.file", Need: policy.Read, Part: true, handle: (*App).thumbnail},
		{Method: http.MethodGet, Path: ownLogoPath + "{hash}/{size}", Title: "file.logo", Need: policy.Read, Part: true, handle: (*App).ownLogo},
		{Method: http.MethodGet, Path: logoSettings, Title: "file.ownLogo", Need: policy.Manage, handle: (*App).logoPage},
		{Method: http.MethodGet, Path: logoSettings + "/sent", Title: "file.ownLogo", Need: policy.Manage, handle: (*App).logoSent},
		{Method: http.MethodPost, Path: logoSettings + "/remove", Title: "file.ownLogo", Need: policy.Manage, handle: (*App).removeLogo},
	}
	for _, l := range looks {
		if !slices.Contains([]string{contact.Name, family.Name, company.Name, group.Name}, l.kind) {
			continue
		}
		at := l.home() + "/{id}/"
		own := []Route{
			{Method: http.MethodGet, Path: at + notesTab, Title: "file.tab", Need: policy.Read, handle: (*App).notesAndFiles},
			{Method: http.MethodPost, Path: at + notesTab, Title: "file.note.add", Need: policy.Create, handle: (*App).addNote},
			{Method: http.MethodGet, Path: at + "notes/{note}", Title: "kind.note", Need: policy.Read, handle: (*App).noteVersions},
			{Method: http.MethodGet, Path: at + "notes/{note}/edit", Title: "file.note.edit", Need: policy.Edit, handle: (*App).editNote},
			{Method: http.MethodPost, Path: at + "notes/{note}/edit", Title: "file.note.edit", Need: policy.Edit, handle: (*App).saveNote},
			{Method: http.MethodPost, Path: at + "notes/{note}/delete", Title: "action.delete", Need: policy.Trash, handle: (*App).trashNote},
			{Method: http.MethodPost, Path: at + "notes/{note}/restore", Title: "action.restore", Need: policy.Restore, handle: (*App).restoreNote},
			{Method: http.MethodGet, Path: at + "files/sent", Title: "file.add", Need: policy.Create, handle: (*App).fileSent},
			{Method: http.MethodGet, Path: at + "files/{file}", Title: "kind.file", Need: policy.Read, handle: (*App).downloadFile},
			{Method: http.MethodGet, Path: at + "files/{file}/name", Title: "file.rename", Need: policy.Edit, handle: (*App).renameForm},
			{Method: http.MethodPost, Path: at + "files/{file}/name", Title: "file.rename", Need: policy.Edit, handle: (*App).renameFile},
			{Method: http.MethodPost, Path: at + "files/{file}/delete", Title: "action.delete", Need: policy.Trash, handle: (*App).trashFile},
			{Method: http.MethodPost, Path: at + "files/{file}/restore", Title: "action.restore", Need: policy.Restore, handle: (*App).restoreFile},
		}
		if picture, ok := pictureKinds[l.kind]; ok {
			name, title := picture.name, picture.title
			own = append(own,
				Route{Method: http.MethodGet, Path: at + name, Title: title, Need: policy.Read, handle: (*App).picturePage},
				Route{Method: http.MethodGet, Path: at + name + "/sent", Title: title, Need: policy.Edit, handle: (*App).pictureSent},
				Route{Method: http.MethodGet, Path: at + name + "/download", Title: title, Need: policy.Read, handle: (*App).downloadPicture},
				Route{Method: http.MethodPost, Path: at + name + "/remove", Title: title, Need: policy.Edit, handle: (*App).removePicture})
		}
		for _, route := range own {
			route.look = l
			routes = append(routes, route)
		}
	}
	return routes
}
