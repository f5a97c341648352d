package control_test

import (
	"context"
	"log/slog"
	"reflect"
	"strconv"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// seen is one call as it reached the agent.
type seen struct {
	method string
	told   any // what came with it; nil for none
	door   string
}

// fake is an agent that remembers what it was asked and answers with every field filled.
type fake struct {
	err     error                           // what every call returns, if not nil
	inside  func(ctx context.Context) error // runs inside State, if not nil
	watched chan func(control.Event)        // gets tell of each Watch
	left    chan struct{}                   // gets one for each Watch that was cancelled

	mu   sync.Mutex
	seen []seen
}

func newFake() *fake {
	return &fake{watched: make(chan func(control.Event), 8), left: make(chan struct{}, 8)}
}

func (f *fake) saw(ctx context.Context, method string, told any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, seen{method, told, control.Door(ctx)})
	return f.err
}

func (f *fake) last() seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) == 0 {
		return seen{}
	}
	return f.seen[len(f.seen)-1]
}

func (f *fake) State(ctx context.Context) (control.State, error) {
	if f.inside != nil {
		if err := f.inside(ctx); err != nil {
			return control.State{}, err
		}
	}
	return filled[control.State](), f.saw(ctx, "State", nil)
}

func (f *fake) Examine(ctx context.Context) ([]control.Check, error) {
	return filled[[]control.Check](), f.saw(ctx, "Examine", nil)
}
func (f *fake) Sites(ctx context.Context) ([]control.Site, error) {
	return filled[[]control.Site](), f.saw(ctx, "Sites", nil)
}
func (f *fake) AllowSite(ctx context.Context, a control.AllowSite) error {
	return f.saw(ctx, "AllowSite", a)
}
func (f *fake) RevokeSite(ctx context.Context, s control.SiteRef) error {
	return f.saw(ctx, "RevokeSite", s)
}
func (f *fake) DenySite(ctx context.Context, s control.SiteRef) error {
	return f.saw(ctx, "DenySite", s)
}
func (f *fake) BlockSite(ctx context.Context, s control.SiteRef) error {
	return f.saw(ctx, "BlockSite", s)
}
func (f *fake) Doubts(ctx context.Context) ([]string, error) {
	return filled[[]string](), f.saw(ctx, "Doubts", nil)
}
func (f *fake) Trust(ctx context.Context) error { return f.saw(ctx, "Trust", nil) }
func (f *fake) UnblockSite(ctx context.Context, s control.SiteRef) error {
	return f.saw(ctx, "UnblockSite", s)
}
func (f *fake) ResumeSite(ctx context.Context, s control.SiteRef) error {
	return f.saw(ctx, "ResumeSite", s)
}
func (f *fake) RaiseLimit(ctx context.Context, r control.RaiseLimit) error {
	return f.saw(ctx, "RaiseLimit", r)
}
func (f *fake) LimitKey(ctx context.Context, k control.LimitKey) (control.Key, error) {
	return filled[control.Key](), f.saw(ctx, "LimitKey", k)
}
func (f *fake) VerifyLog(ctx context.Context) (control.LogCheck, error) {
	return filled[control.LogCheck](), f.saw(ctx, "VerifyLog", nil)
}
func (f *fake) Usage(ctx context.Context, u control.UsageFilter) ([]control.UsageSum, error) {
	return filled[[]control.UsageSum](), f.saw(ctx, "Usage", u)
}
func (f *fake) AnswerAllow(ctx context.Context, a control.Answer) error {
	return f.saw(ctx, "AnswerAllow", a)
}
func (f *fake) AnswerDeny(ctx context.Context, a control.Answer) error {
	return f.saw(ctx, "AnswerDeny", a)
}
func (f *fake) AnswerBlock(ctx context.Context, a control.Answer) error {
	return f.saw(ctx, "AnswerBlock", a)
}
func (f *fake) Keys(ctx context.Context) ([]control.Key, error) {
	return filled[[]control.Key](), f.saw(ctx, "Keys", nil)
}
func (f *fake) AddKey(ctx context.Context, k control.AddKey) (control.Key, error) {
	return filled[control.Key](), f.saw(ctx, "AddKey", k)
}
func (f *fake) FoundKeys(ctx context.Context) (control.FoundKeys, error) {
	return filled[control.FoundKeys](), f.saw(ctx, "FoundKeys", nil)
}
func (f *fake) HasKey(ctx context.Context, q control.HasKey) (control.HasKeyAnswer, error) {
	return filled[control.HasKeyAnswer](), f.saw(ctx, "HasKey", q)
}
func (f *fake) TakeKey(ctx context.Context, k control.TakeKey) (control.Key, error) {
	return filled[control.Key](), f.saw(ctx, "TakeKey", k)
}
func (f *fake) TestKey(ctx context.Context, k control.KeyRef) (control.KeyTest, error) {
	return filled[control.KeyTest](), f.saw(ctx, "TestKey", k)
}
func (f *fake) RemoveKey(ctx context.Context, k control.KeyRef) error {
	return f.saw(ctx, "RemoveKey", k)
}
func (f *fake) Apps(ctx context.Context) ([]control.App, error) {
	return filled[[]control.App](), f.saw(ctx, "Apps", nil)
}
func (f *fake) AddApp(ctx context.Context, a control.AddApp) (control.App, error) {
	return filled[control.App](), f.saw(ctx, "AddApp", a)
}
func (f *fake) RemoveApp(ctx context.Context, name string) error {
	return f.saw(ctx, "RemoveApp", name)
}
func (f *fake) TakeAppBack(ctx context.Context, name string) error {
	return f.saw(ctx, "TakeAppBack", name)
}
func (f *fake) SetKeyAside(ctx context.Context, k control.KeyRef) error {
	return f.saw(ctx, "SetKeyAside", k)
}
func (f *fake) TakeKeyBack(ctx context.Context, k control.KeyRef) error {
	return f.saw(ctx, "TakeKeyBack", k)
}
func (f *fake) Providers(ctx context.Context) ([]control.Provider, error) {
	return filled[[]control.Provider](), f.saw(ctx, "Providers", nil)
}
func (f *fake) SetProvider(ctx context.Context, p control.SetProvider) (control.Provider, error) {
	return filled[control.Provider](), f.saw(ctx, "SetProvider", p)
}
func (f *fake) RemoveProvider(ctx context.Context, id string) error {
	return f.saw(ctx, "RemoveProvider", id)
}
func (f *fake) Prices(ctx context.Context) ([]control.Price, error) {
	return filled[[]control.Price](), f.saw(ctx, "Prices", nil)
}

