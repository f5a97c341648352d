package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/oaklock/oaklock/internal/control"
)

// fake is an agent whose state is a folder of files that a script writes: state.json, sites.json, keys.json, providers.json, prices.json, settings.json,
// doubts.json, log.json, test.json and shown.json are what it answers, "errors" has a line "Method code sentence" for each call that it refuses, and "passphrase" holds
// what its vault takes. What it is asked it adds to the file "saw", one line for each call.
type fake struct {
	dir string

	mu     sync.Mutex
	looked chan struct{} // gets one for each look at the state while somebody waits for it

	left int           // after Quit: how many looks at the state are answered before it ends
	quit chan struct{} // closed then
}

func (f *fake) saw(method string, told any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := method
	if told != nil {
		b, err := json.Marshal(told)
		if err != nil {
			return err
		}
		line += " " + string(b)
	}
	file, err := os.OpenFile(filepath.Join(f.dir, "saw"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, line)
	return errors.Join(err, file.Close(), f.refusal(method))
}

func (f *fake) refusal(method string) error {
	lines, err := os.ReadFile(filepath.Join(f.dir, "errors"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(lines)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		code, message, _ := strings.Cut(rest, " ")
		if name == method {
			return &control.Error{Code: code, Message: message}
		}
	}
	return err
}

// answer is what a file holds, the zero value where there is none.
func answer[T any](f *fake, file string, refused error) (v T, err error) {
	if refused != nil {
		return v, refused
	}
	b, err := os.ReadFile(filepath.Join(f.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	return v, err
}

// State, Sites, Keys and Providers are asked for by other commands too, so they are not among what was seen.
func (f *fake) State(context.Context) (control.State, error) {
	f.mu.Lock()
	if f.left > 0 {
		if f.left--; f.left == 0 {
			close(f.quit)
		}
	}
	f.mu.Unlock()
	state, err := answer[control.State](f, "state.json", f.refusal("State"))
	select {
	case f.looked <- struct{}{}: // after the look: what follows changes the state
	default:
	}
	return state, err
}
func (f *fake) Examine(context.Context) ([]control.Check, error) {
	return answer[[]control.Check](f, "checks.json", f.saw("Examine", nil))
}
func (f *fake) Sites(context.Context) ([]control.Site, error) {
	return answer[[]control.Site](f, "sites.json", f.refusal("Sites"))
}
func (f *fake) AllowSite(_ context.Context, a control.AllowSite) error { return f.saw("AllowSite", a) }
func (f *fake) RevokeSite(_ context.Context, s control.SiteRef) error  { return f.saw("RevokeSite", s) }
func (f *fake) DenySite(_ context.Context, s control.SiteRef) error    { return f.saw("DenySite", s) }
func (f *fake) BlockSite(_ context.Context, s control.SiteRef) error   { return f.saw("BlockSite", s) }
func (f *fake) Doubts(context.Context) ([]string, error) {
	return answer[[]string](f, "doubts.json", f.saw("Doubts", nil))
}
func (f *fake) Trust(context.Context) error { return f.saw("Trust", nil) }
func (f *fake) UnblockSite(_ context.Context, s control.SiteRef) error {
	return f.saw("UnblockSite", s)
}
func (f *fake) ResumeSite(_ context.Context, s control.SiteRef) error { return f.saw("ResumeSite", s) }
func (f *fake) RaiseLimit(_ context.Context, r control.RaiseLimit) error {
	return f.saw("RaiseLimit", r)
}
func (f *fake) LimitKey(_ context.Context, k control.LimitKey) (control.Key, error) {
	return control.Key{Provider: k.Provider, Label: k.Label, Limits: k.Limits}, f.saw("LimitKey", k)
}
func (f *fake) VerifyLog(context.Context) (control.LogCheck, error) {
	return answer[control.LogCheck](f, "check.json", f.saw("VerifyLog", nil))
}
func (f *fake) Usage(_ context.Context, u control.UsageFilter) ([]control.UsageSum, error) {
	return answer[[]control.UsageSum](f, "usage.json", f.saw("Usage", u))
}
func (f *fake) AnswerAllow(_ context.Context, a control.Answer) error { return f.saw("AnswerAllow", a) }
func (f *fake) AnswerDeny(_ context.Context, a control.Answer) error  { return f.saw("AnswerDeny", a) }
func (f *fake) AnswerBlock(_ context.Context, a control.Answer) error { return f.saw("AnswerBlock", a) }
func (f *fake) Keys(context.Context) ([]control.Key, error) {
	return answer[[]control.Key](f, "keys.json", f.refusal("Keys"))
}
func (f *fake) AddKey(_ context.Context, k control.AddKey) (control.Key, error) {
	label := k.Label
	if label == "" {
		label = "default"
	}
	hint := k.Secret[max(0, len(k.Secret)-4):]
	replaced := ""
	if had, err := f.Keys(context.Background()); err == nil {
		for _, old := range had {
			if old.Provider == k.Provider && old.Label == label {
				replaced = old.Hint
			}
		}
	}
	return control.Key{Provider: k.Provider, Label: label, Hint: hint, Endpoint: "https://api." + k.Provider + ".com", Usable: true, Replaced: replaced}, f.saw("AddKey", k)
}
func (f *fake) FoundKeys(context.Context) (control.FoundKeys, error) {
	return answer[control.FoundKeys](f, "found.json", f.saw("FoundKeys", nil))
}
func (f *fake) HasKey(_ context.Context, q control.HasKey) (control.HasKeyAnswer, error) {
	return answer[control.HasKeyAnswer](f, "has.json", f.saw("HasKey", q.Provider))
}
func (f *fake) TakeKey(_ context.Context, k control.TakeKey) (control.Key, error) {
	return control.Key{}, f.saw("TakeKey", k)
}
func (f *fake) TestKey(_ context.Context, k control.KeyRef) (control.KeyTest, error) {
	return answer[control.KeyTest](f, "test.json", f.saw("TestKey", k))
}
func (f *fake) RemoveKey(_ context.Context, k control.KeyRef) error { return f.saw("RemoveKey", k) }
func (f *fake) Apps(context.Context) ([]control.App, error) {
	return answer[[]control.App](f, "apps.json", f.saw("Apps", nil))
}
func (f *fake) AddApp(_ context.Context, a control.AddApp) (control.App, error) {
	sum := a.Sum
	a.Sum = fmt.Sprintf("%d characters", len(sum)) // it is another each time
	a.Hint = fmt.Sprintf("%d characters", len(a.Hint))
	return control.App{Name: a.Name, Origin: "app:" + a.Name}, f.saw("AddApp", a)
}
func (f *fake) RemoveApp(_ context.Context, name string) error   { return f.saw("RemoveApp", name) }
func (f *fake) TakeAppBack(_ context.Context, name string) error { return f.saw("TakeAppBack", name) }
func (f *fake) Providers(context.Context) ([]control.Provider, error) {
	return answer[[]control.Provider](f, "providers.json", f.refusal("Providers"))
}
func (f *fake) SetProvider(_ context.Context, p control.SetProvider) (control.Provider, error) {
	if p.BaseURL == "" {
		p.BaseURL = "https://from.the.catalogue/v1"
	}
	keys := 0
	if p.ID == "openai" {
		keys = 1
	}
	return control.Provider{ID: p.ID, BaseURL: p.BaseURL, Prefix: "http://127.0.0.1:6255/llm/" + p.ID, Keys: keys}, f.saw("SetProvider", p)
}
func (f *fake) RemoveProvider(_ context.Context, id string) error { return f.saw("RemoveProvider", id) }
func (f *fake) Prices(context.Context) ([]control.Price, error) {
	return answer[[]control.Price](f, "prices.json", f.saw("Prices", nil))
}
func (f *fake) SetPrice(_ context.Context, p control.SetPrice) (control.Price, error) {
	return control.Price{Provider: p.Provider, Model: p.Model, Input: p.Rates["input"], Output: p.Rates["output"], Image: p.Rates["image"],
		MaxOutput: p.Rates["maxOutput"], Date: "2026-01-02", Source: "set by you", Edited: true}, f.saw("SetPrice", p)
}
func (f *fake) ResetPrice(_ context.Context, p control.PriceRef) error { return f.saw("ResetPrice", p) }
func (f *fake) Log(_ context.Context, l control.LogFilter) ([]control.Entry, error) {
	return answer[[]control.Entry](f, "log.json", f.saw("Log", l))
}
func (f *fake) Settings(context.Context) ([]control.Setting, error) {
	s, err := answer[[]control.Setting](f, "settings.json", f.refusal("Settings"))
	if s == nil && err == nil { // what an agent always has
		s = []control.Setting{{Name: "default_limit", Value: "1.00/day", Default: "1.00/day"}, {Name: "default_days", Value: "7", Default: "7"}}
	}
	return s, err
}
func (f *fake) SetSetting(_ context.Context, name, value string) (control.Setting, error) {
	return control.Setting{Name: name, Value: value}, f.saw("SetSetting", []string{name, value})
}
func (f *fake) Pause(context.Context) error  { return f.saw("Pause", nil) }
func (f *fake) Resume(context.Context) error { return f.saw("Resume", nil) }
func (f *fake) Lock(context.Context) error   { return f.saw("Lock", nil) }
func (f *fake) Unlock(ctx context.Context, u control.Unlock) error {
	if err := f.saw("Unlock", u); err != nil {
		return err
	}
	// Where there is a file "dialog" the user answers it once somebody has told him of it, for which the state is looked at.
	if _, err := os.Stat(filepath.Join(f.dir, "dialog")); err == nil {
		select {
		case <-f.looked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	takes, err := os.ReadFile(filepath.Join(f.dir, "passphrase"))
	if err == nil && u.Passphrase != strings.TrimSpace(string(takes)) {
		return &control.Error{Code: control.Locked, Message: "This is not the passphrase. Nothing was changed."}
	}
	return f.opened()
}

// opened makes a vault ready that only had to be opened.
func (f *fake) opened() error {
	s, err := answer[control.State](f, "state.json", nil)
	if err != nil || s.Vault.Status != "locked" && s.Vault.Status != "new" {
		return err
	}
	s.Vault.Status = "ready"
	b, err := json.Marshal(s)
	return errors.Join(err, os.WriteFile(filepath.Join(f.dir, "state.json"), b, 0o600))
}
func (f *fake) Show(context.Context) (control.Shown, error) {
	return answer[control.Shown](f, "shown.json", f.saw("Show", nil))
}
func (f *fake) StayedBehind(context.Context) error { return f.saw("StayedBehind", nil) }
func (f *fake) CameForward(context.Context) error  { return f.saw("CameForward", nil) }
func (f *fake) Quit(context.Context) error {
	f.mu.Lock()
	f.left = 3
	f.mu.Unlock()
	return f.saw("Quit", nil)
}
func (f *fake) SetKeyAside(context.Context, control.KeyRef) error        { return nil }
func (f *fake) TakeKeyBack(context.Context, control.KeyRef) error        { return nil }
func (f *fake) StartDemo(context.Context) (control.Demo, error)          { return control.Demo{}, nil }
func (f *fake) StopDemo(context.Context) error                           { return nil }
func (f *fake) StopRunning(_ context.Context, id string) error           { return f.saw("StopRunning", id) }
func (f *fake) Watch(context.Context, func(control.Event)) (stop func()) { return func() {} }
