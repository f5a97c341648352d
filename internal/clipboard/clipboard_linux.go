package clipboard

import "os"

// Set copies the text.
func (c *Clipboard) Set(text string) error {
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		return run(text, "wl-copy") // X beside it does not do: some desktops take nothing from there unless an X window has the focus
	}
	if os.Getenv("DISPLAY") == "" {
		return ErrNoWay
	}
	next, err := hold(text)
	if err != nil {
		return err
	}
	c.mu.Lock()
	before := c.held
	c.held = next
	c.mu.Unlock()
	before.close()
	return nil
}

// Close takes back what this process hands out, and waits until that has ended.
func (c *Clipboard) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held.close()
	c.held = nil
}
