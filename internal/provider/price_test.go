package provider_test

import (
	"errors"
	"testing"

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

func TestEditsThatMakeNoSense(t *testing.T) {
	for name, edits := range map[string][]provider.Edit{
		"no provider":      {{Model: "m", Input: ptr(1), Output: ptr(1)}},
		"no model":         {{Provider: "own", Input: ptr(1), Output: ptr(1)}},
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
