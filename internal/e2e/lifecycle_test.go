package e2e_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// stream is an answer under way: the page has read its first event, and the provider waits for the next.
type stream struct {
	*opened
	s    *story
	gate chan string
}

func (s *story) stream(origin string) *stream {
	s.Helper()
	st := &stream{s: s, gate: make(chan string)}
	s.provider.Next(oaktest.Drip(st.gate))
	st.opened = s.open(s.Context(), s.call(s.Context(), origin, http.MethodPost, chatPath, chatBody))
	if st.resp.StatusCode != 200 {
		s.Fatal("the stream did not begin: ", st.resp.Status)
	}
	st.event("first")
	return st
}

// event goes from the provider to the page.
func (st *stream) event(text string) {
	st.s.Helper()
	st.s.give(st.gate, text)
	got := make([]byte, len("data: \n\n")+len(text))
	if _, err := io.ReadFull(st.body, got); err != nil || string(got) != "data: "+text+"\n\n" {
		st.s.Fatalf("the event %q came as %q, %v", text, got, err)
	}
}

// finish ends the answer as its provider would.
func (st *stream) finish(t *testing.T) {
	t.Helper()
	close(st.gate)
	if rest, err := io.ReadAll(st.body); err != nil || len(rest) > 0 {
		t.Errorf("the end came as %q, %v", rest, err)
	}
}

// isCut says that the page gets nothing any more of what the provider sends from now on, and sees that its answer is not whole.
func (st *stream) isCut(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		select {
		case st.gate <- "too late":
		case <-ctx.Done():
		}
	}()
	if rest, err := io.ReadAll(st.body); !errors.Is(err, io.ErrUnexpectedEOF) || len(rest) > 0 {
		t.Errorf("after its end came %q, %v", rest, err)
	}
}

// Of an answer that ends when its head and the beginning of a chunk have come, nothing has gone out: the page can be told why.
func TestWhatEndsAnAnswerBeforeItsFirstPiece(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	sent := make(chan struct{})
	s.provider.Next(onTheWire(func(c *net.TCPConn) {
		_, _ = io.WriteString(c, chunkedHead+"9\r\nhalf")
		close(sent)
		_, _ = io.Copy(io.Discard, c)
	}))
	got := make(chan answer, 1)
	go func() { got <- s.chat(site) }()
	taken(t, sent)
	time.Sleep(100 * time.Millisecond) // mostly it has been read by now; where it has not, the page is told the same
	s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
	if a := taken(t, got); a.status != 403 || a.code() != "consent_denied" {
		t.Errorf("%v", a)
	}
	s.ended(t, 403, "consent_denied")
}

// Whatever takes the permission away ends what runs on it: when the user's call has returned, not a byte more reaches
// the page, its answer looks cut, and the provider sees the hang-up.
func TestWhatEndsAnAnswer(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	ctx := t.Context()
	for name, c := range map[string]struct {
		act    func(origin string) error
		code   string // in the log
		status int    // of the next request
		next   string // its code
		undo   func() error
	}{
		"revoked": {act: func(o string) error { return s.RevokeSite(ctx, control.SiteRef{Origin: o}) }, code: "revoked", status: 408, next: "consent_pending"},
		"one provider revoked": {act: func(o string) error { return s.RevokeSite(ctx, control.SiteRef{Origin: o, Provider: "openai"}) },
			code: "revoked", status: 408, next: "consent_pending"},
		"given back": {act: func(o string) error {
			if a := do(s.call(ctx, o, http.MethodDelete, "/oaklock/v1/grant", "")); a.status != 200 {
				return errors.New(a.String())
			}
			return nil
		}, code: "revoked", status: 408, next: "consent_pending"},
		"blocked": {act: func(o string) error { return s.BlockSite(ctx, control.SiteRef{Origin: o}) }, code: "revoked", status: 403},
		"denied":  {act: func(o string) error { return s.DenySite(ctx, control.SiteRef{Origin: o}) }, code: "revoked", status: 403, next: "consent_denied"},
		"one provider denied": {act: func(o string) error { return s.DenySite(ctx, control.SiteRef{Origin: o, Provider: "openai"}) },
			code: "revoked", status: 403, next: "consent_denied"},
		"narrowed": {act: func(o string) error {
			return s.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: day("gpt-4o", "gpt-4o-mini-2024")})
		}, code: "revoked", status: 403, next: "model_denied"},
		"another class": {act: func(o string) error {
			terms := day("*")
			terms.Classes = []string{"optional"}
			return s.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: terms})
		}, code: "revoked", status: 403, next: "endpoint_denied"},
		"paused": {act: func(string) error { return s.Pause(ctx) }, code: "paused", status: 423, next: "paused", undo: func() error { return s.Resume(ctx) }},
		"locked": {act: func(string) error { return s.Lock(ctx) }, code: "locked", status: 423, next: "locked",
			undo: func() error { return s.Unlock(ctx, control.Unlock{}) }},
		"keychain locked": {act: func(string) error { return s.keychainSays(keychain.ErrLocked) }, code: "locked", status: 423, next: "locked",
			undo: func() error { return s.keychainSays(nil) }},
		"keychain gone": {act: func(string) error { return s.keychainSays(keychain.ErrUnavailable) }, code: "locked", status: 423, next: "locked",
			undo: func() error { return s.keychainSays(nil) }},
		"stopped": {act: func(string) error {
			st, err := s.State(ctx)
			if err != nil || len(st.Running) != 1 {
				return errors.Join(err, errors.New("not one request is running"))
			}
			return s.StopRunning(ctx, st.Running[0].ID)
		}, code: "stopped", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			origin := "https://" + name[len(name)-4:] + ".example"
			s.allow(origin, "openai", "mistral")
			page, before := s.stream(origin), s.provider.State().HungUp
			s.must(nil, c.act(origin))
			page.isCut(t)
			s.hungUp(t, before+1)
			s.ended(t, 200, c.code)
			if e := s.entries(t)[0]; e.Origin != origin || e.BytesOut != int64(len("data: first\n\n")) {
				t.Errorf("the log has %+v", e)
			}
			served := s.provider.Count()
			if a := s.chat(origin); a.status != c.status || a.code() != c.next {
				t.Errorf("the next request: %v", a)
			}
			if n := s.provider.Count() - served; (n > 0) != (c.status == 200) {
				t.Errorf("%d requests reached the provider", n)
			}
			if c.undo != nil {
				s.must(nil, c.undo())
				if a := s.chat(origin); a.status != 200 {
					t.Errorf("afterwards: %v", a)
				}
			}
		})
	}
}

