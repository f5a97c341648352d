package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are where the demo is and what it serves.
type Options struct {
	// Endpoint is where Oaklock listens for pages, such as "http://127.0.0.1:6255".
	Endpoint string
	// PagePort and ProviderPort are the ports on loopback; 0 takes any free one. The usual ones are [PagePort] and [ProviderPort].
	PagePort, ProviderPort int
	// Assets are the built files of the page, with index.html at the root.
	Assets fs.FS
	// Before is a command that must come before the demo's key can be added, HasKey says that it was added, and NoWindow that there is
	// no window to do it in; all for what is printed.
	Before   string
	HasKey   bool
	NoWindow bool
	// Out is where the steps are printed. Nil: nowhere.
	Out io.Writer
	// Ready is told the page's address, such as "http://localhost:6256", once page and provider can be reached. It may be nil.
	Ready func(page string)
}

// think and pace make the demo slow enough to watch.
const (
	think = 700 * time.Millisecond
	pace  = 25 * time.Millisecond
)

// Run serves the provider and the page until ctx ends, which is not an error. Its errors are sentences for the user and
// wrap [ErrRunning] or [ErrPortTaken] where one of them is the reason; then nothing was started.
func Run(ctx context.Context, o Options) error {
	if u, err := url.Parse(o.Endpoint); err != nil || u.Host == "" || u.Path != "" {
		return fmt.Errorf("the demo needs Oaklock's address, such as http://127.0.0.1:6255, and got %q", o.Endpoint)
	}
	page, err := listenPage(ctx, o.PagePort)
	if err != nil {
		return taken(ctx, err, o, pageName, "its page")
	}
	provider, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.ProviderPort)))
	if err != nil {
		for _, l := range page {
			l.Close() // it has served nobody
		}
		return taken(ctx, err, o, providerName, "its provider")
	}

	servers := []*http.Server{
		server(Page(o.Assets, o.Endpoint)),
		server(NewProvider(ProviderOptions{Think: think, Pace: pace, PagePort: portOf(page[0])})),
	}
	failed := make(chan error, len(page)+1)
	var running sync.WaitGroup
	serve := func(s *http.Server, l net.Listener) {
		running.Go(func() { failed <- s.Serve(l) })
	}
	for _, l := range page {
		serve(servers[0], l)
	}
	serve(servers[1], provider)
	if o.Out != nil {
		printSteps(o, portOf(page[0]), portOf(provider))
	}
	if o.Ready != nil {
		o.Ready(address(portOf(page[0])))
	}

	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	for _, s := range servers {
		_ = s.Close() // running answers are cut: there is nothing to save in a demo
	}
	running.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the demo stopped: %w", err)
	}
	return nil
}

// address is the page's origin in a browser. It says localhost, as developers do: Oaklock warns of it, which is part of the demo.
func address(port int) string { return fmt.Sprintf("http://localhost:%d", port) }

func server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
}

// printSteps writes what to do next. Nobody can be told when writing fails, and the demo runs without it.
func printSteps(o Options, page, provider int) {
	add, allow := fmt.Sprintf("paste %s under Keys → Demo in the window, or run", Key), "in Oaklock's window, or with"
	if o.NoWindow {
		add, allow = "run", "with"
	}
	steps := []string{
		fmt.Sprintf("Open %s in a browser.", address(page)),
		fmt.Sprintf("Press Start there, and allow the site %s: oaklock pending, then oaklock allow ID", allow),
	}
	if !o.HasKey {
		steps = append([]string{fmt.Sprintf("Add the demo's key: %s\n       printf %s | oaklock keys add demo", add, Key)}, steps...)
	}
	if o.Before != "" {
		steps = append([]string{"Make a place for keys: " + o.Before}, steps...)
	}
	if provider != ProviderPort {
		move := fmt.Sprintf("Tell Oaklock where this provider is: oaklock providers set demo --base-url http://127.0.0.1:%d", provider)
		steps = append([]string{move}, steps...)
	}
	var b strings.Builder
	b.WriteString("The Oaklock demo is running: a page whose agents ask a model, and a provider that answers without a network.\n\n")
	for i, step := range steps {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, step)
	}
	b.WriteString("\nCtrl+C stops the demo. The key opens nothing but this provider.\n")
	_, _ = io.WriteString(o.Out, b.String())
}
