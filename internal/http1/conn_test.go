package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/http1"
)

func TestMain(m *testing.M) {
	// net/http's server, which is asked beside ours, leaves a connection half open for half a second
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// pipes is a listener whose connections are in memory, so that time can be played.
type pipes struct {
	c    chan net.Conn
	done chan struct{}
	once sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.c:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.c <- there
	return here
}

// served starts a server on connections in memory. ended closes it.
func served(t *testing.T, s *http1.Server) (dial func() net.Conn, ended func()) {
	t.Helper()
	s.MaxHead = maxHead
	p := &pipes{c: make(chan net.Conn), done: make(chan struct{})}
	over := make(chan error, 1)
	go func() { over <- s.Serve(p) }()
	return p.dial, func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-over; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// receive reads an answer.
func receive(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A request's context ends when its page goes away, also after a body, and not before.
func TestTheContextEndsWithThePage(t *testing.T) {
	for name, request := range map[string]string{
		"without a body":     get,
		"with a body":        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		"with half a body":   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello",
		"with a body to ask": "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here := make(chan struct{})
				gone := make(chan struct{})
				dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					go func() { <-here; <-r.Context().Done(); close(gone) }()
					_, _ = io.Copy(io.Discard, r.Body)
					<-r.Context().Done()
				})})
				defer ended()
				c := dial()
				go func() { _, _ = io.Copy(io.Discard, c) }()
				send(t, c, request)
				close(here)
				time.Sleep(time.Hour)
				select {
				case <-gone:
					t.Fatal("the context has ended, and the page is there")
				default:
				}
				_ = c.Close()
				<-gone
			})
		})
	}
}

// A request that a page sends while it waits for the answer to another is answered after that one, whole.
func TestTheNextRequestMayComeEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			asked = append(asked, r.Method+" "+string(b))
			time.Sleep(time.Second) // longer than nobody looks
			if r.Context().Err() != nil {
				t.Error("the context has ended")
			}
			_, _ = io.WriteString(w, r.Method)
		})})
		defer ended()
		c := dial()
		defer c.Close()
		r := bufio.NewReader(c)
		for range 3 {
			send(t, c, get)
			go func() { // its first byte, and what follows, come when the other is under way
				for _, part := range []string{"P", "UT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"} {
					time.Sleep(300 * time.Millisecond)
					_, _ = io.WriteString(c, part)
				}
			}()
			if a, b := receive(t, r), receive(t, r); a != "GET" || b != "PUT" {
				t.Errorf("answers are to %q and %q", a, b)
			}
		}
		if want := slices.Repeat([]string{"GET ", "PUT hello"}, 3); !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	})
}

// What a handler flushes is with the page at once, each part by itself.
func TestFlushedPartsComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, "data: x\n\n")
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
			}
		})})
		defer ended()
		c := dial()
		defer c.Close()
		start := time.Now()
		send(t, c, get)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			b := make([]byte, 9)
			if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != "data: x\n\n" {
				t.Fatalf("%q, %v", b, err)
			}
			if after := time.Since(start); after != time.Duration(i)*time.Minute {
				t.Errorf("part %d came after %v", i, after)
			}
		}
		if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
	})
}

// A page that takes no more of an answer ends its context, and the handler hears of it.
func TestAPageThatTakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := make(chan error, 1)
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			_ = rc.SetWriteDeadline(time.Now().Add(time.Second))
			var err error
			for err == nil {
				_, err = w.Write(make([]byte, 100))
			}
			if r.Context().Err() == nil || rc.Flush() == nil {
				t.Error("it goes on")
			}
			heard <- err
		})})
		defer ended()
		c := dial()
		defer c.Close()
		send(t, c, get)
		if err := <-heard; err == nil {
			t.Error("no error")
		}
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			t.Error("the connection lives on")
		}
	})
}

// A handler that takes the connection over gets all that was sent on it, and the server forgets it.
func TestHijack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []http.ConnState
		taken := make(chan struct{})
		s := &http1.Server{
			State: func(_ net.Conn, s http.ConnState) { states = append(states, s) },
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(time.Second) // so that the first byte is read ahead
				c, rw, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				close(taken)
				defer c.Close()
				if rw.Reader.Buffered() == 0 {
					t.Error("what was read ahead cannot be seen")
				}
				text, _ := rw.ReadString('\n')
				_, _ = rw.WriteString("echo " + text)
				_ = rw.Flush()
				if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("Write gave %v", err)
				}
				if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("Hijack gave %v", err)
				}
				_, _ = rw.ReadByte() // until the page goes
			}),
		}
		dial, ended := served(t, s)
		c := dial()
		defer c.Close()
		send(t, c, get)
		time.Sleep(100 * time.Millisecond)
		go func() { _, _ = io.WriteString(c, "hello\n") }()
		<-taken
		got, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || got != "echo hello\n" {
			t.Errorf("%q, %v", got, err)
		}
		ended() // though the handler still has it
		if want := []http.ConnState{http.StateActive, http.StateHijacked}; !slices.Equal(states, want) {
			t.Errorf("states %v, want %v", states, want)
		}
	})
}

