package keychain

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// dialog is how long the system's dialog may stand open.
const dialog = 5 * time.Minute

// Unlock lets the keyring's own dialog ask for its password, or for a new one if there is no keyring yet. Two calls show
// one dialog.
func (s *secretService) Unlock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialog)
	defer cancel()
	select {
	case s.unlocking <- struct{}{}:
		defer func() { <-s.unlocking }()
	case <-ctx.Done():
		return late(ctx.Err())
	}
	conn, err := connect(ctx)
	if err != nil {
		return s.explain(err)
	}
	defer conn.Close()
	err = unlock(ctx, conn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err = s.explain(err); err != nil {
		return fmt.Errorf("open the keychain: %w", late(err))
	}
	return nil
}

func unlock(ctx context.Context, conn *dbus.Conn) error {
	path, err := keyringPath(ctx, conn)
	if err != nil {
		return err
	}
	service := conn.Object(secretsName, secretsPath)
	var promptPath dbus.ObjectPath
	if path == noObject {
		label := map[string]dbus.Variant{collection + ".Label": dbus.MakeVariant("Login")}
		err = service.CallWithContext(ctx, secretsService+".CreateCollection", 0, label, "default").Store(&path, &promptPath)
	} else {
		var unlocked []dbus.ObjectPath
		err = service.CallWithContext(ctx, secretsService+".Unlock", 0, []dbus.ObjectPath{path}).Store(&unlocked, &promptPath)
	}
	if err != nil {
		return err
	}
	if promptPath != noObject {
		if err := ask(ctx, conn, promptPath); err != nil {
			return err
		}
	}
	// Whatever the dialog is said to have brought: any program can send that signal. Look for ourselves.
	if path, err = keyringPath(ctx, conn); err != nil {
		return err
	}
	return locked(ctx, conn, path)
}

// ask shows a dialog and waits until it is answered, dismissed, or its owner is gone.
func ask(ctx context.Context, conn *dbus.Conn, path dbus.ObjectPath) error {
	matches := [][]dbus.MatchOption{
		{dbus.WithMatchObjectPath(path), dbus.WithMatchInterface(prompt), dbus.WithMatchMember("Completed")},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)},
	}
	for _, match := range matches {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return err
		}
	}
	signals := make(chan *dbus.Signal, 4)
	conn.Signal(signals)
	object := conn.Object(secretsName, path)
	if err := object.CallWithContext(ctx, prompt+".Prompt", 0, "").Err; err != nil {
		return err
	}
	for {
		select {
		case signal, open := <-signals:
			switch {
			case !open:
				return dbus.ErrClosed
			case signal.Name == "org.freedesktop.DBus.NameOwnerChanged":
				return fmt.Errorf("%w: the keyring ended while its dialog was open", ErrUnavailable)
			case signal.Name == prompt+".Completed" && signal.Path == path && len(signal.Body) > 0:
				if dismissed, ok := signal.Body[0].(bool); !ok || dismissed {
					return fmt.Errorf("%w: the dialog was dismissed, or could not be shown", ErrDenied)
				}
				return nil
			}
		case <-ctx.Done():
			return ctx.Err() // closing the connection takes the dialog away
		}
	}
}
