// Package bus opens connections to D-Bus, of which each part of the desktop has one of its own: [Session] to the user's bus, [Open]
// to one by its address. There are some on Linux alone.
//
// It looks for the bus by itself because godbus would run dbus-launch where there is none, which leaves a stray bus behind; and no
// connection is godbus' one of the process because go-keyring takes the first signal on that one, whichever it is, for the answer
// to its prompt.
package bus

import (
	"errors"
	"time"
)

// Wait is how long a bus may take for an answer. It answers within a millisecond unless it is stuck.
const Wait = 2 * time.Second

// ErrNone says that there is no bus.
var ErrNone = errors.New("there is no such bus")
