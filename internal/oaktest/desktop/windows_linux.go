package desktop

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
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
