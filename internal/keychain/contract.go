// Package keychain stores the user's credentials.
package keychain

import (
	"context"
	"errors"
	"time"

	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

// CONTRACT: signatures are fixed (more may be added), bodies to be written.

var (
	ErrNotFound    = errors.New("there is no such key")
	ErrLocked      = errors.New("the keychain is locked")
	ErrUnavailable = errors.New("there is no keychain")
	ErrDenied      = errors.New("the keychain said no")
	ErrTimeout     = errors.New("the keychain did not answer in time")
	ErrTooBig      = errors.New("the key is longer than 2,560 bytes")
)

// ID names a credential.
type ID struct{ Provider, Label string }

// Credential describes one; never the secret.
type Credential struct {
	ID
	Hint     string // last four characters
	Endpoint string // provider.KeyEndpoint at the time it was given
	Added    time.Time
	LastUsed time.Time
}

// Vault is where secrets lie: the OS keychain or the encrypted file.
type Vault interface {
	Kind() string // "keychain" or "file"
	// Status is nil when ready, else wraps one of the errors above.
	Status(ctx context.Context) error
	Put(ctx context.Context, id ID, b []byte) error // writes, then reads back
	Get(ctx context.Context, id ID) (secret.Secret, error)
	Delete(ctx context.Context, id ID) error
}

// OS is the operating system's keychain.
func OS() Vault { panic("contract") }

// File is the passphrase-protected vault in a folder.
type File struct{}

func NewFile(dir string) *File                 { panic("contract") }
func (f *File) Exists() bool                   { panic("contract") }
func (f *File) Create(passphrase []byte) error { panic("contract") }
func (f *File) Unlock(passphrase []byte) error { panic("contract") } // ErrWrongPassphrase
func (f *File) Lock()                          { panic("contract") }

// Keys are the credentials of the agent: the index in the database, the secrets in the vault, and those in use in
// memory until Lock.
type Keys struct{}

func New(db *store.DB, v Vault) (*Keys, error) { panic("contract") }
func (k *Keys) List() []Credential             { panic("contract") }
func (k *Keys) Add(ctx context.Context, c Credential, b []byte) (Credential, error) {
	panic("contract")
}                                                                           // sets Hint, Added
func (k *Keys) Remove(ctx context.Context, id ID) error                     { panic("contract") }
func (k *Keys) Pick(providerID, label, endpoint string) (Credential, error) { panic("contract") } // label "" = the only or first; bound to endpoint, else ErrNotFound
func (k *Keys) Secret(ctx context.Context, id ID) (secret.Secret, error)    { panic("contract") } // memory, else vault; ErrLocked while locked
func (k *Keys) Lock()                                                       { panic("contract") } // wipes memory; Secret answers ErrLocked until Unlock
func (k *Keys) Unlock()                                                     { panic("contract") }
func (k *Keys) InMemory() []secret.Secret                                   { panic("contract") } // for the redactor
func (k *Keys) Close()                                                      { panic("contract") }
