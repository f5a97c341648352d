package keychain

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"unicode/utf8"

	"filippo.io/age"

	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

// Errors of [File] alone.
var (
	ErrWrongPassphrase = errors.New("the passphrase is wrong")
	// ErrShortPassphrase says that a new passphrase has fewer than 8 characters.
	ErrShortPassphrase = errors.New("a passphrase needs at least 8 characters")
	// ErrNewVault says that no passphrase has been chosen yet: Create comes before Unlock. It is an [ErrLocked].
	ErrNewVault = fmt.Errorf("%w: no passphrase has been chosen yet", ErrLocked)
	// ErrExists says that a passphrase has been chosen before; Create would make every key unreadable.
	ErrExists = errors.New("there already is a passphrase")
	// ErrDamaged says that a file of the vault is not what was written. It is an [ErrUnavailable].
	ErrDamaged = fmt.Errorf("%w: a file of the vault is damaged", ErrUnavailable)
)

const (
	shortestPassphrase = 8
	// workFactor is log2 of scrypt's N: 64 MB of memory and a quarter of a second. age's own 18 takes 256 MB.
	workFactor = 16
	// mostWork is what a file may ask for: someone who can write to the folder must not be able to hang the agent.
	mostWork = 18

	identityFile = "identity.age"
)

// File is the vault in a folder of the user's, for machines without a keychain.
//
// vault/identity.age is an age X25519 identity, encrypted with the passphrase. Every secret is a file of its own beside
// it, encrypted to that identity, so that writing one touches no other, and a kill -9 in the middle leaves the old one. The
// age program can open all of them. While locked, nothing in memory can.
type File struct {
	dir  string
	work int // workFactor, less in tests

	writing chan struct{} // one change of the folder at a time

	mu       sync.Mutex
	identity *age.X25519Identity // nil while locked
}

// NewFile is the vault in the folder "vault" below dir, the profile folder. It touches nothing.
func NewFile(dir string) *File {
	return &File{dir: filepath.Join(dir, "vault"), work: workFactor, writing: make(chan struct{}, 1)}
}

// Kind is "file".
func (f *File) Kind() string { return "file" }

// Exists reports whether a passphrase has been chosen.
func (f *File) Exists() bool {
	_, err := os.Lstat(f.path(identityFile))
	return err == nil
}

// Status is nil while unlocked, else [ErrNewVault] or [ErrLocked].
func (f *File) Status(context.Context) error {
	_, err := f.key()
	return err
}

// Create makes the vault and leaves it unlocked. It returns [ErrExists] or [ErrShortPassphrase], or an error of
// [store.CheckDir]. The passphrase is not wiped, and cannot be recovered by anybody.
func (f *File) Create(passphrase []byte) error {
	if utf8.RuneCount(passphrase) < shortestPassphrase {
		return ErrShortPassphrase
	}
	f.writing <- struct{}{}
	defer func() { <-f.writing }()
	if f.Exists() {
		return ErrExists
	}
	if err := store.CheckDir(f.dir); err != nil {
		return err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("make a vault: %w", err)
	}
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return fmt.Errorf("make a vault: %w", err)
	}
	recipient.SetWorkFactor(f.work)
	defer debug.FreeOSMemory() // give scrypt's 64 MB back now: the agent idles with a quarter of that
	plain := []byte(identity.String() + "\n")
	defer clear(plain)
	text, err := encrypt(plain, recipient)
	if err != nil {
		return fmt.Errorf("make a vault: %w", err)
	}
	if err := f.replace(identityFile, text); err != nil {
		return fmt.Errorf("make a vault: %w", err)
	}
	f.setKey(identity)
	return nil
}

// Unlock opens the vault, or returns [ErrWrongPassphrase], [ErrNewVault] or [ErrDamaged]. The passphrase is not wiped.
func (f *File) Unlock(passphrase []byte) error {
	text, err := f.read(identityFile)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNewVault
	}
	if err != nil {
		return fmt.Errorf("open the vault: %w", err)
	}
	defer debug.FreeOSMemory()
	identity, err := openIdentity(text, passphrase)
	if err != nil {
		return fmt.Errorf("open the vault: %w", err)
	}
	f.setKey(identity)
	return nil
}

// Lock forgets the identity; what was read before is not this vault's any more.
func (f *File) Lock() { f.setKey(nil) }

