// Package browser lets a test open pages in a real Chromium, on an origin that counts as public, with the permission to
// reach loopback given as a user gives it, or not given.
//
//	page := oaktest.NewPageServer(t, "https://app.kaiban.test", nil)
//	b := browser.Start(t, browser.Options{Origin: page.Origin, SPKI: page.SPKI, PagePort: page.Port, LNA: true})
//	b.Open(page.Origin + browser.Team{Provider: "openai", Base: base}.Path())
//	status := b.WaitStatus(ctx, browser.Finished, browser.Errored)
//	oaktest.Scan(t, key, b.Observed())
//
// It starts frontend/e2e/driver.mjs, which needs Node, the packages of frontend, and /usr/bin/chromium (or what the
// environment variable OAKTEST_CHROMIUM names). The tests that use it have the build tag "real".
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// Options are one public origin, and whatever others a test needs beside it.
type Options struct {
	// Origin, SPKI and PagePort are those of an [oaktest.PageServer]. Pages on localhost need none of them.
	Origin   string
	SPKI     string
	PagePort int
	// LNA tells whether the user has given the origin the browser's own permission for loopback. Without it Chromium
	// denies, since it cannot ask when it has no display.
	LNA bool
	// Denied tells that the user has denied that permission.
	Denied bool
	// Screen is the environment of a display, such as [desktop.Desktop.Vars]: the browser has a window there, with a permission
	// that was never asked for, and asks. Nil is no window.
	Screen []string
	// More are other origins that tabs may be opened on.
	More []Options
}

// State is what a test page says of itself.
type State string

// The states of kaiban.html and probe.html, in their order; a page ends as Finished or Errored.
const (
	Waiting  State = "waiting"
	Running  State = "running"
	Finished State = "finished"
	Errored  State = "errored"
)

// Status is one change of a page's state. Text is the result or the error, as the page could read it.
type Status struct {
	Tab   int    `json:"page"`
	State State  `json:"state"`
	Text  string `json:"text"`
}

// Event is something that happened in the browser; see frontend/e2e/driver.mjs for the fields of each kind.
type Event struct {
	Kind string
	JSON json.RawMessage
}

// Browser is one Chromium with a profile of its own. It ends with the test.
type Browser struct {
	t       testing.TB
	in      io.WriteCloser
	done    chan struct{} // closed when the driver's output has ended
	stderr  *tail
	started chan struct{}

	mu       sync.Mutex
	lastID   int
	answers  map[int]chan answer
	statuses []Status
	events   []Event
	lastTab  int
	changed  chan struct{} // closed and replaced at each event
}

type answer struct {
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// slow is how long the driver may take for one command, on a machine that does much else.
const slow = 90 * time.Second

// Start starts Chromium, or fails the test.
func Start(t testing.TB, o Options) *Browser {
	t.Helper()
	frontend := filepath.Join(oaktest.ModuleRoot(t), "frontend")
	if _, err := os.Stat(filepath.Join(frontend, "node_modules", "playwright-core")); err != nil {
		t.Fatalf("the browser tests need the packages of frontend: run \"npm ci\" there (%v)", err)
	}
	arguments, err := json.Marshal(settings(o))
	if err != nil {
		t.Fatal(err)
	}
	//nolint:noctx,gosec // it is told to close, and killed if it does not; the argument is the test's own
	command := exec.Command("node", filepath.Join("e2e", "driver.mjs"), string(arguments))
	command.Dir = frontend
	command.Env = append(os.Environ(), o.Screen...)
	b := &Browser{
		t: t, done: make(chan struct{}), started: make(chan struct{}), stderr: &tail{},
		answers: map[int]chan answer{}, changed: make(chan struct{}),
	}
	command.Stderr = b.stderr
	if b.in, err = command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start the browser's driver: %v", err)
	}
	go b.listen(out)
	t.Cleanup(func() {
		_ = b.in.Close() // the driver closes the browser when its input ends
		killer := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
		<-b.done
		_ = command.Wait() // a browser that ends badly has done its work
		killer.Stop()
	})
	select {
	case <-b.started:
	case <-b.done:
		t.Fatalf("the browser did not start:\n%s", b.stderr)
	case <-time.After(slow):
		t.Fatalf("the browser did not start in %v:\n%s", slow, b.stderr)
	}
	return b
}

