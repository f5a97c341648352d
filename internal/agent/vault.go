package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/proxy"
)

// statusAge is how long a vault's status is believed: the window pulls the state often, and asking a keychain takes
// milliseconds, or for ever.
const statusAge = 5 * time.Second

const (
	// keysAge is how long the vault's own list of keys is believed: the window pulls the keys at every change.
	keysAge = 3 * time.Second
	// listTimeout is how long it is waited for.
	listTimeout = 500 * time.Millisecond
)

// vaultState is what is known of the vault's health, refreshed beside the calls that show it.
type vaultState struct {
	mu      sync.Mutex
	shown   control.Vault // guarded by mu
	asked   time.Time     // guarded by mu
	looked  time.Time     // guarded by mu; when the vault was asked which keys it has
	asking  bool          // guarded by mu
	again   bool          // guarded by mu; it has changed since it was asked
	done    chan struct{} // guarded by mu; closes when who asks has a true answer
	closed  bool          // guarded by mu
	running sync.WaitGroup
}

// openVault chooses the vault and opens it as far as it can be opened without asking.
func (a *Agent) openVault() (err error) {
	if a.osVault, a.mark, err = openKeychain(a.o); err != nil {
		return err
	}
	a.file = keychain.NewFile(a.o.Home)
	kind := a.o.Vault
	if kind == "" {
		kind = a.settings.get("vault")
	}
	if kind != "file" && a.o.Passphrase != nil {
		return errors.New("a passphrase was given, but the keys lie in the keychain, which takes none from here: add --vault file, or leave the passphrase out")
	}
	if a.keys, err = keychain.New(a.db, a.vaultOf(kind)); err != nil {
		return fmt.Errorf("read the list of keys: %w", err)
	}
	if kind == "file" && a.o.Passphrase != nil {
		if err := a.openFile(control.Unlock{Create: true}); err != nil {
			return err
		}
	}
	a.lockWithFile(kind)
	return nil
}

func (a *Agent) vaultOf(kind string) keychain.Vault {
	if kind == "file" {
		return a.file
	}
	return a.osVault
}

// chooseVault moves to another vault; keys stay where they are and are shown as such.
func (a *Agent) chooseVault(kind string) {
	a.keys.SetVault(a.vaultOf(kind))
	a.lockWithFile(kind)
	a.vault.forget()
	a.resealIn(a.keys.Vault())
}

// lockWithFile keeps Oaklock locked while the file vault waits for its passphrase. Locked by hand stays locked.
func (a *Agent) lockWithFile(kind string) {
	if kind == "file" && !a.fileOpen() {
		why := lockedFile
		a.lockedBy.Store(&why)
		a.state.Store(uint32(proxy.Locked))
		a.keys.Lock()
	}
}

func (a *Agent) fileOpen() bool { return a.file.Status(context.Background()) == nil } // no I/O beyond a look at the folder

// openFile opens the file vault with the passphrase given, or with the one that the agent was started with.
func (a *Agent) openFile(u control.Unlock) error {
	if a.fileOpen() {
		return nil
	}
	pass := []byte(u.Passphrase)
	if len(pass) == 0 && a.o.Passphrase != nil {
		var err error
		if pass, err = a.o.Passphrase(); err != nil {
			return &control.Error{Code: control.Failed, Message: "The passphrase could not be read: " + err.Error() + "."}
		}
		u.Create = true // whoever named a passphrase file wants a vault with it
	}
	defer clear(pass)
	exists := a.file.Exists()
	switch {
	case len(pass) == 0 && !exists:
		return &control.Error{Code: control.Locked, Message: "The key file has no passphrase yet. Choose one to make it."}
	case len(pass) == 0:
		return &control.Error{Code: control.Locked, Message: "The key file needs its passphrase."}
	case !exists && !u.Create:
		return &control.Error{Code: control.Locked, Message: "There is no key file yet. Choose a passphrase to make one."}
	case !exists:
		return a.keyError(a.file.Create(pass))
	}
	return a.keyError(a.file.Unlock(pass))
}

// pausedSetting remembers a pause over a restart; it is no setting that the user sees.
const pausedSetting = "paused"

