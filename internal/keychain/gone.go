package keychain

import (
	"context"
	"errors"
	"fmt"
)

// Look compares the list with what the vault has, where that can say so, so that a key whose entry somebody else has deleted is
// known as gone before it is used. It says whether anything is news. An error says that the vault was not asked, and changes nothing.
func (k *Keys) Look(ctx context.Context) (news bool, err error) {
	v := k.Vault()
	lister, ok := v.(Lister)
	if !ok {
		return false, fmt.Errorf("look into the vault: %w", errors.ErrUnsupported)
	}
	done, err := k.change(ctx) // a key that is being replaced would seem gone
	if err != nil {
		return false, err
	}
	defer done()
	ids, err := lister.List(ctx)
	if err != nil {
		return false, err
	}
	there := make(map[ID]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	damaged := map[ID]bool{}
	if f, ok := v.(*File); ok {
		for _, id := range ids {
			damaged[id] = f.damaged(ctx, id, k.Damaged(id.Key()))
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, r := range k.index {
		if r.Vault != v.Kind() {
			continue
		}
		gone, bad := !there[r.inVault()], damaged[r.inVault()]
		if gone != r.gone || bad != r.damaged {
			r.gone, r.damaged, news = gone, bad, true
			k.index[id] = r
		}
	}
	return news, nil
}

// Damaged says whether the vault could not read the file of a key when it was last asked.
func (k *Keys) Damaged(id ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.index[id].damaged
}

// Gone says whether the vault had no such key when it was last asked.
func (k *Keys) Gone(id ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.index[id].gone
}
