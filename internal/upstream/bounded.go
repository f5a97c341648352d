package upstream

import (
	"errors"
	"net"

	"github.com/oaklock/oaklock/internal/nonblock"
)

// bounded is a connection from which so many more bytes may be read: net/http reads a head of any length.
type bounded struct {
	net.Conn
	left  int64
	first bool // what is read next is the first of an answer
	spin  nonblock.Spin
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("malformed HTTP response: its head is too long")
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	var n int
	var err error
	if b.first {
		b.first = false
		n, err = b.spin.Answer(b.Conn, p)
	} else {
		n, err = b.Conn.Read(p)
	}
	b.left -= int64(n)
	return n, err
}
