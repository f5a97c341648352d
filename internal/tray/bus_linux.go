package tray

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

const watcherName = "org.kde.StatusNotifierWatcher"

// connect opens a connection of its own to the session bus.
func connect(ctx context.Context) (*dbus.Conn, error) {
	conn, err := bus.Session(ctx)
	if err != nil {
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
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
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
