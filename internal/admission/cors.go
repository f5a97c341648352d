package admission

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oaklock/oaklock/internal/origin"
)

// maxAskedHeaders bounds the names of one Access-Control-Request-Headers.
const maxAskedHeaders = 40

// exposed are the response headers that a page's script may always read: without them the OpenAI client cannot see
// Retry-After and waits 0.5 s instead of what the provider asked for. The rate-limit families are added where they come.
const exposed = "x-request-id, request-id, retry-after, retry-after-ms, x-should-retry, openai-processing-ms, x-oaklock-cost, x-oaklock-left"

var (
	exposeAlways  = []string{exposed}
	varyOrigin    = []string{"Origin"}
	varyPreflight = []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
	maxAge        = []string{"600"} // WebKit's cap; Chromium and Firefox allow more, but a narrowed grant should show soon
)

// IsPreflight says that the browser asks on a page's behalf whether it may call (Fetch standard, CORS-preflight fetch).
func IsPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// Preflight answers an OPTIONS request of an origin that may ask: 204 with the methods of the path, or with no allowance
// where a name that it asks for is not a header's name. It never asks the user and never touches a key.
func Preflight(w http.ResponseWriter, r *http.Request, o origin.Origin, methods []string) {
	h := w.Header()
	Expose(h, o)
	h["Vary"] = varyPreflight
	delete(h, "Access-Control-Expose-Headers")
	if asked, ok := askedHeaders(r.Header["Access-Control-Request-Headers"]); ok {
		h["Access-Control-Allow-Methods"] = []string{strings.Join(methods, ", ")}
		if asked != "" {
			h["Access-Control-Allow-Headers"] = []string{asked}
		}
		h["Access-Control-Max-Age"] = maxAge
	}
	w.WriteHeader(http.StatusNoContent)
}

// Expose lets the asker, and nobody else, read the answer and those of its headers that are set already. Never credentials,
// never a wildcard. An app is no page, so nothing has to be said to a browser about it.
func Expose(h http.Header, o origin.Origin) {
	if o.Kind() == origin.App {
		return
	}
	h["Access-Control-Allow-Origin"] = []string{o.String()}
	h["Vary"] = varyOrigin
	h["Access-Control-Expose-Headers"] = exposeAlways
	var limits []string
	for name := range h {
		if IsRateLimit(name) {
			limits = append(limits, strings.ToLower(name))
		}
	}
	if len(limits) > 0 {
		slices.Sort(limits)
		h["Access-Control-Expose-Headers"] = []string{exposed + ", " + strings.Join(limits, ", ")}
	}
}

// IsRateLimit says that a response header, in canonical form, is of one of the two families in which providers tell their
// limits. What follows must be words: anything longer is no name but a value, such as a key that is echoed in the wrong
// place, where a redactor could not find it because the case of a name is lost.
func IsRateLimit(name string) bool {
	rest, ok := strings.CutPrefix(name, "X-Ratelimit-")
	if !ok {
		rest, ok = strings.CutPrefix(name, "Anthropic-Ratelimit-")
	}
	if !ok || len(name) > 64 {
		return false
	}
	for word := range strings.SplitSeq(rest, "-") {
		if len(word) > 16 {
			return false
		}
	}
	return true
}

// askedHeaders checks each name and echoes them: all three engines let "*" cover Authorization, the standard does not.
func askedHeaders(values []string) (string, bool) {
	if len(values) == 0 {
		return "", true
	}
	if len(values) > 1 {
		return "", false
	}
	names := strings.Split(values[0], ",")
	if len(names) > maxAskedHeaders {
		return "", false
	}
	for i, n := range names {
		n = strings.Trim(n, " \t")
		if !headerName(n) {
			return "", false
		}
		names[i] = n
	}
	return strings.Join(names, ", "), true
}

func headerName(n string) bool {
	if n == "" || len(n) > 64 {
		return false
	}
	for _, c := range []byte(n) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
