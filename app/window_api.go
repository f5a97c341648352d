package app

import (
	"context"
	"errors"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// callTimeout ends a call that the agent does not answer. It is longer than the agent's own patience with a keychain whose
// dialog waits for the user.
const callTimeout = 2 * time.Minute

// agentGone is the code of an error that means: nobody answers on the control socket. The agent itself never uses it.
const agentGone = "agent_gone"

// windowAgent is what the window needs of the agent, on the other side of the control socket. Its methods do what those of
// control.Agent of the same name do.
type windowAgent interface {
	State(ctx context.Context) (control.State, error)
	Sites(ctx context.Context) ([]control.Site, error)
	AllowSite(ctx context.Context, a control.AllowSite) error
	RevokeSite(ctx context.Context, s control.SiteRef) error
	DenySite(ctx context.Context, s control.SiteRef) error
	BlockSite(ctx context.Context, s control.SiteRef) error
	UnblockSite(ctx context.Context, s control.SiteRef) error
	ResumeSite(ctx context.Context, s control.SiteRef) error
	Doubts(ctx context.Context) ([]string, error)
	Trust(ctx context.Context) error
	AnswerAllow(ctx context.Context, a control.Answer) error
	AnswerDeny(ctx context.Context, a control.Answer) error
	AnswerBlock(ctx context.Context, a control.Answer) error
	Keys(ctx context.Context) ([]control.Key, error)
	AddKey(ctx context.Context, k control.AddKey) (control.Key, error)
	FoundKeys(ctx context.Context) (control.FoundKeys, error)
	HasKey(ctx context.Context, q control.HasKey) (control.HasKeyAnswer, error)
	TakeKey(ctx context.Context, k control.TakeKey) (control.Key, error)
	TestKey(ctx context.Context, k control.KeyRef) (control.KeyTest, error)
	SetKeyAside(ctx context.Context, k control.KeyRef) error
	TakeKeyBack(ctx context.Context, k control.KeyRef) error
	LimitKey(ctx context.Context, k control.LimitKey) (control.Key, error)
	Apps(ctx context.Context) ([]control.App, error)
	AddApp(ctx context.Context, a control.AddApp) (control.App, error)
	RemoveApp(ctx context.Context, name string) error
	TakeAppBack(ctx context.Context, name string) error
	Providers(ctx context.Context) ([]control.Provider, error)
	SetProvider(ctx context.Context, p control.SetProvider) (control.Provider, error)
	RemoveProvider(ctx context.Context, id string) error
	Prices(ctx context.Context) ([]control.Price, error)
	SetPrice(ctx context.Context, p control.SetPrice) (control.Price, error)
	ResetPrice(ctx context.Context, p control.PriceRef) error
	Log(ctx context.Context, f control.LogFilter) ([]control.Entry, error)
	Usage(ctx context.Context, f control.UsageFilter) ([]control.UsageSum, error)
	RaiseLimit(ctx context.Context, r control.RaiseLimit) error
	Settings(ctx context.Context) ([]control.Setting, error)
	SetSetting(ctx context.Context, name, value string) (control.Setting, error)
	Examine(ctx context.Context) ([]control.Check, error)
	StartDemo(ctx context.Context) (control.Demo, error)
	StopDemo(ctx context.Context) error
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Lock(ctx context.Context) error
	Unlock(ctx context.Context, u control.Unlock) error
	StopRunning(ctx context.Context, id string) error
	StayedBehind(ctx context.Context) error
	CameForward(ctx context.Context) error
}

// API is what the page in the window can call. Every exported method of it is reachable from there, so each one is an act
// that the user can ask for in the window and nothing else; none returns a credential, and the agent checks every argument
// again. Times are milliseconds since 1970 UTC.
type API struct {
	agent windowAgent
	open  func(url string)                                  // shows a page in the user's browser
	pick  func(title string) (path string, err error)       // lets the user pick a file; empty when none was
	save  func(title, name string) (path string, err error) // lets the user say where a file goes; empty when nowhere
	saved func(lines, percent int64)                        // tells the page how far the log is saved
	found foundKeys

	mu  sync.Mutex
	ctx context.Context // of the window; nil before it has started and in the bindings generator
}

// newAPI connects the parts and touches nothing: the bindings generator calls it too.
func newAPI(agent windowAgent, open func(url string)) *API {
	return &API{agent: agent, open: open}
}

// start says how long the window lives; calls end with ctx.
func (a *API) start(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ctx = ctx
}

// windowContext is the context of the window, or an empty one before there is a window.
func (a *API) windowContext() context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx == nil {
		return context.Background()
	}
	return a.ctx
}

