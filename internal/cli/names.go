package cli

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// nameList is the value of an option that takes several, with commas between or by being repeated. A name that is said twice is said
// once, and one with a line end or another control character in it is refused: pflag's own reads a line and says nothing of the rest.
type nameList []string

func listFlag(flags *pflag.FlagSet, into *[]string, name, help string) {
	flags.Var((*nameList)(into), name, help)
	flags.Lookup(name).DefValue = "" // else the help names "[]" as what it is at first
}

func (l *nameList) Set(typed string) error {
	if strings.ContainsFunc(typed, unicode.IsControl) {
		return errors.New("a control character")
	}
	for name := range strings.SplitSeq(typed, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(*l, name) && typed != "" {
			*l = append(*l, name)
		}
	}
	return nil
}

func (l *nameList) String() string { return "[" + strings.Join(*l, ",") + "]" }

// Type is that of pflag's own lists, for those who read the value by its name.
func (l *nameList) Type() string { return "stringSlice" }
