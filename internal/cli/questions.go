package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) pendingCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pending",
		Short: "List the sites that ask",
		Long: `Lists the sites that ask: first those whose requests wait for your answer, then those that were missed, which can still be
answered. What a page says of itself is quoted.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			state, err := client.State(cmd.Context())
			if err != nil {
				return err
			}
			questions := append(state.Questions, state.Missed...)
			if asJSON {
				return list(p.screen, questions)
			}
			if len(questions) == 0 {
				p.screen.line("No site asks.")
				return nil
			}
			p.sayQuestions(questions)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) sayQuestions(questions []control.Question) {
	rows := [][]string{{"ID", "SITE", "ASKS TO USE", "THROUGH", "ASKED", "WAITING"}}
	for _, q := range questions {
		waiting := "missed"
		if q.Deadline != 0 {
			waiting = number(int64(q.Waiting), "request") + ", until " + when(q.Deadline, p.now(), "")
		}
		for i, wanted := range q.Providers {
			what := wanted.Name
			if wanted.Model != "" {
				what += ` for "` + wanted.Model + `"`
			}
			if wanted.Stored {
				what += ", and what is saved under the key"
			}
			if !wanted.HasKey {
				what += " (there is no key yet)"
			}
			if i == 0 {
				rows = append(rows, []string{q.ID, q.Origin, what, q.Browser, when(q.Asked, p.now(), ""), waiting})
			} else {
				rows = append(rows, []string{"", "", what, "", "", ""})
			}
		}
	}
	p.screen.table(rows)
	for _, q := range questions {
		p.screen.advice("%s: %s gives it %s", q.ID, "oaklock allow "+command.Word(q.ID, "ID"), p.termsText(q.Offer, len(q.Providers)))
		for _, warning := range q.Warnings {
			p.screen.advice("%s: %s", q.ID, warning.Message)
		}
	}
	p.screen.line("Answer with: oaklock allow ID, oaklock deny ID, or oaklock block ID")
}

func (p *program) allowCommand() *cobra.Command {
	f := termFlags{limitFlags: limitFlags{nothing: nothingQuestion}}
	cmd := &cobra.Command{
		Use:   "allow ID",
		Short: "Allow what a site asks",
		Long: `Allows what a site asks, as it is offered, or with what you say here in the place of what is offered. The page's waiting requests go on.
See the questions and their IDs with: oaklock pending`,
		Args: needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			answer := control.Answer{ID: args[0], Providers: f.providers}
			q, err := p.asked(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			terms := q.Offer
			if f.given(cmd) {
				if q.ID == "" {
					return &control.Error{Code: control.NotFound, Message: "No question has this ID. See those that there are with: oaklock pending"}
				}
				if err := f.change(cmd, &terms, p.now()); err != nil {
					return err
				}
				answer.Terms = &terms
			}
			if err := client.AnswerAllow(cmd.Context(), answer); err != nil {
				return err
			}
			site, err := p.site(cmd.Context(), client, q.Origin)
			if err != nil {
				return err
			}
			if err := p.unsaved(site, allowed(q, f.providers), terms); err != nil {
				return err
			}
			if q.ID != "" {
				p.screen.line("%s may use %s: %s.", q.Origin, names(allowed(q, f.providers)), p.termsText(terms, len(allowed(q, f.providers))))
				if err := p.unpriced(cmd.Context(), client, q, allowed(q, f.providers), terms); err != nil {
					return err
				}
				if err := p.missingKeys(cmd.Context(), client, allowed(q, f.providers), terms.Credential); err != nil {
					return err
				}
			}
			p.screen.line("Allowed. See what it may do with: oaklock sites list")
			return nil
		},
	}
	f.on(cmd)
	return cmd
}

// unpriced says what has no price of that which was just allowed: the model that was asked for, or what was allowed in its place.
func (p *program) unpriced(ctx context.Context, client *control.Client, q control.Question, allowed []string, terms control.Terms) error {
	asks := slices.IndexFunc(q.Warnings, func(w control.Warning) bool { return w.Code == control.NoPrice })
	if asks >= 0 && slices.Contains(terms.Models, anyModel) && len(allowed) == len(q.Providers) {
		if inDollars(terms.Limits) {
			p.screen.line("%s", q.Warnings[asks].Message)
		}
		return nil
	}
	return p.priceless(ctx, client, allowed, terms)
}

// asked is the question with this ID; without one where there is none, which the agent may know better.
func (p *program) asked(ctx context.Context, client *control.Client, id string) (control.Question, error) {
	state, err := client.State(ctx)
	if err != nil {
		return control.Question{}, err
	}
	for _, q := range append(state.Questions, state.Missed...) {
		if q.ID == strings.ToLower(strings.TrimSpace(id)) {
			return q, nil
		}
	}
	return control.Question{}, nil
}

// allowed are the providers that an answer is about.
func allowed(q control.Question, said []string) []string {
	if len(said) > 0 {
		return said
	}
	var all []string
	for _, wanted := range q.Providers {
		all = append(all, wanted.ID)
	}
	return all
}

// termsText says all that terms give, and for how long. Each of the providers gets a limit of its own, and not a part of one.
func (p *program) termsText(t control.Terms, providers int) string {
	limits := limitsText(t.Limits)
	if providers > 1 && t.Limits != (control.Limits{}) {
		limits = "for each provider " + limits
	}
	return mayText(t) + ", " + limits + ", " + untilText(t, p.now())
}

func (p *program) denyCommand() *cobra.Command {
	return p.answerNo("deny ID", "Refuse what a site asks, for a while", "Denied. The site may ask again after a while.", (*control.Client).AnswerDeny)
}

func (p *program) blockCommand() *cobra.Command {
	return p.answerNo("block ID", "Refuse what a site asks, for good", "Blocked. The site gets no answer and cannot ask again.", (*control.Client).AnswerBlock)
}

func (p *program) answerNo(use, short, done string, act func(*control.Client, context.Context, control.Answer) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := act(client, cmd.Context(), control.Answer{ID: args[0]}); err != nil {
				return err
			}
			p.screen.line("%s", done)
			return nil
		},
	}
}
