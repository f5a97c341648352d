package e2e_test

import (
	"net/http"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
)

func (v *memory) has(id keychain.ID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.m[id]
	return ok
}

// A key that was removed in the window: pages have it no more, an answer under way ends, and Undo brings it back as it was.
func TestKeyTakenBack(t *testing.T) {
	t.Parallel()
	s := begin(t)
	ctx, ref := t.Context(), control.KeyRef{Provider: "openai", Label: "default"}
	s.allow(site, "openai")
	under := s.stream(site)
	s.must(nil, s.SetKeyAside(ctx, ref))
	under.isCut(t)
	if got := s.chat(site); got.status != http.StatusLocked || got.code() != "no_key" {
		t.Errorf("without the key: %v", got)
	}
	for _, k := range s.list() {
		if k.Provider == "openai" {
			t.Errorf("still listed: %+v", k)
		}
	}
	s.must(nil, s.TakeKeyBack(ctx, ref))
	if got := s.chat(site); got.status != http.StatusOK {
		t.Errorf("taken back: %v", got)
	}
}

// It leaves the vault when Oaklock ends, and at the next start where Oaklock was killed before that.
func TestKeySetAsideLeavesTheVault(t *testing.T) {
	t.Parallel()
	s := begin(t)
	id := keychain.ID{Provider: "openai", Label: "default"}
	s.must(nil, s.SetKeyAside(t.Context(), control.KeyRef{Provider: "openai", Label: "default"}))
	if !s.vault.has(id) {
		t.Error("it left the vault while it can be taken back")
	}
	s.must(nil, s.agent.Close())
	if s.vault.has(id) {
		t.Error("it is in the vault after the end")
	}

	other := begin(t)
	other.must(nil, other.SetKeyAside(t.Context(), control.KeyRef{Provider: "openai", Label: "default"}))
	other.vault.mu.Lock()
	other.vault.fail = keychain.ErrTimeout // the vault hangs at the end, as if the end had not come to it
	other.vault.mu.Unlock()
	other.must(nil, other.agent.Close())
	other.vault.mu.Lock()
	other.vault.fail = nil
	other.vault.mu.Unlock()
	if !other.vault.has(id) {
		t.Fatal("the vault gave it away while it hung")
	}
	other.start()
	other.await("the sweep", func(control.State) bool { return !other.vault.has(id) })
	for _, k := range other.list() {
		if k.Provider == "openai" {
			t.Errorf("listed after the restart: %+v", k)
		}
	}
}
