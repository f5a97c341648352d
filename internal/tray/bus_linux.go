package tray

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

const watcherName = "org.kde.StatusNotifierWatcher"

// busWait is how long the bus may take for an answer. It answers within a millisecond unless it is stuck.
const busWait = 2 * time.Second

// connect opens a connection of its own to the session bus. It looks for the bus by itself because godbus would run
// dbus-launch where there is none, which leaves a stray bus behind.
func connect(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := os.Getenv("XDG_RUNTIME_DIR") + "/bus"
		if _, err := os.Stat(socket); socket == "/bus" || err != nil {
			return nil, ErrNoBus
		}
		address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
	}
	conn, err := dbus.Dial(address, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBus, err)
	}
	// Auth and Hello wait for ever on a bus that does not answer, unless the connection goes.
	late := time.AfterFunc(busWait, func() { _ = conn.Close() })
	defer late.Stop()
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoBus, err)
	}
	return conn, nil
}

// Available says whether an icon would be seen now: nil, or an error that wraps ErrNoBus or ErrNoHost. It starts no bus
// and no tray, and takes at most a few seconds where the bus is stuck.
func Available(ctx context.Context) error {
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	owned, err := hasOwner(ctx, conn)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBus, err)
	}
	if !owned {
		return ErrNoHost
	}
	return nil
}

func hasOwner(ctx context.Context, conn *dbus.Conn) (owned bool, err error) {
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcherName).Store(&owned)
	return owned, err
}