// keychainSays is what the keychain says from now on, of which the desktop tells.
func (s *story) keychainSays(err error) error {
	s.vault.breakWith(err)
	s.agent.VaultMoved()
	return nil
}

// A keychain that is silent may only be slow: keys in memory serve on, others cannot be read, and the user is told just that.
func TestASilentKeychain(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai", "mistral")
	page := s.stream(site)
	s.must(nil, s.keychainSays(keychain.ErrTimeout))
	st := s.await("what is said of the keychain", func(st control.State) bool { return st.Vault.Message != "" })
	if st.State != "on" || st.Vault.Status != "ready" || !strings.Contains(st.Vault.Message, "Keys that are in memory are used as before") {
		t.Errorf("the state is %s, and of the keychain is said %+v", st.State, st.Vault)
	}
	page.event("after that")
	page.finish(t)
	if a := s.chat(site); a.status != 200 {
		t.Errorf("with a key in memory: %v", a)
	}
	s.must(nil, s.Lock(t.Context()))
	s.must(nil, s.keychainSays(nil))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	s.must(nil, s.keychainSays(keychain.ErrTimeout))
	s.await("the keychain out of reach", func(st control.State) bool { return st.Vault.Status == "unavailable" })
	if a := s.chat(site); a.status != 423 || a.code() != "locked" {
		t.Errorf("with no key in memory: %v", a)
	}
}

// What leaves the permission in force leaves the answer alone.
func TestWhatDoesNotEndAnAnswer(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai", "mistral")
	s.allow("https://other.example", "openai")
	page := s.stream(site)
	ctx := t.Context()
	for name, act := range map[string]func() error{
		"all models as before": func() error {
			return s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: day("*")})
		},
		"narrowed to its model": func() error {
			return s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: day("gpt-4o-mini")})
		},
		"another provider": func() error { return s.RevokeSite(ctx, control.SiteRef{Origin: site, Provider: "mistral"}) },
		"another site":     func() error { return s.BlockSite(ctx, control.SiteRef{Origin: "https://other.example"}) },
		"a look-alike":     func() error { return s.BlockSite(ctx, control.SiteRef{Origin: "https://app.example:8443"}) },
		"no questions":     func() error { _, err := s.SetSetting(ctx, "questions", "off"); return err },
		"another key": func() error {
			_, err := s.AddKey(ctx, control.AddKey{Provider: "openai", Label: "second", Secret: oaktest.Key("openai")})
			return err
		},
	} {
		s.must(nil, act())
		page.event("after " + name)
	}
	page.finish(t)
	s.ended(t, 200, "")
}

