//go:build !linux && !windows && !(darwin && cgo)

package tray

import (
	"context"
	"errors"
	"fmt"
)

// Available is always errors.ErrUnsupported here.
func Available(context.Context) error {
	return fmt.Errorf("show a tray icon: %w", errors.ErrUnsupported)
}

func (t *Tray) show(context.Context, func()) error {
	return fmt.Errorf("show a tray icon: %w", errors.ErrUnsupported)
}
