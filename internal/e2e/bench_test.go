//go:build bench

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// The comparison of "make bench": the built agent with all that it has on, against a direct connection and a bare
// httputil.ReverseProxy, each a process of its own, in interleaved rounds of one run. It passes no judgement; the figures
// are for a person.

const (
	rounds    = 5
	sequence  = 2000            // requests one after the other in a round
	crowd     = 64              // requests at once
	crowdTime = 2 * time.Second // of a round
	streams   = 200             // event streams one after the other in a round
)

// way is one way to the upstream.
type way struct {
	name string
	base string
}

func TestBench(t *testing.T) {
	upstream := child(t, "upstream")
	bare := child(t, "bare", upstream)
	agent, started, pid := benchAgent(t, upstream)
	ways := []way{{"direct", upstream}, {"bare ReverseProxy", bare}, {"Oaklock", agent + "/llm/openai"}}

	type figures struct{ latency, rate, chunk []float64 }
	all := make([]figures, len(ways))
	for range rounds {
		for i, w := range ways {
			all[i].latency = append(all[i].latency, micros(latency(t, w.base)))
			all[i].rate = append(all[i].rate, rate(t, w.base))
			all[i].chunk = append(all[i].chunk, micros(firstChunk(t, w.base)))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-20s %14s %14s %14s\n", "median of "+strconv.Itoa(rounds)+" rounds", "latency p50", "64 at a time", "first chunk p50")
	for i, w := range ways {
		fmt.Fprintf(&b, "%-20s %11.1f µs %12.0f/s %11.1f µs\n", w.name, median(all[i].latency), median(all[i].rate), median(all[i].chunk))
	}
	added := func(i int, of func(figures) []float64) float64 { return median(of(all[i])) - median(of(all[0])) }
	lat, chunk := func(f figures) []float64 { return f.latency }, func(f figures) []float64 { return f.chunk }
	fmt.Fprintf(&b, "\nadded latency p50      Oaklock %6.1f µs, bare %6.1f µs: %.2f times bare\n", added(2, lat), added(1, lat), added(2, lat)/added(1, lat))
	fmt.Fprintf(&b, "added to first chunk   Oaklock %6.1f µs, bare %6.1f µs: %.2f times bare\n", added(2, chunk), added(1, chunk), added(2, chunk)/added(1, chunk))
	fmt.Fprintf(&b, "requests per second    %.2f times bare\n", median(all[2].rate)/median(all[1].rate))
	fmt.Fprintf(&b, "listening              %.0f ms after start (median of 10)\n", median(started))
	fmt.Fprintf(&b, "agent's memory, idle   %.1f MB RSS with the database open\n", idleMemory(t))
	fmt.Fprintf(&b, "agent's memory, after  %.1f MB RSS\n", rss(t, pid))
	t.Log(b.String())
}

func micros(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Nanoseconds()) / 1000
}

func median(f []float64) float64 {
	f = slices.Sorted(slices.Values(f))
	return f[len(f)/2]
}

func benchRequest(t *testing.T, base, body string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", site)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer oaklock")
	return r
}

// benchBody is 1 kB of JSON, as a short prompt is.
var benchBody = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat("x", 930) + `"}]}`

func once(c *http.Client, r *http.Request) error {
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

func latency(t *testing.T, base string) []time.Duration {
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	var all []time.Duration
	for i := range sequence + 200 {
		start := time.Now()
		if err := once(c, benchRequest(t, base, benchBody)); err != nil {
			t.Fatal(err)
		}
		if i >= 200 { // warm
			all = append(all, time.Since(start))
		}
	}
	return all
}

// rate is 32 at a time for each of two origins, since one origin has no more.
func rate(t *testing.T, base string) float64 {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd}}
	defer c.CloseIdleConnections()
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	end := time.Now().Add(crowdTime)
	for n := range crowd {
		wg.Go(func() {
			mine := 0
			for time.Now().Before(end) {
				r := benchRequest(t, base, benchBody)
				if n%2 == 1 {
					r.Header.Set("Origin", site+":8443")
				}
				if err := once(c, r); err != nil {
					t.Error(err)
					return
				}
				mine++
			}
			mu.Lock()
			total += mine
			mu.Unlock()
		})
	}
	wg.Wait()
	return float64(total) / crowdTime.Seconds()
}

func firstChunk(t *testing.T, base string) []time.Duration {
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	var all []time.Duration
	for range streams {
		r := benchRequest(t, base, strings.Replace(benchBody, `{`, `{"stream":true,`, 1))
		start := time.Now()
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(start))
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return all
}

