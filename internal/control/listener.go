package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrRunning is returned by Listen when another agent has the profile folder.
var ErrRunning = errors.New("an agent is already running for this profile folder")

// How long Close waits: first for calls to finish by themselves, then for those whose context was ended.
const (
	graceToFinish = time.Second
	graceToHeed   = 5 * time.Second
)

// Listener is the server's end of the control socket, and the proof that this agent is the only one of its profile folder.
type Listener struct {
	lock   *os.File
	socket *net.UnixListener
	beside string // the file that says where the socket is; empty when it is in the folder itself
	server *http.Server
	calls  context.Context // of every call; ended when Close has waited long enough
	hangUp context.CancelFunc
	ending chan struct{} // closed when Close begins: ends the event sockets, and with them the window
	once   sync.Once
	closed error

	mu     sync.Mutex
	shut   bool           // no call begins any more
	atWork sync.WaitGroup // calls and event sockets; Add only under mu and while not shut
}

// Listen takes the profile folder (made with mode 0700 where it is missing) for this process, first by a file lock that dies with
// the process, then by the socket, which replaces one that a killed agent left. Connections wait until Serve answers them.
//
// The error wraps ErrRunning when another agent has the folder, and ErrFolder when the folder is not this user's alone. Close gives all of it
// back.
func Listen(dir string) (*Listener, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the profile folder: %w", err)
	}
	if err := ownFolder(dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	l := &Listener{lock: lock, server: &http.Server{ReadHeaderTimeout: 10 * time.Second}, ending: make(chan struct{})}
	if l.socket, l.beside, err = bind(dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l.calls, l.hangUp = context.WithCancel(context.Background())
	l.server.BaseContext = func(net.Listener) context.Context { return l.calls }
	return l, nil
}

// bind makes the socket. The caller holds the lock.
func bind(dir string) (socket *net.UnixListener, beside string, err error) {
	path, elsewhere, err := socketFor(dir)
	if err != nil {
		return nil, "", err
	}
	if err := removeStale(path); err != nil {
		return nil, "", err
	}
	// Between here and Chmod the folder's mode keeps others out.
	socket, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, "", fmt.Errorf("open the control socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = socket.Close()
		}
	}()
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, "", fmt.Errorf("close the control socket to others: %w", err)
	}
	where := filepath.Join(dir, besideName)
	if !elsewhere {
		if err := os.Remove(where); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("remove the old path of the control socket: %w", err)
		}
		return socket, "", nil
	}
	if err := os.WriteFile(where, []byte(path+"\n"), 0o600); err != nil {
		return nil, "", fmt.Errorf("write the path of the control socket: %w", err)
	}
	return socket, where, nil
}

// Serve answers calls until Close and then returns nil. It is called once.
func (l *Listener) Serve(a Agent, log *slog.Logger) error {
	l.server.Handler = newDoor(l, a, log)
	l.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	err := l.server.Serve(ownPeers{l.socket, log})
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serve the control socket: %w", err)
}

// Close ends the event sockets at once and the calls after a moment to finish, then gives back the socket and the lock. It must not be
// called from within a call, because it waits for them; a call that does not heed its context is left behind with an error.
func (l *Listener) Close() error {
	l.once.Do(func() { l.closed = l.close() })
	return l.closed
}

func (l *Listener) close() error {
	close(l.ending)
	_ = l.socket.Close() // Shutdown closes only what Serve has begun to serve
	ctx, cancel := context.WithTimeout(context.Background(), graceToFinish)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		_ = l.server.Close()
	}
	l.hangUp()
	err := l.waitForCalls()
	if l.beside != "" {
		err = errors.Join(err, os.Remove(l.beside))
	}
	return errors.Join(err, l.lock.Close()) // last: whoever gets the lock next finds nothing of ours
}

func (l *Listener) waitForCalls() error {
	l.mu.Lock()
	l.shut = true
	l.mu.Unlock()
	done := make(chan struct{})
	go func() { l.atWork.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(graceToHeed):
		return errors.New("close the control socket: a call did not end")
	}
}

// begin says whether a call may still begin; then the caller calls l.atWork.Done at its end.
func (l *Listener) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return false
	}
	l.atWork.Add(1)
	return true
}

// ownPeers accepts only connections of this user.
type ownPeers struct {
	*net.UnixListener
	log *slog.Logger
}

func (p ownPeers) Accept() (net.Conn, error) {
	for {
		conn, err := p.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if err := checkPeer(conn); err != nil {
			p.log.Warn("a connection to the control socket was refused", "reason", err)
			_ = conn.Close()
			continue
		}
		return conn, nil
	}
}
