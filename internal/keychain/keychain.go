// Package keychain stores the user's credentials.
//
// A [Vault] is where the secrets lie: the operating system's keychain ([OS]), or, where there is none and the user chose
// so, files encrypted with a passphrase ([NewFile]). [Keys] is what the agent works with: an index in the database, which
// never has a secret, and the secrets themselves, fetched from the vault when first needed and kept in locked memory
// until [Keys.Lock].
//
// The package refuses to take silence for an answer. A keychain that is locked, gone, or slow is never "there is no such
// key": each has an error of its own, so that nobody is asked to type a key again that is still there.
package keychain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/secret"
)

// Errors of every vault and of [Keys]. They may come wrapped, with more about the cause; none ever has a secret in it.
var (
	// ErrNotFound says that the vault was open, was asked, and has no such key.
	ErrNotFound = errors.New("there is no such key")
	// ErrGone says that the list has the key and the vault has not. It is an ErrNotFound.
	ErrGone = fmt.Errorf("%w in the vault", ErrNotFound)
	// ErrLocked says that the keys are there but closed. The user can open them.
	ErrLocked = errors.New("the keychain is locked")
	// ErrUnavailable says that there is nobody to ask: no session bus, no keychain service, an unreadable vault.
	ErrUnavailable = errors.New("there is no keychain")
	// ErrDenied says that the system or the user, asked by the system, said no.
	ErrDenied = errors.New("the keychain said no")
	// ErrTimeout says that nobody answered: neither yes nor no is known.
	ErrTimeout = errors.New("the keychain did not answer in time")
	// ErrTooBig says that a secret is longer than [MaxSecret].
	ErrTooBig = errors.New("the key is longer than 2,560 bytes")
	// ErrNotSaved says that the vault took the key and then gave back something else. It is not to be relied on.
	ErrNotSaved = errors.New("the keychain did not keep the key")
)

// MaxSecret is the longest secret in bytes: what Windows can store, and the same for all systems.
const MaxSecret = 2560

// ID names a credential.
type ID struct{ Provider, Label string }

// String is "provider/label".
func (id ID) String() string { return id.Provider + "/" + id.Label }

// Credential describes one; never the secret.
type Credential struct {
	ID
	Hint     string    // at most the last four characters
	Endpoint string    // provider.KeyEndpoint at the time it was given
	Added    time.Time // the first of this name, see before
	Renewed  time.Time // the one that is there now, where it took the place of another; else zero
	LastUsed time.Time // zero: never
	Vault    string    // Vault.Kind of where the secret lies
}

// Vault is where secrets lie: the OS keychain or the encrypted file. All methods may be called from any goroutine, return
// when ctx is done, and have deadlines of their own besides.
type Vault interface {
	// Kind is "keychain" or "file".
	Kind() string
	// Status is nil when the vault is ready, else wraps ErrLocked, ErrUnavailable, ErrDenied or ErrTimeout.
	Status(ctx context.Context) error
	// Put writes, then reads back: after nil the vault has b, after an error the caller must not rely on either. b is
	// neither kept nor changed.
	Put(ctx context.Context, id ID, b []byte) error
	// Get fetches a secret, which the caller wipes. ErrNotFound is certain: see there.
	Get(ctx context.Context, id ID) (secret.Secret, error)
	// Delete deletes a secret, or returns ErrNotFound.
	Delete(ctx context.Context, id ID) error
}

// Lister is a Vault that can say what it has, without a secret of it: [OS] on Linux, and [File].
type Lister interface {
	// List is certain like Vault.Get: a vault that is locked or silent is an error. A replaced key has the ID of its place.
	List(ctx context.Context) ([]ID, error)
}

// Unlocker is a Vault whose system can ask the user to open it: [OS] on Linux.
type Unlocker interface {
	// Unlock lets the system show its own dialog and waits for the answer, minutes if need be. It returns nil if the
	// vault is open, ErrDenied if the user dismissed the dialog or none could be shown.
	Unlock(ctx context.Context) error
}

// DefaultLabel is the label of a credential given without one, and the one that [Keys.Pick] prefers.
const DefaultLabel = "default"

// ErrLabel says what a label may be, for the user.
var ErrLabel = errors.New("a label has 1 to 40 letters, digits, blanks, dots, dashes and underscores, and begins with a letter or digit")

var labelForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$`)

// CheckLabel returns the label without surrounding blanks, or [ErrLabel]. Nothing at all becomes [DefaultLabel].
func CheckLabel(label string) (string, error) {
	label = strings.TrimSpace(label)
	if label == "" {
		return DefaultLabel, nil
	}
	if !labelForm.MatchString(label) {
		return "", ErrLabel
	}
	return label, nil
}

// checkSize is what every vault asks of a secret.
func checkSize(b []byte) error {
	switch {
	case len(b) == 0:
		return secret.ErrEmpty
	case len(b) > MaxSecret:
		return fmt.Errorf("%w (it has %d)", ErrTooBig, len(b))
	}
	return nil
}
