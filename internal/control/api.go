// Package control is the door for the user: the control socket's server and its client. The window, the command line
// and the tests all come through here; pages never do.
//
// It is HTTP with JSON over a Unix domain socket in the profile folder, and one WebSocket, /v1/events, that says only
// "look again": state is always pulled, so a window that was reloaded has lost nothing. Nothing here ever carries a
// credential outwards; at most its last four characters.
//
// The agent calls Listen, which also makes it the only one of its profile folder, then Listener.Serve with itself as the Agent. Everybody else
// calls Dial and then the Client's methods, which are those of Agent. Only processes of the same user are let in: by the modes of the
// folder (0700) and the socket (0600), and on Linux and macOS also by asking the system who is at the other end. On other systems the
// folder's protection stands alone.
//
// Times are milliseconds since 1970 UTC, 0 for none. Money is millionths of a US dollar.
package control

// State is everything that the window, the tray and "oaklock status" show.
type State struct {
	Version string `json:"version"`
	State   string `json:"state"` // "on", "paused" or "locked"
	// LockedBy is why it is locked: "user", "idle", "screen", "sleep", "switch" (another user took the screen) or "passphrase"
	// (the key file waits for it since the start); empty when it is not.
	LockedBy string `json:"lockedBy"`
	Endpoint string `json:"endpoint"` // http://127.0.0.1:PORT, what pages put before /llm/<provider>
	Port     int    `json:"port"`
	PID      int    `json:"pid"`
	Started  int64  `json:"started"`
	Home     string `json:"home"` // the profile folder
	// NeedsYou says that a question waits for the user, or a site that was paused.
	NeedsYou  bool       `json:"needsYou"`
	Vault     Vault      `json:"vault"`
	Problems  []Problem  `json:"problems"`
	Questions []Question `json:"questions"` // waiting now, oldest first
	Missed    []Question `json:"missed"`    // nobody waits for them any more, but they can still be answered
	Running   []Running  `json:"running"`
	Today     Today      `json:"today"`
	// Overall is how much of the limits over everything is used; OverLimit and Paused are sites that were stopped, the latest first.
	Overall      Overall      `json:"overall"`
	OverLimit    []OverLimit  `json:"overLimit"`
	Paused       []PausedSite `json:"paused"`
	Sites        int          `json:"sites"` // those that may use something now, apps not among them
	Keys         int          `json:"keys"`  // those that a site can use
	UnusableKeys int          `json:"unusableKeys"`
	Demo         Demo         `json:"demo"`
}

// Demo is the demo page and the demo provider that the agent serves while the user tries Oaklock.
type Demo struct {
	Running bool   `json:"running"`
	Page    string `json:"page"` // the page's address, http://localhost:PORT; empty while it does not run
}

// Vault is where the credentials lie.
type Vault struct {
	Kind string `json:"kind"` // "keychain" or "file"
	// Status is "ready", "locked" (needs the passphrase or the system's dialog), "new" (a file vault that has no
	// passphrase yet), "unavailable" (no keychain on this machine or it does not answer) or "denied".
	Status  string `json:"status"`
	Message string `json:"message"` // for the user; empty when ready and all is well
}

// Problem is something that the user should know and can mend.
type Problem struct {
	Code    string `json:"code"`    // stable, such as "port_taken", "no_keychain", "no_tray", "no_ipv6", "not_saved"
	Message string `json:"message"` // what is wrong
	Fix     string `json:"fix"`     // what to do
}

// Codes of problems that something is in force and not saved.
const (
	Unsaved  = "unsaved"   // it was taken away, and comes back should the agent end now
	NotSaved = "not_saved" // it was given, and ends with the agent
)

// The states of a Check.
const (
	Fine  = "fine"
	Note  = "note"  // worth knowing, and no problem
	Wrong = "wrong" // does not work, or not safely
)

