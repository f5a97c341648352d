package http1_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/http1"
)

const maxHead = 8 << 10

// both serves a handler with this package's server and with net/http's.
func both(t testing.TB, h http.Handler) (ours, theirs string) {
	t.Helper()
	listen := func(serve func(net.Listener) error, end func() error) string {
		dir, err := os.MkdirTemp("", "") // t.TempDir can be too long for a socket
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "s")) // no port has to wait when thousands were closed
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- serve(l) }()
		t.Cleanup(func() {
			if err := end(); err != nil {
				t.Error(err)
			}
			if err := <-done; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
		return l.Addr().String()
	}
	s := &http1.Server{Handler: h, MaxHead: maxHead}
	n := &http.Server{Handler: h, MaxHeaderBytes: maxHead - 4096, DisableGeneralOptionsHandler: true, Protocols: new(http.Protocols), ReadHeaderTimeout: time.Minute}
	n.Protocols.SetHTTP1(true)
	return listen(s.Serve, s.Close), listen(n.Serve, n.Close)
}

// seen is what a server makes of what is sent on one connection: what the handler was asked, and the answers.
func seen(t testing.TB, addr string, sent []byte) (answers []string) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { // the server may answer, and end, before it has read everything
		_, _ = c.Write(sent)
		_ = c.(*net.UnixConn).CloseWrite()
	}()
	r := bufio.NewReader(c)
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: methodOf(sent, len(answers))})
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				answers = append(answers, "cut")
			}
			return answers
		}
		body, err := io.ReadAll(resp.Body)
		text := fmt.Sprintf("%d %q", resp.StatusCode, body)
		if err != nil {
			text += " cut"
		}
		if resp.StatusCode/100 != 1 {
			text += fmt.Sprintf(" close=%v length=%d", resp.Close, resp.ContentLength)
			delete(resp.Header, "Date")
			delete(resp.Header, "Content-Type") // net/http guesses one
			delete(resp.Header, "Connection")
			text += fmt.Sprint(resp.Header)
		}
		if bytes.HasPrefix(body, []byte("40")) || bytes.HasPrefix(body, []byte("50")) || resp.StatusCode == http.StatusNotImplemented {
			text = strconv.Itoa(resp.StatusCode) // what was no request; net/http says more about some
		}
		answers = append(answers, text)
	}
}

// methodOf is that of the n-th request, for those that have no body.
func methodOf(sent []byte, n int) string {
	if n == 0 && bytes.HasPrefix(sent, []byte("HEAD ")) {
		return http.MethodHead
	}
	return http.MethodGet
}

// telling answers with what it was asked.
func telling(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	names := []string{}
	for name, values := range r.Header {
		names = append(names, name+"="+strings.Join(values, "|"))
	}
	slices.Sort(names)
	fmt.Fprintf(w, "%s %q %q %q %q %d %v %q", r.Method, r.RequestURI, r.Host, r.Proto, b, r.ContentLength, err != nil, names)
}

var requests = map[string]string{
	"a plain one":                  "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
	"with a body":                  "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
	"two after another":            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: y\r\n\r\n",
	"in chunks":                    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: y\r\n\r\n",
	"chunks with a trailer":        "POST /a HTTP/1.1\r\nHost: x\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n",
	"a chunk of no length":         "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
	"a body that ends early":       "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello",
	"the last one":                 "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: y\r\n\r\n",
	"HTTP/1.0":                     "GET /a HTTP/1.0\r\n\r\n",
	"HTTP/3":                       "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
	"HTTP/1.7":                     "GET / HTTP/1.7\r\nHost: x\r\n\r\n",
	"no version":                   "GET /\r\n\r\n",
	"no host":                      "GET /a HTTP/1.1\r\n\r\n",
	"two hosts":                    "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"a bad host":                   "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n",
	"an absolute target":           "GET http://z/a HTTP/1.1\r\nHost: x\r\n\r\n",
	"OPTIONS *":                    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
	"CONNECT":                      "CONNECT z:443 HTTP/1.1\r\nHost: x\r\n\r\n",
	"length and chunks":            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"two lengths":                  "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"two lengths alike":            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	"a length with a sign":         "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
	"a negative length":            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
	"another encoding":             "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nhello",
	"two encodings":                "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"a space before the colon":     "GET /a HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
	"a folded header":              "GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
	"a header without a name":      "GET /a HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
	"a header without a colon":     "GET /a HTTP/1.1\r\nHost: x\r\nA\r\n\r\n",
	"a zero in a value":            "GET /a HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
	"a bare CR":                    "GET /a HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
	"bare line feeds":              "GET /a HTTP/1.1\nHost: x\n\n",
	"an odd method":                "G@T /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"a blank line first":           "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"nothing":                      "",
	"half a head":                  "GET /a HTTP/1.1\r\nHos",
	"TLS":                          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
	"expects to be told to go on":  "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
	"the same without a body":      "GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
	"expects something else":       "GET /a HTTP/1.1\r\nHost: x\r\nExpect: gold\r\n\r\n",
	"HEAD":                         "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: y\r\n\r\n",
	"a head that is just too long": "GET /a HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", maxHead) + "\r\n\r\n",
	"a head that is long":          "GET /a HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", maxHead-60) + "\r\n\r\n",
	"many headers":                 "GET /a HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 3000) + "\r\n",
	"pragma":                       "GET /a HTTP/1.1\r\nHost: x\r\nPragma: no-cache\r\n\r\n",
}

