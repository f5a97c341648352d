package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/attack"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// Each row of the order of checks, over raw TCP: one thing is wrong with a request that would otherwise be served.
func TestOrderOfChecks(t *testing.T) {
	s := begin(t)
	s.allow(attack.Site, "openai")
	ask := func(text string) string { return s.raw(strings.ReplaceAll(text, "SITE", attack.Site)) }
	if got := ask(attack.Good); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Fatalf("the good request: %s", got)
	}
	served := s.provider.Count()
	heads := append([]attack.Head{
		{Name: "upgrade", Old: "Origin:", New: "Connection: Upgrade\nUpgrade: websocket\nOrigin:", Status: 400},
	}, attack.Heads...)
	for _, h := range heads {
		got := ask(h.Text())
		if !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", h.Status)) && !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.0 %d ", h.Status)) {
			t.Errorf("%s: want %d, got %.300s", h.Name, h.Status, got)
		}
		if strings.Contains(strings.ToLower(got), "\nserver:") || strings.Contains(got, s.provider.Server.URL) {
			t.Errorf("%s: the answer names what it should not: %s", h.Name, got)
		}
	}
	if n := s.provider.Count(); n != served {
		t.Errorf("%d of the wrong requests reached the provider", n-served)
	}
	if st := s.await("the state", func(control.State) bool { return true }); len(st.Questions)+len(st.Missed) > 0 {
		t.Errorf("a wrong request asked the user: %+v %+v", st.Questions, st.Missed)
	}
}

// What "oaklock doctor --attack" tries, without a browser: all of it holds, and the agent serves the allowed site afterwards.
func TestAttack(t *testing.T) {
	t.Parallel()
	s := begin(t)
	canary, err := attack.NewCanary(t.Context())
	s.must(nil, err)
	defer func() { s.must(nil, canary.Close()) }()
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: canary.URL()}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: canary.Key, Anyway: true}))
	s.allowFreely(attack.Site, "openai")
	n := 0
	target := attack.Target{Endpoint: s.agent.Endpoint(), Yours: s.agent.Endpoint(), Canary: canary, WhyNot: "TestDoctorAttack does it"}
	s.must(nil, attack.Run(t.Context(), target, func(f attack.Finding) {
		n++
		if !f.Held && f.Skipped == "" {
			t.Errorf("%s (yours: %v): %s %s", f.Name, f.Yours, f.Tried, f.Detail)
		}
	}))
	if n < len(attack.Heads)+len(attack.Frames)+len(attack.Strangers) {
		t.Errorf("only %d attacks were made", n)
	}
	st := s.await("the state", func(control.State) bool { return true })
	for _, q := range append(st.Questions, st.Missed...) {
		if !slices.ContainsFunc(attack.Strangers, func(x struct{ Name, Origin string }) bool { return x.Origin == q.Origin }) {
			t.Errorf("%s asked the user", q.Origin)
		}
	}
}

