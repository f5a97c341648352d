// Package proxy is the door for pages: the handler of the loopback listener.
//
// [Handler.ServeHTTP] takes one request through the order of checks: the gate, the route, the origin's state, the body,
// the reservation, the grant once more, the key. Then forward.go sends a fresh request to the provider and relays its
// answer through the redactor. Every step fails closed, every refusal is remembered in the ledger, and no error that a
// page reads says more than one of the sentences in refusal.go.
//
// It knows nothing of the control socket: the user's door leads into the same rooms from the other side.
package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/clock"
	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/issued"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/secret"
)

const (
	// reserved is how many of the requests only sites with a grant can have.
	reserved = 64
	MaxBody  = 64 << 20
	// bodyMemory bounds the bodies in memory together, so that no flood of uploads passes 300 MiB of growth.
	bodyMemory = 112 << 20
)

// State is what the user has set the whole of Oaklock to.
type State uint8

const (
	On State = iota
	Paused
	Locked
)

// Keys gives credentials. Its errors wrap ErrNoKey, ErrKeyUnproven, ErrKeyDamaged, ErrKeysLocked or ErrKeysSilent.
type Keys interface {
	// Key is the credential with this label (empty: the default one) of a provider, bound to the address in force.
	Key(ctx context.Context, p *provider.Provider, label string) (label2 string, s secret.Secret, err error)
	// Redactor knows every credential in memory.
	Redactor() *secret.Redactor
}

// How Keys says no.
var (
	ErrNoKey      = errors.New("there is no key for this provider")
	ErrKeyDamaged = errors.New("the key cannot be read")
	ErrKeysLocked = errors.New("the keys are locked")
	ErrKeysSilent = errors.New("the keychain does not answer")
	// ErrKeyUnproven is a key whose entry another program has changed.
	ErrKeyUnproven = errors.New("the key's entry was changed")
)

// Config is what the handler stands on; all of it is needed.
type Config struct {
	Gate      *admission.Gate
	Catalogue func() *provider.Catalogue
	Prices    func() *provider.Prices
	Ceiling   func() int64 // most output tokens of an answer for which a page names no ceiling
	Grants    *grant.Book
	Prove     func(ctx context.Context) error // waits until the grants are proven; the error says why not
	Consent   *consent.Broker
	Apps      func(key string) origin.Origin // whose key this is; the zero value: nobody's
	Ledger    *ledger.Ledger
	Issued    *issued.Book
	Brake     *brake.Brake
	Keys      Keys
	State     func() State
	Questions func() bool // whether unknown sites may ask
	Upstream  http.RoundTripper
	Ahead     func(base string) // opens a connection to a provider, for a request that is about to come
	Sockets   Sockets
	Log       *slog.Logger
	Changed   func() // what is running, or the log, has changed
	Crowded   func() // requests are under way, [Crowd] or more; called for each that begins then, and returns at once
	Version   string
}

// Crowd is from how many requests under way on the handler says that it is crowded.
const Crowd = 16

// UnderWay is how many requests are.
func (h *Handler) UnderWay() int { return int(h.requests.Load()) }

// Handler serves pages.
type Handler struct {
	Config
	running  table
	clocks   clocks
	origins  counter
	requests atomic.Int64
	bodies   *semaphore.Weighted
	connects connects
	sockets  group
}

// New connects a handler.
func New(c Config) *Handler {
	return &Handler{Config: c, bodies: semaphore.NewWeighted(bodyMemory), clocks: clocks{gone: clock.Ahead}}
}

// Close ends what the handler started by itself, questions that pages opened ahead of a request, and waits for the WebSockets,
// which the server does not know any more. They are ended by StopAll.
func (h *Handler) Close() {
	h.connects.close()
	h.sockets.close()
}

// ServeHTTP answers one request of a page.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.recovered()
	o, no := h.Gate.Check(r)
	if no == admission.NoOrigin {
		if o = h.Apps(admission.AppKey(r)); !o.IsZero() {
			no = nil
		}
	}
	if no != nil {
		h.Log.Debug("refused at the gate", "status", no.Status, "reason", no.Reason)
		admission.Refuse(w, no.Status)
		return
	}
	// The raw path: what was cleaned or decoded could be another path than the one that was checked.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	x := &exchange{h: h, w: w, r: r, path: path, origin: o, start: time.Now()}
	if err := x.serve(); err != nil { //nolint:contextcheck // a question opened ahead outlives the request that opened it
		x.refuse(err)
	}
}

// recovered ends the connection after a panic and logs its type and where it was, never its value, which may hold text
// of a request.
func (h *Handler) recovered() {
	v := recover()
	if v == nil {
		return
	}
	if v != http.ErrAbortHandler { //nolint:errorlint // as net/http compares
		h.Log.Error("a request failed unexpectedly", "type", typeName(v), "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}

// exchange is one request of a page and its answer.
type exchange struct {
	h      *Handler
	w      http.ResponseWriter
	r      *http.Request
	path   string // as it was sent
	origin origin.Origin
	start  time.Time
	route  *provider.Route // nil before it is known
	facts  provider.Facts
	label  string         // of the credential, once it is known
	worst  provider.Worst // what it can take, once it is reckoned
	asked  provider.Asked // what is sent in its place
	price  provider.Price // of the model; nothing where worst is not priced
	shape  brake.Shape
	// left is what was left of the site's limits of cost before this request, where there are some.
	left    int64
	limited bool
	body    body
	// stored says that nothing but a grant for stored data covers the request; known once reach has looked.
	stored bool
	// own says that all that the request names was issued to this very site.
	own bool
	// reserved says that the ledger will have this request through its hold, also when it is refused after all.
	reserved bool
	// cost is what a request without WebSockets came to, once it is settled.
	cost int64
	// whole is an answer that is sent when it is settled.
	whole       []byte
	wholeStatus int // 0: none
}

// serve goes through the checks in their order. An error is a refusal that has not been written.
func (x *exchange) serve() error {
	h := x.h
	upgrade := len(x.r.Header["Upgrade"]) > 0
	route, routeErr := x.find(upgrade)
	providerID := providerOf(x.path)
	if !h.heard(x.origin, providerID) {
		return errUnheard
	}
	if admission.IsPreflight(x.r) && x.origin.Kind() != origin.App {
		x.preflight()
		return nil
	}
	under := h.requests.Add(1)
	defer h.requests.Add(-1)
	if under > h.room(x.origin) {
		return errBusy
	}
	if under >= Crowd {
		h.Crowded()
	}
	if !h.origins.enter(x.origin, MaxPerOrigin) {
		return errBusySite
	}
	defer h.origins.leave(x.origin)

	if strings.HasPrefix(x.path, "/oaklock/v1/") && !upgrade {
		return x.pageCall()
	}
	if routeErr != nil {
		return routeErr
	}
	x.route = route
	if err := x.closed(); err != nil {
		return err
	}
	if upgrade {
		return x.socket()
	}
	defer x.body.release(h.bodies)
	if err := x.readStart(); err != nil {
		return err
	}
	g, err := x.grant()
	if err != nil {
		return err
	}
	if err := x.readRest(); err != nil {
		return err
	}
	if !allowsModels(g, x.facts) {
		return errModel
	}
	if err := x.reach(g); err != nil {
		return err
	}
	return x.forward(g)
}

// portOf is the port in a Host that the gate has taken.
func portOf(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		return host[i+1:]
	}
	return "80"
}

// room is how many requests may be under way so that one more of the origin is taken. Sites that have nothing leave some to
// those that have: they may wait for minutes, for the user or with half a body.
func (h *Handler) room(o origin.Origin) int64 {
	if h.Grants.Known(o) || o.Kind() == origin.App {
		return MaxRequests
	}
	return MaxRequests - reserved
}

// find is the endpoint that a request is for. A request that asks for another protocol is for a WebSocket or for nothing.
func (x *exchange) find(upgrade bool) (*provider.Route, error) {
	if !upgrade {
		return x.h.Catalogue().Route(x.r.Method, x.path)
	}
	route, err := x.h.Catalogue().Socket(x.path)
	if errors.Is(err, provider.ErrMethod) || strings.HasPrefix(x.path, "/oaklock/v1/") {
		return nil, errUpgrade
	}
	return route, err
}

// heard says whether the origin's request gets an answer of its own at all; the others hear the constant 403, whatever
// they ask for.
func (h *Handler) heard(o origin.Origin, providerID string) bool {
	switch st, _ := h.Grants.Lookup(o, providerID); st {
	case grant.Granted:
		return true
	case grant.Blocked:
		return false
	case grant.Unproven:
		return true
	case grant.Denied:
		return h.Questions() || o.Kind() == origin.App
	case grant.Unknown:
	}
	if h.Grants.Known(o) && !provider.Default().Has(providerID) {
		return true // an allowed site that mistyped a path, which hears the same about the user's own providers: see hides
	}
	if o.Kind() == origin.App {
		return true // its key says that the user knows it
	}
	return o.Asks() && h.Questions() && h.Consent.Room(o)
}

// grant finds the grant for the route, after asking the user where nothing is decided.
func (x *exchange) grant() (*grant.Grant, error) {
	h := x.h
	for asked := false; ; asked = true {
		if err := h.off(); err != nil {
			return nil, err
		}
		st, g := h.Grants.Lookup(x.origin, x.route.Provider.ID)
		if st == grant.Unproven { // Oaklock has just started, or its keychain is locked
			if err := h.Prove(x.r.Context()); err != nil {
				return nil, errUnproven
			}
			st, g = h.Grants.Lookup(x.origin, x.route.Provider.ID)
		}
		switch {
		case st == grant.Unproven:
			return nil, errUnproven
		case st == grant.Granted:
			if class := x.route.Endpoint.Class; !g.AllowsClass(class) {
				if class == provider.Stored {
					return nil, errStored
				}
				return nil, errClass
			}
			if x.route.Provider.IsListener(portOf(x.r.Host)) { // the port can have changed since the address was set
				return nil, errItself
			}
			return g, nil
		case st == grant.Blocked:
			return nil, errUnheard
		case st == grant.Denied:
			return nil, errDenied
		case x.origin.Kind() == origin.App:
			return nil, errApp
		case !x.origin.Asks() || !h.Questions():
			return nil, errUnheard
		case asked:
			return nil, consent.ErrUnanswered
		}
		wish := consent.Wish{Provider: x.route.Provider.ID, Model: x.facts.Model, Through: x.through(),
			Stored: x.route.Endpoint.Class == provider.Stored || x.facts.Stored != nil}
		if err := h.Consent.Ask(x.r.Context(), x.origin, wish); err != nil {
			return nil, err
		}
	}
}

// through names the program that asks, where that is not known of its site's question already.
func (x *exchange) through() consent.Program {
	if x.h.Consent.Waits(x.origin) {
		return consent.Program{}
	}
	return consent.Program(admission.ProgramOf(x.r.Context()))
}

// allowsModels says whether the grant covers every model that may answer the request.
func allowsModels(g *grant.Grant, f provider.Facts) bool {
	return g.AllowsModel(f.Model) && (!f.More || g.AllowsModel(grant.AnyModel))
}

// off is the refusal while the user has paused or locked everything.
func (h *Handler) off() error {
	switch h.State() {
	case Paused:
		return errPaused
	case Locked:
		return errLocked
	case On:
	}
	return nil
}

func (x *exchange) preflight() {
	h := x.h
	p, methods, err := h.Catalogue().Methods(x.path)
	if err != nil || len(methods) == 0 || x.unasked() {
		// The call itself will be told what is wrong with its path, in words that the page can read.
		methods = []string{http.MethodGet, http.MethodPost, http.MethodDelete}
	} else if st, _ := h.Grants.Lookup(x.origin, p.ID); st == grant.Granted && h.off() == nil {
		h.Ahead(p.BaseURL)
	}
	admission.Preflight(x.w, x.r, x.origin, methods)
}

// providerOf is the provider's place in a path, or "" where there is none.
func providerOf(path string) string {
	rest, ok := strings.CutPrefix(path, "/llm/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}
