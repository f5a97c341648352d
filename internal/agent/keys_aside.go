package agent

import (
	"context"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
)

const (
	// undoTime is how long a removed key can be taken back; the window offers it for 10 seconds.
	undoTime = 12 * time.Second
	// sweepTimeout bounds the vault where the user waits for something else, such as the end of Oaklock.
	sweepTimeout = 500 * time.Millisecond
)

// asideKeys says until when each key that was set aside can be taken back. One from an earlier run is in none: it is due.
type asideKeys struct {
	mu    sync.Mutex
	until map[keychain.ID]time.Time // guarded by mu
}

func (k *asideKeys) set(id keychain.ID, until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.until == nil {
		k.until = map[keychain.ID]time.Time{}
	}
	k.until[id] = until
}

func (k *asideKeys) due(id keychain.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !time.Now().Before(k.until[id])
}

func anyKey(keychain.ID) bool { return true }

// SetKeyAside removes a key so that it can be taken back for a moment: nothing can use it from now on, and it leaves the
// vault when the moment is over, or when Oaklock locks or ends before that.
func (a *Agent) SetKeyAside(ctx context.Context, r control.KeyRef) error {
	id := a.keyID(r)
	a.aside.set(id, time.Now().Add(undoTime))
	if err := a.keys.SetAside(ctx, id); err != nil {
		return a.keyError(err)
	}
	a.pages.EndKey(id.Provider, id.Label)
	a.tellGone()
	a.changed()
	a.work.Go(func() { //nolint:contextcheck // it goes on after the call
		select {
		case <-time.After(undoTime):
			a.sweepKeys(10*time.Second, a.aside.due)
		case <-a.closing: // Close sweeps
		}
	})
	return nil
}

// TakeKeyBack undoes SetKeyAside.
func (a *Agent) TakeKeyBack(ctx context.Context, r control.KeyRef) error {
	if err := a.keys.TakeBack(ctx, keychain.ID{Provider: r.Provider, Label: r.Label}); err != nil {
		return a.keyError(err)
	}
	a.tellGone()
	a.changed()
	return nil
}

// sweepLater sweeps beside what goes on, where an earlier run has left something.
func (a *Agent) sweepLater() {
	if len(a.keys.Aside()) > 0 {
		a.work.Go(func() { a.sweepKeys(10*time.Second, a.aside.due) })
	}
}

// sweepKeys takes out of the vault what was removed and is due. What the vault refuses is tried again at the next unlock or start;
// until then it is out of use, and the user is told that it is still there.
func (a *Agent) sweepKeys(within time.Duration, due func(keychain.ID) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := a.keys.Sweep(ctx, due); err != nil {
		a.log.Warn("a removed key is still in the vault", "error", err)
		a.problems.add(control.Problem{Code: "key_left",
			Message: "A key that you removed is out of use, but your keychain did not let go of it.",
			Fix:     "Unlock your keychain, and then lock and unlock Oaklock: it tries again."})
	} else {
		a.problems.remove("key_left")
	}
	a.changed()
}
