package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/store"
)

var _ control.Agent = (*Agent)(nil)

// State is the whole picture.
func (a *Agent) State(context.Context) (control.State, error) {
	a.worked()            // the window pulls this with all else
	vault := a.vaultNow() //nolint:contextcheck // the vault is asked beside the call, which may end before
	open, missed := a.consent.All()
	s := control.State{
		Version: a.o.Version, State: "on", Endpoint: a.Endpoint(), Port: a.listener.Port(), PID: os.Getpid(),
		Started: millis(a.started), Home: a.o.Home, Vault: vault, Problems: a.allProblems(),
		Questions: a.questions(open, false), Missed: a.questions(missed, true),
		Running: []control.Running{}, Today: showToday(a.ledger.Today()), Overall: a.overall(), OverLimit: a.overLimit(), Paused: a.paused(), Demo: a.demo.show(),
	}
	for _, c := range a.keys.List() {
		if a.keyTrouble(c) == "" {
			s.Keys++
		} else {
			s.UnusableKeys++
		}
	}
	switch a.mode() {
	case proxy.On:
	case proxy.Paused:
		s.State = "paused"
	case proxy.Locked:
		s.State = "locked"
		if why := a.lockedBy.Load(); why != nil {
			s.LockedBy = *why
		}
	}
	s.NeedsYou = len(s.Questions) > 0 || len(s.Paused) > 0
	for _, site := range a.grants.Sites() {
		if site.Origin.Kind() == origin.App {
			continue // what people read is about pages; apps have a list of their own
		}
		for _, g := range site.Grants {
			if !g.Expired && !g.Unproven && !site.Blocked {
				s.Sites++
				break
			}
		}
	}
	for _, r := range a.pages.Running() {
		s.Running = append(s.Running, control.Running{ID: r.ID, Origin: r.Origin.String(), Provider: r.Provider, Model: r.Model,
			Endpoint: r.Endpoint, Started: millis(r.Started), BytesOut: r.BytesOut, Cost: r.Cost, Reserved: r.Reserved})
	}
	return s, nil
}

