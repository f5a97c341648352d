package tray

import (
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
)

// Where hosts look for the item when it registers with a bus name.
const (
	itemPath  dbus.ObjectPath = "/StatusNotifierItem"
	itemIface                 = "org.kde.StatusNotifierItem"
	menuPath  dbus.ObjectPath = "/StatusNotifierItem/menu"
	menuIface                 = "com.canonical.dbusmenu"
)

// item is the icon on the bus, as the StatusNotifierItem specification of freedesktop.org and KDE's practice have it.
type item struct {
	conn  *dbus.Conn
	props *properties
	menu  *menu

	// Of the goroutine that shows.
	shown    Menu
	pictures []pixmap
}

// exportItem puts the icon and its menu on the bus, where nobody sees them before they are registered.
func exportItem(conn *dbus.Conn, t *Tray) (*item, error) {
	m := t.current()
	pictures, err := pixmaps(picture(m))
	if err != nil {
		return nil, err
	}
	it := &item{conn: conn, props: &properties{iface: itemIface}, menu: newMenu(conn, t.actions, t.click), shown: m, pictures: pictures}
	it.props.set(itemProperties(m, pictures))
	it.menu.set(entries(m, t.actions))
	if err := export(conn, itemPath, itemIface, (&itemCalls{t}).methods(), it.props); err != nil {
		return nil, err
	}
	return it, export(conn, menuPath, menuIface, (&menuCalls{it.menu}).methods(), it.menu.props)
}

func itemProperties(m Menu, pictures []pixmap) map[string]dbus.Variant {
	// A host shows the attention icon while the status is NeedsAttention, and the icon where it knows no such status.
	state, attention := "Active", []pixmap{}
	if m.NeedsYou {
		state, attention = "NeedsAttention", pictures
	}
	// Some hosts show the tooltip as markup, which no host needs here.
	text := strings.NewReplacer("<", "", ">", "", "&", "").Replace(tip(m))
	return map[string]dbus.Variant{
		"Category":            dbus.MakeVariant("ApplicationStatus"),
		"Id":                  dbus.MakeVariant("oaklock"),
		"Title":               dbus.MakeVariant("Oaklock"),
		"Status":              dbus.MakeVariant(state),
		"WindowId":            dbus.MakeVariant(int32(0)),
		"IconName":            dbus.MakeVariant(""),
		"IconThemePath":       dbus.MakeVariant(""),
		"IconPixmap":          dbus.MakeVariant(pictures),
		"AttentionIconName":   dbus.MakeVariant(""),
		"AttentionIconPixmap": dbus.MakeVariant(attention),
		"OverlayIconName":     dbus.MakeVariant(""),
		"OverlayIconPixmap":   dbus.MakeVariant([]pixmap{}),
		"ToolTip":             dbus.MakeVariant(toolTip{Title: "Oaklock", Text: text, Pictures: []pixmap{}}),
		"ItemIsMenu":          dbus.MakeVariant(false), // so a left click opens the window
		"Menu":                dbus.MakeVariant(menuPath),
	}
}

// toolTip is (sa(iiay)ss).
type toolTip struct {
	IconName    string
	Pictures    []pixmap
	Title, Text string
}

// apply tells the host what differs from what is shown.
func (it *item) apply(m Menu) error {
	before := it.shown
	it.shown = m
	newPicture, newTip := picture(m) != picture(before), tip(m) != tip(before)
	if newPicture {
		pictures, err := pixmaps(picture(m))
		if err != nil {
			return err
		}
		it.pictures = pictures
	}
	if newPicture || newTip {
		it.props.set(itemProperties(m, it.pictures))
	}
	if newPicture {
		it.emit("NewIcon")
		it.emit("NewAttentionIcon")
	}
	if m.NeedsYou != before.NeedsYou {
		it.emit("NewStatus", it.props.get("Status").Value())
	}
	if newTip {
		it.emit("NewToolTip")
	}
	it.menu.set(entries(m, it.menu.actions))
	return nil
}

