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
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counted counts the connections that a provider serves.
func counted(serve func(net.Conn)) (func(net.Conn), *atomic.Int32) {
	var made atomic.Int32
	return func(c net.Conn) { made.Add(1); serve(c) }, &made
}

// post is a request with a body of so many bytes.
func post(ctx context.Context, t *testing.T, url string, bytes int) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(strings.Repeat("x", bytes)))
	if err != nil {
		t.Fatal(err)
	}
	r.GetBody = nil
	return r
}

// says answers with a text, whatever is asked, and hangs up last.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, text)
		}
	}
}

// A connection serves again after a whole answer alone, when nothing is left on it and both sides want it to. These providers leave
// it open, so that nothing but what came tells.
func TestWhenAConnectionServesAgain(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	read := func(t *testing.T, _ context.CancelFunc, resp *http.Response) {
		if b, err := io.ReadAll(resp.Body); err != nil || len(b) > 2 {
			t.Errorf("%q, %v", b, err)
		}
	}
	plain := func(*http.Request) {}
	for name, c := range map[string]struct {
		serve  func(net.Conn)
		change func(*http.Request)
		read   func(*testing.T, context.CancelFunc, *http.Response)
		again  bool
	}{
		"a whole answer":      {says(ok), plain, read, true},
		"chunks":              {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: y\r\n\r\n"), plain, read, true},
		"nothing":             {says("HTTP/1.1 204 No Content\r\n\r\n"), plain, read, true},
		"an old one that may": {says("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"), plain, read, true},
		"an old one":          {says("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), plain, read, false},
		"it says that it closes": {says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), plain, read,
			false},
		"another protocol":      {says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), plain, read, false},
		"something behind it":   {says(ok + ok), plain, read, false},
		"asked for one request": {says(ok), func(r *http.Request) { r.Close = true }, read, false},
		"read in part": {says(ok), plain, func(t *testing.T, _ context.CancelFunc, resp *http.Response) {
			if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
				t.Error(err)
			}
		}, false},
		"read in part, and the rest is to come": {func(c net.Conn) {
			defer c.Close()
			for in := bufio.NewReader(c); ; {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, ok[:len(ok)-1])
				_, _ = io.WriteString(c, ok[len(ok)-1:])
			}
		}, plain, func(t *testing.T, _ context.CancelFunc, resp *http.Response) {
			if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
				t.Error(err)
			}
		}, false},
		"not read": {says(ok), plain, func(*testing.T, context.CancelFunc, *http.Response) {}, false},
		"given up before the end was read": {says(ok), plain, func(t *testing.T, giveUp context.CancelFunc, resp *http.Response) {
			giveUp()
			synctest.Wait()
			read(t, giveUp, resp)
		}, false},
		"the request was not taken": {func(c net.Conn) {
			_, _ = bufio.NewReaderSize(c, 16).ReadByte()
			time.Sleep(writeTimeout + time.Millisecond)
			_, _ = io.WriteString(c, ok)
			swallow(c)
		}, plain, read, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := New(nil)
				serve, made := counted(c.serve)
				wait := elsewhere(u, serve)
				for range 2 {
					ctx, cancel := context.WithCancel(t.Context())
					r := post(ctx, t, "http://127.0.0.1:1", 8<<10)
					c.change(r)
					resp, err := u.RoundTrip(r)
					if err != nil {
						t.Fatal(err)
					}
					c.read(t, cancel, resp)
					_ = resp.Body.Close()
					cancel()
				}
				want := map[bool]int32{true: 1, false: 2}[c.again]
				if n := made.Load(); n != want {
					t.Errorf("%d connections, want %d", n, want)
				}
				u.CloseIdleConnections()
				wait()
			})
		})
	}
}

// late is a connection on which the end of an exchange comes just before its deadline is set.
type late struct {
	net.Conn
	armed bool
	ended chan struct{}
}

func (l *late) SetDeadline(t time.Time) error {
	err := l.Conn.SetDeadline(t)
	close(l.ended)
	return err
}

func (l *late) SetWriteDeadline(t time.Time) error {
	if l.armed {
		<-l.ended
	}
	return l.Conn.SetWriteDeadline(t)
}

// A request whose page is gone is not sent, also where a connection is there already.
func TestWhatNobodyWantsIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := New(nil)
		came := make(chan struct{}, 10)
		wait := elsewhere(u, func(c net.Conn) {
			defer c.Close()
			for in := bufio.NewReader(c); ; {
				if _, err := in.Peek(1); err != nil {
					return
				}
				came <- struct{}{}
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		})
		var conn *late
		dial := u.dialer.tcp
		u.dialer.tcp = func(ctx context.Context, addr string) (net.Conn, error) {
			c, err := dial(ctx, addr)
			conn = &late{Conn: c, ended: make(chan struct{})}
			return conn, err
		}
		if _, err := asked(t, u, "http://127.0.0.1:1"); err != nil {
			t.Fatal(err)
		}
		<-came
		conn.armed = true
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := u.RoundTrip(post(ctx, t, "http://127.0.0.1:1", 2)); !errors.Is(err, context.Canceled) { //nolint:bodyclose // there is none
			t.Error(err)
		}
		synctest.Wait()
		if len(came) > 0 {
			t.Error("it was sent")
		}
		u.CloseIdleConnections()
		wait()
	})
}

