package control

import (
	"context"
	"net/http"
)

// The calls mirror Agent: see there for what they do.

// State calls Agent.State.
func (c *Client) State(ctx context.Context) (out State, err error) {
	err = c.call(ctx, http.MethodGet, "state", nil, &out)
	return out, err
}

// Examine calls Agent.Examine.
func (c *Client) Examine(ctx context.Context) (out []Check, err error) {
	err = c.call(ctx, http.MethodGet, "examine", nil, &out)
	return out, err
}

// Sites calls Agent.Sites.
func (c *Client) Sites(ctx context.Context) (out []Site, err error) {
	err = c.call(ctx, http.MethodGet, "sites", nil, &out)
	return out, err
}

// AllowSite calls Agent.AllowSite.
func (c *Client) AllowSite(ctx context.Context, a AllowSite) error {
	return c.call(ctx, http.MethodPost, "sites/allow", a, nil)
}

// RevokeSite calls Agent.RevokeSite.
func (c *Client) RevokeSite(ctx context.Context, s SiteRef) error {
	return c.call(ctx, http.MethodPost, "sites/revoke", s, nil)
}

// DenySite calls Agent.DenySite.
func (c *Client) DenySite(ctx context.Context, s SiteRef) error {
	return c.call(ctx, http.MethodPost, "sites/deny", s, nil)
}

// BlockSite calls Agent.BlockSite.
func (c *Client) BlockSite(ctx context.Context, s SiteRef) error {
	return c.call(ctx, http.MethodPost, "sites/block", s, nil)
}

// UnblockSite calls Agent.UnblockSite.
func (c *Client) UnblockSite(ctx context.Context, s SiteRef) error {
	return c.call(ctx, http.MethodPost, "sites/unblock", s, nil)
}

// ResumeSite calls Agent.ResumeSite.
func (c *Client) ResumeSite(ctx context.Context, s SiteRef) error {
	return c.call(ctx, http.MethodPost, "sites/resume", s, nil)
}

// Doubts calls Agent.Doubts.
func (c *Client) Doubts(ctx context.Context) (out []string, err error) {
	err = c.call(ctx, http.MethodGet, "sites/doubts", nil, &out)
	return out, err
}

// Trust calls Agent.Trust.
func (c *Client) Trust(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "sites/trust", nil, nil)
}

// AnswerAllow calls Agent.AnswerAllow.
func (c *Client) AnswerAllow(ctx context.Context, a Answer) error {
	return c.call(ctx, http.MethodPost, "questions/allow", a, nil)
}

// AnswerDeny calls Agent.AnswerDeny.
func (c *Client) AnswerDeny(ctx context.Context, a Answer) error {
	return c.call(ctx, http.MethodPost, "questions/deny", a, nil)
}

// AnswerBlock calls Agent.AnswerBlock.
func (c *Client) AnswerBlock(ctx context.Context, a Answer) error {
	return c.call(ctx, http.MethodPost, "questions/block", a, nil)
}

// Keys calls Agent.Keys.
func (c *Client) Keys(ctx context.Context) (out []Key, err error) {
	err = c.call(ctx, http.MethodGet, "keys", nil, &out)
	return out, err
}

// AddKey calls Agent.AddKey.
func (c *Client) AddKey(ctx context.Context, k AddKey) (out Key, err error) {
	err = c.call(ctx, http.MethodPost, "keys/add", k, &out)
	return out, err
}

// FoundKeys calls Agent.FoundKeys.
func (c *Client) FoundKeys(ctx context.Context) (out FoundKeys, err error) {
	err = c.call(ctx, http.MethodGet, "keys/found", nil, &out)
	return out, err
}

// HasKey calls Agent.HasKey.
func (c *Client) HasKey(ctx context.Context, q HasKey) (out HasKeyAnswer, err error) {
	err = c.call(ctx, http.MethodPost, "keys/has", q, &out)
	return out, err
}

// TakeKey calls Agent.TakeKey.
func (c *Client) TakeKey(ctx context.Context, k TakeKey) (out Key, err error) {
	err = c.call(ctx, http.MethodPost, "keys/take", k, &out)
	return out, err
}

// TestKey calls Agent.TestKey.
func (c *Client) TestKey(ctx context.Context, k KeyRef) (out KeyTest, err error) {
	err = c.call(ctx, http.MethodPost, "keys/test", k, &out)
	return out, err
}

// RemoveKey calls Agent.RemoveKey.
func (c *Client) RemoveKey(ctx context.Context, k KeyRef) error {
	return c.call(ctx, http.MethodPost, "keys/remove", k, nil)
}

// Apps calls Agent.Apps.
func (c *Client) Apps(ctx context.Context) (out []App, err error) {
	err = c.call(ctx, http.MethodGet, "apps", nil, &out)
	return out, err
}

// AddApp calls Agent.AddApp.
func (c *Client) AddApp(ctx context.Context, a AddApp) (out App, err error) {
	err = c.call(ctx, http.MethodPost, "apps/add", a, &out)
	return out, err
}

