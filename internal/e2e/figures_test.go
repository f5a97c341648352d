//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// posts sends a request of a page to a provider.
func (u *terminal) posts(origin, provider, body string) answer {
	u.Helper()
	st, err := u.State(u.Context())
	if err != nil {
		u.Fatal(err)
	}
	r, err := http.NewRequestWithContext(u.Context(), http.MethodPost, st.Endpoint+"/llm/"+provider+"/chat/completions", strings.NewReader(body))
	if err != nil {
		u.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	return do(r)
}

// spent is a log with everything in it that sums may get wrong: sites, providers, models and keys, what was refused by the gate and
// by a limit, what was cut and is estimated, and what has no price.
func spent(t *testing.T) (*terminal, *background) {
	u := sit(t)
	key := oaktest.Key("openai")
	provider := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key})
	agent := u.agent(u.passphrase()...)
	for _, id := range []string{"openai", "groq"} {
		u.done("oaklock providers set " + id + " --base-url " + provider.BaseURL("openai"))
		u.done(`printf %s "$KEY" | oaklock keys add `+id+` --label first --anyway`, "KEY="+key)
	}
	u.done(`printf %s "$KEY" | oaklock keys add openai --label second --anyway`, "KEY="+key)
	u.done("oaklock sites allow " + site + " --provider openai,groq --models '*' --limit 1.00/day --for 7d --key first")
	u.done("oaklock sites allow " + otherSite + " --provider openai --models '*' --limit 0.01/day --for 7d --key second")
	u.done("oaklock sites allow https://tokens.example --provider openai --models '*' --limit 100000tokens/day --for 7d --key first")
	u.done("oaklock settings set questions off")
	body := func(model string, ceiling int) string {
		return fmt.Sprintf(`{"model":%q,"max_tokens":%d,"messages":[{"role":"user","content":"hello"}]}`, model, ceiling)
	}
	for _, c := range []struct {
		times            int
		origin, provider string
		model            string
		ceiling, status  int
		fault            oaktest.Fault
	}{
		{4, site, "openai", "gpt-4o-mini", 64, 200, nil},
		{3, site, "openai", "gpt-4o", 64, 200, nil},
		{2, site, "groq", "openai/gpt-oss-20b", 64, 200, nil},
		{2, otherSite, "openai", "gpt-4o", 64, 200, nil},
		{2, otherSite, "openai", "gpt-4o", 16_000, 402, nil},
		{2, "https://tokens.example", "openai", "a-model-without-a-price", 64, 200, nil},
		{1, site, "openai", "gpt-4o", 64, 200, oaktest.Cut("text/event-stream", 10)},
		{1, site, "openai", "gpt-4o", 64, 500, oaktest.Failure(500, 1)},
		{3, "https://stranger.example", "openai", "gpt-4o", 64, 403, nil},
		{25, site, "openai", "gpt-4o", 64, 404, nil}, // so many in a second that they are summed up
	} {
		for range c.times {
			if c.fault != nil {
				provider.Next(c.fault)
			}
			if c.status == 404 {
				c.provider = "unknown"
			}
			if a := u.posts(c.origin, c.provider, body(c.model, c.ceiling)); a.status != c.status {
				t.Fatalf("%+v got %v", c, a)
			}
		}
	}
	return u, agent
}

// summed adds up lines of the log as somebody would with a spreadsheet.
func summed(lines []control.Entry, by ...string) []control.UsageSum {
	type key struct{ origin, provider, model, key string }
	sums := map[key]*control.UsageSum{}
	for _, e := range lines {
		k := key{}
		for _, by := range by {
			if e.Refused && e.Cost == 0 {
				break // of what cost nothing the sums keep the day alone
			}
			switch by {
			case "site":
				k.origin = e.Origin
			case "provider":
				k.provider = e.Provider
			case "model":
				k.model = e.Model
			case "key":
				k.key = e.Credential
			}
		}
		s := sums[k]
		if s == nil {
			s = &control.UsageSum{Origin: k.origin, Provider: k.provider, Model: k.model, Key: k.key}
			sums[k] = s
		}
		s.Cost += max(0, e.Cost)
		if e.Estimated {
			s.Estimated += max(0, e.Cost)
		}
		if e.Refused {
			s.Refused += e.Count
			continue
		}
		s.Requests += e.Count
		s.Input += max(0, e.Input)
		s.Output += max(0, e.Output)
		if e.Cost < 0 {
			s.Unpriced += e.Count
		}
	}
	out := make([]control.UsageSum, 0, len(sums))
	for _, s := range sums {
		out = append(out, *s)
	}
	return inOrder(out)
}