// Shutdown closes what is idle, lets answers under way end, and takes nothing new; when its time is over, Close ends the rest.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Minute):
				_, _ = io.WriteString(w, "answer")
			case <-r.Context().Done():
				_, _ = io.WriteString(w, "cut")
			}
		})}
		dial, ended := served(t, s)
		idle, busy := dial(), dial()
		send(t, busy, get)
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown gave %v", err)
		}
		if _, err := idle.Read(make([]byte, 1)); err == nil {
			t.Error("an idle connection lives on")
		}
		over := make(chan error, 1)
		go func() { over <- s.Shutdown(context.Background()) }()
		r := bufio.NewReader(busy)
		if got := receive(t, r); got != "answer" {
			t.Errorf("got %q", got)
		}
		if err := <-over; err != nil {
			t.Errorf("Shutdown gave %v", err)
		}
		if _, err := r.ReadByte(); err == nil {
			t.Error("the connection lives on after its answer")
		}
		if err := s.Serve(&pipes{done: make(chan struct{})}); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve gave %v", err)
		}
		ended()
	})
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := false
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			returned = true
		})})
		c := dial()
		send(t, c, get)
		time.Sleep(time.Second)
		ended()
		if !returned {
			t.Error("Close has not waited for the handler")
		}
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			t.Error("there was an answer")
		}
	})
}

// Nothing of an answer is kept while the page says no more: a page may keep two thousand connections so.
func TestAnAnswerIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var value, name weak.Pointer[byte]
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			v, n := strings.Repeat("v", 1000), strings.Repeat("N", 1000)
			value, name = weak.Make(unsafe.StringData(v)), weak.Make(unsafe.StringData(n))
			w.Header()[n] = []string{v}
		})})
		defer ended()
		c := dial()
		defer c.Close()
		send(t, c, get)
		receive(t, bufio.NewReader(c))
		synctest.Wait()
		runtime.GC()
		if value.Value() != nil || name.Value() != nil {
			t.Error("a header is kept")
		}
	})
}

// Close does not wait for a page that has sent on meanwhile, which is no longer looked for, nor for one whose body is under way.
func TestCloseEndsTheContexts(t *testing.T) {
	for name, request := range map[string]string{
		"of whom a byte was read ahead": get + "G",
		"with half a body":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-r.Context().Done():
					case <-time.After(time.Hour):
						t.Error("the handler was not told")
					}
				})})
				c := dial()
				defer c.Close()
				for _, part := range []string{request[:len(request)-1], request[len(request)-1:]} {
					go func() { _, _ = io.WriteString(c, part) }()
					time.Sleep(time.Second)
				}
				ended()
			})
		})
	}
}

// A panic ends the connection, and nothing that waited is sent; the others go on.
func TestPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, why := range []any{http.ErrAbortHandler, "a fault"} {
			dial, ended := served(t, &http1.Server{
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.WriteString(w, "half")
					if r.Method == http.MethodGet {
						panic(why)
					}
				}),
			})
			c, other := dial(), dial()
			send(t, c, get)
			if b, err := io.ReadAll(c); len(b) > 0 || err != nil {
				t.Errorf("%v: %q, %v", why, b, err)
			}
			send(t, other, strings.Replace(get, "GET", "DELETE", 1))
			if got := receive(t, bufio.NewReader(other)); got != "half" {
				t.Errorf("%v: another got %q", why, got)
			}
			_ = other.Close()
			ended()
		}
	})
}

// What a handler leaves of a body is thrown away where that is little; else the connection ends, and the answer arrives all the same.
func TestBodiesThatAreNotRead(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no") })
	for name, c := range map[string]struct {
		head  string
		body  int
		again bool
	}{
		"little":             {"Content-Length: 100000", 100_000, true},
		"much":               {"Content-Length: 5000000", 5_000_000, false},
		"what does not come": {"Content-Length: 5\r\nExpect: 100-continue", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			ours, _ := both(t, answer)
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", ours)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() {
				_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\n"+c.head+"\r\n\r\n"+strings.Repeat("x", c.body))
			}()
			r := bufio.NewReader(conn)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(resp.Body); string(b) != "no" || err != nil || resp.Close == c.again {
				t.Errorf("got %q, %v, the last one: %v", b, err, resp.Close)
			}
			if c.again {
				send(t, conn, get)
				if got := receive(t, r); got != "no" {
					t.Errorf("then %q", got)
				}
			} else if _, err := r.ReadByte(); err == nil {
				t.Error("the connection lives on")
			}
		})
	}
}

// The beginning of HTTP/2 is no request here; net/http hands it to the handler.
func TestHTTP2IsRefused(t *testing.T) {
	ours, _ := both(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was handled") }))
	if got := seen(t, ours, []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); !slices.Equal(got, []string{"505"}) {
		t.Errorf("answered %q", got)
	}
}

// Each answer has the time of its own second.
func TestDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ended := served(t, &http1.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
		defer ended()
		c := dial()
		defer c.Close()
		r := bufio.NewReader(c)
		for range 3 {
			send(t, c, get)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := resp.Header.Get("Date"), time.Now().UTC().Format(http.TimeFormat); got != want {
				t.Errorf("Date: %s, want %s", got, want)
			}
			time.Sleep(time.Second)
		}
	})
}
