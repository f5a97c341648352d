//go:build soak && linux

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"
	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// soaking is an agent under load for a long time, while whatever can be taken from it is taken and given back.
type soaking struct {
	*story
	bus   *sessionbus.Env
	clock atomic.Int64 // by how much the wall clock is moved

	// work is held for reading by each request, and for writing by whoever wants nothing to be under way.
	work sync.RWMutex
	// disturbed counts up when something is taken away and when it is all back: even means that all is well.
	disturbed atomic.Int64
	stop      context.Context

	mu    sync.Mutex
	tally map[string]int // guarded by mu: outcomes
	wrong int            // guarded by mu
}

const soakSite, soakStranger = "https://soak.example", "https://stranger.example"

// TestSoak is "make soak": OAKLOCK_SOAK of mixed load (60 min if it says nothing else), on loopback alone. Every answer is looked at;
// each round something is taken away and given back, and at its end, with nothing under way, heap, goroutines and open files are
// counted.
func TestSoak(t *testing.T) {
	length := time.Hour
	if text := os.Getenv("OAKLOCK_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	s := &soaking{bus: sessionbus.Start(t, sessionbus.KeyringUnlocked), tally: map[string]int{}}
	s.bus.Setenv(t)
	t.Cleanup(func() { // go-keyring shares it in the process
		if conn, err := godbus.SessionBus(); err == nil {
			_ = conn.Close()
		}
	})
	s.story = begin(t, func(o *agent.Options) {
		o.Keychain = nil // the session's own
		o.Now = func() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }
	})
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	s.provider.Always(repeating)
	s.permit()
	// Not a deadline: a dialer sets that on its connection, and fails a moment before the context has ended.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer time.AfterFunc(length, cancel).Stop()
	s.stop = ctx
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() { s.keepOn(s.asks) })
		workers.Go(func() { s.keepOn(s.streams) })
	}
	for range 2 {
		workers.Go(func() { s.keepOn(s.talks) })
	}
	workers.Go(func() { s.keepOn(s.intrudes) })
	s.conduct(ctx)
	cancel()
	workers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("outcomes: %v", s.tally)
	if n := s.tally[tooMany]; n > s.tally["talked, right"]/10_000 { // on a machine that is busy with others, too
		t.Errorf("%d WebSockets were too many", n)
	}
	if s.wrong > 0 {
		t.Errorf("%d answers were wrong", s.wrong)
	}
	for _, kind := range []string{"asked, right", "streamed, right", "talked, right", "intruded, right"} {
		if s.tally[kind] == 0 {
			t.Errorf("nothing came of %q: %v", kind, s.tally)
		}
	}
	oaktest.Scan(t, s.key, s.log.Bytes())
}

// permit gives the site what its load needs.
func (s *soaking) permit() {
	s.Helper()
	s.must(nil, s.AllowSite(s.Context(), control.AllowSite{Origin: soakSite, Providers: []string{"openai"}, Terms: freely(day("*"))}))
}

// conduct takes something away and gives it back until the time is over, and counts what is left after each round.
func (s *soaking) conduct(ctx context.Context) {
	s.Helper()
	takings := []struct {
		name string
		do   func()
	}{
		{"revoked", func() {
			s.must(nil, s.RevokeSite(s.Context(), control.SiteRef{Origin: soakSite}))
			s.pause()
			s.permit()
		}},
		{"locked", func() { s.must(nil, s.Lock(s.Context())); s.pause(); s.unlock() }},
		{"the keychain killed", s.killKeychain},
		{"paused", func() { s.must(nil, s.Pause(s.Context())); s.pause(); s.must(nil, s.Resume(s.Context())) }},
		{"blocked", func() {
			s.must(nil, s.BlockSite(s.Context(), control.SiteRef{Origin: soakSite}))
			s.pause()
			s.must(nil, s.UnblockSite(s.Context(), control.SiteRef{Origin: soakSite}))
			s.permit()
		}},
		{"the clock two days on", func() { s.clock.Add(int64(48 * time.Hour)); s.pause(); s.permit() }},
		{"the clock an hour back", func() { s.clock.Add(-int64(time.Hour)); s.pause(); s.permit() }},
	}
	var first, most remains
	for round := 0; ctx.Err() == nil; round++ {
		if !s.rest(ctx, 5*time.Second) {
			break
		}
		taking := takings[round%len(takings)]
		s.disturbed.Add(1)
		taking.do()
		s.disturbed.Add(1)
		if !s.rest(ctx, 2*time.Second) {
			break
		}
		now := s.count()
		if round == 2*len(takings) { // by now everything has been done, and all that is made once is there
			first = now
		}
		most = remains{max(most.heap, now.heap), max(most.goroutines, now.goroutines), max(most.files, now.files)}
		if round%len(takings) == 0 {
			s.mu.Lock()
			s.Logf("round %d: %v; %v", round, now, s.tally)
			s.mu.Unlock()
		}
		if round <= 2*len(takings) {
			continue
		}
		if now.heap > first.heap+16<<20 || now.goroutines > first.goroutines+10 || now.files > first.files+10 {
			s.Errorf("after round %d (%s) there are %v, and there were %v", round, taking.name, now, first)
		}
	}
	s.Logf("at the first: %v; at most: %v", first, most)
}

