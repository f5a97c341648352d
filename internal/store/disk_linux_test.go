package store_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

// onDisk runs the calling test again in a process with a mount namespace of its own, where it mounts a real small disk,
// and says in which of the two processes it is. The mount goes away with the process.
func onDisk(t *testing.T, options string) (dir string, inside bool) {
	t.Helper()
	const marker = "OAKLOCK_TEST_DISK"
	if dir := os.Getenv(marker); dir != "" {
		if err := syscall.Mount("oaklock", dir, "tmpfs", 0, options); err != nil {
			t.Fatal(err)
		}
		return dir, true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), marker+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER, Unshareflags: syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("this system lets nobody mount a disk for a test: %v", err) //nolint:forbidigo // nothing else is a full disk
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("on a disk of its own: %v\n%s", err, out)
	}
	return "", false
}

func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		if _, err := f.Write(make([]byte, 4096)); errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk refuses a record and damages none.
func TestSlotsOnAFullDisk(t *testing.T) {
	disk, inside := onDisk(t, "size=1m")
	if !inside {
		return
	}
	db := open(t, filepath.Join(disk, "oaklock"))
	defer db.Close()
	s, _, err := db.Slots("oaklock.holds")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Put([]byte("first")); err != nil {
		t.Fatal(err)
	}
	free := fill(t, disk)
	put := 1
	for ; err == nil && put < 10_000; put++ {
		_, err = s.Put([]byte("more"))
	}
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("on a full disk Put says %v", err)
	}
	_, left, err := db.Slots("oaklock.holds")
	if err != nil || len(left) != put-1 || string(left[0].Record) != "first" {
		t.Errorf("%d of %d left (%v)", len(left), put-1, err)
	}
	free()
	if _, err := s.Put([]byte("again")); err != nil {
		t.Error(err)
	}
}

// A mark has its room from the start on, and is there again on the disk that is still full.
func TestMarksOnAFullDisk(t *testing.T) {
	disk, inside := onDisk(t, "size=1m")
	if !inside {
		return
	}
	dir := filepath.Join(disk, "oaklock")
	db := open(t, dir)
	fill(t, disk)
	if err := db.Marks().Put("site", "https://app.example", []byte("gone")); err != nil {
		t.Fatal(err)
	}
	if got := marks(t, open(t, dir), "site"); len(got) != 1 || got[0] != "site https://app.example gone" {
		t.Errorf("after a kill on a full disk there are %q", got)
	}
}

func TestFullDisk(t *testing.T) {
	disk, inside := onDisk(t, "size=1m")
	if !inside {
		return
	}
	dir := filepath.Join(disk, "oaklock")
	db := open(t, dir)
	set(t, db, "kept", "yes")
	free := fill(t, disk)

	err := db.SetSetting(t.Context(), "big", strings.Repeat("x", 200_000))
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "Make some room") {
		t.Errorf("a write on a full disk says %v, want ErrFull", err)
	}
	if got := settings(t, db); got["kept"] != "yes" || got["big"] != "" {
		t.Errorf("after a full disk the settings are %v", got)
	}
	free()
	set(t, db, "later", "yes") // the same open database goes on
	free = fill(t, disk)
	db.Close()

	db, err = store.Open(t.Context(), dir)
	if err == nil {
		if db.Recovered != "" {
			t.Errorf("a full disk made the database look broken")
		}
		if got := settings(t, db); got["later"] != "yes" {
			t.Errorf("settings are %v", got)
		}
		db.Close()
	} else if !errors.Is(err, store.ErrFull) {
		t.Errorf("Open on a full disk says %v", err)
	}
	t.Logf("Open on a full disk: %v", err)
	free()
	db = open(t, dir)
	if got := settings(t, db); got["kept"] != "yes" || got["later"] != "yes" || db.Recovered != "" {
		t.Errorf("when there is room again the settings are %v, recovered %q", got, db.Recovered)
	}
}

func TestNewDatabaseOnAFullDisk(t *testing.T) {
	disk, inside := onDisk(t, "size=1m")
	if !inside {
		return
	}
	dir := mkdir(t, filepath.Join(disk, "oaklock"), 0o700)
	free := fill(t, disk)
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrFull) {
		t.Errorf("Open says %v, want ErrFull", err)
	}
	free()
	if db := open(t, dir); db.Recovered != "" {
		t.Errorf("the attempt left a broken database behind: %s", db.Recovered)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	disk, inside := onDisk(t, "size=1m")
	if !inside {
		return
	}
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("oaklock", disk, "tmpfs", syscall.MS_REMOUNT|flags, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(disk, "old")
	db := open(t, old)
	set(t, db, "kept", "yes")
	db.Close()
	mkdir(t, filepath.Join(disk, "empty"), 0o700)
	remount(syscall.MS_RDONLY)

	for _, name := range []string{"old", "empty", "missing"} {
		_, err := store.Open(t.Context(), filepath.Join(disk, name))
		if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "Make the folder writable") {
			t.Errorf("%s: Open says %v, want ErrReadOnly", name, err)
		}
	}
	remount(0)
	if db := open(t, old); db.Recovered != "" || settings(t, db)["kept"] != "yes" {
		t.Errorf("what was there is lost: %v, recovered %q", settings(t, db), db.Recovered)
	}
}

// A folder whose mode forbids writing shows only to a user who is not root, so the test becomes one.
func TestFolderWithoutWritePermission(t *testing.T) {
	if dir := os.Getenv("OAKLOCK_TEST_READONLY"); dir != "" {
		if os.Getuid() == 0 {
			if err := syscall.Setuid(65534); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("Open says %v, want ErrReadOnly", err)
		}
		return
	}
	tmp := t.TempDir()
	for _, p := range []string{tmp, filepath.Dir(tmp)} {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := mkdir(t, filepath.Join(tmp, "oaklock"), 0o500)
	if os.Getuid() == 0 {
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "OAKLOCK_TEST_READONLY="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("as a user without permission: %v\n%s", err, out)
	}
}
