package keychain_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

// shaky is a vault that fails where the test says so, and counts.
type shaky struct {
	keychain.Vault
	kind             string
	put, get, del    func(ctx context.Context, id keychain.ID) error // before; nil: nothing
	afterPut         func() error
	puts, gets, dels atomic.Int32
}

func (v *shaky) Kind() string {
	if v.kind != "" {
		return v.kind
	}
	return v.Vault.Kind()
}

func (v *shaky) Put(ctx context.Context, id keychain.ID, b []byte) error {
	v.puts.Add(1)
	if v.put != nil {
		if err := v.put(ctx, id); err != nil {
			return err
		}
	}
	if err := v.Vault.Put(ctx, id, b); err != nil {
		return err
	}
	if v.afterPut != nil {
		return v.afterPut()
	}
	return nil
}

func (v *shaky) Get(ctx context.Context, id keychain.ID) (secret.Secret, error) {
	v.gets.Add(1)
	if v.get != nil {
		if err := v.get(ctx, id); err != nil {
			return secret.Secret{}, err
		}
	}
	return v.Vault.Get(ctx, id)
}

func (v *shaky) Delete(ctx context.Context, id keychain.ID) error {
	v.dels.Add(1)
	if v.del != nil {
		if err := v.del(ctx, id); err != nil {
			return err
		}
	}
	return v.Vault.Delete(ctx, id)
}

// onRing is a shaky vault on a fake ring, so that a test can look what is in it.
func onRing() (*shaky, *fakeRing) {
	ring := newFakeRing()
	return &shaky{Vault: keychain.NewOS(ring, ready, unavailable)}, ring
}

