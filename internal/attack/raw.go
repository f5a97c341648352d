package attack

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// answer is what came back on a connection.
type answer struct {
	status int // of the first response; 0: none came
	text   string
}

// fill puts a site into a request.
func fill(text, site string) string { return strings.ReplaceAll(text, "SITE", site) }

// Wire is a request as it is sent: with the port, and with line ends as HTTP has them.
func Wire(text, port string) string {
	return strings.NewReplacer("PORT", port, "\n", "\r\n").Replace(text)
}

// dial connects to an endpoint.
func dial(ctx context.Context, endpoint string) (net.Conn, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
}

// send sends a request on a connection of its own and reads one response.
func (t Target) send(ctx context.Context, endpoint, text string) (answer, error) {
	c, err := dial(ctx, endpoint)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = c.Close() }()
	return t.exchange(c, Wire(text, port(endpoint)))
}

func (t Target) exchange(c net.Conn, wire string) (answer, error) {
	if err := c.SetDeadline(time.Now().Add(t.Patience)); err != nil {
		return answer{}, err
	}
	_, _ = io.WriteString(c, wire) // refused before its end, it has an answer all the same
	var got bytes.Buffer
	method, _, _ := strings.Cut(wire, " ")
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &got)), &http.Request{Method: method})
	if err != nil {
		if got.Len() == 0 && !timedOut(err) {
			err = nil // closed without a word
		}
		return answer{text: got.String()}, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return answer{resp.StatusCode, got.String()}, err
}

func timedOut(err error) bool {
	ne, ok := err.(net.Error) //nolint:errorlint // net returns it as it is
	return ok && ne.Timeout()
}

// heads tries every head on the suite's own agent.
func (t Target) heads() []attempt {
	var all []attempt
	for _, h := range Heads {
		all = append(all, attempt{name: h.Name, tried: tried(h), do: func(ctx context.Context) string {
			before := t.Canary.Count()
			got, err := t.send(ctx, t.Endpoint, fill(h.Text(), Site))
			return t.judge(got, err, before, h.Status)
		}})
	}
	return all
}

// yours tries the heads that are wrong by themselves on the user's own agent, in the name of a site that nobody allowed.
func (t Target) yours() []attempt {
	var all []attempt
	for _, h := range Heads {
		if !h.gate() {
			continue
		}
		all = append(all, attempt{name: h.Name, tried: tried(h), yours: true, do: func(ctx context.Context) string {
			got, err := t.send(ctx, t.Yours, fill(h.in(harmless), stranger))
			return t.judge(got, err, t.Canary.Count(), h.Status)
		}})
	}
	return all
}

// tried says what a head has in it, or not.
func tried(h Head) string {
	kind, _, _ := strings.Cut(h.Name, "/")
	what := strings.Join(strings.Fields(strings.ReplaceAll(h.New, "\n", "  ")), " ")
	if h.New == "" {
		what = "none"
	} else if len(what) > 70 {
		what = what[:70] + "…"
	}
	return "A program sends " + words[kind] + ": " + what
}

// strangers tries look-alikes. They may be held until the user's time to answer is over; they never get an answer.
func (t Target) strangers() []attempt {
	var all []attempt
	for _, s := range Strangers {
		all = append(all, attempt{name: s.Name, tried: "The site " + s.Origin + " asks a model.", do: func(ctx context.Context) string {
			before := t.Canary.Count()
			got, err := t.send(ctx, t.Endpoint, fill(Good, s.Origin))
			return t.judge(got, err, before, 403, 408, 423)
		}})
	}
	return append(all, attempt{name: "stranger/reads", tried: "A site that nobody allowed asks what it may do.", do: func(ctx context.Context) string {
		got, err := t.send(ctx, t.Endpoint, fill(harmless, stranger))
		// Its own state is all that it may hear, or nothing.
		if err != nil || got.status != 403 && (got.status != 200 || !strings.Contains(got.text, `"providers":[]`)) {
			return "It heard more than its own state" + because(got, err)
		}
		return ""
	}})
}

// judge says what did not hold: the provider got something, the answer is the provider's, or it is another than it must be.
func (t Target) judge(got answer, err error, before int, statuses ...int) string {
	switch {
	case t.Canary.Count() != before:
		return "It reached the provider, with the key" + because(got, err)
	case t.Canary.leaks(got.text):
		return "The answer has the key in it."
	case t.Canary.marked(got.text):
		return "It got the provider's answer" + because(got, err)
	case err != nil:
		return "It was not refused" + because(got, err)
	}
	for _, s := range statuses {
		if got.status == s {
			return ""
		}
	}
	return "It was not refused as it must be" + because(got, err)
}

