//go:build real

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
)

// The example for authors of pages, as its README runs it: with Vite's own server on localhost, and built and served as a page on
// the internet. The only thing changed is Oaklock's port.
func TestExample(t *testing.T) {
	p := install(t)
	p.start()
	p.oaklock("providers", "set", "demo", "--base-url", p.model.BaseURL("demo"))
	if out, code := p.try(p.key, "keys", "add", "demo", "--anyway"); code != 0 {
		t.Fatalf("keys add demo: %d %s", code, out)
	}
	folder := filepath.Join(oaktest.ModuleRoot(t), "frontend", "examples", "kaibanjs-vite")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "vite")); err != nil {
		t.Fatalf("the example's packages are not there: run \"npm ci\" in %s (%v)", folder, err)
	}
	vite := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join("node_modules", ".bin", "vite"), args...) //nolint:gosec // the test's own
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "VITE_OAKLOCK="+p.endpoint())
		return cmd
	}

	t.Run("npm run dev", func(t *testing.T) {
		site := serve(t, vite)
		tries(t, p, browser.Start(t, browser.Options{}), site)
	})
	t.Run("npm run build", func(t *testing.T) {
		dist := t.TempDir()
		if out, err := vite(p.within(2*time.Minute), "build", "--outDir", dist, "--emptyOutDir").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		page := oaktest.NewPageServer(t, kaiban, http.FileServerFS(os.DirFS(dist)))
		b := browser.Start(t, browser.Options{Origin: page.Origin, SPKI: page.SPKI, PagePort: page.Port, LNA: true})
		tab := tries(t, p, b, kaiban)
		p.oaklock("quit")
		b.Click(tab, "button")
		b.Until(p.within(2*time.Minute), tab, "document.getElementById('state').textContent.includes('Oaklock does not answer')")
	})
}

// serve starts Vite's server for development and returns its address.
func serve(t *testing.T, vite func(context.Context, ...string) *exec.Cmd) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // Vite takes it
	cmd := vite(context.WithoutCancel(t.Context()), "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--strictPort")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // killed
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-ended })
	site := fmt.Sprint("http://localhost:", port)
	for {
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = conn.Close() // that it listens is all
			return site
		}
		select {
		case <-ended:
			t.Fatalf("Vite has ended:\n%s", said.String())
		case <-t.Context().Done():
			t.Fatal("Vite does not listen")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tries is a visitor of the example: a no, and then a yes.
func tries(t *testing.T, p *program, b *browser.Browser, site string) (tab int) {
	t.Helper()
	ctx := p.within(2 * time.Minute)
	tab = b.Open(site + "/")
	b.Click(tab, "button")
	p.oaklock("deny", p.question(site).ID)
	b.Until(ctx, tab, "!document.querySelector('button').disabled")
	if state := string(b.Evaluate(tab, "document.getElementById('state').textContent")); !strings.Contains(state, "not allowed this site") {
		t.Errorf("after a no the page says %s", state)
	}
	p.oaklock("sites", "allow", site, "--provider", "demo", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	b.Click(tab, "button")
	b.Until(ctx, tab, "!document.querySelector('button').disabled")
	if state := string(b.Evaluate(tab, "document.getElementById('state').textContent")); state != `"The team has finished."` {
		t.Errorf("after a yes the page says %s\n%s", state, p.oaklock("log"))
	}
	if result := string(b.Evaluate(tab, "document.getElementById('result').textContent")); !strings.Contains(result, "Written by the demo provider from 5 notes") {
		t.Errorf("the result is %s", result)
	}
	if steps := string(b.Evaluate(tab, "document.querySelectorAll('#steps li').length")); steps != "2" {
		t.Errorf("%s steps are shown", steps)
	}
	p.oaklock("lock")
	b.Click(tab, "button")
	b.Until(ctx, tab, "document.getElementById('state').textContent.includes('Oaklock is locked')")
	p.oaklock("unlock")
	return tab
}
