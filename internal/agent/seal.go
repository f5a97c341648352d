package agent

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

// What Oaklock was told lies in a file that every program of the user can write. The seal ([store.Seal]) shows what somebody
// else wrote; its key lies in the vault, beside a note with the counter that tells an old copy of the file. Nothing that gives
// something is in force before the vault has answered: see [Agent.prove].

// sealWait is how long a page's request waits for a vault that has not answered yet.
const sealWait = 2500 * time.Millisecond

const sealRest = time.Second // after an attempt that failed, before the next

// sealing is how far the seal has come.
type sealing struct {
	mu     sync.Mutex
	trying chan struct{} // guarded by mu: closed when the attempt under way has ended; nil: there is none
	failed error         // guarded by mu: why the last one failed
	ended  time.Time     // guarded by mu: when
	lost   bool          // guarded by mu: the vault has no key for a database that was sealed
	doubts []store.Row   // guarded by mu: what is not honoured
	noted  note          // guarded by mu: what the vault was told last
	in     string        // guarded by mu: the kind of the vault that has the key in use

	noting sync.Mutex // held by who tells the vault
}

// sealProvider stands where keys have their provider. None can have the name.
const sealProvider = "@oaklock"

// sealIDs name the key and the note in the vault. Where the profile has no mark the folder's name tells it from others.
func sealIDs(home, mark string) (key, memo keychain.ID) {
	name := mark
	if name == "" {
		sum := sha256.Sum256([]byte(home))
		name = hex.EncodeToString(sum[:4])
	}
	return keychain.ID{Provider: sealProvider, Label: "seal-" + name}, keychain.ID{Provider: sealProvider, Label: "note-" + name}
}

// prove waits until it is known which rows of the database are Oaklock's own, for at most sealWait; the error says why that
// cannot be known now. Any number of callers share one attempt.
func (a *Agent) prove(ctx context.Context) error {
	trying, err := a.beginProving()
	if trying == nil {
		return err
	}
	timer := time.NewTimer(sealWait)
	defer timer.Stop()
	select {
	case <-trying:
		a.seal.mu.Lock()
		defer a.seal.mu.Unlock()
		return a.seal.failed
	case <-timer.C:
		return keychain.ErrTimeout
	case <-ctx.Done():
		return ctx.Err()
	case <-a.closing:
		return keychain.ErrLocked
	}
}

// beginProving starts an attempt, or gives the one under way. It is nil where there is nothing to try: all is known, or the
// last attempt has just failed with this error.
func (a *Agent) beginProving() (<-chan struct{}, error) {
	s := &a.seal
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.told.Load() {
		return nil, nil
	}
	if s.trying == nil {
		if time.Since(s.ended) < sealRest {
			return nil, s.failed
		}
		s.trying = make(chan struct{})
		a.work.Go(a.tryProve)
	}
	return s.trying, nil
}

// proveAgain is prove for when the user has opened the vault: what failed just before is no reason to wait, and a key that was
// not found may be there now.
func (a *Agent) proveAgain(ctx context.Context) error {
	a.seal.mu.Lock()
	a.seal.ended = time.Time{}
	if a.seal.lost {
		a.seal.lost = false
		a.told.Store(false)
	}
	a.seal.mu.Unlock()
	return a.prove(ctx)
}

func (a *Agent) tryProve() {
	ctx, cancel := a.whileOpen()
	defer cancel()
	err := a.openSeal(ctx)
	if err != nil {
		a.log.Warn("what was allowed cannot be proven yet", "error", err)
	}
	a.sealProblem(err)
	s := &a.seal
	s.mu.Lock()
	s.failed, s.ended = err, time.Now()
	close(s.trying)
	s.trying = nil
	s.mu.Unlock()
	a.changed()
}

