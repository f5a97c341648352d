package proxy

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
)

// Sockets opens WebSockets to providers. The error wraps [websocket.ErrBadHandshake] where the provider refuses.
type Sockets interface {
	DialSocket(ctx context.Context, address string, header http.Header, subprotocols []string) (*websocket.Conn, error)
}

// maxOffered bounds the subprotocols that a page may offer.
const maxOffered = 16

// upgrader answers a page's handshake once the provider's stands. The gate has looked at the origin. There is no
// compression: between two programs on one machine it only costs time.
var upgrader = websocket.Upgrader{
	CheckOrigin:     func(*http.Request) bool { return true },
	Error:           func(http.ResponseWriter, *http.Request, int, error) {}, // refuse writes it
	WriteBufferSize: 32 << 10,
	WriteBufferPool: new(sync.Pool),
}

// socket serves a request for a WebSocket, up to the first message. Until the provider has accepted, a refusal is an answer
// like any other; a browser shows its page only that the connection failed.
func (x *exchange) socket() error {
	offered, ok := handshake(x.r)
	if !ok {
		return errHandshake
	}
	pass := x.route.Subprotocols(offered)
	if len(offered) > 0 && len(pass) == 0 {
		return errSubprotocol // a browser would hang up on an answer that chooses none
	}
	f, err := x.route.InspectQuery(x.r.URL.RawQuery)
	x.facts = f
	if err != nil {
		return err
	}
	g, err := x.grant()
	if err != nil {
		return err
	}
	if !allowsModels(g, x.facts) {
		return errModel
	}
	return x.connectSocket(g, pass)
}

// handshake reads a page's opening handshake by the letter of RFC 6455, section 4.2.1, of which gorilla leaves some out,
// and gives the subprotocols offered.
func handshake(r *http.Request) (offered []string, ok bool) {
	h := r.Header
	one := func(name, want string) bool { return len(h[name]) == 1 && strings.EqualFold(h[name][0], want) }
	if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return nil, false
	}
	if !one("Upgrade", "websocket") || !one("Sec-Websocket-Version", "13") || len(h["Sec-Websocket-Key"]) != 1 ||
		!hasToken(h["Connection"], "upgrade") {
		return nil, false
	}
	if nonce, err := base64.StdEncoding.DecodeString(h["Sec-Websocket-Key"][0]); err != nil || len(nonce) != 16 {
		return nil, false
	}
	for name := range admission.Listed(h["Sec-Websocket-Protocol"]) {
		if name == "" || len(offered) == maxOffered || slices.Contains(offered, name) {
			return nil, false
		}
		offered = append(offered, name)
	}
	return offered, true
}

func hasToken(lines []string, token string) bool {
	for t := range admission.Listed(lines) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// connectSocket fetches the key, reserves, looks the grant up once more, opens the provider's WebSocket, answers the page's
// handshake, and relays until either side or the user ends it. An error is a refusal that has not been written.
func (x *exchange) connectSocket(g *grant.Grant, subprotocols []string) error {
	h := x.h
	if !h.sockets.enter() {
		return errQuit
	}
	defer h.sockets.leave()
	ctx, cancel := context.WithCancelCause(x.r.Context())
	defer cancel(nil)
	key, err := x.key(ctx, g)
	if err != nil {
		return err
	}
	s := &socket{x: x, grant: g, redactor: h.Keys.Redactor(), meter: x.route.MessageMeter(), stopped: ctx.Done(), over: make(chan struct{})}
	if !x.facts.Later { // else nothing costs anything before a message has named the model
		if err := s.open(ctx, x.facts.Model); err != nil {
			return err
		}
	}
	s.run = h.begin(x, g, cancel)
	h.Changed()
	out := ledger.Outcome{Usage: provider.NoUsage}
	defer func() { s.close(out) }()
	fail := func(err error) error { return failed(&out, err) }
	// As for requests: whoever revokes from now on finds this one in the table and ends it.
	if err := h.still(s.run); err != nil {
		return fail(err)
	}
	header := x.route.Header(x.r.Header)
	if !x.route.Authorize(header, x.r.Header, key) {
		return fail(errKeyWiped)
	}
	s.upstream, err = h.Sockets.DialSocket(ctx, x.route.URL(x.r.URL.RawQuery), header, subprotocols)
	if err != nil {
		return fail(socketError(ctx, err))
	}
	defer func() { _ = s.upstream.Close() }()
	answer, err := s.answer(subprotocols)
	if err != nil {
		return fail(err)
	}
	if s.page, err = upgrader.Upgrade(x.w, x.r, answer); err != nil {
		if errors.As(err, new(websocket.HandshakeError)) {
			return fail(errHandshake)
		}
		out.Status, out.Code = statusPageGone, "page_gone" // there is no connection to answer on any more
		return nil
	}
	defer func() { _ = s.page.Close() }()
	s.relay(ctx, cancel)
	out.Status, out.Code = http.StatusSwitchingProtocols, s.ending.code
	return nil
}

// answer is the head of what the page hears: the subprotocol that the provider chose, or the page's first where it chose
// none, since Chromium fails a connection whose offer was not taken up. Nothing else of the provider's head passes.
func (s *socket) answer(subprotocols []string) (http.Header, error) {
	chosen := s.upstream.Subprotocol()
	if chosen == "" && len(subprotocols) > 0 {
		chosen = subprotocols[0]
	}
	if chosen == "" {
		return nil, nil
	}
	if s.redactor.Contains(chosen) {
		return nil, errInvalid
	}
	return http.Header{"Sec-Websocket-Protocol": {chosen}}, nil
}

// socketError tells apart why a provider's WebSocket did not open.
func socketError(ctx context.Context, err error) error {
	if why := cause(ctx); why != nil {
		return why
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return errNoSocket
	}
	return upstreamError(ctx, err)
}

// close settles what is reserved and takes the WebSocket out of what runs. One that stood is remembered even when no model was
// ever named.
func (s *socket) close(out ledger.Outcome) {
	h := s.x.h
	s.settle(out)
	h.running.end(s.run)
	if !s.x.reserved && out.Status == http.StatusSwitchingProtocols {
		s.x.worst.Priced = true // nothing was sent, which costs nothing
		if hold, err := s.x.hold(context.WithoutCancel(s.x.r.Context()), s.grant); err == nil {
			out.Bill = ledger.Nothing
			hold.Settle(out)
			s.x.reserved = true
		}
	}
	h.Grants.Used(s.x.origin, s.x.route.Provider.ID)
	h.Changed()
}

// group counts the WebSockets, which the server forgets once they have left HTTP: whoever closes the handler waits for them.
type group struct {
	mu     sync.Mutex
	closed bool // guarded by mu
	wg     sync.WaitGroup
}

func (g *group) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.wg.Add(1)
	}
	return !g.closed
}

func (g *group) leave() { g.wg.Done() }

// close lets nobody enter any more and waits until all have left.
func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.wg.Wait()
}
