package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// socketTimeout bounds all of it: connecting, TLS, and the answer.
	socketTimeout = 15 * time.Second
	// maxHandshake is how much a server may send before the WebSocket stands, its certificates included.
	maxHandshake = maxHead
	// socketPatience is how long a provider may leave what is written lying.
	socketPatience = 30 * time.Second
	// socketBuffer is the size of the largest frame sent; what is longer goes out in several, which every server joins.
	socketBuffer = 64 << 10
)

// socketBuffers are shared by all WebSockets, so that one through which nothing is sent holds none.
var socketBuffers sync.Pool

// DialSocket opens a WebSocket to a provider: an http or https address, the header of its handshake, and the subprotocols
// to offer. The same rules hold as for requests: verified TLS, through the proxy where one is set, or plain to this machine,
// and no redirects; and no compression, which would hide the bytes from the redactor. It takes 15 s at most, and ends with
// ctx. Of the subprotocols the server has chosen one or none.
//
// The error of a server that refuses, or does not keep to RFC 6455, wraps [websocket.ErrBadHandshake]. What it answered
// is in no error and reaches nobody: it may have the key in it.
func (u *Upstream) DialSocket(ctx context.Context, address string, header http.Header, subprotocols []string) (*websocket.Conn, error) {
	rest, ok := strings.CutPrefix(address, "http") // http becomes ws, https becomes wss
	if !ok {
		return nil, errors.New("a WebSocket is dialled at an http or https address")
	}
	connect := u.dialer.direct
	if strings.HasPrefix(rest, "s:") {
		connect = u.dialer.tunnel
	}
	var l *link
	stop := func() bool { return true }
	d := websocket.Dialer{
		// Not gorilla's Proxy, which would send what is plain through it too, and knows no TLS to a proxy.
		NetDialContext: func(within context.Context, _, addr string) (net.Conn, error) {
			c, err := connect(within, addr)
			if err != nil {
				return nil, err
			}
			l = &link{bounded: bounded{Conn: c, left: maxHandshake}}
			// gorilla heeds the context while it connects, and from then on only its deadline.
			stop = context.AfterFunc(ctx, func() { _ = c.Close() })
			return l, nil
		},
		// Not the one of u.tls: net/http offers HTTP/2 in it, over which this handshake does not go.
		TLSClientConfig:  &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: u.roots},
		HandshakeTimeout: socketTimeout,
		WriteBufferSize:  socketBuffer,
		WriteBufferPool:  &socketBuffers,
		Subprotocols:     subprotocols,
	}
	conn, resp, err := d.DialContext(ctx, "ws"+rest, header) //nolint:bodyclose // it is in memory (gorilla's documentation)
	undisturbed := stop()
	switch {
	case !undisturbed:
		err = ctx.Err()
	case err == nil:
		err = checkHandshake(resp, subprotocols)
	case resp != nil:
		err = websocket.ErrBadHandshake // whatever was wrong with it
	}
	if err != nil {
		if conn != nil {
			_ = conn.Close()
		}
		return nil, err
	}
	l.open, l.left = true, math.MaxInt64
	return conn, nil
}

// checkHandshake looks at what gorilla does not (RFC 6455, section 4.1): a server may use no extension and no subprotocol
// that it was not offered. An extension could compress, and so hide a key.
func checkHandshake(resp *http.Response, offered []string) error {
	h := resp.Header
	chosen := h["Sec-Websocket-Protocol"]
	switch {
	case !resp.ProtoAtLeast(1, 1):
		return fmt.Errorf("%w: HTTP/1.0", websocket.ErrBadHandshake)
	case len(h["Sec-Websocket-Extensions"]) > 0:
		return fmt.Errorf("%w: an extension that was not offered", websocket.ErrBadHandshake)
	case len(h["Sec-Websocket-Accept"]) != 1:
		return fmt.Errorf("%w: accepted twice", websocket.ErrBadHandshake)
	case len(chosen) > 1 || len(chosen) == 1 && !slices.Contains(offered, chosen[0]):
		return fmt.Errorf("%w: a subprotocol that was not offered", websocket.ErrBadHandshake)
	}
	return nil
}

// link bounds what comes before the WebSocket stands, and afterwards how long a write may take.
type link struct {
	bounded
	open bool
}

func (l *link) Write(p []byte) (int, error) {
	if l.open {
		if err := l.SetWriteDeadline(time.Now().Add(socketPatience)); err != nil {
			return 0, err
		}
	}
	return l.Conn.Write(p)
}
