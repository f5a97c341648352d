package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// ErrNotRunning is returned by every call when no agent answers for the profile folder.
var ErrNotRunning = errors.New("no agent is running for this profile folder")

// longestAnswer bounds what a client reads, in bytes; a thousand log entries are below one mebibyte.
const longestAnswer = 64 << 20

// Client asks the agent of one profile folder. It holds no connection between calls, so there is nothing to close, and a client
// outlives a restart of its agent. It may be used from several goroutines.
//
// Every call returns ErrNotRunning (as it is) when no agent answers, an *Error when the agent says no, and an error that wraps ErrFolder
// when the folder or the socket is another user's. Calls wait as long as their context, since an unlock may wait for a dialog of the
// system; but an agent that gives no sign of life beside makes them end with a *SilentError.
type Client struct {
	dir  string
	door string
	http *http.Client

	patience patience
}

// Dial returns a client of the agent that has the profile folder, as the command line. It does no I/O.
func Dial(dir string) *Client { return newClient(dir, CommandLine) }

// From returns a client whose acts are recorded as given through the door: Window or CommandLine.
func (c *Client) From(door string) *Client { return newClient(c.dir, door) }

func newClient(dir, door string) *Client {
	c := &Client{dir: dir, door: door, patience: usual}
	// No kept connections: they would outlive the agent, and a local socket costs nothing to open.
	c.http = &http.Client{Transport: &http.Transport{DialContext: c.connect, DisableKeepAlives: true}}
	return c
}

// connect opens the socket, whatever address it is asked for, and makes sure that it is this user's.
func (c *Client) connect(ctx context.Context, _, _ string) (net.Conn, error) {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return nil, fmt.Errorf("find the profile folder: %w", err)
	}
	if err := checkFolder(dir); err != nil {
		return nil, absent(err)
	}
	path, err := findSocket(dir)
	if err != nil {
		return nil, absent(err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, absent(err)
	}
	if err := checkPeer(conn.(*net.UnixConn)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: the control socket: %w", ErrFolder, err)
	}
	return conn, nil
}

// absent turns "no such socket" and "nobody listens on it" into ErrNotRunning.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errRefused) {
		return ErrNotRunning
	}
	if errors.Is(err, syscall.EAGAIN) {
		return &SilentError{} // more wait to be let in than the system lets wait
	}
	return err
}

// call is exchange with an agent that lives.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, end := c.whileAlive(ctx)
	defer end()
	err := c.exchange(ctx, method, path, in, out)
	if silent := new(SilentError); err != nil && errors.As(context.Cause(ctx), &silent) {
		return silent
	}
	return err
}

// exchange sends in (nil: no body) and reads the answer into out (nil: none is expected).
func (c *Client) exchange(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		defer clear(b) // it may be a credential
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+host+prefix+path, body)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	req.Header.Set(doorHeader, c.door)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return plain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := json.NewDecoder(io.LimitReader(resp.Body, longestAnswer))
	if resp.StatusCode >= 300 {
		return readError(answer)
	}
	if out == nil {
		return nil
	}
	if err := answer.Decode(out); err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	return nil
}

// plain takes off what net/http adds: the URL says nothing to a user.
func plain(err error) error {
	if errors.Is(err, ErrNotRunning) {
		return ErrNotRunning
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the agent ended before it answered; ask again to see what holds now")
	}
	return err
}

func readError(answer *json.Decoder) error {
	no := new(Error)
	if err := answer.Decode(no); err != nil || statuses[no.Code] == 0 {
		return errors.New("the agent gave an answer that cannot be understood; it may be another version of Oaklock")
	}
	return no
}

// WaitRunning returns when the agent answers, or when the context ends, with the context's error and the last reason.
func (c *Client) WaitRunning(ctx context.Context) error {
	return c.poll(ctx, func(err error) bool { return err == nil })
}

// WaitStopped returns when no agent answers any more, or when the context ends.
func (c *Client) WaitStopped(ctx context.Context) error {
	return c.poll(ctx, func(err error) bool { return errors.Is(err, ErrNotRunning) })
}

// poll asks for the state until done says of the outcome that it is what was waited for.
func (c *Client) poll(ctx context.Context, done func(error) bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var reason error
	for {
		_, err := c.State(ctx)
		if done(err) {
			return nil
		}
		if ctx.Err() == nil {
			reason = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), reason)
		}
	}
}

// Events watches the agent. The channel gives LookAgain at once, so that a caller pulls after it watches and misses nothing. It is closed
// when the agent ends or the context does; the caller reads until then, or ends the context.
func (c *Client) Events(ctx context.Context) (<-chan Event, error) {
	dialer := websocket.Dialer{NetDialContext: c.connect, HandshakeTimeout: 10 * time.Second}
	conn, resp, err := dialer.DialContext(ctx, "ws://"+host+eventsPath, http.Header{doorHeader: {c.door}})
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	if err != nil {
		if resp != nil {
			return nil, readError(json.NewDecoder(resp.Body))
		}
		return nil, plain(err)
	}
	events := make(chan Event)
	go func() {
		defer close(events)
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer func() { stop(); _ = conn.Close() }()
		for {
			var m message
			if err := conn.ReadJSON(&m); err != nil {
				return
			}
			e := LookAgain
			switch {
			case m.Show:
				e = ComeForward
			case m.Rise:
				e = Rise
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}
