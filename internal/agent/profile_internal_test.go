package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// A mark stays with its folder, and no other folder gets it.
func TestTheMarkOfAProfile(t *testing.T) {
	dir := t.TempDir()
	folder := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mark := func(home string, main bool) string {
		t.Helper()
		m, err := profileMark(home, main)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	copyTo := func(from, to string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(from, markFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, markFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}

	if m := mark(folder("main"), true); m != "" {
		t.Errorf("the folder that is used where none is named has the mark %q", m)
	}
	if all, _ := os.ReadDir(folder("main")); len(all) > 0 {
		t.Errorf("it has %v", all)
	}
	a := folder("a")
	first := mark(a, false)
	if !markForm.MatchString(first) || mark(a, false) != first || mark(folder("b"), false) == first {
		t.Errorf("the mark is %q, then %q", first, mark(a, false))
	}
	link := filepath.Join(dir, "link")
	oaktest.Link(t, dir, link)
	if m := mark(filepath.Join(link, "a"), false); m != first {
		t.Errorf("by another path it is %q", m)
	}

	copyTo(a, folder("copy"))
	if m := mark(folder("copy"), false); m == first {
		t.Error("a copy has it too")
	}
	copyTo(a, folder("main copy"))
	if m := mark(folder("main copy"), true); m != "" {
		t.Errorf("a copy that is used where none is named has %q", m)
	}

	copyTo(a, folder("before"))
	rename(a, filepath.Join(dir, "moved"))
	if m := mark(folder("before"), false); m == first {
		t.Error("a copy of before a move has it")
	}
	if m := mark(folder("moved"), false); m != first || mark(folder("moved"), false) != first {
		t.Errorf("after a move it is %q", m)
	}
	copyTo(folder("moved"), folder("put aside"))
	rename(folder("moved"), filepath.Join(dir, "broken"))
	rename(folder("put aside"), filepath.Join(dir, "moved"))
	if m := mark(folder("moved"), false); m != first {
		t.Errorf("put back from a backup it is %q", m)
	}

	if err := os.WriteFile(filepath.Join(folder("b"), markFile), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m := mark(folder("b"), false); !markForm.MatchString(m) {
		t.Errorf("where the file is broken it is %q", m)
	}
}
