package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
)

// host is what every client names as Host. Nothing resolves it: a request that names anything else was not made by a client of this package.
const host = "oaklock"

// doorHeader says which door a client is; its values are Window and CommandLine.
const doorHeader = "X-Oaklock-Door"

const (
	prefix      = "/v1/"
	eventsPath  = prefix + "events"
	longestBody = 1 << 20 // bytes
)

// errFailed is what the user reads of an error that has no sentence of its own.
var errFailed = &Error{Code: Failed, Message: "Oaklock could not do this; nothing was changed that it knows of. Its log says why."}

var statuses = map[string]int{
	BadInput:    http.StatusBadRequest,
	Refused:     http.StatusForbidden,
	Doubtful:    http.StatusConflict,
	NotFound:    http.StatusNotFound,
	Locked:      http.StatusLocked,
	Unavailable: http.StatusServiceUnavailable,
	Failed:      http.StatusInternalServerError,
}

// door is the HTTP handler on the control socket.
type door struct {
	listener *Listener
	agent    Agent
	log      *slog.Logger
	calls    map[string]call
}

func newDoor(l *Listener, a Agent, log *slog.Logger) *door {
	return &door{listener: l, agent: a, log: log, calls: calls()}
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.listener.begin() {
		return
	}
	defer d.listener.atWork.Done()
	defer func() {
		if v := recover(); v != nil {
			// The type and the stack only: the value may hold what a user typed.
			d.log.Error("a call on the control socket panicked",
				"path", r.URL.Path, "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			sayNo(w, errFailed)
		}
	}()
	if fromBrowser(r) {
		sayNo(w, &Error{Code: Refused, Message: "This door is not for web pages."})
		return
	}
	by := CommandLine
	if r.Header.Get(doorHeader) == Window {
		by = Window
	}
	r = r.WithContext(WithDoor(r.Context(), by))
	if r.URL.Path == eventsPath {
		d.events(w, r)
		return
	}
	d.answer(w, r)
}

// fromBrowser says whether a page may have made the request. No page reaches a Unix socket by itself, but users do put forwarders in
// front of sockets; then these are what a browser cannot leave out (Origin on every POST and WebSocket, Sec-Fetch-*) or cannot choose
// (Host, also under DNS rebinding).
func fromBrowser(r *http.Request) bool {
	if r.Host != host || r.URL.Host != "" {
		return true
	}
	for name := range r.Header {
		if name == "Origin" || name == "Referer" || strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

func (d *door) answer(w http.ResponseWriter, r *http.Request) {
	c, ok := d.calls[strings.TrimPrefix(r.URL.Path, prefix)]
	if !ok || !strings.HasPrefix(r.URL.Path, prefix) {
		sayNo(w, &Error{Code: NotFound, Message: "This Oaklock does not know that call; is it older than what asked?"})
		return
	}
	if r.Method != c.method {
		w.Header().Set("Allow", c.method)
		writeJSON(w, http.StatusMethodNotAllowed, &Error{Code: BadInput, Message: "This call takes another HTTP method."})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	defer clear(body) // it may be a credential
	if err != nil {
		sayNo(w, badInput("The request was cut short, or is larger than one mebibyte."))
		return
	}
	out, err := c.do(r.Context(), d.agent, body)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	if out == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// refuse tells the caller an *Error as it is, and of any other error only that there was one.
func (d *door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	no := new(Error)
	if errors.As(err, &no) && statuses[no.Code] != 0 {
		sayNo(w, no)
		return
	}
	if r.Context().Err() == nil {
		d.log.Error("a call on the control socket failed", "path", r.URL.Path, "error", err)
	}
	sayNo(w, errFailed)
}

func badInput(message string) *Error { return &Error{Code: BadInput, Message: message} }

func sayNo(w http.ResponseWriter, no *Error) { writeJSON(w, statuses[no.Code], no) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The caller may have hung up; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}

// readJSON takes exactly one JSON value with no field that v does not have: a field that is not understood may have been a limit.
func readJSON(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return badInput("The request is not what this call takes; is this Oaklock older than what asked?")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badInput("The request holds more than one value.")
	}
	return nil
}

// noNulls makes every nil list in v an empty one, so that clients in other languages read [] and never null. v is a pointer.
func noNulls(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			noNulls(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			noNulls(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			noNulls(v.Index(i))
		}
	}
}
