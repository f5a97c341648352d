package demo

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"time"
)

var openAI = shape{keys: bearer, fail: failOpenAI}

func failOpenAI(w http.ResponseWriter, status int, message string) {
	kind, code := "invalid_request_error", any(nil)
	if status == http.StatusUnauthorized {
		code = "invalid_api_key"
	}
	w.Header().Set("X-Request-Id", identifier("req_"))
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"message": message, "type": kind, "param": nil, "code": code,
	}})
}

func (p *Provider) routeOpenAI() {
	p.mux.HandleFunc("POST /openai/v1/chat/completions", p.guard(openAI, p.chat(openAIDialect)))
	p.mux.HandleFunc("POST /openai/v1/embeddings", p.guard(openAI, embeddings))
	p.mux.HandleFunc("GET /openai/v1/models", p.guard(openAI, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, modelList("gpt-4o-mini", "text-embedding-3-small"))
	}))
	p.mux.HandleFunc("GET /openai/v1/models/{model}", p.guard(openAI, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, model(r.PathValue("model")))
	}))
	p.unknown("/openai/", openAI)
}

func model(id string) map[string]any {
	return map[string]any{"id": id, "object": "model", "created": 1721172741, "owned_by": "oaklock-demo"}
}

func modelList(ids ...string) map[string]any {
	var data []map[string]any
	for _, id := range ids {
		data = append(data, model(id))
	}
	return map[string]any{"object": "list", "data": data}
}

// chatRequest is what OpenAI's and Mistral's chat completions have in common.
type chatRequest struct {
	Model         string    `json:"model"`
	Messages      []message `json:"messages"`
	Stream        bool      `json:"stream"`
	MaxTokens     int       `json:"max_tokens"`
	MaxCompletion int       `json:"max_completion_tokens"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// chatDialect is what they differ in.
type chatDialect struct {
	shape
	id string // how an answer's id begins
	// growing says that each chunk is longer than the one before and the last has text, finish reason and usage in one.
	// Otherwise each chunk is one token, and the usage comes alone at the end, when asked for.
	growing bool
	fill    func(answer map[string]any)
}

var openAIDialect = chatDialect{
	shape: openAI, id: "chatcmpl-",
	fill: func(a map[string]any) { a["system_fingerprint"] = "fp_oaklock_demo"; a["service_tier"] = "default" },
}

func (p *Provider) chat(d chatDialect) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q chatRequest
		if wrong := decode(r, &q); wrong != "" {
			d.fail(w, http.StatusBadRequest, wrong)
			return
		}
		if q.Model == "" || len(q.Messages) == 0 {
			d.fail(w, http.StatusBadRequest, "The request needs a model and messages.")
			return
		}
		c := converse("", q.Messages)
		said, full := cut(pieces(reply(c)), max(q.MaxTokens, q.MaxCompletion))
		finish := "stop"
		if !full {
			finish = "length"
		}
		a := chatAnswer{dialect: d, id: identifier(d.id), model: q.Model, created: time.Now().Unix(),
			usage: chatUsage(tokens(c.all()...), len(said))}
		w.Header().Set("X-Request-Id", identifier("req_"))
		if q.Stream {
			p.streamChat(w, r, a, said, finish, q.StreamOptions.IncludeUsage)
			return
		}
		if pause(r.Context(), p.options.Think) != nil {
			return
		}
		body := a.frame("chat.completion", []any{map[string]any{
			"index": 0, "finish_reason": finish, "logprobs": nil,
			"message": map[string]any{"role": "assistant", "content": join(said), "refusal": nil},
		}})
		body["usage"] = a.usage
		writeJSON(w, http.StatusOK, body)
	}
}

func (p *Provider) streamChat(w http.ResponseWriter, r *http.Request, a chatAnswer, said []string, finish string, usage bool) {
	s := p.stream(w, r, "text/event-stream; charset=utf-8")
	chunk := func(delta map[string]any, finish any) map[string]any {
		return a.frame("chat.completion.chunk", []any{map[string]any{
			"index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish,
		}})
	}
	if a.dialect.growing {
		said = growing(said)
	}
	s.event("", chunk(map[string]any{"role": "assistant", "content": ""}, nil), "\n")
	for i, piece := range said {
		s.wait()
		part := chunk(map[string]any{"content": piece}, nil)
		if a.dialect.growing && i == len(said)-1 {
			part = chunk(map[string]any{"content": piece}, finish)
			part["usage"] = a.usage
		}
		s.event("", part, "\n")
	}
	if !a.dialect.growing {
		s.event("", chunk(map[string]any{}, finish), "\n")
	}
	if usage && !a.dialect.growing {
		alone := a.frame("chat.completion.chunk", []any{})
		alone["usage"] = a.usage
		s.event("", alone, "\n")
	}
	s.raw("data: [DONE]\n\n")
}

// chatAnswer is what every part of one answer repeats.
type chatAnswer struct {
	dialect   chatDialect
	id, model string
	created   int64
	usage     map[string]any
}

func (a chatAnswer) frame(object string, choices []any) map[string]any {
	f := map[string]any{"id": a.id, "object": object, "created": a.created, "model": a.model, "choices": choices}
	a.dialect.fill(f)
	return f
}

func chatUsage(in, out int) map[string]any {
	return map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}
}

// embeddings makes vectors that depend on the text alone: the same text gives the same vector, of length 1.
func embeddings(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model      string          `json:"model"`
		Input      json.RawMessage `json:"input"`
		Dimensions int             `json:"dimensions"`
		Encoding   string          `json:"encoding_format"`
	}
	if wrong := decode(r, &q); wrong != "" {
		failOpenAI(w, http.StatusBadRequest, wrong)
		return
	}
	var texts []string
	var one string
	if json.Unmarshal(q.Input, &one) == nil {
		texts = []string{one}
	} else if json.Unmarshal(q.Input, &texts) != nil || len(texts) == 0 {
		failOpenAI(w, http.StatusBadRequest, "The input must be a text or a list of texts.")
		return
	}
	if q.Dimensions <= 0 || q.Dimensions > 1536 {
		q.Dimensions = 1536
	}
	var data []any
	for i, text := range texts {
		v := any(vector(text, q.Dimensions))
		if q.Encoding == "base64" {
			v = packed(vector(text, q.Dimensions))
		}
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": v})
	}
	n := tokens(texts...)
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data, "model": q.Model,
		"usage": map[string]any{"prompt_tokens": n, "total_tokens": n}})
}

func vector(text string, n int) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	seed, square := h.Sum64()|1, 0.0
	v := make([]float32, n)
	for i := range v {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		x := float64(seed>>11)/(1<<52) - 1
		v[i], square = float32(x), square+x*x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func packed(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
