package traywatcher

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/godbus/dbus/v5"
)

// Item is one program's icon.
type Item struct {
	Owner string          // the program's unique name on the bus, such as ":1.4"
	Path  dbus.ObjectPath // of the icon

	w     *Watcher
	gone  chan struct{}
	taken bool // guarded by w.mu: Next has returned it
}

// View is what the user could see of an icon.
type View struct {
	Title  string
	Status string // "Active", "NeedsAttention" or "Passive"
	// ToolTip is title and text, a newline between them.
	ToolTip string
	// Icons are the picture in its sizes: the attention icon while the status is NeedsAttention.
	Icons []*image.NRGBA
	Menu  []Entry
}

// Entry is one line of the menu.
type Entry struct {
	ID        int32
	Label     string // as shown, without the marks for the keyboard
	Raw       string // as sent, with them
	Enabled   bool
	Separator bool
}

// Labels are those of the menu's entries, "-" for a separator.
func (v View) Labels() []string {
	var all []string
	for _, e := range v.Menu {
		if e.Separator {
			e.Label = "-"
		}
		all = append(all, e.Label)
	}
	return all
}

// Has says whether an entry's label begins with label.
func (v View) Has(label string) bool {
	_, err := v.find(label)
	return err == nil
}

// find returns the entry whose label is label, or else the only one that begins with it.
func (v View) find(label string) (found Entry, err error) {
	n := 0
	for _, e := range v.Menu {
		if e.Label == label {
			return e, nil
		}
		if strings.HasPrefix(e.Label, label) {
			found, n = e, n+1
		}
	}
	if n != 1 {
		return Entry{}, fmt.Errorf("%d entries of the menu begin with %q; it has %q", n, label, v.Labels())
	}
	return found, nil
}

// Gone is closed when the program has left the bus.
func (it *Item) Gone() <-chan struct{} { return it.gone }

// Look reads everything now.
func (it *Item) Look(ctx context.Context) (View, error) {
	var p map[string]dbus.Variant
	if err := it.call(ctx, it.Path, properties+".GetAll", []any{&p}, itemIface); err != nil {
		return View{}, fmt.Errorf("look at the icon: %w", err)
	}
	var v View
	var menu dbus.ObjectPath
	var tip struct {
		Icon        string
		Pictures    []pixmap
		Title, Text string
	}
	var pictures []pixmap
	for key, to := range map[string]any{"Title": &v.Title, "Status": &v.Status, "ToolTip": &tip, "Menu": &menu} {
		if err := p[key].Store(to); err != nil {
			return View{}, fmt.Errorf("the icon's %s: %w", key, err)
		}
	}
	key := "IconPixmap"
	if v.Status == "NeedsAttention" {
		key = "AttentionIconPixmap"
	}
	if err := p[key].Store(&pictures); err != nil {
		return View{}, fmt.Errorf("the icon's %s: %w", key, err)
	}
	v.ToolTip = tip.Title + "\n" + tip.Text
	for _, p := range pictures {
		img, err := p.image()
		if err != nil {
			return View{}, err
		}
		v.Icons = append(v.Icons, img)
	}
	var err error
	v.Menu, err = it.menu(ctx, menu)
	return v, err
}

// Until looks until ok says so: now, and again whenever the program says that something changed. A program changes its
// icon and its menu one after the other, so ok must ask for all that the test then relies on.
func (it *Item) Until(ctx context.Context, ok func(View) bool) (View, error) {
	for {
		it.w.mu.Lock()
		again := it.w.again
		it.w.mu.Unlock()
		v, err := it.Look(ctx)
		if err != nil || ok(v) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, fmt.Errorf("the tray icon did not come to what was expected; last seen %s %q with %q: %w", v.Status, v.ToolTip, v.Labels(), ctx.Err())
		case <-it.gone:
			return v, errors.New("the tray icon is gone")
		case <-again:
		}
	}
}

// Click clicks the entry whose label is label, or else the only one that begins with it, such as "Copy endpoint".
func (it *Item) Click(ctx context.Context, label string) error {
	at, err := it.menuPath(ctx)
	if err != nil {
		return err
	}
	var v View
	if v.Menu, err = it.menu(ctx, at); err != nil {
		return err
	}
	e, err := v.find(label)
	if err != nil {
		return err
	}
	if !e.Enabled {
		return fmt.Errorf("%q cannot be clicked", e.Label)
	}
	return it.ClickID(ctx, e.ID)
}

// ClickID clicks the entry with this number, whether there is one or not and whether it can be clicked or not.
func (it *Item) ClickID(ctx context.Context, id int32) error {
	at, err := it.menuPath(ctx)
	if err != nil {
		return err
	}
	return it.call(ctx, at, menuIface+".Event", nil, id, "clicked", dbus.MakeVariant(int32(0)), uint32(0))
}

// Activate clicks the icon itself.
func (it *Item) Activate(ctx context.Context) error {
	return it.call(ctx, it.Path, itemIface+".Activate", nil, int32(0), int32(0))
}

func (it *Item) menuPath(ctx context.Context) (dbus.ObjectPath, error) {
	var menu dbus.Variant
	if err := it.call(ctx, it.Path, properties+".Get", []any{&menu}, itemIface, "Menu"); err != nil {
		return "", fmt.Errorf("look for the menu: %w", err)
	}
	at, ok := menu.Value().(dbus.ObjectPath)
	if !ok {
		return "", fmt.Errorf("the icon's Menu is %v", menu)
	}
	return at, nil
}

func (it *Item) menu(ctx context.Context, at dbus.ObjectPath) ([]Entry, error) {
	type layout struct {
		ID       int32
		Values   map[string]dbus.Variant
		Children []dbus.Variant
	}
	var revision uint32
	var root layout
	if err := it.call(ctx, at, menuIface+".GetLayout", []any{&revision, &root}, int32(0), int32(-1), []string{}); err != nil {
		return nil, fmt.Errorf("read the menu: %w", err)
	}
	var all []Entry
	for _, child := range root.Children {
		var l layout
		if err := dbus.Store([]any{child.Value()}, &l); err != nil {
			return nil, fmt.Errorf("read the menu: %w", err)
		}
		e := Entry{ID: l.ID, Enabled: true}
		e.Raw, _ = l.Values["label"].Value().(string)
		if on, ok := l.Values["enabled"].Value().(bool); ok {
			e.Enabled = on
		}
		if shown, ok := l.Values["visible"].Value().(bool); ok && !shown {
			continue
		}
		e.Separator = l.Values["type"].Value() == "separator"
		e.Label = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(e.Raw, "__", "\x00"), "_", ""), "\x00", "_")
		all = append(all, e)
	}
	return all, nil
}

func (it *Item) call(ctx context.Context, at dbus.ObjectPath, method string, results []any, args ...any) error {
	return it.w.conn.Object(it.Owner, at).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...).Store(results...)
}

// pixmap is (iiay).
type pixmap struct {
	Width, Height int32
	ARGB          []byte
}

func (p pixmap) image() (*image.NRGBA, error) {
	if p.Width <= 0 || p.Height <= 0 || len(p.ARGB) != int(p.Width)*int(p.Height)*4 {
		return nil, fmt.Errorf("a picture of %d by %d pixels has %d bytes", p.Width, p.Height, len(p.ARGB))
	}
	img := image.NewNRGBA(image.Rect(0, 0, int(p.Width), int(p.Height)))
	for i := 0; i < len(p.ARGB); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = p.ARGB[i+1], p.ARGB[i+2], p.ARGB[i+3], p.ARGB[i]
	}
	return img, nil
}