// whileOpen is a context that ends when the agent closes.
func (a *Agent) whileOpen() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ends with the context
		select {
		case <-a.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// openSeal asks the vault for the key and judges with it. A vault that has certainly none gets one, if the database never
// had one either.
func (a *Agent) openSeal(ctx context.Context) error {
	seal := a.db.Seal()
	if seal.Opened() {
		return nil
	}
	vault := a.keys.Vault()
	keyID, memoID := sealIDs(a.o.Home, a.mark)
	key, err := vault.Get(ctx, keyID)
	none := errors.Is(err, keychain.ErrNotFound)
	switch {
	case none && !seal.Sealed():
		return a.newSeal(ctx, vault, true)
	case none, err == nil && seal.Sealed() && !seal.Fits(key.MAC):
		// The user has moved to another vault since, and it was not told before Oaklock ended.
		if other, found := a.otherSealKey(ctx, vault); found {
			return a.moveSeal(ctx, vault, other, none)
		}
	}
	if none {
		a.loseSeal(ctx)
		return nil
	}
	if err != nil {
		return err
	}
	had, err := readNote(ctx, vault, memoID)
	if err != nil {
		return err
	}
	wasSealed := seal.Sealed()
	verdict, err := seal.Open(ctx, key.MAC, had.counter, had.adopting || !wasSealed && seal.Fresh())
	if err != nil {
		return fmt.Errorf("open the seal: %w", err)
	}
	a.lookUp(ctx, had, wasSealed)
	a.log.Debug("what was allowed is proven", "changed", len(verdict.Changed), "gone", len(verdict.Gone), "whole", !verdict.Whole)
	return a.proven(ctx, vault, had, verdict, wasSealed)
}

// newSeal makes a key. With adopt everything is sealed as it stands; the note says so until that is done, so that a kill in
// between does not leave a key for a database that it does not fit.
func (a *Agent) newSeal(ctx context.Context, vault keychain.Vault, adopt bool) error {
	keyID, memoID := sealIDs(a.o.Home, a.mark)
	if adopt {
		if err := vault.Put(ctx, memoID, secret.NewNote(note{adopting: true}.String())); err != nil {
			return err
		}
	}
	key, err := putKey(ctx, vault, keyID)
	if err != nil {
		return err
	}
	verdict, err := a.db.Seal().Open(ctx, key.MAC, 0, adopt)
	if err != nil {
		return fmt.Errorf("seal the database: %w", err)
	}
	a.seal.mu.Lock()
	a.seal.lost = false
	a.seal.mu.Unlock()
	return a.proven(ctx, vault, note{}, verdict, false)
}

// proven is what follows once the seal is open: all that hangs on it is told, and the vault how far the database has come.
func (a *Agent) proven(ctx context.Context, vault keychain.Vault, had note, verdict store.Verdict, wasSealed bool) error {
	a.setNoted(vault, had)
	a.judge(ctx, verdict)
	a.unlockLog(ctx, verdict, wasSealed)
	a.tellVault(ctx) // no more hangs on this: all is judged
	return nil
}

// putKey makes 32 random bytes and keeps them, in hex because not every keychain takes any byte.
func putKey(ctx context.Context, vault keychain.Vault, id keychain.ID) (secret.Secret, error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails (its documentation)
	b := hex.AppendEncode(nil, raw)
	clear(raw)
	defer clear(b)
	if err := vault.Put(ctx, id, b); err != nil {
		return secret.Secret{}, err
	}
	return secret.New(b)
}

// otherSealKey looks for a key that fits in the vault that is not in use.
func (a *Agent) otherSealKey(ctx context.Context, vault keychain.Vault) (secret.Secret, bool) {
	other := a.vaultOf("file")
	if vault.Kind() == "file" {
		other = a.vaultOf("keychain")
	}
	keyID, _ := sealIDs(a.o.Home, a.mark)
	key, err := other.Get(ctx, keyID)
	if err != nil || !a.db.Seal().Fits(key.MAC) {
		return secret.Secret{}, false
	}
	return key, true
}

// moveSeal judges with a key from elsewhere and then seals with one in this vault.
func (a *Agent) moveSeal(ctx context.Context, vault keychain.Vault, key secret.Secret, none bool) error {
	keyID, memoID := sealIDs(a.o.Home, a.mark)
	had, err := readNote(ctx, vault, memoID)
	if err != nil {
		return err
	}
	verdict, err := a.db.Seal().Open(ctx, key.MAC, had.counter, false)
	if err != nil {
		return fmt.Errorf("open the seal: %w", err)
	}
	a.lookUp(ctx, had, true)
	var own secret.Secret
	if none {
		own, err = putKey(ctx, vault, keyID)
	} else {
		own, err = vault.Get(ctx, keyID)
	}
	if err != nil {
		return err
	}
	if err := a.db.Seal().Rekey(ctx, own.MAC); err != nil {
		return fmt.Errorf("seal with the key of this vault: %w", err)
	}
	return a.proven(ctx, vault, had, verdict, true)
}

// resealIn seals with a key in the vault that the user has moved to, as far as that vault is open. Until it is, the key of
// before goes on, and the next start finds it where it was.
func (a *Agent) resealIn(vault keychain.Vault) {
	ctx, cancel := a.whileOpen()
	defer cancel()
	a.seal.mu.Lock()
	there := a.seal.in == vault.Kind()
	a.seal.mu.Unlock()
	if there || !a.db.Seal().Opened() || vault.Status(ctx) != nil {
		return
	}
	keyID, _ := sealIDs(a.o.Home, a.mark)
	own, err := vault.Get(ctx, keyID)
	if errors.Is(err, keychain.ErrNotFound) {
		own, err = putKey(ctx, vault, keyID)
	}
	if err == nil {
		err = a.db.Seal().Rekey(ctx, own.MAC)
	}
	if err == nil {
		a.setNoted(vault, note{})
		err = a.takeNote(ctx)
	}
	if err != nil {
		a.log.Warn("the seal stays with the vault of before", "error", err)
	}
}

// loseSeal is for a database that was sealed with a key that is gone: nothing in it is proven.
func (a *Agent) loseSeal(ctx context.Context) {
	a.seal.mu.Lock()
	a.seal.lost = true
	a.seal.mu.Unlock()
	a.judge(ctx, store.Verdict{Whole: true, Changed: a.db.Seal().Rows()})
}

// readySeal comes before what gives something: where the key was lost, it makes a new one, under which nothing of before is
// proven. What is decided while the vault does not answer is sealed when it does.
func (a *Agent) readySeal(ctx context.Context) {
	err := a.prove(ctx)
	a.seal.mu.Lock()
	lost := a.seal.lost
	a.seal.mu.Unlock()
	if err == nil && lost {
		err = a.newSeal(ctx, a.keys.Vault(), false)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("a decision cannot be sealed yet", "error", err)
	}
}

// catchUpSeal comes before the end: what was decided while the vault was being asked is sealed, if the vault answers within
// noteLast. Else the vault would not know of it, and a copy of the database from before it would pass for the newest.
func (a *Agent) catchUpSeal() {
	if a.db == nil || !a.db.Seal().Behind() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), noteLast)
	defer cancel()
	_ = a.prove(ctx) // what stands in the way was told when it was tried
}

