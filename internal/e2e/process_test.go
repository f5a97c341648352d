//go:build unix

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// terminal is a user's shell with oaklock in its path: the test's own binary, by a link of that name.
type terminal struct {
	testing.TB
	*control.Client
	home string
	env  []string
	// attributes are how programs are started that go on running; nil: as usual.
	attributes *syscall.SysProcAttr
}

// sit gives a new terminal. The profile folder is not there yet.
func sit(t testing.TB) *terminal {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(self, filepath.Join(bin, "oaklock"))); err != nil {
		t.Fatal(err)
	}
	u := &terminal{TB: t, home: filepath.Join(dir, "home")}
	u.Client = control.Dial(u.home)
	// No session bus and no display: this machine has no keychain and no screen. Under -race each program would end with a
	// second of sleep.
	u.env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "OAKLOCK_HOME=" + u.home, asOaklock + "=1", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + dir + "/none", "GORACE=atexit_sleep_ms=0"}
	return u
}

// said is what a command left behind.
type said struct {
	status   int
	out, err string
}

func (s said) String() string { return fmt.Sprintf("status %d\n%s--\n%s", s.status, s.out, s.err) }

// types runs a line in the shell, with more in its environment.
func (u *terminal) types(line string, env ...string) said {
	u.Helper()
	return u.typesWithin(2*patience, line, env...)
}

// typesWithin is types for a command that takes its time.
func (u *terminal) typesWithin(limit time.Duration, line string, env ...string) said {
	u.Helper()
	ctx, cancel := context.WithTimeout(u.Context(), limit)
	defer cancel()
	var out, err bytes.Buffer
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = append(u.env, env...), &out, &err, time.Second
	var exit *exec.ExitError
	if fail := cmd.Run(); fail != nil && !errors.As(fail, &exit) {
		u.Fatalf("%s: %v", line, fail)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), err.String()}
}

// done runs a line that must succeed without a complaint, and gives what it printed.
func (u *terminal) done(line string, env ...string) string {
	u.Helper()
	s := u.types(line, env...)
	if s.status != 0 || s.err != "" {
		u.Fatalf("%s: %v", line, s)
	}
	return s.out
}

// reads runs a line that prints JSON.
func (u *terminal) reads(line string, into any) {
	u.Helper()
	if out := u.done(line); json.Unmarshal([]byte(out), into) != nil {
		u.Fatalf("%s: this is no JSON: %s", line, out)
	}
}

// background is a program that goes on running.
type background struct {
	*exec.Cmd
	u     *terminal
	words *buffer // all that it said
	ended chan struct{}
}

// starts runs a command line without a shell between, so that signals reach the program.
func (u *terminal) starts(args ...string) *background {
	u.Helper()
	words := &buffer{}
	b := u.startsInto(words, args...)
	b.words = words
	return b
}

// startsInto is starts with what the program says going somewhere else.
func (u *terminal) startsInto(to io.Writer, args ...string) *background {
	u.Helper()
	b := &background{u: u, words: &buffer{}, ended: make(chan struct{})}
	b.Cmd = exec.Command(filepath.Join(strings.TrimPrefix(strings.SplitN(u.env[0], ":", 2)[0], "PATH="), "oaklock"), args...)
	b.Env, b.Stdout, b.Stderr, b.WaitDelay, b.SysProcAttr = u.env, to, to, time.Second, u.attributes
	if err := b.Start(); err != nil {
		u.Fatal(err)
	}
	go func() { _ = b.Wait(); close(b.ended) }() // how it ended stands in ProcessState
	u.Cleanup(func() { b.kill() })
	return b
}

