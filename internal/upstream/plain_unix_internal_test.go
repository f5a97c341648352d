//go:build unix

package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// chatty is a provider that says ok to each request, and behind with the same bytes; and later when it is told to. It hangs up last.
func chatty(t *testing.T, behind, later string) (url string, tell func(), connections func() int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told, said := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	n := 0
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			n++
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				from := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(from)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"+behind)
					if later == "" {
						continue
					}
					select {
					case <-told:
					case <-ctx.Done():
						return
					}
					_, _ = io.WriteString(c, later)
					said <- struct{}{}
				}
			})
		}
	})
	t.Cleanup(func() { cancel(); _ = l.Close(); all.Wait() })
	return "http://" + l.Addr().String(), func() { told <- struct{}{}; <-said }, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// arrived waits until something has come on the connection that is kept to an address, and leaves it there.
func (p *Plain) arrived(t *testing.T, addr string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[addr]) == 0 {
		t.Fatal("no connection is kept")
	}
	fd, err := p.idle[addr][0].Conn.(syscall.Conn).SyscallConn()
	if err == nil {
		err = fd.Read(func(fd uintptr) bool {
			_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
			return !errors.Is(err, syscall.EAGAIN)
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What a provider says unasked, at once behind an answer or while its connection is kept, is not the next request's answer.
func TestUnaskedBytesAreNoAnswer(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	for name, c := range map[string]struct {
		behind, later string
		connections   int // after three requests
	}{
		"nothing":    {"", "", 1},
		"an answer":  {poison, "", 3},
		"a line end": {"\r\n", "", 3},
		"later":      {"", poison, 3},
		"later, x":   {"", "x", 3},
	} {
		t.Run(name, func(t *testing.T) {
			url, tell, connections := chatty(t, c.behind, c.later)
			var p Plain
			defer p.CloseIdleConnections()
			for range 3 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := p.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || string(body) != "ok" {
					t.Errorf("%q, %v", body, err)
				}
				if c.later != "" {
					tell()
					p.arrived(t, strings.TrimPrefix(url, "http://"))
				}
			}
			if n := connections(); n != c.connections {
				t.Errorf("%d connections, want %d", n, c.connections)
			}
		})
	}
}
