package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oaklock/oaklock/internal/store"
)

// Every line carries the hash of all that it says and of the line before, so that none can be changed, taken out or put in
// without all that follow being reckoned anew. That would go unseen, were the newest hash not in a sealed row ([store.Seal])
// beside them, and in the keychain from every lock and end of Oaklock on ([Ledger.Head]).
//
// The writer alone has the chain in hand. Without the key of the seal it writes lines and leaves the row behind, because a
// row that it wrote now would be taken for its own when the key comes, also where another program had changed it before. What
// it writes then are refusals that cost nothing: no site gets an answer before the key is there, and the lines of what was
// under way when Oaklock was killed wait for it, in their slots. So a line behind the row that cost something is none of
// Oaklock's ([Ledger.Unlocked]), while a refusal that another program puts there is not told from its own.

// digest is a SHA-256.
type digest = [sha256.Size]byte

// chain is where the chain begins and ends.
type chain struct {
	after  int64  // lines up to this one are no part of it
	root   digest // the hash of that line
	last   int64  // the newest line that is written
	head   digest // its hash
	broken *Break // what was found, until the user has accepted it

	// The lines of all later days are there, so that the sums of those days are exactly theirs.
	complete day
}

// stretch are the lines after one, up to another.
type stretch struct{ after, to int64 }

// line is a row of the table entry, but for its hash.
type line struct {
	id, time, grant, status, refused, count, day                    int64
	input, output, cachedInput, cacheWrite, reasoning, tokens, cost int64
	millis, bytesIn, bytesOut, estimated, hold                      int64
	origin, provider, endpoint, model, credential, code             string
}

const lineColumns = "id, time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output, " +
	"cached_input, cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated, hold"

// fields are in the order of the columns.
func (x *line) fields() []any {
	return []any{&x.id, &x.time, &x.origin, &x.provider, &x.endpoint, &x.model, &x.credential, &x.grant, &x.status, &x.code, &x.refused, &x.count,
		&x.input, &x.output, &x.cachedInput, &x.cacheWrite, &x.reasoning, &x.millis, &x.bytesIn, &x.bytesOut, &x.day, &x.tokens, &x.cost, &x.estimated, &x.hold}
}

// appendValues appends what is in fields, as the database takes it.
func appendValues(args, fields []any) []any {
	for _, f := range fields {
		switch v := f.(type) {
		case *int64:
			args = append(args, *v)
		case *string:
			args = append(args, *v)
		}
	}
	return args
}

// hashOf is the hash of the line with these fields after one with this hash. Every value goes in with its kind and its length, so
// that nothing can move from one into the next.
func hashOf(fields []any, before digest) digest {
	b := make([]byte, 0, 512)
	b = append(b, "oaklock log 1\x00"...)
	b = append(b, before[:]...)
	for _, f := range fields {
		switch v := f.(type) {
		case *int64:
			b = append(b, 'i')
			b = binary.BigEndian.AppendUint64(b, uint64(*v)) //nolint:gosec // its bits
		case *string:
			b = append(b, 's')
			b = binary.BigEndian.AppendUint64(b, uint64(len(*v)))
			b = append(b, *v...)
		}
	}
	return sha256.Sum256(b)
}

func toDigest(b []byte) (d digest) {
	if len(b) == len(d) {
		copy(d[:], b)
	}
	return d
}

