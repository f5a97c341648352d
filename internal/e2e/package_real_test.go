//go:build real && linux

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// The package for Debian as its users meet it. What make has packed is named by OAKLOCK_DEB.
func TestPackage(t *testing.T) {
	deb := binary(t, "OAKLOCK_DEB")
	// --allow-root: lintian warns root for the sake of what it unpacks, and this package is our own.
	mustRun(t, "lintian", "--allow-root", "--fail-on", "error", deb)

	laidOut := t.TempDir()
	mustRun(t, "dpkg-deb", "--extract", deb, laidOut)
	mustRun(t, "appstreamcli", "validate-tree", "--no-net", laidOut)
	mustRun(t, "desktop-file-validate", filepath.Join(laidOut, "usr/share/applications/io.github.oaklock.Oaklock.desktop"))
	mustRun(t, "bash", "-n", filepath.Join(laidOut, "usr/share/bash-completion/completions/oaklock"))
	doc := filepath.Join(laidOut, "usr/share/doc/oaklock")
	guide, err := os.ReadFile(filepath.Join(doc, "browsers.md"))
	if err != nil {
		t.Error(err)
	}
	for _, picture := range regexp.MustCompile(`\((pictures/[a-z-]+\.png)\)`).FindAllStringSubmatch(string(guide), -1) {
		if _, err := os.Stat(filepath.Join(doc, picture[1])); err != nil {
			t.Error(err)
		}
	}
	if page := mustRun(t, "zcat", filepath.Join(laidOut, "usr/share/man/man1/oaklock.1.gz")); !strings.Contains(page, ".SH EXIT STATUS\n.TP\n\\fB0\\fP\n") || !strings.Contains(page, "oaklock.holds") {
		t.Errorf("the manual's first page is\n%s", page)
	}
	if page := mustRun(t, "zcat", filepath.Join(laidOut, "usr/share/man/man1/oaklock-keys-add.1.gz")); !strings.Contains(page, "printf %s") {
		t.Errorf("the manual's page about keys add is\n%s", page)
	}

	t.Run("installed, used and removed", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("NOT RUN: only root can install a package. Everything else about it was looked at") //nolint:forbidigo // said in CONTRIBUTING.md
		}
		if known(t) {
			t.Skip("NOT RUN: Oaklock is installed on this machine, and a test does not replace it") //nolint:forbidigo // said in CONTRIBUTING.md
		}
		installed(t, deb, laidOut)
	})
}