// What is kept for one address serves no other, and of one address no more is kept than maxIdle.
func TestWhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := New(nil)
		var mu sync.Mutex
		made := map[string]int{}
		answer := make(chan struct{})
		var all sync.WaitGroup
		u.dialer.tcp = func(_ context.Context, addr string) (net.Conn, error) {
			mu.Lock()
			made[addr]++
			mu.Unlock()
			here, there := net.Pipe()
			all.Go(func() {
				defer there.Close()
				for in := bufio.NewReader(there); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					<-answer
					_, _ = io.WriteString(there, "HTTP/1.1 200 OK\r\nContent-Length: "+map[bool]string{true: "1\r\n\r\na", false: "2\r\n\r\nbb"}[addr == "127.0.0.1:1"])
				}
			})
			return here, nil
		}
		ask := func(url, want string) {
			resp, err := u.RoundTrip(post(t.Context(), t, url, 2))
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := io.ReadAll(resp.Body); err != nil || string(b) != want {
				t.Errorf("%s: %q, %v", url, b, err)
			}
			_ = resp.Body.Close()
		}
		const crowd = maxIdle + 10
		var asking sync.WaitGroup
		for range crowd {
			asking.Go(func() { ask("http://127.0.0.1:1", "a") })
		}
		synctest.Wait() // all are under way at once
		close(answer)
		asking.Wait()
		ask("http://127.0.0.1:2", "bb")
		ask("http://127.0.0.1:1", "a")
		if made["127.0.0.1:1"] != crowd || made["127.0.0.1:2"] != 1 {
			t.Errorf("connections: %v", made)
		}
		u.plain.mu.Lock()
		if n := len(u.plain.idle["127.0.0.1:1"]); n != maxIdle {
			t.Errorf("%d connections are kept, want %d", n, maxIdle)
		}
		u.plain.mu.Unlock()
		u.CloseIdleConnections()
		all.Wait()
	})
}

// A long request has its answer though the provider does not read all of it, and a connection of its own.
func TestALongRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := New(nil)
		serve, made := counted(func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
			}
			time.Sleep(time.Minute)
			_ = c.Close()
		})
		wait := elsewhere(u, serve)
		for range 2 {
			start := time.Now()
			resp, err := u.RoundTrip(post(t.Context(), t, "http://127.0.0.1:1", 256<<10+1))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "no" || resp.StatusCode != http.StatusRequestEntityTooLarge || time.Since(start) > time.Second {
				t.Errorf("after %v: %d %q, %v", time.Since(start), resp.StatusCode, b, err)
			}
			_ = resp.Body.Close()
		}
		if n := made.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
		u.CloseIdleConnections()
		wait()
	})
	synctest.Test(t, func(t *testing.T) { // also where the provider would keep it
		u := New(nil)
		serve, made := counted(oblige)
		wait := elsewhere(u, serve)
		for range 2 {
			resp, err := u.RoundTrip(post(t.Context(), t, "http://127.0.0.1:1", 256<<10+1))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		if n := made.Load(); n != 2 {
			t.Errorf("%d connections of a provider that keeps them", n)
		}
		u.CloseIdleConnections()
		wait()
	})
}

// The bound of a head is none of the body's, and holds anew for the next head.
func TestALongAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := New(nil)
		wait := elsewhere(u, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("400\r\n"+strings.Repeat("x", 1<<10)+"\r\n", 1<<10)+"0\r\n\r\n"))
		for range 3 {
			resp, err := u.RoundTrip(post(t.Context(), t, "http://127.0.0.1:1", 2))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != 1<<20 {
				t.Errorf("%d bytes, %v", n, err)
			}
			_ = resp.Body.Close()
		}
		u.CloseIdleConnections()
		wait()
	})
}

// A WebSocket opens within 15 s, or not at all: over plain HTTP and over TLS, whatever it is that does not come.
func TestHowLongAWebSocketMayTakeToOpen(t *testing.T) {
	for name, c := range map[string]struct {
		url   string
		serve func(net.Conn)
		want  time.Duration
	}{
		"nobody answers":     {"http://127.0.0.1:1/x", nil, 10 * time.Second},
		"the answer":         {"http://127.0.0.1:1/x", swallow, 15 * time.Second},
		"half of the answer": {"http://127.0.0.1:1/x", half, 15 * time.Second},
		"it does not end":    {"http://127.0.0.1:1/x", trickle, 15 * time.Second},
		"TLS":                {"https://example.com/x", swallow, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := New(nil)
				defer elsewhere(u, c.serve)()
				start := time.Now()
				conn, err := u.DialSocket(t.Context(), c.url, http.Header{}, nil)
				if err == nil {
					_ = conn.Close()
				}
				if took := time.Since(start); err == nil || took != c.want {
					t.Errorf("given up after %v: %v; want %v", took, err, c.want)
				}
				// A page that leaves meanwhile ends it at once.
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, leave)
				start = time.Now()
				conn, err = u.DialSocket(ctx, c.url, http.Header{}, nil)
				if err == nil {
					_ = conn.Close()
				}
				if took := time.Since(start); !errors.Is(err, context.Canceled) || took != 3*time.Second {
					t.Errorf("ended after %v: %v; want 3s", took, err)
				}
			})
		})
	}
}
