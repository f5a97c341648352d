package secret

import (
	"errors"
	"io"
)

var errClosed = errors.New("write to a closed redactor")

// Writer redacts what is written and passes it to w before Write returns, holding back only an end that may be the start
// of a secret. The output does not depend on how the input was cut. Close passes on or redacts what is held; it does not
// close w. A Writer is for one goroutine, and fails for good once w fails or the Redactor is wiped.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &writer{r: r, w: w} }

type writer struct {
	r *Redactor
	w io.Writer

	held []byte // the proper prefix of a pattern
	skip int    // how many bytes of held belong to an occurrence already replaced
	out  []byte // redacted text on its way to w
	err  error
}

func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	rest, ok := w.redact(p)
	if !ok {
		return 0, w.fail(ErrWiped)
	}
	// No lock is held here: w may be a page that reads slowly.
	if err := w.pass(w.out); err != nil {
		return 0, err
	}
	if err := w.pass(rest); err != nil {
		return 0, err
	}
	return len(p), nil
}

// redact fills w.out and says which part of p goes out after it as it is.
func (w *writer) redact(p []byte) (rest []byte, ok bool) {
	if r := w.r; r != nil {
		r.mu.RLock()
		defer r.mu.RUnlock()
		if r.table == nil {
			return nil, false
		}
		return w.redactWith(r.table, p), true
	}
	w.out = w.out[:0]
	return p, true
}

func (w *writer) redactWith(t *table, p []byte) (rest []byte) {
	w.out = w.out[:0]
	if w.held == nil {
		w.held = make([]byte, 0, 2*t.longest) // never grows, so no copy of a held tail stays behind
	}
	if len(w.held) > 0 {
		// Join the held tail with as much as can still belong to an occurrence that starts in it. The new tail is then
		// shorter than what was joined, thus lies in p, and the rest of p needs no copy.
		n := min(len(p), t.longest-1)
		w.held = append(w.held, p[:n]...)
		var tail int
		w.out, tail, w.skip = t.appendRedacted(w.out, w.held, w.skip)
		if n == len(p) {
			kept := copy(w.held, w.held[tail:])
			clear(w.held[kept:])
			w.held = w.held[:kept]
			return nil
		}
		p = p[n-(len(w.held)-tail):]
		clear(w.held)
		w.held = w.held[:0]
	}
	start, end := t.next(p, 0, false)
	tail := start
	if end == 0 {
		rest = p[min(w.skip, start):start]
		w.skip = max(w.skip-start, 0)
	} else {
		w.out, tail, w.skip = t.appendRedacted(w.out, p, w.skip)
	}
	w.held = append(w.held, p[tail:]...)
	return rest
}

// Close is safe to call twice.
func (w *writer) Close() error {
	if w.err != nil {
		if errors.Is(w.err, errClosed) {
			return nil
		}
		return w.err
	}
	w.out = w.out[:0]
	if !w.r.read(func(t *table) { w.out = t.appendLast(w.out, w.held, w.skip) }) {
		return w.fail(ErrWiped)
	}
	if err := w.pass(w.out); err != nil {
		return err
	}
	_ = w.fail(errClosed)
	return nil
}

func (w *writer) pass(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := w.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return w.fail(err)
	}
	return nil
}

// fail ends the writer, and forgets what it held: the beginning of a secret.
func (w *writer) fail(err error) error {
	clear(w.held[:cap(w.held)])
	w.held, w.err = nil, err
	return err
}
