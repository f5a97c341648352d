package session

import (
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// What macOS says by notify(3), through a descriptor: no loop and no window are needed for it.
const (
	// noteLocked is posted by loginwindow when it locks the screen, beside the distributed notification com.apple.screenIsLocked, which
	// reaches none but programs whose main thread runs Apple's loop. Apple documents neither. Others rely on it; some have found that
	// it comes more surely than the other on macOS 26.
	noteLocked = "com.apple.sessionagent.screenIsLocked"
	// noteConsole is kCGNotifyGUIConsoleSessionChanged of CGSession.h: the screen goes from one session to another.
	noteConsole = "com.apple.coregraphics.GUIConsoleSessionChanged"
)

// followScreen returns when it is known whether macOS tells.
//
// Every user of the machine can post both. A lock that somebody else pretends is believed: that costs the user a press on Unlock, while
// to look whether the screen really is locked could miss one, as it would be looked up in a word that Apple does not document either.
func (w *Watcher) followScreen(ctx context.Context) {
	onConsole := w.mac.text("kCGSSessionOnConsoleKey") // kCGSessionOnConsoleKey of CGSession.h; it is kept, being so small
	var s seen
	s.now(w.isSeen(onConsole))
	w.screen = w.listen(ctx, noteLocked, func() Event { return ScreenLocked })
	w.screen = w.listen(ctx, noteConsole, func() Event { return s.now(w.isSeen(onConsole)) }) && w.screen
}

// isSeen says whether this session is what the screen shows. A program that is in no such session, as over ssh, is not seen.
func (w *Watcher) isSeen(onConsole uintptr) bool {
	session := w.mac.copySession()
	if session == 0 {
		return false
	}
	defer w.mac.release(session)
	v := w.mac.value(session, onConsole)
	return v != 0 && w.mac.typeOf(v) == w.mac.booleans() && w.mac.booleanValue(v)
}

// listen tells what happened whenever this is posted, until ctx ends.
func (w *Watcher) listen(ctx context.Context, note string, happened func() Event) bool {
	var fd, token int32
	if w.mac.notifyRegister(note, &fd, 0, &token) != 0 { // NOTIFY_STATUS_OK
		return false
	}
	posted, err := own(fd, note)
	if err != nil {
		w.mac.notifyCancel(token)
		return false
	}
	w.work.Go(func() {
		defer w.mac.notifyCancel(token)
		defer posted.Close()
		defer context.AfterFunc(ctx, func() { _ = posted.Close() })()
		var b [4]byte // the token, each time
		for {
			if _, err := io.ReadFull(posted, b[:]); err != nil {
				return
			}
			w.tell(happened())
		}
	})
	return true
}

// own is a descriptor of ours for what can be read from fd, which notify_cancel closes itself.
func own(fd int32, name string) (*os.File, error) {
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) //nolint:gosec // a descriptor
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(d, true); err != nil { // so that closing it ends a read
		_ = unix.Close(d)
		return nil, err
	}
	return os.NewFile(uintptr(d), name), nil //nolint:gosec // a descriptor
}
