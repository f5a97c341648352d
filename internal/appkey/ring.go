package appkey

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// maxApps bounds how many sums a request is compared with.
const maxApps = 200

var (
	// ErrTaken says that there is an app of this name already.
	ErrTaken = errors.New("there is an app of this name already")
	// ErrTooMany says that no more apps are kept.
	ErrTooMany = fmt.Errorf("more than %d apps are not kept", maxApps)
	// ErrNotFound says that there is no app of this name.
	ErrNotFound = errors.New("there is no app of this name")
)

// App is a program of this machine with a key of its own.
type App struct {
	Origin origin.Origin // app:NAME
	Hint   string        // the key's last four characters
	Added  time.Time

	sum Sum
}

// Name is the name that the user gave it.
func (a App) Name() string { return a.Origin.Host() }

// Ring is all apps. Its methods may be called from any goroutine.
type Ring struct {
	db   *store.DB
	turn chan struct{}         // held by who changes apps: one change at a time. No lock, because it is held across a write
	apps atomic.Pointer[[]App] // by name; replaced, never changed

	doubted []App // belongs to the turn: of rows that Oaklock did not write

	mu      sync.Mutex
	unsaved map[string]bool // guarded by mu: names of removed apps that the database still has; true: a mark keeps them removed
}

// Open reads the apps. A row that is not what Oaklock writes is left out: its app then has no key that works.
func Open(ctx context.Context, db *store.DB) (*Ring, error) {
	r := &Ring{db: db, turn: make(chan struct{}, 1), unsaved: map[string]bool{}}
	rows, err := db.SQL().QueryContext(ctx, "SELECT name, hash, hint, added FROM app ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read the apps: %w", err)
	}
	defer rows.Close()
	var apps []App
	for rows.Next() {
		var name, hash, hint string
		var added int64
		if err := rows.Scan(&name, &hash, &hint, &added); err != nil {
			return nil, fmt.Errorf("read the apps: %w", err)
		}
		a, err := newApp(name, hash, hint)
		if err != nil {
			continue
		}
		a.Added = time.UnixMilli(added)
		apps = append(apps, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the apps: %w", err)
	}
	apps = r.takeMarks(apps)
	r.apps.Store(&apps)
	return r, nil
}

func newApp(name, hash, hint string) (App, error) {
	o, err := origin.ForApp(name)
	if err != nil {
		return App{}, err
	}
	sum, err := ParseSum(hash)
	if err != nil {
		return App{}, err
	}
	if len(hint) > 4 {
		return App{}, ErrSum
	}
	return App{Origin: o, Hint: hint, sum: sum}, nil
}

// Judge tells which rows Oaklock has written itself, as often as that changes. The keys of the other apps open nothing.
func (r *Ring) Judge(proves func(table string, key ...string) bool) {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	all := append(r.List(), r.doubted...)
	var apps []App
	r.doubted = nil
	for _, a := range all {
		if proves("app", a.Name()) {
			apps = append(apps, a)
		} else {
			r.doubted = append(r.doubted, a)
		}
	}
	slices.SortFunc(apps, func(a, b App) int { return strings.Compare(a.Name(), b.Name()) })
	r.apps.Store(&apps)
}

// List is all apps, by name.
func (r *Ring) List() []App { return slices.Clone(*r.apps.Load()) }

// Has says whether there is an app of this origin.
func (r *Ring) Has(o origin.Origin) bool {
	return slices.ContainsFunc(*r.apps.Load(), func(a App) bool { return a.Origin == o })
}

// Find says whose key this is; the zero value if it is nobody's. It looks at every app, so that how long it takes does not
// tell how much of a key was right.
func (r *Ring) Find(key string) origin.Origin {
	var found origin.Origin
	if len(key) != keyLength || !strings.HasPrefix(key, prefix) {
		return found
	}
	sum := SumOf(key)
	for _, a := range *r.apps.Load() {
		if subtle.ConstantTimeCompare(a.sum[:], sum[:]) == 1 {
			found = a.Origin
		}
	}
	return found
}

// Add makes an app known by the sum of its key, in hex. It is on the disk before it takes effect; with an error nothing has
// changed: [origin.ErrAppName], [ErrSum], [ErrTaken], [ErrTooMany], or what the disk said.
func (r *Ring) Add(ctx context.Context, name, sum, hint string) (App, error) {
	a, err := newApp(name, sum, hint)
	if err != nil {
		return App{}, err
	}
	a.Added = time.UnixMilli(time.Now().UnixMilli())
	if err := r.Restore(ctx, a); err != nil {
		return App{}, err
	}
	return a, nil
}

// Restore makes an app known again that Remove gave back, as it was. Its errors are those of Add.
func (r *Ring) Restore(ctx context.Context, a App) error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	apps := r.List()
	at, taken := slices.BinarySearchFunc(apps, a.Name(), func(a App, name string) int { return strings.Compare(a.Name(), name) })
	switch {
	case taken, slices.ContainsFunc(apps, func(b App) bool { return b.sum == a.sum }):
		return ErrTaken
	case len(apps) >= maxApps:
		return ErrTooMany
	}
	ctx = context.WithoutCancel(ctx) // a write that has begun has a certain end
	err := r.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("app", a.Name())
		// A row that could not be read is in the way of nobody.
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO app (name, hash, hint, added) VALUES (?, ?, ?, ?)",
			a.Name(), a.sum.String(), a.Hint, a.Added.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	apps = slices.Insert(apps, at, a)
	r.apps.Store(&apps)
	r.saved(a.Name()) // its row is in the place of the one that was to go
	return nil
}

// Remove makes an app's key worth nothing, at once, and gives back what Restore takes. An error other than [ErrNotFound] says that
// this could be neither written nor noted, so that the key would count again after a restart; see [Ring.SaveLate].
func (r *Ring) Remove(ctx context.Context, name string) (App, error) {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	apps := r.List()
	at := slices.IndexFunc(apps, func(a App) bool { return a.Name() == name })
	if at < 0 {
		return App{}, ErrNotFound
	}
	gone := apps[at]
	apps = slices.Delete(apps, at, at+1)
	r.apps.Store(&apps)
	err := r.forget(ctx, name)
	if err != nil && r.putOff(gone) {
		return gone, nil
	}
	return gone, err
}

// forget takes the row of an app out of the database; the turn must be held.
func (r *Ring) forget(ctx context.Context, name string) error {
	ctx = context.WithoutCancel(ctx) // a write that has begun has a certain end
	return r.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("app", name)
		_, err := tx.ExecContext(ctx, "DELETE FROM app WHERE name = ?", name)
		return err
	})
}
