package proxy

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/secret"
)

// upstreamIdle is how long a provider may be silent, before its answer and within it: models think for minutes.
const upstreamIdle = 10 * time.Minute

var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// forward reserves, looks the grant up once more, takes the key, sends, and relays the answer. It settles what it
// reserved exactly once, whatever happens.
func (x *exchange) forward(g *grant.Grant) error {
	h := x.h
	ctx, cancel := context.WithCancelCause(x.r.Context())
	defer cancel(nil)
	key, err := x.key(ctx, g)
	if err != nil {
		return err
	}
	x.reckon(g)
	redactor := h.Keys.Redactor() // after Key, so that it knows this one
	hold, err := x.reserve(ctx, g)
	if err != nil {
		return err
	}
	x.reserved = true
	out := ledger.Outcome{Usage: provider.NoUsage}
	fail := func(err error) error { return failed(&out, err) }
	run := h.begin(x, g, cancel)
	read := &reading{x: x, run: run, most: x.route.LongestAnswer(x.facts, x.body.size, x.worst)}
	h.Changed()
	defer func() {
		h.running.end(run)
		if read.meter != nil {
			out.Usage = read.meter.Usage()
		}
		out.Bill, out.Cost, out.Tokens = read.bill()
		out.Millis, out.BytesOut = time.Since(x.start).Milliseconds(), run.bytes.Load()
		hold.Settle(out)
		x.cost = hold.Cost()
		x.ended(ctx, hold, out)
		h.Grants.Used(x.origin, x.route.Provider.ID)
		h.Changed()
		x.sendWhole()
	}()
	// The user may have revoked, paused or locked while the body was read or the key was fetched. From here on, whoever
	// does so finds this request in the table and ends it.
	if err := h.still(run); err != nil {
		return fail(err)
	}
	resp, err := h.send(ctx, x, key, read)
	if err != nil {
		err = upstreamError(ctx, err)
		if errors.Is(err, errUnreachable) && x.body.size > 0 && read.sent.Load() {
			err = errNoAnswer
		}
		return fail(err)
	}
	defer func() { _ = resp.Body.Close() }()
	idle := time.AfterFunc(upstreamIdle, func() { cancel(errTimeout) })
	defer idle.Stop()
	resp.Body = &speaking{resp.Body, idle} // from here on: the head of a gzip stream, and what is read ahead, can fail to come too
	read.status = resp.StatusCode
	stream, err := decode(resp)
	if why := cause(ctx); why != nil {
		return fail(why)
	}
	if err != nil {
		return fail(err)
	}
	read.meter = x.route.Meter(resp.Header.Get("Content-Type"))
	inEvents := streams(resp, x.facts)
	if !inEvents {
		if stream, err = read.ahead(stream, resp); err != nil {
			return fail(answerError(ctx, err))
		}
	}
	if why := cause(ctx); why != nil {
		return fail(why) // nothing has gone out yet
	}
	ids := x.issues(resp)
	out.Status = resp.StatusCode
	switch begun, err := x.relay(ctx, resp, stream, inEvents, read, ids, redactor); {
	case err == nil:
		return nil
	case !begun:
		return fail(answerError(ctx, err))
	default:
		out.Code = cutCode(ctx, err)
		// A cut answer must look cut: never a clean end of the chunks.
		panic(http.ErrAbortHandler)
	}
}

// key is the one that the grant names. The redactor knows it from here on.
func (x *exchange) key(ctx context.Context, g *grant.Grant) (secret.Secret, error) {
	label, key, err := x.h.Keys.Key(ctx, x.route.Provider, g.Credential)
	if err != nil {
		if ctx.Err() != nil {
			err = errPageGone
		}
		return secret.Secret{}, err
	}
	x.label = label
	return key, nil
}

// failed notes how a request ended that got no answer.
func failed(out *ledger.Outcome, err error) error {
	s := lookUp(err)
	out.Status, out.Code = s.status, s.code
	return err
}

// send makes one request out of one request: fresh, with listed headers, the credential set last.
func (h *Handler) send(ctx context.Context, x *exchange, key secret.Secret, read *reading) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, x.r.Method, x.route.URL(x.r.URL.RawQuery), nil)
	if err != nil {
		return nil, err
	}
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		// No GetBody, so that nothing is ever sent twice.
		req.Body = &sending{bytes.NewReader(x.body.b), read}
		req.ContentLength = int64(len(x.body.b))
		if len(x.body.b) == 0 {
			req.Body = http.NoBody
		}
	}
	read.sent.Store(req.ContentLength == 0)
	req.Header = x.route.Header(x.r.Header)
	if !x.route.Authorize(req.Header, x.r.Header, key) {
		return nil, errKeyWiped
	}
	return h.Upstream.RoundTrip(req) //nolint:bodyclose // the caller closes it
}

