//go:build real || !race

package e2e_test

// A program that looks for data races takes five to ten times the memory, so with -race this is for the real tests alone, which
// name the built program.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// mostGrowth is by how much the agent may grow under any attack (design/security.md, R19).
const mostGrowth = 300 << 20

// besieged is an agent in a process of its own, whose memory the system tells, with a provider and one site that is allowed.
type besieged struct {
	*terminal
	agent    *background
	provider *oaktest.Provider
	endpoint string
	idle     int64 // bytes of memory before anything was done
}

// besiege starts the built program where OAKLOCK_BIN names it, and else the test's own binary.
func besiege(t *testing.T) *besieged {
	t.Helper()
	b := &besieged{terminal: sit(t)}
	if built := os.Getenv("OAKLOCK_BIN"); built != "" {
		link := filepath.Join(filepath.Dir(b.home), "bin", "oaklock")
		if err := errors.Join(os.Remove(link), os.Symlink(built, link)); err != nil {
			t.Fatal(err)
		}
	}
	b.provider = oaktest.NewProvider(t, oaktest.ProviderOptions{})
	b.agent = b.terminal.agent(b.passphrase()...)
	ctx := t.Context()
	must := func(_ any, err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	must(b.SetProvider(ctx, control.SetProvider{ID: "openai", BaseURL: b.provider.BaseURL("openai")}))
	must(b.AddKey(ctx, control.AddKey{Provider: "openai", Secret: b.provider.Key, Anyway: true}))
	must(b.SetSetting(ctx, "brake", "off"))
	must(b.SetSetting(ctx, "wait", "1s"))
	for _, o := range []string{site, "https://attacker.example"} {
		must(nil, b.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: freely(day("*"))}))
	}
	st, err := b.State(ctx)
	must(nil, err)
	b.endpoint = st.Endpoint
	if a := b.page(ctx, site); a.status != 200 {
		t.Fatal(a)
	}
	b.idle = b.memory(t, "VmRSS")
	return b
}

// memory is what the system says of the agent's, in bytes: VmRSS is in memory now, VmHWM was at most (proc(5)).
func (b *besieged) memory(t *testing.T, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.agent.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s in %s", name, text)
	return 0
}

// attacker is one connection of a page gone bad, or of a program that says it is one.
func (b *besieged) attacker(head string, body func(io.Writer) error) error {
	c, err := new(net.Dialer).DialContext(b.Context(), "tcp", strings.TrimPrefix(b.endpoint, "http://"))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		return err
	}
	port := strconv.Itoa(c.RemoteAddr().(*net.TCPAddr).Port)
	if _, err := io.WriteString(c, strings.NewReplacer("PORT", port, "\n", "\r\n").Replace(head)); err != nil {
		return err
	}
	if err := body(c); err != nil {
		return err // refused in the middle
	}
	_, err = io.CopyN(io.Discard, c, 16<<20) // and it reads a part of the answer
	return err
}

const besiegingHead = "POST " + chatPath + " HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: https://attacker.example\nContent-Type: application/json\nConnection: close\n"

// chunked sends n bytes in chunks, what first gives and then rest again and again.
func chunked(n int, first, rest string) func(io.Writer) error {
	return func(w io.Writer) error {
		piece := first + strings.Repeat(rest, (1<<20-len(first))/len(rest))
		for ; n > 0; n -= len(piece) {
			if _, err := fmt.Fprintf(w, "%x\r\n%s\r\n", len(piece), piece); err != nil {
				return err
			}
			piece = strings.Repeat(rest, (1<<20)/len(rest))
		}
		_, err := io.WriteString(w, "0\r\n\r\n")
		return err
	}
}

// bomb answers with many times what it sends: 1 GiB of zeros, as gzip in many members.
func bomb(contentType string) oaktest.Fault {
	member := oaktest.Gzipped(make([]byte, 16<<20))
	return func(_ *oaktest.Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", "gzip")
		for range 64 {
			if _, err := w.Write(member); err != nil {
				return
			}
		}
	}
}

