package cli_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

// oneLine is a log with one line.
type oneLine struct{ e control.Entry }

func (l oneLine) Log(context.Context, control.LogFilter) ([]control.Entry, error) {
	return []control.Entry{l.e}, nil
}

// Whatever a page calls its model, it is one cell of one row, and no spreadsheet computes it.
func TestNoCellIsAFormula(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[ \t\r\n\u200b\u00a0\"']{0,3}[=+@|%-].*")).Draw(t, "text")
		if n, err := cli.ExportLog(context.Background(), oneLine{control.Entry{ID: 7, Model: text, Endpoint: text, Credential: text, Code: text}}, control.LogFilter{}, "csv", path, func(int64, int64) {}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, c := range rows[1] {
			if c != cli.Clean(c) || strings.ContainsAny(strings.TrimSpace(c)[:min(1, len(strings.TrimSpace(c)))], "=+-@|%") {
				t.Fatalf("%q became %q", text, c)
			}
		}
		if got := rows[1][5]; got != cli.Cell(text) || strings.TrimPrefix(got, "'") != strings.TrimPrefix(cli.Clean(text), "'") {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