func installed(t *testing.T, deb, laidOut string) {
	before := existing(t, laidOut)
	apt(t, "install", deb)
	t.Cleanup(func() {
		if known(t) { // the test has failed on the way
			apt(t, "purge", "oaklock")
		}
	})
	for _, name := range files(t, laidOut) {
		if _, err := os.Lstat(name); err != nil {
			t.Errorf("not installed: %v", err)
		}
	}
	p := newPerson(t)
	p.asksAModel()
	p.seesTheWindow()
	if out, code := p.types("reset", "--yes"); code != 0 || !strings.Contains(out, "Keys removed from this machine: 1") {
		t.Errorf("reset: %d %s", code, out)
	}
	if all, err := os.ReadDir(filepath.Join(p.home, ".config")); err == nil && slices.ContainsFunc(all, func(e fs.DirEntry) bool { return strings.Contains(e.Name(), "oaklock") }) {
		t.Errorf("after the reset the home has %v", all)
	}

	if said := apt(t, "purge", "oaklock"); !strings.Contains(said, "stay with each user") || !strings.Contains(said, `"oaklock reset"`) {
		t.Errorf("who removes it is not told what stays: %s", said)
	}
	if after := existing(t, laidOut); !slices.Equal(before, after) {
		t.Errorf("of the package's files and folders there were\n%q, and after it was removed there are\n%q", before, after)
	}
	left := mustRun(t, "find", "/etc", "/opt", "/usr", "/var", "-xdev", "-path", "*/go/*", "-prune", "-o", "-iname", "*oaklock*", "-print")
	if left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// person is an ordinary user of this machine, who is there for the test only.
type person struct {
	testing.TB
	home  string
	attr  *syscall.SysProcAttr
	env   []string
	model *oaktest.Provider
	key   string
}

func newPerson(t *testing.T) *person {
	t.Helper()
	home, err := os.MkdirTemp("", "oaklock-home-") // not in t.TempDir, which only root may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) }) // what is left is in the folder for temporary files
	name := "oaklock-test-" + strconv.Itoa(os.Getpid())
	mustRun(t, "useradd", "--no-create-home", "--home-dir", home, "--shell", "/bin/sh", "--user-group", name)
	who, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(who.Uid) // a number on this system
	gid, _ := strconv.Atoi(who.Gid)
	t.Cleanup(func() {
		endAll(t, uint32(uid)) //nolint:gosec // a small number
		mustRun(t, "userdel", name)
	})
	runtime := filepath.Join(home, "run")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{home, runtime} {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	p := &person{TB: t, home: home, key: oaktest.Key("openai"),
		attr: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, //nolint:gosec // small numbers
		env: []string{"HOME=" + home, "USER=" + name, "LOGNAME=" + name, "XDG_RUNTIME_DIR=" + runtime,
			"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}}
	p.model = oaktest.NewProvider(t, oaktest.ProviderOptions{Key: p.key})
	return p
}

// endAll ends the programs of a user who is about to be removed, such as what a session bus has started.
func endAll(t *testing.T, uid uint32) {
	t.Helper()
	for range 100 { // what is killed may have started something just before
		all, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, dir := range all {
			info, err := os.Stat(dir)
			if err != nil || info.Sys().(*syscall.Stat_t).Uid != uid {
				continue // ended, or somebody else's
			}
			pid, _ := strconv.Atoi(filepath.Base(dir)) // a number, by the pattern
			found = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
		if !found {
			return
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // between two looks, until there is none
	}
}

func (p *person) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // named by this test
	c.Env, c.Dir, c.SysProcAttr, c.WaitDelay = p.env, p.home, p.attr, 5*time.Second
	return c
}

// types runs oaklock as it is installed.
func (p *person) types(args ...string) (out string, code int) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	c := p.command(ctx, "/usr/bin/oaklock", args...)
	c.Stdin = strings.NewReader(p.key)
	text, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

func (p *person) must(args ...string) string {
	p.Helper()
	out, code := p.types(args...)
	if code != 0 {
		p.Fatalf("oaklock %s: exit status %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// agent starts one without a window, on any free port, and returns when it says where it listens.
func (p *person) agent(args ...string) (endpoint string) {
	p.Helper()
	c := p.command(context.WithoutCancel(p.Context()), "/usr/bin/oaklock", append([]string{"agent", "--headless", "--port", "0"}, args...)...)
	out, err := c.StderrPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.Fatal(err)
	}
	said := bufio.NewScanner(out)
	var all bytes.Buffer
	for endpoint == "" && said.Scan() {
		fmt.Fprintln(&all, said.Text())
		_, endpoint, _ = strings.Cut(said.Text(), "listens for pages at ")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for said.Scan() { // a full pipe would stop it
		}
		_ = c.Wait() // how it ended is told by what was asked of it
	}()
	p.Cleanup(func() { _ = c.Process.Kill(); <-ended })
	if endpoint == "" {
		p.Fatalf("the agent did not start:\n%s", &all)
	}
	return endpoint
}

// asksAModel is the main job without a display: the encrypted file, a key, a site that is allowed, an answer.
func (p *person) asksAModel() {
	p.Helper()
	passphrase := filepath.Join(p.home, "passphrase")
	if out, err := p.command(p.Context(), "sh", "-c", "umask 077 && echo correct horse battery >"+passphrase).CombinedOutput(); err != nil {
		p.Fatalf("%v\n%s", err, out)
	}
	endpoint := p.agent("--vault", "file", "--passphrase-file", passphrase)
	if out := p.must("status"); !strings.Contains(out, endpoint) {
		p.Errorf("status: %s", out)
	}
	p.must("providers", "set", "openai", "--base-url", p.model.BaseURL("openai"))
	p.must("keys", "add", "openai", "--anyway")
	const site = "https://research.example"
	p.must("sites", "allow", site, "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	// A user other than the agent's is turned away, so the page has to be the person's too.
	out, err := p.command(p.Context(), "curl", "--silent", "--show-error", "--max-time", "30", "--header", "Origin: "+site,
		"--header", "Content-Type: application/json", "--data", chatBody, endpoint+"/llm/openai/chat/completions").CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"choices"`) {
		p.Errorf("the page got %s, %v", out, err)
	}
	p.must("quit")
}

// seesTheWindow starts Oaklock as the desktop does, on a screen and a session bus of its own.
func (p *person) seesTheWindow() {
	p.Helper()
	const script = `
		oaklock agent --port 0 2>agent.log &
		for try in $(seq 200); do ! oaklock status >/dev/null 2>&1 || break; sleep 0.1; done
		oaklock
		window=$(timeout 60 xdotool search --sync --onlyvisible --name '^Oaklock$' | head -n 1)
		test "$(readlink "/proc/$(xdotool getwindowpid "$window")/exe")" = /usr/lib/oaklock/oaklock-window
		oaklock quit
		wait`
	ctx, cancel := context.WithTimeout(p.Context(), 2*time.Minute)
	defer cancel()
	out, err := p.command(ctx, "dbus-run-session", "--", "xvfb-run", "--auto-servernum", "sh", "-eu", "-c", script).CombinedOutput()
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(p.home, "agent.log"))
		p.Errorf("the window did not show: %v\n%s\nthe agent's log:\n%s", err, out, log)
	}
}

// mustRun runs a program of the system and gives what it printed.
func mustRun(t testing.TB, name string, args ...string) string {
	t.Helper()
	// The context of a test that is over has ended, and what it has made is still to be removed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput() //nolint:gosec // named by this test
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// known says whether dpkg has this package, or what a removal leaves of one.
func known(t *testing.T) bool {
	t.Helper()
	return exec.CommandContext(context.WithoutCancel(t.Context()), "dpkg-query", "--show", "oaklock").Run() == nil
}

// apt calls dpkg, and waits where another one is at work. What the package needs, the tests need too, so it is there.
func apt(t *testing.T, what, name string) (said string) {
	t.Helper()
	return mustRun(t, "apt-get", what, "--yes", "--quiet", "--quiet", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0",
		"-o", "DPkg::Lock::Timeout=120", "-o", "APT::Get::AutomaticRemove=false", name)
}

// files are the paths that the package brings, folders among them.
func files(t *testing.T, laidOut string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(laidOut, "usr"), func(name string, _ fs.DirEntry, err error) error {
		all = append(all, strings.TrimPrefix(name, laidOut))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// existing are those of them that are on this machine.
func existing(t *testing.T, laidOut string) (there []string) {
	t.Helper()
	for _, name := range files(t, laidOut) {
		if _, err := os.Lstat(name); err == nil {
			there = append(there, name)
		}
	}
	return there
}
