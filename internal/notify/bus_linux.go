package notify

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// The bus answers within a millisecond unless it is stuck; a service that it has to start first may take seconds.
const (
	busWait   = 2 * time.Second
	startWait = 5 * time.Second
)

// connect opens a connection of its own to the session bus. It looks for the bus by itself because godbus would run
// dbus-launch where there is none, which leaves a stray bus behind; and it does not share godbus' one connection of the
// process because go-keyring takes the first signal on that one, whichever it is, for the answer to its prompt.
func connect(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := os.Getenv("XDG_RUNTIME_DIR") + "/bus"
		if _, err := os.Stat(socket); socket == "/bus" || err != nil {
			return nil, fmt.Errorf("%w: there is no D-Bus session", ErrUnavailable)
		}
		address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
	}
	// In order: an answer must not be looked at before the notification that it is for.
	conn, err := dbus.Dial(address, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	// Auth and Hello wait for ever on a bus that does not answer, unless the connection goes.
	late := time.AfterFunc(busWait, func() { _ = conn.Close() })
	defer late.Stop()
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return conn, nil
}

// owner is the unique name of the connection that has the service's name now; empty when none has.
func owner(ctx context.Context, conn *dbus.Conn) (unique string) {
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	if conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&unique) != nil {
		return ""
	}
	return unique
}

// start makes the bus start the service that the desktop has installed, if it has.
func start(ctx context.Context, conn *dbus.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	return conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.StartServiceByName", 0, name, uint32(0)).Err
}
