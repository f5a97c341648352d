package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/envkeys"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/secret"
)

// pageKeys gives the proxy its credentials, and nothing more of the keychain than that.
type pageKeys struct{ a *Agent }

func (k pageKeys) Key(ctx context.Context, p *provider.Provider, label string) (string, secret.Secret, error) {
	if k.a.idle.over() { // the machine has slept, and the timer with it
		k.a.lockBy(lockedIdle) //nolint:contextcheck // a lock is no call that may be given up
	}
	c, err := k.a.keys.Pick(p.ID, label, p.KeyEndpoint())
	if err != nil {
		return "", secret.Secret{}, pageKeyError(err)
	}
	s, err := k.a.keys.Secret(ctx, c.ID)
	if err != nil {
		k.a.vault.forget()
		k.a.tellGone()
		k.a.changed()
		return "", secret.Secret{}, pageKeyError(err)
	}
	return c.Label, s, nil
}

func (k pageKeys) Redactor() *secret.Redactor { return k.a.keys.Redactor() }

// pageKeyError keeps "locked" and "silent" apart from "no key": a page's user must not be sent to enter a key again that
// is only out of reach.
func pageKeyError(err error) error {
	switch {
	case errors.Is(err, keychain.ErrUnproven):
		return fmt.Errorf("%w: %w", proxy.ErrKeyUnproven, err)
	case errors.Is(err, keychain.ErrDamaged):
		return fmt.Errorf("%w: %w", proxy.ErrKeyDamaged, err)
	case errors.Is(err, keychain.ErrNotFound):
		return fmt.Errorf("%w: %w", proxy.ErrNoKey, err)
	case errors.Is(err, keychain.ErrLocked), errors.Is(err, keychain.ErrDenied):
		return fmt.Errorf("%w: %w", proxy.ErrKeysLocked, err)
	}
	return fmt.Errorf("%w: %w", proxy.ErrKeysSilent, err)
}

// keyError turns the keychain's errors into sentences.
func (a *Agent) keyError(err error) error {
	if err == nil {
		return nil
	}
	say := func(code, message string) error { return &control.Error{Code: code, Message: message} }
	switch {
	case errors.Is(err, keychain.ErrWrongPassphrase):
		return say(control.Refused, "This is not the passphrase. Nothing was changed.")
	case errors.Is(err, keychain.ErrShortPassphrase):
		return say(control.BadInput, "The passphrase needs at least 8 characters. Nothing was changed.")
	case errors.Is(err, keychain.ErrNewVault):
		return say(control.Locked, "The key file has no passphrase yet. Choose one with: oaklock unlock, or in the window under Keys.")
	case errors.Is(err, keychain.ErrLocked):
		if a.mode() == proxy.Locked {
			return say(control.Locked, "Oaklock is locked, so nothing was done. Unlock it and try again: oaklock unlock")
		}
		return say(control.Locked, "The keychain is locked. Unlock it with: oaklock unlock, and try again; nothing was changed.")
	case errors.Is(err, keychain.ErrDenied):
		return say(control.Refused, "The keychain did not let Oaklock in, so nothing was changed. Without a way to its dialog (no display), keys can lie in a file encrypted with a passphrase instead: oaklock settings set vault file, then oaklock unlock.")
	case errors.Is(err, keychain.ErrTimeout):
		return say(control.Unavailable, "The keychain did not answer; it may be waiting for you in a dialog. Look there and try again.")
	case errors.Is(err, keychain.ErrTooBig):
		return say(control.BadInput, "The key is longer than the 2,560 bytes that a keychain takes. Nothing was saved.")
	case errors.Is(err, keychain.ErrLabel):
		return say(control.BadInput, "A label has 1 to 40 letters, digits, blanks, dots, hyphens or underscores, and begins with a letter or digit.")
	case errors.Is(err, keychain.ErrGone):
		return say(control.NotFound, "Something other than Oaklock has taken this key out of your keychain. Add it again with: oaklock keys add; see which with: oaklock keys list.")
	case errors.Is(err, keychain.ErrNotFound):
		return say(control.NotFound, "There is no such key.")
	case errors.Is(err, keychain.ErrOtherKey):
		return say(control.Refused, "Where this key was kept there is another one, which you did not give to Oaklock, so it is not used. Add the key again with: oaklock keys add.")
	case errors.Is(err, keychain.ErrUnproven):
		return say(control.Refused, "Another program has changed the entry of this key, so it is not used. Add the key again, or confirm everything with: oaklock sites trust.")
	case errors.Is(err, keychain.ErrDamaged):
		return say(control.Unavailable, "A file that your keys lie in is damaged and cannot be read. Whether it is the file of a key says: oaklock keys list; that key is then to be added again with: oaklock keys add. Otherwise put back a copy of the folder vault.")
	case errors.Is(err, keychain.ErrUnavailable):
		return say(control.Unavailable, "There is no keychain on this machine, so nothing was saved. To keep keys in a file encrypted with a passphrase: oaklock settings set vault file, then oaklock unlock; or in the window under Keys.")
	}
	a.log.Error("keychain", "error", err)
	return saving(err)
}