// benchChild is what a child process of the benchmark is.
const benchChild = "OAKLOCK_BENCH_CHILD"

// child starts this test program as the upstream or as the bare proxy, and gives its address.
func child(t *testing.T, what string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBenchChild$") //nolint:gosec // this program
	cmd.Env = append(os.Environ(), benchChild+"="+strings.Join(append([]string{what}, args...), " "))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(what, err)
	}
	return strings.TrimSpace(line)
}

// TestBenchChild is the upstream or the bare proxy, in a process of its own; alone it is nothing.
func TestBenchChild(t *testing.T) {
	what, to, _ := strings.Cut(os.Getenv(benchChild), " ")
	if what != "" {
		t.Fatal(serveBench(what, to))
	}
}

// serveBench returns only when it cannot serve.
func serveBench(what, to string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	if what == "bare" {
		u, err := url.Parse(to)
		if err != nil {
			return err
		}
		p := httputil.NewSingleHostReverseProxy(u)
		p.Transport = &http.Transport{MaxIdleConnsPerHost: crowd}
		return (&http.Server{Handler: p, ReadHeaderTimeout: time.Minute}).Serve(l)
	}
	answer := []byte(`{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("y", 800) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}`)
	return (&http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !bytes.Contains(body, []byte(`"stream":true`)) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for range 5 {
			_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"hello"}}]}`+"\n\n")
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.WriteString(w, "data: [DONE]\n\n")
	})}).Serve(l)
}

// startBuilt starts the built agent in a profile folder and gives how long it took to listen, in milliseconds.
func startBuilt(t *testing.T, home string, args ...string) (*exec.Cmd, float64) {
	t.Helper()
	path := os.Getenv("OAKLOCK_BIN")
	if path == "" {
		t.Fatal("OAKLOCK_BIN is not set; run this with: make bench")
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"agent", "--headless", "--port", "0"}, args...)...) //nolint:gosec // built by make
	cmd.Env = []string{"OAKLOCK_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "listens for pages") {
			took := float64(time.Since(begin).Microseconds()) / 1000
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return cmd, took
		}
	}
	t.Fatal("the agent did not start")
	return nil, 0
}

func stop(t *testing.T, cmd *exec.Cmd) {
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
}

func passphrase(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte("a long passphrase"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// benchAgent is the built agent with a grant for two sites and eight keys for its redactor.
func benchAgent(t *testing.T, upstream string) (endpoint string, started []float64, pid int) {
	t.Helper()
	home, pass := filepath.Join(t.TempDir(), "profile"), passphrase(t)
	for range 10 {
		// The file vault costs half a second of scrypt on purpose, so the start is timed with the system's keychain, which is
		// only asked when a key is wanted.
		other := filepath.Join(t.TempDir(), "start")
		cmd, took := startBuilt(t, other)
		started = append(started, took)
		stop(t, cmd)
	}
	cmd, _ := startBuilt(t, home, "--vault", "file", "--passphrase-file", pass)
	t.Cleanup(func() { stop(t, cmd) })
	c := control.Dial(home)
	if _, err := c.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: upstream}); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if _, err := c.AddKey(t.Context(), control.AddKey{Provider: "openai", Label: fmt.Sprint("k", i), Secret: fmt.Sprintf("sk-proj-bench-%032d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 { // each is used once, so that the redactor looks for all of them
		if err := c.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: with(day("*"), fmt.Sprint("k", i))}); err != nil {
			t.Fatal(err)
		}
		s, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		endpoint = s.Endpoint
		pid = s.PID
		if err := once(&http.Client{}, benchRequest(t, endpoint+"/llm/openai", benchBody)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AllowSite(t.Context(), control.AllowSite{Origin: site + ":8443", Providers: []string{"openai"}, Terms: day("*")}); err != nil {
		t.Fatal(err)
	}
	return endpoint, started, pid
}

func with(t control.Terms, label string) control.Terms {
	t.Credential = label
	return t
}

// idleMemory is of a fresh agent that has answered one question of the command line.
func idleMemory(t *testing.T) float64 {
	home := filepath.Join(t.TempDir(), "idle")
	cmd, _ := startBuilt(t, home)
	defer stop(t, cmd)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := control.Dial(home).WaitRunning(ctx); err != nil {
		t.Fatal(err)
	}
	return rss(t, cmd.Process.Pid)
}

func rss(t *testing.T, pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}
