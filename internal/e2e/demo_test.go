package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
)

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *story) list() []control.Key {
	s.Helper()
	keys, err := s.Keys(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return keys
}

// The demo that the window starts: the page asks like any other, an answer comes from the demo's provider, and afterwards
// nothing of it is left.
func TestDemoFromTheWindow(t *testing.T) {
	t.Parallel()
	page, provider := freePort(t), freePort(t)
	with := func(o *agent.Options) {
		o.Demo = agent.DemoOptions{Page: fstest.MapFS{"index.html": {Data: []byte("<title>demo</title>")}}, PagePort: page, ProviderPort: provider}
	}
	s := begin(t, with)
	ctx := t.Context()
	s.must(s.SetProvider(ctx, control.SetProvider{ID: "demo", BaseURL: fmt.Sprintf("http://127.0.0.1:%d", provider)}))
	before := len(s.list())

	d, err := s.StartDemo(ctx)
	if err != nil || !d.Running {
		t.Fatalf("%+v, %v", d, err)
	}
	if again, err := s.StartDemo(ctx); err != nil || again != d {
		t.Errorf("started again: %+v, %v", again, err)
	}
	if got := s.state().Demo; got != d {
		t.Errorf("the state says %+v", got)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Page, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := do(r); !strings.Contains(got.body, "<title>demo</title>") {
		t.Errorf("the page is %d %q", got.status, got.body)
	}

	asked := make(chan answer, 1)
	request := s.call(ctx, d.Page, http.MethodPost, "/llm/demo/chat/completions", chatBody)
	go func() { asked <- do(request) }()
	q := s.question()
	if q.Origin != d.Page {
		t.Errorf("%s asks", q.Origin)
	}
	s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID}))
	if got := <-asked; got.status != http.StatusOK || !strings.Contains(got.body, "choices") {
		t.Errorf("the demo answered %d %s", got.status, got.body)
	}

	s.must(nil, s.StopDemo(ctx))
	if got := s.state().Demo; got.Running || got.Page != "" {
		t.Errorf("after the end: %+v", got)
	}
	if n := len(s.list()); n != before {
		t.Errorf("%d keys, want the %d of before", n, before)
	}
	sites, err := s.Sites(ctx)
	if err != nil || len(sites) != 0 {
		t.Errorf("sites left: %+v, %v", sites, err)
	}
	for _, port := range []int{page, provider} {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Errorf("port %d is not free again: %v", port, err)
			continue
		}
		_ = l.Close()
	}
	s.must(nil, s.StopDemo(ctx)) // a second time there is nothing to do

	if _, err := s.StartDemo(ctx); err != nil {
		t.Errorf("once more: %v", err)
	}
	began := time.Now()
	if err := s.agent.Close(); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("Close with a demo under way: %v after %v", err, time.Since(began))
	}
}

// A demo that runs in a terminal already, as "make run" offers it, is as good as one that the window starts: its page is shown, and
// when it ends there that is seen. One that speaks to another Oaklock is not taken for it.
func TestDemoThatRunsAlready(t *testing.T) {
	t.Parallel()
	page, provider := freePort(t), freePort(t)
	s := begin(t, func(o *agent.Options) {
		o.Demo = agent.DemoOptions{Page: fstest.MapFS{}, PagePort: page, ProviderPort: provider}
	})
	ctx := t.Context()
	run := func(endpoint string) (end func()) {
		running, stop := context.WithCancel(ctx)
		ready, ended := make(chan string), make(chan error)
		go func() {
			ended <- demo.Run(running, demo.Options{Endpoint: endpoint, PagePort: page, ProviderPort: provider, Assets: fstest.MapFS{}, Ready: func(p string) { ready <- p }})
		}()
		<-ready
		return func() { stop(); s.must(nil, <-ended) }
	}

	stop := run("http://127.0.0.1:1")
	if _, err := s.StartDemo(ctx); err == nil || !strings.Contains(err.Error(), "for another Oaklock") || s.state().Demo.Running {
		t.Errorf("the demo of another Oaklock: %v", err)
	}
	stop()

	stop = run(s.state().Endpoint)
	d, err := s.StartDemo(ctx)
	if want := fmt.Sprintf("http://localhost:%d", page); err != nil || !d.Running || d.Page != want {
		t.Fatalf("%+v, %v; want %s", d, err, want)
	}
	if s.state().Demo != d {
		t.Errorf("the state says %+v", s.state().Demo)
	}
	s.must(nil, s.StopDemo(ctx)) // it goes on in its terminal
	if _, err := s.StartDemo(ctx); err != nil {
		t.Errorf("once more: %v", err)
	}
	stop()
	s.await("the end of the demo in its terminal", func(s control.State) bool { return !s.Demo.Running })
}

// Another program on the demo's port is named, and nothing is left of the attempt but the key, which StopDemo takes away.
func TestDemoWithoutItsPort(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	s := begin(t, func(o *agent.Options) {
		o.Demo = agent.DemoOptions{Page: fstest.MapFS{}, PagePort: taken, ProviderPort: freePort(t)}
	})
	if _, err := s.StartDemo(t.Context()); err == nil || !strings.Contains(err.Error(), strconv.Itoa(taken)) {
		t.Errorf("%v; it should name the port", err)
	}
	if s.state().Demo.Running {
		t.Error("it is said to run")
	}
	none := begin(t)
	if _, err := none.StartDemo(t.Context()); err == nil || !strings.Contains(err.Error(), "no demo") {
		t.Errorf("without a page: %v", err)
	}
}
