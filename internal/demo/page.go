package demo

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// pageName is how a second demo recognises the first.
const pageName = "oaklock demo page"

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Oaklock demo</title>
<h1>The demo page has not been built yet</h1>
<p>In the folder of the source code run <code>npm ci &amp;&amp; npm run build:demo</code> inside <code>frontend</code>,
build Oaklock again, and start the demo again. Nothing is lost.</p></html>
`

// Page serves the built page in assets, and tells it at /config.json where Oaklock is: endpoint is an address such as
// "http://127.0.0.1:6255". The page may speak to itself and to that address, and to nothing else.
func Page(assets fs.FS, endpoint string) http.Handler {
	// A site of its own has no more rights than any other page, and its policy proves that nothing else is needed:
	// no telemetry, no tokenizer table, no font from elsewhere.
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' " + endpoint +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	files := http.FileServerFS(assets)
	_, err := fs.Stat(assets, "index.html")
	built := err == nil

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path == "/config.json":
			writeJSON(w, http.StatusOK, service{Service: pageName, Endpoint: endpoint})
		case !built:
			h.Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(notBuilt)) // the browser has hung up
		case strings.HasPrefix(path.Base(r.URL.Path), "."):
			http.NotFound(w, r) // the file that keeps the folder in the repository
		default:
			files.ServeHTTP(w, r)
		}
	})
}
