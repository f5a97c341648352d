package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
)

const (
	// notesWait is how long a desktop may take after a login to show notifications.
	notesWait = 30 * time.Second
	// notesStay is how long Oaklock stays for what it has shown: some desktops take it back with the program.
	notesStay = time.Minute
)

// tellNotStarted shows why the agent does not run, where the desktop has started it and nobody reads what it writes.
func tellNotStarted(ctx context.Context, why error, log *slog.Logger) {
	if errors.Is(why, control.ErrRunning) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n, err := notify.New(ctx, func(string, notify.Action) {})
	if err != nil {
		log.Info("no notifications", "reason", err)
		return
	}
	defer func() {
		cancel()
		n.Wait()
	}()
	w := wordsFor("system", os.Getenv) // the settings cannot be read
	for end := time.Now().Add(notesWait); n.Ask("start", w.notStarted, w.whyNot(why)) != nil; {
		if time.Now().After(end) || !outlast(ctx, time.Second) {
			return
		}
	}
	outlast(ctx, notesStay)
}

// outlast waits, and says whether ctx is still there then.
func outlast(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
