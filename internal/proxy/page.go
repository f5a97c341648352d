package proxy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

// pageCall serves /oaklock/v1: what a page may ask about itself. Who asks is always the Origin header, never the body,
// and a GET changes nothing.
func (x *exchange) pageCall() error {
	rest := strings.TrimPrefix(x.path, "/oaklock/v1/")
	id, isConnect := strings.CutPrefix(rest, "connect/")
	switch {
	case x.r.Method == http.MethodGet && rest == "status":
		x.answer(http.StatusOK, x.status())
	case x.r.Method == http.MethodPost && rest == "connect":
		return x.connect()
	case x.r.Method == http.MethodGet && isConnect:
		return x.connected(id)
	case x.r.Method == http.MethodDelete && rest == "grant":
		if err := x.h.Grants.Revoke(x.r.Context(), x.origin, ""); err != nil && !errors.Is(err, grant.ErrNotFound) {
			return err
		}
		x.h.Recheck()
		x.answer(http.StatusOK, x.status())
	default:
		return provider.ErrUnknownEndpoint
	}
	return nil
}

func (x *exchange) answer(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(http.ErrAbortHandler) // the values below always marshal
	}
	x.json(status, body)
}

// pageStatus is what a page may know: its own state and what it was given.
type pageStatus struct {
	Version   string         `json:"version"`
	State     string         `json:"state"` // ungranted, pending, granted, over_limit, denied, locked, paused
	Providers []pageProvider `json:"providers"`
}

type pageProvider struct {
	Provider  string     `json:"provider"`
	Models    []string   `json:"models"`
	Limits    pageLimits `json:"limits"`
	Left      pageLimits `json:"left"` // of each limit, with what running requests have reserved taken off
	DayEnds   int64      `json:"dayEnds"`
	WeekEnds  int64      `json:"weekEnds"`
	MonthEnds int64      `json:"monthEnds"`
	ExpiresAt int64      `json:"expiresAt"` // milliseconds since 1970 UTC; 0 means never
}

// pageLimits are a grant's, under the names that a page also asks with. Cost is in millionths of a US dollar; 0 means no
// such limit.
type pageLimits struct {
	CostDay           int64 `json:"costDay"`
	CostWeek          int64 `json:"costWeek"`
	CostMonth         int64 `json:"costMonth"`
	TokensDay         int64 `json:"tokensDay"`
	TokensWeek        int64 `json:"tokensWeek"`
	TokensMonth       int64 `json:"tokensMonth"`
	RequestsPerMinute int64 `json:"requestsPerMinute"`
	AtOnce            int64 `json:"atOnce"`
	OutputTokens      int64 `json:"outputTokens"`
}

func (x *exchange) status() pageStatus {
	h := x.h
	s := pageStatus{Version: h.Version, State: "ungranted", Providers: []pageProvider{}}
	denied, unproven, open := false, false, false
	for _, p := range h.Catalogue().Providers() {
		st, g := h.Grants.Lookup(x.origin, p.ID)
		denied = denied || st == grant.Denied
		unproven = unproven || st == grant.Unproven
		if st != grant.Granted {
			continue
		}
		use := h.Ledger.SiteUse(x.origin, p.ID)
		left := use.Left(g.Limits)
		open = open || !usedUp(g.Limits, left)
		pp := pageProvider{Provider: p.ID, Models: g.Models, Limits: pageLimits(g.Limits), Left: pageLimits(left),
			DayEnds: use.Day.UnixMilli(), WeekEnds: use.Week.UnixMilli(), MonthEnds: use.Month.UnixMilli()}
		if !g.Expires.IsZero() {
			pp.ExpiresAt = g.Expires.UnixMilli()
		}
		s.Providers = append(s.Providers, pp)
	}
	switch {
	case h.State() == Locked, unproven:
		s.State = "locked"
	case h.State() == Paused:
		s.State = "paused"
	case h.Consent.Waits(x.origin):
		s.State = "pending"
	case open:
		s.State = "granted"
	case len(s.Providers) > 0:
		s.State = "over_limit"
	case denied:
		s.State = "denied"
	}
	return s
}

// usedUp says that nothing is left of a limit that comes back only with its period.
func usedUp(limits, left grant.Limits) bool {
	for _, n := range []grant.LimitName{grant.CostDay, grant.CostWeek, grant.CostMonth, grant.TokensDay, grant.TokensWeek, grant.TokensMonth} {
		if *limits.Of(n) != 0 && *left.Of(n) == 0 {
			return true
		}
	}
	return false
}

