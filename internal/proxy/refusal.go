package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

// Refusals of this package. Those of its neighbours are in the table below.
var (
	errUnheard     = errors.New("unheard") // the constant 403
	errUpgrade     = errors.New("upgrade")
	errHandshake   = errors.New("malformed WebSocket handshake")
	errSubprotocol = errors.New("no subprotocol that passes")
	errNoSocket    = errors.New("provider refuses the WebSocket")
	errBusy        = errors.New("busy")
	errBusySite    = errors.New("busy site")
	errStored      = errors.New("stored data")
	errForeign     = errors.New("stored data of another site")
	errBarred      = errors.New("stored data that nobody may name")
	errNever       = errors.New("administrative endpoint")
	errClass       = errors.New("class not granted")
	errModel       = errors.New("model not granted")
	errDenied      = errors.New("denied")
	errNoSuch      = errors.New("no such provider, for all that this site may know")
	errApp         = errors.New("app without a grant")
	errPaused      = errors.New("paused")
	errLocked      = errors.New("locked")
	errKeyWiped    = errors.New("the key left the memory before it was used")
	errUnproven    = errors.New("not proven")
	errStopped     = errors.New("stopped by the user")
	errQuit        = fmt.Errorf("%w: Oaklock quits", errStopped)
	errKeyGone     = fmt.Errorf("%w: its key was removed", errStopped)
	errSlept       = errors.New("the machine has slept")
	errTooLarge    = errors.New("body too large")
	errWish        = errors.New("not what a page can ask for")
	errBodyCut     = errors.New("body cut")
	errUnreachable = errors.New("provider unreachable")
	errNoAnswer    = errors.New("provider hung up without an answer")
	errInvalid     = errors.New("provider's answer invalid")
	errCut         = errors.New("provider's answer broke off")
	errItself      = errors.New("the provider's address is this listener's")
	errTimeout     = errors.New("provider too slow")
	errPageGone    = errors.New("page gone")
	errNoLedger    = errors.New("ledger refuses")
	errOver        = errors.New("the answer took more than was reserved")
)

// statusPageGone stands in the ledger for a request whose page went before its answer; no page reads it.
const statusPageGone = 499

// said is what a page may read of a refusal: a status, a stable code, one sentence.
type said struct {
	err     error
	status  int
	code    string
	message string
}