// emit sends a signal. An error means that the bus is gone, which ends show.
func (it *item) emit(signal string, values ...any) {
	_ = it.conn.Emit(itemPath, itemIface+"."+signal, values...)
}

// itemCalls are the methods that a host calls on the item.
type itemCalls struct{ t *Tray }

func (c *itemCalls) methods() methods {
	return methods{"Activate": c.Activate, "SecondaryActivate": c.SecondaryActivate, "ContextMenu": c.ContextMenu, "Scroll": c.Scroll}
}

// Activate is a click on the icon.
func (c *itemCalls) Activate(_, _ int32) *dbus.Error {
	c.t.click(open)
	return nil
}

// SecondaryActivate is a click with the middle button.
func (c *itemCalls) SecondaryActivate(_, _ int32) *dbus.Error { return nil }

// ContextMenu is a click with the right button, where the host does not draw the menu by itself.
func (c *itemCalls) ContextMenu(_, _ int32) *dbus.Error { return nil }

// Scroll is the wheel.
func (c *itemCalls) Scroll(_ int32, _ string) *dbus.Error { return nil }

// methods are those of an interface, by name.
type methods map[string]any

// export puts one interface with its properties and its description on the bus. The methods are named one by one: godbus would
// find them by itself, but a program in which that is done keeps every method of every type, which is a tenth of its memory.
func export(conn *dbus.Conn, path dbus.ObjectPath, iface string, calls methods, props *properties) error {
	about := introspect.Node{Name: string(path), Interfaces: []introspect.Interface{
		introspect.IntrospectData,
		{Name: iface, Methods: calls.introspection(), Properties: props.introspection()},
	}}
	for name, table := range map[string]methods{
		iface:                                 calls,
		"org.freedesktop.DBus.Properties":     {"Get": props.Get, "GetAll": props.GetAll, "Set": props.Set},
		"org.freedesktop.DBus.Introspectable": {"Introspect": introspect.NewIntrospectable(&about).Introspect},
	} {
		if err := conn.ExportMethodTable(table, path, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// introspection describes the methods by their types.
func (m methods) introspection() (all []introspect.Method) {
	for name, f := range m {
		t, about := reflect.TypeOf(f), introspect.Method{Name: name}
		for i := range t.NumIn() {
			about.Args = append(about.Args, introspect.Arg{Type: dbus.SignatureOfType(t.In(i)).String(), Direction: "in"})
		}
		for i := range t.NumOut() - 1 { // the last is the error
			about.Args = append(about.Args, introspect.Arg{Type: dbus.SignatureOfType(t.Out(i)).String(), Direction: "out"})
		}
		all = append(all, about)
	}
	return all
}

// properties are org.freedesktop.DBus.Properties of one interface, read-only for everybody else. (godbus' own package
// prop copies a new value into the old one's memory, which another goroutine may just be sending.)
type properties struct {
	iface string
	all   atomic.Pointer[map[string]dbus.Variant] // replaced as a whole, never changed
}

func (p *properties) set(all map[string]dbus.Variant) { p.all.Store(&all) }

func (p *properties) get(name string) dbus.Variant { return (*p.all.Load())[name] }

func (p *properties) introspection() (all []introspect.Property) {
	for name, v := range *p.all.Load() {
		all = append(all, introspect.Property{Name: name, Type: v.Signature().String(), Access: "read"})
	}
	return all
}

// Get is a method on the bus.
func (p *properties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	if v := p.get(name); iface == p.iface && v.Signature() != (dbus.Signature{}) {
		return v, nil
	}
	return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", []any{"there is no such property"})
}

// GetAll is a method on the bus.
func (p *properties) GetAll(iface string) (map[string]dbus.Variant, *dbus.Error) {
	if iface != p.iface {
		return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownInterface", []any{"there is no such interface"})
	}
	return *p.all.Load(), nil
}

// Set is a method on the bus.
func (p *properties) Set(_, _ string, _ dbus.Variant) *dbus.Error {
	return dbus.NewError("org.freedesktop.DBus.Error.PropertyReadOnly", []any{"the properties are read-only"})
}