func (f *fake) SetPrice(ctx context.Context, p control.SetPrice) (control.Price, error) {
	return filled[control.Price](), f.saw(ctx, "SetPrice", p)
}

func (f *fake) ResetPrice(ctx context.Context, p control.PriceRef) error {
	return f.saw(ctx, "ResetPrice", p)
}

func (f *fake) Log(ctx context.Context, l control.LogFilter) ([]control.Entry, error) {
	return filled[[]control.Entry](), f.saw(ctx, "Log", l)
}
func (f *fake) Settings(ctx context.Context) ([]control.Setting, error) {
	return filled[[]control.Setting](), f.saw(ctx, "Settings", nil)
}
func (f *fake) SetSetting(ctx context.Context, name, value string) (control.Setting, error) {
	return filled[control.Setting](), f.saw(ctx, "SetSetting", [2]string{name, value})
}
func (f *fake) StartDemo(ctx context.Context) (control.Demo, error) {
	return filled[control.Demo](), f.saw(ctx, "StartDemo", nil)
}
func (f *fake) StopDemo(ctx context.Context) error { return f.saw(ctx, "StopDemo", nil) }
func (f *fake) Pause(ctx context.Context) error    { return f.saw(ctx, "Pause", nil) }
func (f *fake) Resume(ctx context.Context) error   { return f.saw(ctx, "Resume", nil) }
func (f *fake) Lock(ctx context.Context) error     { return f.saw(ctx, "Lock", nil) }
func (f *fake) Unlock(ctx context.Context, u control.Unlock) error {
	return f.saw(ctx, "Unlock", u)
}
func (f *fake) Show(ctx context.Context) (control.Shown, error) {
	return filled[control.Shown](), f.saw(ctx, "Show", nil)
}
func (f *fake) StayedBehind(ctx context.Context) error { return f.saw(ctx, "StayedBehind", nil) }
func (f *fake) CameForward(ctx context.Context) error  { return f.saw(ctx, "CameForward", nil) }
func (f *fake) Quit(ctx context.Context) error         { return f.saw(ctx, "Quit", nil) }
func (f *fake) StopRunning(ctx context.Context, id string) error {
	return f.saw(ctx, "StopRunning", id)
}
func (f *fake) Watch(ctx context.Context, tell func(control.Event)) func() {
	_ = f.saw(ctx, "Watch", nil)
	f.watched <- tell
	return func() { f.left <- struct{}{} }
}

// filled returns a T with something else in every field, so that a field lost on the way is seen.
func filled[T any]() T {
	var v T
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + strconv.Itoa(*n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) << 32)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("fill does not know " + v.Kind().String())
	}
}

// serve opens the door of an agent in a folder of its own and returns the folder. The door is closed when the test ends.
func serve(t *testing.T, a control.Agent, log *slog.Logger) (dir string, l *control.Listener) {
	t.Helper()
	dir = t.TempDir() + "/home"
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve(a, log) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return dir, l
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
