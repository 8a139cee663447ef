package app

import (
	"net/http"
	"slices"

	"github.com/muster-crm/muster/shared/policy"
)

const importsPath = "/imports"

// importRoutes are the import wizard and the jobs.
var importRoutes = slices.Concat([]Route{
	importing(http.MethodGet, "", "nav.imports", (*App).listImports),
	importing(http.MethodGet, "/new", "import.new", (*App).newImport),
	importing(http.MethodGet, "/uploaded", "import.new", (*App).uploaded),
	importing(http.MethodGet, "/{id}", "nav.imports", (*App).showImport),
	importing(http.MethodGet, "/{id}/map", "import.step.map", (*App).mapImport),
	importing(http.MethodPost, "/{id}/map", "import.step.map", (*App).saveMap),
	importing(http.MethodGet, "/{id}/preview", "import.step.preview", (*App).previewImport),
	importing(http.MethodPost, "/{id}/run", "import.step.run", (*App).runImport),
	importing(http.MethodPost, "/{id}/cancel", "action.cancel", (*App).cancelImport),
	importing(http.MethodPost, "/{id}/undo", "action.undo", (*App).undoImport),
	importing(http.MethodGet, "/{id}/errors", "import.errors.download", (*App).errorFile),
}, mappingRoutes, jobRoutes, backupRoutes)

// importing is a route for those who may import.
func importing(method, path, title string, handle func(*App, *exchange) error) Route {
	return Route{Method: method, Path: importsPath + path, Title: title, Need: policy.Import, handle: handle}
}