// The state of an origin: what its preflight and its request hear.
func TestStatesOfAnOrigin(t *testing.T) {
	s := begin(t)
	preflight := func(origin, path string) answer {
		return do(s.call(t.Context(), origin, http.MethodOptions, path, "", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type"))
	}
	readable := func(a answer, origin string) bool {
		return a.header.Get("Access-Control-Allow-Origin") == origin && a.header.Get("Access-Control-Allow-Credentials") == "" &&
			strings.HasPrefix(a.header.Get("Vary"), "Origin")
	}

	t.Run("granted", func(t *testing.T) {
		s.allow(site, "openai")
		if a := preflight(site, chatPath); a.status != 204 || !readable(a, site) || a.header.Get("Access-Control-Allow-Headers") != "authorization, content-type" {
			t.Errorf("preflight: %v", a)
		}
		if a := s.chat(site); a.status != 200 || !readable(a, site) {
			t.Errorf("request: %v", a)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		const o = "https://unknown.example"
		if a := preflight(o, chatPath); a.status != 204 || !readable(a, o) {
			t.Errorf("preflight: %v", a)
		}
		answer := s.chatting(t.Context(), o)
		q := s.question()
		if q.Origin != o || q.Providers[0].ID != "openai" || q.Providers[0].Model != "gpt-4o-mini" || q.Waiting != 1 || !q.Providers[0].HasKey {
			t.Errorf("question: %+v", q)
		}
		s.must(nil, s.AnswerAllow(t.Context(), control.Answer{ID: q.ID}))
		if a := <-answer; a.status != 200 || !readable(a, o) {
			t.Errorf("held request: %v", a)
		}
	})
	t.Run("denied", func(t *testing.T) {
		const o = "https://denied.example"
		answer := s.chatting(t.Context(), o)
		q := s.question()
		s.must(nil, s.AnswerDeny(t.Context(), control.Answer{ID: q.ID}))
		for _, a := range []answer2{{"held", <-answer}, {"later", s.chat(o)}} {
			if a.status != 403 || a.code() != "consent_denied" || !readable(a.answer, o) {
				t.Errorf("%s: %v", a.name, a)
			}
		}
		if a := preflight(o, chatPath); a.status != 204 || !readable(a, o) {
			t.Errorf("preflight: %v", a)
		}
	})
	t.Run("blocked and quiet", func(t *testing.T) {
		const o, stranger = "https://blocked.example", "https://stranger.example"
		s.must(nil, s.BlockSite(t.Context(), control.SiteRef{Origin: o}))
		s.must(s.SetSetting(t.Context(), "questions", "off"))
		defer func() { s.must(s.SetSetting(t.Context(), "questions", "on")) }()
		var all []string
		for _, origin := range []string{o, stranger, "https://denied.example"} {
			for _, path := range []string{chatPath, "/llm/nobody/x", "/oaklock/v1/status", "/", "/llm/anthropic/v1/messages", "/llm/openai/organization/x"} {
				for _, method := range []string{"GET", "POST", "OPTIONS", "DELETE"} {
					all = append(all, s.raw(fmt.Sprintf("%s %s HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: %s\nAccess-Control-Request-Method: POST\nContent-Length: 0\n\n", method, path, origin)))
				}
			}
		}
		for _, got := range all {
			if got != all[0] || !strings.HasPrefix(got, "HTTP/1.1 403 ") || strings.Contains(got, "Access-Control") || strings.Contains(got, "\nDate:") {
				t.Fatalf("not constant:\n%s\n%s", all[0], got)
			}
		}
		if a := s.chat(site); a.status != 200 {
			t.Errorf("an allowed site while questions are off: %v", a)
		}
	})
	t.Run("a fourth while three wait", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for n := range 3 {
			s.chatting(ctx, fmt.Sprintf("https://crowd%d.example", n))
		}
		s.await("three questions", func(st control.State) bool { return len(st.Questions) == 3 })
		if a := s.chat("https://fourth.example"); a.status != 403 || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("request: %v", a)
		}
		if a := preflight("https://fourth.example", chatPath); a.status != 403 {
			t.Errorf("preflight: %v", a)
		}
		cancel()
		st := s.await("the questions to be missed", func(st control.State) bool { return len(st.Missed) == 3 })
		if len(st.Questions) != 0 {
			t.Errorf("%+v", st.Questions)
		}
	})
	t.Run("another provider asks again", func(t *testing.T) {
		r := s.call(t.Context(), site, http.MethodPost, "/llm/anthropic/v1/messages", `{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`)
		ch := make(chan answer, 1)
		go func() { ch <- do(r) }()
		q := s.question()
		if fmt.Sprint(q.Granted) != "[openai]" || q.Providers[0].ID != "anthropic" {
			t.Errorf("question: %+v", q)
		}
		s.must(nil, s.AnswerAllow(t.Context(), control.Answer{ID: q.ID}))
		if a := <-ch; a.status != 200 {
			t.Errorf("%v", a)
		}
	})
	t.Run("extension added by hand", func(t *testing.T) {
		const o = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
		if a := s.chat(o); a.status != 403 || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("unknown: %v", a)
		}
		s.allow(o, "openai")
		if a := s.chat(o); a.status != 200 {
			t.Errorf("added: %v", a)
		}
	})
}

