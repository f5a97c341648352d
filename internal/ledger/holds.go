package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
)

// HoldsName is the file of what is reserved, beside the database.
const HoldsName = "oaklock.holds"

// recent is how many of the latest lines may belong to holds that are still written down: more than a writer that is killed
// between a transaction and freeing the slots can leave.
const recent = 4 * (queued + kept)

// firstHold is where a run begins to number its holds, so that those of two runs are not confused.
func firstHold() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                              // crypto/rand.Read never fails (its documentation)
	return int64(binary.LittleEndian.Uint64(b[:]) >> 2) //nolint:gosec // 62 bits
}

// recordRoom holds most records, in bytes.
const recordRoom = 256

// writeHold makes the reservation last until its line is written.
func (l *Ledger) writeHold(h *Hold) (err error) {
	x := h.held()
	h.record = x.record(make([]byte, 0, recordRoom))
	h.slot, err = l.slots.Put(h.record)
	return err
}

// writeDone writes over the reservation what it was settled at, so that a kill before its line is written does not make it
// count as a whole. Where that cannot be, the reservation stays, which is more.
func (l *Ledger) writeDone(h *Hold) {
	x := h.ended()
	_ = l.slots.Set(h.slot, x.record(h.record[:0])) // see above
}

// freeHolds forgets the holds whose lines are written. One that cannot be freed is found to be written by the next start.
func (l *Ledger) freeHolds(lines []*Hold) {
	for _, h := range lines {
		if h.id != 0 {
			_ = l.slots.Free(h.slot)
		}
	}
}

// interrupted is the code of a request that was under way when Oaklock was killed.
const interrupted = "interrupted"

// openHolds settles what an earlier run left open. The lines are not written yet: a start on a full disk must succeed. The
// caller holds the books' mu.
func (l *Ledger) openHolds(ctx context.Context) (lines []*Hold, err error) {
	slots, left, err := l.db.Slots(HoldsName)
	if err != nil {
		return nil, err
	}
	l.slots = slots
	if len(left) == 0 {
		return nil, nil
	}
	written, err := l.recentHolds(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range left {
		var x held
		if !x.read(one.Record) || written[x.id] {
			_ = slots.Free(one.Slot)
			continue
		}
		lines = append(lines, l.restore(one.Slot, x))
	}
	slices.SortFunc(lines, func(x, y *Hold) int { return cmp.Compare(x.id, y.id) })
	return lines, nil
}

// recentHolds are the numbers of holds whose lines are written, as far as their slots may not be free.
func (l *Ledger) recentHolds(ctx context.Context) (map[int64]bool, error) {
	ids := map[int64]bool{}
	err := l.each(ctx, "read the latest lines", func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids[id] = true
		return err
	}, "SELECT hold FROM entry WHERE hold <> 0 ORDER BY id DESC LIMIT ?", recent)
	return ids, err
}

// restore settles a hold of an earlier run at what that run had settled it at, or at its whole reservation.
func (l *Ledger) restore(slot int, x held) *Hold {
	b := &l.books
	h := &Hold{l: l, id: x.id, slot: slot, day: day(x.day), count: 1, outcome: Outcome{Code: interrupted, Usage: noUsage}}
	h.request = Request{Time: time.UnixMilli(x.time), Provider: x.provider, Endpoint: x.endpoint, Model: x.model, Credential: x.credential,
		BytesIn: x.bytesIn, Worst: Worst{Tokens: x.tokens, Cost: x.cost, Priced: x.priced != 0}}
	h.request.Origin, _ = origin.FromStored(x.origin)
	if x.grant != 0 {
		h.request.Grant = &grant.Grant{ID: x.grant}
	}
	h.request = h.request.clean()
	mono := b.mono()
	for i, s := range scopes(h.request) {
		h.accounts[i] = b.account(s)
		h.accounts[i].rate.add(mono, mono-b.now.Sub(h.request.Time))
	}
	if h.day > b.day { // the clock has come back from there since, and that is in no line yet
		b.back = b.day
	}
	b.hold(h)
	h.settled.Store(true)
	if x.done != 0 {
		h.outcome = x.outcome()
		h.cost, h.tokens, h.estimated = min(x.settledCost, Most), bound(x.settledTokens), x.estimated != 0
		h.refused = h.isRefused()
	} else {
		h.bill()
	}
	b.settle(h)
	return h
}
