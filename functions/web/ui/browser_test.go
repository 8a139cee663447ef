package ui

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-crm/muster/functions/web/ui/uitest"
	"github.com/muster-crm/muster/shared/i18n"
)

// Every page of the gallery passes the audit wide and narrow, light and dark; the narrowest in every language.
func TestGalleryInABrowser(t *testing.T) {
	site := httptest.NewServer(gallery().mux)
	defer site.Close()
	browser := uitest.Start(t)
	for _, size := range []struct {
		name          string
		width, height int64
		dark          bool
		languages     []i18n.Language
	}{
		{"wide-light", 1440, 900, false, i18n.Languages()[:1]},
		{"wide-dark", 1440, 900, true, []i18n.Language{i18n.Dutch}},
		{"tablet-light", 820, 1180, false, []i18n.Language{i18n.French}},
		{"phone-dark", 390, 844, true, []i18n.Language{i18n.Spanish}},
		{"narrow-light", 320, 640, false, i18n.Languages()},
	} {
		t.Run(size.name, func(t *testing.T) {
			tab := browser.Tab(t)
			tab.Size(size.width, size.height)
			tab.Dark(size.dark)
			for i, l := range size.languages {
				for _, path := range galleryPages {
					sep := "?"
					if strings.Contains(path, "?") {
						sep = "&"
					}
					tab.Open(site.URL + path + sep + "lang=" + string(l))
					name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "%3A", "-").Replace(path), "-")
					tab.Shot(size.name + "-" + string(l) + "-" + name)
					if what := size.name + " " + string(l) + " " + path; i == 0 {
						tab.Audit(what)
					} else { // other words in the same markup
						tab.Fits(what)
					}
				}
			}
		})
	}
}
