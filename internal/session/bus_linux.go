package session

import (
	"context"
	"os"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

// systemBus opens a connection of its own; the address is D-Bus' own default (D-Bus Specification, "Well-known Message Bus
// Instances").
func systemBus(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	if address == "" {
		address = "unix:path=/var/run/dbus/system_bus_socket"
	}
	return bus.Open(ctx, address)
}

// call asks for one answer, within bus.Wait. It starts no service.
func call(ctx context.Context, o dbus.BusObject, method string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	return o.CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...).Store(answer)
}
