//go:build unix

package e2e_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// sentence says that a command failed with this status, printed nothing, and complained in one line that a person
// understands, with at most one more that says what to do.
func (u *terminal) sentence(t *testing.T, s said, status int, holds ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(s.err, "\n"), "\n")
	var text []string
	for _, line := range lines {
		// What every command says, and what root is always told.
		if !strings.HasPrefix(line, "See: oaklock") && !strings.HasPrefix(line, "Oaklock runs as root here.") {
			text = append(text, line)
		}
	}
	if s.status != status || s.out != "" || s.err == "" || len(text) < 1 || len(text) > 2 {
		t.Errorf("want status %d and one sentence, got %v", status, s)
		return
	}
	for _, h := range holds {
		if !strings.Contains(s.err, h) {
			t.Errorf("%q is not in: %s", h, s.err)
		}
	}
	for _, odd := range []string{"goroutine", "0x", "%!", "mkdir", "lstat", "errno", "<nil>", "level="} {
		if strings.Contains(s.err, odd) {
			t.Errorf("%q is no word for a person: %s", odd, s.err)
		}
	}
}

// lists is what a user sees of sites, keys, providers and settings, without the port, which is another at each start.
func (u *terminal) lists() string {
	u.Helper()
	return u.done("oaklock sites list --json; oaklock keys list --json; oaklock providers list --json | grep -v prefix; oaklock settings --json; oaklock pending --json")
}

// Bad input gets one sentence and changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	u.done("oaklock sites allow https://app.example --provider openai --models '*'")
	u.done(`printf %s "$KEY" | oaklock keys add openai`, "KEY="+oaktest.Key("openai"))
	before := u.lists()
	const terms = " --provider openai --models '*'"
	bad := oaktest.Key("anthropic")
	admin := "sk-admin-" + oaktest.Key("")
	for _, c := range []struct {
		line   string
		status int
		holds  string
	}{
		{"oaklock sites allow https://app.example/path" + terms, 2, "path"},
		{"oaklock sites allow app.example" + terms, 2, "https://"},
		{"oaklock sites allow http://app.example" + terms, 2, "https"},
		{"oaklock sites allow null" + terms, 2, ""},
		{"oaklock sites allow 'https://*.example'" + terms, 2, ""},
		{"oaklock sites allow https://user:pw@app.example" + terms, 2, ""},
		{"oaklock sites allow https://other.example --provider nobody --models '*'", 1, "openai"},
		{"oaklock sites allow https://other.example --provider openai", 2, "--models"},
		{"oaklock sites allow https://other.example --models x", 2, "--provider"},
		{"oaklock sites allow https://other.example" + terms + ",gpt-4o", 2, "*"},
		{"oaklock sites allow https://other.example" + terms + " --limit 0/day", 2, "nothing"},
		{"oaklock sites allow https://other.example" + terms + " --limit lots", 2, "1.00/day"},
		{"oaklock sites allow https://other.example" + terms + " --for 99999d", 2, "366d"},
		{"oaklock sites revoke https://never.example", 1, "nothing to take back"},
		{"oaklock sites", 2, "what to do"},
		{`printf %s "$BAD" | oaklock keys add openai --yes`, 4, "Anthropic"},
		{`printf %s "$ADMIN" | oaklock keys add openai --yes`, 4, "administrative"},
		{`printf %s "$ADMIN" | oaklock keys add openai --yes --anyway`, 4, "administrative"},
		{`printf 'two words' | oaklock keys add openai --yes`, 2, "not a key"},
		{`printf '' | oaklock keys add openai --yes`, 2, "no key"},
		{`printf '"%s' "$BAD" | oaklock keys add openai --yes`, 2, "quotes"},
		{`printf 'OPENAI_API_KEY="%s"' "$BAD" | oaklock keys add openai --yes`, 4, "Anthropic"},
		{`printf 'export OPENAI_API_KEY=%s' "$ADMIN" | oaklock keys add openai --yes`, 4, "administrative"},
		{`printf 'export' | oaklock keys add openai --yes`, 2, "the name of a variable"},
		{`printf 'OPENAI_API_KEY=' | oaklock keys add openai --yes --anyway`, 2, "the name of a variable"},
		{`printf 'sk-proj-****abcd' | oaklock keys add openai --yes`, 2, "Stars or dots"},
		{`printf 'https://platform.openai.com/api-keys' | oaklock keys add openai --yes`, 2, "an address"},
		{`head -c 100000 /dev/zero | tr '\0' k | oaklock keys add openai --yes`, 2, "too long"},
		{`printf %s "$BAD" | oaklock keys add openai --label 'a/b' --anyway`, 2, "label"},
		{`printf %s "$BAD" | oaklock keys add nobody`, 1, "openai"},
		{`oaklock keys add openai "$BAD"`, 2, "never given on the command line"},
		{`oaklock keys add openai --label=x -"$BAD"`, 2, "never given on the command line"},
		{"oaklock keys remove mistral --yes", 1, "no such key"},
		{"oaklock keys test mistral", 1, "no such key"},
		{"oaklock providers set openai --base-url http://llm.example/v1", 2, "https://"},
		{"oaklock providers set openai --base-url https://user:pw@llm.example/v1", 2, "user name"},
		{"oaklock providers set openai --base-url 'https://llm.example/v1?key=x'", 2, "question mark"},
		{"oaklock providers set own", 2, "--base-url"},
		{"oaklock providers set 'Own One' --base-url https://llm.example/v1", 2, ""},
		{"oaklock providers set openai --base-url https://llm.example/v1 --auth x-key", 2, "fixed"},
		{"oaklock providers remove openai", 1, "nothing of yours"},
		{"oaklock settings set wait 1h", 2, "5m"},
		{"oaklock settings set wait soon", 2, "60s"},
		{"oaklock settings set wait -5s", 2, "dash"},
		{"oaklock settings set questions maybe", 2, "on or off"},
		{"oaklock settings set port 80", 2, "1024"},
		{"oaklock settings set colour red", 1, "questions"},
		{"oaklock allow nothere", 1, "no such question"},
		{"oaklock deny nothere", 1, "no such question"},
		{"oaklock stop 99", 1, "or never was"},
		{"oaklock settings set default_limit 0.015/day", 2, "whole cents"},
		{"oaklock log -n 0", 2, "1 to 1000"},
		{"oaklock nonsense", 2, ""},
		{"oaklock agent --headless --port 99999", 2, "65535"},
		{"oaklock agent --headless --vault cloud", 2, "keychain or file"},
		{"oaklock agent --headless --vault file --passphrase-file /nowhere/at/all", 1, "passphrase file"},
	} {
		s := u.types(c.line, "BAD="+bad, "ADMIN="+admin)
		t.Run(c.line, func(t *testing.T) { u.sentence(t, s, c.status, c.holds) })
		oaktest.Scan(t, bad, s.err)
		oaktest.Scan(t, admin, s.err)
	}
	if after := u.lists(); after != before {
		t.Errorf("something was changed:\n%s\n%s", before, after)
	}
	oaktest.Scan(t, bad, oaktest.Path(u.home))
}

