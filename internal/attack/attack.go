// Package attack plays everybody who must not get in: hostile pages, other users of the machine, programs that squat the
// port, providers that give the key back. "oaklock doctor --attack" runs it against a user's own Oaklock, and the
// end-to-end tests run the same tables.
//
// [Heads] and [Frames] are data: a request that would be served, with one thing wrong. [Run] tries all of it, and in a
// browser where there is one, against a [Target]: an agent of the suite's own in a temporary profile, with a canary for a
// key and a [Canary] for a provider. The user's own agent gets only what is refused by its head alone, from a site that
// nobody allowed, so that even where it does not hold nothing is spent, asked or remembered.
//
// The package imports nothing of what it attacks: it knows an address, as an attacker does.
package attack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// Target is what is attacked.
type Target struct {
	// Endpoint is the address of the suite's own agent, such as "http://127.0.0.1:41234". Its provider openai is at
	// [Canary.URL], has [Canary.Key], and Site may use it, with every model.
	Endpoint string
	Canary   *Canary
	// Yours is the address of the user's own agent; empty: there is none.
	Yours string
	// Browser is the program of a Chromium; empty: there is none. WhyNot says why.
	Browser, WhyNot string
	// Patience bounds how long an attack waits for what must not come; 0 means 20 s.
	Patience time.Duration
}

// Site is the one that is allowed at the target. Nobody else has it: .test is reserved (RFC 6761).
const Site = "https://app.oaklock-attack.test"

// stranger is a site that nobody has allowed anything.
const stranger = "https://stranger.oaklock-attack.test"

// Finding is how one attack went.
type Finding struct {
	Name    string `json:"name"`    // stable, such as "host/rebinding"
	Tried   string `json:"tried"`   // one sentence
	Yours   bool   `json:"yours"`   // it was tried on the user's own agent, not on the suite's
	Works   bool   `json:"works"`   // it is no attack: held says that the allowed site gets its answer
	Held    bool   `json:"held"`    // false also where it was not tried
	Skipped string `json:"skipped"` // why it was not tried; empty where it was
	Detail  string `json:"detail"`  // what happened, where it did not hold
}

// attempt is one attack before it is made. do says what did not hold, or "".
type attempt struct {
	name, tried string
	yours       bool
	works       bool // see [Finding]
	skip        string
	do          func(ctx context.Context) (wrong string)
}

// ErrGone says that what is attacked has ended, or cannot be reached any more. What was told up to then stands.
var ErrGone = errors.New("what is attacked has ended, or cannot be reached any more")

// Run makes every attack on the target and tells of each as soon as it is known. It ends early with its context, and with
// [ErrGone]: a request that reaches nobody is not refused, and shows nothing.
func Run(ctx context.Context, t Target, tellAny func(Finding)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tell := func(f Finding) {
		switch {
		case ctx.Err() != nil: // what it was in the middle of
		case !f.Held && f.Skipped == "" && !there(ctx, t.of(f)):
			stop(fmt.Errorf("%w: %s", ErrGone, f.Name))
		default:
			tellAny(f)
		}
	}
	if t.Patience == 0 {
		t.Patience = 20 * time.Second
	}
	// What takes long waits for time to pass, not for the machine, so it is begun first and told last.
	slow, waiting := t.slow(), sync.WaitGroup{}
	late := make([]Finding, len(slow))
	for i, a := range slow {
		waiting.Go(func() { late[i] = a.run(ctx) })
	}
	defer waiting.Wait()
	for _, a := range t.attempts() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		tell(a.run(ctx))
	}
	if err := t.browse(ctx, tell); err != nil && ctx.Err() == nil {
		return err
	}
	waiting.Wait()
	for _, f := range late {
		tell(f)
	}
	if ctx.Err() == nil && t.Yours != "" && !there(ctx, t.Yours) { // the last attack on it is not the last of all
		return ErrGone
	}
	return context.Cause(ctx)
}

// of is the address of what a finding is about.
func (t Target) of(f Finding) string {
	if f.Yours {
		return t.Yours
	}
	return t.Endpoint
}

// there says that somebody answers at an endpoint. That a connection is taken is not enough: a program that is being ended takes
// some to its last moment.
func there(ctx context.Context, endpoint string) bool {
	got, err := Target{Patience: 5 * time.Second}.send(ctx, endpoint, fill(harmless, stranger))
	return err == nil && got.status != 0
}

func (a attempt) run(ctx context.Context) Finding {
	f := Finding{Name: a.name, Tried: a.tried, Yours: a.yours, Works: a.works, Skipped: a.skip}
	if a.skip == "" {
		f.Detail = a.do(ctx)
		f.Held = f.Detail == ""
	}
	return f
}

// attempts are all that need neither a browser nor time, in the order in which they are made.
func (t Target) attempts() []attempt {
	all := []attempt{t.works()}
	all = append(all, t.heads()...)
	all = append(all, t.strangers()...)
	all = append(all, t.frames()...)
	all = append(all, t.provider()...)
	all = append(all, t.otherUser(), t.squatter(t.Endpoint, false), t.crowd())
	if t.Yours != "" {
		all = append(all, t.yours()...)
		all = append(all, t.squatter(t.Yours, true))
	}
	return append(all, t.works())
}

// works is no attack: where the allowed site gets no answer, that the others get none says nothing. It comes first, and last
// again, since what is attacked must also go on.
func (t Target) works() attempt {
	return attempt{name: "works", tried: "The allowed site asks a model.", works: true, do: func(ctx context.Context) string {
		got, err := t.send(ctx, t.Endpoint, fill(Good, Site))
		if err != nil || got.status != 200 || !t.Canary.marked(got.text) {
			return "The allowed site gets no answer, so nothing is shown by refusing the others" + because(got, err)
		}
		return ""
	}}
}

// port of an endpoint.
func port(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Port()
}
