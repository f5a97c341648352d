package cli

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oaklock/oaklock/internal/control"
)

// completeTimeout bounds what somebody who types waits for the agent.
const completeTimeout = time.Second

// place is where somebody is typing.
type place struct {
	client *control.Client
	cmd    *cobra.Command
	args   []string // those before it
}

// offer gives what can stand in a place, each with a description behind a tab where it has one.
type offer func(ctx context.Context, at place) ([]string, error)

// argumentOffers are for the arguments of each command that takes any, one after the other.
var argumentOffers = map[string][]offer{
	"allow":            {offerQuestions},
	"apps add":         {offerNothing},
	"apps remove":      {offerApps},
	"block":            {offerQuestions},
	"deny":             {offerQuestions},
	"keys add":         {offerProviders},
	"keys import":      {offerFiles},
	"keys limit":       {offerKeyProviders, offerLabels},
	"keys remove":      {offerKeyProviders},
	"keys test":        {offerKeyProviders},
	"prices list":      {offerProviders},
	"prices reset":     {offerProviders, offerModels},
	"prices set":       {offerProviders, offerModels},
	"providers remove": {offerProviders},
	"providers reset":  {offerProviders},
	"providers set":    {offerProviders},
	"settings get":     {offerSettings},
	"settings set":     {offerSettings, offerValues},
	"sites allow":      {offerSites},
	"sites block":      {offerSites},
	"sites deny":       {offerSites},
	"sites raise":      {offerSites},
	"sites resume":     {offerSites},
	"sites revoke":     {offerSites},
	"sites unblock":    {offerSites},
	"stop":             {offerRunning},
}

// optionOffers are for the values of options, which mean the same in every command.
var optionOffers = map[string]offer{
	"auth":            offerWords("bearer", "x-api-key", "api-key"),
	"by":              offerWords("day", "site", "provider", "model", "key"),
	"class":           offerWords("inference", "optional", "stored"),
	"for":             offerWords("12h", "7d", "4w", "until-quit"),
	"format":          offerWords("csv", "json"),
	"home":            offerFiles,
	"key":             offerLabels,
	"label":           offerLabels,
	"model":           offerModels,
	"models":          offerModels,
	"only":            offerWords("refused", "served"),
	"output":          offerFiles,
	"passphrase-file": offerFiles,
	"provider":        offerProviders,
	"site":            offerSites,
	"vault":           offerWords("keychain", "file"),
}

// complete lets shells ask what can stand where somebody is typing. An agent that runs is asked; none is started, and where none
// answers nothing is offered. Files are offered only where one is wanted.
func (p *program) complete(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	p.completeBelow(root, "")
}

func (p *program) completeBelow(cmd *cobra.Command, path string) {
	for _, below := range cmd.Commands() {
		p.completeBelow(below, strings.TrimSpace(path+" "+below.Name()))
	}
	if offers := argumentOffers[path]; offers != nil {
		cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) >= len(offers) {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.offered(cmd, args, offers[len(args)])
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		offer := optionOffers[f.Name]
		if offer == nil {
			return
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			items, directive := p.offered(cmd, args, offer)
			if f.Value.Type() == "stringSlice" {
				items = afterCommas(typed, items)
			}
			return items, directive
		}) // which fails only where it was done before
	})
}

// errFiles is in the place of an offer where the shell offers the files of the folder.
var errFiles = usage("a file")

// shown is what a shell may get. Some look into it for commands to run, like bash's compgen -W, and a label or the name of a model
// may come from anywhere.
var shown = regexp.MustCompile(`^[\p{L}\p{N} ._:/@+=,%\[\]()*’~-]+(\t.*)?$`)

// unsafe is what is left out of descriptions.
var unsafe = regexp.MustCompile(`[^\p{L}\p{N} ._:/@+=,;%\[\]()*’~-]+`)

func (p *program) offered(cmd *cobra.Command, args []string, offer offer) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
	defer cancel()
	client, err := p.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	items, err := offer(ctx, place{client, cmd, args})
	if err == errFiles { //nolint:errorlint // it is no error
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []string
	for _, item := range items { // none where there was an error
		value, description, _ := strings.Cut(item, "\t")
		if !shown.MatchString(value) {
			continue
		}
		if description = unsafe.ReplaceAllString(strings.ReplaceAll(clean(description), "'", "’"), ""); description != "" {
			value += "\t" + description
		}
		out = append(out, value)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// afterCommas offers more for a list that is being typed: what stands before the last comma stays.
func afterCommas(typed string, items []string) (out []string) {
	comma := strings.LastIndex(typed, ",") + 1
	before := strings.Split(typed[:comma], ",")
	for _, item := range items {
		if value, _, _ := strings.Cut(item, "\t"); !slices.Contains(before, value) {
			out = append(out, typed[:comma]+item)
		}
	}
	return out
}
