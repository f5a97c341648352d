// Package secret holds a credential's bytes so that they cannot be printed, and takes them out of everything that goes
// back to a page.
//
// A [Secret] prints as "[secret]" whatever the verb. A [Redactor] replaces every occurrence of its secrets, also in
// base64 and hex form and however the bytes are split, in a stream that it never delays. [LogHandler] does the same for
// log lines.
//
// What this package cannot do: it does not know copies that others make, such as the header of a request on its way out,
// and it does not recognise a secret that was reversed, encrypted, or cut into pieces on purpose.
package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
)

// ErrEmpty says that there are no bytes to keep.
var ErrEmpty = errors.New("the key is empty")

// Secret is a credential's bytes. Copies share the same memory; Wipe ends them all. The zero value is no secret.
type Secret struct{ b *buffer }

// buffer is the one place where the bytes are. It lies outside the Go heap, so that the garbage collector never copies it.
type buffer struct {
	free runtime.Cleanup

	mu   sync.RWMutex
	page *page // nil once wiped
}

// New takes a copy of b in locked memory and wipes b, also when it fails. It fails with [ErrEmpty] or when the system has
// no memory left. A Secret that is dropped without Wipe is wiped when the garbage collector finds it.
func New(b []byte) (Secret, error) {
	defer clear(b)
	if len(b) == 0 {
		return Secret{}, ErrEmpty
	}
	p, err := newPage(len(b))
	if err != nil {
		return Secret{}, fmt.Errorf("memory for a key: %w", err)
	}
	copy(p.bytes, b)
	s := Secret{&buffer{page: p}}
	s.b.free = runtime.AddCleanup(s.b, (*page).release, p)
	return s, nil
}

// IsZero reports whether there is no secret: the zero value, or one that was wiped.
func (s Secret) IsZero() bool { return !s.Reveal(func([]byte) {}) }

// Reveal calls f with the bytes and returns true, or returns false without calling f if there are none: the zero value,
// or a secret wiped meanwhile. The bytes are gone when f returns: f must neither keep nor change them, and must not call
// Wipe, which waits for it. Only internal/provider may call Reveal (a test holds that).
//
// It takes a function because Wipe gives the memory back: a slice handed out would be read after that.
func (s Secret) Reveal(f func(b []byte)) bool {
	if s.b == nil {
		return false
	}
	s.b.mu.RLock()
	defer s.b.mu.RUnlock()
	if s.b.page == nil {
		return false
	}
	f(s.b.page.bytes)
	return true
}

// Equal compares with b, in a time that does not depend on the content. No secret equals nothing, not even empty bytes.
func (s Secret) Equal(b []byte) bool {
	equal := false
	s.Reveal(func(own []byte) { equal = subtle.ConstantTimeCompare(own, b) == 1 })
	return equal
}

// MAC is HMAC-SHA256 of a message with the secret as its key, for a secret that is never sent anywhere; false if there is no
// secret any more.
func (s Secret) MAC(message []byte) (sum [sha256.Size]byte, ok bool) {
	ok = s.Reveal(func(b []byte) {
		h := hmac.New(sha256.New, b)
		h.Write(message)
		copy(sum[:], h.Sum(nil))
	})
	return sum, ok
}

// notePrefix begins what is kept beside secrets and is none. No provider's key begins so.
const notePrefix = "oaklock-note: "

// NewNote is a text that is no secret, as a vault keeps it.
func NewNote(text string) []byte { return []byte(notePrefix + text) }

// Note is the text that [NewNote] made, and false for everything else: a credential does not come out this way.
func (s Secret) Note() (text string, ok bool) {
	s.Reveal(func(b []byte) {
		var note []byte
		if note, ok = bytes.CutPrefix(b, []byte(notePrefix)); ok {
			text = string(note)
		}
	})
	return text, ok
}

// hintLength is how many characters people are used to see of a key.
const hintLength = 4

// Hint is the last four characters, or fewer for a short secret: never more than a quarter of it. Whatever is not
// printable ASCII shows as a dot.
func (s Secret) Hint() string {
	var hint []byte
	s.Reveal(func(b []byte) {
		hint = append(hint, b[len(b)-min(hintLength, len(b)/4):]...)
	})
	for i, c := range hint {
		if c <= ' ' || c > '~' {
			hint[i] = '.'
		}
	}
	return string(hint)
}

// Wipe zeroes and gives back the memory; all copies become empty. Safe to call twice, and while others Reveal: it waits
// for them.
func (s Secret) Wipe() {
	if s.b == nil {
		return
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.b.page == nil {
		return
	}
	s.b.free.Stop()
	s.b.page.release()
	s.b.page = nil
}

const shown = "[secret]"

// String is "[secret]", for the zero value too: printing does not even tell whether there is one.
func (s Secret) String() string { return shown }

// GoString is "[secret]".
func (s Secret) GoString() string { return shown }

// Format prints "[secret]" for every verb, %x and %p included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(shown)) }

// MarshalText is "[secret]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }

// MarshalJSON is "[secret]" in quotes.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

// LogValue is "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(shown) }
