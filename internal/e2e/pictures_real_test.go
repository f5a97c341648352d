//go:build real

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

// Every picture of the window in README is one of the real window, in front of a real agent with requests behind it. "make
// pictures" keeps them; a test only sees that each can be made.
func TestPictures(t *testing.T) {
	folder := os.Getenv("OAKLOCK_PICTURES")
	if folder == "" {
		folder = t.TempDir()
	}
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(4 * time.Minute)
	p.oaklock("settings", "set", "theme", "light")
	p.lived(ctx)
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := item.Click(ctx, "Open Oaklock"); err != nil {
		t.Fatal(err)
	}
	id := p.desktop.WindowID(ctx, "Oaklock")
	keep := func(name string) { p.desktop.Portrait(ctx, id, filepath.Join(folder, name+".png")) }
	view := func(name string) {
		p.desktop.Click(ctx, desktop.Link, name)
		p.desktop.Find(ctx, desktop.Heading, name)
	}
	p.desktop.Find(ctx, desktop.Link, "Overview")
	keep("window-light")
	view("Sites")
	keep("sites")
	view("Activity")
	keep("activity")

	const asking = "https://team.example"
	b := browse(t, true, asking)
	tab := b.Open(asking + browser.Team{Provider: "openai", Base: p.endpoint() + "/llm/openai"}.Path())
	q := p.question(asking)
	p.desktop.Find(ctx, desktop.Dialog, "A site asks")
	p.desktop.Find(ctx, desktop.Button, "Allow") // awake
	keep("asks-light")
	p.oaklock("settings", "set", "theme", "dark")
	keep("asks-dark")
	p.oaklock("allow", q.ID)
	if s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored); s.State != browser.Finished {
		t.Errorf("%+v", s)
	}
	p.desktop.Gone(ctx, desktop.Dialog, "A site asks")
	p.desktop.Click(ctx, desktop.Link, "Overview")
	keep("window-dark")
}

// lived gives an agent something to show: sites, what they sent, and what was refused.
func (p *program) lived(ctx context.Context) {
	p.Helper()
	const answer = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop",` +
		`"message":{"role":"assistant","content":"Yes."}}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`
	const research, write, local = "https://research.example", "https://write.example", "http://localhost:5173"
	for origin, limit := range map[string]string{research: "2.00/day", write: "0.50/day", local: "1.00/day"} {
		p.oaklock("sites", "allow", origin, "--provider", "openai", "--models", "*", "--limit", limit, "--for", "30d")
	}
	p.oaklock("sites", "allow", research, "--provider", "anthropic", "--models", "*", "--limit", "1.00/day", "--for", "7d")
	p.oaklock("sites", "block", "https://tracker.example")
	for i, x := range []struct{ origin, model string }{
		{research, "gpt-4o"}, {write, "gpt-4o-mini"}, {research, "gpt-4o"}, {local, "gpt-4.1-mini"}, {write, "gpt-4o"}, {research, "gpt-4.1"},
		{"https://tracker.example", "gpt-4o"}, {research, "gpt-4o-mini"}, {write, "gpt-4o"},
	} {
		input, output := 1500+613*i, 420+97*i
		p.model.Next(oaktest.Answer(http.StatusOK, http.Header{"Content-Type": {"application/json"}}, fmt.Sprintf(answer, input, output, input+output)))
		body := fmt.Sprintf(`{"model":%q,"max_tokens":2000,"messages":[{"role":"user","content":%q}]}`, x.model, strings.Repeat("What is it about? ", input/3))
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint()+"/llm/openai/chat/completions", strings.NewReader(body))
		if err != nil {
			p.Fatal(err)
		}
		r.Header.Set("Origin", x.origin)
		r.Header.Set("Content-Type", "application/json")
		if a := do(r); a.status != http.StatusOK && a.status != http.StatusForbidden {
			p.Fatalf("%s: status %d", x.origin, a.status)
		}
	}
}
