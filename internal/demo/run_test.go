package demo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/oaklock/oaklock/internal/demo"
)

var assets = fstest.MapFS{
	"index.html":    {Data: []byte("<title>demo</title>")},
	"assets/app.js": {Data: []byte("1")},
	".gitkeep":      {},
}

const endpoint = "http://127.0.0.1:6255"

// output hands over what the demo prints, once it has printed it.
type output chan string

func (o output) Write(p []byte) (int, error) {
	o <- string(p)
	return len(p), nil
}

// start runs a demo on free ports until the test ends.
func start(t *testing.T) (steps string, page, provider int) {
	t.Helper()
	out := make(output, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(t.Context(), demo.Options{Endpoint: endpoint, Assets: assets, Out: out})
	}()
	t.Cleanup(func() { // the test's context has ended by now
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	})
	select {
	case steps = <-out:
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	find := func(pattern string) int {
		m := regexp.MustCompile(pattern).FindStringSubmatch(steps)
		if m == nil {
			t.Fatalf("no %s in %s", pattern, steps)
		}
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return steps, find(`http://localhost:(\d+)`), find(`--base-url http://127\.0\.0\.1:(\d+)`)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestRunServesPageAndProvider(t *testing.T) {
	steps, page, provider := start(t)
	for _, want := range []string{"printf sk-oaklock-demo | oaklock keys add demo", "oaklock allow ID"} {
		if !strings.Contains(steps, want) {
			t.Errorf("the steps do not say %q:\n%s", want, steps)
		}
	}
	hosts := []string{"127.0.0.1"}
	if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::1]:0"); err == nil {
		_ = l.Close()
		hosts = append(hosts, "[::1]")
	}
	for _, host := range hosts {
		if _, body := get(t, fmt.Sprintf("http://%s:%d/", host, page)); body != "<title>demo</title>" {
			t.Errorf("the page on %s is %q", host, body)
		}
	}
	if _, body := get(t, fmt.Sprintf("http://127.0.0.1:%d/openai/v1/models", provider)); !strings.Contains(body, "invalid_api_key") {
		t.Errorf("the provider says %q", body)
	}
}

// Where there is neither a keychain nor a display, the steps are those that work there.
func TestTheStepsAreThoseThatWorkHere(t *testing.T) {
	const place = "oaklock settings set vault file, then oaklock unlock"
	for name, c := range map[string]struct {
		o        demo.Options
		has, not string
	}{
		"a desktop": {demo.Options{}, "under Keys → Demo in the window", place},
		"its key":   {demo.Options{HasKey: true}, "2. Open", "Add the demo's key"},
		"nothing":   {demo.Options{NoWindow: true, Before: place}, "1. Tell", "window"},
	} {
		out := make(output, 1)
		c.o.Endpoint, c.o.Assets, c.o.Out = endpoint, assets, out
		ctx, cancel := context.WithCancel(t.Context())
		c.o.Ready = func(string) { cancel() }
		if err := demo.Run(ctx, c.o); err != nil {
			t.Fatal(err)
		}
		if s := <-out; !strings.Contains(s, c.has) || strings.Contains(s, c.not) || (c.o.Before != "" && !strings.Contains(s, c.o.Before)) {
			t.Errorf("%s: the steps are\n%s", name, s)
		}
	}
}

func TestASecondDemoSaysThatTheFirstRuns(t *testing.T) {
	_, page, provider := start(t)
	for name, o := range map[string]demo.Options{
		"same page":     {PagePort: page},
		"same provider": {ProviderPort: provider},
	} {
		o.Endpoint, o.Assets, o.Out = endpoint, assets, io.Discard
		if err := demo.Run(t.Context(), o); !errors.Is(err, demo.ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("http://localhost:%d,", page)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPortOfAnotherProgramIsNamed(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	other := &http.Server{Handler: http.NotFoundHandler()}
	served := make(chan struct{})
	go func() { defer close(served); _ = other.Serve(l) }()
	t.Cleanup(func() { _ = other.Close(); <-served })

	port := l.Addr().(*net.TCPAddr).Port
	for name, o := range map[string]demo.Options{"page": {PagePort: port}, "provider": {ProviderPort: port}} {
		o.Endpoint, o.Assets, o.Out = endpoint, assets, io.Discard
		err := demo.Run(t.Context(), o)
		if !errors.Is(err, demo.ErrPortTaken) || !strings.Contains(err.Error(), strconv.Itoa(port)) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunWantsAnAddress(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:6255", "http://127.0.0.1:6255/llm", "::"} {
		err := demo.Run(t.Context(), demo.Options{Endpoint: bad, Assets: assets, Out: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "such as http://127.0.0.1:6255") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestThePageMaySpeakToOaklockOnly(t *testing.T) {
	_, page, _ := start(t)
	base := fmt.Sprintf("http://127.0.0.1:%d", page)
	answer, body := get(t, base+"/config.json")
	if !strings.Contains(body, `"endpoint":"`+endpoint+`"`) {
		t.Errorf("config.json is %s", body)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "connect-src 'self' "+endpoint+";") || !strings.HasPrefix(policy, "default-src 'none';") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if answer, _ := get(t, base+"/.gitkeep"); answer.StatusCode != http.StatusNotFound {
		t.Errorf(".gitkeep is served with %d", answer.StatusCode)
	}
}

func TestAPageThatIsNotBuiltSaysHow(t *testing.T) {
	w := newRecorder(demo.Page(fstest.MapFS{".gitkeep": {}}, endpoint), http.MethodGet, "/")
	if !strings.Contains(w.Body.String(), "npm run build:demo") {
		t.Errorf("got %s", w.Body)
	}
	if w := newRecorder(demo.Page(assets, endpoint), http.MethodPost, "/"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST got %d", w.Code)
	}
}

func newRecorder(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}
