package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

var (
	// ErrRunning says that another demo has the ports already.
	ErrRunning = errors.New("the demo is already running")
	// ErrPortTaken says that another program has one of the ports.
	ErrPortTaken = errors.New("port taken")
)

// listenPage takes the port on both loopback addresses: browsers try ::1 first for "localhost", and whoever sat there
// would be taken for the demo page.
func listenPage(ctx context.Context, port int) ([]net.Listener, error) {
	// With port 0 the system picks one for 127.0.0.1; somebody may have the same one on ::1.
	for attempt := 0; ; attempt++ {
		four, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, err
		}
		six, err := new(net.ListenConfig).Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(portOf(four))))
		switch {
		case err == nil:
			return []net.Listener{four, six}, nil
		case !isTaken(err): // no IPv6 here
			return []net.Listener{four}, nil
		}
		four.Close() // it has served nobody
		if port != 0 || attempt == 8 {
			return nil, err
		}
	}
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func isTaken(err error) bool {
	const wsaAddrInUse = syscall.Errno(10048) // Windows has its own number
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaAddrInUse)
}

// taken makes a sentence of a failed listen: name is the service that another demo would show on that port.
func taken(ctx context.Context, err error, o Options, name, what string) error {
	port := o.PagePort
	if name == providerName {
		port = o.ProviderPort
	}
	if !isTaken(err) {
		return fmt.Errorf("the demo cannot listen for %s on port %d: %w", what, port, err)
	}
	if there := serves(ctx, port, name); there != nil {
		page := o.PagePort
		if name == providerName { // whose page may be at another port than this one's would be
			page = there.PagePort
		}
		return fmt.Errorf("%w: open its page, %s, or stop it where it runs (in a terminal with Ctrl+C) and try again", ErrRunning, address(page))
	}
	return fmt.Errorf("another program uses port %d, which the demo needs for %s: stop that program, or choose another port (%w)",
		port, what, ErrPortTaken)
}

// Follow takes a demo that another program runs, such as "oaklock demo" in a terminal, as one's own: it calls o.Ready and returns
// nil when that demo or ctx has ended. Where the ports are those of a demo for another Oaklock it says so in an error that wraps
// [ErrRunning].
func Follow(ctx context.Context, o Options) error {
	if there := serves(ctx, o.PagePort, pageName); there == nil || there.Endpoint != o.Endpoint {
		return fmt.Errorf("%w for another Oaklock: stop it there with Ctrl+C and try again", ErrRunning)
	}
	if o.Ready != nil {
		o.Ready(address(o.PagePort))
	}
	look := time.NewTicker(2 * time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			if serves(ctx, o.PagePort, pageName) == nil {
				return nil
			}
		}
	}
}

// service is what a demo says of itself to another one.
type service struct {
	Service  string `json:"service"`            // pageName or providerName
	Endpoint string `json:"endpoint,omitempty"` // of a page: the Oaklock that it speaks to
	PagePort int    `json:"pagePort,omitempty"` // of a provider: where the page is
}

// serves asks the demo that answers on the port; nil where none does.
func serves(ctx context.Context, port int, name string) *service {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	path := "/"
	if name == pageName {
		path = "/config.json"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return nil
	}
	// No proxy from the environment: the question is who sits on this machine.
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	found := new(service)
	if json.NewDecoder(io.LimitReader(answer.Body, 4096)).Decode(found) != nil || found.Service != name {
		return nil
	}
	return found
}