// RemoveApp calls Agent.RemoveApp.
func (c *Client) RemoveApp(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "apps/remove", byID{name}, nil)
}

// TakeAppBack calls Agent.TakeAppBack.
func (c *Client) TakeAppBack(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "apps/back", byID{name}, nil)
}

// SetKeyAside calls Agent.SetKeyAside.
func (c *Client) SetKeyAside(ctx context.Context, k KeyRef) error {
	return c.call(ctx, http.MethodPost, "keys/aside", k, nil)
}

// TakeKeyBack calls Agent.TakeKeyBack.
func (c *Client) TakeKeyBack(ctx context.Context, k KeyRef) error {
	return c.call(ctx, http.MethodPost, "keys/back", k, nil)
}

// Providers calls Agent.Providers.
func (c *Client) Providers(ctx context.Context) (out []Provider, err error) {
	err = c.call(ctx, http.MethodGet, "providers", nil, &out)
	return out, err
}

// SetProvider calls Agent.SetProvider.
func (c *Client) SetProvider(ctx context.Context, p SetProvider) (out Provider, err error) {
	err = c.call(ctx, http.MethodPost, "providers/set", p, &out)
	return out, err
}

// RemoveProvider calls Agent.RemoveProvider.
func (c *Client) RemoveProvider(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, "providers/remove", byID{id}, nil)
}

// Prices calls Agent.Prices.
func (c *Client) Prices(ctx context.Context) (out []Price, err error) {
	err = c.call(ctx, http.MethodGet, "prices", nil, &out)
	return out, err
}

// SetPrice calls Agent.SetPrice.
func (c *Client) SetPrice(ctx context.Context, p SetPrice) (out Price, err error) {
	err = c.call(ctx, http.MethodPost, "prices/set", p, &out)
	return out, err
}

// ResetPrice calls Agent.ResetPrice.
func (c *Client) ResetPrice(ctx context.Context, p PriceRef) error {
	return c.call(ctx, http.MethodPost, "prices/reset", p, nil)
}

// Log calls Agent.Log.
func (c *Client) Log(ctx context.Context, f LogFilter) (out []Entry, err error) {
	err = c.call(ctx, http.MethodPost, "log", f, &out)
	return out, err
}

// VerifyLog calls Agent.VerifyLog.
func (c *Client) VerifyLog(ctx context.Context) (out LogCheck, err error) {
	err = c.call(ctx, http.MethodPost, "log/verify", nil, &out)
	return out, err
}

// Usage calls Agent.Usage.
func (c *Client) Usage(ctx context.Context, f UsageFilter) (out []UsageSum, err error) {
	err = c.call(ctx, http.MethodPost, "usage", f, &out)
	return out, err
}

// RaiseLimit calls Agent.RaiseLimit.
func (c *Client) RaiseLimit(ctx context.Context, r RaiseLimit) error {
	return c.call(ctx, http.MethodPost, "limits/raise", r, nil)
}

// LimitKey calls Agent.LimitKey.
func (c *Client) LimitKey(ctx context.Context, k LimitKey) (out Key, err error) {
	err = c.call(ctx, http.MethodPost, "keys/limit", k, &out)
	return out, err
}

// Settings calls Agent.Settings.
func (c *Client) Settings(ctx context.Context) (out []Setting, err error) {
	err = c.call(ctx, http.MethodGet, "settings", nil, &out)
	return out, err
}

// SetSetting calls Agent.SetSetting.
func (c *Client) SetSetting(ctx context.Context, name, value string) (out Setting, err error) {
	err = c.call(ctx, http.MethodPost, "settings/set", nameValue{name, value}, &out)
	return out, err
}

// StartDemo calls Agent.StartDemo.
func (c *Client) StartDemo(ctx context.Context) (out Demo, err error) {
	err = c.call(ctx, http.MethodPost, "demo/start", nil, &out)
	return out, err
}

// StopDemo calls Agent.StopDemo.
func (c *Client) StopDemo(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "demo/stop", nil, nil)
}

// Pause calls Agent.Pause.
func (c *Client) Pause(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "pause", nil, nil)
}

// Resume calls Agent.Resume.
func (c *Client) Resume(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "resume", nil, nil)
}

// Lock calls Agent.Lock.
func (c *Client) Lock(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "lock", nil, nil)
}

// Unlock calls Agent.Unlock.
func (c *Client) Unlock(ctx context.Context, u Unlock) error {
	return c.call(ctx, http.MethodPost, "unlock", u, nil)
}

// Show calls Agent.Show.
func (c *Client) Show(ctx context.Context) (out Shown, err error) {
	err = c.call(ctx, http.MethodPost, "show", nil, &out)
	return out, err
}

// StayedBehind calls Agent.StayedBehind.
func (c *Client) StayedBehind(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "behind", nil, nil)
}

// CameForward calls Agent.CameForward.
func (c *Client) CameForward(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "front", nil, nil)
}

// Quit calls Agent.Quit.
func (c *Client) Quit(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "quit", nil, nil)
}

// StopRunning calls Agent.StopRunning.
func (c *Client) StopRunning(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, "running/stop", byID{id}, nil)
}