// call returns the context of one call.
func (a *API) call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(a.windowContext(), callTimeout)
}

// ask makes one call that answers something.
func ask[T any](a *API, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := a.call()
	defer cancel()
	return f(ctx)
}

// do makes one call that answers nothing.
func do[T any](a *API, f func(context.Context, T) error, arg T) error {
	ctx, cancel := a.call()
	defer cancel()
	return f(ctx, arg)
}

// act makes one call that takes and answers nothing.
func act(a *API, f func(context.Context) error) error {
	ctx, cancel := a.call()
	defer cancel()
	return f(ctx)
}

// State is the whole picture, pulled anew each time.
func (a *API) State() (control.State, error) { return ask(a, a.agent.State) }

// Allow answers a question with yes. The answer names the providers that the user saw.
func (a *API) Allow(answer control.Answer) error { return do(a, a.agent.AnswerAllow, answer) }

// Deny answers a question with no, for a while.
func (a *API) Deny(answer control.Answer) error { return do(a, a.agent.AnswerDeny, answer) }

// Block answers a question with no, for good.
func (a *API) Block(answer control.Answer) error { return do(a, a.agent.AnswerBlock, answer) }

// Sites lists the sites about which something was decided.
func (a *API) Sites() ([]control.Site, error) { return ask(a, a.agent.Sites) }

// AllowSite gives or replaces what a site may do with some providers.
func (a *API) AllowSite(site control.AllowSite) error { return do(a, a.agent.AllowSite, site) }

// RevokeSite takes back what a site may do, with one provider or with all.
func (a *API) RevokeSite(ref control.SiteRef) error { return do(a, a.agent.RevokeSite, ref) }

// DenySite refuses a site for a while; it is how a block that is taken back leaves a site denied that was denied before.
func (a *API) DenySite(ref control.SiteRef) error { return do(a, a.agent.DenySite, ref) }

// BlockSite refuses a site for good.
func (a *API) BlockSite(ref control.SiteRef) error { return do(a, a.agent.BlockSite, ref) }

// UnblockSite lets a blocked or denied site ask again.
func (a *API) UnblockSite(ref control.SiteRef) error { return do(a, a.agent.UnblockSite, ref) }

// Keys lists the stored credentials by their last four characters.
func (a *API) Keys() ([]control.Key, error) { return ask(a, a.agent.Keys) }

// AddKey stores the credential that the user has just typed.
func (a *API) AddKey(k control.AddKey) (control.Key, error) {
	return ask(a, func(ctx context.Context) (control.Key, error) { return a.agent.AddKey(ctx, k) })
}

// TestKey tries a stored credential with the provider's cheapest call.
func (a *API) TestKey(ref control.KeyRef) (control.KeyTest, error) {
	return ask(a, func(ctx context.Context) (control.KeyTest, error) { return a.agent.TestKey(ctx, ref) })
}

// RemoveKey takes a credential out of use at once, and out of the vault when it can no longer be taken back.
func (a *API) RemoveKey(ref control.KeyRef) error { return do(a, a.agent.SetKeyAside, ref) }

// TakeKeyBack undoes RemoveKey.
func (a *API) TakeKeyBack(ref control.KeyRef) error { return do(a, a.agent.TakeKeyBack, ref) }

// Providers is the catalogue with the user's own rows.
func (a *API) Providers() ([]control.Provider, error) { return ask(a, a.agent.Providers) }

// SetProvider changes a base URL or adds a provider.
func (a *API) SetProvider(p control.SetProvider) (control.Provider, error) {
	return ask(a, func(ctx context.Context) (control.Provider, error) { return a.agent.SetProvider(ctx, p) })
}

// RemoveProvider forgets a provider that the user has added.
func (a *API) RemoveProvider(id string) error { return do(a, a.agent.RemoveProvider, id) }

// Prices are what models cost.
func (a *API) Prices() ([]control.Price, error) { return ask(a, a.agent.Prices) }

// SetPrice changes what a model costs.
func (a *API) SetPrice(p control.SetPrice) (control.Price, error) {
	return ask(a, func(ctx context.Context) (control.Price, error) { return a.agent.SetPrice(ctx, p) })
}

