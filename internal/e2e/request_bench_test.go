package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
)

// BenchmarkRequest is one approved request through the whole agent, by a page and to a provider that do next to nothing
// themselves: what it costs and allocates is the agent's. Of -cpuprofile and -memprofile this is the one to take.
func BenchmarkRequest(b *testing.B) {
	const answerBody = `{"id":"1","choices":[{"message":{"role":"assistant","content":"yes"}}],"usage":{"prompt_tokens":10,"completion_tokens":2}}`
	upstream := playProvider(b, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(answerBody), answerBody))
	s := &story{TB: b, key: "sk-proj-" + strings.Repeat("k", 40), home: b.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}}}
	s.start(func(o *agent.Options) { o.Log = slog.New(slog.DiscardHandler) })
	s.must(s.SetProvider(b.Context(), control.SetProvider{ID: "openai", BaseURL: upstream}))
	s.must(s.AddKey(b.Context(), control.AddKey{Provider: "openai", Secret: s.key}))
	s.must(s.SetSetting(b.Context(), "brake", "off")) // it would pause the site: this is a site that runs away
	terms := day("*")
	terms.Limits.CostDay = 1_000_000_000_000
	s.must(nil, s.AllowSite(b.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))

	body := `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat("x", 930) + `"}]}`
	host := strings.TrimPrefix(s.agent.Endpoint(), "http://")
	request := fmt.Appendf(nil, "POST /llm/openai/chat/completions HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer oaklock\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Length: %d\r\n\r\n%s", host, site, len(body), body)
	c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if err := readPlain(r, 200); err != nil {
			b.Fatal(err)
		}
	}
}

// playProvider answers every request on a connection with the same bytes, and allocates nothing for it.
func playProvider(b *testing.B, answer string) string {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	text := []byte(answer)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				r := bufio.NewReader(c)
				for readPlain(r, 0) == nil {
					if _, err := c.Write(text); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// readPlain reads one message with a Content-Length. A status of 0 is a request, which may have any.
func readPlain(r *bufio.Reader, status int) error {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && status != 0 && !bytes.Contains(line, fmt.Appendf(nil, " %d ", status)) {
			return fmt.Errorf("answered %q", line)
		}
		if len(line) <= 2 {
			_, err := r.Discard(length)
			return err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			length = 0
			for _, d := range bytes.TrimSpace(value) {
				length = length*10 + int(d-'0')
			}
		}
		if bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			return io.ErrUnexpectedEOF // would need chunks
		}
	}
}