// A second start, and one whose port is taken, end with a sentence; the first agent goes on.
func TestASecondStart(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	before := u.lists()
	u.sentence(t, u.types("oaklock agent --headless --port 0"), cli.StatusRunning, "already running", "oaklock status")

	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	other := sit(t)
	s := other.types(fmt.Sprintf("oaklock agent --headless --port %d", port))
	other.sentence(t, s, 1, fmt.Sprintf("port %d is taken by", port), "--port 6265")
	if strings.Contains(s.err, "the port is taken") {
		t.Errorf("it is said twice: %s", s.err)
	}
	if u.lists() != before {
		t.Error("the first agent is not as it was")
	}
	if s := other.types("oaklock status"); s.status != 3 {
		t.Errorf("what did not start is there: %v", s)
	}
}

// A wrong passphrase, or none, starts nothing that could use a key, and says so.
func TestAWrongPassphrase(t *testing.T) {
	t.Parallel()
	u := sit(t)
	file := u.passphrase()
	u.agent(file...).end(syscall.SIGTERM)
	for _, c := range []struct{ text, holds string }{{"wrong", "not the passphrase"}, {"", "is empty"}} {
		if err := os.WriteFile(file[3], []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := u.types("oaklock agent --headless --port 0 " + strings.Join(file, " "))
		if s.status == 0 || !strings.Contains(s.err, c.holds) {
			t.Errorf("%q: %v", c.text, s)
		}
		if strings.Contains(s.err, "wrong\n") {
			t.Errorf("the passphrase is quoted: %v", s)
		}
	}
	u.agent("--vault", "file")
	u.sentence(t, u.types("oaklock unlock"), 4, "passphrase", "oaklock unlock --passphrase-file FILE")
	u.sentence(t, u.types("printf %s \"$KEY\" | oaklock keys add openai", "KEY="+oaktest.Key("openai")), 4, "locked")
	u.passphrase()
	u.done("oaklock unlock --passphrase-file " + file[3])
}

// A profile folder that somebody else could reach is not used, and nothing is put into it.
func TestAnUnsafeProfileFolder(t *testing.T) {
	for name, c := range map[string]struct {
		make  func(dir string) error
		holds string
	}{
		"others may read":  {func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o744)) }, "chmod 700"},
		"others may write": {func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) }, "chmod 700"},
		"a link":           {func(dir string) error { return os.Symlink(filepath.Dir(dir), dir) }, "symbolic link"},
		"a file":           {func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "not a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			u := sit(t)
			if err := c.make(u.home); err != nil {
				t.Fatal(err)
			}
			u.sentence(t, u.types("oaklock agent --headless --port 0"), 1, c.holds)
			u.sentence(t, u.types("oaklock"), 1, c.holds)
			if s := u.types("oaklock status"); s.status == 0 {
				t.Errorf("the status: %v", s)
			}
			left, _ := os.ReadDir(u.home)
			for _, e := range left {
				if name != "a link" || e.Name() != "bin" && e.Name() != "home" {
					t.Errorf("%s was put into it", e.Name())
				}
			}
		})
	}
}

