package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed css/*.css js/*.js
var sources embed.FS

// AssetsPath is the prefix of every address of Assets.
const AssetsPath = "/assets/"

// IconPath is where browsers look for the picture of a site that no page has told them of.
const IconPath = "/favicon.ico"

// asset is a file to serve: its bytes, the same compressed, and the hash of its content that its address carries.
type asset struct {
	kind    string
	body    []byte
	gzipped func() []byte
	hash    string
}

func newAsset(kind string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{kind: kind, body: body, hash: hex.EncodeToString(sum[:6]), gzipped: sync.OnceValue(func() []byte {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		_, _ = w.Write(body) // a bytes.Buffer takes everything
		_ = w.Close()
		return packed.Bytes()
	})}
}

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3552c4"/>` +
	`<path d="M8 23V10l8 8 8-8v13" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/></svg>`

// bundle makes the assets on first use, so that a Lambda that serves only the API of its app never does.
var bundle = sync.OnceValue(func() map[string]asset {
	return map[string]asset{
		"app.css":  newAsset("text/css; charset=utf-8", append(concat("css"), iconCSS()...)),
		"app.js":   newAsset("text/javascript; charset=utf-8", concat("js")),
		"icon.svg": newAsset("image/svg+xml", []byte(favicon)),
	}
})

// concat joins a folder's files in the order of their names.
func concat(dir string) []byte {
	var all bytes.Buffer
	entries, err := fs.ReadDir(sources, dir)
	if err != nil {
		panic("ui: " + err.Error())
	}
	for _, e := range entries {
		data, err := sources.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			panic("ui: " + err.Error())
		}
		all.Write(data)
		all.WriteByte('\n')
	}
	return all.Bytes()
}

// AssetPath is the address of an asset ("app.css", "app.js", "icon.svg"). It changes with the content.
func AssetPath(name string) string {
	a, ok := bundle()[name]
	if !ok {
		panic("ui: no asset " + name)
	}
	ext := path.Ext(name)
	return AssetsPath + strings.TrimSuffix(name, ext) + "." + a.hash + ext
}

// Assets serves everything below AssetsPath, and IconPath. What carries the hash of its content may be kept for ever; an address of
// an earlier or later version gets the present content and may not be kept.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == IconPath {
			serve(w, r, bundle()["icon.svg"], "")
			return
		}
		name, hash, ok := splitAsset(strings.TrimPrefix(r.URL.Path, AssetsPath))
		if !ok {
			http.NotFound(w, r)
			return
		}
		a, ok := bundle()[name]
		if colour, is := strings.CutPrefix(strings.TrimSuffix(name, ".css"), "accent-"); is && !ok {
			if a, ok = accentAsset(colour); !ok {
				http.NotFound(w, r)
				return
			}
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		serve(w, r, a, hash)
	})
}

// splitAsset takes "app.0123456789ab.css" apart.
func splitAsset(file string) (name, hash string, ok bool) {
	parts := strings.Split(file, ".")
	if len(parts) != 3 || strings.Contains(file, "/") {
		return "", "", false
	}
	return parts[0] + "." + parts[2], parts[1], true
}

func serve(w http.ResponseWriter, r *http.Request, a asset, hash string) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+a.hash+`"`)
	if hash == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if slices.Contains(strings.Split(r.Header.Get("If-None-Match"), ", "), `"`+a.hash+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzipped()
	}
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the reader may have gone
}

// Headers sets what every page is sent with: the content security policy and its companions. origins are further
// origins that forms may send files to and images may come from (the bucket of a deployment).
func Headers(h http.Header, origins ...string) {
	more := ""
	for _, origin := range origins {
		more += " " + origin
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"+more+
		"; connect-src 'self'; form-action 'self'"+more+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}
