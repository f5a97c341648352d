package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/provider"
)

// AnyModel, alone in [Terms.Models], means all models. An empty list means none.
const AnyModel = "*"

// Longest names that are kept, in bytes.
const (
	maxModel      = 200
	maxModels     = 1000
	maxCredential = 200
)

// Terms are what is granted. Who has a Terms must not change its lists.
type Terms struct {
	Classes    []provider.Class
	Models     []string // exact names, or AnyModel alone
	Limits     Limits
	Expires    time.Time // by the wall clock; zero: no end
	UntilQuit  bool      // not kept when Oaklock quits
	Credential string    // a label; empty: the provider's only or first credential
}

// ErrTerms is wrapped by what [Terms.Check] and [Book.Allow] refuse, with a sentence for the user.
var ErrTerms = errors.New("these terms do not make sense")

func badTerms(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrTerms, fmt.Errorf(format, args...))
}

// Check says in one sentence what is wrong with the terms: a class that cannot be given, no model, no cost or token limit
// over a period, a negative number.
func (t Terms) Check() error {
	if len(t.Classes) == 0 {
		return badTerms("say what the site may do; \"inference\" lets it ask models")
	}
	for _, c := range t.Classes {
		switch c {
		case provider.Inference, provider.Optional, provider.Stored:
		case provider.Never:
			return badTerms("no site may reach keys, the account or billing")
		default:
			return badTerms("there is nothing called %q that a site may do; it is \"inference\", \"optional\" or \"stored\"", c)
		}
	}
	if err := checkModels(t.Models); err != nil {
		return err
	}
	if len(t.Credential) > maxCredential || !printable(t.Credential) {
		return badTerms("%.40q is not the label of a key", t.Credential)
	}
	return t.Limits.checkGrant()
}

func checkModels(models []string) error {
	switch {
	case len(models) == 0:
		return badTerms("name at least one model, or * for all of them")
	case len(models) > maxModels:
		return badTerms("more than %d models; write * for all of them", maxModels)
	}
	for _, m := range models {
		switch {
		case m == "":
			return badTerms("a model has no name")
		case m == AnyModel && len(models) > 1:
			return badTerms("* means all models, so it stands alone")
		case len(m) > maxModel || !printable(m):
			return badTerms("%.40q is not the name of a model", m)
		}
	}
	return nil
}

// CheckModelNames refuses what no provider calls a model, and what is meant as a pattern and would match nothing: only [AnyModel],
// alone, means more than one model.
func CheckModelNames(models []string) error {
	for _, m := range models {
		switch {
		case m == AnyModel:
		case strings.Contains(m, "*"):
			return badTerms("%.40q would match no model: only * alone stands for models, for all of them, so name each one, such as gpt-5-mini", m)
		case strings.ContainsFunc(m, unicode.IsSpace):
			return badTerms("%.40q has a blank in it, which no model's name has: put commas between names, such as gpt-5,gpt-5-mini", m)
		}
	}
	return nil
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (t Terms) clone() Terms {
	t.Classes = slices.Clone(t.Classes)
	t.Models = slices.Clone(t.Models)
	return t
}
