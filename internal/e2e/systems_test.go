package e2e_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// foreign are names, in sentences, of what a system has not.
var foreign = map[string]*regexp.Regexp{
	"darwin":  regexp.MustCompile(`(?i)` + onLinux),
	"windows": regexp.MustCompile(`(?i)\b(chmod|chown|sudo|kill -\w+)\b|~/\.|` + onLinux),
}

const onLinux = `\b(gnome|keepassxc|d-bus|dbus-run-session|logind|systemctl|systemd|dunst|apt|dpkg|kwallet)\b|notifyd|/usr/share|~/\.config`

// mayName are the files that are built for another system and name such a thing all the same, with the reason.
var mayName = map[string]string{
	"internal/system/words.go":      "its words are chosen by the system",
	"internal/cli/manual.go":        "man pages are for Unix, and are in the packages of Linux alone",
	"internal/cli/prompt.go":        "it is said where modes tell who can read a file",
	"internal/admission/program.go": "GNOME Web is the name of a browser",
	"app/examine.go":                "tray.ErrNoBus is there on Linux alone",
	"internal/tray/tray.go":         "tray.ErrNoBus is there on Linux alone",
}

// Nobody is told to use what his system has not: what differs by system is in internal/system, or in files for that system.
func TestSentencesNameNothingOfAnotherSystem(t *testing.T) {
	named := map[string]bool{}
	looked := 0
	eachFile(t, func(name string) error {
		pkg := path.Dir(name)
		if strings.HasSuffix(name, "_test.go") || within(pkg, forTests) || within(pkg, "build") || within(pkg, "internal/e2e") {
			return nil
		}
		var systems []string
		for goos := range foreign {
			on := build.Default
			on.GOOS, on.GOARCH, on.CgoEnabled = goos, "amd64", true
			match, err := on.MatchFile(filepath.Join(root, filepath.FromSlash(pkg)), path.Base(name))
			if err != nil {
				return fmt.Errorf("look for whom %s is: %w", name, err)
			}
			if match {
				systems = append(systems, goos)
			}
		}
		if len(systems) == 0 {
			return nil
		}
		looked++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !strings.Contains(text, " ") {
				return true // no sentence
			}
			for _, goos := range systems {
				found := foreign[goos].FindString(text)
				if found == "" {
					continue
				}
				named[name] = true
				if mayName[name] == "" {
					t.Errorf("%s is built for %s too, and says %q: %s", name, goos, found, text)
				}
			}
			return true
		})
		return nil
	})
	if looked < 100 {
		t.Errorf("only %d files were looked at", looked)
	}
	for name := range mayName {
		if !named[name] {
			t.Errorf("%s names nothing of Linux and needs no reason for it", name)
		}
	}
}