// Check is one thing that Oaklock needs, looked at.
type Check struct {
	Code    string `json:"code"`    // stable: "port", "vault", "provider_openai"; that of a Problem where it is about the same
	State   string `json:"state"`   // Fine, Note or Wrong
	Message string `json:"message"` // one sentence: what is, or what is wrong
	Fix     string `json:"fix"`     // what to do; empty where there is nothing
}

// Question is one site's wish to use providers, waiting for the user or missed.
type Question struct {
	ID     string `json:"id"`
	Origin string `json:"origin"` // exact, punycode as it is
	Site   string `json:"site"`   // the registrable part of the host, a suffix of it; the window emphasises it
	// Providers are those asked for and not yet granted, in the order of asking.
	Providers []QuestionProvider `json:"providers"`
	Asked     int64              `json:"asked"`
	Deadline  int64              `json:"deadline"` // when the oldest waiting request is refused; 0 when missed
	Waiting   int                `json:"waiting"`  // requests on hold
	Granted   []string           `json:"granted"`  // providers this site already has
	// Browser is the program that asks: "Firefox", "Chromium", or the file name of a program that is no known browser, with a
	// warning; empty when it cannot be found out. Any program can give itself such a name.
	Browser  string    `json:"browser"`
	Warnings []Warning `json:"warnings"`
	Denials  int       `json:"denials"` // how often it was denied lately; from 3 on Block is offered first
	Offer    Terms     `json:"offer"`   // what is offered at first; the user may narrow or widen every field
}

// QuestionProvider is one provider in a question.
type QuestionProvider struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Model  string   `json:"model"`  // the model first asked for, as the page's own words; may be empty
	Keys   []string `json:"keys"`   // labels of the credentials there are; none: a key can be added in the same place
	HasKey bool     `json:"hasKey"` // len(Keys) > 0
	// Stored says that the site asked for data saved under the key: without the class "stored" that request is refused.
	Stored bool `json:"stored"`
}

// Warning is a caution in a question: "localhost" (any program that gets this port inherits the grant), "shared_host"
// (everyone on this host does), "not_browser" (what asks is no known browser) or NoPrice.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// NoPrice is the code of the warning that what is asked for has no price, so that the limit in dollars that is offered refuses it.
const NoPrice = "no_price"

// Terms are what a site may do with one provider.
type Terms struct {
	Classes []string `json:"classes"` // "inference", "optional", "stored": everything saved under the key, files and chats
	Models  []string `json:"models"`  // exact names, or "*" alone for all; none means none
	Limits  Limits   `json:"limits"`
	// Days of validity from now; 0 means until UntilQuit says. Between 0 and 366.
	Days       int    `json:"days"`
	ExpiresAt  int64  `json:"expiresAt"`  // in answers; 0: no expiry. As input it wins over Days.
	UntilQuit  bool   `json:"untilQuit"`  // ends when Oaklock quits
	Credential string `json:"credential"` // label; empty means the provider's only or first one
}

// Limits are ceilings; 0 means none. At least one cost or token limit is always there.
type Limits struct {
	CostDay           int64 `json:"costDay"`
	CostWeek          int64 `json:"costWeek"`
	CostMonth         int64 `json:"costMonth"`
	TokensDay         int64 `json:"tokensDay"`
	TokensWeek        int64 `json:"tokensWeek"`
	TokensMonth       int64 `json:"tokensMonth"`
	RequestsPerMinute int64 `json:"requestsPerMinute"`
	AtOnce            int64 `json:"atOnce"`
	OutputTokens      int64 `json:"outputTokens"`
}

// Answer is the user's answer to a question.
type Answer struct {
	ID string `json:"id"`
	// Providers are those that the user saw; others that joined since keep waiting. Empty means all of them.
	Providers []string `json:"providers"`
	// Terms are nil for the offer as it stands.
	Terms *Terms `json:"terms"`
}

