package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
)

// Removed is what Reset took away, and what it could not.
type Removed struct {
	Keys      int      // out of the system's keychain, and with the encrypted file
	Providers []string // the ids of the providers that those keys were for; there they stay valid
	Left      []string // what is still there, each in words for the user
}

// Reset takes away all that Oaklock has put onto the machine for the profile folder of o: the keys, what starts at login, and the
// files. The agent must not run; the error then wraps control.ErrRunning. A folder that is not there is nothing to do.
//
// The keys go first. If one of them stays, everything else does too, and with it the list that says where the keys lie: the user
// opens the keychain and tries again. Of the folder only the files that Oaklock made are deleted, because a user may have named a
// folder that has others.
func Reset(ctx context.Context, o Options) (r Removed, err error) {
	if _, err := os.Lstat(o.Home); !errors.Is(err, fs.ErrNotExist) {
		door, err := control.Listen(o.Home) // nobody else has the folder meanwhile
		if err != nil {
			return r, HomeError(o.Home, err)
		}
		defer func() { _ = door.Close() }() // a second time does no harm
		if err := removeKeys(ctx, o, &r); err != nil {
			return r, err
		}
		if err := door.Close(); err != nil {
			return r, fmt.Errorf("give back the profile folder: %w", err)
		}
		if err := removeFiles(o.Home, &r); err != nil {
			return r, err
		}
	}
	if o.Autostart != nil {
		if err := o.Autostart.Set(false); err != nil {
			r.Left = append(r.Left, "the entry that starts Oaklock at login; switch it off in your desktop's settings")
		}
	}
	return r, nil
}

func removeKeys(ctx context.Context, o Options, r *Removed) (err error) {
	db, err := store.Open(ctx, o.Home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	vault, mark, err := openKeychain(o)
	if err != nil {
		return err
	}
	keys, err := keychain.New(db, vault) //nolint:contextcheck // as in openVault
	if err != nil {
		return fmt.Errorf("read the list of keys: %w", err)
	}
	defer keys.Close()
	asked := false
	opened := func(do func() error) error {
		err := do()
		if u, ok := vault.(keychain.Unlocker); ok && errors.Is(err, keychain.ErrLocked) && !asked {
			asked = true // the system's own dialog; once is enough to hear a no
			if u.Unlock(ctx) == nil {
				err = do()
			}
		}
		return err
	}
	taken := map[keychain.ID]bool{}
	for _, c := range keys.List() {
		if c.Vault == vault.Kind() { // the encrypted file goes with the folder
			if err := opened(func() error { return keys.Remove(ctx, c.ID) }); err != nil {
				return fmt.Errorf("the key %s could not be taken out of your keychain, and nothing after it was touched: %w", c.ID, err)
			}
		}
		taken[c.ID] = true
	}
	lost := db.Recovered != "" || hasBroken(o.Home)
	if err := removeUnlisted(ctx, vault, lost, opened, taken, r); err != nil {
		return err
	}
	if ids, err := keychain.NewFile(o.Home).List(ctx); err == nil {
		for _, id := range ids {
			taken[id.Key()] = true
		}
	}
	for id := range taken {
		if isOwn(id) {
			continue
		}
		r.Keys++
		if !slices.Contains(r.Providers, id.Provider) {
			r.Providers = append(r.Providers, id.Provider)
		}
	}
	slices.Sort(r.Providers)
	key, memo := sealIDs(o.Home, mark)
	for _, id := range []keychain.ID{memo, key} {
		err := vault.Delete(ctx, id)
		if err != nil && !errors.Is(err, keychain.ErrNotFound) && !errors.Is(err, keychain.ErrUnavailable) {
			r.Left = append(r.Left, "the item "+id.String()+" of the service Oaklock in your keychain; it opens nothing")
		}
	}
	return nil
}

// removeUnlisted takes away keys of this profile that the database does not know of: a broken one was replaced by an empty one.
// Where that may be so (lost) and the keychain cannot say what it has, the user is told.
func removeUnlisted(ctx context.Context, vault keychain.Vault, lost bool, opened func(func() error) error, taken map[keychain.ID]bool, r *Removed) error {
	lister, ok := vault.(keychain.Lister)
	var ids []keychain.ID
	err := errors.ErrUnsupported
	if ok {
		list := func() (err error) { ids, err = lister.List(ctx); return err }
		if lost {
			err = opened(list)
		} else {
			err = list()
		}
	}
	switch {
	case err != nil && lost && errors.Is(err, keychain.ErrLocked):
		return fmt.Errorf("what is in your keychain could not be seen, and nothing was touched: %w", err)
	case err != nil && lost:
		r.Left = append(r.Left, "keys in your keychain, should there be any: a database with the list of them was broken; they are the items of the service Oaklock")
	}
	for _, id := range ids {
		if id.Provider == sealProvider {
			continue // those of other profiles are nothing of ours
		}
		if err := vault.Delete(ctx, id); err != nil && !errors.Is(err, keychain.ErrNotFound) {
			return fmt.Errorf("the key %s could not be taken out of your keychain, and nothing after it was touched: %w", id, err)
		}
		taken[id.Key()] = true
	}
	return nil
}

// isOwn says that an entry is no key of the user's.
func isOwn(id keychain.ID) bool { return id.Provider == sealProvider || id == doctorID }

// hasBroken says whether a broken database was moved aside here.
func hasBroken(home string) bool {
	names, err := filepath.Glob(filepath.Join(escape(home), store.FileName+".broken-*"))
	return err == nil && len(names) > 0
}

// ours are the files of the profile folder, as patterns of filepath.Match, in the order in which they go: the database is last,
// because it is what a second try needs.
var ours = []string{
	"vault/*.age", "vault/.new-*", "vault",
	ledger.HoldsName, store.MarksName, "agent.log", "agent.lock", "agent.sock", "agent.sock.path",
	markFile, markFile + ".new-*", store.FileName + ".broken-*", store.FileName + "-*", store.FileName,
}

func removeFiles(home string, r *Removed) error {
	for _, pattern := range ours {
		names, err := filepath.Glob(filepath.Join(escape(home), filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("look for %s: %w", pattern, err)
		}
		for _, name := range names {
			// Remove follows no link and deletes no folder that has something in it.
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				r.Left = append(r.Left, name)
			}
		}
	}
	if err := os.Remove(home); err != nil {
		r.Left = append(r.Left, "the folder "+home+", because there is more in it than what Oaklock put there")
	}
	return nil
}

// escape makes a folder's name mean itself to filepath.Glob.
func escape(name string) string {
	if os.PathSeparator == '\\' {
		return name // where a backslash parts folders nothing can be escaped, and a name cannot have * or ?
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
