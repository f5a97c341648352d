//go:build unix

package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// says runs a line that succeeds, and wants each of these in what it prints.
func (u *terminal) says(line string, holds ...string) {
	u.Helper()
	s := u.types(line)
	if s.status != 0 {
		u.Errorf("%s: %v", line, s)
	}
	for _, text := range holds {
		if !strings.Contains(s.out, text) {
			u.Errorf("%s says nothing of %q: %v", line, text, s)
		}
	}
}

// What a command says of a site is what holds then, and what would give nothing is refused or said.
func TestWhatIsSaidOfASiteIsSo(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent("--vault", "file")
	state, err := u.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const allow = "oaklock sites allow https://a.example --provider openai "

	// The site as it is stored, and not as it was typed.
	u.says("oaklock sites allow https://B.Example:443/ --provider demo --models '*'", "https://b.example may use demo")
	u.says("oaklock sites allow https://bücher.example --provider demo --models '*'", "https://xn--bcher-kva.example may use demo")
	u.says("oaklock sites revoke https://B.Example", "https://b.example may no longer use any provider. It may ask again.")

	// What is not inference lets no model be asked, and a key that is not there answers nothing.
	u.says(allow+"--models '*' --class stored", "no model request, only everything saved under the key")
	u.says("oaklock sites list", "no model request, only everything saved under the key")
	u.says(allow+"--models '*' --class optional", "no model request, only expensive endpoints")
	u.says(allow+"--models '*'", "There is no key for openai yet. Add one with: oaklock keys add openai")
	u.says(allow+"--models '*' --key nope", `no key "nope" for openai`, "--label nope")

	// A pattern is none, and Oaklock itself is no page.
	u.sentence(t, u.types(allow+"--models 'gpt-*'"), 2, `"gpt-*" would match no model`, "name each one")
	u.sentence(t, u.types(allow+"--models 'gpt 4'"), 2, `"gpt 4" has a blank in it`)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
		own := strings.Replace(state.Endpoint, "127.0.0.1", host, 1)
		u.sentence(t, u.types("oaklock sites allow '"+own+"' --provider openai --models '*'"), 2, "address of Oaklock itself")
	}
	u.says("oaklock sites allow http://localhost:1 --provider openai --models '*'", "http://localhost:1 may use openai")

	// A denial takes away, and the list has it beside what another provider is still allowed.
	u.done("oaklock sites allow https://a.example --provider openai,mistral --models '*'")
	u.says("oaklock sites deny https://a.example --provider mistral", "is refused mistral until ", "in 10 min", "allowed for mistral is taken back, and does not come back by itself", "may ask again")
	list := u.done("oaklock sites list")
	for _, state := range []string{"allowed  openai", "denied   mistral"} {
		if !strings.Contains(list, "https://a.example  "+strings.Repeat(" ", strings.Index(list, "STATE")-len("https://a.example  "))+state) {
			t.Errorf("the list has no row %q:\n%s", state, list)
		}
	}
	u.says("oaklock sites deny https://c.example", "is refused any provider until ", "may ask again")

	// Nothing is undone where nothing was, and an app never asks.
	u.says("oaklock sites unblock https://c.example", "https://c.example is not denied any more. It may ask again.")
	u.sentence(t, u.types("oaklock sites unblock https://c.example"), 1, "neither blocked nor denied")
	u.sentence(t, u.types("oaklock sites unblock https://nobody.example"), 1, "neither blocked nor denied")
	u.done("oaklock sites block https://c.example")
	u.says("oaklock sites unblock https://c.example", "https://c.example is not blocked any more. It may ask again.")
	u.sentence(t, u.types("oaklock sites block app:nosuch"), 1, "no app of this name")
	u.sentence(t, u.types("oaklock providers set other --base-url https://llm.example/v1 --name OpenAI"), 2, `"OpenAI" is the name of another provider, openai`)
	u.sentence(t, u.types("oaklock prices set openai 'gpt-*' --input 1 --output 1"), 2, `The price was not changed: a price is of one model and not of "gpt-*"`)
	for _, verb := range []string{"allow chrome-extension://abc --provider openai --models '*'", "block chrome-extension://abc"} {
		u.sentence(t, u.types("oaklock sites "+verb), 2, `"abc" is the ID of no extension`)
	}
	for _, site := range []string{"null", "file:///x"} {
		u.sentence(t, u.types("oaklock sites block "+site), 2, "so nothing can be decided about it")
	}
	u.sentence(t, u.types("oaklock sites raise https://a.example --provider nosuch --limit 5.00/day"), 1, "no provider")
	u.sentence(t, u.types("oaklock sites raise https://nope.example --limit 5.00/day"), 1, "https://nope.example is allowed nothing, so there is no limit to raise")
	u.sentence(t, u.types("oaklock sites raise https://nope.example --provider openai --limit 5.00/day"), 1, "https://nope.example may not use OpenAI now, so there is no limit to raise")
	u.sentence(t, u.types("oaklock sites raise app:nosuch --provider openai --limit 5.00/day"), 1, "no app of this name")

	// The block of an app outlasts it.
	u.done("oaklock apps add blocked --provider openai --models '*'; oaklock sites block app:blocked; oaklock apps remove blocked --yes")
	u.sentence(t, u.types("oaklock apps add blocked --provider openai --models '*'"), 4, "is blocked, so nothing was changed", "oaklock sites unblock app:blocked")
	if out := u.done("oaklock apps list; oaklock sites list"); strings.Contains(out, "app:blocked  allowed") || !strings.Contains(out, "app:blocked") {
		t.Errorf("after it was refused: %s", out)
	}
	u.says("oaklock sites unblock app:blocked", "app:blocked is not blocked any more. Make it a key with: oaklock apps add blocked")
	u.done("oaklock apps add blocked --provider openai --models '*'")
	u.done("oaklock apps add notes --provider openai --models '*'")
	for _, line := range []string{"oaklock sites revoke app:notes", "oaklock sites block app:notes; oaklock sites unblock app:notes"} {
		u.says(line, "An app cannot ask; allow it with: oaklock sites allow app:notes")
	}
}

