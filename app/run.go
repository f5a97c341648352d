package app

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/oaklock/oaklock/frontend/demo"
	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
)

// runAgent runs the agent until ctx ends or the user quits it. It stays on the goroutine that calls it, which is the
// main one: trays need that on macOS.
func runAgent(ctx context.Context, o cli.AgentOptions) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	// Whoever logs past the agent's own logger does so into nothing. net/http writes up to 4 KiB of what a provider sent unasked
	// ("Unsolicited response received …", http.Transport) to the standard logger, and it could be the key.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	harden(log)
	leaveRoom()
	opts := agent.Options{Home: o.Home, Main: isMain(o.Home), Port: o.Port, Vault: o.Vault, Passphrase: o.Passphrase, Version: version, Log: log}
	if page, err := fs.Sub(demopage.Assets, "dist"); err == nil {
		opts.Demo = agent.DemoOptions{Page: page, PagePort: demo.PagePort, ProviderPort: demo.ProviderPort}
	}
	windows := &windows{home: o.Home, log: log}
	if !o.Headless {
		opts.OpenWindow = windows.open
	}
	opts.Examine = func(ctx context.Context) []control.Check { return examineDesktop(ctx, o.Headless) }
	var err error
	if opts.Autostart, err = atLogin(o.Home); err != nil {
		log.Warn("Oaklock cannot be started at login", "reason", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cores := newCores()
	defer cores.wait()
	defer cancel()
	rest := newRest()
	rest.work() // a start leaves memory too
	opts.Worked = rest.work
	opts.Crowded = func(underWay func() int, crowd int) { cores.crowded(ctx, underWay, crowd) }
	a, err := agent.Open(ctx, opts)
	if err != nil {
		if o.AtLogin && !o.Headless {
			tellNotStarted(ctx, err, log)
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "Oaklock listens for pages at %s\n", a.Endpoint())
	go func() {
		select {
		case <-a.Quitting():
			cancel()
		case <-ctx.Done():
		}
	}()
	sessionEnded := followSession(ctx, a, log)
	if o.Headless {
		<-ctx.Done()
	} else {
		runDesktop(ctx, cancel, a, log, o.AtLogin)
	}
	sessionEnded()
	err = a.Close()
	windows.wait()
	return err
}

// leaveRoom bounds the memory that the agent takes of the machine.
func leaveRoom() {
	if os.Getenv("GOGC") == "" {
		// What lives is a few megabytes, so that the collector would come every few hundred requests. This takes it a ninth
		// of a request's processor time away, and costs some 12 MB while requests come; rest.go gives them back.
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(192 << 20) // the collector works harder before a flood of uploads takes more
	}
}
