package upstream

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// usual reads an answer as providers give it where it does not come in pieces: its head is there as a whole, is plain, and says how
// long the body is. It is nil, and nothing is read, for every other one, which is net/http's to read or to refuse. What it gives is
// what [http.ReadResponse] would give (FuzzPlainAnswer), for a third of the time.
func usual(from *bufio.Reader, r *http.Request) *http.Response {
	if _, err := from.Peek(1); err != nil || r.Method == http.MethodHead {
		return nil
	}
	b, _ := from.Peek(from.Buffered()) // is there
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	first, lines, _ := strings.Cut(string(b[:end]), "\r\n")
	status, code := usualStatus(first)
	if code == 0 {
		return nil
	}
	header := make(http.Header, 1+strings.Count(lines, "\n"))
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		header[name] = append(header[name], strings.Trim(value, " \t"))
	}
	length := usualLength(header)
	if length < 0 {
		return nil
	}
	_, _ = from.Discard(end + len("\r\n\r\n"))
	resp := &http.Response{Status: status, StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: http.NoBody, ContentLength: length, Request: r}
	if length > 0 {
		resp.Body = &sized{from, length}
	}
	return resp
}

// usualStatus takes a status line apart; 0: it is of no answer with a body.
func usualStatus(line string) (status string, code int) {
	status, ok := strings.CutPrefix(line, "HTTP/1.1 ")
	if !ok || len(status) < 4 || status[3] != ' ' || !httpguts.ValidHeaderFieldValue(status) {
		return "", 0
	}
	for _, c := range []byte(status[:3]) {
		if c < '0' || c > '9' {
			return "", 0
		}
		code = 10*code + int(c-'0')
	}
	if code < 200 || code == http.StatusNoContent || code == http.StatusNotModified {
		return "", 0
	}
	return status, code
}

// usualLength is how long the body is; -1: that is not said by one length alone, or the connection ends with the answer.
func usualLength(h http.Header) int64 {
	for _, name := range []string{"Transfer-Encoding", "Trailer", "Pragma"} { // net/http does something with each
		if _, said := h[name]; said {
			return -1
		}
	}
	if c := h["Connection"]; len(c) > 1 || len(c) == 1 && c[0] != "keep-alive" {
		return -1
	}
	said := h["Content-Length"]
	if len(said) != 1 {
		return -1
	}
	n, err := strconv.ParseUint(said[0], 10, 63)
	if err != nil {
		return -1
	}
	return int64(n) //nolint:gosec // 63 bits
}

// sized is a body of so many bytes.
type sized struct {
	from *bufio.Reader
	left int64
}

func (s *sized) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.from.Read(p)
	s.left -= int64(n)
	switch {
	case s.left == 0:
		err = io.EOF
	case err == io.EOF: //nolint:errorlint // as io.Reader has it
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *sized) Close() error { return nil }
