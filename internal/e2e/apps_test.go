package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// app makes an app with these providers and gives its key.
func (s *story) app(name string, providers ...string) string {
	s.Helper()
	key, sum := appkey.Make()
	s.must(s.AddApp(s.Context(), control.AddApp{Name: name, Sum: sum.String(), Hint: appkey.Hint(key), Providers: providers, Terms: day("*")}))
	return key
}

// program is a request as a local program makes it: no Origin, nothing of a browser, a key in a header.
func (s *story) program(method, path, body string, headers ...string) *http.Request {
	s.Helper()
	r := s.call(s.Context(), "", method, path, body)
	for _, name := range []string{"Origin", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Authorization"} {
		r.Header.Del(name)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// An app's key, in any slot in which clients send one, opens what the app was given; the provider gets the user's key there
// and never the app's.
func TestAnAppUsesItsKey(t *testing.T) {
	s := begin(t)
	key := s.app("notes", "openai", "anthropic", "google")
	for _, c := range []struct{ name, path, body, slot, value, real, prefix string }{
		{"openai", chatPath, chatBody, "Authorization", "Bearer " + key, "Authorization", "Bearer "},
		{"anthropic", "/llm/anthropic/v1/messages", `{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, "X-Api-Key", key, "X-Api-Key", ""},
		{"google", "/llm/google/v1beta/models/gemini-a:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, "X-Goog-Api-Key", key, "X-Goog-Api-Key", ""},
		{"api-key", chatPath, chatBody, "Api-Key", key, "Authorization", "Bearer "},
	} {
		s.provider.Forget()
		a := do(s.program(http.MethodPost, c.path, c.body, c.slot, c.value))
		if a.status != 200 {
			t.Fatalf("%s: %v", c.name, a)
		}
		for name := range a.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: an app is told %s", c.name, name)
			}
		}
		got := s.provider.Requests()[0]
		s.onlySlot(t, got, c.real, c.prefix)
		oaktest.Scan(t, key, got.Header, got.Body, got.Path)
	}
	entries, err := s.Client.Log(t.Context(), control.LogFilter{Origin: "app:notes"})
	if err != nil || len(entries) != 4 || entries[0].Origin != "app:notes" || entries[0].Status != 200 {
		t.Errorf("the log: %+v, %v", entries, err)
	}
	apps, err := s.Apps(t.Context())
	if err != nil || len(apps) != 1 || apps[0].Name != "notes" || apps[0].State != "allowed" || apps[0].Requests != 4 || len(apps[0].Grants) != 3 ||
		apps[0].LastUsed == 0 || apps[0].Hint != key[len(key)-4:] {
		t.Errorf("the list: %+v, %v", apps, err)
	}
	if n := s.state().Sites; n != 0 {
		t.Errorf("%d web sites may use keys, and there is an app alone", n)
	}
	oaktest.Scan(t, key, oaktest.Path(s.home), s.log.Bytes())
}

// An app's WebSocket may have the key where WebSocket clients put it: in a subprotocol, as OpenAI's do, in the address, as Google's do, or in a
// header. Nobody passes it on, what is refused is a line of the log, and a page that knows it is a page.
func TestAnAppsWebSocketHasItsKeyWhereClientsPutIt(t *testing.T) {
	s := begin(t)
	key, sum := appkey.Make()
	s.must(s.AddApp(t.Context(), control.AddApp{Name: "notes", Sum: sum.String(), Hint: appkey.Hint(key), Providers: []string{"openai", "google"},
		Terms: freely(day("*"))}))
	dial := func(path string, head http.Header, protocols ...string) answer {
		t.Helper()
		d := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: patience}
		c, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.agent.Endpoint(), "http")+path, head)
		if resp == nil {
			t.Fatal(err)
		}
		if err != nil {
			body, _ := io.ReadAll(resp.Body) // in memory
			return answer{resp.StatusCode, resp.Header, string(body), nil}
		}
		_ = c.Close()
		return answer{status: resp.StatusCode, header: resp.Header}
	}
	inProtocol := []string{"realtime", "openai-insecure-api-key." + key}
	for name, c := range map[string]struct {
		path      string
		head      http.Header
		protocols []string
	}{
		"subprotocol": {realtimePath, nil, inProtocol},
		"address":     {livePath + "?key=" + key, nil, nil},
		"header":      {realtimePath, http.Header{"Authorization": {"Bearer " + key}}, []string{"realtime"}},
	} {
		s.provider.Forget()
		if a := dial(c.path, c.head, c.protocols...); a.status != http.StatusSwitchingProtocols || strings.Contains(fmt.Sprint(a.header), key) {
			t.Fatalf("%s: %v", name, a)
		}
		got := s.provider.Requests()[0]
		oaktest.Scan(t, key, got.Header, got.Body, got.Path)
	}
	s.await("that they are over", func(st control.State) bool { return len(st.Running) == 0 })

	if a := dial("/llm/xai/realtime?model=m", nil, inProtocol...); a.status != 403 && a.status != 404 || a.code() == "" {
		t.Errorf("what it was not given: %v", a)
	}
	if e := s.entries(t)[0]; e.Origin != "app:notes" || !e.Refused {
		t.Errorf("the refusal's line is %+v", e)
	}
	before := len(s.entries(t))
	for name, a := range map[string]answer{
		"another key":               dial(realtimePath, nil, "realtime", "openai-insecure-api-key.oak-wrong"),
		"a page":                    dial(realtimePath, http.Header{"Origin": {"null"}}, inProtocol...),
		"two keys":                  dial(realtimePath+"&key=other", nil, inProtocol...),
		"a request, by its address": do(s.program(http.MethodGet, "/llm/openai/models?key="+key, "")),
	} {
		if a.status != 403 || a.code() != "" {
			t.Errorf("%s: %v", name, a)
		}
	}
	if n := len(s.entries(t)); n != before {
		t.Errorf("%d lines are new", n-before)
	}
	oaktest.Scan(t, key, oaktest.Path(s.home), s.log.Bytes())
}

// Whoever has no app's key, or is a page, hears what every program hears, byte for byte.
func TestOtherProgramsAreRefusedAsBefore(t *testing.T) {
	s := begin(t)
	key := s.app("notes", "openai")
	ask := func(headers string) string {
		return s.raw("POST " + chatPath + " HTTP/1.1\nHost: 127.0.0.1:PORT\n" + headers + "Content-Type: application/json\nContent-Length: 86\n\n" + chatBody)
	}
	before := ask("")
	if !strings.HasPrefix(before, "HTTP/1.1 403 ") || strings.Contains(before, "oaklock") {
		t.Fatalf("%s", before)
	}
	if got := ask("Authorization: Bearer " + key + "\n"); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Fatalf("the app itself: %s", got)
	}
	served := s.provider.Count()
	wrong, _ := appkey.Make()
	for name, headers := range map[string]string{
		"another key":            "Authorization: Bearer " + wrong + "\n",
		"the key, cut":           "Authorization: Bearer " + key[:54] + "\n",
		"the key, longer":        "Authorization: Bearer " + key + "x\n",
		"the user's own key":     "Authorization: Bearer " + s.key + "\n",
		"two keys":               "Authorization: Bearer " + key + "\nX-Api-Key: " + wrong + "\n",
		"as a cookie":            "Cookie: key=" + key + "\n",
		"the name":               "Authorization: Bearer app:notes\n",
		"a null page":            "Origin: null\nAuthorization: Bearer " + key + "\n",
		"an Origin like an app":  "Origin: app:notes\nAuthorization: Bearer " + key + "\n",
		"an empty Origin":        "Origin: \nAuthorization: Bearer " + key + "\n",
		"an extension's request": "Sec-Fetch-Site: none\nAuthorization: Bearer " + key + "\n",
	} {
		if got := ask(headers); got != before {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := s.raw("GET /llm/openai/models?key=" + key + " HTTP/1.1\nHost: 127.0.0.1:PORT\n\n"); got != before {
		t.Errorf("a key in the address: %s", got)
	}
	if got := s.raw("POST " + chatPath + " HTTP/1.1\nHost: evil.example\nAuthorization: Bearer " + key + "\nContent-Length: 0\n\n"); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
		t.Errorf("another Host: %s", got)
	}
	if n := s.provider.Count(); n != served {
		t.Errorf("%d of them reached the provider", n-served)
	}
	if st := s.await("the state", func(control.State) bool { return true }); len(st.Questions)+len(st.Missed) > 0 {
		t.Errorf("the user was asked: %+v", st)
	}
}

// To a page an app's key is text like any other: dropped, and worth nothing.
func TestAPageWithAnAppsKey(t *testing.T) {
	s := begin(t)
	key := s.app("notes", "openai", "anthropic")
	s.allow(site, "openai")
	a := do(s.call(t.Context(), site, http.MethodPost, chatPath, chatBody, "Authorization", "Bearer "+key))
	if a.status != 200 {
		t.Fatalf("%v", a)
	}
	got := s.provider.Requests()[0]
	s.onlySlot(t, got, "Authorization", "Bearer ")
	oaktest.Scan(t, key, got.Header, got.Body)
	entries, err := s.Client.Log(t.Context(), control.LogFilter{})
	if err != nil || len(entries) != 1 || entries[0].Origin != site {
		t.Errorf("the log: %+v, %v", entries, err)
	}
	// What the app may and the page may not is asked for in the page's own name.
	ch := make(chan answer, 1)
	r := s.call(t.Context(), site, http.MethodPost, "/llm/anthropic/v1/messages", `{"model":"c","max_tokens":9,"messages":[]}`, "X-Api-Key", key)
	go func() { ch <- do(r) }()
	q := s.question()
	s.must(nil, s.AnswerDeny(t.Context(), control.Answer{ID: q.ID}))
	if a := <-ch; q.Origin != site || a.status != 403 || a.code() != "consent_denied" {
		t.Errorf("asked by %s; %v", q.Origin, a)
	}
}

// What an app was not given it is refused, without a question; what it was given ends at once when it is taken back.
func TestAnAppStaysInItsGrant(t *testing.T) {
	s := begin(t)
	key := s.app("notes", "openai")
	bearer := []string{"Authorization", "Bearer " + key}
	ask := func(path, body string) answer { return do(s.program(http.MethodPost, path, body, bearer...)) }
	refused := func(name string, a answer, status int, code string) {
		t.Helper()
		if a.status != status || a.code() != code {
			t.Errorf("%s: want %d %s, got %v", name, status, code, a)
		}
	}
	refused("another provider", ask("/llm/mistral/v1/chat/completions", chatBody), 403, "consent_denied")
	refused("connect", ask("/oaklock/v1/connect", `{"providers":["mistral"]}`), 403, "consent_denied")
	refused("administration", ask("/llm/openai/organization/admin_api_keys", "{}"), 403, "endpoint_denied")
	refused("unknown", ask("/llm/openai/nothing", "{}"), 404, "endpoint_unknown")
	refused("a preflight", do(s.program(http.MethodOptions, chatPath, "", append(bearer, "Access-Control-Request-Method", "POST")...)), 404, "endpoint_unknown")
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "app:notes", Providers: []string{"openai"}, Terms: day("gpt-4o")}))
	refused("another model", ask(chatPath, chatBody), 403, "model_denied")
	if st := s.await("the state", func(control.State) bool { return true }); len(st.Questions)+len(st.Missed) > 0 {
		t.Errorf("an app asked the user: %+v", st)
	}
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "app:notes", Providers: []string{"openai"}, Terms: day("*")}))
	if err := s.AllowSite(t.Context(), control.AllowSite{Origin: "app:nobody", Providers: []string{"openai"}, Terms: day("*")}); err == nil {
		t.Error("an app that is not there was allowed something")
	}

	ends := map[string]func() error{
		"revoked": func() error { return s.RevokeSite(t.Context(), control.SiteRef{Origin: "app:notes"}) },
		"removed": func() error { return s.RemoveApp(t.Context(), "notes") },
	}
	for _, name := range []string{"revoked", "removed"} {
		if name == "removed" {
			s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "app:notes", Providers: []string{"openai"}, Terms: day("*")}))
		}
		answer := &stream{s: s, gate: make(chan string)}
		s.provider.Next(oaktest.Drip(answer.gate))
		answer.opened = s.open(t.Context(), s.program(http.MethodPost, chatPath, chatBody, bearer...))
		answer.event("first")
		s.must(nil, ends[name]())
		answer.isCut(t)
		if name == "revoked" {
			refused(name, ask(chatPath, chatBody), 403, "consent_denied")
			continue
		}
		if a := ask(chatPath, chatBody); a.status != 403 || a.code() != "" {
			t.Errorf("%s: %v", name, a)
		}
		if apps, err := s.Apps(t.Context()); err != nil || len(apps) != 0 {
			t.Errorf("%+v, %v", apps, err)
		}
	}
}

// The limits of an app are its own: neither a site's requests count for them, nor its own for a site's or another app's.
func TestAnAppHasLimitsOfItsOwn(t *testing.T) {
	s := begin(t)
	terms := day("*")
	terms.Limits.RequestsPerMinute = 2
	ask := map[string]func() answer{}
	for _, name := range []string{"notes", "mail"} {
		key := s.app(name, "openai")
		s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "app:" + name, Providers: []string{"openai"}, Terms: terms}))
		ask[name] = func() answer {
			return do(s.program(http.MethodPost, chatPath, chatBody, "Authorization", "Bearer "+key))
		}
	}
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	ask["site"] = func() answer { return s.chat(site) }
	for _, who := range []string{"notes", "mail", "site"} {
		for n := range 3 {
			a := ask[who]()
			if n < 2 && a.status != 200 || n == 2 && (a.status != 429 || a.code() != "rate_limited") {
				t.Errorf("request %d of %s: %v", n+1, who, a)
			}
		}
	}
	terms.Limits = control.Limits{CostDay: 1} // a millionth of a dollar
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "app:notes", Providers: []string{"openai"}, Terms: terms}))
	if a := ask["notes"](); a.status != 402 || a.code() != "budget_exhausted" {
		t.Errorf("with its money spent: %v", a)
	}
}

// An app that was removed in the window: its key opens nothing at once, and Undo brings it back as it was, once and without
// what has ended meanwhile.
func TestAppTakenBack(t *testing.T) {
	s := begin(t)
	key := s.app("notes", "openai", "anthropic")
	before, err := s.Apps(t.Context())
	s.must(nil, err)
	chat := func() answer {
		return do(s.program(http.MethodPost, chatPath, chatBody, "Authorization", "Bearer "+key))
	}
	s.must(nil, s.RemoveApp(t.Context(), "notes"))
	if a := chat(); a.status != 403 || a.code() != "" {
		t.Errorf("removed: %v", a)
	}
	s.must(nil, s.TakeAppBack(t.Context(), "notes"))
	if a := chat(); a.status != 200 {
		t.Errorf("taken back: %v", a)
	}
	after, err := s.Apps(t.Context())
	s.must(nil, err)
	if len(after) != 1 || after[0].Added != before[0].Added || after[0].Hint != before[0].Hint || len(after[0].Grants) != 2 ||
		after[0].Grants[0].ExpiresAt != before[0].Grants[0].ExpiresAt || after[0].Grants[0].Limits != before[0].Grants[0].Limits {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	if err := s.TakeAppBack(t.Context(), "notes"); err == nil {
		t.Error("taken back twice")
	}
	if err := s.TakeAppBack(t.Context(), "nobody"); err == nil {
		t.Error("an app came back that never was")
	}
}

// An app and what it may do survive a restart; one that was removed stays away.
func TestAppsOverARestart(t *testing.T) {
	s := begin(t)
	key, gone := s.app("notes", "openai"), s.app("gone", "openai")
	s.must(nil, s.RemoveApp(t.Context(), "gone"))
	if err := s.RemoveApp(t.Context(), "gone"); err == nil {
		t.Error("removed twice")
	}
	if _, err := s.AddApp(t.Context(), control.AddApp{Name: "notes", Sum: appkey.SumOf("x").String(), Providers: []string{"openai"}, Terms: day("*")}); err == nil {
		t.Error("a second app of the same name")
	}
	s.must(nil, s.agent.Close())
	s.start()
	if a := do(s.program(http.MethodPost, chatPath, chatBody, "Authorization", "Bearer "+key)); a.status != 200 {
		t.Errorf("%v", a)
	}
	if a := do(s.program(http.MethodPost, chatPath, chatBody, "Authorization", "Bearer "+gone)); a.status != 403 || a.code() != "" {
		t.Errorf("%v", a)
	}
}
