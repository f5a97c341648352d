package keychain_test

import (
	"context"
	"errors"
	"testing"

	"github.com/oaklock/oaklock/internal/keychain"
)

func due(keychain.ID) bool    { return true }
func notDue(keychain.ID) bool { return false }

// A key that is set aside is out of use, also for a start after kill -9, and can be taken back until it is swept.
func TestSetAside(t *testing.T) {
	v, ring := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	added := add(t, k, personal, endpoint, key)
	s, err := k.Secret(t.Context(), personal)
	if err != nil {
		t.Fatal(err)
	}
	gone := func(k *keychain.Keys, when string) {
		t.Helper()
		if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s: Secret = %v", when, err)
		}
		if _, err := k.Pick(personal.Provider, "", endpoint); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s: Pick = %v", when, err)
		}
		if len(k.List()) != 0 || len(k.Aside()) != 1 || len(ring.items) != 1 {
			t.Errorf("%s: %d listed, %d aside, %d in the vault", when, len(k.List()), len(k.Aside()), len(ring.items))
		}
	}
	if err := k.SetAside(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if !s.IsZero() || len(k.InMemory()) != 0 {
		t.Error("the key is still in memory")
	}
	gone(k, "set aside")
	gone(newKeys(t, db, v), "after a restart")
	if err := k.SetAside(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("set aside twice: %v", err)
	}
	if err := k.Sweep(t.Context(), notDue); err != nil {
		t.Error(err)
	}
	gone(k, "before its time")

	if err := k.TakeBack(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, k, personal, key)
	wantSecret(t, newKeys(t, db, v), personal, key)
	if got := k.List()[0]; !got.Added.Equal(added.Added) || got.Hint != added.Hint || got.Vault != added.Vault {
		t.Errorf("taken back as %+v, was %+v", got, added)
	}
	if err := k.TakeBack(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
	if err := k.Sweep(t.Context(), due); err != nil || len(ring.items) != 1 {
		t.Errorf("Sweep of a key that was taken back = %v, %d in the vault", err, len(ring.items))
	}
}

func TestSweep(t *testing.T) {
	v, ring := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	if err := k.SetAside(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	v.del = func(context.Context, keychain.ID) error { return keychain.ErrTimeout }
	if err := k.Sweep(t.Context(), due); !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("Sweep = %v", err)
	}
	if len(k.Aside()) != 1 || len(k.List()) != 0 {
		t.Error("what could not be swept came back, or is forgotten")
	}
	v.del = nil
	if err := newKeys(t, db, v).Sweep(t.Context(), due); err != nil || len(ring.items) != 0 {
		t.Errorf("the next Sweep = %v, %d in the vault", err, len(ring.items))
	}

	// A key of the same name that is added meanwhile is another one: it stays.
	k = newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	if err := k.SetAside(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	add(t, k, personal, endpoint, key+"2")
	if err := k.TakeBack(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("TakeBack of a replaced key = %v", err)
	}
	if err := k.Sweep(t.Context(), due); err != nil {
		t.Error(err)
	}
	wantSecret(t, k, personal, key+"2")
	if len(ring.items) != 1 {
		t.Errorf("%d in the vault", len(ring.items))
	}
}
