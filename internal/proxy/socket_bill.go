package proxy

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
)

// maxTurns bounds the answers that a page may ask for in one WebSocket before the first of them has come.
const maxTurns = 8

// turns are the answers of a WebSocket, each of which is reserved before it can begin, settled when the provider says what it
// took, and a line of the log by itself. Once a model is known, one more than nothing is always reserved: a provider that
// listens begins an answer by itself.
type turns struct {
	mu    sync.Mutex
	holds []*ledger.Hold // one for each answer that may be under way, at least one
	asked int            // answers that the page has asked for and that have not begun
	begun int            // answers under way
	since time.Time      // when the last was settled
	bytes int64          // that had gone to the page then
	ended bool           // nothing is reserved any more
}

// open reserves the first answer. The error is a refusal.
func (s *socket) open(ctx context.Context, model string) error {
	t := &s.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	x := s.x
	x.facts.Model = model
	pr, priced := x.h.Prices().Find(x.route.Provider.ID, model)
	x.price = pr
	x.worst = x.route.WorstTurn(pr, priced || x.route.Provider.Free())
	x.shape = brake.ShapeOf(x.route.Provider.ID, x.route.Endpoint.String(), model, nil)
	t.since = x.start
	hold, err := x.reserve(ctx, s.grant)
	if err != nil {
		return err
	}
	t.holds = append(t.holds, hold)
	x.reserved = true
	return nil
}

// show tells of what is reserved and used up to now to whoever looks at what runs.
func (s *socket) show(cost int64) {
	s.run.most.Store(s.x.worst.Cost * int64(len(s.turns.holds)))
	if s.x.worst.Priced {
		s.run.cost.Store(max(s.run.cost.Load(), 0) + max(cost, 0))
	}
}

// cover reserves what is missing, and gives back what nobody needs. The error is a refusal. The caller holds the lock.
func (s *socket) cover() error {
	t := &s.turns
	need := max(1, t.asked+t.begun)
	for len(t.holds) < need {
		hold, err := s.x.hold(context.WithoutCancel(s.x.r.Context()), s.run.grant.Load())
		if err != nil {
			return err
		}
		t.holds = append(t.holds, hold)
	}
	for len(t.holds) > need {
		s.settleOne(ledger.Outcome{Usage: provider.NoUsage, Bill: ledger.Nothing})
	}
	return nil
}

// settleOne settles the oldest hold. The caller holds the lock.
func (s *socket) settleOne(out ledger.Outcome) {
	t := &s.turns
	if out.Status == 0 {
		out.Status = http.StatusSwitchingProtocols
	}
	now, sent := time.Now(), s.run.bytes.Load()
	out.Millis, out.BytesOut = now.Sub(t.since).Milliseconds(), sent-t.bytes
	t.since, t.bytes = now, sent
	hold := t.holds[0]
	t.holds = t.holds[1:]
	hold.Settle(out)
	s.x.ended(context.WithoutCancel(s.x.r.Context()), hold, out)
	s.show(hold.Cost())
}

// asks reserves an answer that the page asks for. The error is a refusal.
func (s *socket) asks() error {
	t := &s.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || s.x.route.OneTurn() && t.asked+t.begun > 0 {
		return nil
	}
	if t.asked+t.begun >= maxTurns {
		return errBusySite
	}
	t.asked++
	if err := s.cover(); err != nil {
		t.asked-- // it is not sent
		return err
	}
	s.show(0)
	return nil
}

// hears takes note of what a message of the provider's says of an answer, and what it reports as used. The error is a refusal:
// there is not enough left for another answer.
func (s *socket) hears(turn provider.Turn, u provider.Usage, reported bool) error {
	t := &s.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || len(t.holds) == 0 {
		return nil
	}
	one := s.x.route.OneTurn()
	switch turn {
	case provider.TurnBegun:
		if one {
			t.asked, t.begun = 0, 1
			break
		}
		t.asked = max(t.asked-1, 0)
		t.begun++
	case provider.TurnRefused:
		t.asked = max(t.asked-1, 0)
	case provider.TurnEnded, provider.TurnGoesOn:
	}
	if reported || turn == provider.TurnEnded {
		t.begun = max(t.begun-1, 0)
		if one {
			t.asked = 0
		}
		s.settleOne(s.billed(u, reported))
		s.x.h.Changed()
	} else if turn == provider.TurnGoesOn {
		return nil
	}
	return s.cover()
}

// billed is what an answer took, as the provider reports it. One that reports nothing took what was reserved.
func (s *socket) billed(u provider.Usage, reported bool) ledger.Outcome {
	out := ledger.Outcome{Usage: u, Bill: ledger.Whole}
	if !reported {
		return out
	}
	cost := s.x.price.Cost(u)
	if cost < 0 && s.x.worst.Priced {
		return out
	}
	out.Bill, out.Cost, out.Tokens = ledger.Known, cost, max(u.Input, 0)+max(u.Output, 0)
	return out
}

// settle ends what is reserved: answers under way took all of it, for all that is known. out is how the WebSocket ended.
func (s *socket) settle(out ledger.Outcome) {
	t := &s.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	for under := t.asked + t.begun; len(t.holds) > 0; under-- {
		one := ledger.Outcome{Usage: provider.NoUsage, Bill: ledger.Whole}
		if under <= 0 {
			one.Bill = ledger.Nothing
		}
		if len(t.holds) == 1 {
			one.Status, one.Code = out.Status, out.Code
		}
		s.settleOne(one)
	}
}
