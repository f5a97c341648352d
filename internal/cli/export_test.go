package cli

// What the tables test directly.
var (
	Cell        = cell
	Clean       = clean
	Escape      = escape
	ParseLimits = parseLimits
	ParseRate   = parseRate
	ParseSpan   = parseSpan
	TokenCount  = tokenCount
	LimitsText  = limitsText
	When        = when
)
