//go:build !linux && !darwin

package keychain

import (
	"context"
	"errors"
	"fmt"
)

func systemKeychain(string) system { return plainKeychain{} }

// plainKeychain is open whenever the user is logged in: Windows.
type plainKeychain struct{}

func (plainKeychain) status(context.Context) error { return nil }

func (plainKeychain) users(context.Context) ([]string, error) { return nil, errors.ErrUnsupported }

func (plainKeychain) explain(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }
