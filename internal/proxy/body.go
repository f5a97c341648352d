package proxy

import (
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/provider"
)

// startSize is how much of a body is read before the site is known to be allowed. A body that fits lets the server watch
// the connection, so that a tab closed while its request is held is noticed at once; and 64 held requests of this size
// are 16 MiB, whatever sizes they declare.
const startSize = 256 << 10

// body is a request's body in memory, as far as it was read.
type body struct {
	b    []byte
	held int64 // bytes taken from the budget
	size int64 // bytes read, also after release
	done bool
}

// readStart reads what may be read before a grant is there, and looks into it if that is all.
func (x *exchange) readStart() error {
	if x.r.ContentLength > MaxBody {
		return errTooLarge
	}
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		x.body.done = true
		return x.inspect()
	}
	// The media type alone tells an attack: a form post needs no preflight, and may be text/plain.
	if err := x.route.CheckMediaType(x.r.Header.Get("Content-Type")); err != nil {
		return err
	}
	if err := x.read(startSize); err != nil || !x.body.done {
		return err
	}
	return x.inspect()
}

// readRest reads the rest of the body once the site is known to be allowed.
func (x *exchange) readRest() error {
	if x.body.done {
		return nil
	}
	if err := x.read(MaxBody); err != nil {
		return err
	}
	if !x.body.done {
		return errTooLarge
	}
	return x.inspect()
}

// read reads on until the body ends or is max bytes long, each pause bounded.
func (x *exchange) read(limit int) error {
	rc := http.NewResponseController(x.w)
	for first := len(x.body.b) == 0; len(x.body.b) <= limit; first = false {
		if err := x.grow(limit); err != nil {
			return err
		}
		if !first { // the listener has set it for the first read
			_ = rc.SetReadDeadline(time.Now().Add(admission.BodyTimeout))
		}
		room := x.body.b[len(x.body.b) : cap(x.body.b)-provider.EditRoom]
		n, err := x.r.Body.Read(room)
		x.body.b = x.body.b[:len(x.body.b)+n]
		x.body.size += int64(n)
		if errors.Is(err, io.EOF) {
			// From here on the server waits for the page's next byte, to notice that the page is gone.
			_ = rc.SetReadDeadline(time.Time{})
			x.body.done = true
			return nil
		}
		if err != nil {
			return errBodyCut
		}
	}
	return nil
}

// grow makes room: the declared size at once where there is one, else by doubling, all of it out of the budget. Some room is
// kept for what is written into the body later.
func (x *exchange) grow(limit int) error {
	old := max(cap(x.body.b)-provider.EditRoom, 0)
	if len(x.body.b) < old {
		return nil
	}
	want := max(2*old, 4<<10)
	if n := x.r.ContentLength; n >= 0 {
		want = int(n) + 1 // one more, so that the end is seen without growing again
	}
	want = min(want, limit+1)
	if want <= old {
		want = 2 * old
	}
	want += provider.EditRoom
	if !x.h.bodies.TryAcquire(int64(want)) {
		return errBusy
	}
	bigger := make([]byte, len(x.body.b), want)
	copy(bigger, x.body.b)
	x.h.bodies.Release(x.body.held)
	x.body.b, x.body.held = bigger, int64(want)
	return nil
}

func (b *body) release(s *semaphore.Weighted) {
	s.Release(b.held)
	b.b, b.held = nil, 0
}

// reckon finds out what the request can take under a grant, and makes of its body what is sent. The ceiling that is written in
// is the least of the limits of an answer where that is lower than the setting.
func (x *exchange) reckon(g *grant.Grant) {
	pr, priced := x.h.Prices().Find(x.route.Provider.ID, x.facts.Model)
	priced = priced || x.route.Provider.Free()
	x.price = pr
	x.shape = brake.ShapeOf(x.route.Provider.ID, x.route.Endpoint.String(), x.facts.Model, x.body.b)
	rq := x.entry()
	rq.Grant = g
	ceiling := x.route.Ceiling(x.facts, pr, x.h.Ceiling(), x.h.Ledger.LongestAnswer(rq))
	x.worst = x.route.Worst(x.facts, x.r.Header.Get("Content-Type"), x.body.b, pr, priced, ceiling)
	x.body.b, x.asked = x.route.Prepare(x.facts, x.body.b, ceiling)
}

// inspect reads what policy needs out of the whole body.
func (x *exchange) inspect() error {
	f, err := x.route.Inspect(x.r.Header.Get("Content-Type"), x.body.b)
	x.facts = f
	if errors.Is(err, provider.ErrStoredData) && f.Stored != nil {
		return nil // reach decides, once the grant is known
	}
	if err != nil && !errors.Is(err, provider.ErrBadBody) && !errors.Is(err, provider.ErrMediaType) && !errors.Is(err, provider.ErrStoredData) {
		return provider.ErrBadBody
	}
	return err
}
