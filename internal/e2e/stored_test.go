package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

var asJSON = http.Header{"Content-Type": {"application/json"}}

// issue makes the provider answer a request of the site with these ids, and the site read them.
func (s *story) issue(t *testing.T, origin, method, path, body, answer string) {
	t.Helper()
	s.provider.Next(oaktest.Answer(200, asJSON, answer))
	if a := do(s.call(t.Context(), origin, method, path, body)); a.status != 200 || a.body != answer {
		t.Fatalf("%s %s: %v", method, path, a)
	}
}

// reaches says what a request gets, and that what was refused never came to the provider.
func (s *story) reaches(t *testing.T, origin, method, path, body string, status int, code string, headers ...string) {
	t.Helper()
	before := s.provider.Count()
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	a := do(s.call(t.Context(), origin, method, path, body, headers...))
	if a.status != status || a.code() != code {
		t.Errorf("%s: %s %s %s: %v, want %d %s", origin, method, path, body, a, status, code)
	}
	if sent := s.provider.Count() > before; sent != (code == "") {
		t.Errorf("%s: %s %s: sent on: %v", origin, method, path, sent)
	}
	if code != "" && a.header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("%s: %s %s: the page cannot read the refusal", origin, method, path)
	}
}

func storedToo(t control.Terms) control.Terms {
	t.Classes = append(t.Classes, "stored")
	return t
}

const (
	responsesPath = "/llm/openai/responses"
	denied        = "stored_data_denied"
)

