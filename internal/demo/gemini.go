package demo

import (
	"net/http"
	"strings"
)

var gemini = shape{
	keys: func(r *http.Request) []string { return []string{r.Header.Get("X-Goog-Api-Key")} },
	fail: failGemini,
}

func failGemini(w http.ResponseWriter, status int, message string) {
	name := map[int]string{
		http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusNotFound: "NOT_FOUND", http.StatusBadRequest: "INVALID_ARGUMENT",
	}[status]
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": status, "message": message, "status": name}})
}

const geminiModel = "gemini-2.5-flash"

func (p *Provider) routeGemini() {
	for _, version := range []string{"v1beta", "v1"} {
		base := "/google/" + version + "/models"
		p.mux.HandleFunc("GET "+base, p.guard(gemini, func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, map[string]any{"models": []any{map[string]any{
				"name": "models/" + geminiModel, "version": "001", "displayName": "Demo",
				"inputTokenLimit": 1 << 20, "outputTokenLimit": 1 << 16,
				"supportedGenerationMethods": []string{"generateContent"},
			}}})
		}))
		p.mux.HandleFunc("POST "+base+"/{call}", p.guard(gemini, p.generate))
	}
	p.unknown("/google/", gemini)
}

type geminiContent struct {
	Role  string  `json:"role"`
	Parts content `json:"parts"`
}

func (p *Provider) generate(w http.ResponseWriter, r *http.Request) {
	model, method, _ := strings.Cut(r.PathValue("call"), ":")
	if method != "generateContent" && method != "streamGenerateContent" {
		failGemini(w, http.StatusNotFound, "The demo provider does not have this method.")
		return
	}
	var q struct {
		Contents []geminiContent `json:"contents"`
		System   geminiContent   `json:"systemInstruction"`
		Snake    geminiContent   `json:"system_instruction"` // the same field, as the REST guide spells it
		Config   struct {
			Max int `json:"maxOutputTokens"`
		} `json:"generationConfig"`
	}
	if wrong := decode(r, &q); wrong != "" {
		failGemini(w, http.StatusBadRequest, wrong)
		return
	}
	if len(q.Contents) == 0 {
		failGemini(w, http.StatusBadRequest, "contents is not specified")
		return
	}
	c := &conversation{system: string(q.System.Parts + q.Snake.Parts)}
	for _, m := range q.Contents {
		c.add(m.Role, string(m.Parts))
	}
	a := geminiAnswer{model: model, id: identifier(""), in: tokens(c.all()...), finish: "STOP"}
	said, full := cut(pieces(reply(c)), q.Config.Max)
	if !full {
		a.finish = "MAX_TOKENS"
	}
	if method == "streamGenerateContent" {
		p.streamGenerate(w, r, a, said)
		return
	}
	if pause(r.Context(), p.options.Think) == nil {
		writeJSON(w, http.StatusOK, a.part(join(said), len(said), true))
	}
}

type geminiAnswer struct {
	model, id, finish string
	in                int
}

// part is one answer, whole or streamed; out counts the tokens up to here.
func (a geminiAnswer) part(text string, out int, last bool) map[string]any {
	candidate := map[string]any{
		"index": 0, "content": map[string]any{"role": "model", "parts": []any{map[string]any{"text": text}}},
	}
	if last {
		candidate["finishReason"] = a.finish
	}
	return map[string]any{
		"candidates":   []any{candidate},
		"modelVersion": a.model, "responseId": a.id,
		"usageMetadata": map[string]any{
			"promptTokenCount": a.in, "candidatesTokenCount": out, "totalTokenCount": a.in + out,
		},
	}
}

// streamGenerate sends server-sent events for alt=sse, and otherwise a JSON array whose elements come one by one.
func (p *Provider) streamGenerate(w http.ResponseWriter, r *http.Request, a geminiAnswer, said []string) {
	sse := r.URL.Query().Get("alt") == "sse"
	contentType := "application/json; charset=UTF-8"
	if sse {
		contentType = "text/event-stream"
	}
	s := p.stream(w, r, contentType)
	for i, piece := range said {
		s.wait()
		part := a.part(piece, i+1, i == len(said)-1)
		switch {
		case sse:
			s.event("", part, "\r\n")
		case i == 0:
			s.raw("[" + compact(part))
		default:
			s.raw("\n,\r\n" + compact(part))
		}
	}
	if !sse {
		s.raw("\n]")
	}
}
