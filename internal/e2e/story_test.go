// Package e2e tells stories through the front doors: a page's HTTP, the control socket, the command line. Files with the
// tag real need the programs, a browser, a keychain and a display, which "make test" brings.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/attack"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/secret"
)

// site is the page of most stories.
const site = "https://app.example"

// patience bounds waiting for something that must come; it is no measure of how fast.
const patience = 20 * time.Second

// story is a running agent with a fake provider behind every model provider's name.
type story struct {
	testing.TB
	*control.Client
	agent    *agent.Agent
	provider *oaktest.Provider
	key      string
	home     string
	log      *buffer
	vault    *memory
}

// begin starts an agent in a profile folder of its own. Its vault is memory, since what is told is not the keychain.
func begin(t *testing.T, change ...func(*agent.Options)) *story {
	t.Helper()
	return beginWith(t, oaktest.ProviderOptions{}, change...)
}

// beginWith is begin with a provider of another kind; the agent trusts its certificate, unless a change says otherwise.
func beginWith(t *testing.T, o oaktest.ProviderOptions, change ...func(*agent.Options)) *story {
	t.Helper()
	o.Key = oaktest.Key("openai")
	s := &story{TB: t, key: o.Key, home: t.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}},
		provider: oaktest.NewProvider(t, o)}
	if o.TLS {
		roots := x509.NewCertPool()
		roots.AddCert(s.provider.Server.Certificate())
		change = append([]func(*agent.Options){func(o *agent.Options) { o.RootCAs = roots }}, change...)
	}
	s.start(change...)
	for _, m := range []control.SetPrice{{Provider: "openai", Model: "m"}, {Provider: "anthropic", Model: "claude"}, {Provider: "anthropic", Model: "claude-x"}, {Provider: "google", Model: "gemini-a"}} {
		m.Rates = map[string]int64{"input": 1_000_000, "output": 4_000_000} // models that there are not
		s.must(s.SetPrice(t.Context(), m))
	}
	s.must(s.SetSetting(t.Context(), "brake", "off")) // most stories ask the same over and over; those of the brake switch it on
	for _, id := range []string{"openai", "anthropic", "google", "mistral"} {
		s.must(s.SetProvider(t.Context(), control.SetProvider{ID: id, BaseURL: s.provider.BaseURL(id)}))
		s.must(s.AddKey(t.Context(), control.AddKey{Provider: id, Secret: o.Key, Anyway: true}))
	}
	return s
}

// start starts the story's agent, also again after a stop.
func (s *story) start(change ...func(*agent.Options)) {
	s.Helper()
	o := agent.Options{Home: s.home, Port: 0, Version: "test", Keychain: s.vault,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&o)
	}
	a, err := agent.Open(s.Context(), o)
	if err != nil {
		s.Fatal(err)
	}
	s.agent, s.Client = a, control.Dial(s.home)
	s.Cleanup(func() {
		if err := a.Close(); err != nil {
			s.Error("close:", err)
		}
		if bytes.Contains(s.log.Bytes(), []byte("failed unexpectedly")) {
			s.Errorf("the agent panicked:\n%s", s.log.Bytes())
		}
	})
}

