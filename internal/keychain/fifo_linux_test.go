package keychain_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/keychain"
)

// Opening a pipe waits for a writer that never comes.
func TestFileDoesNotOpenPipes(t *testing.T) {
	f, dir := newFile(t)
	put(t, f, personal, key)
	name := secretPath(t, dir, personal)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("Get from a pipe = %v", err)
	}
}
