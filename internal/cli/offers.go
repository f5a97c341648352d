package cli

import (
	"context"
	"slices"

	"github.com/oaklock/oaklock/internal/control"
)

func offerWords(words ...string) offer {
	return func(context.Context, place) ([]string, error) { return words, nil }
}

func offerNothing(context.Context, place) ([]string, error) { return nil, nil }

func offerFiles(context.Context, place) ([]string, error) { return nil, errFiles }

func offerProviders(ctx context.Context, at place) (out []string, err error) {
	all, err := at.client.Providers(ctx)
	for _, r := range all {
		out = append(out, r.ID+"\t"+r.Name)
	}
	return out, err
}

// offerKeyProviders are those that there are keys for.
func offerKeyProviders(ctx context.Context, at place) (out []string, err error) {
	keys, err := at.client.Keys(ctx)
	for _, k := range keys {
		out = append(out, k.Provider+"\t"+k.Name)
	}
	return slices.Compact(out), err
}

// chosen are the providers that the line names, before or in an option; none says that any may be meant.
func (at place) chosen() []string {
	if len(at.args) > 0 && at.cmd.Parent().Name() != "sites" && at.cmd.Parent().Name() != "apps" {
		return at.args[:1]
	}
	f := at.cmd.Flags().Lookup("provider")
	switch {
	case f == nil:
		return nil
	case f.Value.Type() == "stringSlice":
		all, _ := at.cmd.Flags().GetStringSlice("provider") // it is one
		return all
	case f.Value.String() == "":
		return nil
	}
	return []string{f.Value.String()}
}

func (at place) means(provider string) bool {
	all := at.chosen()
	return len(all) == 0 || slices.Contains(all, provider)
}

func offerLabels(ctx context.Context, at place) (out []string, err error) {
	keys, err := at.client.Keys(ctx)
	for _, k := range keys {
		if at.means(k.Provider) && !slices.Contains(out, k.Label) {
			out = append(out, k.Label)
		}
	}
	return out, err
}

func offerModels(ctx context.Context, at place) (out []string, err error) {
	prices, err := at.client.Prices(ctx)
	for _, r := range prices {
		if at.means(r.Provider) && !slices.Contains(out, r.Model) {
			out = append(out, r.Model)
		}
	}
	return out, err
}

// offerSites are all that were decided about, apps among them.
func offerSites(ctx context.Context, at place) (out []string, err error) {
	sites, err := at.client.Sites(ctx)
	for _, s := range sites {
		out = append(out, s.Origin+"\t"+s.State)
	}
	return out, err
}

func offerApps(ctx context.Context, at place) (out []string, err error) {
	apps, err := at.client.Apps(ctx)
	for _, a := range apps {
		out = append(out, a.Name)
	}
	return out, err
}

func offerQuestions(ctx context.Context, at place) (out []string, err error) {
	s, err := at.client.State(ctx)
	for _, q := range append(s.Questions, s.Missed...) {
		out = append(out, q.ID+"\t"+q.Origin)
	}
	return out, err
}

func offerRunning(ctx context.Context, at place) (out []string, err error) {
	s, err := at.client.State(ctx)
	for _, r := range s.Running {
		out = append(out, r.ID+"\t"+r.Origin)
	}
	return out, err
}

func offerSettings(ctx context.Context, at place) (out []string, err error) {
	all, err := at.client.Settings(ctx)
	for _, s := range all {
		out = append(out, s.Name+"\t"+s.Help)
	}
	return out, err
}

// offerValues are the words that a setting takes, what it has now, and what it has at first.
func offerValues(ctx context.Context, at place) (out []string, err error) {
	all, err := at.client.Settings(ctx)
	i := slices.IndexFunc(all, func(s control.Setting) bool { return s.Name == at.args[0] })
	if i < 0 {
		return nil, err
	}
	for _, value := range append(slices.Clone(all[i].Values), all[i].Value, all[i].Default) {
		if value != "" && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out, err
}