// Pause refuses all requests and ends those under way, until Resume, also over a restart.
func (a *Agent) Pause(ctx context.Context) error {
	a.pausing.Store(true)
	if a.state.CompareAndSwap(uint32(proxy.On), uint32(proxy.Paused)) {
		a.stopAll()
	}
	a.readySeal(ctx)
	// Also where it is paused already: then the user may have made the room that was missing.
	held := a.savePause(ctx)
	a.tryPauseAgain() //nolint:contextcheck // it goes on after the call
	a.changed()
	if !held {
		return &control.Error{Code: control.Unavailable, Message: "Oaklock is paused from now on, but this could not be saved: the disk is full, or the folder of Oaklock cannot be written. " +
			"Oaklock goes on trying; should it end before that, the pause is over: make room first."}
	}
	return nil
}

// mode is what the user has set the whole of Oaklock to.
func (a *Agent) mode() proxy.State { return proxy.State(a.state.Load()) } //nolint:gosec // holds nothing else

// Resume ends a pause.
func (a *Agent) Resume(ctx context.Context) error {
	if a.mode() == proxy.Locked {
		return &control.Error{Code: control.Locked, Message: "Oaklock is locked; unlock it first with: oaklock unlock"}
	}
	a.readySeal(ctx) // else the next start would take it for somebody else's
	if err := a.endPause(ctx); err != nil {
		return saving(err)
	}
	a.state.CompareAndSwap(uint32(proxy.Paused), uint32(proxy.On))
	a.changed()
	return nil
}

// Lock takes every key out of memory, after ending what uses them.
func (a *Agent) Lock(context.Context) error {
	why := lockedByUser
	a.lockedBy.CompareAndSwap(nil, &why)
	a.state.Store(uint32(proxy.Locked))
	a.stopAll()
	if a.keys.Vault().Kind() == "file" && len(a.keys.Aside()) > 0 {
		a.sweepKeys(sweepTimeout, anyKey) //nolint:contextcheck // a locked file could not be changed any more
	}
	if a.fileOpen() { //nolint:contextcheck // it asks nobody
		a.lastNote() //nolint:contextcheck // a locked file could not be told any more
	} else if a.keys.Vault().Kind() != "file" {
		a.work.Go(a.lockNote) //nolint:contextcheck // a keychain takes its time, and a lock has none
	}
	a.keys.Lock() //nolint:contextcheck // locked is locked, also when the caller has hung up
	a.file.Lock()
	a.vault.forget()
	a.upstream.Forget() // a connection has its last requests in its buffers, and HTTP/2 their headers in a table
	a.changed()
	return nil
}

// Unlock opens the vault in use. A pause outlives a lock.
func (a *Agent) Unlock(ctx context.Context, u control.Unlock) error {
	if a.keys.Vault().Kind() == "file" {
		if err := a.openFile(u); err != nil { //nolint:contextcheck // it looks at a file
			return err
		}
	} else if v, ok := a.osVault.(interface{ Unlock(context.Context) error }); ok {
		// A locked keychain shows its own dialog. One that is not there does not keep Oaklock locked: the keys will say.
		if err := v.Unlock(ctx); err != nil && !errors.Is(err, keychain.ErrUnavailable) {
			return a.keyError(err)
		}
	}
	a.keys.Unlock()
	a.sweepLater() //nolint:contextcheck // it goes on beside the call
	after := proxy.On
	if a.pausing.Load() {
		after = proxy.Paused
	}
	if a.state.CompareAndSwap(uint32(proxy.Locked), uint32(after)) {
		a.lockedBy.Store(nil)
		if a.pausing.Load() { // since the look above
			a.state.CompareAndSwap(uint32(proxy.On), uint32(proxy.Paused))
		}
	}
	a.idle.set(a.settings.idle())
	a.vault.forget()
	a.resealIn(a.keys.Vault()) //nolint:contextcheck // the vault is as open as it will be
	_ = a.proveAgain(ctx)      // a problem shows what is in the way
	a.vaultAnswered(ctx)       // who unlocked looks at the state next, and what was known before says "locked"
	a.changed()
	return nil
}

// stopAll ends what is held and what is under way, after the state was changed.
func (a *Agent) stopAll() {
	a.consent.Wake()
	a.pages.Recheck()
	a.changed()
}

// vaultNow is the vault's last known status. Where that is old it is asked anew beside, and watchers look again.
func (a *Agent) vaultNow() control.Vault {
	v := &a.vault
	v.mu.Lock()
	defer v.mu.Unlock()
	kind := a.keys.Vault().Kind()
	first := v.asked.IsZero()
	if !v.asking && !v.closed && time.Since(v.asked) > statusAge {
		a.beginAsking()
	}
	if done := v.done; first && v.asking {
		v.mu.Unlock()
		select { // a healthy keychain answers in milliseconds; a hanging one must not hang the window
		case <-done:
		case <-time.After(300 * time.Millisecond):
		}
		v.mu.Lock()
	}
	if v.shown.Kind != kind {
		return control.Vault{Kind: kind, Status: "unavailable", Message: "Waiting for your keychain."}
	}
	return v.shown
}

