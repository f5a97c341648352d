//go:build desktop || dev || bindings

package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// rise lets the window be seen above others, where it is not minimised, and leaves the focus where it is: the user may be typing,
// and must not answer a question with it. GTK can only ask for both, or be kept above, which some window managers (openbox) do
// not raise for; so this asks for the place above the others, on a connection of its own to X, which hands what programs ask for
// to the window manager. Where there is no X, as on Wayland, no program can do it, and the notification and the tray say that a
// site asks.
func rise(context.Context) {
	if os.Getenv("DISPLAY") != "" {
		_ = riseX() // see above
	}
}

func riseX() error {
	x, err := xgb.NewConn()
	if err != nil {
		return err
	}
	defer x.Close()
	root := xproto.Setup(x).DefaultScreen(x).Root
	list, err := cardinals(x, root, "_NET_CLIENT_LIST")
	if err != nil {
		return err
	}
	for _, w := range list {
		pid, err := cardinals(x, xproto.Window(w), "_NET_WM_PID")
		if err != nil || len(pid) != 1 || int(pid[0]) != os.Getpid() {
			continue
		}
		err = xproto.ConfigureWindowChecked(x, xproto.Window(w), xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check()
		if err != nil {
			return err
		}
	}
	return nil
}

func atom(x *xgb.Conn, name string) (xproto.Atom, error) {
	reply, err := xproto.InternAtom(x, true, uint16(len(name)), name).Reply() //nolint:gosec // names above
	if err != nil {
		return 0, err
	}
	if reply.Atom == 0 {
		return 0, fmt.Errorf("no program on this display knows %s", name)
	}
	return reply.Atom, nil
}

// cardinals are the 32-bit values of a window's property.
func cardinals(x *xgb.Conn, w xproto.Window, name string) ([]uint32, error) {
	property, err := atom(x, name)
	if err != nil {
		return nil, err
	}
	const most = 4096
	reply, err := xproto.GetProperty(x, false, w, property, xproto.GetPropertyTypeAny, 0, most).Reply()
	if err != nil {
		return nil, err
	}
	var out []uint32
	for b := reply.Value; reply.Format == 32 && len(b) >= 4; b = b[4:] {
		out = append(out, binary.NativeEndian.Uint32(b))
	}
	return out, nil
}