// connect opens the question ahead of the first request.
func (x *exchange) connect() error {
	if ct, _, _ := strings.Cut(x.r.Header.Get("Content-Type"), ";"); strings.TrimSpace(ct) != "application/json" {
		return provider.ErrMediaType
	}
	var ask struct {
		Providers []string `json:"providers"`
		Models    []string `json:"models"`
		Limit     struct {
			CostDay int64 `json:"costDay"` // millionths of a US dollar
		} `json:"limit"`
	}
	d := json.NewDecoder(io.LimitReader(x.r.Body, 16<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&ask); err != nil || len(ask.Providers) == 0 || len(ask.Providers) > 8 || len(ask.Models) > 32 || ask.Limit.CostDay < 0 ||
		grant.CheckModelNames(ask.Models) != nil { // a question with such a name could not be answered as it stands
		return errWish
	}
	if err := x.h.off(); err != nil {
		return err
	}
	var wishes []consent.Wish
	unknown := false
	for _, id := range ask.Providers {
		switch st, _ := x.h.Grants.Lookup(x.origin, id); st {
		case grant.Unproven:
			return errUnproven
		case grant.Denied:
			return errDenied
		case grant.Granted, grant.Blocked: // nothing to ask; a blocked origin does not come here
		case grant.Unknown:
			if x.origin.Kind() == origin.App {
				return errApp
			}
			if !x.h.Questions() || !x.origin.Asks() {
				return errUnheard
			}
			if !x.h.Catalogue().Has(id) { // asked last, so that nobody learns what there is from another refusal
				unknown = true
				continue
			}
			wishes = append(wishes, consent.Wish{Provider: id, Models: ask.Models, CostDay: ask.Limit.CostDay, Through: x.through()})
		}
	}
	if unknown {
		return provider.ErrUnknownProvider
	}
	id, err := x.h.connects.open(x.h, x.origin, wishes)
	if err != nil {
		return err
	}
	x.answer(http.StatusAccepted, map[string]string{"id": id})
	return nil
}

// connected waits up to ?wait= seconds (25 at most) for the question's end and tells the page's state.
func (x *exchange) connected(id string) error {
	c := x.h.connects.find(id, x.origin)
	if c == nil {
		return provider.ErrUnknownEndpoint
	}
	secs, err := strconv.Atoi(x.r.URL.Query().Get("wait"))
	if err != nil {
		secs = 0
	}
	timer := time.NewTimer(time.Duration(min(max(secs, 0), 25)) * time.Second)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	case <-x.r.Context().Done():
		return errPageGone
	}
	x.answer(http.StatusOK, x.status())
	return nil
}

// connects are the questions that pages opened ahead of a request, by an id that only the asker can use.
type connects struct {
	mu     sync.Mutex
	m      map[string]*connect // guarded by mu
	closed bool                // guarded by mu
	stop   chan struct{}       // guarded by mu, made with the first
	wg     sync.WaitGroup
}

type connect struct {
	origin origin.Origin
	opened time.Time
	done   chan struct{} // closed when the user has answered, or will not
}

const (
	maxConnects     = 64
	connectLifetime = 10 * time.Minute
)

func (c *connects) open(h *Handler, o origin.Origin, wishes []consent.Wish) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m, c.stop = map[string]*connect{}, make(chan struct{})
	}
	for id, k := range c.m {
		if time.Since(k.opened) > connectLifetime {
			delete(c.m, id)
		}
	}
	if len(c.m) >= maxConnects || c.closed {
		return "", consent.ErrTooMany
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (its documentation)
	id := hex.EncodeToString(b[:])
	k := &connect{origin: o, opened: time.Now(), done: make(chan struct{})}
	c.m[id] = k
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	call := new(consent.Call)
	for _, w := range wishes {
		w.Call = call
		asking.Go(func() { _ = h.Consent.Ask(ctx, o, w) }) // how it ended shows in the page's state
	}
	c.wg.Go(func() {
		defer cancel()
		over := make(chan struct{})
		go func() { asking.Wait(); close(over) }()
		select {
		case <-over:
		case <-c.stop:
			cancel()
			<-over
		}
		close(k.done)
	})
	return id, nil
}

func (c *connects) find(id string, o origin.Origin) *connect {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.m[id]; k != nil && k.origin == o {
		return k
	}
	return nil
}

func (c *connects) close() {
	c.mu.Lock()
	if !c.closed && c.stop != nil {
		close(c.stop)
	}
	c.closed = true
	c.mu.Unlock()
	c.wg.Wait()
}
