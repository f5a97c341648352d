package grant

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oaklock/oaklock/internal/money"
)

// Amount is so much of what the limit is of: "$1.00", "100,000 tokens", "1 request".
func (n LimitName) Amount(v int64) string {
	noun := "request"
	switch n {
	case CostDay, CostWeek, CostMonth:
		return money.USD(v)
	case TokensDay, TokensWeek, TokensMonth, OutputTokens:
		noun = "token"
	case RequestsPerMinute, AtOnce:
	}
	if v != 1 {
		noun += "s"
	}
	return money.Count(v) + " " + noun
}

// per is what the limit is over, as a person says it and as it is typed.
func (n LimitName) per() (said, typed string) {
	switch n {
	case CostDay, TokensDay:
		return "a day", "day"
	case CostWeek, TokensWeek:
		return "a week", "week"
	case CostMonth, TokensMonth:
		return "a month", "month"
	case RequestsPerMinute:
		return "a minute", "minute"
	case AtOnce:
		return "at once", "at once"
	case OutputTokens:
	}
	return "an answer", "answer"
}

// Text is the limit in words: "$1.00 a day", "100,000 tokens a month", "30 requests a minute".
func (n LimitName) Text(v int64) string {
	said, _ := n.per()
	return n.Amount(v) + " " + said
}

var (
	typedCost   = regexp.MustCompile(`^\$?([0-9]{1,9})(?:\.([0-9]{1,6}))?/(day|week|month)$`)
	typedTokens = regexp.MustCompile(`^([0-9]{1,15}) ?tokens/(day|week|month|answer)$`)
	typedRate   = regexp.MustCompile(`^([0-9]{1,9}) ?requests(/minute| at once)$`)
)

// ParseLimits reads limits as they are typed, such as "20.00/day, 300/month, 100000tokens/day, 60requests/minute, 4requests at
// once, 2000tokens/answer"; "off" or nothing is none. The error says in words that follow "it takes" nothing but what it takes.
func ParseLimits(text string) (l Limits, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" || text == "off" {
		return l, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, v, ok := parseLimit(strings.TrimSpace(part))
		if !ok || v == 0 || *l.Of(name) != 0 {
			return Limits{}, badTerms("%.40q is no limit; one is dollars, tokens or requests in a time, requests at once, or tokens of an answer, each once, such as 20.00/day, 100000tokens/month, 60requests/minute, 4requests at once or 2000tokens/answer", part)
		}
		*l.Of(name) = v
	}
	return l, nil
}

func parseLimit(s string) (n LimitName, v int64, ok bool) {
	if m := typedCost.FindStringSubmatch(s); m != nil {
		whole, _ := strconv.ParseInt(m[1], 10, 64) // the expressions let nothing through that does not fit
		rest, _ := strconv.ParseInt((m[2] + "000000")[:6], 10, 64)
		return map[string]LimitName{"day": CostDay, "week": CostWeek, "month": CostMonth}[m[3]], whole*money.Dollar + rest, true
	}
	if m := typedTokens.FindStringSubmatch(s); m != nil {
		v, _ := strconv.ParseInt(m[1], 10, 64)
		return map[string]LimitName{"day": TokensDay, "week": TokensWeek, "month": TokensMonth, "answer": OutputTokens}[m[2]], v, true
	}
	if m := typedRate.FindStringSubmatch(s); m != nil {
		v, _ := strconv.ParseInt(m[1], 10, 64)
		return map[string]LimitName{"/minute": RequestsPerMinute, " at once": AtOnce}[m[2]], v, true
	}
	return "", 0, false
}

// String is limits as ParseLimits reads them.
func (l Limits) String() string {
	var parts []string
	for _, n := range limitNames {
		v := *l.Of(n)
		if v == 0 {
			continue
		}
		_, per := n.per()
		amount := strconv.FormatInt(v, 10)
		switch n {
		case CostDay, CostWeek, CostMonth:
			amount = money.Plain(v) + "/"
		case TokensDay, TokensWeek, TokensMonth, OutputTokens:
			amount += "tokens/"
		case RequestsPerMinute:
			amount += "requests/"
		case AtOnce:
			amount += "requests "
		}
		parts = append(parts, amount+per)
	}
	if len(parts) == 0 {
		return "off"
	}
	return strings.Join(parts, ", ")
}
