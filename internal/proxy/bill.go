package proxy

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
)

// reserve takes the worst case of the request out of every limit. An error is a refusal.
func (x *exchange) reserve(ctx context.Context, g *grant.Grant) (*ledger.Hold, error) {
	if err := x.h.Brake.Sent(ctx, x.origin, x.shape); err != nil {
		return nil, err
	}
	return x.hold(ctx, g)
}

// hold is reserve for what the brake has seen already.
func (x *exchange) hold(ctx context.Context, g *grant.Grant) (*ledger.Hold, error) {
	rq := x.entry()
	rq.Grant = g
	rq.Worst = ledger.Worst{Tokens: x.worst.Input + x.worst.Output, Output: x.worst.Output, Cost: x.worst.Cost, Priced: x.worst.Priced}
	hold, err := x.h.Ledger.Reserve(ctx, rq)
	no := new(ledger.LimitError)
	switch {
	case err == nil:
		x.left, x.limited = hold.Left()
		return hold, nil
	case errors.As(err, &no), errors.Is(err, ledger.ErrNoPrice):
		return nil, err
	}
	x.h.Log.Error("reserve", "error", err)
	return nil, errNoLedger
}

// reading is what is known of an answer, and of what it costs, as it passes.
type reading struct {
	x      *exchange
	run    *running
	meter  *provider.Meter // nil: no answer came
	seen   provider.Seen
	status int
	sent   atomic.Bool // the provider may have had the whole request
	whole  bool        // the answer came to its end
	bytes  int64       // of the answer that have come
	most   int64       // more than it can have
	known  int         // bytes that were read ahead, and will come once more
	all    []byte      // the answer, where it was read ahead to its end
}

// Write reads the next part of the answer. It never fails.
func (r *reading) Write(p []byte) (int, error) {
	if again := min(r.known, len(p)); again > 0 {
		r.known -= again
		n, err := r.Write(p[again:])
		return again + n, err
	}
	r.bytes += int64(len(p))
	_, _ = r.meter.Write(p)
	_, _ = r.seen.Write(p)
	if r.x.worst.Priced {
		r.run.cost.Store(max(0, r.x.price.Cost(r.about())))
	}
	return len(p), nil
}

// about is an estimate of what was used up to now.
func (r *reading) about() provider.Usage {
	u := r.meter.Usage()
	if u.Input < 0 {
		u.Input = r.x.body.size / 4
	}
	u.Output = max(u.Output, r.seen.About())
	return r.x.asked.Complete(u)
}

// tooLong says that more has come than an answer can have that takes no more than was reserved, in whatever form it came.
func (r *reading) tooLong() bool { return r.bytes > r.most }

// over says that the answer has for sure taken more than was reserved: a provider that does not heed the ceiling.
func (r *reading) over() bool {
	if r.tooLong() {
		return true
	}
	u := r.meter.Usage()
	u.Input, u.Output = max(u.Input, 0), max(u.Output, r.seen.AtLeast(), 0)
	w := r.x.worst
	return u.Input+u.Output > w.Input+w.Output || w.Priced && r.x.price.Cost(u) > w.Cost
}

// bill says what the request came to: what the provider says, else what can be told from above. It is never less than the
// truth, and nothing only where the provider got no whole request or refused it: providers do not charge for errors.
func (r *reading) bill() (b ledger.Bill, cost, tokens int64) {
	w := r.x.worst
	switch {
	case !r.sent.Load():
		return ledger.Nothing, 0, 0
	case r.meter == nil:
		if r.status/100 == 3 { // a redirect, which was not followed
			return ledger.Nothing, 0, 0
		}
		return ledger.Whole, 0, 0
	}
	u := r.meter.Usage()
	if r.status >= 400 && u.Input < 0 && u.Output < 0 {
		return ledger.Nothing, 0, 0
	}
	b = ledger.Known
	if !r.whole && !r.final(u) {
		b = ledger.Partly
		if u.Input < 0 {
			u.Input = w.Input
		}
		u.Output = max(u.Output, r.output())
	}
	cost = r.x.price.Cost(r.x.asked.Complete(u))
	if cost < 0 && w.Priced {
		return ledger.Whole, 0, 0
	}
	if tokens = w.Input + w.Output; (u.Input >= 0 || w.Input == 0) && (u.Output >= 0 || w.Output == 0) {
		tokens = max(u.Input, 0) + max(u.Output, 0)
	}
	if r.tooLong() && cost <= w.Cost && tokens <= w.Input+w.Output {
		return ledger.Whole, 0, 0 // whatever its provider says
	}
	return b, cost, tokens
}

// final says of the usage of a cut answer that it is that of the whole: OpenAI and those who do as OpenAI does report it once,
// at the end. Anthropic and Gemini report what it is up to then.
func (r *reading) final(u provider.Usage) bool {
	switch r.x.route.Endpoint.Shape {
	case "anthropic", "gemini":
		return false
	}
	return u.Input >= 0 && u.Output >= 0
}

// output bounds the output of an answer that was cut. What was reserved bounds it unless more has come for sure.
func (r *reading) output() int64 {
	n, bounded := r.x.route.AtMost(r.x.facts, r.x.body.b, &r.seen)
	reserved, least := r.x.worst.Output, r.seen.AtLeast()
	switch {
	case bounded && least <= reserved:
		return min(reserved, n)
	case bounded:
		return n
	}
	return max(reserved, least)
}

// sending notes that the provider is given the request: from the first byte of the body on it may have all of it.
type sending struct {
	io.Reader
	r *reading
}

func (s *sending) Read(p []byte) (int, error) {
	s.r.sent.Store(true)
	return s.Reader.Read(p)
}

func (s *sending) Close() error { return nil }
