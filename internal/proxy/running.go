package proxy

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

// Running is a request that is being answered.
type Running struct {
	ID       string
	Origin   origin.Origin
	Provider string
	Model    string
	Endpoint string
	Started  time.Time
	BytesOut int64
	Cost     int64 // an estimate of what it cost up to now, in millionths of a US dollar; -1: the model has no price
	Reserved int64 // the most that it can cost
}

// running is a request from the moment its grant was looked up for the last time: whoever takes the grant away ends it.
type running struct {
	id     uint64
	origin origin.Origin
	route  *provider.Route
	facts  provider.Facts
	stored bool   // nothing but a grant for stored data covers it
	label  string // of its credential
	start  time.Time
	cancel context.CancelCauseFunc
	bytes  atomic.Int64
	most   atomic.Int64 // that is reserved
	cost   atomic.Int64
	grant  atomic.Pointer[grant.Grant]
	named  atomic.Pointer[provider.Naming] // what the messages of a WebSocket have named; one goroutine stores it
}

// maxModels bounds how many models the messages of one WebSocket may name; more count as all of them.
const maxModels = 64

// name adds what a message names, and says whether there is anything new in it.
func (r *running) name(n provider.Naming) bool {
	var all provider.Naming
	if old := r.named.Load(); old != nil {
		all = *old
	}
	models, more := slices.Clone(all.Models), all.More || n.More
	for _, m := range n.Models {
		switch {
		case m == r.facts.Model || slices.Contains(models, m):
		case len(models) == maxModels:
			more = true
		default:
			models = append(models, m)
		}
	}
	if len(models) == len(all.Models) && more == all.More {
		return false
	}
	r.named.Store(&provider.Naming{Models: models, More: more})
	return true
}

// model is the one that it is about, or "" as long as none is named.
func (r *running) model() string {
	if n := r.named.Load(); r.facts.Model == "" && n != nil && len(n.Models) > 0 {
		return n.Models[0]
	}
	return r.facts.Model
}

// covered says whether a grant covers every model that may answer.
func (r *running) covered(g *grant.Grant) bool {
	n := r.named.Load()
	return allowsModels(g, r.facts) && (n == nil ||
		(!n.More || g.AllowsModel(grant.AnyModel)) && !slices.ContainsFunc(n.Models, func(m string) bool { return !g.AllowsModel(m) }))
}

type table struct {
	mu   sync.Mutex
	next uint64              // guarded by mu
	runs map[uint64]*running // guarded by mu
}

func (t *table) start(x *exchange, g *grant.Grant, cancel context.CancelCauseFunc) *running {
	r := &running{origin: x.origin, route: x.route, facts: x.facts, stored: x.stored, label: x.label, start: x.start, cancel: cancel}
	r.most.Store(x.worst.Cost)
	if !x.worst.Priced {
		r.cost.Store(-1)
	}
	r.grant.Store(g)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.runs == nil {
		t.runs = map[uint64]*running{}
	}
	t.next++
	r.id = t.next
	t.runs[r.id] = r
	return r
}

func (t *table) end(r *running) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.runs, r.id)
}

func (t *table) all() []*running {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*running, 0, len(t.runs))
	for _, r := range t.runs {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *running) int { return int(a.id) - int(b.id) }) //nolint:gosec // counts requests
	return out
}

// still says why a request that runs may not run on, or nil. A grant that was replaced by one that still covers the
// request does not end it.
func (h *Handler) still(r *running) error {
	if err := h.off(); err != nil {
		return err
	}
	select {
	case <-r.grant.Load().Done():
	default:
		return nil
	}
	st, g := h.Grants.Lookup(r.origin, r.route.Provider.ID)
	switch {
	case st == grant.Blocked:
		return errUnheard
	case st != grant.Granted:
		return errDenied
	case !g.AllowsClass(r.route.Endpoint.Class):
		return errClass
	case r.stored && !g.AllowsClass(provider.Stored):
		return errStored
	case !r.covered(g):
		return errModel
	}
	r.grant.Store(g)
	return nil
}

// Recheck ends every running request that the user's latest word no longer covers. It is called after each revocation,
// expiry, pause and lock, and is cheap where nothing ended.
func (h *Handler) Recheck() {
	for _, r := range h.running.all() {
		if err := h.still(r); err != nil {
			r.cancel(err)
		}
	}
}

// Stop ends one running request; false when it has ended already.
func (h *Handler) Stop(id string) bool {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return false
	}
	h.running.mu.Lock()
	r := h.running.runs[n]
	h.running.mu.Unlock()
	if r == nil {
		return false
	}
	r.cancel(errStopped)
	return true
}

// StopAll ends every running request, as Oaklock quits.
func (h *Handler) StopAll() {
	for _, r := range h.running.all() {
		r.cancel(errQuit)
	}
}

// StopBefore ends every running request that began before t: the machine has slept since, and its provider is gone.
func (h *Handler) StopBefore(t time.Time) {
	for _, r := range h.running.all() {
		if r.start.Round(0).Before(t.Round(0)) { // by the wall clock, which does not stand still while the machine sleeps
			r.cancel(errSlept)
		}
	}
}

// EndKey ends every running request that was sent with this credential, after it was removed.
func (h *Handler) EndKey(providerID, label string) {
	for _, r := range h.running.all() {
		if r.route.Provider.ID == providerID && r.label == label {
			r.cancel(errKeyGone)
		}
	}
}

// EndKeys ends every running request after all keys have left the memory; why is an error of [Keys].
func (h *Handler) EndKeys(why error) {
	for _, r := range h.running.all() {
		r.cancel(why)
	}
}

// Running lists the requests that are being answered, oldest first.
func (h *Handler) Running() []Running {
	all := h.running.all()
	out := make([]Running, len(all))
	for i, r := range all {
		out[i] = Running{ID: strconv.FormatUint(r.id, 10), Origin: r.origin, Provider: r.route.Provider.ID, Model: r.model(),
			Endpoint: r.route.Endpoint.String(), Started: r.start, BytesOut: r.bytes.Load(),
			Cost: r.cost.Load(), Reserved: r.most.Load()}
	}
	return out
}

// counter bounds how many requests each origin has under way.
type counter struct {
	mu sync.Mutex
	n  map[origin.Origin]int // guarded by mu; no entry is zero
}

func (c *counter) enter(o origin.Origin, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[origin.Origin]int{}
	}
	if c.n[o] >= limit {
		return false
	}
	c.n[o]++
	return true
}

func (c *counter) leave(o origin.Origin) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[o]--; c.n[o] <= 0 {
		delete(c.n, o)
	}
}