type answer2 struct {
	name string
	answer
}

// Every code that a page may read, with its status; the answer is JSON that names nothing of the request.
func TestErrorsThatAPageMayRead(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai", "anthropic", "google", "mistral")
	s.allow("https://narrow.example", "openai")
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "https://narrow.example", Providers: []string{"openai"}, Terms: day("gpt-4o")}))
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"groq"}, Terms: day("*")}))
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "nowhere", BaseURL: "http://127.0.0.1:1"}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "nowhere", Secret: "key-for-nowhere"}))
	s.must(s.SetPrice(t.Context(), control.SetPrice{Provider: "nowhere", Model: "gpt-4o-mini", Rates: map[string]int64{"input": 1, "output": 1}}))
	s.allow(site, "nowhere")
	post := func(origin, path, body string, headers ...string) func() answer {
		return func() answer { return do(s.call(t.Context(), origin, http.MethodPost, path, body, headers...)) }
	}
	fault := func(f oaktest.Fault) func() answer {
		return func() answer { s.provider.Next(f); return s.chat(site) }
	}
	for _, c := range []struct {
		name   string
		ask    func() answer
		status int
		code   string
	}{
		{"malformed", post(site, chatPath, `{"model":`), 400, "bad_request"},
		{"doubled key", post(site, chatPath, `{"model":"a","model":"b"}`), 400, "bad_request"},
		{"model named twice", post(site, "/llm/google/v1beta/models/gemini-a:generateContent", `{"model":"models/gemini-b","contents":[]}`), 400, "bad_request"},
		{"administration", post(site, "/llm/openai/realtime/client_secrets", `{}`), 403, "endpoint_denied"},
		{"class", post(site, "/llm/openai/videos", `{"model":"m","prompt":"x"}`), 403, "endpoint_denied"},
		{"model", post("https://narrow.example", chatPath, chatBody), 403, "model_denied"},
		{"no model", post("https://narrow.example", chatPath, `{"messages":[]}`), 403, "model_denied"},
		{"a second model", post("https://narrow.example", chatPath, `{"model":"gpt-4o","fallbacks":["gpt-4o-mini"]}`), 403, "model_denied"},
		{"stored endpoint", post(site, "/llm/openai/files", `{}`), 403, "stored_data_denied"},
		{"stored reference", post(site, "/llm/openai/responses", `{"model":"m","input":"x","previous_response_id":"resp_1"}`), 403, "stored_data_denied"},
		{"stored reference that names none", post(site, "/llm/openai/responses", `{"model":"m","input":"x","previous_response_id":["resp_1"]}`), 403, "stored_data_denied"},
		{"stored preset", post(site, chatPath, `{"model":"@preset/resp_1","messages":[]}`), 403, "stored_data_denied"},
		{"provider", post(site, "/llm/nobody/chat/completions", chatBody), 404, "provider_unknown"},
		{"endpoint", post(site, "/llm/openai/nothing", chatBody), 404, "endpoint_unknown"},
		{"media type", post(site, chatPath, chatBody, "Content-Type", "text/plain"), 415, "media_type"},
		{"no key", post(site, "/llm/groq/chat/completions", chatBody), 423, "no_key"},
		{"no price", post(site, chatPath, `{"model":"brand-new","messages":[]}`), 402, "price_unknown"},
		{"unreachable", post(site, "/llm/nowhere/chat/completions", chatBody), 502, "upstream_unreachable"},
		{"redirect", fault(oaktest.Redirect(307, "https://evil.example/")), 502, "upstream_invalid"},
		{"two encodings", fault(oaktest.Encoded([]byte("x"), "gzip", "gzip")), 502, "upstream_invalid"},
		{"brotli", fault(oaktest.Encoded([]byte("x"), "br")), 502, "upstream_invalid"},
		{"status 099", fault(oaktest.Raw("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n")), 502, "upstream_invalid"},
		{"garbage", fault(oaktest.Raw("\x00\x01 not http\r\n\r\n")), 502, "upstream_invalid"},
	} {
		a := c.ask()
		if a.status != c.status || a.code() != c.code || a.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: want %d %s, got %v", c.name, c.status, c.code, a)
		}
		if a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.name, a.header)
		}
		for _, leak := range []string{s.provider.Server.URL, "127.0.0.1", "evil.example", "gpt-4o-mini", "resp_1", "dial tcp", s.key} {
			if strings.Contains(a.body, leak) {
				t.Errorf("%s: the body names %q: %s", c.name, leak, a.body)
			}
		}
	}

	t.Run("408", func(t *testing.T) {
		s.must(s.SetSetting(t.Context(), "wait", "1s"))
		if a := s.chat("https://slow.example"); a.status != 408 || a.code() != "consent_pending" {
			t.Errorf("%v", a)
		}
		s.must(s.SetSetting(t.Context(), "wait", "60s"))
	})
	t.Run("423 locked and paused", func(t *testing.T) {
		s.must(nil, s.Pause(t.Context()))
		if a := s.chat(site); a.status != 423 || a.code() != "paused" {
			t.Errorf("paused: %v", a)
		}
		s.must(nil, s.Lock(t.Context()))
		if a := s.chat(site); a.status != 423 || a.code() != "locked" {
			t.Errorf("locked: %v", a)
		}
		s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
		if a := s.chat(site); a.status != 423 || a.code() != "paused" {
			t.Errorf("unlocked, and still paused: %v", a)
		}
		s.must(nil, s.Resume(t.Context()))
		if a := s.chat(site); a.status != 200 {
			t.Errorf("resumed: %v", a)
		}
	})
	t.Run("429", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 16 {
			s.chatting(ctx, "https://eager.example")
		}
		s.await("16 waiting requests", func(st control.State) bool { return len(st.Questions) == 1 && st.Questions[0].Waiting == 16 })
		if a := s.chat("https://eager.example"); a.status != 429 || a.code() != "too_many_requests" || a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a)
		}
	})
	t.Run("a provider's own errors pass", func(t *testing.T) {
		s.provider.Next(oaktest.Failure(429, 7))
		if a := s.chat(site); a.status != 429 || a.header.Get("Retry-After") != "7" || a.code() != "" || a.header.Get("Access-Control-Expose-Headers") == "" {
			t.Errorf("%v", a)
		}
	})
}

