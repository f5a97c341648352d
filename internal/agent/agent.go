// Package agent is Oaklock without a window: it owns the parts and lives as long as Oaklock runs.
//
// [Open] touches the world in an order that fails early and loses nothing: the control socket (which is also the
// single-instance lock), the database, the vault, the listener. [Agent] then stands behind both doors: it implements
// control.Agent for the user and gives the proxy what it needs for pages. [Agent.Close] ends everything that Open began.
package agent

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/issued"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
	"github.com/oaklock/oaklock/internal/upstream"
)

// Options of an agent. Only Home is needed.
type Options struct {
	Home    string // the profile folder, absolute; made where it is missing
	Main    bool   // Home is the one that is used where none is named: its entries in the keychain have plain names
	Port    int    // of the listener: 0 any free one, -1 what the setting says
	Vault   string // "keychain" or "file"; empty: what the setting says
	Version string
	Log     *slog.Logger // nil: nothing is logged

	// Passphrase reads the file vault's passphrase anew each time, so that the agent need not keep it. Nil: none was given.
	Passphrase func() ([]byte, error)
	// OpenWindow starts the window program. Nil, or an error: the agent goes on without one.
	OpenWindow func() error
	// Autostart says whether Oaklock starts at login, and changes it. Nil: it cannot be set here.
	Autostart Autostart
	// Keychain is the system's keychain. Nil: the real one.
	Keychain keychain.Vault
	// Demo is what StartDemo serves. Without a page there is none.
	Demo DemoOptions
	// Environ is where FoundKeys looks, "NAME=value". Nil: the environment of the process.
	Environ []string
	// Crowded is told of each request that begins while there is a crowd of them, and how to ask for their number. It returns at
	// once. Nil: nobody is told.
	Crowded func(underWay func() int, crowd int)
	// Worked is told whenever something is done for a page or for the user, at every request, and returns at once. Nil: nobody is told.
	Worked func()
	// Examine looks at what the program around the agent knows of: the desktop. Nil: at nothing.
	Examine func(ctx context.Context) []control.Check
	// RootCAs verify providers. Nil: the system's.
	RootCAs *x509.CertPool
	// Now is the wall clock of grants and limits, in the user's time zone. Nil: time.Now.
	Now func() time.Time
}

// Autostart is the desktop's own word for what starts at login.
type Autostart interface {
	On() (bool, error)
	Set(on bool) error
}

// Agent is a running Oaklock.
type Agent struct {
	o       Options
	log     *slog.Logger
	started time.Time

	door     *control.Listener
	db       *store.DB
	grants   *grant.Book
	apps     *appkey.Ring
	consent  *consent.Broker
	ledger   *ledger.Ledger
	issued   *issued.Book
	brake    *brake.Brake
	keys     *keychain.Keys
	osVault  keychain.Vault
	mark     string // of this profile, see profileMark
	file     *keychain.File
	pages    *proxy.Handler
	upstream *upstream.Upstream
	listener *admission.Listener
	server   *admission.Server

	catalogue atomic.Pointer[provider.Catalogue]
	prices    atomic.Pointer[provider.Prices]
	edits     []provider.Edit // what prices were made from; guarded by changes
	settings  *settings
	state     atomic.Uint32 // a proxy.State
	pausing   atomic.Bool   // the user has paused; a lock comes before it and goes

	pauseSaving pauseSaving
	noteAgain   again
	noteBehind  atomic.Bool // the vault took no note, though it is open
	appsAgain   again
	lockedBy    atomic.Pointer[string] // why it is locked; looked at only while it is
	idle        idleClock
	vault       vaultState
	watchers    watchers
	problems    problems
	demo        demoRun
	aside       asideKeys
	seal        sealing
	judged      atomic.Bool // it is known which rows of the database are Oaklock's own
	told        atomic.Bool // and their owners have been told
	removed     removedApps
	retain      chan struct{} // asks for old lines of the log to be looked for

	changes sync.Mutex // one change of settings or providers at a time
	work    sync.WaitGroup
	closing chan struct{} // closed when Close begins
	quit    chan struct{} // closed when the user wants Oaklock to end
	once    sync.Once
	end     sync.Once
}

