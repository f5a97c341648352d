//go:build unix

package control_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

func TestModes(t *testing.T) {
	dir, _ := serve(t, newFake(), quiet())
	for name, want := range map[string]fs.FileMode{"": 0o700, "agent.sock": 0o600, "agent.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %04o, want %04o", name, got, want)
		}
	}
}

// A folder is the same by whatever path, and another one is not, also where it is not there yet.
func TestSameFolder(t *testing.T) {
	dir := t.TempDir()
	one, link, other, none := filepath.Join(dir, "one"), filepath.Join(dir, "link"), filepath.Join(dir, "other"), filepath.Join(dir, "none")
	must(t, errors.Join(os.Mkdir(one, 0o700), os.Mkdir(other, 0o700), os.Symlink(one, link)))
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{one, one, true},
		{one, link, true},
		{link, one, true},
		{one, other, false},
		{one, none, false},
		{none, one, false},
		{none, none, true},
		{none, filepath.Join(dir, "none too"), false},
	} {
		if control.SameFolder(c.a, c.b) != c.same {
			t.Errorf("%s and %s: same is %v", c.a, c.b, !c.same)
		}
	}
}

// entries are the names in a folder.
func entries(dir string) (names []string) {
	in, _ := os.ReadDir(dir)
	for _, e := range in {
		names = append(names, e.Name())
	}
	return names
}

func TestWrongFolder(t *testing.T) {
	at := func(mode fs.FileMode) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir, 0o700))
			must(t, os.Chmod(dir, mode))
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string)
		want string
	}{
		{"others may read", at(0o744), "mode 0744"},
		{"others may enter", at(0o701), "mode 0701"},
		{"the group may write", at(0o770), "chmod 700"},
		{"of another purpose", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, "else"), 0o700))
			must(t, os.Chmod(dir, 0o777|fs.ModeSticky))
		}, "not Oaklock's alone; choose another folder"},
		{"Oaklock's, with more in it", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, "else"), 0o700))
			must(t, os.WriteFile(filepath.Join(dir, "oaklock.db"), nil, 0o600))
			must(t, os.Chmod(dir, 0o755))
		}, "chmod 700"},
		{"a symbolic link", func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir+".real", 0o700))
			must(t, os.Symlink(dir+".real", dir))
		}, "is a symbolic link"},
		{"another user's", func(t *testing.T, dir string) {
			needRoot(t)
			must(t, os.Mkdir(dir, 0o700))
			must(t, os.Chown(dir, stranger, stranger))
		}, "belongs to another user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "home")
			c.make(t, dir)
			before := entries(dir)
			_, err := control.Listen(dir)
			if !errors.Is(err, control.ErrFolder) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Listen: got %v, want ErrFolder with %q", err, c.want)
			}
			if _, err := control.Dial(dir).State(t.Context()); !errors.Is(err, control.ErrFolder) {
				t.Errorf("the client: got %v, want ErrFolder", err)
			}
			for _, left := range entries(dir) {
				if !slices.Contains(before, left) {
					t.Errorf("%s was put into the refused folder", left)
				}
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "home")
		must(t, os.WriteFile(dir, nil, 0o600))
		if _, err := control.Listen(dir); err == nil {
			t.Error("a file was taken for a folder")
		}
	})
}

// TestInTheWay: only a socket is removed to make place for the socket, and no link is followed for the lock.
func TestInTheWay(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	kept := filepath.Join(dir, "agent.sock")
	must(t, os.WriteFile(kept, []byte("kept"), 0o600))
	if _, err := control.Listen(dir); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(kept); err != nil || string(b) != "kept" {
		t.Errorf("the file is now %q, %v", b, err)
	}

	dir = t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	must(t, os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), filepath.Join(dir, "agent.lock")))
	if _, err := control.Listen(dir); err == nil {
		t.Error("a link was followed for the lock")
	}
}

// TestLongFolder: the path of a socket is short by nature; a profile folder need not be.
func TestLongFolder(t *testing.T) {
	for _, runtime := range []bool{true, false} {
		root := t.TempDir()
		t.Setenv("TMPDIR", root)
		t.Setenv("XDG_RUNTIME_DIR", "")
		if runtime {
			t.Setenv("XDG_RUNTIME_DIR", root)
		}
		dir := filepath.Join(root, strings.Repeat("long", 30))
		must(t, os.Mkdir(dir, 0o700))
		if _, err := control.Dial(dir).State(t.Context()); !errors.Is(err, control.ErrNotRunning) {
			t.Errorf("before an agent has it: %v, want ErrNotRunning", err)
		}
		l, err := control.Listen(dir)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- l.Serve(newFake(), quiet()) }()
		if _, err := control.Dial(dir).State(t.Context()); err != nil {
			t.Errorf("the long folder's agent does not answer: %v", err)
		}
		if err := errors.Join(l.Close(), <-served); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "agent.sock.path")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Close left the path behind: %v", err)
		}
		if _, err := control.Dial(dir).State(t.Context()); !errors.Is(err, control.ErrNotRunning) {
			t.Errorf("after the agent: %v, want ErrNotRunning", err)
		}
	}
}

// TestLongFolderSquatted: the folder for temporary files is everybody's, so what stands there under our name is checked like the profile.
func TestLongFolderSquatted(t *testing.T) {
	root := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", root)
	must(t, os.Mkdir(filepath.Join(root, "oaklock"), 0o700))
	must(t, os.Chmod(filepath.Join(root, "oaklock"), 0o777))
	if _, err := control.Listen(filepath.Join(root, strings.Repeat("long", 30))); !errors.Is(err, control.ErrFolder) {
		t.Errorf("got %v, want ErrFolder", err)
	}
}
