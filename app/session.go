package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/autostart"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/session"
)

// followSession locks when the screen is locked, the machine goes to sleep or another user takes the screen, each if its
// setting says so, and looks at the keychain when that was locked or has gone, until ctx ends. What it returns waits for the end of it.
func followSession(ctx context.Context, a *agent.Agent, log *slog.Logger) (wait func()) {
	var slept time.Time
	w, err := session.New(ctx, func(e session.Event) { //nolint:contextcheck // a lock is no call that may be given up
		log.Info("the desktop says", "event", e.String())
		switch e {
		case session.ScreenLocked:
			a.LockOn(agent.LockOnScreenLock)
		case session.SwitchedAway:
			a.LockOn(agent.LockOnUserSwitch)
		case session.Sleeping:
			slept = time.Now()
			a.LockOn(agent.LockOnSleep)
		case session.Resumed:
			a.Resumed(slept)
			slept = time.Time{}
		case session.KeychainMoved:
			a.VaultMoved()
		}
	})
	if err != nil {
		log.Info("nobody says when the screen is locked or the machine sleeps", "reason", err)
		a.NobodyTellsOfSleep()
		return func() {}
	}
	if !w.TellsOfSleep() {
		a.NobodyTellsOfSleep()
	}
	return w.Wait
}

// isMain says whether a profile folder is the one that is used where none is named.
func isMain(home string) bool {
	main, err := control.MainFolder()
	return err == nil && control.SameFolder(home, main)
}

// atLogin is the entry in the desktop's list of what starts at login, for the agent of this profile folder.
func atLogin(home string) (agent.Autostart, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(self) {
		return nil, errors.New("the program does not know its own path")
	}
	e := autostart.Entry{Name: "oaklock", Title: "Oaklock", Program: self, Args: []string{"agent", "--at-login"}}
	if !isMain(home) {
		e.Args = append(e.Args, "--home", home)
	}
	return e, nil
}