// What a request is, and what is none, is the same as with net/http's server.
func TestRequestsAreWhatNetHTTPTakesForOne(t *testing.T) {
	ours, theirs := both(t, http.HandlerFunc(telling))
	for name, sent := range requests {
		t.Run(name, func(t *testing.T) {
			same(t, ours, theirs, []byte(sent))
		})
	}
}

func same(t *testing.T, ours, theirs string, sent []byte) {
	t.Helper()
	got, want := seen(t, ours, sent), seen(t, theirs, sent)
	if n := len(want); n > 0 && len(got) == n+1 && got[n] == "400" { // net/http waits for four bytes of a further request
		got = got[:n]
	}
	for _, answers := range [][]string{got, want} { // to say that the last one is the last is no difference
		if n := len(answers); n > 0 {
			answers[n-1] = strings.Replace(answers[n-1], "close=true", "close=false", 1)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q:\n  here:     %q\n  net/http: %q", sent, got, want)
	}
}

// differ is what is refused here alone: an empty Host, the beginning of HTTP/2, and an expectation beside that of a 100. A target with a host of its own is let through
// where the Host is missing, since http.ReadRequest puts that in its place; the listener's gate refuses both. Blank lines before a
// request are not passed over after a POST.
var differ = regexp.MustCompile(`(?i)host:[ \t]*\r?\n|PRI \* HTTP/2|expect:.*[^: \t].*100-|://|POST(.|\n)*\r?\n\r?\n\r?\n|^CONNECT|\nCONNECT`)

func FuzzRequests(f *testing.F) {
	for _, sent := range requests {
		f.Add([]byte(sent))
	}
	ours, theirs := both(f, http.HandlerFunc(telling))
	f.Fuzz(func(t *testing.T, sent []byte) {
		if !differ.Match(sent) {
			same(t, ours, theirs, sent)
		}
	})
}

// Answers look to a page as net/http's do.
func TestAnswersAreAsOfNetHTTP(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for name, h := range map[string]http.HandlerFunc{
		"nothing":       func(http.ResponseWriter, *http.Request) {},
		"a status":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"an odd status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(299) },
		"no content":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); _, _ = w.Write([]byte("x")) },
		"not modified":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"two statuses":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) },
		"a short body":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") },
		"a long body":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) },
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["A"] = []string{"b", "c"}
			w.Header()["Date"] = nil
		},
		"a header's attack": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["A"] = []string{"b\r\nC: d\r\n\r\nHTTP/1.1 200"}
		},
		"a name's attack": func(w http.ResponseWriter, _ *http.Request) { w.Header()["A: b\r\nC"] = []string{"d"} },
		"headers too late": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			w.Header()["A"] = []string{"b"}
		},
		"its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{strconv.Itoa(len(long))}
			_, _ = io.WriteString(w, long)
		},
		"less than its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{"5"}
			_, _ = io.WriteString(w, "abc")
		},
		"more than its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{"2"}
			_, err := io.WriteString(w, "abc")
			_, _ = io.WriteString(w, map[bool]string{true: "ab", false: "-"}[errors.Is(err, http.ErrContentLength)])
		},
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			for _, s := range []string{"", "a", "b", long} {
				_, _ = io.WriteString(w, s)
				_ = http.NewResponseController(w).Flush()
			}
		},
		"flushed with its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{"2"}
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "ab")
		},
		"the last one": func(w http.ResponseWriter, _ *http.Request) { w.Header()["Connection"] = []string{"close"} },
		"leaves the body": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "no")
		},
		"reads after the end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			n, err := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, n, err)
		},
		"aborts": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"aborts in mid-stream": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		ours, theirs := both(t, h)
		for _, method := range []string{"GET", "HEAD", "POST"} {
			if method == "HEAD" && name == "a long body" {
				continue // net/http does not say how long it is
			}
			for _, version := range []string{"1.0", "1.1"} {
				t.Run(name+" to "+method+" of HTTP/"+version, func(t *testing.T) {
					head := method + " / HTTP/" + version + "\r\nHost: x\r\n"
					if method == "POST" {
						head += "Content-Length: 5\r\n\r\nhello"
					} else {
						head += "\r\n"
					}
					if method != "HEAD" {
						head += head
					}
					same(t, ours, theirs, []byte(head))
				})
			}
		}
	}
}
