package agent

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/store"
	"github.com/oaklock/oaklock/internal/system"
	"github.com/oaklock/oaklock/internal/upstream"
)

const (
	// lookTimeout bounds each look at something outside; all of them go on at once.
	lookTimeout = 6 * time.Second
	// maxSkew is how wrong a clock may be: certificates and the times of permissions bear that much.
	maxSkew = 5 * time.Minute
)

func fine(code, format string, args ...any) control.Check {
	return control.Check{Code: code, State: control.Fine, Message: fmt.Sprintf(format, args...)}
}

func wrong(code, message, fix string) control.Check {
	return control.Check{Code: code, State: control.Wrong, Message: message, Fix: fix}
}

// Examine looks at everything that Oaklock needs of this machine, and says what is wrong and what to do. It changes nothing, but
// for a made-up key in the keychain and a file in the profile folder, both of which it takes out again. It makes one request to each
// provider that there is a key for, without the key.
func (a *Agent) Examine(ctx context.Context) ([]control.Check, error) {
	var keychainCheck, database control.Check
	var upstreams, desktop []control.Check
	var work sync.WaitGroup
	work.Go(func() { keychainCheck = a.examineKeychain(ctx); a.lookForKeys(ctx) })
	work.Go(func() { database = a.examineDatabase(ctx) })
	work.Go(func() { upstreams = a.examineUpstreams(ctx) })
	work.Go(func() {
		if a.o.Examine != nil {
			desktop = a.o.Examine(ctx)
		}
	})
	work.Wait()
	out := []control.Check{a.examinePort(), a.examineIPv6(), keychainCheck, database, a.examineDisk(), ExamineHome(a.o.Home)}
	out = append(out, ExamineUser()...)
	out = append(out, upstreams...)
	out = append(out, a.examineLogin())
	out = append(out, desktop...)
	return append(out, a.otherProblems(out)...), nil
}

// otherProblems are those that the agent found out by itself and that no check is about.
func (a *Agent) otherProblems(checks []control.Check) (out []control.Check) {
	for _, p := range a.allProblems() {
		if !slices.ContainsFunc(checks, func(c control.Check) bool { return c.Code == p.Code }) {
			out = append(out, wrong(p.Code, p.Message, p.Fix))
		}
	}
	return out
}

func (a *Agent) examinePort() control.Check {
	c := fine("port", "Oaklock %s is running, and pages reach it at %s.", a.o.Version, a.Endpoint())
	if want := a.settings.port(); want != a.listener.Port() && a.o.Port < 0 {
		c.State = control.Note
		c.Fix = fmt.Sprintf("The setting says port %d, which holds from the next start on.", want)
	}
	return c
}

func (a *Agent) examineIPv6() control.Check {
	switch why := a.listener.IPv6(); {
	case why == nil:
		return fine("no_ipv6", "Oaklock also listens on [::1], so nobody else can answer pages that say localhost.")
	case errors.Is(why, syscall.EADDRNOTAVAIL), errors.Is(why, syscall.EAFNOSUPPORT):
		return fine("no_ipv6", "This machine has no IPv6, so nobody else can answer pages that say localhost.")
	}
	return wrong("no_ipv6", "Oaklock could not listen on [::1], so another program of this machine could answer pages that say localhost.",
		"Use http://127.0.0.1 in pages, as all examples do.")
}

// vaultFix is what to do about a vault of this status.
func vaultFix(status string, words system.Words) string {
	switch status {
	case "locked":
		return "Unlock with: oaklock unlock"
	case "new":
		return "Choose its passphrase with: oaklock unlock"
	case "unavailable":
		return words.NoKeychain
	case "denied":
		return "Allow Oaklock in the system's keychain, then: oaklock unlock"
	}
	return ""
}

