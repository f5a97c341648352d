package agent

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

const (
	noteDelay = 5 * time.Second // between a change and its note in the vault, so that many changes are one
	noteLast  = 500 * time.Millisecond
)

// note is what the vault remembers of the database.
type note struct {
	adopting bool // a key was made, and what it is to seal may not be sealed yet
	counter  int64
	line     int64  // the newest of the log
	head     string // its hash in hex
}

func (n note) String() string {
	if n.adopting {
		return "adopting"
	}
	return fmt.Sprintf("counter=%d line=%d head=%s", n.counter, n.line, n.head)
}

// readNote reads the note; none is one that knows nothing, and so is one that is not understood.
func readNote(ctx context.Context, vault keychain.Vault, id keychain.ID) (n note, err error) {
	s, err := vault.Get(ctx, id)
	if errors.Is(err, keychain.ErrNotFound) {
		return note{}, nil
	}
	if err != nil {
		return note{}, err
	}
	defer s.Wipe()
	text, ok := s.Note()
	if !ok {
		return note{}, nil
	}
	n.adopting = text == "adopting"
	for field := range strings.FieldsSeq(text) {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "counter":
			n.counter, err = strconv.ParseInt(value, 10, 64)
		case "line":
			n.line, err = strconv.ParseInt(value, 10, 64)
		case "head":
			n.head = value
		}
		if err != nil {
			return note{}, nil //nolint:nilerr // see above
		}
	}
	return n, nil
}

// setNoted remembers what this vault knows.
func (a *Agent) setNoted(vault keychain.Vault, n note) {
	a.seal.mu.Lock()
	defer a.seal.mu.Unlock()
	a.seal.in, a.seal.noted = vault.Kind(), n
}

// takeNote tells the vault how far the database has come, if it does not know yet.
func (a *Agent) takeNote(ctx context.Context) error {
	s := &a.seal
	s.noting.Lock()
	defer s.noting.Unlock()
	if !a.db.Seal().Opened() {
		return nil
	}
	now, vault := note{counter: a.db.Seal().Counter()}, a.keys.Vault()
	now.line, now.head = a.ledger.Head()
	s.mu.Lock()
	known := s.noted == now || s.in != vault.Kind()
	s.mu.Unlock()
	if known {
		return nil
	}
	_, memoID := sealIDs(a.o.Home, a.mark)
	if err := vault.Put(ctx, memoID, secret.NewNote(now.String())); err != nil {
		return fmt.Errorf("note the state of the database: %w", err)
	}
	a.setNoted(vault, now)
	return nil
}

// followSeal tells the vault of changes, some seconds after each. It sleeps while nothing changes.
func (a *Agent) followSeal() {
	ctx, cancel := a.whileOpen()
	defer cancel()
	for {
		select {
		case <-a.db.Seal().Moved():
		case <-a.closing:
			return
		}
		select {
		case <-time.After(noteDelay):
		case <-a.closing: // Close takes the last note
			return
		}
		a.tellVault(ctx)
	}
}

// tellVault is takeNote where the vault is open; else the note stays behind until it is. That an open one takes none is told, and tried
// again until it does.
func (a *Agent) tellVault(ctx context.Context) {
	if a.keys.Vault().Status(ctx) != nil {
		return
	}
	err := a.takeNote(ctx)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("the vault does not know the last change", "error", err)
	}
	a.noteProblem(err)
	a.tryAgain(&a.noteAgain, a.noteBehind.Load, a.tellVault) //nolint:contextcheck // it goes on after the call
}

// noteProblem shows that the vault took no note.
func (a *Agent) noteProblem(err error) {
	const code = "note_behind"
	if err == nil {
		a.noteBehind.Store(false)
		a.problems.remove(code)
		return
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, keychain.ErrLocked) || errors.Is(err, keychain.ErrTimeout) {
		return // it was closed meanwhile, or may be slow
	}
	a.noteBehind.Store(true)
	p := control.Problem{Code: code,
		Message: "Oaklock could not note beside your keys how far the list of what you allowed has come. Sites get answers as before; only an older copy of that list, should another program put one in its place, might not be noticed.",
		Fix:     "Make the place of your keys writable: it is noted within seconds then, and this goes away."}
	if errors.Is(a.db.Room(), store.ErrFull) {
		p.Message = "The disk is full, so Oaklock could not note beside your keys how far the list of what you allowed has come. Sites get answers as before; only an older copy of that list, should another program put one in its place, might not be noticed."
		p.Fix = "Make room on the disk: it is noted within seconds then, and this goes away."
	}
	a.problems.add(p)
}

// lockNote is takeNote at a lock. A keychain that is closed already is not asked to open.
func (a *Agent) lockNote() {
	ctx, cancel := a.whileOpen()
	defer cancel()
	if a.keys.Vault().Status(ctx) != nil {
		return
	}
	if err := a.takeNote(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("the vault does not know the newest line of the log", "error", err)
	}
}

// lastNote is takeNote where somebody waits for something else.
func (a *Agent) lastNote() {
	ctx, cancel := context.WithTimeout(context.Background(), noteLast)
	defer cancel()
	if err := a.takeNote(ctx); err != nil {
		a.log.Warn("the vault does not know the last change", "error", err)
	}
}
