package demo

import (
	"net/http"
	"strings"
)

var anthropic = shape{
	// The SDK has changed its slot: x-api-key before 1.0, authorization since.
	keys: func(r *http.Request) []string { return append(bearer(r), r.Header.Get("X-Api-Key")) },
	fail: failAnthropic,
}

func failAnthropic(w http.ResponseWriter, status int, message string) {
	kind := "invalid_request_error"
	switch status {
	case http.StatusUnauthorized:
		kind = "authentication_error"
	case http.StatusNotFound:
		kind = "not_found_error"
	}
	id := identifier("req_")
	w.Header().Set("Request-Id", id)
	writeJSON(w, status, map[string]any{"type": "error", "request_id": id,
		"error": map[string]any{"type": kind, "message": message}})
}

func (p *Provider) routeAnthropic() {
	p.mux.HandleFunc("POST /anthropic/v1/messages", p.guard(anthropic, p.messages))
	p.mux.HandleFunc("GET /anthropic/v1/models", p.guard(anthropic, func(w http.ResponseWriter, _ *http.Request) {
		const id = "claude-3-5-sonnet-20240620"
		writeJSON(w, http.StatusOK, map[string]any{"data": []any{map[string]any{"type": "model", "id": id,
			"display_name": "Demo", "created_at": "2024-06-20T00:00:00Z"}}, "has_more": false, "first_id": id, "last_id": id})
	}))
	p.unknown("/anthropic/", anthropic)
}

func (p *Provider) messages(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model     string    `json:"model"`
		System    content   `json:"system"`
		Messages  []message `json:"messages"`
		MaxTokens int       `json:"max_tokens"`
		Stream    bool      `json:"stream"`
	}
	if r.Header.Get("Anthropic-Version") == "" {
		failAnthropic(w, http.StatusBadRequest, "anthropic-version: header is required")
		return
	}
	if wrong := decode(r, &q); wrong != "" {
		failAnthropic(w, http.StatusBadRequest, wrong)
		return
	}
	if q.Model == "" || len(q.Messages) == 0 || q.MaxTokens < 1 {
		failAnthropic(w, http.StatusBadRequest, "model, messages, max_tokens: Field required")
		return
	}
	c := converse(string(q.System), q.Messages)
	said, full := cut(pieces(reply(c)), q.MaxTokens)
	reason := "end_turn"
	if !full {
		reason = "max_tokens"
	}
	body := map[string]any{
		"id": identifier("msg_01"), "type": "message", "role": "assistant", "model": q.Model, "stop_sequence": nil,
	}
	in := tokens(c.all()...)
	w.Header().Set("Request-Id", identifier("req_"))
	if q.Stream {
		p.streamMessage(w, r, body, said, reason, in)
		return
	}
	if pause(r.Context(), p.options.Think) != nil {
		return
	}
	body["content"] = []any{map[string]any{"type": "text", "text": join(said)}}
	body["stop_reason"] = reason
	body["usage"] = anthropicUsage(in, len(said))
	writeJSON(w, http.StatusOK, body)
}

func anthropicUsage(in, out int) map[string]any {
	return map[string]any{"input_tokens": in, "output_tokens": out,
		"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
}

func (p *Provider) streamMessage(w http.ResponseWriter, r *http.Request, body map[string]any, said []string, reason string, in int) {
	s := p.stream(w, r, "text/event-stream; charset=utf-8")
	send := func(kind string, fields map[string]any) {
		fields["type"] = kind
		s.event(kind, fields, "\n")
	}
	body["content"], body["stop_reason"], body["usage"] = []any{}, nil, anthropicUsage(in, 1)
	send("message_start", map[string]any{"message": body})
	send("content_block_start", map[string]any{"index": 0, "content_block": map[string]any{"type": "text", "text": ""}})
	send("ping", map[string]any{})
	for _, piece := range said {
		s.wait()
		send("content_block_delta", map[string]any{"index": 0, "delta": map[string]any{"type": "text_delta", "text": piece}})
	}
	send("content_block_stop", map[string]any{"index": 0})
	send("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": reason, "stop_sequence": nil},
		"usage": map[string]any{"output_tokens": len(said)},
	})
	send("message_stop", map[string]any{})
}

func join(said []string) string { return strings.Join(said, "") }