// Open starts an agent: when it returns, pages and the user are served. Errors are sentences for the user; a second
// agent of the same profile folder gets one that wraps control.ErrRunning, a taken port one that wraps
// admission.ErrPortTaken.
func Open(ctx context.Context, o Options) (_ *Agent, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Agent{o: o, log: o.Log, started: time.Now(), quit: make(chan struct{}), closing: make(chan struct{}),
		idle: idleClock{poke: make(chan struct{}, 1)}, retain: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	// The logger redacts from its first line; before there are keys it has nothing to take out.
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.log = slog.New(secret.LogHandler(a.log.Handler(), a.redactor))
	if a.door, err = control.Listen(o.Home); err != nil {
		return nil, HomeError(o.Home, err)
	}
	if err = a.openParts(ctx); err != nil {
		return nil, err
	}
	if err = a.openListener(ctx); err != nil {
		return nil, err
	}
	a.work.Go(func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the listener ended", "error", err)
		}
	})
	a.work.Go(a.followGrants)
	a.work.Go(a.followSeal)
	a.work.Go(a.followLog)
	_, _ = a.beginProving() //nolint:contextcheck // it goes on after Open; what is wrong then shows
	a.sweepLater()          //nolint:contextcheck // it goes on after Open
	a.work.Go(func() {      //nolint:contextcheck // a lock is no call that may be given up
		a.idle.follow(a.closing, idleUser{
			busy:   func() bool { return len(a.pages.Running()) > 0 },
			locked: func() bool { return a.mode() == proxy.Locked },
			lock:   func() { a.lockBy(lockedIdle) },
		})
	})
	a.work.Go(func() {
		if err := a.door.Serve(a, a.log); err != nil {
			a.log.Error("the control socket ended", "error", err)
		}
	})
	return a, nil
}

// openParts opens the rooms behind the doors.
func (a *Agent) openParts(ctx context.Context) (err error) {
	if a.db, err = store.Open(ctx, a.o.Home); err != nil {
		return err
	}
	if a.db.Recovered != "" {
		a.problems.add(control.Problem{Code: "database_broken",
			Message: "The list of sites and keys and the log could not be read, so Oaklock started with empty ones. Your keys are still where they lay, but Oaklock no longer uses them. The old file is kept as " + filepath.Base(a.db.Recovered) + ".",
			Fix:     "Allow your sites again when they ask, and add your keys again: oaklock keys add openai. What lies there still goes with: oaklock reset"})
	}
	if a.settings, err = openSettings(ctx, a.db); err != nil {
		return err
	}
	a.openPause() //nolint:contextcheck // what it begins goes on after Open
	if err = a.openCatalogue(ctx); err != nil {
		return err
	}
	if err = a.openPrices(ctx); err != nil {
		return err
	}
	if a.grants, err = grant.Open(ctx, a.db, grant.Options{Now: a.o.Now}); err != nil {
		return fmt.Errorf("read the list of sites: %w", err)
	}
	if a.apps, err = appkey.Open(ctx, a.db); err != nil {
		return err
	}
	a.tryAppsAgain() //nolint:contextcheck // what it begins goes on after Open
	if a.ledger, err = ledger.Open(ctx, a.db, ledger.Options{Now: a.o.Now}); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	a.issued = issued.Open(a.db) //nolint:contextcheck // it writes until it is closed
	a.ledger.LimitAll(a.settings.limits())
	if a.brake, err = brake.Open(ctx, a.db, a.settings.brake); err != nil {
		return err
	}
	a.consent = consent.New(consent.Options{Book: a.grants, Wait: a.settings.wait, Changed: a.changed})
	return a.openVault() //nolint:contextcheck // the keys outlive the call that opens them
}

