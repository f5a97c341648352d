package e2e_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// Every answer that an allowed site gets says what it cost, or the most that it can, and what that leaves of the site's limit; also one of
// Oaklock's own, which cost nothing unless the provider may have had the request. What is not known, or not limited, is not said; and strangers hear nothing.
func TestAnswersSayWhatTheyCost(t *testing.T) {
	const limit = 1_000_000
	s := begin(t)
	s.allow(site, "openai")
	said := func(a answer, status int, cost, left string) {
		t.Helper()
		if a.status != status || a.header.Get("X-Oaklock-Cost") != cost || a.header.Get("X-Oaklock-Left") != left {
			t.Errorf("status %d, cost %q, left %q; want %d, %q, %q", a.status, a.header.Get("X-Oaklock-Cost"), a.header.Get("X-Oaklock-Left"), status, cost, left)
		}
		for _, name := range []string{"x-oaklock-cost", "x-oaklock-left"} {
			if exposed := strings.ToLower(a.header.Get("Access-Control-Expose-Headers")); cost != "" && !strings.Contains(exposed, name) {
				t.Errorf("a page cannot read %s among %q", name, exposed)
			}
		}
	}
	used := func() int64 { n, _ := s.spent(t, site); return n }
	json := http.Header{"Content-Type": {"application/json"}}
	ask := func(body string) answer { return do(s.call(t.Context(), site, http.MethodPost, chatPath, body)) }
	const unpriced = "a-model-without-a-price"

	a := s.chat(site)
	cost := s.entries(t)[0].Cost
	if cost < 1 || used() != cost {
		t.Fatalf("it cost %d, and %d is used", cost, used())
	}
	said(a, 200, money.Plain(cost), money.Plain(limit-cost))

	s.provider.Next(oaktest.Answer(200, json, `{"choices":[]}`)) // nothing of its usage: the whole reservation
	a = s.chat(site)
	worst := s.entries(t)[0].Cost
	said(a, 200, money.Plain(worst), money.Plain(limit-used()))

	s.provider.Next(oaktest.Raw("")) // it hangs up, and may charge for it
	before := used()
	a = s.chat(site)
	if used() != before+worst {
		t.Errorf("a request that the provider may have had cost %d, want %d", used()-before, worst)
	}
	said(a, 502, money.Plain(worst), money.Plain(limit-used()))

	before = used()
	page := s.stream(site) // its head goes out before anybody knows
	_, held := s.spent(t, site)
	said(answer{status: page.resp.StatusCode, header: page.resp.Header}, 200, money.Plain(held), money.Plain(limit-before-held))
	page.finish(t)
	s.await("the end of the stream", func(control.State) bool { _, held := s.spent(t, site); return held == 0 })
	if held != worst || used() > before+held {
		t.Errorf("the stream held %d and has cost %d, and the same at once at most %d", held, used()-before, worst)
	}

	before = used()
	for name, c := range map[string]struct {
		fault  oaktest.Fault
		body   string
		status int
	}{
		"the provider fails":       {oaktest.Failure(503, 1), chatBody, 503},
		"the provider refuses":     {oaktest.Answer(400, json, `{"error":{"message":"no"}}`), chatBody, 400},
		"a limit refuses":          {nil, strings.Replace(chatBody, "gpt-4o-mini\",\"max_tokens\":64", "gpt-4o\",\"max_tokens\":120000", 1), 402},
		"it asks for a stored one": {nil, `{"model":"gpt-4o-mini","max_tokens":6,"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}`, 403},
		"it is no request":         {nil, `{"model":`, 400},
		"the model has no price":   {nil, strings.Replace(chatBody, "gpt-4o-mini", unpriced, 1), 402},
	} {
		if c.fault != nil {
			s.provider.Next(c.fault)
		}
		a := ask(c.body)
		if used() != before {
			t.Errorf("%s: it cost %d", name, used()-before)
		}
		said(a, c.status, "0.00", money.Plain(limit-before))
	}
	said(do(s.call(t.Context(), site, http.MethodPost, "/llm/openai/no/such/path", chatBody)), 404, "0.00", money.Plain(limit-before))

	terms := day("*")
	terms.Limits = control.Limits{TokensDay: 1_000_000}
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	said(s.chat(site), 200, money.Plain(cost), "")
	said(ask(strings.Replace(chatBody, "gpt-4o-mini", unpriced, 1)), 200, "", "")
	s.provider.Next(oaktest.Raw(""))
	said(ask(strings.Replace(chatBody, "gpt-4o-mini", unpriced, 1)), 502, "", "")

	s.must(s.SetSetting(t.Context(), "questions", "off"))
	said(s.chat("https://stranger.example"), 403, "", "")
}

