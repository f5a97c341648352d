package upstream

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// FuzzPlainAnswer says that what is read here is read as net/http would; this test says that it is read here.
func TestUsualAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026 10:00:00 GMT\r\nx-request-id: 1\r\n"
	post, err := http.NewRequest(http.MethodPost, "http://h/", nil) //nolint:noctx // it goes nowhere
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		head + "Content-Length: 2\r\n\r\nok":                                                        true,
		head + "content-length:2\r\nConnection: keep-alive\r\n\r\nok":                               true,
		head + "Content-Length: 0\r\n\r\n":                                                          true,
		strings.Replace(head, "200 OK", "429 Too Many Requests", 1) + "Content-Length: 2\r\n\r\nok": true,
		head + "Content-Length: 2\r\nConnection: close\r\n\r\nok":                                   false,
		head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                                        false,
		head + "\r\nuntil the end":                                                                  false,
		head + "Content-Length: 2\r\n":                                                              false, // the rest of the head has not come
		strings.Replace(head, "200 OK", "204 No Content", 1) + "\r\n":                               false,
	} {
		from := bufio.NewReader(strings.NewReader(text))
		resp := usual(from, post)
		if got := resp != nil; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		if resp == nil && from.Buffered() != len(text) {
			t.Errorf("%q: something was read of it", text)
		}
	}
}