// Keys lists the credentials, without the secrets.
func (a *Agent) Keys(ctx context.Context) ([]control.Key, error) {
	if a.vault.keysOld() {
		a.lookForKeys(ctx)
	}
	out := []control.Key{}
	for _, c := range a.keys.List() {
		out = append(out, a.showKey(c))
	}
	return out, nil
}

func (a *Agent) showKey(c keychain.Credential) control.Key {
	k := control.Key{Provider: c.Provider, Name: c.Provider, Label: c.Label, Hint: c.Hint, Endpoint: c.Endpoint,
		Added: millis(c.Added), LastUsed: millis(c.LastUsed), Vault: c.Vault}
	if !c.Renewed.IsZero() {
		k.Added = millis(c.Renewed)
	}
	limits := a.ledger.KeyLimits(c.Provider, c.Label)
	if limits == ledger.NothingGoes { // which nobody has set; Trouble says it
		limits = grant.Limits{}
	}
	k.Limits, k.Use = control.Limits(limits), showUse(a.ledger.KeyUse(c.Provider, c.Label), limits)
	if p, ok := a.catalogue.Load().Provider(c.Provider); ok {
		k.Name = p.Name
	}
	k.Trouble = a.keyTrouble(c)
	k.Usable = k.Trouble == ""
	return k
}

// keyTrouble is why no site can use a key, as control.Key.Trouble has it; empty where one can.
func (a *Agent) keyTrouble(c keychain.Credential) string {
	p, ok := a.catalogue.Load().Provider(c.Provider)
	switch {
	case !ok:
		return control.KeyNoProvider
	case c.Vault != a.keys.Vault().Kind():
		return control.KeyElsewhere
	case a.keys.Gone(c.ID):
		return control.KeyGone
	case a.keys.Damaged(c.ID):
		return control.KeyDamaged
	case !a.keys.Proven(c.ID):
		return control.KeyChanged
	case p.KeyEndpoint() != c.Endpoint:
		return control.KeyMoved
	case a.ledger.KeyLimits(c.Provider, c.Label) == ledger.NothingGoes:
		return control.KeyLimitLost
	}
	return ""
}

// lookForKeys notices keys that the vault has no more, beside what else is done: a vault that does not answer at once is let be.
func (a *Agent) lookForKeys(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	a.vault.looks()
	news, err := a.keys.Look(ctx)
	if err != nil && !errors.Is(err, keychain.ErrTimeout) {
		a.vault.keysChanged() // a no costs nothing, and may be another answer the next time
	}
	if err == nil && news {
		a.tellGone()
		a.changed()
	}
}

// tellGone shows which keys are not where Oaklock has put them, or not as it has.
func (a *Agent) tellGone() {
	a.tellDamaged()
	const code = "key_gone"
	var names []string
	var gone []keychain.ID
	for _, c := range a.keys.List() {
		if a.keys.Gone(c.ID) {
			names = append(names, c.ID.String())
			gone = append(gone, c.ID)
		}
	}
	if len(names) == 0 {
		a.problems.remove(code)
		return
	}
	p := control.Problem{Code: code,
		Message: "Something other than Oaklock has taken out of your keychain: " + strings.Join(names, ", ") + ". No site can use what is not there.",
		Fix:     fmt.Sprintf("Add it again with: oaklock keys add %s; or take it off the list with: oaklock keys remove %s", keyWords(gone), keyWords(gone))}
	if a.keys.Vault().Kind() == "file" {
		p.Message = "Something other than Oaklock has deleted files in which your keys were: " + strings.Join(names, ", ") + ". No site can use what is not there."
	}
	a.problems.add(p)
}

