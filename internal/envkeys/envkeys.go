// Package envkeys finds API keys where people keep them before they have Oaklock: in the environment, and in .env files.
//
// [Environment] looks through variables, [File] through the text of a file. Both go by the variable's name alone, such as
// OPENAI_API_KEY or VITE_OPENAI_API_KEY; whether the value is a key of that provider is for others to say. Nothing is changed
// where a key was found, and nothing here prints one. [Pasted] is for a key that comes by hand.
package envkeys

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Found is one key with the variables that hold it.
type Found struct {
	Provider  string   // its ID
	Variables []string // at least one
	Line      int      // of the first in its file, from 1; 0 in the environment
	Secret    string
}

// Hint is its last four characters, as Oaklock shows keys.
func (f Found) Hint() string { return f.Secret[len(f.Secret)-4:] }

// ErrNotText says that a file is none that keys could be read from.
var ErrNotText = errors.New("this is not a text file with lines such as OPENAI_API_KEY=…")

// MaxFile is the size in bytes up to which a file is looked at.
const MaxFile = 1 << 20

// A value shorter than this is a placeholder: every provider's keys are longer.
const minKey = 16

// aliases are names that stand for a provider beside its ID.
var aliases = map[string]string{
	"GEMINI": "google", "GOOGLE_GENERATIVE_AI": "google", "GOOGLE_AI": "google", "CLAUDE": "anthropic", "GROK": "xai",
}

// prefixes are what build tools want before a variable that reaches the page: keys that are in every visitor's hands.
var prefixes = []string{"VITE_", "NEXT_PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "VUE_APP_", "GATSBY_", "PUBLIC_"}

var suffixes = []string{"_API_KEY", "_APIKEY", "_KEY"}

// providerOf is the provider that a variable's name speaks of, or "".
func providerOf(variable string, providers []string) string {
	name := strings.ToUpper(variable)
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(name, p); ok {
			name = rest
			break
		}
	}
	for _, s := range suffixes {
		rest, ok := strings.CutSuffix(name, s)
		if !ok {
			continue
		}
		if id := aliases[rest]; id != "" && slices.Contains(providers, id) {
			return id
		}
		for _, id := range providers {
			if rest == strings.ToUpper(strings.ReplaceAll(id, "-", "_")) {
				return id
			}
		}
		return ""
	}
	return ""
}

// Environment finds the keys of these providers among variables of the form NAME=value, in the order of the variables.
func Environment(environ, providers []string) []Found {
	var all []Found
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			all = add(all, name, value, 0, providers)
		}
	}
	return all
}

// File finds the keys of these providers in the text of a .env file, or of a shell's profile. A value that is put together from
// others, such as "$OTHER", is none.
func File(text []byte, providers []string) ([]Found, error) {
	all, _, err := look(text, providers)
	return all, err
}

// Passed names the variables of a file that speak of a provider, and whose value [File] cannot tell: a quote that is not closed,
// what a shell would still have to put together, or what is no whole key, such as a placeholder.
func Passed(text []byte, providers []string) []string {
	_, passed, _ := look(text, providers)
	return passed
}

func look(text []byte, providers []string) (all []Found, passed []string, err error) {
	if !utf8.Valid(text) || slices.Contains(text, 0) {
		return nil, nil, ErrNotText
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		line = strings.TrimSpace(strings.TrimPrefix(line, "export "))
		name, value, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") {
			name, value = strings.TrimSpace(name), strings.TrimSpace(value)
			key := unquote(value)
			all = add(all, name, key, n, providers)
			open := key == "" && len(value) > 1 && value[1] != value[0]
			if (open || key != "" && !plausible(key)) && providerOf(name, providers) != "" {
				passed = append(passed, name)
			}
		}
	}
	return all, passed, nil
}

// unquote takes a value out of its quotes, or cuts the comment behind one without.
func unquote(v string) string {
	if len(v) > 0 && strings.ContainsRune("\"'`", rune(v[0])) {
		if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
			return v[1 : 1+end]
		}
		return ""
	}
	if i := strings.IndexAny(v, " \t;"); i >= 0 {
		v = v[:i]
	}
	return v
}

// assigned is a line that sets a variable, with its value: of a .env file, of a shell, or of PowerShell.
var assigned = regexp.MustCompile(`(?i)^(?:export\s+|set\s+|\$env:)?(?:[a-z_][a-z0-9_]*)?(?:key|token|secret)\s*=\s*([^=].*)$`)

// Pasted is the key in what somebody has pasted for one: a line such as OPENAI_API_KEY="sk-…" has more around it, and a copied key
// blanks or quotes. What is nothing of the kind stays as it is.
func Pasted(text string) string {
	text = strings.TrimSpace(text)
	if line := assigned.FindStringSubmatch(text); line != nil && !NameOnly(text) {
		if value := unquote(line[1]); value != "" {
			return value
		}
		return line[1] // with a quote that is not closed, which is told then
	}
	if n := len(text) - 1; n > 1 && text[0] == text[n] && strings.IndexByte("\"'`", text[0]) >= 0 {
		return text[1:n]
	}
	return text
}

// named is what names a variable and has nothing of its value: a line without the end, a word of such a line, or what a shell would
// have put the value in the place of. A name without "=" is written as nobody writes keys, and so is one of any meaning with it: what
// ends in "=" may be base64.
var named = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(?:export|set)(?:\s+[a-z_][a-z0-9_]*)?(?:\s*=)?$`),
	regexp.MustCompile(`(?i)^(?:(?:export|set)\s+|\$env:)?(?:[a-z_][a-z0-9_]*_)?(?:key|token|secret)\s*=\s*(?:""|'')?$`),
	regexp.MustCompile(`^(?:(?:export|set)\s+|\$env:)?[A-Z_][A-Z0-9_]{0,30}\s*=\s*(?:""|'')?$`),
	regexp.MustCompile(`^[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET)$`),
	regexp.MustCompile(`(?i)^\$(?:env:)?\{?[a-z_][a-z0-9_]*\}?$`),
	regexp.MustCompile(`(?i)^%[a-z_][a-z0-9_]*%$`),
}

// NameOnly says whether what is left of a pasted key names a variable and no key.
func NameOnly(pasted string) bool {
	return slices.ContainsFunc(named, func(r *regexp.Regexp) bool { return r.MatchString(pasted) })
}

func add(all []Found, variable, value string, line int, providers []string) []Found {
	provider := providerOf(variable, providers)
	if provider == "" || !plausible(value) {
		return all
	}
	for i := range all {
		if all[i].Provider == provider && all[i].Secret == value {
			all[i].Variables = append(all[i].Variables, variable)
			return all
		}
	}
	return append(all, Found{provider, []string{variable}, line, value})
}

// plausible leaves out placeholders and what a shell would still have to put together.
func plausible(v string) bool {
	if len(v) < minKey || strings.ContainsAny(v, "$<>{}") {
		return false
	}
	for i := range len(v) {
		if v[i] <= ' ' || v[i] > '~' {
			return false
		}
	}
	return !strings.Contains(strings.ToLower(v), "your") && !strings.Contains(v, "...") && strings.Trim(v, "xX-_*") != ""
}
