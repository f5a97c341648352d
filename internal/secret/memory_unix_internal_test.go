//go:build linux || darwin

package secret

import (
	"bytes"
	"testing"
)

// What is given back to the system is zeroed before: a copy that the system has made of the page, in a swap file or a snapshot, is not
// ours any more to wipe.
func TestReleaseWipes(t *testing.T) {
	b := bytes.Repeat([]byte("key"), 100) // the system gave none of it, so that it is still there to be looked at
	p := &page{bytes: b[:5:5], whole: b}
	p.release()
	if !bytes.Equal(b, make([]byte, len(b))) || p.bytes != nil || p.whole != nil {
		t.Errorf("left behind: %q", b)
	}
}
