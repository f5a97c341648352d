package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestManual: each example stands on a line of its own, each option apart from what it means, and the version without a name before it,
// with which it would run into the date.
func TestManual(t *testing.T) {
	const version = "0.1.0-dev.20261130.g0123456"
	dir := t.TempDir()
	if err := writeManual(cli.Commands(version), dir, version, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	for page, lines := range map[string][]string{
		"oaklock-sites-allow": {"oaklock sites allow https://app.example --provider openai,anthropic --models '*' --limit 1.00/day --for 7d"},
		"oaklock-keys-import": {"oaklock keys import", "oaklock keys import .env", "oaklock keys import --env .env        # both"},
		"oaklock-log-export": {"oaklock log export --format csv --output log.csv",
			"oaklock log export --format json --since 30d --site https://app.example"},
	} {
		source, err := os.ReadFile(filepath.Join(dir, page+".1")) //nolint:gosec // just written
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), `"Nov 2026" "`+version+`" "Oaklock"`) {
			t.Errorf("%s has another foot: %.200s", page, source)
		}
		example := ".RS 4\n.EX\n" + strings.Join(lines, "\n") + "\n.EE\n.RE\n"
		if !strings.Contains(strings.ReplaceAll(string(source), `\&`, ""), example) {
			t.Errorf("%s does not set its examples apart:\n%s", page, source)
		}
		if !strings.Contains(string(source), "\n.TP\n\\fB-h\\fP, \\fB--help\\fP[=false]\nhelp for ") {
			t.Errorf("%s does not set its options apart:\n%s", page, source)
		}
	}
}
