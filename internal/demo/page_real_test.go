//go:build real

package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	demopage "github.com/oaklock/oaklock/frontend/demo"
	"github.com/oaklock/oaklock/internal/demo"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
)

// stand plays Oaklock as far as the page can tell: it adds the key, or refuses in the words of one code.
type stand struct {
	provider *demo.Provider

	mu     sync.Mutex
	state  string // what status says; "" is a site that is blocked
	status int    // of the refusal; 0 forwards
	code   string
	hold   chan struct{} // requests wait until it is closed
}

func (s *stand) set(state string, status int, code string, hold chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.status, s.code, s.hold = state, status, code, hold
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // only then does the server notice that the page hangs up
	if err != nil {
		return
	}
	s.mu.Lock()
	state, status, code, hold := s.state, s.status, s.code, s.hold
	s.mu.Unlock()
	if state == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Content-Type", "application/json")
	switch rest, isModel := strings.CutPrefix(r.URL.Path, "/llm/demo"); {
	case r.Method == http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/oaklock/v1/status":
		fmt.Fprintf(w, `{"state":%q}`, state)
	case !isModel:
		w.WriteHeader(http.StatusNotFound)
	case status != 0:
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"error","error":{"type":"oaklock_error","code":%q,"message":"A sentence."}}`, code)
	default:
		if hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
				return
			}
		}
		if rest == "/chat/completions" {
			rest = "/openai/v1" + rest
		}
		forward := r.Clone(r.Context())
		forward.URL.Path = rest
		forward.Body = io.NopCloser(bytes.NewReader(body))
		forward.Header.Set("Authorization", "Bearer "+demo.Key)
		forward.Header.Set("X-Goog-Api-Key", demo.Key)
		s.provider.ServeHTTP(w, forward)
	}
}

// view is what the page shows.
type view struct{ Status, Notice, Result string }

// until waits in the page for one of the states and returns what it shows then.
func until(t *testing.T, b *browser.Browser, tab int, states ...string) view {
	t.Helper()
	list, err := json.Marshal(states)
	if err != nil {
		t.Fatal(err)
	}
	var v view
	if err := json.Unmarshal(b.Evaluate(tab, `new Promise((resolve) => {
		const root = document.documentElement
		const look = () => {
			if (!`+string(list)+`.includes(root.dataset.status)) return
			watch.disconnect()
			setTimeout(() => resolve({ Status: root.dataset.status, Notice: document.getElementById('notice').innerText,
				Result: document.getElementById('result').innerText }))
		}
		const watch = new MutationObserver(look)
		watch.observe(root, { attributes: true })
		look()
	})`), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheDemoPageInChromium(t *testing.T) {
	s := &stand{provider: demo.NewProvider(demo.ProviderOptions{})}
	oaklock := httptest.NewServer(s)
	t.Cleanup(oaklock.Close)
	assets, err := fs.Sub(demopage.Assets, "dist")
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(demo.Page(assets, oaklock.URL))
	t.Cleanup(site.Close)
	b := browser.Start(t, browser.Options{})
	s.set("ungranted", 0, "", nil)
	tab := b.Open(strings.Replace(site.URL, "127.0.0.1", "localhost", 1))

	for _, shape := range []string{"openai", "anthropic", "google", "mistral"} {
		t.Run(shape+" finishes", func(t *testing.T) {
			hold := make(chan struct{})
			s.set("pending", 0, "", hold)
			b.Click(tab, "input[value="+shape+"]")
			b.Click(tab, "#start")
			if v := until(t, b, tab, "waiting", "errored"); !strings.Contains(v.Notice, "Waiting for you to allow this site in Oaklock.") {
				t.Fatalf("while the request waits the page shows %+v", v)
			}
			s.set("granted", 0, "", nil)
			close(hold)
			v := until(t, b, tab, "finished", "errored")
			if !strings.Contains(v.Notice, "Done.") || !strings.Contains(v.Result, "The history of locks and keys") || !strings.Contains(v.Result, "Bramah") {
				t.Errorf("at the end the page shows %+v", v)
			}
		})
		for _, c := range []struct {
			state  string
			status int
			code   string
			want   string
		}{
			{"granted", 423, "no_key", "no key for the demo provider"},
			{"locked", 423, "locked", "oaklock unlock"},
			{"paused", 423, "paused", "oaklock resume"},
			{"denied", 403, "consent_denied", "told not to let this site through"},
			{"granted", 401, "invalid_api_key", "does not take the key"},
			{"granted", 402, "budget_exhausted", "limit that you gave"},
			{"", 0, "", "does not answer this page"},
		} {
			t.Run(shape+" "+c.state+" "+c.code, func(t *testing.T) {
				s.set(c.state, c.status, c.code, nil)
				b.Click(tab, "#start")
				if v := until(t, b, tab, "errored", "finished"); !strings.Contains(v.Notice, c.want) {
					t.Errorf("the page shows %+v, want %q", v, c.want)
				}
			})
		}
	}
	t.Run("stop", func(t *testing.T) {
		s.set("pending", 0, "", make(chan struct{}))
		b.Click(tab, "#start")
		until(t, b, tab, "waiting")
		b.Click(tab, "#stop")
		if v := until(t, b, tab, "idle", "errored"); !strings.Contains(v.Notice, "Stopped.") {
			t.Errorf("the page shows %+v", v)
		}
	})
}