// Site is one origin with all that was decided about it.
type Site struct {
	Origin   string  `json:"origin"`
	Site     string  `json:"site"`
	State    string  `json:"state"` // "allowed", "paused" (it ran away), "expired", "denied" (for a while), "blocked" or "unproven" (another program has changed it)
	Until    int64   `json:"until"` // denied until; 0 otherwise
	LastUsed int64   `json:"lastUsed"`
	Requests int64   `json:"requests"` // served, all time kept in the log
	Grants   []Grant `json:"grants"`
	// Denials are those in force, also beside what is allowed for other providers.
	Denials []Denial `json:"denials,omitempty"`
}

// Denial is a user's no to one provider for a site, which ends by itself.
type Denial struct {
	Provider string `json:"provider"`
	Until    int64  `json:"until"`
}

// Grant is what a site may do with one provider.
type Grant struct {
	Provider string `json:"provider"`
	Name     string `json:"name"` // the provider's, for people
	Terms
	GivenAt  int64  `json:"givenAt"`
	GivenBy  string `json:"givenBy"` // "window" or "command line"
	LastUsed int64  `json:"lastUsed"`
	Expired  bool   `json:"expired"`
	// Unproven says that Oaklock did not write it: it is not in force until it is allowed anew, or everything is confirmed.
	Unproven bool `json:"unproven"`
	Use
}

// AllowSite gives or replaces the grants of a site for some providers.
type AllowSite struct {
	Origin    string   `json:"origin"`
	Providers []string `json:"providers"`
	Terms     Terms    `json:"terms"`
}

// SiteRef names a site, and one provider of it where the act is about one. Provider empty means the whole site.
type SiteRef struct {
	Origin   string `json:"origin"`
	Provider string `json:"provider"`
}

// Key describes a stored credential; never the credential.
type Key struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	Label    string `json:"label"`
	Hint     string `json:"hint"`     // the last four characters
	Endpoint string `json:"endpoint"` // scheme://host:port that it was given for and goes to, nowhere else
	Added    int64  `json:"added"`    // when the key that is there now was stored
	LastUsed int64  `json:"lastUsed"`
	Vault    string `json:"vault"` // Vault.Kind of where it lies
	// Usable is false when no site can use the key, and Trouble says why: one of the constants below, else empty.
	Usable  bool   `json:"usable"`
	Trouble string `json:"trouble"`
	// Replaced is the last four characters of the key that AddKey has put this one in place of; otherwise empty.
	Replaced string `json:"replaced"`
	// Limits are over all sites; none unless the user set some.
	Limits Limits `json:"limits"`
	Use
}

// The values of Key.Trouble. All but KeyNoProvider and the last end when the key is added again.
const (
	KeyGone       = "gone"        // the vault has no such key any more: something else has deleted it
	KeyDamaged    = "damaged"     // its file in the file vault cannot be read
	KeyNoProvider = "no_provider" // the provider was removed
	KeyChanged    = "changed"     // another program has changed the entry
	KeyElsewhere  = "elsewhere"   // it lies in the vault that is not in use
	KeyMoved      = "moved"       // the provider's base URL is not Endpoint any more
	KeyLimitLost  = "limit"       // another program may have changed its limits: nothing goes until they are set anew
)

// AddKey stores a credential. Secret is a string, as JSON has it, and cannot be wiped; the agent keeps no reference to it.
type AddKey struct {
	Provider string `json:"provider"`
	Label    string `json:"label"` // empty means "default"
	Secret   string `json:"secret"`
	// Anyway stores a key although its form fits another provider.
	Anyway bool `json:"anyway"`
	// Careful is for somebody who can be asked: where a key has this name already the answer is Doubtful, and the user may insist.
	Careful bool `json:"careful"`
}

// FoundKeys are credentials that were found in the environment or in a file, none of them in Oaklock yet unless it says so.
type FoundKeys struct {
	// Where is the path of the file; empty for the environment, and with no keys when no file was chosen.
	Where string     `json:"where"`
	Keys  []FoundKey `json:"keys"`
}