// rest lets the load run. The time is the load's, no synchronisation.
func (s *soaking) rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// pause is how long what was taken away stays away.
func (s *soaking) pause() { time.Sleep(time.Duration(500+rand.IntN(1000)) * time.Millisecond) }

func (s *soaking) unlock() {
	s.Helper()
	s.must(nil, s.Unlock(s.Context(), control.Unlock{}))
}

// killKeychain kills the daemon while Oaklock is locked, so that it needs it again: until the keychain is open no request is served,
// and none is told that there is no key.
func (s *soaking) killKeychain() {
	s.Helper()
	s.must(nil, s.Lock(s.Context()))
	s.bus.KillKeyring()
	_ = s.Unlock(s.Context(), control.Unlock{}) // the daemon that the bus starts is locked
	s.pause()
	s.bus.StartKeyring()
	s.unlock()
}

// remains are what is there when nothing is under way, and must not grow.
type remains struct {
	heap              uint64
	goroutines, files int
}

func (f remains) String() string {
	return fmt.Sprintf("%.1f MiB of heap, %d goroutines, %d files", float64(f.heap)/(1<<20), f.goroutines, f.files)
}

// count waits until nothing is under way and counts what is there then, the tests' own included.
func (s *soaking) count() remains {
	s.Helper()
	s.work.Lock()
	defer s.work.Unlock()
	s.await("nothing that runs", func(st control.State) bool { return len(st.Running) == 0 && len(st.Questions) == 0 })
	s.provider.Forget()
	s.log.mu.Lock()
	said := s.log.b.Bytes()
	s.log.mu.Unlock()
	if bytes.Contains(said, []byte(s.key)) {
		s.Error("the key is in the log")
	}
	s.log.mu.Lock()
	s.log.b = bytes.Buffer{}
	s.log.mu.Unlock()
	runtime.GC()
	runtime.GC() // what has a finalizer is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		s.Fatal(err)
	}
	return remains{m.HeapAlloc, runtime.NumGoroutine(), len(files)}
}

// keepOn does one thing again and again, as long as nobody wants it quiet.
func (s *soaking) keepOn(once func()) {
	for s.stop.Err() == nil {
		s.work.RLock()
		if s.stop.Err() == nil {
			once()
		}
		s.work.RUnlock()
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // the load is bounded: the machine is not what is tested
	}
}

// outcome files one answer. Right is always right. What is due to something that was taken away is right only if something was, from
// before the request until after it.
func (s *soaking) outcome(what string, before int64, right, due bool, a any) {
	calm := before%2 == 0 && s.disturbed.Load() == before
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case right:
		s.tally[what+", right"]++
	case due && !calm:
		s.tally[what+", refused or cut"]++
	case s.stop.Err() != nil:
		s.tally[what+", at the end"]++
	default:
		s.tally[what+", WRONG"]++
		if s.wrong++; s.wrong <= 20 {
			s.Errorf("%s: %.500s (calm: %v)", what, fmt.Sprint(a), calm)
		}
	}
}

// due says that a request was refused as one is that the user does not allow just now.
func due(a answer) bool {
	switch a.status {
	case 423:
		return a.code() == "locked" || a.code() == "paused"
	case 403:
		return a.code() == "consent_denied" || a.code() == "" && a.header.Get("Access-Control-Allow-Origin") == "" // blocked: the constant one
	case 408:
		return a.code() == "consent_pending"
	}
	return false
}