// write waits until nobody else writes; done ends the caller's turn.
func (f *File) write(ctx context.Context) (done func(), err error) {
	select {
	case f.writing <- struct{}{}:
		return func() { <-f.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Put writes and reads back before it replaces what was there.
func (f *File) Put(ctx context.Context, id ID, b []byte) error {
	if err := checkSize(b); err != nil {
		return err
	}
	name, err := fileName(id)
	if err != nil {
		return err
	}
	done, err := f.write(ctx)
	if err != nil {
		return err
	}
	defer done()
	identity, err := f.key()
	if err != nil {
		return fmt.Errorf("save %s: %w", id, err)
	}
	if err := f.put(name, id, b, identity); err != nil {
		return fmt.Errorf("save %s: %w", id, err)
	}
	return nil
}

func (f *File) put(name string, id ID, b []byte, identity *age.X25519Identity) error {
	if err := store.CheckDir(f.dir); err != nil {
		return err
	}
	plain := append(header(id), b...)
	defer clear(plain)
	text, err := encrypt(plain, identity.Recipient())
	if err != nil {
		return err
	}
	back, err := decrypt(text, identity)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	defer clear(back)
	if subtle.ConstantTimeCompare(back, plain) != 1 {
		return ErrNotSaved
	}
	return f.replace(name, text)
}

// Get reads one secret, or returns [ErrLocked], [ErrNotFound] or [ErrDamaged].
func (f *File) Get(_ context.Context, id ID) (secret.Secret, error) {
	name, err := fileName(id)
	if err != nil {
		return secret.Secret{}, err
	}
	identity, err := f.key()
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read %s: %w", id, err)
	}
	text, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Secret{}, fmt.Errorf("read %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read %s: %w", id, err)
	}
	plain, err := decrypt(text, identity)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read %s: %w", id, err)
	}
	defer clear(plain)
	b, found := bytes.CutPrefix(plain, header(id))
	if !found {
		return secret.Secret{}, fmt.Errorf("read %s: %w: it holds another key", id, ErrDamaged)
	}
	return secret.New(b)
}

// Delete works while locked too.
func (f *File) Delete(ctx context.Context, id ID) error {
	name, err := fileName(id)
	if err != nil {
		return err
	}
	done, err := f.write(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = os.Remove(f.path(name))
	if err == nil {
		err = syncDir(f.dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", id, err)
	}
	return nil
}

// List works while locked too.
func (f *File) List(context.Context) (ids []ID, err error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list what is in the vault: %w", err)
	}
	for _, entry := range entries {
		if id, ok := idOf(entry.Name()); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// damaged says whether the file of a key is one that age has not written. What is damaged within is seen when the key is read: known
// says that it was, and then it is read again.
func (f *File) damaged(ctx context.Context, id ID, known bool) bool {
	if known {
		s, err := f.Get(ctx, id)
		s.Wipe()
		return errors.Is(err, ErrDamaged) || errors.Is(err, ErrLocked)
	}
	name, err := fileName(id)
	if err != nil {
		return false
	}
	text, err := f.read(name)
	return errors.Is(err, ErrDamaged) || err == nil && !bytes.HasPrefix(text, []byte("age-encryption.org/v1\n"))
}

// key is the identity, or why there is none.
func (f *File) key() (*age.X25519Identity, error) {
	f.mu.Lock()
	identity := f.identity
	f.mu.Unlock()
	switch {
	case identity != nil:
		return identity, nil
	case f.Exists():
		return nil, ErrLocked
	}
	return nil, ErrNewVault
}

func (f *File) setKey(identity *age.X25519Identity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.identity = identity
}

// header stands before a secret in its file, so that nobody who can rename files can have one provider's key sent to
// another.
func header(id ID) []byte { return []byte("oaklock " + id.String() + "\n") }

func openIdentity(text, passphrase []byte) (*age.X25519Identity, error) {
	scrypt, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, ErrWrongPassphrase // empty
	}
	scrypt.SetMaxWorkFactor(mostWork)
	plain, err := decrypt(text, scrypt)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	identity, err := age.ParseX25519Identity(string(bytes.TrimSpace(plain)))
	if err != nil {
		return nil, ErrDamaged // without age's error, which may quote what it could not parse
	}
	return identity, nil
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var text bytes.Buffer
	w, err := age.Encrypt(&text, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// mostPlain is more than any file of the vault holds: a secret and its header, or an identity.
const mostPlain = MaxSecret + 1024

// decrypt returns plain text for the caller to clear. What age cannot read is [ErrDamaged].
func decrypt(text []byte, with age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(text), with)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	plain := make([]byte, mostPlain) // of full size at once: growing would leave copies
	n, err := io.ReadFull(r, plain)
	if !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 {
		clear(plain)
		return nil, ErrDamaged
	}
	return plain[:n], nil
}
