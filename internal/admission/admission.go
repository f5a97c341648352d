// Package admission decides who may speak to the listener at all, before anything is known of routes, grants or keys.
//
// [Listen] binds the two loopback sockets and drops connections of other users of the machine. [Gate.Check] reads a
// request's head and answers with the page's origin or a refusal. [Preflight] and [Expose] write the CORS headers.
//
// The Origin header authenticates pages in browsers, not programs: any local program can send any Origin. So the gate
// keeps out pages, the peer check keeps out other users, and programs of the same user are outside what this package
// can promise.
package admission

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/oaklock/oaklock/internal/origin"
)

// Refusal is the gate's no: a status whose body is always the same and names nothing.
type Refusal struct {
	Status int
	Reason string // for the log and the user; never sent
}

// NoOrigin is the gate's refusal of a program that is no page: all that a page sends was checked and found well, but there
// is no Origin. The one way past it is an app's key ([AppKey]).
var NoOrigin = &Refusal{http.StatusForbidden, "no Origin: a program, not a page"}

// The gate's other refusals, in the order of its checks.
var (
	errTarget   = &Refusal{http.StatusBadRequest, "the request target is not a plain path"}
	errMethod   = &Refusal{http.StatusBadRequest, "the method is never served"}
	errHeaders  = &Refusal{http.StatusBadRequest, "a header came twice"}
	errHost     = &Refusal{http.StatusMisdirectedRequest, "the Host is not this listener's (DNS rebinding looks like this)"}
	errPrefetch = &Refusal{http.StatusForbidden, "a prefetch or a navigation, not a call of a page's script"}
	errNull     = &Refusal{http.StatusForbidden, "the page has an opaque origin"}
	errOwn      = &Refusal{http.StatusForbidden, "the origin of the listener or of the window"}
	errOrigin   = &Refusal{http.StatusForbidden, "not an origin that may ask"}
)

// Gate checks the heads of requests for one port.
type Gate struct {
	hosts [3]string
	own   [3]string
}

// NewGate is the gate of the listener on this port.
func NewGate(port int) *Gate {
	var g Gate
	for i, h := range [3]string{"127.0.0.1", "localhost", "[::1]"} {
		g.hosts[i] = h + ":" + strconv.Itoa(port)
		g.own[i] = "http://" + g.hosts[i]
	}
	return &g
}

// Check is the order of checks up to the origin; the first that fails decides. It reads headers only.
func (g *Gate) Check(r *http.Request) (origin.Origin, *Refusal) {
	var none origin.Origin
	switch r.Method {
	case http.MethodConnect, http.MethodTrace:
		return none, errMethod
	}
	// Go takes r.Host from an absolute-form target, so that a proxy-style request could bring its own Host.
	if !strings.HasPrefix(r.RequestURI, "/") {
		return none, errTarget
	}
	if !g.isHost(r.Host) {
		return none, errHost
	}
	if len(r.Header["Origin"]) > 1 {
		return none, errHeaders
	}
	if !scriptCall(r.Header) {
		return none, errPrefetch
	}
	if len(r.Header["Origin"]) == 0 {
		return none, NoOrigin // never Referer: it is absent, or forged by a page's own policy
	}
	v := r.Header["Origin"][0]
	for _, own := range g.own {
		if v == own {
			return none, errOwn
		}
	}
	o, err := origin.FromHeader(v)
	switch {
	case err == nil && isWindow(o.Host()):
		return none, errOwn
	case err == nil:
		return o, nil
	case errors.Is(err, origin.ErrNull):
		return none, errNull
	}
	return none, errOrigin
}

// isWindow says that a host is what web views name the pages of desktop programs by, Oaklock's window among them. Nothing that
// such a page could ask here is meant for pages.
func isWindow(host string) bool { return host == "wails.localhost" || host == "wails" }

// isHost compares bytes: 127.1, a trailing dot, another port, or a name that an attacker's DNS points here are not ours.
func (g *Gate) isHost(h string) bool {
	return h == g.hosts[0] || h == g.hosts[1] || h == g.hosts[2]
}

// scriptCall says that the fetch metadata does not speak against a call by a page's script. Chromium sends none on
// WebSockets, so absence proves nothing and is let through.
func scriptCall(h http.Header) bool {
	for _, v := range h["Sec-Purpose"] {
		if strings.Contains(v, "prefetch") {
			return false
		}
	}
	return only(h["Sec-Fetch-Mode"], "cors", "websocket") && only(h["Sec-Fetch-Dest"], "empty", "websocket")
}

func only(values []string, a, b string) bool {
	for _, v := range values {
		if v != a && v != b {
			return false
		}
	}
	return true
}

// constant403 names nothing, neither Oaklock nor a reason, so that a page that may not ask learns nothing.
const constant403 = "Forbidden\n"

// Refuse writes the refusal's constant answer and ends the connection, so that not even the handling of an unread body
// tells one refusal from another. The Date is left out: the bytes are the same every time.
func Refuse(w http.ResponseWriter, status int) {
	h := w.Header()
	for k := range h {
		delete(h, k)
	}
	h["Date"] = nil
	h["Connection"] = []string{"close"}
	h["Content-Type"] = []string{"text/plain; charset=utf-8"}
	h["Cache-Control"] = []string{"no-store"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	body := constant403
	if status != http.StatusForbidden {
		body = http.StatusText(status) + "\n"
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the page may be gone; there is nobody to tell
}