// VaultMoved tells that the keychain was locked or unlocked, came or went: it is asked anew, and watchers look again.
func (a *Agent) VaultMoved() {
	v := &a.vault
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.closed:
	case v.asking:
		v.again = true
	default:
		a.beginAsking()
	}
}

// vaultAnswered waits until the vault has said how it is now, or ctx ends.
func (a *Agent) vaultAnswered(ctx context.Context) {
	v := &a.vault
	v.forget()
	v.mu.Lock()
	if !v.asking && !v.closed {
		a.beginAsking() //nolint:contextcheck // others wait for the answer too
	}
	asking, done := v.asking, v.done
	v.mu.Unlock()
	if asking {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
}

// beginAsking is for who holds the vault's mu, while nobody asks.
func (a *Agent) beginAsking() {
	v := &a.vault
	v.asking = true
	v.running.Add(1)
	done := make(chan struct{})
	v.done = done
	go func() {
		defer v.running.Done()
		defer close(done)
		for a.askVault() {
		}
	}()
}

// askVault asks once, and says whether it must be asked again.
func (a *Agent) askVault() (again bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	vault := a.keys.Vault()
	err := vault.Status(ctx)
	now := showVault(vault.Kind(), err)
	switch {
	case err == nil:
	case !errors.Is(err, keychain.ErrTimeout):
		a.forgetKeys(vault, err)
	case len(a.keys.InMemory()) > 0: // silence is no word that it is closed, and a busy machine is silent too
		now.Status, now.Message = "ready",
			"Your keychain does not answer. It may be waiting for you in a dialog. Keys that are in memory are used as before; others cannot be read until it answers."
	}
	v := &a.vault
	v.mu.Lock()
	before := v.shown
	again = v.again && !v.closed
	v.shown, v.asking, v.again = now, again, false
	if !again { // else this may be an answer of before
		v.asked = time.Now()
	}
	v.mu.Unlock()
	if err == nil {
		_, _ = a.beginProving() // it may have been locked when Oaklock started
		a.lookForKeys(ctx)
	}
	if before != now {
		a.changed()
	}
	return again
}

// forgetKeys follows a vault that was closed or has gone: what came from it leaves the memory, and what uses that ends. Nothing is to
// be undone: each request asks the vault again.
func (a *Agent) forgetKeys(vault keychain.Vault, why error) {
	if a.keys.Vault() != vault || !a.keys.Forget() {
		return
	}
	a.log.Info("the keys are out of memory", "because", why)
	a.pages.EndKeys(pageKeyError(why))
	a.upstream.Forget() // as at a lock
}

func showVault(kind string, err error) control.Vault {
	v := control.Vault{Kind: kind, Status: "ready"}
	switch {
	case err == nil:
	case errors.Is(err, keychain.ErrNewVault):
		v.Status, v.Message = "new", "Choose a passphrase; your keys will lie in a file encrypted with it."
	case errors.Is(err, keychain.ErrLocked) && kind == "file":
		v.Status, v.Message = "locked", "Your keys lie in a file that needs its passphrase."
	case errors.Is(err, keychain.ErrLocked):
		v.Status, v.Message = "locked", "Your keychain is locked. Unlock it to use your keys."
	case errors.Is(err, keychain.ErrDenied):
		v.Status, v.Message = "denied", "Your keychain did not let Oaklock in."
	case errors.Is(err, keychain.ErrTimeout):
		v.Status, v.Message = "unavailable", "Your keychain does not answer. It may be waiting for you in a dialog."
	default:
		v.Status, v.Message = "unavailable", "There is no keychain on this machine. You can keep your keys in a file encrypted with a passphrase instead."
	}
	return v
}

// forget makes the next look ask the vault. What it is being asked already may be answered with what was.
func (v *vaultState) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked, v.looked = time.Time{}, time.Time{}
	v.again = v.asking
}

// keysChanged makes the next list ask the vault which keys it has.
func (v *vaultState) keysChanged() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.looked = time.Time{}
}

// looks notes that the vault is being asked which keys it has.
func (v *vaultState) looks() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.looked = time.Now()
}

// keysOld says that it was not asked for a while.
func (v *vaultState) keysOld() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Since(v.looked) > keysAge
}

func (v *vaultState) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.running.Wait()
}