// decode refuses answers that cannot be passed on and undoes gzip, which was not asked for but would blind the redactor.
func decode(resp *http.Response) (io.Reader, error) {
	if resp.StatusCode < 200 || resp.StatusCode > 599 || resp.StatusCode/100 == 3 {
		return nil, errInvalid // a redirect could carry the key elsewhere, 099 panics in net/http
	}
	switch enc := resp.Header["Content-Encoding"]; {
	case len(enc) == 0 || len(enc) == 1 && (enc[0] == "" || strings.EqualFold(enc[0], "identity")):
		return resp.Body, nil
	case len(enc) == 1 && strings.EqualFold(enc[0], "gzip"):
		zr, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, errInvalid
		}
		return zr, nil
	}
	return nil, errInvalid // several layers, or one that hides the bytes
}

// relay passes the answer's head by list and its body through the meter and the redactor, each event as it comes. Of an answer that
// is not begun the page has nothing yet.
func (x *exchange) relay(ctx context.Context, resp *http.Response, from io.Reader, inEvents bool, read *reading, ids *provider.IDs, redactor *secret.Redactor) (begun bool, err error) {
	if read.all != nil {
		return true, x.relayWhole(resp, read, ids, redactor)
	}
	begin := func() {
		begun = true
		x.setHead(resp, read, redactor)
		x.w.WriteHeader(resp.StatusCode)
	}
	flush := flusher(x.w, inEvents)
	if inEvents && !ready(from) { // else the head goes out with what is here
		begin()
		if err := flush(); err != nil { // the page learns that the answer has begun before its first event
			return begun, errPageGone
		}
	}
	to := x.asked.Filter(redactor.Writer(&counting{x.w, read.run}), resp.Header.Get("Content-Type"))
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for first := true; ; first = false {
		n, err := from.Read(*buf)
		over := errors.Is(err, io.EOF)
		if !begun && (n > 0 || over) {
			if why := cause(ctx); why != nil { // the page can still be told; what came is counted all the same
				_, _ = read.Write((*buf)[:n])
				return begun, why
			}
			begin()
		}
		if n > 0 {
			_, _ = read.Write((*buf)[:n]) // never fails
			if ids != nil {
				_, _ = ids.Write((*buf)[:n]) // before the page has them, which may use them at once
			}
			if why := cause(ctx); why != nil {
				return begun, why
			}
			switch {
			case inEvents && read.over():
				return begun, x.cutShort(to, (*buf)[:n])
			case read.tooLong():
				return begun, errOver
			}
			if _, werr := to.Write((*buf)[:n]); werr != nil {
				return begun, gone(werr)
			}
			if err == nil || first { // else it goes out with the end
				if ferr := flush(); ferr != nil {
					return begun, errPageGone
				}
			}
			if first {
				x.h.Changed()
			}
		}
		if over {
			read.whole = true
			break
		}
		if err != nil { // the caller asks for its cause
			return begun, err
		}
	}
	if err := to.Close(); err != nil { // what was held back as the possible start of a key
		return begun, gone(err)
	}
	return begun, nil
}

// setHead sets the headers of an answer that a provider gave.
func (x *exchange) setHead(resp *http.Response, read *reading, redactor *secret.Redactor) {
	h := x.w.Header()
	passHeaders(h, resp.Header, redactor)
	admission.Expose(h, x.origin)
	safe(h)
	x.tellCost(read)
}

// relayWhole makes ready an answer that is there from its first byte to its last, with its length. It is sent when it is settled:
// the page's next request then does not meet what this one had reserved.
func (x *exchange) relayWhole(resp *http.Response, read *reading, ids *provider.IDs, redactor *secret.Redactor) error {
	x.setHead(resp, read, redactor)
	if ids != nil {
		_, _ = ids.Write(read.all) // before the page has them, which may use them at once
	}
	whole, err := redactor.Whole(read.all)
	if err != nil {
		return gone(err)
	}
	read.run.bytes.Add(int64(len(whole)))
	x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(whole))}
	x.whole, x.wholeStatus = whole, resp.StatusCode
	return nil
}

