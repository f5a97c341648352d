package provider

import (
	"fmt"
	"strings"
	"unicode"
)

// CheckName says in a sentence why a provider of the user's own cannot have this name: questions and lists show it in the place of
// the ID, so it must be read as it is and be that of no other provider. It is asked when the name is given, and not when a saved one is
// read: a provider of the catalogue that came later takes nobody's away.
func (c *Catalogue) CheckName(id, name string) error {
	if name == "" { // it is called by its ID
		return nil
	}
	if strings.ContainsFunc(name, unseen) {
		return fmt.Errorf("there is a sign in %q that cannot be seen; give the provider another name", name)
	}
	for _, p := range c.providers {
		if p.ID != id && (alike(name, p.Name) || alike(name, p.ID)) {
			return fmt.Errorf("%q is the name of another provider, %s; give yours a name of its own", name, p.ID)
		}
	}
	return nil
}

// unseen says that a person sees nothing of a sign, or only what it does to others: control characters, what has no width, what turns
// the direction of writing, blanks that are none.
func unseen(r rune) bool { return !unicode.IsPrint(r) }

// alike compares what is read of names: their letters and digits in either case.
func alike(a, b string) bool {
	read := func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}
	return strings.EqualFold(strings.Map(read, a), strings.Map(read, b))
}
