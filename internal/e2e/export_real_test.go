//go:build real

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

// The log is saved from the production window, in GTK's own dialog: what is in the file is what "oaklock log export" writes. A
// dialog that is closed changes nothing and says nothing, and where the user may not write the window says so.
func TestExportFromTheWindow(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(3 * time.Minute)
	p.lived(ctx)
	own := p.bus.Home // where the dialog begins
	p.oaklock()
	p.desktop.Click(ctx, desktop.Link, "Activity")

	const csv, json, title, dismiss = "Save as CSV…", "Save as JSON…", "Where to save the log", "Dismiss"
	ask := func(button string) {
		p.desktop.Click(ctx, desktop.Button, button)
		p.desktop.Find(ctx, desktop.Chooser, title)
	}
	// closed waits until the window has done what the dialog was for: meanwhile its buttons cannot be pressed.
	closed := func() {
		p.desktop.Gone(ctx, desktop.Chooser, title)
		p.desktop.Find(ctx, desktop.Button, csv)
	}
	name := func(path string) {
		p.desktop.Press("ctrl+a")
		p.desktop.Type(path)
	}
	lines := len(p.log(t))
	// saved sees that the window says so, and that the command line writes the same.
	saved := func(t *testing.T, path, format string) {
		t.Helper()
		p.desktop.Click(ctx, desktop.Any, fmt.Sprintf("%d lines saved in %s.", lines, filepath.Base(path))) // under the pointer it stays
		closed()
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := p.oaklock("log", "export", "--format", format); string(got) != want || strings.Count(want, "https://research.example") < 2 {
			t.Errorf("the window has saved\n%s\nand the command line writes\n%s", got, want)
		}
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("the file is %v, %v", fi.Mode(), err)
		}
		p.desktop.Click(ctx, desktop.Button, dismiss)
	}
	before := filesIn(t, own)
	added := func(name string) {
		t.Helper()
		now := filesIn(t, own)
		if want := slices.Sorted(slices.Values(append(slices.Clone(before), name))); !slices.Equal(now, want) {
			t.Errorf("now there are %q, want %q", now, want)
		}
	}

	t.Run("Cancel changes nothing and says nothing", func(t *testing.T) {
		for _, leave := range []func(){
			func() { p.desktop.Click(ctx, desktop.Button, "Cancel") },
			func() { p.desktop.Press("Escape") },
		} {
			ask(csv)
			leave()
			closed()
			if tree := p.desktop.Tree(); strings.Contains(tree, "'"+dismiss+"'") || strings.Contains(tree, " saved in ") {
				t.Errorf("something is said:\n%s", tree)
			}
			if now := filesIn(t, own); !slices.Equal(now, before) {
				t.Errorf("now there are %q, before there were %q", now, before)
			}
		}
	})
	t.Run("under the name that is offered, in the user's own folder", func(t *testing.T) {
		ask(csv)
		p.desktop.Click(ctx, desktop.Button, "Save")
		saved(t, filepath.Join(own, "oaklock-log.csv"), "csv")
		added("oaklock-log.csv")
	})
	t.Run("elsewhere, with the keyboard alone, over what is there", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "what happened.json")
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		ask(json)
		name(path)
		p.desktop.Press("Return")
		p.desktop.Click(ctx, desktop.Button, "Replace") // the dialog asks first
		saved(t, path, "json")
	})
	t.Run("where the user may not write", func(t *testing.T) {
		folder := readOnly(t)
		ask(csv)
		name(filepath.Join(folder, "log.csv"))
		p.desktop.Press("Return")
		closed()
		p.desktop.Find(ctx, desktop.Any, "You may not write into the folder "+folder+". Nothing was written. Choose another folder.")
		if tree := p.desktop.Tree(); strings.Contains(tree, " saved in ") {
			t.Errorf("it says that it was saved:\n%s", tree)
		}
	})
}

// filesIn are the names in a folder.
func filesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

// readOnly is a folder in which nobody may make a file: root is held back by the system's own alone.
func readOnly(t *testing.T) string {
	t.Helper()
	if os.Getuid() == 0 {
		return "/sys"
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil { //nolint:gosec // a folder that can be entered
		t.Fatal(err)
	}
	return folder
}
