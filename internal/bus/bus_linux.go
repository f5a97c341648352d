package bus

import (
	"context"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// Session opens a connection to the bus of the user's session. The error is [ErrNone] where no variable and no socket names one.
func Session(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := os.Getenv("XDG_RUNTIME_DIR") + "/bus"
		if _, err := os.Stat(socket); socket == "/bus" || err != nil {
			return nil, ErrNone
		}
		address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
	}
	return Open(ctx, address)
}

// Open opens a connection, which ends with ctx. Its signals come in order: an answer must not be looked at before what it is for.
func Open(ctx context.Context, address string) (*dbus.Conn, error) {
	conn, err := dbus.Dial(address, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, err
	}
	// Auth and Hello wait for ever on a bus that does not answer, unless the connection goes.
	late := time.AfterFunc(Wait, func() { _ = conn.Close() })
	defer late.Stop()
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