// agent starts the agent and waits until it answers.
func (u *terminal) agent(args ...string) *background {
	u.Helper()
	b := u.starts(append([]string{"agent", "--headless", "--port", "0"}, args...)...)
	ctx, cancel := context.WithTimeout(u.Context(), patience)
	defer cancel()
	go func() {
		select {
		case <-b.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := u.WaitRunning(ctx); err != nil {
		u.Fatalf("the agent does not answer: %v\n%s", err, b.words.Bytes())
	}
	return b
}

// end sends a signal and gives the exit status.
func (b *background) end(sig syscall.Signal) int {
	b.u.Helper()
	if err := b.Process.Signal(sig); err != nil {
		b.u.Fatal(err)
	}
	select {
	case <-b.ended:
	case <-time.After(patience):
		b.u.Fatalf("after the signal %v it runs on:\n%s", sig, b.words.Bytes())
	}
	return b.ProcessState.ExitCode()
}

func (b *background) kill() {
	_ = b.Process.Kill() // it may have ended
	<-b.ended
}

// page asks a model through the running agent.
func (u *terminal) page(ctx context.Context, origin string) answer {
	u.Helper()
	st, err := u.State(ctx)
	if err != nil {
		u.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, st.Endpoint+chatPath, strings.NewReader(chatBody))
	if err != nil {
		u.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	return do(r)
}

// passphrase writes a passphrase file and gives the options that name it.
func (u *terminal) passphrase() []string {
	u.Helper()
	path := filepath.Join(filepath.Dir(u.home), "passphrase")
	if err := os.WriteFile(path, []byte("correct horse battery\n"), 0o600); err != nil {
		u.Fatal(err)
	}
	return []string{"--vault", "file", "--passphrase-file", path}
}

// Every line that scripts use, as a user types it, from the first start to the clean end; the key is nowhere but in the
// encrypted file and on its way to the provider.
func TestTheCommandLineFromStartToEnd(t *testing.T) {
	t.Parallel()
	u := sit(t)
	ctx := t.Context()
	key := oaktest.Key("openai")
	provider := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key})
	agent := u.agent(u.passphrase()...)

	var st control.State
	u.reads("oaklock status --json", &st)
	if st.State != "on" || !strings.HasPrefix(st.Endpoint, "http://127.0.0.1:") || st.Vault.Kind != "file" || st.Vault.Status != "ready" || st.Home != u.home {
		t.Fatalf("%+v", st)
	}
	u.done("oaklock providers set openai --base-url " + provider.BaseURL("openai"))
	if out := u.done(`printf %s "$KEY" | oaklock keys add openai --label personal`, "KEY="+key); !strings.Contains(out, key[len(key)-4:]) {
		t.Errorf("adding a key says %s", out)
	} else {
		oaktest.Scan(t, key, out)
	}
	u.done("oaklock sites allow https://app.example --provider openai,anthropic --models '*' --limit 1.00/day --for 7d")
	if a := u.page(ctx, site); a.status != 200 {
		t.Fatal(a)
	}
	var sites []control.Site
	u.reads("oaklock sites list --json", &sites)
	if len(sites) != 1 || sites[0].State != "allowed" || len(sites[0].Grants) != 2 || sites[0].Grants[0].Limits.CostDay != 1_000_000 || sites[0].Requests != 1 ||
		time.Until(time.UnixMilli(sites[0].Grants[0].ExpiresAt)).Round(time.Hour) != 7*24*time.Hour {
		t.Errorf("%+v", sites)
	}

	// A page asks; the user answers here.
	for _, c := range []struct {
		answer string
		status int
	}{{"allow", 200}, {"deny", 403}} {
		got := make(chan answer, 1)
		go func() { got <- u.page(ctx, "https://"+c.answer+".example") }()
		u.await("a question", func(st control.State) bool { return len(st.Questions) == 1 })
		var pending []control.Question
		u.reads("oaklock pending --json", &pending)
		if len(pending) != 1 || pending[0].Origin != "https://"+c.answer+".example" || pending[0].Waiting != 1 {
			t.Fatalf("%+v", pending)
		}
		u.done("oaklock " + c.answer + " " + pending[0].ID)
		if a := <-got; a.status != c.status {
			t.Errorf("%s: %v", c.answer, a)
		}
	}
	u.done("oaklock settings set wait 5s")
	u.done("oaklock settings set questions off")
	if a := u.page(ctx, "https://stranger.example"); a.status != 403 || a.code() != "" {
		t.Errorf("with questions off: %v", a)
	}
	for _, c := range []struct{ line, state, code string }{
		{"pause", "paused", "paused"}, {"resume", "on", ""}, {"lock", "locked", "locked"}, {"unlock", "on", ""},
	} {
		u.done("oaklock " + c.line)
		u.reads("oaklock status --json", &st)
		if a := u.page(ctx, site); st.State != c.state || a.code() != c.code || c.code == "" && a.status != 200 {
			t.Errorf("after %s: %s, %v", c.line, st.State, a)
		}
	}
	u.done("oaklock sites revoke https://app.example")
	u.done("oaklock sites block https://app.example")
	u.reads("oaklock sites list --json", &sites)
	if i := slices.IndexFunc(sites, func(s control.Site) bool { return s.Origin == site }); i < 0 || len(sites) != 3 || sites[i].State != "blocked" || len(sites[i].Grants) != 0 {
		t.Errorf("%+v", sites)
	}
	var log []control.Entry
	u.reads("oaklock log --json", &log)
	if len(log) != 8 || log[0].Status != 200 || log[len(log)-1].Credential != "personal" || log[len(log)-1].Output < 1 {
		t.Errorf("the log has %+v", log)
	}

	u.unreadable(t, agent, key)
	oaktest.Scan(t, key, oaktest.Path(u.home), agent.words.Bytes(), u.done("oaklock keys list"), u.done("oaklock keys list --json"), u.done("oaklock status"))
	if status := agent.end(syscall.SIGTERM); status != 0 {
		t.Errorf("it ended with %d:\n%s", status, agent.words.Bytes())
	}
	oaktest.Scan(t, key, oaktest.Path(u.home), agent.words.Bytes())
	if s := u.types("oaklock status"); s.status != 3 || !strings.Contains(s.err, "oaklock agent --headless") {
		t.Errorf("without an agent: %v", s)
	}
}

// await looks again until what it waits for has come.
func (u *terminal) await(what string, yes func(control.State) bool) {
	u.Helper()
	(&story{TB: u.TB, Client: u.Client}).await(what, yes)
}

// A signal ends the agent cleanly: an answer under way is cut and noted, the socket is gone, and the next start goes on
// from there.
func TestASignalEndsTheAgentCleanly(t *testing.T) {
	t.Parallel()
	u := sit(t)
	key := oaktest.Key("openai")
	provider := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key})
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		agent := u.agent(u.passphrase()...)
		u.done("oaklock providers set openai --base-url " + provider.BaseURL("openai"))
		u.done(`printf %s "$KEY" | oaklock keys add openai --yes`, "KEY="+key)
		u.done("oaklock sites allow https://app.example --provider openai --models '*'")
		gate := make(chan string)
		provider.Next(oaktest.Drip(gate))
		cut := make(chan answer, 1)
		go func() { cut <- u.page(t.Context(), site) }()
		gate <- "one"
		u.await("the answer to run", func(st control.State) bool { return len(st.Running) == 1 && st.Running[0].BytesOut > 0 })
		if status := agent.end(sig); status != 0 {
			t.Errorf("%v: it ended with %d:\n%s", sig, status, agent.words.Bytes())
		}
		if a := <-cut; !errors.Is(a.err, io.ErrUnexpectedEOF) || a.body != "data: one\n\n" {
			t.Errorf("%v: the page got %v", sig, a)
		}
		if left, err := os.ReadDir(u.home); err != nil || strings.Contains(fmt.Sprint(left), "agent.sock") || strings.Contains(fmt.Sprint(left), "-wal") {
			t.Errorf("%v: this is left: %v, %v", sig, left, err)
		}
		oaktest.Scan(t, key, oaktest.Path(u.home), agent.words.Bytes())
	}
	u.agent(u.passphrase()...)
	var log []control.Entry
	u.reads("oaklock log --json", &log)
	if len(log) != 2 || log[0].Code != "stopped" || log[0].Status != 200 || log[1].Code != "stopped" {
		t.Errorf("the log has %+v", log)
	}
	if a := u.page(t.Context(), site); a.status != 200 {
		t.Errorf("after the restart: %v", a)
	}
}
