// Package issued remembers which ids of data saved at a provider were issued to which site.
//
// A provider knows only the user's key: to it, every site that uses the key is the same customer, and a file or a chat of one
// is there for all. [Book.Issue] notes an id when it passes in an answer; [Book.Look] says, before a request that names ids
// is sent, to whom they were issued. The first site to get an id is the one that it belongs to, for 30 days.
//
// Ids are kept as SHA-256, so that nothing in the database opens anything. Issue never waits for the disk: one goroutine
// writes, many ids in one transaction. A kill -9 loses at most the last 200 ms, and what is lost is unknown afterwards.
package issued

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

const (
	// Kept is how long an id is remembered.
	Kept = 30 * 24 * time.Hour

	interval = 200 * time.Millisecond // least time between two transactions
	retryMax = 30 * time.Second
	waiting  = 10_000 // ids kept in memory while the disk refuses them
)

type hash [sha256.Size]byte

func hashOf(providerID, id string) hash {
	h := sha256.New()
	h.Write([]byte(providerID))
	h.Write([]byte{0})
	h.Write([]byte(id))
	return hash(h.Sum(nil))
}

// Owners are to whom the ids of a request were issued.
type Owners struct {
	Mine    int // to the asking site
	Others  int // to another one
	Unknown int // to nobody, as far as is known
}

// Book is open until Close. Its methods may be called from any goroutine.
type Book struct {
	db      *store.DB
	wake    chan struct{}
	quit    chan struct{}
	stopped chan struct{} // closed when run has returned
	closing sync.Once

	mu      sync.Mutex
	waiting map[hash]line // guarded by mu: noted and not written yet
}

type line struct {
	origin string
	at     time.Time
}

// Open starts the book of a database, which must stay open until [Book.Close].
func Open(db *store.DB) *Book {
	b := &Book{db: db, wake: make(chan struct{}, 1), quit: make(chan struct{}), stopped: make(chan struct{}), waiting: map[hash]line{}}
	go b.run()
	return b
}

// Close writes what waits and stops.
func (b *Book) Close() {
	b.closing.Do(func() { close(b.quit) })
	<-b.stopped
}

// Issue notes that an answer of the provider gave the id to the site. It returns at once.
func (b *Book) Issue(o origin.Origin, providerID, id string) {
	h := hashOf(providerID, id)
	b.mu.Lock()
	_, known := b.waiting[h]
	if !known && len(b.waiting) < waiting {
		b.waiting[h] = line{o.String(), time.Now()}
	}
	b.mu.Unlock()
	if known {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default: // it has been told already
	}
}

// Look says to whom the ids were issued. The error says that this cannot be known now; the caller then refuses.
func (b *Book) Look(ctx context.Context, o origin.Origin, providerID string, ids []string) (Owners, error) {
	var out Owners
	if len(ids) == 0 {
		return out, nil
	}
	query, err := b.db.SQL().PrepareContext(ctx, "SELECT origin FROM issued WHERE hash = ? AND time > ?")
	if err != nil {
		return out, fmt.Errorf("look up ids: %w", err)
	}
	defer query.Close()
	me, oldest := o.String(), time.Now().Add(-Kept).UnixMilli()
	for _, id := range ids {
		h := hashOf(providerID, id)
		// First what waits: were it written in between, the database would be asked too early and memory too late.
		b.mu.Lock()
		l, fresh := b.waiting[h]
		b.mu.Unlock()
		var owner string
		switch err := query.QueryRowContext(ctx, h[:], oldest).Scan(&owner); {
		case errors.Is(err, sql.ErrNoRows):
			owner = l.origin
		case err != nil:
			return Owners{}, fmt.Errorf("look up ids: %w", err)
		default:
			fresh = true
		}
		switch {
		case !fresh:
			out.Unknown++
		case owner == me:
			out.Mine++
		default:
			out.Others++
		}
	}
	return out, nil
}

// run writes what waits. It sleeps without a timer while there is nothing to write.
func (b *Book) run() {
	defer close(b.stopped)
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	var wait time.Duration // before the next attempt after a failure; 0: all is well
	var swept time.Time
	for {
		select {
		case <-b.wake:
			if wait == 0 {
				timer.Reset(interval)
			}
			continue
		case <-timer.C:
		case <-b.quit:
			_ = b.write(&swept) // a disk that fails now loses what it would have lost anyway
			return
		}
		if err := b.write(&swept); err != nil {
			wait = min(max(time.Second, 2*wait), retryMax)
			timer.Reset(wait)
		} else {
			wait = 0
		}
	}
}

// write writes what waits, and once a day forgets what is too old.
func (b *Book) write(swept *time.Time) error {
	b.mu.Lock()
	lines := make(map[hash]line, len(b.waiting))
	for h, l := range b.waiting {
		lines[h] = l
	}
	b.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	ctx := context.Background() // what was issued is written, whoever has gone away since
	now := time.Now()
	oldest := now.Add(-Kept).UnixMilli()
	sweep := now.Sub(*swept) > 24*time.Hour
	err := b.db.Write(ctx, func(tx *sql.Tx) error {
		if sweep {
			if _, err := tx.ExecContext(ctx, "DELETE FROM issued WHERE time <= ?", oldest); err != nil {
				return err
			}
		}
		// The first one to get it keeps it; who reads a list later does not become the owner of what is in it.
		insert, err := tx.PrepareContext(ctx, `INSERT INTO issued (hash, origin, time) VALUES (?, ?, ?)
			ON CONFLICT (hash) DO UPDATE SET origin = excluded.origin, time = excluded.time WHERE issued.time <= ?`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for h, l := range lines {
			if _, err := insert.ExecContext(ctx, h[:], l.origin, l.at.UnixMilli(), oldest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if sweep {
		*swept = now
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for h := range lines {
		delete(b.waiting, h)
	}
	return nil
}
