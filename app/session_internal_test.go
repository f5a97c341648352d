package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/autostart"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// What starts at login names its profile folder only where it is not the main one, by whatever path that was named.
func TestAtLoginNamesAnotherFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} { // of each system the one that it looks at
		t.Setenv(name, dir)
	}
	main, err := control.MainFolder()
	if err != nil {
		t.Fatal(err)
	}
	names := func(home string) bool {
		t.Helper()
		a, err := atLogin(home)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(a.(autostart.Entry).Args, "--home")
	}
	if names(main) {
		t.Error("the main folder is named before it is there")
	}
	if err := os.MkdirAll(main, 0o700); err != nil {
		t.Fatal(err)
	}
	other, link := filepath.Join(dir, "other"), filepath.Join(dir, "link")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if names(main) || !names(other) {
		t.Error("the main folder is named, or another is not")
	}
	oaktest.Link(t, main, link)
	if names(link) {
		t.Error("the main folder is named by another path")
	}
}