func (h *Hold) line() line {
	r, o, u := h.request, h.outcome, h.outcome.Usage
	return line{time: r.Time.UnixMilli(), origin: clean(r.Origin.String(), maxOrigin), provider: r.Provider, endpoint: r.Endpoint, model: r.Model,
		credential: r.Credential, grant: grantID(r), status: int64(o.Status), code: o.Code, refused: flag(h.refused), count: h.count,
		input: u.Input, output: u.Output, cachedInput: u.CachedInput, cacheWrite: u.CacheWrite, reasoning: u.Reasoning,
		millis: o.Millis, bytesIn: r.BytesIn, bytesOut: o.BytesOut, day: int64(h.day), tokens: h.tokens, cost: h.cost, estimated: flag(h.estimated), hold: h.id}
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// piece is how many lines are written in one go.
const piece = 16

// extend writes lines at the end of the chain. Their numbers go on after whatever is there, also where that is a line of
// somebody else's. It calls pause after each piece.
func (c *chain) extend(ctx context.Context, tx *sql.Tx, lines []*Hold, pause func()) error {
	if len(lines) == 0 {
		return nil
	}
	var newest int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM entry").Scan(&newest); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO entry ("+lineColumns+`, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	c.last = max(c.last, newest)
	var x line // each in turn: a batch is five hundred
	fields, args := x.fields(), make([]any, 0, 32)
	for i, h := range lines {
		if i%piece == piece-1 {
			pause()
		}
		x = h.line()
		c.last++
		x.id = c.last
		c.head = hashOf(fields, c.head)
		if _, err := insert.ExecContext(ctx, append(appendValues(args, fields), c.head[:])...); err != nil {
			return err
		}
	}
	return nil
}

// save writes the row.
func (c *chain) save(ctx context.Context, tx *sql.Tx, changes *store.Changes) error {
	broken := ""
	if c.broken != nil {
		b, err := json.Marshal(c.broken)
		if err != nil {
			return err
		}
		broken = string(b)
	}
	changes.Put("log_chain", "1")
	_, err := tx.ExecContext(ctx, `INSERT INTO log_chain (one, after, root, last, head, broken, complete) VALUES (1, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET after = excluded.after, root = excluded.root, last = excluded.last, head = excluded.head,
		broken = excluded.broken, complete = excluded.complete`, c.after, c.root[:], c.last, c.head[:], broken, c.complete)
	return err
}

// saveChain changes where the chain begins, or what is known of it, with what belongs to that. Without the key of the seal
// the change lasts until Oaklock ends, unless there is more to it.
func (w *writer) saveChain(next chain, more func(context.Context, *sql.Tx) error) error {
	ctx := context.Background() // see insert
	if !w.l.db.Seal().Opened() {
		if more != nil {
			return errNoKey
		}
		w.chained(next, false)
		return nil
	}
	err := w.l.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		if err := next.save(ctx, tx, c); err != nil || more == nil {
			return err
		}
		return more(ctx, tx)
	})
	if err == nil {
		w.chained(next, true)
	}
	return err
}

var errNoKey = errors.New("the key of the seal is not there yet")

// chained takes over what is written.
func (w *writer) chained(next chain, sealed bool) {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.chain = next
	if sealed {
		w.l.sealed = mark{next.last, next.head}
	}
}

// loadChain reads where the chain ends. The caller holds the books' mu.
func (l *Ledger) loadChain(ctx context.Context) error {
	var c chain
	var root, head, hash []byte
	var broken string
	err := l.db.SQL().QueryRowContext(ctx, "SELECT after, root, last, head, broken, complete FROM log_chain").
		Scan(&c.after, &root, &c.last, &head, &broken, &c.complete)
	c.root, c.head = toDigest(root), toDigest(head)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		// It begins after the lines from before there was one.
		err = l.db.SQL().QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM entry WHERE hash = x''").Scan(&c.after)
	case err == nil:
		l.sealed = mark{c.last, c.head}
		l.opened = l.sealed
		if broken != "" {
			c.broken = new(Break)
			if json.Unmarshal([]byte(broken), c.broken) != nil {
				c.broken = &Break{Kind: EndChanged, Line: c.last}
			}
		}
	}
	if err != nil {
		return fmt.Errorf("read the end of the log: %w", err)
	}
	var newest int64
	err = l.db.SQL().QueryRowContext(ctx, "SELECT id, hash FROM entry ORDER BY id DESC LIMIT 1").Scan(&newest, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the newest line of the log: %w", err)
	}
	if end := max(c.last, c.after); newest > end {
		l.behind = stretch{end, newest}
	}
	if newest > c.last {
		c.last, c.head = newest, toDigest(hash)
	}
	if c.complete == 0 {
		if c.complete, err = l.latestDay(ctx); err != nil {
			return err
		}
		if newest > 0 || c.complete > 0 {
			c.complete = max(c.complete, l.books.day)
		}
		c.complete = max(c.complete, 1)
	}
	l.chain = c
	return nil
}

// latestDay is the last day that there is a line or a sum of; 0: there is none.
func (l *Ledger) latestDay(ctx context.Context) (d day, err error) {
	err = l.db.SQL().QueryRowContext(ctx, "SELECT max((SELECT coalesce(max(day), 0) FROM usage), (SELECT coalesce(max(day), 0) FROM entry))").Scan(&d)
	if err != nil {
		return 0, fmt.Errorf("look for the latest day: %w", err)
	}
	return d, nil
}

// Head is the newest line that is written and its hash in hex, for the keychain to remember; 0 where there is none.
func (l *Ledger) Head() (line int64, hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chain.last, hex.EncodeToString(l.chain.head[:])
}
