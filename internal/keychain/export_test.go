package keychain

import (
	"context"
	"errors"
)

// The edges, for tests that play the other side.

type Ring = ring

const (
	Quick    = quick
	Patient  = patient
	MaxStuck = maxStuck
)

// NewOS is an OS vault on a ring and a system of the test's.
func NewOS(r ring, status func(context.Context) error, explain func(error) error) Vault {
	return newOS(r, testSystem{status, explain})
}

type testSystem struct {
	statusFunc  func(context.Context) error
	explainFunc func(error) error
}

func (s testSystem) status(ctx context.Context) error { return s.statusFunc(ctx) }
func (s testSystem) explain(err error) error          { return s.explainFunc(err) }

func (s testSystem) users(context.Context) ([]string, error) { return nil, errors.ErrUnsupported }

// NewQuickFile is a file vault with a passphrase that is cheap to guess, for tests that do not look at that.
func NewQuickFile(dir string) *File {
	f := NewFile(dir)
	f.work = 4
	return f
}

// FileName is where a file vault has a secret.
func FileName(id ID) (string, error) { return fileName(id) }

// Settle waits for what goes on beside the calls.
func (k *Keys) Settle() { k.fetchers.Wait() }