func openDB(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newKeys(t *testing.T, db *store.DB, v keychain.Vault) *keychain.Keys {
	t.Helper()
	k, err := keychain.New(db, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func profile(t *testing.T) string { return filepath.Join(t.TempDir(), "profile") }

func add(t *testing.T, k *keychain.Keys, id keychain.ID, endpoint, b string) keychain.Credential {
	t.Helper()
	c, err := k.Add(t.Context(), keychain.Credential{ID: id, Endpoint: endpoint}, []byte(b))
	if err != nil {
		t.Fatalf("Add(%s) = %v", id, err)
	}
	return c
}

func wantSecret(t *testing.T, k *keychain.Keys, id keychain.ID, want string) {
	t.Helper()
	s, err := k.Secret(t.Context(), id)
	if err != nil || !s.Equal([]byte(want)) {
		t.Errorf("Secret(%s) ends in %q, %v", id, s.Hint(), err)
	}
}

// lockAndUnlock leaves the vault as it is, so that only what was in memory is lost.
func lockAndUnlock(k *keychain.Keys) {
	k.Lock()
	defer k.Unlock()
}

func TestKeysSurviveARestart(t *testing.T) {
	dir := profile(t)
	f := keychain.NewQuickFile(dir)
	db := openDB(t, dir)
	if err := f.Create([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	k := newKeys(t, db, f)
	b := []byte(key)
	added, err := k.Add(t.Context(), keychain.Credential{ID: keychain.ID{Provider: "openai", Label: " personal "}, Endpoint: endpoint}, b)
	if err != nil || string(b) != key {
		t.Fatalf("Add = %v, and the bytes are %q", err, b)
	}
	want := keychain.Credential{ID: personal, Hint: "RcYh", Endpoint: endpoint, Added: added.Added, Vault: "file"}
	if added != want || added.Added.IsZero() {
		t.Errorf("Add gave %+v", added)
	}
	wantSecret(t, k, personal, key)
	k.Close()

	again := newKeys(t, db, f)
	list := again.List()
	if len(list) != 1 {
		t.Fatalf("List = %+v", list)
	}
	if used := list[0].LastUsed; used.IsZero() || used.Before(added.Added) {
		t.Errorf("last used %v, added %v", used, added.Added)
	}
	list[0].LastUsed = time.Time{}
	if !list[0].Added.Equal(added.Added) {
		t.Errorf("Added was %v, is %v", added.Added, list[0].Added)
	}
	list[0].Added = added.Added
	if list[0] != want {
		t.Errorf("List = %+v, want %+v", list[0], want)
	}
	if _, err := again.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Secret before the passphrase = %v", err)
	}
	if err := f.Unlock([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, again, personal, key)
}

func TestPick(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	const moved = "https://proxy.example:443"
	synctest.Test(t, func(t *testing.T) { // a second between each, by the clock that Added goes by
		for _, c := range []struct{ provider, label, endpoint string }{
			{"openai", "work", endpoint}, {"openai", "alpha", endpoint}, {"openai", "elsewhere", moved},
			{"mistral", "zeta", endpoint}, {"mistral", "default", endpoint},
		} {
			time.Sleep(time.Second)
			add(t, k, keychain.ID{Provider: c.provider, Label: c.label}, c.endpoint, key)
		}
	})
	for _, c := range []struct {
		provider, label, endpoint, want string
		err                             error
	}{
		{"openai", "", endpoint, "work", nil}, // the first added
		{"openai", "alpha", endpoint, "alpha", nil},
		{"openai", "", moved, "elsewhere", nil}, // the only one for that address
		{"openai", "elsewhere", moved, "elsewhere", nil},
		{"mistral", "", endpoint, "default", nil},
		{"openai", "work", moved, "", keychain.ErrMoved},
		{"mistral", "", moved, "", keychain.ErrMoved},
		{"openai", "", "https://api.openai.com", "", keychain.ErrMoved},
		{"openai", "none", endpoint, "", keychain.ErrNotFound},
		{"google", "", endpoint, "", keychain.ErrNotFound},
		{"openai", "Work", endpoint, "", keychain.ErrNotFound},
	} {
		got, err := k.Pick(c.provider, c.label, c.endpoint)
		if got.Label != c.want || !errors.Is(err, c.err) || errors.Is(err, keychain.ErrMoved) != errors.Is(c.err, keychain.ErrMoved) {
			t.Errorf("Pick(%q, %q, %q) = %q, %v", c.provider, c.label, c.endpoint, got.Label, err)
		}
	}
}

// A key that is renewed keeps its place, so that no site goes to another key by it; and what is listed first is what is taken.
func TestARenewedKeyKeepsItsPlace(t *testing.T) {
	v, _ := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	var began time.Time
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ provider, label string }{
			{"mistral", "work"}, {"mistral", "personal"}, {"mistral", "work"},
			{"openai", "work"}, {"openai", "default"}, {"openai", "work"},
		} {
			time.Sleep(time.Minute)
			add(t, k, keychain.ID{Provider: c.provider, Label: c.label}, endpoint, key)
		}
		began = time.Now().Add(-6 * time.Minute)
	})
	for _, k := range []*keychain.Keys{k, newKeys(t, db, v)} { // after a restart too
		var listed []string
		for _, c := range k.List() {
			of := c.ID.String() + c.Added.Sub(began).String()
			if !c.Renewed.IsZero() { // and says since when it is what it is
				of += c.Renewed.Sub(began).String()
			}
			listed = append(listed, of)
		}
		if want := []string{"mistral/work1m0s3m0s", "mistral/personal2m0s", "openai/default5m0s", "openai/work4m0s6m0s"}; !slices.Equal(listed, want) {
			t.Errorf("listed are %q", listed)
		}
		for provider, want := range map[string]string{"mistral": "work", "openai": "default"} {
			if c, err := k.Pick(provider, "", endpoint); err != nil || c.Label != want {
				t.Errorf("of %s it takes %q, %v", provider, c.Label, err)
			}
		}
	}
}

func TestAddRefuses(t *testing.T) {
	v, ring := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	for _, c := range []struct {
		name, label string
		b           []byte
		want        error
	}{
		{"a label", "no/slash", []byte(key), keychain.ErrLabel},
		{"no bytes", "", nil, secret.ErrEmpty},
		{"too many bytes", "", make([]byte, 2561), keychain.ErrTooBig},
	} {
		_, err := k.Add(t.Context(), keychain.Credential{ID: keychain.ID{Provider: "openai", Label: c.label}}, c.b)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	k.Lock()
	if _, err := k.Add(t.Context(), keychain.Credential{ID: personal}, []byte(key)); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("while locked: %v", err)
	}
	if len(ring.users) > 0 || len(k.List()) > 0 {
		t.Errorf("the keychain was asked %q, and there is %v", ring.users, k.List())
	}
}

// Whatever fails when a key is added or replaced: nothing new is listed, the old one works with its old address, and
// nothing stays in the keychain that nobody knows.
func TestAddFailsWhole(t *testing.T) {
	const elsewhere = "https://proxy.example:443"
	broken := errors.New("disk on fire")
	for _, fail := range []struct {
		name string
		set  func(t *testing.T, v *shaky, db *store.DB)
		want error
	}{
		{"the vault refuses", func(_ *testing.T, v *shaky, _ *store.DB) {
			v.put = func(context.Context, keychain.ID) error { return keychain.ErrDenied }
		}, keychain.ErrDenied},
		{"the vault writes and gives back something else", func(_ *testing.T, v *shaky, _ *store.DB) {
			v.afterPut = func() error { return keychain.ErrNotSaved }
		}, keychain.ErrNotSaved},
		{"the vault is late", func(_ *testing.T, v *shaky, _ *store.DB) {
			v.afterPut = func() error { return keychain.ErrTimeout }
		}, keychain.ErrTimeout},
		{"the index cannot be written", func(t *testing.T, v *shaky, db *store.DB) {
			v.afterPut = func() error { return db.Close() }
		}, nil},
		{"the vault breaks", func(_ *testing.T, v *shaky, _ *store.DB) {
			v.put = func(context.Context, keychain.ID) error { return broken }
		}, broken},
	} {
		for _, replaces := range []bool{false, true} {
			name := fail.name
			if replaces {
				name += " at a replacement"
			}
			t.Run(name, func(t *testing.T) {
				dir := profile(t)
				v, ring := onRing()
				db, err := store.Open(t.Context(), dir)
				if err != nil {
					t.Fatal(err)
				}
				k := newKeys(t, db, v)
				items := 0
				if replaces {
					add(t, k, personal, endpoint, key)
					items = 1
				}
				fail.set(t, v, db)
				c := keychain.Credential{ID: personal, Endpoint: elsewhere}
				if _, err := k.Add(t.Context(), c, []byte(otherKey)); err == nil || fail.want != nil && !errors.Is(err, fail.want) {
					t.Fatalf("Add = %v", err)
				} else if leaks(err) || strings.Contains(err.Error(), otherKey) {
					t.Errorf("the error tells the key: %v", err)
				}
				v.put, v.afterPut = nil, nil
				if len(ring.items) != items {
					t.Errorf("the keychain has %d items", len(ring.items))
				}
				check := func(k *keychain.Keys) {
					t.Helper()
					if !replaces {
						if len(k.List()) != 0 || len(k.InMemory()) != 0 {
							t.Errorf("there is %v", k.List())
						}
						return
					}
					wantSecret(t, k, personal, key)
					if got, err := k.Pick("openai", "", endpoint); err != nil || got.Hint != "RcYh" {
						t.Errorf("Pick = %+v, %v", got, err)
					}
					if _, err := k.Pick("openai", "", elsewhere); !errors.Is(err, keychain.ErrMoved) {
						t.Errorf("Pick elsewhere = %v", err)
					}
				}
				check(k)
				k.Close()
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				check(newKeys(t, openDB(t, dir), v)) // the next start
			})
		}
	}
}

// A kill -9 between vault and index: a start that finds the vault written and the index not.
func TestReplacementCutShortKeepsTheOldKey(t *testing.T) {
	dir := profile(t)
	v, ring := onRing()
	db := openDB(t, dir)
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	before := map[string]string{}
	v.afterPut = func() error { // the moment of the kill: remember what there is
		for user, item := range ring.items {
			before[user] = item
		}
		return nil
	}
	add(t, k, personal, "https://proxy.example:443", otherKey)
	if len(before) != 2 {
		t.Fatalf("at that moment the keychain has %d items, want both keys", len(before))
	}
	if before["openai/personal"] != key {
		t.Error("the old key is gone before the index knows the new one")
	}
}

func TestReplace(t *testing.T) {
	v, ring := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	old, err := k.Secret(t.Context(), personal)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range []string{otherKey, key, otherKey} {
		add(t, k, personal, endpoint, b)
		wantSecret(t, k, personal, b)
		wantSecret(t, newKeys(t, db, v), personal, b)
		if len(ring.items) != 1 || len(k.List()) != 1 {
			t.Errorf("after replacement %d the keychain has %d items, the list %d", i, len(ring.items), len(k.List()))
		}
	}
	if !old.IsZero() {
		t.Error("the replaced secret is still in memory")
	}
	if err := k.Remove(t.Context(), personal); err != nil || len(ring.items) != 0 {
		t.Errorf("Remove = %v, %d items are left", err, len(ring.items))
	}
}

func TestRemove(t *testing.T) {
	v, ring := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	s, err := k.Secret(t.Context(), personal)
	if err != nil {
		t.Fatal(err)
	}
	v.del = func(context.Context, keychain.ID) error { return keychain.ErrTimeout }
	if err := k.Remove(t.Context(), personal); !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("Remove = %v", err)
	}
	wantSecret(t, k, personal, key) // nothing has changed
	v.del = nil
	if err := k.Remove(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Secret = %v", err)
	}
	if !s.IsZero() || len(k.InMemory()) != 0 || k.Redactor().Contains(key) {
		t.Error("the key is still in memory")
	}
	if len(ring.items) != 0 || len(k.List()) != 0 || len(newKeys(t, db, v).List()) != 0 {
		t.Error("the key is still stored")
	}
	if err := k.Remove(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("second Remove = %v", err)
	}
	// One whose secret somebody deleted in the system's own program can still be taken off the list.
	add(t, k, personal, endpoint, key)
	clear(ring.items)
	if err := k.Remove(t.Context(), personal); err != nil || len(k.List()) != 0 {
		t.Errorf("Remove of a key that is gone = %v", err)
	}
}

// The old secret of a replaced key stays in the keychain if it cannot be deleted then. It goes with the key.
func TestRemoveTakesWhatAReplacementLeft(t *testing.T) {
	v, ring := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	add(t, k, personal, endpoint, key)
	v.del = func(context.Context, keychain.ID) error { return keychain.ErrTimeout }
	add(t, k, personal, endpoint, otherKey)
	v.del = nil
	if len(ring.items) != 2 {
		t.Fatalf("%d items", len(ring.items))
	}
	wantSecret(t, k, personal, otherKey)
	if err := k.Remove(t.Context(), personal); err != nil || len(ring.items) != 0 {
		t.Errorf("Remove = %v, %d items are left", err, len(ring.items))
	}
}

// The user locks while the system's dialog for saving is open: the key is saved, but not in memory.
func TestLockWhileAdding(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	v.afterPut = func() error { k.Lock(); return nil }
	add(t, k, personal, endpoint, key)
	if len(k.InMemory()) != 0 || k.Redactor().Contains(key) {
		t.Error("the key is in memory")
	}
	k.Unlock()
	wantSecret(t, k, personal, key)
}

func TestTwoVaults(t *testing.T) {
	v, _ := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	f, _ := newFile(t)
	k.SetVault(f)
	if k.Vault() != keychain.Vault(f) || len(k.InMemory()) != 0 {
		t.Error("SetVault kept what it had")
	}
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrOtherVault) || errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Secret = %v", err)
	}
	if err := k.Remove(t.Context(), personal); !errors.Is(err, keychain.ErrOtherVault) {
		t.Errorf("Remove = %v", err)
	}
	if got := add(t, k, personal, endpoint, otherKey); got.Vault != "file" {
		t.Errorf("Add gave %+v", got)
	}
	wantSecret(t, k, personal, otherKey)
	k.SetVault(v)
	if err := f.Status(t.Context()); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("the file vault that is no longer in use = %v", err)
	}
}

