package keychain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

var (
	// ErrMoved says that there are keys, but given for another address of the provider: a key goes where the user gave
	// it for, and nowhere else. It is an [ErrNotFound].
	ErrMoved = fmt.Errorf("%w for this address of the provider", ErrNotFound)
	// ErrUnproven says that the entry of a key was changed by another program, so that it might be sent to another place
	// than the user gave it for. It is an [ErrUnavailable].
	ErrUnproven = fmt.Errorf("%w: its entry was changed by another program", ErrUnavailable)
	// ErrOtherKey says that the vault has another key than the user gave: another program has put it there. It is an [ErrUnproven].
	ErrOtherKey = fmt.Errorf("%w: another key is in its place", ErrUnproven)
	// ErrOtherVault says that a key lies in the vault that is not in use now. It is an [ErrUnavailable].
	ErrOtherVault = fmt.Errorf("%w that holds this key", ErrUnavailable)
)

// Keys are the credentials of the agent: the index in the database, the secrets in the vault, and those in use in memory
// until Lock. All methods may be called from any goroutine.
type Keys struct {
	db      *store.DB
	writing chan struct{} // one Add or Remove at a time, so that vault and index agree

	redactor atomic.Pointer[secret.Redactor] // of what is in memory; never nil

	ctx      context.Context // of fetches, which outlive the request that began them
	cancel   context.CancelFunc
	fetchers sync.WaitGroup

	mu       sync.Mutex // guards what follows; never held while a vault or the database works
	vault    Vault
	index    map[ID]row
	memory   map[ID]secret.Secret
	fetching map[ID]*fetch
	locked   bool
	closed   bool
	retired  []weak.Pointer[secret.Redactor] // earlier redactors that a running stream may still use
}

// fetch is one call to the vault that any number of requests wait for.
type fetch struct {
	done   chan struct{}
	used   bool          // by one who waits; guarded by Keys.mu
	secret secret.Secret // after done
	err    error         // after done
	stale  bool          // after done: the key was locked, replaced or removed meanwhile; look again
}

