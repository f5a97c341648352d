package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

var noUsage = provider.NoUsage

func grantID(r Request) int64 {
	if r.Grant == nil {
		return 0
	}
	return r.Grant.ID
}

// longest is how long the writer rests at once, whatever held up its work.
const longest = 5 * time.Millisecond

// insert writes lines and adds them to the sums of their days, all or nothing. Where nobody waits, it rests in between as long as it
// works: the lines of 200 ms are several milliseconds of work, for which requests would else wait, where there are few processors.
func (w *writer) insert(lines []*Hold, atOnce bool) error {
	ctx := context.Background() // what was settled is written, whoever has gone away since
	b := &w.l.books
	b.mu.Lock()
	now := b.calendar
	b.mu.Unlock()
	next := w.l.chain
	write := func(tx *sql.Tx) error {
		begun := time.Now()
		pause := func() {
			if !atOnce {
				_ = rest(ctx, min(time.Since(begun), longest)) // ctx does not end
				begun = time.Now()
			}
		}
		if err := next.extend(ctx, tx, lines, pause); err != nil {
			return err
		}
		if err := w.writeSums(ctx, tx, lines); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO usage_clock (one, day, back) VALUES (1, ?, ?)
			ON CONFLICT (one) DO UPDATE SET day = excluded.day, back = excluded.back`, now.day, now.back)
		return err
	}
	var err error
	sealed := len(lines) > 0 && w.l.db.Seal().Opened()
	if sealed {
		err = w.l.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
			if err := write(tx); err != nil {
				return err
			}
			return next.save(ctx, tx, c)
		})
	} else {
		err = w.l.db.Write(ctx, write)
	}
	if err == nil {
		w.saved = now
		w.chained(next, sealed)
	}
	return err
}

// usageKey is a row of the table usage.
type usageKey struct {
	day                                 day
	origin, provider, model, credential string
}

const usageColumns = "day, origin, provider, model, credential, requests, refused, unpriced, input, output, tokens, cost, estimated"

func (k *usageKey) fields(more ...any) []any {
	return append([]any{&k.day, &k.origin, &k.provider, &k.model, &k.credential}, more...)
}

// Totals are sums. Requests are those that were answered by a provider, or cut while they were; tokens that no provider
// reported are not in Input and Output. Cost is in millionths of a US dollar; Estimated is the part of it that no provider
// has confirmed, and Unpriced are the requests whose cost is not known and not in it.
type Totals struct {
	Requests, Refused, Unpriced int64
	Input, Output, Tokens       int64 // Tokens: what counted against limits
	Cost, Estimated             int64
}

func (t *Totals) fields() []any {
	return []any{&t.Requests, &t.Refused, &t.Unpriced, &t.Input, &t.Output, &t.Tokens, &t.Cost, &t.Estimated}
}

func (t Totals) plus(u Totals) Totals {
	return Totals{t.Requests + u.Requests, t.Refused + u.Refused, t.Unpriced + u.Unpriced, t.Input + u.Input, t.Output + u.Output,
		t.Tokens + u.Tokens, t.Cost + u.Cost, t.Estimated + u.Estimated}
}

// add adds a line.
func (t *Totals) add(h *Hold) { *t = t.plus(h.totals()) }

func (h *Hold) totals() (t Totals) {
	// A request that was refused after it was reserved may have cost something all the same.
	t.Tokens, t.Cost = h.tokens, max(0, h.cost)
	if h.estimated {
		t.Estimated = t.Cost
	}
	if h.refused {
		t.Refused = h.count
		return t
	}
	t.Requests = h.count
	if h.cost < 0 {
		t.Unpriced = h.count
	}
	t.Input, t.Output = max(0, h.outcome.Usage.Input), max(0, h.outcome.Usage.Output)
	return t
}

// models is how many models of a site and provider are told apart in the sums of one day: their names are the page's own,
// and the sums are kept for good.
const models = 100

// otherModels stands in the sums for the rest.
const otherModels = "(others)"

// key is the row of the sums that a line belongs to. Refusals have one for each day, since whoever is refused chooses what
// origin it names.
func (w *writer) key(h *Hold) usageKey {
	if h.refused && h.cost == 0 && h.tokens == 0 {
		return usageKey{day: h.day}
	}
	k := usageKey{h.day, h.request.Origin.String(), h.request.Provider, h.request.Model, h.request.Credential}
	if site := k.site(); !w.names[site][k.model] && len(w.names[site]) >= models {
		k.model = otherModels
	}
	return k
}

// site is the key without what differs within a site, provider and day.
func (k usageKey) site() usageKey {
	return usageKey{day: k.day, origin: k.origin, provider: k.provider}
}

// seen remembers a row that is in the database.
func (w *writer) seen(k usageKey) {
	if w.names == nil || w.latest < k.day {
		w.names, w.latest = map[usageKey]map[string]bool{}, k.day
	}
	site := k.site()
	if w.names[site] == nil {
		w.names[site] = map[string]bool{}
	}
	w.names[site][k.model] = true
}

func (w *writer) writeSums(ctx context.Context, tx *sql.Tx, lines []*Hold) error {
	sums := map[usageKey]Totals{}
	for _, h := range lines {
		k := w.key(h)
		sums[k] = sums[k].plus(h.totals())
		w.seen(k)
	}
	add, err := tx.PrepareContext(ctx, `INSERT INTO usage (`+usageColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (day, origin, provider, model, credential) DO UPDATE SET requests = requests + excluded.requests,
		refused = refused + excluded.refused, unpriced = unpriced + excluded.unpriced, input = input + excluded.input,
		output = output + excluded.output, tokens = tokens + excluded.tokens, cost = cost + excluded.cost, estimated = estimated + excluded.estimated`)
	if err != nil {
		return err
	}
	defer add.Close()
	for k, t := range sums {
		if _, err := add.ExecContext(ctx, k.day, k.origin, k.provider, k.model, k.credential,
			t.Requests, t.Refused, t.Unpriced, t.Input, t.Output, t.Tokens, t.Cost, t.Estimated); err != nil {
			return err
		}
	}
	return nil
}
