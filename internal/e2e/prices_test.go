package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/store"
)

const bare = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}`

// What a page does not bound, Oaklock bounds, in the body that the provider gets: by the setting, or by a limit of the site, of the
// key or over everything where that is lower.
func TestACeilingIsWrittenWhereThePageNamesNone(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai", "google")
	terms := day("*")
	terms.Limits.OutputTokens = 100
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "https://narrow.example", Providers: []string{"openai"}, Terms: terms}))
	with := func(text string) string { return "{" + text + bare[1:] }
	ask := func(origin, path, body string) string {
		t.Helper()
		s.provider.Forget()
		if a := do(s.call(t.Context(), origin, http.MethodPost, path, body)); a.status != 200 {
			t.Fatal(a)
		}
		return string(s.provider.Requests()[0].Body)
	}
	if got := ask(site, chatPath, bare); got != with(`"max_completion_tokens":8192,`) {
		t.Errorf("the provider got %s", got)
	}
	if got := ask(site, "/llm/google/v1beta/models/gemini-2.5-flash:generateContent", `{"contents":[{"parts":[{"text":"hello"}]}],"generationConfig":{"topK":1}}`); got !=
		`{"contents":[{"parts":[{"text":"hello"}]}],"generationConfig":{"maxOutputTokens":8192,"topK":1}}` {
		t.Errorf("the provider got %s", got)
	}
	if got := ask("https://narrow.example", chatPath, bare); got != with(`"max_completion_tokens":100,`) {
		t.Errorf("for the narrower grant the provider got %s", got)
	}
	if got := ask("https://narrow.example", chatPath, with(`"n":4,`)); got != with(`"max_completion_tokens":25,"n":4,`) {
		t.Errorf("for four answers the provider got %s", got)
	}
	s.must(s.LimitKey(t.Context(), control.LimitKey{Provider: "openai", Limits: control.Limits{OutputTokens: 90}}))
	if got := ask("https://narrow.example", chatPath, bare); got != with(`"max_completion_tokens":90,`) {
		t.Errorf("with a limit of the key the provider got %s", got)
	}
	s.must(s.SetSetting(t.Context(), "limit", "80tokens/answer"))
	if got := ask(site, chatPath, bare); got != with(`"max_completion_tokens":80,`) {
		t.Errorf("with a limit over everything the provider got %s", got)
	}
	s.must(s.SetSetting(t.Context(), "output_ceiling", "77"))
	if got := ask(site, chatPath, bare); got != with(`"max_completion_tokens":77,`) {
		t.Errorf("with another setting the provider got %s", got)
	}
	if got := ask(site, chatPath, chatBody); got != chatBody {
		t.Errorf("of a page that names a ceiling the provider got %s", got)
	}
}

// Every stream tells Oaklock what it used, and a page sees no more than it asked for.
func TestUsageIsAskedForInThePagesPlace(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	stream := `{"stream":true,` + chatBody[1:]
	asked := strings.Replace(stream, `"max_tokens"`, `"stream_options":{"include_usage":true},"max_tokens"`, 1)
	var answers [2]string
	for i, body := range []string{stream, asked} {
		s.provider.Forget()
		a := do(s.call(t.Context(), site, http.MethodPost, chatPath, body))
		if a.status != 200 || !strings.HasSuffix(a.body, "data: [DONE]\n\n") {
			t.Fatal(a)
		}
		if got := string(s.provider.Requests()[0].Body); strings.Count(got, `"include_usage":true`) != 1 || len(got) > len(asked) {
			t.Errorf("the provider got %s", got)
		}
		if e := s.entries(t)[0]; e.Input < 1 || e.Output < 2 {
			t.Errorf("the log has %d and %d tokens", e.Input, e.Output)
		}
		answers[i] = a.body
	}
	if strings.Contains(answers[0], `"prompt_tokens"`) || !strings.Contains(answers[1], `"prompt_tokens"`) {
		t.Errorf("the page that did not ask got\n%s\nthe one that did\n%s", answers[0], answers[1])
	}
	if n := strings.Count(answers[1], "data: ") - strings.Count(answers[0], "data: "); n != 1 {
		t.Errorf("the answers differ by %d chunks", n)
	}
}

// An answer of which its provider says nothing counts as what was reserved for it, and is marked as estimated: whole or streamed,
// and however little came.
func TestAnAnswerThatSaysNothingOfItsUsage(t *testing.T) {
	t.Parallel()
	const streamed = "data: {\"choices\":[{\"delta\":{\"content\":\"Yes.\"}}]}\n\ndata: [DONE]\n\n"
	for name, c := range map[string]struct{ provider, path, body, contentType, answer string }{
		"a chat":                    {"openai", chatPath, chatBody, "application/json", `{"choices":[{"message":{"content":"Yes."}}]}`},
		"a stream":                  {"openai", chatPath, `{"stream":true,` + chatBody[1:], "text/event-stream", streamed},
		"a response":                {"openai", "/llm/openai/responses", `{"model":"gpt-4o-mini","max_output_tokens":64,"input":"hello"}`, "application/json", `{"output":[]}`},
		"nothing at all":            {"openai", chatPath, chatBody, "application/json", ``},
		"another's names":           {"anthropic", "/llm/anthropic/v1/messages", `{"model":"claude","max_tokens":64,"messages":[]}`, "application/json", `{"usage":{"prompt_tokens":1,"completion_tokens":1}}`},
		"vectors":                   {"openai", "/llm/openai/embeddings", `{"model":"text-embedding-3-small","input":"hello"}`, "application/json", `{"data":[]}`},
		"an answer that is no text": {"google", "/llm/google/v1beta/models/gemini-a:generateContent", `{"contents":[],"generationConfig":{"maxOutputTokens":64}}`, "application/json", `[[[`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			s.allow(site, c.provider)
			answer := oaktest.Answer(http.StatusOK, http.Header{"Content-Type": {c.contentType}}, c.answer)
			reserved := make(chan int64, 1)
			s.provider.Next(func(p *oaktest.Provider, w http.ResponseWriter, r *http.Request, body []byte) {
				if sites, err := s.Sites(t.Context()); err == nil {
					reserved <- sites[0].Grants[0].Held.CostDay
				}
				answer(p, w, r, body)
			})
			if a := do(s.call(t.Context(), site, http.MethodPost, c.path, c.body, "anthropic-version", "2023-06-01")); a.status != http.StatusOK || a.body != c.answer {
				t.Fatal(a)
			}
			whole := <-reserved
			if e := s.entries(t)[0]; whole < 1 || e.Cost != whole || !e.Estimated || e.Input != -1 || e.Output != -1 {
				t.Errorf("of %d that were reserved the log says %+v", whole, e)
			}
			if used, held := s.spent(t, site); used != whole || held != 0 {
				t.Errorf("of %d that were reserved %d count, and %d are still held", whole, used, held)
			}
			if today := s.state().Today; today.Cost != whole || today.Estimated != whole {
				t.Errorf("the window shows %+v", today)
			}
		})
	}
}

// The user's prices lie over Oaklock's own, survive a restart, and are forgotten on demand.
func TestPricesOfTheUser(t *testing.T) {
	s := begin(t)
	find := func(providerID, model string) *control.Price {
		t.Helper()
		all, err := s.Prices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(all, func(p control.Price) bool { return p.Provider == providerID && p.Model == model }); i >= 0 {
			return &all[i]
		}
		return nil
	}
	known := find("openai", "gpt-4o-mini")
	if known == nil || known.Input != 150_000 || known.Edited || !known.Known || known.Date == "" || !strings.HasPrefix(known.Source, "https://") {
		t.Fatalf("%+v", known)
	}
	set := func(providerID, model string, rates map[string]int64) (control.Price, error) {
		return s.SetPrice(t.Context(), control.SetPrice{Provider: providerID, Model: model, Rates: rates})
	}
	if p, err := set("openai", "gpt-4o-mini", map[string]int64{"output": 7}); err != nil || p.Output != 7 || !p.Edited {
		t.Errorf("%+v, %v", p, err)
	}
	s.must(set("openai", "mine", map[string]int64{"input": 1, "output": 2, "maxOutput": 300}))
	s.must(set("openai", "mine", map[string]int64{"cachedInput": 1}))

	for name, c := range map[string]struct {
		provider, model string
		rates           map[string]int64
		code            string
	}{
		"no provider":     {"nobody", "m", map[string]int64{"input": 1, "output": 1}, control.NotFound},
		"half a price":    {"openai", "other", map[string]int64{"input": 1}, control.BadInput},
		"less than free":  {"openai", "other", map[string]int64{"input": -1, "output": 1}, control.BadInput},
		"no such rate":    {"openai", "other", map[string]int64{"inputs": 1}, control.BadInput},
		"nothing":         {"openai", "other", nil, control.BadInput},
		"no model":        {"openai", "", map[string]int64{"input": 1, "output": 1}, control.BadInput},
		"control letters": {"openai", "a\nb", map[string]int64{"input": 1, "output": 1}, control.BadInput},
	} {
		_, err := set(c.provider, c.model, c.rates)
		if e := new(control.Error); !errors.As(err, &e) || e.Code != c.code || strings.Count(e.Message, ".") != 1 && c.code == control.BadInput {
			t.Errorf("%s: %v", name, err)
		}
	}

	s.must(nil, s.agent.Close())
	s.start()
	if p := find("openai", "gpt-4o-mini"); p == nil || p.Input != 150_000 || p.Output != 7 || !p.Edited || !p.Known {
		t.Errorf("after a restart %+v", p)
	}
	if p := find("openai", "mine"); p == nil || p.Input != 1 || p.Output != 2 || p.CachedInput != 1 || p.MaxOutput != 300 || p.Known || p.Source != "set by you" {
		t.Errorf("after a restart %+v", p)
	}
	s.must(nil, s.ResetPrice(t.Context(), control.PriceRef{Provider: "openai", Model: "gpt-4o-mini"}))
	if p := find("openai", "gpt-4o-mini"); p == nil || p.Output != known.Output || p.Edited || p.Date != known.Date {
		t.Errorf("reset to %+v, was %+v", p, known)
	}
	s.must(nil, s.ResetPrice(t.Context(), control.PriceRef{Provider: "openai", Model: "mine"}))
	if p := find("openai", "mine"); p != nil {
		t.Errorf("still there: %+v", p)
	}
	if e := new(control.Error); !errors.As(s.ResetPrice(t.Context(), control.PriceRef{Provider: "openai", Model: "mine"}), &e) || e.Code != control.NotFound {
		t.Errorf("%v", e)
	}
}

// Prices that cannot be read do not take the others with them, and are not passed over in silence.
func TestPricesThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		saved  string
		output int64 // of gpt-4o-mini, then
	}{
		"garbage":         {`{"`, 600_000},
		"one of several":  {`[{"provider":"openai","model":"x","input":5},{"provider":"openai","model":"gpt-4o-mini","output":9}]`, 9},
		"the second time": {`[{"provider":"openai","model":"gpt-4o-mini","output":9},{"provider":"openai","model":"gpt-4o-mini","output":8}]`, 9},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t)
			s.must(nil, s.agent.Close())
			db, err := store.Open(t.Context(), s.home)
			s.must(db, err)
			s.must(nil, db.SetSetting(t.Context(), "prices", c.saved))
			s.must(nil, db.Close())
			s.start()
			s.must(nil, s.Trust(t.Context())) // the test is another program
			st, err := s.State(t.Context())
			if err != nil || !slices.ContainsFunc(st.Problems, func(p control.Problem) bool { return p.Code == "price_row" }) {
				t.Errorf("the problems are %+v, %v", st.Problems, err)
			}
			all, err := s.Prices(t.Context())
			i := slices.IndexFunc(all, func(p control.Price) bool { return p.Provider == "openai" && p.Model == "gpt-4o-mini" })
			if err != nil || i < 0 || all[i].Output != c.output {
				t.Errorf("%d, %v", i, err)
			}
			// Setting one again mends it.
			s.must(s.SetPrice(t.Context(), control.SetPrice{Provider: "openai", Model: "gpt-4o-mini", Rates: map[string]int64{"output": 3}}))
			s.must(nil, s.agent.Close())
			s.start()
			if st, err := s.State(t.Context()); err != nil || slices.ContainsFunc(st.Problems, func(p control.Problem) bool { return p.Code == "price_row" }) {
				t.Errorf("still there: %+v, %v", st.Problems, err)
			}
		})
	}
}

// A question says that what is asked for has no price, with a command that a shell takes as it is, and only as long as that is so.
func TestAQuestionSaysThatThereIsNoPrice(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "mine", BaseURL: "http://127.0.0.1:9/v1"}))
	warned := func(path, body string) (message string) {
		t.Helper()
		r := s.call(t.Context(), site, http.MethodPost, path, body)
		ended := make(chan answer, 1)
		go func() { ended <- do(r) }()
		q := s.question()
		for _, w := range q.Warnings {
			if w.Code == control.NoPrice {
				message = w.Message
			}
		}
		s.must(nil, s.AnswerDeny(t.Context(), control.Answer{ID: q.ID}))
		<-ended
		s.must(nil, s.UnblockSite(t.Context(), control.SiteRef{Origin: site}))
		return message
	}
	const mine, connect = "/llm/mine/chat/completions", "/oaklock/v1/connect"
	model := func(name string) string { return strings.Replace(bare, "gpt-4o-mini", name, 1) }
	says := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	const sentence = "Oaklock knows no price of %s, so a limit in dollars refuses it. Set it, 0 where it is free, with: oaklock prices set %s --input DOLLARS --output DOLLARS"
	says(warned(mine, model("my llama;ls")), fmt.Sprintf(sentence, "my llama;ls at mine", "mine 'my llama;ls'"))
	says(warned("/llm/openai/chat/completions", model("of-tomorrow")), fmt.Sprintf(sentence, "of-tomorrow at openai", "openai of-tomorrow"))
	says(warned(chatPath, bare), "")
	says(warned(connect, `{"providers":["mine","openai"]}`), fmt.Sprintf(sentence, "any model at mine", "mine MODEL"))
	says(warned(connect, `{"providers":["mine","openai"],"models":["a","gpt-4o-mini"]}`), fmt.Sprintf(sentence, "a at mine, a at openai, gpt-4o-mini at mine", "PROVIDER MODEL"))
	s.must(s.SetPrice(t.Context(), control.SetPrice{Provider: "mine", Model: "my llama;ls", Rates: map[string]int64{"input": 0, "output": 0}}))
	says(warned(mine, model("my llama;ls")), "")
	says(warned(connect, `{"providers":["mine"]}`), "")
}
