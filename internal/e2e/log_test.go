package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// Every request leaves one line, with its status and Oaklock's own code, and nothing of what was in it: not in the log,
// not in any file, not in what the agent says on its terminal.
func TestTheLogHasEveryOutcomeAndNoContent(t *testing.T) {
	t.Parallel()
	s := begin(t)
	ctx := t.Context()
	canary := oaktest.Key("mistral") // any text that is found again
	s.must(s.SetSetting(ctx, "wait", "1s"))
	s.allow(site, "openai", "groq")
	s.must(nil, s.BlockSite(ctx, control.SiteRef{Origin: "https://blocked.example"}))
	s.must(nil, s.DenySite(ctx, control.SiteRef{Origin: "https://denied.example"}))
	body := `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + canary + `"}]}`
	ask := func(origin, path, body string) func() {
		return func() {
			do(s.call(ctx, origin, http.MethodPost, path+"?q="+canary, body, "User-Agent", canary, "X-Canary", canary, "OpenAI-Beta", canary))
		}
	}
	fault := func(f oaktest.Fault) func() {
		return func() { s.provider.Next(f); ask(site, chatPath, body)() }
	}
	during := func(act func(context.Context) error, undo func(context.Context) error) func() {
		return func() { page := s.stream(site); s.must(nil, act(ctx)); page.isCut(t); s.must(nil, undo(ctx)) }
	}
	nothing := func(context.Context) error { return nil }
	for _, c := range []struct {
		do   func()
		want string // status, code, provider, model, sent on
	}{
		{fault(oaktest.EchoBody()), "200  openai gpt-4o-mini true"},
		{fault(oaktest.Answer(200, http.Header{"Content-Type": {"text/event-stream"}}, "data: "+canary+"\n\n")), "200  openai gpt-4o-mini true"},
		{fault(oaktest.Answer(401, http.Header{"X-Request-Id": {canary}}, `{"error":{"message":"`+canary+`"}}`)), "401  openai gpt-4o-mini true"},
		{fault(oaktest.Failure(500, 1)), "500  openai gpt-4o-mini true"},
		{fault(oaktest.Cut("text/event-stream", 10)), "200 upstream_cut openai gpt-4o-mini true"},
		{fault(oaktest.Raw("HTTP/1.1 " + canary + "\r\n\r\n")), "502 upstream_invalid openai gpt-4o-mini true"},
		{fault(oaktest.Redirect(302, "https://"+canary+".example/")), "502 upstream_invalid openai gpt-4o-mini true"},
		{fault(reset("")), "502 upstream_unreachable openai gpt-4o-mini true"},
		{during(s.Pause, s.Resume), "200 paused openai gpt-4o-mini true"},
		{during(s.Lock, func(ctx context.Context) error { return s.Unlock(ctx, control.Unlock{}) }), "200 locked openai gpt-4o-mini true"},
		{during(func(ctx context.Context) error {
			st, err := s.State(ctx)
			s.must(nil, err)
			return s.StopRunning(ctx, st.Running[0].ID)
		}, nothing), "200 stopped openai gpt-4o-mini true"},
		{during(func(ctx context.Context) error { return s.RevokeSite(ctx, control.SiteRef{Origin: site}) }, func(context.Context) error {
			s.allow(site, "openai", "groq")
			return nil
		}), "200 revoked openai gpt-4o-mini true"},
		{ask(site, chatPath, `{"model":"`+canary+`","model":"b"}`), "400 bad_request openai  false"},
		{ask(site, chatPath, canary), "400 bad_request openai  false"},
		{ask(site, "/llm/openai/files", body), "403 stored_data_denied openai  false"},
		{ask(site, "/llm/openai/organization/"+canary, body), "403 endpoint_denied openai  false"},
		{ask(site, "/llm/openai/"+canary, body), "404 endpoint_unknown openai  false"},
		{ask(site, "/llm/"+canary+"/x", body), "404 provider_unknown   false"},
		{ask(site, "/llm/groq/chat/completions", body), "423 no_key groq gpt-4o-mini false"},
		{ask("https://denied.example", chatPath, body), "403 consent_denied openai gpt-4o-mini false"},
		{ask("https://blocked.example", chatPath, body), "403 unheard openai  false"},
		{ask("https://unknown.example", chatPath, body), "408 consent_pending openai gpt-4o-mini false"},
	} {
		before, sent := s.newest(t), s.provider.Count()
		c.do()
		all, err := s.Client.Log(ctx, control.LogFilter{})
		s.must(nil, err)
		all = all[:slices.IndexFunc(append(all, control.Entry{ID: before}), func(e control.Entry) bool { return e.ID <= before })]
		if len(all) != 1 {
			t.Errorf("%s: there are %d new entries: %+v", c.want, len(all), all)
			continue
		}
		if got := fmt.Sprint(all[0].Status, " ", all[0].Code, " ", all[0].Provider, " ", all[0].Model, " ", s.provider.Count() > sent); got != c.want {
			t.Errorf("the entry is %q, want %q", got, c.want)
		}
	}
	all, err := s.Client.Log(ctx, control.LogFilter{Origin: site, Provider: "groq"})
	if err != nil || len(all) != 1 {
		t.Errorf("the log of one site and provider is %+v, %v", all, err)
	}
	// What is refused at the gate leaves no line there, and nothing of itself on the terminal.
	ask("null", "/llm/openai/"+canary, body)()
	ask("https://"+canary+".example/", chatPath, body)()
	s.raw("POST /" + canary + " HTTP/1.1\nHost: " + canary + "\nOrigin: " + site + "\nContent-Length: 0\n\n")
	s.raw("POST / HTTP/1.1\nHost: 127.0.0.1:PORT\nX-\x00: " + canary + "\n\n")
	oaktest.Scan(t, canary, fmt.Sprintf("%+v", s.entries(t)))
	s.nowhere(t, canary)
	oaktest.Scan(t, s.key, s.log.Bytes(), oaktest.Path(s.home))
}

// newest is the ID of the log's newest entry, or 0.
func (s *story) newest(t *testing.T) int64 {
	t.Helper()
	all, err := s.Client.Log(t.Context(), control.LogFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return 0
	}
	return all[0].ID
}