// Log lists what was sent and what was refused, newest first.
func (a *Agent) Log(ctx context.Context, f control.LogFilter) ([]control.Entry, error) {
	if f.Limit < 0 || f.Limit > 1000 || f.Before < 0 || f.After < 0 {
		return nil, &control.Error{Code: control.BadInput, Message: "The log shows 1 to 1000 entries at once."}
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	if f.Status < 0 || f.Status > 999 || f.Only != "" && f.Only != "refused" && f.Only != "served" {
		return nil, &control.Error{Code: control.BadInput, Message: "The log is narrowed by a status such as 403 or 4, and to \"refused\" or \"served\"."}
	}
	entries, err := a.ledger.Entries(ctx, ledger.Filter{Origin: userText(f.Origin), Provider: f.Provider, Model: f.Model, Status: f.Status, Code: f.Code,
		Refused: f.Only == "refused", Served: f.Only == "served", Since: fromMillis(f.Since), Until: fromMillis(f.Until), Before: f.Before, After: f.After, Oldest: f.Oldest, Limit: f.Limit})
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	out := make([]control.Entry, 0, len(entries))
	for _, e := range entries {
		out = append(out, control.Entry{ID: e.ID, Time: millis(e.Time), Origin: e.Origin.String(), Provider: e.Provider,
			Endpoint: e.Endpoint, Model: e.Model, Credential: e.Credential, Status: e.Status, Code: e.Code,
			Input: e.Usage.Input, Output: e.Usage.Output, Millis: e.Millis, BytesIn: e.BytesIn, BytesOut: e.BytesOut,
			Refused: e.Refused, Count: e.Count, Cost: e.Cost, Estimated: e.Estimated})
	}
	return out, nil
}

// StopRunning ends one request that is being answered.
func (a *Agent) StopRunning(_ context.Context, id string) error {
	if !a.pages.Stop(id) {
		return &control.Error{Code: control.NotFound, Message: "Nothing with this ID is being answered: it has ended, or never was. See what is with: oaklock status"}
	}
	return nil
}

// openCatalogue puts the user's changes over the embedded catalogue. A row that cannot be read is left out and said.
func (a *Agent) openCatalogue(ctx context.Context) error {
	rows, err := a.provenProviderRows(ctx)
	if err != nil {
		return fmt.Errorf("read the providers: %w", err)
	}
	c := provider.Default()
	for id, row := range rows {
		var o provider.Override
		err := json.Unmarshal([]byte(row), &o)
		if err == nil {
			var next *provider.Catalogue
			if next, err = c.With(o); err == nil {
				c = next
				continue
			}
		}
		a.log.Error("a provider's row was left out", "provider", id, "error", err)
		a.problems.add(control.Problem{Code: "provider_row",
			Message: "Your change to the provider " + id + " could not be read and is not in force.",
			Fix:     "Set its address again."})
	}
	a.catalogue.Store(c)
	return nil
}

// Providers lists the catalogue with the addresses in force.
func (a *Agent) Providers(context.Context) ([]control.Provider, error) {
	out := []control.Provider{}
	for _, p := range a.catalogue.Load().Providers() {
		out = append(out, a.showProvider(p))
	}
	return out, nil
}

func (a *Agent) showProvider(p *provider.Provider) control.Provider {
	c := control.Provider{ID: p.ID, Name: p.Name, BaseURL: p.BaseURL, Default: p.DefaultBase, Custom: p.Custom, KeysPage: p.KeysPage,
		Prefix: a.Endpoint() + "/llm/" + p.ID}
	for _, k := range a.keys.List() {
		if k.Provider == p.ID {
			c.Keys++
		}
	}
	return c
}

// SetProvider changes a provider's address or adds one. Keys stay with the address that they were given for.
func (a *Agent) SetProvider(ctx context.Context, in control.SetProvider) (control.Provider, error) {
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	known, ok := a.catalogue.Load().Provider(in.ID)
	if ok && !known.Custom && in.Auth != "" {
		return control.Provider{}, &control.Error{Code: control.BadInput, Message: "How " + known.Name + " takes its key is fixed; only its address can be changed."}
	}
	if !ok || known.Custom {
		if err := a.catalogue.Load().CheckName(in.ID, in.Name); err != nil {
			return control.Provider{}, &control.Error{Code: control.BadInput, Message: sentence(err)}
		}
	}
	o := provider.Override{ID: in.ID, Name: in.Name, BaseURL: strings.TrimSuffix(in.BaseURL, "/"), Auth: in.Auth}
	if o.BaseURL != "" {
		if err := provider.CheckBaseURL(o.BaseURL); err != nil {
			return control.Provider{}, &control.Error{Code: control.BadInput, Message: sentence(err)}
		}
	} else if !ok {
		return control.Provider{}, a.noProvider()
	} else if known.Custom {
		return control.Provider{}, &control.Error{Code: control.BadInput, Message: "Oaklock knows no address of " + known.Name + ", which is a provider of your own. Change it with oaklock providers set, or remove it."}
	}
	rows, err := a.provenProviderRows(ctx)
	if err != nil {
		return control.Provider{}, saving(err)
	}
	row := ""
	if o.BaseURL != "" {
		b, err := json.Marshal(o)
		if err != nil {
			return control.Provider{}, err
		}
		row = string(b)
	}
	rows[o.ID] = row
	next, err := catalogueOf(rows)
	if err != nil {
		return control.Provider{}, &control.Error{Code: control.BadInput, Message: sentence(err)}
	}
	if p, _ := next.Provider(o.ID); p.IsListener(strconv.Itoa(a.listener.Port())) {
		return control.Provider{}, &control.Error{Code: control.BadInput,
			Message: "That is the address of this Oaklock itself: each request would come back to it. Nothing was changed. Give the provider's own address."}
	}
	if err := a.db.SetProviderRow(ctx, o.ID, row); err != nil {
		return control.Provider{}, saving(err)
	}
	a.catalogue.Store(next)
	a.changed()
	p, _ := next.Provider(o.ID)
	return a.showProvider(p), nil
}

// RemoveProvider takes out a provider that the user added; a row of the catalogue goes back to its own address.
func (a *Agent) RemoveProvider(ctx context.Context, id string) error {
	a.changes.Lock()
	defer a.changes.Unlock()
	rows, err := a.provenProviderRows(ctx)
	if err != nil {
		return saving(err)
	}
	if _, ok := rows[id]; !ok {
		return &control.Error{Code: control.NotFound, Message: "There is nothing of yours to remove for this provider."}
	}
	delete(rows, id)
	next, err := catalogueOf(rows)
	if err != nil {
		return err
	}
	if err := a.db.SetProviderRow(ctx, id, ""); err != nil {
		return saving(err)
	}
	a.catalogue.Store(next)
	a.changed()
	return nil
}

func catalogueOf(rows map[string]string) (*provider.Catalogue, error) {
	c := provider.Default()
	for _, row := range rows {
		if row == "" {
			continue
		}
		var o provider.Override
		if err := json.Unmarshal([]byte(row), &o); err != nil {
			return nil, err
		}
		next, err := c.With(o)
		if err != nil {
			return nil, err
		}
		c = next
	}
	return c, nil
}

func (a *Agent) noProvider() error {
	var ids []string
	for _, p := range a.catalogue.Load().Providers() {
		ids = append(ids, p.ID)
	}
	return &control.Error{Code: control.NotFound, Message: "There is no provider of this name. There are: " + strings.Join(ids, ", ") + "."}
}

// saving tells why something could not be saved; nothing was changed then.
func saving(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrFull), errors.Is(err, syscall.ENOSPC):
		return &control.Error{Code: control.Unavailable, Message: "The disk is full, so this could not be saved and nothing was changed. Make room and try again."}
	case outOfReach(err):
		return &control.Error{Code: control.Unavailable, Message: "The folder of Oaklock cannot be written, so nothing was changed."}
	}
	return err
}

// outOfReach says that the disk refused, and not what was asked of it.
func outOfReach(err error) bool {
	return errors.Is(err, store.ErrFull) || errors.Is(err, syscall.ENOSPC) ||
		errors.Is(err, store.ErrReadOnly) || errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)
}

// portError says in one sentence what is on the port and what to do.
func portError(port int, err error) error {
	if !errors.Is(err, admission.ErrPortTaken) {
		return err
	}
	who := "another program"
	if owner := admission.PortOwner(port); owner != "" {
		who = owner
	}
	return &portTakenError{fmt.Sprintf("port %d is taken by %s; end that program, or choose another port with: oaklock agent --port %d (pages must then use it too)", port, who, otherPort(port))}
}

// portTakenError wraps admission.ErrPortTaken, and says so once.
type portTakenError struct{ text string }

func (e *portTakenError) Error() string { return e.text }
func (e *portTakenError) Unwrap() error { return admission.ErrPortTaken }

// otherPort is what to try where a port is taken; that of the demo's page is not it.
func otherPort(taken int) int {
	if taken == 6265 {
		return 6275
	}
	return 6265
}

// sentence makes an error's text a sentence.
func sentence(err error) string {
	s := err.Error()
	r, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[n:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