// examineKeychain looks at the vault, and where it is open tries it with a made-up key, whose label no user can choose.
func (a *Agent) examineKeychain(ctx context.Context) control.Check {
	vault := a.keys.Vault()
	asked, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	now := showVault(vault.Kind(), vault.Status(asked))
	if now.Status != "ready" {
		return wrong("vault_"+now.Status, now.Message, vaultFix(now.Status, system.For(runtime.GOOS)))
	}
	what := "keychain"
	if vault.Kind() == "file" {
		what = "file with the keys"
	}
	if a.mode() == proxy.Locked {
		c := fine("vault", "The %s is there. It was not tried, because Oaklock is locked.", what)
		c.State, c.Fix = control.Note, "Unlock with: oaklock unlock"
		return c
	}
	if err := tryVault(asked, vault); err != nil {
		a.log.Warn("the vault was tried in vain", "vault", vault.Kind(), "error", err)
		fix := "Look whether it waits for you in a dialog, and whether the disk is full. If neither helps, keep the keys in a file: oaklock settings set vault file, then oaklock unlock"
		if vault.Kind() == "file" {
			fix = "Look whether the disk is full, and whether the folder vault in " + a.o.Home + " can be written. The keys that are in it are used as before."
		}
		return wrong("vault_broken", "The "+what+" cannot take a new key: one that was tried could not be saved.", fix)
	}
	return fine("vault", "The %s is open, and keys can be written and read.", what)
}

var doctorID = keychain.ID{Provider: "oaklock", Label: "#doctor"} // a label that nobody can choose

// tryVault puts a key in, reads it back (which Put does) and takes it out.
func tryVault(ctx context.Context, v keychain.Vault) error {
	id := doctorID
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (its documentation)
	if err := v.Put(ctx, id, []byte(hex.EncodeToString(b))); err != nil {
		_ = v.Delete(ctx, id) // it may have been stored all the same
		return fmt.Errorf("put: %w", err)
	}
	if err := v.Delete(ctx, id); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}

func (a *Agent) examineDatabase(ctx context.Context) control.Check {
	if err := a.db.Check(ctx); err != nil {
		a.log.Error("the database is not whole", "error", err)
		return wrong("database", "The database is damaged: what you allowed, or the log, may be incomplete.",
			"Quit Oaklock and start it again: it then keeps the damaged file and begins a new one where it must. Your keys are not touched.")
	}
	return fine("database", "The database is whole.")
}

// examineDisk looks whether anything new can be saved.
func (a *Agent) examineDisk() control.Check {
	switch err := a.db.Room(); {
	case err == nil:
		return fine("disk", "There is room on the disk for what you decide and for the log.")
	case errors.Is(err, store.ErrFull):
		return wrong("disk", "The disk is full, so nothing new can be saved: no permission, no key, no setting.", "Make room on the disk that "+a.o.Home+" is on.")
	default:
		a.log.Warn("the profile folder takes nothing new", "error", err)
		return wrong("disk", "The folder of Oaklock cannot be written, so nothing new can be saved: no permission, no key, no setting.", "Make "+a.o.Home+" writable for yourself.")
	}
}

// ExamineHome looks whether the profile folder is the user's alone. It needs no agent.
func ExamineHome(home string) control.Check {
	if err := store.CheckDir(home); err != nil {
		return wrong("folder", "The profile folder is not safe to use.", sentence(HomeError(home, err)))
	}
	return fine("folder", "The profile folder %s is yours alone.", home)
}

// examineLogin says whether Oaklock starts at login; both are fine.
func (a *Agent) examineLogin() control.Check {
	if a.startsAtLogin() == "on" {
		return fine("login", "Oaklock starts when you log in.")
	}
	c := fine("login", "Oaklock does not start when you log in.")
	c.State, c.Fix = control.Note, "To change that: oaklock settings set autostart on"
	return c
}

// examineUpstreams asks each provider that there is a key for who it is, all at once, and compares the clocks.
func (a *Agent) examineUpstreams(ctx context.Context) []control.Check {
	var asked []*provider.Provider
	for _, p := range a.catalogue.Load().Providers() {
		if slices.ContainsFunc(a.keys.List(), func(c keychain.Credential) bool { return c.Provider == p.ID }) {
			asked = append(asked, p)
		}
	}
	out := make([]control.Check, len(asked))
	clocks := make([]time.Duration, len(asked))
	var work sync.WaitGroup
	for i, p := range asked {
		work.Go(func() { out[i], clocks[i] = a.examineUpstream(ctx, p) })
	}
	work.Wait()
	return slices.Concat(out, []control.Check{clockCheck(clocks)})
}

