//go:build unix

package cli

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// readHidden reads a line from the terminal without echo; Ctrl-D where nothing was typed is io.EOF. (term.ReadPassword takes that
// for a read that gave nothing, and goes on reading.)
func readHidden(fd int) (line string, err error) {
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
			return string(typed), nil
		default:
			typed = append(typed, b[0])
		}
	}
	return "", errors.New("it is too long")
}