// What commands say where there is nothing to list, where a change holds only later, and where what was typed is wrong.
func TestWhatIsSaidOfTheRest(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	u.says("oaklock log", "No request yet.")
	u.says("oaklock log --site foo", "No request in the log is like that")
	u.says("oaklock settings set port 7001", "port is 7001.", "holds from the next start on")

	u.done("oaklock providers set mine --base-url https://llm.example/v1")
	u.done("printf key-of-mine | oaklock keys add mine --label work --anyway")
	u.sentence(t, u.types("oaklock providers remove mine"), 2, "takes away the provider mine at https://llm.example/v1", "--yes")
	u.says("oaklock providers remove mine --yes", `Its key "work" is still stored`, "oaklock keys remove mine --label work")
	u.done("oaklock keys remove mine --label work --yes")
	u.done("oaklock providers set openai --base-url https://llm.example/v1")
	u.says("oaklock providers reset openai", "openai goes to https://api.openai.com")
	u.sentence(t, u.types("oaklock providers reset nobody"), 1, "no provider")
	u.sentence(t, u.types("oaklock prices list nobody"), 1, "There is no provider of this name")
	if s := u.types("oaklock prices list --mine"); s.status != 0 || s.out != "" || !strings.Contains(s.err, "You have set no price.") {
		t.Errorf("no price of the user's: %v", s)
	}

	u.sentence(t, u.types("oaklock keys import /nothere"), 1, "there is no file /nothere")
	dangling := filepath.Join(filepath.Dir(u.home), "dangling")
	if err := os.Symlink("/nowhere/at/all", dangling); err != nil {
		t.Fatal(err)
	}
	u.sentence(t, u.types("oaklock --home "+dangling+"/home"), 1, "a link that leads nowhere", "--home")
	for _, line := range []string{"oaklock", "oaklock agent --headless"} {
		u.sentence(t, u.types(line+" --home /proc/oaklock"), 1, "no folder can be made at /proc/oaklock", "--home")
	}

	// A question says what allowing it gives, and the answer what it gave.
	asks := make(chan answer, 1)
	go func() { asks <- u.page(t.Context(), site) }()
	u.await("a question", func(s control.State) bool { return len(s.Questions) == 1 })
	state, err := u.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := state.Questions[0].ID
	u.says("oaklock pending", "oaklock allow "+id+" gives it all models, $1.00 a day, for 7 days")
	u.says("oaklock allow "+strings.ToUpper(id)+" --models gpt-4o-mini --limit 0.50/day", site+" may use openai: gpt-4o-mini, $0.50 a day, for 7 days.")
	<-asks
}

// Which vault a start names holds for that start; the setting holds for all others.
func TestTheVaultOfOneStart(t *testing.T) {
	t.Parallel()
	u := sit(t)
	kind := func(want string) {
		t.Helper()
		if st, err := u.State(t.Context()); err != nil || st.Vault.Kind != want {
			t.Errorf("the keys lie in the %s, not in the %s: %v", st.Vault.Kind, want, err)
		}
		u.done("oaklock quit")
	}
	u.agent("--vault", "file")
	kind("file")
	u.agent()
	kind("keychain")
	u.agent()
	u.done("oaklock settings set vault file")
	kind("file")
	u.agent("--vault", "keychain")
	kind("keychain")
	u.agent(u.passphrase()[2:]...)
	kind("file")
	given := strings.Join(u.passphrase()[2:], " ")
	u.sentence(t, u.types("oaklock agent --headless --vault keychain "+given), 1, "add --vault file")
}

// Of several starts at once one wins, and the others bring it forward.
func TestSeveralStartsAtOnce(t *testing.T) {
	t.Parallel()
	u := sit(t)
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	u.agent()
	u.done(fmt.Sprintf("oaklock settings set port %d; oaklock quit", port))
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			if s := u.types("oaklock"); s.status != 0 || !strings.Contains(s.out, "Oaklock runs without a window at") {
				t.Errorf("one of four starts: %v", s)
			}
		})
	}
	work.Wait()
	u.done("oaklock quit")
}

// A start that finds another one under way waits for it, whatever the two say.
func TestAStartThatLosesWaits(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	u.done("oaklock settings set vault file; oaklock quit")
	other, err := os.OpenFile(filepath.Join(u.home, "agent.lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	b := u.starts()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		log, err := os.ReadFile(filepath.Join(u.home, "agent.log"))
		if err == nil && bytes.Contains(log, []byte(" status\n")) { // the last words of an agent that has lost
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the start has not begun: %s, %v", log, err)
		}
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	u.agent()
	<-b.ended
	if b.ProcessState.ExitCode() != 0 || !strings.Contains(string(b.words.Bytes()), "Oaklock runs without a window at") {
		t.Errorf("the start that lost: %v\n%s", b.ProcessState, b.words.Bytes())
	}
}
