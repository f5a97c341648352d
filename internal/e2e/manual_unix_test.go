//go:build unix

package e2e_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// manual is the names in a section of the manual.
func manual(t *testing.T, title string) (names []string) {
	t.Helper()
	for _, s := range cli.Manual() {
		if s.Title != title {
			continue
		}
		for _, e := range s.Rows {
			for name := range strings.SplitSeq(e.Name, ", ") {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		t.Fatal("the manual has no section ", title)
	}
	return names
}

// Every file of a profile folder is in the manual.
func TestTheManualNamesEveryFile(t *testing.T) {
	t.Parallel()
	u := sit(t)
	key := oaktest.Key("openai")
	provider := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key})
	u.agent(u.passphrase()...)
	u.done("oaklock providers set openai --base-url " + provider.BaseURL("openai"))
	u.done(`printf %s "$KEY" | oaklock keys add openai`, "KEY="+key)
	u.done("oaklock sites allow https://app.example --provider openai --models '*'")
	u.page(t.Context(), site)
	named := append(manual(t, "FILES"), "oaklock.db-wal", "oaklock.db-shm") // in the words about oaklock.db
	files := 0
	err := filepath.WalkDir(u.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		own, err := filepath.Rel(u.home, path)
		for _, pattern := range named {
			if fits, _ := filepath.Match(pattern, own); fits {
				return err
			}
		}
		t.Errorf("the manual does not name %s", own)
		return err
	})
	if err != nil || files < 9 {
		t.Errorf("%d files, %v", files, err)
	}
}

// Every variable of the environment that the programs look at is in the manual.
func TestTheManualNamesTheEnvironment(t *testing.T) {
	t.Parallel()
	named := manual(t, "ENVIRONMENT")
	reads := regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\("([^"]+)"\)`)
	found := 0
	for _, folder := range []string{"app", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && (d.Name() == "oaktest" || d.Name() == "e2e") {
				return filepath.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_bench.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range reads.FindAllStringSubmatch(string(text), -1) {
				found++
				if !strings.Contains(" "+strings.Join(named, " ")+" ", " "+m[1]+" ") {
					t.Errorf("%s reads %s, which the manual does not name", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if found < 10 {
		t.Errorf("only %d are read", found)
	}
}

// The manual and README.md promise the same exit statuses.
func TestTheManualAndTheReadmeAgree(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, told, _ := strings.Cut(string(readme), "The exit status is ")
	told, _, _ = strings.Cut(told, ".")
	for _, status := range manual(t, "EXIT STATUS") {
		if _, err := strconv.Atoi(status); err != nil || !regexp.MustCompile(`\b`+status+`\s+when\b`).MatchString(told) {
			t.Errorf("README.md does not tell the status %s: %s", status, told)
		}
	}
}
