// Package desktop gives a test a screen: an X server without a monitor, a window manager, and the accessibility bus of a
// session, so that a real window can be found by what a screen reader hears and clicked with a real pointer.
//
//	bus := sessionbus.Start(t, sessionbus.KeyringUnlocked)
//	d := desktop.Start(t, bus)
//	cmd.Env = append(d.Vars(), "OAKLOCK_HOME="+home)
//	d.Click(ctx, desktop.Button, "Allow")
//
// It is for Linux, and needs Xvfb, openbox, xdotool, imagemagick, at-spi2-core and python3-gi with gir1.2-atspi-2.0. The tests
// that use it have the build tag "real".
package desktop

// Role is what a screen reader calls an element (the names of AT-SPI).
type Role string

// The roles that tests look for.
const (
	Button  Role = "push button"
	Dialog  Role = "dialog"
	Chooser Role = "file chooser"
	Heading Role = "heading"
	Window  Role = "frame"
	Link    Role = "link"
	Any     Role = "*"
)

// Place is where an element is on the screen, in pixels.
type Place struct{ X, Y, Width, Height int }