// table is the only place where an error becomes what a page reads. The sentences name nothing of the request, no
// address, and no Go error.
var refusals = []said{
	{provider.ErrNumber, 400, "bad_request", "A number in this request that decides what it costs, such as max_tokens or n, is not written as a whole number, or is one that no provider takes."},
	{provider.ErrModelName, 400, "bad_request", "The model in this request is not a name: a text of 1 to 256 bytes."},
	{errWish, 400, "bad_request", "This is not what a page can ask for: 1 to 8 providers, up to 32 models by their names, and a limit of 0 or more, as JSON."},
	{provider.ErrBadBody, 400, "bad_request", "Oaklock could not read this request: its body is malformed, names something twice, or has something in it that this path does not take."},
	{errUpgrade, 400, "bad_request", "This address does not speak WebSocket."},
	{errHandshake, 400, "bad_request", "This is not the beginning of a WebSocket as RFC 6455 has it."},
	{errSubprotocol, 400, "bad_request", "None of the subprotocols offered is one that this address speaks."},
	{errBodyCut, 400, "bad_request", "The request's body ended too early or paused for too long."},
	{ledger.ErrNoPrice, 402, "price_unknown", "This model, or something that this request asks for with it, has no price in Oaklock, so the user's limit of cost could not be held. The user can set the model's price in Oaklock, or limit tokens instead."},
	{errOver, 402, "budget_exhausted", "This answer took more than was reserved for it, so Oaklock has cut it to keep the user's limit."},
	{errDenied, 403, "consent_denied", "The user of Oaklock has not allowed this site to use this provider."},
	{errApp, 403, "consent_denied", "The user of Oaklock has not allowed this app to use this provider, or no longer. An app cannot ask; the user can allow it with: oaklock sites allow."},
	{errNever, 403, "endpoint_denied", "Oaklock never lets a page manage keys, accounts or billing."},
	{errClass, 403, "endpoint_denied", "This site is not allowed this kind of request; the user can widen it in Oaklock."},
	{errModel, 403, "model_denied", "This site is not allowed this model; the user can widen it in Oaklock."},
	{errStored, 403, "stored_data_denied", "The request reaches files, chats or other data saved under the user's key, which this site is not allowed; the user can widen it in Oaklock."},
	{errForeign, 403, "stored_data_denied", "The request names something that belongs to another site. Oaklock keeps apart what different sites save under one key."},
	{errBarred, 403, "stored_data_denied", "The request names saved data in a way that Oaklock cannot judge, or credentials that no site may use."},
	{provider.ErrStoredData, 403, "stored_data_denied", "The request names data saved under the user's key, which Oaklock does not let a page reach."},
	{errNoSuch, 404, "provider_unknown", "Oaklock knows no provider of this name, or this request is none about which it could ask the user."},
	{provider.ErrUnknownProvider, 404, "provider_unknown", "Oaklock knows no provider of this name."},
	{provider.ErrUnknownEndpoint, 404, "endpoint_unknown", "Oaklock does not pass on requests to this path; only requests to models go through."},
	{consent.ErrUnanswered, 408, "consent_pending", "The user has not answered yet whether this site may use this provider. Oaklock shows the question."},
	{errTooLarge, 413, "too_large", "The request is larger than 64 MiB."},
	{provider.ErrMediaType, 415, "media_type", "This path takes JSON (Content-Type: application/json), or a form with files where the provider does."},
	{brake.ErrPaused, 423, "paused", "Oaklock has paused this site because it ran away: the same request over and over, error after error, or a sudden cost. The user can let it go on in Oaklock."},
	{errPaused, 423, "paused", "The user has paused Oaklock."},
	{errLocked, 423, "locked", "Oaklock is locked. The user must unlock it first."},
	{errUnproven, 423, "locked", "Oaklock cannot check yet what this site may do, because the user's keychain is locked or does not answer. The user must unlock it first."},
	{ErrKeyUnproven, 423, "no_key", "The user's key for this provider is not used, because its entry was changed outside Oaklock. The user must add it again."},
	{ErrKeyDamaged, 423, "no_key", "The user's key for this provider cannot be read, because its file is damaged. The user must add it again."},
	{ErrKeysLocked, 423, "locked", "The user's keychain is locked. The user must unlock it first."},
	{ErrKeysSilent, 423, "locked", "The user's keychain does not answer. The user may have to unlock it."},
	{errKeyWiped, 423, "locked", "The user's key was taken out of memory before this request was sent: the keychain was locked, or the key removed."},
	{ErrNoKey, 423, "no_key", "The user has no key for this provider in Oaklock yet."},
	{consent.ErrTooMany, 429, "too_many_requests", "Too many requests wait for the user's answer."},
	{errBusySite, 429, "too_many_requests", "This site has too many requests under way at once."},
	{errBusy, 429, "too_many_requests", "Oaklock has too many requests under way at once."},
	{errSlept, 502, "upstream_unreachable", "This machine slept while the provider was answering, and the answer is lost."},
	{errQuit, 500, "failed", "Oaklock was quit while this request was under way."},
	{errKeyGone, 423, "no_key", "The user has removed the key that this request was sent with."},
	{errStopped, 403, "consent_denied", "The user has stopped this request."},
	{errUnreachable, 502, "upstream_unreachable", "Oaklock could not reach the provider."},
	{errNoAnswer, 502, "upstream_unreachable", "The provider hung up without an answer. It may have had the request, and may charge for it."},
	{errNoSocket, 502, "upstream_invalid", "The provider did not open the WebSocket; it may not like the key or the model."},
	{errItself, 502, "upstream_invalid", "The address of this provider is Oaklock's own, so the request would come back to it. The user must give the provider's address in Oaklock."},
	{errInvalid, 502, "upstream_invalid", "The provider's answer is not one that Oaklock passes on."},
	{errCut, 502, "upstream_cut", "The provider's answer broke off, and nothing of it had gone to this page yet."},
	{errTimeout, 504, "upstream_timeout", "The provider did not answer in time."},
	{errPageGone, statusPageGone, "page_gone", "The page has gone."},
	{errUnheard, http.StatusForbidden, "unheard", ""}, // for the ledger; the page gets the constant 403
	{errNoLedger, 503, "failed", "Oaklock could not note this request, so it was not sent."},
}