// FoundKey describes one; never the credential.
type FoundKey struct {
	ID        string   `json:"id"` // for TakeKey; good until the next look
	Provider  string   `json:"provider"`
	Name      string   `json:"name"`      // the provider's, for people
	Variables []string `json:"variables"` // that hold it, at least one
	Line      int      `json:"line"`      // in the file, from 1; 0 in the environment
	Hint      string   `json:"hint"`      // the last four characters
	Label     string   `json:"label"`     // one that is free
	Stored    bool     `json:"stored"`    // the provider has this very key here
}

// HasKey asks whether a provider has this very key.
type HasKey struct {
	Provider string `json:"provider"`
	Secret   string `json:"secret"`
}

// HasKeyAnswer says so.
type HasKeyAnswer struct {
	Stored bool `json:"stored"`
}

// TakeKey says under which label a found credential is to be stored.
type TakeKey struct {
	ID    string `json:"id"`
	Label string `json:"label"` // empty means the one that was offered
}

// KeyRef names a credential.
type KeyRef struct {
	Provider string `json:"provider"`
	Label    string `json:"label"`
}

// KeyTest is the outcome of the provider's cheapest call with a key.
type KeyTest struct {
	Works   bool   `json:"works"`
	Status  int    `json:"status"`  // HTTP status; 0 when the provider was not reached
	Message string `json:"message"` // "works", the provider's own words (redacted), or why it was not reached
}

// App is a program of this machine that has a key of Oaklock's own. Its grants are also those of the site Origin.
type App struct {
	Name     string  `json:"name"`
	Origin   string  `json:"origin"` // "app:" and the name: what the log and the commands for sites call it
	Hint     string  `json:"hint"`   // its key's last four characters
	Added    int64   `json:"added"`
	State    string  `json:"state"` // as a site's; "none" when nothing is allowed to it
	LastUsed int64   `json:"lastUsed"`
	Requests int64   `json:"requests"`
	Grants   []Grant `json:"grants"`
}

// AddApp gives a new app its first grants. Sum is the SHA-256 of its key, in hex; the key itself never comes here.
type AddApp struct {
	Name      string   `json:"name"`
	Sum       string   `json:"sum"`
	Hint      string   `json:"hint"`
	Providers []string `json:"providers"`
	Terms     Terms    `json:"terms"`
}

// Provider is a row of the catalogue as the user sees it.
type Provider struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	BaseURL  string `json:"baseURL"`
	Default  string `json:"default"` // the catalogue's base URL; empty for one that the user added
	Custom   bool   `json:"custom"`
	KeysPage string `json:"keysPage"` // where the provider makes keys; empty when not known
	Prefix   string `json:"prefix"`   // what a page sets: http://127.0.0.1:PORT/llm/<id>
	Keys     int    `json:"keys"`
}

// SetProvider changes a base URL, or adds an OpenAI-compatible provider where ID is new.
type SetProvider struct {
	ID      string `json:"id"`
	Name    string `json:"name"`    // for a new one; empty means the ID
	BaseURL string `json:"baseURL"` // empty: back to the catalogue's
	Auth    string `json:"auth"`    // for a new one: "bearer" (default), "x-api-key", "api-key" or a header's name
}