// keyWords names the key in a command, and of several none.
func keyWords(keys []keychain.ID) string {
	if len(keys) != 1 {
		return "PROVIDER --label LABEL"
	}
	return control.KeyWords(keys[0].Provider, keys[0].Label)
}

func (a *Agent) tellDamaged() {
	const code = "key_damaged"
	var names []string
	for _, c := range a.keys.List() {
		if a.keys.Damaged(c.ID) {
			names = append(names, c.ID.String())
		}
	}
	if len(names) == 0 {
		a.problems.remove(code)
		return
	}
	a.problems.add(control.Problem{Code: code,
		Message: "The file of a key is damaged and cannot be read: " + strings.Join(names, ", ") + ". No site can use it.",
		Fix:     "Add the key again with: oaklock keys add PROVIDER --label LABEL; or put back a copy of the folder vault"})
}

// minKey is the length in bytes from which on a key can be told from chance, so that the redactor finds it in an answer.
const minKey = 6

// AddKey looks at the key's form, saves it, and says so only after reading it back.
func (a *Agent) AddKey(ctx context.Context, in control.AddKey) (control.Key, error) {
	p, ok := a.catalogue.Load().Provider(in.Provider)
	if !ok {
		return control.Key{}, a.noProvider()
	}
	in.Secret = envkeys.Pasted(in.Secret)
	raw := []byte(in.Secret)
	defer clear(raw)
	if envkeys.NameOnly(in.Secret) {
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "This is the name of a variable without its value. Paste the key itself, or the whole line that sets it. Nothing was saved."}
	}
	if len(raw) < minKey {
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "This is too short to be a key. Nothing was saved."}
	}
	label := strings.TrimSpace(in.Label)
	if label == "" {
		label = keychain.DefaultLabel
	}
	before, replaces := a.keyNamed(keychain.ID{Provider: p.ID, Label: label})
	asks := replaces && in.Careful && !in.Anyway
	form, other := a.catalogue.Load().CheckKey(p.ID, raw)
	switch {
	case strings.ContainsAny(in.Secret[:1]+in.Secret[len(in.Secret)-1:], "\"'`"):
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "There are quotes around this key. Paste what stands between them. Nothing was saved."}
	case form == provider.KeyMalformed:
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "This is not a key: a key is one word of at most 2,560 plain characters. Nothing was saved."}
	case form == provider.KeyAddress:
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "This is an address and not a key. Copy the key itself. Nothing was saved."}
	case form == provider.KeyMasked:
		return control.Key{}, &control.Error{Code: control.BadInput, Message: "Stars or dots stand in the middle of this key: so providers show one that they have shown before. Copy it whole from where you keep it, or make a new one at the provider. Nothing was saved."}
	case form == provider.KeyAdmin:
		return control.Key{}, &control.Error{Code: control.Refused, Message: "This is an administrative key, which can manage the whole account. Oaklock takes only keys for asking models. Nothing was saved."}
	case form == provider.KeyOther && !in.Anyway:
		name := other
		if q, ok := a.catalogue.Load().Provider(other); ok {
			name = q.Name
		}
		if asks { // whoever insists does so once
			return control.Key{}, &control.Error{Code: control.Doubtful, Message: fmt.Sprintf("This looks like a key of %s, not of %s, and it would replace the one called “%s”, which ends in %s. Nothing was saved.", name, p.Name, label, before.Hint)}
		}
		return control.Key{}, &control.Error{Code: control.Doubtful, Message: fmt.Sprintf("This looks like a key of %s, not of %s. Nothing was saved.", name, p.Name)}
	case asks:
		return control.Key{}, &control.Error{Code: control.Doubtful, Message: fmt.Sprintf("This would replace your %s key called “%s”, which ends in %s. To keep both, give this one another name. Nothing was saved.", p.Name, label, before.Hint)}
	}
	if a.mode() == proxy.Locked {
		return control.Key{}, a.keyError(a.whyLocked())
	}
	a.readySeal(ctx)
	c, err := a.keys.Add(ctx, keychain.Credential{ID: keychain.ID{Provider: p.ID, Label: label}, Endpoint: p.KeyEndpoint()}, raw)
	if err != nil {
		return control.Key{}, a.keyError(err)
	}
	a.vault.keysChanged()
	a.tellGone()
	a.changed()
	k := a.showKey(c)
	if replaces {
		k.Replaced = before.Hint
	}
	return k, nil
}

