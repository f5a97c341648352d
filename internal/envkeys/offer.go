package envkeys

import (
	"fmt"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
)

// IDs are those of the providers, as Environment and File want them.
func IDs(providers []control.Provider) []string {
	ids := make([]string, 0, len(providers))
	for _, p := range providers {
		ids = append(ids, p.ID)
	}
	return ids
}

// Offer describes what was found, without the secrets, with a label for each that no stored key has yet. The ID of the n-th is
// its number in found. Has says whether the provider has that very key; it is asked only where the last characters are those of
// a stored one.
func Offer(found []Found, providers []control.Provider, stored []control.Key, has func(provider, secret string) bool) []control.FoundKey {
	taken := map[string]bool{}
	for _, k := range stored {
		taken[k.Provider+"/"+k.Label] = true
	}
	out := make([]control.FoundKey, 0, len(found))
	for i, f := range found {
		k := control.FoundKey{ID: fmt.Sprint(i), Provider: f.Provider, Name: f.Provider, Variables: f.Variables, Line: f.Line, Hint: f.Hint()}
		for _, p := range providers {
			if p.ID == f.Provider {
				k.Name = p.Name
			}
		}
		for _, s := range stored {
			if s.Provider == f.Provider && s.Hint == k.Hint {
				k.Stored = has(f.Provider, f.Secret)
				break
			}
		}
		k.Label = free(f, taken)
		taken[f.Provider+"/"+k.Label] = true
		out = append(out, k)
	}
	return out
}

// free is a label that the provider has no key under: storing must not replace one.
func free(f Found, taken map[string]bool) string {
	label := "default"
	for n := 1; taken[f.Provider+"/"+label]; n++ {
		const most = 36 // a label has at most 40 characters
		label = strings.ToLower(f.Variables[0])
		label = label[:min(len(label), most)]
		if n > 1 {
			label += fmt.Sprintf(" %d", n)
		}
	}
	return label
}
