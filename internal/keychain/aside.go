package keychain

import (
	"context"
	"errors"
)

// SetAside takes a key out of use at once, as [Keys.Remove] does, but leaves the secret in the vault until [Keys.Sweep], so that
// [Keys.TakeBack] can undo it. The database knows, so that a kill -9 in between brings no key back. It returns [ErrNotFound] or
// the database's error; then nothing has changed.
func (k *Keys) SetAside(ctx context.Context, id ID) error {
	done, err := k.change(ctx)
	if err != nil {
		return err
	}
	defer done()
	r, ok := k.mark(id, true)
	if !ok {
		return ErrNotFound
	}
	if err := k.writeRow(ctx, r); err != nil {
		k.mark(id, false)
		return err
	}
	return nil
}

// TakeBack undoes SetAside. It returns [ErrNotFound] when the key was swept, or replaced, meanwhile.
func (k *Keys) TakeBack(ctx context.Context, id ID) error {
	done, err := k.change(ctx)
	if err != nil {
		return err
	}
	defer done()
	k.mu.Lock()
	r, known := k.index[id]
	k.mu.Unlock()
	if !known || !r.aside {
		return ErrNotFound
	}
	r.aside = false
	if err := k.writeRow(ctx, r); err != nil {
		return err
	}
	k.mark(id, false)
	return nil
}

// mark changes a row in memory, and forgets a secret that goes out of use. It reports whether there was something to change.
func (k *Keys) mark(id ID, aside bool) (row, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, known := k.index[id]
	if !known || r.aside == aside {
		return r, false
	}
	r.aside = aside
	k.index[id] = r
	if aside {
		k.forget(id)
	}
	return r, true
}

// Sweep removes for good what is set aside and due, which it asks for each ID. What the vault refuses now stays set aside, out of
// use, for the next Sweep; its errors are joined.
func (k *Keys) Sweep(ctx context.Context, due func(ID) bool) error {
	var errs []error
	for _, id := range k.Aside() {
		if due(id) {
			errs = append(errs, k.remove(ctx, id, true))
		}
	}
	return errors.Join(errs...)
}

// Aside is what is set aside, in no order.
func (k *Keys) Aside() (ids []ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, r := range k.index {
		if r.aside {
			ids = append(ids, id)
		}
	}
	return ids
}
