package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
	"github.com/oaklock/oaklock/internal/keychain"
)

// DemoOptions are the built demo page and where the demo listens.
type DemoOptions struct {
	Page                   fs.FS
	PagePort, ProviderPort int
}

const (
	demoProvider = "demo"    // its row in the catalogue
	demoLabel    = "demo"    // of the key that StartDemo adds, so that StopDemo takes away no other
	demoLasts    = time.Hour // a demo that was forgotten ends by itself
)

// demoRun is the demo while it runs.
type demoRun struct {
	turn sync.Mutex // one start or stop at a time; held while the ports are taken, which asks nobody

	mu   sync.Mutex
	page string             // guarded by mu; empty while none runs
	end  context.CancelFunc // guarded by mu
	done chan struct{}      // guarded by mu
}

func (d *demoRun) show() control.Demo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return control.Demo{Running: d.page != "", Page: d.page}
}

func (d *demoRun) set(page string, end context.CancelFunc, done chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.page, d.end, d.done = page, end, done
}

// stop ends the servers and returns when their ports are free.
func (d *demoRun) stop() {
	d.mu.Lock()
	end, done := d.end, d.done
	d.mu.Unlock()
	if end == nil {
		return
	}
	end()
	<-done
}

// StartDemo serves the demo page and the demo provider, to which the public demo key is given. A demo that runs in a terminal for
// this Oaklock will do.
func (a *Agent) StartDemo(ctx context.Context) (control.Demo, error) {
	if a.o.Demo.Page == nil {
		return control.Demo{}, &control.Error{Code: control.Unavailable, Message: "This Oaklock has no demo in it."}
	}
	d := &a.demo
	d.turn.Lock()
	defer d.turn.Unlock()
	if now := d.show(); now.Running {
		return now, nil
	}
	if err := a.addDemoKey(ctx); err != nil {
		return control.Demo{}, err
	}
	if err := a.runDemo(); err != nil { //nolint:contextcheck // the demo outlives the call that starts it
		return control.Demo{}, err
	}
	a.changed()
	return d.show(), nil
}

// addDemoKey gives the demo provider its key, unless the user has given it one.
func (a *Agent) addDemoKey(ctx context.Context) error {
	for _, c := range a.keys.List() {
		if c.Provider == demoProvider {
			return nil
		}
	}
	_, err := a.AddKey(ctx, control.AddKey{Provider: demoProvider, Label: demoLabel, Secret: demo.Key})
	return err
}

// runDemo returns when the page can be reached, or why it cannot.
func (a *Agent) runDemo() error {
	ctx, end := context.WithTimeout(context.Background(), demoLasts)
	d, ready, failed, done := &a.demo, make(chan struct{}), make(chan error, 1), make(chan struct{})
	a.work.Go(func() {
		select {
		case <-a.closing:
			end()
		case <-done:
		}
	})
	a.work.Go(func() {
		defer close(done)
		defer end()
		o := demo.Options{Endpoint: a.Endpoint(), PagePort: a.o.Demo.PagePort, ProviderPort: a.o.Demo.ProviderPort,
			Assets: a.o.Demo.Page, Ready: func(page string) {
				d.set(page, end, done)
				close(ready)
			}}
		err := demo.Run(ctx, o)
		if errors.Is(err, demo.ErrRunning) { // "make run" offers it already
			err = demo.Follow(ctx, o)
		}
		d.set("", nil, nil)
		failed <- err
		a.changed()
	})
	select {
	case <-ready:
		return nil
	case err := <-failed:
		if errors.Is(err, demo.ErrRunning) || errors.Is(err, demo.ErrPortTaken) {
			return &control.Error{Code: control.Unavailable, Message: sentence(err)}
		}
		a.log.Warn("the demo did not start", "error", err)
		return &control.Error{Code: control.Unavailable, Message: "The demo could not be started. Nothing else was changed; the log says why."}
	}
}

// StopDemo ends the demo and leaves nothing of it behind.
func (a *Agent) StopDemo(ctx context.Context) error {
	d := &a.demo
	d.turn.Lock()
	defer d.turn.Unlock()
	// The page may have been allowed under either name of this machine, also before the last start.
	pages := []string{fmt.Sprintf("http://localhost:%d", a.o.Demo.PagePort), fmt.Sprintf("http://127.0.0.1:%d", a.o.Demo.PagePort)}
	d.stop()
	var failed error
	for _, page := range pages {
		err := a.RevokeSite(ctx, control.SiteRef{Origin: page, Provider: demoProvider})
		if no := new(control.Error); err != nil && !(errors.As(err, &no) && no.Code == control.NotFound) {
			failed = errors.Join(failed, err)
		}
	}
	err := a.keys.Remove(ctx, keychain.ID{Provider: demoProvider, Label: demoLabel})
	if err != nil && !errors.Is(err, keychain.ErrNotFound) {
		failed = errors.Join(failed, a.keyError(err))
	}
	a.pages.EndKey(demoProvider, demoLabel)
	a.changed()
	return failed
}