// because ends a sentence with what came. Of the answer only the status is told: the rest may be anybody's text.
func because(got answer, err error) string {
	switch {
	case err != nil:
		return fmt.Sprintf(" (%v).", err)
	case got.status == 0:
		return " (the connection was closed)."
	}
	return fmt.Sprintf(" (the answer was %d).", got.status)
}

var statusLine = regexp.MustCompile(`HTTP/1\.[01] (\d{3})`)

// Codes are the statuses in what came back on one connection.
func Codes(text string) string {
	var codes []string
	for _, m := range statusLine.FindAllStringSubmatch(text, -1) {
		codes = append(codes, m[1])
	}
	return strings.Join(codes, " ")
}

// frames tries every ambiguous message.
func (t Target) frames() []attempt {
	var all []attempt
	for _, f := range Frames {
		what := strings.ReplaceAll(strings.TrimPrefix(f.Name, "frame/"), "-", " ")
		all = append(all, attempt{name: f.Name, tried: "A program hides a request in or behind another (" + what + ").", do: func(ctx context.Context) string {
			before := t.Canary.Count()
			got, err := t.sendAll(ctx, fill(f.Text, Site))
			arrived := t.Canary.since(before)
			for _, b := range arrived {
				if b != FrameBody {
					return "The provider got a body that is not the request's."
				}
			}
			switch {
			case err != nil:
				return "The connection stayed open" + because(answer{}, err)
			case len(arrived) != f.Out:
				return fmt.Sprintf("The provider got %d requests instead of %d.", len(arrived), f.Out)
			case Codes(got) != f.Codes:
				return fmt.Sprintf("The answers were %q instead of %q.", Codes(got), f.Codes)
			}
			return ""
		}})
	}
	return all
}

// sendAll sends bytes and reads until the other side closes.
func (t Target) sendAll(ctx context.Context, text string) (string, error) {
	c, err := dial(ctx, t.Endpoint)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(t.Patience)); err != nil {
		return "", err
	}
	_, _ = io.WriteString(c, Wire(text, port(t.Endpoint))) // refused before its end, it has an answer all the same
	got, err := io.ReadAll(c)
	if err != nil && !timedOut(err) {
		err = nil // a connection that was reset has said what it had to say
	}
	return string(got), err
}

// provider tries what a provider can do wrong.
func (t Target) provider() []attempt {
	ask := func(model string) string {
		body := strings.Replace(FrameBody, `"m"`, `"`+model+`"`, 1)
		return fill(lastHead, Site) + fmt.Sprintf("Content-Length: %d\n\n", len(body)) + body
	}
	try := func(name, tried, model string, passes bool) attempt {
		return attempt{name: name, tried: tried, do: func(ctx context.Context) string {
			got, err := t.send(ctx, t.Endpoint, ask(model))
			t.Canary.mu.Lock()
			stolen := t.Canary.stolen
			t.Canary.mu.Unlock()
			switch {
			case err != nil:
				return "There was no whole answer" + because(got, err)
			case t.Canary.leaks(unchunked(got.text)):
				return "The site got the key."
			case stolen > 0:
				return "The redirect was followed."
			case passes && (got.status != 200 || !t.Canary.marked(got.text)):
				return "The answer did not come through" + because(got, err)
			case !passes && got.status != 502:
				return "The answer was passed on" + because(got, err)
			}
			return ""
		}}
	}
	return []attempt{
		try("provider/echo", "The provider gives the key back in body and headers, in text, base64 and hex, and as JSON encoders and URLs write it.", "m", true),
		try("provider/echo-in-pieces", "The provider gives the key back byte by byte.", modelStream, true),
		try("provider/redirect", "The provider redirects to another place.", modelRedirect, false),
		try("provider/packed-twice", "The provider packs the key in two encodings.", modelPacked, false),
	}
}

var chunkLine = regexp.MustCompile("\r\n[0-9a-f]+\r\n")

// unchunked is an answer without the lines between its chunks, so that a key in pieces is found.
func unchunked(text string) string { return chunkLine.ReplaceAllString(text, "") }
