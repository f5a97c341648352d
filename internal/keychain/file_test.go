package keychain_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

const passphrase = "correct horse"

// newFile is an open vault, and the profile folder that it lies in.
func newFile(t *testing.T) (*keychain.File, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "profile")
	if err := store.CheckDir(dir); err != nil { // makes it, as the agent does before it asks a vault
		t.Fatal(err)
	}
	f := keychain.NewQuickFile(dir)
	if err := f.Create([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func put(t *testing.T, v keychain.Vault, id keychain.ID, b string) {
	t.Helper()
	if err := v.Put(t.Context(), id, []byte(b)); err != nil {
		t.Fatalf("Put(%s) = %v", id, err)
	}
}

func TestFileLife(t *testing.T) {
	f, dir := newFile(t)
	if f.Kind() != "file" || !f.Exists() || f.Status(t.Context()) != nil {
		t.Errorf("Kind %q, Exists %v, Status %v", f.Kind(), f.Exists(), f.Status(t.Context()))
	}
	team := keychain.ID{Provider: "openai", Label: "Team 2"}
	b := []byte(key)
	if err := f.Put(t.Context(), personal, b); err != nil || string(b) != key {
		t.Fatalf("Put = %v, and the bytes are %q", err, b)
	}
	put(t, f, team, otherKey)
	wantKey(t, f, personal, key)

	f.Lock()
	if err := f.Status(t.Context()); !errors.Is(err, keychain.ErrLocked) || errors.Is(err, keychain.ErrNewVault) {
		t.Errorf("Status when locked = %v", err)
	}
	if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Get when locked = %v", err)
	}
	if err := f.Put(t.Context(), personal, []byte(otherKey)); !errors.Is(err, keychain.ErrLocked) || leaks(err) {
		t.Errorf("Put when locked = %v", err)
	}

	again := keychain.NewFile(dir) // the next start
	if err := again.Unlock([]byte("correct house")); !errors.Is(err, keychain.ErrWrongPassphrase) {
		t.Errorf("Unlock with a wrong passphrase = %v", err)
	}
	if err := again.Unlock(nil); !errors.Is(err, keychain.ErrWrongPassphrase) {
		t.Errorf("Unlock with none = %v", err)
	}
	if err := again.Status(t.Context()); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Status after that = %v", err)
	}
	if err := again.Unlock([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	wantKey(t, again, personal, key)
	wantKey(t, again, team, otherKey)

	if err := again.Delete(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Get(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get after Delete = %v", err)
	}
	if err := again.Delete(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("second Delete = %v", err)
	}
	wantKey(t, again, team, otherKey)
}

func TestFileWithoutAPassphrase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	f := keychain.NewQuickFile(dir)
	if _, err := os.Lstat(dir); f.Exists() || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("NewFile touched the disk: %v", err)
	}
	_, getErr := f.Get(t.Context(), personal)
	for name, err := range map[string]error{
		"Status": f.Status(t.Context()), "Get": getErr,
		"Put": f.Put(t.Context(), personal, []byte(key)), "Unlock": f.Unlock([]byte(passphrase)),
	} {
		if !errors.Is(err, keychain.ErrNewVault) {
			t.Errorf("%s = %v", name, err)
		}
	}
	for _, short := range []string{"", "1234567", "üüüüüüü"} {
		if err := f.Create([]byte(short)); !errors.Is(err, keychain.ErrShortPassphrase) {
			t.Errorf("Create(%q) = %v", short, err)
		}
	}
	if f.Exists() {
		t.Error("a short passphrase made a vault")
	}
	if err := f.Create([]byte("üüüüüüüü")); err != nil {
		t.Fatal(err)
	}
	put(t, f, personal, key)
	if err := f.Create([]byte("another one")); !errors.Is(err, keychain.ErrExists) {
		t.Errorf("second Create = %v", err)
	}
	wantKey(t, f, personal, key)
}

// The age program can open the vault, and it takes the memory that was decided.
func TestFileWorkFactor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	f := keychain.NewFile(dir)
	if err := f.Create([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "vault", "identity.age"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if lines[0] != "age-encryption.org/v1" || !strings.HasPrefix(lines[1], "-> scrypt ") || !strings.HasSuffix(lines[1], " 16") {
		t.Errorf("the file begins %q", lines[:2])
	}
}

// Whoever can write to the folder must not be able to make Unlock work for hours.
func TestFileRefusesMoreWork(t *testing.T) {
	f, dir := newFile(t)
	name := filepath.Join(dir, "vault", "identity.age")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitN(text, []byte("\n"), 3)
	lines[1] = append(bytes.TrimSuffix(lines[1], []byte(" 4")), " 19"...) // age itself would take 22
	if err := os.WriteFile(name, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Unlock([]byte(passphrase)); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("Unlock = %v", err)
	}
}

func TestFileOnDisk(t *testing.T) {
	f, dir := newFile(t)
	put(t, f, personal, key)
	vault := filepath.Join(dir, "vault")
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		oaktest.Private(t, path)
		if d.IsDir() {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, plain := range []string{key, key[:12], passphrase, "AGE-SECRET-KEY"} {
			if bytes.Contains(text, []byte(plain)) {
				t.Errorf("%s has %q", path, plain)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 2 {
		t.Errorf("%d files, want the identity and one key", files)
	}
	// What a kill -9 left is gone after the next Put.
	left := filepath.Join(vault, ".new-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, f, personal, otherKey)
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was left: %v", err)
	}
	wantKey(t, f, personal, otherKey)
}

func TestFileRefusesDamage(t *testing.T) {
	f, dir := newFile(t)
	put(t, f, personal, key)
	name := secretPath(t, dir, personal)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrDamaged) || errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("cut to %d of %d bytes: %v", cut, len(whole), err)
		}
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrDamaged) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if err := os.WriteFile(name, append(whole, make([]byte, 1<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("a megabyte more: %v", err)
	}
	identity := filepath.Join(dir, "vault", "identity.age")
	if err := os.WriteFile(identity, []byte("age-encryption.org/v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Unlock([]byte(passphrase)); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("Unlock with half an identity = %v", err)
	}
}

func secretPath(t *testing.T, dir string, id keychain.ID) string {
	t.Helper()
	name, err := keychain.FileName(id)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "vault", name)
}

// Otherwise renaming two files would send one provider's key to another.
func TestFileKnowsWhoseKeyItHolds(t *testing.T) {
	f, dir := newFile(t)
	custom := keychain.ID{Provider: "custom", Label: "personal"}
	put(t, f, personal, key)
	if err := os.Rename(secretPath(t, dir, personal), secretPath(t, dir, custom)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), custom); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("Get of a renamed key = %v", err)
	}
}

func TestFileNames(t *testing.T) {
	seen := map[string]keychain.ID{}
	for _, id := range []keychain.ID{
		personal, {Provider: "openai", Label: "Personal"}, {Provider: "openai", Label: "personal#2"},
		{Provider: "openai", Label: "a.b"}, {Provider: "openai", Label: ".."}, {Provider: "..", Label: "x"},
		{Provider: "x/../../y", Label: "z"}, {Provider: strings.Repeat("p", 80), Label: strings.Repeat("l", 42)},
	} {
		name, err := keychain.FileName(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if name != filepath.Base(name) || len(name) > 255 || strings.HasPrefix(name, ".") || name == "identity.age" {
			t.Errorf("%s is called %q", id, name)
		}
		if other, twice := seen[strings.ToLower(name)]; twice {
			t.Errorf("%s and %s are both called %q", id, other, name)
		}
		seen[strings.ToLower(name)] = id
	}
	for _, id := range []keychain.ID{{}, {Provider: "openai"}, {Label: "x"}, {Provider: strings.Repeat("p", 200), Label: "x"}} {
		if name, err := keychain.FileName(id); err == nil {
			t.Errorf("%v is called %q", id, name)
		}
	}
}

func TestFileDoesNotFollowSymlinks(t *testing.T) {
	f, dir := newFile(t)
	put(t, f, personal, key)
	name := secretPath(t, dir, personal)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Rename(name, outside); err != nil {
		t.Fatal(err)
	}
	oaktest.Link(t, outside, name)
	before, err := os.ReadFile(outside)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), personal); !errors.Is(err, keychain.ErrDamaged) {
		t.Errorf("Get through a symlink = %v", err)
	}
	put(t, f, personal, otherKey)
	if after, err := os.ReadFile(outside); err != nil || !bytes.Equal(before, after) {
		t.Errorf("Put wrote through a symlink: %v", err)
	}
	wantKey(t, f, personal, otherKey)

	// The whole folder is one.
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.Rename(filepath.Join(dir, "vault"), elsewhere); err != nil {
		t.Fatal(err)
	}
	oaktest.Link(t, elsewhere, filepath.Join(dir, "vault"))
	if err := f.Put(t.Context(), personal, []byte(key)); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("Put into a symlinked folder = %v", err)
	}
}