// lookUp finds what may be said of an error.
func lookUp(err error) said {
	if no := new(ledger.LimitError); errors.As(err, &no) {
		return refusedBy(no)
	}
	for _, s := range refusals {
		if errors.Is(err, s.err) {
			return s
		}
	}
	return said{err: err, status: 500, code: "failed", message: "Oaklock could not handle this request."}
}

// refuse remembers a refusal and writes it, unless there is nobody left to read it.
func (x *exchange) refuse(err error) {
	if errors.Is(err, provider.ErrMethod) {
		err = provider.ErrUnknownEndpoint
	}
	if x.r.Context().Err() != nil && !errors.Is(err, errBodyCut) {
		err = errPageGone // the context of a body that paused for too long has ended too, and its page is still there
	}
	if errors.Is(err, errPageGone) {
		x.note(statusPageGone, "page_gone")
		panic(http.ErrAbortHandler)
	}
	hidden := x.hides(err)
	if (errors.Is(err, errUnheard) || errors.Is(err, consent.ErrCrowded)) && !(hidden && x.h.Grants.Known(x.origin)) {
		x.note(http.StatusForbidden, "unheard")
		admission.Refuse(x.w, http.StatusForbidden)
		return
	}
	s := lookUp(err)
	if s.status == http.StatusInternalServerError {
		x.h.Log.Error("a request was refused for an unforeseen reason", "error", err)
	}
	x.note(s.status, s.code)
	if hidden {
		s = lookUp(errNoSuch)
	}
	x.say(s)
}

// hides says that a refusal would tell the site whether the user has a provider of that name: one of the user's own, which may be the name
// of a company. As long as no question was asked about it, there is one answer for those that are there and those that are not.
func (x *exchange) hides(err error) bool {
	if !x.unasked() {
		return false
	}
	for _, asked := range []error{consent.ErrUnanswered, consent.ErrTooMany, errDenied} {
		if errors.Is(err, asked) {
			return false
		}
	}
	return true
}

// unasked says that the address names a provider that not everybody has, about which nothing is decided for this site.
func (x *exchange) unasked() bool {
	id := providerOf(x.path)
	if id == "" || x.origin.Kind() == origin.App || provider.Default().Has(id) {
		return false
	}
	st, _ := x.h.Grants.Lookup(x.origin, id)
	return st == grant.Unknown
}

// note puts a refusal into the ledger, unless a hold does.
func (x *exchange) note(status int, code string) {
	if x.reserved {
		return
	}
	rq := x.entry()
	if x.route == nil {
		rq.Endpoint = x.r.Method // never the path: it is the page's own text
		if id := providerOf(x.path); x.h.Catalogue().Has(id) {
			rq.Provider = id
		}
	}
	x.h.Ledger.Refuse(rq, status, code)
	x.h.Changed()
}

func (x *exchange) entry() ledger.Request {
	rq := ledger.Request{Time: x.start, Origin: x.origin, Model: x.facts.Model, Credential: x.label, BytesIn: x.body.size}
	if x.route != nil {
		rq.Provider = x.route.Provider.ID
		rq.Endpoint = x.route.Endpoint.String()
	}
	return rq
}

// say writes an answer of Oaklock's own.
func (x *exchange) say(s said) {
	body, err := json.Marshal(errorBody(s))
	if err != nil {
		panic(http.ErrAbortHandler) // strings always marshal
	}
	if s.status == http.StatusTooManyRequests {
		x.w.Header().Set("Retry-After", strconv.Itoa(retryAfter(s.err)))
	}
	x.tellLeft()
	x.json(s.status, body)
}

func errorBody(s said) map[string]any {
	return map[string]any{
		"type":  "error",
		"error": map[string]string{"type": "oaklock_error", "code": s.code, "message": s.message},
	}
}

func (x *exchange) json(status int, body []byte) {
	h := x.w.Header()
	admission.Expose(h, x.origin)
	safe(h)
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the page may be gone; there is nobody to tell
}

// safe makes an answer inert where a browser would render or keep it.
func safe(h http.Header) {
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Security-Policy"] = sandboxed
	h["Cross-Origin-Resource-Policy"] = anyOrigin
}

// The values are shared by all answers; the server only reads them.
var (
	noStore   = []string{"no-store"}
	noSniff   = []string{"nosniff"}
	sandboxed = []string{"default-src 'none'; sandbox"}
	anyOrigin = []string{"cross-origin"}
)

// cause is why a request under way was ended, or nil.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if ctx.Err() != nil {
		return errPageGone
	}
	return nil
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }
