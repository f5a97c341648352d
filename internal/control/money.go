package control

// Use is how much of limits is used. Cost is in millionths of a US dollar.
type Use struct {
	// Used is settled in the day, week and month that are now, and the requests of the last minute.
	Used Limits `json:"used"`
	// Held is reserved for requests that are under way; AtOnce is how many there are.
	Held Limits `json:"held"`
	// Left is what is left of the limits that there are; 0 for those that there are not.
	Left Limits `json:"left"`
	// When the periods end, in the user's time zone.
	DayEnds   int64 `json:"dayEnds"`
	WeekEnds  int64 `json:"weekEnds"`
	MonthEnds int64 `json:"monthEnds"`
}

// Overall are the limits over everything, from the setting "limit".
type Overall struct {
	Limits Limits `json:"limits"`
	Use
}

// The scopes of a limit.
const (
	OfSite = "site" // one site at one provider
	OfKey  = "key"  // one credential
	OfAll  = "all"  // everything
)

// OverLimit is a site that a limit refused, so that the user may want to raise it. It goes away when the limit is raised,
// when a request goes through, and when the period is over.
type OverLimit struct {
	Origin   string `json:"origin"`
	Provider string `json:"provider"`
	Name     string `json:"name"` // the provider's, for people
	// Code is "budget_exhausted", "rate_limited" or "price_unknown"; the model of the last has no price and needs one, or a
	// limit of tokens in the place of those of cost.
	Code       string `json:"code"`
	Model      string `json:"model"`
	Scope      string `json:"scope"`      // OfSite, OfKey or OfAll; empty for "price_unknown"
	Credential string `json:"credential"` // for OfKey
	Limit      string `json:"limit"`      // which field of Limits: "costDay"
	Ceiling    int64  `json:"ceiling"`    // its value
	Used       int64  `json:"used"`
	Held       int64  `json:"held"`
	Need       int64  `json:"need"`    // what the refused request could take
	Resets     int64  `json:"resets"`  // 0 for rates and for a limit of one answer
	At         int64  `json:"at"`      // when it was refused
	RaiseTo    int64  `json:"raiseTo"` // what one click offers: enough for the request, and at least twice as much
	Message    string `json:"message"` // one sentence
}

// RaiseLimit changes one limit and leaves the rest of a grant, of a key's limits or of the setting as it is.
type RaiseLimit struct {
	Scope      string `json:"scope"`
	Origin     string `json:"origin"`     // for OfSite
	Provider   string `json:"provider"`   // for OfSite and OfKey
	Credential string `json:"credential"` // for OfKey
	Limit      string `json:"limit"`
	To         int64  `json:"to"` // above 0
}

// LimitKey sets the limits of a credential over all sites; none takes them away.
type LimitKey struct {
	Provider string `json:"provider"`
	Label    string `json:"label"` // empty: the provider's only key, or the one called default
	Limits   Limits `json:"limits"`
}

// PausedSite is a site that ran away and waits for the user to let it go on, or to block it.
type PausedSite struct {
	Origin  string `json:"origin"`
	Reason  string `json:"reason"` // "same_requests", "only_errors" or "cost_surge"
	Count   int    `json:"count"`  // requests within a minute
	Cost    int64  `json:"cost"`   // of that minute
	At      int64  `json:"at"`
	Message string `json:"message"` // one sentence
}

// UsageFilter says which sums are wanted; zero values filter nothing.
type UsageFilter struct {
	By       []string `json:"by"`    // any of "day", "site", "provider", "model" and "key"; none: one sum
	Since    int64    `json:"since"` // the dates of both are included, in the agent's time zone
	Until    int64    `json:"until"`
	Origin   string   `json:"origin"`
	Provider string   `json:"provider"`
	Model    string   `json:"model"`
}

// UsageSum is one line of sums; what they are not told apart by is empty. Refusals are in lines that have a day alone.
type UsageSum struct {
	Day       string `json:"day"` // 2006-01-02
	Origin    string `json:"origin"`
	Provider  string `json:"provider"`
	Model     string `json:"model"` // "(others)" for those beyond the hundredth of a site in a day
	Key       string `json:"key"`
	Requests  int64  `json:"requests"`
	Refused   int64  `json:"refused"`
	Input     int64  `json:"input"`
	Output    int64  `json:"output"`
	Cost      int64  `json:"cost"`
	Estimated int64  `json:"estimated"` // the part of Cost that no provider has confirmed
	Unpriced  int64  `json:"unpriced"`  // requests whose cost is not known and not in Cost
}
