package cli

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

// most is the largest whole number in a limit, of dollars or of tokens: far above any real one, far below where int64 ends.
const most = 1_000_000_000_000

var (
	costLimit  = regexp.MustCompile(`^\$?([0-9]+)(?:\.([0-9]{1,6}))?/(day|week|month)$`)
	tokenLimit = regexp.MustCompile(`^([0-9]+)tokens/(day|week|month)$`)
	rateLimit  = regexp.MustCompile(`^([0-9]+)(?:/minute)?$`)
)

// parseLimits reads --limit values: "1.00/day", "20/month", "100000tokens/day". Nothing is rounded: what cannot be said exactly in millionths of a
// dollar is refused. What would allow nothing is refused with the words that say what does.
func parseLimits(values []string, nothing string, into *control.Limits) error {
	cost := map[string]*int64{"day": &into.CostDay, "week": &into.CostWeek, "month": &into.CostMonth}
	tokens := map[string]*int64{"day": &into.TokensDay, "week": &into.TokensWeek, "month": &into.TokensMonth}
	for _, field := range []map[string]*int64{cost, tokens} {
		for _, n := range field {
			*n = 0
		}
	}
	for _, value := range values {
		var field *int64
		var amount int64
		if m := costLimit.FindStringSubmatch(value); m != nil {
			whole, err := wholeNumber(m[1])
			if err != nil {
				return err
			}
			millionths, _ := strconv.ParseInt((m[2] + "000000")[:6], 10, 64)
			field, amount = cost[m[3]], whole*money.Dollar+millionths
		} else if m := tokenLimit.FindStringSubmatch(value); m != nil {
			whole, err := wholeNumber(m[1])
			if err != nil {
				return err
			}
			field, amount = tokens[m[2]], whole
		} else {
			return usage("%q is no limit. A limit is dollars or tokens in a period, such as 1.00/day, 20/month or 100000tokens/day.", value)
		}
		if amount == 0 {
			return allowsNothing(value, nothing)
		}
		if *field != 0 {
			return usage("%q is the second limit of its kind; give one for each period.", value)
		}
		*field = amount
	}
	return nil
}

func wholeNumber(digits string) (int64, error) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > most {
		return 0, usage("%s is more than a limit can be.", digits)
	}
	return n, nil
}

// allowsNothing refuses a limit of 0, and says what to do in its place where there is something.
func allowsNothing(value, instead string) error {
	return usage("%s", strings.TrimSpace(fmt.Sprintf("%q would allow nothing. %s", value, instead)))
}

// parseRate reads --rate: "30/minute" or "30".
func parseRate(value, nothing string) (int64, error) {
	m := rateLimit.FindStringSubmatch(value)
	if m == nil {
		return 0, usage("%q is no rate. A rate is requests in a minute, such as 30/minute.", value)
	}
	n, err := wholeNumber(m[1])
	if err == nil && n == 0 {
		return 0, allowsNothing(value, nothing)
	}
	return n, err
}

// plainAmount is an amount of a limit as it is typed.
func plainAmount(n int64, limit string) string {
	if !strings.HasPrefix(limit, "cost") {
		return strconv.FormatInt(n, 10)
	}
	return money.Plain(n)
}

// tokenCount is a number with its digits grouped, or a dash for a number that is not known.
func tokenCount(n int64) string {
	if n < 0 {
		return "–"
	}
	return money.Count(n)
}

// number is "1 request", "2 requests".
func number(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return money.Count(n) + " " + noun + "s"
}

// limitsText says limits in words, such as "$1.00 a day, 30 requests a minute".
func limitsText(l control.Limits) string {
	var parts []string
	add := func(n int64, text string) {
		if n != 0 {
			parts = append(parts, text)
		}
	}
	add(l.CostDay, money.USD(l.CostDay)+" a day")
	add(l.CostWeek, money.USD(l.CostWeek)+" a week")
	add(l.CostMonth, money.USD(l.CostMonth)+" a month")
	add(l.TokensDay, number(l.TokensDay, "token")+" a day")
	add(l.TokensWeek, number(l.TokensWeek, "token")+" a week")
	add(l.TokensMonth, number(l.TokensMonth, "token")+" a month")
	add(l.RequestsPerMinute, number(l.RequestsPerMinute, "request")+" a minute")
	add(l.AtOnce, number(l.AtOnce, "request")+" at once")
	add(l.OutputTokens, number(l.OutputTokens, "token")+" an answer")
	if len(parts) == 0 {
		return "no limit"
	}
	return strings.Join(parts, ", ")
}
