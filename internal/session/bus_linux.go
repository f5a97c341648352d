package session

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// busWait is how long a bus may take for an answer. It answers within a millisecond unless it is stuck.
const busWait = 2 * time.Second

var errNoBus = errors.New("there is no such bus")

// systemBus opens a connection of its own; the address is D-Bus' own default (D-Bus Specification, "Well-known Message Bus
// Instances").
func systemBus(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	if address == "" {
		address = "unix:path=/var/run/dbus/system_bus_socket"
	}
	return dial(ctx, address)
}

// sessionBus opens a connection of its own. It looks for the bus by itself because godbus would run dbus-launch where there is
// none, which leaves a stray bus behind.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := os.Getenv("XDG_RUNTIME_DIR") + "/bus"
		if _, err := os.Stat(socket); socket == "/bus" || err != nil {
			return nil, errNoBus
		}
		address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
	}
	return dial(ctx, address)
}

func dial(ctx context.Context, address string) (*dbus.Conn, error) {
	conn, err := dbus.Dial(address, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, err
	}
	// Auth and Hello wait for ever on a bus that does not answer, unless the connection goes.
	late := time.AfterFunc(busWait, func() { _ = conn.Close() })
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

// call asks for one answer, within busWait. It starts no service.
func call(ctx context.Context, o dbus.BusObject, method string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	return o.CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...).Store(answer)
}
