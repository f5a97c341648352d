package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/origin"
)

// termFlags are the options that say what a site may do; "sites allow" and "allow" share them.
type termFlags struct {
	limitFlags
	providers, models, classes []string
	span, key                  string
	stored                     bool
}

func (f *termFlags) on(cmd *cobra.Command) {
	flags := cmd.Flags()
	listFlag(flags, &f.providers, "provider", "providers, such as openai,anthropic")
	listFlag(flags, &f.models, "models", "models by their exact names, or '*' for all")
	f.limitFlags.on(cmd)
	flags.StringVar(&f.span, "for", "", "how long: 12h, 7d, 4w or until-quit")
	flags.StringVar(&f.key, "key", "", "label of the key to use")
	listFlag(flags, &f.classes, "class", "what kinds of endpoints: inference, optional, stored")
	flags.BoolVar(&f.stored, "stored", false, "also everything saved under this key: files and saved chats, of whoever made them")
}

// given says whether any of the terms was typed; providers are not terms.
func (f *termFlags) given(cmd *cobra.Command) bool {
	return f.limitFlags.given(cmd) || changedAny(cmd, "models", "for", "key", "class", "stored")
}

// toAllow are the terms of what is allowed by hand, as far as they were typed; offered has the rest. who is a site or an app.
func (f *termFlags) toAllow(cmd *cobra.Command, who string, now time.Time) (control.Terms, error) {
	terms := control.Terms{Classes: []string{"inference"}}
	if len(f.providers) == 0 {
		return terms, usage("Say which providers the %s may use, such as --provider openai,anthropic.", who)
	}
	// All models are said and never meant by saying nothing.
	if len(f.models) == 0 {
		return terms, usage("Say which models the %s may use, such as --models gpt-5-mini, or --models '*' for all.", who)
	}
	return terms, f.change(cmd, &terms, now)
}

// offered puts what a question would offer in the place of a limit and a time that were not typed, and gives the sentence that says
// so, or "".
func (f *termFlags) offered(cmd *cobra.Command, client *control.Client, site string, terms *control.Terms) (said string, err error) {
	limit, span := !cmd.Flags().Changed("limit"), !cmd.Flags().Changed("for")
	if !limit && !span {
		return "", nil
	}
	settings, err := client.Settings(cmd.Context())
	if err != nil {
		return "", err
	}
	value := func(name string) string {
		i := slices.IndexFunc(settings, func(s control.Setting) bool { return s.Name == name })
		if i < 0 {
			return ""
		}
		return settings[i].Value
	}
	var from []string
	if limit {
		if err := parseLimits([]string{value("default_limit")}, "", &terms.Limits); err != nil {
			return "", err
		}
		from = append(from, "default_limit")
	}
	if o, err := origin.FromUser(site); span && err == nil && o.Loopback() {
		terms.Days = 1
	} else if span {
		if terms.Days, err = strconv.Atoi(value("default_days")); err != nil {
			return "", err
		}
		from = append(from, "default_days")
	}
	switch len(from) {
	case 0:
		return "", nil
	case 1:
		return fmt.Sprintf("What was not said is taken from the setting %s.", from[0]), nil
	}
	return fmt.Sprintf("What was not said is taken from the settings %s.", names(from)), nil
}

// change puts what was typed in the place of what the terms say; the rest stays.
func (f *termFlags) change(cmd *cobra.Command, terms *control.Terms, now time.Time) error {
	changed := cmd.Flags().Changed
	if changed("models") {
		terms.Models = f.models
	}
	if changed("class") {
		terms.Classes = f.classes
	}
	if i := slices.Index(terms.Classes, stored); f.stored && i < 0 {
		terms.Classes = append(slices.Clone(terms.Classes), stored)
	} else if changed("stored") && !f.stored && i >= 0 {
		terms.Classes = slices.Delete(slices.Clone(terms.Classes), i, i+1)
	}
	if changed("key") {
		terms.Credential = f.key
	}
	if err := f.limitFlags.change(cmd, &terms.Limits); err != nil {
		return err
	}
	if changed("for") {
		var err error
		if terms.Days, terms.ExpiresAt, terms.UntilQuit, err = parseSpan(f.span, now); err != nil {
			return err
		}
	}
	return nil
}

// stored is the class of what is saved at a provider.
const stored = "stored"

// mayText says what terms allow: models, and more than that in words.
func mayText(t control.Terms) string {
	var parts []string
	if len(t.Classes) == 0 || slices.Contains(t.Classes, "inference") {
		parts = append(parts, modelsText(t.Models))
	}
	if slices.Contains(t.Classes, "optional") {
		parts = append(parts, "expensive endpoints such as those for videos")
	}
	if slices.Contains(t.Classes, stored) {
		parts = append(parts, "everything saved under the key")
	}
	if len(t.Classes) > 0 && !slices.Contains(t.Classes, "inference") {
		return "no model request, only " + names(parts)
	}
	return names(parts)
}

func modelsText(models []string) string {
	switch {
	case len(models) == 0:
		return "no model"
	case len(models) == 1 && models[0] == "*":
		return "all models"
	}
	return strings.Join(models, ", ")
}

// untilText says when terms end, as they were asked for or as they stand.
func untilText(t control.Terms, now time.Time) string {
	switch {
	case t.UntilQuit:
		return "until Oaklock quits"
	case t.ExpiresAt != 0:
		return "until " + when(t.ExpiresAt, now, "")
	case t.Days != 0:
		return "for " + number(int64(t.Days), "day")
	}
	return "until you take it back"
}

// names are listed as in a sentence.
func names(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
