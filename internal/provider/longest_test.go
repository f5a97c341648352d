package provider_test

import (
	"math"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// No true answer is as long as what an answer may have: the longest that each kind of request can get is known, here in bytes.
func TestNoTrueAnswerIsTooLong(t *testing.T) {
	const pixel = 4 * 4 / 3 // its bytes without compression, in base64
	for name, c := range map[string]struct {
		path, body string
		true       int64
	}{
		"alternatives of each token":     {"/llm/openai/chat/completions", `{"model":"gpt-4o","max_tokens":100000,"logprobs":true,"top_logprobs":20}`, 100_000 * 21 * 110},
		"the same, said five times":      {"/llm/openai/responses", `{"model":"gpt-4o","max_output_tokens":100000,"top_logprobs":20,"include":["message.output_text.logprobs"]}`, 100_000 * 5 * 21 * 110},
		"speech":                         {"/llm/openai/chat/completions", `{"model":"gpt-4o-audio-preview","max_tokens":2000,"modalities":["text","audio"],"audio":{"voice":"a","format":"pcm16"}}`, 2000 / 20 * 48_000 * 4 / 3},
		"a picture":                      {"/llm/openai/images/generations", `{"model":"gpt-image-1","prompt":"x","size":"1536x1024"}`, 1536 * 1024 * pixel},
		"ten of them, each with three":   {"/llm/openai/images/generations", `{"model":"gpt-image-1","prompt":"x","n":10,"partial_images":3,"stream":true,"quality":"low"}`, 10 * 4 * 1536 * 1024 * pixel},
		"a picture of 8 million pixels":  {"/llm/google/v1beta/models/gemini-3-pro-image:generateContent", `{"generationConfig":{"responseModalities":["IMAGE"],"maxOutputTokens":2000},"contents":[]}`, 4096 * 2048 * pixel},
		"a picture that a tool makes":    {"/llm/openai/responses", `{"model":"gpt-4o","max_output_tokens":10,"max_tool_calls":1,"tools":[{"type":"image_generation"}]}`, 1536 * 1024 * pixel},
		"what is read aloud":             {"/llm/openai/audio/speech", `{"model":"tts-1","voice":"a","response_format":"wav","input":"` + strings.Repeat("x", 4096) + `"}`, 4096 / 4 * 48_000},
		"vectors":                        {"/llm/openai/embeddings", `{"model":"text-embedding-3-large","input":["` + strings.Repeat(`a","`, 2047) + `a"]}`, 2048 * 3072 * 25},
		"a prompt that comes back":       {"/llm/openai/completions", `{"model":"m","max_tokens":1,"echo":true,"logprobs":5,"prompt":"` + strings.Repeat("word ", 10_000) + `"}`, 10_000 * 300},
		"a request in several events":    {"/llm/openai/responses", `{"model":"gpt-4o","max_output_tokens":9,"instructions":"` + strings.Repeat("x", 1<<20) + `"}`, 3 << 20},
		"of what nothing is charged for": {"/llm/openai/moderations", `{"input":"x"}`, math.MaxInt64 - 1},
		"thoughts that are sealed":       {"/llm/openai/responses", `{"model":"o3","max_output_tokens":9,"include":["reasoning.encrypted_content"]}`, 1 << 20},
		"more answers than there are":    {"/llm/openai/chat/completions", `{"model":"gpt-4o","max_tokens":1000000000,"n":100000}`, 1 << 60},
	} {
		t.Run(name, func(t *testing.T) {
			r := inspect(t, c.path, c.body)
			if n := r.route.LongestAnswer(r.facts, int64(len(c.body)), r.worst(provider.Price{Input: dollar, Output: dollar})); n <= c.true {
				t.Errorf("it may have %d bytes, and %d there can be", n, c.true)
			}
		})
	}
	r := inspect(t, chat, `{"model":"m","max_tokens":5}`)
	if n := r.route.LongestAnswer(r.facts, int64(len(r.body)), r.worst(provider.Price{})); n > 8<<20 {
		t.Errorf("five tokens may have %d bytes", n)
	}
}