// Without the permission for stored data a site goes on with its own answers, and with nothing else.
func TestASiteGoesOnWithItsOwnAnswers(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.provider.Always(oaktest.Answer(200, asJSON, `{"ok":true}`))
	const other = "https://other.example"
	s.allowFreely(site, "openai", "anthropic")
	s.allowFreely(other, "openai")
	ask := func(field string) string { return `{"model":"gpt-5","input":"x",` + field + `}` }

	s.issue(t, site, "POST", responsesPath, `{"model":"gpt-5","input":"x"}`, `{"id":"resp_mine1","output":[{"id":"msg_mine1","type":"message"}]}`)
	s.issue(t, site, "POST", responsesPath, `{"model":"gpt-5","input":"x","store":false}`, `{"id":"resp_unsaved"}`)
	stream := "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_mine2\"}}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_mine2\"}}\n\n"
	s.provider.Next(oaktest.Answer(200, http.Header{"Content-Type": {"text/event-stream"}}, stream))
	if a := do(s.call(t.Context(), site, "POST", responsesPath, `{"model":"gpt-5","input":"x","stream":true}`)); a.body != stream {
		t.Fatal(a)
	}

	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1"`), 200, "")
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_mine2"`), 200, "")
	s.reaches(t, site, "POST", responsesPath, `{"model":"gpt-5","input":[{"type":"item_reference","id":"msg_mine1"}]}`, 200, "")
	s.reaches(t, other, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1"`), 403, denied)
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_unsaved"`), 403, denied)
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_of_the_user"`), 403, denied)
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1","conversation":"conv_1"`), 403, denied)
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1","tools":[{"type":"file_search"}]`), 403, denied)
	s.reaches(t, site, "GET", responsesPath+"/resp_mine1", "", 403, denied)
	s.reaches(t, site, "GET", "/llm/openai/files", "", 403, denied)
	s.reaches(t, site, "POST", "/llm/openai/chat/completions", `{"model":"gpt-5","preset":"resp_mine1"}`, 200, "")  // its own, whatever it is called
	s.reaches(t, site, "POST", "/llm/anthropic/v1/messages", `{"model":"m","container":"resp_mine1"}`, 403, denied) // another provider's id

	// An error issues nothing.
	s.provider.Next(oaktest.Answer(400, asJSON, `{"id":"resp_error"}`))
	if a := do(s.call(t.Context(), site, "POST", responsesPath, ask(`"n":1`))); a.status != 400 {
		t.Fatal(a)
	}
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_error"`), 403, denied)

	// All that is remembered over a restart, and every refusal is in the log.
	s.must(nil, s.agent.Close())
	s.start()
	s.reaches(t, site, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1"`), 200, "")
	s.reaches(t, other, "POST", responsesPath, ask(`"previous_response_id":"resp_mine1"`), 403, denied)
	n := 0
	for _, e := range s.entries(t) {
		if e.Code == denied && e.Status == 403 {
			n++
		}
	}
	if n < 9 {
		t.Errorf("%d refusals are in the log", n)
	}
}

// With the permission a site reaches everything saved under the key, but for what was issued to another site.
func TestStoredDataWithThePermission(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.provider.Always(oaktest.Answer(200, asJSON, `{"ok":true}`))
	const other = "https://other.example"
	ctx := t.Context()
	for _, o := range []string{site, other} {
		s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai", "google", "mistral"}, Terms: storedToo(control.Terms{
			Classes: []string{"inference"}, Models: []string{"*"}, Limits: control.Limits{TokensDay: 1_000_000_000_000}, Days: 1})}))
	}
	s.issue(t, other, "POST", "/llm/openai/vector_stores", `{}`, `{"id":"vs_others"}`)
	s.issue(t, other, "POST", responsesPath, `{"model":"m","input":"x"}`, `{"id":"resp_others"}`)
	s.issue(t, other, "POST", "/llm/google/v1beta/cachedContents", `{"model":"models/m"}`, `{"name":"cachedContents/others"}`)
	s.issue(t, other, "POST", "/llm/mistral/v1/agents", `{"model":"m","name":"n"}`, `{"id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"}`)
	s.issue(t, other, "POST", "/llm/openai/batches", `{"input_file_id":"file-x"}`, `{"id":"batch_others"}`)
	s.issue(t, other, "GET", "/llm/openai/batches/batch_others", "", `{"id":"batch_others","output_file_id":"file-output"}`)
	s.issue(t, other, "GET", "/llm/openai/files", "", `{"data":[{"id":"file-users"}]}`) // a list gives nobody anything

	for _, c := range []struct{ method, path, body, code string }{
		{"GET", "/llm/openai/files", "", ""},
		{"GET", "/llm/openai/v1/files/file-users/content", "", ""},
		{"DELETE", "/llm/openai/files/file-users", "", ""},
		{"GET", "/llm/openai/chat/completions", "", ""},
		{"POST", "/llm/openai/batches/batch_users/cancel", "", ""},
		{"PATCH", "/llm/google/v1beta/cachedContents/users", `{"ttl":"1s"}`, ""},
		{"PUT", "/llm/mistral/v1/libraries/lib1", `{"name":"x"}`, ""},
		{"POST", responsesPath, `{"model":"m","previous_response_id":"resp_users"}`, ""},
		{"POST", responsesPath, `{"model":"m","max_tool_calls":1,"tools":[{"type":"file_search","vector_store_ids":["vs_users"]}]}`, ""},
		{"GET", "/llm/openai/vector_stores/vs_others", "", denied},
		{"GET", "/llm/openai/vector_stores/vs_others/files", "", denied},
		{"DELETE", "/llm/openai/responses/resp_others", "", denied},
		{"GET", "/llm/openai/batches/batch_others", "", denied},
		{"GET", "/llm/openai/files/file-output/content", "", denied},
		{"GET", "/llm/openai/files?after=file-output", "", denied},
		{"POST", responsesPath, `{"model":"m","previous_response_id":"resp_others"}`, denied},
		{"POST", responsesPath, `{"model":"m","previous_response_id":"resp_others "}`, denied}, // a provider may trim it
		{"POST", responsesPath, `{"model":"m","max_tool_calls":1,"tools":[{"type":"file_search","vector_store_ids":["vs_users","vs_others"]}]}`, denied},
		{"POST", "/llm/openai/assistants", `{"model":"m","tool_resources":{"file_search":{"any":{"name":"vs_others"}}}}`, denied},
		{"GET", "/llm/google/v1beta/cachedContents/others", "", denied},
		{"POST", "/llm/google/v1beta/models/m:generateContent", `{"cachedContent":"cachedContents/others"}`, denied},
		{"GET", "/llm/mistral/v1/agents/3F2504E04F8941D39A0C0305E82C3301", "", denied},
		{"POST", "/llm/mistral/v1/agents/completions", `{"agent_id":"urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301"}`, denied},
	} {
		status := 200
		if c.code != "" {
			status = 403
		}
		s.reaches(t, site, c.method, c.path, c.body, status, c.code)
		if strings.Contains(c.path+c.body, "others") && !strings.Contains(c.body, "others ") {
			s.reaches(t, other, c.method, c.path, c.body, 200, "")
		}
	}
	// What no row lists stays shut, and keys and accounts too.
	s.reaches(t, site, "PUT", "/llm/openai/files", `{}`, 404, "endpoint_unknown")
	s.reaches(t, site, "GET", "/llm/openai/organization/admin_api_keys", "", 403, "endpoint_denied")
	s.reaches(t, site, "POST", "/llm/openai/realtime/client_secrets", `{}`, 403, "endpoint_denied")

	// Taken back, it is gone for what runs too; the rest goes on.
	gate := make(chan string)
	s.provider.Next(oaktest.Drip(gate))
	opened := s.open(ctx, s.call(ctx, site, "POST", responsesPath, `{"model":"m","stream":true,"previous_response_id":"resp_users"}`))
	s.give(gate, "first")
	got := make([]byte, len("data: first\n\n"))
	if _, err := opened.body.Read(got); err != nil {
		t.Fatal(err)
	}
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: day("*")}))
	page := &stream{opened: opened, s: s, gate: gate}
	page.isCut(t)
	s.await("the entry of the cut answer", func(control.State) bool {
		return slices.ContainsFunc(s.entries(t), func(e control.Entry) bool { return e.Status == 200 && e.Code == "revoked" })
	})
	s.reaches(t, site, "GET", "/llm/openai/files", "", 403, denied)
}

// A site that is not decided about and begins with stored data asks, and the question says so.
func TestTheQuestionSaysStoredData(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.provider.Always(oaktest.Answer(200, asJSON, `{"ok":true}`))
	got := make(chan answer, 1)
	r := s.call(t.Context(), site, "GET", "/llm/openai/files", "")
	go func() { got <- do(r) }()
	q := s.question()
	if len(q.Providers) != 1 || !q.Providers[0].Stored || len(q.Offer.Classes) != 1 {
		t.Errorf("the question is %+v", q)
	}
	terms := storedToo(q.Offer)
	s.must(nil, s.AnswerAllow(t.Context(), control.Answer{ID: q.ID, Terms: &terms}))
	if a := <-got; a.status != 200 {
		t.Error(a)
	}

	const other = "https://other.example"
	r = s.call(t.Context(), other, "POST", responsesPath, `{"model":"m","previous_response_id":"resp_users"}`)
	go func() { got <- do(r) }()
	q = s.question()
	if !q.Providers[0].Stored {
		t.Errorf("the question is %+v", q)
	}
	s.must(nil, s.AnswerAllow(t.Context(), control.Answer{ID: q.ID}))
	if a := <-got; a.status != 403 || a.code() != denied {
		t.Error(a)
	}
	sites, err := s.Sites(t.Context())
	s.must(sites, err)
}
