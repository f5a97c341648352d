// Package clipboard puts a text on the desktop's clipboard from a program that has no window.
//
// [Clipboard.Set] copies, and the text can be pasted until another program copies something, or [Clipboard.Close]. Where it
// returns nil the text is there: no way is tried whose outcome cannot be known, so that nobody pastes something else.
// It is for text that everybody may read. It never reads what is on the clipboard.
//
// On X the clipboard is a conversation: who has copied hands the text to whoever pastes, so this keeps a connection of its own to the
// X server for as long as the text is on the clipboard. On Wayland only a program with the focus may copy; wl-copy
// knows how to get around that. Windows and macOS have programs of their own (not tested).
package clipboard

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrNoWay means that nothing here can copy without a window.
var ErrNoWay = errors.New("nothing here can copy without a window")

// patience is how long a program may take that copies.
const patience = 2 * time.Second

// Clipboard is the desktop's. The zero value is ready for use.
type Clipboard struct {
	mu   sync.Mutex
	held *held // guarded by mu; what was copied last, where this process hands it out
}

// run gives the text to a program that copies what it reads and then goes on without us.
func run(text, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return ErrNoWay
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // named in this package
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
