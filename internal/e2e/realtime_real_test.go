//go:build real

package e2e_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
)

// conversation is what frontend/e2e/src/realtime.ts says of its WebSocket.
type conversation struct {
	Text, Protocol, Reason string
	Answers, Code          int
}

// The clients of OpenAI Realtime and Gemini Live as they come from npm, in Chromium on a public page: the WebSocket waits for the
// user, two answers come, and the page says goodbye; then one is ended in the middle. The page never sees the key.
func TestRealtimeClientsInChromium(t *testing.T) {
	for _, c := range []struct{ client, provider, model, protocol, slot, before string }{
		{"openai-6", "openai", "gpt-realtime", "realtime", "Authorization", "Bearer "},
		{"openai-7", "openai", "gpt-realtime", "realtime", "Authorization", "Bearer "},
		{"google", "google", "gemini-live", "", "X-Goog-Api-Key", ""},
	} {
		t.Run(c.client, func(t *testing.T) {
			s := begin(t)
			b := browse(t, true, kaiban)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			address := func(more string) string {
				q := url.Values{"client": {c.client}, "base": {s.agent.Endpoint() + "/llm/" + c.provider}, "model": {c.model}, "turns": {"2"}}
				return kaiban + "/realtime.html?" + q.Encode() + more
			}
			said := func(st browser.Status, want browser.State) (talk conversation) {
				t.Helper()
				if err := json.Unmarshal([]byte(st.Text), &talk); err != nil || st.State != want || talk.Answers != 2 || talk.Protocol != c.protocol ||
					strings.Count(talk.Text, "Hello from the fake provider") != 2 {
					t.Fatalf("the page says %+v, %v", st, err)
				}
				return talk
			}

			tab := b.Open(address(""))
			q := s.question()
			if q.Origin != kaiban || len(q.Providers) != 1 || q.Providers[0].ID != c.provider || s.provider.Count() != 0 {
				t.Errorf("the question is %+v, with %d requests at the provider", q, s.provider.Count())
			}
			terms := freely(day("*"))
			s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID, Terms: &terms}))
			if talk := said(b.WaitTab(ctx, tab, browser.Finished, browser.Errored), browser.Finished); talk.Code != 1000 && talk.Code != 1005 {
				t.Errorf("it ended with %+v", talk)
			}
			got := s.provider.Requests()
			if len(got) != 1 {
				t.Fatalf("%d came of one", len(got))
			}
			s.onlySlot(t, got[0], c.slot, c.before)
			if p := got[0].Header.Get("Sec-Websocket-Protocol"); p != c.protocol || got[0].Header.Get("Origin") != "" || got[0].Header.Get("Cookie") != "" {
				t.Errorf("the provider got the subprotocols %q and %d fields", p, len(got[0].Header))
			}
			s.await("two answers in the log", func(control.State) bool {
				answers := 0
				for _, e := range s.everything(t) {
					if e.Status == 101 && e.Model == c.model && e.Output > 0 {
						answers++
					}
				}
				return answers == 2
			})

			tab = b.Open(address("&stay=1"))
			said(b.WaitTab(ctx, tab, browser.Running, browser.Errored), browser.Running)
			s.must(nil, s.RevokeSite(ctx, control.SiteRef{Origin: kaiban}))
			if talk := said(b.WaitTab(ctx, tab, browser.Errored), browser.Errored); talk.Code != 1008 || !strings.HasPrefix(talk.Reason, "consent_denied: ") {
				t.Errorf("it ended with %+v", talk)
			}
			observed := b.Observed()
			if !strings.Contains(string(observed), "Hello ") {
				t.Errorf("in %d bytes that were observed there is nothing of the conversation", len(observed))
			}
			oaktest.Scan(t, s.key, observed)
			s.nowhere(t, s.key)
		})
	}
}