// files are the contents of the profile folder, by name.
func (u *terminal) files() map[string]string {
	u.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(u.home)
	if err != nil {
		u.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			b, err := os.ReadFile(filepath.Join(u.home, e.Name()))
			if err != nil {
				u.Fatal(err)
			}
			all[e.Name()] = string(b)
		}
	}
	return all
}

// A database of a newer Oaklock is refused and not touched.
func TestADatabaseFromTheFuture(t *testing.T) {
	u := sit(t)
	u.agent("--vault", "file").end(syscall.SIGTERM)
	db, err := sql.Open("sqlite", filepath.Join(u.home, "oaklock.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := u.files()
	u.sentence(t, u.types("oaklock agent --headless --port 0"), 1, "newer Oaklock", "99", "Nothing was touched")
	after := u.files()
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files have become %d", len(before), len(after))
	}
}

// A database that is none is moved aside as it is, and the user is told.
func TestABrokenDatabase(t *testing.T) {
	u := sit(t)
	u.agent("--vault", "file").end(syscall.SIGTERM)
	garbage := bytes.Repeat([]byte("this is no database\n"), 999)
	if err := os.WriteFile(filepath.Join(u.home, "oaklock.db"), garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	u.agent("--vault", "file")
	var st control.State
	u.reads("oaklock status --json", &st)
	told := ""
	for _, p := range st.Problems {
		if p.Code == "database_broken" {
			told = p.Message
		}
	}
	kept := ""
	for name, content := range u.files() {
		if content == string(garbage) {
			kept = name
		}
	}
	if kept == "" || kept == "oaklock.db" || !strings.Contains(told, kept) {
		t.Errorf("it was kept as %q, and the user is told %q", kept, told)
	}
	if out := u.done("oaklock status"); !strings.Contains(out, kept) || !strings.Contains(out, "Allow your sites again") {
		t.Errorf("the status says %s", out)
	}
	u.done("oaklock sites allow https://app.example --provider openai --models '*'")
}

// A passphrase that others can read protects nothing. Where a folder above keeps them out they cannot.
func TestAPassphraseFileThatOthersCanRead(t *testing.T) {
	u := sit(t)
	path := u.passphrase()[3]
	above := filepath.Dir(filepath.Dir(path))
	if err := errors.Join(os.Chmod(path, 0o644), os.Chmod(above, 0o755)); err != nil {
		t.Fatal(err)
	}
	u.sentence(t, u.types("oaklock agent --headless --port 0 --vault file --passphrase-file "+path), 1, "others on this machine can read", "chmod 600 "+path)
	if err := os.Chmod(above, 0o700); err != nil {
		t.Fatal(err)
	}
	u.agent("--vault", "file", "--passphrase-file", path)
}

// Where there is no keychain nothing says that it is open or that all is well, and what there is to do is said. A lock goes all the
// same; a pause beside it is said to need both.
func TestNothingToUnlock(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent()
	const fix = "oaklock settings set vault file, then oaklock unlock"
	u.done("oaklock lock")
	u.says("oaklock pause", "Paused, and locked as before", "oaklock unlock", "oaklock resume")
	u.sentence(t, u.types("oaklock resume"), 4, "unlock it first with: oaklock unlock")
	u.sentence(t, u.types("oaklock unlock"), 1, "your keys are still out of reach. There is no keychain on this machine", fix)
	u.done("oaklock resume")
	if out := u.done("oaklock status"); !strings.HasPrefix(out, "Oaklock is on, but your keys are out of reach, so no site gets an answer.\n") || !strings.Contains(out, fix) {
		t.Errorf("the status is %s", out)
	}
	u.done("oaklock settings set vault file; oaklock unlock --passphrase-file " + u.passphrase()[3])
	if out := u.done("oaklock status"); !strings.HasPrefix(out, "Oaklock is on.\n") {
		t.Errorf("with a file the status is %s", out)
	}
}
