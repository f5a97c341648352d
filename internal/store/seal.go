package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The seal shows whether the tables that decide something were changed by somebody else. Every change of such a row goes
// through [DB.WriteSealed], which puts a mark beside it; the key of the marks comes from the user's keychain, and until it
// has come nothing is known ([Seal.Open]).
//
// A row whose mark does not fit was changed from outside: it alone is not proven. Marks that do not fit together (a row was
// put back that had been deleted, the whole file is an older one) prove nothing at all. What follows from that is decided by
// the owners of the tables: what gives something is not honoured unproven, what takes something away is.
//
// A change is in the database before its counter is in the keychain, so the keychain may lag: a database with a larger
// counter is the newer one and fine, one with a smaller counter is an old copy. A kill -9 between the two loses nothing, and
// lets through only a copy as young as that lag.

// sealed are the tables that decide something, with the columns that make a row's key and those that make its content. Times
// of last use are left out: they are written all the time and decide nothing.
var sealed = map[string]struct{ key, content []string }{
	"setting":      {[]string{"name"}, []string{"value"}},
	"provider_row": {[]string{"id"}, []string{"json"}},
	"credential":   {[]string{"provider", "label"}, []string{"hint", "endpoint", "added", "vault", "renewed"}},
	"grant":        {[]string{"origin", "provider"}, []string{"id", "classes", "models", "limits", "credential", "expires", "ends", "given", "given_by"}},
	"denial":       {[]string{"origin", "provider"}, []string{"count", "last", "until"}},
	"block":        {[]string{"origin"}, []string{"blocked"}},
	"app":          {[]string{"name"}, []string{"hash", "hint", "added"}},
	"key_limit":    {[]string{"provider", "label"}, []string{"limits"}},
	"paused_site":  {[]string{"origin"}, []string{"reason", "count", "cost", "time"}},
	"grant_clock":  {[]string{"one"}, []string{"at", "lead"}},
	"log_chain":    {[]string{"one"}, []string{"after", "root", "last", "head", "broken", "complete"}},
}

// later are columns that a table got after there were marks, the last of its content. While one is 0 it is no part of that, so that
// marks of before fit.
var later = map[string]string{"log_chain": "complete", "credential": "renewed"}

// loose are the tables whose one row has a mark that is not part of the whole: it moves with every use.
var loose = map[string]bool{"grant_clock": true, "log_chain": true}

// Row names a row of a sealed table.
type Row struct{ Table, Name string }

// RowOf names the row of a table with this key.
func RowOf(table string, key ...string) Row { return Row{table, strings.Join(key, "\x00")} }

// Key is the row's key in its parts.
func (r Row) Key() []string { return strings.Split(r.Name, "\x00") }

type digest = [sha256.Size]byte

// MAC is HMAC-SHA256 with the key of the seal. It is false where the key is gone.
type MAC func(message []byte) (digest, bool)

// Seal is the seal of an open database. Its methods may be called from any goroutine.
type Seal struct {
	db   *DB
	turn chan struct{} // held by who changes sealed rows
	told chan struct{} // tells the listener of Moved to look

	mu        sync.Mutex
	sealState              // guarded by mu
	touched   map[Row]bool // guarded by mu: written since the start without a key
	whole     digest       // the mark over all marks, as it was read
}

// sealState is what is known. Its maps are not changed any more once they are in a Seal: a change that fails leaves nothing
// behind.
type sealState struct {
	rows    map[Row]digest // what the rows are, as they were read at the start and written since
	marks   map[Row]digest // as they are in the database
	bad     map[Row]bool   // not proven
	counter int64          // 0 while the database was never sealed
	swept   bool           // the marks in the database are worth nothing and go with the next change
	mac     MAC            // nil until the key is there
}

// Verdict is what [Seal.Open] found.
type Verdict struct {
	Changed []Row // rows that somebody else changed or made
	Gone    []Row // rows that somebody else deleted
	// Whole says that the marks do not fit together, or that the database is an old copy: nothing in it is proven.
	Whole bool
	Old   bool // it is an old copy
}

// Seal is the seal of the database.
func (d *DB) Seal() *Seal { return d.seal }

