package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// stream writes one answer bit by bit. After the first failed write it does nothing: the client has hung up.
type stream struct {
	ctx  context.Context
	w    http.ResponseWriter
	out  *http.ResponseController
	pace time.Duration
	err  error
}

func (p *Provider) stream(w http.ResponseWriter, r *http.Request, contentType string) *stream {
	s := &stream{ctx: r.Context(), w: w, out: http.NewResponseController(w), pace: p.options.Pace}
	s.err = pause(r.Context(), p.options.Think)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	return s
}

// raw writes bytes and pushes them out at once.
func (s *stream) raw(text string) {
	if s.err != nil {
		return
	}
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.out.Flush()
	}
}

// event writes one server-sent event; name may be empty. end is the line ending that the provider uses.
func (s *stream) event(name string, data any, end string) {
	if name != "" {
		name = "event: " + name + end
	}
	s.raw(name + "data: " + compact(data) + end + end)
}

// wait keeps the pace between two pieces.
func (s *stream) wait() {
	if s.err == nil {
		s.err = pause(s.ctx, s.pace)
	}
}

func compact(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // only for values that JSON does not have; there are none here
		panic(err)
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}
