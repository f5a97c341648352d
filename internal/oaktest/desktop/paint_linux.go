package desktop

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xproto"
)

// Painting is how a change of the screen went, each from its beginning.
type Painting struct {
	First time.Duration // until something could be seen of it
	Whole time.Duration // until it looked as it does now that nothing moves any more
}

// Paint does something to the screen and watches until nothing has changed there for as long as rest. The X server says when it was
// drawn on, and only then some lines of the screen are looked at; nothing that a screen reader needs is built for it.
func (d *Desktop) Paint(ctx context.Context, rest time.Duration, do func()) (p Painting) {
	d.t.Helper()
	xgb.Logger.SetOutput(io.Discard) // it says that there is no password for this screen
	x, err := xgb.NewConnDisplay(d.display())
	if err != nil {
		d.t.Fatal(err)
	}
	defer x.Close()
	drawn := d.drawn(x)
	now := d.lines(x)
	begun := time.Now()
	do()
	var rests <-chan time.Time
	for {
		select {
		case at := <-drawn:
			seen := d.lines(x)
			if bytes.Equal(seen, now) {
				continue
			}
			if p.First == 0 {
				p.First = at.Sub(begun)
			}
			p.Whole = at.Sub(begun)
			now, rests = seen, time.After(rest)
		case <-rests:
			return p
		case <-ctx.Done():
			d.t.Fatal("nothing has changed on the screen, or it does not come to rest")
		}
	}
}

// drawn says when something was drawn on the screen, until x is closed.
func (d *Desktop) drawn(x *xgb.Conn) <-chan time.Time {
	d.t.Helper()
	err := damage.Init(x)
	if err == nil {
		_, err = damage.QueryVersion(x, 1, 1).Reply() // without which the server takes nothing else of it
	}
	var id damage.Damage
	if err == nil {
		id, err = damage.NewDamageId(x)
	}
	if err == nil {
		err = damage.CreateChecked(x, id, xproto.Drawable(xproto.Setup(x).DefaultScreen(x).Root), damage.ReportLevelNonEmpty).Check()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	drawn := make(chan time.Time, 1)
	go func() {
		for {
			event, err := x.WaitForEvent()
			if event == nil && err == nil {
				return // closed
			}
			at := time.Now()
			damage.Subtract(x, id, 0, 0) // so that it says so again
			select {
			case drawn <- at:
			default: // it is about to be looked at anyway
			}
		}
	}()
	return drawn
}

// lines are the pixels of some lines of the screen.
func (d *Desktop) lines(x *xgb.Conn) (all []byte) {
	d.t.Helper()
	const every = 12
	screen := xproto.Setup(x).DefaultScreen(x)
	var asked []xproto.GetImageCookie
	for y := uint16(0); y < screen.HeightInPixels; y += every {
		asked = append(asked, xproto.GetImage(x, xproto.ImageFormatZPixmap, xproto.Drawable(screen.Root), 0, int16(y), screen.WidthInPixels, 1, 0xffffffff)) //nolint:gosec // a screen of 900 lines
	}
	for _, a := range asked {
		line, err := a.Reply()
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, line.Data...)
	}
	return all
}

func (d *Desktop) display() string {
	for _, v := range d.vars {
		if name, found := strings.CutPrefix(v, "DISPLAY="); found {
			return name
		}
	}
	return ""
}
