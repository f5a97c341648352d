package control

import (
	"context"
	"net/http"
	"reflect"
)

// call is one thing that can be asked on the door. do gets the body and answers what goes out as JSON, nil for nothing.
type call struct {
	method string
	do     func(ctx context.Context, a Agent, body []byte) (any, error)
}

// byID and nameValue are the bodies of calls that take no type of their own.
type byID struct {
	ID string `json:"id"`
}

type nameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// calls is everything that can be asked, by its path after /v1/. What only looks is GET; what acts, or takes a body, is POST.
func calls() map[string]call {
	return map[string]call{
		"state":      look(Agent.State),
		"examine":    look(Agent.Examine),
		"sites":      look(Agent.Sites),
		"keys":       look(Agent.Keys),
		"providers":  look(Agent.Providers),
		"prices":     look(Agent.Prices),
		"settings":   look(Agent.Settings),
		"log":        ask(Agent.Log),
		"log/verify": do(Agent.VerifyLog),
		"usage":      ask(Agent.Usage),

		"sites/allow":   tell(Agent.AllowSite),
		"sites/revoke":  tell(Agent.RevokeSite),
		"sites/deny":    tell(Agent.DenySite),
		"sites/block":   tell(Agent.BlockSite),
		"sites/unblock": tell(Agent.UnblockSite),
		"sites/resume":  tell(Agent.ResumeSite),
		"sites/doubts":  look(Agent.Doubts),
		"sites/trust":   act(Agent.Trust),

		"limits/raise": tell(Agent.RaiseLimit),

		"questions/allow": tell(Agent.AnswerAllow),
		"questions/deny":  tell(Agent.AnswerDeny),
		"questions/block": tell(Agent.AnswerBlock),

		"keys/add":    ask(Agent.AddKey),
		"keys/found":  look(Agent.FoundKeys),
		"keys/has":    ask(Agent.HasKey),
		"keys/take":   ask(Agent.TakeKey),
		"keys/test":   ask(Agent.TestKey),
		"keys/remove": tell(Agent.RemoveKey),
		"keys/aside":  tell(Agent.SetKeyAside),
		"keys/back":   tell(Agent.TakeKeyBack),
		"keys/limit":  ask(Agent.LimitKey),

		"providers/set":    ask(Agent.SetProvider),
		"providers/remove": tell(func(a Agent, ctx context.Context, p byID) error { return a.RemoveProvider(ctx, p.ID) }),

		"apps":        look(Agent.Apps),
		"apps/add":    ask(Agent.AddApp),
		"apps/remove": tell(func(a Agent, ctx context.Context, p byID) error { return a.RemoveApp(ctx, p.ID) }),
		"apps/back":   tell(func(a Agent, ctx context.Context, p byID) error { return a.TakeAppBack(ctx, p.ID) }),

		"prices/set":   ask(Agent.SetPrice),
		"prices/reset": tell(Agent.ResetPrice),

		"settings/set": ask(func(a Agent, ctx context.Context, s nameValue) (Setting, error) {
			return a.SetSetting(ctx, s.Name, s.Value)
		}),

		"demo/start": do(Agent.StartDemo),
		"demo/stop":  act(Agent.StopDemo),

		"pause":        act(Agent.Pause),
		"resume":       act(Agent.Resume),
		"lock":         act(Agent.Lock),
		"unlock":       tell(Agent.Unlock),
		"quit":         act(Agent.Quit),
		"show":         do(Agent.Show),
		"behind":       act(Agent.StayedBehind),
		"front":        act(Agent.CameForward),
		"running/stop": tell(func(a Agent, ctx context.Context, r byID) error { return a.StopRunning(ctx, r.ID) }),
	}
}

// look answers and changes nothing.
func look[Out any](f func(Agent, context.Context) (Out, error)) call {
	c := do(f)
	c.method = http.MethodGet
	return c
}

// do acts without being told anything, and answers.
func do[Out any](f func(Agent, context.Context) (Out, error)) call {
	return call{http.MethodPost, func(ctx context.Context, a Agent, body []byte) (any, error) {
		if len(body) > 0 {
			return nil, badInput("This call takes no body.")
		}
		out, err := f(a, ctx)
		return outgoing(&out, err)
	}}
}

// act acts without being told anything.
func act(f func(Agent, context.Context) error) call {
	return call{http.MethodPost, func(ctx context.Context, a Agent, body []byte) (any, error) {
		if len(body) > 0 {
			return nil, badInput("This call takes no body.")
		}
		return nil, f(a, ctx)
	}}
}

// tell acts on what it is told.
func tell[In any](f func(Agent, context.Context, In) error) call {
	return call{http.MethodPost, func(ctx context.Context, a Agent, body []byte) (any, error) {
		var in In
		if err := readJSON(body, &in); err != nil {
			return nil, err
		}
		return nil, f(a, ctx, in)
	}}
}

// ask acts on what it is told, and answers.
func ask[In, Out any](f func(Agent, context.Context, In) (Out, error)) call {
	return call{http.MethodPost, func(ctx context.Context, a Agent, body []byte) (any, error) {
		var in In
		if err := readJSON(body, &in); err != nil {
			return nil, err
		}
		out, err := f(a, ctx, in)
		return outgoing(&out, err)
	}}
}

func outgoing[Out any](out *Out, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	noNulls(reflect.ValueOf(out))
	return out, nil
}