func TestFileSizes(t *testing.T) {
	f, _ := newFile(t)
	if err := f.Put(t.Context(), personal, nil); !errors.Is(err, secret.ErrEmpty) {
		t.Errorf("no bytes = %v", err)
	}
	if err := f.Put(t.Context(), personal, make([]byte, keychain.MaxSecret+1)); !errors.Is(err, keychain.ErrTooBig) {
		t.Errorf("2561 bytes = %v", err)
	}
	most := strings.Repeat("k", keychain.MaxSecret)
	put(t, f, personal, most)
	wantKey(t, f, personal, most)
	put(t, f, personal, "k\n")
	wantKey(t, f, personal, "k\n")
}

func TestFileManyAtOnce(t *testing.T) {
	f, _ := newFile(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := keychain.ID{Provider: "openai", Label: string(rune('a' + i%4))}
			for range 5 {
				if err := f.Put(t.Context(), id, []byte(key)); err != nil {
					t.Error(err)
				}
				wantKey(t, f, id, key)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Put(ctx, personal, []byte(key)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Put for somebody who left = %v", err)
	}
}

// Lock while others read and write: each call either works or says so.
func TestFileLockWhileInUse(t *testing.T) {
	f, _ := newFile(t)
	put(t, f, personal, key)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				s, err := f.Get(t.Context(), personal)
				if err != nil && !errors.Is(err, keychain.ErrLocked) || err == nil && !s.Equal([]byte(key)) {
					t.Errorf("Get = %v", err)
				}
				s.Wipe()
			}
		})
	}
	for range 10 {
		f.Lock()
		if err := f.Unlock([]byte(passphrase)); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
