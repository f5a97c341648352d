package grant_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/grant"
)

func TestAmountsInWords(t *testing.T) {
	for _, c := range []struct {
		name grant.LimitName
		v    int64
		want string
	}{
		{grant.CostDay, 1_000_000, "$1.00 a day"}, {grant.CostMonth, 20_500_000, "$20.50 a month"}, {grant.TokensWeek, 100_000, "100,000 tokens a week"},
		{grant.RequestsPerMinute, 1, "1 request a minute"}, {grant.AtOnce, 3, "3 requests at once"}, {grant.OutputTokens, 1000, "1,000 tokens an answer"},
	} {
		if got := c.name.Text(c.v); got != c.want {
			t.Errorf("%s of %d is %q, want %q", c.name, c.v, got, c.want)
		}
	}
}

func TestLimitsAreRead(t *testing.T) {
	for text, want := range map[string]grant.Limits{
		"": {}, "off": {}, " OFF ": {}, "20.00/day": {CostDay: 20_000_000}, "$0.000001/week": {CostWeek: 1},
		"20/day, 300.5/month,100000tokens/day , 60requests/minute": {CostDay: 20_000_000, CostMonth: 300_500_000, TokensDay: 100_000, RequestsPerMinute: 60},
		"4 requests at once, 2000 tokens/answer":                   {AtOnce: 4, OutputTokens: 2000},
	} {
		if got, err := grant.ParseLimits(text); err != nil || got != want {
			t.Errorf("%q is %+v (%v), want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"20", "day", "20/year", "0/day", "-1/day", "1.0000001/day", "1/day, 2/day", "20/day,", "9999999999/day", "10 apples/day", "1e3/day", "0tokens/week",
		"4at once", "4requests/at once", "2000/answer", "2requests at once, 3requests at once"} {
		if got, err := grant.ParseLimits(text); !errors.Is(err, grant.ErrTerms) || got != (grant.Limits{}) {
			t.Errorf("%q is taken for %+v (%v)", text, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 999_999_999_999_999)
		number := rapid.Int64Range(0, 999_999_999)
		l := grant.Limits{CostDay: amount.Draw(t, "day"), CostWeek: amount.Draw(t, "week"), CostMonth: amount.Draw(t, "month"),
			TokensDay: amount.Draw(t, "tokens"), TokensWeek: amount.Draw(t, "tokens of a week"), TokensMonth: amount.Draw(t, "tokens of a month"),
			RequestsPerMinute: number.Draw(t, "rate"), AtOnce: number.Draw(t, "at once"), OutputTokens: amount.Draw(t, "answer")}
		if got, err := grant.ParseLimits(l.String()); err != nil || got != l {
			t.Fatalf("%+v is written as %q and read as %+v (%v)", l, l.String(), got, err)
		}
	})
}
