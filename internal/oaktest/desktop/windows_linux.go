package desktop

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Windows are named by their X numbers, in decimal, as xdotool prints them.

// WindowID waits for a window of exactly this title.
func (d *Desktop) WindowID(ctx context.Context, title string) (id string) {
	d.t.Helper()
	d.Until(ctx, "a window "+title, func() bool {
		out, err := d.command("xdotool", "search", "--onlyvisible", "--name", "^"+regexp.QuoteMeta(title)+"$").Output()
		ids := strings.Fields(string(out))
		if err != nil || len(ids) == 0 {
			return false
		}
		id = ids[len(ids)-1]
		return true
	})
	return id
}

// OtherWindow opens a window of another program, in front and with the focus, until the test ends.
func (d *Desktop) OtherWindow(ctx context.Context, title string) (id string) {
	d.t.Helper()
	d.run(d.command("xev", "-name", title, "-geometry", "700x500+100+100"))
	id = d.WindowID(ctx, title)
	d.must("xdotool", "windowactivate", "--sync", id)
	return id
}

// Managed starts the window manager, and waits until it brings windows forward, which it says once it has set itself up.
func (d *Desktop) Managed(ctx context.Context) {
	d.t.Helper()
	if d.stubborn {
		d.must("xprop", "-root", "-remove", "_NET_SUPPORTED")
		d.stubborn = false
	}
	d.manager = d.command("openbox")
	d.run(d.manager)
	d.Until(ctx, "a window manager that brings windows forward", d.managed)
}

// Stubborn ends it, and leaves the screen with one that does nothing: no window that opens or wants to come forward gets the focus.
// (Where there is none at all, GTK takes the focus by itself.)
func (d *Desktop) Stubborn() {
	d.t.Helper()
	xgb.Logger.SetOutput(io.Discard) // it says that there is no password for this screen
	x, err := xgb.NewConnDisplay(d.display())
	if err != nil {
		d.t.Fatal(err)
	}
	defer x.Close()
	d.must("openbox", "--exit")
	_ = d.manager.Wait()                          // it takes back what it has said of itself
	d.must("xdotool", "mousemove", "1199", "899") // without a manager the focus may be where the pointer is
	root := xproto.Setup(x).DefaultScreen(x).Root
	atom := func(name string) uint32 {
		reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply() //nolint:gosec // names below
		if err != nil {
			d.t.Fatal(err)
		}
		return uint32(reply.Atom)
	}
	say := func(name string, kind xproto.Atom, value uint32) {
		b := binary.NativeEndian.AppendUint32(nil, value)
		if err := xproto.ChangePropertyChecked(x, xproto.PropModeReplace, root, xproto.Atom(atom(name)), kind, 32, 1, b).Check(); err != nil {
			d.t.Fatal(err)
		}
	}
	say("_NET_SUPPORTING_WM_CHECK", xproto.AtomWindow, uint32(root))
	say("_NET_SUPPORTED", xproto.AtomAtom, atom("_NET_ACTIVE_WINDOW"))
	d.stubborn = true
}

func (d *Desktop) managed() bool {
	return strings.Contains(d.must("xprop", "-root", "_NET_SUPPORTED"), "_NET_ACTIVE_WINDOW")
}

// Focus gives a window the focus past any window manager.
func (d *Desktop) Focus(id string) {
	d.t.Helper()
	d.must("xdotool", "windowfocus", id)
}

// Active is the window that has the focus.
func (d *Desktop) Active() string {
	return strings.Join(d.property("-root", "_NET_ACTIVE_WINDOW"), " ")
}

// Stack are the windows from the one at the bottom to the one in front of all.
func (d *Desktop) Stack() []string { return d.property("-root", "_NET_CLIENT_LIST_STACKING") }

// Minimise puts a window away.
func (d *Desktop) Minimise(id string) {
	d.t.Helper()
	d.must("xdotool", "windowminimize", "--sync", id)
}

// Minimised says whether a window is put away.
func (d *Desktop) Minimised(id string) bool {
	return strings.Contains(d.must("xprop", "-id", id, "WM_STATE"), "Iconic")
}

// Until looks again until what it waits for is so, or fails the test when ctx ends first: an X server tells only programs of its
// own about windows.
func (d *Desktop) Until(ctx context.Context, what string, yes func() bool) {
	d.t.Helper()
	for !yes() {
		select {
		case <-ctx.Done():
			d.t.Fatalf("%s has not come", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var xNumber = regexp.MustCompile(`0x[0-9a-f]+`)

// property are the window numbers in a property of the root window.
func (d *Desktop) property(args ...string) (ids []string) {
	for _, hex := range xNumber.FindAllString(d.must("xprop", args...), -1) {
		if n, err := strconv.ParseUint(hex[2:], 16, 64); err == nil && n != 0 {
			ids = append(ids, strconv.FormatUint(n, 10))
		}
	}
	return ids
}

// Portrait writes a picture of one window, without its frame, to a PNG file once it has come to rest: when two in a row are the same.
func (d *Desktop) Portrait(ctx context.Context, id, path string) {
	d.t.Helper()
	before := ""
	d.Until(ctx, "a window that rests", func() bool {
		d.must("import", "-window", id, "-depth", "8", "-define", "png:exclude-chunks=date,time", path)
		now, err := os.ReadFile(path)
		if err != nil {
			d.t.Fatal(err)
		}
		rests := before == string(now)
		before = string(now)
		return rests
	})
}
