package provider_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// A provider of one's own is not called like another, and its name is read as it is.
func TestNamesOfProviders(t *testing.T) {
	c, err := provider.Default().With(provider.Override{ID: "mine", Name: "My server", BaseURL: "https://llm.example/v1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]string{
		"":               "",
		"Own":            "",
		"OpenAI at work": "",
		"Büro 2":         "",
		"My server":      "another provider, mine",
		"OpenAI":         "another provider, openai",
		"openai":         "another provider, openai",
		"Open AI.":       "another provider, openai",
		"XAI":            "another provider, xai",
		"N\u202eX":       "cannot be seen",
		"Open\u200bAI":   "cannot be seen",
		"a\u00adb":       "cannot be seen",
		"a\u2028b":       "cannot be seen",
		"a\x1bb":         "cannot be seen",
	} {
		if err := c.CheckName("other", name); (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := c.CheckName("mine", "my server"); err != nil {
		t.Errorf("it cannot keep its name: %v", err)
	}
}