// settings is what driver.mjs takes.
func settings(o Options) map[string]any {
	origins := []map[string]any{}
	for _, one := range append([]Options{o}, o.More...) {
		if one.Origin == "" {
			continue
		}
		permission := "unasked"
		switch {
		case one.LNA:
			permission = "granted"
		case one.Denied:
			permission = "denied"
		}
		origins = append(origins, map[string]any{
			"origin": one.Origin, "port": one.PagePort, "spki": one.SPKI, "permission": permission,
		})
	}
	all := map[string]any{"origins": origins, "headless": o.Screen == nil}
	if program := os.Getenv("OAKTEST_CHROMIUM"); program != "" {
		all["executable"] = program
	}
	return all
}

func (b *Browser) listen(out io.Reader) {
	defer close(b.done)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m struct {
			ID    int
			Event string
			answer
		}
		if json.Unmarshal(line, &m) != nil {
			continue // not ours: Node's own words
		}
		b.mu.Lock()
		switch {
		case m.ID != 0:
			if waiting := b.answers[m.ID]; waiting != nil {
				waiting <- m.answer // it has room for the one answer
				delete(b.answers, m.ID)
			}
		case m.Event == "ready":
			close(b.started)
		default:
			if m.Event == "status" {
				var s Status
				if json.Unmarshal(line, &s) == nil {
					b.statuses = append(b.statuses, s)
				}
			}
			b.events = append(b.events, Event{Kind: m.Event, JSON: line})
			close(b.changed)
			b.changed = make(chan struct{})
		}
		b.mu.Unlock()
	}
}

// do sends one command and returns its value.
func (b *Browser) do(name string, fields map[string]any) (json.RawMessage, error) {
	waiting := make(chan answer, 1)
	b.mu.Lock()
	b.lastID++
	id := b.lastID
	b.answers[id] = waiting
	b.mu.Unlock()

	command := map[string]any{"id": id, "do": name}
	for k, v := range fields {
		command[k] = v
	}
	line, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("the browser has gone: %w\n%s", err, b.stderr)
	}
	select {
	case a := <-waiting:
		if a.Error != "" {
			return nil, fmt.Errorf("%s: %s", name, a.Error)
		}
		return a.Value, nil
	case <-b.done:
		return nil, fmt.Errorf("%s: the browser has gone\n%s", name, b.stderr)
	case <-time.After(slow):
		return nil, fmt.Errorf("%s: no answer in %v\n%s", name, slow, b.stderr)
	}
}