func TestLockWipes(t *testing.T) {
	f, dir := newFile(t)
	k := newKeys(t, openDB(t, dir), f)
	add(t, k, personal, endpoint, key)
	s, err := k.Secret(t.Context(), personal)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	earlier := k.Redactor()
	answer := earlier.Writer(&out)
	add(t, k, keychain.ID{Provider: "openai", Label: "later"}, endpoint, key+"-later")
	if _, err := k.Secret(t.Context(), keychain.ID{Provider: "openai", Label: "later"}); err != nil {
		t.Fatal(err)
	}
	latest := k.Redactor()
	k.Lock()
	if earlier == latest || !earlier.Contains("anything") || !latest.Contains("anything") { // true of a wiped one alone
		t.Error("Lock left a redactor that knows keys, of before another key came or of after")
	}
	if !k.Locked() || !s.IsZero() || len(k.InMemory()) != 0 || k.Redactor().Contains(key) {
		t.Error("Lock left a key in memory")
	}
	if _, err := io.WriteString(answer, "hello"); !errors.Is(err, secret.ErrWiped) || out.Len() > 0 {
		t.Errorf("an answer that runs = %v, passed %q", err, out.String())
	}
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Secret = %v", err)
	}
	if err := f.Status(t.Context()); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("the vault = %v", err)
	}
	k.Unlock()
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Secret with the vault closed = %v", err)
	}
	if err := f.Unlock([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, k, personal, key)
	k.Close()
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Secret after Close = %v", err)
	}
}