// Trust is the user's word that everything in the database is as it should be.
func (a *Agent) Trust(ctx context.Context) error {
	if err := a.prove(ctx); err != nil {
		return a.keyError(err)
	}
	// A new key, so that no copy of before fits any more.
	if err := a.newSeal(ctx, a.keys.Vault(), true); err != nil {
		return a.keyError(err)
	}
	if a.ledger.Broken() != nil {
		if err := a.ledger.Accept(ctx); err != nil {
			return saving(err)
		}
		a.tellLog()
	}
	a.log.Info("everything was confirmed by the user")
	a.consent.Wake() // sites that ask anew for what is in force again
	a.changed()
	return nil
}

// Doubts are in words what is not honoured because Oaklock did not write it.
func (a *Agent) Doubts(context.Context) ([]string, error) {
	a.seal.mu.Lock()
	defer a.seal.mu.Unlock()
	out := []string{}
	for _, r := range a.seal.doubts {
		if name := a.nameRow(r); !slices.Contains(out, name) { // a denial has a row more, which counts
			out = append(out, name)
		}
	}
	if a.ledger.Broken() != nil {
		out = append(out, "the log (it goes on meanwhile)")
	}
	return out, nil
}

// sealProblem shows why what was allowed cannot be proven, as far as the vault's own state does not say it.
func (a *Agent) sealProblem(err error) {
	const code = "keychain_seal"
	if err == nil || !a.db.Seal().Sealed() || errors.Is(err, context.Canceled) {
		a.problems.remove(code)
		return
	}
	p := control.Problem{Code: code,
		Message: "What you have allowed cannot be checked until your keys are open, so no site gets an answer. Nothing is lost.",
		Fix:     "Unlock with: oaklock unlock"}
	if errors.Is(err, keychain.ErrUnavailable) {
		p.Fix = "Start your keychain, and then: oaklock unlock. Or keep the keys in a file: oaklock settings set vault file, then oaklock unlock; what you allowed is then to be allowed anew"
	}
	a.problems.add(p)
}
