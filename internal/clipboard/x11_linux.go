package clipboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// held is a text that this process hands to whoever pastes: the owner of the selection CLIPBOARD, as the Inter-Client Communication
// Conventions Manual of X describes it in section 2.
type held struct {
	x      *xgb.Conn
	window xproto.Window // not shown: an owner is a window
	text   string
	since  xproto.Timestamp
	atoms  map[string]xproto.Atom
	ended  chan struct{}
}

// What can be asked of the owner. The text is handed out in each of the forms in which programs ask for plain text.
const (
	clipboard = "CLIPBOARD"
	targets   = "TARGETS"
	timestamp = "TIMESTAMP"
	utf8      = "UTF8_STRING"
)

var forms = []string{utf8, "STRING", "TEXT", "text/plain", "text/plain;charset=utf-8"}

// hold takes the clipboard.
func hold(text string) (*held, error) {
	xgb.Logger.SetOutput(io.Discard) // it tells of displays without a password
	x, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("connect to the X server: %w", err)
	}
	h := &held{x: x, text: text, atoms: map[string]xproto.Atom{}, ended: make(chan struct{})}
	if err := h.take(); err != nil {
		x.Close()
		return nil, fmt.Errorf("take the clipboard: %w", err)
	}
	go h.serve()
	return h, nil
}

func (h *held) take() (err error) {
	for _, name := range append([]string{clipboard, targets, timestamp}, forms...) {
		reply, err := xproto.InternAtom(h.x, false, uint16(len(name)), name).Reply() //nolint:gosec // names above
		if err != nil {
			return err
		}
		h.atoms[name] = reply.Atom
	}
	if h.window, err = xproto.NewWindowId(h.x); err != nil {
		return err
	}
	root := xproto.Setup(h.x).DefaultScreen(h.x).Root
	err = xproto.CreateWindowChecked(h.x, 0, h.window, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check()
	if err != nil {
		return err
	}
	if h.since, err = h.now(); err != nil {
		return err
	}
	if err := xproto.SetSelectionOwnerChecked(h.x, h.window, h.atoms[clipboard], h.since).Check(); err != nil {
		return err
	}
	owner, err := xproto.GetSelectionOwner(h.x, h.atoms[clipboard]).Reply()
	if err != nil {
		return err
	}
	if owner.Owner != h.window {
		return errors.New("another program took it just now")
	}
	return nil
}

// now is the server's time, which it tells with every change of a property. Without it, of two programs that copy the later would not win.
func (h *held) now() (xproto.Timestamp, error) {
	if err := xproto.ChangePropertyChecked(h.x, xproto.PropModeAppend, h.window, h.atoms[timestamp], xproto.AtomInteger, 32, 0, nil).Check(); err != nil {
		return 0, err
	}
	for {
		event, err := h.x.WaitForEvent()
		if changed, ok := event.(xproto.PropertyNotifyEvent); ok {
			return changed.Time, nil
		}
		if event == nil && err == nil {
			return 0, errors.New("the X server is gone")
		}
	}
}

// serve hands the text out until another program takes the clipboard, close is called, or the X server goes.
func (h *held) serve() {
	defer close(h.ended)
	defer h.x.Close()
	for {
		event, err := h.x.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		// An error is that a program has gone before it got its answer.
		switch e := event.(type) {
		case xproto.SelectionClearEvent:
			return
		case xproto.SelectionRequestEvent:
			h.answer(e)
		}
	}
}

func (h *held) answer(r xproto.SelectionRequestEvent) {
	if r.Property == xproto.AtomNone {
		r.Property = r.Target // as clients of before 1988 mean it
	}
	if !h.put(r) {
		r.Property = xproto.AtomNone // a refusal
	}
	told := xproto.SelectionNotifyEvent{Time: r.Time, Requestor: r.Requestor, Selection: r.Selection, Target: r.Target, Property: r.Property}
	xproto.SendEvent(h.x, false, r.Requestor, xproto.EventMaskNoEvent, string(told.Bytes()))
}

// put writes what is asked for to where it is asked for.
func (h *held) put(r xproto.SelectionRequestEvent) bool {
	write := func(kind xproto.Atom, format byte, data []byte) bool {
		n := uint32(len(data)) / uint32(format/8) //nolint:gosec // an address
		xproto.ChangeProperty(h.x, xproto.PropModeReplace, r.Requestor, r.Property, kind, format, n, data)
		return true
	}
	switch r.Target {
	case h.atoms[targets]:
		var all []byte
		for _, name := range append([]string{targets, timestamp}, forms...) {
			all = binary.NativeEndian.AppendUint32(all, uint32(h.atoms[name]))
		}
		return write(xproto.AtomAtom, 32, all)
	case h.atoms[timestamp]:
		return write(xproto.AtomInteger, 32, binary.NativeEndian.AppendUint32(nil, uint32(h.since)))
	case h.atoms["TEXT"]: // in whatever form the owner likes
		return write(h.atoms[utf8], 8, []byte(h.text))
	}
	for _, name := range forms {
		if r.Target == h.atoms[name] {
			return write(r.Target, 8, []byte(h.text))
		}
	}
	return false
}

func (h *held) close() {
	if h != nil {
		h.x.Close()
		<-h.ended
	}
}