// Ten requests of a team of agents begin at once.
func TestOneCallForMany(t *testing.T) {
	v, _ := onRing()
	db := openDB(t, profile(t))
	first := newKeys(t, db, v)
	add(t, first, personal, endpoint, key)
	synctest.Test(t, func(t *testing.T) {
		k, err := keychain.New(db, v)
		if err != nil {
			t.Fatal(err)
		}
		v.get = func(context.Context, keychain.ID) error { time.Sleep(time.Second); return nil }
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // the first to ask leaves; the others still get it
			if _, err := k.Secret(impatient, personal); !errors.Is(err, keychain.ErrTimeout) {
				t.Errorf("Secret = %v", err)
			}
		})
		synctest.Wait()
		for range 10 {
			wg.Go(func() { wantSecret(t, k, personal, key) })
		}
		wg.Wait()
		if n := v.gets.Load(); n != 1 {
			t.Errorf("%d calls to the vault", n)
		}
		k.Close()
	})
}

func TestFailedFetchIsNotRemembered(t *testing.T) {
	v, ring := onRing()
	db := openDB(t, profile(t))
	add(t, newKeys(t, db, v), personal, endpoint, key)
	k := newKeys(t, db, v)
	for _, want := range []error{keychain.ErrTimeout, keychain.ErrLocked, keychain.ErrUnavailable} {
		v.get = func(context.Context, keychain.ID) error { return want }
		if _, err := k.Secret(t.Context(), personal); !errors.Is(err, want) {
			t.Errorf("Secret = %v, want %v", err, want)
		}
	}
	v.get = nil
	item := ring.items["openai/personal"]
	delete(ring.items, "openai/personal")
	if _, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Secret = %v", err)
	}
	ring.items["openai/personal"] = item
	wantSecret(t, k, personal, key)
}

