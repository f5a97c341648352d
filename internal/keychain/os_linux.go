package keychain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

func systemKeychain(service string) system { return newSecretService(service) }

// secretService talks to org.freedesktop.secrets itself where go-keyring says too little: is the keyring locked, and
// open it with a dialog whose end is noticed. It does so over connections of its own, since go-keyring's shared one may
// be stuck.
type secretService struct {
	service   string
	unlocking chan struct{} // one dialog at a time
}

func newSecretService(service string) *secretService {
	return &secretService{service: service, unlocking: make(chan struct{}, 1)}
}

const (
	secretsName    = "org.freedesktop.secrets"
	secretsPath    = dbus.ObjectPath("/org/freedesktop/secrets")
	loginKeyring   = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	secretsService = "org.freedesktop.Secret.Service"
	collection     = "org.freedesktop.Secret.Collection"
	prompt         = "org.freedesktop.Secret.Prompt"
	busError       = "org.freedesktop.DBus.Error."
	noObject       = dbus.ObjectPath("/")
)

// connect opens a private connection that ends with ctx, but never starts a bus: without one godbus would run
// dbus-launch, which leaves a bus and a keyring behind.
func connect(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
		if info, err := os.Stat(socket); !filepath.IsAbs(socket) || err != nil || info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("%w: there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)", ErrUnavailable)
		}
		address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
		// godbus looks in /run/user only; go-keyring must find the same bus as this, or it starts one.
		if err := os.Setenv("DBUS_SESSION_BUS_ADDRESS", address); err != nil {
			return nil, err
		}
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("%w: connect to the session bus: %w", ErrUnavailable, err)
	}
	return conn, nil
}

// keyringPath is the collection that go-keyring uses: "login" if there is one, else the default one.
func keyringPath(ctx context.Context, conn *dbus.Conn) (dbus.ObjectPath, error) {
	service := conn.Object(secretsName, secretsPath)
	var value dbus.Variant
	err := service.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, secretsService, "Collections").Store(&value)
	if err != nil {
		return "", err
	}
	if paths, ok := value.Value().([]dbus.ObjectPath); ok && slices.Contains(paths, loginKeyring) {
		return loginKeyring, nil
	}
	var path dbus.ObjectPath
	err = service.CallWithContext(ctx, secretsService+".ReadAlias", 0, "default").Store(&path)
	return path, err
}

// locked is nil if the collection is open.
func locked(ctx context.Context, conn *dbus.Conn, path dbus.ObjectPath) error {
	if path == noObject {
		// A fresh daemon that found nothing on the disk, or KeePassXC without an open database.
		return fmt.Errorf("%w: it has no keyring open yet", ErrLocked)
	}
	var value dbus.Variant
	err := conn.Object(secretsName, path).
		CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, collection, "Locked").Store(&value)
	if err != nil {
		return err
	}
	if isLocked, ok := value.Value().(bool); !ok || isLocked {
		return ErrLocked
	}
	return nil
}

func (s *secretService) status(ctx context.Context) error {
	conn, err := connect(ctx)
	if err != nil {
		return s.explain(err)
	}
	defer conn.Close()
	path, err := keyringPath(ctx, conn)
	if err == nil {
		err = locked(ctx, conn, path)
	}
	if ctx.Err() != nil {
		return ctx.Err() // the connection went down with it
	}
	return s.explain(err)
}

func (s *secretService) users(ctx context.Context) ([]string, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	defer conn.Close()
	users, err := s.usersOver(ctx, conn)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return users, s.explain(err)
}

// usersOver asks for the items where go-keyring has them, and reads their attributes, no secret.
func (s *secretService) usersOver(ctx context.Context, conn *dbus.Conn) ([]string, error) {
	path, err := keyringPath(ctx, conn)
	if err != nil {
		return nil, err
	}
	var items []dbus.ObjectPath
	err = conn.Object(secretsName, path).
		CallWithContext(ctx, collection+".SearchItems", 0, map[string]string{"service": s.service}).Store(&items)
	if err != nil {
		return nil, err
	}
	users := make([]string, 0, len(items))
	for _, item := range items {
		var value dbus.Variant
		err := conn.Object(secretsName, item).
			CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, "org.freedesktop.Secret.Item", "Attributes").Store(&value)
		if err != nil {
			return nil, err
		}
		if attributes, ok := value.Value().(map[string]string); ok {
			users = append(users, attributes["username"])
		}
	}
	return users, nil
}

func (s *secretService) explain(err error) error {
	if err == nil || errors.Is(err, ErrLocked) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDenied) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	kind := ErrUnavailable
	var bus dbus.Error
	if errors.As(err, &bus) {
		switch bus.Name {
		case "org.freedesktop.Secret.Error.IsLocked":
			kind = ErrLocked
		case busError + "AccessDenied", busError + "AuthFailed":
			kind = ErrDenied
		case busError + "Timeout", busError + "TimedOut":
			kind = ErrTimeout
		}
	} else if strings.HasPrefix(err.Error(), "failed to unlock") {
		kind = ErrDenied // go-keyring, after a dialog for the item was dismissed
	}
	return fmt.Errorf("%w: %w", kind, err)
}