// A keychain that is locked, silent or gone is never "no key".
func TestKeychainTroubleIsNotNoKey(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	for _, err := range []error{keychain.ErrLocked, keychain.ErrUnavailable, keychain.ErrTimeout, keychain.ErrDenied, errors.New("odd")} {
		s.must(nil, s.Lock(t.Context())) // the key leaves the memory
		s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
		s.vault.breakWith(err)
		if a := s.chat(site); a.status != 423 || a.code() != "locked" {
			t.Errorf("%v: %v", err, a)
		}
	}
	s.vault.breakWith(nil)
	if a := s.chat(site); a.status != 200 {
		t.Errorf("after all that: %v", a)
	}
}

// A second agent of the same profile folder, and one of the same port, say so and change nothing.
func TestTakenProfileAndTakenPort(t *testing.T) {
	s := begin(t)
	if _, err := agent.Open(t.Context(), agent.Options{Home: s.home, Keychain: s.vault}); !errors.Is(err, control.ErrRunning) {
		t.Errorf("second agent: %v", err)
	}
	st, err := s.State(t.Context())
	s.must(nil, err)
	_, err = agent.Open(t.Context(), agent.Options{Home: t.TempDir() + "/other", Port: st.Port, Keychain: s.vault})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("port %d is taken by", st.Port)) {
		t.Errorf("taken port: %v", err)
	}
}

