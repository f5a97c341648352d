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
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/control"
)

// benchChild is what a child process of the benchmark is.
const benchChild = "OAKLOCK_BENCH_CHILD"

// process is a child that listens.
type process struct {
	url string
	pid int
}

// child starts this test program as the provider or as the bare proxy.
func child(t *testing.T, what string, args ...string) process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBenchChild$") //nolint:gosec // this program
	cmd.Env = append(os.Environ(), benchChild+"="+strings.Join(append([]string{what}, args...), " "))
	cmd.Stderr = os.Stderr
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
	return process{strings.TrimSpace(line), cmd.Process.Pid}
}

// TestBenchChild is the provider or the bare proxy, in a process of its own; alone it is nothing.
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
	h := http.Handler(http.HandlerFunc(playedProvider))
	if what != "provider" {
		u, err := url.Parse(to)
		if err != nil {
			return err
		}
		p := httputil.NewSingleHostReverseProxy(u)
		if what == "tuned" {
			p.Transport = &http.Transport{MaxIdleConnsPerHost: crowd}
		}
		h = p
	}
	return (&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(l)
}

var benchAnswer = []byte(`{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` +
	strings.Repeat("y", 800) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}`)

const benchEvent = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hello"}}]}` + "\n\n"

// playedProvider answers with JSON, or with as many events as the user's name in the body says: user "5" gets five, and
// "open" one and then none until it hangs up.
func playedProvider(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		echoMessages(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, wish, streams := bytes.Cut(body, []byte(`"stream":true,"user":"`))
	if !streams {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(benchAnswer)
		return
	}
	wish, _, _ = bytes.Cut(wish, []byte(`"`))
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	event := func() bool {
		_, err := io.WriteString(w, benchEvent)
		return err == nil && rc.Flush() == nil
	}
	if string(wish) == "open" {
		event()
		<-r.Context().Done()
		return
	}
	n, _ := strconv.Atoi(string(wish))
	for range n {
		if !event() {
			return
		}
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func echoMessages(w http.ResponseWriter, r *http.Request) {
	u := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{"realtime"}}
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer drop(c)
	for {
		kind, b, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, b) != nil {
			return
		}
	}
}

// goWay is httputil.ReverseProxy: bare, which is as the standard library makes it, or tuned, which is with a transport that keeps a
// connection for each request of a crowd. The bare one keeps two, and connects anew for all others.
func goWay(t *testing.T, provider process, kind string) way {
	p := child(t, kind, provider.url)
	return way{kind + " ReverseProxy", p.url, p.url, func() []int { return []int{p.pid} }}
}

// nginxWay is Debian's nginx with the settings that its documentation gives for event streams and WebSockets, and as many
// workers as there are cores.
func nginxWay(t *testing.T, provider process) way {
	t.Helper()
	port, dir := freePort(t), t.TempDir()
	config := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/pid; error_log %[1]s/error;
events { worker_connections 8192; }
http {
  access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream provider { server %[2]s; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:%[3]d; keepalive_requests 1000000000;
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }
  }
}`, dir, strings.TrimPrefix(provider.url, "http://"), port)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "nginx", "-e", dir+"/error", "-c", file) //nolint:gosec // set up by make bench
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 1000 {
		if once(t.Context(), base, benchBody) == nil {
			return way{"nginx", base, base, func() []int { return append(children(t, cmd.Process.Pid), cmd.Process.Pid) }}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nginx does not answer")
	return way{}
}

func children(t *testing.T, pid int) (pids []int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range strings.Fields(string(b)) {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, n)
	}
	return pids
}

// agentWay is the built agent with a grant for two sites and eight keys for its redactor.
func agentWay(t *testing.T, provider process) way {
	t.Helper()
	w, _ := agentWith(t, provider)
	return w
}

// agentWith is agentWay with more in its environment, and the way to ask it.
func agentWith(t *testing.T, provider process, env ...string) (way, *control.Client) {
	t.Helper()
	home, pass := filepath.Join(t.TempDir(), "profile"), passphrase(t)
	cmd, _ := startBuiltIn(t, env, home, "--vault", "file", "--passphrase-file", pass)
	t.Cleanup(func() { stop(t, cmd) })
	c := control.Dial(home)
	if _, err := c.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: provider.url}); err != nil {
		t.Fatal(err)
	}
	// It would pause the site: this is a site that runs away.
	if _, err := c.SetSetting(t.Context(), "brake", "off"); err != nil {
		t.Fatal(err)
	}
	s, err := c.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := s.Endpoint + "/llm/openai"
	for i := range 8 {
		label := fmt.Sprint("k", i)
		if _, err := c.AddKey(t.Context(), control.AddKey{Provider: "openai", Label: label, Secret: fmt.Sprintf("sk-proj-bench-%032d", i)}); err != nil {
			t.Fatal(err)
		}
		for _, o := range []string{site, site + ":8443"} {
			terms := day("*")
			terms.Credential, terms.Limits.CostDay = label, 1_000_000_000_000
			if err := c.AllowSite(t.Context(), control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: terms}); err != nil {
				t.Fatal(err)
			}
		}
		if err := once(t.Context(), base, benchBody); err != nil { // each key is used, so that the redactor looks for all of them
			t.Fatal(err)
		}
	}
	return way{"Oaklock", base, base, func() []int { return []int{cmd.Process.Pid} }}, c
}

// startBuilt starts the built agent in a profile folder and gives how long it took to listen, in milliseconds.
func startBuilt(t *testing.T, home string, args ...string) (*exec.Cmd, float64) {
	t.Helper()
	return startBuiltIn(t, nil, home, args...)
}

func startBuiltIn(t *testing.T, env []string, home string, args ...string) (*exec.Cmd, float64) {
	t.Helper()
	path := os.Getenv("OAKLOCK_BIN")
	if path == "" {
		t.Fatal("OAKLOCK_BIN is not set; run this with: make bench")
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"agent", "--headless", "--port", "0"}, args...)...) //nolint:gosec // built by make
	cmd.Env = append([]string{"OAKLOCK_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}, env...)
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
	return megabytes(t, []int{cmd.Process.Pid})
}
