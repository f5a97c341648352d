// Package grant remembers what the user has allowed, denied and blocked.
package grant

import (
	"context"
	"errors"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

// CONTRACT: signatures are fixed (more may be added), bodies to be written.

// State is that of one origin and one provider.
type State uint8

const (
	Unknown State = iota // nothing decided, or expired
	Granted
	Denied  // for a while
	Blocked // for good; of the whole origin
)

// Limits: 0 is none. Cost in millionths of a US dollar.
type Limits struct {
	CostDay, CostWeek, CostMonth            int64
	TokensDay, TokensWeek, TokensMonth      int64
	RequestsPerMinute, AtOnce, OutputTokens int64
}

// Terms are what is granted.
type Terms struct {
	Classes    []provider.Class
	Models     []string // "*" alone means all
	Limits     Limits
	Expires    time.Time // zero: none
	UntilQuit  bool
	Credential string
}

var ErrTerms = errors.New("these terms do not make sense") // wrapped, with a sentence

// Check: classes known and not stored/never; models named; at least one cost or token limit; nothing negative.
func (t Terms) Check() error { panic("contract") }

// Grant is immutable; a change makes a new one and ends the old.
type Grant struct {
	ID       int64
	Origin   origin.Origin
	Provider string
	Terms
	Given   time.Time
	GivenBy string
	done    chan struct{}
}

// Done is closed when the grant ends: revoked, replaced, expired.
func (g *Grant) Done() <-chan struct{}             { panic("contract") }
func (g *Grant) AllowsClass(c provider.Class) bool { panic("contract") }
func (g *Grant) AllowsModel(m string) bool         { panic("contract") } // "" (no model on this endpoint) is allowed

// Book is all of them, in memory with the database behind. Lookups take no I/O.
type Book struct{}

type Options struct {
	Now func() time.Time // wall clock; nil: time.Now
}

func Open(ctx context.Context, db *store.DB, o Options) (*Book, error)    { panic("contract") } // drops UntilQuit grants of earlier runs
func (b *Book) Close()                                                    { panic("contract") }
func (b *Book) Lookup(o origin.Origin, providerID string) (State, *Grant) { panic("contract") }

// Allow writes, then takes effect; ends denial and block. If the write fails the grant holds until quit and the error wraps ErrNotSaved.
func (b *Book) Allow(ctx context.Context, o origin.Origin, providerIDs []string, t Terms, by string) error {
	panic("contract")
}

var ErrNotSaved = errors.New("this could not be saved and holds until Oaklock quits")

func (b *Book) Deny(ctx context.Context, o origin.Origin, providerIDs []string) (until time.Time, err error) {
	panic("contract")
}                                                                  // 10 min, 1 h, 24 h
func (b *Book) Block(ctx context.Context, o origin.Origin) error   { panic("contract") } // ends its grants too
func (b *Book) Unblock(ctx context.Context, o origin.Origin) error { panic("contract") } // forgets block and denials
func (b *Book) Revoke(ctx context.Context, o origin.Origin, providerID string) error {
	panic("contract")
}                                                       // "" = all of the site; ErrNotFound
func (b *Book) Used(o origin.Origin, providerID string) { panic("contract") } // last use; written lazily
func (b *Book) Sites() []Site                           { panic("contract") }
func (b *Book) Denials(o origin.Origin) int             { panic("contract") }

var ErrNotFound = errors.New("this site has nothing to take back")

// Site is one origin with all that was decided.
type Site struct {
	Origin      origin.Origin
	Blocked     bool
	DeniedUntil time.Time // latest; zero if none in force
	LastUsed    time.Time
	Grants      []SiteGrant // also expired ones until they are revoked
}

type SiteGrant struct {
	*Grant
	LastUsed time.Time
	Expired  bool
}
