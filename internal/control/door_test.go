package control_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// raw sends bytes as they are and returns the answer.
func raw(t *testing.T, dir, request string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "agent.sock"))
	must(t, err)
	defer func() { _ = conn.Close() }()
	go func() { _, _ = io.WriteString(conn, request) }() // the server may answer before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(b)
}

func post(path, body string, more ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: oaklock\r\n" + strings.Join(more, "") +
		"Content-Length: " + json.Number(itoa(len(body))).String() + "\r\n\r\n" + body
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestShapes(t *testing.T) {
	const get = "GET /v1/state HTTP/1.1\r\n"
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	for _, c := range []struct {
		name, request string
		status        int
		code          string
	}{
		{"a client", get + "Host: oaklock\r\n\r\n", 200, ""},
		{"a page", get + "Host: oaklock\r\nOrigin: https://app.example\r\n\r\n", 403, control.Refused},
		{"a sandboxed page", get + "Host: oaklock\r\nOrigin: null\r\n\r\n", 403, control.Refused},
		{"an empty origin", get + "Host: oaklock\r\nOrigin:\r\n\r\n", 403, control.Refused},
		{"a link", get + "Host: oaklock\r\nReferer: https://app.example/\r\n\r\n", 403, control.Refused},
		{"fetch metadata", get + "Host: oaklock\r\nSec-Fetch-Site: none\r\n\r\n", 403, control.Refused},
		{"through a forwarder", get + "Host: 127.0.0.1:8080\r\n\r\n", 403, control.Refused},
		{"a rebound name", get + "Host: evil.example\r\n\r\n", 403, control.Refused},
		{"an absolute target", "GET http://oaklock/v1/state HTTP/1.1\r\nHost: oaklock\r\n\r\n", 403, control.Refused},
		{"a page's events", "GET /v1/events HTTP/1.1\r\nHost: oaklock\r\nOrigin: https://app.example\r\n" + upgrade + "\r\n", 403, control.Refused},
		{"an unknown call", post("/v1/reveal", "{}"), 404, control.NotFound},
		{"no version", post("/pause", ""), 404, control.NotFound},
		{"an unclean path", post("/v1//pause", ""), 404, control.NotFound},
		{"a wrong method", "GET /v1/quit HTTP/1.1\r\nHost: oaklock\r\n\r\n", 405, control.BadInput},
		{"a body for nothing", post("/v1/pause", "{}"), 400, control.BadInput},
		{"an unknown field", post("/v1/sites/revoke", `{"origin":"https://app.example","only":"openai"}`), 400, control.BadInput},
		{"two values", post("/v1/sites/revoke", `{"origin":"https://a.example"}{}`), 400, control.BadInput},
		{"no value", post("/v1/sites/revoke", ""), 400, control.BadInput},
		{"a wrong type", post("/v1/sites/revoke", `{"origin":1}`), 400, control.BadInput},
		{"the largest body", post("/v1/sites/revoke", `{"origin":"`+strings.Repeat("a", 1<<20-13)+`"}`), 204, ""},
		{"too large a body", post("/v1/sites/revoke", `{"origin":"`+strings.Repeat("a", 1<<20-12)+`"}`), 400, control.BadInput},
	} {
		t.Run(c.name, func(t *testing.T) {
			agent := newFake()
			dir, _ := serve(t, agent, quiet())
			status, body := raw(t, dir, c.request)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, body)
			}
			if c.code == "" {
				return
			}
			var no control.Error
			if err := json.Unmarshal([]byte(body), &no); err != nil || no.Code != c.code || no.Message == "" {
				t.Errorf("answered %s, want the code %s and a sentence", body, c.code)
			}
			if got := agent.last(); got.method != "" {
				t.Errorf("the agent was asked: %+v", got)
			}
		})
	}
}

// TestNoNulls: a list that the agent left nil is an empty list for clients that are not written in Go.
func TestNoNulls(t *testing.T) {
	dir, _ := serve(t, bare{newFake()}, quiet())
	for _, request := range []string{
		"GET /v1/state HTTP/1.1\r\nHost: oaklock\r\n\r\n",
		"GET /v1/sites HTTP/1.1\r\nHost: oaklock\r\n\r\n",
		post("/v1/log", "{}"),
	} {
		if status, body := raw(t, dir, request); status != 200 || strings.Contains(body, "null") {
			t.Errorf("%q answered %d %s", request, status, body)
		}
	}
}
