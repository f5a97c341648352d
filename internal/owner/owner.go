// Package owner says whose a process or a folder is on Windows, and makes folders that nobody else can enter. Elsewhere the system
// says whose something is in a number, which whoever asks compares by themselves.
package owner

import "errors"

var (
	// ErrOther says that something belongs to another user of the machine.
	ErrOther = errors.New("it is of another user")
	// ErrOpen says that other users of the machine have access to something.
	ErrOpen = errors.New("other users have access to it")
)
