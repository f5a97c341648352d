//go:build unix

package e2e_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// A long log goes into a file piece by piece, with words on the way, and comes out the same in both formats.
func TestExport(t *testing.T) {
	t.Parallel()
	const lines = 21_000 // enough for words on the way
	u := sit(t)
	u.longLog(lines)
	u.agent()
	file := filepath.Join(t.TempDir(), "log.csv")
	s := u.typesWithin(8*patience, "oaklock log export --format csv --output "+file)
	if s.status != 0 || s.out != "" || !strings.HasPrefix(s.err, "20,000 lines so far, about 95 of 100.\nWrote 21,000 lines to ") {
		t.Fatalf("it says %v", s)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", fi.Mode(), err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) != lines+1 {
		t.Fatalf("the table has %d rows, %v", len(rows), err)
	}
	var all []control.Entry
	s = u.typesWithin(8*patience, "oaklock log export --format json")
	if err := json.Unmarshal([]byte(s.out), &all); err != nil || s.status != 0 || len(all) != lines {
		t.Fatalf("%d lines of JSON, status %d, %v", len(all), s.status, err)
	}
	for i, e := range all {
		row := rows[i+1]
		if e.ID != int64(i+1) || row[0] != strconv.FormatInt(e.ID, 10) || row[5] != "'"+e.Model || e.Model != "=1+"+row[0] || row[13] != "0.0000"+strconv.Itoa(10+i%80) {
			t.Fatalf("line %d is %+v, and %q", i, e, row)
		}
	}
	if s := u.types("oaklock log export --format csv --output " + file); s.status != 1 || !strings.Contains(s.err, "there is a file") {
		t.Errorf("over a file that is there: %v", s)
	}
	if now, err := os.ReadFile(file); err != nil || !slices.Equal(now, text) {
		t.Errorf("it was touched, %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside the file there are %v, %v", left, err)
	}
	var some []control.Entry
	u.reads("oaklock log export --format json --status 403", &some)
	if len(some) != 0 {
		t.Errorf("of none there are %+v", some)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if s := u.types("oaklock log export --format csv > /dev/full"); s.status != 1 || !strings.Contains(s.err, "the disk is full") {
			t.Errorf("onto a full device: %v", s)
		}
	}
}

// longLog writes a log of many lines without anybody who asked.
func (u *terminal) longLog(lines int) {
	u.Helper()
	b := u.agent()
	b.end(syscall.SIGTERM)
	s := &story{TB: u.TB, home: u.home}
	s.outside(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + strconv.Itoa(lines) + `)
		INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output,
			cached_input, cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated)
		SELECT unixepoch() * 1000, '` + site + `', 'openai', 'POST /chat/completions', '=1+' || i, 'default', 1, 200, '', 0, 1, 10, 5,
			-1, -1, -1, 900, 400, 500, unixepoch() / 86400, 15, 10 + (i - 1) % 80, 0 FROM n`)
}
