package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

// asOaklock makes this test binary the command line where the environment says so, and does not return then.
func asOaklock() {
	if line := os.Getenv("OAKLOCK_TEST_LINE"); line != "" {
		os.Exit(cli.Main(strings.Fields(line), host()))
	}
}

// host plays the program around the command line: it prints what it is told to run.
func host() cli.Host {
	return cli.Host{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "1.2.3",
		OpenWindow: func(home string) error {
			if os.Getenv("WINDOW") == "" {
				return errors.New("the window is not installed")
			}
			fmt.Println("open window", home)
			return nil
		},
		HasDisplay: func() bool { return os.Getenv("DISPLAY") != "" },
		Examine: func(_ context.Context, home string) []control.Check {
			return []control.Check{{Code: "display", State: control.Note, Message: "There is no display here.", Fix: "Use commands."}}
		},
		RunAgent: func(ctx context.Context, o cli.AgentOptions) error {
			passphrase := func() string { return "none" }
			if o.Passphrase != nil {
				passphrase = func() string { b, err := o.Passphrase(); return fmt.Sprint(strconv.Quote(string(b)), " ", err) }
			}
			fmt.Printf("agent home=%s headless=%v port=%d vault=%q passphrase=%s then %s\n", o.Home, o.Headless, o.Port, o.Vault, passphrase(), passphrase())
			l, err := control.Listen(o.Home)
			if err != nil {
				return fmt.Errorf("open agent: %w", err)
			}
			if os.Getenv("UNTIL_SIGNAL") != "" {
				<-ctx.Done()
				fmt.Println("agent ends")
			}
			return l.Close()
		},
		// The agent that is started lives in this process for as long as it does.
		StartAgent: func(_ context.Context, home string) error {
			fmt.Println("start agent", home)
			if os.Getenv("BROKEN") != "" {
				return errors.New("start agent: it is broken")
			}
			l, err := control.Listen(home)
			if err != nil {
				return err
			}
			go func() {
				_ = l.Serve(&fake{dir: filepath.Dir(home), quit: make(chan struct{}), looked: make(chan struct{})}, slog.New(slog.DiscardHandler))
			}()
			if os.Getenv("LOST") != "" {
				return fmt.Errorf("start agent: %w", control.ErrRunning)
			}
			return nil
		},
		// The folder is still in use when it is asked for the first time, as by an agent that has not quite ended.
		Reset: func(_ context.Context, home string) (cli.Removed, error) {
			busy := os.Getenv("BUSY")
			_ = os.Unsetenv("BUSY")
			switch {
			case busy != "":
				return cli.Removed{}, fmt.Errorf("open: %w", control.ErrRunning)
			case os.Getenv("BROKEN") != "":
				return cli.Removed{}, errors.New("the key openai/default could not be taken out of your keychain: the keychain is locked")
			case os.Getenv("LEFT") != "":
				return cli.Removed{Left: []string{"the folder " + home}}, nil
			}
			fmt.Println("reset", home)
			return cli.Removed{Keys: 2, Providers: []string{"openai", "groq"}}, nil
		},
		RunAttack: func(ctx context.Context, home string, tell func(cli.AttackFinding)) error {
			if _, err := control.Dial(home).State(ctx); err != nil {
				return err
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(home), "findings.json"))
			var all []cli.AttackFinding
			if err == nil {
				err = json.Unmarshal(b, &all)
			}
			for _, f := range all {
				tell(f)
			}
			return err
		},
		RunDemo: func(_ context.Context, o cli.DemoOptions) error {
			b, _ := json.Marshal(o)
			fmt.Println("demo", string(b))
			return nil
		},
	}
}
