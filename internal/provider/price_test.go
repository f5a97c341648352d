package provider_test

import (
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/provider"
)

func prices(t testing.TB, edits ...provider.Edit) *provider.Prices {
	t.Helper()
	p, err := provider.NewPrices(edits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ptr(n int64) *int64 { return &n }

func TestFind(t *testing.T) {
	p := prices(t)
	for _, tt := range []struct {
		provider, model string
		input           int64 // -1: no price
	}{
		{"openai", "gpt-4o-mini", 150_000},
		{"openai", "gpt-4o-mini-2024-07-18", 150_000},
		{"openai", "gpt-4o-mini-2024-7-18", -1},
		{"openai", "gpt-4o-mini-20240718", -1},
		{"openai", "gpt-4o-mini-1924-07-18", -1},
		{"openai", "gpt-4o-mini-search-preview", -1},
		{"openai", "GPT-4o-mini", -1},
		{"openai", "-2024-07-18", -1},
		{"openai", "", -1},
		{"mistral", "gpt-4o-mini", -1},
		{"own", "gpt-4o-mini", -1},
	} {
		got, ok := p.Find(tt.provider, tt.model)
		if ok != (tt.input >= 0) || ok && got.Input != tt.input {
			t.Errorf("%s %s: %v %d, want %d", tt.provider, tt.model, ok, got.Input, tt.input)
		}
		if ok && (got.Edited || got.Date == "" || got.Source == "") {
			t.Errorf("%s %s: %+v", tt.provider, tt.model, got)
		}
	}
}

// The names that people really send, each provider's own way of writing them.
func TestFindDocumentedNames(t *testing.T) {
	p := prices(t)
	for _, tt := range []struct{ provider, model, family string }{
		{"openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"},
		{"openai", "gpt-3.5-turbo-0125", "gpt-3.5-turbo"},
		{"anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"},
		{"anthropic", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"},
		{"anthropic", "claude-opus-4-20250514", "claude-opus-4"},
		{"anthropic", "claude-opus-4-0", "claude-opus-4"},
		{"anthropic", "claude-3-5-haiku-latest", "claude-3-5-haiku"},
		{"google", "models/gemini-2.5-flash", "gemini-2.5-flash"},
		{"google", "gemini-2.5-flash-001", "gemini-2.5-flash"},
		{"google", "models/gemini-2.5-flash-001", "gemini-2.5-flash"},
		{"mistral", "mistral-large-2512", "mistral-large-latest"},
		{"deepseek", "deepseek-v4-flash", "deepseek-flash"},
	} {
		got, ok := p.Find(tt.provider, tt.model)
		want, known := p.Find(tt.provider, tt.family)
		if !ok || !known || got != want {
			t.Errorf("%s %s: %v %+v, want that of %s", tt.provider, tt.model, ok, got, tt.family)
		}
	}
	for _, tt := range [][2]string{
		{"openai", "gpt-5-latest"}, {"openai", "gpt-5-audio"}, {"anthropic", "claude-sonnet-4-5-v1"}, {"anthropic", "claude-sonnet-4-7"},
		{"google", "gemini-2.5-flash-image"}, {"google", "gemini-2.5-flash-0001"}, {"google", "models/models/gemini-2.5-flash"},
		{"mistral", "mistral-large-2402"}, {"openrouter", "openai/gpt-5:online"}, {"openrouter", "openai/gpt-5-2025-08-07"},
		{"groq", "gpt-oss-120b"}, {"xai", "grok-4"},
	} {
		if got, ok := p.Find(tt[0], tt[1]); ok {
			t.Errorf("%s %s has the price %+v, which is a guess", tt[0], tt[1], got)
		}
	}
	// A snapshot that costs something else than its family is a row of its own.
	if got, _ := p.Find("openai", "gpt-4o-2024-05-13"); got.Input != 5*dollar {
		t.Errorf("gpt-4o-2024-05-13: %+v", got)
	}
}

func TestPricesInTheFile(t *testing.T) {
	count := map[string]int{}
	for _, l := range prices(t).List() {
		count[l.Provider]++
		pr := l.Price
		name := l.Provider + " " + l.Model
		if !provider.Default().Has(l.Provider) || !l.Known || pr.Edited {
			t.Errorf("%s: %+v", name, l)
		}
		date, err := time.Parse(time.DateOnly, pr.Date)
		if err != nil || date.Before(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) || date.After(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: date %q", name, pr.Date)
		}
		if u, err := url.Parse(pr.Source); err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: source %q", name, pr.Source)
		}
		// Output has never been cheaper than input, nor more than a few times dearer; a factor of a thousand is a wrong unit.
		if pr.Output > 0 && (pr.Output < pr.Input || pr.Output > 15*pr.Input) {
			t.Errorf("%s: input %d, output %d", name, pr.Input, pr.Output)
		}
		for what, n := range map[string]int64{"input": pr.Input, "output": pr.Output, "image output": pr.ImageOutput, "character": pr.Character} {
			if n != 0 && (n < dollar/100 || n > 1000*dollar) {
				t.Errorf("%s: %s %d", name, what, n)
			}
		}
		if pr.CacheWrite > 0 && pr.CacheWrite > 2*pr.Input || pr.CacheWriteHour > 0 && pr.CacheWriteHour < pr.CacheWrite {
			t.Errorf("%s: cache writes %d, %d", name, pr.CacheWrite, pr.CacheWriteHour)
		}
		if pr.MaxInput != 0 && pr.MaxInput < 4096 || pr.MaxInput > 10_000_000 || pr.MaxOutput != 0 && pr.MaxOutput < 1024 || pr.MaxOutput > 1_000_000 {
			t.Errorf("%s: at most %d in, %d out", name, pr.MaxInput, pr.MaxOutput)
		}
	}
	for _, id := range []string{"openai", "anthropic", "google", "mistral", "deepseek", "xai", "groq", "openrouter"} {
		if count[id] < 2 {
			t.Errorf("%s has %d prices", id, count[id])
		}
	}
}

func TestPriceFilesThatAreWrong(t *testing.T) {
	const ok = `"input": 1, "output": 2`
	for name, models := range map[string]string{
		"no name":                  `{` + ok + `}`,
		"no price":                 `{"id": "m"}`,
		"free and not":             `{"id": "m", "free": true, ` + ok + `}`,
		"an unknown field":         `{"id": "m", "inputs": 1, ` + ok + `}`,
		"a bad date":               `{"id": "m", "date": "2026-13-01", ` + ok + `}`,
		"a bad source":             `{"id": "m", "source": "somewhere", ` + ok + `}`,
		"twice":                    `{"id": "m", ` + ok + `}, {"id": "m", ` + ok + `}`,
		"an alias of two":          `{"id": "m", "aliases": ["x"], ` + ok + `}, {"id": "n", "aliases": ["x"], ` + ok + `}`,
		"an alias that is a name":  `{"id": "m", "aliases": ["n"], ` + ok + `}, {"id": "n", ` + ok + `}`,
		"cached dearer":            `{"id": "m", "cached": 3, ` + ok + `}`,
		"long cheaper":             `{"id": "m", "long": {"above": 9, "input": 0.5, "output": 2}, ` + ok + `}`,
		"in the wrong unit":        `{"id": "m", "input": 1000000, "output": 2000000}`,
		"a fraction too fine":      `{"id": "m", "input": 0.0000001, "output": 2}`,
		"negative":                 `{"id": "m", "input": -1, "output": 2}`,
		"a picture over a dollar":  `{"id": "m", "image": 40}`,
		"a change without its day": `{"id": "m", "next": {"input": 2}, ` + ok + `}`,
	} {
		file := `{"providers": [{"provider": "openai", "source": "https://example.com", "date": "2026-01-02", "models": [` + models + `]}]}`
		if err := provider.CheckPrices(file); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, file := range map[string]string{"nothing": ``, "more": `{"providers": []} {}`} {
		if err := provider.CheckPrices(file); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := provider.CheckPrices(`{"providers": [{"provider": "openai", "source": "https://example.com", "date": "2026-01-02", "models": [{"id": "m", ` + ok + `}]}]}`); err != nil {
		t.Error(err)
	}
}

// A change that a provider has announced comes on its day, and the user's edit stays.
func TestAnnouncedPrices(t *testing.T) {
	for _, tt := range []struct {
		date  time.Time
		input int64
	}{
		{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), 750_000},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 1_500_000},
	} {
		synctest.Test(t, func(t *testing.T) { // its clock starts in the year 2000
			time.Sleep(time.Until(tt.date))
			got, ok := prices(t).Find("google", "gemini-3.8-flash")
			if !ok || got.Input != tt.input {
				t.Errorf("%v: %+v", tt.date, got)
			}
			got, _ = prices(t, provider.Edit{Provider: "google", Model: "gemini-3.8-flash", Output: ptr(1)}).Find("google", "gemini-3.8-flash")
			if got.Input != tt.input || got.Output != 1 {
				t.Errorf("%v, edited: %+v", tt.date, got)
			}
		})
	}
}

func TestEditsLieOverTheCatalogue(t *testing.T) {
	p := prices(t,
		provider.Edit{Provider: "openai", Model: "gpt-4o-mini", Date: "2026-01-02", Output: ptr(5)},
		provider.Edit{Provider: "own", Model: "m", Date: "2026-01-02", Input: ptr(1), Output: ptr(2), MaxOutput: ptr(3)},
	)
	for _, model := range []string{"gpt-4o-mini", "gpt-4o-mini-2024-07-18"} {
		got, ok := p.Find("openai", model)
		if !ok || got.Output != 5 || got.Input != 150_000 || !got.Edited || got.Date != "2026-01-02" {
			t.Errorf("%s: %+v", model, got)
		}
	}
	got, ok := p.Find("own", "m")
	want := provider.Price{Input: 1, Output: 2, MaxOutput: 3, Date: "2026-01-02", Source: provider.EditSource, Edited: true}
	if !ok || got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What the user has set stays when a newer Oaklock brings another catalogue; what the user has not set follows it.
func TestEditsSurviveAnUpdateOfTheCatalogue(t *testing.T) {
	catalogue := func(date, models string) string {
		return `{"providers": [{"provider": "openai", "source": "https://example.com", "date": "` + date + `", "models": [` + models + `]}]}`
	}
	before := catalogue("2026-01-02", `{"id": "m", "input": 1, "cached": 0.5, "output": 2}, {"id": "other", "input": 1, "output": 2}, {"id": "gone", "input": 1, "output": 2}`)
	after := catalogue("2027-03-04", `{"id": "m", "input": 3, "cached": 1.5, "output": 6}, {"id": "other", "input": 3, "output": 6}, {"id": "mine", "input": 3, "output": 6}`)
	edits := []provider.Edit{
		{Provider: "openai", Model: "m", Date: "2026-02-03", Output: ptr(5 * dollar)},
		{Provider: "openai", Model: "mine", Date: "2026-02-03", Input: ptr(7), Output: ptr(8)}, // not in the catalogue yet
		{Provider: "openai", Model: "m-2026-01-01", Date: "2026-02-03", Input: ptr(9)},         // a snapshot with a price of its own
		{Provider: "openai", Model: "gone", Date: "2026-02-03", Input: ptr(7), Output: ptr(8)},
	}
	for _, tt := range []struct {
		file, model           string
		input, cached, output int64
		edited                bool
		date                  string
	}{
		{before, "m", dollar, dollar / 2, 5 * dollar, true, "2026-02-03"},
		{after, "m", 3 * dollar, 3 * dollar / 2, 5 * dollar, true, "2026-02-03"},
		{before, "m-2026-01-01", 9, dollar / 2, 2 * dollar, true, "2026-02-03"},
		{after, "m-2026-01-01", 9, 3 * dollar / 2, 6 * dollar, true, "2026-02-03"},
		{before, "mine", 7, 0, 8, true, "2026-02-03"},
		{after, "mine", 7, 0, 8, true, "2026-02-03"},
		{before, "gone", 7, 0, 8, true, "2026-02-03"},
		{after, "gone", 7, 0, 8, true, "2026-02-03"},
		{before, "other", dollar, 0, 2 * dollar, false, "2026-01-02"},
		{after, "other", 3 * dollar, 0, 6 * dollar, false, "2027-03-04"},
	} {
		p, err := provider.PricesOf(tt.file, edits)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := p.Find("openai", tt.model)
		if !ok || got.Input != tt.input || got.CachedInput != tt.cached || got.Output != tt.output || got.Edited != tt.edited || got.Date != tt.date {
			t.Errorf("%s in the catalogue of %s: %+v, %v; want %+v", tt.model, map[string]string{before: "before", after: "after"}[tt.file], got, ok, tt)
		}
	}
}

func TestEditsThatMakeNoSense(t *testing.T) {
	for name, edits := range map[string][]provider.Edit{
		"no provider":      {{Model: "m", Input: ptr(1), Output: ptr(1)}},
		"no model":         {{Provider: "own", Input: ptr(1), Output: ptr(1)}},
		"all models":       {{Provider: "own", Model: "*", Input: ptr(1), Output: ptr(1)}},
		"some models":      {{Provider: "own", Model: "m-*", Input: ptr(1), Output: ptr(1)}},
		"a turned name":    {{Provider: "own", Model: "m\u202ex", Input: ptr(1), Output: ptr(1)}},
		"a name in hiding": {{Provider: "own", Model: "m\u200bx", Input: ptr(1), Output: ptr(1)}},
		"a line in a name": {{Provider: "own", Model: "m\u2028x", Input: ptr(1), Output: ptr(1)}},
		"nothing":          {{Provider: "openai", Model: "gpt-4o-mini"}},
		"half of a price":  {{Provider: "own", Model: "m", Input: ptr(1)}},
		"less than free":   {{Provider: "own", Model: "m", Input: ptr(-1), Output: ptr(1)}},
		"more than sane":   {{Provider: "own", Model: "m", Input: ptr(1 << 60), Output: ptr(1)}},
		"no output at all": {{Provider: "openai", Model: "gpt-4o-mini", MaxOutput: ptr(0)}},
		"a ceiling alone":  {{Provider: "own", Model: "m", MaxOutput: ptr(5)}},
		"twice":            {{Provider: "own", Model: "m", Image: ptr(1)}, {Provider: "own", Model: "m", Image: ptr(1)}},
	} {
		if _, err := provider.NewPrices(edits); !errors.Is(err, provider.ErrEdit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDollars(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": dollar, "1.25": 1_250_000, "0.000001": 1, "007.50": 7_500_000, "999999999.999999": 999_999_999_999_999,
		"": -1, ".5": -1, "1.": -1, "-1": -1, "+1": -1, "1e3": -1, "1,5": -1, "0.0000001": -1, "1234567890": -1, "$1": -1, " 1": -1, "١": -1,
	} {
		got, err := provider.ParseDollars(text)
		if (err != nil) != (want < 0) || err == nil && got != want || err != nil && !errors.Is(err, provider.ErrAmount) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 1: "0.000001", dollar: "1", 1_250_000: "1.25", -500_000: "-0.5"} {
		if got := provider.FormatDollars(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
