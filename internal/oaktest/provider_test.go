package oaktest_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// send asks for the list of models, without following redirects or decoding anything.
func send(ctx context.Context, p *oaktest.Provider, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.BaseURL("openai")+"/chat/completions?x=1", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Close = true // some faults leave the connection in a state that the next request must not meet
	r.Header.Set("Authorization", "Bearer "+p.Key)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Accept-Encoding", "identity")
	return p.Server.Client().Transport.RoundTrip(r)
}

func sent(t *testing.T, p *oaktest.Provider, body string) (*http.Response, string) {
	t.Helper()
	answer, err := send(t.Context(), p, body)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return answer, string(all)
}

func TestAProviderRemembersWhatArrived(t *testing.T) {
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: oaktest.Key("openai"), TLS: true})
	answer, body := sent(t, p, `{"model":"m","messages":[{"role":"user","content":"hi"}]}`)
	if answer.StatusCode != 200 || !strings.Contains(body, `"object":"chat.completion"`) {
		t.Errorf("got %d %s", answer.StatusCode, body)
	}
	got := p.Requests()
	if len(got) != 1 || p.Count() != 1 {
		t.Fatalf("remembered %s", got)
	}
	r := got[0]
	if r.Method != http.MethodPost || r.Path != "/openai/v1/chat/completions?x=1" || r.Proto != "HTTP/2.0" ||
		r.Header.Get("Authorization") != "Bearer "+p.Key || !strings.Contains(string(r.Body), `"hi"`) {
		t.Errorf("remembered %s %v", r, r.Header)
	}
	if strings.Contains(r.String(), p.Key) {
		t.Error("a failure message would show the key")
	}
	p.Forget()
	if p.Count() != 0 {
		t.Error("it does not forget")
	}
}

func TestFaults(t *testing.T) {
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: oaktest.Key("openai")})
	for name, c := range map[string]struct {
		fault  oaktest.Fault
		status int
		header [2]string // name and what it holds
		body   string    // what the body holds
	}{
		"echo of the key": {oaktest.EchoKey(401), 401, [2]string{"X-Request-Id", p.Key}, p.Key},
		"echo in pieces":  {oaktest.EchoKeyStream(20, 3, 1), 200, [2]string{"Content-Type", "text/event-stream"}, p.Key + " indeed"},
		"echo of all":     {oaktest.EchoRequest(), 200, [2]string{}, "Bearer " + p.Key},
		"redirect":        {oaktest.Redirect(307, "https://evil.example/"), 307, [2]string{"Location", "https://evil.example/"}, ""},
		"rate limit":      {oaktest.Failure(429, 7), 429, [2]string{"Retry-After", "7"}, `"error"`},
		"failure":         {oaktest.Failure(500, -1), 500, [2]string{}, `"error"`},
		"raw":             {oaktest.Raw("HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok"), 299, [2]string{}, "ok"},
		"two encodings":   {oaktest.Encoded([]byte("x"), "gzip", "br"), 200, [2]string{"Content-Encoding", "gzip"}, "x"},
		"binary":          {oaktest.Binary("audio/mpeg", 300), 200, [2]string{"Content-Type", "audio/mpeg"}, "\x00\x07\x0e"},
		"lines":           {oaktest.NDJSON(3), 200, [2]string{"Content-Type", "application/x-ndjson"}, "{\"line\":2}\n"},
		"same body":       {oaktest.EchoBody(), 200, [2]string{"Content-Type", "boundary=b"}, "question"},
		"bad headers":     {oaktest.BadHeaders(), 200, [2]string{"Set-Cookie", "session=1"}, "list"},
		"cut":             {oaktest.Cut("text/event-stream", 5), 200, [2]string{}, "xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Next(c.fault)
			answer, body := sent(t, p, "question")
			if answer.StatusCode != c.status || !strings.Contains(answer.Header.Get(c.header[0]), c.header[1]) || !strings.Contains(body, c.body) {
				t.Errorf("got %d %v %q", answer.StatusCode, answer.Header, body)
			}
		})
	}
	t.Run("gzip", func(t *testing.T) {
		p.Next(oaktest.Gzip("packed"))
		_, body := sent(t, p, "")
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || string(text) != "packed" {
			t.Errorf("%q, %v", text, err)
		}
	})
}

func TestFaultsComeInTurn(t *testing.T) {
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{})
	p.Always(oaktest.Failure(503, -1))
	p.Next(oaktest.Failure(500, -1), oaktest.Failure(502, -1))
	for _, want := range []int{500, 502, 503, 503} {
		if answer, _ := sent(t, p, ""); answer.StatusCode != want {
			t.Errorf("got %d, want %d", answer.StatusCode, want)
		}
	}
	p.Always(nil)
	if answer, _ := sent(t, p, "{"); answer.StatusCode != 400 {
		t.Errorf("got %d from a provider without a fault", answer.StatusCode)
	}
}

func TestAStreamIsHeldOpen(t *testing.T) {
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{})
	gate := make(chan string)
	p.Next(oaktest.Drip(gate))
	answer, err := send(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	for _, text := range []string{"one", "two"} {
		gate <- text
		if line, err := lines.ReadString('\n'); line != "data: "+text+"\n" {
			t.Fatalf("read %q, %v", line, err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.State(); s.Active != 1 || s.Requests != 1 {
		t.Errorf("the provider is at %+v", s)
	}
	close(gate)
	if rest, err := io.ReadAll(lines); len(rest) != 0 || err != nil {
		t.Errorf("then came %q, %v", rest, err)
	}
}

func TestAClientThatHangsUpIsNoticed(t *testing.T) {
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{})
	p.Next(oaktest.Hang())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		answer, err := send(ctx, p, "")
		if err == nil {
			err = errors.Join(errors.New("there was an answer"), answer.Body.Close())
		}
		ended <- err
	}()
	patience, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	p.Wait(patience, t, func(s oaktest.State) bool { return s.Active == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.Wait(patience, t, func(s oaktest.State) bool { return s.Active == 0 && s.HungUp == 1 })
}
