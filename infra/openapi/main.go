// Openapi writes the document of the whole JSON API: it merges what each function's app says of its own operations into
// one OpenAPI 3.1 file, which is committed, embedded and served by accounts. Nothing is read but the apps' Go types, so
// that a fresh run leaves no difference.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	accounts "github.com/muster-crm/muster/functions/accounts/app"
	contacts "github.com/muster-crm/muster/functions/contacts/app"
	files "github.com/muster-crm/muster/functions/files/app"
	imports "github.com/muster-crm/muster/functions/imports/app"
	merges "github.com/muster-crm/muster/functions/merge/app"
	search "github.com/muster-crm/muster/functions/search/app"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/httpapi"
)

//go:generate go run .

// File is where the document lies below the top of the project.
const File = "functions/accounts/app/openapi.json"

// apis are the functions that have operations.
func apis() map[string]*httpapi.API {
	return map[string]*httpapi.API{
		"accounts": accounts.API(accounts.Ports{}),
		"contacts": contacts.API(contacts.Ports{}),
		"files":    files.API(files.Ports{}),
		"imports":  imports.API(imports.Ports{}),
		"merge":    merges.API(merges.Ports{}),
		"search":   search.API(search.Ports{}),
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run() error {
	_, root, err := template.Find(".")
	if err != nil {
		return err
	}
	docs, err := documents(apis())
	if err != nil {
		return err
	}
	whole, err := merge(docs)
	if err != nil {
		return err
	}
	raw, err := whole.encode()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, File), raw, 0o644)
}