// New reads the index. It does not touch the vault.
func New(db *store.DB, v Vault) (*Keys, error) {
	index, err := readIndex(context.Background(), db)
	if err != nil {
		return nil, fmt.Errorf("read the list of keys: %w", err)
	}
	k := &Keys{
		db: db, vault: v, index: index,
		writing: make(chan struct{}, 1), memory: map[ID]secret.Secret{}, fetching: map[ID]*fetch{},
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.redactor.Store(secret.NewRedactor())
	return k, nil
}

// List is all credentials but those set aside, by provider, in the order in which [Keys.Pick] takes them.
func (k *Keys) List() []Credential {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := make([]Credential, 0, len(k.index))
	for _, r := range k.index {
		if !r.aside {
			list = append(list, r.Credential)
		}
	}
	slices.SortFunc(list, func(a, b Credential) int {
		if c := strings.Compare(a.Provider, b.Provider); c != 0 {
			return c
		}
		return before(a, b)
	})
	return list
}

// before orders a provider's credentials: the one called [DefaultLabel], then by when they were added. A key that replaces another
// keeps its place, so that no site goes to another account because a key was renewed.
func before(a, b Credential) int {
	if usual := a.Label == DefaultLabel; usual != (b.Label == DefaultLabel) {
		if usual {
			return -1
		}
		return 1
	}
	if c := a.Added.Compare(b.Added); c != 0 {
		return c
	}
	return strings.Compare(a.Label, b.Label)
}

// Pick chooses the credential for a provider at an endpoint (provider.KeyEndpoint). Without a label it is the one called
// [DefaultLabel], else the one added first. It returns [ErrNotFound], or [ErrMoved] if only the endpoint does not fit.
func (k *Keys) Pick(providerID, label, endpoint string) (Credential, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var first Credential
	err := ErrNotFound
	for _, r := range k.index {
		c := r.Credential
		switch {
		case r.aside || c.Provider != providerID || label != "" && c.Label != label:
		case r.unproven:
			err = ErrUnproven
		case c.Endpoint != endpoint:
			if errors.Is(err, ErrNotFound) {
				err = ErrMoved
			}
		case first.Provider == "" || before(c, first) < 0:
			first, err = c, nil
		}
	}
	return first, err
}

// Secret is from memory, or else from the vault; requests that need the same key at the same time wait for one call. It
// returns [ErrLocked], [ErrNotFound], [ErrGone], or what the vault says. The redactor knows the secret before Secret returns. It
// stays the Keys' own: the caller does not wipe it, and finds it empty after Lock.
func (k *Keys) Secret(ctx context.Context, id ID) (secret.Secret, error) { return k.get(ctx, id, true) }

// Try is Secret for somebody who may not come to use it, and then says so with Used.
func (k *Keys) Try(ctx context.Context, id ID) (secret.Secret, error) { return k.get(ctx, id, false) }

// Used notes that a key was used now.
func (k *Keys) Used(id ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r, ok := k.index[id]; ok {
		k.use(&r)
		k.index[id] = r
	}
}

// rarely is how much of the times of last use a kill -9 may lose.
const rarely = time.Hour

// use notes a use; k.mu is held. It is written at Lock and Close, and meanwhile rarely, beside the request.
func (k *Keys) use(r *row) {
	if time.Since(r.LastUsed) > rarely && !k.closed {
		k.fetchers.Go(k.saveUse)
	}
	r.LastUsed, r.unsaved = time.Now(), true
}

// Is says whether a key is this one, and is no use of it. What cannot be read now is none.
func (k *Keys) Is(ctx context.Context, id ID, b []byte) bool {
	s, err := k.get(ctx, id, false)
	return err == nil && s.Equal(b)
}

func (k *Keys) get(ctx context.Context, id ID, use bool) (secret.Secret, error) {
	for {
		s, f, err := k.fromMemory(id, use)
		if f == nil {
			return s, err
		}
		select {
		case <-f.done:
			if !f.stale {
				return f.secret, f.err
			}
		case <-ctx.Done():
			return secret.Secret{}, late(ctx.Err())
		}
	}
}

// fromMemory gives a result, or the fetch to wait for.
func (k *Keys) fromMemory(id ID, use bool) (secret.Secret, *fetch, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.locked || k.closed {
		return secret.Secret{}, nil, ErrLocked
	}
	r, known := k.index[id]
	if !known || r.aside {
		return secret.Secret{}, nil, ErrNotFound
	}
	if r.unproven {
		return secret.Secret{}, nil, ErrUnproven
	}
	if s, ok := k.memory[id]; ok {
		if use {
			k.use(&r)
			k.index[id] = r
		}
		return s, nil, nil
	}
	if f, ok := k.fetching[id]; ok {
		f.used = f.used || use
		return secret.Secret{}, f, nil
	}
	if r.Vault != k.vault.Kind() {
		return secret.Secret{}, nil, ErrOtherVault
	}
	f := &fetch{done: make(chan struct{}), used: use}
	k.fetching[id] = f
	v := k.vault
	k.fetchers.Go(func() {
		s, err := v.Get(k.ctx, r.inVault())
		k.fetched(id, f, s, err)
	})
	return secret.Secret{}, f, nil
}

// fetched takes what the vault gave into memory, unless it came too late.
func (k *Keys) fetched(id ID, f *fetch, s secret.Secret, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer close(f.done)
	if k.fetching[id] != f {
		s.Wipe()
		f.stale = true
		return
	}
	delete(k.fetching, id)
	r := k.index[id]
	r.other = err == nil && s.Hint() != r.Hint
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) { // any other error says nothing of its file
		r.damaged = errors.Is(err, ErrDamaged)
	}
	switch {
	case r.other:
		s.Wipe()
		r.gone, err = false, ErrOtherKey
	case err == nil:
		k.remember(id, s)
		r.gone = false
		if f.used {
			k.use(&r)
		}
	case errors.Is(err, ErrNotFound): // any other error says nothing of whether it is there
		r.gone = true
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	f.secret, f.err = s, err
	k.index[id] = r
}

// Judge tells which entries Oaklock has written itself. The others are listed, and their keys are not used: an entry says
// where a key may be sent.
func (k *Keys) Judge(proves func(table string, key ...string) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, r := range k.index {
		r.unproven = !proves("credential", id.Provider, id.Label)
		k.index[id] = r
		if r.unproven {
			k.forget(id)
		}
	}
}

// Proven says whether the entry of a key may be used.
func (k *Keys) Proven(id ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.index[id]
	return !r.unproven && !r.other
}

// InMemory is the secrets that the redactor looks for.
func (k *Keys) InMemory() []secret.Secret {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inMemory()
}

func (k *Keys) inMemory() []secret.Secret {
	all := make([]secret.Secret, 0, len(k.memory))
	for _, s := range k.memory {
		all = append(all, s)
	}
	return all
}

// Redactor knows every secret in memory. It costs one atomic load. Take it after [Keys.Secret], once for each answer; it
// stays good while keys come and go, and is wiped by Lock, which cuts the streams that use it.
func (k *Keys) Redactor() *secret.Redactor { return k.redactor.Load() }

// remember and forget change the memory; k.mu is held. Nothing of that ID is there when remember is called.
func (k *Keys) remember(id ID, s secret.Secret) {
	k.memory[id] = s
	k.compile()
}

func (k *Keys) forget(id ID) {
	delete(k.fetching, id)
	if s, ok := k.memory[id]; ok {
		s.Wipe()
		delete(k.memory, id)
		k.compile()
	}
}

func (k *Keys) forgetAll() {
	clear(k.fetching)
	for id, s := range k.memory {
		s.Wipe()
		delete(k.memory, id)
	}
	old := k.redactor.Swap(secret.NewRedactor())
	old.Wipe()
	for _, p := range k.retired {
		p.Value().Wipe()
	}
	k.retired = nil
}

func (k *Keys) compile() {
	old := k.redactor.Swap(secret.NewRedactor(k.inMemory()...))
	k.retired = slices.DeleteFunc(k.retired, func(p weak.Pointer[secret.Redactor]) bool { return p.Value() == nil })
	k.retired = append(k.retired, weak.Make(old))
}

// Lock wipes the secrets in memory, locks the vault if it is one that can be ([File]), and makes Secret answer ErrLocked
// until Unlock. Streams that still use a redactor of before fail with secret.ErrWiped.
func (k *Keys) Lock() {
	k.mu.Lock()
	k.locked = true
	k.forgetAll()
	lockVault(k.vault)
	k.mu.Unlock()
	k.saveUse()
}

// Forget wipes the secrets in memory, as Lock does, and lets Secret ask the vault anew. It says whether there were any.
func (k *Keys) Forget() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	had := len(k.memory) > 0
	k.forgetAll()
	return had
}

// Unlock lets Secret ask the vault again. It does not open the vault: [File.Unlock] and [Unlocker] do.
func (k *Keys) Unlock() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.locked = false
}

// Locked reports whether Lock was called and Unlock was not.
func (k *Keys) Locked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.locked
}

// Vault is the one in use.
func (k *Keys) Vault() Vault {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.vault
}

// SetVault uses another vault from now on, wipes what came from the one before, and locks that if it is of another kind
// and can be locked.
func (k *Keys) SetVault(v Vault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgetAll()
	if k.vault.Kind() != v.Kind() {
		lockVault(k.vault)
	}
	k.vault = v
}

// lockVault forgets a passphrase; it does no I/O.
func lockVault(v Vault) {
	if l, ok := v.(interface{ Lock() }); ok {
		l.Lock()
	}
}

// Close wipes everything, waits for calls to the vault (their deadlines hold), and saves when each key was last used.
// The database stays the caller's.
func (k *Keys) Close() {
	k.mu.Lock()
	k.closed = true
	k.forgetAll()
	lockVault(k.vault)
	k.mu.Unlock()
	k.cancel()
	k.fetchers.Wait()
	k.saveUse()
}
