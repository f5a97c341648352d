package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

// startWait is how long a service may take that the bus has to start first.
const startWait = 5 * time.Second

// connect opens a connection of its own to the session bus.
func connect(ctx context.Context) (*dbus.Conn, error) {
	conn, err := bus.Session(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return conn, nil
}

// owner is the unique name of the connection that has the service's name now; empty when none has.
func owner(ctx context.Context, conn *dbus.Conn) (unique string) {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
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
