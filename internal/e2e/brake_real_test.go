//go:build real

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
)

// thoughtful answers as a model that thinks so many times before it gives its answer, which is the longest that a KaibanJS agent
// does; and at once, which no model does: everything comes within the brake's minute.
func thoughtful(thoughts int) oaktest.Fault {
	return func(p *oaktest.Provider, w http.ResponseWriter, r *http.Request, body []byte) {
		said := bytes.Count(body, []byte(`"role":"assistant"`))
		text := fmt.Sprintf(`{"thought":"Now I know %d things about it, and one of them is new.","action":"self_question","actionInput":{"query":"And what else?"}}`, said)
		if said >= thoughts {
			text = `{"finalAnswer":"It is blue because short waves are scattered more."}`
		}
		content, _ := json.Marshal(text) // a string
		answer := fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"finish_reason":"stop",`+
			`"message":{"role":"assistant","content":%s}}],"usage":{"prompt_tokens":%d,"completion_tokens":40,"total_tokens":%d}}`, content, len(body)/4, len(body)/4+40)
		oaktest.Answer(http.StatusOK, http.Header{"Content-Type": {"application/json"}}, answer)(p, w, r, body)
	}
}

// Real teams of six agents pass the runaway brake, as it is when Oaklock is new; a page in a loop does not, and the user is
// told with the numbers.
func TestTheBrakeStopsALoopAndNoTeam(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	p.oaklock("sites", "allow", kaiban, "--provider", "openai", "--models", "*", "--limit", "100.00/day", "--for", "1d")
	b := browse(t, true, kaiban)
	ctx := p.within(4 * time.Minute)

	const thoughts = 9 // and an answer: KaibanJS ends an agent after ten requests
	for name, c := range map[string]struct {
		model oaktest.Fault
		team  browser.Team
		least int // requests, so that it is known what was tried
	}{
		"a team of six":                           {nil, browser.Team{Agents: 6}, 12},
		"a team of six at once":                   {nil, browser.Team{Agents: 6, Parallel: true}, 12},
		"a team of six that thinks long":          {thoughtful(thoughts), browser.Team{Agents: 6}, 6 * (thoughts + 1)},
		"a team of six that thinks long, at once": {thoughtful(thoughts), browser.Team{Agents: 6, Parallel: true}, 6 * (thoughts + 1)},
	} {
		t.Run(name, func(t *testing.T) {
			p.model.Forget()
			p.model.Always(c.model)
			c.team.Provider, c.team.Base = "openai", p.endpoint()+"/llm/openai"
			begun := time.Now()
			tab := b.Open(kaiban + c.team.Path())
			s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored)
			took := time.Since(begun)
			if paused := p.state().Paused; s.State != browser.Finished || len(paused) != 0 {
				t.Fatalf("the team is %+v, paused are %+v", s, paused)
			}
			if n := p.model.Count(); n < c.least {
				t.Errorf("it sent %d requests; %d were to be tried", n, c.least)
			}
			t.Logf("%d requests in %v", p.model.Count(), took.Round(time.Second/10))
			b.Shut(tab)
		})
	}
	p.model.Always(nil)

	t.Run("a loop", func(t *testing.T) {
		// Another site, because the teams before were within the same minute.
		const looping = "https://looping.test"
		p.oaklock("sites", "allow", looping, "--provider", "openai", "--models", "*", "--limit", "100.00/day", "--for", "1d")
		b := browse(t, true, looping)
		tab := b.Open(looping + "/probe.html")
		p.model.Forget()
		loop := func(n int) (statuses []int, last string) {
			t.Helper()
			var seen struct {
				Statuses []int
				Last     string
			}
			script := fmt.Sprintf(`(async () => {
				const statuses = []
				let last
				for (let i = 0; i < %d; i++) {
					last = await probe({ do: 'fetch', url: '%s/llm/openai/chat/completions', method: 'POST', headers: { 'Content-Type': 'application/json' },
						body: JSON.stringify({ model: 'gpt-4o-mini', max_tokens: 64, messages: [{ role: 'user', content: 'Is it done? It is ' + Date.now() }] }) })
					statuses.push(last.status)
				}
				return { statuses, last: last.body }
			})()`, n, p.endpoint())
			if err := json.Unmarshal(b.Evaluate(tab, script), &seen); err != nil {
				t.Fatal(err)
			}
			return seen.Statuses, seen.Last
		}
		statuses, last := loop(brake.Repeats + 5)
		for i, s := range statuses {
			if want := map[bool]int{true: 200, false: 423}[i < brake.Repeats-1]; s != want {
				t.Errorf("request %d: %d, want %d", i+1, s, want)
			}
		}
		if !strings.Contains(last, "ran away") {
			t.Errorf("the page hears %s", last)
		}
		if n := p.model.Count(); n != brake.Repeats-1 {
			t.Errorf("%d requests reached the provider", n)
		}
		paused := p.state().Paused
		if len(paused) != 1 || paused[0].Origin != looping || paused[0].Reason != "same_requests" || paused[0].Count != brake.Repeats || paused[0].Cost <= 0 {
			t.Fatalf("paused are %+v", paused)
		}
		numbers := fmt.Sprintf("%s is paused: it sent %d nearly equal requests within a minute ($", looping, brake.Repeats)
		note, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.Title == looping+" is paused" })
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(note.Body, numbers) || len(note.Actions) != 2 {
			t.Errorf("the user is asked with %+v", note)
		}
		if out := p.oaklock("status"); !strings.Contains(out, numbers) || !strings.Contains(out, "oaklock sites resume "+looping) {
			t.Errorf("status says\n%s", out)
		}
		p.oaklock("sites", "resume", looping)
		if _, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.ID == note.ID && n.Closed }); err != nil {
			t.Error("the notification stays after the answer: ", err)
		}
		// The user has looked and said that it may: the same wire stays silent.
		if statuses, _ = loop(brake.Repeats + 5); statuses[len(statuses)-1] != http.StatusOK {
			t.Errorf("after resume: %v", statuses)
		}
	})
	t.Run("the team's site was not paused by another's loop", func(t *testing.T) {
		tab := b.Open(kaiban + browser.Team{Provider: "openai", Base: p.endpoint() + "/llm/openai", Agents: 6}.Path())
		if s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored); s.State != browser.Finished {
			t.Errorf("%+v", s)
		}
	})
}