// What runs tells what it has cost so far, and the most that it can; the user stops it, and what had come is what it costs.
func TestWhatRunsTellsItsCost(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	page := s.stream(site)
	runs := func() control.Running {
		t.Helper()
		st := s.state()
		if len(st.Running) != 1 {
			t.Fatalf("running are %+v", st.Running)
		}
		return st.Running[0]
	}
	_, held := s.spent(t, site)
	first := runs()
	if first.Cost < 1 || first.Reserved != held || first.Origin != site || first.Model != "gpt-4o-mini" {
		t.Errorf("of %d that are held it tells %+v", held, first)
	}
	page.event(`{"choices":[{"index":0,"delta":{"content":"` + strings.Repeat("word ", 20) + `"}}]}`)
	then := runs()
	if then.Cost <= first.Cost || then.Cost > then.Reserved {
		t.Errorf("after some words it tells %+v, and before %+v", then, first)
	}
	s.must(nil, s.StopRunning(t.Context(), then.ID))
	page.isCut(t)
	s.await("its line", func(st control.State) bool { return st.Today.Requests == 1 })
	if e := s.entries(t)[0]; e.Cost < then.Cost || e.Cost > held || !e.Estimated {
		t.Errorf("stopped at %d of %d, its line is %+v", then.Cost, held, e)
	}
}

// A provider that does not heed the ceiling is not let go on: a stream that takes more than was reserved, by its own word or by the
// words that have come, ends with an error event and looks cut, and what it has taken counts.
func TestAStreamThatTakesMoreThanWasReservedIsCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event     string
		least     int64 // tokens of the answer that are charged for
		estimated bool
	}{
		"it says so":         {`{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5000}}`, 5000, false},
		"its words are many": {`{"choices":[` + strings.Repeat(`{"index":0,"delta":{"content":"word "}},`, 4999) + `{"index":0,"delta":{"content":"word"}}]}`, 4000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			s.allow(site, "openai")
			page := s.stream(site)
			_, held := s.spent(t, site)
			s.give(page.gate, c.event)
			rest, err := io.ReadAll(page.body)
			end := "\n\nevent: error\ndata: "
			if at := strings.LastIndex(string(rest), end); !errors.Is(err, io.ErrUnexpectedEOF) || at < 0 || !strings.Contains(string(rest[at:]), `"budget_exhausted"`) {
				t.Fatalf("it ended with %q, %v", rest[max(0, len(rest)-300):], err)
			}
			s.await("its line", func(st control.State) bool { return len(st.Running) == 0 && st.Today.Requests == 1 })
			e := s.entries(t)[0]
			price := 0.6 // of gpt-4o-mini, in millionths for a token
			if least := int64(float64(c.least) * price); e.Code != "budget_exhausted" || e.Estimated != c.estimated || e.Cost < least || e.Cost <= held {
				t.Errorf("of at least %d, where %d was held, its line says %+v", least, held, e)
			}
		})
	}
}

// An answer whose words nobody can count is cut all the same, in whatever form it comes, once it is longer than anything that
// was reserved for can be; and it counts as what was reserved, whatever its provider says of it.
func TestAnAnswerWithoutAnEndIsCut(t *testing.T) {
	t.Parallel()
	const far = 64 << 20 // where one that is not cut ends
	for name, c := range map[string]struct {
		contentType, begin, more string
	}{
		"JSON":            {"application/json", `{"usage":{"prompt_tokens":1,"completion_tokens":1},"choices":[{"x":"`, strings.Repeat("a", 1<<20)},
		"one event":       {"text/event-stream", `data: {"x":"`, strings.Repeat("a", 1<<20)},
		"large events":    {"text/event-stream", "", `data: {"usage":{"prompt_tokens":1,"completion_tokens":1},"x":"` + strings.Repeat("a", 1<<20) + "\"}\n\n"},
		"something other": {"image/png", "", strings.Repeat("\n", 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			s.allow(site, "openai")
			s.provider.Next(oaktest.Answer(200, http.Header{"Content-Type": {"application/json"}}, `{"choices":[]}`))
			s.chat(site)
			whole := s.entries(t)[0].Cost
			s.provider.Next(func(_ *oaktest.Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
				w.Header().Set("Content-Type", c.contentType)
				_, err := io.WriteString(w, c.begin)
				for range far / len(c.more) {
					if err == nil {
						_, err = io.WriteString(w, c.more)
					}
				}
			})
			page := s.open(t.Context(), s.call(t.Context(), site, http.MethodPost, chatPath, chatBody))
			rest, err := io.ReadAll(page.body)
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(rest) > far/2 {
				t.Errorf("%d bytes of it came, %v", len(rest), err)
			}
			if c.contentType == "text/event-stream" && !strings.Contains(string(rest[max(0, len(rest)-300):]), `"budget_exhausted"`) {
				t.Errorf("the page is not told why")
			}
			s.await("its line", func(st control.State) bool { return len(st.Running) == 0 && st.Today.Requests == 2 })
			if e := s.entries(t)[0]; e.Code != "budget_exhausted" || e.Cost < whole {
				t.Errorf("where %d was held, its line says %+v", whole, e)
			}
		})
	}
}
