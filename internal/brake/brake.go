// Package brake stops a site that runs away: a loop in a page, an agent that asks the same thing over and over, a page that
// goes on through error after error.
//
// [Brake.Sent] is asked before each request and [Brake.Ended] told after it. When a site trips one of the three wires below,
// it is paused: Sent says [ErrPaused] until the user lets it go on ([Brake.Resume]). Limits bound what a site may spend; the
// brake is there so that a loop does not spend all of it before anybody looks.
//
// Requests are told apart by a [Shape], which is made of counts and sizes: nothing of what was asked is kept.
package brake

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// The wires.
const (
	// Repeats in window are as many nearly equal requests as no person and no team of agents sends: a team's histories
	// grow from call to call.
	Repeats = 30
	// Failures in window, without one success between, are more than all retries of a team's calls in an outage.
	Failures = 30
	window   = time.Minute
	// Surge is how many times the mean of the hour before a minute may cost, once it costs more than SurgeFloor.
	Surge      = 5
	SurgeFloor = 1_000_000 // millionths of a US dollar
	// forbearance is how long the same wire is silent for a site that the user let go on.
	forbearance = time.Hour
)

// Reason is the wire that a site tripped.
type Reason string

// The reasons.
const (
	SameRequests Reason = "same_requests"
	OnlyErrors   Reason = "only_errors"
	CostSurge    Reason = "cost_surge"
)

// ErrPaused is a request of a site that is paused.
var ErrPaused = errors.New("the site is paused because it ran away")

// Pause is a site that ran away.
type Pause struct {
	Origin origin.Origin
	Reason Reason
	Count  int   // requests within the minute
	Cost   int64 // of the minute, millionths of a US dollar
	Time   time.Time
}

// Shape is what nearly equal requests have in common.
type Shape struct {
	kind uint64 // where it goes, and how its body is built
	size int
}

// structured is how much of a body is looked at for its structure.
const structured = 1 << 20

// alike is how many bytes two bodies of one shape may differ by: a time or a number in a prompt, not another text.
const alike = 32

var seed = maphash.MakeSeed()

// ShapeOf is the shape of a request: its provider, endpoint and model, and the structure of its body.
func ShapeOf(providerID, endpoint, model string, body []byte) Shape {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, s := range []string{providerID, endpoint, model} {
		_, _ = h.WriteString(s) // a hash takes everything
		_ = h.WriteByte(0)
	}
	head := body[:min(len(body), structured)]
	for _, c := range []string{"{", "[", `"`, ":", ","} {
		maphash.WriteComparable(&h, bytes.Count(head, []byte(c)))
	}
	return Shape{h.Sum64(), len(body)}
}

func (s Shape) like(t Shape) bool {
	return s.kind == t.kind && s.size-t.size <= alike && t.size-s.size <= alike
}

// Brake watches all sites. Its methods may be called from any goroutine.
type Brake struct {
	db *store.DB
	on func() bool

	mu     sync.Mutex // guards the fields below; nobody holds it across a write
	sites  map[origin.Origin]*site
	paused map[origin.Origin]Pause
}

// Open reads which sites are paused. on says whether the brake is switched on, and may be called from any goroutine.
func Open(ctx context.Context, db *store.DB, on func() bool) (*Brake, error) {
	b := &Brake{db: db, on: on, sites: map[origin.Origin]*site{}, paused: map[origin.Origin]Pause{}}
	rows, err := db.SQL().QueryContext(ctx, "SELECT origin, reason, count, cost, time FROM paused_site")
	if err != nil {
		return nil, fmt.Errorf("read the paused sites: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Pause
		var name string
		var at int64
		if err := rows.Scan(&name, &p.Reason, &p.Count, &p.Cost, &at); err != nil {
			return nil, fmt.Errorf("read the paused sites: %w", err)
		}
		p.Time = time.UnixMilli(at)
		if p.Origin, err = origin.FromStored(name); err == nil {
			b.paused[p.Origin] = p
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the paused sites: %w", err)
	}
	return b, nil
}

// Sent notes a request that is about to be sent, and says whether it may: [ErrPaused].
func (b *Brake) Sent(ctx context.Context, o origin.Origin, s Shape) error {
	if !b.on() {
		return nil
	}
	now := time.Now()
	b.mu.Lock()
	_, paused := b.paused[o]
	var p Pause
	if !paused {
		p = b.site(o).sent(now, s)
	}
	b.mu.Unlock()
	if paused || b.trip(ctx, o, p, now) {
		return ErrPaused
	}
	return nil
}

// Ended notes how a request ended: what it cost, and whether it failed. paused says that the site is paused from now on.
func (b *Brake) Ended(ctx context.Context, o origin.Origin, cost int64, failed bool) (paused bool) {
	if !b.on() {
		return false
	}
	now := time.Now()
	b.mu.Lock()
	var p Pause
	if _, already := b.paused[o]; !already {
		p = b.site(o).ended(now, cost, failed)
	}
	b.mu.Unlock()
	return b.trip(ctx, o, p, now)
}

// trip pauses a site that has a reason to be. It holds from now on, also where it cannot be written.
func (b *Brake) trip(ctx context.Context, o origin.Origin, p Pause, now time.Time) bool {
	if p.Reason == "" {
		return false
	}
	p.Origin, p.Time = o, now.Round(0)
	b.mu.Lock()
	b.paused[o] = p
	b.mu.Unlock()
	// What cannot be written is found out again: a site that still runs away trips again after a restart.
	ctx = context.WithoutCancel(ctx)
	_ = b.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("paused_site", o.String())
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO paused_site (origin, reason, count, cost, time) VALUES (?, ?, ?, ?, ?)",
			o.String(), string(p.Reason), p.Count, p.Cost, p.Time.UnixMilli())
		return err
	})
	return true
}

func (b *Brake) site(o origin.Origin) *site {
	s := b.sites[o]
	if s == nil {
		s = new(site)
		b.sites[o] = s
	}
	return s
}

// Judge is told the rows that somebody else has deleted: a site stays paused all the same. A row that somebody slipped in
// pauses a site, which can do no more than be in the way.
func (b *Brake) Judge(gone []store.Row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range gone {
		if o, err := origin.FromStored(r.Key()[0]); err == nil && r.Table == "paused_site" {
			b.paused[o] = Pause{Origin: o, Time: time.Now().Round(0)}
		}
	}
}

// Paused says whether a site is paused.
func (b *Brake) Paused(o origin.Origin) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, paused := b.paused[o]
	return paused && b.on()
}

// List are the sites that are paused, the latest first; none while the brake is off.
func (b *Brake) List() []Pause {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Pause
	if !b.on() {
		return nil
	}
	for _, p := range b.paused {
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y Pause) int {
		if c := y.Time.Compare(x.Time); c != 0 {
			return c
		}
		return strings.Compare(x.Origin.String(), y.Origin.String())
	})
	return out
}

// Resume lets a site go on, and says whether it was paused. The wire that it tripped is silent for an hour: the user has
// looked. With an error it stays paused.
func (b *Brake) Resume(ctx context.Context, o origin.Origin) (was bool, err error) {
	b.mu.Lock()
	p, was := b.paused[o]
	b.mu.Unlock()
	if !was {
		return false, nil
	}
	err = b.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("paused_site", o.String())
		_, err := tx.ExecContext(ctx, "DELETE FROM paused_site WHERE origin = ?", o.String())
		return err
	})
	if err != nil {
		return true, fmt.Errorf("save that a site goes on: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.paused, o)
	b.site(o).forbear(p.Reason, time.Now().Add(forbearance))
	return true, nil
}
