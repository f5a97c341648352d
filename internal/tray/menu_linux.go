package tray

import (
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// menu is the menu on the bus, as the interface com.canonical.dbusmenu of libdbusmenu describes it.
type menu struct {
	conn    *dbus.Conn
	actions Actions
	click   func(entryID)
	props   *properties

	mu       sync.Mutex
	entries  []entry // guarded by mu; replaced as a whole, never changed
	revision uint32  // guarded by mu; grows when entries come, go or move
}

func newMenu(conn *dbus.Conn, a Actions, click func(entryID)) *menu {
	m := &menu{conn: conn, actions: a, click: click, props: &properties{iface: menuIface}, revision: 1}
	m.props.set(map[string]dbus.Variant{
		"Version":       dbus.MakeVariant(uint32(3)),
		"TextDirection": dbus.MakeVariant("ltr"),
		"Status":        dbus.MakeVariant("normal"),
		"IconThemePath": dbus.MakeVariant([]string{}),
	})
	return m
}

// values are the properties of one entry.
type values = map[string]dbus.Variant

// layout is (ia{sv}av): an entry with its children.
type layout struct {
	ID       int32
	Values   values
	Children []dbus.Variant
}

// itemValues is (ia{sv}).
type itemValues struct {
	ID     int32
	Values values
}

// removedValues is (ias).
type removedValues struct {
	ID    int32
	Names []string
}

func (e entry) values() values {
	if e.label == "" {
		return values{"type": dbus.MakeVariant("separator")}
	}
	return values{
		// One underscore marks the letter that the keyboard chooses the entry by; two are an underscore.
		"label":   dbus.MakeVariant(strings.ReplaceAll(e.label, "_", "__")),
		"enabled": dbus.MakeVariant(!e.plain),
	}
}

// set shows these entries. Where only labels differ, an open menu keeps its place under the pointer.
func (m *menu) set(now []entry) {
	m.mu.Lock()
	before := m.entries
	m.entries = now
	same := len(before) == len(now)
	var changed []itemValues
	for i := 0; same && i < len(now); i++ {
		if same = before[i].id == now[i].id; same && before[i] != now[i] {
			changed = append(changed, itemValues{int32(now[i].id), now[i].values()})
		}
	}
	if !same {
		m.revision++
	}
	revision := m.revision
	m.mu.Unlock()
	switch { // an error means that the bus is gone, which ends show
	case !same:
		_ = m.conn.Emit(menuPath, menuIface+".LayoutUpdated", revision, int32(0))
	case len(changed) > 0:
		_ = m.conn.Emit(menuPath, menuIface+".ItemsPropertiesUpdated", changed, []removedValues{})
	}
}

func (m *menu) now() (revision uint32, all []entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision, m.entries
}

func (m *menu) find(id int32) (e entry, ok bool) {
	_, all := m.now()
	for _, e := range all {
		if int32(e.id) == id {
			return e, true
		}
	}
	return entry{}, false
}

// menuCalls are the methods that a host calls on the menu. 0 is the menu itself.
type menuCalls struct{ m *menu }

func (c *menuCalls) methods() methods {
	return methods{
		"GetLayout": c.GetLayout, "GetGroupProperties": c.GetGroupProperties, "GetProperty": c.GetProperty,
		"Event": c.Event, "EventGroup": c.EventGroup, "AboutToShow": c.AboutToShow, "AboutToShowGroup": c.AboutToShowGroup,
	}
}

var errNoEntry = dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", []any{"there is no such entry"})

// root are the properties of the menu itself.
func root() values { return values{"children-display": dbus.MakeVariant("submenu")} }

// GetLayout is asked for the whole menu. All properties are answered, whichever were asked for: there are but two.
func (c *menuCalls) GetLayout(parent, depth int32, _ []string) (uint32, layout, *dbus.Error) {
	revision, all := c.m.now()
	if parent != 0 {
		e, ok := c.m.find(parent)
		if !ok {
			return 0, layout{}, errNoEntry
		}
		return revision, layout{parent, e.values(), []dbus.Variant{}}, nil
	}
	l := layout{0, root(), []dbus.Variant{}}
	for _, e := range all {
		if depth == 0 {
			break
		}
		l.Children = append(l.Children, dbus.MakeVariant(layout{int32(e.id), e.values(), []dbus.Variant{}}))
	}
	return revision, l, nil
}

// GetGroupProperties is asked for some entries; none named means all.
func (c *menuCalls) GetGroupProperties(ids []int32, _ []string) ([]itemValues, *dbus.Error) {
	answer := []itemValues{}
	if len(ids) == 0 {
		_, all := c.m.now()
		for _, e := range all {
			ids = append(ids, int32(e.id))
		}
	}
	for _, id := range ids {
		if id == 0 {
			answer = append(answer, itemValues{0, root()})
		} else if e, ok := c.m.find(id); ok {
			answer = append(answer, itemValues{id, e.values()})
		}
	}
	return answer, nil
}

// GetProperty is asked for one property of an entry.
func (c *menuCalls) GetProperty(id int32, name string) (dbus.Variant, *dbus.Error) {
	if e, ok := c.m.find(id); ok {
		if v, ok := e.values()[name]; ok {
			return v, nil
		}
	}
	return dbus.Variant{}, errNoEntry
}

// Event tells what the user, or any program of the user, did with an entry.
func (c *menuCalls) Event(id int32, what string, _ dbus.Variant, _ uint32) *dbus.Error {
	e, ok := c.m.find(id)
	if !ok && id != 0 {
		return errNoEntry
	}
	if what == "clicked" && !e.plain {
		c.m.click(e.id)
	}
	return nil
}

// event is (isvu).
type event struct {
	ID   int32
	What string
	Data dbus.Variant
	Time uint32
}

// EventGroup is several events; it answers with the entries that there are not.
func (c *menuCalls) EventGroup(events []event) ([]int32, *dbus.Error) {
	missing := []int32{}
	for _, e := range events {
		if err := c.Event(e.ID, e.What, e.Data, e.Time); err != nil {
			missing = append(missing, e.ID)
		}
	}
	return missing, nil
}

// AboutToShow asks whether the menu must be read again before it is shown. It is always up to date.
func (c *menuCalls) AboutToShow(int32) (bool, *dbus.Error) { return false, nil }

// AboutToShowGroup is AboutToShow for several.
func (c *menuCalls) AboutToShowGroup([]int32) (updates, missing []int32, err *dbus.Error) {
	return []int32{}, []int32{}, nil
}
