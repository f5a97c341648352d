// Package ledger reserves against limits, settles, and remembers what was used.
package ledger

import (
	"context"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

// CONTRACT: signatures are fixed (more may be added), bodies to be written.

// Request is what is about to be sent.
type Request struct {
	Time       time.Time
	Origin     origin.Origin
	Provider   string
	Endpoint   string // "POST /chat/completions"
	Model      string
	Credential string
	Grant      *grant.Grant
	BytesIn    int64
}

// Outcome is how it ended.
type Outcome struct {
	Status   int
	Code     string // ours, when we refused or cut it
	Usage    provider.Usage
	Millis   int64
	BytesOut int64
}

// Entry is a line of the log.
type Entry struct {
	ID      int64
	Request // Grant nil when read back
	Outcome
}

type Ledger struct{}

func Open(ctx context.Context, db *store.DB) (*Ledger, error) { panic("contract") }
func (l *Ledger) Close() error                                { panic("contract") } // writes what is queued

// Reserve takes the worst case of a request out of every limit before it is sent. Money limits are stored and shown
// for now: it refuses nothing yet.
func (l *Ledger) Reserve(ctx context.Context, r Request) (*Hold, error) { panic("contract") }

type Hold struct{}

// Settle writes the entry, exactly once: later calls do nothing.
func (h *Hold) Settle(o Outcome) { panic("contract") }

// Refuse remembers a refusal. At most 10 a second for each origin and code are written one by one.
func (l *Ledger) Refuse(r Request, status int, code string) { panic("contract") }

type Filter struct {
	Origin, Provider string
	Before           int64
	Limit            int
}

func (l *Ledger) Entries(ctx context.Context, f Filter) ([]Entry, error)     { panic("contract") } // newest first; sees all that was settled before the call
func (l *Ledger) Today(ctx context.Context, since time.Time) (Totals, error) { panic("contract") }
func (l *Ledger) Count(ctx context.Context) (map[string]int64, error)        { panic("contract") } // served requests by origin

type Totals struct{ Requests, Refused, Input, Output int64 }
