package ledger

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Break is the first thing in the log that is not as Oaklock wrote it.
type Break struct {
	Kind BreakKind `json:"kind"`
	Line int64     `json:"line,omitempty"` // the first that does not fit, or the last that does: as the kind says
	Day  string    `json:"day,omitempty"`  // of SumsLow and SumsHigh: 2006-01-02
}

// BreakKind says what does not fit.
type BreakKind string

// The kinds.
const (
	LineChanged BreakKind = "line_changed" // this line was changed or put in, or the one before it taken out
	EndMissing  BreakKind = "end_missing"  // all lines after this one are gone
	EndChanged  BreakKind = "end_changed"  // what says where the log ends is not what Oaklock wrote
	OlderCopy   BreakKind = "older_copy"   // this line, which the keychain knows, is not there: the log is from before
	EndAdded    BreakKind = "end_added"    // this line was put at the end while Oaklock was not running
	SumsLow     BreakKind = "sums_low"     // the sums of a day, by which limits are held, are less than its lines
	SumsHigh    BreakKind = "sums_high"    // they are more
)

// Check is what [Ledger.Verify] found.
type Check struct {
	Lines       int64 // that were looked at, up to the break
	First, Last int64 // the first and the last of them; 0 where there is none
	Before      int64 // lines from before the chain, which cannot be checked: there was none yet, or the user has accepted them
	Break       *Break
}

// page is how many lines are read at once.
const page = 500

