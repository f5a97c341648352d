package keychain

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/oaklock/oaklock/internal/secret"
)

// service is what the items are filed under, with the mark of a profile behind it. On Linux anybody on the session bus can read
// it, and the user name beside it ("provider/label"), while the keyring is locked.
const service = "Oaklock"

func serviceOf(mark string) string {
	if mark == "" {
		return service
	}
	return service + " " + mark
}

const (
	// quick is for what needs no dialog.
	quick = 2 * time.Second
	// patient is for writing: KeePassXC and macOS may ask the user.
	patient = 60 * time.Second
)

// OS is the operating system's keychain, of which this sees the entries with that mark alone; those without one have it empty.
// On Linux it also is an [Unlocker], and can List.
//
// Calls go one at a time, 2 s each, 60 s for Put, since a dialog may show. What go-keyring and the system's own parts
// copied on the way lies in ordinary memory until the garbage collector uses it again.
func OS(mark string) Vault {
	name := serviceOf(mark)
	return newOS(goKeyring{name}, systemKeychain(name))
}

// ring is the edge to go-keyring.
type ring interface {
	Set(user string, b []byte) error
	Get(user string) ([]byte, error)
	Delete(user string) error
}

// system is what go-keyring does not tell, different on every platform.
type system interface {
	// status asks whether the keychain can be used now, without any dialog.
	status(ctx context.Context) error
	// explain maps an error of go-keyring to one of this package's.
	explain(err error) error
	// users are those of all items, or errors.ErrUnsupported where that cannot be asked.
	users(ctx context.Context) ([]string, error)
}

type osVault struct {
	ring   ring
	system system
	line   *line
}

// unlockingVault is an osVault on a system that can show a dialog.
type unlockingVault struct {
	*osVault
	Unlocker
}

func newOS(r ring, s system) Vault {
	v := &osVault{ring: r, system: s, line: newLine()}
	if u, ok := s.(Unlocker); ok {
		return unlockingVault{v, u}
	}
	return v
}

func (v *osVault) Kind() string { return "keychain" }

// Status does not wait in line: it must answer while a dialog is open.
func (v *osVault) Status(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return late(v.system.status(ctx))
}

func (v *osVault) Put(ctx context.Context, id ID, b []byte) error {
	if err := checkSize(b); err != nil {
		return err
	}
	own := append([]byte(nil), b...) // the caller may wipe b while a call that is late still runs
	_, err := serve(ctx, v.line, patient, func(ctx context.Context) (none struct{}, err error) {
		defer clear(own)
		if err := v.system.status(ctx); err != nil {
			return none, err
		}
		if ctx.Err() != nil {
			return none, ctx.Err() // nobody waits any more, and they were told so
		}
		if err := v.ring.Set(id.String(), own); err != nil {
			return none, v.explain(ctx, err)
		}
		got, err := v.ring.Get(id.String())
		if err != nil {
			return none, fmt.Errorf("%w: %w", ErrNotSaved, v.explain(ctx, err))
		}
		defer clear(got)
		if subtle.ConstantTimeCompare(got, own) != 1 {
			return none, ErrNotSaved
		}
		return none, nil
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", id, err)
	}
	return nil
}

func (v *osVault) Get(ctx context.Context, id ID) (secret.Secret, error) {
	s, err := serve(ctx, v.line, quick, func(ctx context.Context) (secret.Secret, error) {
		if err := v.system.status(ctx); err != nil {
			return secret.Secret{}, err
		}
		b, err := v.ring.Get(id.String())
		if err != nil {
			return secret.Secret{}, v.explain(ctx, err)
		}
		return secret.New(b)
	})
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read %s: %w", id, err)
	}
	return s, nil
}

func (v *osVault) Delete(ctx context.Context, id ID) error {
	_, err := serve(ctx, v.line, quick, func(ctx context.Context) (none struct{}, err error) {
		if err := v.system.status(ctx); err != nil {
			return none, err
		}
		if err := v.ring.Delete(id.String()); err != nil {
			return none, v.explain(ctx, err)
		}
		return none, nil
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", id, err)
	}
	return nil
}

// List wraps errors.ErrUnsupported where the system has no list.
func (v *osVault) List(ctx context.Context) ([]ID, error) {
	ids, err := serve(ctx, v.line, quick, func(ctx context.Context) (ids []ID, err error) {
		if err := v.system.status(ctx); err != nil {
			return nil, err
		}
		users, err := v.system.users(ctx)
		if err != nil {
			return nil, err
		}
		for _, user := range users {
			if provider, label, ok := strings.Cut(user, "/"); ok {
				ids = append(ids, ID{provider, label})
			}
		}
		return ids, v.system.status(ctx) // a daemon that died meanwhile comes back locked, and a locked one has none
	})
	if err != nil {
		return nil, fmt.Errorf("list what is in the keychain: %w", err)
	}
	return ids, nil
}

// explain asks for the status once more before it believes "not found": a daemon that died after the first look comes
// back locked, and a locked one finds nothing.
func (v *osVault) explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		if err := v.system.status(ctx); err != nil {
			return err
		}
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	}
	return v.system.explain(err)
}

// goKeyring is the real ring.
type goKeyring struct{ service string }

func (g goKeyring) Set(user string, b []byte) error { return keyring.Set(g.service, user, string(b)) }

func (g goKeyring) Get(user string) ([]byte, error) {
	s, err := keyring.Get(g.service, user)
	return []byte(s), err
}

func (g goKeyring) Delete(user string) error { return keyring.Delete(g.service, user) }