// Running is a request that is being answered now.
type Running struct {
	ID       string `json:"id"`
	Origin   string `json:"origin"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Endpoint string `json:"endpoint"`
	Started  int64  `json:"started"`
	BytesOut int64  `json:"bytesOut"`
	Cost     int64  `json:"cost"`     // up to now, as far as it can be told; -1: the model has no price
	Reserved int64  `json:"reserved"` // the most that it can cost
}

// Today is what was used since local midnight.
type Today struct {
	Requests  int64 `json:"requests"`
	Refused   int64 `json:"refused"`
	Input     int64 `json:"input"`
	Output    int64 `json:"output"`
	Cost      int64 `json:"cost"`
	Estimated int64 `json:"estimated"` // the part of Cost that no provider has confirmed
	Unpriced  int64 `json:"unpriced"`  // requests whose cost is not known and not in Cost
}

// Entry is a line of the log: a request that was sent on, or one that was refused. Never content.
type Entry struct {
	ID         int64  `json:"id"`
	Time       int64  `json:"time"`
	Origin     string `json:"origin"`
	Provider   string `json:"provider"`
	Endpoint   string `json:"endpoint"` // method and path template, such as "POST /chat/completions"
	Model      string `json:"model"`
	Credential string `json:"credential"`
	Status     int    `json:"status"` // what the page got
	Code       string `json:"code"`   // Oaklock's own code of a refusal or a cut; empty when the provider answered
	Input      int64  `json:"input"`  // tokens; -1 when not known
	Output     int64  `json:"output"`
	Millis     int64  `json:"millis"`
	BytesIn    int64  `json:"bytesIn"`
	BytesOut   int64  `json:"bytesOut"`
	Refused    bool   `json:"refused"`
	Count      int64  `json:"count"` // above 1 where refusals were summed up
	Cost       int64  `json:"cost"`  // -1: the model had no price
	// Estimated says that the provider did not tell what the request took, so that Cost is the most that it can have been.
	Estimated bool `json:"estimated"`
}

// LogFilter narrows the log; zero values filter nothing. Newest first, unless it says otherwise.
type LogFilter struct {
	Origin   string `json:"origin,omitempty"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	Status   int    `json:"status,omitempty"` // exactly; or 1 to 5 for all of a hundred
	Code     string `json:"code,omitempty"`
	Only     string `json:"only,omitempty"`   // "refused", "served" or empty
	Since    int64  `json:"since,omitempty"`  // from then on
	Until    int64  `json:"until,omitempty"`  // before then
	Before   int64  `json:"before,omitempty"` // only entries with a smaller ID, for paging
	After    int64  `json:"after,omitempty"`  // only entries with a larger ID, for paging from the oldest on
	Oldest   bool   `json:"oldest,omitempty"` // the oldest first
	Limit    int    `json:"limit,omitempty"`  // 1 to 1000; 0 means 100
}

// LogCheck is what a look at the whole log found.
type LogCheck struct {
	Lines  int64 `json:"lines"`  // that are as Oaklock wrote them, up to the first that is not
	First  int64 `json:"first"`  // the IDs of the first and the last of them; 0 where there is none
	Last   int64 `json:"last"`   //
	Before int64 `json:"before"` // lines that cannot be checked: from before Oaklock chained them, or accepted by the user
	// Sealed says that the keychain was open, so that a chain that was made anew would show.
	Sealed  bool   `json:"sealed"`
	Broken  bool   `json:"broken"`
	Kind    string `json:"kind"`    // "line_changed", "end_missing", "end_changed", "end_added", "older_copy", "sums_low", "sums_high" or empty
	Line    int64  `json:"line"`    // the first line that does not fit, or the last that does
	Message string `json:"message"` // one sentence; empty where all fits
}

// Setting is one setting with its value in force.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // "" where it cannot be told, since another program may have changed it
	Default string `json:"default"`
	Help    string `json:"help"` // one sentence, with the values it takes
	// Values are the words among the values it takes; without them it takes numbers or texts alone.
	Values []string `json:"values"`
}

// Unlock opens the vault. Passphrase is for the file vault only; empty means the one that the agent was started with.
type Unlock struct {
	Passphrase string `json:"passphrase"`
	// Create makes the file vault with this passphrase if there is none yet.
	Create bool `json:"create"`
}

// Error is how the door says no. Code is one of "bad_input", "refused", "doubtful", "not_found", "locked", "unavailable" and
// "failed"; the message is one sentence for the user.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }
