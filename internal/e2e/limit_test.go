package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
)

// limited sets limits of a scope in the place of those that it had; the site's own are then as wide as can be.
func (s *story) limited(scope string, l grant.Limits) {
	s.Helper()
	ctx := s.Context()
	terms := day("*")
	terms.Limits = control.Limits{TokensMonth: 1_000_000_000_000}
	if scope == control.OfSite {
		terms.Limits = control.Limits(l)
		if !l.Money() && !l.Tokens() {
			terms.Limits.TokensMonth = 1_000_000_000_000
		}
	}
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	switch scope {
	case control.OfKey:
		s.must(s.LimitKey(ctx, control.LimitKey{Provider: "openai", Label: "default", Limits: control.Limits(l)}))
	case control.OfAll:
		s.must(s.SetSetting(ctx, "limit", l.String()))
	}
}

// limits are those of a scope as they stand, and what is used of them.
func (s *story) limits(scope string) (l, used grant.Limits) {
	s.Helper()
	switch scope {
	case control.OfKey:
		keys, err := s.Keys(s.Context())
		s.must(nil, err)
		for _, k := range keys {
			if k.Provider == "openai" {
				return grant.Limits(k.Limits), grant.Limits(k.Used)
			}
		}
		s.Fatal("there is no key")
	case control.OfAll:
		all := s.state().Overall
		return grant.Limits(all.Limits), grant.Limits(all.Used)
	}
	g := s.sites()[0].Grants[0]
	return grant.Limits(g.Limits), grant.Limits(g.Used)
}

// One story for each limit of each scope: the page hears which limit it is, how much is used, when that is over and what can be
// done; the user hears it too, raises it with what one click offers, and the page's next try goes through. Of limits that other sites
// have a part in, the page learns no number.
func TestEveryLimitIsSaidAndRaised(t *testing.T) {
	t.Parallel()
	resets := regexp.MustCompile(`It resets on \d{1,2} [A-Z][a-z]+ at \d\d:\d\d; the user can raise it in Oaklock\.`)
	for _, scope := range []string{control.OfSite, control.OfKey, control.OfAll} {
		for _, name := range []grant.LimitName{
			grant.CostDay, grant.CostWeek, grant.CostMonth, grant.TokensDay, grant.TokensWeek, grant.TokensMonth,
			grant.RequestsPerMinute, grant.AtOnce, grant.OutputTokens,
		} {
			t.Run(fmt.Sprint(scope, " ", name), func(t *testing.T) {
				t.Parallel()
				s := begin(t)
				ctx := t.Context()
				set := func(n int64) {
					t.Helper()
					l := grant.Limits{OutputTokens: 1_000_000} // another one, which stays
					*l.Of(name) = n
					s.limited(scope, l)
				}
				over := func() control.OverLimit {
					t.Helper()
					all := s.state().OverLimit
					if len(all) != 1 {
						t.Fatalf("over limits are %+v", all)
					}
					return all[0]
				}

				// The last request that goes through, the limit at which it is the last, and what is then used of it.
				limit, used, release := int64(1), int64(0), func() {}
				switch name {
				case grant.RequestsPerMinute:
					set(limit)
					s.works(site)
					used = 1
				case grant.AtOnce:
					set(limit)
					first := s.stream(site)
					release = func() { first.finish(t) }
				case grant.OutputTokens:
					limit = 63
					set(limit)
				default:
					set(limit)
					if a := s.chat(site); a.status != http.StatusPaymentRequired || a.code() != "budget_exhausted" {
						t.Fatalf("under a limit that is less than one request: %v", a)
					}
					limit = over().Need
					set(limit)
					s.works(site)
					_, all := s.limits(scope)
					if used = *all.Of(name); used < 1 {
						t.Fatalf("of the limit %d is used", used)
					}
				}
				defer release()

				a := s.chat(site)
				o := over()
				if o.Scope != scope || o.Limit != string(name) || o.Ceiling != limit || o.Used != used || o.Origin != site || o.RaiseTo < 2*limit && o.RaiseTo < o.Need+used {
					t.Errorf("the user is told %+v; %d is used of %d", o, used, limit)
				}
				if !strings.Contains(o.Message, name.Text(limit)) || used > 0 && o.Code == "budget_exhausted" && !strings.Contains(o.Message, "Used so far: "+name.Amount(used)+".") {
					t.Errorf("the user reads %q", o.Message)
				}
				status, code, said := http.StatusPaymentRequired, "budget_exhausted", "the user can raise it in Oaklock."
				var own []string // what is said of a site's own limits alone
				switch name {
				case grant.RequestsPerMinute, grant.AtOnce:
					status, code, said = http.StatusTooManyRequests, "rate_limited", "Try again in "
					own = []string{name.Text(limit)}
					if a.header.Get("Retry-After") == "" || o.Resets != 0 {
						t.Errorf("when to try again is not said: %v, %+v", a.header, o)
					}
				case grant.OutputTokens:
					said = "as many as 64 tokens of an answer"
					own = []string{"63 tokens"}
				default:
					own = []string{name.Text(limit), "Used so far: " + name.Amount(used), "This request can take " + name.Amount(o.Need)}
					if !resets.MatchString(a.body) || o.Resets == 0 {
						t.Errorf("when it resets is not said: %v, %+v", a, o)
					}
				}
				if a.status != status || a.code() != code || !strings.Contains(a.body, said) {
					t.Errorf("the page hears %v", a)
				}
				for _, text := range own {
					if strings.Contains(a.body, text) != (scope == control.OfSite) {
						t.Errorf("of a limit of the scope %s the page hears %s", scope, a.body)
					}
				}

				before, _ := s.limits(scope)
				s.must(nil, s.RaiseLimit(ctx, control.RaiseLimit{Scope: o.Scope, Origin: o.Origin, Provider: o.Provider, Credential: o.Credential, Limit: o.Limit, To: o.RaiseTo}))
				s.works(site)
				*before.Of(name) = o.RaiseTo
				if now, _ := s.limits(scope); now != before {
					t.Errorf("raised, the limits are %+v, want %+v", now, before)
				}
				if left := s.state().OverLimit; len(left) != 0 {
					t.Errorf("it is still over %+v", left)
				}
			})
		}
	}
}

// A ceiling that no provider takes is called a number, and not a tool; what multiplies into one is told that it asks for too much.
func TestACeilingThatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	for numbers, want := range map[string]struct {
		status int
		part   string
	}{
		`"max_tokens":99999999999999999999`:     {400, "one that no provider takes"},
		`"max_tokens":9007199254740993`:         {400, "one that no provider takes"},
		`"max_tokens":999999999999,"n":1000000`: {402, "asks for more than any provider gives"},
		`"max_tokens":999999999999`:             {402, "more than the user's whole limit"},
	} {
		a := do(s.call(t.Context(), site, http.MethodPost, chatPath, `{"model":"gpt-4o-mini",`+numbers+`,"messages":[]}`))
		if a.status != want.status || !strings.Contains(a.body, want.part) {
			t.Errorf("%s: %v", numbers, a)
		}
	}
}
