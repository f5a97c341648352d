package owner

import (
	"fmt"
	"slices"
	"strings"
)

// alone is nil when a security descriptor, in Microsoft's language for them (SDDL), is one of this user, and lets in nobody but this
// user, the system and its administrators, from whom nothing on the machine is safe anyway. What it does not understand lets in
// somebody. user is this user's SID.
func alone(sddl, user string) error {
	parts, ok := split(sddl)
	if !ok {
		return fmt.Errorf("%w: %q is not understood", ErrOpen, sddl)
	}
	mine := []string{user, "SY", "BA", "S-1-5-18", "S-1-5-32-544"}
	if strings.HasSuffix(user, "-500") {
		mine = append(mine, "LA") // how SDDL writes the administrator that Windows comes with
	}
	if !slices.Contains(mine, parts['O']) {
		return fmt.Errorf("%w, %s", ErrOther, parts['O'])
	}
	// Without a list everybody has access (Microsoft, "Null DACLs and Empty DACLs").
	list, ok := parts['D']
	if !ok || strings.Contains(list, "NO_ACCESS_CONTROL") {
		return fmt.Errorf("%w: there is no list of who has", ErrOpen)
	}
	mine = append(mine, "CO", "S-1-3-0", "OW", "S-1-3-4") // whoever makes, or owns, what is in it
	for entry := range entries(list) {
		fields := strings.Split(entry, ";") // type; flags; rights; object; inherited object; SID
		if len(fields) < 6 {
			return fmt.Errorf("%w: %q is not understood", ErrOpen, entry)
		}
		if strings.HasSuffix(fields[0], "D") { // D, OD, XD: it keeps somebody out
			continue
		}
		if !slices.Contains(mine, fields[5]) {
			return fmt.Errorf("%w: %s", ErrOpen, fields[5])
		}
	}
	return nil
}

// split takes apart owner, group and lists: O:…G:…D:…(…)(…)S:…. A letter stands once.
func split(sddl string) (parts map[byte]string, ok bool) {
	parts = map[byte]string{}
	depth, from, key := 0, 0, byte(0)
	end := func(at int) bool {
		_, twice := parts[key]
		if key != 0 {
			parts[key] = sddl[from:at]
		}
		return !twice && (key != 0 || at == 0)
	}
	for i := 0; i < len(sddl); i++ {
		switch {
		case sddl[i] == '(':
			depth++
		case sddl[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(sddl[i+1:], ":"):
			if !end(i) {
				return nil, false
			}
			key, from = sddl[i], i+2
		}
		if depth < 0 {
			return nil, false
		}
	}
	return parts, end(len(sddl)) && depth == 0 && key != 0
}

// entries are those of a list. A condition, which may stand at the end of one, has parentheses of its own.
func entries(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		depth, from := 0, 0
		for i, c := range list {
			switch c {
			case '(':
				if depth++; depth == 1 {
					from = i + 1
				}
			case ')':
				if depth--; depth == 0 && !yield(list[from:i]) {
					return
				}
			}
		}
	}
}
