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
	shape: mistral, usageInLast: true,
	fill: func(map[string]any) {},
}

func (p *Provider) routeMistral() {
	p.mux.HandleFunc("POST /mistral/v1/chat/completions", p.guard(mistral, p.chat(mistralDialect)))
	p.mux.HandleFunc("GET /mistral/v1/models", p.guard(mistral, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, modelList("mistral-small-latest"))
	}))
	p.unknown("/mistral/", mistral)
}