// ResetPrice forgets the price that the user has set for a model.
func (a *API) ResetPrice(ref control.PriceRef) error { return do(a, a.agent.ResetPrice, ref) }

// Log is a page of the log, newest first.
func (a *API) Log(filter control.LogFilter) ([]control.Entry, error) {
	return ask(a, func(ctx context.Context) ([]control.Entry, error) { return a.agent.Log(ctx, filter) })
}

// Settings lists the settings with their values in force.
func (a *API) Settings() ([]control.Setting, error) { return ask(a, a.agent.Settings) }

// SetSetting changes one setting.
func (a *API) SetSetting(name, value string) (control.Setting, error) {
	return ask(a, func(ctx context.Context) (control.Setting, error) { return a.agent.SetSetting(ctx, name, value) })
}

// Pause refuses requests until Resume and ends what runs.
func (a *API) Pause() error { return act(a, a.agent.Pause) }

// Resume ends a pause.
func (a *API) Resume() error { return act(a, a.agent.Resume) }

// Lock forgets the keys in memory until Unlock and ends what runs.
func (a *API) Lock() error { return act(a, a.agent.Lock) }

// Unlock opens the vault again, or makes one.
func (a *API) Unlock(u control.Unlock) error { return do(a, a.agent.Unlock, u) }

// StopRunning ends one request that is being answered.
func (a *API) StopRunning(id string) error { return do(a, a.agent.StopRunning, id) }

// Examine looks at everything that Oaklock needs, which takes seconds.
func (a *API) Examine() ([]control.Check, error) { return ask(a, a.agent.Examine) }

// StartDemo serves the demo page and its provider.
func (a *API) StartDemo() (control.Demo, error) { return ask(a, a.agent.StartDemo) }

// StopDemo ends the demo and leaves nothing of it behind.
func (a *API) StopDemo() error { return act(a, a.agent.StopDemo) }

// SystemLanguage is that of the desktop: "en" or "es", or empty where it says neither. The web engine knows only by which language
// letters are read, which is another setting.
func (a *API) SystemLanguage() string { return systemLanguage(os.Getenv) }

// StayedBehind is called by the script whenWanted, when the desktop did not let the window come forward.
func (a *API) StayedBehind() error { return act(a, a.agent.StayedBehind) }

// CameForward is called by that script when the user has found the window after all.
func (a *API) CameForward() error { return act(a, a.agent.CameForward) }

// OpenDemo shows the demo page in the user's browser.
func (a *API) OpenDemo() error {
	s, err := a.State()
	if err != nil {
		return err
	}
	if page, err := url.Parse(s.Demo.Page); err == nil && s.Demo.Running && page.Scheme == "http" && page.Hostname() == "localhost" {
		a.open(page.String())
		return nil
	}
	return &control.Error{Code: control.NotFound, Message: "The demo does not run."}
}

// OpenKeysPage shows the page where a provider makes keys in the user's browser. It takes the provider's name and not an
// address, so that nothing in the window can send the user anywhere else.
func (a *API) OpenKeysPage(provider string) error {
	all, err := a.Providers()
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.ID != provider {
			continue
		}
		page, err := url.Parse(p.KeysPage)
		if err != nil || page.Scheme != "https" || page.Host == "" {
			break
		}
		a.open(page.String())
		return nil
	}
	return &control.Error{Code: control.NotFound, Message: "Oaklock does not know where this provider makes its keys."}
}

// windowError is the form in which an error reaches the page: always a code and a sentence, and never the words of Go or of
// the operating system, which may hold paths.
func windowError(err error) any {
	var said *control.Error
	if errors.As(err, &said) {
		return said
	}
	if errors.Is(err, control.ErrNotRunning) {
		return &control.Error{Code: agentGone, Message: "Oaklock is not running."}
	}
	if errors.Is(err, control.ErrFolder) {
		return &control.Error{Code: control.Refused, Message: "The profile folder can be reached by others, so Oaklock does not use it. " +
			"Run “oaklock doctor” to see what to do."}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &control.Error{Code: control.Unavailable, Message: "Oaklock did not answer in time. Nothing is known to be lost; try again."}
	}
	return &control.Error{Code: control.Failed, Message: "Something went wrong inside Oaklock. The log has the details."}
}
