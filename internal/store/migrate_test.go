package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/store"
)

// version1 is a database as the first version left it.
func version1(t *testing.T, fill ...string) (dir string) {
	t.Helper()
	dir = profile(t)
	if err := store.CheckDir(dir); err != nil { // makes it
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join("migrations", "001_first.sql"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, text := range append([]string{string(first), "PRAGMA application_id=0x4f414b4c; PRAGMA user_version=1; PRAGMA journal_mode=WAL"}, fill...) {
		if _, err := raw.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Lines from before there were prices are summed up by day, and their cost is not known rather than nothing.
func TestOldEntriesAreSummedUp(t *testing.T) {
	const line = `INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count,
		input, output, cached_input, cache_write, reasoning, millis, bytes_in, bytes_out) VALUES (`
	at := func(day, hour int) string {
		return time.Date(2026, 3, day, hour, 30, 0, 0, time.Local).Format("'2006-01-02T15:04:05Z07:00'")
	}
	ms := func(day, hour int) string { return "unixepoch(" + at(day, hour) + ") * 1000" }
	dir := version1(t,
		line+ms(4, 0)+", 'https://a.example', 'openai', 'POST /x', 'm', 'k', 1, 200, '', 0, 1, 10, 5, -1, -1, -1, 1, 1, 1)",
		line+ms(4, 23)+", 'https://a.example', 'openai', 'POST /x', 'm', 'k', 1, 200, '', 0, 1, 7, -1, -1, -1, -1, 1, 1, 1)",
		line+ms(5, 0)+", 'https://a.example', 'openai', 'POST /x', 'm', 'k', 1, 200, '', 0, 1, 1, 1, -1, -1, -1, 1, 1, 1)",
		line+ms(5, 1)+", 'https://b.example', '', 'POST', '', '', 0, 403, 'unheard', 1, 40, -1, -1, -1, -1, -1, 1, 1, 1)",
	)
	db := open(t, dir)
	if db.Recovered != "" {
		t.Fatalf("it was moved aside to %s", db.Recovered)
	}
	type sum struct {
		day                                                 int64
		origin                                              string
		requests, refused, unpriced, in, out, tokens, spent int64
	}
	rows, err := db.SQL().Query("SELECT day, origin, requests, refused, unpriced, input, output, tokens, cost FROM usage ORDER BY day, origin")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []sum
	for rows.Next() {
		var s sum
		if err := rows.Scan(&s.day, &s.origin, &s.requests, &s.refused, &s.unpriced, &s.in, &s.out, &s.tokens, &s.spent); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC).Unix() / 86400
	want := []sum{
		{day, "https://a.example", 2, 0, 2, 17, 5, 22, 0},
		{day + 1, "", 0, 40, 0, 0, 0, 0, 0},
		{day + 1, "https://a.example", 1, 0, 1, 1, 1, 2, 0},
	}
	if len(got) != len(want) {
		t.Fatalf("sums %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("sum %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	var unknown int
	if err := db.SQL().QueryRow("SELECT count(*) FROM entry WHERE cost = -1 AND refused = 0").Scan(&unknown); err != nil || unknown != 3 {
		t.Errorf("%d lines have no known cost (%v), want 3", unknown, err)
	}
}