// keyNamed finds the key that one of that name would replace. Of one whose entry is gone nothing is left.
func (a *Agent) keyNamed(id keychain.ID) (keychain.Credential, bool) {
	for _, c := range a.keys.List() {
		if c.ID == id && a.keyTrouble(c) != control.KeyGone {
			return c, true
		}
	}
	return keychain.Credential{}, false
}

// whyLocked tells a file vault without a passphrase from one that is locked.
func (a *Agent) whyLocked() error {
	if a.keys.Vault().Kind() == "file" && !a.file.Exists() {
		return keychain.ErrNewVault
	}
	return keychain.ErrLocked
}

// RemoveKey takes a credential out of the vault and the list.
func (a *Agent) RemoveKey(ctx context.Context, r control.KeyRef) error {
	id := a.keyID(r)
	if err := a.keys.Remove(ctx, id); err != nil {
		return a.keyError(err)
	}
	a.pages.EndKey(id.Provider, id.Label)
	a.upstream.Forget() // as at a lock
	// Its limit goes with it: a key of the same label later is another key.
	if err := a.ledger.LimitKey(ctx, id.Provider, id.Label, grant.Limits{}); err != nil {
		a.log.Warn("the limit of a removed key stays", "error", err)
	}
	a.vault.keysChanged()
	a.tellGone()
	a.changed()
	return nil
}

// keyID completes a reference without a label: the provider's only key, or the one called default.
func (a *Agent) keyID(r control.KeyRef) keychain.ID {
	id := keychain.ID{Provider: r.Provider, Label: r.Label}
	if id.Label != "" {
		return id
	}
	var own []keychain.Credential
	for _, c := range a.keys.List() {
		if c.Provider == r.Provider {
			own = append(own, c)
		}
	}
	if len(own) == 1 {
		return own[0].ID
	}
	id.Label = "default"
	return id
}

// testTimeout bounds the call that tries a key.
const testTimeout = 10 * time.Second

// TestKey makes the provider's cheapest call with a key.
func (a *Agent) TestKey(ctx context.Context, r control.KeyRef) (control.KeyTest, error) {
	p, ok := a.catalogue.Load().Provider(r.Provider)
	if !ok {
		return control.KeyTest{}, a.noProvider()
	}
	if err := a.prove(ctx); err != nil { // before that the entry may say that the key goes to another place
		return control.KeyTest{}, a.keyError(err)
	}
	c, err := a.keys.Pick(p.ID, a.keyID(r).Label, p.KeyEndpoint())
	if err != nil {
		return control.KeyTest{}, a.keyError(err)
	}
	s, err := a.keys.Try(ctx, c.ID)
	if err != nil {
		a.tellGone()
		a.changed()
		return control.KeyTest{}, a.keyError(err)
	}
	req, err := p.TestRequest(s) //nolint:contextcheck // the request gets the context below
	if err != nil {
		return control.KeyTest{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	resp, err := a.upstream.RoundTrip(req.WithContext(ctx))
	if err != nil {
		a.log.Info("a key could not be tested", "provider", p.ID, "error", err)
		return control.KeyTest{Message: p.Name + " could not be reached, so the key was not tested."}, nil
	}
	defer func() { _ = resp.Body.Close() }()
	a.keys.Used(c.ID)
	if resp.StatusCode/100 == 2 {
		return control.KeyTest{Works: true, Status: resp.StatusCode, Message: "works"}, nil
	}
	return control.KeyTest{Status: resp.StatusCode, Message: a.providersWords(p, resp)}, nil
}

// providersWords quotes a provider's refusal, without the key that it may echo.
func (a *Agent) providersWords(p *provider.Provider, resp *http.Response) string {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	if err != nil {
		body = nil
	}
	body = a.keys.Redactor().Bytes(body)
	var said struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	words := ""
	if json.Unmarshal(body, &said) == nil {
		var inner struct {
			Message string `json:"message"`
		}
		switch {
		case json.Unmarshal(said.Error, &inner) == nil && inner.Message != "":
			words = inner.Message
		case json.Unmarshal(said.Error, &words) == nil && words != "":
		default:
			words = said.Message
		}
	}
	words = strings.Join(strings.Fields(words), " ")
	if len(words) > 300 {
		words = strings.ToValidUTF8(words[:300], "") + "…"
	}
	if words == "" {
		return fmt.Sprintf("%s answered %d %s.", p.Name, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return fmt.Sprintf("%s says: %s", p.Name, words)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
