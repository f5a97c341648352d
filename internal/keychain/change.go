package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oaklock/oaklock/internal/secret"
)

// Add stores a key under c.Provider and c.Label ("" is [DefaultLabel]), bound to c.Endpoint, and returns the credential
// with Label, Hint, Added and Vault set. It replaces one of the same name. b stays the caller's, to be wiped.
//
// The secret is in the vault before the index knows it, and a replaced one lies beside the new one until then: whatever
// fails, and a kill -9 at any moment, leaves the old key with its old endpoint as it was. Errors are [ErrLabel],
// [ErrTooBig], secret.ErrEmpty, [ErrLocked], those of the vault, and those of the database.
func (k *Keys) Add(ctx context.Context, c Credential, b []byte) (Credential, error) {
	label, err := CheckLabel(c.Label)
	if err != nil {
		return Credential{}, err
	}
	if err := checkSize(b); err != nil {
		return Credential{}, err
	}
	own, err := secret.New(bytes.Clone(b))
	if err != nil {
		return Credential{}, err
	}
	done, err := k.change(ctx)
	if err != nil {
		own.Wipe()
		return Credential{}, err
	}
	defer done()

	k.mu.Lock()
	v, id, locked := k.vault, ID{c.Provider, label}, k.locked || k.closed
	old, replaces := k.index[id]
	k.mu.Unlock()
	if locked {
		own.Wipe()
		return Credential{}, ErrLocked
	}
	added := row{Credential: Credential{
		ID: id, Hint: own.Hint(), Endpoint: c.Endpoint, Vault: v.Kind(),
		Added: time.Now().Truncate(time.Millisecond), // as the index keeps it
	}}
	if replaces && !old.aside {
		added.Added, added.Renewed = old.Added, added.Added // it keeps its place, see before
	}
	replaces = replaces && old.Vault == added.Vault
	added.second = replaces && !old.second
	if err := k.save(ctx, v, added, b); err != nil {
		own.Wipe()
		return Credential{}, fmt.Errorf("add %s: %w", id, err)
	}
	k.take(v, added, own)
	if replaces {
		// What stays if this fails is in the way of nobody: the next replacement writes over it.
		_ = discard(context.WithoutCancel(ctx), v, old.inVault())
	}
	return added.Credential, nil
}

// save writes vault and index. If it fails it takes out of the vault what it may have put there, as far as that goes: a
// vault that fails now may fail at that too.
func (k *Keys) save(ctx context.Context, v Vault, r row, b []byte) error {
	err := v.Put(ctx, r.inVault(), b)
	written := err == nil || errors.Is(err, ErrNotSaved) || errors.Is(err, ErrTimeout)
	ctx = context.WithoutCancel(ctx) // from here on it is not the asker's any more to stop half-way
	if err == nil {
		err = k.writeRow(ctx, r)
	}
	if err != nil && written {
		_ = discard(ctx, v, r.inVault())
	}
	return err
}

// take puts an added key into memory, unless it was locked meanwhile.
func (k *Keys) take(v Vault, r row, s secret.Secret) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(r.ID)
	k.index[r.ID] = r
	if k.locked || k.closed || k.vault != v {
		s.Wipe()
		return
	}
	k.remember(r.ID, s)
}

// Remove deletes a key from the vault, then from the index: if the vault fails, the key is still listed and can be
// removed later. That it is to go is written down before, so that nothing is deleted where nothing can be written. Errors are
// [ErrNotFound], [ErrOtherVault], and those of vault and database.
func (k *Keys) Remove(ctx context.Context, id ID) error { return k.remove(ctx, id, false) }

// remove with onlyAside does nothing to a key that was taken back, or added anew, before its turn came.
func (k *Keys) remove(ctx context.Context, id ID, onlyAside bool) error {
	done, err := k.change(ctx)
	if err != nil {
		return err
	}
	defer done()

	k.mu.Lock()
	v := k.vault
	r, known := k.index[id]
	k.mu.Unlock()
	switch {
	case onlyAside && !(known && r.aside):
		return nil
	case !known:
		return ErrNotFound
	case r.Vault != v.Kind():
		return fmt.Errorf("remove %s: %w", id, ErrOtherVault)
	}
	going := r
	going.aside = true
	if !r.aside {
		if err := k.writeRow(ctx, going); err != nil {
			return fmt.Errorf("remove %s: %w", id, err)
		}
	}
	// The other place too: a replacement that was cut short can have left a secret there.
	other := r
	other.second = !r.second
	for _, one := range []row{r, other} {
		if err := discard(ctx, v, one.inVault()); err != nil {
			if !r.aside {
				_ = k.writeRow(context.WithoutCancel(ctx), r) // else the next start removes it, as the user wanted
			}
			return fmt.Errorf("remove %s: %w", id, err)
		}
	}
	k.mu.Lock()
	k.forget(id)
	k.mu.Unlock()
	err = k.deleteRow(context.WithoutCancel(ctx), id)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(id) // a fetch that began in between
	if err != nil {
		k.index[id] = going // it is gone all the same, and its row goes with the next Sweep
		return nil
	}
	delete(k.index, id)
	return nil
}

// discard deletes what may not be there.
func discard(ctx context.Context, v Vault, id ID) error {
	if err := v.Delete(ctx, id); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// change waits for the turn to change vault and index.
func (k *Keys) change(ctx context.Context) (done func(), err error) {
	select {
	case k.writing <- struct{}{}:
		return func() { <-k.writing }, nil
	case <-ctx.Done():
		return nil, late(ctx.Err())
	}
}
