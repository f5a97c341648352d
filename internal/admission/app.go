package admission

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// keySlots are the headers in which clients send a key, beside "Authorization: Bearer".
var keySlots = []string{"X-Api-Key", "X-Goog-Api-Key", "Api-Key"}

// keyProtocol is what OpenAI's WebSocket clients put before a key that they offer as a subprotocol.
const keyProtocol = "openai-insecure-api-key."

// AppKey is the text in the key slots of a request that [Gate.Check] refused with [NoOrigin], or "" where the request cannot
// be an app's: there is an Origin, no slot is used, one is used twice, or two hold different texts. A WebSocket has two slots more,
// a subprotocol and ?key=, in which OpenAI's and Google's clients send a key.
//
// A page cannot come here: a script that sets one of these headers on a request to another origin makes it a CORS request,
// which has an Origin (Fetch standard, "CORS-safelisted request-header"), and so has every WebSocket of a browser (RFC 6455, section
// 4.1), whose headers no script can set. An extension's GET has none, but like all that browsers send to loopback it has
// Sec-Fetch-Site, which Node's fetch, that sends Sec-Fetch-Mode, does not. Elsewhere ?key= is not looked at: an address ends up in
// logs.
func AppKey(r *http.Request) string {
	h := r.Header
	if len(h["Origin"]) > 0 || len(h["Sec-Fetch-Site"]) > 0 {
		return ""
	}
	key := ""
	take := func(v string) bool {
		if key != "" && v != key {
			return false
		}
		key = v
		return true
	}
	for _, v := range h["Authorization"] {
		scheme, rest, ok := strings.Cut(v, " ")
		if !ok || !strings.EqualFold(scheme, "bearer") || !take(strings.TrimSpace(rest)) || len(h["Authorization"]) > 1 {
			return ""
		}
	}
	var slots [][]string
	for _, name := range keySlots {
		slots = append(slots, h[name])
	}
	if up := h["Upgrade"]; len(up) == 1 && strings.EqualFold(up[0], "websocket") {
		var offered []string
		for name := range Listed(h["Sec-Websocket-Protocol"]) {
			if v, ok := strings.CutPrefix(name, keyProtocol); ok {
				offered = append(offered, v)
			}
		}
		query, _ := url.ParseQuery(r.URL.RawQuery) // what cannot be parsed does not pass either
		slots = append(slots, offered, query["key"])
	}
	for _, slot := range slots {
		for _, v := range slot {
			if !take(v) || len(slot) > 1 {
				return ""
			}
		}
	}
	return key
}

// Listed are the elements of a header that is a list, over all its lines, empty ones too (RFC 9110, section 5.6.1).
func Listed(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for element := range strings.SplitSeq(line, ",") {
				if !yield(strings.Trim(element, " \t")) {
					return
				}
			}
		}
	}
}
