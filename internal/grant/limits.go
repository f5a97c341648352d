package grant

import "encoding/json"

// Limits are ceilings; 0 is none. Cost is in millionths of a US dollar; day, week (from Monday) and month are calendar
// periods in the user's time zone. [Limits.OutputTokens] is of one request.
type Limits struct {
	CostDay, CostWeek, CostMonth            int64
	TokensDay, TokensWeek, TokensMonth      int64
	RequestsPerMinute, AtOnce, OutputTokens int64
}

// LimitName is one of the limits, by the name that both doors know it by.
type LimitName string

// The limits.
const (
	CostDay           LimitName = "costDay"
	CostWeek          LimitName = "costWeek"
	CostMonth         LimitName = "costMonth"
	TokensDay         LimitName = "tokensDay"
	TokensWeek        LimitName = "tokensWeek"
	TokensMonth       LimitName = "tokensMonth"
	RequestsPerMinute LimitName = "requestsPerMinute"
	AtOnce            LimitName = "atOnce"
	OutputTokens      LimitName = "outputTokens"
)

// limitNames are all of them.
var limitNames = []LimitName{CostDay, CostWeek, CostMonth, TokensDay, TokensWeek, TokensMonth, RequestsPerMinute, AtOnce, OutputTokens}

// Of is where the limit of that name stands; nil if there is none of that name.
func (l *Limits) Of(n LimitName) *int64 {
	switch n {
	case CostDay:
		return &l.CostDay
	case CostWeek:
		return &l.CostWeek
	case CostMonth:
		return &l.CostMonth
	case TokensDay:
		return &l.TokensDay
	case TokensWeek:
		return &l.TokensWeek
	case TokensMonth:
		return &l.TokensMonth
	case RequestsPerMinute:
		return &l.RequestsPerMinute
	case AtOnce:
		return &l.AtOnce
	case OutputTokens:
		return &l.OutputTokens
	}
	return nil
}

// Money says whether there is a limit of cost.
func (l Limits) Money() bool { return l.CostDay|l.CostWeek|l.CostMonth != 0 }

// Tokens says whether there is a limit of tokens over a period.
func (l Limits) Tokens() bool { return l.TokensDay|l.TokensWeek|l.TokensMonth != 0 }

// Check says in one sentence what is wrong with limits that need not be there: a number below zero. The error wraps
// [ErrTerms].
func (l Limits) Check() error {
	for _, n := range []struct {
		name string
		v    int64
	}{
		{"cost per day", l.CostDay}, {"cost per week", l.CostWeek}, {"cost per month", l.CostMonth},
		{"tokens per day", l.TokensDay}, {"tokens per week", l.TokensWeek}, {"tokens per month", l.TokensMonth},
		{"requests per minute", l.RequestsPerMinute}, {"requests at once", l.AtOnce}, {"output tokens", l.OutputTokens},
	} {
		if n.v < 0 {
			return badTerms("the limit of %s is below zero", n.name)
		}
	}
	return nil
}

// checkGrant is Check for a grant, which must not let a site spend without end.
func (l Limits) checkGrant() error {
	if err := l.Check(); err != nil {
		return err
	}
	if !l.Money() && !l.Tokens() {
		return badTerms("set at least one limit of cost or tokens per day, week or month, so that a site cannot spend without end")
	}
	return nil
}

// EncodeLimits is how limits stand in the database.
func EncodeLimits(l Limits) (string, error) {
	b, err := json.Marshal(l)
	return string(b), err
}

// DecodeLimits reads what EncodeLimits wrote; anything else is an error.
func DecodeLimits(text string) (l Limits, err error) {
	if err := decode(text, &l); err != nil {
		return Limits{}, err
	}
	return l, l.Check()
}