// repeating is a provider that says again what it was asked, in the way that was asked for, so that an answer in the wrong place
// shows.
func repeating(p *oaktest.Provider, w http.ResponseWriter, r *http.Request, body []byte) {
	if websocket.IsWebSocketUpgrade(r) {
		oaktest.Echo()(p, w, r, body)
		return
	}
	var asked struct {
		Stream   bool
		Messages []struct{ Content string }
	}
	if r.Header.Get("Authorization") != "Bearer "+p.Key || json.Unmarshal(body, &asked) != nil || len(asked.Messages) == 0 {
		http.Error(w, "this is no request", http.StatusTeapot)
		return
	}
	text := asked.Messages[0].Content
	if !asked.Stream {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"said":%q,"key":%q}`, text, p.Key)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for n := range 20 {
		if _, err := fmt.Fprintf(w, "data: {\"said\":%q,\"n\":%d}\n\n", text, n); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		time.Sleep(5 * time.Millisecond) // as models do
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func nonce() string { return fmt.Sprintf("%016x", rand.Uint64()) }

func (s *soaking) send(origin string, stream bool, text string) answer {
	body := fmt.Sprintf(`{"model":"gpt-4o-mini","max_tokens":64,"stream":%v,"messages":[{"role":"user","content":%q}]}`, stream, text)
	return do(s.call(s.stop, origin, http.MethodPost, chatPath, body))
}

func (s *soaking) asks() {
	before, text := s.disturbed.Load(), nonce()
	a := s.send(soakSite, false, text)
	right := a.err == nil && a.status == 200 && a.body == fmt.Sprintf(`{"said":%q,"key":"[redacted by Oaklock]"}`, text)
	s.outcome("asked", before, right, due(a) || a.err != nil, a)
}

func (s *soaking) streams() {
	before, text := s.disturbed.Load(), nonce()
	a := s.send(soakSite, true, text)
	var want strings.Builder
	for n := range 20 {
		fmt.Fprintf(&want, "data: {\"said\":%q,\"n\":%d}\n\n", text, n)
	}
	want.WriteString("data: [DONE]\n\n")
	right := a.err == nil && a.status == 200 && a.body == want.String()
	// One that was cut is the beginning of the right one, and looks cut.
	cut := a.err != nil && strings.HasPrefix(want.String(), a.body)
	s.outcome("streamed", before, right, due(a) || cut, a)
}

const tooMany = "talked, too many at once"

// talks says a few things over a WebSocket and hears them again.
func (s *soaking) talks() {
	before, text := s.disturbed.Load(), nonce()
	ctx, cancel := context.WithTimeout(s.stop, patience)
	defer cancel()
	c, resp, err := websocket.DefaultDialer.DialContext(ctx, "ws"+strings.TrimPrefix(s.agent.Endpoint(), "http")+realtimePath, http.Header{"Origin": {soakSite}})
	if err != nil {
		a := answer{err: err}
		if resp != nil {
			body, _ := io.ReadAll(resp.Body) // in memory
			a = answer{resp.StatusCode, resp.Header, string(body), nil}
		}
		// A WebSocket whose page has left counts among those of its site until its provider has answered, for half a second at most.
		if a.status == http.StatusTooManyRequests {
			s.mu.Lock()
			s.tally[tooMany]++
			s.mu.Unlock()
			return
		}
		s.outcome("talked", before, false, due(a) || resp == nil, a)
		return
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for n := range 20 {
		said := fmt.Sprintf(`{"type":"x","text":%q,"n":%d}`, text, n)
		if err = c.WriteMessage(websocket.TextMessage, []byte(said)); err != nil {
			break
		}
		var m []byte
		if _, m, err = c.ReadMessage(); err != nil {
			break
		}
		if string(m) != said {
			s.outcome("talked", before, false, false, fmt.Sprintf("%q instead of %q", m, said))
			return
		}
	}
	var bye *websocket.CloseError
	ended := err != nil && (!errors.As(err, &bye) || bye.Code == websocket.ClosePolicyViolation || bye.Code == websocket.CloseAbnormalClosure)
	s.outcome("talked", before, err == nil, ended, err)
}

// intrudes is a site that nobody has allowed, and a request that no page could make. Neither may ever get anything.
func (s *soaking) intrudes() {
	before := s.disturbed.Load()
	a := s.send(soakStranger, false, nonce())
	s.outcome("intruded", before, a.err == nil && (due(a) || a.status == 429), false, a)
	got := s.raw("POST " + chatPath + " HTTP/1.1\nHost: evil.example\nOrigin: " + soakSite + "\nContent-Length: 0\n\n")
	s.outcome("rebound", before, strings.HasPrefix(got, "HTTP/1.1 421 "), false, got)
}
