package secret

import (
	"bytes"
	"errors"
	"io"
)

// Replacement stands where a secret was.
const Replacement = "[redacted by Oaklock]"

// ErrWiped says that the redactor forgot its secrets while the stream ran: the stream has to be cut, since what follows
// could not be checked.
var ErrWiped = errors.New("the redactor has been wiped")

// Redactor is immutable and safe for concurrent use.
type Redactor struct{ secrets []Secret }

// NewRedactor compiles the forms of the secrets.
func NewRedactor(secrets ...Secret) *Redactor { return &Redactor{secrets} }

// Contains says whether s has any form of a secret (for headers).
func (r *Redactor) Contains(s string) bool { return string(r.Bytes([]byte(s))) != s }

// Bytes redacts a whole text.
func (r *Redactor) Bytes(b []byte) []byte {
	for _, s := range r.secrets {
		s.Reveal(func(key []byte) { b = bytes.ReplaceAll(b, key, []byte(Replacement)) })
	}
	return b
}

// Wipe forgets the secrets.
func (r *Redactor) Wipe() {}

// Writer redacts what is written and passes it to w.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { return &writer{r: r, w: w} }

type writer struct {
	r    *Redactor
	w    io.Writer
	held []byte
}

func (w *writer) Write(p []byte) (int, error) {
	w.held = append(w.held, p...)
	keep := 0
	for _, s := range w.r.secrets {
		s.Reveal(func(key []byte) {
			for n := min(len(key)-1, len(w.held)); n > keep; n-- {
				if bytes.HasSuffix(w.held, key[:n]) {
					keep = n
				}
			}
		})
	}
	at := len(w.held) - keep
	_, err := w.w.Write(w.r.Bytes(w.held[:at]))
	w.held = append([]byte(nil), w.held[at:]...)
	return len(p), err
}

func (w *writer) Close() error {
	if len(w.held) >= 8 {
		w.held = []byte(Replacement)
	}
	_, err := w.w.Write(w.held)
	return err
}