// endless answers with a text again and again until nobody takes it, 256 MiB at most.
func endless(contentType, first, again string) oaktest.Fault {
	return func(_ *oaktest.Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		if _, err := io.WriteString(w, first); err != nil {
			return
		}
		piece := strings.Repeat(again, (1<<20)/len(again))
		for range 256 {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
}

// Whatever pages, programs and providers send, the agent takes less than 300 MiB more than it takes idle, and serves the site that
// is allowed right after.
func TestMemoryUnderAttack(t *testing.T) {
	t.Parallel()
	const allOfASite = 32
	b := besiege(t)
	reads := func(w io.Writer) error { _, err := io.WriteString(w, chatBody); return err }
	sized := besiegingHead + fmt.Sprintf("Content-Length: %d\n\n", len(chatBody))
	inChunks := besiegingHead + "Transfer-Encoding: chunked\n\n"
	many := func(n int, do func() error) func() {
		return func() {
			var all sync.WaitGroup
			for range n {
				all.Go(func() { _ = do() }) // how each ends is the other tests' matter
			}
			all.Wait()
		}
	}
	asks := func(f oaktest.Fault) func() {
		return func() {
			b.provider.Always(f)
			defer b.provider.Always(nil)
			many(8, func() error { return b.attacker(sized, reads) })()
		}
	}
	for _, a := range []struct {
		name string
		do   func()
	}{
		{"chunked bodies of 65 MiB", many(allOfASite, func() error { return b.attacker(inChunks, chunked(65<<20, `{"a":"`, "x")) })},
		{"chunked bodies of strangers", many(200, func() error {
			return b.attacker(strings.Replace(inChunks, "attacker", "stranger", 1), chunked(1<<20, `{"a":"`, "x"))
		})},
		{"bodies of brackets", many(8, func() error { return b.attacker(inChunks, chunked(40<<20, `{"model":"m","messages":`, "[")) })},
		{"bodies of names", many(8, func() error { return b.attacker(inChunks, names(16<<20)) })},
		{"bodies of references", many(8, func() error {
			return b.attacker(inChunks, chunked(40<<20, `{"model":"m","tools":[`, `{"type":"file_search","vector_store_ids":["vs_1"]},`))
		})},
		{"heads of 40 KiB, unfinished", func() {
			b.crowd(t, 2000, strings.ReplaceAll(besiegingHead, "\n", "\r\n")+"X-Fill: "+strings.Repeat("x", 40<<10))
		}},
		{"silence", func() { b.crowd(t, 2000, "") }},
		{"bombs as JSON", asks(bomb("application/json"))},
		{"bombs as events", asks(bomb("text/event-stream"))},
		{"bombs as sound", asks(bomb("audio/mpeg"))},
		{"an event without an end", asks(endless("text/event-stream", "data: ", "x"))},
		{"events without an end", asks(endless("text/event-stream", "", "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"))},
		{"brackets without an end", asks(endless("application/json", "", "["))},
		{"a string without an end", asks(endless("application/json", `{"usage":"`, "x"))},
		{"ids without an end", asks(endless("application/json", `{"data":[`, `{"id":"resp_0123456789"},`))},
		{"a head without an end", asks(endlessly("HTTP/1.1 200 OK\r\n", "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"))},
		{"messages of 16 MiB, unfinished", many(allOfASite, b.longMessage)},
	} {
		begun := time.Now()
		a.do()
		served := b.page(t.Context(), site)
		peak := b.memory(t, "VmHWM") - b.idle
		t.Logf("%-30s grown by %3d MiB at most, %3d now, in %v", a.name, peak>>20, (b.memory(t, "VmRSS")-b.idle)>>20, time.Since(begun).Round(time.Millisecond))
		if served.status != 200 || served.err != nil {
			t.Errorf("%s: afterwards the allowed site gets %v", a.name, served)
		}
		if peak > mostGrowth {
			t.Fatalf("%s: the agent has grown by %d MiB", a.name, peak>>20)
		}
	}
}

// names is a body of many names, each of which might be a doubled one.
func names(size int) func(io.Writer) error {
	return func(w io.Writer) error {
		var piece strings.Builder
		piece.WriteString(`{"model":"m"`)
		for i, sent := 0, 0; sent < size; i++ {
			fmt.Fprintf(&piece, `,"n%d":0`, i)
			if piece.Len() < 64<<10 {
				continue
			}
			if _, err := fmt.Fprintf(w, "%x\r\n%s\r\n", piece.Len(), piece.String()); err != nil {
				return err
			}
			sent += piece.Len()
			piece.Reset()
		}
		_, err := io.WriteString(w, "1\r\n}\r\n0\r\n\r\n")
		return err
	}
}

// crowd opens so many connections, sends the same on each, and closes them when the agent has had the last.
func (b *besieged) crowd(t *testing.T, n int, text string) {
	t.Helper()
	for range n {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.endpoint, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:revive // at the end on purpose: they stay open
		_, _ = io.WriteString(c, text)
	}
	if a := b.page(t.Context(), site); a.status != 200 {
		t.Errorf("meanwhile the allowed site gets %v", a)
	}
}

// longMessage is a page's WebSocket with a message of which the last byte does not come.
func (b *besieged) longMessage() error {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	c, resp, err := websocket.DefaultDialer.DialContext(ctx, "ws"+strings.TrimPrefix(b.endpoint, "http")+realtimePath, http.Header{"Origin": {"https://attacker.example"}})
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil { // as long as it stays
		return err
	}
	w, err := c.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	piece := []byte(strings.Repeat("x", 1<<20))
	for range 15 {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	for err == nil {
		_, _, err = c.ReadMessage()
	}
	return err
}