func (a *Agent) openListener(ctx context.Context) (err error) {
	port := a.o.Port
	if port < 0 {
		port = a.settings.port()
	}
	a.listener, err = admission.Listen(ctx, port, func(reason string) { a.log.Warn("a connection was dropped", "reason", reason) })
	if err != nil {
		return portError(port, err)
	}
	if why := a.listener.IPv6(); why != nil {
		a.problems.add(control.Problem{Code: "no_ipv6",
			Message: "Oaklock could not listen on [::1], so another program of this machine could answer pages that say localhost.",
			Fix:     "Use http://127.0.0.1 in pages, as all examples do."})
		a.log.Warn("no IPv6 loopback", "error", why)
	}
	a.upstream = upstream.New(a.o.RootCAs)
	a.upstream.SetProxy(a.settings.proxy())
	a.pages = proxy.New(proxy.Config{
		Gate:      admission.NewGate(a.listener.Port()),
		Catalogue: a.catalogue.Load,
		Prices:    a.prices.Load,
		Ceiling:   a.settings.outputCeiling,
		Grants:    a.grants,
		Prove:     a.prove,
		Consent:   a.consent,
		Apps:      a.apps.Find,
		Ledger:    a.ledger,
		Issued:    a.issued,
		Brake:     a.brake,
		Keys:      pageKeys{a},
		State:     a.mode,
		Questions: a.settings.questions,
		Upstream:  a.upstream,
		Ahead:     a.upstream.Open,
		Sockets:   a.upstream,
		Log:       a.log,
		Changed:   func() { a.idle.used(); a.changed() }, // it tells of requests that use a key
		Crowded: func() {
			if a.o.Crowded != nil {
				a.o.Crowded(a.pages.UnderWay, proxy.Crowd)
			}
		},
		Version: a.o.Version,
	})
	a.idle.set(a.settings.idle())
	a.server = a.listener.Server(a.pages)
	return nil
}

// Endpoint is what pages put before /llm/<provider>.
func (a *Agent) Endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", a.listener.Port()) }

// Quitting is closed when the user wants Oaklock to end; whoever opened the agent then closes it.
func (a *Agent) Quitting() <-chan struct{} { return a.quit }

// Close ends everything within about a second: answers under way are cut, the log is written, keys are wiped, and the
// window goes away with the control socket. Closing twice is harmless.
func (a *Agent) Close() error {
	var errs []error
	a.end.Do(func() {
		a.catchUpSeal()
		close(a.closing)
		a.state.Store(uint32(proxy.Paused))
		if a.server != nil {
			a.consent.Wake()
			a.pages.StopAll()
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			if err := a.server.Shutdown(ctx); err != nil {
				_ = a.server.Close() // a page that does not take its answer
			}
			cancel()
			a.pages.Close()
			a.upstream.CloseIdleConnections()
		} else if a.listener != nil {
			errs = append(errs, a.listener.Close())
		}
		if a.door != nil {
			errs = append(errs, a.door.Close())
		}
		a.work.Wait()
		a.vault.close()
		if a.issued != nil {
			a.issued.Close()
		}
		if a.ledger != nil {
			errs = append(errs, a.ledger.Close())
		}
		if a.grants != nil {
			a.grants.Close()
		}
		if a.apps != nil {
			_ = a.apps.SaveLate(context.Background()) // what fails was told when it was tried first
		}
		if a.keys != nil {
			a.lastNote() // of all that was written up to here
			if len(a.keys.Aside()) > 0 {
				a.sweepKeys(sweepTimeout, anyKey)
			}
			a.keys.Close()
		}
		if a.file != nil {
			a.file.Lock()
		}
		if a.db != nil {
			errs = append(errs, a.db.Close())
		}
	})
	return errors.Join(errs...)
}

// followGrants ends what runs on grants that were revoked, replaced or ran out.
func (a *Agent) followGrants() {
	for {
		select {
		case <-a.grants.Ended():
			a.pages.Recheck()
			a.changed()
		case <-a.closing:
			return
		}
	}
}

func (a *Agent) redactor() *secret.Redactor {
	if a.keys == nil {
		return nil
	}
	return a.keys.Redactor()
}
