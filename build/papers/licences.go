package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// builds are the programs that a release consists of. What one of them needs and another does not is in the list all the same.
var builds = []struct{ system, tags string }{
	{"linux", ""},
	{"linux", "desktop,production,webkit2_41"},
	{"windows", ""},
	{"windows", "desktop,production"},
}

// npm is what "npm run build" and "npm run build:demo" leave behind: the licences of what they put into the pages.
var npm = []string{"frontend/dist/licences.md", "frontend/demo/dist/licences.md"}

// licence is the name of a file with one, or with a notice that has to go with it.
var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([-._].*)?$`)

// writeLicences writes one text with the licence of every module and npm package that is in a program, and of Go itself:
// nearly all of them ask for it.
func writeLicences(path string) error {
	modules := map[string]string{} // name with version → folder
	for _, b := range builds {
		if err := list(modules, b.system, b.tags); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	fmt.Fprint(&out, "Oaklock's programs contain the following works of others, each under its own terms.\n")
	goroot, err := exec.Command("go", "env", "GOROOT").Output() //nolint:noctx // it takes milliseconds
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	modules["Go and its standard library "+runtime.Version()] = strings.TrimSpace(string(goroot))
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if err := writeLicence(&out, name, modules[name]); err != nil {
			return err
		}
	}
	for _, page := range npm {
		text, err := os.ReadFile(page) //nolint:gosec // a name from the list above
		if err != nil {
			return fmt.Errorf("the pages have not been built, so what is in them is not known: %w", err)
		}
		fmt.Fprintf(&out, "\n%s\n\n%s\n", strings.Repeat("=", 78), bytes.TrimSpace(text))
	}
	return os.WriteFile(path, out.Bytes(), 0o644) //nolint:gosec // everybody may read it
}

// list adds the modules that one program is made of.
func list(modules map[string]string, system, tags string) error {
	//nolint:gosec,noctx // the arguments are from the list above
	c := exec.Command("go", "list", "-deps", "-tags", tags,
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	c.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	if system == "linux" && tags != "" {
		c.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=1") // the window is C on Linux
	}
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err != nil {
		return fmt.Errorf("list what the program for %s is made of: %w", system, err)
	}
	for line := range strings.Lines(string(text)) {
		if name, dir, found := strings.Cut(strings.TrimSpace(line), "\t"); found {
			modules[name] = dir
		}
	}
	return nil
}

// writeLicence copies all licences and notices of a module's folder.
func writeLicence(out *bytes.Buffer, name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the folder of %s: %w", name, err)
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !licence.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name())) //nolint:gosec // a module that go.sum vouches for
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(out, "\n%s\n%s: %s\n\n", strings.Repeat("=", 78), name, e.Name())
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			fmt.Fprintln(out, strings.TrimRight(lines.Text(), " \t\r"))
		}
		if err := lines.Err(); err != nil {
			return fmt.Errorf("read the licence of %s: %w", name, err)
		}
	}
	if !found {
		return errors.New(name + " has no licence that could go with it")
	}
	return nil
}