// What the vault gives after Lock, Remove or a replacement must not come into memory or reach a request.
func TestLateAnswerOfTheVault(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, k *keychain.Keys)
		key    string
		err    error
	}{
		{"lock", func(_ *testing.T, k *keychain.Keys) { k.Lock() }, "", keychain.ErrLocked},
		{"lock and unlock", func(_ *testing.T, k *keychain.Keys) { lockAndUnlock(k) }, key, nil},
		{"remove", func(t *testing.T, k *keychain.Keys) {
			if err := k.Remove(t.Context(), personal); err != nil {
				t.Error(err)
			}
		}, "", keychain.ErrNotFound},
		{"replace", func(t *testing.T, k *keychain.Keys) { add(t, k, personal, endpoint, otherKey) }, otherKey, nil},
		{"close", func(_ *testing.T, k *keychain.Keys) { go k.Close() }, "", keychain.ErrLocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, _ := onRing()
			db := openDB(t, profile(t))
			add(t, newKeys(t, db, v), personal, endpoint, key)
			synctest.Test(t, func(t *testing.T) {
				k, err := keychain.New(db, v)
				if err != nil {
					t.Fatal(err)
				}
				release := make(chan struct{})
				var held atomic.Bool
				// As a real vault: the answer is on its way before the change, and comes after it.
				v.Vault = lateVault{v.Vault, &held, release}
				result := make(chan error)
				go func() {
					s, err := k.Secret(t.Context(), personal)
					if err == nil && !s.Equal([]byte(c.key)) {
						t.Errorf("another key, ending in %q", s.Hint())
					}
					result <- err
				}()
				synctest.Wait()
				c.change(t, k)
				synctest.Wait()
				close(release)
				if err := <-result; !errors.Is(err, c.err) {
					t.Errorf("Secret = %v, want %v", err, c.err)
				}
				if n := len(k.InMemory()); c.err != nil && n != 0 {
					t.Errorf("%d keys in memory", n)
				}
				k.Close()
			})
		})
	}
}

// lateVault holds the first answer back until release.
type lateVault struct {
	keychain.Vault
	held    *atomic.Bool
	release chan struct{}
}

func (v lateVault) Get(ctx context.Context, id keychain.ID) (secret.Secret, error) {
	s, err := v.Vault.Get(ctx, id)
	if !v.held.Swap(true) {
		<-v.release
	}
	return s, err
}

