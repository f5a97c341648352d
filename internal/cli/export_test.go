package cli

// What the tables test directly.
var (
	Cell        = cell
	Clean       = clean
	Escape      = escape
	ParseLimits = parseLimits
	ParseRate   = parseRate
	ParseSpan   = parseSpan
	Count       = count
	TokenCount  = tokenCount
	LimitsText  = limitsText
	When        = when
)
