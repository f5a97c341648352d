package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

func TestParseLimits(t *testing.T) {
	for _, c := range []struct {
		in   string
		want control.Limits
	}{
		{"1.00/day", control.Limits{CostDay: 1_000_000}},
		{"1/day", control.Limits{CostDay: 1_000_000}},
		{"$2.5/week", control.Limits{CostWeek: 2_500_000}},
		{"20.00/month", control.Limits{CostMonth: 20_000_000}},
		{"0.1/day", control.Limits{CostDay: 100_000}},
		{"0.000001/day", control.Limits{CostDay: 1}},
		{"1000000000000.999999/day", control.Limits{CostDay: 1_000_000_000_000_999_999}},
		{"100000tokens/day", control.Limits{TokensDay: 100_000}},
		{"1tokens/week 2tokens/month 3/day", control.Limits{TokensWeek: 1, TokensMonth: 2, CostDay: 3_000_000}},
	} {
		got := control.Limits{CostDay: 9, TokensMonth: 9, AtOnce: 4}
		c.want.AtOnce = 4 // not a limit of this kind: stays
		if err := cli.ParseLimits(strings.Fields(c.in), "", &got); err != nil || got != c.want {
			t.Errorf("%s is %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{
		"", "1", "1.00", "1.00/year", "/day", "-1/day", "+1/day", "1,00/day", ".5/day", "1./day", "0.0000001/day", "0/day", "0.000000/day", "1e3/day", "1 /day",
		"0tokens/day", "1.5tokens/day", "tokens/day", "1 tokens/day", "€1/day", "１/day", "1/Day", "1/day ", "1/day\n",
		"1000000000001/day", "99999999999999999999/day", "99999999999999999999tokens/day",
	} {
		if err := cli.ParseLimits([]string{bad}, "", new(control.Limits)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := cli.ParseLimits([]string{"1/day", "1.00/day"}, "", new(control.Limits)); err == nil {
		t.Error("two limits for one period were taken")
	}
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]int64{"30/minute": 30, "1": 1} {
		if got, err := cli.ParseRate(in, ""); err != nil || got != want {
			t.Errorf("%s is %d, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "0", "-1", "30/hour", "1.5/minute", "minute"} {
		if _, err := cli.ParseRate(bad, ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseSpan(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in   string
		days int
		end  time.Duration
		quit bool
	}{
		{"7d", 7, 0, false}, {"30d", 30, 0, false}, {"366d", 366, 0, false}, {"4w", 28, 0, false}, {"52w", 364, 0, false},
		{"12h", 0, 12 * time.Hour, false}, {"90m", 0, 90 * time.Minute, false}, {"8784h", 0, 366 * 24 * time.Hour, false},
		{"until-quit", 0, 0, true},
	} {
		var end int64
		if c.end != 0 {
			end = now.Add(c.end).UnixMilli()
		}
		days, at, quit, err := cli.ParseSpan(c.in, now)
		if err != nil || days != c.days || at != end || quit != c.quit {
			t.Errorf("%s is %d, %d, %v, %v", c.in, days, at, quit, err)
		}
	}
	for _, bad := range []string{"", "7", "d", "0d", "0m", "-7d", "1.5d", "367d", "53w", "8785h", "999999w", "999999m", "9999999m", "7D", "1d12h", "forever"} {
		if _, _, _, err := cli.ParseSpan(bad, now); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestUSDIsExact: what is printed and typed again is the same amount.
func TestUSDIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(1, 1_000_000_000_000_000_000).Draw(t, "millionths")
		var got control.Limits
		typed := strings.ReplaceAll(money.USD(want), ",", "") + "/day"
		if err := cli.ParseLimits([]string{typed}, "", &got); err != nil || got.CostDay != want {
			t.Fatalf("%d came back from %s as %d, %v", want, typed, got.CostDay, err)
		}
	})
}

func TestCounts(t *testing.T) {
	if got := cli.TokenCount(-1); got != "–" {
		t.Errorf("unknown tokens are %s", got)
	}
	if got := cli.TokenCount(0); got != "0" {
		t.Errorf("no tokens are %s", got)
	}
	if got := cli.LimitsText(control.Limits{}); got != "no limit" {
		t.Errorf("no limits are %q", got)
	}
	if got, want := cli.LimitsText(control.Limits{CostDay: 1, CostWeek: 2, TokensWeek: 1, TokensMonth: 2, AtOnce: 1}),
		"$0.000001 a day, $0.000002 a week, 1 token a week, 2 tokens a month, 1 request at once"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhen(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		at   time.Duration
		want string
	}{
		{-5 * time.Second, "Mar 1 11:59, 5 s ago"},
		{-3 * time.Minute, "Mar 1 11:57, 3 min ago"},
		{-5 * time.Hour, "Mar 1 07:00, 5 h ago"},
		{7 * 24 * time.Hour, "Mar 8 12:00, in 7 days"},
		{31 * 24 * time.Hour, "Apr 1 12:00, in 31 days"},
		{-31*24*time.Hour - time.Minute, "Jan 29 11:59"},
		{-90 * 24 * time.Hour, "2024-12-01 12:00"},
	} {
		if got := cli.When(now.Add(c.at).UnixMilli(), now, "never"); got != c.want {
			t.Errorf("%v is %q, want %q", c.at, got, c.want)
		}
	}
	if got := cli.When(0, now, "never"); got != "never" {
		t.Errorf("0 is %q", got)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"gpt-5":                           "gpt-5",
		"modèle 模型 🌳":                     "modèle 模型 🌳",
		"\x1b[31mred\x1b[0m":              "red",
		"\x1b[2J\x1b[1;1Hhome":            "home",
		"\x1b]0;title\x07x":               "x",
		"\x1b]52;c;c2VjcmV0\x1b\\x":       "x",
		"\x1b]8;;https://evil.example":    "",
		"\x1bPq#0\x1b\\x":                 "x",
		"\x1bcreset":                      "reset",
		"\x1b(0lines":                     "lines",
		"a\x1b":                           "a",
		"\u009b31mred":                    "red",
		"\u009d0;title\u009cx":            "x",
		"\x1b\x1b[31m[31mx":               "[31mx",
		"two\nlines\r\tand\bmore\x00\x7f": "twolinesandmore",
		"user\u202egpj.exe":               "usergpj.exe",
		"\u2066isolate\u2069":             "isolate",
		"zero\u200bwidth\ufeff":           "zerowidth",
		"line\u2028paragraph\u2029":       "lineparagraph",
		"tag\U000e0041":                   "tag",
		"bad\xffutf8":                     "bad\ufffdutf8",
	} {
		if got := cli.Clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// TestCleanAndEscapeAlways: whatever comes in, nothing invisible comes out, and JSON keeps its value.
func TestCleanAndEscapeAlways(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("\x1b\u009b\u009d[]0;mc\\\x07\n\u202ex\U000e0041")), 0, 20, -1))
	rapid.Check(t, func(t *rapid.T) {
		in := text.Draw(t, "in")
		for _, r := range cli.Clean(in) {
			if unicode.Is(unicode.C, r) && r != unicode.ReplacementChar {
				if unicode.In(r, unicode.Cc, unicode.Cf) {
					t.Fatalf("%q let %U through", in, r)
				}
			}
		}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		escaped := cli.Escape(string(b))
		for _, r := range escaped {
			if unicode.In(r, unicode.Cc, unicode.Cf) {
				t.Fatalf("%q let %U through in JSON", in, r)
			}
		}
		var before, after string
		if err := json.Unmarshal(b, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(escaped), &after); err != nil || after != before {
			t.Fatalf("%q became %q, %v", before, after, err)
		}
	})
}

// Whatever takes arguments says what can stand there.
func TestEveryArgumentIsOffered(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		_, arguments, _ := strings.Cut(cmd.Use, " ")
		takes := arguments != "" && !strings.HasPrefix(arguments, "[command]") && !strings.HasPrefix(arguments, "[flags]")
		if !strings.Contains(cmd.CommandPath(), " completion") && cmd.Name() != "help" && takes != (cmd.ValidArgsFunction != nil) {
			t.Errorf("%q offers something: %v", cmd.CommandPath()+" "+arguments, !takes)
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(cli.Commands("1.2.3"))
}
