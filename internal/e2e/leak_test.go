package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
)

const redacted = "[redacted by Oaklock]"

// A provider that says the key, in whatever place and form: the page gets the rest of the answer, and nothing that the
// page, the profile folder and the log hold has the key in it.
func TestAProviderThatEchoesTheKey(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	good := strings.Replace(good, "\n\n", "\nConnection: close\n\n", 1)
	half := s.key[:len(s.key)-5]
	chunked := func(head, body string) oaktest.Fault {
		return oaktest.Raw(fmt.Sprintf("HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX-Request-Id: %s\r\n\r\n", head, len(body), body, s.key))
	}
	head := func(name string, values ...string) oaktest.Fault {
		return oaktest.Answer(200, http.Header{"Content-Type": {"text/plain"}, name: values}, "fine")
	}
	for name, c := range map[string]struct {
		fault  oaktest.Fault
		status string
		body   string // what must still be there
	}{
		"an error body":          {oaktest.EchoKey(401), "401", `"message":"Incorrect API key provided: ` + redacted + `."`},
		"a good answer":          {oaktest.EchoKey(200), "200", redacted},
		"another error":          {oaktest.EchoKey(500), "500", redacted},
		"the whole request":      {oaktest.EchoRequest(), "200", "Authorization: Bearer " + redacted},
		"gzip":                   {oaktest.Gzip("the key is " + s.key + " here"), "200", "the key is " + redacted + " here"},
		"gzip, no key":           {oaktest.Gzip("nothing to hide"), "200", "nothing to hide"},
		"a URL":                  {oaktest.Answer(200, nil, "/?key="+url.QueryEscape(s.key)+"&x=1"), "200", "/?key=" + redacted + "&x=1"},
		"cut short":              {oaktest.Answer(200, nil, "it is "+half), "200", "it is " + redacted},
		"twice":                  {oaktest.Answer(200, nil, s.key+s.key+" "+s.key), "200", redacted},
		"a redirect":             {oaktest.Redirect(302, "https://evil.example/?key="+s.key), "502", "upstream_invalid"},
		"not modified":           {oaktest.Redirect(304, s.key), "502", "upstream_invalid"},
		"the reason":             {chunked("401 "+s.key, "fine"), "401 Unauthorized", "fine"},
		"early hints":            {oaktest.Raw("HTTP/1.1 103 Early Hints\r\nLink: <" + s.key + ">\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfine"), "200", "fine"},
		"the content type":       {oaktest.Answer(200, http.Header{"Content-Type": {"text/" + s.key}}, "fine"), "200", "fine"},
		"a header that passes":   {head("X-Request-Id", "req-"+s.key), "200", "fine"},
		"a cut one":              {head("X-Request-Id", half), "200", "fine"},
		"a rate limit":           {head("X-Ratelimit-Reset-Tokens", s.key), "200", "fine"},
		"a header's name":        {head("X-Ratelimit-"+s.key, "1"), "200", "fine"},
		"a part of a name":       {head("X-Ratelimit-"+s.key[:40], "1"), "200", "fine"},
		"a cookie":               {head("Set-Cookie", "k="+s.key), "200", "fine"},
		"no status":              {oaktest.Raw("HTTP/1.1 " + s.key + "\r\n\r\n"), "502", "upstream_invalid"},
		"a line that is no head": {oaktest.Raw("HTTP/1.1 200 OK\r\n" + s.key + "\r\n\r\n"), "502", "upstream_invalid"},
		"an unknown coding":      {oaktest.Encoded([]byte(s.key), "identity", s.key), "502", "upstream_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Next(c.fault, c.fault)
			got := s.rawAll(good) // all there is on the wire
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.status) {
				t.Errorf("want %s, got %s", c.status, got)
			}
			a := s.chat(site) // and the body without its framing
			if !strings.Contains(a.body, c.body) {
				t.Errorf("%q is not in %s", c.body, a.body)
			}
			oaktest.Scan(t, s.key, got, a.body, a.header)
			if piece := strings.ToLower(s.key[:12]); strings.Contains(strings.ToLower(got), piece) || strings.Contains(strings.ToLower(a.body), piece) {
				t.Errorf("a piece of the key came through: %s", got)
			}
		})
	}
	s.nowhere(t, s.key)
}

// A key that comes in pieces, cut at every place, in two and one by one.
func TestAKeyInPieces(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	const want = "data: the key is " + redacted + " indeed\n\n"
	cuts := [][]int{slices.Repeat([]int{1}, len(s.key)+30), slices.Repeat([]int{7}, 20)}
	for n := range len("data: the key is ") + len(s.key) + len(" indeed\n\n") {
		cuts = append(cuts, []int{n})
	}
	for _, cut := range cuts {
		s.provider.Next(oaktest.EchoKeyStream(cut...))
		if a := s.chat(site); a.body != want || a.err != nil {
			t.Fatalf("cut at %v: %v", cut, a)
		}
	}
	// Cut on the wire too: the provider goes on when the page has what came before.
	gate := make(chan string)
	s.provider.Next(piecewise("text/event-stream", gate))
	page := s.open(t.Context(), s.call(t.Context(), site, http.MethodPost, chatPath, chatBody))
	s.give(gate, "data: the key is ")
	if line, err := page.body.ReadString('k'); err != nil || line != "data: the k" {
		t.Fatalf("%q, %v", line, err)
	}
	for _, b := range []byte(s.key) {
		s.give(gate, string(b))
	}
	close(gate) // and no end of the event: what looks like the key is redacted all the same
	var rest bytes.Buffer
	if _, err := rest.ReadFrom(page.body); err != nil || rest.String() != "ey is "+redacted {
		t.Errorf("%q, %v", rest.String(), err)
	}
	s.nowhere(t, s.key)
}

// The words of a provider about a bad key are shown to the user without it.
func TestTestingAKeyQuotesNoKey(t *testing.T) {
	s := begin(t)
	s.provider.Next(oaktest.EchoKey(401))
	got, err := s.TestKey(t.Context(), keyRef("openai"))
	if err != nil || got.Works || got.Status != 401 || !strings.Contains(got.Message, "Incorrect API key provided: "+redacted) {
		t.Errorf("%+v, %v", got, err)
	}
	oaktest.Scan(t, s.key, got.Message)
	if got, err = s.TestKey(t.Context(), keyRef("openai")); err != nil || !got.Works {
		t.Errorf("%+v, %v", got, err)
	}
	s.nowhere(t, s.key)
}

// nowhere ends the agent and looks for a text in the log and in every file that it left.
func (s *story) nowhere(t *testing.T, text string) {
	t.Helper()
	if err := s.agent.Close(); err != nil {
		t.Error(err)
	}
	oaktest.Scan(t, text, s.log.Bytes(), oaktest.Path(s.home))
}
