package admission

import (
	"net/http"
	"strings"
)

// keySlots are the headers in which clients send a key, beside "Authorization: Bearer".
var keySlots = []string{"X-Api-Key", "X-Goog-Api-Key", "Api-Key"}

// AppKey is the text in the key slots of a request that [Gate.Check] refused with [NoOrigin], or "" where the request cannot
// be an app's: there is an Origin, no slot is used, one is used twice, or two hold different texts.
//
// A page cannot come here: a script that sets one of these headers on a request to another origin makes it a CORS request,
// which has an Origin (Fetch standard, "CORS-safelisted request-header"). An extension's GET has none, but like all that
// browsers send to loopback it has Sec-Fetch-Site, which Node's fetch, that sends Sec-Fetch-Mode, does not. ?key= is not
// looked at: an address ends up in logs.
func AppKey(h http.Header) string {
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
	for _, name := range keySlots {
		for _, v := range h[name] {
			if !take(v) || len(h[name]) > 1 {
				return ""
			}
		}
	}
	return key
}
