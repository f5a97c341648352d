//go:build !linux

package notify

import (
	"context"
	"errors"
	"fmt"
)

// Notifier shows notifications: not on this system yet.
type Notifier struct{}

// New always returns errors.ErrUnsupported here.
func New(context.Context, func(id string, a Action)) (*Notifier, error) {
	return nil, fmt.Errorf("show notifications: %w", errors.ErrUnsupported)
}

// Available is always errors.ErrUnsupported here.
func Available(context.Context) error {
	return fmt.Errorf("show notifications: %w", errors.ErrUnsupported)
}

// Ask shows a notification.
func (n *Notifier) Ask(_, _, _ string, _ ...Button) error {
	return fmt.Errorf("show notifications: %w", errors.ErrUnsupported)
}

// Close takes a notification back.
func (n *Notifier) Close(string) {}

// Wait returns when nothing of the Notifier runs any more.
func (n *Notifier) Wait() {}
