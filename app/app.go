// Package app puts the two programs together: the agent with its command line, and the window.
//
// [Main] is the agent unless the program was built as the window. run.go runs the agent in the foreground, desktop.go
// gives it a tray and notifications, start.go starts the other processes. The window's files are window*.go; only
// window_wails.go knows Wails.
package app

import (
	"context"
	"io/fs"
	"os"
	"slices"

	"github.com/oaklock/oaklock/frontend/demo"
	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
)

// version is set by the linker.
var version = "development"

// Main runs the program with its arguments (without the program's name) and returns its exit status.
func Main(args []string) int {
	if isWindow {
		return runWindow(args)
	}
	if len(args) > 0 && args[0] == "agent" {
		withoutTraces()
	}
	return cli.Main(args, cli.Host{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Version:    version,
		RunAgent:   runAgent,
		StartAgent: startAgent,
		RunDemo:    runDemo,
		RunAttack:  runAttack,
		OpenWindow: openWindow,
		HasDisplay: hasDisplay,
		Examine:    examineWithoutAgent,
		Reset:      reset,
	})
}

// reset takes away all that Oaklock keeps for a profile folder.
func reset(ctx context.Context, home string) (cli.Removed, error) {
	login, err := atLogin(home)
	if err != nil {
		return cli.Removed{}, err
	}
	removed, err := agent.Reset(ctx, agent.Options{Home: home, Main: isMain(home), Autostart: login})
	return cli.Removed(removed), err
}

// runDemo serves the demo provider and the demo page for the agent of the profile folder.
func runDemo(ctx context.Context, o cli.DemoOptions) error {
	client := control.Dial(o.Home)
	s, err := client.State(ctx)
	if err != nil {
		return err
	}
	keys, err := client.Keys(ctx)
	if err != nil {
		return err
	}
	hasKey := slices.ContainsFunc(keys, func(k control.Key) bool { return k.Provider == "demo" && k.Usable })
	assets, err := fs.Sub(demopage.Assets, "dist")
	if err != nil {
		return err
	}
	return demo.Run(ctx, demo.Options{Endpoint: s.Endpoint, PagePort: o.Port, ProviderPort: demo.ProviderPort, Assets: assets, Out: os.Stdout,
		Before: cli.OpenKeys(s.Vault), HasKey: hasKey, NoWindow: !hasDisplay()})
}
