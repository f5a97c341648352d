package provider_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// What clients send (measured; see the guide for page authors), and where it must arrive.
func TestRouteClients(t *testing.T) {
	const (
		openai    = "https://api.openai.com/v1"
		anthropic = "https://api.anthropic.com/v1"
		google    = "https://generativelanguage.googleapis.com"
		mistral   = "https://api.mistral.ai/v1"
	)
	tests := []struct {
		client, method, path, query string
		url, model                  string
	}{
		{"KaibanJS openai", "POST", "/llm/openai/chat/completions", "", openai + "/chat/completions", ""},
		{"KaibanJS openai, base with slash", "POST", "/llm/openai//chat/completions", "", openai + "/chat/completions", ""},
		{"KaibanJS openai, base with version", "POST", "/llm/openai/v1/chat/completions", "", openai + "/chat/completions", ""},
		{"KaibanJS openai, base with slash and version", "POST", "/llm/openai//v1/chat/completions", "", openai + "/chat/completions", ""},
		{"KaibanJS anthropic", "POST", "/llm/anthropic/v1/messages", "", anthropic + "/messages", ""},
		{"KaibanJS anthropic, base with slash", "POST", "/llm/anthropic//v1/messages", "", anthropic + "/messages", ""},
		{"KaibanJS google", "POST", "/llm/google/v1beta/models/gemini-2.5-flash:generateContent", "", google + "/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"},
		{"KaibanJS google, streaming", "POST", "/llm/google/v1beta/models/gemini-2.5-flash:streamGenerateContent", "alt=sse", google + "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "gemini-2.5-flash"},
		{"KaibanJS google, base with slash", "POST", "/llm/google//v1beta/models/gemini-2.5-flash:generateContent", "", google + "/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"},
		{"KaibanJS mistral", "POST", "/llm/mistral/v1/chat/completions", "", mistral + "/chat/completions", ""},
		{"KaibanJS xai", "POST", "/llm/xai/v1/chat/completions", "", "https://api.x.ai/v1/chat/completions", ""},
		{"KaibanJS groq", "POST", "/llm/groq/openai/v1/chat/completions", "", "https://api.groq.com/openai/v1/chat/completions", ""},
		{"KaibanJS deepseek", "POST", "/llm/deepseek/chat/completions", "", "https://api.deepseek.com/chat/completions", ""},
		{"openai SDK", "POST", "/llm/openai/responses", "", openai + "/responses", ""},
		{"openai SDK", "POST", "/llm/openai/v1/embeddings", "", openai + "/embeddings", ""},
		{"openai SDK", "GET", "/llm/openai/models", "limit=5", openai + "/models", ""},
		{"openai SDK", "GET", "/llm/openai/v1/models/ft:gpt-4o-mini:org::AbC1", "", openai + "/models/ft:gpt-4o-mini:org::AbC1", "ft:gpt-4o-mini:org::AbC1"},
		{"openai SDK", "POST", "/llm/openai/images/generations", "", openai + "/images/generations", ""},
		{"openai SDK", "POST", "/llm/openai/audio/transcriptions", "", openai + "/audio/transcriptions", ""},
		{"openai SDK", "POST", "/llm/openai/audio/speech", "", openai + "/audio/speech", ""},
		{"anthropic SDK", "POST", "/llm/anthropic/v1/messages", "beta=true", anthropic + "/messages?beta=true", ""},
		{"anthropic SDK", "POST", "/llm/anthropic/v1/messages/count_tokens", "beta=true", anthropic + "/messages/count_tokens?beta=true", ""},
		{"anthropic SDK", "GET", "/llm/anthropic/v1/models", "limit=20&after_id=a", anthropic + "/models?after_id=a&limit=20", ""},
		{"google SDK", "POST", "/llm/google/v1beta/models/text-embedding-004:batchEmbedContents", "", google + "/v1beta/models/text-embedding-004:batchEmbedContents", "text-embedding-004"},
		{"google SDK, stable version", "POST", "/llm/google/v1/models/M:generateContent", "", google + "/v1/models/M:generateContent", "M"},
		{"google SDK, early version", "POST", "/llm/google/v1alpha/models/M:generateContent", "", google + "/v1alpha/models/M:generateContent", "M"},
		{"google, a colon in the model", "POST", "/llm/google/v1beta/models/a:b:generateContent", "", google + "/v1beta/models/a:b:generateContent", "a:b"},
		{"google, OpenAI form", "POST", "/llm/google/v1beta/openai/chat/completions", "", google + "/v1beta/openai/chat/completions", ""},
		{"Vercel anthropic", "POST", "/llm/anthropic/messages", "", anthropic + "/messages", ""},
		{"Vercel google", "POST", "/llm/google/models/M:generateContent", "", google + "/v1beta/models/M:generateContent", "M"},
		{"Vercel mistral", "POST", "/llm/mistral/chat/completions", "", mistral + "/chat/completions", ""},
		{"groq-sdk", "POST", "/llm/groq/openai/v1/chat/completions", "", "https://api.groq.com/openai/v1/chat/completions", ""},
		{"openai SDK on groq", "POST", "/llm/groq/chat/completions", "", "https://api.groq.com/openai/v1/chat/completions", ""},
		{"groq model with an author", "GET", "/llm/groq/models/openai/gpt-oss-120b", "", "https://api.groq.com/openai/v1/models/openai/gpt-oss-120b", "openai/gpt-oss-120b"},
		{"deepseek, anthropic form", "POST", "/llm/deepseek/anthropic/v1/messages", "", "https://api.deepseek.com/anthropic/v1/messages", ""},
		{"deepseek, version", "POST", "/llm/deepseek/v1/chat/completions", "", "https://api.deepseek.com/chat/completions", ""},
		{"deepseek, beta", "POST", "/llm/deepseek/beta/completions", "", "https://api.deepseek.com/beta/completions", ""},
		{"openrouter", "POST", "/llm/openrouter/api/v1/chat/completions", "", "https://openrouter.ai/api/v1/chat/completions", ""},
		{"openrouter, short", "POST", "/llm/openrouter/chat/completions", "", "https://openrouter.ai/api/v1/chat/completions", ""},
		{"openrouter model", "GET", "/llm/openrouter/api/v1/models/meta-llama/llama-3.1-8b:free/endpoints", "", "https://openrouter.ai/api/v1/models/meta-llama/llama-3.1-8b:free/endpoints", "meta-llama/llama-3.1-8b:free"},
		{"demo as openai", "POST", "/llm/demo/chat/completions", "", "http://127.0.0.1:6257/openai/v1/chat/completions", ""},
		{"demo as openai", "POST", "/llm/demo/openai/v1/chat/completions", "", "http://127.0.0.1:6257/openai/v1/chat/completions", ""},
		{"demo as openai", "POST", "/llm/demo/v1/chat/completions", "", "http://127.0.0.1:6257/openai/v1/chat/completions", ""},
		{"demo as openai", "POST", "/llm/demo/openai/chat/completions", "", "http://127.0.0.1:6257/openai/v1/chat/completions", ""},
		{"demo as openai", "GET", "/llm/demo/openai/v1/models", "", "http://127.0.0.1:6257/openai/v1/models", ""},
		{"demo as openai", "POST", "/llm/demo/openai/v1/embeddings", "", "http://127.0.0.1:6257/openai/v1/embeddings", ""},
		{"demo as anthropic", "POST", "/llm/demo/anthropic/v1/messages", "", "http://127.0.0.1:6257/anthropic/v1/messages", ""},
		{"demo as google", "POST", "/llm/demo/google/v1beta/models/demo-1:generateContent", "", "http://127.0.0.1:6257/google/v1beta/models/demo-1:generateContent", "demo-1"},
		{"demo as google", "POST", "/llm/demo/google/v1beta/models/demo-1:streamGenerateContent", "alt=sse", "http://127.0.0.1:6257/google/v1beta/models/demo-1:streamGenerateContent?alt=sse", "demo-1"},
		{"demo as mistral", "POST", "/llm/demo/mistral/v1/chat/completions", "", "http://127.0.0.1:6257/mistral/v1/chat/completions", ""},
	}
	for _, tt := range tests {
		r, err := provider.Default().Route(tt.method, tt.path)
		if err != nil {
			t.Errorf("%s: %s %s: %v", tt.client, tt.method, tt.path, err)
			continue
		}
		if got := r.URL(tt.query); got != tt.url {
			t.Errorf("%s: %s goes to %s, want %s", tt.client, tt.path, got, tt.url)
		}
		if r.Model != tt.model {
			t.Errorf("%s: %s: model %q, want %q", tt.client, tt.path, r.Model, tt.model)
		}
		if r.Endpoint.Class != provider.Inference {
			t.Errorf("%s: %s has class %s", tt.client, tt.path, r.Endpoint.Class)
		}
		if id := strings.Split(tt.path, "/")[2]; r.Provider.ID != id {
			t.Errorf("%s: provider %q, want %q", tt.path, r.Provider.ID, id)
		}
	}
}

// What reaches more than a model, for every provider. A line is "METHOD path", below /llm/PROVIDER.
func TestRouteClasses(t *testing.T) {
	tests := []struct {
		provider string
		class    provider.Class
		rows     string
	}{
		{"openai", provider.Optional, `
			POST /videos
			POST /v1/content_provenance_checks`},
		{"openai", provider.Stored, `
			GET /chat/completions
			GET /v1/chat/completions
			GET /chat/completions/chatcmpl-1
			POST /chat/completions/chatcmpl-1
			DELETE /chat/completions/chatcmpl-1
			GET /chat/completions/chatcmpl-1/messages
			GET /responses/resp_1
			DELETE /responses/resp_1
			POST /responses/resp_1/cancel
			GET /responses/resp_1/input_items
			GET /responses/compact
			POST /conversations
			GET /conversations/conv_1/items
			GET /files
			POST /files
			GET /v1/files/file-1/content
			POST /uploads
			GET /batches
			POST /vector_stores/vs_1/search
			GET /assistants
			POST /threads/thread_1/runs
			GET /containers/cntr_1/files
			GET /evals
			POST /fine_tuning/jobs
			GET /skills
			GET /videos
			GET /videos/video_1/content
			POST /videos/video_1/remix
			POST /audio/voices
			GET /audio/voice_consents
			GET /chatkit/threads
			BREW /files`},
		{"openai", provider.Never, `
			GET /organization/admin_api_keys
			POST /organization/projects/proj_1/service_accounts
			GET /v1/organization/audit_logs
			GET /projects/proj_1/api_keys
			POST /realtime/client_secrets
			POST /v1/realtime/sessions
			POST /realtime/transcription_sessions
			POST /realtime/translations/client_secrets
			POST /chatkit/sessions
			POST /realtime/calls
			POST /realtime/calls/rtc_1/accept
			DELETE /models/ft:gpt-4o:org::1
			GET /fine_tuning/checkpoints/ft:x/permissions
			DELETE /fine_tuning/checkpoints/ft:x/permissions/cp_1
			GET /dashboard/billing/usage`},
		{"anthropic", provider.Stored, `
			POST /v1/messages/batches
			GET /messages/batches/msgbatch_1/results
			GET /v1/files
			GET /v1/files/file_1/content
			GET /v1/skills
			POST /v1/sessions
			GET /v1/agents/agent_1
			GET /v1/environments
			GET /v1/memory_stores/ms_1/memories
			POST /v1/deployments
			GET /v1/deployment_runs/r1
			GET /v1/dreams`},
		{"anthropic", provider.Never, `
			GET /v1/organizations/me
			GET /organizations/api_keys
			POST /v1/organizations/api_keys/k1
			POST /v1/tunnels/t1/reveal_token
			POST /tunnels/t1/rotate_token
			GET /v1/vaults/v1/credentials
			POST /v1/user_profiles/u1/enrollment_url
			GET /v1/environments/env_1/work/poll`},
		{"google", provider.Optional, `
			POST /v1beta/models/veo-3:predictLongRunning
			GET /v1beta/models/veo-3/operations/op1`},
		{"google", provider.Stored, `
			GET /v1beta/files
			DELETE /v1/files/f1
			POST /v1beta/files:register
			POST /upload/v1beta/files
			GET /download/v1beta/files/f1:download
			POST /v1beta/cachedContents
			POST /v1beta/tunedModels/t1:generateContent
			GET /tunedModels
			GET /v1beta/corpora/c1
			POST /v1beta/fileSearchStores/s1:uploadToFileSearchStore
			GET /v1beta/batches
			POST /v1beta/models/M:batchGenerateContent
			POST /v1beta/models/M:asyncBatchEmbedContent
			POST /v1beta/interactions
			GET /v1alpha/agents
			GET /v1beta/environments
			GET /v1beta/triggers
			GET /v1beta/openai/files
			POST /openai/batches`},
		{"google", provider.Never, `
			POST /v1alpha/auth_tokens
			POST /auth_tokens
			POST /v1beta/tunedModels/t1/permissions
			DELETE /v1beta/corpora/c1/permissions/p1
			POST /v1beta/tunedModels/t1:transferOwnership
			POST /v1beta/webhooks`},
		{"mistral", provider.Stored, `
			GET /v1/files
			GET /v1/files/f1/url
			POST /v1/conversations
			GET /v1/libraries/l1/documents
			POST /v1/batch/jobs
			GET /v1/fine_tuning/jobs
			POST /v1/agents/completions
			GET /agents
			POST /v1/audio/voices
			POST /v1/rag/search
			GET /v1/observability/chat-completion-events`},
		{"mistral", provider.Never, `
			POST /v1/connectors/c1/activate
			POST /workflows
			POST /v1/libraries/l1/share
			DELETE /v1/models/ft:x`},
		{"groq", provider.Stored, `
			POST /openai/v1/files
			GET /batches/b1`},
		{"groq", provider.Never, `
			DELETE /openai/v1/models/m1
			DELETE /models/a/m1`},
		{"deepseek", provider.Never, `
			GET /user/balance
			GET /v1/user/balance`},
		{"xai", provider.Optional, `
			POST /v1/videos/generations
			POST /videos/edits`},
		{"xai", provider.Stored, `
			GET /v1/responses/r1
			DELETE /responses/r1
			GET /v1/chat/deferred-completion/d1
			GET /batches
			POST /files
			GET /videos/v1
			POST /v1/documents/search
			GET /collections/c1`},
		{"xai", provider.Never, `
			GET /v1/api-key
			GET /api-key
			POST /v1/realtime/client_secrets`},
		{"openrouter", provider.Optional, `
			POST /api/v1/videos`},
		{"openrouter", provider.Stored, `
			GET /generation
			GET /api/v1/generation/content
			GET /files
			POST /v1/presets/mine/chat/completions
			GET /videos/v1/content
			GET /activity
			POST /analytics/query
			GET /datasets/session-cost
			GET /credits`},
		{"openrouter", provider.Never, `
			GET /keys
			POST /api/v1/keys
			DELETE /v1/keys/hash
			GET /key
			POST /auth/keys
			POST /auth/keys/code
			GET /byok
			GET /guardrails
			POST /observability/destinations
			GET /organization/members
			GET /workspaces
			GET /scim/v2/Users
			POST /credits/coinbase`},
	}
	for _, tt := range tests {
		for line := range strings.Lines(strings.TrimSpace(tt.rows)) {
			method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
			r, err := provider.Default().Route(method, "/llm/"+tt.provider+path)
			if err != nil {
				t.Errorf("%s: %s %s: %v", tt.provider, method, path, err)
				continue
			}
			if r.Endpoint.Class != tt.class {
				t.Errorf("%s: %s %s has class %s (%v), want %s", tt.provider, method, path, r.Endpoint.Class, r.Endpoint, tt.class)
			}
			if tt.class == provider.Never && r.URL("") != "" {
				t.Errorf("%s: %s %s has the address %s", tt.provider, method, path, r.URL(""))
			}
			_, methods, err := provider.Default().Methods("/llm/" + tt.provider + path)
			if err != nil || method != "BREW" && !slices.Contains(methods, method) {
				t.Errorf("%s: the preflight of %s %s allows %v, %v", tt.provider, method, path, methods, err)
			}
		}
	}
}

func TestRouteRefuses(t *testing.T) {
	unknown, noProvider, method := provider.ErrUnknownEndpoint, provider.ErrUnknownProvider, provider.ErrMethod
	long := "/llm/openai/models/" + strings.Repeat("a", 2000)
	tests := []struct {
		method, path string
		want         error
	}{
		{"POST", "/llm/cohere/v2/chat", noProvider},
		{"POST", "/llm/OpenAI/chat/completions", noProvider},
		{"POST", "/llm//chat/completions", noProvider},
		{"GET", "/llm/nobody", noProvider},
		{"GET", "/llm/", noProvider},
		{"GET", "/llm", unknown},
		{"GET", "/", unknown},
		{"GET", "", unknown},
		{"POST", "/LLM/openai/chat/completions", unknown},
		{"POST", "//llm/openai/chat/completions", unknown},
		{"POST", "llm/openai/chat/completions", unknown},
		{"GET", "/llm/openai", unknown},
		{"GET", "/llm/openai/", unknown},
		{"GET", "/llm/openai//", unknown},
		{"GET", "/llm/openai/v1", unknown},
		{"POST", "/llm/openai/chat/completions/", unknown},
		{"POST", "/llm/openai///chat/completions", unknown},
		{"POST", "/llm/openai/chat//completions", unknown},
		{"POST", "/llm/openai/v1//chat/completions", unknown},
		{"POST", "/llm/openai/./chat/completions", unknown},
		{"POST", "/llm/openai/chat/completions/.", unknown},
		{"POST", "/llm/openai/../anthropic/v1/messages", unknown},
		{"GET", "/llm/openai/models/..", unknown},
		{"GET", "/llm/openai/models/a..b", unknown},
		{"GET", "/llm/openai/models/...", unknown},
		{"GET", "/llm/openai/models/%2e%2e", unknown},
		{"POST", "/llm/openai/chat%2Fcompletions", unknown},
		{"POST", "/llm/openai/%63hat/completions", unknown},
		{"POST", "/llm/openai/chat/completions?x=1", unknown},
		{"POST", "/llm/openai/chat/completions#x", unknown},
		{"POST", "/llm/openai/chat/completions;x", unknown},
		{"POST", "/llm/openai/chat\\completions", unknown},
		{"POST", "/llm/openai/chat/completions\x00", unknown},
		{"POST", "/llm/openai/chat/completions ", unknown},
		{"GET", "/llm/openai/models/é", unknown},
		{"GET", long, unknown},
		{"POST", "/llm/openai/Chat/Completions", unknown},
		{"POST", "/llm/openai/v2/chat/completions", unknown},
		{"POST", "/llm/openai/v1/v1/chat/completions", unknown},
		{"POST", "/llm/openai/v1beta/chat/completions", unknown},
		{"GET", "/llm/openai/realtimes", unknown},
		{"GET", "/llm/openai/filesystem", unknown},
		{"GET", "/llm/openrouter/keyring", unknown},
		{"POST", "/llm/google/v1beta/models/M:unknownVerb", unknown},
		{"GET", "/llm/google/v1beta/models/M:unknownVerb", unknown},
		{"POST", "/llm/google/v1beta/models/:generateContent", unknown},
		{"POST", "/llm/google/v2/models/M:generateContent", unknown},
		{"POST", "/llm/google/v1/openai/chat/completions", unknown},
		{"POST", "/llm/google/v1beta/models/M:generateContent/x", unknown},
		{"POST", "/llm/groq/openai/chat/completions", unknown},
		{"POST", "/llm/anthropic/v1/complete", unknown},
		{"POST", "/llm/demo/google/v1beta/models/M:countTokens", unknown},
		{"POST", "/llm/xai/openai/v1/chat/completions", unknown},
		{"PUT", "/llm/openai/chat/completions", method},
		{"POST", "/llm/openai/models", method},
		{"GET", "/llm/openai/embeddings", method},
		{"get", "/llm/openai/models", method},
		{"HEAD", "/llm/openai/models", method},
		{"OPTIONS", "/llm/openai/models", method},
		{"GET", "/llm/anthropic/v1/messages", method},
		{"GET", "/llm/google/v1beta/models/M:generateContent", method},
		{"DELETE", "/llm/demo/openai/v1/models", method},
		{"ANY", "/llm/openai/models", method},
	}
	for _, tt := range tests {
		r, err := provider.Default().Route(tt.method, tt.path)
		if !errors.Is(err, tt.want) || r != nil {
			t.Errorf("%s %.60q: %v, %v, want %v", tt.method, tt.path, r, err, tt.want)
		}
		_, methods, err := provider.Default().Methods(tt.path)
		if errors.Is(tt.want, method) {
			if err != nil || slices.Contains(methods, tt.method) {
				t.Errorf("methods of %q: %v, %v", tt.path, methods, err)
			}
		} else if !errors.Is(err, tt.want) {
			t.Errorf("methods of %.60q: %v, want %v", tt.path, err, tt.want)
		}
	}
}

func TestMethods(t *testing.T) {
	tests := []struct {
		path string
		want string
	}{
		{"/llm/openai/chat/completions", "GET POST"},
		{"/llm/openai/v1/models", "GET"},
		{"/llm/openai/models/gpt-5", "DELETE GET"},
		{"/llm/openai/files", "DELETE GET PATCH POST PUT"},
		{"/llm/openai/responses/compact", "DELETE GET PATCH POST PUT"},
		{"/llm/google//v1beta/models/M:generateContent", "POST"},
	}
	for _, tt := range tests {
		p, methods, err := provider.Default().Methods(tt.path)
		if got := strings.Join(methods, " "); got != tt.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", tt.path, got, err, tt.want)
		}
		if p == nil || !strings.HasPrefix(tt.path, "/llm/"+p.ID) {
			t.Errorf("%s: provider %v", tt.path, p)
		}
	}
}

