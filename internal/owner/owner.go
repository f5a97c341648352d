// Package owner says on Windows whose a process is. Elsewhere the system says it in a number, which whoever asks compares.
package owner

import "errors"

// ErrOther says that something belongs to another user of the machine.
var ErrOther = errors.New("it is of another user")
