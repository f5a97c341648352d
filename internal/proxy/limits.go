package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/money"
)

// refusedBy is what a page may read of a limit. Of its own limits it reads the numbers; of those over a key or over
// everything it does not, since other sites have a part in them.
func refusedBy(no *ledger.LimitError) said {
	s := said{err: no, status: http.StatusPaymentRequired, code: "budget_exhausted"}
	resets := ""
	if !no.Resets.IsZero() {
		resets = "It resets on " + no.Resets.Format("2 January at 15:04") + "; "
	}
	switch {
	case no.Name == grant.OutputTokens && no.Scope != ledger.Site:
		s.message = fmt.Sprintf("This request asks for as many as %s of an answer, which is more than the user's limit over all sites. Ask for fewer, or ask the user to raise the limit in Oaklock.", no.Name.Amount(no.Need))
	case no.Name == grant.OutputTokens:
		s.message = fmt.Sprintf("This request asks for as many as %s of an answer, and the user's limit for this site is %s. Ask for fewer, or ask the user to raise the limit in Oaklock.",
			no.Name.Amount(no.Need), no.Name.Amount(no.Limit))
	case no.Rate():
		s.status, s.code = http.StatusTooManyRequests, "rate_limited"
		retry := retryAfter(no)
		if no.Scope == ledger.Site {
			s.message = fmt.Sprintf("The user's limit for this site is %s, and that many there are. Try again in %d s.", no.Name.Text(no.Limit), retry)
		} else {
			s.message = fmt.Sprintf("The user's limit of requests over all sites is used up. Try again in %d s.", retry)
		}
	case no.Need >= ledger.Most:
		s.message = "What this request can take has no bound that a limit could hold: it lets the provider use tools as often as it likes, or asks for more than any provider gives. Bound the tools (max_tool_calls), or ask for less."
	case no.Scope != ledger.Site:
		s.message = "A limit that the user has set over all sites does not leave enough for this request. " + resets + "the user can raise it in Oaklock."
	case no.Need > no.Limit:
		s.message = fmt.Sprintf("This request can take %s, which is more than the user's whole limit for this site of %s. Ask for a shorter answer, or ask the user to raise the limit in Oaklock.",
			no.Name.Amount(no.Need), no.Name.Text(no.Limit))
	default:
		held := ""
		if no.Held > 0 {
			held = ", and reserved for requests under way: " + no.Name.Amount(no.Held)
		}
		s.message = fmt.Sprintf("The user's limit for this site of %s does not leave enough. Used so far: %s%s. This request can take %s. %sthe user can raise it in Oaklock.",
			no.Name.Text(no.Limit), no.Name.Amount(no.Used), held, no.Name.Amount(no.Need), resets)
	}
	return s
}

// retryAfter is in how many seconds to try again.
func retryAfter(err error) int {
	if no := new(ledger.LimitError); errors.As(err, &no) {
		return max(1, int(math.Ceil(no.Retry.Seconds())))
	}
	return 1
}

// The headers that tell a page about money, in US dollars. X-Oaklock-Cost is what this answer cost, or, where the answer's
// head goes out before that is known, the most that it can; X-Oaklock-Left is what that leaves of the site's own limits.
const (
	costHeader = "X-Oaklock-Cost"
	leftHeader = "X-Oaklock-Left"
)

// tellCost sets the headers of an answer that a provider gave.
func (x *exchange) tellCost(read *reading) {
	h := x.w.Header()
	cost, known := x.worst.Cost, x.worst.Priced
	if read.whole || read.status >= 400 {
		b, c, _ := read.bill()
		if b != ledger.Whole {
			cost = c
		}
	}
	if !known {
		return
	}
	h[costHeader] = []string{money.Plain(cost)}
	if x.limited {
		h[leftHeader] = []string{money.Plain(max(0, x.left-cost))}
	}
}

// tellLeft sets the headers of an answer of Oaklock's own to a site that has a grant: it cost nothing, unless the provider may
// have had the request.
func (x *exchange) tellLeft() {
	id := providerOf(x.path)
	st, g := x.h.Grants.Lookup(x.origin, id)
	if st != grant.Granted {
		return
	}
	h := x.w.Header()
	if !x.reserved || x.worst.Priced {
		h[costHeader] = []string{money.Plain(x.cost)}
	}
	if left, limited := x.h.Ledger.SiteLeft(x.origin, id, g.Limits); limited {
		h[leftHeader] = []string{money.Plain(left)}
	}
}

// aheadSize is how much of an answer that does not come in events is read before its head goes out, so that the head can say
// what it cost: whatever is longer is told with an upper bound. 256 requests at once hold 16 MiB.
const aheadSize = 64 << 10

// ahead reads the answer if it is short, and gives a reader of all of it. An error says that it broke off.
func (r *reading) ahead(from io.Reader, resp *http.Response) (io.Reader, error) {
	if resp.ContentLength > aheadSize || !strings.Contains(resp.Header.Get("Content-Type"), "json") {
		return from, nil
	}
	var b bytes.Buffer
	b.Grow(int(max(resp.ContentLength, bytes.MinRead))) // one piece of memory where the length is known
	_, err := b.ReadFrom(io.LimitReader(from, aheadSize))
	start := b.Bytes()
	if err == nil && len(start) < aheadSize {
		r.whole, r.all = true, start
		_, _ = r.meter.Write(start) // alone: nothing has to be guessed from how much came
		return nil, nil             // there is nothing to read on
	}
	_, _ = r.Write(start)
	r.known = len(start)
	return io.MultiReader(bytes.NewReader(start), from), err
}

// cutShort ends a stream that took more than was reserved: with what is left of whole events, and an error event, which every
// client library throws. The connection is then aborted, so that no library takes what came for an answer.
func (x *exchange) cutShort(to io.Writer, rest []byte) error {
	if end := max(bytes.LastIndex(rest, []byte("\n\n")), bytes.LastIndex(rest, []byte("\r\n\r\n"))+2); end > 1 {
		if _, err := to.Write(rest[:end+2]); err != nil {
			return gone(err)
		}
	}
	s := lookUp(errOver)
	body, err := json.Marshal(errorBody(s))
	if err != nil {
		panic(http.ErrAbortHandler) // strings always marshal
	}
	// Two line ends first: should an event have begun, that ends it.
	if _, err := fmt.Fprintf(to, "\n\nevent: error\ndata: %s\n\n", body); err != nil {
		return gone(err)
	}
	if err := http.NewResponseController(x.w).Flush(); err != nil {
		return errPageGone
	}
	return errOver
}

// ended tells the brake how a request ended. What the page or the user ended says nothing about it.
func (x *exchange) ended(ctx context.Context, hold *ledger.Hold, out ledger.Outcome) {
	failed := out.Status >= 400
	if out.Code != "" && !failed || out.Status == statusPageGone {
		failed = out.Code == "upstream_cut" || out.Code == "upstream_timeout"
		if !failed {
			return
		}
	}
	if x.h.Brake.Ended(ctx, x.origin, hold.Cost(), failed) {
		x.h.Log.Warn("a site ran away and is paused", "origin", x.origin.String())
		x.h.Changed()
	}
}