// readSeal reads what there is, before anybody else reads the tables.
func readSeal(ctx context.Context, d *DB) (*Seal, error) {
	s := &Seal{db: d, turn: make(chan struct{}, 1), told: make(chan struct{}, 1), touched: map[Row]bool{}}
	s.rows, s.marks, s.bad = map[Row]digest{}, map[Row]digest{}, map[Row]bool{}
	for table := range sealed {
		if err := s.read(ctx, d.reader, table, nil, func(r Row, content digest) { s.rows[r] = content }); err != nil {
			return nil, err
		}
	}
	rows, err := d.reader.QueryContext(ctx, "SELECT of, name, mark FROM seal_mark")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Row
		var mark []byte
		if err := rows.Scan(&r.Table, &r.Name, &mark); err != nil {
			return nil, err
		}
		s.marks[r] = toDigest(mark)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var whole []byte
	err = d.reader.QueryRowContext(ctx, "SELECT counter, mark FROM seal").Scan(&s.counter, &whole)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	s.whole = toDigest(whole)
	return s, nil
}

// toDigest takes what stands in the database; of any other length it fits nothing.
func toDigest(b []byte) (d digest) {
	if len(b) == len(d) {
		copy(d[:], b)
	}
	return d
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// read gives the content of the rows of a table, or of those whose key begins with these parts.
func (s *Seal) read(ctx context.Context, q queryer, table string, key []string, found func(Row, digest)) error {
	spec := sealed[table]
	columns := append(slices.Clone(spec.key), spec.content...)
	query := `SELECT "` + strings.Join(columns, `", "`) + `" FROM "` + table + `"`
	args := make([]any, len(key))
	for i, k := range key {
		query += map[bool]string{true: " WHERE ", false: " AND "}[i == 0] + spec.key[i] + " = ?"
		args[i] = k
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		name := make([]string, len(spec.key))
		for i := range name {
			name[i] = fmt.Sprint(values[i])
		}
		of := values
		if last := len(of) - 1; later[table] == columns[last] && of[last] == int64(0) {
			of = of[:last]
		}
		found(RowOf(table, name...), content(of))
	}
	return rows.Err()
}

// content is over all values with their kinds and lengths, so that nothing can move from one into the next.
func content(values []any) digest {
	h := sha256.New()
	for _, v := range values {
		text := fmt.Sprint(v)
		if b, ok := v.([]byte); ok {
			text = string(b)
		}
		var head [9]byte
		switch v.(type) {
		case string:
			head[0] = 's'
		case int64:
			head[0] = 'i'
		case []byte:
			head[0] = 'b'
		default:
			head[0] = '?'
		}
		binary.BigEndian.PutUint64(head[1:], uint64(len(text)))
		h.Write(head[:])
		h.Write([]byte(text))
	}
	return digest(h.Sum(nil))
}

// markOf is the mark of a row with this content.
func markOf(mac MAC, r Row, content digest) (digest, bool) {
	return mac([]byte("row\x00" + r.Table + "\x00" + r.Name + "\x00" + string(content[:])))
}

// wholeOf is the mark over all marks.
func wholeOf(mac MAC, counter int64, marks map[Row]digest) (digest, bool) {
	names := slices.SortedFunc(maps.Keys(marks), func(a, b Row) int {
		if c := strings.Compare(a.Table, b.Table); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	h := sha256.New()
	for _, r := range names {
		if loose[r.Table] {
			continue
		}
		mark := marks[r]
		of := content([]any{r.Table, r.Name, mark[:]})
		h.Write(of[:])
	}
	return mac(fmt.Appendf(nil, "whole\x00%d\x00%x", counter, h.Sum(nil)))
}

// Sealed says whether there ever was a key for this database.
func (s *Seal) Sealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counter > 0
}

// Opened says whether the key is there.
func (s *Seal) Opened() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mac != nil
}

// Behind says that rows were written which have no marks, since the key has not come.
func (s *Seal) Behind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mac == nil && len(s.touched) > 0
}

// Fresh says that nothing was in the sealed tables when the database was opened.
func (s *Seal) Fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.rows {
		if !s.touched[r] {
			return false
		}
	}
	return true
}

// Rows are all rows that decide something.
func (s *Seal) Rows() []Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := slices.Collect(maps.Keys(s.rows))
	sortRows(rows)
	return rows
}

