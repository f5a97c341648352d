package cli

import (
	"context"
	"io"

	"github.com/oaklock/oaklock/internal/control"
)

// Host is what the command line needs of the program around it and cannot import.
type Host struct {
	Stdin          io.Reader // an *os.File that is a terminal is asked without echo for secrets
	Stdout, Stderr io.Writer
	Version        string

	// RunAgent runs the agent in the foreground until ctx ends (a signal) or the user quits it. It returns an error that
	// wraps control.ErrRunning when another one has the profile folder.
	RunAgent func(ctx context.Context, o AgentOptions) error
	// StartAgent starts the agent of the profile folder as a program of its own, apart from this terminal, and returns when
	// it answers on its control socket, or why it does not.
	StartAgent func(ctx context.Context, home string) error
	// RunDemo runs the demo provider and the demo page until ctx ends.
	RunDemo func(ctx context.Context, o DemoOptions) error
	// Reset takes away all that Oaklock keeps for the profile folder. The agent must have ended; the error wraps
	// control.ErrRunning until it has.
	Reset func(ctx context.Context, home string) (Removed, error)
	// RunAttack attacks the agent of the profile folder, without touching its keys and grants, and tells of each attack when
	// it is over. The error says that the attacks could not be made; what did not hold is no error.
	RunAttack func(ctx context.Context, home string, tell func(AttackFinding)) error
	// Examine looks at what Oaklock needs of the machine and can be seen while no agent runs.
	Examine func(ctx context.Context, home string) []control.Check
	// OpenWindow starts the window program for the profile folder on this terminal's display, apart from this terminal.
	OpenWindow func(home string) error
	// HasDisplay says whether a window could open here.
	HasDisplay func() bool
}

// AgentOptions are what "oaklock agent" was given.
type AgentOptions struct {
	Home     string // the profile folder, absolute
	AtLogin  bool   // the desktop starts it, and may not be complete yet
	Headless bool   // no tray, no window, no notifications
	Port     int    // of the listener; 0 any free one, -1 not given: the setting decides
	Vault    string // "keychain", "file", or empty when not given
	// Passphrase reads the file vault's passphrase, anew on each call where it lies in a file: so a locked agent need not keep
	// it in memory and can still be unlocked by a script. The caller wipes what it returns. Nil when none was named.
	Passphrase func() ([]byte, error)
}

// DemoOptions are what "oaklock demo" was given.
type DemoOptions struct {
	Home string // the profile folder of the agent that the demo page will talk to
	Port int    // of the demo page; 6256
}

// Removed is what a reset took away, and what it could not.
type Removed struct {
	Keys      int
	Providers []string // ids of those that the keys were for
	Left      []string // what is still there, in words
}

// AttackFinding is how one attack went.
type AttackFinding struct {
	Name    string `json:"name"`
	Tried   string `json:"tried"`   // one sentence
	Yours   bool   `json:"yours"`   // tried on the agent of the profile folder; otherwise on one of the suite's own
	Works   bool   `json:"works"`   // it is no attack: held says that the allowed site gets its answer
	Held    bool   `json:"held"`    // false also where it was not tried
	Skipped string `json:"skipped"` // why it was not tried; empty where it was
	Detail  string `json:"detail"`  // what happened, where it did not hold
}
