package grant_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

func TestTerms(t *testing.T) {
	long := strings.Repeat("m", 201)
	for _, c := range []struct {
		name   string
		change func(*grant.Terms)
		says   string // empty: fine
	}{
		{"as they are", func(*grant.Terms) {}, ""},
		{"optional too", func(x *grant.Terms) { x.Classes = append(x.Classes, provider.Optional) }, ""},
		{"named models", func(x *grant.Terms) { x.Models = []string{"a", "b/c:d"} }, ""},
		{"tokens only", func(x *grant.Terms) { x.Limits = grant.Limits{TokensMonth: 1} }, ""},
		{"no class", func(x *grant.Terms) { x.Classes = nil }, "say what the site may do"},
		{"stored", func(x *grant.Terms) { x.Classes = append(x.Classes, provider.Stored) }, ""},
		{"never", func(x *grant.Terms) { x.Classes = []provider.Class{provider.Never} }, "no site may reach keys"},
		{"unknown class", func(x *grant.Terms) { x.Classes = []provider.Class{"all"} }, `nothing called "all"`},
		{"no model", func(x *grant.Terms) { x.Models = nil }, "name at least one model"},
		{"all and one", func(x *grant.Terms) { x.Models = []string{"*", "a"} }, "stands alone"},
		{"all twice", func(x *grant.Terms) { x.Models = []string{"*", "*"} }, "stands alone"},
		{"nameless model", func(x *grant.Terms) { x.Models = []string{""} }, "no name"},
		{"long model", func(x *grant.Terms) { x.Models = []string{long} }, "not the name of a model"},
		{"line break in a model", func(x *grant.Terms) { x.Models = []string{"a\nb"} }, "not the name of a model"},
		{"no limit", func(x *grant.Terms) { x.Limits = grant.Limits{} }, "at least one limit"},
		{"no limit over time", func(x *grant.Terms) { x.Limits = grant.Limits{RequestsPerMinute: 1, AtOnce: 1, OutputTokens: 1} }, "at least one limit"},
		{"below zero", func(x *grant.Terms) { x.Limits.AtOnce = -1 }, "requests at once is below zero"},
		{"strange label", func(x *grant.Terms) { x.Credential = "a\x00" }, "label"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := terms()
			c.change(&x)
			err := x.Check()
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, grant.ErrTerms) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("Check says %v, want %q", err, c.says)
			}
		})
	}
}

func TestAllowRefusesBadInput(t *testing.T) {
	b := open(t, profile(t), nil)
	o := site(t, "https://app.example")
	noLimit := terms()
	noLimit.Limits = grant.Limits{}
	for name, err := range map[string]error{
		"no site":          b.Allow(t.Context(), origin.Origin{}, []string{"openai"}, terms(), ""),
		"no provider":      b.Allow(t.Context(), o, nil, terms(), ""),
		"nameless":         b.Allow(t.Context(), o, []string{"openai", ""}, terms(), ""),
		"bad terms":        b.Allow(t.Context(), o, []string{"openai"}, noLimit, ""),
		"ended already":    b.Allow(t.Context(), o, []string{"openai"}, until(time.Now()), ""),
		"ends in 10,000 y": b.Allow(t.Context(), o, []string{"openai"}, until(time.Now().AddDate(10000, 0, 0)), ""),
		"block no site":    b.Block(t.Context(), origin.Origin{}),
	} {
		if !errors.Is(err, grant.ErrTerms) {
			t.Errorf("%s: %v, want ErrTerms", name, err)
		}
	}
	if len(b.Sites()) != 0 {
		t.Errorf("something was kept: %+v", b.Sites())
	}
}

func TestWhatAGrantAllows(t *testing.T) {
	g := &grant.Grant{Terms: grant.Terms{Classes: []provider.Class{provider.Inference}, Models: []string{"gpt-5"}}}
	for m, want := range map[string]bool{"gpt-5": true, "": true, "gpt-5-mini": false, "GPT-5": false, "*": false, "gpt": false} {
		if g.AllowsModel(m) != want {
			t.Errorf("model %q: %v", m, !want)
		}
	}
	if !g.AllowsClass(provider.Inference) || g.AllowsClass(provider.Optional) || g.AllowsClass("") {
		t.Error("classes are not compared exactly")
	}
	if none := (&grant.Grant{}); none.AllowsModel("gpt-5") || none.AllowsClass(provider.Inference) {
		t.Error("an empty list means all")
	}
	if all := (&grant.Grant{Terms: terms()}); !all.AllowsModel("whatever") {
		t.Error("* does not mean all")
	}
}
