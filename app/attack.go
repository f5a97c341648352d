package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/attack"
	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

// runAttack attacks the user's own agent, as far as that changes nothing, and a second one of the same program with the same
// settings, in a profile of its own that is removed afterwards. The user's keys and grants are not touched: the second agent
// has a canary for a key and a provider of the suite's own.
func runAttack(ctx context.Context, home string, tell func(cli.AttackFinding)) (err error) {
	own := control.Dial(home)
	state, err := own.State(ctx)
	if err != nil {
		return err
	}
	settings, err := own.Settings(ctx)
	if err != nil {
		return err
	}
	canary, err := attack.NewCanary(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, canary.Close()) }()
	second, err := startSecond(ctx)
	if err != nil {
		return err
	}
	defer second.end() //nolint:contextcheck // it ends also when the context has
	if err := second.prepare(ctx, settings, canary); err != nil {
		return fmt.Errorf("prepare an agent to be attacked: %w", err)
	}
	target := attack.Target{Endpoint: second.endpoint, Canary: canary, Yours: state.Endpoint}
	target.Browser, target.WhyNot = attack.FindBrowser()
	err = attack.Run(ctx, target, func(f attack.Finding) { tell(cli.AttackFinding(f)) })
	if errors.Is(err, attack.ErrGone) {
		return &control.Error{Code: control.Unavailable, Message: "The Oaklock under attack ended or cannot be reached any more, so the test is not finished. " +
			"If you ended it, start it and test again; if not, please report it privately, as SECURITY.md says."}
	}
	return err
}

// secondAgent is an agent of this program in a temporary profile.
type secondAgent struct {
	*control.Client
	dir      string
	let      func() // gives the folder free
	cmd      *exec.Cmd
	ended    <-chan struct{}
	words    *strings.Builder // what it said; read after ended
	endpoint string
}

// startSecond starts it at a free port, with its keys in a file whose passphrase nobody knows.
func startSecond(ctx context.Context) (*secondAgent, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program itself: %w", err)
	}
	dir, let, err := attack.Folder()
	if err != nil {
		return nil, fmt.Errorf("make a profile for an agent to be attacked: %w", err)
	}
	home := filepath.Join(dir, "profile")
	s := &secondAgent{Client: control.Dial(home), dir: dir, let: let, words: &strings.Builder{}}
	s.cmd = exec.Command(self, "agent", "--headless", "--port", "0", "--vault", "file", "--passphrase-fd", "0", "--home", home) //nolint:gosec,noctx // end ends it
	s.cmd.Stdin = strings.NewReader(rand.Text() + "\n")
	s.cmd.Stdout, s.cmd.Stderr = s.words, s.words
	s.cmd.WaitDelay = time.Second
	if s.ended, err = attack.Start(s.cmd); err != nil {
		_ = os.RemoveAll(dir)
		let()
		return nil, fmt.Errorf("start an agent to be attacked: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	go func() {
		select {
		case <-s.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.WaitRunning(ctx); err != nil {
		s.end() //nolint:contextcheck // it ends also when the context has
		return nil, fmt.Errorf("start an agent to be attacked: %w\n%s", err, s.words)
	}
	return s, nil
}

// notCopied are the settings that the second agent keeps for itself: where it listens and keeps its keys, what it does on the
// desktop, how long a question waits, which decides nothing, and what would end the attack early: a limit, the brake.
var notCopied = map[string]bool{"port": true, "vault": true, "autostart": true, "theme": true, "language": true, "wait": true,
	"limit": true, "brake": true}

func (s *secondAgent) prepare(ctx context.Context, settings []control.Setting, canary *attack.Canary) error {
	for _, one := range settings {
		if notCopied[one.Name] || one.Value == one.Default {
			continue
		}
		if _, err := s.SetSetting(ctx, one.Name, one.Value); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{"wait": "1s", "brake": "off"} {
		if _, err := s.SetSetting(ctx, name, value); err != nil {
			return err
		}
	}
	if _, err := s.SetProvider(ctx, control.SetProvider{ID: "openai", BaseURL: canary.URL()}); err != nil {
		return err
	}
	if _, err := s.AddKey(ctx, control.AddKey{Provider: "openai", Secret: canary.Key, Anyway: true}); err != nil {
		return err
	}
	terms := control.Terms{Classes: []string{"inference"}, Models: []string{"*"}, UntilQuit: true, Limits: control.Limits{TokensDay: 1_000_000_000}}
	if err := s.AllowSite(ctx, control.AllowSite{Origin: attack.Site, Providers: []string{"openai"}, Terms: terms}); err != nil {
		return err
	}
	state, err := s.State(ctx)
	s.endpoint = state.Endpoint
	return err
}

// end ends the agent and removes its profile.
func (s *secondAgent) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	_ = s.Quit(ctx) // it is killed where it does not quit
	cancel()
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	_ = os.RemoveAll(s.dir)
	s.let()
}