// examineUpstream makes a request without a key: whatever the provider answers, it was reached. ahead is how much this machine's
// clock is ahead of the provider's, unknown where it does not say.
func (a *Agent) examineUpstream(ctx context.Context, p *provider.Provider) (c control.Check, ahead time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	code := "provider_" + p.ID
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.BaseURL, nil)
	if err != nil {
		return wrong(code, "The address of "+p.Name+" makes no sense.", "Set it again with: oaklock providers set "+command.Word(p.ID, "PROVIDER")), unknown
	}
	resp, err := a.upstream.RoundTrip(req)
	if err != nil {
		if p.Free() && errors.Is(err, syscall.ECONNREFUSED) {
			return control.Check{Code: code, State: control.Note, Message: p.Name + " is not there, because the demo does not run.", Fix: "Try it with: oaklock demo"}, unknown
		}
		a.log.Info("a provider was not reached", "provider", p.ID, "error", err)
		why, fix := unreached(err)
		return wrong(code, fmt.Sprintf("%s (%s) was not reached: %s", p.Name, req.URL.Host, why), fix), unknown
	}
	_ = resp.Body.Close()
	if there, err := http.ParseTime(resp.Header.Get("Date")); err == nil && req.URL.Scheme == "https" {
		ahead = time.Since(there)
	} else {
		ahead = unknown
	}
	return fine(code, "%s (%s) can be reached.", p.Name, req.URL.Host), ahead
}

// unknown is a clock that nobody told of.
const unknown = time.Duration(-1 << 63)

// unreached says in words why a provider was not reached, and what to do.
func unreached(err error) (why, fix string) {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var expired x509.CertificateInvalidError
	switch {
	case errors.Is(err, upstream.ErrNoTunnel):
		return "the proxy on the way there does not connect.", "Look at the proxy, or go without: oaklock settings set proxy off"
	case errors.As(err, &expired) && expired.Reason == x509.Expired:
		return "its certificate is not valid at the time that this machine's clock shows.", "Set the clock of this machine."
	case errors.As(err, &cert):
		return "its certificate is not one that this machine trusts. Something between, such as a company's proxy, may answer in its place; no key was sent.",
			"Use another network, or ask whoever runs this one."
	case errors.As(err, &dns):
		return "its name could not be looked up.", "Look whether this machine is on line."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers there.", "If it is a program of this machine, start it. If not, look at its address with: oaklock providers list"
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time.", "Look whether this machine is on line, and whether a firewall keeps Oaklock from going out."
	}
	return "the connection failed.", "Look whether this machine is on line. A proxy that is needed here is used only when the setting proxy says so."
}

// clockCheck judges the clock by what providers said; the median, because one of them may be wrong.
func clockCheck(ahead []time.Duration) control.Check {
	ahead = slices.DeleteFunc(slices.Clone(ahead), func(d time.Duration) bool { return d == unknown })
	if len(ahead) == 0 {
		if time.Now().Year() < 2026 {
			return wrong("clock", "The clock of this machine shows a day from before Oaklock was made.", "Set the clock of this machine.")
		}
		return fine("clock", "The clock shows a plausible time; no provider was there to compare it with.")
	}
	slices.Sort(ahead)
	by := ahead[len(ahead)/2]
	if by.Abs() <= maxSkew {
		return fine("clock", "The clock agrees with those of the providers.")
	}
	how := "ahead"
	if by < 0 {
		how = "behind"
	}
	return wrong("clock", fmt.Sprintf("The clock of this machine is %v %s, so permissions and daily limits end at the wrong time.", by.Abs().Round(time.Minute), how),
		"Set the clock of this machine.")
}
