package control

// Price is what a model costs. Rates are millionths of a US dollar for a million tokens, or for a million of what the name says;
// a picture and a search cost millionths of a dollar each. A rate of 0 costs nothing, but for parts of the input and the output,
// which then cost what the whole does.
type Price struct {
	Provider string   `json:"provider"`
	Model    string   `json:"model"`
	Aliases  []string `json:"aliases"` // other names of the same; dated snapshots are not listed

	Input       int64 `json:"input"`
	CachedInput int64 `json:"cachedInput"`
	CacheWrite  int64 `json:"cacheWrite"`
	Output      int64 `json:"output"`
	AudioInput  int64 `json:"audioInput"`
	AudioOutput int64 `json:"audioOutput"`
	Image       int64 `json:"image"`     // one picture made
	Search      int64 `json:"search"`    // one search that the provider makes
	Second      int64 `json:"second"`    // a million seconds listened to
	Character   int64 `json:"character"` // a million characters read aloud

	LongAbove  int64 `json:"longAbove"` // tokens of input above which LongInput and LongOutput hold; 0: they never do
	LongInput  int64 `json:"longInput"`
	LongOutput int64 `json:"longOutput"`
	MaxOutput  int64 `json:"maxOutput"` // most tokens of one answer; 0: not known

	Date   string `json:"date"`   // "2026-11-25": when the source was read, or the user's change made
	Source string `json:"source"` // a web address, or "set by you"
	Note   string `json:"note"`   // half a sentence; mostly empty
	Edited bool   `json:"edited"` // the user changed at least one rate
	Known  bool   `json:"known"`  // there is a price of Oaklock's own to go back to
}

// SetPrice changes rates of a model's price, or sets one for a model without. Rates are by the names in the JSON of Price, from
// "input" to "character", and "maxOutput"; what is not named stays. A model without a price needs input and output, or the rate of another unit.
type SetPrice struct {
	Provider string           `json:"provider"`
	Model    string           `json:"model"` // as requests name it
	Rates    map[string]int64 `json:"rates"`
}

// PriceRef names the price that a user has set.
type PriceRef struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
}