func TestURLPassesListedParametersOnly(t *testing.T) {
	const stream = "/llm/google/v1beta/models/M:streamGenerateContent"
	tests := []struct{ method, path, query, want string }{
		{"POST", stream, "key=stolen&alt=sse", "alt=sse"},
		{"POST", stream, "alt=sse&access_token=x&oauth_token=y&callback=z&$userProject=p", "alt=sse"},
		{"POST", stream, "$httpMethod=DELETE&%24httpMethod=DELETE&alt=sse", "alt=sse"},
		{"POST", stream, "alt=sse&alt=json", "alt=sse"},
		{"POST", stream, "$alt=sse", "%24alt=sse"},
		{"POST", stream, "ALT=sse", ""},
		{"POST", stream, "alt=sse%26key%3Dx", "alt=sse%26key%3Dx"},
		{"POST", stream, "alt=sse;key=x", ""},
		{"POST", stream, "alt=%zz&pageSize=3", "pageSize=3"},
		{"POST", stream, "alt=a%0d%0ab", "alt=a%0D%0Ab"},
		{"GET", "/llm/google/v1beta/models", "pageToken=t&pageSize=5&key=k", "pageSize=5&pageToken=t"},
		{"POST", "/llm/anthropic/v1/messages", "beta=true&limit=1&x=y", "beta=true"},
		{"GET", "/llm/anthropic/v1/models", "before_id=b&after_id=a&limit=1&beta=true", "after_id=a&before_id=b&beta=true&limit=1"},
		{"GET", "/llm/openai/models", "limit=1&api_key=x", ""},
		{"POST", "/llm/openai/chat/completions", "key=x", ""},
	}
	for _, tt := range tests {
		r, err := provider.Default().Route(tt.method, tt.path)
		if err != nil {
			t.Fatal(err)
		}
		want := r.URL("")
		if tt.want != "" {
			want += "?" + tt.want
		}
		if got := r.URL(tt.query); got != want {
			t.Errorf("%s?%s goes to %s, want %s", tt.path, tt.query, got, want)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	c := provider.Default()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Route(http.MethodPost, "/llm/google/v1beta/models/gemini-2.5-flash:streamGenerateContent"); err != nil {
			b.Fatal(err)
		}
	}
}
