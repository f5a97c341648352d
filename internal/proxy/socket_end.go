package proxy

import (
	"errors"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/provider"
)

// closeWait is how long either side may take to answer that it is closed; then it loses its connection.
const closeWait = 500 * time.Millisecond

// ending is how a WebSocket ends: what each side is told, and the log's word for it, empty where one side wanted it.
type ending struct {
	page     closing
	upstream closing
	code     string
}

// closing is a close code of RFC 6455, section 7.4, and its reason; code 0 says nothing.
type closing struct {
	code   int
	reason string
}

// maxReason is what a close frame has room for, in bytes.
const maxReason = 123

// leaving is what a provider hears whose page may not or does not go on.
var leaving = closing{code: websocket.CloseGoingAway}

// Why a reader stopped.
var errOther = errors.New("the other side cannot be written to") // whose own reader knows why

// refused is a page's message that may not pass.
type refused struct{ err error }

func (r *refused) Error() string { return "a message is refused: " + r.err.Error() }

// end ends it: nothing more passes, both sides are told, and lose their connections if they do not answer. The first
// reason is the one that counts.
func (s *socket) end(e ending) {
	s.once.Do(func() {
		s.ending = e
		close(s.over)
		s.killer = time.AfterFunc(closeWait, s.hangUp)
		tell(s.upstream, e.upstream)
		tell(s.page, e.page)
	})
}

func (s *socket) hangUp() {
	_ = s.upstream.Close()
	_ = s.page.Close()
}

// kill ends what end has begun, once nobody reads any more.
func (s *socket) kill() {
	s.end(ending{page: lost(brokenOff), code: "upstream_cut"}) // waits for an end under way; without one neither side could be written to
	s.killer.Stop()
	s.hangUp()
}

// tell sends a close frame. Errors do not matter: who cannot be told is gone, or has been told.
func tell(c *websocket.Conn, what closing) {
	if what.code != 0 {
		_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(what.code, what.reason), time.Now().Add(closeWait))
	}
}

// hurry gives the reader of a connection that cannot be written to a moment to find out why.
func hurry(c *websocket.Conn) { _ = c.NetConn().SetReadDeadline(time.Now().Add(closeWait)) }

// drain reads what still comes, so that the close frame on its way is not overtaken by a reset, which is what a connection
// closed with unread bytes gets.
func drain(c *websocket.Conn) {
	for {
		if _, _, err := c.NextReader(); err != nil {
			return
		}
	}
}

// cut ends it because the user, the clock or the machine did.
func (s *socket) cut(err error) {
	e := ending{page: closing{websocket.ClosePolicyViolation, reason(err)}, upstream: leaving, code: cutWord(err)}
	switch {
	case errors.Is(err, errTimeout), errors.Is(err, errSlept):
		e.page.code = websocket.CloseInternalServerErr
	case errors.Is(err, errPageGone):
		e.page = closing{}
	}
	s.end(e)
}

// pageEnded ends it for what its reader met.
func (s *socket) pageEnded(err error) {
	var no *refused
	var bye *websocket.CloseError
	switch {
	case errors.Is(err, errOther):
	case errors.As(err, &no):
		s.end(ending{page: closing{refusalCode(no.err), reason(no.err)}, upstream: leaving, code: lookUp(no.err).code})
	case errors.As(err, &bye) && bye.Code != websocket.CloseAbnormalClosure:
		s.end(ending{upstream: closing{bye.Code, bye.Text}}) // gorilla has answered the page
	case errors.Is(err, websocket.ErrReadLimit):
		s.end(ending{page: closing{code: websocket.CloseMessageTooBig}, upstream: leaving, code: "too_large"})
	case isProtocolError(err):
		s.end(ending{upstream: leaving, code: "bad_request"}) // and so it has here
	default:
		s.cut(errPageGone)
	}
}

// upstreamEnded ends it for what its reader met. A page never hears of a good end that was none.
func (s *socket) upstreamEnded(err error) {
	var no *refused
	var bye *websocket.CloseError
	switch {
	case errors.Is(err, errOther):
	case errors.Is(err, errLocked):
		s.cut(err)
	case errors.As(err, &no):
		s.end(ending{page: closing{refusalCode(no.err), reason(no.err)}, upstream: leaving, code: lookUp(no.err).code})
	case errors.As(err, &bye) && bye.Code != websocket.CloseAbnormalClosure:
		text, err := s.redact([]byte(bye.Text))
		if err != nil {
			text = nil
		}
		s.end(ending{page: closing{bye.Code, cutText(string(text))}})
	case errors.Is(err, errInvalid):
		s.end(ending{page: lost(reason(errInvalid)), upstream: closing{code: websocket.CloseInvalidFramePayloadData}, code: "upstream_invalid"})
	case errors.Is(err, websocket.ErrReadLimit), isProtocolError(err):
		s.end(ending{page: lost(reason(errInvalid)), code: "upstream_invalid"}) // gorilla has told the provider
	default:
		s.end(ending{page: lost(brokenOff), code: "upstream_cut"})
	}
}

// isProtocolError says that a peer broke RFC 6455. gorilla has no sentinel for it, and tells the peer itself.
func isProtocolError(err error) bool {
	var network net.Error
	var bye *websocket.CloseError
	return !errors.As(err, &network) && !errors.As(err, &bye) && strings.HasPrefix(err.Error(), "websocket: ")
}

// lost is what a page hears when the provider is gone. Not 1014, which would say it best: gorilla takes it for a protocol
// error, and Chromium's list of codes ends at 1013.
func lost(reason string) closing { return closing{websocket.CloseInternalServerErr, reason} }

const brokenOff = "upstream_cut: The provider has broken off."

// refusalCode is the close code for a message that may not pass.
func refusalCode(err error) int {
	switch {
	case errors.Is(err, provider.ErrBadBody):
		return websocket.CloseInvalidFramePayloadData
	case errors.Is(err, errBusy):
		return websocket.CloseTryAgainLater
	case errors.Is(err, errNoLedger):
		return websocket.CloseInternalServerErr
	}
	return websocket.ClosePolicyViolation
}

// reason is a refusal as a page's script finds it in its close event: the code, and a sentence. A blocked site is told
// nothing here either.
func reason(err error) string {
	s := lookUp(err)
	if s.message == "" {
		return ""
	}
	return cutText(s.code + ": " + s.message)
}

// cutText is as much of a text as a close frame has room for, in whole words.
func cutText(s string) string {
	const more = "…"
	if len(s) <= maxReason {
		return s
	}
	cut := maxReason - len(more)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	if end := strings.LastIndexByte(s[:cut+1], ' '); end > 0 {
		cut = end
	}
	return s[:cut] + more
}