func (s *story) must(_ any, err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// allow gives the site a grant by hand.
func (s *story) allow(origin string, providers ...string) {
	s.Helper()
	s.must(nil, s.AllowSite(s.Context(), control.AllowSite{Origin: origin, Providers: providers, Terms: day("*")}))
}

// allowFreely gives the site a grant that bounds tokens and no cost, for models that have no price.
func (s *story) allowFreely(origin string, providers ...string) {
	s.Helper()
	s.must(nil, s.AllowSite(s.Context(), control.AllowSite{Origin: origin, Providers: providers, Terms: freely(day("*"))}))
}

// freely are terms that bound tokens and no cost.
func freely(t control.Terms) control.Terms {
	t.Limits = control.Limits{TokensDay: 1_000_000_000_000}
	return t
}

// day are the terms of most grants: these models, a dollar, a day.
func day(models ...string) control.Terms {
	return control.Terms{Classes: []string{"inference"}, Models: models, Limits: control.Limits{CostDay: 1_000_000}, Days: 1}
}

// await looks again until what it waits for has come.
func (s *story) await(what string, yes func(control.State) bool) control.State {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	events, err := s.Events(ctx)
	if err != nil {
		s.Fatal(err)
	}
	for {
		st, err := s.State(ctx)
		if err != nil {
			s.Fatalf("waiting for %s: %v", what, err)
		}
		if yes(st) {
			return st
		}
		select {
		case <-events:
		case <-ctx.Done():
			s.Fatalf("%s did not come; the state is %+v", what, st)
		}
	}
}

// question waits for the one question and gives it.
func (s *story) question() control.Question {
	s.Helper()
	return s.await("a question", func(st control.State) bool { return len(st.Questions) == 1 }).Questions[0]
}

const chatPath = "/llm/openai/chat/completions"

const chatBody = `{"model":"gpt-4o-mini","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}`

// good is a chat request of site as it is on the wire.
var good = strings.ReplaceAll(attack.Good, "SITE", site)

// call is a request as a page's script makes it.
func (s *story) call(ctx context.Context, origin, method, path, body string, headers ...string) *http.Request {
	s.Helper()
	r, err := http.NewRequestWithContext(ctx, method, s.agent.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	r.Header.Set("Authorization", "Bearer oaklock")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// answer is what the page got, or the error in err.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (a answer) String() string {
	return fmt.Sprintf("%d %v %v\n%s", a.status, a.header, a.err, a.body)
}

// code is Oaklock's own, from the one JSON shape of refusals.
func (a answer) code() string {
	_, rest, ok := strings.Cut(a.body, `"code":"`)
	if !ok || !strings.Contains(a.body, `"type":"oaklock_error"`) {
		return ""
	}
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

func do(r *http.Request) answer {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	r = r.WithContext(ctx)
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body), err}
}

// chat asks the model once for the site.
func (s *story) chat(origin string) answer {
	s.Helper()
	return do(s.call(s.Context(), origin, http.MethodPost, chatPath, chatBody))
}

// chatting asks the model and gives the answer when it comes.
func (s *story) chatting(ctx context.Context, origin string) <-chan answer {
	s.Helper()
	r := s.call(ctx, origin, http.MethodPost, chatPath, chatBody)
	ch := make(chan answer, 1)
	go func() { ch <- do(r) }()
	return ch
}

// raw sends bytes on a connection of their own and gives all that comes back until the other side closes, or after a
// whole response.
func (s *story) raw(text string) string {
	s.Helper()
	c, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.agent.Endpoint(), "http://"))
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	text = strings.NewReplacer("PORT", fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port), "\n", "\r\n").Replace(text)
	if _, err := io.WriteString(c, text); err != nil {
		return ""
	}
	var got bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &got)), &http.Request{Method: strings.Fields(text)[0]})
	if err != nil {
		return got.String()
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body) // an answer cut short shows in what was got
	return got.String()
}

// rawAll sends bytes on a connection of their own and gives all that comes back until the other side closes, so the last
// request says "Connection: close".
func (s *story) rawAll(text string) string {
	s.Helper()
	c, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.agent.Endpoint(), "http://"))
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	text = strings.NewReplacer("PORT", fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port), "\n", "\r\n").Replace(text)
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		s.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		s.Fatal(err)
	}
	got, _ := io.ReadAll(c) // a connection that was reset has said what it had to say
	return string(got)
}

// buffer is a log that a test can read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

// memory is a vault whose keychain can be made to fail.
type memory struct {
	mu     sync.Mutex
	m      map[keychain.ID][]byte
	fail   error
	before func() // called once, when a key is fetched next
	late   func() // called once, when it has looked how it is next, before it says so
	lists  int    // how often it was asked what it has
}

func (v *memory) Kind() string { return "keychain" }

func (v *memory) Status(context.Context) error {
	err := v.failing()
	v.mu.Lock()
	late := v.late
	v.late = nil
	v.mu.Unlock()
	if late != nil {
		late()
	}
	return err
}

func (v *memory) Put(_ context.Context, id keychain.ID, b []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail == nil {
		v.m[id] = bytes.Clone(b)
	}
	return v.fail
}

func (v *memory) Get(_ context.Context, id keychain.ID) (secret.Secret, error) {
	v.mu.Lock()
	before := v.before
	v.before = nil
	v.mu.Unlock()
	if before != nil {
		before()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail != nil {
		return secret.Secret{}, v.fail
	}
	b, ok := v.m[id]
	if !ok {
		return secret.Secret{}, keychain.ErrNotFound
	}
	return secret.New(bytes.Clone(b))
}

func (v *memory) Delete(_ context.Context, id keychain.ID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail == nil {
		delete(v.m, id)
	}
	return v.fail
}

func (v *memory) List(context.Context) ([]keychain.ID, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lists++
	return slices.Collect(maps.Keys(v.m)), v.fail
}

// listed is how often it was asked what it has.
func (v *memory) listed() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lists
}

// beforeGet makes f happen when a key is fetched next.
func (v *memory) beforeGet(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = f
}

func (v *memory) breakWith(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail = err
}

func (v *memory) failing() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fail
}

// hungUp waits until the provider has seen so many clients hang up, and answers nobody any more.
func (s *story) hungUp(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.provider.Wait(ctx, t, func(st oaktest.State) bool { return st.Active == 0 && st.HungUp >= n })
}
