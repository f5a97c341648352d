package oaktest

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Private fails the test where the mode of a file or a folder lets anybody in but its owner. Windows has no modes, and Go makes some
// up: there the access list of the folder counts, at which the tests of internal/owner look, and not the file's.
func Private(t testing.TB, path string) {
	t.Helper()
	fi, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	want := os.FileMode(0o600)
	if fi.IsDir() {
		want = 0o700
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm() != want {
		t.Errorf("%s has mode %v, want %v", path, fi.Mode().Perm(), want)
	}
}

// mayNotLink is what Windows says to whom it does not let make links (ERROR_PRIVILEGE_NOT_HELD).
const mayNotLink = syscall.Errno(1314)

// Link makes a symbolic link. Windows lets administrators and developers alone do that; for others the test is skipped there.
func Link(t testing.TB, target, name string) {
	t.Helper()
	err := os.Symlink(target, name)
	if runtime.GOOS == "windows" && errors.Is(err, mayNotLink) {
		t.Skipf("this user may make no links: %v", err) //nolint:forbidigo // what cannot be there needs no test
	}
	if err != nil {
		t.Fatal(err)
	}
}