func (b *Browser) must(name string, fields map[string]any) json.RawMessage {
	b.t.Helper()
	value, err := b.do(name, fields)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// Open opens address in a new tab and returns its number when the document has loaded. Commands without a tab of their
// own go to the latest.
func (b *Browser) Open(address string) (tab int) {
	b.t.Helper()
	if err := json.Unmarshal(b.must("open", map[string]any{"url": address}), &tab); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	b.lastTab = tab
	b.mu.Unlock()
	return tab
}

// Shut closes a tab.
func (b *Browser) Shut(tab int) { b.t.Helper(); b.must("shut", map[string]any{"page": tab}) }

// Reload loads a tab again.
func (b *Browser) Reload(tab int) { b.t.Helper(); b.must("reload", map[string]any{"page": tab}) }

// Click clicks on the first element that fits selector in a tab.
func (b *Browser) Click(tab int, selector string) {
	b.t.Helper()
	b.must("click", map[string]any{"page": tab, "selector": selector})
}

// Evaluate is the JSON of an expression's value in a tab; promises are awaited.
func (b *Browser) Evaluate(tab int, script string) json.RawMessage {
	b.t.Helper()
	return b.must("evaluate", map[string]any{"page": tab, "script": script})
}

// Screenshot writes a picture of the whole page to a PNG file.
func (b *Browser) Screenshot(tab int, path string) {
	b.t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.must("screenshot", map[string]any{"page": tab, "path": absolute})
}

// WaitStatus waits until the latest tab is in one of the states and returns the first such change; it fails the test
// when ctx ends first. A state that has passed already counts.
func (b *Browser) WaitStatus(ctx context.Context, states ...State) Status {
	b.t.Helper()
	b.mu.Lock()
	tab := b.lastTab
	b.mu.Unlock()
	return b.WaitTab(ctx, tab, states...)
}

// WaitTab is WaitStatus for a certain tab.
func (b *Browser) WaitTab(ctx context.Context, tab int, states ...State) Status {
	b.t.Helper()
	for {
		b.mu.Lock()
		statuses, changed := b.statuses, b.changed
		b.mu.Unlock()
		var last State
		for _, s := range statuses {
			if s.Tab != tab {
				continue
			}
			last = s.State
			for _, want := range states {
				if s.State == want {
					return s
				}
			}
		}
		select {
		case <-changed:
		case <-b.done:
			b.t.Fatalf("the browser has gone while tab %d was %q:\n%s", tab, last, b.stderr)
		case <-ctx.Done():
			b.t.Fatalf("tab %d stayed %q: %v", tab, last, context.Cause(ctx))
		}
	}
}

// WaitEvent waits for the first event, from the start on, that fits; it fails the test when ctx ends first.
func (b *Browser) WaitEvent(ctx context.Context, fits func(Event) bool) Event {
	b.t.Helper()
	for seen := 0; ; {
		b.mu.Lock()
		events, changed := b.events, b.changed
		b.mu.Unlock()
		for ; seen < len(events); seen++ {
			if fits(events[seen]) {
				return events[seen]
			}
		}
		select {
		case <-changed:
		case <-b.done:
			b.t.Fatalf("the browser has gone:\n%s", b.stderr)
		case <-ctx.Done():
			b.t.Fatalf("the event did not come: %v", context.Cause(ctx))
		}
	}
}

// Observed is everything that the pages could have seen up to now, as JSON: every byte of every answer with its headers,
// also of answers that were cut off, errors, console, documents, storage and cookies.
func (b *Browser) Observed() []byte {
	b.t.Helper()
	return b.must("observed", nil)
}

// Probe is one thing that probe.html tries; see frontend/e2e/src/probe.ts.
type Probe struct {
	Do        string            `json:"do"`
	URL       string            `json:"url"`
	Method    string            `json:"method,omitempty"`
	Headers   map[string]string `json:"headers,omitempty"`
	Body      string            `json:"body,omitempty"`
	Protocols []string          `json:"protocols,omitempty"`
	// Patience is in milliseconds.
	Patience int `json:"patience,omitempty"`
}

// Probe tries p in a tab that shows probe.html, and returns what the page saw of it.
func (b *Browser) Probe(tab int, p Probe) map[string]any {
	b.t.Helper()
	asked, err := json.Marshal(p)
	if err != nil {
		b.t.Fatal(err)
	}
	var seen map[string]any
	if err := json.Unmarshal(b.Evaluate(tab, "probe("+string(asked)+")"), &seen); err != nil {
		b.t.Fatal(err)
	}
	return seen
}

// Team is what kaiban.html is asked for.
type Team struct {
	// Provider is openai, anthropic, google or mistral.
	Provider string
	// Base is the one setting that an app changes: the base URL, such as "http://127.0.0.1:6255/llm/openai".
	Base string
	// Model, Topic and Key have defaults; Key is what the page sends in place of a key.
	Model, Topic, Key string
	Streaming         bool
	// Agents is 2 to 6, and 0 stands for 2; Parallel makes them work at the same time.
	Agents   int
	Parallel bool
	// Held makes the team wait for window.startTeam().
	Held bool
}

// Path is the address of the page below its origin.
func (x Team) Path() string {
	q := url.Values{"provider": {x.Provider}, "base": {x.Base}}
	for name, value := range map[string]string{"model": x.Model, "topic": x.Topic, "key": x.Key} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if x.Streaming {
		q.Set("streaming", "1")
	}
	if x.Agents != 0 {
		q.Set("agents", strconv.Itoa(x.Agents))
	}
	if x.Parallel {
		q.Set("parallel", "1")
	}
	if x.Held {
		q.Set("start", "0")
	}
	return "/kaiban.html?" + q.Encode()
}

// tail keeps the end of what the driver complains about.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if over := len(w.text) - 8192; over > 0 {
		w.text = w.text[over:]
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}
