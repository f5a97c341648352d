package control_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/control"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("OAKLOCK_TEST_ROLE"); role != "" {
		os.Exit(play(role, os.Getenv("OAKLOCK_TEST_SOCKET")))
	}
	goleak.VerifyTestMain(m)
}

// play is what this test binary does as another process.
func play(role, path string) int {
	if role != "agent" {
		return playUser(role, path)
	}
	l, err := control.Listen(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	_ = l.Serve(newFake(), quiet())
	return 1
}

// TestEveryCall sends every call of Agent through a real socket with every field filled, and compares what arrived and what came back.
func TestEveryCall(t *testing.T) {
	agent := newFake()
	dir, _ := serve(t, agent, quiet())
	ctx := t.Context()

	siteRef, answer, keyRef := filled[control.SiteRef](), filled[control.Answer](), filled[control.KeyRef]()
	tell := func(err error) (any, error) { return nil, err }
	calls := []struct {
		method string
		told   any
		call   func(c *control.Client) (any, error)
		want   any
	}{
		{"State", nil, func(c *control.Client) (any, error) { return c.State(ctx) }, filled[control.State]()},
		{"Examine", nil, func(c *control.Client) (any, error) { return c.Examine(ctx) }, filled[[]control.Check]()},
		{"Sites", nil, func(c *control.Client) (any, error) { return c.Sites(ctx) }, filled[[]control.Site]()},
		{"AllowSite", filled[control.AllowSite](), func(c *control.Client) (any, error) { return tell(c.AllowSite(ctx, filled[control.AllowSite]())) }, nil},
		{"RevokeSite", siteRef, func(c *control.Client) (any, error) { return tell(c.RevokeSite(ctx, siteRef)) }, nil},
		{"DenySite", siteRef, func(c *control.Client) (any, error) { return tell(c.DenySite(ctx, siteRef)) }, nil},
		{"BlockSite", siteRef, func(c *control.Client) (any, error) { return tell(c.BlockSite(ctx, siteRef)) }, nil},
		{"UnblockSite", siteRef, func(c *control.Client) (any, error) { return tell(c.UnblockSite(ctx, siteRef)) }, nil},
		{"ResumeSite", siteRef, func(c *control.Client) (any, error) { return tell(c.ResumeSite(ctx, siteRef)) }, nil},
		{"RaiseLimit", filled[control.RaiseLimit](), func(c *control.Client) (any, error) { return tell(c.RaiseLimit(ctx, filled[control.RaiseLimit]())) }, nil},
		{"LimitKey", filled[control.LimitKey](), func(c *control.Client) (any, error) { return c.LimitKey(ctx, filled[control.LimitKey]()) }, filled[control.Key]()},
		{"VerifyLog", nil, func(c *control.Client) (any, error) { return c.VerifyLog(ctx) }, filled[control.LogCheck]()},
		{"Usage", filled[control.UsageFilter](), func(c *control.Client) (any, error) { return c.Usage(ctx, filled[control.UsageFilter]()) }, filled[[]control.UsageSum]()},
		{"Doubts", nil, func(c *control.Client) (any, error) { return c.Doubts(ctx) }, filled[[]string]()},
		{"Trust", nil, func(c *control.Client) (any, error) { return tell(c.Trust(ctx)) }, nil},
		{"AnswerAllow", answer, func(c *control.Client) (any, error) { return tell(c.AnswerAllow(ctx, answer)) }, nil},
		{"AnswerAllow", control.Answer{ID: "q", Providers: []string{}}, func(c *control.Client) (any, error) {
			return tell(c.AnswerAllow(ctx, control.Answer{ID: "q", Providers: []string{}}))
		}, nil},
		{"AnswerDeny", answer, func(c *control.Client) (any, error) { return tell(c.AnswerDeny(ctx, answer)) }, nil},
		{"AnswerBlock", answer, func(c *control.Client) (any, error) { return tell(c.AnswerBlock(ctx, answer)) }, nil},
		{"Keys", nil, func(c *control.Client) (any, error) { return c.Keys(ctx) }, filled[[]control.Key]()},
		{"AddKey", filled[control.AddKey](), func(c *control.Client) (any, error) { return c.AddKey(ctx, filled[control.AddKey]()) }, filled[control.Key]()},
		{"FoundKeys", nil, func(c *control.Client) (any, error) { return c.FoundKeys(ctx) }, filled[control.FoundKeys]()},
		{"HasKey", filled[control.HasKey](), func(c *control.Client) (any, error) { return c.HasKey(ctx, filled[control.HasKey]()) }, filled[control.HasKeyAnswer]()},
		{"TakeKey", filled[control.TakeKey](), func(c *control.Client) (any, error) { return c.TakeKey(ctx, filled[control.TakeKey]()) }, filled[control.Key]()},
		{"TestKey", keyRef, func(c *control.Client) (any, error) { return c.TestKey(ctx, keyRef) }, filled[control.KeyTest]()},
		{"RemoveKey", keyRef, func(c *control.Client) (any, error) { return tell(c.RemoveKey(ctx, keyRef)) }, nil},
		{"SetKeyAside", keyRef, func(c *control.Client) (any, error) { return tell(c.SetKeyAside(ctx, keyRef)) }, nil},
		{"TakeKeyBack", keyRef, func(c *control.Client) (any, error) { return tell(c.TakeKeyBack(ctx, keyRef)) }, nil},
		{"Providers", nil, func(c *control.Client) (any, error) { return c.Providers(ctx) }, filled[[]control.Provider]()},
		{"SetProvider", filled[control.SetProvider](), func(c *control.Client) (any, error) { return c.SetProvider(ctx, filled[control.SetProvider]()) }, filled[control.Provider]()},
		{"Apps", nil, func(c *control.Client) (any, error) { return c.Apps(ctx) }, filled[[]control.App]()},
		{"AddApp", filled[control.AddApp](), func(c *control.Client) (any, error) { return c.AddApp(ctx, filled[control.AddApp]()) }, filled[control.App]()},
		{"RemoveApp", "notes", func(c *control.Client) (any, error) { return tell(c.RemoveApp(ctx, "notes")) }, nil},
		{"TakeAppBack", "notes", func(c *control.Client) (any, error) { return tell(c.TakeAppBack(ctx, "notes")) }, nil},
		{"RemoveProvider", "mine", func(c *control.Client) (any, error) { return tell(c.RemoveProvider(ctx, "mine")) }, nil},
		{"Prices", nil, func(c *control.Client) (any, error) { return c.Prices(ctx) }, filled[[]control.Price]()},
		{"SetPrice", filled[control.SetPrice](), func(c *control.Client) (any, error) { return c.SetPrice(ctx, filled[control.SetPrice]()) }, filled[control.Price]()},
		{"ResetPrice", filled[control.PriceRef](), func(c *control.Client) (any, error) { return tell(c.ResetPrice(ctx, filled[control.PriceRef]())) }, nil},
		{"Log", filled[control.LogFilter](), func(c *control.Client) (any, error) { return c.Log(ctx, filled[control.LogFilter]()) }, filled[[]control.Entry]()},
		{"Settings", nil, func(c *control.Client) (any, error) { return c.Settings(ctx) }, filled[[]control.Setting]()},
		{"SetSetting", [2]string{"wait", "5s"}, func(c *control.Client) (any, error) { return c.SetSetting(ctx, "wait", "5s") }, filled[control.Setting]()},
		{"StartDemo", nil, func(c *control.Client) (any, error) { return c.StartDemo(ctx) }, filled[control.Demo]()},
		{"StopDemo", nil, func(c *control.Client) (any, error) { return tell(c.StopDemo(ctx)) }, nil},
		{"Pause", nil, func(c *control.Client) (any, error) { return tell(c.Pause(ctx)) }, nil},
		{"Resume", nil, func(c *control.Client) (any, error) { return tell(c.Resume(ctx)) }, nil},
		{"Lock", nil, func(c *control.Client) (any, error) { return tell(c.Lock(ctx)) }, nil},
		{"Unlock", filled[control.Unlock](), func(c *control.Client) (any, error) { return tell(c.Unlock(ctx, filled[control.Unlock]())) }, nil},
		{"Show", nil, func(c *control.Client) (any, error) { return c.Show(ctx) }, filled[control.Shown]()},
		{"StayedBehind", nil, func(c *control.Client) (any, error) { return tell(c.StayedBehind(ctx)) }, nil},
		{"CameForward", nil, func(c *control.Client) (any, error) { return tell(c.CameForward(ctx)) }, nil},
		{"Quit", nil, func(c *control.Client) (any, error) { return tell(c.Quit(ctx)) }, nil},
		{"StopRunning", "r1", func(c *control.Client) (any, error) { return tell(c.StopRunning(ctx, "r1")) }, nil},
	}
	doors := map[string]*control.Client{
		control.CommandLine: control.Dial(dir),
		control.Window:      control.Dial(dir).From(control.Window),
	}
	covered := map[string]bool{"Watch": true} // in TestEvents
	for _, c := range calls {
		for door, client := range doors {
			got, err := c.call(client)
			if err != nil {
				t.Errorf("%s: %v", c.method, err)
			}
			if want := (seen{c.method, c.told, door}); !reflect.DeepEqual(agent.last(), want) {
				t.Errorf("the agent saw %+v, want %+v", agent.last(), want)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s answered %+v, want %+v", c.method, got, c.want)
			}
		}
		covered[c.method] = true
	}
	for agentType, i := reflect.TypeFor[control.Agent](), 0; i < agentType.NumMethod(); i++ {
		if name := agentType.Method(i).Name; !covered[name] {
			t.Errorf("%s is not in this test", name)
		}
	}
}

func TestErrors(t *testing.T) {
	const hidden = "open /somebody/secret.db: disk on fire"
	neutral := control.Error{Code: control.Failed, Message: "Oaklock could not do this; nothing was changed that it knows of. Its log says why."}
	for _, c := range []struct {
		err    error
		want   control.Error
		logged bool
	}{
		{&control.Error{Code: control.BadInput, Message: "An origin has no path."}, control.Error{Code: control.BadInput, Message: "An origin has no path."}, false},
		{&control.Error{Code: control.Refused, Message: "No."}, control.Error{Code: control.Refused, Message: "No."}, false},
		{&control.Error{Code: control.NotFound, Message: "No such key."}, control.Error{Code: control.NotFound, Message: "No such key."}, false},
		{&control.Error{Code: control.Unavailable, Message: "No keychain."}, control.Error{Code: control.Unavailable, Message: "No keychain."}, false},
		{fmt.Errorf("add key: %w", &control.Error{Code: control.Locked, Message: "Unlock first."}), control.Error{Code: control.Locked, Message: "Unlock first."}, false},
		{&control.Error{Code: control.Failed, Message: "It failed."}, control.Error{Code: control.Failed, Message: "It failed."}, false},
		{&control.Error{Code: "made up", Message: hidden}, neutral, true},
		{errors.New(hidden), neutral, true},
	} {
		var log bytes.Buffer
		agent := newFake()
		agent.err = c.err
		dir, l := serve(t, agent, slog.New(slog.NewTextHandler(&log, nil)))
		_, err := control.Dial(dir).AddKey(t.Context(), control.AddKey{})
		got := new(control.Error)
		if !errors.As(err, &got) || *got != c.want {
			t.Errorf("%v came out as %#v, want %+v", c.err, err, c.want)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), hidden) != c.logged {
			t.Errorf("%v: the log is %q", c.err, log.String())
		}
	}
}

// TestPanic: a panic costs one call its answer, and its value, which may be what the user typed, reaches neither the log nor the caller.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	agent := newFake()
	agent.inside = func(context.Context) error { panic(errors.New("sk-secret")) }
	dir, l := serve(t, agent, slog.New(slog.NewTextHandler(&log, nil)))
	_, err := control.Dial(dir).State(t.Context())
	no := new(control.Error)
	if !errors.As(err, &no) || no.Code != control.Failed {
		t.Errorf("got %v, want failed", err)
	}
	if err := control.Dial(dir).Pause(t.Context()); err != nil {
		t.Errorf("the next call: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if s := log.String(); strings.Contains(s, "sk-secret") || !strings.Contains(s, "*errors.errorString") || !strings.Contains(s, "fake_test.go") {
		t.Errorf("the log should name the type and the stack and not the value: %s", s)
	}
}

func TestDoor(t *testing.T) {
	if got := control.Door(context.Background()); got != control.CommandLine {
		t.Errorf("nothing said: %q", got)
	}
	if got := control.Door(control.WithDoor(context.Background(), control.Window)); got != control.Window {
		t.Errorf("window said: %q", got)
	}
}
