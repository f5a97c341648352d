package keychain_test

import (
	"context"
	"errors"
	"testing"

	"github.com/oaklock/oaklock/internal/keychain"
)

// A key that the vault no longer has is gone until the vault says otherwise; one that cannot be asked says nothing.
func TestGoneUntilTheVaultSaysOtherwise(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	id := keychain.ID{Provider: "openai", Label: "default"}
	add(t, k, id, endpoint, key)
	fetch := func(want error, gone bool) {
		t.Helper()
		lockAndUnlock(k)
		if _, err := k.Secret(t.Context(), id); !errors.Is(err, want) || k.Gone(id) != gone {
			t.Errorf("Secret = %v, and gone is %v", err, k.Gone(id))
		}
	}
	fetch(nil, false)
	if err := v.Vault.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	fetch(keychain.ErrGone, true)
	v.get = func(context.Context, keychain.ID) error { return keychain.ErrTimeout }
	fetch(keychain.ErrTimeout, true)
	v.get = nil
	if err := v.Put(t.Context(), id, []byte(key)); err != nil {
		t.Fatal(err)
	}
	fetch(nil, false)
	v.get = func(context.Context, keychain.ID) error { return keychain.ErrUnavailable }
	fetch(keychain.ErrUnavailable, false)
}

// To compare with a key is no use of it, whether it is in memory or in the vault.
func TestToCompareIsNoUse(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	id := keychain.ID{Provider: "openai", Label: "default"}
	add(t, k, id, endpoint, key)
	used := func() bool { return !k.List()[0].LastUsed.IsZero() }
	for range 2 {
		if !k.Is(t.Context(), id, []byte(key)) || k.Is(t.Context(), id, []byte(key+"x")) {
			t.Error("it is not told from another")
		}
		if used() {
			t.Error("it was used")
		}
		lockAndUnlock(k)
	}
	v.get = func(context.Context, keychain.ID) error { return keychain.ErrUnavailable }
	if k.Is(t.Context(), id, []byte(key)) {
		t.Error("what cannot be read is the key")
	}
	v.get = nil

	// Who uses it while another compares has used it.
	asked, goOn := make(chan struct{}), make(chan struct{})
	v.get = func(context.Context, keychain.ID) error { close(asked); <-goOn; return nil }
	same := make(chan bool)
	go func() { same <- k.Is(t.Context(), id, []byte(key)) }()
	<-asked
	secret := make(chan error)
	go func() { _, err := k.Secret(t.Context(), id); secret <- err }()
	close(goOn)
	if !<-same {
		t.Error("it is not the same")
	}
	if err := <-secret; err != nil || !used() {
		t.Errorf("used: %v, %v", used(), err)
	}
}
