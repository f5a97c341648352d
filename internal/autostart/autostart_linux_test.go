package autostart_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/autostart"
)

// entry is a program in a folder with everything that the entry's format would read as something else.
func entry(t *testing.T) (e autostart.Entry, file string) {
	t.Helper()
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	program := filepath.Join(t.TempDir(), "a $odd \"na`me\\ 100%", "oaklock")
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, nil, 0o700); err != nil { //nolint:gosec // it plays a program
		t.Fatal(err)
	}
	return autostart.Entry{Name: "oaklock", Title: "Oaklock", Program: program, Args: []string{"agent", "--home", "/a b"}},
		filepath.Join(config, "autostart", "oaklock.desktop")
}

func expect(t *testing.T, e autostart.Entry, want bool, when string) {
	t.Helper()
	if on, err := e.On(); on != want || err != nil {
		t.Errorf("%s it starts: %v, %v", when, on, err)
	}
}

func TestSet(t *testing.T) {
	e, file := entry(t)
	expect(t, e, false, "at first")
	for range 2 { // twice is once
		if err := e.Set(true); err != nil {
			t.Fatal(err)
		}
		expect(t, e, true, "set on")
	}
	if all, err := os.ReadDir(filepath.Dir(file)); err != nil || len(all) != 1 {
		t.Errorf("the folder has %v, %v", all, err)
	}
	for range 2 {
		if err := e.Set(false); err != nil {
			t.Fatal(err)
		}
		expect(t, e, false, "set off")
	}
}

// TestByHand: what the user or a settings program does with the file is what counts.
func TestByHand(t *testing.T) {
	e, file := entry(t)
	if err := e.Set(true); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		on   bool
	}{
		"as written":               {string(whole), true},
		"hidden":                   {string(whole) + "Hidden=true\n", false},
		"GNOME's switch":           {strings.Replace(string(whole), "enabled=true", "enabled=false", 1), false},
		"another group's Hidden":   {string(whole) + "[Desktop Action x]\nHidden=true\n", true},
		"a comment":                {string(whole) + "#Hidden=true\n", true},
		"without TryExec":          {strings.Replace(string(whole), "TryExec", "X-TryExec", 1), true},
		"emptied":                  {"", false},
		"nothing to start":         {strings.Replace(string(whole), "\nExec", "\nX-Exec", 1), false},
		"the program moved":        {strings.Replace(string(whole), "/oaklock\nExec", "/gone\nExec", 1), false},
		"spaces, as people type":   {strings.Replace(string(whole), "TryExec=", "TryExec = ", 1), true},
		"what is before the group": {"Hidden=true\n" + string(whole), true},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, e, c.on, name)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect(t, e, false, "removed by hand")
}

// TestQuoting: glib, which GNOME and Xfce start entries with, must see the arguments that were meant. The expectation was made
// with g_shell_parse_argv on the value of Exec after g_key_file_get_string, and "%%" folded as the specification says.
func TestQuoting(t *testing.T) {
	e, file := entry(t)
	e.Program = `/opt/a $b "c` + "`" + `d\e 100%/oaklock`
	if err := e.Set(true); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "\nExec=" + `"/opt/a \\$b \\"c\\` + "`" + `d\\\\e 100%%/oaklock" "agent" "--home" "/a b"` + "\n"
	if !strings.Contains(string(b), want) {
		t.Errorf("the entry is\n%s\nwant in it%s", b, want)
	}
}

func TestUnwritable(t *testing.T) {
	e, file := entry(t)
	if err := os.WriteFile(filepath.Dir(file), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if err := e.Set(true); err == nil {
		t.Error("set on, and nothing said that it could not be")
	}
	if on, _ := e.On(); on {
		t.Error("it starts, from a folder that there is not")
	}
}