// Counter is how often the sealed tables were changed; 0: they were never sealed.
func (s *Seal) Counter() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counter
}

// Proven says whether a row may be honoured. Before [Seal.Open] nothing is.
func (s *Seal) Proven(table string, key ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mac != nil && !s.bad[RowOf(table, key...)]
}

// Open takes the key and says what it finds; rows that were written since the start get their marks. least is the counter
// that the keychain has. With adopt everything is sealed as it stands: for a database from before there were seals, and when
// the user has said so.
func (s *Seal) Open(ctx context.Context, mac MAC, least int64, adopt bool) (Verdict, error) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	var v Verdict
	counter, swept, rows, marks, touched := s.counter, s.swept, maps.Clone(s.rows), maps.Clone(s.marks), maps.Clone(s.touched)
	s.mu.Unlock()

	bad := map[Row]bool{}
	if adopt {
		marks = map[Row]digest{}
		for r := range rows {
			touched[r] = true
		}
	} else if counter > 0 || len(rows) > len(touched) {
		whole, ok := wholeOf(mac, counter, marks)
		if !ok {
			return v, errNoSealKey
		}
		v.Old = counter < least
		v.Whole = v.Old || counter == 0 || subtle.ConstantTimeCompare(whole[:], s.whole[:]) != 1
		if v.Whole {
			marks = map[Row]digest{}
		}
		for r, content := range rows {
			if touched[r] {
				continue
			}
			want, ok := markOf(mac, r, content)
			if !ok {
				return v, errNoSealKey
			}
			if mark, marked := marks[r]; !marked || subtle.ConstantTimeCompare(mark[:], want[:]) != 1 {
				v.Changed = append(v.Changed, r)
				bad[r] = true
			}
		}
		for r := range marks {
			if _, there := rows[r]; !there && !touched[r] {
				v.Gone = append(v.Gone, r)
				delete(marks, r)
			}
		}
	}
	sortRows(v.Changed)
	sortRows(v.Gone)
	next := sealState{rows: rows, marks: marks, bad: bad, counter: max(counter, least), swept: swept || adopt || v.Whole || len(v.Gone) > 0, mac: mac}
	if len(touched) > 0 || adopt {
		err := s.db.Write(ctx, func(tx *sql.Tx) error {
			return s.commit(ctx, tx, &next, touched, maps.Clone(rows))
		})
		if err != nil {
			return v, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealState, s.touched = next, map[Row]bool{}
	s.tell()
	return v, nil
}

// Fits says whether the key is the one that the database was sealed with last.
func (s *Seal) Fits(mac MAC) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole, ok := wholeOf(mac, s.counter, s.marks)
	return ok && s.counter > 0 && subtle.ConstantTimeCompare(whole[:], s.whole[:]) == 1
}

// Rekey seals what is proven with another key; what is not stays so.
func (s *Seal) Rekey(ctx context.Context, mac MAC) error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	next := s.sealState
	s.mu.Unlock()
	if next.mac == nil {
		return errNoSealKey
	}
	next.mac, next.swept = mac, true
	next.rows, next.bad, next.marks = maps.Clone(next.rows), maps.Clone(next.bad), map[Row]digest{}
	touched := map[Row]bool{}
	for r := range next.rows {
		if !next.bad[r] {
			touched[r] = true
		}
	}
	expected := maps.Clone(next.rows)
	err := s.db.Write(ctx, func(tx *sql.Tx) error { return s.commit(ctx, tx, &next, touched, expected) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealState = next
	s.tell()
	return nil
}

// Moved receives after the counter has grown. It is for one listener, which then tells the keychain.
func (s *Seal) Moved() <-chan struct{} { return s.told }

func (s *Seal) tell() {
	select {
	case s.told <- struct{}{}:
	default: // it is about to look anyway
	}
}

// known says whether a row with this content was there at the start or was written since by its owner.
func (s *Seal) known(r Row, content digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, ok := s.rows[r]
	return ok && was == content
}

var errNoSealKey = errors.New("the key of the seal is gone")

func sortRows(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int {
		if c := strings.Compare(a.Table, b.Table); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
}
