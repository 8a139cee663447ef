package app

import (
	"compress/gzip"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressed answers in gzip where the reader takes it: an API Gateway HTTP API does not compress. Pages that repeat what
// was asked get a few random bytes, so that their length tells nothing of the rest (the BREACH attack). Assets come
// compressed already and are left alone.
func compressed(h http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.RandomJitter(32, 0, false),
		gzhttp.ContentTypes([]string{"text/html", "application/json", "application/problem+json"}))
	if err != nil {
		panic(err) // the options are constants
	}
	return wrap(h)
}
