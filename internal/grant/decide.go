package grant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

var (
	// ErrNotSaved says that an approval is in force and ends with this run of Oaklock, since it could not be written. It
	// comes with the cause, such as store.ErrFull.
	ErrNotSaved = errors.New("this could not be saved and holds until Oaklock quits")
	// ErrNotFound is the answer of [Book.Revoke] where there is no grant.
	ErrNotFound = errors.New("this site has nothing to take back")
	// ErrOvertaken is an approval that was taken back, denied or blocked while it was being written. It is not in force.
	ErrOvertaken = errors.New("this site was refused while the approval was being saved, so nothing is allowed")
)

// maxProvider is the longest id of a provider, in bytes.
const maxProvider = 100

func checkProvider(id string) error {
	if id == "" || len(id) > maxProvider || !printable(id) {
		return badTerms("%.40q is not the name of a provider", id)
	}
	return nil
}

func checkSubject(o origin.Origin, providerIDs []string) ([]string, error) {
	if o.IsZero() {
		return nil, badTerms("a site is missing")
	}
	if len(providerIDs) == 0 {
		return nil, badTerms("name at least one provider")
	}
	for _, id := range providerIDs {
		if err := checkProvider(id); err != nil {
			return nil, err
		}
	}
	ids := slices.Clone(providerIDs)
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// Allow gives an origin these terms for each of the providers, in place of what it had there. It ends the denial of these
// providers and the block of the origin. by is "window" or "command line".
//
// The grants are on the disk before they take effect. If that fails they take effect all the same, until Oaklock quits
// ([Terms.UntilQuit] is then set), and the error wraps [ErrNotSaved]. With any other error nothing has changed:
// [ErrTerms], [ErrOvertaken], or the end of ctx while another change was being written.
func (b *Book) Allow(ctx context.Context, o origin.Origin, providerIDs []string, t Terms, by string) error {
	ids, err := checkSubject(o, providerIDs)
	if err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return err
	}
	if !t.Expires.IsZero() && (!t.Expires.After(b.wall()) || t.Expires.UnixMilli() > latest) {
		return badTerms("it would end at %s, which is in the past or too far away", t.Expires.Format(time.DateTime))
	}
	give := func(s *site) {
		s.blocked = time.Time{}
		delete(s.denials, "")
		for _, id := range ids {
			delete(s.denials, id)
		}
	}

	g := &giving{origin: o, providers: ids}
	next, end, err := b.begin(ctx, g, give)
	if err != nil {
		return err
	}
	defer end()
	grants, replaces := b.make(o, ids, t, by)
	for id, h := range grants {
		next.grants[id] = h
	}
	if !t.UntilQuit || replaces {
		err = b.writeSites(ctx, map[origin.Origin]*site{o: next}, nil)
	}

	if !b.put(g, give, grants, err != nil) {
		return ErrOvertaken
	}
	if err != nil {
		if replaces {
			b.putOff(o) // what was replaced must not come back
		}
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	return nil
}

// put puts grants into force, unless they were overtaken. What could not be saved holds until Oaklock quits.
func (b *Book) put(g *giving, give func(*site), grants map[string]*held, notSaved bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.overtaken {
		return false
	}
	s := b.sites[g.origin].copy() // as it is now: another provider may have been denied meanwhile
	give(s)
	for id, h := range grants {
		if old := s.grants[id]; old != nil {
			h.used.Store(old.used.Load())
			h.dirty.Store(true)
			defer old.end() //nolint:revive // at the end on purpose: after the new one can be found
		}
		if notSaved {
			h.lost = h.lost || !h.UntilQuit
			h.UntilQuit = true
		}
		s.grants[id] = h
	}
	b.publish(g.origin, s)
	b.nudge()
	return true
}

// NotSaved are the sites with a grant in force that was to outlast this run of Oaklock and could not be saved, see [ErrNotSaved].
func (b *Book) NotSaved() []origin.Origin {
	b.mu.RLock()
	defer b.mu.RUnlock()
	now, _ := b.clock.read(b.wall())
	var out []origin.Origin
	for o, s := range b.sites {
		for _, h := range s.grants {
			if h.lost && !h.expired(now) {
				out = append(out, o)
				break
			}
		}
	}
	slices.SortFunc(out, func(x, y origin.Origin) int { return strings.Compare(x.String(), y.String()) })
	return out
}

// make makes grants that are not in force yet, and says whether something is in force that a saved row stands for.
func (b *Book) make(o origin.Origin, ids []string, t Terms, by string) (grants map[string]*held, replaces bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wall := b.wall()
	b.clock = b.clock.reset(wall)
	var ends time.Duration
	if !t.Expires.IsZero() {
		ends = b.clock.on(t.Expires)
	}
	s := b.sites[o]
	replaces = s != nil && (!s.blocked.IsZero() || len(s.denials) > 0)
	grants = make(map[string]*held, len(ids))
	for _, id := range ids {
		b.lastID = max(b.lastID+1, wall.UnixMilli()) // grants until quit leave no row, so counting on from the rows would use a number twice
		grants[id] = &held{
			tell:  b.ended,
			Grant: &Grant{ID: b.lastID, Origin: o, Provider: id, Terms: t.clone(), Given: wall.Round(0), GivenBy: by, done: make(chan struct{})},
			ends:  ends,
		}
		if s != nil && s.grants[id] != nil {
			replaces = replaces || !s.grants[id].UntilQuit
		}
	}
	return grants, replaces
}

// begin takes the turn for a change that gives something, and makes the site as it will be. end gives the turn back.
func (b *Book) begin(ctx context.Context, g *giving, change func(*site)) (next *site, end func(), err error) {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.giving = g
	next = b.sites[g.origin].copy()
	change(next)
	return next, func() {
		b.mu.Lock()
		b.giving = nil
		b.mu.Unlock()
		<-b.turn
	}, nil
}

// Deny remembers a no: for 10 minutes, the next time for an hour, then for 24 hours. A week without a no starts from the
// beginning. Providers that the origin has a grant for are left out, since nothing was asked about them; until is then
// zero if none is left. The denial holds even if there is an error, as with [Book.Revoke].
func (b *Book) Deny(ctx context.Context, o origin.Origin, providerIDs []string) (until time.Time, err error) {
	ids, err := checkSubject(o, providerIDs)
	if err != nil {
		return time.Time{}, err
	}
	b.mu.Lock()
	wall := b.wall()
	b.clock = b.clock.reset(wall)
	now := b.clock.on(wall)
	s := b.sites[o].copy()
	var last time.Duration
	for _, id := range ids {
		if h := s.grants[id]; h != nil && !h.expired(now) && h.proof.Load() != unproven {
			continue
		}
		b.overtake(o, id)
		d := s.denials[id].again(now)
		s.denials[id] = d
		last = max(last, d.until)
	}
	if last != 0 {
		d := s.denials[""].again(now)
		d.until = 0
		s.denials[""] = d
	}
	until = b.clock.wall(last)
	b.publish(o, s)
	b.mu.Unlock()
	if last == 0 {
		return until, nil
	}
	return until, b.save(ctx, o)
}

// Denials is how often the user said no to an origin lately, whatever the provider; an approval starts it again.
func (b *Book) Denials(o origin.Origin) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.sites[o]
	if s == nil {
		return 0
	}
	now, _ := b.clock.read(b.wall())
	return s.denials[""].counts(now)
}

