package control

import "context"

// Agent is what stands behind the door. The agent implements it; this package imports none of the agent's parts.
//
// Every method may be called from several goroutines at once and heeds its context, which ends when the caller hangs up
// or the door closes. Door(ctx) says who acts. A "no" that the user should read is an *Error (also wrapped); any other error
// is logged and told as a neutral sentence, because its words may hold paths, addresses or worse.
//
// Nothing that these methods return holds a credential.
type Agent interface {
	// State is the whole picture, pulled anew each time.
	State(ctx context.Context) (State, error)

	// Examine looks at everything that Oaklock needs, which takes seconds. It asks providers whether they can be reached, without
	// a key.
	Examine(ctx context.Context) ([]Check, error)

	Sites(ctx context.Context) ([]Site, error)
	AllowSite(ctx context.Context, a AllowSite) error
	RevokeSite(ctx context.Context, s SiteRef) error
	DenySite(ctx context.Context, s SiteRef) error
	BlockSite(ctx context.Context, s SiteRef) error
	// ResumeSite lets a site go on that was paused because it ran away.
	ResumeSite(ctx context.Context, s SiteRef) error
	UnblockSite(ctx context.Context, s SiteRef) error
	// Doubts are in words what another program has changed, so that it is not in force. Trust is the user's word that it is
	// all right, and puts everything in force as it stands.
	Doubts(ctx context.Context) ([]string, error)
	Trust(ctx context.Context) error

	AnswerAllow(ctx context.Context, a Answer) error
	AnswerDeny(ctx context.Context, a Answer) error
	AnswerBlock(ctx context.Context, a Answer) error

	Keys(ctx context.Context) ([]Key, error)
	// AddKey says "saved" only after reading the credential back.
	AddKey(ctx context.Context, k AddKey) (Key, error)
	// FoundKeys looks for credentials in the environment that the agent was started with, when the user asks for it.
	FoundKeys(ctx context.Context) (FoundKeys, error)
	// HasKey says whether a provider has this very key, for whoever has found one.
	HasKey(ctx context.Context, q HasKey) (HasKeyAnswer, error)
	// TakeKey stores one of those as AddKey does. Where it was found it stays.
	TakeKey(ctx context.Context, k TakeKey) (Key, error)
	// TestKey answers an outcome, not an error, when the provider says no or is not reached.
	TestKey(ctx context.Context, k KeyRef) (KeyTest, error)
	RemoveKey(ctx context.Context, k KeyRef) error
	// SetKeyAside is RemoveKey for somebody who may press Undo: no request gets the key from now on, and for some seconds
	// TakeKeyBack brings it back. Then, or when Oaklock locks or ends before that, it is removed.
	SetKeyAside(ctx context.Context, k KeyRef) error
	TakeKeyBack(ctx context.Context, k KeyRef) error
	LimitKey(ctx context.Context, k LimitKey) (Key, error)

	Apps(ctx context.Context) ([]App, error)
	// AddApp makes a program of this machine known by the sum of its key; whoever made the key shows it to the user.
	AddApp(ctx context.Context, a AddApp) (App, error)
	RemoveApp(ctx context.Context, name string) error
	// TakeAppBack undoes RemoveApp for some seconds.
	TakeAppBack(ctx context.Context, name string) error

	Providers(ctx context.Context) ([]Provider, error)
	SetProvider(ctx context.Context, p SetProvider) (Provider, error)
	RemoveProvider(ctx context.Context, id string) error

	// Prices are what models cost. What is not listed has no known price.
	Prices(ctx context.Context) ([]Price, error)
	// SetPrice changes some of a model's price, or sets one where there is none.
	SetPrice(ctx context.Context, p SetPrice) (Price, error)
	// ResetPrice forgets what was set.
	ResetPrice(ctx context.Context, p PriceRef) error

	Log(ctx context.Context, f LogFilter) ([]Entry, error)
	// VerifyLog reads the whole log, which takes seconds where it is long, and says whether it is as Oaklock wrote it.
	VerifyLog(ctx context.Context) (LogCheck, error)
	Usage(ctx context.Context, f UsageFilter) ([]UsageSum, error)
	RaiseLimit(ctx context.Context, r RaiseLimit) error

	Settings(ctx context.Context) ([]Setting, error)
	SetSetting(ctx context.Context, name, value string) (Setting, error)

	// StartDemo serves the demo for an hour at most and gives its provider the demo's key, which is no secret. A demo that runs
	// already is not started again.
	StartDemo(ctx context.Context) (Demo, error)
	// StopDemo ends it, and takes back what StartDemo and the user gave the demo: its key and the page's permission.
	StopDemo(ctx context.Context) error

	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Lock(ctx context.Context) error
	Unlock(ctx context.Context, u Unlock) error

	// Show brings the window forward, or starts it, and says which of the two happened or why neither.
	Show(ctx context.Context) (Shown, error)
	// StayedBehind is the window's word that the desktop did not let it come forward, so that the user is told in another way.
	StayedBehind(ctx context.Context) error
	// CameForward takes that back: the user has found the window.
	CameForward(ctx context.Context) error
	// Quit begins the end of the agent and returns at once: the door waits for its calls before it closes, so a Quit that
	// waited for the door would wait for itself.
	Quit(ctx context.Context) error
	// StopRunning ends one request that is being answered.
	StopRunning(ctx context.Context, id string) error

	// Watch calls tell for every event until cancel is called; after cancel has returned tell is not called again. tell
	// returns at once and may be called under the agent's locks. The context only says who watches (Door); an agent knows by it
	// whether a window is open.
	Watch(ctx context.Context, tell func(Event)) (cancel func())
}

// Event is what the door pushes: never content, only that something is to be pulled or done.
type Event uint8

// The events.
const (
	LookAgain   Event = iota // something in State, Sites, Keys, Log or Settings is not what it was
	ComeForward              // the window is to show itself: the user wants it
	Rise                     // an open window is to be seen, without taking the focus: a site asks
)

// Shown is what Show did.
type Shown struct {
	// How is "forward" (an open window was told to come forward), "started" (a window was started) or "headless" (there is no
	// display, or no window program; Message says so).
	How     string `json:"how"`
	Message string `json:"message"` // one sentence; empty when a window appeared
}

// The codes of Error. The door turns each into a status, the command line into an exit status.
const (
	BadInput    = "bad_input"   // 400: malformed, or makes no sense
	Refused     = "refused"     // 403: understood, and not done
	Doubtful    = "doubtful"    // 409: not done, because it looks like a mistake; the user may insist (AddKey.Anyway)
	NotFound    = "not_found"   // 404: no such site, question, key, provider, setting
	Locked      = "locked"      // 423: the vault must be unlocked first
	Unavailable = "unavailable" // 503: the keychain, the disk or the provider does not answer
	Failed      = "failed"      // 500: anything else
)

// The doors that an act can come through; they are what Grant.GivenBy says.
const (
	Window      = "window"
	CommandLine = "command line"
)

type doorKey struct{}

// WithDoor returns a context that says through which door an act came: Window or CommandLine.
func WithDoor(ctx context.Context, door string) context.Context {
	return context.WithValue(ctx, doorKey{}, door)
}

// Door says through which door an act came; CommandLine where nothing was said.
func Door(ctx context.Context) string {
	if door, ok := ctx.Value(doorKey{}).(string); ok {
		return door
	}
	return CommandLine
}
