// Command echo is a function that answers with what it was asked, for tests of the stand-in.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/muster-crm/muster/shared/lambdahttp"
)

func main() {
	lambdahttp.Start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		if r.URL.Path == "/exit" {
			os.Exit(3)
		}
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.Path, body, os.Getenv("MUSTER_TABLE"))
	}))
}