// Block refuses an origin for good, and ends its grants. It holds even if there is an error, as with [Book.Revoke].
func (b *Book) Block(ctx context.Context, o origin.Origin) error {
	if o.IsZero() {
		return badTerms("a site is missing")
	}
	wall := b.wall().Round(0)
	b.mu.Lock()
	b.overtake(o, "")
	if s := b.sites[o]; s != nil {
		for _, h := range s.grants {
			h.end()
		}
	}
	blocked := (*site)(nil).copy()
	blocked.blocked = wall
	b.publish(o, blocked)
	b.mu.Unlock()
	return b.save(ctx, o)
}

// Unblock forgets the block and all denials of an origin, so that it may ask again. With an error nothing has changed.
func (b *Book) Unblock(ctx context.Context, o origin.Origin) error {
	forget := func(s *site) {
		s.blocked = time.Time{}
		clear(s.denials)
	}
	g := &giving{origin: o}
	next, end, err := b.begin(ctx, g, forget)
	if err != nil {
		return err
	}
	defer end()
	if err := b.writeSites(ctx, map[origin.Origin]*site{o: next}, nil); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.overtaken {
		return ErrOvertaken
	}
	s := b.sites[o].copy()
	forget(s)
	b.publish(o, s)
	return nil
}

// Revoke takes back what an origin was granted for a provider, or everything it was granted where providerID is empty;
// [ErrNotFound] if there is nothing. The grants have ended even if there is another error, which says that this could
// neither be saved nor marked, so that it would be undone by a restart; it is tried again within seconds, and at [Book.Close].
func (b *Book) Revoke(ctx context.Context, o origin.Origin, providerID string) error {
	b.mu.Lock()
	found := b.giving != nil && b.giving.providers != nil && b.overtake(o, providerID) // not the undoing of a block
	s := b.sites[o].copy()
	for id, h := range s.grants {
		if providerID == "" || providerID == id {
			delete(s.grants, id)
			h.end()
			found = true
		}
	}
	b.publish(o, s)
	b.mu.Unlock()
	if !found {
		return ErrNotFound
	}
	return b.save(ctx, o)
}
