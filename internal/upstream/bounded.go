package upstream

import (
	"errors"
	"net"
)

// bounded is a connection from which so many more bytes may be read: net/http reads a head of any length.
type bounded struct {
	net.Conn
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("malformed HTTP response: its head is too long")
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.Conn.Read(p)
	b.left -= int64(n)
	return n, err
}
