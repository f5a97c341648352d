//go:build unix

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// What gpt-4o costs, in millionths of a US dollar for a token: what the catalogue says.
const (
	tokenIn  = 2.5
	tokenOut = 10.0
)

// meteredProvider bills what it serves by itself, for each run by a word in the prompt: the prompt, and every token that it
// has made, whether or not anybody was there to read it.
type meteredProvider struct {
	mu     sync.Mutex
	bills  map[string]float64
	served int
}

var runWord = regexp.MustCompile(`run-[0-9]+`)

func (p *meteredProvider) charge(run string, cost float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bills[run] += cost
}

func (p *meteredProvider) bill(run string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int64(p.bills[run] + 0.999)
}

func (p *meteredProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var q struct {
		MaxTokens int `json:"max_tokens"`
	}
	if json.Unmarshal(body, &q) != nil || q.MaxTokens < 1 {
		http.Error(w, `{"error":{"message":"no ceiling"}}`, http.StatusBadRequest)
		return
	}
	run := runWord.FindString(string(body))
	prompt := len(body) / 4
	p.charge(run, float64(prompt)*tokenIn)
	p.mu.Lock()
	p.served++
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	n := q.MaxTokens/4 + rand.IntN(q.MaxTokens*3/4+1)
	for i := range n {
		p.charge(run, tokenOut)
		_, err := io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"word "}}]}`+"\n\n")
		if err != nil || r.Context().Err() != nil {
			return
		}
		if i%10 == 0 && out.Flush() != nil {
			return
		}
		if i%50 == 0 {
			time.Sleep(time.Millisecond) // a model takes its time: kills are to find answers half done
		}
	}
	fmt.Fprintf(w, `data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`+"\n\ndata: [DONE]\n\n", prompt, n)
}

// tally counts how the requests of a site ended.
type tally struct {
	mu sync.Mutex
	m  map[string]int
}

func (t *tally) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m[what]++
}

// crowd sends 100 streams at once from one site, each again when it is refused, as clients do, and returns when they have
// ended one way or the other. A connection that breaks ends its stream: the agent is gone.
func (u *terminal) crowd(endpoint, origin, run string, ended *tally) {
	u.Helper()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for range 8 {
				switch word := u.stream(endpoint, origin, run); word {
				case "too_many_requests", "budget_exhausted":
					ended.add(word)
					time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
				default:
					ended.add(word)
					return
				}
			}
		})
	}
	all.Wait()
}

// stream sends one and says how it ended: a code of Oaklock's, "whole", or "broken".
func (u *terminal) stream(endpoint, origin, run string) string {
	ctx, cancel := context.WithTimeout(u.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+chatPath,
		strings.NewReader(`{"model":"gpt-4o","stream":true,"max_tokens":200,"messages":[{"role":"user","content":"`+run+`"}]}`))
	if err != nil {
		return "broken"
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	a := do(r)
	switch {
	case a.err != nil:
		return "broken"
	case a.status == http.StatusOK && strings.Contains(a.body, "[DONE]"):
		return "whole"
	case a.status == http.StatusOK:
		return "cut"
	}
	return a.code()
}

// Promise 7: a site's limit of ten cents holds while a hundred streams race for it and the agent is killed at any moment,
// started again, and raced for again. What the provider itself has billed is what counts, and the ledger never says less.
func TestTenCentsHoldWhateverIsKilled(t *testing.T) {
	const runs, limit = 20, 100_000
	u := sit(t)
	provider := &meteredProvider{bills: map[string]float64{}}
	server := httptest.NewServer(provider)
	defer server.Close()
	agent := u.agent(u.passphrase()...)
	u.done("oaklock providers set openai --base-url " + server.URL)
	u.done(`printf %s "$KEY" | oaklock keys add openai`, "KEY="+oaktest.Key("openai"))
	u.done("oaklock settings set brake off") // the limit is what is tried here
	ended := &tally{m: map[string]int{}}
	endpoint := func() string {
		st, err := u.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st.Endpoint
	}
	for n := range runs {
		run := "run-" + strconv.Itoa(n)
		origin := "https://" + run + ".example"
		u.done("oaklock sites allow " + origin + " --provider openai --models gpt-4o --limit 0.10/day")
		at := endpoint()
		var racing sync.WaitGroup
		racing.Go(func() { u.crowd(at, origin, run, ended) })
		time.Sleep(time.Duration(rand.IntN(120_000)) * time.Microsecond) // the moment is the experiment, not a synchronisation
		if status := agent.end(syscall.SIGKILL); status != -1 {
			t.Fatalf("it ended with %d:\n%s", status, agent.words.Bytes())
		}
		racing.Wait()
		agent = u.agent(u.passphrase()...)
		if billed, used := provider.bill(run), u.usedBy(t, origin); billed > limit || used < billed || used > limit {
			t.Errorf("%s: after the kill the provider has billed %d of %d, and the ledger says %d", run, billed, limit, used)
		}
		u.crowd(endpoint(), origin, run, ended)
		if billed, used := provider.bill(run), u.usedBy(t, origin); billed > limit || used < billed || used > limit {
			t.Errorf("%s: the provider has billed %d of %d, and the ledger says %d", run, billed, limit, used)
		}
	}
	t.Logf("%d requests reached the provider; they ended so: %v", provider.served, ended.m)
	if ended.m["whole"] < runs || ended.m["budget_exhausted"] < runs || ended.m["broken"] < runs {
		t.Errorf("this was no race: %v", ended.m)
	}
	// What the command line sums up is what the lines have.
	var sums []control.UsageSum
	u.reads("oaklock usage --by site --since 1d --json", &sums)
	for _, s := range sums {
		if s.Origin == "" {
			continue // refusals
		}
		var cost, lines int64
		for before := int64(0); ; {
			var page []control.Entry
			u.reads("oaklock log --json -n 1000 --site "+s.Origin+" --before "+strconv.FormatInt(before, 10), &page)
			for _, e := range page {
				cost += e.Cost // also of one that was sent, and that we then had to answer in the provider's place
				if !e.Refused {
					lines++
				}
			}
			if len(page) < 1000 {
				break
			}
			before = page[len(page)-1].ID
		}
		if cost != s.Cost || lines != s.Requests {
			t.Errorf("%s: the sum is %d for %d requests, the lines have %d for %d", s.Origin, s.Cost, s.Requests, cost, lines)
		}
	}
}

// usedBy is what the ledger says that a site has used today.
func (u *terminal) usedBy(t *testing.T, origin string) int64 {
	t.Helper()
	sites, err := u.Sites(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sites {
		if s.Origin == origin {
			return s.Grants[0].Used.CostDay
		}
	}
	t.Fatalf("%s has no grant any more", origin)
	return 0
}