// sendWhole sends what relayWhole has made ready. A page that has left is served all the same: what it did cost is the same.
func (x *exchange) sendWhole() {
	if x.wholeStatus == 0 {
		return
	}
	x.w.WriteHeader(x.wholeStatus)
	if _, err := x.w.Write(x.whole); err == nil {
		_ = http.NewResponseController(x.w).Flush() // as above
	}
}

// speaking is an answer's body that puts off the end of our patience with everything that comes.
type speaking struct {
	io.ReadCloser
	idle *time.Timer
}

func (s *speaking) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if n > 0 {
		s.idle.Reset(upstreamIdle)
	}
	return n, err
}

func (s *speaking) Ready() bool { return ready(s.ReadCloser) }

// ready says that something of an answer is here, so that reading it does not wait for long.
func ready(body io.Reader) bool {
	b, ok := body.(interface{ Ready() bool })
	return ok && b.Ready()
}

// gone tells a page that left from a redactor whose secrets were wiped under way: unredacted text must not pass.
func gone(err error) error {
	if errors.Is(err, secret.ErrWiped) {
		return errLocked
	}
	return errPageGone
}

// streams says that the answer comes in events, so that each read is flushed. Whole answers are not: a flush costs a
// packet.
func streams(resp *http.Response, f provider.Facts) bool {
	if f.Stream {
		return true
	}
	ct, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch strings.TrimSpace(strings.ToLower(ct)) {
	case "text/event-stream", "application/x-ndjson", "application/jsonl", "application/stream+json":
		return true
	case "application/json":
		return false
	}
	return resp.ContentLength < 0
}

func flusher(w http.ResponseWriter, on bool) func() error {
	if !on {
		return func() error { return nil }
	}
	return http.NewResponseController(w).Flush
}

// counting counts what went to the page.
type counting struct {
	w   io.Writer
	run *running
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.run.bytes.Add(int64(n))
	return n, err
}

// passed are the response headers that reach a page, beside the rate-limit families. Never a cookie: those of 127.0.0.1
// are shared across all ports.
var passed = map[string]bool{
	"Content-Type": true, "Retry-After": true, "Retry-After-Ms": true, "X-Should-Retry": true,
	"X-Request-Id": true, "Request-Id": true, "Openai-Processing-Ms": true,
}

func passHeaders(to, from http.Header, r *secret.Redactor) {
	for name, values := range from {
		if !passed[name] && !admission.IsRateLimit(name) {
			continue
		}
		if len(values) != 1 || len(values[0]) > 1024 || r.Contains(values[0]) {
			continue
		}
		// net/http has changed the case of the name, but a key that is a UUID is the same key in lower case.
		if !passed[name] && r.Contains(strings.ToLower(name)) {
			continue
		}
		to[name] = []string{values[0]}
	}
	if to.Get("Content-Type") == "" {
		to["Content-Type"] = []string{"application/octet-stream"} // else the browser would guess one
	}
}

// upstreamError tells apart why no answer came.
func upstreamError(ctx context.Context, err error) error {
	if why := cause(ctx); why != nil {
		return why
	}
	if errors.Is(err, errKeyWiped) {
		return err
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return errTimeout
	}
	if strings.Contains(err.Error(), "malformed") { // net/http has no sentinel for an answer that it cannot parse
		return errInvalid
	}
	return errUnreachable
}

// answerError is upstreamError for an answer that broke off, of which nothing has gone out.
func answerError(ctx context.Context, err error) error {
	why := upstreamError(ctx, err)
	if !errors.Is(why, errUnreachable) {
		return why
	}
	if errors.As(err, new(net.Error)) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return errInvalid
}

// cutCode is the ledger's word for an answer that was cut after its head had gone out.
func cutCode(ctx context.Context, err error) string {
	if why := cause(ctx); why != nil {
		err = why
	}
	return cutWord(err)
}

func cutWord(err error) string {
	switch {
	case errors.Is(err, errPageGone):
		return "page_gone"
	case errors.Is(err, errTimeout):
		return "upstream_timeout"
	case errors.Is(err, errSlept):
		return "slept"
	case errors.Is(err, errStopped):
		return "stopped"
	case errors.Is(err, errOver):
		return "budget_exhausted"
	case errors.Is(err, errDenied), errors.Is(err, errUnheard), errors.Is(err, errModel), errors.Is(err, errClass), errors.Is(err, errStored):
		return "revoked"
	case errors.Is(err, errPaused):
		return "paused"
	case errors.Is(err, errLocked), errors.Is(err, ErrKeysLocked), errors.Is(err, ErrKeysSilent):
		return "locked"
	}
	return "upstream_cut"
}
