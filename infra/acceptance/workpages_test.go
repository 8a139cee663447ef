package acceptance

import (
	"net/http"
	"strings"

	web "github.com/muster-crm/muster/functions/web/app"
)

// workPages are the addresses of the pages of bulk actions, backups and restores.
func (h *house) workPages() map[string][]address {
	pages := map[string][]address{
		"/bulks/{id}":                {{path: "/bulks/" + h.imports["bulk"]}, {path: "/bulks/" + h.imports["bulk"] + "?result=done"}},
		"/merge":                     {{path: "/merge"}, {path: "/merge?kind=contact&ids=" + h.contact + "&ids=" + h.bare}},
		"/merges":                    {{path: "/merges"}},
		"/merges/{id}":               {{path: "/merges/" + h.imports["merge"]}},
		"/duplicates":                {{path: "/duplicates"}, {path: "/duplicates?kind=company&level=likely&page=2"}},
		"/settings/backup":           {{path: "/settings/backup"}},
		"/settings/backup/{id}/file": {}, // a file
		"/settings/restore/uploaded": {{path: "/settings/restore/uploaded?id=rst_invented", status: http.StatusNotFound}},
		"/settings/restore/{id}":     {{path: "/settings/restore/rst_invented", status: http.StatusNotFound}}, // TestIMP17 goes through it
	}
	for _, route := range web.Routes() {
		if route.Method == http.MethodGet && strings.HasPrefix(route.Path, "/bulk/") {
			pages[route.Path] = []address{{path: route.Path + "?all=1"}}
		}
	}
	return pages
}
