// Package inbox shows the mail that a local run has sent, so that invitations and reset links can be followed without a
// mail server.
package inbox

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/muster-crm/muster/shared/mail/dirmail"
)

//go:generate go tool templ generate

// Path is where the inbox is mounted.
const Path = "/_mail/"

// shown is how many mails the list shows.
const shown = 200

//go:embed style.css
var style []byte

// Handler shows the mails of a box.
func Handler(box *dirmail.Box) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		id := strings.TrimPrefix(r.URL.Path, Path)
		switch id {
		case "style.css":
			h.Set("Content-Type", "text/css; charset=utf-8")
			_, _ = w.Write(style) // a reader who has left needs no style
			return
		case "":
			mails, err := box.List(r.Context(), "", shown)
			if err != nil {
				http.Error(w, "the mail folder cannot be read", http.StatusInternalServerError)
				return
			}
			h.Set("Content-Type", "text/html; charset=utf-8")
			_ = list(mails).Render(r.Context(), w) // a reader who has left needs no page
			return
		}
		m, err := box.Open(r.Context(), id)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_ = letter(m).Render(r.Context(), w)
	})
}