// Verify reads the whole log and reckons its chain and its sums. A break is no error; it is remembered until [Ledger.Accept].
// Gently, it rests as long as it works, for a start that nobody should notice.
func (l *Ledger) Verify(ctx context.Context, gently bool) (c Check, err error) {
	if err := l.flush(ctx); err != nil {
		return c, err
	}
	select { // no line goes meanwhile
	case l.auditing <- struct{}{}:
	case <-ctx.Done():
		return c, ctx.Err()
	}
	defer func() { <-l.auditing }()
	l.mu.Lock()
	v := verifier{chain: l.chain, sealed: l.sealed, sums: map[sumKey]sum{}}
	accepted := l.accepted
	l.mu.Unlock()
	v.id, v.hash = v.chain.after, v.chain.root
	for more := true; more && v.found == nil; {
		begun := time.Now()
		if more, err = l.verifyPage(ctx, &v); err != nil {
			return c, err
		}
		if gently {
			if err := rest(ctx, time.Since(begun)); err != nil {
				return c, err
			}
		}
	}
	if v.found == nil {
		v.end()
	}
	if v.found == nil {
		if err := l.verifySums(ctx, &v); err != nil {
			return c, err
		}
	}
	if v.found == nil {
		v.found = v.chain.broken // of before, and not to be seen in the lines
	} else if err := l.doubt(ctx, *v.found, func() bool { return l.accepted == accepted }); err != nil {
		return c, err
	}
	c = Check{Lines: v.lines, First: v.first, Break: v.found}
	if v.lines > 0 {
		c.Last = v.id
	}
	err = l.db.SQL().QueryRowContext(ctx, "SELECT count(*) FROM entry WHERE id <= ?", v.chain.after).Scan(&c.Before)
	return c, err
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sumKey is what lines and sums are held against each other by. A model is not in it, since the sums put some together.
type sumKey struct {
	day                          int64
	origin, provider, credential string
}

// verifier goes along the lines.
type verifier struct {
	chain  chain
	sealed mark
	lines  int64
	first  int64
	id     int64  // the line that it is at
	hash   digest // its hash
	sums   map[sumKey]sum
	found  *Break
}

// mark is a line and its hash.
type mark struct {
	line int64
	hash digest
}

func (l *Ledger) verifyPage(ctx context.Context, v *verifier) (more bool, err error) {
	var x line
	var hash []byte
	into := append(x.fields(), &hash)
	n := 0
	err = l.each(ctx, "read the log", func(scan func(...any) error) error {
		if v.found != nil {
			return nil
		}
		if err := scan(into...); err != nil {
			return err
		}
		n++
		v.take(&x, hash)
		return nil
	}, "SELECT "+lineColumns+", hash FROM entry WHERE id > ? AND id <= ? ORDER BY id LIMIT ?", v.id, v.chain.last, page)
	return n == page, err
}

func (v *verifier) take(x *line, hash []byte) {
	want := hashOf(x.fields(), v.hash)
	if !same(hash, want) {
		v.found = &Break{Kind: LineChanged, Line: x.id}
		return
	}
	// Every line fits, so it is the row's end that shows a chain which was reckoned anew from some line on.
	if v.id < v.sealed.line && x.id >= v.sealed.line && (x.id != v.sealed.line || want != v.sealed.hash) {
		v.found = &Break{Kind: EndChanged, Line: v.sealed.line}
		return
	}
	if v.first == 0 {
		v.first = x.id
	}
	v.lines++
	v.id, v.hash = x.id, want
	k := sumKey{x.day, x.origin, x.provider, x.credential}
	s := v.sums[k]
	s.cost += max(0, x.cost)
	s.tokens += x.tokens
	v.sums[k] = s
}

func same(hash []byte, want digest) bool {
	return subtle.ConstantTimeCompare(hash, want[:]) == 1
}

func (v *verifier) end() {
	if v.id < v.chain.last || v.hash != v.chain.head {
		v.found = &Break{Kind: EndMissing, Line: v.id}
	}
}

// verifySums holds the sums, by which limits are held, against the lines. Of days of which lines may be gone, or may be from before the
// chain, they may be more.
func (l *Ledger) verifySums(ctx context.Context, v *verifier) error {
	tx, err := l.db.SQL().BeginTx(ctx, nil) // what is written meanwhile is in both or in neither
	if err != nil {
		return fmt.Errorf("read the sums: %w", err)
	}
	defer tx.Rollback()
	err = eachOf(ctx, tx, "read the newest lines", func(scan func(...any) error) error {
		k, s, err := scanSum(scan)
		of := v.sums[k]
		v.sums[k] = sum{cost: of.cost + s.cost, tokens: of.tokens + s.tokens}
		return err
	}, "SELECT day, origin, provider, credential, sum(max(cost, 0)), sum(tokens) FROM entry WHERE id > ? GROUP BY day, origin, provider, credential", v.id)
	if err != nil {
		return err
	}
	found := func(kind BreakKind, of int64) {
		if d := day(of).String(); v.found == nil || d < v.found.Day {
			v.found = &Break{Kind: kind, Day: d}
		}
	}
	err = eachOf(ctx, tx, "read the sums", func(scan func(...any) error) error {
		k, s, err := scanSum(scan)
		of := v.sums[k]
		switch {
		case err != nil:
			return err
		case s.cost < of.cost || s.tokens < of.tokens:
			found(SumsLow, k.day)
		case day(k.day) > v.chain.complete && (s.cost > of.cost || s.tokens > of.tokens):
			found(SumsHigh, k.day)
		}
		delete(v.sums, k)
		return nil
	}, "SELECT day, origin, provider, credential, sum(cost), sum(tokens) FROM usage GROUP BY day, origin, provider, credential")
	if err != nil {
		return err
	}
	for k, s := range v.sums {
		if s.cost > 0 || s.tokens > 0 { // else a refusal, of which the sums know the day alone
			found(SumsLow, k.day)
		}
	}
	return nil
}

func scanSum(scan func(...any) error) (k sumKey, s sum, err error) {
	return k, s, scan(&k.day, &k.origin, &k.provider, &k.credential, &s.cost, &s.tokens)
}

// Unlocked tells the ledger that the key of the seal is there. Proven says that the row of the chain's end is Oaklock's own, or that it
// is missing in a database that was sealed: a line behind it that an earlier run cannot have left there is then somebody else's, and
// what is before it is not Oaklock's where its last line has another hash than the row says.
//
//nolint:contextcheck // see Doubt
func (l *Ledger) Unlocked(ctx context.Context, proven bool) error {
	return l.byWriter(ctx, func(w *writer) error {
		next := l.chain
		if proven && next.broken == nil {
			var err error
			if next.broken, err = l.endBroken(context.Background()); err != nil {
				return fmt.Errorf("look at the end of the log: %w", err)
			}
		}
		l.behind = stretch{}
		if !proven && l.sealed != (mark{}) {
			return nil // a row that does not fit is not written over before Verify has seen it
		}
		return w.saveChain(next, nil)
	})
}

// endBroken is what does not fit at the end that the row had when the ledger was opened. What is sealed from now on is an end behind
// that one, by which Verify could not tell any more that all hashes up to there were reckoned anew.
func (l *Ledger) endBroken(ctx context.Context) (*Break, error) {
	var hash []byte
	err := l.db.SQL().QueryRowContext(ctx, "SELECT hash FROM entry WHERE id = ? AND id > ?", l.opened.line, l.chain.after).Scan(&hash)
	switch {
	case errors.Is(err, sql.ErrNoRows): // a line that is missing shows in the one behind it
		return l.added(ctx)
	case err != nil:
		return nil, err
	case !same(hash, l.opened.hash):
		return &Break{Kind: EndChanged, Line: l.opened.line}, nil
	}
	return l.added(ctx)
}

// added is the first line behind the chain's end that is no refusal; nil: there is none.
func (l *Ledger) added(ctx context.Context) (*Break, error) {
	b := &Break{Kind: EndAdded}
	err := l.db.SQL().QueryRowContext(ctx, "SELECT id FROM entry WHERE id > ? AND id <= ? AND (refused = 0 OR cost <> 0 OR tokens <> 0 OR hold <> 0) ORDER BY id LIMIT 1",
		l.behind.after, l.behind.to).Scan(&b.Line)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, err
}

// Broken is what does not fit, as far as it is known; nil: nothing.
func (l *Ledger) Broken() *Break {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chain.broken
}

// Doubt remembers what was found not to fit, unless something was found earlier.
func (l *Ledger) Doubt(ctx context.Context, b Break) error {
	return l.doubt(ctx, b, func() bool { return true })
}

// doubt is Doubt, if it still holds when the writer comes to it: what the user has accepted meanwhile is no break any more. still is
// asked with mu held.
//
//nolint:contextcheck // what the writer has begun it ends, whoever has gone away since
func (l *Ledger) doubt(ctx context.Context, b Break, still func() bool) error {
	return l.byWriter(ctx, func(w *writer) error {
		l.mu.Lock()
		known := l.chain.broken != nil || !still()
		l.mu.Unlock()
		if known {
			return nil
		}
		next := w.l.chain
		next.broken = &b
		return w.saveChain(next, nil)
	})
}

// Accept takes the log as it stands: the chain begins anew after its last line. It is the user's word.
//
//nolint:contextcheck // see Doubt
func (l *Ledger) Accept(ctx context.Context) error {
	return l.byWriter(ctx, func(w *writer) error {
		next := w.l.chain
		next.after, next.root, next.broken = next.last, next.head, nil
		latest, err := l.latestDay(context.Background())
		if err != nil {
			return err
		}
		next.complete = max(next.complete, latest)
		if err := w.saveChain(next, nil); err != nil {
			return err
		}
		l.mu.Lock()
		l.accepted++
		l.mu.Unlock()
		return nil
	})
}

// Holds says whether a line that somebody remembers ([Ledger.Head]) is there with this hash, or has gone in its time.
func (l *Ledger) Holds(ctx context.Context, id int64, inHex string) (bool, error) {
	raw, err := hex.DecodeString(inHex)
	if err != nil {
		return false, nil //nolint:nilerr // it is no hash of ours
	}
	hash := toDigest(raw)
	l.mu.Lock()
	after, root := l.chain.after, l.chain.root
	l.mu.Unlock()
	switch {
	case id < after:
		return true, nil
	case id == after:
		return root == hash, nil
	}
	ok := false
	err = l.each(ctx, "read a line", func(scan func(...any) error) error {
		var is []byte
		err := scan(&is)
		ok = same(is, hash)
		return err
	}, "SELECT hash FROM entry WHERE id = ?", id)
	if err != nil {
		return false, fmt.Errorf("look for a line that the keychain knows: %w", err)
	}
	return ok, nil
}
