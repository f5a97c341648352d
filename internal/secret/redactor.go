package secret

import (
	"errors"
	"runtime"
	"sync"
)

// Replacement stands where a secret was. Occurrences that overlap are one.
const Replacement = "[redacted by Oaklock]"

// ErrWiped says that the redactor forgot its secrets while the stream ran. The stream has to be cut: what follows could
// not be checked.
var ErrWiped = errors.New("the redactor has been wiped")

// Redactor takes secrets out of text. It is immutable until Wipe, and safe for concurrent use. A nil Redactor knows no
// secret.
//
// It finds a secret of at least 8 bytes raw, in base64 (both alphabets, wherever it stands in the encoded text), in hex
// (lower or upper case), as part of a JSON string or of a URL as the encoders of jsonStyles and urlStyles write them; one of 6 or 7 bytes only raw; a shorter one not at all,
// since it would be found in ordinary text. At the end of a text a piece of at least 8 bytes that begins like one of
// these forms counts as the whole: an echo that was cut would leak nearly all of the key.
//
// Its patterns lie in locked memory like a [Secret]'s bytes.
type Redactor struct {
	free runtime.Cleanup

	mu    sync.RWMutex
	table *table // nil once wiped
	page  *page  // what the patterns lie in; nil without patterns
}

// NewRedactor compiles the forms of the secrets; wiped ones and zero values are left out. Should the system have no memory
// for it, what comes back behaves as if Wipe had been called, since a redactor that misses a secret must not exist.
func NewRedactor(secrets ...Secret) *Redactor {
	r := &Redactor{table: newTable(nil)}
	room := 0
	for _, s := range secrets {
		s.Reveal(func(b []byte) { room += need(b) })
	}
	if room == 0 {
		return r
	}
	p, err := newPage(room)
	if err != nil {
		r.table = nil
		return r
	}
	forms := formSet{room: p.bytes}
	for _, s := range secrets {
		s.Reveal(forms.addAll) // not more than was counted: a secret can only be wiped meanwhile
	}
	r.table, r.page = newTable(forms.patterns), p
	r.free = runtime.AddCleanup(r, (*page).release, p)
	return r
}

// Wipe zeroes the patterns, and waits for calls that read them. From then on every text is taken for a secret: a Writer
// and Whole fail with [ErrWiped], Contains is true, and Bytes gives [Replacement] alone.
func (r *Redactor) Wipe() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.table == nil {
		return
	}
	r.table.wipe()
	r.table = nil
	if r.page != nil {
		r.free.Stop()
		r.page.release()
		r.page = nil
	}
}

// read runs f with the table, or returns false without it if there is none any more.
func (r *Redactor) read(f func(t *table)) bool {
	if r == nil {
		f(&table{})
		return true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.table == nil {
		return false
	}
	f(r.table)
	return true
}

// Contains reports whether Bytes would change s. It is for what is dropped whole, such as a header.
func (r *Redactor) Contains(s string) bool {
	if s == "" {
		return false
	}
	found := true
	r.read(func(t *table) {
		data := []byte(s)
		defer clear(data)
		start, end := t.next(data, 0, false)
		for start < len(data) && end == 0 && len(data)-start < shortestForm { // too short a piece to count
			start, end = t.next(data, start, true)
		}
		found = start < len(data)
	})
	return found
}

// Bytes redacts a whole text, all of it where the secrets are wiped. The result may be b itself, if there is nothing to redact;
// b is never changed.
func (r *Redactor) Bytes(b []byte) []byte {
	out, err := r.Whole(b)
	if err != nil {
		return []byte(Replacement)
	}
	return out
}

// Whole is Bytes with the error [ErrWiped].
func (r *Redactor) Whole(b []byte) (out []byte, err error) {
	if len(b) == 0 {
		return b, nil
	}
	ok := r.read(func(t *table) {
		if start, _ := t.next(b, 0, false); start == len(b) {
			out = b
			return
		}
		var tail, skip int
		out, tail, skip = t.appendRedacted(nil, b, 0)
		out = t.appendLast(out, b[tail:], skip)
	})
	if !ok {
		return nil, ErrWiped
	}
	return out, nil
}

// appendRedacted appends to out what is certain about data, of which the first skip bytes have been redacted before. The
// caller keeps data[tail:], the proper prefix of a pattern, and puts what comes next behind it; skip of its bytes have
// been redacted.
//
// Occurrences that start in the tail are left for later, even whole ones: they may be part of a longer one. That makes
// the output the same however the text is cut.
func (t *table) appendRedacted(out, data []byte, skip int) (_ []byte, tail, skipTail int) {
	done := skip
	for from := 0; ; {
		start, end := t.next(data, from, false)
		if end == 0 { // the tail
			if start > done {
				out = append(out, data[done:start]...)
			}
			return out, start, max(done-start, 0)
		}
		if start >= done {
			out = append(out, data[done:start]...)
			out = append(out, Replacement...)
		}
		done = max(done, end)
		from = start + 1
	}
}

// appendLast appends what becomes of the tail when nothing comes any more.
func (t *table) appendLast(out, tail []byte, skip int) []byte {
	if len(tail) >= shortestForm {
		if skip == 0 {
			out = append(out, Replacement...)
		}
		return out
	}
	done := skip
	for from := 0; ; {
		start, end := t.next(tail, from, true)
		if end == 0 {
			return append(out, tail[done:]...)
		}
		if start >= done {
			out = append(out, tail[done:start]...)
			out = append(out, Replacement...)
		}
		done = max(done, end)
		from = start + 1
	}
}
