package secret

import (
	"errors"
	"io"
)

// CONTRACT: signatures are fixed, bodies to be written (split into secret.go, redactor.go, memory_*.go).

type buffer struct{}

var ErrEmpty = errors.New("the key is empty")

// New takes a copy of b in locked memory and wipes b.
func New(b []byte) (Secret, error) { panic("contract") }
func (s Secret) IsZero() bool      { panic("contract") }

// Reveal is the bytes; the caller must not keep or change them. Only internal/provider may call it (a test holds that).
func (s Secret) Reveal() []byte { panic("contract") }

// Equal compares in constant time.
func (s Secret) Equal(b []byte) bool { panic("contract") }

// Hint is the last four characters, or fewer for a short secret: never more than a quarter of it.
func (s Secret) Hint() string { panic("contract") }

// Wipe zeroes and unlocks the memory; all copies become empty. Safe to call twice and while others Reveal.
func (s Secret) Wipe() { panic("contract") }

// Redactor is immutable and safe for concurrent use.
type Redactor struct{}

// NewRedactor compiles the forms (raw, base64 std/url at three alignments, hex lower/upper) of the secrets.
func NewRedactor(secrets ...Secret) *Redactor { panic("contract") }

// Contains says whether s has any form of a secret (for headers).
func (r *Redactor) Contains(s string) bool { panic("contract") }

// Bytes redacts a whole text.
func (r *Redactor) Bytes(b []byte) []byte { panic("contract") }

// Writer redacts what is written and passes it to w at once, holding back only a tail that may be the start of a secret.
// Flush: nothing to do; Close passes on or redacts the held tail, and does not close w.
func (r *Redactor) Writer(w io.Writer) io.WriteCloser { panic("contract") }