func TestRedactorFollows(t *testing.T) {
	v, _ := onRing()
	db := openDB(t, profile(t))
	first := newKeys(t, db, v)
	add(t, first, personal, endpoint, key)
	other := keychain.ID{Provider: "mistral", Label: "default"}
	add(t, first, other, endpoint, otherKey)

	k := newKeys(t, db, v)
	if k.Redactor().Contains(key) || len(k.InMemory()) != 0 {
		t.Error("a key is in memory before it is needed")
	}
	wantSecret(t, k, personal, key)
	running := k.Redactor()
	if !running.Contains(key) || running.Contains(otherKey) || running != k.Redactor() {
		t.Error("after the first key")
	}
	wantSecret(t, k, other, otherKey)
	if !k.Redactor().Contains(key) || !k.Redactor().Contains(otherKey) || len(k.InMemory()) != 2 {
		t.Error("after the second key")
	}
	if !running.Contains(key) || running.Contains("hello") {
		t.Error("an answer that runs was cut by a new key")
	}
	if err := k.Remove(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if k.Redactor().Contains(otherKey) || !k.Redactor().Contains(key) {
		t.Error("after Remove")
	}
	k.Lock()
	if !running.Contains("hello") {
		t.Error("an earlier redactor was not wiped by Lock")
	}
	if k.Redactor().Contains("hello") {
		t.Error("the redactor after Lock takes everything for a key")
	}
}

// Everything at once, for the race detector; each Secret is the right one or an error that says why.
func TestKeysAllAtOnce(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	add(t, k, personal, endpoint, key)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s, err := k.Secret(t.Context(), personal)
				if err != nil && !errors.Is(err, keychain.ErrLocked) {
					t.Errorf("Secret = %v", err)
					return
				}
				if err == nil && !s.Equal([]byte(key)) && !s.IsZero() {
					t.Error("a wrong key")
				}
				k.Redactor().Contains("hello")
				k.List()
			}
		})
	}
	for i := range 50 {
		lockAndUnlock(k)
		if i%10 == 0 {
			add(t, k, personal, endpoint, key)
		}
	}
	close(stop)
	wg.Wait()
}

// A key that somebody else has put in the place of the user's is not used, and known as such; one that the user adds is used again.
func TestAnotherKeyInItsPlace(t *testing.T) {
	v, _ := onRing()
	k := newKeys(t, openDB(t, profile(t)), v)
	add(t, k, personal, endpoint, key)
	if err := v.Put(t.Context(), personal, []byte("sk-of-somebody-else-1234567890")); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, k, personal, key) // it is in memory still
	lockAndUnlock(k)
	for range 2 {
		if s, err := k.Secret(t.Context(), personal); !errors.Is(err, keychain.ErrOtherKey) || !errors.Is(err, keychain.ErrUnproven) {
			t.Errorf("Secret gives one that ends in %q, %v", s.Hint(), err)
		}
	}
	if k.Proven(personal) || len(k.InMemory()) > 0 {
		t.Errorf("proven %v, and in memory are %d", k.Proven(personal), len(k.InMemory()))
	}
	add(t, k, personal, endpoint, key)
	lockAndUnlock(k)
	wantSecret(t, k, personal, key)
	if !k.Proven(personal) {
		t.Error("added again, it is not proven")
	}
}

// The first use is written at once, so that a kill -9 does not make a key one that was never used. A try is no use.
func TestTheFirstUseIsWritten(t *testing.T) {
	v, _ := onRing()
	db := openDB(t, profile(t))
	k := newKeys(t, db, v)
	add(t, k, personal, endpoint, key)
	lastUsed := func() time.Time {
		t.Helper()
		k.Settle()
		return newKeys(t, db, v).List()[0].LastUsed // as after a kill
	}
	for range 2 { // from memory, and from the vault
		if _, err := k.Try(t.Context(), personal); err != nil {
			t.Fatal(err)
		}
		if at := lastUsed(); !at.IsZero() {
			t.Errorf("a try is a use at %v", at)
		}
		lockAndUnlock(k)
	}
	wantSecret(t, k, personal, key)
	if lastUsed().IsZero() {
		t.Error("a use is lost by a kill")
	}
	k.Used(keychain.ID{Provider: "openai", Label: "none"})
}