// A grant that runs out ends the answer by itself, and the site may ask again.
func TestExpiryEndsAnAnswer(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	terms := day("*")
	terms.Days, terms.ExpiresAt = 0, time.Now().Add(2*time.Second).UnixMilli()
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	page := s.stream(site)
	page.event("second")
	if rest, err := io.ReadAll(page.body); !errors.Is(err, io.ErrUnexpectedEOF) || len(rest) > 0 {
		t.Errorf("at the end came %q, %v", rest, err)
	}
	s.hungUp(t, 1)
	s.ended(t, 200, "revoked")
	sites, err := s.Sites(t.Context())
	if err != nil || len(sites) != 1 || sites[0].State != "expired" || !sites[0].Grants[0].Expired {
		t.Errorf("the site is %+v, %v", sites, err)
	}
	if a := s.chat(site); a.status != 408 {
		t.Errorf("the next request: %v", a)
	}
}

// Quitting ends what runs and what waits. Grants and keys are there again at the next start, but for what was allowed
// until Oaklock quits; so are blocks, denials, settings and the log.
func TestQuittingAndStartingAgain(t *testing.T) {
	t.Parallel()
	s := begin(t)
	ctx := t.Context()
	s.allow(site, "openai", "mistral")
	untilQuit := day("*")
	untilQuit.Days, untilQuit.UntilQuit = 0, true
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: "https://guest.example", Providers: []string{"openai"}, Terms: untilQuit}))
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"mistral"}, Terms: untilQuit})) // it replaces the other
	s.must(nil, s.BlockSite(ctx, control.SiteRef{Origin: "https://blocked.example"}))
	s.must(nil, s.DenySite(ctx, control.SiteRef{Origin: "https://denied.example"}))
	s.must(s.SetSetting(ctx, "wait", "1s"))
	if a := s.chat("https://guest.example"); a.status != 200 {
		t.Fatal(a)
	}
	page := s.stream(site)
	held := make(chan answer, 1)
	asking := s.call(ctx, site, http.MethodPost, "/llm/anthropic/v1/messages", dialects["anthropic"].body)
	s.must(s.SetSetting(ctx, "wait", "60s"))
	go func() { held <- do(asking) }()
	s.question()

	s.must(nil, s.Quit(ctx))
	<-s.agent.Quitting()
	s.must(nil, s.agent.Close())
	page.isCut(t)
	s.hungUp(t, 1)
	if a := <-held; a.status == 200 || a.status == 408 {
		t.Errorf("the waiting request: %v", a)
	}
	if _, err := s.State(ctx); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("the closed agent says %v", err)
	}

	s.start()
	s.must(s.SetSetting(ctx, "wait", "1s"))
	if e := s.entries(t); !slices.ContainsFunc(e, func(e control.Entry) bool { return e.Origin == site && e.Status == 200 && e.Code == "stopped" }) {
		t.Errorf("the log has no entry of the cut answer: %+v", e)
	}
	for name, c := range map[string]struct {
		origin string
		status int
	}{"kept": {site, 200}, "until quit": {"https://guest.example", 408}, "blocked": {"https://blocked.example", 403}, "denied": {"https://denied.example", 403}} {
		if a := s.chat(c.origin); a.status != c.status {
			t.Errorf("%s: %v", name, a)
		}
	}
	mistral := dialects["mistral"]
	if a := do(s.call(ctx, site, http.MethodPost, mistral.path, mistral.body)); a.status != 408 {
		t.Errorf("until quit, in the place of a saved one: %v", a)
	}
}

// The agent that starts while its port is taken says so, and nothing of it is left behind.
func TestAFailedStartLeavesNothingBehind(t *testing.T) {
	s := begin(t)
	st, err := s.State(t.Context())
	s.must(nil, err)
	home := t.TempDir() + "/other"
	for range 3 { // a socket or a lock that was left behind would make the second a different failure
		if _, err := agent.Open(t.Context(), agent.Options{Home: home, Port: st.Port, Keychain: s.vault}); err == nil {
			t.Fatal("two agents share a port")
		}
	}
	second, err := agent.Open(t.Context(), agent.Options{Home: home, Port: 0, Keychain: s.vault})
	if err != nil {
		t.Fatal(err)
	}
	s.must(nil, second.Close())
}

// Whoever runs the agent hears of all that is done, so that it knows when nothing is.
func TestWorkIsTold(t *testing.T) {
	t.Parallel()
	var told atomic.Int64
	s := begin(t, func(o *agent.Options) { o.Worked = func() { told.Add(1) } })
	s.allow(site, "openai")
	for what, do := range map[string]func(){
		"a request": func() { s.chat(site) },
		"a refusal": func() { s.ask("https://blocked.example", http.MethodPost, "/llm/openai/models/delete", "{}") },
		"a look":    func() { s.state() },
		"a change":  func() { s.must(s.SetSetting(t.Context(), "log_days", "60")) },
	} {
		before := told.Load()
		do()
		if told.Load() == before {
			t.Errorf("%s is not told", what)
		}
	}
}