// Whether the user has a provider of some name of their own is nothing that a site hears before the user is asked about it: each way
// of asking that raises no question gets the same bytes as for one that is not there.
func TestAStrangerCannotTryNames(t *testing.T) {
	s := begin(t)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "own", BaseURL: s.provider.BaseURL("openai")}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "own", Secret: s.key}))
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	s.allow("https://known.example", "openai")
	s.must(nil, s.DenySite(t.Context(), control.SiteRef{Origin: "https://denied.example", Provider: "openai"}))
	good := func(origin, id string) answer {
		return do(s.call(t.Context(), origin, http.MethodPost, "/llm/"+id+"/chat/completions", chatBody))
	}
	same := func(when string, origins []string, ways map[string]func(origin, id string) answer) {
		t.Helper()
		for name, ask := range ways {
			for _, origin := range origins {
				there, absent := ask(origin, "own"), ask(origin, "none")
				there.header.Del("Date")
				absent.header.Del("Date")
				if there.err != nil || there.status != absent.status || there.body != absent.body || !reflect.DeepEqual(there.header, absent.header) {
					t.Errorf("%s, %s, %s: %v, and of a name that is not there %v", when, origin, name, there, absent)
				}
			}
		}
		if st := s.state(); len(st.Questions)+len(st.Missed) > 0 {
			t.Fatalf("%s: a question was asked: %+v %+v", when, st.Questions, st.Missed)
		}
	}
	with := func(method, path, body string, headers ...string) func(origin, id string) answer {
		return func(origin, id string) answer {
			return do(s.call(t.Context(), origin, method, strings.Replace(path, "ID", id, 1), strings.Replace(body, "ID", id, 1), headers...))
		}
	}
	sites := []string{"https://stranger.example", "https://known.example"}
	same("on", sites, map[string]func(origin, id string) answer{
		"a model that is none": with("POST", "/llm/ID/chat/completions", `{"model":1}`),
		"a body that is none":  with("POST", "/llm/ID/chat/completions", `{`),
		"another media type":   with("POST", "/llm/ID/chat/completions", chatBody, "Content-Type", "text/plain"),
		"another method":       with("DELETE", "/llm/ID/chat/completions", ""),
		"another path":         with("POST", "/llm/ID/nothing", "{}"),
		"what nobody may":      with("POST", "/llm/ID/organization/admin_api_keys", "{}"),
		"a preflight": with("OPTIONS", "/llm/ID/chat/completions", "", "Access-Control-Request-Method", "DELETE",
			"Access-Control-Request-Headers", "content-type"),
		"a question for two": with("POST", "/oaklock/v1/connect", `{"providers":["ID","neither"]}`),
	})
	same("on", []string{"https://denied.example"}, map[string]func(origin, id string) answer{
		"a question with what is denied": with("POST", "/oaklock/v1/connect", `{"providers":["ID","openai"]}`),
	})
	s.must(nil, s.Pause(t.Context()))
	same("paused", sites, map[string]func(origin, id string) answer{"as it should be": good})
	s.must(nil, s.Resume(t.Context()))
	s.must(nil, s.Lock(t.Context()))
	same("locked", sites, map[string]func(origin, id string) answer{"as it should be": good})
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	s.must(s.SetSetting(t.Context(), "questions", "off"))
	same("quiet", sites, map[string]func(origin, id string) answer{"as it should be": good})
	s.must(s.SetSetting(t.Context(), "questions", "on"))
	if a := good("https://stranger.example", "own"); a.status != http.StatusRequestTimeout {
		t.Errorf("no question is asked: %v", a)
	}
}
