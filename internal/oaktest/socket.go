package oaktest

import (
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Talk is a provider that accepts a WebSocket and runs talk on it, which ends when the connection does. Of the
// subprotocols it chooses "realtime", if that is offered.
func Talk(talk func(p *Provider, r *http.Request, c *websocket.Conn)) Fault {
	return func(p *Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		u := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{"realtime"}}
		c, err := u.Upgrade(w, r, nil)
		if err != nil {
			return // the client has seen why
		}
		defer c.Close()
		defer context.AfterFunc(r.Context(), func() { _ = c.Close() })()
		talk(p, r, c)
	}
}

// Echo sends every message back, and says goodbye as the client did.
func Echo() Fault {
	return Talk(func(_ *Provider, _ *http.Request, c *websocket.Conn) {
		for {
			kind, m, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, m) != nil {
				return
			}
		}
	})
}

// Handshake answers the opening of a WebSocket with these bytes, in which ACCEPT is the right Sec-WebSocket-Accept, and
// then leaves the connection open until the client hangs up.
func Handshake(text string) Fault {
	return func(_ *Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // a WebSocket over HTTP/2: nobody asks for that
		}
		defer conn.Close()
		defer context.AfterFunc(r.Context(), func() { _ = conn.Close() })()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
		accept := base64.StdEncoding.EncodeToString(sum[:])
		text := strings.NewReplacer("ACCEPT", accept, "\n", "\r\n").Replace(text)
		if _, err := conn.Write([]byte(text)); err != nil {
			return
		}
		_, _ = buffered.ReadByte() // until the client hangs up or says something
	}
}

// converse is a provider's own WebSocket: OpenAI Realtime, or Gemini Live with its binary JSON.
func converse(p *Provider, w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Header.Get("Authorization") != "Bearer "+p.Key && r.Header.Get("X-Goog-Api-Key") != p.Key {
		Failure(http.StatusUnauthorized, -1)(p, w, r, body)
		return
	}
	talk := realtime
	if strings.Contains(r.URL.Path, "BidiGenerateContent") {
		talk = live
	}
	Talk(talk)(p, w, r, body)
}

// realtime is OpenAI's: events in, events out.
func realtime(_ *Provider, r *http.Request, c *websocket.Conn) {
	send := func(format string, a ...any) bool {
		return c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, a...)) == nil
	}
	if !send(`{"type":"session.created","event_id":"event_1","session":{"type":"realtime","object":"realtime.session","id":"sess_1","model":%q}}`, r.URL.Query().Get("model")) {
		return
	}
	for n := 1; ; {
		var event struct {
			Type    string
			Session json.RawMessage
			Item    json.RawMessage
		}
		if err := c.ReadJSON(&event); err != nil {
			return
		}
		ok := true
		switch event.Type {
		case "session.update":
			ok = send(`{"type":"session.updated","event_id":"event_2","session":%s}`, event.Session)
		case "conversation.item.create":
			ok = send(`{"type":"conversation.item.added","event_id":"event_3","item":%s}`, event.Item)
		case "response.create":
			id := fmt.Sprintf("resp_%d", n)
			n++
			ok = send(`{"type":"response.created","event_id":"event_4","response":{"id":%q,"object":"realtime.response","status":"in_progress","usage":null}}`, id)
			for _, word := range []string{"Hello ", "from the ", "fake provider"} {
				ok = ok && send(`{"type":"response.output_text.delta","event_id":"event_5","response_id":%q,"item_id":"item_1","output_index":0,"content_index":0,"delta":%q}`, id, word)
			}
			ok = ok && send(`{"type":"response.done","event_id":"event_6","response":{"id":%q,"object":"realtime.response","status":"completed","output":[],`+
				`"usage":{"total_tokens":20,"input_tokens":12,"output_tokens":8,"input_token_details":{"text_tokens":12,"audio_tokens":0,"image_tokens":0,"cached_tokens":4},"output_token_details":{"text_tokens":8,"audio_tokens":0}}}}`, id)
		case "input_audio_buffer.append": // heard in silence
		default:
			ok = send(`{"type":"error","event_id":"event_7","error":{"type":"invalid_request_error","code":"invalid_value","message":"what is %q?"}}`, event.Type)
		}
		if !ok {
			return
		}
	}
}

// live is Google's. A client that does not begin with a setup is sent away, as Google does.
func live(_ *Provider, _ *http.Request, c *websocket.Conn) {
	send := func(text string) bool { return c.WriteMessage(websocket.BinaryMessage, []byte(text)) == nil }
	for set := false; ; {
		var m struct {
			Setup         *struct{ Model string }
			ClientContent json.RawMessage
			RealtimeInput json.RawMessage
		}
		if err := c.ReadJSON(&m); err != nil {
			return
		}
		ok := true
		switch {
		case m.Setup != nil:
			set = true
			ok = send("{\n  \"setupComplete\": {}\n}\n")
		case !set:
			_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "setup must be the first message"), time.Now().Add(time.Second))
			return
		case m.ClientContent != nil:
			ok = send(`{"serverContent":{"modelTurn":{"role":"model","parts":[{"text":"Hello from the fake provider"}]}}}`) &&
				send(`{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":10,"responseTokenCount":5,"thoughtsTokenCount":2,"totalTokenCount":17}}`)
		}
		if !ok {
			return
		}
	}
}
