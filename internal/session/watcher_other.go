//go:build !linux && !windows && !darwin

package session

import (
	"context"
	"errors"
)

// Watcher hears nothing on this system.
type Watcher struct{}

// New is not written for this system yet; SECURITY.md says so.
func New(context.Context, func(Event)) (*Watcher, error) { return nil, errors.ErrUnsupported }

// TellsOfSleep is false.
func (*Watcher) TellsOfSleep() bool { return false }

// TellsOfScreen is false.
func (*Watcher) TellsOfScreen() bool { return false }

// Wait returns at once.
func (*Watcher) Wait() {}
