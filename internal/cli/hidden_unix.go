//go:build unix

package cli

import (
	"bytes"
	"errors"
	"io"
	"unicode"

	"golang.org/x/sys/unix"
)

// readHidden reads a line from the terminal without echo; Ctrl-D where nothing was typed is io.EOF. (term.ReadPassword takes that
// for a read that gave nothing, and goes on reading.) A line that must be alone is errLines where more was pasted with it: left there
// the rest would be the shell's, and stand in its history.
func readHidden(fd int, alone bool) (line string, err error) {
	before, err := unix.IoctlGetTermios(fd, getTerminal)
	if err != nil {
		return "", err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTerminal, &hidden); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unix.IoctlSetTermios(fd, setTerminal, before)) }()
	typed := make([]byte, 0, longestSecret) // it does not move while it grows, and leaves no copy behind
	defer func() { clear(typed) }()
	for len(typed) < longestSecret {
		var b [1]byte // what follows the line is somebody else's to read
		n, err := unix.Read(fd, b[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return "", err
		case n == 0 && len(typed) == 0:
			return "", io.EOF
		case n == 0 || b[0] == '\n': // Ctrl-D behind what was typed ends it too
			if alone && takeRest(fd, hidden) {
				return "", errLines
			}
			return string(typed), nil
		default:
			typed = append(typed, b[0])
		}
	}
	return "", errTooLong
}

// takeRest takes away what stands in the terminal and was not read, and says whether it was more than line ends.
func takeRest(fd int, hidden unix.Termios) (more bool) {
	hidden.Lflag &^= unix.ICANON // else a line without an end is not seen
	hidden.Cc[unix.VMIN], hidden.Cc[unix.VTIME] = 0, 0
	if unix.IoctlSetTermios(fd, setTerminal, &hidden) != nil {
		return false
	}
	b := make([]byte, 256)
	defer func() { clear(b) }()
	for {
		n, err := unix.Read(fd, b)
		if err != nil && !errors.Is(err, unix.EINTR) || err == nil && n == 0 {
			return more
		}
		more = more || bytes.IndexFunc(b[:max(n, 0)], unicode.IsPrint) >= 0
	}
}