func inOrder(sums []control.UsageSum) []control.UsageSum {
	slices.SortFunc(sums, func(a, b control.UsageSum) int { return strings.Compare(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)) })
	return sums
}

// What the window shows, what the command line prints and what the lines of the log add up to are one and the same, to the
// millionth of a dollar; and so they are after a kill.
func TestTheFiguresAgree(t *testing.T) {
	t.Parallel()
	u, agent := spent(t)
	window := u.From(control.Window)
	compare := func(when string) (today control.Today) {
		var lines []control.Entry
		if err := json.Unmarshal([]byte(u.done("oaklock log export --format json")), &lines); err != nil || len(lines) < 20 {
			t.Fatalf("%s: %d lines, %v", when, len(lines), err)
		}
		for _, by := range []string{"", "site", "provider", "model", "key", "site,provider,model,key"} {
			f := control.UsageFilter{}
			line := "oaklock usage --since 365d --json"
			if by != "" {
				f.By = strings.Split(by, ",")
				line += " --by " + by
			}
			inWindow, err := window.Usage(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			var printed []control.UsageSum
			u.reads(line, &printed)
			want := summed(lines, f.By...)
			if !reflect.DeepEqual(inOrder(inWindow), want) || !reflect.DeepEqual(inOrder(printed), want) {
				t.Errorf("%s, by %q: the window has\n%+v\nthe command line\n%+v\nthe log\n%+v", when, by, inWindow, printed, want)
			}
		}
		all := summed(lines)[0]
		for day := ""; day != time.Now().Format(time.DateOnly); { // once more over midnight
			day = time.Now().Format(time.DateOnly)
			st, err := window.State(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var printed control.Today
			u.reads("oaklock usage --json", &printed)
			days, err := window.Usage(t.Context(), control.UsageFilter{By: []string{"day"}, Since: time.Now().UnixMilli()})
			if err != nil || len(days) > 1 {
				t.Fatal(days, err)
			}
			want := control.Today{}
			if len(days) == 1 {
				d := days[0]
				want = control.Today{Requests: d.Requests, Refused: d.Refused, Input: d.Input, Output: d.Output, Cost: d.Cost, Estimated: d.Estimated, Unpriced: d.Unpriced}
			}
			today = st.Today
			if st.Today != printed || st.Today != want {
				t.Errorf("%s, today: the window has %+v, the command line %+v, the sums of the day %+v", when, st.Today, printed, want)
			}
		}
		if all.Requests != 15 || all.Refused != 30 || all.Unpriced != 2 || all.Cost == 0 || all.Estimated == 0 || all.Estimated == all.Cost {
			t.Errorf("%s: the log adds up to %+v", when, all)
		}
		return today
	}
	before := compare("while it runs")
	agent.kill()
	u.agent(u.passphrase()...)
	if after := compare("after a kill"); after != before && time.Now().Hour() > 0 {
		t.Errorf("today was %+v and is %+v", before, after)
	}
}

// The sums of the last seven days are those of the day seven days ago and of all days since.
func TestUsageSince(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent().end(syscall.SIGTERM)
	midnight := func() time.Time {
		y, m, d := time.Now().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	today := midnight()
	s := &story{TB: u.TB, home: u.home}
	for _, ago := range []int{0, 1, 7, 8, 30} {
		s.outside(fmt.Sprintf(`INSERT INTO usage (day, origin, provider, model, credential, requests, refused, unpriced, input, output, tokens, cost, estimated)
			VALUES (%d, 'https://ago%d.example', 'openai', 'm', 'default', 1, 0, 0, 3, 4, 7, %d, 0)`, today.Unix()/86400-int64(ago), ago, 100-ago))
	}
	u.agent()
	for since, want := range map[string]string{
		"7d": "https://ago0.example 100, https://ago1.example 99, https://ago7.example 93",
		"1d": "https://ago0.example 100, https://ago1.example 99",
		today.AddDate(0, 0, -8).Format(time.DateOnly): "https://ago0.example 100, https://ago1.example 99, https://ago7.example 93, https://ago8.example 92",
	} {
		var sums []control.UsageSum
		u.reads("oaklock usage --by site --since "+since+" --json", &sums)
		got := make([]string, 0, len(sums))
		for _, sum := range sums {
			got = append(got, fmt.Sprint(sum.Origin, " ", sum.Cost))
		}
		if strings.Join(got, ", ") != want && midnight().Equal(today) {
			t.Errorf("since %s there are %q, want %q", since, got, want)
		}
	}
}
