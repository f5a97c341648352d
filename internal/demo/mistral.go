package demo

import "net/http"

var mistral = shape{keys: bearer, fail: failMistral}

func failMistral(w http.ResponseWriter, status int, message string) {
	kind := "invalid_request_error"
	if status == http.StatusUnauthorized {
		kind = "unauthorized"
	}
	writeJSON(w, status, map[string]any{
		"object": "error", "message": message, "type": kind, "param": nil, "code": nil,
	})
}

var mistralDialect = chatDialect{
	shape: mistral, growing: true,
	fill: func(map[string]any) {},
}

func (p *Provider) routeMistral() {
	p.mux.HandleFunc("POST /mistral/v1/chat/completions", p.guard(mistral, p.chat(mistralDialect)))
	p.mux.HandleFunc("GET /mistral/v1/models", p.guard(mistral, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, modelList("mistral-small-latest"))
	}))
	p.unknown("/mistral/", mistral)
}

// growing joins pieces so that each is longer than the one before, as JSON too.
//
// The Mistral client in KaibanJS 0.23.1 looks for the end of the stream in a buffer that it shortens while it goes through
// it, but goes on where it was: of several events that arrive in one read it skips those that are shorter than what came
// before, and at the end of the stream it drops them. Growing events are never skipped.
func growing(said []string) []string {
	var out []string
	text, longest := "", len(compact(map[string]string{"role": "assistant", "content": ""}))
	for _, piece := range said {
		text += piece
		if n := len(compact(map[string]string{"content": text})); n > longest+len("\n\n") {
			out, text, longest = append(out, text), "", n
		}
	}
	if len(out) == 0 {
		return []string{text}
	}
	out[len(out)-1] += text
	return out
}
