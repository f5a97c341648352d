package provider

import (
	"bytes"
	"regexp"
)

// KeyForm is what a key looks like, before it is stored or sent.
type KeyForm uint8

const (
	// KeyFits also stands for keys of no known form: not every provider marks its keys.
	KeyFits KeyForm = iota
	// KeyAdmin is an administrative key, which can make other keys: refused always.
	KeyAdmin
	// KeyOther fits another provider: refused unless the user insists.
	KeyOther
	// KeyMalformed is empty, over 2,560 bytes (what Windows can store), or has blanks, control or non-ASCII characters in it.
	KeyMalformed
	// KeyAddress is a URL, such as that of the page where keys are made.
	KeyAddress
	// KeyMasked is how providers show a key again later: with stars or dots in the place of its middle.
	KeyMasked
)

const maxKey = 2560

var masked = regexp.MustCompile(`\*{3}|\.{3}|…|••`)

// keyForm is one known beginning of keys.
type keyForm struct {
	prefix, provider string
	admin            bool
}

func (k keys) forms(provider string) (f []keyForm) {
	for _, prefix := range k.Fits {
		f = append(f, keyForm{prefix, provider, false})
	}
	for _, prefix := range k.Admin {
		f = append(f, keyForm{prefix, provider, true})
	}
	return f
}

// CheckKey judges a key for a provider by its form alone; other is the ID of the provider that it seems to be for, if that
// is another. The longest known beginning decides; a key of no known form fits everywhere. OpenRouter's management keys
// look like its ordinary ones, so they pass here and fail at the provider.
func (c *Catalogue) CheckKey(providerID string, key []byte) (form KeyForm, other string) {
	switch {
	case len(key) == 0 || len(key) > maxKey:
		return KeyMalformed, ""
	case bytes.Contains(key, []byte("://")):
		return KeyAddress, ""
	case masked.Match(key):
		return KeyMasked, ""
	}
	for _, b := range key {
		if b <= ' ' || b > '~' {
			return KeyMalformed, ""
		}
	}
	var best keyForm
	for _, f := range c.forms {
		if !bytes.HasPrefix(key, []byte(f.prefix)) || len(f.prefix) < len(best.prefix) {
			continue
		}
		if len(f.prefix) > len(best.prefix) || f.provider == providerID {
			best = f // of two providers with the same form, the one that was asked for
		}
	}
	if best.provider != providerID {
		other = best.provider
	}
	p := c.byID[providerID]
	switch {
	case best.admin:
		return KeyAdmin, other
	case other == "" || p == nil || p.anyKey:
		return KeyFits, ""
	}
	return KeyOther, other
}
