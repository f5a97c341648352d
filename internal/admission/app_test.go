package admission_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/origin"
)

func TestAppKeyLiesInOneSlot(t *testing.T) {
	socket := func(protocols ...string) http.Header {
		return http.Header{"Upgrade": {"websocket"}, "Sec-Websocket-Protocol": protocols}
	}
	for name, c := range map[string]struct {
		h     http.Header
		want  string
		query string
	}{
		"bearer":             {http.Header{"Authorization": {"Bearer k"}}, "k", ""},
		"bearer, lower case": {http.Header{"Authorization": {"bearer k"}}, "k", ""},
		"x-api-key":          {http.Header{"X-Api-Key": {"k"}}, "k", ""},
		"x-goog-api-key":     {http.Header{"X-Goog-Api-Key": {"k"}}, "k", ""},
		"api-key":            {http.Header{"Api-Key": {"k"}}, "k", ""},
		"the same twice":     {http.Header{"Authorization": {"Bearer k"}, "X-Api-Key": {"k"}}, "k", ""},
		"Node's fetch":       {http.Header{"Authorization": {"Bearer k"}, "Sec-Fetch-Mode": {"cors"}}, "k", ""},

		"none":             {http.Header{}, "", ""},
		"two in two slots": {http.Header{"Authorization": {"Bearer k"}, "X-Api-Key": {"other"}}, "", ""},
		"two in one slot":  {http.Header{"X-Api-Key": {"k", "k"}}, "", ""},
		"two bearers":      {http.Header{"Authorization": {"Bearer k", "Bearer k"}}, "", ""},
		"basic":            {http.Header{"Authorization": {"Basic k"}}, "", ""},
		"no scheme":        {http.Header{"Authorization": {"k"}}, "", ""},
		"a page":           {http.Header{"Authorization": {"Bearer k"}, "Origin": {page}}, "", ""},
		"an empty Origin":  {http.Header{"Authorization": {"Bearer k"}, "Origin": {""}}, "", ""},
		"a browser's GET":  {http.Header{"Authorization": {"Bearer k"}, "Sec-Fetch-Site": {"none"}}, "", ""},
		"cookie":           {http.Header{"Cookie": {"k=k"}}, "", ""},

		"a subprotocol":                  {socket("realtime, openai-insecure-api-key.k"), "k", ""},
		"one of a line of its own":       {socket("realtime", "openai-insecure-api-key.k"), "k", ""},
		"a WebSocket's address":          {socket(), "k", "alt=1&key=k"},
		"both":                           {socket("openai-insecure-api-key.k"), "k", "key=k"},
		"both, and they differ":          {socket("openai-insecure-api-key.k"), "", "key=j"},
		"two subprotocols":               {socket("openai-insecure-api-key.k, openai-insecure-api-key.k"), "", ""},
		"two in the address":             {socket(), "", "key=k&key=k"},
		"other subprotocols":             {socket("realtime, k"), "", ""},
		"no WebSocket, in the address":   {http.Header{}, "", "key=k"},
		"no WebSocket, as a subprotocol": {http.Header{"Sec-Websocket-Protocol": {"openai-insecure-api-key.k"}}, "", ""},
		"a page's WebSocket":             {http.Header{"Origin": {page}, "Upgrade": {"websocket"}, "Sec-Websocket-Protocol": {"openai-insecure-api-key.k"}}, "", "key=k"},
	} {
		if got := admission.AppKey(&http.Request{Header: c.h, URL: &url.URL{RawQuery: c.query}}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// An app is no page: nothing about it is said to a browser.
func TestAppsGetNoCORS(t *testing.T) {
	o, err := origin.ForApp("notes")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	admission.Expose(h, o)
	if len(h) != 0 {
		t.Errorf("%v", h)
	}
}
